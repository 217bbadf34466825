#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Each codec, encoded by somebody else (ffmpeg, sox), decoded by ours, held against the speech that went in."""
import subprocess
import sys
import unittest

import numpy as np

import lab

TOOL = sys.argv[1]


def ffmpeg(samples, rate, *options):
    return lab.run("ffmpeg", "-v", "error", "-f", "s16le", "-ar", rate, "-ac", "1", "-i", "-", *options, "-",
                   input=samples.astype("<i2").tobytes())


def decode(rtpmap, payloads, fmtp=""):
    done = subprocess.run([TOOL, rtpmap, fmtp], input="\n".join(p.hex() for p in payloads).encode() + b"\n",
                          capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<i2").astype(float), int(done.stderr.split()[-1])


class Decoders(unittest.TestCase):
    def check(self, rtpmap, rate, payloads, source, least, fmtp="", delay=0.03):
        heard, bad = decode(rtpmap, payloads, fmtp)
        self.assertEqual(bad, 0)
        self.assertAlmostEqual(len(heard) / rate, len(source) / rate, delta=0.1)
        size = rate  # of a window: one second
        at = len(source) // 2 - size
        value, offset = lab.correlate(source[at:at + size], heard, at, int(delay * rate))
        self.assertGreater(value, least, f"{rtpmap}: offset {offset}")
        loud = 20 * np.log10(np.std(heard) / np.std(source))
        self.assertLess(abs(loud), 2.5, f"{rtpmap}: level {loud:.1f} dB")

    def source(self, rate):
        return lab.speech("the quick brown fox jumps over the lazy dog while seven wizards sing in harmony", rate) * 0.6

    def test_g711(self):
        for name, encoding in (("PCMU", "u-law"), ("PCMA", "a-law")):
            source = self.source(8000)
            self.check(name + "/8000", 8000, lab.chunks(lab.sox_raw(source, 8000, encoding), 160), source, 0.99)

    def test_g711_every_word(self):
        words = bytes(range(256))
        for name, encoding in (("PCMU", "u-law"), ("PCMA", "a-law")):
            wanted = np.frombuffer(lab.run("sox", "-t", "raw", "-r", 8000, "-e", encoding, "-c", "1", "-", "-t", "raw",
                                           "-e", "signed", "-b", "16", "-D", "-", input=words), "<i2")
            heard, _ = decode(name + "/8000", [words])
            np.testing.assert_array_equal(heard, wanted)

    def test_g722(self):
        source = self.source(16000)
        self.check("G722/8000", 16000, lab.chunks(ffmpeg(source, 16000, "-c:a", "g722", "-f", "g722"), 160), source, 0.95)

    def test_gsm(self):
        source = self.source(8000)
        frames = lab.chunks(ffmpeg(source, 8000, "-c:a", "libgsm", "-f", "gsm"), 33)
        self.check("GSM/8000", 8000, frames, source, 0.8)
        self.check("GSM/8000", 8000, [a + b for a, b in zip(frames[::2], frames[1::2])], source, 0.8)

    def test_opus(self):
        for rate, fmtp in ((48000, ""), (16000, "maxplaybackrate=16000"), (8000, "maxplaybackrate=8000")):
            source = self.source(rate)
            data = ffmpeg(source, rate, "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-application", "voip", "-f",
                          "ogg")
            self.check("opus/48000/2", rate, lab.ogg_packets(data)[2:], source, 0.75, fmtp)

    def test_speex(self):
        for rate in (8000, 16000, 32000):
            for frames in (1, 2, 3):
                source = self.source(rate)
                data = ffmpeg(source, rate, "-c:a", "libspeex", "-frames_per_packet", frames, "-f", "ogg")
                self.check(f"speex/{rate}", rate, lab.ogg_packets(data)[2:], source, 0.7, delay=0.05)


class Comfort(unittest.TestCase):
    def test_g729_silence(self):
        """Speech frames are made elsewhere; the silence descriptor of Annex B follows its gain."""
        levels = []
        for gain in (8, 16, 24):
            heard, bad = decode("G729/8000", [bytes([0, gain << 1])] * 20)
            self.assertEqual((bad, len(heard)), (0, 1600))
            levels.append(20 * np.log10(np.std(heard)))
        self.assertAlmostEqual(levels[1] - levels[0], 16, delta=1.5)
        self.assertAlmostEqual(levels[2] - levels[1], 16, delta=1.5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
