#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Captures of every link type and file format: the packet layer sees in them what tshark sees.

test-captures.py DUMP-DATAGRAMS
"""
import pathlib, subprocess, sys, tempfile, unittest
from fractions import Fraction

import make_capture as make
from witness import as_dumped

DUMP = sys.argv.pop(1)
START = Fraction(1_760_000_000) + Fraction(123_456, 10**6)
V4 = make.ipv4("192.0.2.1", "198.51.100.7", make.udp(5060, 5062, b"four"))
V6 = make.ipv6("2001:db8::1", "2001:db8::ffff:7", make.udp(4000, 4002, b"the sixth"))
OPTIONS = make.ipv4("192.0.2.1", "198.51.100.7", make.udp(1, 2, b"options"), options=b"\x94\x04\0\0\x01\x01\x01")
EXTENDED = make.ipv6("2001:db8::1", "2001:db8::2", make.udp(3, 4, b"extensions"),
                     extensions=[make.hop_by_hop(), make.routing(), make.destination_options(2), make.authentication()])
ATOMIC = make.ipv6("2001:db8::1", "2001:db8::2", make.udp(3, 4, b"atomic"), extensions=[make.fragment()])
EMPTY = make.ipv4("192.0.2.1", "198.51.100.7", make.udp(9, 9, b""))
MANY = [V4, V6, OPTIONS, EXTENDED, ATOMIC, EMPTY]

LINKS = {
    "ethernet": (make.ETHERNET, make.ethernet),
    "vlan": (make.ETHERNET, lambda ip: make.ethernet(ip, vlans=[7])),
    "three vlans": (make.ETHERNET, lambda ip: make.ethernet(ip, vlans=[5, 6, 7])),
    "cooked v1": (make.SLL, make.sll),
    "cooked v1, vlan": (make.SLL, lambda ip: make.sll(ip, vlan=9)),
    "cooked v2": (make.SLL2, make.sll2),
    "cooked v2, vlan": (make.SLL2, lambda ip: make.sll2(ip, vlan=9)),
    "null, little-endian": (make.NULL, make.null),
    "null, big-endian": (make.NULL, lambda ip: make.null(ip, ">")),
    "loop": (make.LOOP, make.loop),
    "raw": (make.RAW, bytes),
}


class Captures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "made.pcap"

    def dump(self, data, by_standard_input=False):
        """Rows of the dump, and its error. Progress must reach the end of a file that was read."""
        self.path.write_bytes(data)
        if by_standard_input:
            done = subprocess.run([DUMP, "-"], input=data, capture_output=True)
        else:
            done = subprocess.run([DUMP, self.path], capture_output=True)
        rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
        error = done.stderr.decode().strip()
        self.assertIn(done.returncode, (0, 1), error)
        self.assertEqual(done.returncode == 1, error != "")
        if not error:
            size = len(data)
            self.assertEqual(rows.pop(), ["0/0" if by_standard_input else f"{size}/{size}"])
        return rows, error

    def parse(self, link, frame, **options):
        rows, error = self.dump(make.pcap(link, [(START, frame)], **options))
        self.assertEqual((error, len(rows)), ("", 1))
        return rows[0][1:]

    def tshark(self):
        return as_dumped(self.path)

    def test_every_link_type_as_tshark_sees_it(self):
        for name, (link, wrap) in LINKS.items():
            with self.subTest(name):
                rows, error = self.dump(make.pcap(link, [(START + i, wrap(ip)) for i, ip in enumerate(MANY)]))
                self.assertEqual(error, "")
                self.assertEqual(rows, self.tshark())
                self.assertEqual(bytes.fromhex(rows[3][5]), b"extensions")

    def test_links_of_one_family(self):
        self.assertEqual(self.parse(make.IPV4, V4)[1:3], ["192.0.2.1:5060", "198.51.100.7:5062"])
        self.assertEqual(self.parse(make.IPV6, V6)[1:3], ["[2001:db8::1]:4000", "[2001:db8::ffff:7]:4002"])

    def test_address_families_of_other_systems(self):
        for family in (10, 24, 28, 30):
            self.assertEqual(self.parse(make.NULL, make.null(V6, family=family))[0], "udp")
        self.assertEqual(self.parse(make.NULL, make.null(V4, family=7)), ["other"])

    def test_every_file_format(self):
        packets = [(START + i, make.ethernet(ip)) for i, ip in enumerate(MANY)]
        wanted, _ = self.dump(make.pcap(make.ETHERNET, packets))
        for maker in (make.pcap, make.pcapng):
            for order in "<>":
                for nanoseconds in (False, True):
                    for by_standard_input in (False, True):
                        with self.subTest(f"{maker.__name__} {order} {nanoseconds} {by_standard_input}"):
                            data = maker(make.ETHERNET, packets, order=order, nanoseconds=nanoseconds)
                            self.assertEqual(self.dump(data, by_standard_input), (wanted, ""))
                            self.assertEqual(self.tshark(), wanted)

    def test_cut_packets_are_flagged(self):
        frame = make.ethernet(make.ipv4("192.0.2.1", "192.0.2.2", make.udp(1, 2, bytes(range(200)))))
        rows, _ = self.dump(make.pcap(make.ETHERNET, [(START, frame[:n], len(frame)) for n in range(len(frame) + 1)]))
        for n, row in enumerate(rows):
            if n < 14 + 20 + 8:
                self.assertEqual(row[1:], ["short"])
            else:
                self.assertEqual(row[4:], ["whole" if n == len(frame) else "cut", bytes(range(n - 42)).hex()])
        self.assertEqual(len(rows), len(frame) + 1)

    def test_every_layer_cut_at_every_byte(self):
        for name, (link, wrap) in LINKS.items():
            for ip in (OPTIONS, EXTENDED):
                frame = wrap(ip)
                rows, _ = self.dump(make.pcap(link, [(START, frame[:n], len(frame)) for n in range(1, len(frame))]))
                self.assertEqual(len(rows), len(frame) - 1, name)
                for row in rows:
                    self.assertTrue(row[1] == "short" or row[4] == "cut" or frame.endswith(b"\0"), (name, row))

    def test_lengths_that_lie(self):
        ip4 = lambda datagram, **lie: make.ipv4("192.0.2.1", "192.0.2.2", datagram, **lie)
        cases = [
            ("UDP claims more", ip4(make.udp(1, 2, b"abc", length=100)), ["cut", b"abc"]),
            ("UDP claims less", ip4(make.udp(1, 2, b"abcdef", length=11)), ["whole", b"abc"]),
            ("UDP claims nothing", ip4(make.udp(1, 2, b"abc", length=0)), ["whole", b"abc"]),
            ("IPv4 claims less", ip4(make.udp(1, 2, b"abcdef"), total=31), ["cut", b"abc"]),
            ("IPv4 claims more", ip4(make.udp(1, 2, b"abc"), total=9000), ["whole", b"abc"]),
            ("IPv4 claims nothing", ip4(make.udp(1, 2, b"abc"), total=0), ["whole", b"abc"]),
            ("IPv6 claims more", make.ipv6("::1", "::2", make.udp(1, 2, b"abc"), length=9000), ["whole", b"abc"]),
        ]
        for name, ip, (state, payload) in cases:
            with self.subTest(name):
                self.assertEqual(self.parse(make.RAW, ip)[3:], [state, payload.hex()])
        short = [ip4(make.udp(1, 2, b"abc", length=7)), ip4(make.udp(1, 2, b"abc"), total=19),
                 ip4(make.udp(1, 2, b"abc"), total=24), b"\x44" + V4[1:], b"\x4f" + V4[1:21], b"\x55" + V4[1:]]
        for ip in short:
            self.assertEqual(self.parse(make.RAW, ip), ["short"])

    def test_padding_of_short_frames_is_no_payload(self):
        self.assertEqual(self.parse(make.ETHERNET, make.ethernet(EMPTY))[3:], ["whole", ""])

    def test_other_protocols(self):
        tcp = make.ipv4("192.0.2.1", "192.0.2.2", make.tcp(1, 2, 3), protocol=make.PROTO_TCP)
        arp = make.MAC_A + make.MAC_B + b"\x08\x06" + bytes(46)
        endless = make.ipv6("::1", "::2", make.udp(1, 2, b""), extensions=[make.destination_options()] * 30)
        nested = V4
        for _ in range(7):
            nested = make.ipv4("192.0.2.1", "192.0.2.2", nested, protocol=make.PROTO_IPV4)
        tagged = make.ethernet(V4, vlans=range(1, 20))
        kinds = [self.parse(link, frame)[0] for link, frame in (
            (make.RAW, tcp), (make.ETHERNET, arp), (make.RAW, endless), (make.RAW, nested), (make.ETHERNET, tagged))]
        self.assertEqual(kinds, ["other", "other", "other", "other", "short"])

    def test_tunnels_show_the_inner_addresses(self):
        inner = make.ipv4("10.1.0.1", "10.1.0.2", V6, protocol=make.PROTO_IPV6)
        outer = make.ipv4("10.0.0.1", "10.0.0.2", inner, protocol=make.PROTO_IPV4)
        self.assertEqual(self.parse(make.RAW, outer)[:3], ["udp", "[2001:db8::1]:4000", "[2001:db8::ffff:7]:4002"])

    def test_truncated_files_give_their_whole_packets_first(self):
        packets = [(START, make.ethernet(V4)), (START, make.ethernet(V6))]
        for maker in (make.pcap, make.pcapng):
            whole, one = maker(make.ETHERNET, packets), maker(make.ETHERNET, packets[:1])
            for end in (len(one) + 1, len(one) + 20, len(whole) - 1):
                with self.subTest(f"{maker.__name__} {end}"):
                    rows, error = self.dump(whole[:end])
                    self.assertEqual([row[5] for row in rows], [b"four".hex()])
                    self.assertEqual(error, f"{self.path}: cut off in packet 2, which begins at byte {len(one)}")
                    rows, error = self.dump(whole[:end], by_standard_input=True)
                    self.assertEqual(len(rows), 1)
                    self.assertEqual(error, "standard input: cut off in packet 2")

    def test_files_that_stop_making_sense(self):
        """A length beyond all bounds; a second interface with another link type, which libpcap does not read."""
        good = make.pcap(make.RAW, [(START, V4)])
        second = make.block(1, make.struct.pack("<HHI", make.ETHERNET, 0, 262144), "<")
        for data, word in ((good + make.struct.pack("<IIII", 1, 1, 2**31, 2**31), "bigger than"),
                           (make.pcapng(make.RAW, [(START, V4)]) + second, "an interface has a type")):
            with self.subTest(word):
                rows, error = self.dump(data)
                self.assertEqual(len(rows), 1)
                self.assertTrue(error.startswith(f"{self.path}: cannot be read from packet 2 at byte ") and word in error, error)

    def test_files_that_are_no_captures(self):
        wlan = make.pcap(127, [])
        cases = [(b"", "not a capture file"), (b"RIFF....WAVE", "not a capture file"), (b"\xd4\xc3\xb2", "not a capture file"),
                 (make.pcap(make.RAW, [])[:20], "not a capture file"), (b"\0" * 100, "not a capture file"),
                 (wlan, "unsupported link type 127 (IEEE802_11_RADIO)"), (make.pcap(200_000, []), "unsupported link type 200000 (")]
        for data, message in cases:
            with self.subTest(message):
                rows, error = self.dump(data)
                self.assertEqual(rows, [])
                self.assertTrue(error.startswith(f"{self.path}: {message}"), error)
                self.assertEqual(len(error.splitlines()), 1)

    def test_paths_that_cannot_be_read(self):
        for path, words in ((self.path.parent / "absent", "No such file"), (self.path.parent, "folder")):
            done = subprocess.run([DUMP, path], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stderr.startswith(f"{path}: ") and words in done.stderr, done.stderr)

    def test_times(self):
        for seconds, wanted in ((0, 1), (Fraction(1, 10**6), 1), (2**31 + 5, (2**31 + 5) * 10**6), (2**32 - 1, (2**32 - 1) * 10**6)):
            with self.subTest(seconds):
                rows, _ = self.dump(make.pcap(make.RAW, [(seconds, V4)]))
                self.assertEqual(rows[0][0], str(wanted))


if __name__ == "__main__":
    unittest.main()
