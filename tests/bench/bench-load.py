#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""How many calls at once one core records without a gap: real speech in G.711, both ways, by sniffing and by SIPREC, more and more
calls until the first loss. Prints a line a step; docs/benchmarks.md explains.

usage: bench-load.py PROGRAM... [--quick] [--way sniff] [--steps 100,200] [...]     (PROGRAM: the folder of a build, or its programs)

Exit 77 where network namespaces are not permitted."""
import argparse, json, pathlib, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import load_peers, load_report, load_step, phones

PROGRAMS = {"earshot": "cli", "sniff-load": "tests/bench", "siprec-load": "tests/bench", "rtp-load": "tests/bench", "raw-receive": "tests/bench",
            "raw-opus": "tests/bench"}
WAYS = {"sniff": load_step.Sniffing, "siprec": load_step.Siprec}
KNEE_LEAST, KNEE_PART = 10, 0.05  # as near as the knee is looked for, in calls and of the calls
WATCHED = ("complexity", "complexity_mean", "journal_bytes", "journal_behind_ms", "deferred_calls", "backlog_bytes", "calls_shed")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("programs", nargs="+", type=pathlib.Path, help="the folder of a build, or its programs")
    parser.add_argument("--way", action="append", choices=list(WAYS), help="sniff or siprec; both unless given")
    parser.add_argument("--steps", default="200,400,600,800,1000,1200", help="calls at once, until the first loss")
    parser.add_argument("--seconds", type=float, default=20, help="of a step, all calls being there")
    parser.add_argument("--length", type=float, default=60, help="of a call on average, in seconds; 0: as long as the step")
    parser.add_argument("--ramp-s", type=float, default=8, help="seconds in which the calls of a step begin, and end")
    parser.add_argument("--drain-s", type=float, default=20, help="seconds for rows to come afterwards")
    parser.add_argument("--complexity", default="5", help="of the encoder, as in earshot.conf")
    parser.add_argument("--config", default="", help="further lines of [record]; \\n between them")
    parser.add_argument("--later", action="store_true", help="capture alone: encode nothing meanwhile; the next start does")
    parser.add_argument("--cores", default="0,1", help="of the recorder, and of the generator")
    parser.add_argument("--lose", type=int, default=0, help="leave out each so manieth packet, which must be noticed")
    parser.add_argument("--quick", action="store_true", help="few calls, under two minutes")
    parser.add_argument("--peers", action="store_true", help="measure also what the recorder is held against")
    parser.add_argument("--json", type=pathlib.Path, help="write the results into this file")
    parser.add_argument("--plot", type=pathlib.Path, help="draw them into this file (python3-matplotlib)")
    parser.add_argument("--from-json", type=pathlib.Path, help="measure nothing: results of an earlier run")
    plan = parser.parse_args()
    if plan.quick:
        plan.steps, plan.seconds, plan.length, plan.ramp_s = "20,40", 8, 8, 2
    plan.peer_calls, plan.peer_s, plan.peer_complexities = (20, 3, [0]) if plan.quick else (200, 10, [0, 5])
    plan.silence_db = -60  # the recorder's default
    plan.steps = list(map(int, plan.steps.split(",")))
    plan.cores = list(map(int, plan.cores.split(",")))
    more, others = plan.config.replace("\\n", "\n"), "\n[siprec]\nmax_sessions=20000\nrtp_ports=20000-59999\n"
    plan.config = f"[record]\nworkers=1\nlinger=1s\ncomplexity={plan.complexity}\n{more}{others}"
    plan.first_config = None
    if plan.later:
        plan.first_config = plan.config.replace("[record]", "[record]\nencode=later") + "[overload]\ndrain=0\n"
        plan.config = plan.config.replace("workers=1", "workers=2")
    plan.watched, plan.held = WATCHED, 0
    return plan


def print_step(step):
    latency = step["latency"] or {"median_s": 0, "p99_s": 0, "max_s": 0}
    print(f"{step['way']:>7} {step['concurrent']:>6} {step['complete']:>6}/{step['calls']:<6} {step['sent']:>9} {step['sent'] - step['received']:>7} "
          f"{step['dropped'] + step['kernel']:>7} {step['missing_ms']:>9} {step.get('cpu_ms', 0):>6.2f} {step.get('core_percent', 0):>6.0f} "
          f"{step.get('memory_kb', 0):>6.0f} {latency['median_s']:>6.1f} {latency['p99_s']:>6.1f} {latency['max_s']:>6.1f} "
          f"{step['generator']['mean_late_ms']:>6.2f}  {'; '.join(step['failures']) or 'ok'}", flush=True)


def climb(way, programs, voices, plan):
    """Steps until the first that is not free of loss, then between it and the one before until the knee is known well enough."""
    steps, good, bad = [], 0, None

    def step(n):
        steps.append(load_step.run_step(way, programs["earshot"], voices, plan, n))
        print_step(steps[-1])
        return not steps[-1]["failures"]

    for n in plan.steps:
        if not step(n):
            bad = n
            break
        good = n
    while bad and good and bad - good > max(KNEE_LEAST, KNEE_PART * good):
        middle = round((good + bad) / 2)
        good, bad = (middle, bad) if step(middle) else (good, middle)
    return steps


def measure(plan, programs):
    ways = plan.way or list(WAYS)
    phones.in_own_network()
    load_step.subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print(load_report.machine())
    print(f"{'way':>7} {'calls':>6} {'complete':>13} {'packets':>9} {'lost':>7} {'kernel':>7} {'missing':>9} {'ms/s':>6} {'core %':>6} "
          f"{'kB':>6} {'row s':>6} {'p99':>6} {'max':>6} {'late':>6}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        voices = load_step.Voices(folder)
        steps = [step for way in ways for step in climb(WAYS[way](programs), programs, voices, plan)]
        peers = load_peers.measure(programs, voices, plan, folder, ways) if plan.peers else {}
    return {"machine": load_report.machine(), "complexity": plan.complexity, "steps": steps, "peers": peers}


def main():
    plan = read_arguments()
    results = json.loads(plan.from_json.read_text()) if plan.from_json else measure(plan, load_step.find_programs(plan.programs, PROGRAMS))
    print("\n" + load_report.table(results))
    if plan.json:
        plan.json.write_text(json.dumps(results, indent=1))
    if plan.plot:
        load_report.plot(results, plan.plot)
    sys.exit(1 if any(s["failures"] for s in results["steps"] if s["concurrent"] == plan.steps[0]) else 0)


main()
