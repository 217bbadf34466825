# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Every Ogg Opus file that encode/ writes, repairs or cuts is accepted by opusinfo, opusdec, ffprobe, ffmpeg and
libsndfile, has the length asked for to the sample, and sounds like its source. Tags change in place, renderings have
the samples that were asked for, and a full disk harms nothing."""
import hashlib
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

TOOL = sys.argv.pop(1)


def run(*args, check=True, **more):
    done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{args}: exit {done.returncode}: {done.stderr.decode()}")
    return done


def tool(*args, check=True):
    return run(TOOL, *args, check=check)


def speech_like(seconds, rate, seed):
    """Syllables with a moving pitch: any stretch of it correlates with itself alone. The pitch is high enough to pass
    the filter that libopus sets below a voice."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    t = np.arange(n) / rate
    pitch = 2 * np.pi * np.cumsum(300 + 80 * np.sin(2 * np.pi * 0.7 * t + seed) + rng.normal(0, 2, n)) / rate
    voice = sum(np.sin(k * pitch) / k for k in range(1, 12))
    envelope = np.clip(np.sin(2 * np.pi * 2.3 * t + seed), 0, 1)
    return (voice * envelope * 6000 + rng.normal(0, 40, n)).clip(-32000, 32000).astype("<i2")


def ogg_pages(data):
    at = 0
    while at + 27 <= len(data) and data[at:at + 4] == b"OggS":
        segments = data[at + 26]
        length = 27 + segments + sum(data[at + 27:at + 27 + segments])
        yield data[at:at + length]
        at += length


def decode(path, rate=48000):
    """By opusdec, which honours pre-skip and end trim; channels as columns."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "o.wav"
        done = run("opusdec", "--quiet", "--no-dither", "--rate", rate, path, wav)
        assert not done.stderr, done.stderr
        raw = wav.read_bytes()
    channels = int.from_bytes(raw[22:24], "little")
    return np.frombuffer(raw[raw.index(b"data") + 8:], "<i2").reshape(-1, channels)


def correlation(a, b):
    n = min(len(a), len(b))
    a, b = a[:n].astype(float), b[:n].astype(float)
    return float(a @ b / np.sqrt((a @ a) * (b @ b) + 1e-9))


class Case(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.dir = Path(self.temporary.name)

    def raw(self, samples, name="in.raw"):
        path = self.dir / name
        np.ascontiguousarray(samples).tofile(path)
        return path

    def accepted(self, path, samples_48k):
        """All readers take the file without a word of complaint, and find just so many samples."""
        info = run("opusinfo", path)
        text = (info.stdout + info.stderr).decode()
        self.assertNotIn("WARNING", text)
        self.assertNotIn("ERROR", text)
        probe = run("ffprobe", "-v", "warning", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path)
        self.assertEqual((probe.stdout.strip(), probe.stderr), (b"opus", b""))
        null = run("ffmpeg", "-v", "warning", "-nostdin", "-i", path, "-f", "null", "-")
        self.assertEqual(null.stderr, b"")
        decoded = decode(path)
        self.assertEqual(len(decoded), samples_48k)
        data = path.read_bytes()
        pages = list(ogg_pages(data))
        self.assertEqual(sum(map(len, pages)), len(data), "pages and nothing else")
        self.assertEqual(pages[-1][5] & 4, 4, "end of stream is set")
        granule = int.from_bytes(pages[-1][6:14], "little")
        pre_skip = int.from_bytes(data[28 + 10:28 + 12], "little")
        self.assertEqual(granule - pre_skip, samples_48k)
        rate, channels, length_ms, frames = map(int, tool("read", path).stdout.split())
        self.assertEqual(channels, decoded.shape[1])
        self.assertEqual(frames, samples_48k * rate // 48000)
        self.assertEqual(length_ms, frames * 1000 // rate)
        return decoded


class Writer(Case):
    def test_lengths(self):
        source = speech_like(2.1, 8000, 1)
        for frames, end in ((100, 96000), (100, 95999), (100, 95100), (19, 19 * 960 - 312), (20, 20 * 960 - 312),
                            (21, 20 * 960), (1, 1), (1, 960), (104, 100000)):
            with self.subTest(frames=frames, end=end):
                path = self.dir / f"{frames}-{end}.opus"
                tool("write", path, 1, 24000, 5, end, 8000, self.raw(source[:frames * 160]))
                self.accepted(path, end)

    def test_rates_and_channels_sound_like_their_source(self):
        for rate in (8000, 16000, 24000, 48000):
            for channels in (1, 2):
                with self.subTest(rate=rate, channels=channels):
                    legs = np.stack([speech_like(3, rate, seed) for seed in range(channels)], axis=1)
                    path = self.dir / f"{rate}-{channels}.opus"
                    tool("write", path, channels, 32000, 5, 3 * 48000, rate, self.raw(legs))
                    decoded = self.accepted(path, 3 * 48000)[::48000 // rate]
                    self.assertEqual(decoded.shape[1], channels)
                    for c in range(channels):
                        self.assertGreater(correlation(decoded[:, c], legs[:, c]), 0.9)

    def test_split_legs_do_not_leak(self):
        legs = np.stack([speech_like(3, 8000, 4), np.zeros(24000, "<i2")], axis=1)
        path = self.dir / "leak.opus"
        tool("write", path, 2, 12000, 5, 3 * 48000, 8000, self.raw(legs))
        self.assertLess(np.abs(self.accepted(path, 3 * 48000)[:, 1]).max(), 32768 * 10 ** (-60 / 20))

    def test_pages_end_within_400_ms(self):
        path = self.dir / "pages.opus"
        legs = np.stack([speech_like(2, 8000, 3), speech_like(2, 8000, 4)], axis=1)
        tool("write", path, 2, 256000, 0, 96000, 8000, self.raw(legs))
        decoded = self.accepted(path, 96000)[::6]
        for c in range(2):
            self.assertGreater(correlation(decoded[:, c], legs[:, c]), 0.9)
        pages = list(ogg_pages(path.read_bytes()))
        granules = [int.from_bytes(p[6:14], "little") for p in pages[1:]]
        self.assertLessEqual(max(np.diff(granules)), 20 * 960)
        self.assertTrue(all(p[26 + p[26]] < 255 for p in pages), "no packet continues on the next page")

    def test_rate_changes_without_a_hole(self):
        narrow = speech_like(2, 8000, 5)
        wide = speech_like(4, 16000, 5)[32000:]
        path = self.dir / "switch.opus"
        tool("write", path, 1, 32000, 5, 4 * 48000, 8000, self.raw(narrow), 16000, self.raw(wide, "wide.raw"))
        decoded = self.accepted(path, 4 * 48000)
        self.assertGreater(correlation(decoded[:96000:6, 0], narrow), 0.9)
        self.assertGreater(correlation(decoded[96000::3, 0], wide), 0.9)
        self.assertEqual(int.from_bytes(path.read_bytes()[28 + 12:28 + 16], "little"), 16000)

    def test_steady_tone_survives_the_change_of_rate(self):
        def tone(rate):
            return (8000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype("<i2")
        for rates in ((8000, 16000), (8000, 48000), (16000, 8000)):
            with self.subTest(rates=rates):
                path = self.dir / f"tone-{rates[1]}-{rates[0]}.opus"
                parts = [a for r in rates for a in (r, self.raw(tone(r), f"{r}.raw"))]
                tool("write", path, 1, 32000, 5, 96000, *parts)
                around = self.accepted(path, 96000)[48000 - 960:48000 + 1920, 0].astype(float)
                level = np.sqrt((around.reshape(-1, 240) ** 2).mean(axis=1))  # 5 ms windows
                self.assertGreater(level.min(), 0.5 * 8000 / np.sqrt(2))
                self.assertLess(level.max(), 1.6 * 8000 / np.sqrt(2))

    def test_tags_are_rewritten_in_place(self):
        path = self.dir / "tags.opus"
        tool("write", path, 1, 24000, 5, 96000, 8000, self.raw(speech_like(2, 8000, 2)), "--", "TITLE=before", "--",
             "TITLE=ما بعد", "ARTIST=x" * 200)
        self.accepted(path, 96000)
        text = run("opusinfo", path).stdout.decode()
        self.assertIn("TITLE=ما بعد", text)
        self.assertNotIn("before", text)

    def test_tags_too_long_leave_a_whole_file(self):
        path = self.dir / "long.opus"
        done = tool("write", path, 1, 24000, 5, 96000, 8000, self.raw(speech_like(2, 8000, 2)), "--", "TITLE=before",
                    "--", "TITLE=" + "y" * 5000, check=False)
        self.assertEqual(done.returncode, 107)
        self.assertIn(str(path), done.stderr.decode())
        self.accepted(path, 96000)
        self.assertIn("TITLE=before", run("opusinfo", path).stdout.decode())

    def test_existing_file_is_not_overwritten(self):
        path = self.dir / "there.opus"
        path.write_bytes(b"precious")
        self.assertNotEqual(tool("write", path, 1, 24000, 5, 0, 8000, self.raw([]), check=False).returncode, 0)
        self.assertEqual(path.read_bytes(), b"precious")

    def test_file_that_may_not_grow_keeps_its_whole_pages(self):
        source = self.raw(speech_like(4, 8000, 6))
        for limit in (5000, 7000, 9001):
            with self.subTest(limit=limit):
                path = self.dir / f"limit-{limit}.opus"
                done = tool("limit", limit, "write", path, 1, 24000, 5, 4 * 48000, 8000, source)
                message, length = done.stdout.decode().splitlines()
                self.assertIn(str(path), message)
                self.assertGreater(int(length), 24000)
                self.accepted(path, int(length))

    def test_full_disk(self):
        """On a small tmpfs of our own: the message names the file, what was written is a whole file."""
        folder = self.dir / "disk"
        folder.mkdir()
        source = self.raw(speech_like(6, 8000, 6))
        script = (f"mount -t tmpfs -o size=16k none {folder} && "
                  f"{{ {TOOL} write {folder}/full.opus 1 24000 5 288000 8000 {source} -- A=b -- A=c;"
                  f" {TOOL} cut {folder}/full.opus {folder}/cut.opus 0 -1; echo $?; ls {folder};"
                  f" {TOOL} render {folder}/full.opus {folder}/out.wav wav 0 -1; echo $?; ls {folder};"
                  f" {TOOL} render {folder}/full.opus {folder}/out.flac flac 0 -1; echo $?; ls {folder};"
                  f" cp {folder}/full.opus {self.dir}/; }} 2>&1")
        done = run("unshare", "-rm", "sh", "-c", script, check=False)
        if b"unshare" in done.stderr or b"mount:" in done.stdout:
            self.skipTest("no mount namespace here")
        message, length, *rest = done.stdout.decode().splitlines()
        self.assertIn("full.opus: No space left on device", message)
        self.assertGreater(int(length), 48000)
        self.accepted(self.dir / "full.opus", int(length))
        self.assertEqual([line for line in rest if not line.startswith("Cannot")], ["107", "full.opus"] * 3)
        for name in ("cut.opus", "out.wav", "out.flac"):
            self.assertIn(f"{name}: No space left on device", "\n".join(rest))


class Recording(Case):
    """A recording of seven seconds, as it is made and as a killed run leaves it."""

    def make(self, channels, rate=8000, end=7 * 48000 - 100):
        legs = np.stack([speech_like(7, rate, 11 + c) for c in range(channels)], axis=1)
        path = self.dir / f"whole-{channels}-{end}.opus"
        tool("write", path, channels, 24000, 5, end, rate, self.raw(legs), "--", "TITLE=one")
        return path

    def test_repaired_files(self):
        for channels in (1, 2):
            whole = self.make(channels, end=-1).read_bytes()
            pages = list(ogg_pages(whole))
            for n, more in ((3, 0), (5, 10), (9, 400), (len(pages), 0)):
                with self.subTest(channels=channels, pages=n):
                    path = self.dir / "killed.part"
                    path.write_bytes(whole[:sum(map(len, pages[:n])) + more])
                    figures = tool("repair", path).stdout.decode().split()
                    samples = (n - 2) * 20 * 960 - 312
                    expected = [samples // 48, more, 0, 8000, channels]
                    self.assertEqual(list(map(int, figures)), expected)
                    self.accepted(path, samples)

    def test_cuts(self):
        for channels in (1, 2):
            path = self.make(channels)
            whole = decode(path)
            for start, end in ((0, -1), (0, 1000), (0, 1), (1, 20), (79, 3000), (100, 101), (1234, 5678), (6000, -1),
                               (6990, 9999)):
                with self.subTest(channels=channels, start=start, end=end):
                    out = self.dir / f"cut-{channels}-{start}-{end}.opus"
                    tool("cut", path, out, start, end, "TITLE=piece")
                    last = len(whole) if end < 0 else min(end * 48, len(whole))
                    piece = self.accepted(out, last - start * 48)
                    source = whole[start * 48:last]
                    if len(source) >= 4800:
                        for c in range(channels):
                            self.assertGreater(correlation(piece[:, c], source[:, c]), 0.98)
                            self.assertGreater(correlation(piece[:960, c], source[:960, c]), 0.9)
                    self.assertEqual(tool("tags", out).stdout, b"TITLE=piece\n")

    def test_cut_of_a_cut_and_of_a_killed_file(self):
        path = self.make(1, end=-1)
        path.write_bytes(path.read_bytes()[:-50])
        whole = decode(path)
        first, second = self.dir / "first.opus", self.dir / "second.opus"
        tool("cut", path, first, 1000, 5000)
        tool("cut", first, second, 500, 2500)
        piece = self.accepted(second, 96000)
        self.assertGreater(correlation(piece[:, 0], whole[1500 * 48:3500 * 48, 0]), 0.98)

    def test_cut_refuses(self):
        path = self.make(1)
        out = self.dir / "out.opus"
        for start, end in ((7000, -1), (3000, 3000), (3000, 2000)):
            done = tool("cut", path, out, start, end, check=False)
            self.assertEqual((done.returncode, out.exists()), (104, False))
        out.write_bytes(b"precious")
        self.assertNotEqual(tool("cut", path, out, 0, -1, check=False).returncode, 0)
        self.assertEqual(out.read_bytes(), b"precious")

    def test_tags_in_place_keep_the_audio(self):
        path = self.make(2)
        before = list(ogg_pages(path.read_bytes()))
        tags = ["TITLE=الاسم", "CONSENT_STATE=given", "NOTE=" + "z" * 1500]
        tool("tags", path, *tags)
        after = list(ogg_pages(path.read_bytes()))
        self.assertEqual([hashlib.sha256(p).digest() for p in before[:1] + before[2:]],
                         [hashlib.sha256(p).digest() for p in after[:1] + after[2:]])
        self.assertEqual(len(before[1]), len(after[1]))
        self.assertEqual(tool("tags", path).stdout.decode().splitlines(), tags)
        self.accepted(path, 7 * 48000 - 100)
        shown = run("ffprobe", "-v", "error", "-show_entries", "stream_tags", "-of", "default", path).stdout.decode()
        self.assertIn("CONSENT_STATE=given", shown)
        done = tool("tags", path, "NOTE=" + "z" * 9000, check=False)
        self.assertEqual(done.returncode, 107)
        self.assertEqual(tool("tags", path, "no equals sign", check=False).returncode, 104)
        self.assertEqual(tool("tags", path).stdout.decode().splitlines(), tags)

    def test_render(self):
        for channels in (1, 2):
            path = self.make(channels)
            reference = decode(path)[::6]
            for kind in ("wav", "flac"):
                for start, end in ((0, -1), (0, 1000), (1234, 5678), (6500, 9999)):
                    with self.subTest(channels=channels, kind=kind, start=start, end=end):
                        out = self.dir / f"{channels}-{start}-{end}.{kind}"
                        tool("render", path, out, kind, start, end)
                        raw = run("sox", "-V1", out, "-t", "raw", "-e", "signed", "-b", "16", "-L", "-").stdout
                        samples = np.frombuffer(raw, "<i2").reshape(-1, channels)
                        last = (7 * 48000 - 100) // 6  # to the sample, though no whole millisecond
                        self.assertEqual(len(samples), (min(end * 8, last) if end >= 0 else last) - start * 8)
                        for c in range(channels):
                            self.assertGreater(correlation(samples[:, c], reference[start * 8:, c]), 0.9)
                        self.assertNotEqual(tool("render", path, out, kind, start, end, check=False).returncode, 0)

    def test_render_into_a_pipe_is_the_file(self):
        path = self.make(2)
        out = self.dir / "o.wav"
        tool("render", path, out, "wav", 500, 2500)
        piped = subprocess.run(f"{TOOL} render {path} - wav 500 2500 | cat", shell=True, stdout=subprocess.PIPE)
        self.assertEqual(piped.stdout, out.read_bytes())
        probe = run("ffprobe", "-v", "warning", "-show_entries", "stream=duration_ts,sample_rate,channels", "-of",
                    "csv=p=0", out)
        self.assertEqual((probe.stdout.strip(), probe.stderr), (b"8000,2,16000", b""))

    def test_render_of_wav_and_flac(self):
        path = self.make(1)
        wav, flac, again = (self.dir / n for n in ("a.wav", "a.flac", "b.wav"))
        tool("render", path, wav, "wav", 0, -1)
        tool("render", wav, flac, "flac", 0, -1)
        tool("render", flac, again, "wav", 0, -1)
        self.assertEqual(wav.read_bytes(), again.read_bytes())

    def test_render_refuses(self):
        path = self.make(1)
        out = self.dir / "out.wav"
        self.assertEqual(tool("render", path, out, "wav", 7000, -1, check=False).returncode, 104)
        text = self.dir / "text.opus"
        text.write_text("not audio")
        done = tool("render", text, out, "wav", 0, -1, check=False)
        self.assertEqual(done.returncode, 104)
        self.assertIn("text.opus", done.stderr.decode())
        self.assertFalse(out.exists())
        done = tool("render", self.dir / "absent.opus", out, "wav", 0, -1, check=False)
        self.assertIn("absent.opus: No such file", done.stderr.decode())

    def test_hash_and_flush(self):
        path = self.make(1)
        self.assertEqual(tool("sha256", path).stdout.decode().strip(), hashlib.sha256(path.read_bytes()).hexdigest())
        tool("flush", self.dir)
        self.assertIn("absent", tool("flush", self.dir / "absent", check=False).stderr.decode())


if __name__ == "__main__":
    unittest.main()
