# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""One step of the load bench: so many calls at once for a while, by one way in; what became of them, and what it cost.

The recorder has one core, generator and bench have the other. Everything is read from outside: the generator's own lines, the index by
sqlite3, /proc, and `status --json`."""
import contextlib, json, os, pathlib, re, sqlite3, statistics, subprocess, sys, threading, time
import numpy as np

import calls, earshot, live, sound

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
LISTENED, LISTENED_MS = 4, 3000  # files of that length that are held against the source
SPREAD = 4001 * 160  # load.c's distance between the voices of two calls
SERVER, CLIENT, PORT = "127.0.0.30", "127.0.0.20", 5060
SETTLE_S = 3  # after the last slot began, until the figures of a steady load are taken
GENERATOR_LATE_MS = 5  # on average: no longer at its pace
STOP_S = 120  # for a recorder to encode what it can, and to end
LATER_S = 300  # for the next start to encode what was only captured
GROWTH_PART = 0.05  # of the time: by so much what waits may grow where a load can be sustained
ROWS_SOON_S = 10  # from BYE
OTHERS_PERCENT = 5  # of the recorder's core; beyond, a loss says little
LENGTH_MS = 120  # by which a file may differ from its voices
FRAME_MS = 20
REPEATED_S = 0.5  # after which the generator sends a request again
SOUND_LEAST = 0.6  # correlation of a mixed file of narrow-band Opus with its source


class Voices:
    """Two minutes of each voice of a conversation, as samples and as files of µ-law."""

    def __init__(self, folder, seconds=120):
        self.files, self.samples = [], []
        for name, voice in zip("ab", calls.conversation(folder)):
            voice = np.tile(voice, 1 + seconds * 8000 // len(voice))[:seconds * 8000]
            self.files.append(folder / f"{name}.ulaw")
            self.files[-1].write_bytes(calls.ulaw(voice).tobytes())
            self.samples.append(voice)

    def likeness(self, path, number):
        """How well a mixed file correlates with both voices of the call of that number."""
        heard, reach = sound.decode(path).sum(axis=1), 4000
        at = [(number - 1) * SPREAD % len(v) for v in self.samples]
        both = sum(np.take(v, np.arange(a - reach, a + len(heard) + reach), mode="wrap").astype(float) for a, v in zip(at, self.samples))
        return sound.best_offset(heard, both, reach)[1]


def processor_time(pid):
    """Seconds of CPU, user and system, of the threads of a process by their names."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            name = (task / "comm").read_text().strip()
            found[name] = found.get(name, 0) + int((task / "schedstat").read_text().split()[0]) / 1e9
    return found


def core_time(core):
    """Seconds in which a core was busy since the machine began."""
    fields = next(l for l in pathlib.Path("/proc/stat").read_text().splitlines() if l.startswith(f"cpu{core} ")).split()
    user, nice, system, _, _, irq, softirq = map(int, fields[1:8])
    return (user + nice + system + irq + softirq) * TICK_S


def memory_kb(pid):
    """Of the process alone: its share of pages, and the peak of what lay in memory."""
    of = lambda file, name: int(re.search(rf"^{name}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/{file}").read_text(), re.M)[1])
    return of("smaps_rollup", "Pss"), of("status", "VmHWM")


class Watch(threading.Thread):
    """Looks at a recorder each second: CPU of the process and of each of its threads, memory, descriptors, its own status."""

    def __init__(self, recorder, core, status_every=2):
        super().__init__(daemon=True)
        self.recorder, self.core, self.every, self.seen, self.statuses, self.over = recorder, core, status_every, [], [], threading.Event()
        self.start()

    def look(self):
        pid = self.recorder.process.pid
        threads = processor_time(pid)
        self.seen.append({"at": time.time(), "core": core_time(self.core), "cpu": sum(threads.values()), "threads": threads,
                          "pss_kb": memory_kb(pid)[0], "fds": len(os.listdir(f"/proc/{pid}/fd"))})

    def run(self):
        looks = 0
        while not self.over.wait(1):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                self.look()
            looks += 1
            if looks % self.every == 0:
                done = self.recorder.library.run("status", "--json", status=None)
                self.statuses += [(time.time(), json.loads(line)["recorders"]) for line in done.stdout.splitlines()[:1]]


class Rows(threading.Thread):
    """When each row becomes visible to others."""

    def __init__(self, library):
        super().__init__(daemon=True)
        self.path, self.visible, self.over = library.path / "index.sqlite", {}, threading.Event()
        self.start()

    def run(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            version = None
            while not self.over.wait(0.05):
                latest = db.execute("PRAGMA data_version").fetchone()
                if latest == version:
                    continue
                version, now = latest, time.time()
                for name, in db.execute("SELECT call_id FROM call"):
                    self.visible.setdefault(name, now)


class Sent:
    """What the generator says it did with one call."""

    def __init__(self, line):
        words = line.split()
        self.number, self.status = int(words[0]), int(words[5])
        self.invited, self.answered, self.bye, self.bye_answered = map(float, words[1:5])
        self.packets = {int(words[8], 16) + i: int(words[6 + i]) for i in range(2)}
        self.held_up_ms = float(words[10])  # by which the generator was late with its packets or its BYE


@contextlib.contextmanager
def on_core(core):
    """What is begun inside has that core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def counter(path, line, name):
    """A counter of /proc/net/snmp."""
    names, values = [l.split() for l in pathlib.Path(path).read_text().splitlines() if l.startswith(line + ":")]
    return int(values[names.index(name)])


class Sniffing:
    name = "sniff"

    def __init__(self, programs):
        self.generator = programs["sniff-load"]
        subprocess.run("ip link show v0 >/dev/null 2>&1 || { ip link add v0 type veth peer name v1 && ip link set v0 addrgenmode none up && "
                       "ip link set v1 addrgenmode none up; }", shell=True, check=True)

    def recorder(self, library):
        return live.Recorder(library, "v0")

    def command(self):
        return [self.generator, "v1"]

    def kernel_drops(self):
        """Packets that found the queue before the interface full; the ring's own drops are told by the recorder."""
        return sum(int(line.split()[1], 16) for line in pathlib.Path("/proc/net/softnet_stat").read_text().splitlines())


class Siprec:
    name = "siprec"

    def __init__(self, programs):
        self.generator = programs["siprec-load"]

    def recorder(self, library):
        return live.Server(library, f"udp:{SERVER}:{PORT}")

    def command(self):
        return [self.generator, CLIENT, f"{SERVER}:{PORT}"]

    def kernel_drops(self):
        return counter("/proc/net/snmp", "Udp", "RcvbufErrors")


def generate(way, voices, plan, n, core):
    command = [*way.command(), n, plan.seconds, n / plan.ramp_s, *voices.files, 1, plan.length, plan.lose, plan.held]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: (os.sched_setaffinity(0, {core}), os.nice(-10)))
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    *told, last = out.splitlines()
    refused, worst, mean = map(float, last.split())
    return [Sent(line) for line in told], {"refused": int(refused), "worst_ms": worst, "mean_late_ms": mean,
                                           "cpu_s": usage.ru_utime + usage.ru_stime}


def await_rows(rows, sent, seconds):
    """Until each call has its row, or none has come for so long: what was put by is encoded meanwhile."""
    latest, there, wanted = time.time(), 0, {f"load-{s.number}" for s in sent if s.status == 200}
    while time.time() - latest < seconds and not wanted <= set(rows.visible):
        if len(rows.visible) > there:
            latest, there = time.time(), len(rows.visible)
        time.sleep(0.2)


def call_seconds(sent, begin, end):
    return sum(max(0, min(s.bye or end, end) - max(s.answered, begin)) for s in sent if s.answered)


# ---- what became of the calls

def read_index(library):
    with contextlib.closing(sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        found = {row["call_id"]: dict(row, streams=[]) for row in db.execute("SELECT * FROM call")}
        by_id = {row["id"]: row for row in found.values()}
        for stream in db.execute("SELECT * FROM stream"):
            by_id[stream["call"]]["streams"].append(dict(stream))
        gaps = dict(db.execute("SELECT reason, sum(length_ms) FROM gap GROUP BY reason").fetchall())
        outcomes = {" ".join(filter(None, o)): n for *o, n in db.execute("SELECT outcome, outcome_reason, count(*) FROM call GROUP BY 1, 2")}
    return found, gaps, outcomes


def count_rows(library):
    with contextlib.closing(sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)) as db:
        return db.execute("SELECT count(*) FROM call").fetchone()[0]


def differences(row, sent):
    """How a row differs from what was sent, as words; nothing: the call is complete. Each packet has to be there whatever happened; time may
    be missing only where the generator itself was held up, in each voice for as long as it says: a pause between packets, or before the
    BYE, looks like a loss from outside."""
    if row is None:
        return ["no row"]
    spoke = sum(sent.packets.values()) > 0
    outcome = " ".join(filter(None, (row["outcome"], row["outcome_reason"])))
    if not spoke:  # answered too late to say a word
        return [] if row["outcome"] == "none" and not row["streams"] else [outcome]
    got = {stream["ssrc"] & 0xFFFFFFFF: stream["received"] for stream in row["streams"]}
    lacking = sum(sent.packets.values()) - sum(got.values())
    length = (row["audio_ms"] or 0) - 20 * max(sent.packets.values())
    found = [(row["outcome"] != "recorded", outcome), (got != sent.packets, f"{lacking} packets of {sum(sent.packets.values())} not received"),
             ((row["missing_ms"] or 0) > (2 * (sent.held_up_ms + FRAME_MS) if sent.held_up_ms else 0), f"{row['missing_ms']} ms missing"),
             (not -LENGTH_MS <= length <= LENGTH_MS + sent.held_up_ms, f"{length} ms too long")]
    words = [words for wrong, words in found if wrong]
    if words and sent.bye_answered - sent.bye > REPEATED_S:
        words.append("BYE was repeated")
    return words


def judge(library, sent, voices):
    rows, gaps, outcomes = read_index(library)
    result = {"calls": len(sent), "complete": 0, "refused": 0, "rowless": 0, "sent": 0, "received": 0, "lost": 0, "late": 0,
              "duplicate": 0, "missing_ms": 0, "held_up": sum(s.held_up_ms > 0 for s in sent), "gaps_ms": gaps, "outcomes": outcomes,
              "shed": {reason: n for reason, n in outcomes.items() if "overload" in reason}}
    whole = []
    for s in sent:
        row = rows.get(f"load-{s.number}")
        result["sent"] += sum(s.packets.values())
        result["refused"] += s.status != 200
        result["rowless"] += s.status == 200 and row is None
        if row is None:
            continue
        for stream in row["streams"]:
            for what in ("received", "lost", "late", "duplicate"):
                result[what] += stream[what]
        if differences(row, s):
            result["missing_ms"] += row["missing_ms"] or 0
            continue
        result["complete"] += 1
        if (row["audio_ms"] or 0) >= LISTENED_MS and not s.held_up_ms:
            whole.append((s.number, library.path / row["file"]))
    result["likeness"] = [round(voices.likeness(path, n), 3) for n, path in whole[::max(1, len(whole) // LISTENED)][:LISTENED]]
    return result


def latency(sent, rows, begin=0, end=float("inf")):
    """Seconds from BYE to the row being visible: median, 99th of a hundred, maximum; of calls that ended within a time."""
    taken = sorted(rows.visible[f"load-{s.number}"] - s.bye for s in sent if s.bye and begin <= s.bye <= end and f"load-{s.number}" in rows.visible)
    if not taken:
        return None
    return {"median_s": round(statistics.median(taken), 2), "p99_s": round(taken[int(0.99 * (len(taken) - 1))], 2), "max_s": round(taken[-1], 2)}


# ---- what it cost

def steady(sent, plan, n):
    """Begin and end of the time in which all calls were there."""
    begin = max(s.invited for s in sent[:n]) + SETTLE_S
    return begin, begin + plan.seconds - SETTLE_S


def backlog(watch, begin, end):
    """How many seconds behind what arrives the recorder encodes: at most, and by how much that grew from begin to end, by a line through
    what it told."""
    told = [(at, r["behind_ms"] / 1000) for at, found in watch.statuses for r in found if begin <= at <= end and r.get("behind_ms") is not None]
    if len(told) < 3:
        return {}
    at, behind = map(np.array, zip(*told))
    return {"behind_s": round(float(behind.max()), 1), "behind_growth_s": round(float(np.polyfit(at - begin, behind, 1)[0]) * (end - begin), 1)}


def cost(watch, sent, plan, before_kb, n):
    """Of the time in which the load was steady."""
    begin, end = steady(sent, plan, n)
    seen = [s for s in watch.seen if begin <= s["at"] <= end]
    if len(seen) < 2:
        return {}
    first, last = seen[0], seen[-1]
    length, spoken = last["at"] - first["at"], call_seconds(sent, first["at"], last["at"])
    per_call = lambda seconds: round(1000 * seconds / spoken, 3)
    used = last["cpu"] - first["cpu"]
    return {"cpu_ms": per_call(used), "core_percent": round(100 * used / length, 1),
            "others_percent": round(100 * max(0, last["core"] - first["core"] - used) / length, 1),
            "threads_ms": {name: per_call(used - first["threads"].get(name, 0)) for name, used in last["threads"].items()},
            "memory_kb": round((max(s["pss_kb"] for s in seen) - before_kb) / n, 1), "fds": last["fds"]}


def of_status(watch, *names):
    """The worst value that the recorder told of each of these, where it tells them: the least effort, the greatest of all else."""
    recorders = [r for _, found in watch.statuses for r in found]
    worst = {name: min if name.startswith("complexity") else max for name in names}
    return {name: worst[name](values) for name in names if (values := [r[name] for r in recorders if isinstance(r.get(name), (int, float))])}


def find_programs(paths, places):
    """Name → program, of paths that are programs or the folder of a build, in which places tells where each lies."""
    found = {path.name: path for path in paths if path.is_file()}
    for folder in (path for path in paths if path.is_dir()):
        found.update({name: folder / place / name for name, place in places.items()})
    missing = [name for name in places if not found.get(name, pathlib.Path()).is_file()]
    if missing:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: not built: {', '.join(missing)}")
    return {name: path.resolve() for name, path in found.items()}


# ---- a step

def not_measured(step):
    """Why a step says nothing of the recorder, as words: the generator was not at its pace, or its packets were not taken."""
    g = step["generator"]
    found = [(g["refused"], f"generator: {g['refused']} packets not taken"),
             (g["mean_late_ms"] > GENERATOR_LATE_MS, f"generator: late by {g['mean_late_ms']:.0f} ms on average")]
    return [words for failed, words in found if failed]


def failures(step):
    """Why a step is not free of loss, as words, and whether another process was on the recorder's core."""
    why = ", ".join(f"{reason} {ms}" for reason, ms in step["gaps_ms"].items())
    found = [(step["complete"] < step["calls"], f"{step['calls'] - step['complete']} calls not complete"),
             *((n, f"{n} calls shed: {reason}") for reason, n in step["shed"].items()),
             (step["received"] != step["sent"], f"{step['sent'] - step['received']} packets not received"),
             (step["missing_ms"], f"{step['missing_ms']} ms missing ({why})"), (step["dropped"] or step["kernel"], "the kernel dropped packets"),
             (min(step["likeness"], default=1) < SOUND_LEAST, "recordings are not what was said")]
    words = [words for failed, words in found if failed]
    if words and step.get("others_percent", 0) > OTHERS_PERCENT:
        words.append(f"others used {step['others_percent']:.0f} % of the recorder's core")
    return words


def is_sustained(step, seconds):
    """Nothing is lost, what waits to be encoded does not grow by more than a twentieth of the time, and rows come soon: it could go on so.
    None: not known."""
    if step.get("behind_growth_s") is None or step.get("steady_latency") is None:
        return None
    grows = step["behind_growth_s"] > GROWTH_PART * seconds
    return not step["failures"] and not grows and step["steady_latency"]["p99_s"] <= ROWS_SOON_S


@contextlib.contextmanager
def recording(way, library, core):
    """A recorder on a core of its own; nothing of it is left behind."""
    with on_core(core):
        recorder = way.recorder(library)
    try:
        yield recorder
    finally:
        recorder.process.kill()
        recorder.process.wait()


def finish_later(way, library, config, sent, seconds):
    """The next start encodes what the journal holds, on all cores; returns how long that took."""
    (library.path / "earshot.conf").write_text(config)
    begin, before = time.time(), os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))
    recorder, rows = way.recorder(library), Rows(library)
    await_rows(rows, sent, seconds)
    rows.over.set()
    recorder.end(seconds=STOP_S)
    os.sched_setaffinity(0, before)
    return round(time.time() - begin, 1)


def run_load(way, library, voices, plan, n):
    """n calls at once; what the generator sent, and what the recorder took for it."""
    with recording(way, library, plan.cores[0]) as recorder:
        os.sched_setaffinity(0, {plan.cores[1]})
        before_kb, kernel = memory_kb(recorder.process.pid)[0], way.kernel_drops()
        watch, rows = Watch(recorder, plan.cores[0]), Rows(library)
        sent, generator = generate(way, voices, plan, n, plan.cores[1])
        await_rows(rows, sent, 0 if plan.first_config else plan.drain_s)
        watch.over.set()
        rows.over.set()
        peak_kb = memory_kb(recorder.process.pid)[1]
        watch.join()
        _, dropped = recorder.end(seconds=STOP_S)
        begin, end = steady(sent, plan, n)
        return sent, {"generator": generator, "dropped": dropped, "kernel": way.kernel_drops() - kernel, "peak_kb": peak_kb,
                      **cost(watch, sent, plan, before_kb, n), **backlog(watch, begin, end), "latency": None if plan.first_config else latency(sent, rows),
                      "steady_latency": None if plan.first_config else latency(sent, rows, begin, end),
                      "status": of_status(watch, *plan.watched), "said": recorder.said()[-2000:]}


def run_step(way, program, voices, plan, n):
    """n calls at once; returns what was measured."""
    with earshot.Library(program, plan.first_config or plan.config) as library:
        sent, measured = run_load(way, library, voices, plan, n)
        if plan.first_config:
            measured["encoded_later_s"] = finish_later(way, library, plan.config, sent, LATER_S)
        step = {"way": way.name, "concurrent": n, **judge(library, sent, voices), **measured}
    step["not_measured"], step["failures"] = not_measured(step), failures(step)
    step["sustained"] = is_sustained(step, plan.seconds - SETTLE_S)
    return step
