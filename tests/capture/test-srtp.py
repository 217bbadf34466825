#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Encrypted calls: with the keys that their descriptions tell they are recorded as any other; without, or with the wrong
ones, they have no audio and say why. What is recorded is listened to: the caller is a tone on the left, the callee another
on the right, and nothing else may be there."""
import pathlib, sys
import numpy as np
import make_capture as make
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
from cases import kinds, one, received, run, same
from scenes import Scene, Talk, tone, ulaw
from sound import decode
from srtp import SUITES, Sender

SPLIT = "[record]\nchannels=split\n"
HZ = (400, 1000)
# libsrtp 2.5 derives the keys of AES-192 in another way than RFC 6188 says; tests/wire/test-srtp.c has these two.
RIGHT = [suite for suite in SUITES if "192" not in suite]
FITS_NOT = "encrypted (SRTP), the key does not fit"


def secured(talk, side, *senders, protocol="RTP/SAVP", formats=(0,), more=()):
    lines = [s if isinstance(s, str) else s.line(tag=i + 1) for i, s in enumerate(senders)]
    return talk.sdp(side, formats, protocol=protocol, attributes=(*lines, *more))


def secret_call(suite="AES_CM_128_HMAC_SHA1_80", call_id="one@made.example", **more):
    """A call in which both sides encrypt, up to its answer at 2 s."""
    scene = Scene()
    talk = Talk(scene, call_id)
    senders = Sender(suite, 1, **more), Sender(suite, 2, **more)
    talk.invite(1, body=secured(talk, 0, senders[0]))
    talk.answer(2, body=secured(talk, 1, senders[1]))
    talk.protect = [s.protect for s in senders]
    return scene, talk, senders


def heard(library, row, start=0.0, end=None):
    """For each leg the share of its tone in what is heard there between the two moments (s), and how loud that is."""
    samples = decode(str(library.path / row["file"]))
    found = []
    for leg in (0, 1):
        part = samples[int(start * 8000):int(end * 8000) if end else None, leg]
        power = np.abs(np.fft.rfft(part)) ** 2
        near_tone = np.abs(np.fft.rfftfreq(len(part), 1 / 8000) - HZ[leg]) < 25
        found.append((power[near_tone].sum() / (power.sum() + 1), float(np.sqrt(np.mean(part ** 2)))))
    return found


def tones(library, row, start=0.2, end=None, legs=(0, 1)):
    found = heard(library, row, start, end)
    for leg in legs:
        share, level = found[leg]
        assert share > 0.98 and level > 2000, (leg, found)
    for leg in {0, 1} - set(legs):
        assert found[leg][1] < 30, (leg, found)  # silence


def whole(library, scene, seconds=2):
    row = one(library, scene, config=SPLIT)
    same(row, outcome="recorded", missing_ms=0)
    for leg in (0, 1):
        stream, = row["legs"][leg]["streams"]
        same(stream, problem="", undecodable=0, lost=0, received=seconds * 50)
    tones(library, row)
    return row


# ---- what is opened

def every_suite(library):
    for suite in RIGHT:
        for more in ({}, {"mki": b"\0\0\0\7"}, {"mki": b"\x80"}):
            scene, talk, _ = secret_call(suite, call_id=f"{suite}{more}", **more)
            talk.both(2, 4)
            talk.bye(4)
            whole(library, scene)


def header_extensions_and_sources(library):
    scene, talk, senders = secret_call("AES_CM_128_HMAC_SHA1_32")
    bare = talk.protect

    def rich(side):
        def wrap(packet):
            return bare[side](bytes([packet[0] | 0x12]) + packet[1:12] + b"\1\2\3\4\5\6\7\x08" + b"\xbe\xde\0\1abcd" + packet[12:])
        return wrap
    talk.protect = [rich(0), rich(1)]
    talk.both(2, 4)
    talk.bye(4)
    whole(library, scene)


def padded(library):
    """Padding is under the encryption: only the opened packet tells how much."""
    scene, talk, senders = secret_call()
    bare = talk.protect
    talk.protect = [lambda p, side=side: bare[side](bytes([p[0] | 0x20]) + p[1:] + b"\0\0\0\4") for side in (0, 1)]
    talk.both(2, 4)
    talk.bye(4)
    whole(library, scene)


def wrapping_sequence(library):
    """The sequence numbers wrap in the middle: from there the rollover counter is one more."""
    scene, talk, _ = secret_call()
    talk.sequence = [65536 - 40, 65536 - 70]
    talk.both(2, 4)
    talk.bye(4)
    whole(library, scene)


def lost_and_doubled(library):
    """Losses over the wrap, copies and packets out of order are what they are without encryption."""
    scene, talk, _ = secret_call()
    talk.sequence = [65536 - 40, 700]
    talk.voice(2, 4, 0, skip=range(38, 43))
    talk.voice(2, 4, 1)
    media = [i for i, (at, data) in enumerate(scene.packets) if data[12:14] == b"\x08\0" and len(data) > 200 and b"SIP/2.0" not in data]
    caller = media[:95]
    for i in caller[10:15]:
        scene.packets.append((scene.packets[i][0] + 0.003, scene.packets[i][1]))
    first, second = caller[20], caller[21]
    (at, data), (later, other) = scene.packets[first], scene.packets[second]
    scene.packets[first], scene.packets[second] = (later, data), (at, other)
    talk.bye(4)
    row = one(library, scene, config=SPLIT)
    stream, = row["legs"][0]["streams"]
    same(stream, received=95, lost=5, duplicate=5, reordered=1, undecodable=0, problem="")
    assert {g["reason"] for g in row["gaps"]} == {"lost"}, row["gaps"]
    tones(library, row, 0.2, 0.7)
    tones(library, row, 1.0)


def joined_in_its_course(library):
    """The capture begins in the middle: a re-INVITE shows call and keys, the rollover counters are 1 and 3."""
    scene = Scene()
    talk = Talk(scene)
    senders = Sender(seed=1, roc=1), Sender(seed=2, roc=3)
    talk.cseq[0] = 5
    talk.request(2, "INVITE", body=secured(talk, 0, senders[0]))
    talk.response(2.1, 200, body=secured(talk, 1, senders[1]))
    talk.request(2.11, "ACK")
    talk.protect = [s.protect for s in senders]
    talk.both(2.2, 5.2)
    talk.bye(5.2)
    row = one(library, scene, config=SPLIT)
    same(row, outcome="partial", outcome_reason="the start of the call was not seen")
    for leg in (0, 1):
        assert row["legs"][leg]["streams"][0]["undecodable"] <= 1, row["legs"]
    tones(library, row)


def a_pressed_key(library):
    scene = Scene()
    talk = Talk(scene)
    sender = Sender(seed=1)
    body = [secured(talk, side, Sender(seed=1 + side), formats=(0, 101), more=("rtpmap:101 telephone-event/8000",)) for side in (0, 1)]
    talk.invite(1, body=body[0])
    talk.answer(2, body=body[1])
    talk.protect = [sender.protect, Sender(seed=2).protect]
    talk.voice(2, 3, 0)
    talk.key(3, 5)
    talk.voice(3.2, 4, 0)
    talk.voice(2, 4, 1)
    talk.bye(4)
    row = one(library, scene)
    same(row, outcome="recorded")
    assert kinds(row).count("dtmf") == 1, row["events"]


# ---- which key

def several_offered(library):
    """The offer has four keys of its sender, the answer takes the third by its tag."""
    scene = Scene()
    talk = Talk(scene)
    suites = RIGHT[:4]
    offered = [Sender(suite, 10 + i) for i, suite in enumerate(suites)]
    chosen = Sender(suites[2], 20)
    talk.invite(1, body=secured(talk, 0, *offered))
    talk.answer(2, body=talk.sdp(1, protocol="RTP/SAVP", attributes=(chosen.line(tag=3),)))
    talk.protect = [offered[2].protect, chosen.protect]
    talk.both(2, 4)
    talk.bye(4)
    whole(library, scene)


def offered_in_two_lines(library):
    """SRTP and plain RTP in parallel; the phone takes the first, or the second."""
    for taken in (0, 1):
        scene = Scene()
        talk = Talk(scene, call_id=f"{taken}@made.example")
        senders = Sender(seed=1), Sender(seed=2)

        def body(side, ports):
            text = talk.sdp(side, port=1, protocol="RTP/SAVP", attributes=(senders[side].line(),))
            return text.replace("m=audio 1 ", f"m=audio {ports[0]} ") + f"m=audio {ports[1]} RTP/AVP 0\r\n"
        talk.invite(1, body=body(0, (4000, 4000)))
        talk.answer(2, body=body(1, (0, 5000) if taken else (5000, 0)))
        if not taken:
            talk.protect = [s.protect for s in senders]
        talk.both(2, 4)
        talk.bye(4)
        whole(library, scene)


def optional_and_not_taken(library):
    """a=crypto beside RTP/AVP is a wish; an answer without it means plain."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=secured(talk, 0, Sender(seed=1), protocol="RTP/AVP"))
    talk.answer(2)
    talk.both(2, 4)
    talk.bye(4)
    whole(library, scene)


def optional_and_taken(library):
    scene = Scene()
    talk = Talk(scene)
    senders = Sender(seed=1), Sender(seed=2)
    talk.invite(1, body=secured(talk, 0, senders[0], protocol="RTP/AVP"))
    talk.answer(2, body=secured(talk, 1, senders[1], protocol="RTP/AVP"))
    talk.protect = [s.protect for s in senders]
    talk.both(2, 4)
    talk.bye(4)
    whole(library, scene)


def new_keys(library):
    """A re-INVITE brings new keys; packets under the old ones are under way for 200 ms more."""
    scene, talk, old = secret_call()
    fresh = Sender(seed=11), Sender("AEAD_AES_256_GCM", seed=12)
    talk.both(2, 3.2)
    talk.cseq[0] += 1
    talk.request(3, "INVITE", body=secured(talk, 0, fresh[0]))
    talk.response(3.02, 200, body=secured(talk, 1, fresh[1]))
    talk.request(3.03, "ACK")
    talk.protect = [s.protect for s in fresh]
    talk.both(3.2, 5)
    talk.bye(5)
    whole(library, scene, 3)


def forks(library):
    """Two phones answer early with keys of their own, one takes the call."""
    scene, talk = Scene(), None
    talk = Talk(scene)
    fork = Talk(scene, hosts=("10.0.0.1", "10.0.0.3"), ports=(4000, 5600), ssrc=(1, 0xB0000009))
    senders = Sender(seed=1), Sender(seed=2), Sender(seed=3)
    talk.invite(1, body=secured(talk, 0, senders[0]))
    talk.response(1.2, 183, body=secured(talk, 1, senders[1]))
    fork.response(1.3, 183, body=secured(fork, 1, senders[2]), to_tag="other")
    fork.protect[1] = senders[2].protect
    fork.voice(1.4, 1.9, 1)
    talk.protect = [s.protect for s in senders[:2]]
    talk.voice(1.5, 2, 1)
    talk.answer(2, body=secured(talk, 1, senders[1]))
    talk.both(2, 4)
    talk.bye(4)
    row = one(library, scene, config=SPLIT)
    same(row, outcome="recorded", missing_ms=0)
    assert sorted((s["received"], s["undecodable"]) for s in row["legs"][1]["streams"]) == [(25, 0), (125, 0)], row["legs"]
    tones(library, row, 0.8)


def two_hops(library):
    """A proxy opens and encrypts anew under other keys, with the same SSRC: each packet is seen twice, half of them first on
    the one hop, half on the other."""
    proxy = ("10.0.0.9", 6000), ("10.0.0.9", 7000)
    scene = Scene()
    talk = Talk(scene)
    near_keys, far_keys = (Sender(seed=1), Sender(seed=2)), (Sender(seed=3), Sender(seed=4))
    hops = ((talk.sip(0), ("10.0.0.9", 5060)), (("10.0.0.9", 5060), talk.sip(1)))
    talk.invite(1, body=secured(talk, 0, near_keys[0]), hop=hops[0])
    talk.invite(1.01, body=talk.sdp(0, host=proxy[1][0], port=proxy[1][1], protocol="RTP/SAVP", attributes=(far_keys[0].line(),)), hop=hops[1])
    talk.response(2, 200, body=secured(talk, 1, far_keys[1]), hop=hops[1][::-1])
    talk.response(2.01, 200, body=talk.sdp(1, host=proxy[0][0], port=proxy[0][1], protocol="RTP/SAVP", attributes=(near_keys[1].line(),)),
                  hop=hops[0][::-1])
    talk.request(2.02, "ACK")
    for side, way in ((0, ((("10.0.0.1", 4000), proxy[0], near_keys), (proxy[1], ("10.0.0.2", 5000), far_keys))),
                      (1, ((("10.0.0.2", 5000), proxy[1], far_keys), (proxy[0], ("10.0.0.1", 4000), near_keys)))):
        start = list(talk.sequence), list(talk.stamp)
        for n, (source, target, keys) in enumerate(way):
            talk.sequence, talk.stamp = list(start[0]), list(start[1])
            talk.protect = [keys[0].protect, keys[1].protect]
            for second in (2.1, 3.1):
                talk.voice(second + (n * 0.001 if second < 3 else 0.001 - n * 0.001), second + 1, side, source=source, target=target)
    talk.bye(4.2)
    row = one(library, scene, config=SPLIT)
    same(row, outcome="recorded", missing_ms=0)
    for leg in (0, 1):
        assert received(row, leg) == [100] and row["legs"][leg]["streams"][0]["undecodable"] == 0, row["legs"]
    tones(library, row)


# ---- what stays closed

def closed(library, scene, reason):
    row = one(library, scene, config=SPLIT)
    same(row, outcome="none", outcome_reason=reason, file=None, disposition="answered")
    for leg in (0, 1):
        stream, = row["legs"][leg]["streams"]
        same(stream, problem=reason, undecodable=100, received=100)


def wrong_keys(library):
    scene, talk, _ = secret_call()
    talk.protect = [Sender(seed=8).protect, Sender(seed=9).protect]
    talk.both(2, 4)
    talk.bye(4)
    closed(library, scene, FITS_NOT)


def plain_in_spite_of_keys(library):
    """Announced as encrypted, sent in clear: nothing proves that, so nothing is taken for a voice."""
    scene, talk, _ = secret_call()
    talk.protect = [bytes, bytes]
    talk.both(2, 4)
    talk.bye(4)
    closed(library, scene, FITS_NOT)


def without_keys(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=secured(talk, 0))
    talk.answer(2, body=secured(talk, 1))
    talk.protect = [Sender(seed=1).protect, Sender(seed=2).protect]
    talk.both(2, 4)
    talk.bye(4)
    closed(library, scene, "encrypted (SRTP), no key was seen")


def unannounced(library):
    """RTP/AVP was agreed, yet the packets have tags: 4, 10 or 16 bytes more than their time."""
    for suite in RIGHT:
        scene = Scene()
        talk = Talk(scene, suite)
        talk.invite(1)
        talk.answer(2)
        talk.protect = [Sender(suite, 1).protect, Sender(suite, 2, mki=b"\0\0\0\1").protect]
        talk.both(2, 4)
        talk.bye(4)
        closed(library, scene, "encrypted (SRTP), no key was seen")


def closed_to_the_end(library):
    """That the capture ended during the call is not why nothing is heard."""
    scene, talk, _ = secret_call()
    talk.protect = [Sender(seed=8).protect, Sender(seed=9).protect]
    talk.both(2, 4)
    closed(library, scene, FITS_NOT)


def answer_unseen(library):
    """Only the offer of optional SRTP passes the mirror: the packets and the key tell that it was taken."""
    scene = Scene()
    talk = Talk(scene)
    sender = Sender(seed=1)
    talk.invite(1, body=secured(talk, 0, sender, protocol="RTP/AVP"))
    talk.answer(2, body=" ")
    talk.protect = [sender.protect, Sender(seed=2).protect]
    talk.both(2, 4)
    talk.bye(4)
    row = one(library, scene, config=SPLIT)
    same(row, outcome="partial", outcome_reason="one leg undecodable: encrypted (SRTP), no key was seen")
    tones(library, row, legs=(0,))


def odd_but_plain(library):
    """Packets of 22 ms have the length of 20 ms with a tag; their time says otherwise. One packet is in doubt."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    for i in range(90):
        for side in (0, 1):
            data = make.rtp(0, talk.sequence[side] + i, 176 * i, talk.ssrc[side], ulaw(tone(HZ[side], 2))[176 * i:176 * (i + 1)])
            talk.scene.put(2 + i * 0.022, (talk.hosts[side], talk.ports[side]), (talk.hosts[1 - side], talk.ports[1 - side]), data)
    talk.bye(4)
    row = one(library, scene, config=SPLIT)
    same(row, outcome="recorded")
    for leg in (0, 1):
        same(row["legs"][leg]["streams"][0], received=90, problem="")
        assert row["legs"][leg]["streams"][0]["undecodable"] <= 1
    tones(library, row)


def dtls(library):
    scene = Scene()
    talk = Talk(scene)
    for at, side in ((1, 0), (2, 1)):
        body = secured(talk, side, "fingerprint:sha-256 AB:CD", protocol="UDP/TLS/RTP/SAVPF")
        talk.invite(at, body=body) if side == 0 else talk.answer(at, body=body)
    talk.protect = [Sender(seed=1).protect, Sender(seed=2).protect]
    talk.both(2, 4)
    talk.bye(4)
    closed(library, scene, "encrypted (DTLS-SRTP)")


def unusable_key(library):
    scene = Scene()
    talk = Talk(scene)
    lines = Sender(seed=1).line().replace("AES_CM_128", "F8_128"), Sender(seed=1).line(more=" UNENCRYPTED_SRTP")
    talk.invite(1, body=secured(talk, 0, lines[0]))
    talk.answer(2, body=secured(talk, 1, lines[1]))
    talk.protect = [Sender(seed=1).protect, Sender(seed=2).protect]
    talk.both(2, 4)
    talk.bye(4)
    closed(library, scene, "encrypted (SRTP), the key cannot be used")


def one_leg_open(library):
    """The answer's key is right, the offer's is not."""
    scene, talk, senders = secret_call()
    talk.protect = [Sender(seed=8).protect, senders[1].protect]
    talk.both(2, 4)
    talk.bye(4)
    row = one(library, scene, config=SPLIT)
    same(row, outcome="partial", outcome_reason="one leg undecodable: " + FITS_NOT)
    tones(library, row, legs=(1,))


def closed_for_a_while(library):
    """A second under keys that nobody saw, in the middle: silence there, accounted for, and the voices before and after."""
    scene, talk, senders = secret_call()
    stray = Sender(seed=8), Sender(seed=9)
    talk.both(2, 3)
    talk.protect = [s.protect for s in stray]
    talk.both(3, 4)
    talk.protect = [s.protect for s in senders]
    talk.both(4, 5)
    talk.bye(5)
    row = one(library, scene, config=SPLIT)
    same(row, outcome="recorded")
    for leg in (0, 1):
        stream, = row["legs"][leg]["streams"]
        same(stream, received=150, undecodable=50, lost=0, problem="")
        gap, = [g for g in row["gaps"] if g["leg"] == leg]
        same(gap, reason="undecodable", start_ms=1000, length_ms=1000)
    tones(library, row, 0.2, 0.95)
    tones(library, row, 1.05, 1.95, legs=())
    tones(library, row, 2.05, 2.95)


def keys_stay_secret(library):
    """In no row, no log and no file of the library."""
    scene, talk, senders = secret_call()
    talk.both(2, 4)
    talk.bye(4)
    whole(library, scene)
    secrets = [s.master for s in senders] + [s.line().split("inline:")[1].encode() for s in senders]
    for path in library.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path
    assert not any(secret.decode() in library.errors for secret in secrets[2:])


run(globals())
