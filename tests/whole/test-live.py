#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded as they happen: real phones on an interface, a call a codec, one held and resumed, one transferred between three
phones, one that still runs when the recorder is stopped; the configuration read again in between. tcpdump listens as well.

usage: test-live.py EARSHOT. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import contextlib, os, pathlib, pwd, signal, subprocess, sys, tempfile, time

import calls, earshot, live, phones, sound

program, SECONDS, HELD_S = sys.argv[1], 7, 1.5
RULES = "[record]\nchannels=split\nlinger=0\n[mapping]\nextensions=200.\n" + "".join(f"[number {n}]\nclient={{0}}\nqueue={{1}}\n" for n in
                                                        (2001, 2002, 2003, 2004, 2005, 2006))
WRONG = "[record]\nchannels=both\n"


class Floor:
    """The phones: of call n the caller 0100n, the callee 200n, and for the transfer 2009."""

    def __init__(self, folder, stack):
        self.folder, self.stack, self.made = folder, stack, 0
        self.wavs = {rate: [folder / f"{rate}-{who}.wav" for who in "ca"] for rate in (8000, 16000)}
        for rate, wavs in self.wavs.items():
            calls.conversation(folder, "english", rate)
            for wav in wavs:  # both speak at once, the calls being short
                subprocess.run(["sox", "-D", folder / f"english-{wav.name}", wav, "silence", "1", "0.05", "1%"], check=True)

    def phone(self, user, codec, side):
        self.made += 1
        wav = self.wavs[phones.CODECS[codec][1]][side]
        return self.stack.enter_context(contextlib.closing(phones.Phone(
            self.folder / user, user, f"127.0.1.{self.made}", codec, wav, 4440 + self.made, f"{10000 + 100 * self.made}-{10099 + 100 * self.made}")))

    def pair(self, n, codec):
        return self.phone(f"0100{n}", codec, 0), self.phone(f"200{n}", codec, 1)

    def spoken(self, codec, side):
        rate = phones.CODECS[codec][1]
        return self.wavs[rate][side], rate


def play(floor, recorder):
    """All calls, until one is left; returns their codecs."""
    codecs = {1: "PCMU", 2: "G722", 3: "opus", 4: "PCMA", 5: "PCMU", 6: "PCMU"}
    pairs = {n: floor.pair(n, codec) for n, codec in codecs.items()}
    third = floor.phone("2009", "PCMU", 1)
    for n in (1, 2, 3, 4, 5):
        pairs[n][0].dial(pairs[n][1])
    began = time.monotonic()
    time.sleep(0.5)  # until the recorder has read of the last one
    recorder.reload(WRONG, f"{recorder.library.path}/earshot.conf:2: [record] channels: ")
    recorder.reload(RULES.format("Delta", "sales"), "earshot.conf was read again")
    time.sleep(max(0, began + 3 - time.monotonic()))
    pairs[4][0].tell("hold")
    time.sleep(HELD_S)
    pairs[4][0].tell("resume")
    pairs[5][1].tell("transfer", f"sip:{third.user}@{third.address}")
    pairs[6][0].dial(pairs[6][1])
    time.sleep(max(0, began + SECONDS - time.monotonic()))
    for n in (1, 2, 3, 4):
        pairs[n][0].tell("hangup")
    time.sleep(2)
    pairs[5][0].tell("hangup")
    time.sleep(1.5)
    return codecs


def check_ledger(row, media, ended):
    """The streams of a call against tcpdump's capture, which saw more of one that ran on; nothing lost on loopback, nothing
    doubled by listening to it."""
    assert row["dropped_packets"] == 0, row["dropped_packets"]
    for leg in row["legs"]:
        for stream in leg["streams"]:
            if ended:
                phones.hold_stream(stream, media[stream["ssrc"]])
            assert 50 <= stream["received"] <= len(media[stream["ssrc"]]), stream
            assert (stream["lost"], stream["duplicate"]) == (0, 0), stream


def check_speech(row, library, floor, codec, seconds):
    """What was spoken in the first so many seconds is what is heard."""
    assert not sound.accepted_by_all(library.audio(row))
    heard = sound.decode(library.audio(row), 8000)[:8000 * seconds]
    for leg in (0, 1):
        correlation, offset = phones.matches(heard[:, leg], *floor.spoken(codec, leg))
        print(f"{row['callee']} {codec} leg {leg}: correlation {correlation:.3f}, offset {offset:.1f} ms")
        assert correlation >= 0.8, "not what was spoken"


def kinds(row):
    return [event["kind"] for event in row["events"]]


def check_hold(row):
    assert [k for k in kinds(row) if k in ("hold", "resume")] == ["hold", "resume"], row["events"]
    assert abs(row["hold_ms"] - HELD_S * 1000) < 500, row["hold_ms"]
    assert row["outcome"] == "recorded" and row["ended_by"] == "caller", row


def check_transfer(rows):
    first, second = rows["2005"], rows["2009"]
    assert "transfer" in kinds(first) and "transferred" in kinds(second), (first["events"], second["events"])
    assert first["group_id"] and first["group_id"] == second["group_id"], (first["group_id"], second["group_id"])
    assert first["outcome"] == second["outcome"] == "recorded", (first, second)
    assert second["caller"] == "01005" and second["answered_at"] > first["answered_at"], second
    assert [e["detail"] for e in first["events"] + second["events"]] == ["2009", "2009", "2005"], first["events"]


def check_stopped(row, stopped_at):
    assert (row["outcome"], row["outcome_reason"], row["ended_by"]) == ("partial", "stopped", "stopped"), row
    ended = row["audio_offset_ms"] / 1000 + row["audio_ms"] / 1000 + earshot.seconds(row["started_at"])
    assert abs(stopped_at - ended) < 0.5, f"audio ends {stopped_at - ended:.2f} s before the signal"


def check(library, floor, codecs, capture, stopped_at):
    media, _, _ = phones.captured(capture)
    rows = {row["callee"]: library.show(row["id"]) for row in library.rows("search")}
    assert sorted(rows) == [*(f"200{n}" for n in codecs), "2009"], rows.keys()
    for row in rows.values():
        assert row["source"] == "live:lo" and row["disposition"] == "answered", row
        assert [segment["agent"] for segment in row["segments"]] == [row["callee"]], row["segments"]
        check_ledger(row, media, row["callee"] != "2006")
    for n, codec in codecs.items():
        row = rows[f"200{n}"]
        assert row["codec"].lower() == codec.lower(), row["codec"]
        assert (row["client"], row["segments"][0]["queue"]) == (("Nile", "support") if n < 6 else ("Delta", "sales")), row
        check_speech(row, library, floor, codec, {4: 3, 5: 3, 6: 3}.get(n, SECONDS - 1))
    check_hold(rows["2004"])
    check_transfer(rows)
    check_stopped(rows["2006"], stopped_at)


def check_owner(library, owner):
    """Whatever the recorder made belongs to the owner of the library, so that it can be worked with afterwards."""
    for path in library.path.rglob("*"):
        assert path.stat().st_uid == owner.pw_uid, f"{path} belongs to another"


def main():
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)
    phones.in_own_network()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    owner = pwd.getpwnam("nobody")
    with earshot.Library(program, RULES.format("Nile", "support")) as library, contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.chmod(library.folder.name, 0o755)
        subprocess.run(["chown", "-R", f"{owner.pw_uid}:{owner.pw_gid}", library.path], check=True)
        with phones.tap(folder / "calls.pcap"):
            recorder = live.Recorder(library, "lo")
            status = recorder.status()
            assert status["Uid"] == ["\t".join([str(owner.pw_uid)] * 4)], status["Uid"]
            assert status["CapEff"] == status["CapPrm"] == ["0" * 16] and status["NoNewPrivs"] == ["1"], status
            floor = Floor(folder, stack)
            codecs = play(floor, recorder)
            stopped_at = time.time()
            recorder.end(signal.SIGTERM)
        check_owner(library, owner)
        check(library, floor, codecs, folder / "calls.pcap", stopped_at)


main()
