#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Seconds of call per CPU second: a G.711 capture of two-way speech to indexed Opus, beside raw libopus on the same mixed
audio and beside ffmpeg mixing and encoding the same legs. All in one run, interleaved; ratios of medians are what counts.
"all" encodes everything, "mixed" and "split" leave silence out as the recorder does unless told otherwise.

usage: bench-record.py EARSHOT RAW-OPUS [ROUNDS]
"""
import os, pathlib, statistics, subprocess, sys, tempfile
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import calls, earshot

program, raw_opus = sys.argv[1], sys.argv[2]
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
CALLS, LENGTH_S, BITRATE = 20, 60, 24000


def cpu(command, **options):
    """User and system seconds of a command."""
    child = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return usage.ru_utime + usage.ru_stime


def make_inputs(folder):
    """The capture, the same mixes as raw samples, and the legs as µ-law files for ffmpeg."""
    agent, customer = (np.tile(v, 2)[:LENGTH_S * 8000] for v in calls.conversation(folder))
    shift = lambda v, n: np.roll(v, n * 4001)
    made = [calls.Call(n, 0.2 * n, f"0100{n:07d}", "2001", shift(customer, n), shift(agent, n)) for n in range(CALLS)]
    calls.write(folder / "calls.pcap", made)
    mixed = [np.clip(c.voice_caller.astype(int) + c.voice_callee, -32768, 32767).astype("<i2") for c in made]
    (folder / "mixed.raw").write_bytes(np.concatenate(mixed).tobytes())
    for name, voices in (("a", [c.voice_caller for c in made]), ("b", [c.voice_callee for c in made])):
        (folder / f"{name}.ul").write_bytes(calls.ulaw(np.concatenate(voices)).tobytes())


def earshot_run(folder, complexity, channels, silence):
    config = f"[record]\nbitrate={BITRATE}\ncomplexity={complexity}\nchannels={channels}\nsilence={silence}\n"
    with earshot.Library(program, config) as library:
        seconds = cpu([program, "--library", library.path, "record", "--pcap", folder / "calls.pcap"], env=library.environment)
        rows = library.rows("search", "--limit", "1000")
        assert len(rows) == CALLS and all(r["outcome"] == "recorded" for r in rows)
        audio_s = sum(r["audio_ms"] for r in rows) / 1000
        assert abs(audio_s - CALLS * LENGTH_S) < CALLS * 0.1, audio_s
    return seconds


def ffmpeg_run(folder, complexity):
    legs = [a for n in "ab" for a in ("-f", "mulaw", "-ar", "8000", "-ac", "1", "-i", folder / f"{n}.ul")]
    return cpu(["ffmpeg", "-v", "error", "-y", "-threads", "1", *legs, "-filter_complex", "amix=inputs=2:normalize=0", "-c:a",
                "libopus", "-application", "voip", "-vbr", "on", "-frame_duration", "20", "-b:a", BITRATE,
                "-compression_level", complexity, folder / "ffmpeg.opus"], stdin=subprocess.DEVNULL)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    make_inputs(folder)
    length = CALLS * LENGTH_S
    print(f"{CALLS} calls of {LENGTH_S} s, G.711 both ways, to Opus {BITRATE} bit/s mono at 8 kHz; seconds of call per CPU second")
    ways = {"all": ("mixed", "off"), "mixed": ("mixed", "-60dB"), "split": ("split", "-60dB")}
    print(f"{'complexity':>10} {'libopus':>8} {'ffmpeg':>8}" + "".join(f" {way:>8} {'/libopus':>9} {'/ffmpeg':>8}" for way in ways))
    for complexity in (5, 0):
        taken = {who: [] for who in ("libopus", "ffmpeg", *ways)}
        for _ in range(rounds):
            taken["libopus"].append(cpu([raw_opus, folder / "mixed.raw", 8000, BITRATE, complexity]))
            taken["ffmpeg"].append(ffmpeg_run(folder, complexity))
            for way, settings in ways.items():
                taken[way].append(earshot_run(folder, complexity, *settings))
        rate = {who: length / statistics.median(seconds) for who, seconds in taken.items()}
        print(f"{complexity:>10} {rate['libopus']:>8.0f} {rate['ffmpeg']:>8.0f}" + "".join(
            f" {rate[way]:>8.0f} {rate[way] / rate['libopus']:>9.2f} {rate[way] / rate['ffmpeg']:>8.2f}" for way in ways), flush=True)
