#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""More than a thousand calls in one run: as many rows as calls, and no more memory than half of them need, at the same concurrency.
What a call that has ended leaves behind for two minutes, so that others of its story find it, is there in both.

usage: test-thousand.py EARSHOT [CALLS]. AddressSanitizer's quarantine, which grows by design, is switched off.
"""
import pathlib, sqlite3, subprocess, sys, tempfile, time

import calls, earshot, sound

program, many = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1600
AT_ONCE, LENGTH_S = 20, 3.0
NO_QUARANTINE = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"


def schedule(count, voices):
    agent, customer = (v[8000 * 2:int(8000 * (2 + LENGTH_S))] for v in voices)
    return [calls.Call(n, n * (LENGTH_S + 0.2) / AT_ONCE, f"0100{n:07d}", f"{2000 + n % 50}", customer, agent)
            for n in range(count)]


def peak_kb(child):
    """Peak memory of a running child, read until it ends: its rusage would tell the peak of this script, whose memory the
    child shared until it became another program."""
    peak = 0
    while child.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
            peak = max([peak] + [int(l.split()[1]) for l in status.splitlines() if l.startswith("VmHWM")])
        except OSError:
            pass
        time.sleep(0.005)
    return peak


def record(count, voices, folder):
    """Peak memory in kB of one run over count calls, after looking at the rows and files it left."""
    capture = folder / f"{count}.pcap"
    calls.write(capture, schedule(count, voices))
    with earshot.Library(program) as library:
        child = subprocess.Popen([program, "--library", str(library.path), "record", "--pcap", capture], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, env=dict(library.environment, ASAN_OPTIONS=NO_QUARANTINE))
        peak = peak_kb(child)
        assert child.returncode == 0, child.returncode
        with sqlite3.connect(library.path / "index.sqlite") as db:
            rows, recorded = db.execute("SELECT count(*), sum(outcome = 'recorded') FROM call").fetchone()
        files = list((library.path / "recordings").rglob("*.opus"))
        assert len(files) == rows == recorded == count, (len(files), rows, recorded, count)
        assert not list((library.path / "spool").glob("*.part")), "leftovers in the spool"
        assert not sound.accepted_by_all(files[count // 2])
    return peak


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    voices = calls.conversation(folder)
    small, large = record(many // 2, voices, folder), record(many, voices, folder)
    print(f"peak memory: {small} kB at {many // 2} calls, {large} kB at {many} calls, ratio {large / small:.3f}")
    assert large <= 1.03 * small, "memory grows with the number of calls"
