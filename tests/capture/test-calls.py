#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls made by hand, in every way that calls go and end, against what their rows should say."""
from cases import TOOL, kinds, near, one, received, run, same, us
from scenes import Library, Scene, Talk, alaw

EVENTS = ("rtpmap:101 telephone-event/8000", "fmtp:101 0-15")


# ---- how calls go and end

def answered(library):
    scene = Scene()
    Talk(scene).simple(1, 2, 5)
    row = one(library, scene)
    same(row, call_id="one@made.example", caller="100", callee="200", disposition="answered", sip_status=200, outcome="recorded",
         outcome_reason=None, started_us=us(1), answered_us=us(2), ended_us=us(5), ended_by="caller", duration_ms=3000, hold_ms=0,
         wait_ms=None, codec="PCMU", sample_rate_hz=8000, channels=1, client="default", direction="unknown", agent=None)
    assert received(row, 0) == received(row, 1) == [145], row["legs"]
    near(row["audio_offset_ms"], 1050)
    near(row["audio_ms"], 2900, 100)
    path = library.path / row["file"]
    assert path.read_bytes()[:4] == b"OggS" and row["file"].startswith("recordings/default/2025/10/09/"), row["file"]
    assert not list((library.path / "spool").glob("*.*")), "the spool is not empty"


def callee_hangs_up(library):
    scene = Scene()
    Talk(scene).simple(by=1)
    same(one(library, scene), ended_by="callee", disposition="answered")


def busy(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.5, 486)
    talk.request(1.6, "ACK")
    same(one(library, scene), disposition="busy", sip_status=486, outcome="none", outcome_reason="not answered", ended_us=us(1.5),
         ended_by="callee", duration_ms=None, hold_ms=None, file=None, answered_us=None)


def abandoned(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.2, 180)
    talk.request(9, "CANCEL", answered=False, branch="z9hG4bK-one@made.example-1-INVITE")
    talk.response(9.1, 200, "CANCEL")
    talk.response(9.1, 487)
    same(one(library, scene), disposition="abandoned", sip_status=487, ended_by="caller", outcome="none", ended_us=us(9.1))


def statuses(library):
    """Every final status leads to one disposition."""
    scene, wanted = Scene(), {}
    for i, (status, disposition) in enumerate({408: "missed", 480: "missed", 487: "missed", 486: "busy", 600: "busy", 603: "busy",
                                               404: "failed", 403: "failed", 500: "failed", 503: "failed", 302: "failed"}.items()):
        talk = Talk(scene, f"status-{status}@made.example", ports=(4000 + 2 * i, 6000 + 2 * i))
        talk.invite(1 + i)
        talk.response(1.5 + i, status)
        wanted[talk.call_id] = (disposition, status)
    found = {r["call_id"]: (r["disposition"], r["sip_status"]) for r in library.scene(scene)}
    assert found == wanted, found


def never_answered(library):
    """No final response: the row comes after the ring timeout, without waiting for the end of the capture."""
    scene = Scene()
    Talk(scene).invite(1)
    Talk(scene, "two@made.example", ports=(4100, 4200)).simple(400, 401, 403)
    rows = library.scene(scene)
    same(rows[0], call_id="one@made.example", disposition="missed", sip_status=0, ended_by="timeout", outcome="none")


def challenged(library):
    """Two challenges and the INVITE with credentials are one call that began with the first."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.1, 407)
    talk.request(1.2, "ACK")
    talk.cseq[0] = 2
    talk.invite(20)  # somebody typed a password
    talk.answer(21)
    talk.both(21.1, 23)
    talk.bye(23.1)
    same(one(library, scene), started_us=us(1), answered_us=us(21), disposition="answered", sip_status=200, duration_ms=2100)


def challenge_given_up(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.1, 401)
    same(one(library, scene), disposition="failed", sip_status=401, ended_us=us(1.1))


def retransmitted(library):
    """Copies of every message, also long after the end, make no second call."""
    scene = Scene()
    Talk(scene).simple(1, 2, 5)
    scene.packets += [(at + more, data) for at, data in list(scene.packets) for more in (0.0005,) if len(data) > 300]
    first = next(data for at, data in scene.packets if at == 1)
    scene.packets.append((12, first))
    row = one(library, scene)
    same(row, started_us=us(1), ended_us=us(5), duration_ms=3000)
    assert "reinvite" not in kinds(row)


def early_media(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.5, 183, body=talk.sdp(1))
    talk.voice(1.6, 3, 1)
    talk.answer(3)
    talk.both(3, 5)
    talk.bye(5.02)
    row = one(library, scene)
    same(row, answered_us=us(3), duration_ms=2020)
    near(row["audio_offset_ms"], 600, 20)
    assert received(row, 1) == [170]
    scene.write(library.path.parent / "again.pcap")
    other = Library(TOOL, library.path.parent / "other")
    other.path.parent.mkdir()
    row = other.record(library.path.parent / "again.pcap", config="[record]\nearly_media=no\n")[0]
    near(row["audio_offset_ms"], 2000, 30)
    assert received(row, 1) == [170], "what is not recorded is counted all the same"


def early_media_unanswered(library):
    """The announcement before a refusal leaves its ledger and no file."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.response(1.5, 183, body=talk.sdp(1))
    talk.voice(1.6, 5, 1)
    talk.response(5, 480)
    row = one(library, scene)
    same(row, disposition="missed", outcome="none", outcome_reason="not answered", file=None, audio_ms=None)
    assert received(row, 1) == [170]
    assert not list(library.path.rglob("*.opus")) and not list(library.path.rglob("*.part"))


def media_before_answer(library):
    """The callee speaks to the address of the offer before its own description arrives."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.voice(1.9, 4, 1)
    talk.voice(2.05, 4, 0)
    talk.answer(2)
    talk.bye(4)
    row = one(library, scene)
    assert received(row, 1) == [105] and received(row, 0) == [97 + 1], row["legs"]


def offer_in_answer(library):
    """An INVITE without an offer: the 2xx offers, the ACK answers."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body="")
    talk.response(2, 200, body=talk.sdp(1, (0, 8)))
    talk.request(2.1, "ACK", body=talk.sdp(0, (8,)))
    talk.voice(2.2, 4, 0, encode=alaw, payload_type=8)
    talk.voice(2.2, 4, 1, encode=alaw, payload_type=8)
    talk.bye(4.1)
    row = one(library, scene)
    same(row, outcome="recorded", codec="PCMA")
    assert received(row, 0) == received(row, 1) == [90]


def hold(library):
    """Hold is told from the re-INVITE that asks for it to the one that takes it back."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 5)
    talk.cseq[0] = 2
    talk.request(5, "INVITE", body=talk.sdp(0, direction="sendonly"))
    talk.response(5.1, 200, body=talk.sdp(1, direction="recvonly"))
    talk.cseq[0] = 3
    talk.request(10, "INVITE", body=talk.sdp(0))
    talk.response(10.1, 200, body=talk.sdp(1))
    talk.stamp = [s + 8 * 5100 for s in talk.stamp]
    talk.both(10.1, 12)
    talk.bye(12.1)
    row = one(library, scene)
    same(row, hold_ms=5000, outcome="recorded", duration_ms=10100)
    assert [k for k in kinds(row) if k in ("hold", "resume")] == ["hold", "resume"], row["events"]
    assert kinds(row).count("reinvite") == 2
    holds = [g for g in row["gaps"] if g["reason"] == "hold"]
    assert holds and all(abs(g["length_ms"] - 5000) < 250 for g in holds), row["gaps"]
    same(row, missing_ms=0)


def hold_old_style(library):
    """c=0.0.0.0, and a hang-up while on hold; media may be silent for longer than its timeout."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 4)
    talk.cseq[0] = 2
    talk.request(4, "INVITE", body=talk.sdp(0, host="0.0.0.0"))
    talk.response(4.1, 200, body=talk.sdp(1))
    talk.bye(100)
    same(one(library, scene), hold_ms=95900, ended_us=us(100), ended_by="caller")


def refused_reinvite(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 4)
    talk.cseq[0] = 2
    talk.request(4, "INVITE", body=talk.sdp(0, (8,), direction="inactive"))
    talk.response(4.1, 488)
    talk.both(4, 6)
    talk.bye(6)
    row = one(library, scene)
    same(row, hold_ms=0, disposition="answered", sip_status=200, duration_ms=4000)
    assert received(row, 0) == [200]


def moved(library):
    """A re-INVITE takes the callee's end to another port and codec."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 4)
    talk.cseq[1] = 1001
    talk.ports[1] = 5500
    talk.request(4, "INVITE", side=1, body=talk.sdp(1, (8,)))
    talk.response(4.05, 200, side=1, body=talk.sdp(0, (8,)))
    for side in (0, 1):
        talk.voice(4.1, 6, side, encode=alaw, payload_type=8)
    talk.bye(6.02)
    row = one(library, scene)
    same(row, outcome="recorded", missing_ms=0)
    assert received(row, 0) == received(row, 1) == [195], row["legs"]
    assert kinds(row).count("codec-change") == 2 and "reinvite" in kinds(row), row["events"]


def new_ssrc(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 4)
    talk.ssrc[1] = 0xB0000002
    talk.sequence[1], talk.stamp[1] = 31000, 77
    talk.cseq[0] += 1
    talk.request(4.2, "INVITE", body=talk.sdp(0))
    talk.response(4.21, 200, body=talk.sdp(1))
    talk.both(4, 6)
    talk.bye(6.02)
    row = one(library, scene)
    assert received(row, 1) == [100, 100] and [s["lost"] for s in row["legs"][1]["streams"]] == [0, 0]
    assert kinds(row) == ["ssrc-change", "reinvite"] and row["events"][0]["leg"] == 1 and row["events"][0]["at_ms"] == 3000, row["events"]
    same(row, missing_ms=0)


def nat(library):
    """The caller's description shows a private address, its packets come from a public one."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, body=talk.sdp(0, host="192.168.1.2"))
    talk.answer(2)
    public = ("203.0.113.9", 33333)
    talk.voice(2.1, 4, 0, source=public)
    talk.voice(2.1, 4, 1, target=public)
    talk.bye(4.1)
    row = one(library, scene)
    assert received(row, 0) == received(row, 1) == [95]
    assert row["legs"][0]["streams"][0]["source"] == "203.0.113.9:33333"


def proxied(library):
    """One Call-ID on two hops, media relayed: one call, no packet counted twice."""
    scene = Scene()
    talk = Talk(scene)
    proxy, relay_a, relay_b = ("10.0.0.9", 5060), ("10.0.0.9", 30000), ("10.0.0.9", 30002)
    hops = [(talk.sip(0), proxy), (proxy, talk.sip(1))]
    back = [(proxy, talk.sip(1)), (proxy, talk.sip(0))]
    talk.invite(1, hop=hops[0], branch="z9hG4bK-first")
    talk.invite(1.01, hop=hops[1], branch="z9hG4bK-second", body=talk.sdp(0, host=relay_b[0], port=relay_b[1]))
    talk.invite(1.02, hop=(proxy, ("10.0.0.3", 5060)), branch="z9hG4bK-third", body=talk.sdp(0, host=relay_b[0], port=relay_b[1]))
    talk.response(1.5, 486, hop=(("10.0.0.3", 5060), proxy), branch="z9hG4bK-third", to_tag="busy-one")
    talk.response(2, 200, hop=(talk.sip(1), proxy), branch="z9hG4bK-second", body=talk.sdp(1))
    talk.response(2.01, 200, hop=back[1], branch="z9hG4bK-first", body=talk.sdp(1, host=relay_a[0], port=relay_a[1]))
    before = list(talk.sequence), list(talk.stamp)
    talk.voice(2.1, 4, 0, target=relay_a)
    talk.voice(2.1, 4, 1, target=relay_b)
    talk.sequence, talk.stamp = list(before[0]), list(before[1])
    talk.voice(2.1005, 4.0005, 0, source=relay_b)
    talk.voice(2.1005, 4.0005, 1, source=relay_a)
    talk.cseq[0] = 2
    talk.request(4.1, "BYE", hop=hops[0])
    talk.request(4.11, "BYE", hop=hops[1])
    row = one(library, scene)
    same(row, disposition="answered", answered_us=us(2), ended_us=us(4.1), outcome="recorded")
    for leg in (0, 1):
        assert received(row, leg) == [95] and row["legs"][leg]["streams"][0]["duplicate"] == 0, row["legs"]


def port_reused(library):
    """A second call on the same ports, while late packets of the first still come."""
    scene = Scene()
    Talk(scene, "one@made.example", ssrc=(1, 2)).simple(1, 2, 5)
    Talk(scene, "two@made.example", ssrc=(3, 4)).simple(5.5, 5.6, 8)
    rows = {r["call_id"]: r for r in library.scene(scene)}
    assert received(rows["one@made.example"], 0) == [145] and received(rows["one@made.example"], 1) == [145]
    assert received(rows["two@made.example"], 0) == received(rows["two@made.example"], 1) == [115]
    same(rows["two@made.example"], outcome="recorded", duration_ms=2400)


def after_the_end(library):
    """Packets after the BYE count in the ledger and are not audio."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 7)
    talk.bye(5)
    row = one(library, scene)
    same(row, duration_ms=3000, outcome="recorded")
    assert received(row, 0) == received(row, 1) == [250]
    near(row["audio_ms"], 3000, 40)


def refused_bye(library):
    """A BYE that is refused ends nothing; the next one does."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 7)
    talk.bye(5, status=401)
    talk.bye(7)
    row = one(library, scene)
    same(row, duration_ms=5000, ended_us=us(7), ended_by="caller")
    near(row["audio_ms"], 5000, 40)


def missing_bye(library):
    """Silence of the media ends the call where the media ended."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 6)
    Talk(scene, "two@made.example", ports=(4100, 4200)).simple(100, 101, 103)
    row = library.scene(scene)[0]
    same(row, call_id="one@made.example", ended_by="timeout", outcome="recorded", ended_us=us(5.98), duration_ms=3980)


def missing_bye_while_others_talk(library):
    """The same while time goes on second by second: the file ends where the media did, with nothing missing."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 6)
    Talk(scene, "two@made.example", ports=(4100, 4200)).simple(4, 5, 80)
    row = library.scene(scene)[0]
    same(row, call_id="one@made.example", ended_by="timeout", outcome="recorded", missing_ms=0)
    near(row["audio_ms"], 4000, 40)


def clock_leaps(library):
    """The capture's clock leaps by a day within a call: no day of silence is written."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 6)
    talk.both(86406, 86408)
    row = library.scene(scene)[0]
    same(row, ended_by="timeout", outcome="recorded", missing_ms=0)
    near(row["audio_ms"], 4000, 40)


def capture_ends(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 6)
    same(one(library, scene), ended_by="capture-end", outcome="partial", outcome_reason="the capture ended during the call",
         ended_us=us(5.98))


def several_files(library):
    """A call that goes over the end of one file into the next."""
    scene = Scene()
    Talk(scene).simple(1, 2, 8)
    folder, whole = library.path.parent, scene.packets
    for name, keep in (("a", lambda at: at < 4), ("b", lambda at: at >= 4)):
        scene.packets = [p for p in whole if keep(p[0])]
        scene.write(folder / f"{name}.pcap")
    rows = library.record(folder / "a.pcap", folder / "b.pcap")
    assert len(rows) == 1
    same(rows[0], outcome="recorded", duration_ms=6000, source="pcap:a.pcap")


def truncated(library):
    scene = Scene()
    Talk(scene).simple(1, 2, 8)
    path = library.path.parent / "cut.pcap"
    scene.write(path)
    path.write_bytes(path.read_bytes()[:60000])
    rows = library.record(path, check=False)
    assert library.status == 1 and "cut.pcap" in library.errors, library.errors
    same(rows[0], outcome="partial", outcome_reason="truncated capture")


# ---- keys and consent

PROMPT = "[prompt record]\ncallee=200\nstart=1s\nlength=5s\ngiven=1\nrefused=2\nversion=3\n"


def prompted_call(scene, keys, **more):
    """Both speak for ten seconds, keys are (when, event, side); while a side presses a key it sends no voice."""
    talk = Talk(scene, **more)
    body = [talk.sdp(side, (0, 101), attributes=EVENTS) for side in (0, 1)]
    talk.invite(1, body=body[0])
    talk.answer(2, body=body[1])
    for side in (0, 1):
        at = 2.0
        for when, event in sorted((when, event) for when, event, who in keys if who == side):
            if when > at:
                talk.voice(at, when, side)
            talk.key(when, event, side)
            at = when + 0.16
        talk.voice(at, 12, side)
    talk.bye(12)


def keys(library):
    """Keys are events without their digits; nothing of them is kept anywhere."""
    scene = Scene()
    prompted_call(scene, [(4, 7, 0), (5, 7, 0), (6, 11, 1)])
    row = one(library, scene)
    pressed = [e for e in row["events"] if e["kind"] == "dtmf"]
    assert [(e["leg"], e["detail"]) for e in pressed] == [(0, None), (0, None), (1, None)], pressed
    near(pressed[0]["at_ms"], 3000)
    same(row, consent=[], consent_state="unknown")


def prompt_given(library):
    scene = Scene()
    prompted_call(scene, [(4, 1, 0)])
    row = one(library, scene, config=PROMPT)
    same(row, consent_state="given")
    assert [(c["state"], c["source"], c["notice"], c["version"], c["detail"]) for c in row["consent"]] == [
        ("requested", "dtmf", "record", "3", None), ("given", "dtmf", "record", "3", "1")], row["consent"]
    near(row["consent"][1]["offset_ms"], 2000)
    tags = (library.path / row["file"]).read_bytes()[:4000]
    for tag in (b"CONSENT_STATE=given", b"CONSENT_NOTICE=record", b"RECORDING_ID=" + row["id"].encode(), b"CLIENT=default", b"START_UTC=2025-"):
        assert tag in tags, tag
    assert b"=100\0" not in tags and b"sip:" not in tags and b"made.example" not in tags


def prompt_window(library):
    """Outside the window, from the wrong side or with another key nothing is consented to."""
    scene = Scene()
    prompted_call(scene, [(2.2, 1, 0), (4, 5, 0), (5, 1, 1), (9, 1, 0)])
    row = one(library, scene, config=PROMPT)
    same(row, consent_state="requested")
    assert [c["detail"] for c in row["consent"]] == [None] and kinds(row).count("dtmf") == 4


def prompt_refused(library):
    scene = Scene()
    prompted_call(scene, [(4, 2, 0)])
    same(one(library, scene, config=PROMPT), consent_state="refused")


def consent_callee(library):
    scene = Scene()
    Talk(scene, callee="19555").simple(1, 2, 5)
    Talk(scene, "two@made.example", ports=(4100, 4200), callee="555").simple(11, 12, 15)
    rows = library.scene(scene, config="[consent]\ncallee=19*, 800\nnotice=announcement\nversion=2026-01\n")
    same(rows[0], consent_state="given")
    same(rows[0]["consent"][0], source="callee", notice="announcement", version="2026-01", at_us=us(2), offset_ms=None)
    same(rows[1], consent_state="unknown")


def consent_header(library):
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1, extra=[("X-Consent", "1")])
    talk.answer(2)
    talk.both(2, 8)
    talk.cseq[0] = 2
    talk.request(5, "INFO", extra=[("X-Consent", "NO")])
    talk.request(5.5, "INFO", extra=[("X-Consent", "NO")])
    talk.bye(8)
    row = one(library, scene, config="[consent]\nheader=x-consent\ngiven=yes,1\nrefused=no,0\nwithdrawn=stop\n")
    assert [(c["state"], c["detail"], c["at_us"]) for c in row["consent"]] == [("given", "1", us(1)), ("refused", "NO", us(5))]
    same(row, consent_state="refused")


# ---- who is who

def directions(library):
    scene = Scene()
    for i, (caller, callee) in enumerate([("0100200300", "201"), ("201", "0100200300"), ("201", "202"), ("5", "6"), ("0100", "19555")]):
        Talk(scene, f"{i}@made.example", caller, callee, ports=(4000 + 4 * i, 6000 + 4 * i)).simple(1 + 20 * i, 2 + 20 * i, 4 + 20 * i)
    config = "[mapping]\nextensions=2[0-9][0-9]\n[number 19555]\nclient=Nile Bank/Cairo\nqueue=support\n"
    rows = library.scene(scene, config=config)
    got = [(r["direction"], r["agent"], r["queue"], r["client"], [l["role"] for l in r["legs"]]) for r in rows]
    neutral = ["caller", "callee"]
    assert got == [("inbound", "201", None, "default", ["customer", "agent"]), ("outbound", "201", None, "default", ["agent", "customer"]),
                   ("internal", "202", None, "default", neutral), ("unknown", None, None, "default", neutral),
                   ("inbound", None, "support", "Nile Bank/Cairo", ["customer", "agent"])], got
    assert rows[4]["file"].startswith("recordings/Nile-Bank-Cairo/2025/"), rows[4]["file"]


def mapping_headers(library):
    scene = Scene()
    talk = Talk(scene)
    extra = [("X-Queue", "sales"), ("X-Client", "../../etc"), ("X-Agent", "agent-7"), ("X-Direction", "outbound")]
    talk.invite(1, extra=extra)
    talk.answer(2)
    talk.both(2, 4)
    talk.bye(4)
    config = "[mapping]\nqueue_header=X-Queue\nclient_header=X-Client\nagent_header=X-Agent\ndirection_header=X-Direction\n"
    row = one(library, scene, config=config)
    same(row, queue="sales", client="../../etc", agent="agent-7", direction="outbound")
    assert (library.path / row["file"]).resolve().is_relative_to(library.path.resolve() / "recordings"), row["file"]


def directory(library):
    """A user whom the directory knows is internal and named."""
    scene = Scene()
    Talk(scene, caller="0100", callee="301").simple()
    same(one(library, scene, options=["--agent", "301=منى"]), direction="inbound", agent="301", agent_name="منى", client="acme")


def bad_config(library):
    for text, wanted in [("[record]\nbitrat=1\n", "earshot.conf:2"), ("[recording]\n", "earshot.conf:1"),
                         ("[record]\ncomplexity=11\n", "earshot.conf:2"), ("[record]\nchannels=stereo\n", "earshot.conf:2"),
                         ("[mapping]\nextensions=(\n", "earshot.conf:2"), ("[prompt x]\ncallee=1\ngiven=1\n", "earshot.conf:1"),
                         ("[prompt x]\ncallee=1\nlength=5s\ngiven=12\n", "earshot.conf:4"), ("[consent]\ngiven=1\n", "earshot.conf:2")]:
        scene = Scene()
        Talk(scene).invite(1)
        library.scene(scene, config=text, check=False)
        assert library.status == 1 and wanted in library.errors, (text, library.errors)


# ---- the same again

def two_taps(library):
    """Another capture of the same traffic has other stamps; the same Call-ID much later is another call."""
    def made(late):
        scene = Scene()
        Talk(scene).simple(1 + late, 2 + late, 5 + late)
        return scene
    one(library, made(0))
    assert library.scene(made(0.0003)) == [] and library.scene(made(-0.4)) == []
    one(library, made(10))


def twice(library):
    scene = Scene()
    Talk(scene).simple()
    first = one(library, scene)
    assert library.scene(scene) == [] and "skipped 1" in library.errors, library.errors
    again = one(library, scene, options=["--again"])
    assert again["id"] != first["id"] and again["file"] != first["file"]
    assert len(list(library.path.rglob("*.opus"))) == 2


run(globals())
