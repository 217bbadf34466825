#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Tunnels and fragments: the packet layer sees in them what tshark sees, and what tshark does not settle stays unread.

test-tunnels.py DUMP-DATAGRAMS
"""
import pathlib, random, struct, subprocess, sys, tempfile, unittest
from fractions import Fraction

import make_capture as make
import tunnels
from tunnels import TUNNELS
from witness import as_dumped

DUMP = sys.argv.pop(1)
START = Fraction(1_760_000_000) + Fraction(123_456, 10**6)
V4 = make.ipv4("192.0.2.1", "198.51.100.7", make.udp(5060, 5062, b"four"), identification=4)
V6 = make.ipv6("2001:db8::1", "2001:db8::ffff:7", make.udp(4000, 4002, b"the sixth"))
VOICE = make.ipv4("192.0.2.1", "198.51.100.7", make.udp(40000, 40002, make.rtp(0, 1, 160, 7, bytes(range(160)))))
# What tshark is not told by the packets and does not guess.
HINTS = ["mpls.label==100002,pwethnocw", "mpls.label==100003,pwethcw", "udp.port==8472,vxlan"]
NOT_BY_TSHARK = ("MPLS alone", "ERSPAN III, IP")  # which it does not open
LARGE = bytes(random.Random(5).randrange(256) for _ in range(4000))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "made.pcap"

    def dump(self, link, frames, step=0.001):
        """Rows of the dump without their times. Frames are bytes, or bytes and when (seconds)."""
        timed = [f if isinstance(f, tuple) else (f, i * step) for i, f in enumerate(frames)]
        make.write_pcap(self.path, link, [(START + Fraction(at).limit_denominator(10**6), *f) if isinstance(f, tuple) else
                                          (START + Fraction(at).limit_denominator(10**6), f) for f, at in timed])
        done = subprocess.run([DUMP, self.path], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [line.split("\t")[1:] for line in done.stdout.splitlines()[:-1]]

    def kinds(self, link, frames, **more):
        return [row[0] for row in self.dump(link, frames, **more)]


class Tunnels(Case):
    def test_each_as_tshark_sees_it(self):
        packets = (V4, V6, VOICE)
        for link in {link for link, _ in TUNNELS.values()}:
            names = [name for name, (kind, _) in TUNNELS.items() if kind == link]
            mine = self.dump(link, [TUNNELS[name][1](ip) for name in names for ip in packets])
            theirs = [] if link == tunnels.MPLS else as_dumped(self.path, *(a for hint in HINTS for a in ("-d", hint)))
            for n, name in enumerate(names):
                with self.subTest(name):
                    rows = mine[3 * n:3 * n + 3]
                    self.assertEqual([bytes.fromhex(row[4]) for row in rows], [b"four", b"the sixth", VOICE[28:]])
                    self.assertEqual([row[:4] for row in rows], [
                        ["udp", "192.0.2.1:5060", "198.51.100.7:5062", "whole"],
                        ["udp", "[2001:db8::1]:4000", "[2001:db8::ffff:7]:4002", "whole"],
                        ["udp", "192.0.2.1:40000", "198.51.100.7:40002", "whole"]])
                    if name not in NOT_BY_TSHARK:
                        self.assertEqual([row[1:] for row in theirs[3 * n:3 * n + 3]], rows)

    def test_each_cut_at_every_byte(self):
        """Never more than was there, and never another packet than the one within."""
        for name, (link, wrap) in TUNNELS.items():
            with self.subTest(name):
                frame = wrap(VOICE)
                inner = frame.index(VOICE) + 28
                make.write_pcap(self.path, link, [(START, frame[:n], len(frame)) for n in range(1, len(frame))])
                rows = subprocess.run([DUMP, self.path], capture_output=True, text=True, check=True).stdout.splitlines()[:-1]
                for n, row in enumerate(rows, 1):
                    row = row.split("\t")[1:]
                    if row[0] == "udp" and row[1].endswith(":40000"):
                        self.assertTrue(n >= inner and bytes.fromhex(row[4]) == VOICE[28:28 + n - inner], (n, row))
                        self.assertEqual(row[3], "cut" if n < inner + len(VOICE) - 28 else "whole")
                    elif n >= inner:
                        self.assertNotEqual(row[0], "udp", (n, row))

    def test_bounds(self):
        """Tunnels in tunnels, labels, tags and options without end."""
        def nested(depth):
            ip = V4
            for _ in range(depth):
                ip = tunnels.over_gre(tunnels.gre(ip, 0x0800))
            return make.ethernet(ip)
        self.assertEqual(self.kinds(make.ETHERNET, [nested(6), nested(7), nested(60)]), ["udp", "other", "other"])
        deep = tunnels.typed(0x8847, tunnels.labels(V4, *range(16, 32)))
        deeper = tunnels.typed(0x8847, tunnels.labels(V4, *range(16, 33)))
        self.assertEqual(self.kinds(make.ETHERNET, [deep, deeper]), ["udp", "short"])
        extended = make.ethernet(tunnels.over_udp(2152, tunnels.gtp(V4, extensions=20)))
        self.assertEqual(self.dump(make.ETHERNET, [extended])[0][2], "172.31.0.2:2152")

    def test_what_is_not_read(self):
        frames = [make.ethernet(tunnels.outer(bytes(40), 50)), make.ethernet(tunnels.outer(bytes(40), 115)),
                  tunnels.typed(0x88E5, bytes(60)), make.ethernet(tunnels.over_gre(b"\x40\0\x08\0" + V4)),
                  make.ethernet(tunnels.over_gre(b"\0\x02\x08\0" + V4)), make.ethernet(tunnels.over_gre(tunnels.pptp(b"\xff\x03\0\xfd" + bytes(40)))),
                  tunnels.typed(0x8863, bytes(40)), tunnels.typed(0x8847, tunnels.labels(b"\x10" + bytes(60))),
                  make.ethernet(tunnels.over_gre(tunnels.gre(V4, 0x0806)))]
        self.assertEqual(self.kinds(make.ETHERNET, frames), ["other"] * len(frames))

    def test_media_on_the_ports_of_tunnels(self):
        """A call may use any port: its packets are no tunnel."""
        stun = struct.pack(">HHI", 1, 20, 0x2112A442) + bytes(12) + bytes(20)
        message = make.sip_request("INVITE", "sip:bob@10.0.0.2")
        contents = [make.rtp(n & 127, n, 160 * n, n * 2654435761 & 0xFFFFFFFF, bytes(160)) for n in range(200)]
        contents += [stun, message, b"", b"\0\0", make.rtcp_sender_report(1), b"\r\n\r\n", V4, tunnels.vxlan(b""),
                     tunnels.vxlan(VOICE), tunnels.geneve(VOICE), tunnels.gtp(b"E" + bytes(30)), bytes(200)]
        for port in (4789, 8472, 6081, 2152, 37008):
            rows = self.dump(make.RAW, [make.ipv4("10.0.0.1", "10.0.0.2", make.udp(40000, port, c)) for c in contents])
            self.assertEqual([row[:1] + row[2:3] + row[4:] for row in rows], [["udp", f"10.0.0.2:{port}", c.hex()] for c in contents])

    def test_addresses_that_look_like_versions(self):
        """Ethernet behind MPLS whose address begins with 4 or 6, or with zero and no control word."""
        for first in (0x40, 0x45, 0x60, 0x00):
            frame = bytes([first]) + make.ethernet(VOICE)[1:]
            self.assertEqual(self.kinds(make.ETHERNET, [tunnels.typed(0x8847, tunnels.labels(frame)),
                                                        tunnels.typed(0x8847, tunnels.labels(bytes(4) + frame))]), ["udp"] * 2)


class Fragments(Case):
    def packet(self, version=4, payload=LARGE):
        data = make.udp(5060, 5060, payload)
        return make.ipv6("2001:db8::1", "2001:db8::2", data) if version == 6 else make.ipv4("192.0.2.1", "192.0.2.2", data)

    def holds(self, frames, whole=1, **more):
        """One row is the datagram, the others wait."""
        rows = self.dump(make.ETHERNET, frames, **more)
        self.assertEqual([r[0] for r in rows if r[0] != "fragment"], ["udp"] * whole)
        for row in rows:
            if row[0] == "udp":
                self.assertEqual((row[3], row[4]), ("whole", LARGE.hex()))
        return rows

    def wrapped(self, version=4, size=1480, **more):
        return [make.ethernet(p) for p in tunnels.fragments(self.packet(version), size, **more)]

    def test_in_every_order(self):
        for version in (4, 6):
            for size in (1480, 8, 1000):
                parts = self.wrapped(version, size)
                self.assertGreater(len(parts), 2)
                self.holds(parts)
                self.holds(parts[::-1])
                for seed in range(5):
                    self.holds(random.Random(seed).sample(parts, len(parts)), step=0.0001)
                self.assertEqual([r[2:] for r in as_dumped(self.path, "-Y", "udp")],
                                 [r[1:] for r in self.holds(parts) if r[0] == "udp"])

    def test_one_is_missing(self):
        parts = self.wrapped()
        for left_out in range(len(parts)):
            self.holds(parts[:left_out] + parts[left_out + 1:], whole=0)

    def test_copies_and_other_sizes(self):
        """Seen twice, in turn or one after the other, and cut up anew on the way: it is one datagram."""
        parts, smaller = self.wrapped(), self.wrapped(size=488)
        self.holds([p for p in parts for _ in range(2)])
        self.holds(parts + parts)
        self.holds(smaller[:5] + parts + smaller[5:])
        self.holds(parts[:2] + smaller + parts[2:])

    def test_identifications_come_again(self):
        parts = self.wrapped()
        self.holds([(p, 0.001 * i) for i, p in enumerate(parts)] + [(p, 0.2 + 0.001 * i) for i, p in enumerate(parts)], whole=2)
        other = [make.ethernet(p) for p in tunnels.fragments(make.ipv4("192.0.2.3", "192.0.2.2", make.udp(5060, 5060, LARGE)))]
        self.holds([p for pair in zip(parts, other) for p in pair], whole=2)
        self.holds([p for pair in zip(parts, self.wrapped(identification=78)) for p in pair], whole=2)

    def test_contradictions(self):
        """Bytes that come twice and differ, ends that differ: what the receiver took nobody knows."""
        parts = tunnels.fragments(self.packet())
        forged = parts[1][:-1] + bytes([parts[1][-1] ^ 1])
        longer = tunnels.fragments(self.packet(payload=LARGE + bytes(8)))
        shorter = tunnels.fragments(self.packet(payload=LARGE[:-8]))
        for packets in ([parts[0], forged, *parts[1:]], [parts[0], parts[1], forged, parts[2]], [parts[2], longer[2], *parts],
                        [longer[2], parts[0], parts[2], parts[1]], [shorter[2], longer[2], *parts]):
            self.holds([make.ethernet(p) for p in packets], whole=0)

    def test_too_late(self):
        parts = self.wrapped()
        self.holds([(p, 2.4 * i) for i, p in enumerate(parts)])
        self.holds([(p, 2.6 * i) for i, p in enumerate(parts)], whole=0)

    def test_impossible(self):
        four = lambda body, field: make.ethernet(make.ipv4("192.0.2.1", "192.0.2.2", body, fragment=field))
        six = lambda body, offset, more: make.ethernet(make.ipv6("::1", "::2", body, extensions=[make.fragment(offset, more)]))
        frames = [four(bytes(13), 0x2000), four(b"", 0x2000), four(bytes(64), 0x1FFF), six(bytes(9), 0, True), six(b"", 8, False),
                  six(bytes(64), 65528, False)]
        self.assertEqual(self.kinds(make.ETHERNET, frames), ["short"] * len(frames))
        whole = self.wrapped()[0]
        self.assertEqual(self.kinds(make.ETHERNET, [(whole[:-8], len(whole))]), ["short"])

    def test_tiny_and_largest(self):
        """A transport header in pieces; the largest datagram there is; one whose last piece is a single byte."""
        self.holds(self.wrapped(size=8), step=0.0001)
        for length in (65507, 1473 - 28 + 28, 8 * 100 - 7):
            payload = bytes(i * 7 & 255 for i in range(length))
            rows = self.dump(make.ETHERNET, [make.ethernet(p) for p in tunnels.fragments(self.packet(payload=payload), 1472)])
            self.assertEqual(rows[-1][4], payload.hex())

    def test_within_tunnels(self):
        """The outer packet in pieces, the inner one, both."""
        for name in ("GRE", "ERSPAN II", "VXLAN", "IP in IPv6"):
            link, wrap = TUNNELS[name]
            outer = wrap(self.packet())[14:]
            self.holds([make.ethernet(p) for p in tunnels.fragments(outer, 1400)])
            self.holds([wrap(p) for p in tunnels.fragments(self.packet())])
            both = [make.ethernet(q) for n, p in enumerate(tunnels.fragments(self.packet()))
                    for q in tunnels.fragments(wrap(p)[14:], 800, identification=500 + n)]
            self.holds(both)
            self.holds(both[::-1])

    def test_flood(self):
        """More than is kept: what is whole at the end still is."""
        flood = [make.ethernet(tunnels.fragments(make.ipv4("198.51.100.1", "192.0.2.2", make.udp(1, 2, bytes(65000))), 1480, n)[-1])
                 for n in range(6000)]
        self.holds(flood + self.wrapped(), step=0.00001)

    def test_other_protocols(self):
        echo = make.ipv4("192.0.2.1", "192.0.2.2", b"\x08\0" + bytes(3000), protocol=1)
        self.assertEqual(self.kinds(make.RAW, tunnels.fragments(echo)), ["fragment", "fragment", "other"])


if __name__ == "__main__":
    unittest.main()
