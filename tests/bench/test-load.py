#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The load bench measures right: a few calls are complete by both ways, and packets that the generator left out are called a loss.

usage: test-load.py EARSHOT SNIFF-LOAD SIPREC-LOAD; exit 77 without a network of its own."""
import json, os, pathlib, subprocess, sys, tempfile

BENCH = pathlib.Path(__file__).with_name("bench-load.py")
SHORT = ["--steps", "6", "--seconds", "5", "--length", "3", "--ramp-s", "1"]
MISSED = 25  # each so manieth packet of the second voice


def bench(*arguments):
    with tempfile.NamedTemporaryFile() as results:
        done = subprocess.run([sys.executable, BENCH, *sys.argv[1:], *SHORT, *arguments, "--json", results.name], capture_output=True, text=True)
        if done.returncode == 77:
            print(done.stdout)
            sys.exit(77)
        print(done.stdout + done.stderr)
        return done.returncode, json.load(results)["steps"]


def check_complete():
    status, steps = bench()
    assert [step["way"] for step in steps] == ["sniff", "siprec"], steps
    for step in steps:
        loss = [f for f in step["failures"] if not f.startswith("generator")]  # which a busy machine may hold up
        assert not loss, step
        assert 9 <= step["calls"] == step["complete"], "calls end inside the run and others follow them"
        assert step["sent"] == step["received"] > 6 * 5 * 100, step
        assert 0 < step.get("cpu_ms", 1) and 1 <= step["latency"]["median_s"] < 20, step  # too busy a machine has no figures


def check_loss():
    status, steps = bench("--lose", str(MISSED), "--way", "sniff")
    step, = steps
    lost = step["sent"] - step["received"]
    assert status == 1 and 0 < lost and step["failures"] and step["complete"] < step["calls"], step
    left_out = step["sent"] / 2 / MISSED  # or one less of each call
    assert left_out - step["calls"] <= lost <= left_out and abs(step["missing_ms"] - 20 * lost) <= 20 * step["calls"], step
    assert step["gaps_ms"].keys() == {"lost"}, step["gaps_ms"]


if os.cpu_count() < 2:
    print("skipped: recorder and generator need a core each")
    sys.exit(77)
check_complete()
check_loss()
