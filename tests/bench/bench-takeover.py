#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recorders take the place of one another under load: so many calls at once, by sniffing and by SIPREC, calls beginning and ending
all the time; packets sent, as the generator says, held against the ledgers of the index.

usage: bench-takeover.py BUILD [--calls 200] [--seconds 40] [--length 15] [--hand-overs 2] [--way sniff]      (BUILD: its folder)

Exit 77 where network namespaces are not permitted."""
import argparse, pathlib, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import earshot, live, load_step, phones

CONFIG = "[record]\nlinger=1s\n[siprec]\nmax_sessions=20000\n"
RAMP_S = 5


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--way", action="append", choices=["sniff", "siprec"], help="both unless given")
    parser.add_argument("--calls", type=int, default=200, help="at once")
    parser.add_argument("--seconds", type=float, default=40, help="of the load, all calls being there")
    parser.add_argument("--length", type=float, default=15, help="of a call on average; another follows it")
    parser.add_argument("--hand-overs", type=int, default=2)
    return parser.parse_args()


def start(library, way, *more):
    if way.name == "sniff":
        return live.Recorder(library, "v0", *more)
    recorder = live.Recorder.__new__(live.Recorder)
    recorder.start(library, ["--siprec", f"udp:{load_step.SERVER}:{load_step.PORT}", *more], None)
    return recorder


def state_of(library, recorder):
    return next((r for r in library.rows("status")[0]["recorders"] if r["pid"] == recorder.process.pid), {})


def hand_over(library, way, old):
    """Returns the new recorder, and how long it took until it had what begins."""
    began = time.monotonic()
    new = start(library, way, "--take-over")
    old.until(lambda: state_of(library, old).get("finishing"), "nothing was handed over")
    return new, time.monotonic() - began


def run(plan, way, voices, library):
    """Returns what was sent, the recorders in order, and seconds for each hand-over."""
    recorders, took = [start(library, way)], []
    command = [*way.command(), plan.calls, plan.seconds, plan.calls / RAMP_S, *voices.files, 1, plan.length, 0]
    generator = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    for _ in range(plan.hand_overs):
        time.sleep((RAMP_S + plan.seconds) / (plan.hand_overs + 1))
        new, seconds = hand_over(library, way, recorders[-1])
        recorders.append(new)
        took.append(seconds)
    *told, last = generator.communicate()[0].splitlines()
    assert generator.returncode == 0, command
    for old in recorders[:-1]:
        old.process.communicate(timeout=60)
        assert old.process.returncode == 0, old.said()
    time.sleep(3)
    recorders[-1].end()
    return [load_step.Sent(line) for line in told], int(float(last.split()[0])), took


def measure(plan, way, voices):
    with earshot.Library(plan.build / "cli/earshot", CONFIG) as library:
        sent, refused, took = run(plan, way, voices, library)
        rows, gaps, outcomes = load_step.read_index(library)
        streams = [s for row in rows.values() for s in row["streams"]]
        packets, received = sum(sum(call.packets.values()) for call in sent), sum(s["received"] for s in streams)
        short = sum(1 for call in sent for ssrc, n in call.packets.items()
                    if sum(s["received"] for s in rows.get(f"load-{call.number}", {"streams": []})["streams"] if s["ssrc"] == ssrc) != n)
        total = int(library.rows("status")[0]["library"]["calls_today"])
        print(f"{way.name}: {plan.calls} calls at once, {len(sent)} in all, {plan.hand_overs} hand-overs "
              f"({', '.join(f'{s:.1f} s' for s in took)} until the new one had what began)\n"
              f"  rows {total}, outcomes {outcomes}, refused {refused}\n"
              f"  packets sent {packets}, in the ledgers {received}, lost {packets - received}; voices that lack any: {short}; "
              f"late {sum(s['late'] for s in streams)}, dropped by the kernel {sum(row['dropped_packets'] or 0 for row in rows.values())}", flush=True)
        return packets == received and not short and not refused and total == len(sent) == len(rows)


def main():
    plan = read_arguments()
    phones.in_own_network()
    subprocess.run("ip link set lo up", shell=True, check=True)
    programs = {name: plan.build / "tests/bench" / name for name in ("sniff-load", "siprec-load")}
    ways = {"sniff": load_step.Sniffing, "siprec": load_step.Siprec}
    with tempfile.TemporaryDirectory() as folder:
        voices = load_step.Voices(pathlib.Path(folder))
        good = [measure(plan, ways[name](programs), voices) for name in plan.way or ways]
    sys.exit(0 if all(good) else 1)


main()
