#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What may not be recorded is on no disk, at no moment: audio of a paused stretch, and what is said before anybody answers. The recorder is
killed in the middle of it, encoding at once or later, and every byte below the library is searched for what was sent; what may be recorded
is found there, so the search can find. Then it is recovered, and searched again.

usage: test-paused.py EARSHOT. Needs root; exit 77 (skipped) without it.
"""
import pathlib, random, sys, tempfile, time

import calls, earshot, live, phones, siprec
from journal import NOTHING, Wire, kill
from recording_server import Server

program = sys.argv[1]
HOST = ("127.0.0.30", 5060)
PIECE = 24  # bytes of a packet that no other has


def payloads(seed, count):
    chance = random.Random(seed)
    return [chance.randbytes(160) for _ in range(count)]


def on_disk(library, sent):
    """How many of these packets, in whole or in part, are anywhere below the library."""
    everything = b"\0".join(path.read_bytes() for path in library.path.rglob("*") if path.is_file())
    return sum(packet[:PIECE] in everything or packet[-PIECE:] in everything for packet in sent)


def say(call, sent):
    """On each line a packet of its own every 20 ms, whatever the line may do."""
    for first, second in zip(sent[::2], sent[1::2]):
        for line, to, packet in zip(call.lines, call.targets, (first, second)):
            line.direction = "sendonly"
            line.say(packet, to)
        time.sleep(0.02)


def check_paused(folder, encode):
    allowed, paused = payloads(1, 100), payloads(2, 120)
    with earshot.Library(program, f"[record]\nencode={encode}\n") as library:
        server = Server(library, "udp:%s:%d" % HOST)
        with siprec.Client(HOST) as client:
            call = client.session([siprec.Line("1"), siprec.Line("2")])
            call.invite()
            call.targets = call.answer
            say(call, allowed)
            call.reinvite(direction="inactive")
            say(call, paused)
            time.sleep(0.3)
            assert on_disk(library, paused) == 0, f"paused audio is on the disk while it is paused ({encode})"
            server.process.kill()
            server.process.wait()
        assert on_disk(library, allowed) == len(allowed), "the search finds nothing"
        assert on_disk(library, paused) == 0, f"paused audio is on the disk ({encode})"
        row = recover(library, folder, paused)
        received = [stream["received"] for leg in row["legs"] for stream in leg["streams"]]
        assert row["outcome"] == "partial" and row["audio_ms"] <= 1600 + 2400, row
        assert [gap["reason"] for gap in row["gaps"]] == ["paused"] * len(row["gaps"]), row["gaps"]
        assert received == [110, 110], received  # counted all the same


def ringing(sent, end):
    """A call in which these packets are heard before anybody answers; nobody does."""
    call = calls.Call(1, 0.1, "0101", "2001", *[calls.np.zeros(160 * (len(sent) // 2), "<i2")] * 2)
    frames, n = [], iter(sent)
    for at, frame in calls.packets(call, random.Random(1)):
        if frame[42] == 0x80:
            frames.append((at, frame[:54] + next(n)))
        elif at < call.start + 0.05:  # INVITE and 180
            frames.append((at, frame))
    a, b = ((ip, 5060) for ip, _ in call.addresses)
    return frames + [(call.end, calls.frame(b, a, calls.sip(call, "SIP/2.0 486 Busy Here", "1 INVITE", True, "", 1)))] * end


def check_early(folder):
    """With early_media=no what is said before the answer is nowhere."""
    early = payloads(3, 150)
    with earshot.Library(program, "[record]\nlinger=0\nearly_media=no\n") as library:
        recorder = live.Recorder(library, "v0")
        wire = Wire("v1", ringing(early, 0))
        wire.join()
        time.sleep(0.3)
        kill(recorder, wire)
        row = recover(library, folder, early)
        assert (row["outcome"], row["file"]) == ("none", None), row


def check_not_answered(folder):
    """Otherwise it is kept for the case that somebody answers: gone, from the journal as well, seconds after nobody did."""
    early = payloads(4, 150)
    with earshot.Library(program, "[record]\nlinger=0\n") as library:
        recorder = live.Recorder(library, "v0")
        wire = Wire("v1", ringing(early, 1))
        wire.until(1.5, recorder)
        assert on_disk(library, early) > 0
        wire.join()
        recorder.until(lambda: on_disk(library, early) == 0, "early media of a call that nobody took stays on the disk")
        recorder.end()


def recover(library, folder, secret):
    (folder / "nothing.pcap").write_bytes(NOTHING)
    library.run("record", folder / "nothing.pcap")
    assert on_disk(library, secret) == 0
    library.run("verify")
    (row,) = library.rows("search")
    return library.show(row["id"])


def main():
    phones.on_a_wire()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for encode in ("now", "later"):
            check_paused(folder, encode)
            print("ok paused, encode", encode, flush=True)
        for check in (check_early, check_not_answered):
            check(folder)
            print("ok", check.__name__.replace("_", " "), flush=True)


main()
