#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Voices whose signalling nobody saw: which become calls, which do not, what is known of them."""
import os, random, subprocess
from cases import TOOL, kinds, near, one, received, run, same
from scenes import Library, Scene, Talk, alaw
import make_capture as make

ON = "[record]\nrtp_only=on\nmedia_timeout=5s\n"


def talk(scene, **more):
    return Talk(scene, **more)


def later(scene):
    """The capture goes on after the calls."""
    scene.put(60, ("10.0.0.8", 1), ("10.0.0.9", 2), b"other")


def speaks(library, row, leg_hz):
    """The file holds tones of these frequencies."""
    import numpy as np
    wav = library.path.parent / "heard.wav"
    subprocess.run(["opusdec", "--quiet", "--rate", "48000", library.path / row["file"], wav], check=True)
    heard = np.frombuffer(wav.read_bytes()[44:], np.int16).astype(float)
    spectrum = np.abs(np.fft.rfft(heard))
    for hz in leg_hz:
        at = round(hz * len(heard) / 48000)
        assert spectrum[at - 20:at + 20].max() > 0.1 * spectrum.max(), f"{hz} Hz is not heard"


def both_ways(library):
    """Both voices, from the first packet; nothing is known of who speaks."""
    scene = Scene()
    t = talk(scene)
    t.both(1, 9)
    Talk(scene, "noise@x", ports=(9000, 9100)).both(1, 1.5)  # too short to be anything
    row = one(library, scene, config=ON)
    same(row, caller=None, callee=None, call_id=None, direction="unknown", disposition="answered", outcome="partial", codec="PCMU", agent=None, hold_ms=None)
    assert [received(row, leg) for leg in (0, 1)] == [[400], [400]] and row["legs"][0]["streams"][0]["lost"] == 0
    near(row["duration_ms"], 8000, 60)
    near(row["audio_ms"], 8000, 60)
    assert kinds(row)[0] == "no-signalling"
    speaks(library, row, (400, 1000))


def falls_silent(library):
    """The end is the last packet; later voices between the same ports are another call."""
    scene = Scene()
    t = talk(scene)
    t.both(1, 9)
    t.ssrc = [7, 8]
    t.both(30, 36)
    rows = library.scene(scene, config=ON)
    assert len(rows) == 2
    same(rows[0], outcome="recorded", ended_by="timeout")
    near(rows[0]["duration_ms"], 8000, 60)
    assert library.scene(scene, config=ON) == [], "known again"


def off(library):
    """Counted and told, not recorded."""
    scene = Scene()
    talk(scene).both(1, 9)
    assert library.scene(scene) == []
    assert "2 RTP streams belong to no call" in library.errors, library.errors


def one_way_and_crossed(library):
    """A voice without an answer; two voices that take different ports each way; four calls of two hosts that do."""
    scene = Scene()
    talk(scene, hosts=("10.1.0.1", "10.1.0.2")).voice(1, 5, 0)
    crossed = talk(scene, hosts=("10.2.0.1", "10.2.0.2"))
    crossed.voice(1, 8, 0)
    crossed.voice(1.3, 8, 1, source=("10.2.0.2", 6000), target=("10.2.0.1", 6002))
    for n in range(2):
        many = talk(scene, hosts=("10.3.0.1", "10.3.0.2"), ports=(4000 + 10 * n, 5000 + 10 * n))
        many.voice(1, 8, 0)
        many.voice(1.3, 8, 1, source=("10.3.0.2", 6000 + 10 * n), target=("10.3.0.1", 6002 + 10 * n))
    rows = library.scene(scene, config=ON)
    legs = sorted([[sum(received(r, leg)) for leg in (0, 1)] for r in rows])
    assert legs == sorted([[200, 0], [350, 335], [350, 0], [350, 0], [335, 0], [335, 0]]), legs


def nothing_of_a_voice(library):
    """Video, noise with the version of RTP, random SSRCs, sequence numbers that do not count, RTCP, STUN."""
    rng = random.Random(1)
    scene = Scene()
    for i in range(600):
        at = 1 + i * 0.02
        scene.put(at, ("10.0.0.1", 4000), ("10.0.0.2", 5000), make.rtp(34, i, 1000 + 1800 * i, 1, bytes(900)))
        scene.put(at, ("10.0.0.1", 4002), ("10.0.0.2", 5002), bytes([0x80 | rng.randrange(16)]) + rng.randbytes(170))
        scene.put(at, ("10.0.0.1", 4004), ("10.0.0.2", 5004), make.rtp(0, i, 160 * i, rng.getrandbits(32), bytes(160)))
        scene.put(at, ("10.0.0.1", 4006), ("10.0.0.2", 5006), make.rtp(0, rng.getrandbits(16), 160 * i, 5, bytes(160)))
        scene.put(at, ("10.0.0.1", 4008), ("10.0.0.2", 5008), make.rtp(98, i, 1800 * i, 6, bytes(900)))
        scene.put(at, ("10.0.0.1", 4010), ("10.0.0.2", 5010), make.rtcp_sender_report(i))
        scene.put(at, ("10.0.0.1", 4012), ("10.0.0.2", 5012), b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12))
    assert library.scene(scene, config=ON) == []
    assert "RTP" not in library.errors, library.errors


def encrypted(library):
    """Each packet longer by a tag than its codec makes it: no noise in a file."""
    for tag in (4, 10):
        folder = library.path.parent / str(tag)
        folder.mkdir()
        scene = Scene()
        for i in range(300):
            for side, ways in enumerate((((4000), (5000)), ((5000), (4000)))):
                hosts = ("10.0.0.1", "10.0.0.2") if side == 0 else ("10.0.0.2", "10.0.0.1")
                scene.put(1 + i * 0.02, (hosts[0], ways[0]), (hosts[1], ways[1]), make.rtp(0, i, 160 * i, 9 + side, os.urandom(160 + tag)))
        later(scene)
        row = one(Library(TOOL, folder), scene, config=ON)
        same(row, outcome="none", file=None)
        assert "encrypted" in row["outcome_reason"], row["outcome_reason"]


def codecs(library):
    """Static payload types, those of the configuration, and what cannot be guessed."""
    scene = Scene()
    talk(scene, hosts=("10.1.0.1", "10.1.0.2")).both(1, 5, encode=alaw, payload_type=8)
    talk(scene, hosts=("10.2.0.1", "10.2.0.2")).both(1, 5, encode=alaw, payload_type=96)
    talk(scene, hosts=("10.3.0.1", "10.3.0.2")).both(1, 5, payload_type=97)
    later(scene)
    rows = library.scene(scene, config=ON + "rtp_codecs=96 PCMA/8000\n")
    assert sorted((r["codec"], r["outcome"]) for r in rows) == [("PCMA", "recorded")] * 2 + [("payload type 97", "none")], [(r["codec"], r["outcome"]) for r in rows]
    bad = library.path.parent / "bad"
    bad.mkdir()
    for value in ("96", "x PCMA/8000", "128 PCMA/8000", "96 nothing/8000"):
        wrong = Library(TOOL, bad)
        wrong.scene(scene, config=f"[record]\nrtp_codecs={value}\n", check=False)
        assert wrong.status != 0 and "[record] rtp_codecs" in wrong.errors, (value, wrong.errors)


def after_a_call(library):
    """What phones still send after a BYE is that call's, for however long it goes on."""
    scene = Scene()
    t = talk(scene)
    t.invite(1)
    t.answer(2)
    t.both(2, 8)
    t.bye(8)
    t.both(8, 50)
    row = one(library, scene, config=ON)
    same(row, call_id="one@made.example", outcome="recorded")
    assert "RTP stream" in library.errors, "what goes on for so long is told"


def signalling_shows_up(library):
    """A re-INVITE in the middle: the call takes the media from there; both are one story."""
    scene = Scene()
    t = talk(scene)
    t.both(1, 20)
    t.cseq[0] += 1
    t.request(10, "INVITE", body=t.sdp(0))
    t.response(10.05, 200, body=t.sdp(1))
    t.bye(20)
    rows = library.scene(scene, config=ON)
    assert len(rows) == 2 and rows[0]["group_id"] and rows[0]["group_id"] == rows[1]["group_id"], [(r["call_id"], r["group_id"]) for r in rows]
    early = next(r for r in rows if r["call_id"] is None)
    late = next(r for r in rows if r["call_id"])
    same(early, ended_by="signalling", outcome="recorded")
    near(early["duration_ms"], 9000, 100)
    assert "follow-up" in kinds(late) and late["caller"] == "100"
    total = sum(sum(received(r, leg)) for r in rows for leg in (0, 1))
    assert total == 1900, total


def to_itself(library):
    """Both ends are one address, or one host: a voice is not its own answer."""
    scene = Scene()
    talk(scene, hosts=("10.1.0.1", "10.1.0.1"), ports=(4000, 4000)).voice(1, 5, 0)
    talk(scene, hosts=("10.2.0.1", "10.2.0.1"), ports=(4000, 4002)).voice(1, 5, 0)
    later(scene)
    rows = library.scene(scene, config=ON)
    assert [r["outcome"] for r in rows] == ["recorded"] * 2 and all(sum(sum(received(r, leg)) for leg in (0, 1)) == 200 for r in rows)


def many_strays(library):
    """Far more streams than are looked at: bounded, and none breaks the others."""
    scene = Scene()
    for n in range(6000):
        scene.put(1 + n / 10000, (f"10.9.{n // 250}.{n % 250 + 1}", 4000), ("10.0.0.2", 5000), make.rtp(0, n, n, n, bytes(160)))
    t = talk(scene)
    t.invite(1)
    t.answer(2)
    t.both(2, 6)
    t.bye(6)
    assert [r["outcome"] for r in library.scene(scene, config=ON)] == ["recorded"]


run(globals())
