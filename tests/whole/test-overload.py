#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""More calls than the recorder can do: what cannot be encoded in time is encoded later, whole and in order; what there is no room for is
told of, and every call is a row. The calls are made by tests/bench/siprec-load. Exit 77 without a network of its own.

usage: test-overload.py EARSHOT SIPREC-LOAD
"""
import contextlib, os, pathlib, sqlite3, subprocess, sys, tempfile, time, unittest
import numpy as np

import calls, phones, sound
from earshot import Library
from recording_server import Server

HOST, CLIENT = "127.0.0.30:5060", "127.0.0.20"
STATUS, HELD_UP_MS = 5, 10  # by which the generator was late with its packets or its BYE
NOTICED_MS = 300  # of that: more is a pause that the recorder has to put down


class Load:
    """So many calls at once for so long, all begun at once."""

    def __init__(self, number, seconds):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([generator, CLIENT, HOST, str(number), str(seconds), "50", speech / "a.ulaw", speech / "b.ulaw"], stdout=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def told(self):
        """The generator's lines, once it is over."""
        self.process.wait(timeout=200)
        self.log.seek(0)
        return [line.split() for line in self.log.read().splitlines()[:-1]]


def query(library, text):
    with contextlib.closing(sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)) as db:
        return db.execute(text).fetchall()


@contextlib.contextmanager
def starved(server):
    """The threads that encode get next to nothing of the one processor that they may use."""
    hog = subprocess.Popen(["taskset", "-c", "0", "sh", "-c", "while :; do :; done"])
    tasks, hands = pathlib.Path(f"/proc/{server.process.pid}/task"), []
    try:
        end = time.monotonic() + 10
        while not (hands := [int(t.name) for t in tasks.iterdir() if (t / "comm").read_text().strip() == "audio"]):
            assert time.monotonic() < end
            time.sleep(0.02)
        for hand in hands:
            os.sched_setaffinity(hand, {0})
            os.sched_setscheduler(hand, os.SCHED_IDLE, os.sched_param(0))
        yield
    finally:
        hog.kill()
        hog.wait()
        for hand in hands:
            os.sched_setscheduler(hand, os.SCHED_OTHER, os.sched_param(0))
            os.sched_setaffinity(hand, os.sched_getaffinity(0))


class Overload(unittest.TestCase):
    def whole(self, library, sent, listened=3):
        """All of what was sent is in the files, in its order."""
        rows = query(library, "SELECT call_id, outcome, outcome_reason, missing_ms, audio_ms, file, id FROM call ORDER BY call_id")
        self.assertEqual({line[STATUS] for line in sent}, {"200"})
        self.assertEqual(len(rows), len(sent))
        self.assertEqual({row[1:3] for row in rows}, {("recorded", None)})
        told = {f"load-{line[0]}": line for line in sent}
        for call_id, _, _, missing_ms, audio_ms, file, call in rows:
            held_up_ms = float(told[call_id][HELD_UP_MS])
            self.assertTrue(missing_ms == 0 or held_up_ms > NOTICED_MS, (missing_ms, held_up_ms))
            line = told[call_id]
            want = {int(line[8], 16) + i: int(line[6 + i]) for i in range(2)}
            got = query(library, f"SELECT ssrc, received, lost + late + duplicate + reordered FROM stream WHERE call = {call}")
            self.assertEqual({ssrc & 0xFFFFFFFF: received for ssrc, received, _ in got}, want)
            self.assertEqual([wrong for *_, wrong in got], [0, 0])
            self.assertAlmostEqual(audio_ms, 20 * max(want.values()), delta=120 + held_up_ms)
        for call_id, *_, file, _ in rows[:: max(1, len(rows) // listened)]:
            number, reach = int(told[call_id][0]), 4000
            heard = sound.decode(library.path / file).sum(axis=1)
            both = sum(np.take(v, np.arange((number - 1) * 4001 * 160 % len(v) - reach, (number - 1) * 4001 * 160 % len(v) + len(heard) + reach), mode="wrap").astype(float)
                       for v in voices)
            self.assertGreater(sound.best_offset(heard, both, reach)[1], 0.8)

    def nothing_left(self, library):
        self.assertEqual([p.name for p in (library.path / "spool").rglob("*") if p.suffix in (".part", ".meta", ".journal")], [])

    def test_encoded_later(self):
        """Threads that fall behind read the journal, until they have caught up: nothing is lost, and it is told."""
        with Library(program, "[record]\nworkers=2\nqueue=1M\ncomplexity=10\nlinger=0\n") as library:
            with Server(library, f"udp:{HOST}") as server, Load(24, 9) as load:
                with starved(server):
                    server.until(lambda: server.state()["behind_ms"] > 1500, "is not behind", 30)
                    state = server.state()
                    self.assertGreater(state["deferred_calls"], 0)
                    self.assertGreater(state["backlog_bytes"], 100000)
                    shown = library.run("status").stdout
                    self.assertRegex(shown, "encoded later +calls [0-9]+, [0-9:.]+ behind")
                sent = load.told()
                server.until(lambda: server.state()["calls_recorded"] == 24, "did not catch up", 60)
                server.until(lambda: server.state()["deferred_calls"] == 0 and "what had to wait is encoded" in server.said(), "did not tell", 5)
                self.assertIn("are encoded later", server.said())
                self.assertEqual(server.state()["dropped"], 0)
            self.whole(library, sent)
            self.nothing_left(library)

    def test_wished_later(self):
        """encode=later: nothing is encoded while a call is open; all of it at the end."""
        with Library(program, "[record]\nencode=later\n") as library:
            with Server(library, f"udp:{HOST}") as server, Load(6, 3) as load:
                server.wait_for(calls_open=6)
                time.sleep(2)
                self.assertEqual((server.state()["complexity"], server.state()["encode"]), (None, "later"))
                sent = load.told()
                self.assertEqual(query(library, "SELECT count(*) FROM call"), [(0,)])
            self.assertNotIn("encoded later", server.said())
            self.whole(library, sent)
            self.nothing_left(library)

    def test_left_to_the_next_start(self):
        """A stop does not wait for ever: what is not encoded then stays in the journal, and the next start finishes it."""
        with Library(program, "[record]\nencode=later\n[overload]\ndrain=0\n") as library:
            with Server(library, f"udp:{HOST}") as server, Load(5, 3) as load:
                sent = load.told()
            self.assertIn("5 recordings are not finished; their audio is in the journal", server.said())
            self.assertEqual(query(library, "SELECT count(*) FROM call"), [(0,)])
            with Server(library, f"udp:{HOST}") as server:
                server.until(lambda: query(library, "SELECT count(*) FROM call") == [(5,)], "does not finish them")
            self.whole(library, sent)
            self.nothing_left(library)

    def test_no_memory(self):
        """At a bound new calls are rows without audio, with the reason; log, status and its check tell."""
        with Library(program, "[overload]\nmemory=1M\n[alert]\nno_packets=1h\n") as library:
            with Server(library, f"udp:{HOST}") as server, Load(4, 2) as load:
                server.wait_for(overload="memory", calls_unrecorded=4)
                self.assertRegex(library.run("status").stdout, "overload +no memory left")
                self.assertIn("overload: recorder ", library.run("status", "--check", status=1).stdout)
                load.told()
            self.assertRegex(server.said(), r"overload \(memory\): calls lose their audio; .* of 1\.0\sMiB")
            self.assertEqual(query(library, "SELECT outcome, outcome_reason, disposition, count(*) FROM call"),
                             [("none", "overload: no memory left", "answered", 4)])
            self.assertTrue(all(duration > 1500 for duration, in query(library, "SELECT duration_ms FROM call")))

    def test_full_journal(self):
        """Calls that run lose their audio from there on, the newest first; what was recorded of them stays."""
        with Library(program, "[record]\nlinger=0\n[overload]\njournal=1M\n") as library:
            with Server(library, f"udp:{HOST}") as server, Load(10, 9) as load:
                server.until(lambda: server.state()["calls_shed"] > 0, "sheds nothing", 20)
                sent = load.told()
            self.assertIn("overload (journal): calls lose their audio", server.said())
            rows = query(library, "SELECT outcome, outcome_reason, ended_by, audio_ms, missing_ms, started_us, file FROM call ORDER BY started_us")
            cut = [row for row in rows if row[1] == "overload: the journal is full"]
            self.assertEqual(len(rows), len(sent))
            self.assertEqual({row[0] for row in rows} - {"recorded", "partial"}, set())
            self.assertTrue(cut and all(row[0] == "partial" and row[2] == "overload" and row[3] > 2000 and row[4] == 0 for row in cut), rows)
            self.assertEqual(max(rows, key=lambda row: row[5])[1], "overload: the journal is full")
            self.assertEqual(query(library, "SELECT sum(lost) FROM stream"), [(0,)])
            for row in cut:
                self.assertFalse(sound.accepted_by_all(library.path / row[6]))
            self.nothing_left(library)

    def test_slow_disk(self):
        """What has arrived is not on disk in time."""
        with Library(program, "[overload]\nflush=100ms\n") as library:
            with Server(library, f"udp:{HOST}") as server, Load(3, 3) as load:
                server.until(lambda: server.state()["overload"] == "flush", "does not notice")
                load.told()
            reasons = {reason for reason, in query(library, "SELECT outcome_reason FROM call")}
            self.assertIn("overload: the disk is too slow", reasons)
            self.assertEqual(query(library, "SELECT count(*) FROM call"), [(3,)])


phones.in_own_network()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
program, generator = sys.argv.pop(1), sys.argv.pop(1)
with tempfile.TemporaryDirectory() as folder:
    speech = pathlib.Path(folder)
    voices = []
    for name, voice in zip("ab", calls.conversation(speech)):
        voice = np.tile(voice, 1 + 120 * 8000 // len(voice))[:120 * 8000]
        (speech / f"{name}.ulaw").write_bytes(calls.ulaw(voice).tobytes())
        voices.append(voice)
    unittest.main()
