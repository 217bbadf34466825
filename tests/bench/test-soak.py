#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The soak bench measures right: an hour of few calls and some seconds of live ones leave nothing behind, packets that the generator
left out are noticed, and so is what grows.

usage: test-soak.py EARSHOT SNIFF-LOAD SIPREC-LOAD DAY-LOAD; exit 77 without a network of its own."""
import json, pathlib, subprocess, sys, tempfile

import soak_watch

BENCH = pathlib.Path(__file__).with_name("bench-soak.py")
DAY = ["--part", "day", "--hours", "0.25", "--calls", "2", "--length", "20", "--warm", "0.05"]
LIVE = ["--part", "sniff", "--part", "siprec", "--live-calls", "60", "--live-s", "6", "--short", "2", "--held", "1", "--quiet-s", "8", "--warm", "2"]


def bench(*arguments):
    with tempfile.NamedTemporaryFile() as results:
        done = subprocess.run([sys.executable, BENCH, *sys.argv[1:], *arguments, "--json", results.name], capture_output=True, text=True)
        if done.returncode == 77:
            print(done.stdout)
            sys.exit(77)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.load(open(results.name))


def kept(result):
    """What says that something is wrong, but growth: in so short a time, and of a build that looks for errors, that says little."""
    return [f for f in result["failures"] if " grows by " not in f]


def check_day():
    _, (day,) = bench(*DAY)
    assert not kept(day), day["failures"]
    assert day["calls"] > 20 and len(day["samples"]) > 10 and day["figures"]["fds"]["mean"] > 5, day["figures"]


def check_live():
    _, (sniffed, sent) = bench(*LIVE)
    for result in (sniffed, sent):
        assert not kept(result), (result["part"], kept(result), result["differing"])
        assert result["journal"]["through_bytes"] > 1e6 and result["journal"]["excess_bytes"] < 64e6, result["journal"]
        assert result["calls"] >= 30 and max(s["journal_bytes"] for s in result["samples"]) > 0, result["calls"]


def check_loss():
    status, (day,) = bench(*DAY, "--lose", "50")
    assert status == 1 and any("packets" in f for f in day["failures"]), day["failures"]


def check_growth():
    """Of two made-up processes, of which one loses 200 kB and half a descriptor an hour."""
    steady = [{"at": h / 10, "active": h % 7, "anon_kb": 9000 + 150 * (h % 7) + h * 7919 % 61, "fds": 12 + h % 7, "threads": 6} for h in range(240)]
    leaking = [dict(s, anon_kb=s["anon_kb"] + 200 * s["at"], fds=s["fds"] + int(s["at"] / 2)) for s in steady]
    assert not soak_watch.growing(soak_watch.summary(steady, 2)), soak_watch.summary(steady, 2)
    found = soak_watch.growing(soak_watch.summary(leaking, 2))
    assert len(found) == 2 and found[0].startswith("anon_kb") and found[1].startswith("fds"), found


check_growth()
check_day()
check_loss()
check_live()
