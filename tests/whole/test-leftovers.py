#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What an earlier run left and cannot be moved keeps nobody from recording; a spool on another file system is refused before a call is lost.

usage: test-leftovers.py EARSHOT. Needs root; exit 77 (skipped) without it.
"""
import pathlib, subprocess, sys, tempfile, time

import numpy as np

import calls, earshot, live, phones
from journal import NOTHING

program = sys.argv[1]


def made(numbers):
    return [calls.Call(n, 0.1 * n, f"010{n:03}", f"2{n:03}", *[(8000 * np.sin(np.arange(8000 * 3) * (0.3 + 0.1 * side))).astype("<i2") for side in (0, 1)])
            for n in numbers]


def leave(library, folder):
    """A run over a capture that is killed in the middle of two calls."""
    calls.write(folder / "two.pcap", made((1, 2)))
    data = (folder / "two.pcap").read_bytes()
    run = subprocess.Popen([program, "--library", library.path, "record", "-"], stdin=subprocess.PIPE, env=dict(library.environment, **live.NO_LEAKS))
    run.stdin.write(data[:len(data) * 3 // 4])
    run.stdin.flush()
    end = time.monotonic() + 20
    while sum(path.stat().st_size > 2000 for path in (library.path / "spool").glob("*.part")) < 2:
        assert time.monotonic() < end, list((library.path / "spool").iterdir())
        time.sleep(0.05)
    run.kill()
    run.wait()


def check_leftovers(folder):
    """The place of one of them is taken by a file; the recorder listens, says so, and a later run recovers both."""
    with earshot.Library(program) as library:
        leave(library, folder)
        (library.path / "recordings").mkdir(exist_ok=True)
        (library.path / "recordings/default").write_text("in the way")
        recorder = live.Recorder(library, "v0")
        recorder.until(lambda: "calls of an earlier run could not be recovered" in recorder.said(), "it says nothing")
        recorder.end()
        assert len(list((library.path / "spool").glob("*.meta"))) == 2
        (library.path / "recordings/default").unlink()
        (folder / "nothing.pcap").write_bytes(NOTHING)
        library.run("record", folder / "nothing.pcap")
        rows = library.rows("search")
        assert sorted((row["callee"], row["outcome"], row["outcome_reason"]) for row in rows) == [(f"2{n:03}", "partial", "interrupted") for n in (1, 2)], rows
        library.run("verify")


def check_other_file_system(folder):
    """Each way of it, in mounts of its own."""
    calls.write(folder / "one.pcap", made((3,)))
    for place in ("spool", "recordings"):
        with earshot.Library(program) as library:
            (library.path / place).mkdir(exist_ok=True)
            script = 'mount -t tmpfs tmpfs "$1" && shift && exec "$@"'
            done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", library.path / place, program, "--library", library.path, "record",
                                   folder / "one.pcap"], capture_output=True, text=True, env=dict(library.environment, **live.NO_LEAKS))
            assert done.returncode == 1 and "lie on different file systems" in done.stderr, (place, done)
            assert not library.rows("search", status=3), place
            library.run("record", folder / "one.pcap")
            assert [row["outcome"] for row in library.rows("search")] == ["recorded"]


def main():
    phones.on_a_wire()
    with tempfile.TemporaryDirectory() as name:
        for check in (check_leftovers, check_other_file_system):
            check(pathlib.Path(name))
            print("ok", check.__name__.replace("_", " "), flush=True)


main()
