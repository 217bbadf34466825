#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The load bench measures right: a few calls are complete by both ways, packets that the generator left out are called a loss, calls that
were shed are called so, and a generator that was held up is not the recorder's fault.

usage: test-load.py EARSHOT SNIFF-LOAD SIPREC-LOAD; exit 77 without a network of its own."""
import argparse, json, os, pathlib, signal, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import load_report, load_step

BENCH = pathlib.Path(__file__).with_name("bench-load.py")
SHORT = ["--steps", "6", "--seconds", "5", "--length", "3", "--ramp-s", "1"]
MISSED = 25  # each so manieth packet of the second voice


def hold_up(bench, name, seconds):
    """Stops a child of the bench for so long, some seconds after it began."""
    found = []
    while bench.poll() is None and not found:
        time.sleep(0.05)
        children = pathlib.Path(f"/proc/{bench.pid}/task/{bench.pid}/children").read_text().split()
        found = [int(pid) for pid in children if name in pathlib.Path(f"/proc/{pid}/comm").read_text()]
    time.sleep(2.5)
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)


def bench(*arguments, held_up_s=0):
    with tempfile.NamedTemporaryFile() as results:
        command = [sys.executable, BENCH, *sys.argv[1:], *SHORT, *arguments, "--json", results.name]
        done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if held_up_s:
            hold_up(done, "-load", held_up_s)
        told = done.communicate()[0]
        print(told)
        if done.returncode == 77:
            sys.exit(77)
        return done.returncode, json.load(results)["steps"]


def check_complete():
    status, steps = bench()
    assert [step["way"] for step in steps] == ["sniff", "siprec"], steps
    for step in steps:
        assert not step["failures"], step
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


def check_held_up():
    """A generator that is stopped sends its packets later: what looks like gaps is its own, and the step is made again."""
    status, (step, again) = bench("--way", "siprec", held_up_s=0.4)
    assert status == 0 and not step["failures"] and step["complete"] == step["calls"], step
    assert not again["not_measured"] and not again["failures"], again
    assert step["held_up"] >= 6 and step["not_measured"] and step["generator"]["worst_ms"] > 390, step
    assert load_report.result_of(step).startswith("says nothing"), step


def check_shed():
    """A recorder over its bounds: the calls that lost their audio are told by reason."""
    status, (step,) = bench("--way", "sniff", "--config", "\\n[overload]\\njournal=300K")
    assert status == 1 and step["shed"] and all("the journal is full" in reason for reason in step["shed"]), step["outcomes"]
    assert sum(step["shed"].values()) == step["calls"] - step["complete"] and any("shed" in f for f in step["failures"]), step["failures"]


def check_differences():
    """Each packet is asked for whatever the generator did; time only as far as it kept its pace."""
    sent = load_step.Sent("7 1.0 1.1 4.1 4.2 200 150 150 1000000e 4.0 300.0")
    row = {"outcome": "recorded", "outcome_reason": None, "missing_ms": 600, "audio_ms": 3300,
           "streams": [{"ssrc": 0x1000000E + i, "received": 150} for i in range(2)]}
    assert load_step.differences(row, sent) == []
    assert load_step.differences(dict(row, missing_ms=700), sent) == ["700 ms missing"]
    sent.held_up_ms = 0
    assert load_step.differences(row, sent) == ["600 ms missing", "300 ms too long"]
    row["streams"][1]["received"] = 149
    assert load_step.differences(dict(row, missing_ms=0, audio_ms=3000), sent) == ["1 packets of 300 not received"]
    silent = load_step.Sent("8 1.0 2.9 2.9 3.0 200 0 0 10000010 0 0.0")
    assert load_step.differences({"outcome": "none", "outcome_reason": "no media", "streams": []}, silent) == []
    assert load_step.differences(None, silent) == ["no row"]


def check_knees():
    made = lambda n, failures=(), grows=0, late=(): {
        "way": "sniff", "concurrent": n, "failures": list(failures), "not_measured": list(late), "behind_growth_s": grows,
        "steady_latency": {"p99_s": 2 + 2 * grows}}
    steps = [made(100), made(200, grows=0.6), made(300, grows=2), made(500, ["1 calls not complete"], 9), made(400, grows=6, late=["late"])]
    for step in steps:
        step["sustained"] = load_step.is_sustained(step, 17)
    assert load_report.between(steps, "sustained") == (200, 300) and load_report.between(steps, "complete") == (300, 500)
    assert load_report.knee_of({"steps": steps[:3]}, "sniff", "complete") == (300, False)
    assert load_report.result_of(steps[2]) == "complete, but encoded ever later", steps[2]
    watch = argparse.Namespace(statuses=[(at, [{"behind_ms": 1000 * at}]) for at in range(10)])
    assert load_step.backlog(watch, 2, 8) == {"behind_s": 8, "behind_growth_s": 6}


check_differences()
check_knees()
if os.cpu_count() < 2:
    print("skipped: recorder and generator need a core each")
    sys.exit(77)
check_complete()
check_loss()
check_held_up()
check_shed()
