#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets beside itself. Run it by hand after a change and commit what it writes."""
import pathlib, struct, sys, zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "capture"))
import make_capture as make
import recording_metadata
import tunnels

SDP = make.sdp("192.0.2.1", 4000, (0, 8, 101), ("rtpmap:101 telephone-event/8000", "fmtp:101 0-16", "ptime:20"))
V4 = make.ipv4("192.0.2.1", "198.51.100.7", make.udp(5060, 5062, b"four"))
V6 = make.ipv6("2001:db8::1", "2001:db8::7", make.udp(4000, 4002, b"six"),
               extensions=[make.hop_by_hop(), make.routing(), make.authentication()])


def sip():
    yield "invite", make.sip_request("INVITE", "sip:bob@10.0.0.2", body=SDP, extra=[("Subject", "hello"), ("X-Queue", "a;b")])
    yield "ringing", make.sip_response(180, "Ringing")
    yield "ok", make.sip_response(200, "OK", body=SDP, extra=[("Contact", "<sip:bob@10.0.0.2>")])
    yield "bye", make.sip_request("BYE", "tel:+20-2-555-0100", cseq=2, caller="tel:+20-2-555-0101", to_tag="b")
    yield "compact", ("\r\n\r\nCANCEL sip:%6donA@x SIP/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bK1,SIP/2.0/TCP i\r\nf: \"منى \\\"س\\\"\" "
                      "<sip:+2025550100;ext=1@[2001:db8::1]:5060>;tag=1\r\nt : Lee, Ann <sip:ann@x>;tag=\"2\"\r\ni:\r\n folded@x\r\n"
                      "CSeq:  9  CANCEL\r\nl: 4\r\nm: *\r\n\r\nabcdef").encode()
    yield "bare", (b"INFO <sip:b@x> SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK-a\nFrom: sip:a:secret@x;tag=3\n"
                   b"To: <urn:service:sos>\nCall-ID: \xff\x00\xe2\x80\xae@x\nCSeq: 4294967295 INFO\nContent-Length: -5\n\n\x00")


def sdp():
    yield "plain", SDP.encode()
    yield "hold", make.sdp("0.0.0.0", 4000, direction="sendonly").encode()
    yield "rich", ("v=0\no=two words 1 18446744073709551616 IN IP6 2001:db8::1\ns=-\nc=IN IP4 224.2.1.1/127/3\na=recvonly\n"
                   "a=fingerprint:sha-256 AB\nm=audio 4376/2 RTP/SAVP 96 97 18 0 19\na=fmtp:96 maxplaybackrate=16000;stereo=0\n"
                   "a=rtpmap:96 opus/48000/2\na=rtpmap:97 iLBC/8000\na=fmtp:18 annexb=no\na=label:عميل\na=crypto:1 x inline:y\n"
                   "a=inactive\nm=image 4 udptl t38\nm=video 0 RTP/AVP 31\nc=IN IP6 ::\nm=audio 9 RTP/AVP 9\nc=IN IP4 h\n").encode()


def srtp():
    import srtp as sender
    packet = make.rtp(0, 65535, 1, 7, b"voice", csrc=(1,), extension=(0xBEDE, b"abcd"))
    for suite, mki in (("AES_CM_128_HMAC_SHA1_80", b"\0\1"), ("AES_256_CM_HMAC_SHA1_32", b""), ("AEAD_AES_128_GCM", b"\1")):
        one = sender.Sender(suite, mki=mki)
        sent = [one.protect(packet), b"\x80\xc9\0\1" + bytes(24)]
        body = b"".join(struct.pack(">H", len(p) | how << 14) + p for how, p in zip((0, 1), sent))
        yield suite.lower(), one.line(more=" KDR=0").removeprefix("crypto:").encode() + b"\n" + body
    plain = [packet, packet[:12], b"\x9f" + packet[1:], b"\x90" + packet[1:14]]
    yield "known-key", b"1 x inline:y;inline:z\n" + b"".join(struct.pack(">H", len(p) | 2 << 14) + p for p in plain)


def last_search():
    rows = b"0199c82c-0000-7000-8000-00000000000a\n0199c82c-0000-7000-8000-00000000000b\n"
    yield "two", b"\2/library\n" + rows
    yield "none", b"\1"  # an empty file
    yield "elsewhere", b"\1/else\xe2\x80\xae\x1b[2Jwhere\n" + rows
    yield "hostile", b"\1/library\n\x1b]0;x\7\xff\n"


def journal():
    import json
    ident, at = "0199c82c-0000-7000-8000-00000000000a", 1760000000000000
    def record(kind, body=b"", call=1):
        return struct.pack("<II", len(body) | kind << 24, call) + body
    def packet(kind, number, place, payload=b"", marker=0):
        return record(kind, struct.pack("<BBHIq", number, marker, place, 160 * place, at + 20000 * place) + payload)
    def known(**more):
        facts = dict(id=ident, source_key="k", started_us=at, answered_us=at, direction="inbound", disposition="answered", seen_us=at)
        return json.dumps(facts | more).encode()
    begin = record(1, struct.pack("<HHiiiiqqq", 1, 2, 0, 0, 0, -60000, 100, 5000, 300) + ident.encode())
    source = b"".join(record(2, struct.pack("<BBBBIIii16sHBB", leg, 1, 1, 0, leg, 7, 8000, 8000, bytes(16), 5000, 4, 0) + b"PCMU") for leg in (0, 1))
    talk = b"".join(packet(3, leg, n, b"\x55" * 8, n == 0) for n in range(3) for leg in (0, 1))
    rest = lambda kind, leg=0, reason=1: record(kind, struct.pack("<IIqq", leg, reason, at + 50000, at + 60000))
    end = record(11, known(ended_us=at + 80000, ended_by="caller", voices=[{"role": role, "heard": 1, "may_send": 1} for role in ("agent", "customer")],
                           events=[{"at_ms": 5, "kind": "hold", "leg": 0}], problems=[{"leg": 0, "ssrc": 7, "problem": "x"}]))
    yield "ended", b"\0" + begin + source + talk + end
    yield "interrupted", b"\0" + record(10, known()) + begin + source + talk + record(5) + rest(6) + rest(7) + rest(8) + rest(9) + packet(4, 1, 5)
    yield "gone", b"\0" + record(10, known()) + begin + record(12)
    yield "silent", b"\0" + record(10, known(answered_us=-1, disposition="busy"))
    yield "mixed", b"\0" + record(1, struct.pack("<HHiiiiqqq", 1, 1, 0, 0, 0, 0, 100, 5000, 300) + ident.encode()) + record(
        11, known(ended_us=at + 9, mixed=True, voices=[{"role": "mixed"}], hold_since_us=at))
    yield "unknown", b"\0" + begin + source + talk
    yield "changed", b"\2" + struct.pack("<HBHB", 70, 1, 5, 4) + begin + source + packet(3, 0, 0, b"\x55" * 8)
    yield "rubbish", b"\xffEARJRNL\nEJbk" + struct.pack("<IQQQ", 4, 0, 0, 0) + b"EJbkEJbk"


def recorders():
    state = (b'{"pid":7,"source":"live","name":"eth0","started_at":"2025-10-09T08:53:20.000Z","updated_at":"2025-10-09T08:53:20.000Z",'
             b'"last_packet_at":null,"last_call_at":null,"packets":1,"calls_open":2,"dropped":0}\n')
    yield "state", state
    yield "follow", b"follow\n"
    yield "follow-more", b"follow\nfollow\n"
    yield "wrong", state.replace(b"2,", b"-9223372036854775808,").replace(b'"live"', b"[[{}]]")
    yield "cut", state[:-9]


def index():
    every = b"\xff"  # operation
    value = lambda column, kind, data: every + b"\0" + struct.pack(">HBB", column, kind, len(data)) + data
    patch = lambda at, data: every + b"\1" + at.to_bytes(3, "big") + bytes([len(data)]) + data
    yield "whole", every
    yield "json", value(28, 0, b"[{}]")
    yield "blob", value(9, 2, b"\xff")
    yield "huge", value(30, 1, b"-9")
    yield "null", value(31, 3, b"")
    yield "text", value(40, 0, b"../\x1b\xff")
    yield "head", patch(18, b"\1")
    yield "root", patch(100, b"\5")
    for operation in range(0, 40, 3):  # one alone is quick
        yield f"ask-{operation}", bytes([operation]) + value(operation * 5, operation & 3, b"1[]")[1:]


def multipart():
    metadata = "--b 1\r\nContent-Type: application/sdp\r\n\r\n" + SDP
    yield "two", ("multipart/mixed; charset=x;boundary=\"b 1\"\n" + metadata + "\r\n--b 1\r\nContent-Type:application/rs-metadata+xml\r\n"
                  "Content-Disposition: recording-session;handling=optional\r\n\r\n<recording/>\r\n--b 1--\r\nend").encode()
    yield "open", b"Multipart/Mixed;BOUNDARY=b\npreamble\n--b  \nc:a/b\n\nx\n--bb\n--b\n\ny"
    yield "single", b"application/sdp;x=y\nv=0\n"
    broadworks = recording_metadata.broadworks()
    kind, body = broadworks.body(broadworks.sdp("192.0.2.1", [6000]))
    yield "first", f"{kind}\n".encode() + body
    yield "nested", b"multipart/mixed\n--a\nContent-Type: multipart/related; boundary=\"b;c\"\n\n--b;c\nContent-Type: a/b\n\nx\n--b;c--\n--a--"


def link():
    def frames(*each, kind=0, apart=1):
        return b"".join(bytes([kind, apart]) + struct.pack(">H", len(f)) + f for f in each)

    wraps = [lambda ip: make.ethernet(ip, vlans=[3, 4]), make.sll, make.sll2, make.null, make.loop, bytes]
    for i, wrap in enumerate(wraps):
        yield f"link-{i}", frames(wrap(V4), wrap(V6), kind=i)
    yield "options", frames(make.ipv4("192.0.2.1", "192.0.2.2", make.udp(1, 2, b"x"), options=b"\x94\x04\0\0"), kind=5)
    kinds = {make.ETHERNET: 0, tunnels.PPP: 6, tunnels.HDLC: 7, tunnels.PPP_ETHER: 8, tunnels.MPLS: 9, tunnels.PPP_SERIAL: 10, tunnels.NFLOG: 11}
    for name, (kind, wrap) in tunnels.TUNNELS.items():
        yield "".join(c for c in name.lower().replace(" ", "-") if c != ","), frames(wrap(V4), kind=kinds[kind])
    large = make.udp(5060, 5062, bytes(range(90)))
    for version, ip in (("v4", make.ipv4("192.0.2.1", "198.51.100.7", large)), ("v6", make.ipv6("2001:db8::1", "2001:db8::7", large))):
        parts = tunnels.fragments(ip, 32)
        yield f"fragments-{version}", frames(*parts[1:], *parts, kind=5)
        inside = [tunnels.over_gre(tunnels.gre(p, make.ethertype(p))) for p in parts[:2]]
        yield f"fragments-{version}-in-fragments", frames(*(q for n, p in enumerate(inside) for q in tunnels.fragments(p, 40, n)), kind=5)
    contrary = tunnels.fragments(make.ipv4("192.0.2.1", "198.51.100.7", make.udp(1, 2, bytes(40))), 16)
    yield "fragments-contrary", frames(contrary[0], contrary[1], contrary[1][:-1] + b"\1", contrary[2], kind=5, apart=3)


def listen():
    def frames(*each):
        return b"".join(bytes([kind, kept]) + struct.pack(">H", len(frame)) + frame for kind, kept, frame in each)

    def packet(source, target, port, to_port, payload):
        return make.ethernet(make.ipv4(source, target, make.udp(port, to_port, payload)))

    a, b = "10.0.0.1", "10.0.0.2"
    invite = packet(a, b, 5060, 5060, make.sip_request("INVITE", "sip:bob@10.0.0.2", body=make.sdp(a, 4000)))
    answer = packet(b, a, 5060, 5060, make.sip_response(200, "OK", body=make.sdp(b, 6000)))
    media = [packet(a, b, 4000, 6000, make.rtp(0, n, 160 * n, 7, bytes(160))) for n in range(6)]
    yield "call", frames((0, 255, invite), (0, 255, answer), *((0, 255, m) for m in media), (0, 255, media[5]))
    tcp = struct.pack(">HHIIBBHHH", 5060, 5061, 1, 1, 0x50, 0x18, 100, 0, 0)
    yield "tcp", frames((0, 255, make.ethernet(make.ipv4(a, b, tcp + b"\x16\x03\x01\0\0", protocol=6), vlans=[3, 4])),
                        (5, 255, make.ipv6("::1", "::2", make.udp(1, 4789, b"x"))), (1, 255, make.sll(V4)),
                        (5, 30, make.ipv4(a, b, b"\0\0\x88\xbe" + bytes(30), protocol=47)),
                        (0, 255, b"\1" * 12 + b"\x88\x47" + bytes(20)))


def tcp():
    def segments(*each):
        return b"".join(struct.pack(">BBhBBH", direction, flags, off, wait, cut, len(data)) + data
                        for direction, flags, off, wait, cut, data in each)

    invite, ok = make.sip_request("INVITE", "sip:bob@10.0.0.2", body=SDP), make.sip_response(200, "OK", body=SDP)
    a, b, c = invite[:100], invite[100:300], invite[300:] + b"\r\n\r\n" + invite
    yield "call", segments((0, 2, 0, 0, 0, b""), (1, 18, 0, 0, 0, b""), (0, 16, 0, 1, 0, a), (0, 16, 0, 1, 0, b), (0, 16, 0, 1, 0, c),
                           (1, 16, 0, 1, 0, ok), (0, 17, 0, 9, 0, b""))
    yield "order", segments((0, 2, 0, 0, 0, b""), (0, 16, 300, 0, 0, c), (0, 16, -300 - len(c), 0, 0, a), (0, 16, 0, 0, 0, b),
                            (0, 16, -250, 0, 0, b[:150] + bytes(100)))
    yield "holes", segments((0, 16, 0, 0, 0, invite), (0, 16, 50, 250, 0, ok), (1, 16, 0, 250, 9, a), (1, 16, 0, 0, 0, invite),
                            (0, 4, 0, 0, 0, b""))
    shake = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
    yield "websocket", segments((0, 2, 0, 0, 0, b""), (0, 16, 0, 0, 0, shake), (0, 16, 0, 0, 0, make.websocket(invite)),
                                (2, 16, 0, 0, 0, make.websocket(ok, masked=False)), (4, 16, 0, 0, 0, b"\x16\x03\x01\0\5hello"))


def websocket():
    def pieces(*each):
        return b"".join(struct.pack(">H", len(data) | (0x8000 if lost else 0)) + data for data, lost in each)

    invite = make.sip_request("INVITE", "sip:bob@10.0.0.2", body=SDP)
    packer = zlib.compressobj(wbits=-15)
    packed = [packer.compress(invite) + packer.flush(zlib.Z_SYNC_FLUSH) for _ in range(2)]
    frame = make.websocket(invite)
    yield "plain", pieces((frame, False), (make.websocket(invite, masked=False, opcode=2), False))
    yield "fragments", pieces((make.websocket(invite[:50], last=False) + make.websocket(b"ping", opcode=9) +
                               make.websocket(invite[50:], opcode=0), False))
    yield "holes", pieces((frame[:200], False), (frame[200:250], True), (frame[250:] + frame, False), (frame, True), (frame, False))
    yield "packed", pieces(*((make.websocket(p[:-4], compressed=True), False) for p in packed))
    yield "handshake", b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n" + frame


def rtcp():
    yield "stream", b"".join(make.rtp(0, n, 160 * n, 7, b"12345678") for n in (65534, 65535, 0, 2))
    yield "reports", make.rtp(0, 1, 160, 7, bytes(4)) + make.rtcp_sender_report(7, (1, 2), 160, 1, 4)


def rtp():
    yield "plain", make.rtp(0, 1, 160, 0xDEADBEEF, bytes(8), marker=True)
    yield "all", make.rtp(96, 2, 320, 1, bytes(8), csrc=(2, 3), extension=(0xBEDE, bytes(8)), padding=4)
    yield "rtcp", make.rtcp_sender_report(1)


def telephone_event():
    def packets(*rows):
        return b"".join(struct.pack(">BBBB", ms, ssrc, at >> 16, at & 0xFF) + make.telephone_event(event, duration, end)
                        for ms, ssrc, at, event, duration, end in rows)
    yield "key", packets((0, 1, 5, 4, 160, False), (20, 1, 5, 4, 320, False), (20, 1, 5, 4, 480, True), (5, 1, 5, 4, 480, True))
    yield "held", packets((0, 1, 1, 9, 65535, False), (20, 1, 0x10000, 9, 160, False), (250, 2, 0x10000, 9, 320, True))


def pcap_file():
    packets = [(1_760_000_000.5, make.ethernet(V4)), (1_760_000_001, make.ethernet(V6), 400)]
    yield "little.pcap", make.pcap(make.ETHERNET, packets)
    yield "big.pcap", make.pcap(make.SLL, [(1, make.sll(V4))], order=">", nanoseconds=True)
    yield "little.pcapng", make.pcapng(make.ETHERNET, packets, nanoseconds=True)
    yield "big.pcapng", make.pcapng(make.RAW, [(1, V4)], order=">")


def ogg_page(flags, granule, sequence, packets):
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    page = bytearray(struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 7, sequence, 0, len(lacing)) + lacing + b"".join(packets))
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum & 0x80000000 else 0)) & 0xFFFFFFFF
    page[22:26] = struct.pack("<I", checksum)
    return bytes(page)


def opus_file():
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 312, 8000, 0, 0)
    split = struct.pack("<8sBBHIhBBBBB", b"OpusHead", 1, 2, 312, 16000, 0, 1, 2, 0, 0, 1)
    tags = b"OpusTags" + struct.pack("<I1sII3s6x", 1, b"v", 1, 3, b"A=b")
    packet = b"\x08" + bytes(3)  # 20 ms of narrow band
    start = ogg_page(2, 0, 0, [head]) + ogg_page(0, 0, 1, [tags])
    yield "whole", start + ogg_page(0, 1920, 2, [packet] * 2) + ogg_page(4, 3500, 3, [packet] * 2)
    yield "killed", start + ogg_page(0, 1920, 2, [packet] * 2) + ogg_page(0, 3840, 3, [packet] * 2)[:-2]
    yield "split", (ogg_page(2, 0, 0, [split]) + ogg_page(0, 0, 1, [tags]) +
                    ogg_page(4, 1920, 2, [b"\x48\x02" + bytes(5), b"\x4b\x02" + bytes(300)]))


def answers():
    yield "whole", ("\ufeff# filled\r\n[evaluation]\r\nrubric=r\nversion=1\nevaluator=منى\nsegment=٢\n[answers]\na=yes\nb= ٣ \nc=n/a\n"
                    "[notes]\na=x = [y]\n[comments]\n1:05=one\n١:٠٥=two\ncall=all\n").encode()
    yield "bare", b"[answers]\na=no\nb=0\nc=good\n"


def rubric():
    yield "whole", ("[rubric]\nid=r\nversion=1\ntitle=T\ntitle[ar]=ت\npass=80\n[section s]\ntitle=S\nweight=2\n"
                    "[question a]\nsection=s\ntext=Q\\nx\ntype=yes-no\ncritical=business\n"
                    "[question b]\nsection=s\ntext=Q\ntype=scale\npoints=1\nlabel.0=x\nlabel.1=y\nlabel.1[ar]=z\nna=true\n"
                    "[question c]\nsection=s\ntext=Q\ntype=choice\noptions=d;e\noption.d=D\noption.e=E\npoints.d=0\npoints.e=2.5\n").encode()


INVITE, ACK, BYE, CANCEL, UPDATE, REFER = 0, 1, 2, 3, 4, 6


def recording():
    """Scripts for fuzz-recording.c, which says what the bytes mean."""
    def ask(method, dialog=0, cseq=1, lines=3, flags=0x10, kind=0, metadata=None):
        what = method | (0x10 if metadata else 0) | kind << 6
        return bytes([0, what, cseq << 3 | dialog, lines, flags, *(metadata or ())])

    def say(lines, dialog=0, cseq=1):
        return bytes([0, 8 | 1, cseq << 3 | 4 | dialog, lines, 0])

    def voice(dialog, line, count, step=1):
        return bytes([1, 0x10 | line << 2 | dialog, count - 1, step])

    def document(session=0, partial=0, people=0x33, voices=0x09, stop=0, hears=1):
        return [partial << 1 | session << 2 | stop << 5 | hears << 7, people, voices]
    wait = bytes([2, 100])
    open_two = ask(0, metadata=document()) + say(3)
    yield "two", open_two + voice(0, 0, 60) + voice(0, 1, 60) + ask(2, cseq=2, metadata=document(stop=1)) + wait
    yield "pause", (open_two + voice(0, 0, 30) + ask(0, cseq=2, lines=0x83) + say(3, cseq=2) + voice(0, 0, 20) + ask(0, cseq=3) + say(3, cseq=3) +
                    voice(0, 1, 20) + ask(1, cseq=4, lines=0, metadata=document(partial=1, people=0x44, voices=0x20, hears=0)) + wait)
    yield "ours", (ask(0, dialog=2, metadata=document()) + voice(2, 0, 40) + voice(2, 1, 40) +
                   ask(0, dialog=2, cseq=2, metadata=document(session=1, people=0x55, voices=0x21)) + voice(2, 0, 30) +
                   ask(2, dialog=2, cseq=3, lines=0) + wait)
    yield "bridge", (ask(0, kind=1, lines=1) + say(1) + ask(0, dialog=1, kind=2, lines=1) + say(1, dialog=1) + voice(0, 0, 30) + voice(1, 0, 30) +
                     ask(2, cseq=2, kind=1, lines=0) + ask(2, dialog=1, cseq=2, kind=2, lines=0) + wait)
    # Found by fuzzing: accepted when its end was known already.
    yield "ended", bytes.fromhex("00100a03031001558421121d0100821a00108033090112116104"
                                 "00a061000012031001558421121d0100821a00100264")
    yield "headers", ask(0, kind=3, lines=3) + say(3) + voice(0, 0, 20) + bytes([2, 230])
    text = b"<recording><participant participant_id='p9'><nameID aor='sip:9@h'/></participant></recording>"
    yield "text", open_two + bytes([3, 0, (len(text) + 3) // 4]) + text.ljust((len(text) + 3) // 4 * 4) + voice(0, 0, 20)


def calls():
    """Scripts for fuzz-calls.c, which says what the bytes mean."""
    def ask(method, side=0, callee=0, call=0, to=1, cseq=1, branch=0, body=0, consent=0):
        return bytes([0, method, callee << 5 | side << 2 | call, consent << 6 | cseq << 2 | to, body << 3 | branch])

    def say(status, method=INVITE, **more):
        step = bytearray(ask(method, **more))
        step[1] |= 8 | (100, 183, 200, 302, 401, 481, 486, 487).index(status) << 4
        return bytes(step)

    def voice(side, count, codec=0, source=None, step=1, ends=None):
        return bytes([1, (0x15, 0x51)[side] if ends is None else ends, (side + 1 if source is None else source) << 3 | codec, count - 1, step & 0xFF])

    def wait(unit):
        return bytes([2, unit])

    begin = ask(INVITE, to=0, body=1) + wait(50) + say(200, body=1) + ask(ACK, branch=1)
    yield "plain", begin + voice(0, 30) + voice(1, 30) + ask(BYE, cseq=2) + say(200, BYE, cseq=2) + wait(205)
    yield "hold", (begin + voice(0, 20) + ask(INVITE, cseq=2, body=2) + say(200, cseq=2, body=6) + voice(1, 9, step=3) + wait(201) +
                   ask(INVITE, cseq=3, body=4) + say(200, cseq=3, body=4) + voice(0, 9, codec=3) + ask(BYE, side=1, cseq=1))
    yield "early", (ask(INVITE, to=0, body=1, callee=1) + say(183, callee=1, body=1) + voice(1, 40) + say(486, callee=1) +
                    ask(INVITE, to=0, cseq=2, body=1, callee=2) + say(200, cseq=2, body=1, callee=2) + voice(0, 4, codec=4) +
                    voice(1, 9, source=5) + ask(INVITE, to=0, call=1, body=5) + say(302, call=1) + wait(254) + wait(254))
    yield "joined", (ask(INVITE, cseq=5, body=2) + say(200, cseq=5, body=1, consent=1) + voice(0, 9, ends=0x95) + wait(255) +
                     say(200, call=2, body=1) + voice(1, 9, ends=0x5F) + ask(REFER, call=2) + ask(CANCEL, call=3, to=0) + say(481, call=2))
    people = lambda step, which: step[:-1] + bytes([step[-1] | which << 6])
    yield "transfer", (begin + voice(0, 60) + voice(1, 60) + people(ask(INVITE, side=1, cseq=2, body=1), 3) + people(ask(REFER, side=1, cseq=3), 1) +
                       say(200, REFER, side=1, cseq=3) + ask(5, cseq=2) + people(ask(INVITE, call=1, to=0, callee=1, body=4), 2) +
                       people(ask(INVITE, call=3, to=0, body=1), 1) + say(200, call=3, body=1) + people(ask(REFER, call=3, cseq=4), 2) +
                       say(200, REFER, call=3, cseq=4) + ask(BYE, cseq=2) + wait(206))
    yield "bytes", begin + bytes([3, 0x15, 12]) + make.rtp(0, 9, 9, 9, b"") + bytes([3, 0, 4]) + b"\r\n\r\n" + ask(UPDATE, body=3)


def mapping():
    """Messages as fuzz-mapping.c reads them."""
    people = [("Contact", "<sip:202@h>"), ("P-Asserted-Identity", '"a;b" <sip:203@h>'), ("Remote-Party-ID", "<sip:204@h>;party=called"),
              ("Diversion", "<tel:+20-2;x=y>;reason=no"), ("X-Way", "InBound"), ("X-Client", "منى"), ("Replaces", "a%40b;to-tag=1;from-tag=2")]
    target = ("Refer-To", '"x" <sip:' + "a" * 40 + '!@h;q="s%20t"?Require=replaces&Replaces=a%40b%3Bto-tag%3D1>')
    yield "refer", make.sip_request("REFER", "sip:bob@10.0.0.2", to_tag="b", extra=[*people, target, ("Referred-By", "<sip:bob@h>;cid=1")])
    yield "notify", make.sip_request("NOTIFY", "sip:bob@10.0.0.2", to_tag="b", body="SIP/2.0 486 Busy\r\n", content_type="message/sipfrag;version=2.0",
                                     extra=[("Event", "refer;id=1")])
    yield "relation", make.sip_request("CANCEL", "sip:bob@10.0.0.2", extra=[("Session-ID", "ab30317f1a784dc48ff824d0d3715d86;remote=" + "0" * 32),
                                       ("Reason", 'Q.850;cause=26, SIP;cause=200;text="x"'), ("Join", "a@b;to-tag=1"), ("Contact", "<sip:c@h>;isfocus")])
    yield "answer", make.sip_response(200, "OK", extra=[*people, ("Refer-To", "sip:?Replaces=;&Replaces=%00")], caller="sip:x@h;a=%zz")


def config():
    yield "rules", (b"[map a]\nfrom=header Diversion parameter x\nmatch=^(\\d+)-(?<n>x)$\nset=queue\nvalue=\\2\\\\\\1\nmethod=INVITE,UPDATE\nstatus=2xx\n"
                    b"[map b]\nfrom=request\nset=direction\nvalue=internal\nstatus=request\n[map c]\nfrom=dialled host\nset=agent\nmatch=(\n"
                    b"[alert]\nevery=1m\n")
    yield "whole", ("\ufeff# floor\r\n[record]\r\nbitrate=24000\r\nchannels = split\r\nreorder=0.5s\r\nlinger=1:00\r\nearly_media=no\r\n"
                    "[mapping]\r\nextensions=2[0-9]{2}|a-.*\r\nqueue_header=X-Q\r\n[number 19*]\r\nclient=بنك\r\nqueue=q\r\n").encode()
    yield "consent", (b"[consent]\ncallee=19555, 800?\nheader=X-C\ngiven=yes,1\nrefused=no\nversion=2\n"
                      b"[prompt record]\ncallee=*\nstart=1s\nlength=90\ngiven=1\nrefused=2,#\nnotice=a b\n")
    yield "wrong", b"[record]\ncomplexity=11\n[record]\nx\n=\n[prompt ]\n[mapping]\nextensions=(\n"


def meta():
    identity = "0199c82c-0000-7000-8000-00000000000a"
    yield "whole", ('{"id":"%s","source_key":"a@h|1760000000000000|t","source":"pcap:a","call_id":"a@h","client":"منى","direction":"inbound",'
                    '"caller":"100","caller_name":"x","started_us":1760000000000000,"answered_us":1760000001000000,"sip_status":200,'
                    '"audio_start_us":-1,"seen_us":1760000005000000,"agent":"201","queue":"q","consent":[{"at_us":1760000001000000,'
                    '"state":"given","source":"callee","notice":"n"}],"legs":[{"role":"customer","streams":[{"ssrc":7,"codec":"PCMU",'
                    '"source":"10.0.0.1:4000","expected":9,"received":8,"lost":1}]},{}]}' % identity).encode()
    yield "segments", ('{"id":"%s","source_key":"s","started_us":1760000000000000,"direction":"unknown","group_id":"x","business_id":"B-1",'
                       '"mapping_json":"[{","segments":[{"agent":"1","start_ms":0},{"queue":"q","start_ms":2000},{"agent":"2","start_ms":1000},7,'
                       '{"start_ms":9e18}]}' % identity).encode()
    yield "odd", ('{"id":"%s","source_key":"","started_us":9223372036854775807,"answered_us":-9e99,"seen_us":true,"consent":[[],{"state":1}],'
                  '"legs":{"a":[]}}' % identity).encode()


def keys():
    yield "typed", "promised a refund \x1b[D\x1b[1;5C\x7f\x17وعد العميل لا\x1b[3~\x1bOA\r".encode()
    yield "cut", b"\x1b[99;\xd8"


def page():
    yield "range", b"bytes=10-99"
    yield "tail", b"bytes=-5"
    yield "report", b"7 1 12.345"
    yield "path", b"/0123456789/audio.opus"
    yield "host", b"[::1]:8437"


def csv():
    yield "whole", "\ufeffname;extension\r\n\"منى \"\"م\"\"\";2001\r\n\r\nAli;\"a\nb\"\r\n".encode()
    yield "unclosed", b'a,b\n1,"\n\n'
    yield "windows", "name\tx\nمنى\t1".encode("cp1256")


def rubric_form():
    yield "whole", ("\ufeffSection;Section weight;Question;Question (ar);Answers;Points;Critical;NA\r\nA;10;Tone?;النبرة;1-5;٣;yes;نعم\r\n"
                    ";;B\\x;;\"Good=2; Bad=0\";1;business;\r\nC;;D;;0 - 9;;;x\r\n").encode()
    yield "wrong", "السؤال,الوزن,الاختيارات\nq,-1,5-3\n,,\nq,1e9,a=;b\n".encode()


def holdings():
    yield "whole", b"call 1@10.0.0.1\ncall a\\303\\251\\n\naddress 10.0.0.1:4000\naddress [2001:db8::1]:4000\nway 10.0.0.1:4000 10.0.0.2:4002\ngiven 5\n"
    yield "server", b"door 40123 udp:127.0.0.1:5060\ndoor 1 a b\nsession a@b\nsecret abc\n"
    yield "wrong", b"call\naddress 10.0.0.1\naddress :1\nway 10.0.0.1:1 x\nway []:1 []:2\nthing 1\n"


def playlist():
    yield "whole", "\ufefftitle: أسبوع\r\ntext: a\r\ntext: b\r\n# c\r\n\r\n5a1c04de 1:05-1:40\r\n  one\r\n\ttwo\r\n@3 ٠:٣٠-1m\nffff\n".encode()
    yield "wrong", b"  text\n"
    yield "range", b"abcd 2:00-1:00\n"


def shift():
    yield "plain", b"08:00-16:00\nsun-thu"
    yield "night", "22:00–06:00\nsat, mon".encode()
    yield "halves", b"10pm - 6 am\n"
    yield "arabic", "٨ص-٤م\nالأحد-الخميس، السبت".encode()
    yield "day", b"0-24\nfriday"
    yield "wrong", b"25-3\nsun-mon-tue"


def metadata():
    yield "csv", ("\ufefffile;started_at;caller;agent;queue;client;direction;consent;tags;left;wait\r\na.wav;2026-11-20 09:30:15;٠١٠;2001;دعم;بنك;وارد;"
                  "yes;a,b;agent;1:05\r\nb.wav;yesterday;;;;;sideways;maybe;;;x\r\n").encode()
    yield "list", b'[{"file":"a.wav","started_at":"2026-11-20T09:30:15+02:00","duration_ms":65000,"tags":["a","b"],"caller":null},{"file":1},7]'
    yield "lines", b'{"file":"a.wav","consent_state":"refused","consent_notice":"n"}\n\n{"calls":1}\n'
    yield "name", b"q-600-01001234567-20261120-093015-pbx-1763624415.123.wav"
    yield "out", b"/a/out-01001234567-2001-20261120-093015-1763624415.123.WAV"


def sound_file():
    def wav(fmt, data, promise=None):
        head = b"WAVEfmt " + len(fmt).to_bytes(4, "little") + fmt + b"data" + (len(data) if promise is None else promise).to_bytes(4, "little")
        return b"\0RIFF" + (len(head) + len(data)).to_bytes(4, "little") + head + data
    pcm = bytes([1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0])
    law = bytes([7, 0, 2, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 8, 0])
    gsm = bytes([0x31, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x59, 6, 0, 0, 65, 0, 0, 0, 2, 0, 0x40, 1])
    yield "pcm", wav(pcm, bytes(range(200)))
    yield "cut", wav(pcm, bytes(range(200)), 5000)
    yield "open", wav(law, bytes(range(100)), 0)
    yield "gsm", wav(gsm, bytes(65))
    yield "raw-gsm", b"\1" + (b"\xd0" + bytes(32)) * 2 + b"\xd0"
    yield "raw-g722", b"\2" + bytes(170)
    yield "ogg", b"\4OggS" + bytes(30)
    yield "flac", b"\5fLaC\0\0\0\x22" + bytes(34)


def transcript():
    yield "vtt", ("\ufeffWEBVTT - x\r\n\r\nSTYLE\r\n::cue{}\r\n\r\nNOTE a\r\n\r\n1\r\n00:01.000 --> 01:00:04.000 align:start\r\n<v.a Ahmed>نعم &amp; "
                  "<b>no</b>\r\n<v Mona>x\r\n").encode()
    yield "wrong", b"WEBVTT\n\n00:05.000 --> 00:04.000\nx\n"
    yield "ours", '{"cues":[{"start":0.5,"end_ms":900,"speaker":"agent","text":"أهلا"}]}'.encode()
    yield "whisper", b'{"segments":[{"start":0,"end":1e9,"text":"x"}]}'
    yield "vcon", b'{"analysis":[{"type":"transcript","body":"{\\"segments\\":[{\\"start\\":0,\\"end\\":1,\\"text\\":\\"x\\"}]}"}]}'


def match():
    yield "words", "refund a.smith ref*\nThe Refund of a-smith, refunded".encode()
    yield "arabic", "استرداد المبلغ\nطلب اسْتِرداد المبلغ والاسترداد".encode()


def cdr():
    yield "freepbx", ("calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid,linkedid,did,recordingfile\n"
                      '2026-11-20 10:00:00,"""منى"" <0100>",0100,600,ext-queues,PJSIP/trunk-1,"Local/2001@from-queue-2;1",Queue,"600,t",60,58,ANSWERED,1795161600.1,'
                      "1795161600.1,19000,a/q.wav\n"
                      "2026-11-20 10:00:09,,0100,2001,ext-local,\"Local/2001@from-queue-2;2\",PJSIP/2001-3,Dial,,51,40,ANSWERED,1795161605.2,1795161600.1,,\n").encode()
    classic = '"","0100","600","ext-queues","""Ali"" <0100>","SIP/trunk-1","","Queue","600|t","2026-11-20 10:00:00","2026-11-20 10:00:02","2026-11-20 10:00:42",42,40,"ANSWERED","DOCUMENTATION"'
    yield "classic", (classic + ',"1795161600.1","","","1795161600.1","7"\n' + classic + "\n").encode()
    yield "custom", b'"Ali <2001>","2001","2702","from-internal","SIP/2001-1","SIP/2702-2","Dial","","2026-11-20 10:00:00","","2026-11-20 10:00:30","30","0","NO ANSWER"\n'
    yield "ours", "started_at;caller;callee;direction;agent;queue;duration_ms\n20/11/2026 10:00;٠١٠٠;19000;inbound;2001;دعم;60000\n".encode()


def queue_log():
    lines = ("1795161602|1795161600.1|600|NONE|DID|19000", "1795161602|1795161600.1|600|NONE|ENTERQUEUE||0100|1", "1795161605|1795161600.1|600|SIP/2002|RINGNOANSWER|3000",
             "1795161612|1795161600.1|600|Local/2001@from-queue/n|CONNECT|10|1795161605.2|3", "1795161642|1795161600.1|600|منى|BLINDTRANSFER|2005|from-internal|10|30|1",
             "1795161650|1795161600.1|601|NONE|ENTERQUEUE||0100|1", "1795161660|1795161600.1|601|NONE|EXITWITHKEY|2|1|1|10")
    yield "transfer", "\n".join(lines).encode()
    yield "abandoned", b"2026-11-20 10:00:00.5|pbx-1795161600.1|600|NONE|ENTERQUEUE||\r\n1795161660|pbx-1795161600.1|600|NONE|ABANDON|1|1|60\r\n"
    yield "late", b"1795161660|1.1|600|SIP/1|COMPLETECALLER|15|60|1\nx|y\n1795161661|1.1|600|NONE|ATTENDEDTRANSFER|BRIDGE|8e|1|2|3\n1|2|3|4|5\n"
    yield "members", b"1795161600|NONE|600|SIP/2001|ADDMEMBER|\n1795161700|NONE|NONE|SIP/2001|PAUSEALL|lunch\n"


def decoder():
    """A few payloads of each codec; the first byte is the place in fuzz-decoder.c's table, 0x40 asks for what a payload repeats."""
    sys.path.insert(0, str(HERE.parent / "encode"))
    import numpy as np
    import encoders, lab

    def payloads(*each, lost=()):
        return b"".join(struct.pack(">H", len(p) | (0x4000 if i in lost else 0)) + p for i, p in enumerate(each))

    def voice(rate):
        t = np.arange(rate) / rate
        return 3000 * sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12)) * (1.2 + np.sin(2 * np.pi * 3 * t))

    def opus(*options):
        data = lab.run("ffmpeg", "-v", "error", "-f", "s16le", "-ar", 16000, "-ac", 1, "-i", "-", "-c:a", "libopus", "-b:a", "20k", "-application",
                       "voip", "-fec", 1, "-packet_loss", 30, "-fflags", "+bitexact", *options, "-f", "ogg", "-", input=voice(16000).astype("<i2").tobytes())
        return lab.ogg_packets(data)[2:]

    def amr(frames, aligned):
        entries = [(0x80 if i + 1 < len(frames) else 0) | f[0] & 0x7c for i, f in enumerate(frames)]
        return bytes([0xf0, *entries]) + b"".join(f[1:] for f in frames) if aligned else bits(frames)

    def bits(frames):
        text = "1111" + f"{frames[0][0] >> 2 & 31:06b}" + "".join(f"{b:08b}" for b in frames[0][1:])
        return int(text + "0" * (-len(text) % 8), 2).to_bytes((len(text) + 7) // 8, "big")

    narrow, wide = voice(8000), voice(16000)
    for name, options in (("20", ()), ("60", ("-frame_duration", 60)), ("stereo", ("-ac", 2))):
        yield f"opus-{name}", b"\0" + payloads(*opus(*options)[5:9], lost=(2, 3))
    nb, wb, silent = encoders.amr(narrow, 0)[10:13], encoders.amr_wb(wide, 0)[10:13], bytes([8 << 3 | 4]) + bytes(range(5))
    yield "amr", b"\2" + payloads(bits(nb), bits([silent]), b"\xf7\xc0")
    yield "amr-aligned", b"\3" + payloads(amr(nb, True), amr([nb[0], silent], True))
    yield "amr-wb", b"\4" + payloads(bits(wb), bits([bytes([9 << 3 | 4]) + bytes(range(5))]))
    yield "amr-wb-aligned", b"\5" + payloads(amr(wb, True))
    for i, (bits_each, little) in enumerate(((2, True), (3, True), (4, True), (5, False))):
        yield f"g726-{bits_each}", bytes([6 + i]) + payloads(*lab.chunks(encoders.g726(narrow[:320], bits_each, little), 20 * bits_each))
    yield "g723", b"\x0a" + payloads(bytes([0] * 24), bytes([1] + list(range(19))), b"\2\0\0\x40\3\3")
    yield "g729", b"\x0b" + payloads(*encoders.g729(narrow)[5:8], bytes(range(12)))
    yield "dvi4", b"\x0c" + payloads(*encoders.dvi4(narrow[:320], 80)[:3])
    yield "l16", b"\x0d" + payloads(bytes(range(17)))


def rs_metadata():
    for build in recording_metadata.DIALECTS:
        yield build.__name__, build().xml.encode()
    yield "partial", (b"<?xml version='1.0'?><!-- x --><r:recording xmlns:r='x'><datamode>partial</datamode><group group_id='g'/><session session_id='s'><reason cause='4'/>"
                      b"<group-ref>g</group-ref><stop-time>2026-05-04T10:00:00+0200</stop-time></session><participantsessionassoc participant_id='p' session_id='s'>"
                      b"<disassociate-time>x</disassociate-time><param pname='a' pval='b'/></participantsessionassoc><a><![CDATA[<&]]>&amp;&#1593;</a></r:recording>")


def rs_state():
    a, b = recording_metadata.Party("sip:a@x", "A", ("1",), ("2",)), recording_metadata.Party("sip:b@x", None, ("2",), ("1",))
    c = recording_metadata.Party("sip:c@x", None, ("2",), ())
    whole = recording_metadata.document("s", (a, b), ("1", "2"), group="g")
    transfer = recording_metadata.document("s", (c,), (), partial=True, bare=True)
    stop = recording_metadata.document("s", (), (), partial=True, stop=recording_metadata.START)
    yield "transfer", "\x1e".join((whole, transfer, stop, recording_metadata.document("t", (a, c), ("1", "2"), group="g"))).encode()
    yield "replaced", "\x1e".join((transfer, whole, recording_metadata.document("s", (a, c), ("2",)))).encode()
    yield "dialects", "\x1e".join(build().xml for build in (recording_metadata.broadworks, recording_metadata.avaya, recording_metadata.netsapiens, recording_metadata.ribbon)).encode()


def hand_over():
    take = b"take 1 1760000000000000\n"
    yield "elder", b"\0hand-over 1\nsocket udp:127.0.0.1:5060\nsocket x\npassed 2\ncall 1@h\naddress 10.0.0.1:4000\nway 10.0.0.1:4000 10.0.0.2:4002\ngiven 3\ndone\n"
    yield "two-sockets", b"\0hand-over 1\nsocket +x\nsocket \npassed 2\ngiven 0\n"
    yield "elder-gone", b"\0hand-over 2\npassed 0\ndoor 40123 udp:127.0.0.1:5060\nsession a@b\ngiven 2\n"
    yield "heir", b"\1sockets\n" + take + b"door 40123 udp:127.0.0.1:5060\nsecret abc\ntaken\n"
    yield "heir-gone", b"\1" + take + b"thing\n"
    yield "wrong", b"\1take 1 99999999999999999999\nsocket x\n"


def server():
    """A client of the recording server, as fuzz-server.c reads it."""
    def thing(kind, data):
        data = data if isinstance(data, bytes) else data.encode()
        return bytes([kind]) + struct.pack(">H", len(data)) + data

    def ask(method, cseq, body="", kind="", more="", tag=True, call="1@c"):
        return thing(0, f"{method} sip:r@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{call[0]}{cseq}{method}\r\nFrom: <sip:100@h>;tag=c\r\n"
                     f"To: <sip:r@h>{';tag=%t' if tag else ''}\r\nCall-ID: {call}\r\nCSeq: {cseq} {method}\r\nContact: <sip:c@127.0.0.1;transport=udp>;+sip.src\r\n"
                     f"Max-Forwards: 70\r\n{more}{'Content-Type: ' + kind + chr(13) + chr(10) if kind else ''}Content-Length: {len(body)}\r\n\r\n{body}")

    sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=label:1\r\na=sendonly\r\nm=audio 4002 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n"
    people = ("<recording xmlns='urn:ietf:params:xml:ns:recording:1'><session session_id='s'/><participant participant_id='p'><nameID aor='sip:100@h'/></participant>"
              "<stream stream_id='v' session_id='s'><label>1</label></stream><participantstreamassoc participant_id='p'><send>v</send></participantstreamassoc></recording>")
    both = f"--b\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--b\r\nContent-Type: application/rs-metadata+xml\r\n\r\n{people}\r\n--b--\r\n"
    siprec = "Require: siprec\r\nSupported: timer\r\n"
    begin = ask("INVITE", 1, both, "multipart/mixed;boundary=b", siprec + "Session-Expires: 1800;refresher=uac\r\n", tag=False) + ask("ACK", 1)
    voice = b"".join(thing(1, make.rtp(0, n, 160 * n, 7, bytes(range(0x55, 0xf5)))) for n in range(4))
    yield "whole", (begin + voice + thing(2, make.rtcp_sender_report(7, (1, 2), 160, 1, 4)) + ask("UPDATE", 2, sdp.replace("sendonly", "inactive"), "application/sdp") +
                    ask("INFO", 3, people, "application/rs-metadata+xml") + ask("BYE", 4))
    yield "again", begin + ask("INVITE", 2, both.replace("4000", "4010"), "multipart/mixed;boundary=b", siprec) + ask("ACK", 2) + voice + thing(3, b"\0") + thing(3, b"\1")
    yield "refused", (ask("OPTIONS", 1, tag=False) + ask("INVITE", 1, sdp, "application/sdp", tag=False) + ask("INVITE", 1, sdp, "application/sdp", "Require: x\r\n", tag=False, call="2@c") +
                      ask("INVITE", 1, sdp, "application/sdp", siprec + "Session-Expires: 5\r\n", tag=False, call="3@c") + ask("MESSAGE", 1, tag=False) + ask("BYE", 1))
    yield "cancelled", (ask("INVITE", 1, both, "multipart/mixed;boundary=b", siprec, tag=False) + ask("CANCEL", 1, tag=False) +
                        ask("INVITE", 1, "", "", siprec + "Replaces: 1@c;to-tag=%t;from-tag=c\r\n", tag=False, call="2@c") + thing(3, b"\3"))
    yield "snapshot", begin + ask("UPDATE", 2, people.replace("<session", "<datamode>partial</datamode><session"), "application/rs-metadata+xml") + thing(3, b"\4") + ask("PRACK", 3)
    yield "rubbish", thing(0, b"\r\n\r\n") + thing(0, b"\xff" * 40) + thing(0, "SIP/2.0 200 OK\r\n\r\n")


for target in (hand_over, server, holdings, index, journal, last_search, recorders, rs_metadata, rs_state, tcp, websocket, cdr, decoder, queue_log, keys, page, match, metadata, sound_file, transcript, playlist, shift, rubric_form, mapping, calls, recording, config, csv, meta, sip, sdp, srtp, multipart, link, listen, rtcp, rtp, telephone_event, pcap_file, opus_file, answers, rubric):
    folder = HERE / "seeds" / target.__name__.replace("_", "-")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if not old.name.startswith("found-"):  # those broke a reader once
            old.unlink()
    for name, content in target():
        (folder / name).write_bytes(content)
