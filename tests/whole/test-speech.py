#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Ten minutes with 3 % loss, reordering and a clock 100 ppm too fast: is what was said where it was said?

In every 10-second window each leg of the split recording is held, outside the gaps the recording confesses to, against what
was sent, placed on the capture's clock. usage: test-speech.py EARSHOT [SECONDS]
"""
import pathlib, sys, tempfile
import numpy as np

import calls, earshot, sound

RATE, WINDOW_S, REACH = 8000, 10, 800
program, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 600
PPM = (100.0, 0.0)


def tiled(voice):
    return np.tile(voice, seconds * RATE // len(voice) + 1)[:seconds * RATE]


def on_capture_clock(voice, ppm, length):
    """What was sent, at the capture's moments: a clock ppm too fast has spoken more of it by then. Eight times the rate
    first, since picking between samples by a straight line would dull what is compared."""
    fine = np.fft.irfft(np.fft.rfft(voice), 8 * len(voice)) * 8
    position = np.round(np.arange(length) * 8 * (1 + ppm * 1e-6)).astype(int)
    return np.where(position < len(fine), fine[np.minimum(position, len(fine) - 1)], 0.0)


def windows(heard, sent, gaps):
    """Offset (ms) and correlation of each window of one leg."""
    keep = np.ones(len(heard), bool)
    for gap in gaps:
        keep[gap["start_ms"] * 8:(gap["start_ms"] + gap["length_ms"]) * 8] = False
    padded = np.concatenate((np.zeros(REACH), sent, np.zeros(REACH)))
    for start in range(0, len(heard) - WINDOW_S * RATE + 1, WINDOW_S * RATE):
        stop = start + WINDOW_S * RATE
        mask = keep[start:stop]
        offset, _ = sound.best_offset(heard[start:stop] * mask, padded[start:stop + 2 * REACH], REACH)
        there = padded[start + REACH + offset:stop + REACH + offset] * mask
        here = heard[start:stop] * mask
        if np.mean(there ** 2) < 0.05 * np.mean(sent ** 2):
            continue  # hardly a word in it
        yield offset / 8, float(np.dot(here, there) / (np.linalg.norm(here) * np.linalg.norm(there)))


with tempfile.TemporaryDirectory() as folder, earshot.Library(program, "[record]\nchannels=split\n") as library:
    folder = pathlib.Path(folder)
    agent, customer = calls.conversation(folder)
    call = calls.Call(1, 5.0, "01001234567", "2001", tiled(customer), tiled(agent), loss=0.03, reorder=0.01, drift_ppm=PPM)
    calls.write(folder / "call.pcap", [call])
    library.run("record", "--pcap", folder / "call.pcap")
    row = library.show(library.rows("search")[0]["id"])
    problem = sound.accepted_by_all(library.audio(row))
    assert not problem, problem

    truth_ms = (call.end - 0.004 - call.media_start) * 1000
    print(f"audio {row['audio_ms']} ms, truth {truth_ms:.0f} ms, outcome {row['outcome']} {row['outcome_reason']}")
    assert abs(row["audio_ms"] - truth_ms) <= 20, "length of the audio"
    heard = sound.decode(library.audio(row), RATE)
    assert heard.shape[1] == 2, heard.shape
    for side, leg in enumerate(row["legs"]):
        stream = leg["streams"][0]
        assert (stream["received"], stream["lost"]) == (call.sent[side] - len(call.dropped[side]), len(call.dropped[side])), stream
        assert stream["reordered"] > 0 and stream["late"] == 0, stream
        if seconds >= 120:
            assert abs(leg["drift_ppm"] - PPM[side]) < 15, leg["drift_ppm"]
        sent = on_capture_clock((call.voice_callee if side else call.voice_caller).astype(float), PPM[side], len(heard))
        found = list(windows(heard[:, side], sent, [g for g in row["gaps"] if g["leg"] == side]))
        offsets, correlations = zip(*found)
        print(f"leg {side}: {len(found)} windows, correlation {min(correlations):.3f}..{max(correlations):.3f}, "
              f"offset {min(offsets):.1f}..{max(offsets):.1f} ms, drift {leg['drift_ppm']:.0f} ppm, lost {stream['lost']}")
        assert len(found) >= 0.7 * seconds / WINDOW_S, "too few windows with speech"
        assert min(correlations) >= 0.8, f"correlation {min(correlations):.3f}"
        assert max(offsets) - min(offsets) <= 40, f"offset moves by {max(offsets) - min(offsets):.1f} ms"
