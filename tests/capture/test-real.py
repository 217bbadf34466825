#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real captures and torture messages, where they lie beside the project: the parsers read what tshark reads.

test-real.py DUMP-SIP DUMP-DATAGRAMS DUMP-KEYS DATA-FOLDER. Skips itself (77) without the folder.
"""
import json, pathlib, struct, subprocess, sys, unittest

DUMP_SIP, DUMP_DATAGRAMS, DUMP_KEYS, DATA = *sys.argv[1:4], pathlib.Path(sys.argv[4])
del sys.argv[1:5]
FIELDS = ["udp.srcport", "udp.dstport", "udp.length", "sip.Method", "sip.Status-Code", "sip.Call-ID", "sip.CSeq.seq",
          "sip.from.addr", "sip.from.user", "sip.from.tag", "sip.to.addr", "sip.to.user", "sip.to.tag"]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    return done.returncode, [line.split("\t") for line in done.stdout.splitlines()], done.stderr


def tshark(path):
    """A row of FIELDS for every UDP datagram; what ICMP quotes is not looked into."""
    args = [a for field in FIELDS for a in ("-e", field)]
    out = subprocess.run(["tshark", "-n", "-r", path, "-Y", "udp && !icmp", "-T", "fields", "-E", "occurrence=l", *args],
                         capture_output=True, text=True, errors="replace").stdout
    return [line.split("\t") for line in out.splitlines()]


def captures():
    return sorted(p for p in (DATA / "pcap").rglob("*.pcap*") if not p.name.endswith(".json"))


class Real(unittest.TestCase):
    def test_captures(self):
        datagrams = messages = 0
        for path in captures():
            with self.subTest(path.name):
                theirs = tshark(path)
                datagrams += self.check_datagrams(path, theirs)
                messages += self.check_messages(path, [r[3:] for r in theirs if r[5] and r[6]])
        self.assertGreater(datagrams, 1000)
        self.assertGreater(messages, 100)

    def check_datagrams(self, path, theirs):
        status, rows, error = run(DUMP_DATAGRAMS, path)
        self.assertEqual((status, error), (0, ""))
        mine = [[r[2].rsplit(":", 1)[1], r[3].rsplit(":", 1)[1], str(len(r[5]) // 2 + 8)] for r in rows[:-1] if r[1] == "udp"]
        self.assertEqual(mine, [r[:3] for r in theirs])
        return len(mine)

    def check_messages(self, path, theirs):
        _, rows, error = run(DUMP_SIP, path)
        self.assertEqual(error, "")
        mine = [m for m in rows if m[0] != "refused"]
        self.assertEqual([(m[0], m[1], m[2], m[5], m[8]) for m in mine],
                         [(r[0] or r[1], r[2], r[3], r[6], r[9]) for r in theirs])
        for m, r in zip(mine, theirs):  # tshark gives no user where the URI has none; there the host stands in
            for user, address, wanted in ((m[4], r[4], r[5]), (m[7], r[7], r[8])):
                if wanted and "%" not in wanted and ";" not in wanted and not address.startswith("tel:"):
                    self.assertEqual(user, wanted)
        return len(mine)

    def test_connections(self):
        """Messages over TCP, one by one; tshark puts segments together by itself."""
        fields = [a for field in FIELDS[3:] for a in ("-e", field)]
        messages = 0
        for path in (p for p in captures() if "tcp" in p.name or "ipip" in p.name):
            with self.subTest(path.name):
                out = subprocess.run(["tshark", "-n", "-r", path, "-Y", "sip && tcp", "-T", "fields", "-E", "occurrence=l", *fields],
                                     capture_output=True, text=True, errors="replace").stdout
                theirs = [line.split("\t") for line in out.splitlines()]
                _, rows, error = run(DUMP_SIP, "--tcp", path)
                self.assertEqual(error, "")
                self.assertEqual([(m[0], m[1], m[2], m[5], m[8]) for m in rows],
                                 [(r[0] or r[1], r[2], r[3], r[6], r[9]) for r in theirs])
                messages += len(rows)
        self.assertGreater(messages, 30)

    def test_keys(self):
        """Each (SSRC, timestamp, event) that is in the packets, once, with the longest of its durations."""
        found = 0
        for path, payload_type in [*((p, 101) for p in (DATA / "pcap/sipp_dtmf").glob("*.pcap")),
                                   *((DATA / f"pcap/{name}.pcap", payload_type) for name, payload_type in
                                     (("rtpp_catch_dtmf", 101), ("wsk_dtmf2833_proxy", 96), ("ast_opus_dtmf_sll", 101)))]:
            with self.subTest(path.name):
                wanted = {}
                for row in run(DUMP_DATAGRAMS, path)[1]:
                    packet = bytes.fromhex(row[5]) if len(row) > 5 else b""
                    if len(packet) == 16 and packet[0] == 0x80 and packet[1] & 127 == payload_type:
                        _, _, _, timestamp, ssrc, event, _, duration = struct.unpack(">BBHIIBBH", packet)
                        key = (f"{ssrc:08x}", timestamp, event)
                        wanted[key] = max(wanted.get(key, 0), duration)
                keys = [(r[0], int(r[1]), int(r[2]), int(r[4])) for r in run(DUMP_KEYS, path, str(payload_type))[1]]
                self.assertEqual(sorted(keys), sorted((*key, duration) for key, duration in wanted.items()))
                found += len(keys)
        self.assertGreater(found, 10)

    def test_torture(self):
        """Everything that the standard calls valid is read; what it calls invalid may be, but never breaks anything."""
        truth = json.loads((DATA / "torture/torture_truth.json").read_text())
        for name, entry in truth.items():
            with self.subTest(name):
                status, rows, error = run(DUMP_SIP, "--message", DATA / f"torture/{name}.dat")
                self.assertEqual((status, error, len(rows)), (0, "", 1))
                if not entry["rfc4475_class"].startswith("invalid"):
                    self.assertEqual(len(rows[0]), 12, rows)
                    self.assertTrue(rows[0][1].startswith(name + "."), rows)

    def test_messages_of_others(self):
        for path in [*(DATA / "fuzz_seeds/sip").iterdir(), *(DATA / "siprec").glob("*.sip")]:
            with self.subTest(path.name):
                status, rows, error = run(DUMP_SIP, "--message", path)
                self.assertEqual((status, error, len(rows)), (0, "", 1))


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(77)
    unittest.main()
