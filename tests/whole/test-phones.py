#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real phones: baresip speaks on loopback, tcpdump captures, Earshot records, opusdec plays, correlation listens.

One call a codec, all at once in a network namespace of their own, and one that is never answered. usage: test-phones.py
EARSHOT. Exit 77 (skipped) where a network namespace cannot be made.
"""
import os, pathlib, subprocess, sys, tempfile, time
import numpy as np

import calls, earshot, sound

program, SECONDS = sys.argv[1], 9
PHONES = pathlib.Path(__file__).resolve().parents[2] / "tools/phones"
CODECS = {"PCMU": ("PCMU", 8000), "PCMA": ("PCMA", 8000), "G722": ("G722/16000/1", 16000), "opus": ("opus/48000/2", 16000)}


def call_all(folder):
    """Makes the calls and captures them; returns per callee the codec and the two WAV files (caller, callee)."""
    capture = subprocess.Popen(["tcpdump", "-i", "lo", "-s", "0", "-U", "-B", "8192", "-Z", "root", "-w", folder / "calls.pcap", "udp"],
                               stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    running, expected = [], {}
    for n, (codec, (name, rate)) in enumerate(CODECS.items(), 1):
        agent, customer = (folder / f"english-{rate}-{who}.wav" for who in "ac")
        expected[f"200{n}"] = (codec, rate, customer, agent)
        running.append(subprocess.Popen([PHONES / "call", folder / codec, name, str(rate), str(SECONDS), f"127.0.{n}.1", f"127.0.{n}.2",
                                         f"0100000000{n}", "Robert Brown", f"200{n}", "منى", customer, agent]))
    wav = folder / "english-8000-a.wav"
    running.append(subprocess.Popen([PHONES / "call", folder / "none", "PCMU", "8000", "4", "127.0.9.1", "127.0.9.2", "01009999999",
                                     "Sara", "2009", "Omar", wav, wav], env=dict(os.environ, ANSWER="manual")))
    assert all(p.wait() == 0 for p in running), "a call failed"
    time.sleep(0.5)
    capture.terminate()
    capture.wait()
    return expected


def matches(heard, wav, rate):
    """Correlation of a recorded leg with what its phone spoke, and where its first sample lies (ms)."""
    sent = calls.read_wav(wav)[1][:, 0].astype(float)
    ratio = rate // 8000
    sent = sent[:len(sent) // ratio * ratio].reshape(-1, ratio).mean(axis=1)
    reach = 4000
    piece = heard[reach:8000 * (SECONDS - 1)]
    offset, correlation = sound.best_offset(piece, np.concatenate((np.zeros(reach), sent))[reach:len(piece) + 3 * reach], reach)
    return correlation, offset / 8


def main():
    if "EARSHOT_OWN_NETWORK" not in os.environ:
        if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
            sys.exit(77)
        os.execvpe("unshare", ["unshare", "-n", sys.executable, *sys.argv], dict(os.environ, EARSHOT_OWN_NETWORK="1"))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as name, earshot.Library(program, "[record]\nchannels=split\n") as library:
        folder = pathlib.Path(name)
        for rate in (8000, 16000):
            calls.conversation(folder, "english", rate)
        expected = call_all(folder)
        library.run("record", "--pcap", folder / "calls.pcap")
        rows = {row["callee"]: row for row in library.rows("search")}
        assert sorted(rows) == sorted([*expected, "2009"]), rows.keys()
        missed = rows.pop("2009")
        assert (missed["disposition"], missed["sip_status"], missed["outcome"]) == ("abandoned", 487, "none"), missed
        for callee, (codec, rate, *wavs) in expected.items():
            row = library.show(rows[callee]["id"])
            assert row["outcome"] == "recorded" and row["disposition"] == "answered" and row["codec"].lower() == codec.lower(), row
            assert row["caller"] == f"0100000000{callee[-1]}" and row["caller_name"] == "Robert Brown", row
            assert abs(row["duration_ms"] - SECONDS * 1000) < 300, row["duration_ms"]
            assert not sound.accepted_by_all(library.audio(row))
            heard = sound.decode(library.audio(row), 8000)
            for leg, wav in enumerate(wavs):
                stream = row["legs"][leg]["streams"][0]
                correlation, offset = matches(heard[:, leg], wav, rate)
                print(f"{codec} leg {leg}: correlation {correlation:.3f}, offset {offset:.1f} ms, received {stream['received']}, lost {stream['lost']}")
                assert correlation >= 0.8, "not what was spoken"
                assert stream["lost"] == 0 and stream["received"] >= SECONDS * 50 - 10, stream


main()
