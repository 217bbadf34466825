#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recording server that is held up, killed, or out of disk or descriptors in the middle of its calls: what it had heard is kept, and it
says what it could not do. The calls are made by tests/bench/siprec-load. Exit 77 without a network of its own.

usage: test-siprec-survival.py EARSHOT SIPREC-LOAD
"""
import contextlib, pathlib, resource, signal, sqlite3, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import calls, load_step, phones
from earshot import Library
from recording_server import Server
from sound import accepted_by_all

HOST, CLIENT = "127.0.0.30:5060", "127.0.0.20"
STATUS, SENT = 5, slice(6, 8)


@contextlib.contextmanager
def load(number, seconds, cut_off=False):
    """So many calls at once for so long; what comes out are the generator's lines, once it is over."""
    told = []
    log = tempfile.TemporaryFile("w+")
    process = subprocess.Popen([generator, CLIENT, HOST, str(number), str(seconds), "50", speech / "a.ulaw", speech / "b.ulaw"],
                               stdout=log)
    try:
        yield told
        if not cut_off:  # by a recorder that answers no more
            process.wait(timeout=60)
            log.seek(0)
            told += [line.split() for line in log.read().splitlines()[:-1]]
    finally:
        process.kill()
        process.wait()
        log.close()


def rows(library, what):
    with contextlib.closing(sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)) as db:
        return db.execute(f"SELECT {what} FROM call ORDER BY call_id").fetchall()


class Survival(unittest.TestCase):
    def nothing_left(self, library):
        self.assertEqual([p.name for p in (library.path / "spool").iterdir() if p.suffix in (".part", ".meta")], [])

    def test_a_stall_loses_nothing(self):
        """The kernel keeps what comes in two seconds; each voice lies in another queue of it."""
        for workers in (0, 2):
            with Library(program, f"[record]\nworkers={workers}\n") as library:
                with Server(library, f"udp:{HOST}") as server, load(4, 4) as sent:
                    server.wait_for(sessions_open=4)
                    time.sleep(1.2)
                    server.process.send_signal(signal.SIGSTOP)
                    time.sleep(2)
                    server.process.send_signal(signal.SIGCONT)
                self.assertEqual({line[STATUS] for line in sent}, {"200"})
                self.assertEqual(rows(library, "outcome, missing_ms, dropped_packets"), [("recorded", 0, 0)] * 4)
                for (audio_ms,), line in zip(rows(library, "audio_ms"), sent):
                    self.assertAlmostEqual(audio_ms, 20 * max(map(int, line[SENT])), delta=120)

    def test_requests_find_room(self):
        """Those of many clients that come while the server is held up wait in one socket: none of them needs to be sent again."""
        dropped = lambda: load_step.counter("/proc/net/snmp", "Udp", "RcvbufErrors")
        with Library(program) as library, Server(library, f"udp:{HOST}") as server:
            before = dropped()
            server.process.send_signal(signal.SIGSTOP)
            with load(40, 1) as sent:
                time.sleep(1.2)
                server.process.send_signal(signal.SIGCONT)
            self.assertEqual(dropped() - before, 0)
        self.assertEqual([line[STATUS] for line in sent], ["200"] * 40)

    def test_killed(self):
        """At most a second of what had come is lost, no call, and the next start makes all of them readable."""
        with Library(program, "[record]\nworkers=2\n") as library:
            server = Server(library, f"udp:{HOST}")
            with load(12, 9, cut_off=True):
                server.wait_for(sessions_open=12)
                begun = time.monotonic()
                time.sleep(2.6)
                server.process.kill()
                server.process.wait()
                heard_ms = 1000 * (time.monotonic() - begun)
            with Server(library, f"udp:{HOST}") as server:
                server.wait_for(calls_repaired=12)
            found = rows(library, "outcome, audio_ms")
            self.assertEqual([outcome for outcome, _ in found], ["partial"] * 12)
            self.assertGreater(min(audio_ms for _, audio_ms in found), heard_ms - 1300)
            for (file,) in rows(library, "file"):
                self.assertFalse(accepted_by_all(library.path / file))
            self.nothing_left(library)

    def test_disk_full(self):
        """For seconds: nothing is lost. The calls that could not be written go on in the journal and are made from it, in the same run."""
        with tempfile.TemporaryDirectory() as place:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=True)
            try:
                with Library(program) as outside:
                    library = Library.__new__(Library)
                    library.program, library.path, library.environment = program, pathlib.Path(place) / "library", outside.environment
                    library.run("init")
                    fills = pathlib.Path(place) / "fills"
                    with Server(library, f"udp:{HOST}") as server:
                        with load(12, 7):
                            server.wait_for(sessions_open=12)
                            time.sleep(1.5)
                            with fills.open("wb", buffering=0) as out, contextlib.suppress(OSError):
                                while out.write(bytes(4096)):
                                    pass
                            time.sleep(1.5)
                            fills.unlink()
                        server.wait_for(sessions_open=0)
                    self.assertEqual(server.said().count("go on in the journal"), 1, server.said())
                    self.assertEqual(rows(library, "outcome, outcome_reason, missing_ms"), [("recorded", None, 0)] * 12, server.said())
                    for (file,) in rows(library, "file"):
                        self.assertFalse(accepted_by_all(library.path / file))
                    self.nothing_left(library)
            finally:
                subprocess.run(["umount", "-l", place], check=True)

    def test_no_file_until_the_next_start(self):
        """What cannot be written before the recorder is stopped is made by the next, which tries again until it can."""
        with Library(program) as library:
            recordings = library.path / "recordings"
            with Server(library, f"udp:{HOST}") as server:
                with load(4, 3):
                    server.wait_for(sessions_open=4)
                    recordings.write_text("")  # as a disk on which no file can be finished
                server.wait_for(sessions_open=0)
            self.assertEqual(rows(library, "id"), [])
            with Server(library, f"udp:{HOST}") as server:
                server.wait_for(calls_left=4)
                server.until(lambda: "this will be tried again" in server.said(), "tells nothing")
                recordings.unlink()
                server.wait_for(calls_left=0)
            self.assertEqual(server.said().count("this will be tried again"), 1, server.said())
            self.assertEqual(rows(library, "outcome, missing_ms"), [("recorded", 0)] * 4)
            self.nothing_left(library)

    def test_no_descriptors(self):
        """A session that finds none is refused for now; those that go on are whole."""
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        with Library(program, "[record]\nworkers=1\n") as library:
            with Server(library, f"udp:{HOST}") as server:
                resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (server.files() + 60, most))
                with load(20, 3) as sent:
                    pass
            good = [line for line in sent if line[STATUS] == "200"]
            self.assertEqual({line[STATUS] for line in sent}, {"200", "503"})
            self.assertEqual(rows(library, "outcome, missing_ms"), [("recorded", 0)] * len(good))


phones.in_own_network()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
program, generator = sys.argv.pop(1), sys.argv.pop(1)
with tempfile.TemporaryDirectory() as folder:
    speech = pathlib.Path(folder)
    calls.write_voices(speech)
    unittest.main()
