#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recording sessions with real media, so many at once: what is lost, what it costs, whether memory stays where it is. The recorder has
one core, the generator another. What the rows say is held against what the generator sent and against the kernel's own counters.

usage: bench-siprec.py EARSHOT SIPREC-LOAD [SECONDS [CALLS ...]]      (300 seconds, 300 calls)
"""
import os, pathlib, re, signal, socket, sqlite3, subprocess, sys, tempfile, threading, time
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import calls, earshot, sound

program, generator = sys.argv[1], sys.argv[2]
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 300
steps = list(map(int, sys.argv[4:])) or [300]
SERVER, CLIENT, RAMP, LISTENED = "127.0.0.30", "127.0.0.20", 50, 4
CONFIG = os.environ.get("EARSHOT_BENCH_CONFIG", "[record]\ncomplexity=5\nworkers=1\n[siprec]\nmax_sessions=5000\n")


class Watch(threading.Thread):
    """Memory, CPU and descriptors of a process, every two seconds."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.over = pid, [], threading.Event()
        self.start()

    def look(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        rss = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        self.seen.append((time.monotonic(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), rss,
                          len(os.listdir(f"/proc/{self.pid}/fd"))))

    def run(self):
        while not self.over.wait(2):
            self.look()

    def between(self, begin, end):
        return [s for s in self.seen if begin <= s[0] <= end]


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((SERVER, 0))
        return s.getsockname()[1]


def kernel_drops():
    """UDP datagrams that found no room in any socket since the machine started."""
    names, values = [l.split()[1:] for l in pathlib.Path("/proc/net/snmp").read_text().splitlines() if l.startswith("Udp:")]
    return int(values[names.index("RcvbufErrors")])


def speak(folder):
    """Two minutes of each voice as µ-law, and the samples."""
    customer, agent = calls.conversation(folder)
    voices = []
    for name, voice in (("a", customer), ("b", agent)):
        voice = np.tile(voice, 1 + 120 * 8000 // len(voice))[:120 * 8000]
        (folder / f"{name}.ulaw").write_bytes(calls.ulaw(voice).tobytes())
        voices.append(voice)
    return voices


def wait_for(port, process):
    end = time.monotonic() + 20
    while f"{int.from_bytes(socket.inet_aton(SERVER), 'little'):08X}:{port:04X}" not in pathlib.Path("/proc/net/udp").read_text():
        assert process.poll() is None and time.monotonic() < end, "the recorder does not listen"
        time.sleep(0.05)


def run(library, folder, n):
    port = free_port()
    recorder = subprocess.Popen(["taskset", "-c", "0", program, "--library", library.path, "record", "--siprec", f"udp:{SERVER}:{port}"],
                                env=library.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(port, recorder)
    watch, before, begin = Watch(recorder.pid), kernel_drops(), time.monotonic()
    load = subprocess.run(["taskset", "-c", "1", generator, CLIENT, f"{SERVER}:{port}", str(n), str(seconds), str(RAMP),
                           folder / "a.ulaw", folder / "b.ulaw"], capture_output=True, text=True, timeout=seconds + 2 * n / RAMP + 120)
    end = time.monotonic()
    status = library.run("status", status=None).stdout
    watch.over.set()
    recorder.send_signal(signal.SIGTERM)
    said, errors = recorder.communicate(timeout=120)
    assert recorder.returncode == 0, errors
    *told, last = load.stdout.splitlines()
    sent = [line.split() for line in told]
    loaded = watch.between(begin + n / RAMP + 5, end - n / RAMP - 5) or watch.seen
    return sent, last.split(), loaded, kernel_drops() - before, status, errors


def rows_of(library):
    db = sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)
    found = {}
    for row in db.execute("SELECT call.id, call_id, outcome, outcome_reason, audio_ms, missing_ms, duration_ms, file, dropped_packets FROM call"):
        streams = db.execute("SELECT ssrc, expected, received, lost, late, duplicate FROM stream WHERE call = ?", row[:1]).fetchall()
        found[row[1]] = row[2:] + (streams,)
    return found


def heard(library, row, at, voices):
    """How well a file correlates with both voices together, of which at is where each of them began."""
    mixed, reach = sound.decode(library.path / row[5]).sum(axis=1), 4000
    both = sum(np.take(v, np.arange(at[i] - reach, at[i] + len(mixed) + reach), mode="wrap").astype(float) for i, v in enumerate(voices))
    return sound.best_offset(mixed, both, reach)[1]


def judge(library, sent, voices):
    rows, complete, lost, late, short, unknown = rows_of(library), 0, 0, 0, 0, 0
    for line in sent:
        row = rows.get(f"load-{line[0]}")
        if not row or line[5] != "200":
            unknown += 1
            continue
        outcome, reason, audio_ms, missing_ms, duration_ms, file, dropped, streams = row
        want = {int(line[8], 16) + i: int(line[6 + i]) for i in range(2)}
        got = {ssrc & 0xFFFFFFFF: received for ssrc, _, received, *_ in streams}
        lost += sum(want[s] - got.get(s, 0) for s in want)
        late += sum(s[4] for s in streams)
        short += missing_ms or 0
        whole = outcome == "recorded" and got == want and not missing_ms and abs(audio_ms - 20 * max(want.values())) <= 120
        complete += whole
    checked = [heard(library, rows[f"load-{l[0]}"], [(int(l[0]) - 1) * 4001 * 160 % len(v) for v in voices], voices)
               for l in sent[::max(1, len(sent) // LISTENED)] if rows.get(f"load-{l[0]}") and rows[f"load-{l[0]}"][5]]
    return complete, unknown, lost, late, short, checked


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    voices = speak(folder)
    print(f"recording sessions of {seconds:.0f} s with two G.711 streams each, recorder and generator on a core each")
    print(f"{'calls':>6} {'complete':>9} {'refused':>8} {'sent':>9} {'lost':>7} {'late':>6} {'missing ms':>10} {'kernel':>7} {'ms CPU/call-s':>13} "
          f"{'core %':>6} {'MB early':>8} {'MB late':>8} {'fds':>6} {'correlation':>12}")
    for n in steps:
        with earshot.Library(program, CONFIG) as library:
            sent, (untaken, delay, _), seen, kernel, status, errors = run(library, folder, n)
            complete, unknown, lost, late, missing, checked = judge(library, sent, voices)
            packets = sum(int(l[6]) + int(l[7]) for l in sent)
            cpu = (seen[-1][1] - seen[0][1]) / max(seen[-1][0] - seen[0][0], 1)
            print(f"{n:>6} {complete:>9} {unknown:>8} {packets:>9} {lost:>7} {late:>6} {missing:>10} {kernel:>7} {1000 * cpu / n:>13.2f} {100 * cpu:>6.0f} "
                  f"{seen[len(seen) // 8][2] / 1024:>8.0f} {seen[-1][2] / 1024:>8.0f} {seen[-1][3]:>6} {min(checked, default=0):>12.3f}", flush=True)
            if lost or kernel or errors or unknown:
                print(f"  generator: {untaken} not taken, worst delay {delay} ms\n  log: {errors.strip()[:2000]}\n  status: {status.strip()[:2000]}")
