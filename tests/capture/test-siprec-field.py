#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What real recording clients sent, where it lies beside the project, as whole recording sessions: each message becomes a
session with media, each capture is recorded; who is who, whose voice is which, pauses and transfers are as they were.

test-siprec-field.py RECORD-TOOL DATA-FOLDER. Skips itself (77) without the folder."""
import json, pathlib, re, sys, tempfile
import make_capture as make
from scenes import EPOCH, STEP, Library, Scene, tone, ulaw

TOOL, DATA = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
CLIENT, RECORDER = "192.0.2.10", "192.0.2.20"
TWO = ["caller", "callee"]

# Messages of one session in order: rows as (caller, callee, roles, on which leg the first line comes), kinds of events.
EXPECTED = {
    "miarec_avaya_sbce_inbound__avaya_sbce_inbound_cancelled": ([("13035381001", "ASBCE", TWO, 0)], []),
    "miarec_broadworks_acd": ([("+19015783200", "8638254725", ["mixed"], 0)], []),
    "miarec_broadworks_pause_resume": ([("+19015783200", "8638254725", ["mixed"], 0)], ["pause", "resume"]),
    "miarec_broadworks_redirect": ([("7202", "86074075008105", ["mixed"], 0), ("+12033066424", "86074075008105", ["mixed"], 0)], ["transferred"]),
    "miarec_cisco_cube_network_based_normal_1": ([("2164485925", "20053", ["mixed"], 0)], []),
    "miarec_cisco_webex_calling__inbound_01": ([("7711", "kculs9klre", TWO, 1)], []),
    "miarec_metaswitch_16_basic_call_recording__16a_basic_call_inbound": ([("7602922411", "7602922410", ["mixed"], 0)], []),
    "miarec_metaswitch_19_shared_line__19b_shared_line_callA": ([("7602922411", "7602922414", ["mixed"], 0)], ["pause", "resume"]),
    "drachtio_acme-siprec-offer": ([("9000", "1002", TWO, 0)], []),
    "drachtio_broadworks-offer-2": ([("9878942259", "ASBCE", TWO, 0)], []),
    "drachtio_cisco-siprec-offer": ([("7301", "7300", TWO, 0)], []),
    "drachtio_connectel-offer": ([("0771121212", "0760516936", TWO, 0)], []),
    "voiceip_cisco_siprec_invite": ([("+19995551234", "agent5678", ["mixed"], 0)], []),
    "voiceip_siprec_invite_full": ([("alice", "bob", TWO, 0)], []),
    "netsapiens_v10_2026-07-20": ([("1003", "1001w", TWO, 0)], []),
}
NETSAPIENS = "".join(f"m=audio {port} RTP/AVP 0\r\na=label:{label}\r\na=sendonly\r\n" for label, port in ((1, 6000), (2, 6002)))


def messages(name):
    """Whole INVITEs; what is a body alone gets the head that its boundary asks for."""
    found = sorted((DATA / "siprec").glob(name + "_[0-9]_invite.sip"))
    if found:
        return [p.read_bytes() for p in found]
    (path,) = (DATA / "siprec").glob(name + ".*")
    data = path.read_bytes()
    if path.suffix == ".xml":
        data = (f"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 {CLIENT}\r\n{NETSAPIENS}\r\n--b\r\n"
                "Content-Type: application/rs-metadata+xml\r\n\r\n").encode() + data + b"\r\n--b--\r\n"
    elif data.startswith(b"INVITE"):
        data = data[data.index(b"\n--") + 1:] if b"\n--" in data else data
    boundary = re.search(rb"--([^\r\n]+)", data)[1].decode().strip()
    return [make.sip_request("INVITE", "sip:srs@192.0.2.20", "one@field.example", 1, "sip:src@192.0.2.10", "sip:srs@192.0.2.20", extra=[("Require", "siprec")],
                             body=data[data.index(b"--" + boundary.encode()):], content_type=f"multipart/mixed;boundary={boundary}")]


def header(data, name):
    return re.search(rf"^{name}\s*:\s*(.*?)\s*$".encode(), data, re.M | re.I)[1].decode()


def lines_of(data):
    """(port, paused, payload type) of each audio line."""
    text = data.decode(errors="replace").replace("\r", "")
    sdp = text[text.index("v=0"):]
    muted = "c=IN IP4 0.0.0.0" in sdp
    return [(int(m[1]), muted, int(m[2])) for m in re.finditer(r"^m=audio (\d+) \S+ (\d+)", sdp, re.M)]


class Session:
    def __init__(self, scene):
        self.scene, self.sequence, self.invite = scene, {}, None

    def put(self, at, from_client, data):
        ends = ((CLIENT, 5062), (RECORDER, 5060))
        self.scene.put(at, *(ends if from_client else ends[::-1]), data)

    def reply(self, at, data, body, method="INVITE"):
        names = ("Via", "From", "Call-ID")
        to = header(data, "To")
        head = [(n, header(data, n)) for n in names] + [("To", to if ";tag=" in to else to + ";tag=srs1"), ("CSeq", f"{header(data, 'CSeq').split()[0]} {method}")]
        head += [("Content-Type", "application/sdp")] if body else []
        self.put(at, False, make.sip_message("SIP/2.0 200 OK", head, body))

    def offer(self, at, data):
        self.invite = self.invite or data
        self.put(at, True, data)
        answer = f"v=0\r\no=- 1 1 IN IP4 {RECORDER}\r\ns=-\r\nc=IN IP4 {RECORDER}\r\nt=0 0\r\n"
        for i, (_, _, payload_type) in enumerate(lines_of(data)):
            answer += f"m=audio {40000 + 2 * i} RTP/AVP {payload_type}\r\na=recvonly\r\n"
        self.reply(at + 0.01, data, answer)

    def voices(self, start, end, data):
        counts = []
        for i, (port, paused, _) in enumerate(lines_of(data)):
            count = 0 if paused else int((end - start) / STEP)
            coded = ulaw(tone(400 + 600 * i, max(count, 1) * STEP))
            for k in range(count):
                self.sequence[i] = self.sequence.get(i, 0) + 1
                packet = make.rtp(0, self.sequence[i], 160 * self.sequence[i], 0xE0 + i, coded[k * 160:(k + 1) * 160])
                self.scene.put(start + k * STEP, (CLIENT, port), (RECORDER, 40000 + 2 * i), packet)
            counts.append(count)
        return counts

    def bye(self, at):
        head = [("Via", header(self.invite, "Via") + "9"), ("From", header(self.invite, "From")), ("To", header(self.invite, "To") + ";tag=srs1"),
                ("Call-ID", header(self.invite, "Call-ID")), ("CSeq", "604999999 BYE")]
        self.put(at, True, make.sip_message("BYE sip:srs@192.0.2.20 SIP/2.0", head))


def check_message(library, name):
    wanted, kinds = EXPECTED[name]
    scene, at, sent = Scene(), 1.0, []
    session = Session(scene)
    for data in messages(name):
        session.offer(at, data)
        sent.append(session.voices(at + 0.1, at + 3, data))
        at += 3
    session.bye(at)
    rows = sorted(library.scene(scene), key=lambda r: r["started_us"])
    assert [(r["caller"], r["callee"], [leg["role"] for leg in r["legs"]]) for r in rows] == [w[:3] for w in wanted], rows
    counted = sum(s["received"] for r in rows for leg in r["legs"] for s in leg["streams"])
    assert counted == sum(map(sum, sent)), (counted, sent)
    assert rows[0]["legs"][wanted[0][3]]["streams"][0]["ssrc"] == "000000e0", rows[0]["legs"]
    found = [e["kind"] for r in rows for e in r["events"] if e["kind"] in ("pause", "resume", "transferred", "hold")]
    assert found == kinds, found
    assert len({r["group_id"] for r in rows}) == 1 and (len(rows) == 1 or rows[0]["group_id"]), [r["group_id"] for r in rows]
    assert all(r["disposition"] == "answered" and r["file"] for r in rows), rows
    assert abs(rows[-1]["ended_us"] / 1e6 - EPOCH - at) < 0.01 and abs(rows[0]["answered_us"] / 1e6 - EPOCH - 1.01) < 0.01


# Of captures: who, roles, events.
CAPTURES = {
    "siprec_avaya_sbce_tcp": ("13035381001", "7204541001", TWO, ["participant-left", "participant-joined"]),
    "siprec_bw_pause_resume_tcp": ("+19015783200", "8638254725", ["mixed"], ["pause", "resume"]),
    "siprec_cisco_2stream_tcp": ("448707803128", "8001", TWO, []),
    "siprec_ms_g722_udp": ("7602922410", "7602922411", ["mixed"], []),
    "siprec_ms_g729_tcp": ("7602922410", "7602922411", ["mixed"], []),
}


def check_capture(library, name):
    capture = DATA / "pcap" / (name + ".pcap")
    truth = json.loads(capture.with_name(capture.name + ".truth.json").read_text())
    (row,) = library.record(capture)
    caller, callee, roles, kinds = CAPTURES[name]
    (call,) = truth["sip"]["calls"]
    assert (row["caller"], row["callee"], [leg["role"] for leg in row["legs"]]) == (caller, callee, roles), row
    assert row["call_id"] == call["call_id"] and [e["kind"] for e in row["events"]] == kinds, row["events"]
    for field, moment in (("started_us", "invite_epoch"), ("answered_us", "answer_epoch"), ("ended_us", "end_epoch")):
        assert abs(row[field] / 1e6 - call[moment]) < 0.06, (field, row[field], call[moment])
    streams = {int(s["ssrc"], 16): s["received"] for leg in row["legs"] for s in leg["streams"]}
    assert streams == {int(s["ssrc"], 16): s["unique_seq"] for s in truth["rtp_streams"]}, streams
    if len(roles) > 1 and len(streams) > 1:
        assert row["legs"][0]["streams"][0]["ssrc"] == "1a2b0001"  # label 1 is the caller's


def main():
    if not DATA.is_dir():
        print("no data")
        sys.exit(77)
    bodies = {re.sub(r"_\d_invite$", "", p.stem) for p in (DATA / "siprec").iterdir()}
    alone = {"siprec_truth", "drachtio_non-siprec-payload", "drachtio_sample-sdp2", "drachtio_sample-sdps"}  # no metadata
    assert bodies == set(EXPECTED) | alone, bodies ^ (set(EXPECTED) | alone)
    failed = 0
    for name in [*EXPECTED, *CAPTURES]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                (check_message if name in EXPECTED else check_capture)(Library(TOOL, folder), name)
                print("ok", name)
            except AssertionError as wrong:
                failed += 1
                print("not ok", name, str(wrong)[:1500])
    sys.exit(1 if failed else 0)


main()
