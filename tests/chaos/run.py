#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Tries faults on recorders under load and judges what is left of the calls.

    tests/chaos/run.py kill --runs 200 --seed 7 --jobs 4 --json kill.json
    tests/chaos/run.py --list

Each run has a seed that repeats it (its random choices, not the scheduler's). Needs root, or a user who may make namespaces; exit 77
without. Exit 1: a run lost more than its fault allows.
"""
import argparse, concurrent.futures, dataclasses, json, pathlib, subprocess, sys, time, traceback

import bench, clock, descriptors, eio, full, interface, kill, locked, locked_minute, memory, peers, power, readonly, slow

FAULTS = {"kill": kill, "power": power, "full": full, "readonly": readonly, "eio": eio, "slow": slow, "locked": locked, "locked-minute": locked_minute, "descriptors": descriptors,
          "interface": interface, "clock": clock, "memory": memory, "peers": peers}
HERE = pathlib.Path(__file__).resolve()
BUILD = HERE.parents[2] / "build"
SUMS = ("calls", "rows_lost", "unreadable", "disagree", "silent", "leftovers")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", choices=[*FAULTS, []], help="default: all")
    parser.add_argument("--runs", type=int, default=1, help="of each fault")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each further run has the next")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--json", help="results, a line each, are added to this file")
    parser.add_argument("--list", action="store_true", help="names the faults")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    for name, path in (("earshot", "cli/earshot"), ("replay", "tests/chaos/replay"), ("sessions", "tests/bench/siprec-load"), ("disk", "tests/chaos/disk.so"),
                       ("clock", "tests/whole/set-clock.so")):
        parser.add_argument("--" + name, default=str(BUILD / path))
    return parser.parse_args()


def passed(result):
    bad = [name for name in SUMS if name != "calls" and result[name]]
    return not bad and result["worst_ms"] <= result["bound_ms"] and not result["error"]


def one(options):
    """This process tries one fault once; its result is the last line that it prints."""
    fault, tools = FAULTS[options.faults[0]], bench.Tools(options.earshot, options.replay, options.sessions, options.disk, options.clock)
    result = dict(dataclasses.asdict(bench.judge.Verdict()), fault=options.faults[0], seed=options.seed, bound_ms=fault.BOUND_MS, error=None)
    began = time.monotonic()
    with bench.Place(tools, options.seed, fault) as place:
        try:
            verdict, more = fault.attempt(place)
            result.update(dataclasses.asdict(verdict), **more)
        except Exception:
            result["error"] = traceback.format_exc()[-1500:]
        result.update(source=place.source, seconds=round(time.monotonic() - began, 1))
        result["passed"] = passed(result)
        result["said"] = place.said()[-2000:]
    print(json.dumps(result))


def spawn(options, fault, seed):
    """A run in a network and with mounts of its own."""
    tools = [word for name in ("earshot", "replay", "sessions", "disk", "clock") for word in ("--" + name, getattr(options, name))]
    done = subprocess.run(["unshare", "-n", "-m", sys.executable, "-W", "ignore", HERE, fault, "--one", "--seed", str(seed), *tools], capture_output=True, text=True)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return dict(dataclasses.asdict(bench.judge.Verdict()), fault=fault, seed=seed, bound_ms=0, source=None, passed=False, said="", error=done.stdout + done.stderr)


def tell(result):
    if result["passed"]:
        return
    print(f"{result['fault']} --seed {result['seed']} ({result['source']}): {result['error'] or ''}")
    for line in [*result["notes"], *result["said"].splitlines()[-8:]]:
        print("   ", line)


def table(results):
    """As Markdown."""
    lines = ["| fault | runs | calls | worst loss, ms | rows lost | unreadable files | rows ≠ files | losses not told | slowest recovery, ms | failed |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for fault in dict.fromkeys(r["fault"] for r in results):
        these = [r for r in results if r["fault"] == fault]
        total = {name: sum(r[name] for r in these) for name in SUMS}
        cells = [FAULTS[fault].TITLE, len(these), total["calls"], max(r["worst_ms"] for r in these), total["rows_lost"], total["unreadable"],
                 total["disagree"] + total["leftovers"], total["silent"], max(r.get("recovery_ms", 0) for r in these), sum(not r["passed"] for r in these)]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main():
    options = arguments()
    if options.list:
        print("\n".join(f"{name:12} {fault.TITLE}" for name, fault in FAULTS.items()))
        return 0
    if options.one:
        one(options)
        return 0
    if subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True).returncode:
        print("skipped: a network namespace is not permitted here")
        return 77
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(spawn, options, fault, options.seed + n) for fault in options.faults or FAULTS for n in range(options.runs)]
        for run in concurrent.futures.as_completed(runs):
            results.append(run.result())
            tell(results[-1])
            if options.json:
                with open(options.json, "a") as out:
                    out.write(json.dumps(results[-1]) + "\n")
    print(table(sorted(results, key=lambda r: (list(FAULTS).index(r["fault"]), r["seed"]))))
    return 0 if all(r["passed"] for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
