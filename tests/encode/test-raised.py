#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Raised speech of made voices, held against what was amplified and against a measure of its own.

usage: test-raised.py RECORDING-TOOL
"""
import sys
import tempfile
import unittest

import numpy as np

from lab import Sender, chunks, mu_law, record, talk

TOOL = sys.argv[1]
CALM = talk(60, pause=0.6) // 4  # far from full scale, so that 9 dB more is not clipped
OTHER = talk(60, start=2, pause=2, voice="en+f3", seed=2) // 4


def amplified(voice, stretches, db):
    out = voice.astype(float)
    for start, end in stretches:
        out[int(start * 8000):int(end * 8000)] *= 10 ** (db / 20)
    return np.clip(out, -32767, 32767).astype("<i2")


def loud_ms(voice, stretches):
    """How long the voice sounds within stretches, in frames above a level that its pauses never reach."""
    power = (voice.astype(float)[:len(voice) // 160 * 160].reshape(-1, 160) ** 2).mean(1)
    loud = power > 200 ** 2
    return sum(int(loud[int(start * 50):int(end * 50)].sum()) * 20 for start, end in stretches)


def measured_ms(voice):
    """The definition once more: blocks of 400 ms of sounding speech, 6 dB above the median of all of them."""
    power = (voice.astype(float)[:len(voice) // 160 * 160].reshape(-1, 160) ** 2).mean(1)
    speech = power[power > 60 ** 2]
    blocks = 10 * np.log10(speech[:len(speech) // 20 * 20].reshape(-1, 20).mean(1))
    return int((blocks >= np.median(blocks) + 6).sum()) * 400


class Raised(unittest.TestCase):
    def legs(self, voice, *more):
        with tempfile.TemporaryDirectory() as folder:
            senders = [Sender(0, 1, chunks(mu_law(voice), 160)), Sender(1, 2, chunks(mu_law(OTHER), 160)), *more]
            result, _ = record(TOOL, folder, senders)
            return [leg["raised_ms"] for leg in result["legs"]]

    def test_calm(self):
        self.assertLessEqual(max(self.legs(CALM)), 800)

    def test_a_stretch(self):
        for stretches in ([(30, 38)], [(2, 5), (40, 45), (55, 57)], [(50, 60)]):
            voice = amplified(CALM, stretches, 9)
            first, second = self.legs(voice)
            # Breaths between words are not raised speech to the ear's measure, but belong to a block of it.
            self.assertAlmostEqual(first, measured_ms(voice), delta=0.35 * measured_ms(voice) + 800, msg=stretches)
            self.assertAlmostEqual(first, loud_ms(voice, stretches), delta=0.4 * loud_ms(voice, stretches) + 800, msg=stretches)
            self.assertGreater(first, 1500)
            self.assertLessEqual(second, 800)

    def test_somewhat_louder(self):
        self.assertLessEqual(self.legs(amplified(CALM, [(20, 30)], 3))[0], 2000)

    def test_level_of_the_line(self):
        """Another telephone and another gain: what is usual is what its own voice usually has."""
        for db in (-12, 9):
            self.assertLessEqual(max(self.legs(amplified(CALM, [(0, 60)], db))), 800)
        calm, louder = chunks(mu_law(CALM), 160), chunks(mu_law(amplified(CALM, [(0, 60)], 9)), 160)
        with tempfile.TemporaryDirectory() as folder:
            senders = [Sender(0, 1, calm[:2000]), Sender(0, 7, louder[2000:], start=40)]
            result, _ = record(TOOL, folder, senders, legs=1)
        self.assertLessEqual(result["legs"][0]["raised_ms"], 1200)

    def test_nothing(self):
        silent = np.zeros(60 * 8000, "<i2")
        self.assertEqual(self.legs(silent)[0], 0)
        self.assertEqual(self.legs(amplified(CALM, [(3, 60)], -99))[0], 0)  # too little speech to know what is usual
        with tempfile.TemporaryDirectory() as folder:
            result, _ = record(TOOL, folder, [Sender(1, 2, chunks(mu_law(OTHER), 160))])
        self.assertEqual(result["legs"][0]["raised_ms"], -1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
