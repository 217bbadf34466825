#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls as mirror ports show them: wrapped in every tunnel, in fragments, seen at several points. The recording is that of
the same call in plain Ethernet. usage: test-mirror.py RECORD-TOOL [NAME…]"""
import hashlib

import cases, make_capture as make, tunnels
from cases import one, same
from scenes import EPOCH, Library, Scene, Talk

BULK = [("X-Bulk", "b" * 3000)]  # more than one packet holds


def spoken():
    """A call with a large INVITE; its packets as (seconds, IP packet)."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(1.0, extra=BULK)
    talk.response(1.1, 180)
    talk.answer(1.5, extra=BULK)
    talk.both(1.55, 3.5)
    talk.bye(3.6)
    return [(at, data[14:14 + int.from_bytes(data[16:18], "big")]) for at, data in sorted(scene.packets, key=lambda p: p[0])]


def numbered(packets):
    """As a sender that counts its packets."""
    out = []
    for n, (at, ip) in enumerate(packets):
        head = ip[:4] + (n + 1).to_bytes(2, "big") + ip[6:10] + b"\0\0" + ip[12:20]
        out.append((at, head[:10] + make.checksum(head).to_bytes(2, "big") + head[12:] + ip[20:]))
    return out


def hop(ip):
    """The same packet a router later."""
    head = ip[:8] + bytes([ip[8] - 1]) + ip[9:10] + b"\0\0" + ip[12:20]
    return head[:10] + make.checksum(head).to_bytes(2, "big") + head[12:] + ip[20:]


def said(row):
    """What must not depend on the way that packets took."""
    return [row[k] for k in ("caller", "callee", "disposition", "outcome", "started_us", "duration_ms", "sound")], ledger(row)


def record(library, link, frames, **more):
    path = library.path.parent / "mirror.pcap"
    make.write_pcap(path, link, [(EPOCH + make.Fraction(at).limit_denominator(10**6), data) for at, data in frames])
    rows = library.record(path, **more)
    assert len(rows) == 1, (len(rows), library.errors)
    return {**rows[0], "sound": rows[0]["file"] and sound(library.path / rows[0]["file"])}


def sound(path):
    """Digest of the audio in an Ogg file: all pages but the head's, without what is another in each file."""
    data, at, digest = path.read_bytes(), 0, hashlib.sha256()
    while at < len(data):
        table = data[at + 27:at + 27 + data[at + 26]]
        body = at + 27 + len(table)
        if int.from_bytes(data[at + 6:at + 14], "little"):
            digest.update(table + data[body:body + sum(table)])
        at = body + sum(table)
    return digest.hexdigest()


def ledger(row):
    return [[tuple(s[k] for k in ("received", "lost", "duplicate")) for s in leg["streams"]] for leg in row["legs"]]


def plain(place):
    row = record(place, make.ETHERNET, [(at, make.ethernet(ip)) for at, ip in spoken()])
    assert ledger(row) == [[(98, 0, 0)], [(98, 0, 0)]], ledger(row)
    return said(row)


def fresh(library, name):
    (library.path.parent / name).mkdir()
    return Library(library.tool, library.path.parent / name)


def in_every_tunnel(library):
    wanted = plain(library)
    for n, (name, (link, wrap)) in enumerate(tunnels.TUNNELS.items()):
        row = record(fresh(library, f"way-{n}"), link, [(at, wrap(ip)) for at, ip in spoken()])
        assert said(row) == wanted, (name, said(row), wanted)


def pieces(ip, wrap, size=1000, identification=900):
    return [wrap(p) for p in (tunnels.fragments(ip, size, identification) if len(ip) > size else [ip])]


def in_fragments(library):
    wanted = plain(library)
    for n, name in enumerate(("PPPoE", "GRE", "ERSPAN III", "VXLAN")):
        link, wrap = tunnels.TUNNELS[name]
        inside = [(at, f) for at, ip in spoken() for f in pieces(ip, wrap)]
        row = record(fresh(library, f"inside-{n}"), link, inside)
        assert said(row) == wanted, (name, said(row), wanted)
        if name == "PPPoE":
            continue
        outside = [(at, f) for n, (at, ip) in enumerate(spoken()) for f in pieces(wrap(ip)[14:], make.ethernet, 160, n)]
        row = record(fresh(library, f"outside-{n}"), link, outside)
        assert said(row) == wanted, (name, said(row), wanted)


def a_fragment_is_missing(library):
    """Of the answer; it is said, and the acknowledgement tells of the answer anyway."""
    frames = [(at, f) for at, ip in spoken() for i, f in enumerate(pieces(ip, make.ethernet)) if not (i == 1 and at > 1.4)]
    row = record(library, make.ETHERNET, frames)
    assert "3 IP fragments were not read: other parts of their datagrams were missing" in library.errors, library.errors
    assert said(row)[0][2:4] == ["answered", "recorded"], said(row)


WAYS = {
    "another switch": lambda ip: b"\2\0\0\0\0\7" + make.ethernet(ip)[6:],
    "another VLAN": lambda ip: make.ethernet(ip, vlans=[7]),
    "behind a router": lambda ip: make.ethernet(hop(ip)),
    "by ERSPAN": lambda ip: make.ethernet(tunnels.over_gre(tunnels.erspan2(make.ethernet(ip)))),
    "by another session": lambda ip: make.ethernet(tunnels.over_gre(tunnels.erspan2(make.ethernet(ip), session=6))),
    "by VXLAN": lambda ip: make.ethernet(tunnels.over_udp(4789, tunnels.vxlan(make.ethernet(ip)))),
}


def two_mirror_points(library):
    wanted = plain(library)
    for n, (name, wrap) in enumerate(WAYS.items()):
        for counted in (False, True):
            packets = numbered(spoken()) if counted else spoken()
            frames = [(at + later, f) for at, ip in packets for later, f in ((0, make.ethernet(ip)), (0.0008, wrap(ip)))]
            place = fresh(library, f"way-{n}-{counted}")
            row = record(place, make.ETHERNET, frames)
            assert said(row) == wanted, (name, said(row), wanted)
            assert f" copies {len(packets)}\n" in place.errors, place.errors


def over_tcp(packets, most=1400):
    """The same with SIP over one connection that was there before."""
    out, next_byte = [], [1000, 9000]
    for at, ip in packets:
        side, sip = ip[15] - 1, ip[20:24] == b"\x13\xc4\x13\xc4"
        text = ip[28:] if sip else b""
        out += [] if sip else [(at, ip)]
        for n in range(0, len(text), most):
            part, ports = text[n:n + most], [(40001, 5060), (5060, 40001)][side]
            segment = make.tcp(*ports, next_byte[side], part, acknowledged=next_byte[1 - side], flags=0x18)
            out.append((at + 1e-6 * n, make.ipv4(*[("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1")][side], segment, make.PROTO_TCP)))
            next_byte[side] += len(part)
    return out


def over_tcp_too(library):
    """In tunnels, in fragments, at several points: the messages of a connection are those of the call, each once."""
    wanted = plain(library)
    for n, name in enumerate(("GRE", "ERSPAN II", "VXLAN")):
        wrap = tunnels.TUNNELS[name][1]
        frames = [(at + later, f) for at, ip in over_tcp(spoken()) for later, way in ((0, make.ethernet), (0.0004, wrap))
                  for f in pieces(ip, way, 1200, round(at * 1e6) & 0xFFFF)]
        place = fresh(library, f"tcp-{n}")
        row = record(place, make.ETHERNET, sorted(frames, key=lambda f: f[0]))
        assert (said(row)[0][:4], said(row)[0][6], ledger(row)) == (wanted[0][:4], wanted[0][6], wanted[1]), (name, said(row), wanted)
        whole = sum(len(ip) <= 1200 for _, ip in over_tcp(spoken()))  # copies of fragments fill what waits
        assert f" copies {whole}\n" in place.errors, place.errors


def all_points_at_once(library):
    """In fragments too, of several sizes, and the later ones first."""
    wanted = plain(library)
    frames = []
    for at, ip in spoken():
        for n, wrap in enumerate([make.ethernet, *WAYS.values()]):
            frames += [(at - 0.0003 * n + 1e-5 * i, f) for i, f in enumerate(pieces(ip, wrap, 800 + 8 * n))]
    row = record(fresh(library, "all"), make.ETHERNET, sorted(frames, key=lambda f: f[0]))
    assert said(row)[1] == wanted[1] and said(row)[0][:4] == wanted[0][:4], (said(row), wanted)


def duplicates_of_the_network_count(library):
    """Two points show the same packets, of which the network doubled some: the ledger has these."""
    frames, doubled, media = [], [0, 0], 0
    for at, ip in spoken():
        rtp = len(ip) == 200
        media += rtp
        times = 2 if rtp and media % 20 == 3 else 1
        doubled[ip[15] - 1] += times - 1
        frames += [(at + 0.0005 * i + later, f(ip)) for i in range(times)
                   for later, f in ((0, make.ethernet), (0.0001, WAYS["by ERSPAN"]))]
    row = record(library, make.ETHERNET, sorted(frames, key=lambda f: f[0]))
    assert [leg["streams"][0]["duplicate"] for leg in row["legs"]] == doubled and sum(doubled) == 10, (row["legs"], doubled)
    assert [leg["streams"][0]["received"] for leg in row["legs"]] == [98, 98], row["legs"]


def every_packet_twice_the_same_way(library):
    """A mirror of both directions of a port: known for what it is after a while, and the audio is that of one."""
    wanted = plain(library)
    frames = [(at + later, make.ethernet(ip)) for at, ip in spoken() for later in (0, 0.0001)]
    row = record(fresh(library, "twice"), make.ETHERNET, frames)
    duplicates = sum(leg["streams"][0]["duplicate"] for leg in row["legs"])
    assert said(row)[0] == wanted[0] and 0 < duplicates <= 64, (said(row), wanted)


def window(library):
    """Points whose packets come 30 ms apart are one with copies=50ms, two without."""
    frames = sorted(((at + later, f(ip)) for at, ip in spoken() for later, f in ((0, make.ethernet), (0.03, WAYS["another VLAN"]))),
                    key=lambda f: f[0])
    wide = record(fresh(library, "wide"), make.ETHERNET, frames, config="[record]\ncopies=50ms\n")
    narrow = record(fresh(library, "narrow"), make.ETHERNET, frames)
    off = record(fresh(library, "off"), make.ETHERNET, [(at, f) for at, ip in spoken() for f in (make.ethernet(ip), WAYS["another VLAN"](ip))],
                 config="[record]\ncopies=0\n")
    for row, duplicate in ((wide, 0), (narrow, 98), (off, 98)):
        assert [leg["streams"][0]["duplicate"] for leg in row["legs"]] == [duplicate] * 2, row["legs"]
    other = fresh(library, "wrong")
    other.record(library.path.parent / "mirror.pcap", config="[record]\ncopies=500ms\n", check=False)
    assert other.status != 0 and "copies" in other.errors, other.errors


def a_file_of_each_point(library):
    """Read one after the other, in one run and in two: the call that is known already is passed over."""
    paths = []
    for name in ("another VLAN", "by ERSPAN"):
        paths.append(library.path.parent / f"{len(paths)}.pcap")
        make.write_pcap(paths[-1], make.ETHERNET, [(EPOCH + make.Fraction(at).limit_denominator(10**6), WAYS[name](ip))
                                                   for at, ip in spoken()])
    assert [ledger(row) for row in library.record(*paths)] == [[[(98, 0, 0)], [(98, 0, 0)]]]
    assert not library.record(paths[1]) and "skipped 1" in library.errors, library.errors


def a_file_once_more(library):
    """What is read again on purpose is no copy."""
    path, late = library.path.parent / "twice.pcap", [(200.0, make.ipv4("10.0.0.9", "10.0.0.8", make.udp(9, 9, b"x")))]
    make.write_pcap(path, make.ETHERNET, [(EPOCH + make.Fraction(at).limit_denominator(10**6), make.ethernet(ip))
                                          for at, ip in spoken() + late])
    rows = library.record(path, path, options=["--again"])
    assert [ledger(row) for row in rows] == [[[(98, 0, 0)], [(98, 0, 0)]]] * 2, rows


def message_sent_again(library):
    """What SIP sends again after half a second is no copy of a mirror, and makes no second call."""
    scene = Scene()
    talk = Talk(scene)
    talk.invite(0.5)
    talk.simple()
    same(one(library, scene), disposition="answered", outcome="recorded")


if __name__ == "__main__":
    cases.run(globals())
