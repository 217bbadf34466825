#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recording sessions made by hand, as they pass on a mirror port: the flows of RFC 8068, phones' built-in bridge and
network-based recording. test-siprec.py RECORD-TOOL [NAME…]"""
import datetime, json, pathlib, subprocess, sys, time
import numpy as np
import make_capture as make
from cases import TOOL, kinds, near, one, received, run, same
from scenes import EPOCH, STEP, Scene, tone, ulaw
from srtp import Sender

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "whole"))
from siprec import multipart
from sound import decode

CLIENT, RECORDER = "10.0.0.5", "10.0.0.9"
ALL = -2  # an event of the whole call, as record-tool writes it
NS = "urn:ietf:params:xml:ns:recording:1"


def when(seconds):
    return datetime.datetime.fromtimestamp(EPOCH + seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def person(name, session="s1", send=(), recv=None, left=None, text="", declared=True):
    """A participant; recv None: not said."""
    xml = f'<participant participant_id="{name}"><nameID aor="sip:{name}@made.example"><name>{text}</name></nameID></participant>' if declared else ""
    gone = f"<disassociate-time>{when(left)}</disassociate-time>" if left is not None else ""
    if declared or left is not None:
        xml += f'<participantsessionassoc participant_id="{name}" session_id="{session}">{gone}</participantsessionassoc>'
    streams = "".join(f"<send>{s}</send>" for s in send) + "".join(f"<recv>{r}</recv>" for r in recv or ())
    return xml + (f'<participantstreamassoc participant_id="{name}">{streams}</participantstreamassoc>' if send or recv is not None else "")


def stream(name, label, session="s1"):
    return f'<stream stream_id="{name}" session_id="{session}"><label>{label}</label></stream>'


def session(name="s1", group=None, start=None, stop=None, sip=None):
    inner = (f"<sipSessionID>{sip}</sipSessionID>" if sip else "") + (f"<group-ref>{group}</group-ref>" if group else "")
    inner += (f"<start-time>{when(start)}</start-time>" if start is not None else "") + (f"<stop-time>{when(stop)}</stop-time>" if stop is not None else "")
    return f'<session session_id="{name}">{inner}</session>'


def document(*parts, mode="complete"):
    return f'<?xml version="1.0"?><recording xmlns="{NS}"><datamode>{mode}</datamode>{"".join(parts)}</recording>'


def two(name="s1", callee="201", **more):
    """Alice and her callee, each with a stream of its own."""
    return document(session(name, **more), person("alice", name, ["a"], ["b"]), person(callee, name, ["b"], ["a"]), stream("a", 1, name), stream("b", 2, name))


class Recording:
    """A recording session of CLIENT at RECORDER. Labels name lines; line i goes from port 6000 + 2i to 7000 + 2i."""

    def __init__(self, scene, call_id="rs@made.example", labels=(1, 2), base=0, sender="sip:src@made.example"):
        self.scene, self.call_id, self.labels, self.base, self.sender = scene, call_id, list(labels), base, sender
        self.cseq, self.sequence, self.hidden = 0, {}, False
        self.keys = []  # of the client's lines, one each, when it encrypts

    def lines(self, host, port, direction, labels=None, states=None, formats=(0, 101)):
        connection = "" if self.hidden and host == CLIENT else f"c=IN IP4 {host}\r\n"
        text = f"v=0\r\no=- 1 {self.cseq} IN IP4 {host}\r\ns=-\r\n{connection}t=0 0\r\n"
        for i, label in enumerate(labels or self.labels):
            text += f"m=audio {port + self.base + 2 * i} RTP/{'S' if self.keys else ''}AVP {' '.join(map(str, formats))}\r\n"
            text += "a=rtpmap:101 telephone-event/8000\r\n"
            if self.keys:
                text += f"a={(self.keys[i] if host == CLIENT else Sender(seed=90 + i)).line()}\r\n"
            text += (f"a=label:{label}\r\n" if label is not None else "") + f"a={(states or {}).get(label, direction)}\r\n"
        return text

    def put(self, at, data, from_client):
        ends = ((CLIENT, 5060), (RECORDER, 5060))
        self.scene.put(at, *(ends if from_client else ends[::-1]), data)

    def request(self, at, method, metadata=None, sdp=None, extra=(), require=True):
        self.cseq += 1
        body, kind = "", "application/sdp"
        if sdp and metadata:
            body, kind = multipart(sdp, metadata), "multipart/mixed;boundary=recording-boundary"
        elif metadata:
            body, kind = metadata, "application/rs-metadata+xml"
        elif sdp:
            body = sdp
        head = [("Contact", "<sip:src@10.0.0.5>;+sip.src"), ("Require", "siprec")] if require else []
        data = make.sip_request(method, "sip:srs@10.0.0.9", self.call_id, self.cseq, self.sender, "sip:srs@10.0.0.9", "src", "srs" if self.cseq > 1 else "",
                                extra=[*head, *extra], body=body, content_type=kind)
        self.put(at, data, True)

    def reply(self, at, method="INVITE", status=200, sdp=""):
        self.put(at, make.sip_response(status, "Said", method, self.call_id, self.cseq, self.sender, "sip:srs@10.0.0.9", "src", "srs", body=sdp), False)

    def invite(self, at, metadata=None, direction="sendonly", states=None, answered=True, **more):
        self.request(at, "INVITE", metadata, self.lines(CLIENT, 6000, direction, states=states), **more)
        if answered:
            mirrored = {"sendonly": "recvonly", "inactive": "inactive"}
            self.reply(at + 0.05, sdp=self.lines(RECORDER, 7000, mirrored[direction], states={k: mirrored[v] for k, v in (states or {}).items()}))
            acked, self.cseq = self.cseq, self.cseq
            self.put(at + 0.06, make.sip_request("ACK", "sip:srs@10.0.0.9", self.call_id, acked, self.sender, "sip:srs@10.0.0.9", "src", "srs"), True)

    def update(self, at, metadata):
        self.request(at, "UPDATE", metadata)
        self.reply(at + 0.02, "UPDATE")

    def bye(self, at, metadata=None):
        self.request(at, "BYE", metadata)
        self.reply(at + 0.02, "BYE")

    def voice(self, start, end, line=0, hz=None, ssrc=None):
        """Returns how many packets there are."""
        count = int(round((end - start) / STEP))
        coded = ulaw(tone(hz or (400, 1000, 1700, 2300)[line], count * STEP))
        for i in range(count):
            sequence = self.sequence[line] = self.sequence.get(line, 99 + 500 * line) + 1
            stamp = int(round((start + i * STEP) * 8000)) + 7 * line
            data = make.rtp(0, sequence, stamp, ssrc or 0xC0 + line + 16 * self.base, coded[i * 160:(i + 1) * 160])
            port = self.base + 2 * line
            data = self.keys[line].protect(data) if self.keys else data
            self.scene.put(start + i * STEP, (CLIENT, 6000 + port), (RECORDER, 7000 + port), data)
        return count

    def both(self, start, end):
        return [self.voice(start, end, 0), self.voice(start, end, 1)]


def sound(library, row):
    """Samples at 8 kHz, a column for each channel."""
    return decode(library.path / row["file"])


def stored(library, row, column):
    return subprocess.run(["sqlite3", library.path / "index.sqlite", f"SELECT ifnull({column}, '') FROM call WHERE uuid = '{row['id']}'"],
                          capture_output=True, text=True, check=True).stdout.strip() or None


def level(samples, hz):
    """How much of this tone there is."""
    t = np.arange(len(samples)) / 8000
    return abs(np.mean(samples * np.exp(-2j * np.pi * hz * t)))


def roles(row):
    return [leg["role"] for leg in row["legs"]]


def events(row, *wanted):
    return [(e["kind"], e["leg"], e["detail"]) for e in row["events"] if e["kind"] in wanted]


def basic(library):
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two(start=0.4))
    sent = rs.both(1.1, 6)
    rs.bye(6)
    late = rs.both(6.1, 7)
    row = one(library, scene, config="[record]\nchannels=split\n[mapping]\nextensions=2..\n")
    same(row, call_id="rs@made.example", caller="alice", callee="201", disposition="answered", outcome="recorded", direction="inbound", channels=2)
    assert roles(row) == ["customer", "agent"] and row["segments"][0]["agent"] == "201", row["segments"]
    assert received(row, 0) == [sent[0] + late[0]] and received(row, 1) == [sent[1] + late[1]]
    near(row["started_us"], (EPOCH + 0.4) * 1e6, 1)
    near(row["answered_us"], (EPOCH + 1.05) * 1e6, 1)
    near(row["ended_us"], (EPOCH + 6) * 1e6, 1)
    pcm = sound(library, row)
    assert level(pcm[:, 0], 400) > 50 * level(pcm[:, 0], 1000) and level(pcm[:, 1], 1000) > 50 * level(pcm[:, 1], 400)
    assert library.record(library.path.parent / "scene.pcap") == []  # known again


def labels_decide(library):
    """Who sends a label is its voice, whatever the order of lines, people and streams."""
    scene = Scene()
    rs = Recording(scene, labels=("x9", "x1"))
    rs.invite(1, document(session(), person("alice", send=["a"]), person("bob", send=["b"]), stream("b", "x9"), stream("a", "x1")))
    counts = rs.voice(1.1, 4, 0), rs.voice(1.1, 3, 1)
    rs.bye(4)
    row = one(library, scene)
    assert received(row, 0) == [counts[1]] and received(row, 1) == [counts[0]]


def hold_and_resume(library):
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two())
    rs.both(1.1, 3)
    rs.update(3, document(person("201", send=["b"], recv=[], declared=False), person("alice", send=["a"], recv=["b"], declared=False), mode="partial"))
    rs.update(5, document(person("201", send=["b"], recv=["a"], declared=False), mode="partial"))
    rs.both(5, 8)
    rs.bye(8)
    row = one(library, scene)
    assert events(row, "hold", "resume") == [("hold", 0, "by the caller"), ("resume", ALL, None)], row["events"]
    near(row["hold_ms"], 2000)
    assert {g["reason"] for g in row["gaps"]} == {"hold"}, row["gaps"]


def pause_and_resume(library):
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two())
    before = rs.both(1.1, 3)
    rs.invite(3, direction="inactive")
    during = rs.both(3.2, 4)  # a client that goes on sending
    rs.invite(5)
    after = rs.both(5.1, 8)
    rs.bye(8)
    row = one(library, scene)
    assert events(row, "pause", "resume") == [("pause", ALL, None), ("resume", ALL, None)], row["events"]
    assert received(row, 0) == [before[0] + during[0] + after[0]]
    paused = [g for g in row["gaps"] if g["reason"] == "paused"]
    assert len(paused) == 2 and {g["leg"] for g in paused} == {0, 1}, row["gaps"]
    near(paused[0]["length_ms"], 2000, 120)
    pcm = sound(library, row)[:, 0]
    assert np.abs(pcm[2 * 8000 + 1600:3 * 8000 + 4000]).max() < 30, "what was paused is in the file"


def transfer_in_session(library):
    """Re-INVITE: 201 goes, 202 comes on the same line."""
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two())
    rs.both(1.1, 5)
    rs.invite(5, document(person("201", left=5, declared=False), person("202", send=["b"], recv=["a"], text="Nadia"), mode="partial"))
    rs.both(5.1, 9)
    rs.bye(9)
    row = one(library, scene, config="[mapping]\nextensions=2..\n")
    assert events(row, "participant-left", "participant-joined") == [("participant-left", 1, "201"), ("participant-joined", 1, "Nadia (202)")], row["events"]
    assert [s["agent"] for s in row["segments"]] == ["201", "202"], row["segments"]
    near(row["segments"][1]["start_ms"], 4000)
    assert roles(row) == ["customer", "agent"] and len(row["legs"][1]["streams"]) == 1


def transfer_to_new_session(library):
    """REFER: one session stops, another begins on the same recording session."""
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two())
    first = rs.both(1.1, 5)
    rs.update(5, document(session("s1", stop=5), mode="partial"))
    rs.invite(5.5, two("s2", "202"))
    second = rs.both(5.6, 9)
    rs.bye(9, document(session("s2", stop=9), mode="partial"))
    a, b = sorted(library.scene(scene), key=lambda r: r["started_us"])
    same(a, callee="201")
    same(b, callee="202", caller="alice", call_id="rs@made.example")
    near(a["ended_us"], (EPOCH + 5) * 1e6, 1)
    near(b["answered_us"], (EPOCH + 5.5) * 1e6, 60000)
    assert received(a, 0) == [first[0]] and received(b, 1) == [second[1]]
    assert stored(library, a, "group_id") and stored(library, a, "group_id") == stored(library, b, "group_id")
    assert "transferred" in kinds(b) and "transferred" not in kinds(a)


def transfer_without_addresses(library):
    """The client says nothing of where its packets come from; the second session has the same lines."""
    scene = Scene()
    rs = Recording(scene)
    rs.hidden = True
    rs.invite(1, two())
    first = rs.both(1.1, 5)
    rs.invite(5, two("s2", "202"))
    second = rs.both(5.1, 9)
    rs.bye(9)
    a, b = sorted(library.scene(scene), key=lambda r: r["started_us"])
    assert received(a, 0) == [first[0]] and received(b, 0) == [second[0]] and received(b, 1) == [second[1]], (a["legs"], b["legs"])


def persistent(library):
    """The recording session outlives calls that have nothing to do with one another."""
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, document(), direction="inactive")
    for i, (start, callee) in enumerate([(2, "201"), (8, "202")]):
        rs.invite(start, two(f"s{i}", callee))
        rs.both(start + 0.1, start + 3)
        rs.invite(start + 3, document(session(f"s{i}", stop=start + 3), mode="partial"), direction="inactive")
    rs.bye(14)
    found = sorted(library.scene(scene), key=lambda r: r["started_us"])
    assert [r["callee"] for r in found] == ["201", "202"], found
    for row, end in zip(found, (5, 11)):
        near(row["ended_us"], (EPOCH + end) * 1e6, 1)
        same(row, outcome="recorded")
        assert received(row, 0) == [145], received(row, 0)
        assert not stored(library, row, "group_id")


def several_at_once(library):
    """Two sessions with lines of their own, one group."""
    scene = Scene()
    rs = Recording(scene, labels=(1, 2, 3, 4))
    more = (session("s2", group="g"), person("carol", "s2", ["c"]), person("202", "s2", ["d"]), stream("c", 3, "s2"), stream("d", 4, "s2"))
    rs.invite(1, document(session("s1", group="g"), person("alice", send=["a"]), person("201", send=["b"]), stream("a", 1), stream("b", 2), *more))
    sent = [rs.voice(1.1, 4 + i, i) for i in range(4)]
    rs.bye(8)
    by = {r["caller"]: r for r in library.scene(scene)}
    assert [received(by["alice"], 0), received(by["alice"], 1), received(by["carol"], 0), received(by["carol"], 1)] == [[n] for n in sent]
    assert stored(library, by["alice"], "group_id") == stored(library, by["carol"], "group_id") != None


def mixed(library):
    scene = Scene()
    rs = Recording(scene, labels=(1,))
    rs.invite(1, document(session(), person("alice", send=["m"], recv=["m"]), person("201", send=["m"], recv=["m"]), stream("m", 1)))
    sent = rs.voice(1.1, 5)
    rs.bye(5)
    row = one(library, scene, config="[record]\nchannels=split\n")
    same(row, caller="alice", callee="201", channels=1, outcome="recorded")
    assert stored(library, row, "talk_over_ms") is None
    assert roles(row) == ["mixed"] and received(row, 0) == [sent]


def conference(library):
    """Somebody joins with a voice of his own and leaves again."""
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two())
    rs.both(1.1, 4)
    rs.labels.append(3)
    rs.invite(4, document(person("299", send=["c"], recv=["a", "b"]), stream("c", 3), mode="partial"))
    third = [rs.voice(4.1, 7, i) for i in range(3)][2]
    rs.labels.pop()
    rs.request(7, "INVITE", document(person("299", left=7, declared=False), mode="partial"), rs.lines(CLIENT, 6000, "sendonly"))
    rs.reply(7.05, sdp=rs.lines(RECORDER, 7000, "recvonly"))
    rs.both(7.1, 9)
    rs.bye(9)
    row = one(library, scene, config="[record]\nchannels=split\n")
    assert roles(row) == ["caller", "callee", "participant"] and received(row, 2) == [third], row["legs"]
    assert events(row, "participant-left", "participant-joined") == [("participant-joined", 2, "299"), ("participant-left", 2, "299")]
    assert not [g for g in row["gaps"] if g["reason"] == "lost"], row["gaps"]
    pcm = sound(library, row)
    assert level(pcm[3 * 8000:6 * 8000, 1], 1700) > 20 * level(pcm[:, 0], 1700), "the third voice is not on the right"


def not_answered(library):
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two(), answered=False)
    rs.cseq -= 1
    rs.request(3, "CANCEL")
    rs.reply(3.1, status=487)
    row = one(library, scene)
    same(row, disposition="abandoned", outcome="none", caller="alice", callee="201", sip_status=487)


def interrupted_snapshot(library):
    """A partial document alone: what it tells is used, the rest is unknown."""
    scene = Scene()
    rs = Recording(scene)
    rs.cseq = 4  # its beginning was not seen
    rs.invite(1, document(session(), person("202", send=["b"]), stream("b", 2), mode="partial"))
    rs.both(1.1, 4)
    rs.bye(4)
    row = one(library, scene)
    same(row, outcome="partial", outcome_reason="the start of the call was not seen")
    assert sorted(n for leg in range(2) for n in received(row, leg)) == [145, 145]


def bridge(library):
    """Two one-way dialogs of a phone are one call."""
    scene = Scene()
    uri = "sip:2000@ucm;{};x-refci=27;x-nearenddevice=SEP1;x-farendrefci={};x-farenddevice=SEP2;x-farendaddr=0100200300"
    near_end = Recording(scene, "near@made.example", labels=(None,), sender=uri.format("x-nearend", 26))
    far_end = Recording(scene, "far@made.example", labels=(None,), base=20, sender=uri.format("x-farend", 26))
    near_end.invite(1, require=False)
    far_end.invite(1.2, require=False)
    sent = near_end.voice(1.3, 5), far_end.voice(1.3, 5, hz=1000)
    near_end.bye(5)
    far_end.bye(5.1)
    row = one(library, scene, config="[record]\nchannels=split\n[mapping]\nextensions=20..\n")
    same(row, caller="0100200300", callee="2000", direction="inbound", outcome="recorded")
    assert received(row, 1) == [sent[0]] and received(row, 0) == [sent[1]], row["legs"]
    near(row["ended_us"], (EPOCH + 5.1) * 1e6, 1)
    pcm = sound(library, row)
    assert level(pcm[:, 0], 1000) > 50 * level(pcm[:, 0], 400) and level(pcm[:, 1], 400) > 50 * level(pcm[:, 1], 1000)


def bridge_that_called(library):
    scene = Scene()
    uri = "sip:2000@ucm;{};x-refci=26;x-nearenddevice=SEP1;x-farendrefci=27;x-farendaddr=0100200300"
    for i, side in enumerate(("x-nearend", "x-farend")):
        rs = Recording(scene, f"{side}@made.example", labels=(None,), base=20 * i, sender=uri.format(side))
        rs.invite(1 + i / 10, require=False)
        rs.voice(1.3, 5)
        rs.bye(5)
    same(one(library, scene), caller="2000", callee="0100200300")


def by_headers(library):
    """Network-based recording: SDP alone, who is recorded in headers."""
    scene = Scene()
    rs = Recording(scene, labels=(None, None))
    name = "X-Cisco-Recording-Participant"
    rs.invite(1, require=False, extra=[(name, 'sip:0100200300@gw;media-index="0"'), (name, 'sip:2001@10.1.1.1;media-index="1"')])
    sent = rs.voice(1.1, 4, 0), rs.voice(1.1, 3, 1)
    rs.bye(4)
    row = one(library, scene)
    same(row, caller="0100200300", callee="2001")
    assert received(row, 0) == [sent[0]] and received(row, 1) == [sent[1]]


def description_in_ack(library):
    """The client asks for an offer and answers it in its ACK, with its metadata or without any."""
    for text in (two(), None):
        scene, name = Scene(), f"late{bool(text)}@made.example"
        rs = Recording(scene, name)
        rs.request(1, "INVITE")
        rs.reply(1.05, sdp=rs.lines(RECORDER, 7000, "recvonly"))
        answer = rs.lines(CLIENT, 6000, "sendonly")
        body, kind = (multipart(answer, text), "multipart/mixed;boundary=recording-boundary") if text else (answer, "application/sdp")
        rs.put(1.1, make.sip_request("ACK", "sip:srs@10.0.0.9", name, 1, rs.sender, "sip:srs@10.0.0.9", "src", "srs", body=body, content_type=kind), True)
        sent = rs.both(1.2, 4)
        rs.bye(4)
        row = one(library, scene)
        same(row, outcome="recorded", caller="alice" if text else "src", callee="201" if text else "srs")
        assert received(row, 0) == [sent[0]] and received(row, 1) == [sent[1]], row["legs"]


def asked_and_gone(library):
    """Neither description nor metadata ever came: a row all the same."""
    scene = Scene()
    rs = Recording(scene)
    rs.request(1, "INVITE")
    rs.reply(1.1, status=503)
    same(one(library, scene), disposition="failed", outcome="none", sip_status=503)


def mapping(library):
    """Rules read the metadata's parties, a vendor's elements and the headers of the recording session."""
    extension = '<extensiondata xmlns:v="urn:vendor"><v:ucid>00FA;encoding=hex</v:ucid><v:callingParty>false</v:callingParty></extensiondata>'
    scene = Scene()
    rs = Recording(scene)
    people = person("alice", send=["a"]).replace("</participant>", extension + "</participant>") + person("201", send=["b"], text="Sales")
    rs.invite(1, document(session(), people, stream("a", 1), stream("b", 2)), extra=[("X-Queue", "gold")])
    rs.both(1.1, 3)
    rs.bye(3)
    rules = ("[map id]\nfrom=metadata ucid\nmatch=^([0-9A-F]+)\nset=business_id\n[map q]\nfrom=header X-Queue\nset=queue\n"
             "[map a]\nfrom=callee\nset=agent\n[map c]\nfrom=caller display\nset=client\n")
    row = one(library, scene, config=rules)
    same(row, caller="201", callee="alice", client="Sales")  # callingParty false: he was called
    assert row["segments"] == [{**row["segments"][0], "agent": "alice", "queue": "gold"}], row["segments"]
    assert stored(library, row, "business_id") == "00FA"


def consent(library):
    scene = Scene()
    rs = Recording(scene)
    rs.invite(1, two(), extra=[("X-Consent", "yes")])
    rs.both(1.1, 3)
    rs.bye(3)
    row = one(library, scene, config="[consent]\nheader=X-Consent\ngiven=yes\ncallee=201\nnotice=n\n")
    same(row, consent_state="given")


def consent_by_key(library):
    """The customer's key counts, the agent's does not."""
    for line, state in ((0, "refused"), (1, "requested")):
        scene = Scene()
        rs = Recording(scene, f"key{line}@made.example")
        rs.invite(1, two())
        rs.both(1.1, 3)
        for i in range(8):
            rs.sequence[line] += 1
            payload = make.telephone_event(2, 160 * min(i + 1, 6), end=i >= 5)
            data = make.rtp(101, rs.sequence[line], 24000, 0xC0 + line, payload, marker=i == 0)
            scene.put(3 + i * STEP, (CLIENT, 6000 + 2 * line), (RECORDER, 7000 + 2 * line), data)
        rs.both(3.3, 5)
        rs.bye(5)
        row = one(library, scene, config="[mapping]\nextensions=2..\n[prompt p]\ncallee=201\nstart=1s\nlength=3s\ngiven=1\nrefused=2\n")
        same(row, consent_state=state)
        assert events(row, "dtmf") == [("dtmf", line, None)], row["events"]


def unanswered_lines(library):
    """The recorder refused the second line."""
    scene = Scene()
    rs = Recording(scene)
    rs.request(1, "INVITE", two(), rs.lines(CLIENT, 6000, "sendonly"))
    rs.reply(1.05, sdp=rs.lines(RECORDER, 7000, "recvonly").replace("m=audio 7002", "m=audio 0"))
    sent = rs.both(1.1, 4)
    rs.bye(4)
    row = one(library, scene)
    assert received(row, 0) == [sent[0]] and row["legs"][1]["streams"] == [], row["legs"]
    same(row, outcome="partial", outcome_reason="no audio of the callee")


def killed(library):
    """A recorder that is killed in a conference: every leg of it is repaired."""
    scene, folder = Scene(), library.path.parent
    rs = Recording(scene)
    rs.invite(1, two())
    rs.both(1.1, 4)
    rs.labels.append(3)
    rs.invite(4, document(person("299", send=["c"], recv=["a", "b"]), stream("c", 3), mode="partial"))
    for line in range(3):
        rs.voice(4.1, 40, line)
    scene.write(folder / "first.pcap")
    recorder = subprocess.Popen([TOOL, library.path, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    recorder.stdin.write((folder / "first.pcap").read_bytes())
    recorder.stdin.flush()
    until = time.monotonic() + 60
    spool = library.path / "spool"
    while not any(len(json.loads(p.read_text())["legs"]) == 3 and p.with_suffix(".part").exists() and p.with_suffix(".part").stat().st_size > 40000
                  for p in spool.glob("*.meta")):
        assert time.monotonic() < until and recorder.poll() is None
        time.sleep(0.02)
    recorder.kill()
    recorder.communicate()
    row = one(library, Scene())
    same(row, outcome="partial", outcome_reason="interrupted", ended_by="interrupted", caller="alice", callee="201", disposition="answered")
    assert roles(row) == ["caller", "callee", "participant"] and row["duration_ms"] > 12000, row
    assert level(sound(library, row)[8 * 8000:16 * 8000, 0], 1700) > 100
    again = one(library, scene)  # the same capture completes it
    same(again, id=row["id"], outcome="partial", outcome_reason="the capture ended during the call")


def encrypted_lines(library):
    """RTP/SAVP with the client's keys in its offer: each line has its own."""
    scene = Scene()
    recording = Recording(scene)
    recording.keys = [Sender("AEAD_AES_256_GCM", 1), Sender("AES_CM_128_HMAC_SHA1_32", 2)]
    recording.invite(1, two())
    recording.both(1.1, 4)
    recording.bye(4)
    row = one(library, scene, config="[record]\nchannels=split\n")
    same(row, outcome="recorded", missing_ms=0)
    assert received(row, 0) == received(row, 1) == [145], row["legs"]
    heard = sound(library, row)
    for leg, hz in enumerate((400, 1000)):
        assert level(heard[:, leg], hz) > 1500, level(heard[:, leg], hz)


run(globals())
