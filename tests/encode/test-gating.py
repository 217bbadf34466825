# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Silence that was never encoded is silence in four decoders (opusdec, FFmpeg's own, libsndfile, Chromium's), what is
spoken sounds as if all had been encoded, and nothing clicks where one passes into the other.

usage: test-gating.py OPUS-TOOL [all]   (all: rates, channels and complexities in all combinations, and a table of the levels)
"""
import os, pathlib, subprocess, sys, tempfile, unittest
import numpy as np

import lab, players

TOOL = sys.argv.pop(1)
ALL = sys.argv[1:2] == ["all"] and bool(sys.argv.pop(1))
SILENCE_DB, HANG_OVER, PRE_ROLL, SETTLED = -60, 15, 2, 4  # frames of 20 ms
NOISE_DB = -65
SETTLES_BELOW_DB = -90   # from the fifth ready-made packet on
CLICK_DB = -40           # the most by which gated and ungated may differ where a gap begins or ends
CASES = [(8000, 1, 24000, 0, 14), (16000, 1, 28000, 5, 12), (48000, 1, 40000, 0, 12), (8000, 2, 24000, 5, 16),
         (48000, 2, 40000, 0, 14), (48000, 1, 96000, 5, 12)]  # rate, channels, bit rate, complexity, seconds
if ALL:
    CASES = [(rate, channels, bitrate, complexity, 20) for rate, bitrate in
             ((8000, 16000), (8000, 24000), (16000, 28000), (24000, 32000), (48000, 40000), (48000, 96000))
             for channels in (1, 2) for complexity in (0, 5, 10)]
AT_ONCE = 6  # what a browser gets in one go, and memory holds
READY_MADE = {"0806e0b3e31a", "2806e0b3e31830", "4807c97d8ec858", "6807c97d8ec85cf52d3ab1479b405858",
              "7807c97d8ec85cf52d3ab385bf1531ba103020", "98fffe", "b8fffe", "d8fffe", "f8fffe"}


def db(power):
    return 10 * np.log10(np.maximum(power, 1e-20))


def levels(samples, size):
    """Of each frame of 20 ms, dBFS."""
    return db((samples[:len(samples) // size * size].reshape(-1, size) ** 2).mean(axis=1))


def gate(samples, size):
    """Which frames are encoded by the rule, worked out again: TRUE for spoken, hang-over and pre-roll."""
    frames = samples[:len(samples) // size * size].reshape(-1, size) / 32768
    loud = (db((frames ** 2).mean(axis=1)) > SILENCE_DB) | (db(np.abs(frames).max(axis=1) ** 2) > SILENCE_DB + 12)
    spoken = np.zeros(len(loud), bool)
    for i in np.flatnonzero(loud):
        spoken[max(i - PRE_ROLL, 0):i + HANG_OVER + 1] = True
    spoken[0] = True  # the mode is learnt from a packet
    return spoken


def streams(packet, channels):
    """The packets of each stream; all but the last say how long they are (RFC 6716 appendix B)."""
    if channels == 1:
        return [packet]
    length, at = packet[1], 2
    if length >= 252:
        length, at = length + 4 * packet[2], 3
    return [packet[:1] + packet[at:at + length], packet[at + length:]]


def speakers(rate, channels, seconds, quieter_db=0):
    """int16, a column a channel: phrases over a noise that is none."""
    noise, random = 10 ** (NOISE_DB / 20) * 32768, np.random.default_rng(7)
    legs = [lab.talk(seconds, rate, start=0.7 + 2.1 * c, pause=1.6 + c, voice=("en", "en-us+f3")[c], noise=0, seed=c + 1)
            for c in range(channels)]
    return np.stack([(leg * 10 ** (-quieter_db / 20) + random.normal(0, noise, len(leg))).clip(-32767, 32767).astype("<i2")
                     for leg in legs], axis=1)


def write(path, legs, rate, bitrate, complexity, silence=0):
    """Writes the file; it ends 100 samples before the legs do."""
    length = len(legs) * (48000 // rate) - 100
    with tempfile.NamedTemporaryFile() as raw:
        raw.write(np.ascontiguousarray(legs, "<i2").tobytes())
        raw.flush()
        subprocess.run([TOOL, "write", path, str(legs.shape[1]), str(bitrate), str(complexity), str(length), str(rate), raw.name],
                       check=True, stdout=subprocess.PIPE, env={**os.environ, "EARSHOT_SILENCE": str(silence)})
    return path


class Case:
    """The same legs, all encoded and gated, and what the decoders make of both."""

    def __init__(self, folder, rate, channels, bitrate, complexity, seconds):
        self.rate, self.channels = rate, channels
        self.name = f"{rate:>5} Hz, {channels} ch, {bitrate:>5} bit/s, c{complexity:<2}"
        self.legs = speakers(rate, channels, seconds)
        self.files = [write(folder / f"{rate}-{channels}-{bitrate}-{complexity}-{-silence}.opus", self.legs, rate, bitrate,
                            complexity, silence) for silence in (0, SILENCE_DB)]
        self.decoded = {"opusdec": [players.by_opusdec(f, channels) for f in self.files],
                        "ffmpeg": [players.by_ffmpeg(f, channels) for f in self.files],
                        "libsndfile": [players.by_sndfile(f, channels, rate, TOOL) for f in self.files]}


class Gating(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.dir = pathlib.Path(temporary.name)

    def check_packets(self, path, masks):
        """What need not be encoded was not, each stream by itself; all else was."""
        packets = lab.ogg_packets(path.read_bytes())[2:]
        for i, packet in enumerate(packets[:len(masks[0])]):
            for c, stream in enumerate(streams(packet, len(masks))):
                self.assertEqual(stream.hex() in READY_MADE, not masks[c][i], f"packet {i} of stream {c}")

    def compare(self, plain, gated, mask):
        """One channel's decoding with its ungated one. Returns the figures of the table."""
        size = 960
        n = min(len(plain), len(gated)) // size
        plain, gated, spoken = plain[:n * size], gated[:n * size], mask[:n]
        before, after, apart = levels(plain, size), levels(gated, size), levels(gated - plain, size)
        run, settled = 0, np.zeros(n, bool)
        for i in range(n):  # a packet's last 6.5 ms are heard in the next frame, and the next one's first in this
            run = 0 if spoken[i] else run + 1
            settled[i] = run > SETTLED and not spoken[min(i + 1, n - 1)]
        edges = np.zeros(n, bool)
        for i in np.flatnonzero(np.diff(spoken.astype(int))):
            edges[max(i - 1, 0):i + 4] = True
        speech = before > -40
        return {"gap": after[settled].max(), "edge": apart[edges].max(), "level": np.abs(after - before)[speech].max(),
                "apart": (apart - before)[speech].max(), "gaps": int((np.diff(spoken.astype(int)) < 0).sum())}

    def check(self, case):
        masks = [gate(case.legs[:, c], case.rate // 50) for c in range(case.channels)]
        self.check_packets(case.files[1], masks)
        for decoder, (before, after) in case.decoded.items():
            self.assertEqual(before.shape, after.shape, decoder)
            for c in range(case.channels):
                figures = self.compare(before[:, c], after[:, c], masks[c])
                name = f"{case.name} {decoder:<10} channel {c}"
                if ALL:
                    print(name, *(f"{what} {value:.1f}" for what, value in figures.items()), flush=True)
                self.assertGreaterEqual(figures["gaps"], 2, name)
                self.assertLess(figures["gap"], SETTLES_BELOW_DB, name)
                self.assertLess(figures["edge"], CLICK_DB, name)
                self.assertLess(figures["level"], 3, name)
                if decoder == "opusdec":  # the others were held against the same file without gaps
                    self.check_source(case.legs[::case.rate // 8000, c], before[::6, c], after[::6, c], name)

    def check_source(self, source, before, after, name):
        was, is_now = (lab.correlate(source[:len(x)] / 32768, np.append(x, np.zeros(800)), 0, 80)[0] for x in (before, after))
        self.assertGreater(was, 0.8, name)
        self.assertGreater(is_now, was - 0.02, name)

    def test_four_decoders(self):
        for first in range(0, len(CASES), AT_ONCE):
            cases = [Case(self.dir, *case) for case in CASES[first:first + AT_ONCE]]
            files = [path for case in cases for path in case.files]
            browser = players.by_chromium(files)
            for case in cases:
                if browser:  # which gives a file of one channel as two
                    case.decoded["chromium"] = [browser[files.index(path)][:, :case.channels] for path in case.files]
                with self.subTest(case.name):
                    self.check(case)

    def test_soft_speech_survives(self):
        """26 dB below the usual: speech at -50 dBFS over noise at -65."""
        legs = speakers(8000, 1, 12, 26)
        plain, gated = write(self.dir / "soft-plain.opus", legs, 8000, 24000, 5), write(self.dir / "soft-gated.opus", legs, 8000, 24000, 5, SILENCE_DB)
        before, after = (players.by_opusdec(path, 1)[:, 0] for path in (plain, gated))
        clean = levels(lab.talk(12, 8000, start=0.7, pause=1.6, noise=0) * 10 ** (-26 / 20) / 32768, 160)[:len(before) // 960]
        was, now = levels(before, 960)[:len(clean)], levels(after, 960)[:len(clean)]
        self.assertLess(np.median(clean[clean > -58]), -45)
        self.assertLess(np.abs(was - now)[clean > -58].max(), 3)

    def test_a_silent_leg_is_never_encoded(self):
        legs = speakers(8000, 2, 6)
        legs[:, 1] = 0
        path = write(self.dir / "one.opus", legs, 8000, 24000, 5, SILENCE_DB)
        packets = [streams(packet, 2)[1].hex() for packet in lab.ogg_packets(path.read_bytes())[2:]]
        self.assertEqual(set(packets[1:]), {"0806e0b3e31a"})
        for decoded in (players.by_opusdec(path, 2), players.by_ffmpeg(path, 2)):
            self.assertLessEqual(np.abs(decoded[:, 1]).max(), 1 / 32768)

    def test_off_encodes_everything(self):
        legs = speakers(8000, 1, 4)
        self.check_packets(write(self.dir / "off.opus", legs, 8000, 24000, 5), [np.ones(len(legs) // 160, bool)])

    def test_cut_that_begins_in_a_gap(self):
        legs = speakers(8000, 1, 12)
        path = write(self.dir / "whole.opus", legs, 8000, 24000, 5, SILENCE_DB)
        decoders = (players.by_opusdec, players.by_ffmpeg, lambda path, channels: players.by_sndfile(path, channels, 8000, TOOL))
        whole, mask = [decode(path, 1) for decode in decoders], gate(legs[:, 0], 160)
        onset = next(i for i in range(200, len(mask)) if mask[i] and not mask[i - 40:i].any())
        for start_ms in (onset * 20 - 500, onset * 20 - 30, onset * 20 + 30):
            piece = self.dir / f"{start_ms}.opus"
            subprocess.run([TOOL, "cut", path, piece, str(start_ms), str(start_ms + 2000)], check=True)
            for decode, all_of_it in zip(decoders, whole):
                heard = decode(piece, 1)
                self.assertEqual(len(heard), 96000)
                apart = levels(heard[:, 0] - all_of_it[start_ms * 48:][:96000, 0], 960)
                self.assertLess(apart[:-1].max(), -60)  # FFmpeg ends with its resampler's tail


if __name__ == "__main__":
    unittest.main()
