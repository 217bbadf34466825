#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Each codec, encoded by somebody else (ffmpeg, sox, spandsp, opencore-amr, ...), decoded by ours, held against the speech
that went in."""
import subprocess
import sys
import unittest

import numpy as np

import encoders
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


    def test_g726(self):
        """Each rate and packing against spandsp, whose decoder gives the same samples; the other packing would not do."""
        source = self.source(8000)
        noise = np.random.default_rng(5).integers(0, 256, 6000, np.uint8).tobytes()
        least = {2: 0.88, 3: 0.95, 4: 0.98, 5: 0.99}
        for bits in (2, 3, 4, 5):
            for prefix, little in (("G726-", True), ("AAL2-G726-", False)):
                data = encoders.g726(source, bits, little)
                payloads = lab.chunks(data, 20 * bits)
                self.check(f"{prefix}{8 * bits}/8000", 8000, payloads, source, least[bits])
                for stream in (data, noise):
                    heard, _ = decode(f"{prefix}{8 * bits}/8000", lab.chunks(stream, 20 * bits))
                    theirs = encoders.g726_decoded(stream, bits, little)[:len(heard)]
                    fits = np.abs(heard + 0.5) < 32767  # theirs wraps beyond
                    self.assertGreater(fits.mean(), 0.5)
                    np.testing.assert_array_equal(heard[fits], theirs[fits])
        payloads = lab.chunks(encoders.g726(source, 4, True), 80)
        self.check("G721/8000", 8000, payloads, source, 0.98)
        with self.assertRaises(AssertionError):
            self.check("AAL2-G726-32/8000", 8000, payloads, source, 0.9)

    def test_g723(self):
        source = self.source(8000)
        frames = lab.chunks(ffmpeg(source, 8000, "-c:a", "g723_1", "-b:a", "6300", "-f", "g723_1"), 24)
        self.check("G723/8000", 8000, frames, source, 0.75)
        self.check("G723/8000", 8000, [a + b for a, b in zip(frames[::2], frames[1::2])], source, 0.75)

    def test_dvi4(self):
        for rate in (8000, 11025, 16000, 22050):
            source = self.source(rate)
            self.check(f"DVI4/{rate}", rate, encoders.dvi4(source, rate // 50 // 2 * 2), source, 0.98)

    def test_l16(self):
        for rate in (8000, 16000, 44100, 48000):
            source = np.round(self.source(rate))
            payloads = lab.chunks(source.astype(">i2").tobytes(), rate // 50 * 2)
            heard, bad = decode(f"L16/{rate}", payloads)
            self.assertEqual(bad, 0)
            np.testing.assert_array_equal(heard, source[:len(heard)])
        stereo = np.column_stack([source, np.full(len(source), 100)]).astype(">i2").tobytes()
        heard, bad = decode("L16/48000/2", lab.chunks(stereo, 1920))
        np.testing.assert_allclose(heard, (source[:len(heard)] + 100) / 2, atol=1)

    def test_g729(self):
        source = self.source(8000)
        frames = encoders.g729(source)
        self.check("G729/8000", 8000, [a + b for a, b in zip(frames[::2], frames[1::2])], source, 0.7)

    def test_amr(self):
        """Every mode in both packings; several frames in a payload; a sender that announces the other packing."""
        for name, rate, modes, encode, parts in (("AMR", 8000, range(8), encoders.amr, 1), ("AMR-WB", 16000, range(9),
                                                                                          encoders.amr_wb, 3)):
            source = self.source(rate)
            for mode in modes:
                frames = encode(source, mode)
                wide = name == "AMR-WB"
                for together, aligned, fmtp in ((1, True, "octet-align=1"), (parts, False, "mode-set=0,1;octet-align=0"),
                                                (4, True, "max-red=220; octet-align=1"), (1, False, "octet-align=1"),
                                                (3, True, "")):
                    payloads = [amr_payload(frames[i:i + together], aligned, wide)
                                for i in range(0, len(frames) - together + 1, together)]
                    self.check(f"{name}/{rate}", rate, payloads, source, 0.62, fmtp)


def amr_payload(frames, aligned, wide):
    """RFC 4867 section 4.3 or 4.4 of frames in storage format, written as bits."""
    lengths = ([132, 177, 253, 285, 317, 365, 397, 461, 477, 40, 0, 0, 0, 0, 0, 0] if wide else
               [95, 103, 118, 134, 148, 159, 204, 244, 39, 43, 38, 37, 0, 0, 0, 0])
    bits = "1111" + ("0000" if aligned else "")
    for i, frame in enumerate(frames):
        bits += f"{int(i < len(frames) - 1)}{frame[0] >> 3 & 15:04b}{frame[0] >> 2 & 1}" + ("00" if aligned else "")
    for frame in frames:
        speech = "".join(f"{byte:08b}" for byte in frame[1:])[:lengths[frame[0] >> 3 & 15]]
        bits += speech + "0" * (-len(speech) % 8 if aligned else 0)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def decibels(samples):
    return 20 * np.log10(np.std(samples) + 1e-3)


def room(seconds, rate, rms):
    """The noise of a room: louder where it is lower."""
    white = np.random.default_rng(3).normal(0, 1, int(seconds * rate))
    heard = np.convolve(white, 0.7 ** np.arange(30))[:len(white)]
    return heard / np.std(heard) * rms


class Comfort(unittest.TestCase):
    def check_level(self, rtpmap, rate, encode, is_silence):
        """Noise goes in; after the encoder has fallen silent noise about as loud comes out of its descriptors."""
        levels = []
        for rms in (30, 100, 300):
            payloads = [p for p in encode(room(6, rate, rms))[-150:] if p]
            silence = [p for p in payloads if is_silence(p)]
            self.assertGreater(len(silence), 0)
            heard, bad = decode(rtpmap, silence)
            self.assertEqual(bad, 0)
            self.assertLess(abs(decibels(heard) - 20 * np.log10(rms)), 4.5, f"{rtpmap}, {rms}: {decibels(heard):.1f} dB")
            levels.append(decibels(heard))
        self.assertGreater(levels[1], levels[0] + 6)
        self.assertGreater(levels[2], levels[1] + 6)

    def test_amr_silence(self):
        self.check_level("AMR/8000", 8000, lambda s: [amr_payload([f], False, False) for f in encoders.amr(s, 7, True)],
                         lambda p: (p[0] & 7) << 1 | p[1] >> 7 == 8)
        self.check_level("AMR-WB/16000", 16000, lambda s: [amr_payload([f], False, True) for f in encoders.amr_wb(s, 2, True)],
                         lambda p: (p[0] & 7) << 1 | p[1] >> 7 == 9)

    def test_amr_nothing(self):
        """Frames without data are silence before the first descriptor and its noise after it."""
        nothing = amr_payload([bytes([15 << 3 | 4])] * 2, False, False)
        silence = next(f for f in encoders.amr(room(4, 8000, 100), 7, True)[100:] if f[0] >> 3 == 8)
        heard, bad = decode("AMR/8000", [nothing, amr_payload([silence], False, False), nothing])
        self.assertEqual((bad, len(heard)), (0, 160 * 5))
        self.assertEqual(np.abs(heard[:320]).max(), 0)
        self.assertLess(abs(decibels(heard[480:]) - decibels(heard[320:480])), 2)
        self.assertGreater(decibels(heard[480:]), 30)

    def test_g723_silence(self):
        source = lab.speech("good morning", 8000) * 0.6
        speech = lab.chunks(ffmpeg(source, 8000, "-c:a", "g723_1", "-b:a", "6300", "-f", "g723_1"), 24)
        levels = []
        for gain in (8, 16, 24):
            silence = [bytes([2, 0, 0, gain << 2])] + [bytes([3])] * 9
            heard, bad = decode("G723/8000", [speech[10], b"".join(silence[:3]), *silence[3:]])
            self.assertEqual((bad, len(heard)), (0, 240 * 11))
            levels.append(decibels(heard[480:]))
        self.assertGreater(levels[1], levels[0] + 3)
        self.assertGreater(levels[2], levels[1] + 3)

    def test_g729_room(self):
        self.check_level("G729/8000", 8000, lambda s: encoders.g729(s, annex_b=True), lambda p: len(p) == 2)

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
