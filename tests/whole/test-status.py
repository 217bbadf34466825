#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Status of recorders that really run, in every form; each complaint provoked and gone again; the alert command.

usage: test-status.py EARSHOT CONTROL-TOOL. A recorder is one that reads a pipe, which keeps it running for as long as the pipe
is open. What it says is held against what was fed, against the socket itself and against the sqlite3 shell.
"""
import concurrent.futures, json, os, pathlib, pty, random, re, select, signal, socket, sqlite3, struct, subprocess, sys, tempfile, time
import numpy as np

import calls, earshot

PROGRAM, CONTROL_TOOL = sys.argv[1:3]
HOUR = 3600.0
calls.EPOCH = round(time.time()) - HOUR  # calls of today, as a live recorder's are


def wait_for(what, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = what()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("it never came")


class Recorder:
    """earshot record, reading a pipe that the test writes."""

    def __init__(self, library):
        self.library = library
        self.process = subprocess.Popen([PROGRAM, "--library", str(library.path), "record", "--pcap", "-"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=library.environment)
        self.pid, self.fed = self.process.pid, 0
        self.process.stdin.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        self.process.stdin.flush()
        wait_for(lambda: self.sockets())

    def sockets(self):
        return [p for p in (self.library.path / "spool").glob(f"record-{self.pid}-*.sock")]

    def write(self, packets):
        for at, data in packets:
            us = round((calls.EPOCH + at) * 1e6)
            self.process.stdin.write(struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(data), len(data)) + data)
            self.fed += 1
        self.process.stdin.flush()

    def feed(self, some, until=1e9):
        """Ten times a second it tells how it is, if a packet comes then; so the last one comes by itself."""
        packets = sorted((p for call in some for p in calls.packets(call, random.Random(1))), key=lambda p: p[0])
        self.write([p for p in packets if p[0] < until])
        nothing = calls.frame((b"\x0a\0\0\1", 9), (b"\x0a\0\0\2", 9), b"nothing")
        wait_for(lambda: self.write([(min(until, packets[-1][0]), nothing)]) or self.state()["packets"] == self.fed)

    def state(self):
        states = [s for s in self.library.rows("status")[0]["recorders"] if s["pid"] == self.pid]
        return states[0] if states else {"packets": None}

    def end(self):
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return errors.decode()

    def kill(self):
        self.process.kill()
        self.process.communicate()


def made(count, first=0, seconds=1.0, one_way=0, **more):
    voice = (8000 * np.sin(np.arange(round(8000 * seconds)) * 0.3)).astype(np.int16)
    return [calls.Call(first + n, n * 0.05, f"0100{first + n:07d}", "2001", voice, voice[:0] if n < one_way else voice, **more)
            for n in range(count)]


def check(library, *options):
    """{code: line} of status --check; the exit status must tell whether there is any."""
    done = library.run("status", "--check", *options, status=None)
    lines = done.stdout.splitlines()
    assert done.returncode == (1 if lines else 0), (done.returncode, lines, done.stderr)
    return {line.split(":")[0]: line for line in lines}


def index(library, sql, *values):
    with sqlite3.connect(library.path / "index.sqlite") as db:
        return db.execute(sql, values).fetchall()


# ---- what runs

def nobody(library):
    row, = library.rows("status")
    assert row["recorders"] == [] and row["total"] is None and row["library"]["disk_days"] is None, row
    text = library.run("status").stdout
    assert "No recorder is running" in text and "too few recordings" in text, text
    assert list(check(library)) == ["no-recorder"]
    row, = library.rows("status", "--check", status=1)
    assert row["code"] == "no-recorder" and row["pid"] is None and "earshot record" in row["message"], row


def ask(path):
    """The socket itself, without the program's help."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        return json.loads(client.makefile().readline())


def running(library):
    one = Recorder(library)
    one.feed(made(3), until=0.9)
    state = one.state()
    assert state["calls_open"] == 3 and state["answers"] and not state["stalled"] and state["source"] == "pipe", state
    assert abs(state["silent_ms"]) < 30000 and state["last_call_at"] is None and state["last_packet_at"], state
    told = ask(one.sockets()[0])
    assert all(told[k] == state[k] for k in ("pid", "packets", "sip", "rtp", "calls_open", "started_at")), (told, state)
    text = library.run("status").stdout
    assert f"Recorder {one.pid}" in text and re.search(r"calls open +3\n", text) and re.search(rf"packets +{one.fed} \(", text), text
    assert check(library) == {}
    two = Recorder(library)
    two.feed(made(2, first=100), until=0.9)
    row, = library.rows("status")
    assert [r["pid"] for r in row["recorders"]] == [one.pid, two.pid], "not in the order of their start"
    assert row["total"]["packets"] == one.fed + two.fed and row["total"]["calls_open"] == 5, row["total"]
    assert "All recorders: 2" in library.run("status").stdout
    follow(library, 2)
    one.end(), two.end()
    assert not list((library.path / "spool").glob("*.sock")), "a socket stays"
    assert library.rows("status")[0]["library"]["calls_today"] in (5, 0)  # 0 in the first hour of a day


def follow(library, recorders):
    command = [PROGRAM, "--library", str(library.path), "status", "--follow"]
    for options, look in ((["--json"], lambda line: len(json.loads(line)["recorders"]) == recorders),
                          ([], lambda line: f"recorders: {recorders}  open: 5" in line)):
        process = subprocess.Popen(command + options, stdout=subprocess.PIPE, text=True, env=library.environment)
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0 and all(map(look, lines)), lines
        process.stdout.close()
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdout=slave, env=dict(library.environment, TERM="xterm"))
    os.close(slave)
    seen = b""
    while seen.count(b"\033[H") < 3:
        assert select.select([master], [], [], 30)[0], seen
        seen += os.read(master, 65536)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0 and b"All recorders: 2" in seen and b"\033[J" in seen, seen
    os.close(master)


def stopped(library):
    one = Recorder(library)
    one.feed(made(1, first=200), until=0.5)
    one.process.send_signal(signal.SIGSTOP)
    try:
        row, = library.rows("status")
        assert row["recorders"][0]["answers"] is False and row["recorders"][0]["stalled"], row
        assert "does not answer" in library.run("status").stdout
        found = check(library)
        assert list(found) == ["recorder-stalled"] and str(one.pid) in found["recorder-stalled"], found
    finally:
        one.process.send_signal(signal.SIGCONT)
    wait_for(lambda: check(library) == {})
    found = check(library, "--no-packets", "1ms")
    assert list(found) == ["no-packets"] and "standard input" not in found["no-packets"], found
    one.kill()
    assert list(check(library)) == ["no-recorder", "interrupted"], "calls of a killed recorder are not missed"
    left = list((library.path / "spool").glob("*.sock"))
    assert len(left) == 1, left
    two = Recorder(library)
    assert two.sockets() == list((library.path / "spool").glob("*.sock")), "a dead recorder's socket stays"
    found = wait_for(lambda: check(library))
    assert list(found) == ["interrupted"], found
    two.end()


def frozen(library):
    """A recorder whose thread is stuck while its process is well."""
    tool = subprocess.Popen([CONTROL_TOOL, str(library.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert tool.stdout.readline() == "ready\n"
    found = check(library)
    assert list(found) == ["drops"] and "eth" not in found["drops"], found
    tool.stdin.write("freeze\n")
    tool.stdin.flush()
    found = wait_for(lambda: {k: v for k, v in check(library).items() if k == "recorder-stalled"})
    assert re.search(r"has not moved for 0:1\d", found["recorder-stalled"]), found
    state = library.rows("status")[0]["recorders"][0]
    assert state["stalled"] and state["answers"] and state["silent_ms"] > 10000, state
    assert "has not moved for 1" in library.run("status").stdout
    tool.communicate(timeout=30)


# ---- what the index tells

def directions(library, folder):
    one = Recorder(library)
    path = folder / "some.pcap"
    calls.write(path, made(19, first=1000, one_way=6))
    library.run("record", "--pcap", path)
    assert check(library) == {}, "nineteen calls say nothing"
    calls.write(path, made(21, first=2000, loss=0.1))
    library.run("record", "--pcap", path)
    found = check(library)
    assert list(found) == ["one-way", "losses"], found
    assert "40 answered calls 6 have media one way only (15.0 %)" in found["one-way"], found
    (expected, lost), = index(library, "SELECT sum(expected), sum(lost) FROM stream")
    assert f"40 answered calls {100 * lost / expected:.1f} % are missing" in found["losses"], (found, expected, lost)
    (library.path / "earshot.conf").write_text("[alert]\none_way=15\nlost=0\n")
    assert check(library) == {}, "limits are not heeded"
    one.end()


def told(library):
    """What a recorder tells of its own run: calls that ended, one way, fragments."""
    one = Recorder(library)
    one.feed(made(4, first=3000, one_way=1))
    whole = calls.frame((b"\x0a\0\0\1", 9), (b"\x0a\0\0\2", 9), b"part")
    one.write([(60.0, whole[:20] + b"\x20\0" + whole[22:]), (60.1, whole), (60.101, b"\2\0\0\0\0\x77" + whole[6:])])
    fed = one.fed

    def all_ended():  # late packets are waited for, on the capture's clock
        one.write([(100.0 + one.fed / 1000, whole)])
        state = one.state()  # of the tenth of a second before, perhaps
        ended = state["calls_recorded"] + state["calls_partial"] == 4 and state["last_call_at"]
        return state if ended and state["packets"] + state["copies"] >= fed else None
    state = wait_for(all_ended)
    assert (state["calls_answered"], state["calls_one_way"], state["fragments"]) == (4, 1, 1), state
    assert state["copies"] == 1, state
    assert state["last_call_at"] and state["recorded_bytes"] == index(library, "SELECT sum(file_bytes) FROM call")[0][0], state
    text = library.run("status").stdout
    assert "1 of 4 answered calls" in text and "incomplete IP fragments 1," in text and re.search(r"seen twice +1, counted once", text), text
    one.end()


def drops(library):
    one = Recorder(library)
    assert check(library) == {}
    index(library, "UPDATE call SET dropped_packets = 3 WHERE id IN (SELECT id FROM call LIMIT 2)")
    found = check(library)
    assert list(found) == ["dropped-calls"] and ": 2 (packets: 6)" in found["dropped-calls"], found
    index(library, "UPDATE call SET dropped_packets = NULL")
    one.end()


def disk(library):
    """Recordings of three days, of which the index says how large they are."""
    now, day = time.time(), 86400
    ids = [i for i, in index(library, "SELECT id FROM call WHERE file_bytes > 0 ORDER BY id")][:30]
    before = index(library, "SELECT id, file_bytes FROM call")
    index(library, "UPDATE call SET file_bytes = 0")
    for n, call in enumerate(ids):
        index(library, "UPDATE call SET file_bytes = 1000000000 WHERE id = ?", call)
    assert library.rows("status")[0]["library"]["disk_days"] is None, "an hour tells nothing of a day"
    oldest = round((now - 3 * day) * 1e6)
    with sqlite3.connect(library.path / "index.sqlite") as db:  # one of them three days ago, in a row of its own
        columns = [c[1] for c in db.execute("PRAGMA table_info(call)") if c[1] not in ("id", "uuid", "uuid_tail", "source_key")]
        names = ", ".join(columns)
        db.execute(f"INSERT INTO call (id, uuid, uuid_tail, source_key, {names}) SELECT ?, '{'0' * 36}', 'x', 'x', {names} FROM call "
                   "WHERE id = ?", (oldest, ids[0]))
    status = library.rows("status")[0]["library"]
    wanted = 31e9 / 3
    assert abs(status["bytes_per_day"] - wanted) < 0.01 * wanted, status
    assert abs(status["disk_days"] - status["disk_free_bytes"] / status["bytes_per_day"]) < 1e-6, status
    room = os.statvfs(library.path)
    assert abs(status["disk_free_bytes"] - room.f_bavail * room.f_frsize) < 2e9, status
    days = status["disk_days"]
    assert f"enough for {int(days)} days" in library.run("status").stdout
    limit = max(int(days) + 2, 1)
    (library.path / "earshot.conf").write_text(f"[alert]\none_way=0\nlost=0\ndisk_free=0\ndisk_days={limit}\n")
    assert list(check(library)) == ["no-recorder", "disk-days"]
    (library.path / "earshot.conf").write_text("[alert]\none_way=0\nlost=0\ndisk_free=100\ndisk_days=0\n")
    assert list(check(library)) == ["no-recorder", "disk-free"]
    index(library, "DELETE FROM call WHERE id = ?", oldest)
    for call, size in before:
        index(library, "UPDATE call SET file_bytes = ? WHERE id = ?", size, call)


# ---- who is told

def alert(library, folder):
    heard = folder / "heard"
    script = folder / "tell"
    script.write_text(f'#!/bin/sh\necho "$1|$EARSHOT_LIBRARY" >>{heard}\ncat >>{heard}\n')
    script.chmod(0o755)
    settings = "[alert]\none_way=0\nlost=0\nevery=1s\n"
    (library.path / "earshot.conf").write_text(settings + f"no_packets=2s\ncommand={script} '$HOME; touch {folder}/shell'\n")
    one = Recorder(library)
    wait_for(lambda: heard.exists() and "no-packets:" in heard.read_text())
    first = heard.read_text().splitlines()
    assert first[0] == f"$HOME; touch {folder}/shell|{library.path}" and len(first) == 2, first
    assert not (folder / "shell").exists(), "a shell saw the command"
    until, n = time.monotonic() + 60, 0
    while "ok: all is well again" not in heard.read_text():
        n += 1
        one.feed(made(1, first=5000 + n, seconds=0.1))
        assert time.monotonic() < until, heard.read_text()
    told = [l for l in heard.read_text().splitlines() if ":" in l and "|" not in l]
    assert [l.split(":")[0] for l in told] == ["no-packets", "ok"], told
    one.end()

    (library.path / "earshot.conf").write_text(settings + "no_packets=1s\ncommand=false\n")
    one = Recorder(library)
    time.sleep(4)
    errors = one.end()
    assert "[alert] command: ended with status 1" in errors, errors
    pid_file = folder / "pid"
    (library.path / "earshot.conf").write_text(settings + f"no_packets=1s\ncommand=sh -c 'echo $$ >{pid_file}; sleep 1000; true'\n")
    one = Recorder(library)
    wait_for(lambda: pid_file.exists() and pid_file.read_text())
    assert one.state()["answers"], "a program that hangs holds the answers up"
    began = time.monotonic()
    one.end()
    assert time.monotonic() - began < 10, "a program that hangs holds the recorder up"
    assert not pathlib.Path(f"/proc/{pid_file.read_text().strip()}").exists(), "the program outlives the recorder"
    for wrong, said in (("every=soon", "every"), ("command='open", "command"), ("one_way=101", "one_way"), ("loud=1", "loud")):
        (library.path / "earshot.conf").write_text(f"[alert]\n{wrong}\n")
        done = library.run("record", "--pcap", "/dev/null", status=1)
        assert f"earshot.conf:2: [alert] {said}" in done.stderr, done.stderr
    assert library.run("status", "--check", "--follow", status=2) and library.run("status", "--no-packets", "5m", status=2)


def run(case):
    began = time.monotonic()
    with earshot.Library(PROGRAM) as library, tempfile.TemporaryDirectory() as folder:
        if case in (drops, disk):
            calls.write(pathlib.Path(folder) / "some.pcap", made(40))
            library.run("record", "--pcap", pathlib.Path(folder) / "some.pcap")
        case(*([library, pathlib.Path(folder)] if case in (directions, alert) else [library]))
    print(f"{case.__name__}: {time.monotonic() - began:.1f} s", flush=True)


def main():
    """Most of the time is waiting for seconds to pass, each case on a library of its own."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(run, case) for case in (frozen, alert, running, stopped, nobody, directions, told, drops, disk)]:
            done.result()


main()
