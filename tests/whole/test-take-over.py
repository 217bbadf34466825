#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder takes the place of another while calls go on: each call is one row with every packet that was sent, whichever of
the two it was; and what happens when one of them dies in between.

usage: test-take-over.py EARSHOT. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import collections, json, socket, sys, threading, time
import numpy as np

import calls, earshot, live, pace, phones, sound

program = sys.argv[1]
CONFIG = "[record]\nlinger=0\nrtp_only=on\nmedia_timeout=2s\nchannels=split\n"
LONG_S, SHORT_S = 3.0, 1.2


def hum(number, seconds):
    """A voice of its own for each call."""
    return (8000 * np.sin(2 * np.pi * pitch(number) * np.arange(int(8000 * seconds)) / 8000)).astype(np.int16)


def pitch(number):
    return 300 + 25 * number


def make(number, start, seconds):
    voice = hum(number, seconds)
    call = calls.Call(number, start, f"010{number:03}", f"2{number:03}", voice, voice)
    return call, calls.packets(call, np.random)


def is_signalling(frame):
    return b"SIP/2.0" in frame


class Wire(threading.Thread):
    """Sends frames out of an interface at their times."""

    def __init__(self, interface, frames):
        super().__init__()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))
        self.frames = sorted(frames, key=lambda item: item[0])
        self.began = time.monotonic()
        self.start()

    def run(self):
        with pace.first():
            for at, frame in self.frames:
                time.sleep(max(0, self.began + at - time.monotonic()))
                self.socket.send(frame)

    def until(self, at):
        time.sleep(max(0, self.began + at - time.monotonic()))


def recorders(library):
    return {recorder["pid"]: recorder for recorder in library.rows("status")[0]["recorders"]}


def take_over(library, old, *arguments):
    """A further recorder in the place of this one; returns it when the old one knows."""
    new = live.Recorder(library, "v0", "--take-over", *arguments)
    old.until(lambda: old.process.poll() is None and recorders(library)[old.process.pid]["finishing"], "nothing was handed over")
    return new


def ended(recorder, seconds=20):
    """It ends by itself, as it should."""
    output, _ = recorder.process.communicate(timeout=seconds)
    assert recorder.process.returncode == 0, (recorder.process.returncode, output, recorder.said())
    return output


def check_call(library, row, call):
    assert (row["outcome"], row["outcome_reason"]) == ("recorded", None), row
    streams = [leg["streams"] for leg in row["legs"]]
    assert [len(each) for each in streams] == [1, 1], streams
    for (stream,), sent in zip(streams, call.sent):
        assert (stream["received"], stream["expected"], stream["lost"]) == (sent, sent, 0), (row["callee"], stream, sent)
    assert row["dropped_packets"] == 0, row
    seconds = len(call.voice_caller) / 8000
    assert -0.1 < row["audio_ms"] / 1000 - seconds < 1, (row["audio_ms"], seconds)  # the wire may be slow to say BYE
    heard = sound.decode(library.audio(row), 8000)[:, 0][800:]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    loudest = np.argmax(spectrum) * 8000 / len(heard)
    assert abs(loudest - pitch(call.number)) < 5, (row["callee"], loudest, pitch(call.number))


def rows_of(library):
    return [library.show(row["id"]) for row in library.rows("search", "--limit", "1000")]


def by_callee(rows):
    found = collections.defaultdict(list)
    for row in rows:
        found[row["callee"]].append(row)
    return found


def check_upgrade():
    """Two hand-overs in a row: calls begin all the time, and some last longer than the recorder they began with."""
    all_calls = [make(n, 0.15 * n, LONG_S if n % 3 else SHORT_S) for n in range(1, 41)]
    lonely = [make(n, at, 3.0) for n, at in ((70, 1.0), (71, 1.95), (72, 2.05), (73, 2.2), (74, 3.5))]  # nobody saw their signalling
    frames = [item for _, each in all_calls for item in each]
    frames += [item for _, each in lonely for item in each if not is_signalling(item[1])]
    with earshot.Library(program, CONFIG) as library:
        first = live.Recorder(library, "v0")
        wire = Wire("v1", frames)
        wire.until(1.7)
        second = take_over(library, first)
        state = recorders(library)
        assert state[first.process.pid]["calls_open"] > 0 and not state[second.process.pid]["finishing"], state
        text = library.run("status").stdout
        assert "finishing, calls left: " in text, text
        wire.until(4.2)
        third = take_over(library, second)
        ended(first)
        wire.join()
        ended(second)
        time.sleep(4)
        assert list(recorders(library)) == [third.process.pid]
        third.end()
        assert "one ends with its last" in first.said() and "one ends with its last" in second.said(), first.said()
        rows = rows_of(library)
        known = by_callee(row for row in rows if row["callee"])
        assert sorted(known) == [call.callee for call, _ in all_calls], sorted(known)
        assert all(len(each) == 1 for each in known.values()), "a call has several rows"
        for call, _ in all_calls:
            check_call(library, known[call.callee][0], call)
        strangers = [row for row in rows if not row["callee"]]
        assert len(strangers) == len(lonely), [(row["started_at"], row["caller_uri"]) for row in strangers]
        assert sorted(s["received"] for row in strangers for leg in row["legs"] for s in leg["streams"]) == [150] * 10, strangers
        sent = sum(sum(call.sent) for call, _ in all_calls + lonely)
        received = sum(s["received"] for row in rows for leg in row["legs"] for s in leg["streams"])
        print(f"calls {len(rows)}, packets sent {sent}, received {received}, lost {sent - received}")
        assert sent == received


def check_nobody():
    """Nothing to take over: it says so, and records."""
    with earshot.Library(program, CONFIG) as library:
        recorder = live.Recorder(library, "v0", "--take-over")
        assert "nothing to take over" in recorder.said(), recorder.said()
        call, frames = make(1, 0, 1.0)
        Wire("v1", frames).join()
        time.sleep(0.5)
        recorder.end()
        check_call(library, rows_of(library)[0], call)
        done = library.run("record", "--take-over", "x.pcap", status=2)
        assert "--take-over" in done.stderr, done.stderr


def talk_to(library, pid):
    """A hand-over by hand: what a new recorder would say."""
    (path,) = (library.path / "spool").glob(f"record-{pid}-*.sock")
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    lines = client.makefile("rw")
    assert json.loads(lines.readline())["pid"] == pid
    client.sendall(b"take-over\n")
    assert lines.readline() == "hand-over 1\n"
    return client, lines


def hang_up(client, lines):
    lines.close()
    client.close()


def ask(client, lines):
    client.sendall(b"take 1 %d\n" % int(time.time() * 1e6))
    told = []
    while not told or not told[-1].startswith("given "):
        told.append(lines.readline().rstrip("\n"))
        assert told[-1], "hung up"
    assert told[-1] == f"given {len(told) - 1}", told
    return told[:-1]


def check_new_dies():
    """The new recorder dies before it has taken anything, and later: the old one takes all calls again."""
    with earshot.Library(program, CONFIG) as library:
        old = live.Recorder(library, "v0")
        began = [make(1, 0, 8.0), make(2, 0, 2.0), make(3, 0, 3.0), make(4, 0, 4.0), make(5, 0, 1.5)]
        wires = [Wire("v1", began[0][1])]
        wires[0].until(0.5)
        for rude in (b"take 1\n", b"take 1 x\n", b"\0" * 4000, b"take 1 99999999999999999\n", b""):
            client, lines = talk_to(library, old.process.pid)
            client.sendall(rude)
            hang_up(client, lines)
        wires.append(Wire("v1", began[1][1]))
        time.sleep(0.5)
        client, lines = talk_to(library, old.process.pid)
        held = ask(client, lines)
        assert "call call-1@made.example" in held and "address 10.50.0.1:10000" in held, held
        hang_up(client, lines)  # and nothing was said to be taken
        time.sleep(0.3)
        assert not recorders(library)[old.process.pid]["finishing"]
        wires.append(Wire("v1", began[2][1]))
        time.sleep(0.2)
        new = take_over(library, old)
        wires.append(Wire("v1", began[3][1]))
        time.sleep(1.5)
        new.process.kill()
        new.process.wait()
        old.until(lambda: not recorders(library)[old.process.pid]["finishing"], "it did not go on")
        wires.append(Wire("v1", began[4][1]))
        for wire in wires:
            wire.join()
        time.sleep(1)
        old.end()
        assert "takes new calls again" in old.said(), old.said()
        known = by_callee(rows_of(library))
        for call, _ in (began[0], began[1], began[2], began[4]):
            assert len(known[call.callee]) == 1, (call.callee, {callee: len(each) for callee, each in known.items()}, old.said())
            (row,) = known[call.callee]
            check_call(library, row, call)
        reasons = sorted(row["outcome_reason"] for row in known["2004"])  # what each of them had of it
        assert reasons == ["interrupted", "the start of the call was not seen"], reasons
        (row,) = [row for row in known["2004"] if row["outcome_reason"] != "interrupted"]
        received = [leg["streams"][0]["received"] for leg in row["legs"]]
        assert all(40 < n < 150 for n in received), received


def check_old_dies():
    """The old recorder is killed after it has handed over: what it held is repaired, and what begins is with the new one."""
    with earshot.Library(program, CONFIG) as library:
        old = live.Recorder(library, "v0")
        began = [make(1, 0, 6.0), make(2, 0, 3.0), make(3, 0, 2.0)]
        wires = [Wire("v1", began[0][1])]
        time.sleep(1)
        new = take_over(library, old)
        wires.append(Wire("v1", began[1][1]))
        time.sleep(1)
        old.process.kill()
        old.process.wait()
        new.until(lambda: "ended before its calls did" in new.said(), "it did not notice")
        wires.append(Wire("v1", began[2][1]))
        for wire in wires:
            wire.join()
        time.sleep(1)
        new.until(lambda: "2001" in by_callee(rows_of(library)), "what the old one held was not recovered")  # with no further start
        new.end()
        known = by_callee(rows_of(library))
        assert sorted(callee for callee in known if callee) == ["2001", "2002", "2003"], sorted(known, key=str)
        for call, _ in began[1:]:
            check_call(library, known[call.callee][0], call)
        (row,) = known["2001"]
        assert (row["outcome"], row["outcome_reason"]) == ("partial", "interrupted"), row


def check_elsewhere():
    """A recorder that listens at more than the new one would is left alone; so is one that does not listen there at all."""
    with earshot.Library(program, CONFIG) as library:
        old = live.Recorder(library, "v0", "--siprec", "udp:127.0.0.1:5099")
        done = library.run("record", "--interface", "v0", "--take-over", status=2)
        assert "udp:127.0.0.1:5099" in done.stderr, done.stderr
        other = live.Recorder(library, "v1", "--take-over")
        assert "nothing to take over" in other.said(), other.said()
        assert not recorders(library)[old.process.pid]["finishing"]
        other.end()
        old.end()


def main():
    phones.on_a_wire()
    for check in (check_upgrade, check_nobody, check_new_dies, check_old_dies, check_elsewhere):
        print(check.__name__.replace("_", " "), flush=True)
        check()


main()
