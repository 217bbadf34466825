# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Voices that know where they are: tones whose sequence tells of what call, whose voice and what moment each 20 ms are, so that a
recording shows which packets are in it and which are not.

A voice is a row of tones of 40 ms out of ten. The two voices of a call have bands of their own, so that both are found in one channel;
the phase goes on from tone to tone, and a codec for speech takes it for a voice.
"""
import copy, subprocess, tempfile
import numpy as np

RATE, PACKET, TONE = 8000, 160, 320
TONES = 10
BANDS = [500 + 100 * np.arange(TONES), 1900 + 100 * np.arange(TONES)]
LEVEL = 6000
HEARD = 0.12  # of the level: below it a tone is noise of the codec


class Voice:
    """So many packets of 20 ms; from a place on, round and round."""

    def __init__(self, key, side, packets):
        self.band = BANDS[side]
        self.tones = np.repeat(np.random.default_rng([key, side]).integers(0, TONES, -(-packets * PACKET // TONE)), TONE // PACKET)[:packets]
        self.samples = (LEVEL * np.sin(2 * np.pi * np.cumsum(np.repeat(self.band[self.tones], PACKET)) / RATE)).astype(np.int16)

    def part(self, place, packets):
        """What is spoken in so many packets from this one on."""
        found = copy.copy(self)
        which = (place + np.arange(packets)) % len(self.tones)
        found.tones, found.samples = self.tones[which], self.samples.reshape(-1, PACKET)[which].ravel()
        return found


def decode(path):
    """The samples of a recording at 8 kHz by opusdec, its channels in one."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        subprocess.run(["opusdec", "--quiet", "--rate", str(RATE), path, wav.name], check=True, capture_output=True)
        data = wav.read()
    at = data.index(b"data") + 8
    samples = np.frombuffer(data[at:at + (len(data) - at) // 2 * 2], dtype="<i2")
    return samples.reshape(-1, int.from_bytes(data[22:24], "little")).sum(axis=1, dtype=float)


def place(heard, spoken):
    """Where in what was spoken a recording begins (samples, negative: before), by the best correlation; None for silence."""
    size = 1 << int(np.ceil(np.log2(len(heard) + len(spoken))))
    both = np.fft.irfft(np.fft.rfft(spoken, size) * np.conj(np.fft.rfft(heard, size)), size)
    if not len(heard) or not np.abs(both).max():
        return None
    at = int(np.argmax(both))
    return at if at < len(spoken) else at - size


def found(heard, voice):
    """For each packet of a voice whether its tone is heard at its place, and where the recording begins in the voice (samples)."""
    packets = len(voice.tones)
    there = np.zeros(packets, bool)
    at = place(heard, voice.samples.astype(float)) if packets else None
    if at is None:
        return there, None
    first, last = max(0, -(-at // PACKET)), min(packets, (at + len(heard)) // PACKET)
    if last <= first:
        return there, at
    windows = heard[first * PACKET - at:last * PACKET - at].reshape(-1, PACKET)
    wave = np.exp(-2j * np.pi * np.outer(np.arange(PACKET), voice.band) / RATE)
    power = np.abs(windows @ wave) * 2 / PACKET / LEVEL
    level = power[np.arange(last - first), voice.tones[first:last]]
    there[first:last] = (level >= HEARD) & (level >= 0.8 * power.max(axis=1))
    return there, at
