#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A thousand calls in one run: as many rows as calls, and no more memory than a hundred calls of the same concurrency need.

usage: test-thousand.py EARSHOT [CALLS]. AddressSanitizer's quarantine, which grows by design, is switched off.
"""
import os, pathlib, sqlite3, subprocess, sys, tempfile

import calls, earshot, sound

program, many = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
AT_ONCE, LENGTH_S = 20, 3.0
NO_QUARANTINE = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"


def schedule(count, voices):
    agent, customer = (v[8000 * 2:int(8000 * (2 + LENGTH_S))] for v in voices)
    return [calls.Call(n, n * (LENGTH_S + 0.2) / AT_ONCE, f"0100{n:07d}", f"{2000 + n % 50}", customer, agent)
            for n in range(count)]


def record(count, voices, folder):
    """Rows in the index and peak memory in kB of one run over count calls."""
    capture = folder / f"{count}.pcap"
    calls.write(capture, schedule(count, voices))
    with earshot.Library(program) as library:
        child = subprocess.Popen([program, "--library", str(library.path), "record", "--pcap", capture],
                                 env=dict(library.environment, ASAN_OPTIONS=NO_QUARANTINE), stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
        with sqlite3.connect(library.path / "index.sqlite") as db:
            rows, recorded = db.execute("SELECT count(*), sum(outcome = 'recorded') FROM call").fetchone()
        files = list((library.path / "recordings").rglob("*.opus"))
        assert len(files) == rows == recorded == count, (len(files), rows, recorded, count)
        assert not list((library.path / "spool").glob("*.part")), "leftovers in the spool"
        assert not sound.accepted_by_all(files[count // 2])
    return usage.ru_maxrss


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    voices = calls.conversation(folder)
    small, large = record(100, voices, folder), record(many, voices, folder)
    print(f"peak memory: {small} kB at 100 calls, {large} kB at {many} calls, ratio {large / small:.3f}")
    assert large <= 1.05 * small, "memory grows with the number of calls"
