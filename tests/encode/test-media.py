#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Codecs on their way into a recording: rates that no file may have, long payloads, senders that keep still in silence."""
import sys
import tempfile
import unittest

import numpy as np

import encoders
import lab
from lab import Sender, chunks, correlate, play, record, talk

TOOL = sys.argv[1]


def amr_wb_payload(frame):
    """One frame in storage format, octet-aligned (RFC 4867 section 4.4)."""
    return bytes([0xf0, frame[0] & 0x7c]) + frame[1:]


class Media(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.place.cleanup()

    def record(self, senders, codecs, **options):
        return record(TOOL, self.place.name, senders, codecs, **options)

    def check_heard(self, said, rate, path, file_rate, least=0.9):
        """Each second of what was said is heard in its place."""
        heard = play(path, file_rate)
        said = np.interp(np.arange(len(said) * file_rate // rate) * rate / file_rate, np.arange(len(said)), said)
        found = 0
        for at in range(0, min(len(said), len(heard)) - file_rate, file_rate):
            window = said[at:at + file_rate]
            if np.std(window) < 300:
                continue
            value, offset = correlate(window, heard, at, file_rate // 20)
            self.assertGreater(value, least, f"at {at / file_rate} s")
            self.assertLess(abs(offset), file_rate // 500, f"at {at / file_rate} s")
            found += 1
        self.assertGreater(found, 3)

    def test_rates_of_l16(self):
        """Whatever the rate and the length of payloads, the file has the next rate that Opus knows, and no seams."""
        for rate, size, file_rate in ((8000, 160, 8000), (11025, 256, 16000), (16000, 320, 16000), (22050, 441, 24000),
                                      (32000, 640, 48000), (44100, 300, 48000), (48000, 960, 48000)):
            with self.subTest(rate=rate):
                said = talk(8, rate, start=0.2, pause=0.5)
                sender = Sender(0, 1, chunks(said.astype(">i2").tobytes(), 2 * size), ticks=size, interval=size / rate)
                result, path = self.record([sender], [f"L16/{rate}"], legs=1, bitrate=96000)
                self.assertEqual((result["rate_hz"], result["gaps"]), (file_rate, []))
                self.assertEqual(result["legs"][0]["codec"], "L16")
                self.assertAlmostEqual(result["audio_ms"], 8000, delta=25)
                self.check_heard(said, rate, path, file_rate)

    def test_stereo(self):
        said = talk(6, 44100, start=0.2, pause=0.5)
        both = np.column_stack([said, said]).astype(">i2").tobytes()
        sender = Sender(0, 1, chunks(both, 4 * 220), ticks=220, interval=220 / 44100)
        result, path = self.record([sender], ["L16/44100/2"], legs=1, bitrate=96000)
        self.assertEqual(result["gaps"], [])
        self.check_heard(said, 44100, path, 48000)

    def test_dvi4(self):
        for rate, file_rate in ((11025, 16000), (22050, 24000)):
            said, size = talk(6, rate, start=0.2, pause=0.5), rate // 100 * 2
            sender = Sender(0, 1, encoders.dvi4(said, size), ticks=size, interval=size / rate)
            result, path = self.record([sender], [f"DVI4/{rate}"], legs=1, bitrate=96000)
            self.assertEqual((result["rate_hz"], result["gaps"]), (file_rate, []))
            self.check_heard(said, rate, path, file_rate)

    def test_long_payloads(self):
        """A quarter of a second in one packet is all in the file, also where packets come between the frames."""
        said = talk(12, 8000, start=0.2, pause=0.5)
        for start in (0.0, 0.011):
            likeness = []
            for ms in (20, 240):
                sender = Sender(0, 1, chunks(lab.mu_law(said), 8 * ms), ticks=8 * ms, interval=ms / 1000, start=start)
                other = Sender(1, 2, [bytes([0xff]) * 160] * 600, codec=0)
                result, path = self.record([sender, other], ["PCMU/8000"], channels="split", bitrate=64000)
                self.assertEqual(result["gaps"], [])
                heard = play(path, 8000, channels=2)[round(start * 8000):, 0]
                likeness.append(correlate(said[8000:80000].astype(float), heard, 8000, 40)[0])
            self.assertAlmostEqual(likeness[1], likeness[0], delta=0.002)

    def test_keeping_still(self):
        """AMR-WB with DTX: a descriptor every 160 ms, nothing in between. The noise goes on, and nothing is a gap."""
        random = np.random.default_rng(4)
        said = np.concatenate([talk(4, 16000, start=0.1, pause=0.1), random.normal(0, 120, 8 * 16000),
                               talk(4, 16000, start=0.1, pause=0.1)])
        frames = encoders.amr_wb(np.clip(said, -32000, 32000), 8, dtx=True)
        sender = Sender(0, 1, [amr_wb_payload(f) for f in frames], ticks=320)
        sender.packets = [p for p in sender.packets if p["payload"][1] >> 3 != 15]
        for i, packet in enumerate(sender.packets):
            packet["sequence"] = 1000 + i
        self.assertLess(len(sender.packets), 0.75 * len(frames))
        result, path = self.record([sender], ["AMR-WB/16000 octet-align=1"], legs=1, bitrate=64000)
        self.assertEqual((result["gaps"], result["legs"][0]["filled_ms"]), ([], 0))
        self.assertEqual(result["legs"][0]["streams"][0]["undecodable"], 0)
        heard = play(path, 16000)
        quiet = [np.std(heard[at:at + 800]) for at in range(8 * 16000, 11 * 16000, 800)]
        self.assertGreater(min(quiet), 30)  # no hole between two descriptors
        self.assertLess(max(quiet), 400)
        self.assertLess(result["legs"][0]["speech_ms"], 9000)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
