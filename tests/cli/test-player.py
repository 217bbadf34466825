# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What is played, played into a WAV file: the speed changes the length and not the pitch, ranges and silence left out
have the length that they should, positions are those of the file."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

PLAYER, OPUS_TOOL, SESSION = sys.argv[1:4]
del sys.argv[1:4]
RATE = 8000
SECONDS = 10


class Player(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.dir = Path(cls.temporary.name)
        t = np.arange(RATE * SECONDS) / RATE
        # A tone that tells the second it belongs to, and left from right.
        left = 8000 * np.sin(2 * np.pi * np.cumsum(400 + 50 * np.floor(t)) / RATE)
        right = 8000 * np.sin(2 * np.pi * 1500 * t)
        for name, legs in (("mono", [left]), ("split", [left, right])):
            raw = cls.dir / f"{name}.raw"
            np.stack(legs, axis=1).astype("<i2").tofile(raw)
            subprocess.run([OPUS_TOOL, "write", cls.dir / f"{name}.opus", str(len(legs)), "24000", "5",
                            str(SECONDS * 48000), str(RATE), raw], check=True, stdout=subprocess.DEVNULL)

    def play(self, *, name="mono", start=0, end=-1, speed=1, sink=None, speech=None):
        intervals = [f"{a}-{b}" for a, b in speech or []]
        mode = "all" if speech is None else "speech"
        return subprocess.run([PLAYER, self.dir / f"{name}.opus", str(start), str(end), str(speed), sink or "-", mode,
                               *intervals], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def rendered(self, **options):
        """Samples that were played, one column a channel."""
        out = self.dir / "out.wav"
        out.unlink(missing_ok=True)
        done = self.play(sink=f"wavenc ! filesink location={out}", **options)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        raw = out.read_bytes()
        self.assertEqual(raw[:4], b"RIFF")
        self.assertEqual(int.from_bytes(raw[24:28], "little"), RATE)
        return np.frombuffer(raw[raw.index(b"data") + 8:], "<i2").reshape(-1, int.from_bytes(raw[22:24], "little"))

    def pitch(self, samples):
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        return np.argmax(spectrum) * RATE / len(samples)

    def test_speed_keeps_the_pitch(self):
        for speed in (0.5, 1, 1.5, 2, 3):
            with self.subTest(speed=speed):
                samples = self.rendered(speed=speed)[:, 0]
                self.assertAlmostEqual(len(samples) / RATE, SECONDS / speed, delta=0.1)
                for second in (2, 5, 8):
                    middle = int((second + 0.5) * RATE / speed)
                    around = samples[middle - RATE // 10:middle + RATE // 10]
                    self.assertAlmostEqual(self.pitch(around), 400 + 50 * second, delta=10)

    def test_range(self):
        samples = self.rendered(start=3000, end=5000)[:, 0]
        self.assertAlmostEqual(len(samples) / RATE, 2, delta=0.021)
        self.assertAlmostEqual(self.pitch(samples[800:7200]), 550, delta=5)
        self.assertAlmostEqual(self.pitch(samples[8800:15200]), 600, delta=5)
        faster = self.rendered(start=3000, end=5000, speed=2)
        self.assertAlmostEqual(len(faster) / RATE, 1, delta=0.06)

    def test_split_legs_stay_left_and_right(self):
        samples = self.rendered(name="split", speed=1.5)
        self.assertAlmostEqual(self.pitch(samples[RATE:RATE * 4 // 3, 0]), 450, delta=60)
        self.assertAlmostEqual(self.pitch(samples[RATE:RATE * 4 // 3, 1]), 1500, delta=10)

    def test_silence_is_left_out(self):
        # Kept with their margins: 0-0.7, 2.8-5.2 (the pause within is short), 7.8-8.3.
        speech = [(3000, 4000), (0, 500), (4500, 5000), (8000, 8100)]
        samples = self.rendered(speech=speech)[:, 0]
        self.assertAlmostEqual(len(samples) / RATE, 3.6, delta=0.065)
        self.assertAlmostEqual(self.pitch(samples[800:4800]), 400, delta=5)
        self.assertAlmostEqual(self.pitch(samples[int(1.0 * RATE):int(1.8 * RATE)]), 550, delta=5)
        self.assertAlmostEqual(self.pitch(samples[int(3.35 * RATE):int(3.55 * RATE)]), 800, delta=8)
        self.assertAlmostEqual(len(self.rendered(speech=speech, speed=2)) / RATE, 1.8, delta=0.1)
        self.assertAlmostEqual(len(self.rendered(speech=speech, start=4600)) / RATE, 1.1, delta=0.065)

    def test_positions_are_those_of_the_file(self):
        done = self.play(sink="fakesink sync=true", start=1000, speed=3, speech=[(1000, 1500), (9000, 9900)])
        positions = list(map(int, done.stdout.split()))
        self.assertEqual((done.returncode, positions), (0, sorted(positions)))
        self.assertTrue(all(1000 <= p <= 1720 or 8780 <= p <= 10000 for p in positions), positions)
        self.assertTrue(positions[-1] > 9000, positions)

    def test_session(self):
        """Playing in the background: paused means standing still, a held key ends where its last press says."""
        done = subprocess.run([SESSION, self.dir / "mono.opus"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        at = {step: (int(position), ended) for step, position, ended in map(str.split, done.stdout.splitlines())}
        self.assertEqual(at["opened"], (0, "0"))
        self.assertTrue(200 <= at["playing"][0] <= 1500, at)
        self.assertAlmostEqual(at["paused"][0], at["playing"][0], delta=150)
        self.assertAlmostEqual(at["sought"][0], 5000, delta=30)
        self.assertTrue(5500 <= at["faster"][0] <= 7500, at)
        self.assertEqual(at["end"][1], "1")
        self.assertEqual(at["again"][1], "0")
        self.assertAlmostEqual(at["again"][0], 1000, delta=30)
        self.assertEqual((at["behind"][1], at["behind-playing"][1]), ("0", "1"))  # the end, whatever lies behind it
        self.assertTrue(2000 <= at["back"][0] <= 3000, at)
        self.assertEqual(at["back"][1], "0")

    def test_no_sound_device(self):
        done = self.play()
        if done.returncode == 0:
            self.skipTest("there is a sound device")
        self.assertEqual((done.returncode, done.stderr.decode()), (105, "no sound device; --listen plays it in a browser on your own desk, "
                                                                  "--output FILE writes it\n"))

    def test_refusals(self):
        for speed in ("0.4", "3.1", "nan", "0"):
            self.assertEqual(self.play(speed=speed, sink="fakesink").returncode, 101)
        done = self.play(name="absent", sink="fakesink")
        self.assertEqual(done.returncode, 106)
        self.assertIn(b"absent.opus", done.stderr)
        (self.dir / "text.opus").write_text("not audio " * 100)
        done = self.play(name="text", sink="fakesink")
        self.assertEqual(done.returncode, 106)
        self.assertIn(b"text.opus", done.stderr)
        self.assertEqual(self.play(sink="nosuchsink").returncode, 105)


if __name__ == "__main__":
    unittest.main()
