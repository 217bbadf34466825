#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""How many calls at once one core records without a gap, and how many it can go on recording: real speech in G.711, both ways, by
sniffing and by SIPREC, more and more calls until the first loss. Prints a line a step; docs/benchmarks.md explains.

usage: bench-load.py PROGRAM... [--quick] [--way sniff] [--steps 100,200] [...]     (PROGRAM: the folder of a build, or its programs)

Exit 77 where network namespaces are not permitted."""
import argparse, json, pathlib, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import load_peers, load_report, load_step, phones

PROGRAMS = {"earshot": "cli", "sniff-load": "tests/bench", "siprec-load": "tests/bench", "rtp-load": "tests/bench", "raw-receive": "tests/bench",
            "raw-opus": "tests/bench"}
WAYS = {"sniff": load_step.Sniffing, "siprec": load_step.Siprec}
STEPS = {"sniff": "550,700,850,950,1100,1300,1600,2000", "siprec": "400,550,700,850,950,1100,1300"}
KNEE_LEAST, KNEE_PART = 10, 0.05  # as near as a knee is looked for, in calls and of the calls
TRIES = 2  # of a step in which the generator was late
WATCHED = ("complexity", "complexity_mean", "journal_bytes", "journal_behind_ms", "deferred_calls", "backlog_bytes", "behind_ms", "calls_shed",
           "memory_bytes")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("programs", nargs="+", type=pathlib.Path, help="the folder of a build, or its programs")
    parser.add_argument("--way", action="append", choices=list(WAYS), help="sniff or siprec; both unless given")
    parser.add_argument("--steps", help="calls at once, until the first loss; unless given " + ", ".join(f"{w} {s}" for w, s in STEPS.items()))
    parser.add_argument("--seconds", type=float, default=20, help="of a step, all calls being there")
    parser.add_argument("--length", type=float, default=60, help="of a call on average, in seconds; 0: as long as the step")
    parser.add_argument("--ramp-s", type=float, default=8, help="seconds in which the calls of a step begin, and end")
    parser.add_argument("--drain-s", type=float, default=20, help="seconds without a row after which no more are awaited")
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
    plan.steps = {way: list(map(int, (plan.steps or STEPS[way]).split(","))) for way in STEPS}
    plan.cores = list(map(int, plan.cores.split(",")))
    more, others = plan.config.replace("\\n", "\n"), "\n[siprec]\nmax_sessions=20000\nrtp_ports=20000-59999\n"
    plan.config = f"[record]\nworkers=1\nlinger=1s\ncomplexity={plan.complexity}\n{more}{others}"
    plan.first_config = None
    if plan.later:
        plan.first_config = plan.config.replace("[record]", "[record]\nencode=later") + "[overload]\ndrain=0\n"
        plan.config = plan.config.replace("workers=1", "workers=2")
    plan.watched, plan.held = WATCHED, 0
    return plan


HEAD = ("way", "calls", "complete", "packets", "lost", "kernel", "missing", "ms/s", "core %", "kB", "row s", "p99", "max", "behind", "grows", "late")
LINE = "{:>7} {:>6} {:>13} {:>9} {:>7} {:>7} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}"


def print_step(step):
    latency = step["latency"] or {}
    figures = (step["way"], step["concurrent"], f"{step['complete']}/{step['calls']}", step["sent"], step["sent"] - step["received"],
               step["dropped"] + step["kernel"], step["missing_ms"], step.get("cpu_ms"), step.get("core_percent"), step.get("memory_kb"),
               latency.get("median_s"), latency.get("p99_s"), latency.get("max_s"), step.get("behind_s"), step.get("behind_growth_s"),
               round(step["generator"]["mean_late_ms"], 2))
    print(LINE.format(*("" if f is None else f for f in figures)), " " + load_report.result_of(step), flush=True)


def look_for(knee, step, steps):
    """Between the most calls at which it holds, and the fewest at which it does not, until they are near enough; step makes one more."""
    while True:
        good, bad = load_report.between(steps, knee)
        if not good or bad is None or bad - good <= max(KNEE_LEAST, KNEE_PART * good) or not step(round((good + bad) / 2)):
            return


def climb(way, programs, voices, plan):
    """Steps until the first that is not free of loss, then between them until both knees are known well enough: up to where nothing is
    lost, and up to where it could go on so. A step in which the generator was late is made again; it says nothing of the recorder."""
    steps = []

    def step(n):
        for _ in range(TRIES):
            steps.append(load_step.run_step(way, programs["earshot"], voices, plan, n))
            print_step(steps[-1])
            if not steps[-1]["not_measured"]:
                return True
        return False

    for n in plan.steps[way.name]:
        if not step(n) or steps[-1]["failures"]:
            break
    look_for("complete", step, steps)
    look_for("sustained", step, steps)
    return steps


def measure(plan, programs):
    ways = plan.way or list(WAYS)
    phones.in_own_network()
    load_step.subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print(load_report.machine())
    print(LINE.format(*HEAD))
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
    sys.exit(1 if any(s["failures"] for s in results["steps"] if s["concurrent"] == plan.steps[s["way"]][0]) else 0)


main()
