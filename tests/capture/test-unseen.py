#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls of which a message is missing from the capture: what proves that they were answered, what does not, and what becomes of each
(the table in docs/configuration.md). That a message is missing is what tshark says."""
import pathlib, subprocess, sys
import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "whole"))
import sound
from cases import kinds, near, one, received, run, same, us
from scenes import Scene, Talk

ANNOUNCED = "[consent]\ncallee=200\nnotice=told\n"
UNSEEN = "answer-unseen"


def answers(made):
    """Of the 2xx to an INVITE, how many tshark finds in the scene."""
    out = subprocess.run(["tshark", "-r", made.path.parent / "scene.pcap", "-Y", 'sip.Status-Code == 200 && sip.CSeq.method == "INVITE"'],
                         capture_output=True, text=True, check=True).stdout
    return len(out.splitlines())


def proofs(row):
    return [(e["detail"], e["at_ms"]) for e in row["events"] if e["kind"] == UNSEEN]


def pitches(made, row, at_s):
    """Who is heard in half a second of the file: 400 the caller, 1000 the callee."""
    piece = sound.decode(made.path / row["file"])[int(at_s * 8000):int((at_s + 0.5) * 8000), 0].astype(float)
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    hz = np.fft.rfftfreq(len(piece), 1 / 8000)
    level = {pitch: spectrum[np.abs(hz - pitch) < 20].max() for pitch in (400, 1000)}
    return {pitch for pitch, value in level.items() if value > 0.2 * max(level.values())}


def unanswered(made, row, **wanted):
    same(row, outcome="none", answered_us=None, duration_ms=None, file=None, **wanted)
    assert UNSEEN not in kinds(row), row["events"]
    assert not list(made.path.rglob("*.opus")) and not list(made.path.rglob("*.part"))


def ringing(scene, early=False, sdp=True, **more):
    """Rings from 1 to 2; early: the callee describes itself before the answer."""
    talk = Talk(scene, **more)
    talk.invite(1)
    talk.response(1.2, 183 if early else 180, body=talk.sdp(1) if early and sdp else "")
    return talk


# ---- neither the 2xx nor its ACK

def voices_prove(library):
    """Both voices without any description of the callee: answered since both are heard, from the first packet on."""
    scene = Scene()
    talk = ringing(scene)
    talk.voice(2.02, 6, 1)
    talk.voice(2.1, 6, 0)
    talk.bye(6, 1)
    row = one(library, scene, config=ANNOUNCED)
    assert answers(library) == 0
    same(row, disposition="answered", outcome="recorded", answered_us=us(2.1), duration_ms=3900, ended_by="callee", sip_status=0, greeting_ms=None,
         consent_state="given")
    assert proofs(row) == [("RTP", 1100)], row["events"]
    assert received(row, 0) == [195] and received(row, 1) == [199]
    assert pitches(library, row, 0.5) == pitches(library, row, 3) == {400, 1000}


def other_end_learnt(library):
    """The callee hears elsewhere than anything says; the payload type is one that the offer alone explains."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=talk.sdp(0, formats=(96,), attributes=("rtpmap:96 PCMU/8000",)))
    talk.response(1.2, 180)
    talk.voice(2, 6, 1, payload_type=96, source=("198.51.100.7", 31000))
    talk.voice(2, 6, 0, payload_type=96, target=("198.51.100.7", 31000))
    talk.bye(6)
    row = one(library, scene)
    same(row, disposition="answered", outcome="recorded", answered_us=us(2), codec="PCMU")
    assert received(row, 0) == received(row, 1) == [200]
    assert pitches(library, row, 2) == {400, 1000}


def no_early_media(library):
    """What is not recorded before an answer is not kept either before the answer is proved; afterwards all is."""
    scene = Scene()
    talk = ringing(scene)
    talk.both(2, 10)
    talk.bye(10)
    row = one(library, scene, config="[record]\nearly_media=no\n")
    same(row, disposition="answered", outcome="recorded", answered_us=us(2))
    assert 1000 <= row["audio_offset_ms"] - 1000 <= 2100 and row["audio_ms"] + row["audio_offset_ms"] - 1000 <= 8020, row
    assert received(row, 0) == received(row, 1) == [400]
    assert pitches(library, row, 5) == {400, 1000}


def one_voice(library):
    """Ringing tone that nobody announced, towards the address of the offer: no answer."""
    scene = Scene()
    talk = ringing(scene)
    talk.voice(1.3, 8, 1)
    talk.response(8, 486)
    unanswered(library, one(library, scene, config=ANNOUNCED), disposition="busy", consent_state="unknown")


def taken_back(library):
    """Both voices, and then the caller cancels: the 183 was missing, not the answer."""
    for ends in ("cancel", "refusal"):
        library.path = library.path.parent / ends
        scene = Scene()
        talk = ringing(scene)
        talk.both(1.3, 6)
        if ends == "cancel":
            talk.request(6, "CANCEL", answered=False)
        talk.response(6.1, 487)
        row = one(library, scene, config=ANNOUNCED)
        unanswered(library, row, disposition="abandoned" if ends == "cancel" else "missed", consent_state="unknown")
        assert received(row, 0) == received(row, 1) == [235], "the ledger stays"


def answer_after_all(library):
    """The 183 was missing; the 2xx, which is there, says when."""
    scene = Scene()
    talk = ringing(scene)
    talk.both(1.3, 9)
    talk.answer(6)
    talk.bye(9)
    row = one(library, scene, config=ANNOUNCED)
    same(row, disposition="answered", outcome="recorded", answered_us=us(6), duration_ms=3000, sip_status=200, consent_state="given")
    assert UNSEEN not in kinds(row) and "reinvite" not in kinds(row)
    near(row["audio_offset_ms"], 300, 30)


# ---- after early media

def early_media_both_ways(library):
    """A gateway's ringing tone, to which the caller sends silence: no answer, however the call ends."""
    for status, disposition in ((486, "busy"), (480, "missed"), (None, "missed")):
        library.path = library.path.parent / str(status)
        scene = Scene()
        talk = ringing(scene, early=True)
        talk.both(1.3, 12)
        if status:
            talk.response(12, status)
        row = one(library, scene, config=ANNOUNCED)
        unanswered(library, row, disposition=disposition, consent_state="unknown")
        assert received(row, 0) == received(row, 1) == [535]


def early_media_then_bye(library):
    """Only a call that was answered is hung up by the callee; since when is an estimate, not before it rang."""
    for side in (0, 1):
        library.path = library.path.parent / str(side)
        scene = Scene()
        talk = ringing(scene, early=True)
        talk.both(1.3, 4)
        talk.response(4, 183, body=talk.sdp(1))
        talk.both(4, 12)
        talk.bye(12, side)
        row = one(library, scene, config=ANNOUNCED)
        assert answers(library) == 0
        same(row, disposition="answered", outcome="recorded", answered_us=us(4), duration_ms=8000, ended_by=["caller", "callee"][side], consent_state="given")
        assert proofs(row) == [("BYE", 3000)], row["events"]
        assert pitches(library, row, 5) == {400, 1000}


def early_dialog_left(library):
    """A caller may leave an early dialog by BYE: the refusal of the INVITE that follows says so."""
    scene = Scene()
    talk = ringing(scene, early=True)
    talk.both(1.3, 6)
    talk.bye(6)
    talk.cseq[0] = 1
    talk.response(6.02, 487)
    unanswered(library, one(library, scene, config=ANNOUNCED), disposition="abandoned", ended_by="caller", consent_state="unknown")


def ringing_left(library):
    """The same without any voice of the caller, and without the refusal: given up."""
    scene = Scene()
    talk = ringing(scene, early=True)
    talk.voice(1.3, 6, 1)
    talk.bye(6)
    unanswered(library, one(library, scene), disposition="abandoned")


def rings_no_longer(library):
    """Both voices for longer than any INVITE may ring."""
    scene = Scene()
    talk = ringing(scene, early=True)
    for at in range(2, 260):
        talk.both(at, at + 0.04)
        talk.stamp = [stamp + 8000 - 320 for stamp in talk.stamp]
    row = one(library, scene)
    same(row, disposition="answered", answered_us=us(2), ended_by="capture-end")
    assert proofs(row) == [("RTP", 1000)]


def update_before_the_answer(library):
    """Preconditions: the callee describes itself, the caller updates, ringing tone: no answer. Without a description it is one."""
    for described in (True, False):
        library.path = library.path.parent / str(described)
        scene = Scene()
        talk = ringing(scene, early=True, sdp=described)
        talk.cseq[0] = 2
        talk.request(1.4, "UPDATE", body=talk.sdp(0))
        talk.response(1.5, 200, "UPDATE", body=talk.sdp(1))
        talk.voice(2, 6, 1)
        row = one(library, scene)
        if described:
            unanswered(library, row, disposition="missed")
        else:
            same(row, disposition="answered", answered_us=us(1.4))
            assert proofs(row) == [("UPDATE", 400)]


# ---- messages within the dialog

def reinvite_proves(library):
    """The caller holds: an INVITE within the dialog follows one that was accepted, and is a hold as any other."""
    scene = Scene()
    talk = ringing(scene, early=True)
    talk.both(2, 5)
    talk.cseq[0] = 2
    talk.request(5, "INVITE", body=talk.sdp(0, direction="sendonly"))
    talk.response(5.1, 200, body=talk.sdp(1, direction="recvonly"))
    talk.request(5.2, "ACK")
    talk.cseq[0] = 3
    talk.request(9, "INVITE", body=talk.sdp(0))
    talk.response(9.1, 200, body=talk.sdp(1))
    talk.request(9.2, "ACK")
    talk.both(9.2, 12)
    talk.bye(12)
    row = one(library, scene)
    same(row, disposition="answered", outcome="recorded", answered_us=us(2), hold_ms=4000)
    assert proofs(row) == [("INVITE", 1000)] and kinds(row).count("reinvite") == 2 and "hold" in kinds(row), row["events"]


def challenge_unseen(library):
    """The 401 is missing: the INVITE that answers it, though some keep its tag, proves nothing."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.cseq[0] = 2
    talk.request(2, "INVITE", body=talk.sdp(0), extra=(("Authorization", "Digest x"),))
    talk.response(3, 486)
    unanswered(library, one(library, scene), disposition="busy")


def acknowledged(library):
    """The ACK is there, with the description that answers an offer nobody saw."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body="")
    talk.request(2, "ACK", body=talk.sdp(0, formats=(96,), attributes=("rtpmap:96 PCMU/8000",)))
    talk.both(2.02, 5, payload_type=96)
    talk.bye(5)
    row = one(library, scene)
    assert answers(library) == 0
    same(row, disposition="answered", answered_us=us(2), outcome="recorded", codec="PCMU")
    assert proofs(row) == [("ACK", 1000)] and received(row, 0) == received(row, 1) == [149]


# ---- the rest of the table

def answer_without_ack(library):
    """The 2xx decides; that nobody acknowledged it changes nothing."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(2, 200, body=talk.sdp(1))
    talk.both(2.02, 5)
    talk.bye(5)
    row = one(library, scene)
    same(row, disposition="answered", outcome="recorded", answered_us=us(2), duration_ms=3000, sip_status=200)
    assert UNSEEN not in kinds(row)


def only_ringing(library):
    """Nothing but 183: not answered, once ring_timeout is over."""
    scene = Scene()
    talk = ringing(scene, early=True)
    talk.voice(1.3, 4, 1)
    other = Talk(scene, call_id="two@made.example", ports=(4100, 5100))
    other.simple(20, 21, 24)
    rows = {r["call_id"]: r for r in library.scene(scene, config="[record]\nring_timeout=10s\n")}
    same(rows["one@made.example"], disposition="missed", outcome="none", outcome_reason="not answered", ended_by="timeout")


def nothing_but_voices_and_bye(library):
    """Without INVITE and 2xx nothing makes a row, whoever speaks and hangs up."""
    scene = Scene()
    talk = Talk(scene)
    talk.both(1, 4)
    talk.bye(4)
    assert library.scene(scene) == []


run(globals())
