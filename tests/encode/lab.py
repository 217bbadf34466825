# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of recordings share: speech, G.711, senders of RTP, playing back, comparing."""
import json
import os
import subprocess

import numpy as np

RATE = 8000


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, **options).stdout


def speech(text, rate=RATE, voice="en", speed=160):
    """What espeak-ng says, as float samples."""
    wave = run("espeak-ng", "-v", voice, "-s", speed, "--stdout", text)
    raw = run("sox", "-R", "-D", "-t", "wav", "-", "-t", "raw", "-r", rate, "-e", "signed", "-b", "16", "-c", "1", "-G", "-",
              input=wave)
    return np.frombuffer(raw, "<i2").astype(float)


def talk(seconds, rate=RATE, start=0.0, pause=1.5, voice="en", noise=10.0, seed=1):
    """A party of a conversation: phrases with pauses over a faint noise. Returns int16."""
    phrases = ["thank you for calling, how may I help you today", "let me look that up for you, one moment please",
               "I am sorry to hear that, we will send a new one", "could you tell me your order number again",
               "is there anything else that I can do for you", "that is very kind of you, goodbye for now"]
    spoken = [speech(phrase, rate, voice) * 0.5 for phrase in phrases]
    random = np.random.default_rng(seed)
    out = random.normal(0, noise, int(seconds * rate))
    at, i = int(start * rate), 0
    while at < len(out):
        piece = spoken[i % len(spoken)][:len(out) - at]
        out[at:at + len(piece)] += piece
        at += len(piece) + int(pause * rate)
        i += 1
    return np.clip(out, -32767, 32767).astype("<i2")


def sox_raw(samples, rate, encoding):
    """int16 samples through sox into raw bytes of encoding (u-law, a-law, gsm-full-rate ...)."""
    return run("sox", "-R", "-D", "-t", "raw", "-r", rate, "-e", "signed", "-b", "16", "-c", "1", "-", "-t", "raw", "-e", encoding,
               "-D", "-", input=np.asarray(samples, "<i2").tobytes())


def mu_law(samples):
    return sox_raw(samples, RATE, "u-law")


class Sender:
    """Cuts an encoded stream into RTP packets with times of arrival."""

    def __init__(self, leg, ssrc, payloads, codec=0, ticks=160, interval=0.02, start=0.0, sequence=1000,
                 timestamp=5000, delay=0.0, ppm=0.0):
        self.packets = []
        for i, payload in enumerate(payloads):
            self.packets.append({
                "leg": leg, "ssrc": ssrc, "sequence": (sequence + i) % 65536,
                "timestamp": (timestamp + i * ticks) % (1 << 32), "codec": codec,
                # a clock that runs fast by ppm sends its packets sooner
                "arrival": start + delay + i * interval / (1 + ppm * 1e-6), "payload": payload, "order": "push"})

    def jitter(self, seconds, seed=1):
        random = np.random.default_rng(seed)
        for packet in self.packets:
            packet["arrival"] += abs(random.normal(0, seconds))
        return self


def chunks(data, size):
    return [data[i:i + size] for i in range(0, len(data) - size + 1, size)]


def lines(senders, codecs, base=1_000_000_000):
    yield from (f"codec {i} {codec}" for i, codec in enumerate(codecs))
    packets = sorted((p for s in senders for p in s.packets), key=lambda p: p["arrival"])
    for p in packets:
        yield (f"{p['order']} {p['leg']} {p['ssrc']} {p['sequence']} {p['timestamp']} {p['codec']} "
               f"{base + round(p['arrival'] * 1e6)} {p['payload'].hex()}")


def record(tool, folder, senders, codecs=("PCMU/8000",), legs=2, channels="mixed", end=None, complexity=0, bitrate=0,
           extra=(), tags=(), base=1_000_000_000):
    """Runs the tool. extra: (seconds, order) to slip in between. Returns (result, path of the file)."""
    orders = list(lines(senders, codecs, base))
    times = [int(o.split()[6]) if o[:4] in ("push", "coun") else 0 for o in orders]
    for seconds, order in sorted(extra, reverse=True):
        moment = base + round(seconds * 1e6)
        at = next((i for i, t in enumerate(times) if t > moment), len(orders))
        orders.insert(at, order.replace("@", str(moment)))
        times.insert(at, moment)
    last = max((p["arrival"] for s in senders for p in s.packets), default=0)
    path = os.path.join(folder, "out", "call.opus")
    if os.path.exists(path):
        os.remove(path)
    stop = base + round((end if end is not None else last + 0.02) * 1e6)
    orders.append("\t".join([f"finish {stop} {path}", *tags]))
    out = run(tool, folder, legs, channels, complexity, bitrate, input="\n".join(orders).encode() + b"\n")
    return json.loads(out.splitlines()[-1]), path


def ogg_packets(data):
    """The packets of an Ogg stream, header packets included."""
    packets, at, partial = [], 0, b""
    while data[at:at + 4] == b"OggS":
        count = data[at + 26]
        table, at = data[at + 27:at + 27 + count], at + 27 + count
        for size in table:
            partial += data[at:at + size]
            at += size
            if size < 255:
                packets.append(partial)
                partial = b""
    return packets


def opus(samples, rate, frame_ms, repeats, bitrate="24k", channels=1, application="voip"):
    """Packets of Opus, which with repeats (in-band FEC) carry what the one before said."""
    data = run("ffmpeg", "-v", "error", "-f", "s16le", "-ar", rate, "-ac", "1", "-i", "-", "-ac", channels, "-c:a", "libopus",
               "-b:a", bitrate, "-application", application, "-frame_duration", frame_ms, "-fec", int(repeats), "-packet_loss", 25,
               "-f", "ogg", "-", input=np.asarray(samples, "<i2").tobytes())
    return ogg_packets(data)[2:]


def play(path, rate=RATE, channels=1):
    wave = run("opusdec", "--quiet", "--rate", rate, "--force-wav", "--no-dither", path, "-",
               stderr=subprocess.DEVNULL)
    samples = np.frombuffer(wave[wave.index(b"data") + 8:], "<i2").astype(float)
    return samples.reshape(-1, channels) if channels > 1 else samples


def correlate(reference, heard, around, reach):
    """Best normalised correlation of reference with heard near index around: (value, offset in samples)."""
    size = len(reference)
    first, last = max(around - reach, 0), min(around + reach, len(heard) - size)
    if last < first:
        return -2.0, 0
    a, b = reference - reference.mean(), heard[first:last + size]
    length = 1 << (len(b) + size).bit_length()
    products = np.fft.irfft(np.fft.rfft(b, length) * np.conj(np.fft.rfft(a, length)), length)[:last - first + 1]
    sums, squares = np.cumsum(np.insert(b, 0, 0)), np.cumsum(np.insert(b * b, 0, 0))
    n = np.arange(last - first + 1)
    power = squares[n + size] - squares[n] - (sums[n + size] - sums[n]) ** 2 / size
    values = products / np.sqrt(np.maximum(power, 1) * max((a * a).sum(), 1))
    best = int(values.argmax())
    return float(values[best]), first + best - around
