#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls whose signalling is over TCP or WebSocket, in all the ways that a mirror shows connections: they end as the rows that
they are over UDP, and each message is what tshark reads out of the same segments.

test-tcp.py RECORD-TOOL DUMP-SIP
"""
import itertools, random, subprocess, sys, zlib
import make_capture as make

DUMP_SIP = sys.argv.pop(2)
from cases import near, one, received, run, same, us
from scenes import Scene, Talk


class Line(Scene):
    """Signalling goes along one connection of each pair of hosts; `way` changes a message's segments before they are written:
    [(at, offset in the message, bytes)] to the same. `pack` makes of a message what goes along the connection."""

    def __init__(self, way=lambda segments: segments, first=(1000, 5_000_000), shake=True, pack=lambda line, side, data: data):
        super().__init__()
        self.way, self.pack, self.first, self.shake, self.lines = way, pack, first, shake, {}

    def segment(self, at, source, target, sequence, payload=b"", flags=make.ACK):
        got = self.lines.get(frozenset((source, target)), {}).get(target, 0)  # all that the other has sent
        ip = make.ipv4(source[0], target[0], make.tcp(source[1], target[1], sequence, payload, got, flags), make.PROTO_TCP)
        self.packets.append((at, make.ethernet(ip)))

    def line(self, at, source, target):
        """{end: its next sequence}"""
        key = frozenset((source, target))
        if key not in self.lines:
            self.lines[key] = {source: self.first[0], target: self.first[1]}
            for i, (a, b, flags) in enumerate(((source, target, make.SYN), (target, source, make.SYN | make.ACK)) if self.shake else ()):
                self.segment(0.1 + i / 1000, a, b, self.lines[key][a] - 1, flags=flags)
        return self.lines[key]

    def put(self, at, source, target, payload):
        if 5060 not in (source[1], target[1]):
            super().put(at, source, target, payload)
            return
        line = self.line(at, source, target)
        data = self.pack(line, source, payload)
        for when, offset, part in self.way([(at, 0, data)]):
            self.segment(when, source, target, line[source] + offset, part)
        line[source] += len(data)


def tshark(path, *options):
    out = subprocess.run(["tshark", "-n", "-r", path, "-o", "tcp.reassemble_out_of_order:TRUE", *options, "-Y", "sip", "-T", "fields",
                          "-E", "aggregator=|", "-e", "sip.Method", "-e", "sip.Status-Code", "-e", "sip.Call-ID", "-e", "sip.CSeq.seq"],
                         capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        methods, statuses, ids, numbers = ([p for p in f.split("|") if p] for f in line.split("\t"))
        assert len(ids) == len(numbers) == len(methods) + len(statuses), line
        for i, call_id in enumerate(ids):
            yield (methods + statuses)[i] if len(ids) == 1 else "", call_id, numbers[i]


def witness(library, scene, *options):
    """Both read the same messages; those that share a segment are told by Call-ID and number alone."""
    path = library.path.with_name("witness.pcap")
    scene.write(path)
    out = subprocess.run([DUMP_SIP, "--tcp", path], capture_output=True, text=True, check=True).stdout
    ours = sorted(tuple(line.split("\t")[:3]) for line in out.splitlines())
    theirs = sorted(tshark(path, *options))
    assert len(ours) == len(theirs) > 0, (len(ours), len(theirs))
    plain = {row for row in theirs if row[0]}
    assert sorted(row[1:] for row in ours) == sorted(row[1:] for row in theirs) and plain <= set(ours)


def whole(library, scene, **more):
    """The row of the plain call, wherever its messages went along."""
    row = one(library, scene)
    same(row, caller="100", callee="200", disposition="answered", outcome="recorded", started_us=us(1), answered_us=us(2), ended_us=us(5),
         ended_by="caller", duration_ms=3000, **more)
    assert received(row, 0) == received(row, 1) == [145], row["legs"]


def cut(*places):
    """Segments divided at these places, a millisecond apart and none later than the message was."""
    def way(segments):
        (at, _, data), = segments
        edges = [0, *sorted({p for p in places if 0 < p < len(data)}), len(data)]
        parts = list(zip(edges, edges[1:]))
        return [(at - 0.0001 * (len(parts) - 1 - i), a, data[a:b]) for i, (a, b) in enumerate(parts)]
    return way


# ---- in order

def plain(library):
    scene = Line()
    Talk(scene).simple()
    whole(library, scene)
    witness(library, scene)


def byte_by_byte(library):
    scene = Line(lambda segments: [(at, i, data[i:i + 1]) for at, _, data in segments for i in range(len(data))])
    Talk(scene).simple()
    whole(library, scene)
    witness(library, scene)


def every_boundary(library):
    """Hundreds of calls, the INVITE of each cut elsewhere, the other messages as well."""
    scene = Line()
    size = len(make.sip_request("INVITE", "sip:200@10.0.0.2", body=make.sdp("10.0.0.1", 4000))) + 60
    for place in range(1, size):
        scene.way = cut(place)
        talk = Talk(scene, f"cut-{place}@made.example", hosts=(f"10.1.{place >> 8}.{place & 255}", "10.0.0.2"))
        talk.invite(1 + place / 1000)
        talk.answer(2 + place / 1000)
        talk.bye(3 + place / 1000)
    rows = library.scene(scene)
    assert len(rows) == size - 1
    for row in rows:
        same(row, disposition="answered", duration_ms=1000, ended_by="caller", caller="100", callee="200")
    witness(library, scene)


def several_in_a_segment(library):
    """Two calls along one connection whose messages share segments, with a keep-alive behind them."""
    scene, held = Line(), []
    scene.way = lambda segments: []
    scene.pack = lambda line, side, data: held.append((side, data)) or data
    one_call, other = Talk(scene, "one@made.example"), Talk(scene, "two@made.example", ports=(4002, 5002))
    for talk in (one_call, other):
        talk.invite(1)
    invites = held[0][1] + held[1][1] + b"\r\n\r\n"
    held.clear()
    for talk in (one_call, other):
        talk.response(2, 200, body=talk.sdp(1))
    answers = b"".join(data for _, data in held)
    scene.segment(1, ("10.0.0.1", 5060), ("10.0.0.2", 5060), 1000, invites)
    scene.segment(2, ("10.0.0.2", 5060), ("10.0.0.1", 5060), 5_000_000, answers)
    rows = library.scene(scene)
    assert [(r["call_id"], r["answered_us"]) for r in sorted(rows, key=lambda r: r["call_id"])] == \
           [("one@made.example", us(2)), ("two@made.example", us(2))]
    witness(library, scene)


def wraps(library):
    for before in (1, 100, 700):
        scene = Line(cut(300), first=(2**32 - before, 2**32 - 50))
        Talk(scene, f"{before}@made.example").simple()
        whole(library, scene)


def joined_in_the_middle(library):
    scene = Line(shake=False)
    scene.segment(0.5, ("10.0.0.1", 5060), ("10.0.0.2", 5060), 900, b"the end of something, 99 bytes".ljust(100))
    Talk(scene).simple()
    whole(library, scene)


# ---- out of order, twice, never

def every_order(library):
    """The segments of every message in every order; each order a call of its own."""
    scene = Line()
    for n, order in enumerate(itertools.permutations(range(4))):
        def way(segments, order=order):
            parts = cut(70, 200, 330)(segments)
            times = [part[0] for part in parts]
            return [(at, *parts[i][1:]) for at, i in zip(times, order[:len(parts)] if len(parts) == 4 else range(len(parts)))]
        scene.way = way
        talk = Talk(scene, f"order-{n}@made.example", hosts=(f"10.2.0.{n + 1}", "10.0.0.2"), ports=(4000, 5000 + 2 * n))
        talk.invite(1)
        talk.answer(2)
        talk.bye(3)
    rows = library.scene(scene)
    assert len(rows) == 24
    for row in rows:
        same(row, disposition="answered", started_us=us(1), answered_us=us(2), ended_us=us(3), duration_ms=1000)
    witness(library, scene)


def twice_and_overlapping(library):
    """Segments come again, and other bytes in their place: the first ones count."""
    def way(segments):
        parts = cut(150, 300)(segments)
        again = [(at + 0.00003, max(0, offset - 40), b"#" * (len(data) + min(40, offset))) for at, offset, data in parts[:-1]]
        return parts + again + [(at + 0.5, offset, data) for at, offset, data in parts]
    scene = Line(way)
    Talk(scene).simple()
    whole(library, scene)


def late(library):
    """The first part of the INVITE is captured 1.5 s late."""
    def way(segments):
        at, _, data = segments[0]
        if not data.startswith(b"INVITE"):
            return segments
        return [(at - 1.5, 100, data[100:]), (at, 0, data[:100])]
    scene = Line(way)
    Talk(scene).simple(start=2, answered=3, end=6)
    row = one(library, scene)
    same(row, started_us=us(2), answered_us=us(3), ended_us=us(6), outcome="recorded")


def lost(library):
    """A response that was never captured: what follows waits until its receiver shows that it has it."""
    def way(segments):
        return [] if b"180" in segments[0][2][:20] else segments
    scene = Line(way)
    Talk(scene).simple()
    row = one(library, scene)
    same(row, disposition="answered", started_us=us(1), ended_us=us(5))
    near(row["duration_ms"], 3000, 10)  # the ACK came first
    near(received(row, 0)[0], 145, 12)  # the answer was read 0.2 s after its ACK
    near(received(row, 1)[0], 145, 12)
    assert "not seen" in library.errors, library.errors


def lost_in_the_description(library):
    """Of the INVITE the end of the description was never captured; the call is a row, with the voice of one side at least."""
    def way(segments):
        at, _, data = segments[0]
        return [(at, 0, data[:-30])] if data.startswith(b"INVITE") else segments
    scene = Line(way)
    Talk(scene).simple()
    row = one(library, scene)
    same(row, disposition="answered", answered_us=us(2), ended_us=us(5))


def ended_in_a_message(library):
    """What is left of a message when its connection ends, minutes later, is no step back of the clock for other calls."""
    scene = Line(lambda segments: [(at, 0, data[:-30]) for at, _, data in segments])
    talk = Talk(scene, "torn@made.example", hosts=("10.0.0.3", "10.0.0.4"), ports=(6000, 7000))
    talk.invite(1)
    scene.segment(100, ("10.0.0.3", 5060), ("10.0.0.4", 5060), 0, flags=make.RST)
    along = Scene()  # over UDP
    Talk(along).simple(2, 3, 120)
    scene.packets += along.packets
    rows = {row["call_id"]: row for row in library.scene(scene)}
    same(rows["one@made.example"], disposition="answered", outcome="recorded", duration_ms=117_000)
    same(rows["torn@made.example"], started_us=us(1), outcome="none")


# ---- WebSocket

def shaken(library, pack, extensions=b"", **more):
    """A browser's phone at 10.0.0.1: its handshake, then a call in frames."""
    scene = Line(pack=pack, **more)
    browser, server = ("10.0.0.1", 5060), ("10.0.0.2", 5060)
    scene.pack = lambda line, side, data: data
    head = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n" + extensions + b"\r\n"
    scene.put(0.5, browser, server, b"GET /ws HTTP/1.1\r\nHost: pbx\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n" + head)
    scene.put(0.6, server, browser, b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: eA==\r\n" + head)
    scene.pack = pack
    Talk(scene).simple()
    whole(library, scene)
    return scene


def is_browser(side):
    return side[0] == "10.0.0.1"


def websocket(library):
    frames = lambda line, side, data: make.websocket(data, masked=is_browser(side), key=random.Random(len(data)).randbytes(4))
    witness(library, shaken(library, frames), "-d", "tcp.port==5060,http")


def websocket_in_parts(library):
    def frames(line, side, data):
        parts = [data[i:i + 97] for i in range(0, len(data), 97)]
        return b"".join(make.websocket(b"?", opcode=9, masked=is_browser(side)) +
                        make.websocket(part, opcode=0 if i else 2, masked=is_browser(side), last=i == len(parts) - 1)
                        for i, part in enumerate(parts))
    shaken(library, frames, way=cut(*range(0, 2000, 53)))


def websocket_packed(library):
    packers = {True: zlib.compressobj(wbits=-15), False: zlib.compressobj(wbits=-15)}

    def frames(line, side, data):
        packer = packers[is_browser(side)]
        packed = (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        return make.websocket(packed, masked=is_browser(side), compressed=True)
    shaken(library, frames, b"Sec-WebSocket-Extensions: permessage-deflate\r\n")


def websocket_in_the_middle(library):
    scene = Line(shake=False, pack=lambda line, side, data: make.websocket(data, masked=is_browser(side)))
    Talk(scene).simple()
    whole(library, scene)


run(globals())
