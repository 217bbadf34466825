#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls on a wire whose recorder is killed and started again: what rang is one call, what had been answered goes on in another row of its
story, whether the first row is there already or not, whoever speaks first, and however late it is known.

usage: test-sequel.py EARSHOT. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import contextlib, os, random, shutil, socket, sqlite3, sys, tempfile, time
import numpy as np

import calls, earshot, live, phones, sound

program = sys.argv[1]
CONFIG = "[record]\nlinger=0\n[mapping]\nclient_header=X-Client\n[consent]\nheader=X-Consent\ngiven=yes\nrefused=no\n"
SECONDS = 3  # of each voice


def tone(hz):
    return (8000 * np.sin(2 * np.pi * hz * np.arange(8000 * SECONDS) / 8000)).astype(np.int16)


def made(number, consent="yes", more=""):
    """A call from 0 on, answered at 1; its frames by what they are."""
    call = calls.Call(number, 0.0, f"010{number}", f"2{number}", tone(400), tone(1000), answer_after=1.0)
    frames = sorted(calls.packets(call, random.Random(number)), key=lambda frame: frame[0])
    speech = [each for each in frames if each[1][42] == 0x80]
    words = [each for each in frames if each[1][42] != 0x80]
    words[0] = (words[0][0], with_headers(words[0][1], f"X-Consent: {consent}\r\nX-Client: nile\r\n{more}".encode()))
    return call, words, speech


def with_headers(frame, headers):
    """The INVITE alone says who the client is, and whether there is consent."""
    text = frame[42:].replace(b"Max-Forwards: 70\r\n", headers, 1)
    assert text != frame[42:]
    source, target = ((frame[at:at + 4], 5060) for at in (26, 30))
    return calls.frame(source, target, text)


def in_order(frames):
    return sorted(frames, key=lambda frame: frame[0])


def between(frames, since, until):
    return [frame for frame in in_order(frames) if since <= frame[0] < until]


def again(call, at, by_callee=False):
    """A re-INVITE and its 2xx, of either side."""
    ways = [(ip, 5060) for ip, _ in call.addresses][::-1 if by_callee else 1]
    asker = 1 if by_callee else 0
    texts = [calls.sip(call, "INVITE sip:x SIP/2.0", "2 INVITE", True, calls.sdp(call.addresses[asker]), asker),
             calls.sip(call, "SIP/2.0 200 OK", "2 INVITE", True, calls.sdp(call.addresses[1 - asker]), 1 - asker)]
    if by_callee:
        texts = [text.replace(b"\r\nFrom: ", b"\r\nX: ").replace(b"\r\nTo: ", b"\r\nFrom: ").replace(b"\r\nX: ", b"\r\nTo: ") for text in texts]
    return [(at, calls.frame(*ways, texts[0])), (at, calls.frame(*ways[::-1], texts[1]))]


def send(frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("v1", 0))
        began = time.monotonic() - (frames[0][0] if frames else 0)
        for at, frame in frames:
            time.sleep(max(0, began + at - time.monotonic()))
            wire.send(frame)


def kill(recorder):
    recorder.process.kill()
    recorder.process.wait()


def killed(library, frames, recorder=None):
    recorder = recorder or live.Recorder(library, "v0")
    send(frames)
    time.sleep(0.4)
    kill(recorder)


def journals(library):
    return set((library.path / "spool/journal").glob("[0-9]*"))


def started_with(library, fits):
    """A recorder whose run has such a number, and the folder of its journal."""
    while True:
        before = journals(library)
        recorder = live.Recorder(library, "v0")
        recorder.until(lambda: journals(library) - before, "it has no journal")
        folder = (journals(library) - before).pop()
        if fits(int(folder.name)):
            return recorder, folder
        kill(recorder)


def start(library, recovered):
    recorder = live.Recorder(library, "v0")
    if recovered:
        recorder.until(lambda: "recovered        1 of an earlier run, 0 still" in library.run("status").stdout, "it does not recover")
    return recorder


def ended(library, recorder):
    """The rows, once the call has one that is not of the killed run."""
    time.sleep(1.5)
    recorder.end()
    library.run("verify")
    return sorted((library.show(row["id"]) for row in library.rows("search", "--limit", "1000")), key=lambda row: row["started_at"])


def pitches(library, row, at_s):
    piece = sound.decode(library.path / row["file"])[int(8000 * at_s):int(8000 * (at_s + 0.5)), 0]
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    hz = np.fft.rfftfreq(len(piece), 1 / 8000)
    return [bool(spectrum[np.abs(hz - pitch) < 20].max() > 0.3 * spectrum.max()) for pitch in (400, 1000)]


def check_ringing(recovered):
    """The INVITE came to the first, the 2xx to the second."""
    with earshot.Library(program, CONFIG) as library:
        call, words, speech = made(1)
        killed(library, words[:2])
        recorder = start(library, recovered)
        send([(at, frame) for at, frame in sorted(words[2:] + speech, key=lambda each: each[0])])
        rows = ended(library, recorder)
        assert len(rows) == 1, [(row["outcome"], row["outcome_reason"]) for row in rows]
        row = rows[0]
        assert (row["disposition"], row["outcome"], row["outcome_reason"]) == ("answered", "partial", "the start of the call was not seen"), row
        assert row["started_at"] < row["answered_at"] and row["client"] == "nile" and row["consent_state"] == "given", row
        assert abs(row["audio_ms"] - 1000 * SECONDS) < 100 and pitches(library, row, 1.5) == [True, True], row


def check_answered(recovered):
    """The second hears of it by a re-INVITE."""
    with earshot.Library(program, CONFIG) as library:
        call, words, speech = made(2)
        cut = call.media_start + 1.5
        killed(library, [each for each in sorted(words[:4] + speech, key=lambda each: each[0]) if each[0] < cut])
        recorder = start(library, recovered)
        send(again(call, cut) + between(words[4:] + speech, cut, 100))
        rows = ended(library, recorder)
        assert len(rows) == 2, [(row["outcome"], row["outcome_reason"]) for row in rows]
        first, second = rows
        assert (first["outcome_reason"], second["outcome_reason"]) == ("interrupted", "the start of the call was not seen"), rows
        assert first["group_id"] and first["group_id"] == second["group_id"], rows
        assert "follow-up" in [event["kind"] for event in second["events"]] and second["client"] == "nile" and second["consent_state"] == "given", second
        for row in rows:
            assert row["audio_ms"] > 1200 and pitches(library, row, 0.5) == [True, True], row


def check_callee(recovered):
    """A re-INVITE of whoever was called is what the second hears first, one of the caller the third: who refused has refused."""
    with earshot.Library(program, CONFIG) as library:
        call, words, speech = made(4, consent="no")
        cuts = call.media_start + 1.0, call.media_start + 2.0
        killed(library, between(words[:4] + speech, 0, cuts[0]))
        killed(library, again(call, cuts[0], by_callee=True) + between(speech, *cuts), start(library, recovered))
        recorder = start(library, recovered)
        send(again(call, cuts[1]) + between(words[4:] + speech, cuts[1], 100))
        rows = ended(library, recorder)
        assert len(rows) == 3 and len({row["group_id"] for row in rows}) == 1 and rows[0]["group_id"], [(row["started_at"], row["group_id"]) for row in rows]
        assert [row["caller"] for row in rows] == ["0104", "24", "0104"] and [row["callee"] for row in rows] == ["24", "0104", "24"], rows
        for row in rows:
            assert row["client"] == "nile" and row["consent_state"] == "refused", row
            assert ("follow-up" in [event["kind"] for event in row["events"]]) == (row is not rows[0]), row["events"]
            assert row["audio_ms"] > 700 and pitches(library, row, 0.1) == [True, True], row


def check_killed_twice(recovered):
    """Whoever goes on with what rang is killed too, before or after the journal of the first was done with: what had been heard by then
    stays, whichever run has the higher number, and the third goes on in a row of its own."""
    with earshot.Library(program, CONFIG) as library, tempfile.TemporaryDirectory() as aside:
        call, words, speech = made(3)
        cut = call.media_start + 1.5
        recorder, first = started_with(library, lambda number: number > 1 << 31)
        killed(library, words[:2], recorder)
        shutil.copytree(first, f"{aside}/{first.name}")
        recorder, second = started_with(library, lambda number: number < int(first.name))
        killed(library, between(words[2:4] + speech, 0, cut), recorder)
        if not recovered and not first.exists():
            shutil.copytree(f"{aside}/{first.name}", first)
        recorder = live.Recorder(library, "v0")
        send(again(call, cut) + between(words[4:] + speech, cut, 100))
        rows = ended(library, recorder)
        assert [(row["outcome_reason"], row["disposition"]) for row in rows] == [("interrupted", "answered"), ("the start of the call was not seen", "answered")], rows
        assert rows[0]["group_id"] and rows[0]["group_id"] == rows[1]["group_id"], rows
        for row in rows:
            assert row["audio_ms"] > 1200 and row["client"] == "nile" and pitches(library, row, row["audio_ms"] / 1000 - 0.6) == [True, True], row


def check_late(by_callee):
    """A journal that takes long to read: what went on meanwhile is given what it goes on from."""
    with earshot.Library(program, CONFIG) as library:
        call, words, speech = made(5, consent="no")
        cut = call.media_start + 1.0
        killed(library, between(words[:4] + speech, 0, cut))
        slow = library.path / "spool/journal/1"
        slow.mkdir()
        os.mkfifo(slow / "0000000001.journal")
        os.utime(slow / "0000000001.journal", (1, 1))
        recorder = live.Recorder(library, "v0")
        time.sleep(1)
        send(again(call, cut, by_callee) + between(speech, cut, 100))
        with open(slow / "0000000001.journal", "wb"):
            time.sleep(1.5)
        send(words[4:])
        first, second = ended(library, recorder)
        assert first["outcome_reason"] == "interrupted" and first["group_id"] and first["group_id"] == second["group_id"], (first, second)
        assert second["client"] == "nile" and second["consent_state"] == "refused", second
        assert second["caller"] == ("25" if by_callee else "0105") and [event["kind"] for event in second["events"]][:2] == ["joined", "follow-up"], second
        assert second["audio_ms"] > 1200 and pitches(library, second, 0.5) == [True, True], second


def check_behind_another(unused):
    """Another journal cannot be made rows of yet, since the index is locked: what rang is known all the same, and one call."""
    with earshot.Library(program, CONFIG) as library:
        other = made(6)[1]
        call, words, speech = made(7)
        recorder, first = started_with(library, lambda number: number < 1 << 31)
        killed(library, other[:2], recorder)
        with contextlib.closing(sqlite3.connect(library.path / "index.sqlite", isolation_level=None)) as index:
            index.execute("BEGIN IMMEDIATE")
            recorder, second = started_with(library, lambda number: number > int(first.name))
            killed(library, words[:2], recorder)
            recorder = live.Recorder(library, "v0")
            time.sleep(1)
            send(in_order(words[2:] + speech)[:60])
            index.execute("ROLLBACK")
        send(in_order(words[2:] + speech)[60:])
        rows = [row for row in ended(library, recorder) if row["caller"] == "0107"]
        assert [row["disposition"] for row in rows] == ["answered"] and rows[0]["client"] == "nile", rows


def check_story(recovered):
    """What rang and goes on stays in the story that it was in."""
    with earshot.Library(program, CONFIG) as library:
        link = "Session-ID: " + "a" * 32 + ";remote=" + "b" * 32 + "\r\n"
        other = made(8, more=link)[1]
        call, words, speech = made(9, more=link)
        recorder = live.Recorder(library, "v0")
        send(other[:2] + words[:2])
        time.sleep(1.5)  # until the journal has the story of both
        kill(recorder)
        recorder = live.Recorder(library, "v0")
        if recovered:
            recorder.until(lambda: "recovered        2 of an earlier run, 0 still" in library.run("status").stdout, "it does not recover")
        send(in_order(words[2:] + speech))
        rows = ended(library, recorder)
        assert sorted((row["caller"], row["disposition"]) for row in rows) == [("0108", "missed"), ("0109", "answered")], rows
        assert rows[0]["group_id"] and rows[0]["group_id"] == rows[1]["group_id"], rows


def check_stopped(unused):
    """Stopped while it rings and started again within the two seconds in which copies of a message are known: what comes is recorded."""
    with earshot.Library(program, CONFIG) as library:
        call, words, speech = made(4)
        recorder = live.Recorder(library, "v0")
        send(words[:2])
        time.sleep(0.3)
        recorder.end()
        recorder = live.Recorder(library, "v0")
        send([(at, frame) for at, frame in sorted(words[2:] + speech, key=lambda each: each[0])])
        first, second = ended(library, recorder)
        assert (first["outcome"], second["disposition"], second["outcome"]) == ("none", "answered", "partial"), (first, second)
        assert pitches(library, second, 1.5) == [True, True], second


def main():
    phones.on_a_wire()
    for check in (check_ringing, check_answered, check_callee, check_killed_twice, check_late, check_story, check_behind_another, check_stopped):
        for way in (False, True) if check not in (check_behind_another, check_stopped) else (None,):
            check(way)
            print("ok", check.__name__.replace("_", " "), way, flush=True)


main()
