#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What each step of the dial sounds like and costs: complexity × bit rate × gated or not, two speakers in G.711 mixed into
one channel at 8 kHz over a noise of -65 dBFS.

For each: log-spectral distance of the decoded file from what the encoder was given (dB; over frames in which somebody
speaks, 200 to 3600 Hz; less is better), bytes for a minute, seconds of audio per CPU second. With a folder, a file of each
to listen to, and the source beside them.

usage: bench-quality.py OPUS-TOOL [SECONDS [FOLDER]]
"""
import os, pathlib, shutil, statistics, subprocess, sys, tempfile
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import calls

tool = sys.argv[1]
seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
samples = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
RATE, NOISE_DB, SILENCE_DB, ROUNDS = 8000, -65, -60, 3
COMPLEXITIES, BITRATES = (0, 2, 5, 8, 10), (16000, 24000, 32000)
WINDOW, STEP = 256, 80  # 32 and 10 ms
FLOOR = 32768 * 10 ** (-75 / 20)  # of a bin: what lies below is heard by nobody


def through_g711(samples):
    """As a leg arrives: what µ-law leaves of it."""
    code = ~calls.ulaw(samples) & 0xFF
    magnitude = ((((code & 15).astype(int) << 1) + 33) << (code >> 4 & 7)) - 33
    return np.where(code & 0x80, -magnitude, magnitude) * 4


def make_source(folder):
    random = np.random.default_rng(1)
    noise = lambda n: random.normal(0, 32768 * 10 ** (NOISE_DB / 20), n)
    legs = [np.resize(voice, seconds * RATE) for voice in calls.conversation(folder)]
    heard = [through_g711((0.5 * leg + noise(len(leg))).clip(-32768, 32767).astype("<i2")) for leg in legs]
    return sum(heard).clip(-32768, 32767).astype("<i2")


def spectra(samples):
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(float), WINDOW)[::STEP] * np.hanning(WINDOW)
    low, high = 200 * WINDOW // RATE, 3600 * WINDOW // RATE
    return 20 * np.log10(np.abs(np.fft.rfft(frames, axis=1))[:, low:high] * 4 / WINDOW + FLOOR)


def encode(raw, path, complexity, bitrate, silence):
    """CPU seconds; the median of a few."""
    taken = []
    for _ in range(ROUNDS):
        path.unlink(missing_ok=True)
        child = subprocess.Popen([tool, "write", path, "1", str(bitrate), str(complexity), str(seconds * 48000), str(RATE), raw],
                                 stdout=subprocess.DEVNULL, env={**os.environ, "EARSHOT_SILENCE": str(silence)})
        _, status, usage = os.wait4(child.pid, 0)
        assert status == 0
        taken.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(taken)


def decode(path, folder):
    """At the source's own rate, by libopus through libsndfile: sample k is sample k of the source."""
    wave = folder / "decoded.wav"
    wave.unlink(missing_ok=True)
    subprocess.run([tool, "render", path, wave, "wav", "0", "-1"], check=True)
    return np.frombuffer(wave.read_bytes()[44:], "<i2")


def measure(folder, source, complexity, bitrate, silence):
    path = folder / f"c{complexity}-{bitrate // 1000}k-{'gated' if silence else 'all'}.opus"
    cpu = encode(folder / "source.raw", path, complexity, bitrate, silence)
    wanted = spectra(source)
    speech = wanted.max(axis=1) > 20 * np.log10(32768) - 45
    distance = np.sqrt(((spectra(decode(path, folder)) - wanted) ** 2).mean(axis=1))[speech].mean()
    if samples:
        shutil.copy(path, samples)
    return distance, path.stat().st_size * 60 / seconds, seconds / cpu


def main(folder):
    source = make_source(folder)
    (folder / "source.raw").write_bytes(source.tobytes())
    if samples:
        samples.mkdir(parents=True, exist_ok=True)
        subprocess.run(["sox", "-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1", folder / "source.raw",
                        samples / "source.wav"], check=True)
    print(f"{seconds} s; distance in dB, kB a minute, × real time; all encoded | gated at {SILENCE_DB} dBFS")
    print("| complexity | bit/s | distance | kB/min | × | distance | kB/min | × |\n|" + "---|" * 8)
    for bitrate in BITRATES:
        for complexity in COMPLEXITIES:
            cells = [f"{distance:.2f} | {size / 1000:.0f} | {speed:.0f}" for distance, size, speed in
                     (measure(folder, source, complexity, bitrate, silence) for silence in (0, SILENCE_DB))]
            print(f"| {complexity} | {bitrate} | {' | '.join(cells)} |", flush=True)


with tempfile.TemporaryDirectory() as name:
    main(pathlib.Path(name))
