#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls of which a message is missing from the capture: what proves that they were answered, what does not, and what becomes of each
(the table in docs/configuration.md). That a message is missing is what tshark says."""
import pathlib, subprocess, sys
import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "whole"))
import sound
import make_capture as make
from cases import kinds, near, one, received, run, same, us
from scenes import Scene, Talk

ANNOUNCED = "[consent]\ncallee=200\nnotice=told\n"
UNSEEN = "answer-unseen"
NO_EARLY_MEDIA = "[record]\nearly_media=no\n"


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
    """What may be taken back is no answer where nothing of before the answer is kept: the callee's BYE is one, too late for a file; a
    re-INVITE is one in time."""
    for proof in ("BYE", "INVITE"):
        library.path = library.path.parent / proof
        scene = Scene()
        talk = ringing(scene)
        talk.both(2, 5)
        if proof == "INVITE":
            talk.cseq[0] = 2
            talk.request(5, "INVITE", body=talk.sdp(0))
            talk.response(5.1, 200, body=talk.sdp(1))
            talk.request(5.2, "ACK")
        talk.both(5, 10)
        talk.bye(10, 1)
        row = one(library, scene, config=NO_EARLY_MEDIA)
        same(row, disposition="answered", answered_us=us(2), outcome="none" if proof == "BYE" else "recorded")
        assert proofs(row) == [(proof, 1000)] and received(row, 0) == received(row, 1) == [400]
        if proof == "INVITE":
            near(row["audio_offset_ms"], 4000, 30)
            near(row["audio_ms"], 5000, 60)


def no_early_media_within(library):
    """An UPDATE, INFO or REFER of an early dialog is no answer there either, nor are voices that go on for longer than any ringing."""
    for method in ("UPDATE", "INFO", "REFER"):
        library.path = library.path.parent / method
        scene = Scene()
        talk = ringing(scene)
        talk.cseq[0] = 2
        talk.request(1.5, method)
        talk.both(1.5, 5)
        talk.cseq[0] = 1
        talk.answer(5)
        talk.both(5, 8)
        talk.bye(8)
        row = one(library, scene, config=NO_EARLY_MEDIA)
        same(row, outcome="recorded", answered_us=us(5))
        near(row["audio_offset_ms"], 4000, 30)


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
    """The 183 was missing; the 2xx, which is there, says when, and nothing of before is kept where nothing may be."""
    for early_media in (True, False):
        library.path = library.path.parent / str(early_media)
        scene = Scene()
        talk = ringing(scene)
        talk.both(1.3, 9)
        talk.answer(6)
        talk.bye(9)
        row = one(library, scene, config=ANNOUNCED + ("" if early_media else NO_EARLY_MEDIA))
        same(row, disposition="answered", outcome="recorded", answered_us=us(6), duration_ms=3000, sip_status=200, consent_state="given")
        assert UNSEEN not in kinds(row) and "reinvite" not in kinds(row)
        near(row["audio_offset_ms"], 300 if early_media else 5000, 30)
        near(row["audio_ms"], 7700 if early_media else 3000, 60)


def menu_before_the_answer(library):
    """A key pressed in a menu that sounds before the answer, whose 183 was missing, consents to nothing."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=talk.sdp(0, formats=(0, 101), attributes=("rtpmap:101 telephone-event/8000",)))
    talk.response(1.2, 180)
    talk.both(1.3, 4)
    talk.key(4, 1)
    talk.both(4.2, 7)
    talk.answer(7, body=talk.sdp(1, formats=(0, 101), attributes=("rtpmap:101 telephone-event/8000",)))
    talk.both(7, 14)
    talk.bye(14)
    row = one(library, scene, config="[prompt record]\ncallee=200\nstart=1s\nlength=5s\ngiven=1\nrefused=2\n")
    same(row, answered_us=us(7), consent_state="requested")
    assert [c["state"] for c in row["consent"]] == ["requested"], row["consent"]


def refused_before(library):
    """A try that seemed to be answered, was refused, and another that is: what was heard of the first is early media as that of any
    refused try, before the answer or nowhere."""
    for described in (True, False):
        for early_media in (True, False):
            library.path = library.path.parent / f"{described}-{early_media}"
            scene = Scene()
            talk = ringing(scene, early=described)
            talk.both(1.3, 4)
            talk.response(4, 486)
            talk.request(4.01, "ACK", branch="z9hG4bK-one@made.example-1-INVITE")
            talk.cseq[0] = 2
            talk.invite(5)
            talk.response(5.2, 180)
            talk.answer(7)
            talk.both(7, 10)
            talk.bye(10)
            row = one(library, scene, config="" if early_media else NO_EARLY_MEDIA)
            same(row, disposition="answered", outcome="recorded", answered_us=us(7), duration_ms=3000)
            near(row["audio_offset_ms"], 300 if early_media else 6000, 30)
            assert UNSEEN not in kinds(row)


def voices_of_the_try_before(library):
    """Both voices of a try that was refused are none of the next."""
    scene = Scene()
    talk = ringing(scene)
    talk.both(1.3, 4)
    talk.response(4, 302)
    talk.cseq[0] = 2
    talk.invite(4.05)
    talk.response(4.1, 180)
    talk.voice(4.1, 8, 1)
    unanswered(library, one(library, scene, config=ANNOUNCED), disposition="missed", consent_state="unknown")


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


# ---- what proves nothing beside them

PROXY, PHONE = ("10.0.0.9", 5060), ("10.0.0.2", 5060)


def on_second_hop(talk, at, what, branch, **more):
    """A request that the proxy wrote."""
    scene, common = talk.scene, {**talk.common(0, what == "ACK"), "branch": branch}
    data = make.sip_request(what, talk.uris[1], cseq=1, **{**common, **more})
    scene.put(at, PROXY, PHONE, data.replace(b"SIP/2.0/UDP 10.0.0.1:5060", b"SIP/2.0/UDP 10.0.0.9:5060"))


def refusal_of_another_hop(library):
    """The INVITE of the second hop was not seen; its refusal was, or was not; the ACK of that is none of a call that was answered."""
    for refusal in (True, False):
        library.path = library.path.parent / str(refusal)
        scene = Scene()
        talk = Talk(scene)
        first = (talk.sip(0), PROXY)
        talk.invite(1, hop=first)
        talk.response(1.2, 183, hop=first[::-1])
        talk.voice(1.3, 6, 1)
        if refusal:
            talk.response(5, 486, branch="z9hG4bK-hop-two", hop=(PHONE, PROXY))
        on_second_hop(talk, 5.01, "ACK", "z9hG4bK-hop-two")
        on_second_hop(talk, 5.02, "ACK", "z9hG4bK-hop-two")
        talk.response(6, 486, hop=first[::-1])
        talk.request(6.01, "ACK", branch="z9hG4bK-one@made.example-1-INVITE", hop=first)
        unanswered(library, one(library, scene, config=ANNOUNCED), disposition="busy", consent_state="unknown")


def refusal_passed_on(library):
    """The same by a proxy without a memory, which passes the caller's ACK on below its own line, in one line of two or in two lines."""
    for lines in (1, 2):
        library.path = library.path.parent / str(lines)
        scene = Scene()
        talk = Talk(scene)
        talk.invite(1)
        own = b"SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-one@made.example-1-INVITE"
        data = make.sip_request("ACK", talk.uris[1], cseq=1, branch="z9hG4bK-hop-two", **talk.common(0, True))
        above = b"SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-hop-two"
        below = b"SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-hop-two" + (b", " if lines == 1 else b"\r\nVia: ") + own
        assert above in data
        scene.put(2, PROXY, PHONE, data.replace(above, below))
        talk.both(2.1, 2.6)
        unanswered(library, one(library, scene, config=ANNOUNCED), disposition="missed", consent_state="unknown")


def old_branches(library):
    """Branches of before RFC 3261 tell nothing of a transaction."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, branch="one")
    talk.request(2, "ACK", branch="two")
    unanswered(library, one(library, scene, config=ANNOUNCED), disposition="missed", consent_state="unknown")


def refused_again(library):
    """An ACK with a branch of its own of a phone that is wrong about it: the refusal, which then comes again, says so."""
    scene = Scene()
    talk = ringing(scene)
    talk.request(2, "ACK")
    talk.voice(2, 3, 1)
    talk.response(3, 486)
    unanswered(library, one(library, scene, config=ANNOUNCED), disposition="busy", consent_state="unknown")


def acknowledged_behind_a_proxy(library):
    """The caller's own ACK of a 2xx, as a proxy passes it on."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    data = make.sip_request("ACK", talk.uris[1], cseq=1, branch="z9hG4bK-own", **talk.common(0, True))
    scene.put(2, PROXY, PHONE, data.replace(b"Via: ", b"Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-hop-two\r\nVia: ", 1))
    talk.both(2.02, 5)
    talk.bye(5)
    row = one(library, scene)
    same(row, disposition="answered", answered_us=us(2), outcome="recorded")
    assert proofs(row) == [("ACK", 1000)]


def another_try_with_a_tag(library):
    """The 422 is missing, and the next INVITE keeps its tag: it seems to be within the dialog until it is refused."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.cseq[0] = 2
    talk.request(2, "INVITE", body=talk.sdp(0))
    talk.both(2.2, 4)
    talk.response(4, 486)
    unanswered(library, one(library, scene, config=ANNOUNCED), disposition="busy", consent_state="unknown")


def joined_at_a_challenge(library):
    """All that came before the answer to a challenge is missing, and that keeps the challenge's tag: busy all the same."""
    scene = Scene()
    talk = Talk(scene)
    talk.request(2, "INVITE", body=talk.sdp(0), extra=(("Proxy-Authorization", "Digest x"),))
    talk.voice(2.2, 4, 1)
    talk.response(4, 486)
    unanswered(library, one(library, scene, config=ANNOUNCED), disposition="busy", consent_state="unknown")


def cancelled_fork(library):
    """A proxy cancels a phone whose INVITE was not seen; another goes on ringing and answers later."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.2, 180)
    on_second_hop(talk, 2, "CANCEL", "z9hG4bK-fork")
    talk.response(30, 180)
    talk.answer(60)
    talk.both(60, 62)
    talk.bye(62)
    row = one(library, scene)
    same(row, disposition="answered", started_us=us(1), answered_us=us(60), outcome="recorded")


def called_again(library):
    """Given up, and called again within the same Call-ID: that rings for as long as any call, and its answer is proved as any."""
    for seen in (True, False):
        library.path = library.path.parent / str(seen)
        scene = Scene()
        talk = ringing(scene)
        talk.request(2, "CANCEL", answered=False, branch="z9hG4bK-one@made.example-1-INVITE")
        talk.response(2.1, 487)
        talk.cseq[0] = 2
        talk.invite(2.5)
        talk.response(3, 180)
        talk.response(30, 180)
        if seen:
            talk.answer(60)
        talk.both(60, 64)
        talk.bye(64, 1)
        row = one(library, scene)
        same(row, disposition="answered", started_us=us(1), answered_us=us(60), outcome="recorded", ended_by="callee")


def other_fork(library):
    """Only what a proxy sends is seen: one phone is busy, the other is answered, and its 2xx is missing."""
    scene = Scene()
    talk = Talk(scene)
    above = b"Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-%b\r\nVia: "

    def passed_on(at, data, branch, hop=(PROXY, PHONE)):
        scene.put(at, *hop, data.replace(b"Via: ", above % branch, 1))
    invite = make.sip_request("INVITE", talk.uris[1], cseq=1, body=talk.sdp(0), **talk.common(0, False))
    passed_on(1, invite, b"a")
    passed_on(1.01, invite, b"b", hop=(PROXY, ("10.0.0.3", 5060)))
    passed_on(2, make.sip_response(486, "Busy", cseq=1, **{**talk.common(0, True), "to_tag": "tc"}), b"a", hop=(PHONE, PROXY))
    passed_on(3, make.sip_request("ACK", talk.uris[1], cseq=1, **talk.common(0, True)), b"c", hop=(PROXY, ("10.0.0.3", 5060)))
    talk.both(3.02, 6)
    talk.bye(6, 1)
    row = one(library, scene)
    same(row, disposition="answered", answered_us=us(3), sip_status=0, outcome="recorded", ended_by="callee")


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
