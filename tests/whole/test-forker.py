#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A real border forks real voices to us: two phones through kamailio and rtpengine, a call in G.711 and one in Opus at once, the
recording sessions spoken by our test client, recorded by Earshot as a SIPREC server. Both voices are what was spoken, under the
right names, and the ledger is that of a capture beside it, with nothing lost.

usage: test-forker.py EARSHOT. Exit 77 (skipped) where a network namespace cannot be made.
"""
import contextlib, pathlib, subprocess, sys, tempfile, time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
import calls, earshot, forker, phones, siprec, sound
from live import Server
from recording_metadata import Party

program, SECONDS = sys.argv[1], 7
SERVER = ("127.0.0.30", 5060)
CALLS = {"PCMA": ("01001", "Sara", "2001", "منى"), "opus": ("01002", "Ali", "2002", "Omar")}


def voices(folder):
    """The two voices at each rate, cut so that both speak at once: the calls are short."""
    for rate in (8000, 16000):
        calls.conversation(folder, "english", rate)
        for who in "ca":
            subprocess.run(["sox", "-D", folder / f"english-{rate}-{who}.wav", folder / f"{rate}-{who}.wav", "silence", "1", "0.05", "1%"], check=True)


def call_all(folder, stack, border, client):
    """Both calls and their forks, until all have ended; returns for each callee its codec and the WAVs of caller and callee."""
    forks, pairs, spoken = [], [], {}
    for n, (codec, (caller, caller_name, callee, callee_name)) in enumerate(CALLS.items()):
        rate, parties, pair = phones.CODECS[codec][1], {}, []
        for side, (user, name, who) in enumerate(((caller, caller_name, "c"), (callee, callee_name, "a"))):
            first = 10000 + 1000 * side + 200 * n
            pair.append(stack.enter_context(contextlib.closing(phones.Phone(
                folder / user, user, f"127.0.{n + 1}.{side + 1}", codec, folder / f"{rate}-{who}.wav", 4440 + 2 * n + side, f"{first}-{first + 99}",
                border.outbound))))
            parties[first, first + 99] = Party(f"sip:{user}@phones.example", name)
        call_id = pair[0].dial(pair[1])
        forks.append(border.record(client, call_id, parties, start=None))
        pairs.append(pair)
        spoken[callee] = codec, [folder / f"{rate}-{who}.wav" for who in "ca"]
    time.sleep(SECONDS)
    for fork in forks:
        fork.stop()
    for pair in pairs:
        pair[0].tell("hangup")
    return spoken


def check_call(library, row, codec, wavs, media):
    names = CALLS[codec]
    assert (row["caller_name"], row["callee"], row["outcome"]) == (names[1], names[2], "recorded"), row
    assert row["codec"].lower() == codec.lower() and len(row["legs"]) == 2, row
    assert not sound.accepted_by_all(library.audio(row))
    heard = sound.decode(library.audio(row), 8000)
    for leg, wav in enumerate(wavs):
        (stream,) = row["legs"][leg]["streams"]
        packets = phones.hold_stream(stream, media[stream["ssrc"]])
        correlation, offset = phones.matches(heard[:, leg], wav, phones.CODECS[codec][1], 12000)
        print(f"{codec} leg {leg}: {packets} packets, lost {stream['lost']}, correlation {correlation:.3f}, begins {offset:.0f} ms into the call")
        assert packets >= 0.9 * SECONDS * 50, f"only {packets} packets"
        assert correlation >= 0.8, "not what was spoken"
    assert not [gap for gap in row["gaps"] if gap["reason"] != "late"], row["gaps"]


def main():
    phones.in_own_network()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as name, earshot.Library(program, "[record]\nchannels=split\n") as library, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        voices(folder)
        server = Server(library, f"udp:{SERVER[0]}:{SERVER[1]}")
        border = stack.enter_context(forker.Border(folder))
        client = stack.enter_context(siprec.Client(SERVER))
        assert client.options().status == 200
        with phones.tap(folder / "fork.pcap", f"udp and dst host {SERVER[0]} and not port 5060"):
            spoken = call_all(folder, stack, border, client)
        server.end()
        media, _, _ = phones.captured(folder / "fork.pcap")
        rows = {row["callee"]: row for row in library.rows("search")}
        assert sorted(rows) == sorted(spoken), rows
        for callee, (codec, wavs) in spoken.items():
            check_call(library, library.show(rows[callee]["id"]), codec, wavs, media)


main()
