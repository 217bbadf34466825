#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls on a wire whose recorder is killed and started again: what rang is one call, what had been answered goes on in another row of its
story, whether the first row is there already or not.

usage: test-sequel.py EARSHOT. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import random, socket, sys, time
import numpy as np

import calls, earshot, live, phones, sound

program = sys.argv[1]
CONFIG = "[record]\nlinger=0\n[mapping]\nclient_header=X-Client\n[consent]\nheader=X-Consent\ngiven=yes\n"
SECONDS = 3  # of each voice


def tone(hz):
    return (8000 * np.sin(2 * np.pi * hz * np.arange(8000 * SECONDS) / 8000)).astype(np.int16)


def made(number):
    """A call from 0 on, answered at 1; its frames by what they are."""
    call = calls.Call(number, 0.0, f"010{number}", f"2{number}", tone(400), tone(1000), answer_after=1.0)
    frames = sorted(calls.packets(call, random.Random(number)), key=lambda frame: frame[0])
    speech = [each for each in frames if each[1][42] == 0x80]
    words = [each for each in frames if each[1][42] != 0x80]
    words[0] = (words[0][0], with_headers(words[0][1]))
    return call, words, speech


def with_headers(frame):
    """The INVITE alone says who the client is, and that there is consent."""
    text = frame[42:].replace(b"Max-Forwards: 70\r\n", b"X-Consent: yes\r\nX-Client: nile\r\n", 1)
    assert text != frame[42:]
    source, target = ((frame[at:at + 4], 5060) for at in (26, 30))
    return calls.frame(source, target, text)


def send(frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("v1", 0))
        began = time.monotonic() - (frames[0][0] if frames else 0)
        for at, frame in frames:
            time.sleep(max(0, began + at - time.monotonic()))
            wire.send(frame)


def killed(library, frames):
    recorder = live.Recorder(library, "v0")
    send(frames)
    time.sleep(0.4)
    recorder.process.kill()
    recorder.process.wait()


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
        a, b = ((ip, 5060) for ip, _ in call.addresses)
        again = [calls.frame(a, b, calls.sip(call, "INVITE sip:x SIP/2.0", "2 INVITE", True, calls.sdp(call.addresses[0]))),
                 calls.frame(b, a, calls.sip(call, "SIP/2.0 200 OK", "2 INVITE", True, calls.sdp(call.addresses[1]), 1))]
        send([(cut, frame) for frame in again] + sorted([each for each in words[4:] + speech if each[0] >= cut], key=lambda each: each[0]))
        rows = ended(library, recorder)
        assert len(rows) == 2, [(row["outcome"], row["outcome_reason"]) for row in rows]
        first, second = rows
        assert (first["outcome_reason"], second["outcome_reason"]) == ("interrupted", "the start of the call was not seen"), rows
        assert first["group_id"] and first["group_id"] == second["group_id"], rows
        assert "follow-up" in [event["kind"] for event in second["events"]] and second["client"] == "nile" and second["consent_state"] == "given", second
        for row in rows:
            assert row["audio_ms"] > 1200 and pitches(library, row, 0.5) == [True, True], row


def check_killed_twice(unused):
    """Whoever goes on with what rang is killed too, before and after the first was recovered: still one row, with the audio."""
    with earshot.Library(program, CONFIG) as library:
        call, words, speech = made(3)
        killed(library, words[:2])
        killed(library, [each for each in sorted(words[2:4] + speech, key=lambda each: each[0])])
        rows = ended(library, start(library, False))
        assert len(rows) == 1 and rows[0]["outcome_reason"] == "interrupted" and rows[0]["disposition"] == "answered", rows
        assert rows[0]["audio_ms"] > 1000 * (SECONDS - 0.5) and rows[0]["client"] == "nile", rows[0]


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
    for check in (check_ringing, check_answered, check_killed_twice, check_stopped):
        for recovered in (False, True) if check in (check_ringing, check_answered) else (None,):
            check(recovered)
            print("ok", check.__name__.replace("_", " "), recovered, flush=True)


main()
