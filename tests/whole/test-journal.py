#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder is killed in the middle of its calls: the next start makes of its journal what had arrived, whole and to a fraction of a
second; also when it is killed itself while it does so, when calls had just ended, and when the journal is damaged.

usage: test-journal.py EARSHOT. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import contextlib, pathlib, random, sqlite3, subprocess, sys, tempfile, time
import numpy as np

import calls, earshot, live, phones, sound
from journal import NOTHING, Wire, kill

program = sys.argv[1]
CONFIG = "[record]\nlinger=0\nchannels=split\n"
WRITTEN_S = 0.08  # by then what came is written
SLACK_S = 0.45    # of a busy disk; the recorder is alone with it elsewhere


def recover(library, folder):
    """A run over a file without packets: it waits until all that was left is recovered."""
    (folder / "nothing.pcap").write_bytes(NOTHING)
    said = library.run("record", folder / "nothing.pcap").stderr
    journals = library.path / "spool/journal"
    assert not list(journals.rglob("*")), list(journals.rglob("*"))
    assert not [p for p in (library.path / "spool").iterdir() if p.suffix in (".part", ".meta")]
    library.run("verify")
    rows = [library.show(row["id"]) for row in library.rows("search", "--limit", "1000")]
    assert len({row["callee"] for row in rows}) == len(rows), "a call has several rows"
    return {row["callee"]: row for row in rows}, said


def talk(number, start, length, voices):
    first, second = (np.tile(voice, 2)[number * 4000:][:int(8000 * length)] for voice in voices)
    call = calls.Call(number, start, f"010{number:03}", f"2{number:03}", first, second)
    return call, calls.packets(call, random.Random(number))


def spoken(voice):
    """Without its pauses, so that both speak all the time."""
    frames = voice[:len(voice) // 160 * 160].reshape(-1, 160)
    return frames[np.abs(frames.astype(int)).max(axis=1) > 1000].ravel()


def missing_s(row, sent):
    """What of the sent packets is not in the row's ledgers, of the worst stream, in seconds."""
    streams = [stream for leg in row["legs"] for stream in leg["streams"]]
    assert len(streams) == 2 and not any(s["lost"] or s["late"] or s["duplicate"] for s in streams), streams
    return max(sent[s["ssrc"].lower().removeprefix("0x")] - s["received"] for s in streams) * 0.02


def check_audio(library, row, call):
    """What is heard is what was sent, from the first to the last packet that is counted."""
    assert not sound.accepted_by_all(library.audio(row))
    received = min(leg["streams"][0]["received"] for leg in row["legs"])
    assert abs(row["audio_ms"] - 20 * received) <= 120, (row["audio_ms"], received)
    heard = sound.decode(library.audio(row))
    for leg, voice in enumerate((call.voice_caller, call.voice_callee)):
        sent = np.concatenate((np.zeros(400), voice.astype(float), np.zeros(8000)))
        length = min(len(heard), 160 * received) - 400
        _, correlation = sound.best_offset(heard[:length, leg], sent[:length + 800], 400)
        assert correlation > 0.8, (row["callee"], leg, correlation)


def check_killed(folder, voices):
    """Calls in the middle, one that was over, one that rang."""
    made = [talk(n, 0.1 * n, 9, voices) for n in range(1, 6)] + [talk(6, 0.2, 2, voices)]
    ringing = calls.Call(7, 3, "010007", "2007", *voices, end=90)
    frames = [f for _, each in made for f in each] + [next(calls.signalling(ringing))]
    with earshot.Library(program, CONFIG) as library:
        recorder = live.Recorder(library, "v0")
        wire = Wire("v1", frames)
        wire.until(6, recorder)
        kill(recorder, wire)
        missed = [row["code"] for row in library.rows("status", "--check", status=1)]
        assert missed == ["no-recorder", "interrupted"], missed
        rows, _ = recover(library, folder)
        assert sorted(rows) == [f"200{n}" for n in range(1, 8)], sorted(rows)
        worst = 0
        for call, _ in made[:5]:
            row = rows[call.callee]
            assert (row["outcome"], row["outcome_reason"], row["ended_by"]) == ("partial", "interrupted", "interrupted"), row
            worst = max(worst, missing_s(row, wire.sent))
            check_audio(library, row, call)
        over, rang = rows["2006"], rows["2007"]
        assert (over["outcome"], over["ended_by"]) == ("recorded", "caller") and 0 <= over["duration_ms"] - 2000 < 100 + 1000 * wire.worst_s, (over, wire.worst_s)
        assert missing_s(over, wire.sent) == 0
        assert (rang["outcome"], rang["outcome_reason"], rang["disposition"]) == ("none", "interrupted", "missed"), rang
        print(f"killed: at most {1000 * worst:.0f} ms of what had been sent are missing; it waited {1000 * wire.slack_s:.0f} ms for a processor")
        assert worst <= WRITTEN_S + SLACK_S + wire.slack_s, (worst, wire.slack_s)


def check_just_ended(folder, voices):
    """Thirty calls end at once, and the recorder is killed while their rows are on the way."""
    made = [talk(n, 0.01 * (n % 3), 2, voices) for n in range(1, 31)]
    with earshot.Library(program, CONFIG) as library:
        recorder = live.Recorder(library, "v0")
        wire = Wire("v1", [f for _, each in made for f in each])
        wire.until(max(call.end for call, _ in made) + 0.2, recorder)
        wire.join()
        kill(recorder, wire)
        rows, _ = recover(library, folder)
        assert len(rows) == 30, len(rows)
        for call, _ in made:
            assert rows[call.callee]["answered_at"] and missing_s(rows[call.callee], wire.sent) <= WRITTEN_S + SLACK_S + wire.slack_s
            check_audio(library, rows[call.callee], call)
        print("just ended:", {(row["outcome"], row["ended_by"]) for row in rows.values()})


def leave_calls(library, number, voices):
    """A recorder is killed in the middle of so many calls."""
    made = [talk(n, 0.01 * n, 5, voices) for n in range(1, number + 1)]
    recorder = live.Recorder(library, "v0")
    wire = Wire("v1", [f for _, each in made for f in each])
    wire.until(4, recorder)
    kill(recorder, wire)
    return made, wire


def check_killed_again(folder, voices):
    """Those that recover it are killed as well, one after another: still one row a call, and nothing is lost."""
    chance = random.Random(7)
    with earshot.Library(program, CONFIG) as library:
        made, wire = leave_calls(library, 12, voices)
        for _ in range(5):
            recorder = subprocess.Popen([program, "--library", library.path, "record", "--interface", "v0"], env=dict(library.environment, **live.NO_LEAKS),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.1, 0.6))
            recorder.kill()
            recorder.wait()
        rows, _ = recover(library, folder)
        assert len(rows) == 12, len(rows)
        for call, _ in made:
            assert missing_s(rows[call.callee], wire.sent) <= WRITTEN_S + SLACK_S + wire.slack_s
            check_audio(library, rows[call.callee], call)


def check_beside(folder, voices):
    """A live recorder recovers while it runs, tells how far that is, and at once what could not be recovered."""
    with earshot.Library(program, CONFIG) as library:
        leave_calls(library, 2, voices)
        broken = library.path / "spool/journal/42/0000000001.journal"
        broken.mkdir(parents=True)
        recorder = live.Recorder(library, "v0")
        recorder.until(lambda: "journal/42: calls of an earlier run could not be recovered" in recorder.said(), "it says nothing")
        recorder.until(lambda: "calls recovered        2 of an earlier run, 0 still to do" in library.run("status").stdout, "status says nothing")
        recorder.end()
        broken.rmdir()
        rows, _ = recover(library, folder)
        assert len(rows) == 2, len(rows)


def check_fell_silent(folder, voices):
    """Who stops sending before the end has lost nothing: so say a capture file, a recorder, and what is left of one that was killed."""
    def accounts(library):
        (row,) = (library.show(row["id"]) for row in library.rows("search"))
        (gap,) = row["gaps"]
        assert (gap["leg"], gap["reason"]) == (1, "silent") and abs(gap["length_ms"] - 2000) <= 60, gap
        return row["outcome"], row["missing_ms"], [(leg["filled_ms"], [s["lost"] for s in leg["streams"]]) for leg in row["legs"]]

    call = calls.Call(1, 0.1, "010001", "2001", voices[0][:8000 * 4], voices[1][:8000 * 2])
    frames = calls.packets(call, random.Random(1))
    calls.write(folder / "silent.pcap", [call])
    found = []
    for way in ("file", "live", "killed"):
        with earshot.Library(program, CONFIG) as library:
            if way == "file":
                library.run("record", folder / "silent.pcap")
                found.append(accounts(library))
                continue
            recorder = live.Recorder(library, "v0")
            index = sqlite3.connect(library.path / "index.sqlite", isolation_level=None)
            if way == "killed":
                index.execute("BEGIN IMMEDIATE")  # so that its row is not written
            Wire("v1", frames).join()
            time.sleep(1)
            recorder.process.kill() if way == "killed" else recorder.end()
            recorder.process.wait()
            index.close()
            recover(library, folder)
            found.append(accounts(library))
    assert found == [("recorded", 0, [(0, [0]), (0, [0])])] * 3, found


def check_damaged(folder, voices):
    """A block that is damaged costs what it held; the recorder says so."""
    with earshot.Library(program, CONFIG) as library:
        made, wire = leave_calls(library, 3, voices)
        (file,) = (library.path / "spool/journal").rglob("*.journal")
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        rows, said = recover(library, folder)
        assert "of the journal could not be read" in said, said
        assert len(rows) == 3, len(rows)
        for row in rows.values():
            lost = max(stream["lost"] for leg in row["legs"] for stream in leg["streams"])
            assert 0 < lost * 0.02 <= WRITTEN_S + SLACK_S + wire.slack_all_s and row["missing_ms"] > 0, (lost, row["missing_ms"])
            assert {gap["reason"] for gap in row["gaps"]} == {"dropped"}, row["gaps"]
            assert not sound.accepted_by_all(library.audio(row))


def check_own_damaged(folder, voices):
    """A recorder's own journal is damaged while calls wait in it for a file that can be written: the recorder says so, once, makes of
    them what can be made, and does not look for ever for a call of which nothing is left."""
    for damage, told, rows in ((flip_middle, "bytes of the journal could not be read", 1), (zero, "of the journal has lost its beginning", 0)):
        with earshot.Library(program, CONFIG) as library:
            recorder = live.Recorder(library, "v0")
            recordings = library.path / "recordings"
            with contextlib.suppress(FileNotFoundError):
                recordings.rmdir()
            recordings.write_text("not a folder")
            Wire("v1", talk(1, 0, 3, voices)[1]).join()
            recorder.until(lambda: "what waits in the journal is tried again" in recorder.said(), "its file could be written")
            (file,) = (library.path / "spool/journal").rglob("*.journal")
            damage(file)
            recordings.unlink()
            recorder.end()
            assert recorder.said().count(told) == 1, (damage.__name__, recorder.said())
            assert not list((library.path / "spool/journal").rglob("*.journal")), damage.__name__
            found = library.rows("search", status=0 if rows else 3)
            assert [row["outcome_reason"] for row in found] == ["part of the journal could not be read"] * rows, found
            assert not rows or not recover(library, folder)[1], "it is told again"


def flip_middle(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def zero(file):
    file.write_bytes(bytes(file.stat().st_size))


def main():
    phones.on_a_wire()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        voices = [spoken(voice) for voice in calls.conversation(folder)]
        for check in (check_own_damaged, check_fell_silent, check_killed, check_just_ended, check_killed_again, check_beside, check_damaged):
            check(folder, voices)
            print("ok", check.__name__.replace("_", " "), flush=True)


main()
