#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What the traffic of real floors does to calls: media that is not plain, captures that begin or lose something in the
middle, relays and forks."""
import pathlib, sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "encode"))
import lab
import make_capture as make
from cases import kinds, near, one, received, run, same, us
from scenes import Scene, Talk, alaw, tone


# ---- media that is not plain

def undecodable_leg(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=talk.sdp(0, (0, 7)))
    talk.answer(2, body=talk.sdp(1, (0, 7)))
    talk.voice(2, 4, 0)
    talk.voice(2, 4, 1, payload_type=7)
    talk.bye(4)
    row = one(library, scene)
    same(row, outcome="partial", outcome_reason="one leg undecodable: codec LPC/8000 is not supported", codec="PCMU")
    assert received(row, 1) == [100] and row["legs"][1]["streams"][0]["problem"] == "codec LPC/8000 is not supported"


def nothing_decodable(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=talk.sdp(0, (7,)))
    talk.answer(2, body=talk.sdp(1, (7,)))
    talk.both(2, 4, payload_type=7)
    talk.bye(4)
    row = one(library, scene)
    same(row, outcome="none", outcome_reason="codec LPC/8000 is not supported", disposition="answered", duration_ms=2000, file=None)
    assert received(row, 0) == [100]


def encrypted(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=talk.sdp(0, protocol="RTP/SAVP"))
    talk.answer(2, body=talk.sdp(1, protocol="RTP/SAVP"))
    talk.both(2, 4)
    talk.bye(4)
    row = one(library, scene)
    same(row, outcome="none", outcome_reason="encrypted (SRTP), no key was seen", file=None)
    assert {s["problem"] for l in row["legs"] for s in l["streams"]} == {"encrypted (SRTP), no key was seen"}


def repeated_by_opus(library):
    """What Opus repeats of lost packets is heard: they are in the ledger and an event, but not in the gap table."""
    scene = Scene()
    talk = Talk(scene)
    offer = (("rtpmap:96 opus/48000/2", "fmtp:96 useinbandfec=1;maxplaybackrate=16000"),)
    talk.invite(1, body=make.sdp(talk.hosts[0], talk.ports[0], (96,), *offer))
    talk.answer(2, body=make.sdp(talk.hosts[1], talk.ports[1], (96,), *offer))
    payloads = lab.opus(lab.talk(6, 16000), 16000, 20, True)[:200]
    loud = [i for i in range(20, 190) if min(len(p) for p in payloads[i - 1:i + 2]) > 50][::4]
    for side in (0, 1):
        for i, payload in enumerate(payloads):
            if side == 0 or i not in loud:
                scene.put(2 + i * 0.02, (talk.hosts[side], talk.ports[side]), (talk.hosts[1 - side], talk.ports[1 - side]),
                          make.rtp(96, i, i * 960, 7 + side, payload))
    talk.bye(6)
    row = one(library, scene)
    assert len(loud) > 8 and row["legs"][1]["streams"][0]["lost"] == len(loud), row["legs"][1]
    (event,) = [e for e in row["events"] if e["kind"] == "recovered"]
    assert event["leg"] == 1 and int(event["detail"]) > len(loud) // 2, event
    assert row["missing_ms"] == 20 * (len(loud) - int(event["detail"])), row["gaps"]


def fax(library):
    """T.38 takes the place of the voices: that is no hold and nothing is lost. It is described with or without the audio line."""
    for audio_line in ("m=audio 0 RTP/AVP 0\r\n", ""):
        scene = Scene()
        talk = Talk(scene, f"{len(audio_line)}@made.example")
        talk.invite(1)
        talk.answer(2)
        sdp = ["v=0\r\no=- 2 2 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n" % (host, host) + audio_line +
               "m=image 4500 udptl t38\r\na=T38FaxVersion:0\r\n" for host in talk.hosts]
        talk.both(2, 5)
        talk.cseq[0] += 1
        talk.request(5, "INVITE", body=sdp[0])
        talk.response(5.1, 200, body=sdp[1])
        for i in range(4500):
            scene.put(5.2 + i * 0.02, (talk.hosts[0], 4500), (talk.hosts[1], 4500), bytes([0, i & 255, 6, 0xd0]) + bytes(30))
        talk.bye(95)
        row = one(library, scene)
        same(row, outcome="recorded", duration_ms=93000, ended_by="caller", missing_ms=0, hold_ms=0)
        assert kinds(row) == ["reinvite", "fax"] and {g["reason"] for g in row["gaps"]} == {"hold"}, (row["events"], row["gaps"])
        assert received(row, 0) == [150]


def video(library):
    """Moving pictures beside the voices are told, and none of them is heard as noise."""
    scene = Scene()
    talk = Talk(scene)
    sdp = [talk.sdp(side) + f"m=video {4300 + side} RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n" for side in (0, 1)]
    talk.invite(1, body=sdp[0])
    talk.answer(2, body=sdp[1])
    talk.both(2, 5)
    for i in range(150):
        scene.put(2 + i * 0.02, (talk.hosts[0], 4300), (talk.hosts[1], 4301), make.rtp(97, i, i * 1800, 9, bytes(range(200))))
        scene.put(2 + i * 0.02, (talk.hosts[0], talk.ports[0]), (talk.hosts[1], talk.ports[1]), make.rtp(34, i, i * 1800, 8, bytes(range(200))))
    talk.bye(5)
    row = one(library, scene)
    same(row, codec="PCMU", missing_ms=0)
    assert [(e["kind"], e["detail"]) for e in row["events"] if e["kind"] == "video"] == [("video", "H264")], row["events"]
    (stray,) = [s for s in row["legs"][0]["streams"] if s["ssrc"] == "00000008"]
    assert stray["problem"] == "codec H263/90000 is not supported", stray


def unannounced_payload_type(library):
    """The descriptions say PCMU, the packets are PCMA on its static payload type."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 4, encode=alaw, payload_type=8)
    talk.bye(4)
    same(one(library, scene), outcome="recorded", codec="PCMA")


def one_way(library):
    """One-way by agreement is complete; silence of a side that may speak is told."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=talk.sdp(0, direction="recvonly"))
    talk.answer(2, body=talk.sdp(1, direction="sendonly"))
    talk.voice(2, 4, 1)
    talk.bye(4)
    other = Talk(scene, "two@made.example", ports=(4100, 4200))
    other.invite(11)
    other.answer(12)
    other.voice(12, 14, 0)
    other.bye(14)
    rows = library.scene(scene)
    same(rows[0], outcome="recorded")
    same(rows[1], outcome="partial", outcome_reason="no audio of the callee")


def no_media(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.bye(4)
    same(one(library, scene), disposition="answered", outcome="none", outcome_reason="no media", duration_ms=2000)


def noise_on_the_port(library):
    """RTCP, STUN and rubbish beside the media change nothing."""
    scene = Scene()
    talk = Talk(scene).simple(1, 2, 5)
    ends = ((talk.hosts[0], talk.ports[0]), (talk.hosts[1], talk.ports[1]))
    for i in range(20):
        at = 2.1 + i * 0.1
        scene.put(at, *ends, make.rtcp_sender_report(1))
        scene.put(at, *ends, b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12))
        scene.put(at, *ends, b"\x80\0")
        scene.put(at, ("10.9.9.9", 1), ("10.9.9.8", 2), make.rtp(0, i, i, 9, bytes(160)))
    row = one(library, scene)
    assert received(row, 0) == received(row, 1) == [145]


def hostile_ssrcs(library):
    """A sender that invents an SSRC for each packet fills no memory and does not hide the call."""
    scene = Scene()
    talk = Talk(scene).simple(1, 2, 5)
    for i in range(2000):
        scene.put(2.1 + i * 0.001, (talk.hosts[0], talk.ports[0]), (talk.hosts[1], talk.ports[1]),
                  make.rtp(0, i, i * 160, 0xC0000000 + i, bytes(160)))
    row = one(library, scene)
    assert len(row["legs"][0]["streams"]) <= 64 and len(row["events"]) <= 502
    assert received(row, 1) == [145]


# ---- what the network says before the answer

def announcement_before_answer(library):
    """Ringing tone and announcements before the answer are recorded and are nobody's greeting."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.5, 183, body=talk.sdp(1))
    talk.voice(1.6, 3.0, 1)
    talk.answer(3)
    talk.voice(3, 8, 0, samples=tone(400, 5, level=0))
    talk.voice(3, 4.5, 1, samples=tone(400, 1.5, level=0))
    talk.voice(4.5, 8, 1)
    talk.bye(8)
    row = one(library, scene)
    near(row["audio_offset_ms"], 600, 20)
    near(row["greeting_ms"], 1500, 40)


def words_over_the_answer(library):
    """An agent whose first packets overtake the 2xx greeted at once."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.voice(1.95, 5, 1)
    talk.answer(2)
    talk.voice(2, 5, 0, samples=tone(400, 3, level=0))
    talk.bye(5)
    same(one(library, scene), greeting_ms=0)


# ---- what descriptions offer

def offered_plain_beside_srtp(library):
    """Two audio lines, SRTP and plain; the callee refuses the first with port 0."""
    def body(talk, side, secure):
        line = f"m=audio {secure} RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
        text = talk.sdp(side)
        return text.replace("m=audio", line + "m=audio", 1)
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=body(talk, 0, 4010))
    talk.answer(2, body=body(talk, 1, 0))
    talk.both(2, 4)
    talk.bye(4)
    row = one(library, scene)
    same(row, outcome="recorded", hold_ms=0)
    assert received(row, 0) == received(row, 1) == [100]


def named_host(library):
    """A description that names a host instead of an address is no hold, and the other end's address is enough."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2, body=talk.sdp(1).replace("c=IN IP4 10.0.0.2", "c=IN IP4 media.example"))
    talk.both(2, 4)
    talk.cseq[1] += 1
    talk.request(4, "INVITE", side=1, body=talk.sdp(1).replace("c=IN IP4 10.0.0.2", "c=IN IP4 media.example"))
    talk.response(4.1, 200, side=1, body=talk.sdp(0))
    talk.both(4, 6)
    talk.bye(6)
    row = one(library, scene)
    same(row, outcome="recorded", hold_ms=0)
    assert received(row, 0) == received(row, 1) == [200]


# ---- what the capture did not see

def begins_with_reinvite(library):
    """A capture that begins in a call: from the re-INVITE on it is a row."""
    scene = Scene()
    talk = Talk(scene)
    talk.both(1, 3)
    talk.cseq[0] = 7
    talk.request(3, "INVITE", body=talk.sdp(0))
    talk.response(3.1, 200, body=talk.sdp(1))
    talk.request(3.2, "ACK")
    talk.both(3.2, 6)
    talk.bye(6)
    row = one(library, scene)
    same(row, disposition="answered", outcome="partial", outcome_reason="the start of the call was not seen", started_us=us(3),
         answered_us=us(3), duration_ms=3000, hold_ms=None, wait_ms=None, greeting_ms=None, ended_by="caller", caller="100", callee="200")
    assert kinds(row)[0] == "joined" and received(row, 0) == received(row, 1) == [140], row
    assert library.scene(scene) == [] and "skipped 1" in library.errors


def begins_with_answer(library):
    """Only the 2xx was seen, with the callee's address; the caller's is learnt."""
    scene = Scene()
    talk = Talk(scene)
    talk.answer(2)
    talk.both(2.02, 5)
    talk.bye(5, 1)
    scene.packets += [(20, next(data for at, data in scene.packets if at == 2))]  # a copy long after is no other call
    row = one(library, scene)
    same(row, disposition="answered", outcome="partial", sip_status=200, answered_us=us(2), duration_ms=3000, ended_by="callee")
    assert received(row, 0) == received(row, 1) == [149]


def begins_with_hold(library):
    """The first thing seen is that one side holds the other: the silence is explained."""
    scene = Scene()
    talk = Talk(scene)
    talk.cseq[1] = 1001
    talk.request(1, "INVITE", side=1, body=talk.sdp(1, direction="sendonly"))
    talk.response(1.1, 200, side=1, body=talk.sdp(0, direction="recvonly"))
    talk.cseq[1] = 1002
    talk.request(90, "INVITE", side=1, body=talk.sdp(1))
    talk.response(90.1, 200, side=1, body=talk.sdp(0))
    talk.both(90.1, 93)
    talk.bye(93)
    row = one(library, scene)
    assert kinds(row)[:2] == ["joined", "hold"] and "resume" in kinds(row)
    same(row, ended_us=us(93), outcome="partial")


def reinvite_of_nothing(library):
    """A probe that pretends to be within a dialog is refused: no answered call."""
    scene = Scene()
    talk = Talk(scene)
    talk.request(1, "INVITE", body=talk.sdp(0))
    talk.response(1.1, 481)
    row = one(library, scene)
    same(row, disposition="failed", sip_status=481, outcome="none", answered_us=None, duration_ms=None)


def no_call_from_the_rest(library):
    """What belongs to no call that was seen makes none: a BYE, an ACK, a refusal, ringing, other methods."""
    scene = Scene()
    talk = Talk(scene)
    talk.request(1, "ACK")
    talk.response(2, 180)
    talk.response(3, 486)
    talk.request(4, "OPTIONS")
    talk.response(4.1, 200, "OPTIONS")
    talk.bye(5)
    assert library.scene(scene) == []


def unseen_answer(library):
    """The 2xx is missing from the capture; the ACK for it is not."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.request(2, "ACK")
    talk.both(2, 5)
    talk.bye(5)
    row = one(library, scene)
    same(row, disposition="answered", answered_us=us(2), duration_ms=3000, sip_status=0, outcome="recorded")
    assert received(row, 0) == received(row, 1) == [150]


def acknowledged_refusal(library):
    """The ACK of a refusal that was not seen answers nothing."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, branch="z9hG4bK-one")
    talk.request(2, "ACK", branch="z9hG4bK-one")
    same(one(library, scene), disposition="missed", answered_us=None)


def older_capture_after(library):
    """Two captures given in the wrong order: the older one's calls are rows as well."""
    folder = library.path.parent
    for name, at in (("late", 5000), ("early", 1000)):
        scene = Scene()
        Talk(scene).simple(at, at + 1, at + 3)
        scene.write(folder / f"{name}.pcap")
    rows = library.record(folder / "late.pcap", folder / "early.pcap")
    assert [r["started_us"] for r in rows] == [us(5000), us(1000)], rows


def no_clock(library):
    """A capture whose packets all bear the time zero still makes its rows."""
    scene = Scene()
    Talk(scene).simple()
    packets = [(0, data) for _, data in sorted(scene.packets, key=lambda p: p[0])]
    path = library.path.parent / "zero.pcap"
    make.write_pcap(path, make.ETHERNET, packets)
    rows = library.record(path)
    assert len(rows) == 1 and rows[0]["started_us"] == 1 and rows[0]["disposition"] == "answered", rows


def snap_length(library):
    """A capture that kept only the heads of packets: the ledger is right, and no noise is passed off as a recording."""
    scene = Scene()
    Talk(scene).simple()
    packets = [(1_760_000_000 + at, data[:60] if len(data) == 214 else data, len(data)) for at, data in sorted(scene.packets, key=lambda p: p[0])]
    path = library.path.parent / "cut.pcap"
    make.write_pcap(path, make.ETHERNET, packets)
    row = library.record(path)[0]
    same(row, disposition="answered", outcome="none", outcome_reason="cut by the capture's snap length", file=None)
    assert received(row, 0) == received(row, 1) == [145] and all(s["lost"] == 0 for l in row["legs"] for s in l["streams"])


# ---- two sources of one voice

def relay_with_another_ssrc(library):
    """A relay that sends under its own SSRC shows each voice twice: both are in the ledger, one is heard."""
    scene = Scene()
    talk = Talk(scene)
    relay = ("10.0.0.9", 30000), ("10.0.0.9", 30002)
    talk.invite(1)
    talk.invite(1.01, body=talk.sdp(0, host=relay[1][0], port=relay[1][1]), branch="z9hG4bK-second")
    talk.answer(2)
    talk.response(2.01, 200, body=talk.sdp(1, host=relay[0][0], port=relay[0][1]))
    before = list(talk.sequence), list(talk.stamp)
    talk.voice(2.1, 8, 0, target=relay[0])
    talk.voice(2.1, 8, 1, target=relay[1])
    talk.sequence, talk.stamp, talk.ssrc = list(before[0]), list(before[1]), [0xC0000001, 0xD0000001]
    talk.voice(2.1005, 8.0005, 0, source=relay[1])
    talk.voice(2.1005, 8.0005, 1, source=relay[0])
    talk.bye(8.1)
    row = one(library, scene)
    same(row, outcome="recorded", missing_ms=0)
    for leg in (0, 1):
        assert received(row, leg) == [295, 295] and all(s["lost"] == 0 for s in row["legs"][leg]["streams"]), row["legs"]
    assert row["events"] == [], "no source took another's place"
    near(row["audio_ms"], 5900, 60)


def forked_early_media(library):
    """Two phones ring with a tone of their own; the one that answers goes on."""
    scene = Scene()
    talk = Talk(scene)
    fork = Talk(scene, hosts=("10.0.0.1", "10.0.0.3"), ports=(4000, 5600), ssrc=(1, 0xB0000009))
    talk.invite(1)
    talk.response(1.2, 183, body=talk.sdp(1))
    fork.response(1.3, 183, body=fork.sdp(1), to_tag="other")
    fork.voice(1.4, 3.0, 1)
    talk.voice(1.5, 3.0, 1)
    talk.answer(3)
    talk.both(3, 8)
    talk.bye(8)
    row = one(library, scene)
    same(row, outcome="recorded")
    assert sorted(received(row, 1)) == [80, 325] and received(row, 0) == [250], row["legs"]
    near(row["missing_ms"], 0, 20)
    near(row["audio_offset_ms"], 400, 20)


run(globals())
