#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Lost packets of Opus whose audio the next one repeats (in-band FEC): it is in the file, at its place, and is no gap; where
nothing is repeated, nothing is made up."""
import sys
import tempfile
import unittest

import numpy as np

import lab
from lab import Sender, correlate, play, record, talk

TOOL = sys.argv[1]
RATE = 16000
VOICE = talk(20, RATE, start=0.3, pause=0.8)


class Redundancy(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.place.cleanup()

    def lose(self, payloads, frame_ms, lost, ahead=0.0, rate=RATE):
        sender = Sender(0, 1, payloads, ticks=48 * frame_ms, interval=frame_ms / 1000, start=ahead)
        sender.packets = [p for i, p in enumerate(sender.packets) if i not in lost]
        first = Sender(1, 2, [bytes([0xff]) * 160] * 3, codec=1)  # begins the file, so that frames need not fall on its grid
        result, path = record(TOOL, self.place.name, [first, sender], [f"opus/48000/2 maxplaybackrate={rate}", "PCMU/8000"],
                              channels="split", bitrate=64000)
        heard = play(path, RATE, channels=2)[:, 0][round(ahead * RATE):]
        result["gaps"] = [g for g in result["gaps"] if g[0] == 0]
        self.check_silence(heard, result["gaps"], ahead)
        return result, heard, result["legs"][0]["streams"][0]

    def check_silence(self, heard, gaps, ahead):
        """What the table calls missing is silent: nothing was made up."""
        for _, start_ms, length_ms, _ in gaps:
            at = (start_ms - round(ahead * 1000)) * RATE // 1000
            inner = heard[at + RATE // 125:at + length_ms * RATE // 1000 - RATE // 125]
            around = np.std(VOICE[max(at - RATE // 10, 0):at + RATE // 10].astype(float))
            self.assertLess(np.std(inner) if len(inner) else 0, 60 + 0.2 * around, f"gap at {start_ms} ms")

    def likeness(self, heard, frame_ms, packets, delay):
        """How much what is heard where packets belong is what was said there."""
        size = RATE * frame_ms // 1000
        said = np.concatenate([VOICE[i * size - delay:(i + 1) * size - delay] for i in packets]).astype(float)
        got = np.concatenate([heard[i * size:(i + 1) * size] for i in packets])
        return float(np.dot(said, got) / np.sqrt(max(np.dot(said, said), 1) * max(np.dot(got, got), 1)))

    def delay(self, heard):
        value, offset = correlate(VOICE[RATE * 4:RATE * 6].astype(float), heard, RATE * 4, RATE // 20)
        self.assertGreater(value, 0.7)
        return offset

    def loud(self, frame_ms, apart):
        """Packets in which somebody speaks, some distance apart."""
        size = RATE * frame_ms // 1000
        level = [np.std(VOICE[i * size:(i + 1) * size].astype(float)) for i in range(len(VOICE) // size)]
        found = []
        for i in range(10, len(level) - 3):
            if min(level[i - 1:i + 2]) > 900 and (not found or i - found[-1] >= apart):
                found.append(i)
        self.assertGreater(len(found), 20)
        return found

    def check(self, frame_ms, missing_ms=0, ahead=0.0, rate=RATE, least=0.7, **options):
        payloads, lost = lab.opus(VOICE, RATE, frame_ms, True, **options), self.loud(frame_ms, 4)
        whole, heard, _ = self.lose(payloads, frame_ms, set(), ahead, rate)
        delay = self.delay(heard)
        best = self.likeness(heard, frame_ms, lost, delay)
        result, heard, ledger = self.lose(payloads, frame_ms, set(lost), ahead, rate)
        self.assertEqual((ledger["lost"], ledger["recovered"], ledger["late"]), (len(lost), len(lost), 0))
        self.assertEqual(result["audio_ms"], whole["audio_ms"])
        self.assertLessEqual(sum(g[2] for g in result["gaps"]), missing_ms)
        self.assertEqual(result["legs"][0]["filled_ms"], sum(g[2] for g in result["gaps"]))
        value = self.likeness(heard, frame_ms, lost, delay)
        self.assertGreater(value, least)
        self.assertGreater(value, best - 0.12)

    def test_repeated(self):
        for frame_ms in (10, 20, 40, 60):
            with self.subTest(frame_ms=frame_ms):
                self.check(frame_ms)

    def test_between_frames(self):
        for frame_ms, ahead in ((20, 0.007), (60, 0.053)):
            self.check(frame_ms, ahead=ahead)

    def test_stereo_and_wide(self):
        self.check(20, channels=2, bitrate="40k")
        self.check(40, channels=2, bitrate="40k")
        self.check(20, rate=48000)  # what is recovered passes the decoder's own rate

    def test_nothing_repeated(self):
        for frame_ms in (20, 60):
            payloads, lost = lab.opus(VOICE, RATE, frame_ms, False), self.loud(frame_ms, 4)
            result, _, ledger = self.lose(payloads, frame_ms, set(lost))
            self.assertEqual((ledger["lost"], ledger["recovered"]), (len(lost), 0))
            self.assertEqual(sum(g[2] for g in result["gaps"]), frame_ms * len(lost))

    def test_music(self):
        """CELT repeats nothing, though asked to."""
        payloads, lost = lab.opus(VOICE, RATE, 20, True, application="lowdelay"), self.loud(20, 4)
        self.assertTrue(all(p[0] & 0x80 for p in payloads))
        result, _, ledger = self.lose(payloads, 20, set(lost))
        self.assertEqual((ledger["recovered"], sum(g[2] for g in result["gaps"])), (0, 20 * len(lost)))

    def test_burst(self):
        """Of three lost packets the last comes back."""
        payloads, last = lab.opus(VOICE, RATE, 20, True), self.loud(20, 8)
        lost = {i - k for i in last for k in range(3)}
        result, heard, ledger = self.lose(payloads, 20, lost)
        self.assertEqual((ledger["lost"], ledger["recovered"]), (3 * len(last), len(last)))
        self.assertEqual([(g[1], g[2]) for g in result["gaps"]], [((i - 2) * 20, 40) for i in last])
        self.assertGreater(self.likeness(heard, 20, last, self.delay(heard)), 0.6)

    def test_late(self):
        """Within the reorder window nothing was lost; behind it the packet is late, and its audio is there."""
        payloads = lab.opus(VOICE, RATE, 20, True)
        for delay, late in ((0.3, 0), (0.9, 1)):
            sender = Sender(0, 1, payloads, ticks=960)
            sender.packets[self.loud(20, 4)[5]]["arrival"] += delay
            result, _ = record(TOOL, self.place.name, [sender], [f"opus/48000/2 maxplaybackrate={RATE}"], legs=1)
            ledger = result["legs"][0]["streams"][0]
            self.assertEqual((ledger["lost"], ledger["late"], ledger["recovered"]), (0, late, late))
            self.assertEqual(result["gaps"], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
