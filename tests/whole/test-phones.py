#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real phones: baresip speaks on loopback, tcpdump captures, Earshot records, opusdec plays, correlation listens.

One call a codec, all at once in a network namespace of their own, and one that is never answered. usage: test-phones.py
EARSHOT. Exit 77 (skipped) where a network namespace cannot be made.
"""
import os, pathlib, re, shlex, struct, subprocess, sys, tempfile
import numpy as np

import calls, earshot, sound

program, SECONDS = sys.argv[1], 9
PHONES = pathlib.Path(__file__).resolve().parents[2] / "tools/phones"
CODECS = {"PCMU": ("PCMU", 8000), "PCMA": ("PCMA", 8000), "G722": ("G722/16000/1", 16000), "opus": ("opus/48000/2", 16000)}


def call_all(folder):
    """Makes the calls and captures them; returns per callee the codec, the rate and the WAV files (caller, callee)."""
    lines, expected = [], {}
    for n, (codec, (name, rate)) in enumerate(CODECS.items(), 1):
        agent, customer = (folder / f"english-{rate}-{who}.wav" for who in "ac")
        expected[f"200{n}"] = (codec, rate, customer, agent)
        lines.append([folder / codec, name, rate, SECONDS, f"127.0.{n}.1", f"127.0.{n}.2", f"0100000000{n}", "Robert Brown",
                      f"200{n}", "منى", customer, agent])
    wav = folder / "english-8000-a.wav"
    lines.append([folder / "none", "PCMU", 8000, 4, "127.0.9.1", "127.0.9.2", "01009999999", "Sara", "2009", "Omar", wav, wav])
    script = ["pids="]
    for line in lines:
        unanswered = "ANSWER=manual " if "2009" in line else ""
        script.append(unanswered + shlex.join(map(str, [PHONES / "call", *line])) + ' & pids="$pids $!"')
    script.append('for pid in $pids; do wait $pid || exit 1; done')
    subprocess.run([PHONES / "capture", folder / "calls.pcap", "sh", "-c", "\n".join(script)], check=True)
    return expected


def captured(path):
    """What the capture holds, by its own reading: sequence numbers by SSRC, and by callee when its call was answered and ended."""
    data, position = path.read_bytes(), 24
    media, answered, ended = {}, {}, {}
    while position < len(data):
        seconds, us, length, _ = struct.unpack_from("<IIII", data, position)
        udp = data[position + 16 + 34:position + 16 + length]  # Ethernet, IPv4 without options
        position, payload = position + 16 + length, udp[8:]
        if 5060 in struct.unpack_from(">HH", udp):
            callee = re.search(rb"^To:.*?sip:(\d+)", payload, re.M)
            if payload.startswith(b"SIP/2.0 200") and re.search(rb"^CSeq: \d+ INVITE", payload, re.M):
                answered.setdefault(callee[1].decode(), seconds + us / 1e6)
            elif payload.startswith(b"BYE"):
                ended.setdefault(callee[1].decode(), seconds + us / 1e6)
        elif payload[1] & 127 < 64 or payload[1] & 127 >= 96:  # else it is RTCP
            sequence, _, ssrc = struct.unpack_from(">HII", payload, 2)
            media.setdefault(f"0x{ssrc:08X}", []).append(sequence)
    return media, answered, ended


def hold_stream(stream, sequences):
    """The stream's counters are those of the capture: a busy machine may lose packets before they are captured."""
    unique = len(set(sequences))
    offsets = [(s - sequences[0] + 32768) % 65536 for s in sequences]
    span = max(offsets) - min(offsets) + 1
    assert (stream["received"], stream["lost"]) == (unique, span - unique), (stream, unique, span)
    assert unique >= 0.6 * SECONDS * 50, f"only {unique} packets"


def matches(heard, wav, rate):
    """Correlation of a recorded leg with what its phone spoke, and where its first sample lies (ms)."""
    sent = calls.read_wav(wav)[1][:, 0].astype(float)
    ratio = rate // 8000
    sent = sent[:len(sent) // ratio * ratio].reshape(-1, ratio).mean(axis=1)
    reach = 4000
    piece = heard[reach:len(heard) - reach]
    offset, correlation = sound.best_offset(piece, np.concatenate((np.zeros(reach), sent))[reach:len(piece) + 3 * reach], reach)
    return correlation, offset / 8


def in_own_network():
    """Begins anew in a network of its own, so that no other phone's ports are in the way."""
    for way in (["unshare", "-n"], ["unshare", "-cn", "--keep-caps"]):
        if subprocess.run([*way, "true"], capture_output=True).returncode == 0:
            os.execvpe("unshare", [*way, sys.executable, *sys.argv], dict(os.environ, EARSHOT_OWN_NETWORK="1"))
    print("skipped: a network namespace is not permitted here")
    sys.exit(77)


def main():
    if "EARSHOT_OWN_NETWORK" not in os.environ:
        in_own_network()
    with tempfile.TemporaryDirectory() as name, earshot.Library(program, "[record]\nchannels=split\n") as library:
        folder = pathlib.Path(name)
        for rate in (8000, 16000):
            calls.conversation(folder, "english", rate)
        expected = call_all(folder)
        media, answered, ended = captured(folder / "calls.pcap")
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
                correlation, offset = matches(heard[:, leg], wav, rate)
                print(f"{codec} leg {leg}: correlation {correlation:.3f}, offset {offset:.1f} ms, received {stream['received']}, lost {stream['lost']}")
                assert correlation >= 0.8, "not what was spoken"
                hold_stream(stream, media[stream["ssrc"]])


main()
