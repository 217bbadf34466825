#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while listening is accounted for: packets that the kernel dropped, packets seen twice, silence on the line,
an interface that goes away, a clock that is set, many calls that end at once.

usage: test-drops.py EARSHOT SET-CLOCK. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import os, re, signal, socket, sqlite3, struct, subprocess, sys, tempfile, time
import numpy as np

import calls, earshot, live, phones

program, set_clock = sys.argv[1:3]
SMALL = "[record]\nring=4M\nring_timeout=1s\nlinger=0\n"
STOPPED_S = 1.8


def packets_of(number, seconds):
    """One call in frames; both sides hum, 50 packets a second each."""
    voice = (8000 * np.sin(np.arange(int(8000 * seconds)) / 5)).astype(np.int16)
    call = calls.Call(number, 0.0, f"010{number}", f"200{number}", voice, voice)
    return call, sorted(calls.packets(call, np.random), key=lambda item: item[0])


class Wire:
    """Sends frames out of an interface at their times, and counts them."""

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))
        self.sent = 0

    def send(self, frame, times=1):
        for _ in range(times):
            self.socket.send(frame)
            self.sent += 1

    def play(self, frames, double=()):
        began = time.monotonic()
        for at, frame in frames:
            time.sleep(max(0, began + at - time.monotonic()))
            self.send(frame, 2 if at in double else 1)


def reasons(row):
    """Milliseconds of gaps by leg and reason."""
    found = {}
    for gap in row["gaps"]:
        found[gap["leg"], gap["reason"]] = found.get((gap["leg"], gap["reason"]), 0) + gap["length_ms"]
    return found


def check_drops():
    """The recorder is stopped for a second in the middle of one call; another has ended and a third begins afterwards."""
    with earshot.Library(program, SMALL.replace("linger=0", "linger=30s")) as library:
        recorder, wire = live.Recorder(library, "v0"), Wire("v1")
        before, frames = packets_of(1, 0.4)
        wire.play(frames)
        during, frames = packets_of(2, 4.0)
        between = lambda start, end: [(at - start, f) for at, f in frames if start <= at < end]
        wire.play(between(0, 1))
        recorder.send(signal.SIGSTOP)  # nothing is read for a while, as on a machine that is too slow
        wire.play(between(1, 1 + STOPPED_S))
        recorder.send(signal.SIGCONT)
        wire.play(between(1 + STOPPED_S, 9))
        time.sleep(0.5)
        wire.play(packets_of(3, 0.4)[1])
        time.sleep(0.7)
        read, dropped = recorder.end(signal.SIGINT)
        print(f"sent {wire.sent}, read {read}, dropped {dropped}")
        assert dropped > 30 and read + dropped == wire.sent, "the kernel's counter and what was sent disagree"
        rows = {row["callee"]: library.show(row["id"]) for row in library.rows("search")}
        assert [rows[f"200{n}"]["dropped_packets"] for n in (1, 2, 3)] == [0, dropped, 0], rows
        check_dropped_call(rows["2002"], dropped, during)
        text = library.run("show", rows["2002"]["id"]).stdout
        assert f"{dropped} packets dropped by this machine" in text, text


def check_dropped_call(row, dropped, call):
    events = [e["detail"] for e in row["events"] if e["kind"] == "dropped"]
    assert events == [str(dropped)], row["events"]
    streams = [leg["streams"][0] for leg in row["legs"]]
    assert sum(s["lost"] for s in streams) == dropped, (streams, dropped)
    assert [s["expected"] for s in streams] == call.sent, (streams, call.sent)
    gaps = reasons(row)
    print(f"gaps: {gaps}")
    assert {reason for _, reason in gaps} == {"dropped"}, gaps
    for leg, stream in enumerate(streams):
        assert abs(gaps[leg, "dropped"] - 20 * stream["lost"]) <= 40, (gaps, stream)


def check_copies():
    """Both ends of a wire belong to this machine: "any" shows what goes out of the one and into the other."""
    with earshot.Library(program) as library, earshot.Library(program) as other:
        both, one, wire = live.Recorder(library, "any"), live.Recorder(other, "v0", "--filter", "udp"), Wire("v1")
        call, frames = packets_of(4, 1.0)
        media = [at for at, f in frames if b"SIP" not in f]
        double = set(media[10:40:10])
        doubled = sum(at in double for at in media)  # both sides send at the same moments
        wire.play(frames, double=double)
        time.sleep(0.5)
        assert both.end() == (wire.sent, 0) and one.end() == (wire.sent, 0), wire.sent
        for each in (library, other):
            row = each.show(each.rows("search")[0]["id"])
            streams = [leg["streams"][0] for leg in row["legs"]]
            assert [s["received"] for s in streams] == call.sent and not any(s["lost"] for s in streams), streams
            assert sum(s["duplicate"] for s in streams) == doubled, "duplicates of the wire count, those of the capture do not"


def check_silence():
    """Timers run where no packet comes: a call that nobody answers becomes a row, and what was spoken before is committed."""
    with earshot.Library(program, SMALL) as library:
        recorder, wire = live.Recorder(library, "v0"), Wire("v1")
        wire.send(packets_of(5, 0.4)[1][0][1])
        recorder.until(lambda: library.rows("search", status=None), "no row came of silence", 6)
        row = library.rows("search")[0]
        assert (row["disposition"], row["ended_by"]) == ("missed", "timeout"), row
        recorder.end()


def check_gone():
    """The interface goes away in the middle of a call."""
    with earshot.Library(program) as library:
        recorder, wire = live.Recorder(library, "v0"), Wire("v1")
        wire.play([(at, f) for at, f in packets_of(6, 3.0)[1] if at < 1.5])
        subprocess.run(["ip", "link", "delete", "v0"], check=True)
        recorder.end(None, 1)
        assert "v0: listening broke off" in recorder.said(), recorder.said()
        row = library.rows("search")[0]
        assert (row["outcome"], row["outcome_reason"]) == ("partial", "the interface went away"), row
        assert abs(row["audio_ms"] - 1400) < 200, row["audio_ms"]


def check_clock():
    """The clock is set forward, then back, each time in the middle of a call that goes on."""
    with earshot.Library(program, SMALL) as library, tempfile.NamedTemporaryFile(buffering=0) as clock:
        set_by = lambda seconds: os.pwrite(clock.fileno(), struct.pack("q", int(seconds * 1e6)), 0)
        set_by(0)
        os.chmod(clock.name, 0o644)
        recorder, wire = live.Recorder(library, "v0", environment={
            "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0", "LD_PRELOAD": set_clock, "SET_CLOCK": clock.name}), Wire("v1")
        for n, seconds in ((1, 300), (2, 290), (3, 200)):  # forward, a little back, far back
            frames = packets_of(n, 2.0)[1]
            wire.play([(at, f) for at, f in frames if at < 1])
            set_by(seconds)
            wire.play([(at - 1, f) for at, f in frames if at >= 1])
            time.sleep(0.3)
        recorder.end()
        said = recorder.said()
        for words in ("forward by 5:00", "back by 0:10", "back by 1:30"):
            assert f"the clock was set {words}" in said, said
        rows = {row["callee"]: library.show(row["id"]) for row in library.rows("search")}
        assert sorted(rows) == ["2001", "2002", "2003"], rows.keys()
        for row in rows.values():
            assert (row["outcome"], row["ended_by"], row["missing_ms"]) == ("recorded", "caller", 0), row
            assert abs(row["duration_ms"] - 2014) < 100 and abs(row["audio_ms"] - 2000) < 100, row
            assert [[(s["received"], s["late"]) for s in leg["streams"]] for leg in row["legs"]] == [[(100, 0)]] * 2, row["legs"]
        began = [earshot.seconds(rows[f"200{n}"]["started_at"]) - time.time() for n in (1, 2, 3)]
        assert -30 < began[0] < 0 and 270 < began[1] < 300 and 260 < began[2] < 290, f"later calls keep the new clock: {began}"


def commits(wal):
    """Transactions that lie in a write-ahead log: pages that tell how large the database is afterwards."""
    data = wal.read_bytes()
    if not data:
        return 0
    size, salt = struct.unpack_from(">I", data, 8)[0], data[16:24]
    heads = (data[at:at + 24] for at in range(32, len(data) - 23, 24 + size))
    return sum(head[8:16] == salt and head[4:8] != bytes(4) for head in heads)


def check_together():
    """Calls that end at once are committed together, lest the ring fill up while each waits for the disk."""
    with earshot.Library(program, SMALL) as library:
        recorder, wire = live.Recorder(library, "v0"), Wire("v1")
        before = commits(library.path / "index.sqlite-wal")
        for n in range(10, 34):
            wire.send(packets_of(n, 0.4)[1][0][1])
        with sqlite3.connect(library.path / "index.sqlite") as db:  # a search would write a row of its own
            recorder.until(lambda: db.execute("SELECT count(*) FROM call").fetchone() == (24,), "rows are missing", 8)
        made = commits(library.path / "index.sqlite-wal") - before
        print(f"24 calls in {made} transactions")
        assert made <= 8, "each call was a transaction of its own"
        recorder.end()


def check_refusals():
    with earshot.Library(program) as library:
        for arguments, status, words in ((["nope"], 1, "v0, "), (["v0", "--filter", "udp prt 5"], 2, "--filter: "),
                                         (["v0", "--pcap", "x"], 2, "--pcap"), (["v0", "--again"], 2, "--again")):
            done = library.run("record", "--interface", *arguments, status=status)
            assert words in done.stderr and re.fullmatch(r"earshot: [^\n]*\n", done.stderr), done.stderr


def main():
    phones.on_a_wire()
    for check in (check_refusals, check_drops, check_copies, check_silence, check_together, check_clock, check_gone):
        print(check.__name__.replace("_", " "))
        check()


main()
