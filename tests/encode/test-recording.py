#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""RTP packets made from speech, through a recording, out of the file again by opusdec, held against the speech."""
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import lab
from lab import Sender, chunks, correlate, mu_law, play, record, talk

TOOL = sys.argv[1]
A = talk(20, start=0.4)
B = talk(20, start=3.6, pause=2.5, voice="en+f3", seed=2)
A_LAW, B_LAW = chunks(mu_law(A), 160), chunks(mu_law(B), 160)
MS = 8  # samples


class Recording(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.folder = self.place.name

    def tearDown(self):
        self.assertEqual([f for f in os.listdir(self.folder) if f.endswith(".part")], [])
        self.place.cleanup()

    def record(self, senders, **options):
        return record(TOOL, self.folder, senders, **options)

    def check_windows(self, source, heard, shift_ms=0.0, seconds=2, least=0.8, within_ms=1.0, skip=(), reach_ms=60):
        """Every window of source with speech in it is found in heard, where it belongs."""
        size, offsets = seconds * 8000, []
        for at in range(0, min(len(source), len(heard)) - size, size):
            window = source[at:at + size].astype(float)
            if np.std(window) < 300 or any(at / 8000 < end and at / 8000 + seconds > start for start, end in skip):
                continue
            value, offset = correlate(window, heard, at + round(shift_ms * MS), reach_ms * MS)
            self.assertGreater(value, least, f"window at {at / 8000} s")
            self.assertLessEqual(abs(offset) / MS, within_ms, f"window at {at / 8000} s")
            offsets.append(offset / MS)
        self.assertGreater(len(offsets), 2)
        return offsets

    def stream(self, result, leg, index=0):
        return result["legs"][leg]["streams"][index]

    # --- the file ---

    def test_split(self):
        result, path = self.record([Sender(0, 1, A_LAW), Sender(1, 2, B_LAW, start=0.013)], channels="split")
        self.assertEqual((result["audio_ms"], result["channels"], result["gaps"]), (20013, 2, []))
        heard = play(path, channels=2)
        self.assertAlmostEqual(len(heard) / 8, 20013, delta=1)
        self.check_windows(A, heard[:, 0])
        self.check_windows(B, heard[:, 1], shift_ms=13)
        # while one party alone speaks, nothing of it is on the other side
        self.assertGreater(np.std(heard[4000:24000, 0]), 1000)
        self.assertLess(np.std(heard[4000:24000, 1]), 60)
        done = subprocess.run(["opusinfo", path], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("WARNING", done)
        self.assertEqual(os.path.getsize(path), result["bytes"])

    def test_mix(self):
        result, path = self.record([Sender(0, 1, A_LAW), Sender(1, 2, B_LAW)])
        heard = play(path)
        self.check_windows(A.astype(float) + B, heard)
        self.assertLess(abs(20 * np.log10(np.std(heard) / np.std(A.astype(float) + B))), 1)

    def test_mix_without_clipping(self):
        loud = np.clip(A.astype(float) * 4, -32000, 32000).astype("<i2")
        law = chunks(mu_law(loud), 160)
        result, path = self.record([Sender(0, 1, law), Sender(1, 2, law)], bitrate=64000)
        heard = play(path)
        self.assertLess(np.mean(np.abs(heard) >= 32767), 0.002)
        self.check_windows(loud, heard)

    def test_tags(self):
        tags = ["CHANNEL_ROLES=agent,customer", "CONSENT_STATE=given", "recording_id=forged"]
        result, path = self.record([Sender(0, 1, A_LAW), Sender(1, 2, B_LAW)], tags=tags)
        info = subprocess.run(["opusinfo", path], capture_output=True, text=True, check=True).stdout
        found = [line.strip() for line in info.splitlines() if line.startswith("\t")]
        names = [line.split("=")[0] for line in found if "=" in line]
        self.assertEqual(names, ["RECORDING_ID", "START_UTC", "R128_TRACK_GAIN", "GAP_COUNT", "FILLED_MS",
                                 "CHANNEL_ROLES", "CONSENT_STATE"])
        self.assertIn("START_UTC=1970-01-01T00:16:40.000Z", found)
        gain = int(next(line for line in found if line.startswith("R128")).split("=")[1])
        loudness = float(subprocess.run(["ffmpeg", "-nostats", "-i", path, "-af", "ebur128", "-f", "null", "-"],
                                        capture_output=True, text=True).stderr.split("I:")[-1].split()[0])
        self.assertAlmostEqual(gain / 256, -23 - loudness, delta=0.6)

    def test_never_over_another(self):
        result, path = self.record([Sender(0, 1, A_LAW[:100])])
        before = os.path.getsize(path)
        orders = "\n".join([*lab.lines([Sender(0, 1, A_LAW[:200])], ["PCMU/8000"]), f"finish 1005000000 {path}"])
        done = subprocess.run([TOOL, self.folder, "2", "mixed", "0", "0"], input=orders.encode(), capture_output=True)
        self.assertIn(b"call.opus", done.stderr)
        self.assertEqual(os.path.getsize(path), before)
        os.remove(os.path.join(self.folder, "recording.part"))

    def test_no_audio_no_file(self):
        result, path = self.record([])
        self.assertEqual((result["ok"], result["path"], os.listdir(self.folder)), (True, "", []))

    def test_short_call(self):
        result, path = self.record([Sender(0, 1, A_LAW[:7])])
        self.assertEqual(result["audio_ms"], 140)
        self.assertEqual(len(play(path)), 140 * MS)

    # --- the tail ---

    def test_tail(self):
        for end, wanted in ((4.0, 4000), (4.15, 4000), (4.3, 4300), (6.0, 6000)):
            result, path = self.record([Sender(0, 1, A_LAW[:200]), Sender(1, 2, B_LAW[:200])], end=end)
            self.assertEqual(result["audio_ms"], wanted, f"end at {end}")
            self.assertEqual(len(play(path)), wanted * MS)

    def test_tail_after_the_clock_went_on(self):
        """The end becomes known seconds after the last packet."""
        result, path = self.record([Sender(0, 1, A_LAW[:200])], end=4.1, extra=[(4.1, "advance 1007000000")])
        self.assertEqual(result["audio_ms"], 4000)

    def test_media_stops(self):
        """One leg falls silent five seconds before the end and nobody says why."""
        result, _ = self.record([Sender(0, 1, A_LAW), Sender(1, 2, B_LAW[:750])])
        self.assertEqual(result["gaps"], [[1, 15000, 5000, "silent"]])
        self.assertEqual((result["legs"][1]["filled_ms"], self.stream(result, 1)["lost"]), (0, 0))

    def test_media_stops_and_it_is_known_why(self):
        result, _ = self.record([Sender(0, 1, A_LAW), Sender(1, 2, B_LAW[:750])], extra=[(15.0, "explain 1 hold @")])
        self.assertEqual([g[3] for g in result["gaps"]], ["hold"])
        self.assertEqual(result["legs"][1]["filled_ms"], 0)

    # --- loss, order, lateness ---

    def test_loss(self):
        sender = Sender(0, 1, A_LAW)
        gone = set(range(200, 210)) | {400} | {402}
        sender.packets = [p for i, p in enumerate(sender.packets) if i not in gone]
        result, path = self.record([sender, Sender(1, 2, B_LAW)], channels="split")
        ledger = self.stream(result, 0)
        self.assertEqual((ledger["expected"], ledger["received"], ledger["lost"]), (1000, 988, 12))
        self.assertEqual(result["gaps"], [[0, 4000, 200, "lost"], [0, 8000, 20, "lost"], [0, 8040, 20, "lost"]])
        self.assertEqual(result["legs"][0]["filled_ms"], 240)
        heard = play(path, channels=2)
        self.check_windows(A, heard[:, 0], skip=[(3.9, 4.3)])
        self.assertLess(np.abs(heard[4040 * MS:4160 * MS, 0]).max(), 200)

    def test_dropped_by_the_capture(self):
        """Losses while the capture dropped packets are its own, and 60 ms around; others stay lost, also those known before."""
        sender = Sender(0, 1, A_LAW)
        gone = {100} | set(range(200, 250)) | {400} | set(range(500, 600))
        sender.packets = [p for i, p in enumerate(sender.packets) if i not in gone]
        at = lambda seconds: 1000000000 + int(seconds * 1e6)
        drops = [(5.2, f"dropped {at(4.0)} {at(4.5)}"), (5.3, f"dropped {at(4.5)} {at(5.2)}"),
                 (11.5, f"dropped {at(11)} {at(11.5)}")]
        result, _ = self.record([sender, Sender(1, 2, B_LAW)], extra=drops)
        self.assertEqual(result["gaps"], [[0, 2000, 20, "lost"], [0, 4000, 1000, "dropped"], [0, 8000, 20, "lost"],
                                          [0, 10000, 940, "lost"], [0, 10940, 620, "dropped"], [0, 11560, 440, "lost"]])
        self.assertEqual(result["legs"][0]["filled_ms"], 3040)
        self.assertEqual(self.stream(result, 0)["lost"], 152)

    def torn(self, leg, ticks, seed):
        """A sender that loses bursts, suppresses silence once or not at all, swaps packets, sends some twice and may fall silent early."""
        random = np.random.default_rng(seed)
        packets_ms = ticks // 8
        sender = Sender(leg, leg + 1, chunks(mu_law(A), ticks), ticks=ticks, interval=packets_ms / 1000)
        if random.random() < 0.5:  # numbers go on, time does not
            sender.packets = [dict(p, sequence=(p["sequence"] - (40 if i >= 140 else 0)) % 65536)
                              for i, p in enumerate(sender.packets) if not 100 <= i < 140]
        gone = {int(first) + i for first in random.integers(1, 300, 12) for i in range(random.integers(1, 15))}
        kept = [p for i, p in enumerate(sender.packets) if i not in gone]
        for i in random.integers(1, len(kept) - 1, 20):
            kept[i]["arrival"] += 0.05
        kept += [dict(kept[i], arrival=kept[i]["arrival"] + 0.001) for i in random.integers(0, len(kept), 20)]
        sender.packets = kept if random.random() < 0.5 else [p for p in kept if p["arrival"] < 15]
        return sender

    def test_gaps_and_ledger_agree(self):
        """How long audio was lost is what the packets lasted that were, whatever else happened; who fell silent lost nothing by it."""
        for seed in range(8):
            ticks = (80, 160, 240, 320)[seed % 4]
            result, _ = self.record([self.torn(0, ticks, seed), self.torn(1, ticks, seed + 100)], end=20.0)
            for leg in (0, 1):
                lost_ms = self.stream(result, leg)["lost"] * ticks // 8
                gaps = [g for g in result["gaps"] if g[0] == leg]
                self.assertEqual(sum(g[2] for g in gaps if g[3] == "lost"), lost_ms, (seed, gaps))
                self.assertLessEqual({g[3] for g in gaps}, {"lost", "silent"}, (seed, gaps))
                self.assertEqual(result["legs"][leg]["filled_ms"], lost_ms)
                self.assertGreater(lost_ms, 0)

    def test_jitter_and_reordering(self):
        senders = [Sender(0, 1, A_LAW).jitter(0.05), Sender(1, 2, B_LAW).jitter(0.05, seed=3)]
        result, path = self.record(senders, channels="split")
        heard = play(path, channels=2)
        self.assertEqual((result["gaps"], self.stream(result, 0)["lost"], self.stream(result, 0)["late"]), ([], 0, 0))
        self.assertGreater(self.stream(result, 0)["reordered"], 100)
        self.check_windows(A, heard[:, 0], within_ms=4)

    def test_late(self):
        sender = Sender(0, 1, A_LAW)
        sender.packets[300]["arrival"] += 0.4  # within the window
        sender.packets[500]["arrival"] += 0.9  # behind it
        result, path = self.record([sender, Sender(1, 2, B_LAW)])
        ledger = self.stream(result, 0)
        self.assertEqual((ledger["received"], ledger["lost"], ledger["late"], ledger["reordered"]), (1000, 0, 1, 2))
        self.assertEqual(result["gaps"], [[0, 10000, 20, "late"]])

    def test_duplicates(self):
        sender = Sender(0, 1, A_LAW)
        sender.packets += [dict(p, arrival=p["arrival"] + 0.001) for p in sender.packets]
        sender.packets += [dict(p, arrival=p["arrival"] + 2) for p in sender.packets[:100]]
        result, path = self.record([sender], legs=1)
        ledger = self.stream(result, 0)
        self.assertEqual((ledger["expected"], ledger["received"], ledger["duplicate"]), (1000, 1000, 1100))
        self.assertEqual(result["audio_ms"], 20000)
        self.check_windows(A, play(path))

    def test_network_held_back(self):
        """A second of packets arrives at once, late: places stay, what came too late is late."""
        sender = Sender(0, 1, A_LAW)
        for p in sender.packets[400:450]:
            p["arrival"] = 9.0 + p["sequence"] * 1e-6
        result, path = self.record([sender, Sender(1, 2, B_LAW)], channels="split")
        ledger = self.stream(result, 0)
        self.assertEqual((ledger["received"], ledger["lost"]), (1000, 0))
        self.assertEqual({g[3] for g in result["gaps"]}, {"late"})
        self.assertAlmostEqual(sum(g[2] for g in result["gaps"]), ledger["late"] * 20, delta=1)
        self.assertTrue(20 <= ledger["late"] <= 30, ledger)
        self.check_windows(A, play(path, channels=2)[:, 0], skip=[(7.9, 9.1)])

    def test_sequence_wrap(self):
        result, path = self.record([Sender(0, 1, A_LAW, sequence=65000, timestamp=(1 << 32) - 50000)])
        self.assertEqual((self.stream(result, 0)["lost"], result["gaps"]), (0, []))
        self.check_windows(A, play(path))

    def test_restart(self):
        """The sender starts again: other numbers, other timestamps, the same SSRC."""
        one = Sender(0, 1, A_LAW[:500])
        two = Sender(0, 1, A_LAW[500:], start=10, sequence=40000, timestamp=999)
        result, path = self.record([one, two, Sender(1, 2, B_LAW)], channels="split")
        ledger = self.stream(result, 0)
        self.assertEqual((ledger["expected"], ledger["received"], result["gaps"]), (1000, 1000, []))
        self.check_windows(A, play(path, channels=2)[:, 0])

    # --- places ---

    def test_late_first_packet(self):
        sender = Sender(1, 2, B_LAW, start=0.5)
        for p in sender.packets[:3]:
            p["arrival"] += 0.15
        result, path = self.record([Sender(0, 1, A_LAW), sender], channels="split")
        self.check_windows(B, play(path, channels=2)[:, 1], shift_ms=500)

    def test_second_leg_begins_earlier(self):
        """Its first packets are delayed more than the other leg's: file time 0 is where its audio begins."""
        sender = Sender(1, 2, B_LAW)
        for p in sender.packets[:10]:
            p["arrival"] = 0.25 + p["sequence"] * 1e-6
        result, path = self.record([Sender(0, 1, A_LAW, start=0.1), sender], channels="split")
        self.assertAlmostEqual(result["start_us"] / 1e6, 1000, delta=0.002)
        heard = play(path, channels=2)
        self.check_windows(B, heard[:, 1], within_ms=2)
        self.check_windows(A, heard[:, 0], shift_ms=100, within_ms=2)

    def test_silence_suppression(self):
        """Numbers go on, timestamps jump: no loss, no gap, and speech stays where it was spoken."""
        sender = Sender(0, 1, A_LAW)
        loud = np.array([np.std(A[i * 160:(i + 1) * 160]) > 40 for i in range(1000)])
        keep = np.convolve(loud, np.ones(9), "same") > 0
        sender.packets = [p for p, kept in zip(sender.packets, keep) if kept]
        for i, p in enumerate(sender.packets):
            p["sequence"] = 1000 + i
        self.assertLess(len(sender.packets), 900)
        result, path = self.record([sender, Sender(1, 2, B_LAW)], channels="split", end=20)
        self.assertEqual((self.stream(result, 0)["lost"], result["gaps"]), (0, []))
        self.check_windows(A, play(path, channels=2)[:, 0], shift_ms=-1000 * 0.0)

    def test_comfort_noise(self):
        sender = Sender(0, 1, A_LAW[:300])
        noise = Sender(0, 1, [bytes([45])], codec=1, start=6.0, sequence=1300, timestamp=5000 + 300 * 160)
        again = Sender(0, 1, A_LAW[500:600], start=10.0, sequence=1301, timestamp=5000 + 500 * 160)
        result, path = self.record([sender, noise, again, Sender(1, 2, B_LAW[:600])], codecs=["PCMU/8000", "CN/8000"],
                                   channels="split")
        ledger = self.stream(result, 0)
        self.assertEqual((ledger["received"], ledger["lost"], result["gaps"]), (401, 0, []))
        heard = play(path, channels=2)[:, 0]
        self.assertAlmostEqual(20 * np.log10(np.std(heard[6500 * MS:9500 * MS]) / 32768), -45, delta=4)
        value, offset = correlate(A[82000:94000].astype(float), heard, 82000, 400)
        self.assertGreater(value, 0.8)
        self.assertEqual(abs(offset) // 8, 0)
        self.assertTrue(all(end <= 6300 or start >= 9900 for start, end in result["legs"][0]["speech"]))

    def test_events_share_numbers(self):
        sender = Sender(0, 1, A_LAW)
        for p in sender.packets[300:310]:  # a digit instead of audio, its time standing still
            p.update(codec=1, timestamp=5000 + 300 * 160, payload=bytes([5, 10, 0, 160]))
        result, _ = self.record([sender, Sender(1, 2, B_LAW)], codecs=["PCMU/8000", "telephone-event/8000"])
        ledger = self.stream(result, 0)
        self.assertEqual((ledger["received"], ledger["lost"], ledger["undecodable"]), (1000, 0, 0))
        self.assertEqual((ledger["codec"], result["gaps"]), ("PCMU", []))

    def test_ssrc_change(self):
        one = Sender(0, 1, A_LAW[:500])
        two = Sender(0, 9, A_LAW[500:], start=10, sequence=7, timestamp=77)
        result, path = self.record([one, two, Sender(1, 2, B_LAW)], channels="split")
        self.assertEqual([s["ssrc"] for s in result["legs"][0]["streams"]], [1, 9])
        self.assertEqual((result["gaps"], result["audio_ms"]), ([], 20000))
        self.check_windows(A, play(path, channels=2)[:, 0])

    def test_timestamps_jump(self):
        for jump in (8000 * 1, 8000 * 5, 8000 * 3600, (1 << 32) - 8000 * 1, (1 << 32) - 8000 * 3600):
            sender = Sender(0, 1, A_LAW)
            for p in sender.packets[500:]:
                p["timestamp"] = (p["timestamp"] + jump) % (1 << 32)
            result, path = self.record([sender, Sender(1, 2, B_LAW)], channels="split")
            self.assertEqual((result["gaps"], self.stream(result, 0)["lost"], result["audio_ms"]), ([], 0, 20000), jump)
            self.check_windows(A, play(path, channels=2)[:, 0])

    def test_sender_pauses_its_clock(self):
        """Hold as many phones do it: nothing for three seconds, then on with the next timestamp."""
        sender = Sender(0, 1, A_LAW)
        for p in sender.packets[500:]:
            p["arrival"] += 3
        result, path = self.record([sender, Sender(1, 2, B_LAW + B_LAW[:150])], channels="split",
                                   extra=[(10.0, "explain 0 hold @"), (13.0, "clear 0 @")])
        self.assertEqual(self.stream(result, 0)["late"], 0)
        self.assertEqual(result["gaps"], [[0, 10000, 3000, "hold"]])
        self.check_windows(A[80000:], play(path, channels=2)[80000:, 0], shift_ms=3000)

    def test_numbers_go_on_during_hold(self):
        """A sender that counts on while it is on hold lost nothing."""
        sender = Sender(0, 1, A_LAW[:400] + A_LAW[600:])
        for p in sender.packets[400:]:
            p.update(sequence=p["sequence"] + 200, timestamp=p["timestamp"] + 32000, arrival=p["arrival"] + 4)
        result, _ = self.record([sender, Sender(1, 2, B_LAW)], extra=[(8.0, "explain 0 hold @"), (12.0, "clear 0 @")])
        self.assertEqual((result["gaps"], result["legs"][0]["filled_ms"]), ([[0, 8000, 4000, "hold"]], 0))

    def test_timestamps_without_sense(self):
        """Hours ahead, hours back, at random: the file is as long as the call."""
        random = np.random.default_rng(4)
        for jump in (lambda i: (i // 10) * 8000 * 3600, lambda i: 8000 * 3600 * 24 * (i // 300 % 2),
                     lambda i: int(random.integers(1 << 32))):
            sender = Sender(0, 1, A_LAW)
            for i, p in enumerate(sender.packets):
                p["timestamp"] = (p["timestamp"] + jump(i)) % (1 << 32)
            result, path = self.record([sender, Sender(1, 2, B_LAW)])
            self.assertEqual((result["audio_ms"], self.stream(result, 0)["received"]), (20000, 1000))
            self.assertEqual(len(play(path)), 20000 * MS)

    def test_codec_changes(self):
        """PCMU, then Opus with its other clock and a wider file, in the same numbering."""
        rate = 48000
        wide = lab.speech("and now the line is as wide as it can be, listen to the difference", rate) * 0.5
        data = lab.run("ffmpeg", "-v", "error", "-f", "s16le", "-ar", rate, "-ac", "1", "-i", "-", "-c:a", "libopus",
                       "-b:a", "32k", "-application", "voip", "-f", "ogg", "-", input=wide.astype("<i2").tobytes())
        packets = lab.ogg_packets(data)[2:]
        one = Sender(0, 1, A_LAW[:250])
        two = Sender(0, 1, packets, codec=1, ticks=960, start=5.0, sequence=1250, timestamp=123456)
        result, path = self.record([one, two, Sender(1, 2, B_LAW[:250 + len(packets)])],
                                   codecs=["PCMU/8000", "opus/48000/2"], channels="split")
        self.assertEqual((result["rate_hz"], result["legs"][0]["codec"], result["gaps"]), (48000, "opus", []))
        heard = play(path, rate=48000, channels=2)
        self.check_windows(A[:40000], heard[::6, 0], within_ms=2, seconds=1)
        value, offset = correlate(B[31000:50000].astype(float), heard[::6, 1], 31000, 400)  # over the change
        self.assertGreater(value, 0.8)
        self.assertLess(abs(offset), 2 * MS)
        window = wide[24000:24000 + 48000]
        value, offset = correlate(window, heard[:, 0], 5 * 48000 + 24000, 1000)
        self.assertGreater(value, 0.7)
        self.assertLess(abs(offset) / 48, 15)  # Opus looks ahead by 6.5 ms

    def test_unsupported_codec(self):
        junk = Sender(1, 2, [bytes(14)] * 300)
        for p in junk.packets:
            p["codec"] = 1
        result, path = self.record([Sender(0, 1, A_LAW[:300]), junk], codecs=["PCMU/8000", "LPC/8000"], channels="split")
        ledger = self.stream(result, 1)
        self.assertIn("LPC/8000", ledger["problem"])
        self.assertEqual((ledger["received"], ledger["undecodable"]), (300, 300))
        self.assertEqual(result["gaps"], [[1, 0, 6000, "undecodable"]])
        self.assertEqual((result["legs"][0]["filled_ms"], result["legs"][1]["filled_ms"]), (0, 6000))
        self.check_windows(A[:48000], play(path, channels=2)[:, 0], seconds=1)

    def test_only_unsupported(self):
        junk = Sender(1, 2, [bytes(14)] * 300)
        result, path = self.record([junk], codecs=["LPC/8000"])
        self.assertEqual((result["ok"], result["path"]), (True, ""))
        self.assertEqual(self.stream(result, 1)["undecodable"], 300)

    # --- several streams in a leg ---

    def test_two_forks(self):
        """The same leg hears two senders at once: one of them is kept, never both on top of each other."""
        other = Sender(0, 9, B_LAW, start=0.11)
        result, path = self.record([Sender(0, 1, A_LAW), other], legs=1)
        self.assertEqual([s["received"] for s in result["legs"][0]["streams"]], [1000, 1000])
        self.check_windows(A, play(path))

    def test_hairpin(self):
        """The leg seen twice, 30 ms apart, with pauses: no echo."""
        twice = Sender(0, 9, A_LAW, start=0.03, sequence=50, timestamp=1)
        result, path = self.record([Sender(0, 1, A_LAW), twice], legs=1)
        self.check_windows(A, play(path), least=0.85)

    def test_flood_of_sources(self):
        flood = [Sender(0, 100 + i, A_LAW[i:i + 2], start=0.01 * i) for i in range(200)]
        result, _ = self.record([Sender(0, 1, A_LAW[:300]), *flood], legs=1)
        streams = result["legs"][0]["streams"]
        self.assertEqual((len(streams), sum(s["received"] for s in streams)), (33, 700))

    # --- who speaks when ---

    def test_activity(self):
        result, _ = self.record([Sender(0, 1, A_LAW), Sender(1, 2, B_LAW)])
        for leg, samples in enumerate((A, B)):
            frames = samples[:160000].astype(float).reshape(-1, 160)
            loud = 10 * np.log10((frames ** 2).mean(axis=1) + 1)
            truth = np.convolve(loud > 35, np.ones(15), "same") > 0  # pauses within words filled
            found = np.zeros(1000, bool)
            for start, end in result["legs"][leg]["speech"]:
                found[start // 20:end // 20] = True
            self.assertGreater((found == truth).mean(), 0.93, f"leg {leg}")
        self.assertAlmostEqual(result["legs"][0]["greeting_ms"], 450, delta=150)
        self.assertAlmostEqual(result["legs"][1]["greeting_ms"], 3650, delta=150)
        a, b = (np.zeros(20000, bool) for _ in range(2))
        for mask, leg in ((a, 0), (b, 1)):
            for start, end in result["legs"][leg]["speech"]:
                mask[start:end] = True
        self.assertTrue(result["talk_over"])
        for start, end in result["talk_over"]:
            self.assertTrue((a & b)[start:end].all())
            self.assertGreaterEqual(end - start, 300)

    def test_activity_in_noise(self):
        """10 dB between speech and noise: who speaks is still known, and the greeting does not begin with the noise."""
        clean = A.astype(float)
        frames = clean[:160000].reshape(-1, 160)
        truth = 10 * np.log10((frames ** 2).mean(axis=1) + 1) > 35
        truth = np.convolve(truth, np.ones(15), "same") > 0
        level = np.sqrt((clean[:160000].reshape(-1, 160)[truth] ** 2).mean()) / 10 ** 0.5
        noisy = np.clip(clean + np.random.default_rng(5).normal(0, level, len(clean)), -32000, 32000)
        result, _ = self.record([Sender(0, 1, chunks(mu_law(noisy.astype("<i2")), 160))], legs=1)
        found = np.zeros(1000, bool)
        for start, end in result["legs"][0]["speech"]:
            found[start // 20:end // 20] = True
        hits, alarms = found[truth].mean(), found[~truth].mean()
        self.assertGreater(hits, 0.88)
        self.assertLess(alarms, 0.06)
        self.assertAlmostEqual(result["legs"][0]["greeting_ms"], 450, delta=150)

    def test_activity_among_voices(self):
        """A room full of people behind the speaker, 20 dB below: it comes and goes, and is no speech."""
        random = np.random.default_rng(7)
        voices = [lab.speech("the weather was fine and all the orders went out in time to every town we know",
                             voice=f"en+{v}") for v in ("m1", "f2", "m3", "f4", "m5", "f1")]
        room = sum(np.roll(np.tile(v, 20), random.integers(0, 40000))[:160000] for v in voices)
        speech = np.concatenate([np.zeros(24000), A[3200:35200], np.zeros(56000), A[35200:83200]])[:160000]
        loud = (speech.reshape(-1, 160) ** 2).mean(axis=1) > 1000
        room *= np.sqrt((speech.reshape(-1, 160)[loud] ** 2).mean()) / room.std() / 10
        noisy = np.clip(speech + room, -32000, 32000).astype("<i2")
        result, _ = self.record([Sender(0, 1, chunks(mu_law(noisy), 160))], legs=1)
        found = np.zeros(1000, bool)
        for start, end in result["legs"][0]["speech"]:
            found[start // 20:end // 20] = True
        self.assertGreater(found[loud].mean(), 0.9)
        self.assertLess(found[360:690].mean(), 0.35)  # between the two

    def test_loss_in_silence_is_no_speech(self):
        """Packets lost from a quiet line must not make its own hiss look loud."""
        hiss = np.random.default_rng(3).normal(0, 70, 160000).astype("<i2")
        sender = Sender(0, 1, chunks(mu_law(hiss), 160), start=0.019)
        sender.packets = [p for i, p in enumerate(sender.packets) if i % 60 != 30]
        result, _ = self.record([sender, Sender(1, 2, B_LAW)])
        self.assertEqual(result["legs"][0]["speech"], [])

    def test_dead_air(self):
        quiet = np.concatenate([A[:32000], np.random.default_rng(1).normal(0, 8, 80000), A[32000:64000]])
        law = chunks(mu_law(np.asarray(quiet, "<i2")), 160)
        silent = chunks(mu_law(np.zeros(len(law) * 160, "<i2")), 160)
        result, _ = self.record([Sender(0, 1, law), Sender(1, 2, silent)])
        self.assertEqual(len(result["dead_air"]), 1)
        start, end = result["dead_air"][0]
        self.assertAlmostEqual(start, 3600, delta=400)
        self.assertAlmostEqual(end, 14900, delta=900)
        result, _ = self.record([Sender(0, 1, law), Sender(1, 2, silent[:200] + silent[200:])],
                                extra=[(4.0, "explain 1 hold @"), (14.0, "clear 1 @")])
        self.assertEqual(len(result["dead_air"]), 1)  # both legs' media flowed: no hold to be seen

    # --- the ledger alone ---

    def test_count_only(self):
        """Packets after the end of the call count, but are no audio."""
        rest = Sender(0, 1, A_LAW[100:200], start=2.0, sequence=1100, timestamp=5000 + 16000)
        for p in rest.packets:
            p["order"] = "count"
        result, path = self.record([Sender(0, 1, A_LAW[:100]), rest], legs=1, end=2.0)
        self.assertEqual((self.stream(result, 0)["received"], result["audio_ms"]), (200, 2000))

    def test_garbage(self):
        """Headers and payloads at random: nothing breaks, and every packet is in the ledger."""
        random = np.random.default_rng(9)
        codecs = ["PCMU/8000", "G722/8000", "G729/8000", "opus/48000/2", "speex/16000", "CN/8000", "iLBC/8000",
                  "telephone-event/8000", "LPC/8000", "PCMA/90000"]
        senders = []
        for i in range(4):
            sender = Sender(i % 2, i, [bytes(random.integers(0, 256, random.integers(0, 300), dtype=np.uint8))
                                       for _ in range(800)])
            for p in sender.packets:
                if random.random() < 0.3:
                    p["sequence"] = int(random.integers(0, 65536))
                if random.random() < 0.3:
                    p["timestamp"] = int(random.integers(0, 1 << 32))
                if random.random() < 0.2:
                    p["codec"] = int(random.integers(0, len(codecs)))
                if random.random() < 0.1:
                    p["arrival"] += float(random.normal(0, 3)) ** 2
            senders.append(sender)
        result, path = self.record(senders, codecs=codecs)
        self.assertLess(result["audio_ms"], 120000)
        streams = [s for leg in result["legs"] for s in leg["streams"]]
        self.assertEqual(sum(s["received"] + s["duplicate"] for s in streams), 3200)
        for s in streams:
            self.assertEqual(s["expected"], s["received"] + s["lost"])
        self.assertAlmostEqual(len(play(path, rate=48000)) / 48, result["audio_ms"], delta=1)


class Drift(unittest.TestCase):
    def test_ten_minutes(self):
        """A sender's clock off by 100 ppm, with jitter: its audio stays within 40 ms of where it was spoken."""
        speech = np.concatenate([A] * 30)
        law = A_LAW * 30
        for ppm in (100, -100):
            with tempfile.TemporaryDirectory() as folder:
                senders = [Sender(0, 1, law, ppm=ppm).jitter(0.004), Sender(1, 2, B_LAW * 30).jitter(0.004, seed=2)]
                result, path = record(TOOL, folder, senders, channels="split")
                leg = result["legs"][0]
                self.assertAlmostEqual(leg["drift_ppm"], ppm, delta=5)
                self.assertAlmostEqual(result["legs"][1]["drift_ppm"], 0, delta=5)
                self.assertTrue(20 < leg["drift_removed_ms"] < 65, leg["drift_removed_ms"])
                self.assertEqual((result["legs"][1]["drift_removed_ms"], result["gaps"]), (0, []))
                heard = play(path, channels=2)[:, 0]
                for second in range(4, 590, 45):
                    at = second * 8000
                    value, offset = correlate(speech[at:at + 16000].astype(float), heard, at, 70 * MS)
                    true = -second * ppm * 1e-3  # ms by which a fast sender is early
                    # The speech held against it did not drift: a sample or two that went within two seconds cost it a tenth.
                    self.assertGreater(value, 0.7, f"{ppm} ppm at {second} s")
                    self.assertLess(abs(offset / MS - true), 5, f"{ppm} ppm at {second} s")


    def test_network_step(self):
        """The network's delay changes for good in the middle: that is no drift, and places follow once."""
        law = A_LAW * 9
        for step in (0.015, 0.1, 0.3):
            with tempfile.TemporaryDirectory() as folder:
                sender = Sender(0, 1, law).jitter(0.002)
                for p in sender.packets[4500:]:
                    p["arrival"] += step
                result, path = record(TOOL, folder, [sender], legs=1)
                leg = result["legs"][0]
                self.assertAlmostEqual(leg["drift_ppm"], 0, delta=30, msg=f"step of {step} s")
                self.assertLess(leg["drift_removed_ms"], step * 1000 + 5)
                self.assertEqual((result["gaps"], leg["streams"][0]["late"]), ([], 0))
                heard, speech = play(path), np.concatenate([A] * 9)
                value, offset = correlate(speech[160 * 8000:164 * 8000].astype(float), heard, 160 * 8000, 400 * MS)
                self.assertGreater(value, 0.8)
                self.assertAlmostEqual(offset / MS, step * 1000, delta=3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
