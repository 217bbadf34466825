# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Independent ears: decoding by other people's decoders, comparing by correlation."""
import subprocess, tempfile
import numpy as np


def decode(path, rate=8000):
    """Samples of a recording by opusdec, resampled by sox; one column a channel."""
    with tempfile.TemporaryDirectory() as folder:
        wav = folder + "/x.wav"
        subprocess.run(["opusdec", "--quiet", "--rate", "48000", path, wav], check=True, capture_output=True)
        channels = int(subprocess.run(["soxi", "-c", wav], check=True, capture_output=True, text=True).stdout)
        raw = subprocess.run(["sox", "-D", wav, "-r", str(rate), "-t", "s16", "-"], check=True, capture_output=True).stdout
    return np.frombuffer(raw, dtype="<i2").reshape(-1, channels).astype(float)


def best_offset(heard, sent, reach):
    """The shift (samples) of sent within ±reach at which it correlates best with heard, and that correlation. sent has reach
    more samples at both ends than heard."""
    length = len(heard)
    numerator = np.correlate(sent, heard, "valid") if length * len(sent) < 4e6 else np.fft.irfft(
        np.fft.rfft(sent, 2 ** int(np.ceil(np.log2(len(sent) + length)))) *
        np.conj(np.fft.rfft(heard, 2 ** int(np.ceil(np.log2(len(sent) + length))))))[:len(sent) - length + 1]
    power = np.cumsum(np.concatenate(([0.0], sent ** 2)))
    energy = power[length:] - power[:-length]
    correlation = numerator / (np.sqrt(energy * np.dot(heard, heard)) + 1e-9)
    best = int(np.argmax(correlation))
    return best - reach, float(correlation[best])


def accepted_by_all(path):
    """None, or what one of the decoders said against the file."""
    info = subprocess.run(["opusinfo", path], capture_output=True, text=True)
    if info.returncode or "WARNING" in info.stdout + info.stderr:
        return "opusinfo: " + info.stdout + info.stderr
    for command in (["opusdec", "--quiet", path, "/dev/null"], ["ffprobe", "-v", "warning", path],
                    ["ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"]):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        noise = [l for l in done.stderr.splitlines() if l.strip()] if command[0] != "opusdec" else []
        if done.returncode or noise:
            return f"{command[0]}: {done.returncode} {done.stderr}"
    return None
