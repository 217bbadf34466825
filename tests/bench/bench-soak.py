#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Whether anything grows in a recorder that runs and runs: memory, descriptors, threads, the index's log of writes, the journal.

day: a whole day of calls by the clock of a capture, which is read from a pipe as fast as it is encoded, so that all that waits for a
time (late packets, ends that were not seen, what is remembered of calls that are over) has a day of it. sniff, siprec: as many short
calls live as a floor has in a day, one after another, with a few that last all the time. docs/benchmarks.md explains.

usage: bench-soak.py PROGRAM... [--part day] [...]     (PROGRAM: the folder of a build, or its programs)

Exit 77 where network namespaces are not permitted and a live part is wanted."""
import argparse, collections, contextlib, json, os, pathlib, subprocess, sys, tempfile, threading, time
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import earshot, load_report, load_step, phones, soak_watch

PROGRAMS = {"earshot": "cli", "sniff-load": "tests/bench", "siprec-load": "tests/bench", "day-load": "tests/bench"}
LIVE = {"sniff": load_step.Sniffing, "siprec": load_step.Siprec}
WAL_MOST = 16_000_000  # SQLite starts its log anew at 4 MB, when no reader is in the way
SPOOL_MOST = 1_000_000  # when all calls are over: what is written next
RAMP_S = 5
WARM_DAY_H, WARM_LIVE_S = 6, 150  # the index's cache of 2 MB fills with some hundred calls; one that is over is remembered for two minutes
NO_ROW_S = 30
NAMED = 5  # calls that are told one by one
SEGMENT = 64 << 20  # of the journal
CALL_BYTES_S = 2 * 50 * (24 + 12 + 160)  # of the journal: packets of 20 ms and what stands before each
JOURNAL_SEGMENTS = 3  # two that may be dead, and the file into which what lives is copied
FINISHING_S = 5  # from BYE until the journal need not keep a call any more
OPENED_LATER = 4  # the index and its log, with the first row
QUIET_S = 130  # after the last call, until nothing of it may be left
SILENT = {"busy", "cancelled", "unknown"}  # kinds of day-load that are never answered
TWO_LEGS = "two-legs"


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("programs", nargs="+", type=pathlib.Path, help="the folder of a build, or its programs")
    parser.add_argument("--part", action="append", choices=["day", *LIVE], help="all unless given")
    parser.add_argument("--hours", type=float, default=24, help="of the day")
    parser.add_argument("--calls", type=float, default=3, help="of the day at once, on average")
    parser.add_argument("--length", type=float, default=60, help="of the day's calls on average, in seconds")
    parser.add_argument("--live-calls", type=int, default=20000, help="live, in all")
    parser.add_argument("--live-s", type=float, default=400, help="in so many seconds")
    parser.add_argument("--short", type=float, default=3, help="of a live call on average, in seconds")
    parser.add_argument("--held", type=int, default=2, help="live calls that last all the time")
    parser.add_argument("--warm", type=float, help="seconds (live) or hours (day) that are not looked at; 150 s and 6 h unless given")
    parser.add_argument("--quiet-s", type=float, default=QUIET_S, help="seconds after the last live call, before what is left is looked at")
    parser.add_argument("--complexity", default="0", help="of the encoder, as in earshot.conf")
    parser.add_argument("--lose", type=int, default=0, help="leave out each so manieth packet, which must be noticed")
    parser.add_argument("--json", type=pathlib.Path, help="write figures and samples into this file")
    plan = parser.parse_args()
    plan.part = plan.part or ["day", *LIVE]
    return plan


def config(plan):
    return f"[record]\ncomplexity={plan.complexity}\nlinger=1s\n[link]\nby=media\n[siprec]\nmax_sessions=20000\nrtp_ports=20000-59999\n"


def verify(library):
    """Codes of what is found."""
    return [row["code"] for row in library.rows("verify", "--fast", status=None) if row["code"] != "summary"]


# ---- a day by the capture's clock

def feed(programs, plan, voices, told):
    command = [programs["day-load"], plan.hours, plan.calls, plan.length, *voices.files, told, plan.lose]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def watch_day(generator, recorder, library):
    """A sample for each minute of the capture."""
    samples = []
    for line in generator.stderr:
        seconds, active = map(int, line.split())
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, TypeError):  # it has ended
            samples.append({"at": seconds / 3600, "active": active, **soak_watch.look(recorder.pid, library)})
    return samples


def judge_day(library, told):
    """What is wrong with the rows of the day, as words; and how many calls there were."""
    dialogs = [line.split() for line in told.read_text().splitlines()]
    rows, _, _ = load_step.read_index(library)
    wrong = collections.Counter()
    wrong["rows are not calls"] += rows.keys() != {d[0] for d in dialogs} or len(rows) != len(dialogs)
    for name, kind, *packets in dialogs:
        row = rows.get(name, {"outcome": None, "streams": []})
        received = sorted(s["received"] for s in row["streams"])
        if kind in SILENT:
            wrong[f"{kind}: has audio"] += row["outcome"] != "none"
        elif kind == TWO_LEGS:
            wrong[f"{kind}: packets"] += received != sorted(map(int, packets))
        else:
            wrong[f"{kind}: not recorded"] += row["outcome"] != "recorded" or bool(row["missing_ms"])
            wrong[f"{kind}: packets"] += received != sorted(map(int, packets))
    return len(dialogs), [f"{what} ({n})" for what, n in wrong.items() if n]


def run_day(programs, plan, voices, folder):
    told, begin = folder / "told", time.time()
    with earshot.Library(programs["earshot"], config(plan)) as library, open(folder / "said", "w+") as said:
        generator = feed(programs, plan, voices, told)
        recorder = subprocess.Popen([programs["earshot"], "--library", library.path, "record", "--pcap", "-"], stdin=generator.stdout,
                                    stdout=subprocess.DEVNULL, stderr=said, env=library.environment)
        generator.stdout.close()
        samples = watch_day(generator, recorder, library.path)
        _, status, usage = os.wait4(recorder.pid, 0)
        recorder.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        assert generator.wait() == 0 and recorder.returncode == 0, (generator.returncode, recorder.returncode, said.read())
        calls, failures = judge_day(library, told)
        return {"part": "day", "calls": calls, "hours": plan.hours, "wall_s": round(time.time() - begin), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
                "failures": failures, **leftover(library), "samples": samples,
                "figures": soak_watch.summary(samples, WARM_DAY_H if plan.warm is None else plan.warm)}


# ---- a day's number of calls, live

class Samples(threading.Thread):
    """A sample each second, as many calls being under way as the generator keeps up."""

    def __init__(self, recorder, library, active):
        super().__init__(daemon=True)
        self.recorder, self.library, self.active, self.begin, self.seen, self.over = recorder, library, active, time.time(), [], threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(1):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                self.seen.append({"at": time.time() - self.begin, "active": self.active, **soak_watch.look(self.recorder.process.pid, self.library)})


def judge_live(library, sent, plan):
    """What is wrong with the rows, as words, and each call that is not what was sent, with how it differs."""
    rows, _, _ = load_step.read_index(library)
    refused = sum(s.status != 200 for s in sent)
    wrong = {s.number: words for s in sent if s.status == 200 and (words := load_step.differences(rows.get(f"load-{s.number}"), s))}
    held = sum(s.number in wrong for s in sorted(sent, key=lambda s: s.bye - s.answered)[len(sent) - plan.held:])
    found = [(refused, "refused"), (len(wrong), "not complete"), (held, "that lasted all the time not complete"),
             (len(rows) - len({s.number for s in sent}), "rows more than calls")]
    return [f"{n} calls {what}" for n, what in found if n > 0], wrong


def watch_journal(samples, sent, begin):
    """How much went through the journal, the most of it on disk, how often it shrank, and by how much it exceeded at worst twice what open
    calls needed (decision 0062). What they needed is known from the generator."""
    answered, bye = (np.array([getattr(s, name) for s in sent if s.answered]) for name in ("answered", "bye"))
    excess = []
    for sample in samples:
        now = begin + sample["at"]
        is_open = (answered <= now) & (now <= bye + FINISHING_S)
        excess.append(sample["journal_bytes"] - 2 * CALL_BYTES_S * float((np.minimum(now, bye) - answered)[is_open].sum()))
    falls = np.diff([s["journal_bytes"] for s in samples]) < -SEGMENT / 2
    return {"through_bytes": int(CALL_BYTES_S * (bye - answered).sum()), "most_bytes": max(s["journal_bytes"] for s in samples),
            "shrank": int(falls.sum()), "excess_bytes": round(max(excess))}


def settle(recorder, calls, seconds, before):
    """Until each call has its row, or none has come for a while, and then until nothing of the calls is left: what the recorder holds
    then, beside what it held before them."""
    there, latest = 0, time.time()
    while there < calls and time.time() - latest < NO_ROW_S:
        time.sleep(1)
        rows = load_step.count_rows(recorder.library)
        latest, there = (time.time(), rows) if rows > there else (latest, there)
    time.sleep(seconds)
    after = soak_watch.look(recorder.process.pid, recorder.library.path)
    failures = []
    if after["fds"] > before["fds"] + OPENED_LATER:
        failures.append(f"{after['fds']} descriptors after the last call, {before['fds']} before the first")
    if after["spool_bytes"] > SPOOL_MOST:
        failures.append(f"{after['spool_bytes']} bytes in the spool after the last call")
    return after, failures


def run_live(name, programs, plan, voices):
    way = LIVE[name](programs)
    with earshot.Library(programs["earshot"], config(plan)) as library:
        recorder = way.recorder(library)
        try:
            return soak_live(way, recorder, library, voices, plan)
        finally:
            recorder.process.kill()
            recorder.process.wait()


def at_rest(recorder, library):
    """How it stands once it has begun, and opens nothing more."""
    before = None
    while (now := soak_watch.look(recorder.process.pid, library.path)) and (before is None or now["fds"] != before["fds"]):
        before = now
        time.sleep(1)
    return now


def soak_live(way, recorder, library, voices, plan):
    slots = max(2, round(plan.live_calls / plan.live_s * (plan.short + 0.1))) + plan.held
    load = argparse.Namespace(seconds=plan.live_s, ramp_s=RAMP_S, length=plan.short, lose=plan.lose, held=plan.held)
    before, begin, cpu = at_rest(recorder, library), time.time(), load_step.processor_time(recorder.process.pid)
    kernel = way.kernel_drops()
    watch = Samples(recorder, library.path, slots)
    sent, generator = load_step.generate(way, voices, load, slots, max(os.sched_getaffinity(0)))
    watch.over.set()
    watch.join()
    after, failures = settle(recorder, sum(s.status == 200 for s in sent), plan.quiet_s, before)
    used = sum(load_step.processor_time(recorder.process.pid).values()) - sum(cpu.values())
    wall_s = round(time.time() - begin)
    dropped = recorder.end(seconds=load_step.STOP_S)[1] + way.kernel_drops() - kernel
    wrong_rows, differing = judge_live(library, sent, plan)
    failures += wrong_rows + ([f"the kernel dropped {dropped} packets"] if dropped else [])
    samples = [s for s in watch.seen if s["at"] < RAMP_S + plan.live_s]
    journal = watch_journal(samples, sent, watch.begin)
    if journal["excess_bytes"] > JOURNAL_SEGMENTS * SEGMENT:
        failures.append(f"the journal exceeds twice what is open by {journal['excess_bytes'] / 1e6:.0f} MB")
    return {"part": way.name, "calls": len(sent), "at_once": slots, "wall_s": wall_s, "cpu_s": round(used, 1), "failures": failures, "generator": generator,
            "held_up": sum(s.held_up_ms > 0 for s in sent), "differing": differing, "journal": journal, "before": before, "after": after,
            **leftover(library), "samples": samples, "figures": soak_watch.summary(samples, WARM_LIVE_S if plan.warm is None else plan.warm)}


# ---- both

def leftover(library):
    """What is there when the recorder has ended."""
    files = [str(p.relative_to(library.path)) for p in (library.path / "spool").rglob("*") if p.is_file() and p.stat().st_size and p.name != "lock"]
    return {"left": files, "found": verify(library)}


def judge(result):
    failures, figures = result["failures"], result["figures"]
    failures += soak_watch.growing(figures)
    if figures["wal_bytes"]["max"] > WAL_MOST:
        failures.append(f"{figures['wal_bytes']['max']} bytes of index.sqlite-wal")
    failures += [f"left in the spool: {', '.join(result['left'][:5])}"] if result["left"] else []
    failures += [f"verify: {', '.join(sorted(set(result['found'])))}"] if result["found"] else []
    return result


def tell(result):
    f = result["figures"]
    print(f"{result['part']}: {result['calls']} calls, {f['active']:g} at once, {result['cpu_s']} s of CPU in {result['wall_s']} s; "
          f"looked at {f['from']:.1f} to {f['to']:.1f} {'h' if result['part'] == 'day' else 's'}")
    for name in ("anon_kb", "pss_kb", "fds", "threads", "wal_bytes", "spool_files", "spool_bytes", "journal_bytes"):
        growth = f", grows by {f[name]['growth']:g} ± {f[name]['bound']:g}" if "growth" in f[name] else ""
        ends = f", {result['before'][name]} before, {result['after'][name]} after" if "before" in result else ""
        print(f"  {name:<14} mean {f[name]['mean']:g}, most {f[name]['max']:g}{growth}{ends}")
    if "journal" in result:
        j, g = result["journal"], result["generator"]
        print(f"  journal: {j['through_bytes'] / 1e6:.0f} MB through it, at most {j['most_bytes'] / 1e6:.0f} MB on disk, shrank {j['shrank']} times; "
              f"beyond twice what was open {j['excess_bytes'] / 1e6:.0f} MB at most\n"
              f"  generator: late by {g['mean_late_ms']:.2f} ms on average, {g['worst_ms']:.0f} at worst; {result['held_up']} calls held up by it")
        for number, words in list(result["differing"].items())[:NAMED]:
            print(f"  load-{number}: {', '.join(words)}")
    print(f"  {'; '.join(result['failures']) or 'ok'}", flush=True)


def main():
    plan = read_arguments()
    programs = load_step.find_programs(plan.programs, PROGRAMS)
    if set(plan.part) & set(LIVE):
        phones.in_own_network()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print(load_report.machine(), flush=True)
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        voices = load_step.Voices(folder)
        for part in plan.part:
            results.append(judge(run_day(programs, plan, voices, folder) if part == "day" else run_live(part, programs, plan, voices)))
            tell(results[-1])
    if plan.json:
        plan.json.write_text(json.dumps(results, indent=1))
    sys.exit(1 if any(r["failures"] for r in results) else 0)


main()
