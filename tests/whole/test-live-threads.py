#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""No data race in the recorder while calls come in by an interface and as recording sessions at once, the configuration is read again,
others ask how it goes and read the library, and it is stopped in the middle of calls: the program is built once more, with ThreadSanitizer.

usage: test-live-threads.py SOURCE BUILD SIPREC-LOAD [CALLS SECONDS]. The build with ThreadSanitizer stays in BUILD/threads. Exit 77 without
root, a network of its own, or a machine that ThreadSanitizer knows. tools/test-threads makes a long run of it.
"""
import contextlib, os, pathlib, random, re, signal, socket, subprocess, sys, tempfile, threading, time

import calls, phones
from earshot import Library
from recording_server import Server

source, build, generator = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
CALLS, SECONDS = (int(word) for word in sys.argv[4:6]) if len(sys.argv) > 5 else (20, 8)
HOST, CLIENT = "127.0.0.30:5060", "127.0.0.20"
CONFIG = "[record]\nworkers=3\nlinger=0\n[mapping]\nextensions=2...\n[number 2000]\nclient={}\n"
CUT_OFF = 4  # calls that run when it is stopped


def make_program():
    folder = build / "threads"
    options = ["-Db_sanitize=thread", "-Dtests=false", "-Dbuildtype=debugoptimized", "-Doptimization=1"]
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", folder, source, *options], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, "cli/earshot", "cli/earshot-capture.so"], check=True, stdout=subprocess.DEVNULL)
    return folder / "cli/earshot"


def make_network():
    for command in ("link set lo up", "link add wire type veth peer name tap", "link set wire up", "link set tap up"):
        subprocess.run(["ip", *command.split()], check=True)
    for name in ("wire", "tap"):  # no talk of its own
        pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")


def traffic(voices, seconds):
    """Frames of all calls in order of time, as (moment, frame); the last calls run on."""
    count, chance, everything = CALLS, random.Random(1), []
    samples = [voice[:8000 * seconds] for voice in voices]
    for n in range(count):
        length = 1.0 if n >= count - CUT_OFF else chance.uniform(0.5, 0.8)
        call = calls.Call(n, n * 0.2 * seconds / count, f"0100{n:07d}", f"{2000 + n}", *(s[:int(len(s) * length)] for s in samples), loss=0.01, reorder=0.02)
        everything += calls.packets(call, chance)
    return sorted(everything, key=lambda item: item[0])


def send(frames, begun):
    """At their moments."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("wire", 0))
        for at, frame in frames:
            time.sleep(max(0, begun + at - time.monotonic()))
            with contextlib.suppress(OSError):
                wire.send(frame)


class Asking(threading.Thread):
    """What others do meanwhile."""

    def __init__(self, library, server):
        super().__init__()
        self.library, self.server, self.over, self.failed, self.turns = library, server, threading.Event(), None, 0

    def run(self):
        try:
            while not self.over.wait(0.2):
                self.turns += 1
                (self.library.path / "earshot.conf").write_text(CONFIG.format(f"Client{self.turns}"))
                self.server.send(signal.SIGHUP)
                self.library.run("status")
                assert self.library.run("search", "--json", status=None).returncode in (0, 3)
        except Exception as error:  # told by the main thread
            self.failed = error


def play(library, server, frames, speech, seconds):
    asking = Asking(library, server)
    asking.start()
    load = subprocess.Popen([generator, CLIENT, HOST, str(CALLS), str(seconds + 5), "20", speech / "a.ulaw", speech / "b.ulaw"], stdout=subprocess.DEVNULL)
    try:
        last = max(at for at, _ in frames)
        send([item for item in frames if item[0] < last - 1], time.monotonic())
    finally:
        asking.over.set()
        asking.join()
        server.send(signal.SIGTERM)
        load.terminate()
        load.wait()
    assert not asking.failed and asking.turns > 2, (asking.failed, asking.turns)


def reports(text):
    """What ThreadSanitizer said, each report once."""
    return [r for r in re.split(r"(?m)^={18}$", text) if "WARNING: ThreadSanitizer" in r]


def selftest():
    assert reports("all well") == [] and len(reports("=" * 18 + "\nWARNING: ThreadSanitizer: data race\n" + "=" * 18 + "\n")) == 1


def main():
    selftest()
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)
    phones.in_own_network()
    program = make_program()
    make_network()
    with tempfile.TemporaryDirectory() as name, Library(program, CONFIG.format("Nile")) as library:
        speech = pathlib.Path(name)
        voices = calls.conversation(speech)
        for letter, voice in zip("ab", voices):
            (speech / f"{letter}.ulaw").write_bytes(calls.ulaw(voice).tobytes())
        frames = traffic(voices, SECONDS)
        # GLib's slices pass memory between threads unseen.
        environment = {"G_SLICE": "always-malloc", "TSAN_OPTIONS": "exitcode=66 history_size=4 second_deadlock_stack=1"}
        server = Server(library, f"udp:{HOST}", more=("--interface", "tap"), environment=environment)
        if "unexpected memory mapping" in server.said():
            sys.exit(77)
        play(library, server, frames, speech, SECONDS)
        server.process.wait(timeout=120)
        found, said = reports(server.said()), server.said()
        print("\n".join(found)[:100_000])
        assert not found and server.process.returncode == 0, f"{len(found)} reports, exit {server.process.returncode}: {said[-2000:]}"
        rows = library.rows("search", "--limit", "10000")
        kinds = sorted(row["source"] for row in rows)
        print(f"{len(rows)} calls, none of two threads in each other's way")
        assert sum(kind.startswith("siprec") for kind in kinds) == CALLS and len(kinds) == 2 * CALLS, kinds


main()
