#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real phones: baresip speaks on loopback, tcpdump captures, Earshot records, opusdec plays, correlation listens.

One call a codec, all at once in a network namespace of their own, and one that is never answered. usage: test-phones.py
EARSHOT. Exit 77 (skipped) where a network namespace cannot be made.
"""
import pathlib, shlex, subprocess, sys, tempfile

import calls, earshot, phones, sound

program, SECONDS = sys.argv[1], 9


def call_all(folder):
    """Makes the calls and captures them; returns per callee the codec, the rate and the WAV files (caller, callee)."""
    lines, expected = [], {}
    for n, (codec, (name, rate)) in enumerate(phones.CODECS.items(), 1):
        agent, customer = (folder / f"english-{rate}-{who}.wav" for who in "ac")
        expected[f"200{n}"] = (codec, rate, customer, agent)
        lines.append([folder / codec, name, rate, SECONDS, f"127.0.{n}.1", f"127.0.{n}.2", f"0100000000{n}", "Robert Brown",
                      f"200{n}", "منى", customer, agent])
    wav = folder / "english-8000-a.wav"
    lines.append([folder / "none", "PCMU", 8000, 4, "127.0.9.1", "127.0.9.2", "01009999999", "Sara", "2009", "Omar", wav, wav])
    script = ["pids="]
    for line in lines:
        unanswered = "ANSWER=manual " if "2009" in line else ""
        script.append(unanswered + shlex.join(map(str, [phones.TOOLS / "call", *line])) + ' & pids="$pids $!"')
    script.append('for pid in $pids; do wait $pid || exit 1; done')
    subprocess.run([phones.TOOLS / "capture", folder / "calls.pcap", "sh", "-c", "\n".join(script)], check=True)
    return expected


def main():
    phones.in_own_network()
    with tempfile.TemporaryDirectory() as name, earshot.Library(program, "[record]\nchannels=split\n") as library:
        folder = pathlib.Path(name)
        for rate in (8000, 16000):
            calls.conversation(folder, "english", rate)
        expected = call_all(folder)
        media, answered, ended = phones.captured(folder / "calls.pcap")
        library.run("record", "--pcap", folder / "calls.pcap")
        rows = {row["callee"]: row for row in library.rows("search")}
        assert sorted(rows) == sorted([*expected, "2009"]), rows.keys()
        missed = rows.pop("2009")
        assert (missed["disposition"], missed["sip_status"], missed["outcome"]) == ("abandoned", 487, "none"), missed
        for callee, (codec, rate, *wavs) in expected.items():
            row = library.show(rows[callee]["id"])
            assert row["disposition"] == "answered" and row["codec"].lower() == codec.lower(), row
            assert row["caller"] == f"0100000000{callee[-1]}" and row["caller_name"] == "Robert Brown", row
            assert abs(row["duration_ms"] - (ended[callee] - answered[callee]) * 1000) < 50, row["duration_ms"]
            assert not sound.accepted_by_all(library.audio(row))
            heard = sound.decode(library.audio(row), 8000)
            for leg, wav in enumerate(wavs):
                stream = row["legs"][leg]["streams"][0]
                correlation, offset = phones.matches(heard[:, leg], wav, rate)
                print(f"{codec} leg {leg}: correlation {correlation:.3f}, offset {offset:.1f} ms, received {stream['received']}, lost {stream['lost']}")
                assert correlation >= 0.8, "not what was spoken"
                unique = phones.hold_stream(stream, media[stream["ssrc"]])
                assert unique >= 0.6 * SECONDS * 50, f"only {unique} packets"


main()
