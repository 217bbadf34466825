#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A journal is damaged in many ways: bits flip, files are cut off, missing or zeroed. Each call is then recovered as it was, or its row says
that something is missing, and how much; nothing is invented, nothing is left behind, and verify is of the same opinion.

The recorder was killed while some calls were open and the index was locked, so the others had ended and waited for their rows.

usage: test-damaged-journal.py EARSHOT [TRIES [SEED]]. Needs root; exit 77 (skipped) without it.
"""
import contextlib, os, pathlib, random, shutil, sqlite3, sys, tempfile
import numpy as np

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "chaos"))
import calls, earshot, live, phones, voice
from journal import NOTHING, Wire, kill

program = sys.argv[1]
tries, seed = (int(text) for text in (sys.argv[2:] + ["8", "1"][len(sys.argv) - 2:]))
CONFIG = "[record]\nlinger=0\n[overload]\njournal=4M\n"  # segments of 256 KiB
ENDED, OPEN, SECONDS = 5, 3, 6.0
SLACK_MS = 100  # packets and frames are 20 ms, and a damaged place has two ends
TORN = "part of the journal could not be read"


class Said:
    """A call as it was sent, and as it is recovered of a journal that nothing has happened to."""

    def __init__(self, number, length):
        packets = int(length * 50)
        self.voices = [voice.Voice(number, side, packets) for side in (0, 1)]
        self.call = calls.Call(number, 0.1 * number, f"010{number:03}", f"2{number:03}", *(v.samples for v in self.voices))
        self.frames = calls.packets(self.call, random.Random(number))

    def heard(self, library, row):
        """Packets of each voice that are in its file."""
        sound = voice.decode(library / row["file"]) if row["file"] else np.zeros(0)
        return [int(voice.found(sound, each)[0].sum()) for each in self.voices]


def leave(library, said):
    """What a killed recorder leaves of these calls."""
    with contextlib.closing(sqlite3.connect(library.path / "index.sqlite", isolation_level=None)) as lock:
        recorder = live.Recorder(library, "v0")
        lock.execute("BEGIN IMMEDIATE")
        wire = Wire("v1", [frame for each in said for frame in each.frames])
        wire.until(SECONDS, recorder)
        kill(recorder, wire)
        lock.execute("ROLLBACK")


# ---- what may happen to files

def flip(chance, files):
    for _ in range(chance.choice([1, 1, 2, 5])):
        path = chance.choice(files)
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)


def flip_first(chance, files):
    """Where it is said how calls began; some ended so soon afterwards that it was not said again."""
    data = bytearray(files[0].read_bytes())
    data[chance.randrange(min(len(data), 40000))] ^= 1 << chance.randrange(8)
    files[0].write_bytes(data)


def cut(chance, files):
    path = chance.choice(files)
    os.truncate(path, chance.randrange(path.stat().st_size))


def zero(chance, files):
    path = chance.choice(files)
    with open(path, "r+b") as file:
        file.seek(chance.randrange(max(1, path.stat().st_size // 4096)) * 4096)
        file.write(bytes(4096))


def lose_first(chance, files):
    files[0].unlink()


def lose(chance, files):
    chance.choice(files[:-1]).unlink()


DAMAGES = [flip, flip_first, flip, cut, zero, lose, flip, lose_first]


# ---- what is made of them

def recover(library, folder):
    done = library.run("record", folder / "nothing.pcap")
    left = [path for path in (library.path / "spool").rglob("*") if path.suffix in (".journal", ".part", ".meta") or path.name == "recovered"]
    assert not left, left
    library.run("verify")
    rows = [library.show(row["id"]) for row in library.rows("search", "--limit", "1000")]
    named = {row["callee"]: row for row in rows if row["callee"]}
    assert len(named) == sum(bool(row["callee"]) for row in rows), "a call has several rows"
    return named, [row for row in rows if not row["callee"]], done.stderr


def check_ledgers(row, said):
    for leg in row["legs"]:
        for stream in leg["streams"]:
            assert stream["received"] <= len(said.voices[0].tones) and stream["expected"] == stream["received"] + stream["lost"], stream
            assert not stream["late"] and not stream["duplicate"], stream


def check_call(library, row, said, whole):
    """whole: row and packets of a journal that is not damaged. Returns how many packets of the worst voice are missing."""
    heard, before = said.heard(library.path, row), whole[1]
    check_ledgers(row, said)
    missing = max(b - h for b, h in zip(before, heard))
    gaps_ms = sum(gap["length_ms"] for gap in row["gaps"])
    told = row["outcome_reason"] in (TORN, "interrupted")
    # What is missing before the first sample is no gap: the row says when the audio begins.
    told_ms = gaps_ms + row["audio_offset_ms"] - whole[0]["audio_offset_ms"] if row["file"] else 0
    if missing * 20 > SLACK_MS:
        assert told, (row["callee"], row["outcome"], row["outcome_reason"], heard, before)
    if row["outcome_reason"] == TORN and row["file"]:
        assert missing * 20 <= told_ms + SLACK_MS, (row["callee"], heard, before, row["gaps"], row["audio_ms"], whole[0]["audio_ms"])
    if not told:
        same = ("outcome", "outcome_reason", "started_at", "answered_at", "ended_at", "audio_ms", "ended_by", "caller", "disposition")
        assert all(row[key] == whole[0][key] for key in same), [(row[key], whole[0][key]) for key in same]
        assert [s["received"] for leg in row["legs"] for s in leg["streams"]] == [s["received"] for leg in whole[0]["legs"] for s in leg["streams"]]
    return missing


def attempt(left, folder, said, wholes, damage, chance):
    with earshot.Library(program) as library:
        shutil.rmtree(library.path)
        shutil.copytree(left, library.path)
        files = sorted((library.path / "spool/journal").rglob("*.journal"))
        damage(chance, files)
        if chance.random() < 0.6:  # the power failed as well: what was finished never reached the disk
            shutil.rmtree(library.path / "recordings")
        rows, nameless, text = recover(library, folder)
        assert "could not be read" in text, f"it says nothing: {text}"
        missing = {}
        for each in said:
            row = rows.get(each.call.callee)
            if row:
                missing[each.call.callee] = check_call(library, row, each, wholes[each.call.callee])
                assert row["file"] or damage is not flip_first or each in said[:ENDED], f"a bit has cost all of {row['callee']}"
        lost = [each.call.callee for each in said if each.call.callee not in rows]
        assert len(nameless) >= len(lost) or "lost their beginning" in text, (lost, text)
        for row in nameless:
            assert row["outcome_reason"] in (TORN, "interrupted"), row
        return missing, lost


def main():
    phones.on_a_wire()
    chance = random.Random(seed)
    said = [Said(n, 4) for n in range(ENDED)] + [Said(ENDED + n, 8) for n in range(OPEN)]
    with tempfile.TemporaryDirectory() as name, earshot.Library(program, CONFIG) as library:
        folder, left = pathlib.Path(name), pathlib.Path(name) / "left"
        (folder / "nothing.pcap").write_bytes(NOTHING)
        leave(library, said)
        shutil.copytree(library.path, left, ignore=shutil.ignore_patterns("*.sock"))
        files = list((left / "spool/journal").rglob("*.journal"))
        assert len(files) >= 3, files
        rows, _, text = recover(library, folder)
        assert len(rows) == ENDED + OPEN and "could not be read" not in text, (len(rows), text)
        wholes = {each.call.callee: (rows[each.call.callee], each.heard(library.path, rows[each.call.callee])) for each in said}
        assert sum(row["outcome"] == "recorded" for row, _ in wholes.values()) == ENDED
        failed = 0
        for n in range(tries):
            damage = DAMAGES[n % len(DAMAGES)]
            try:
                missing, lost = attempt(left, folder, said, wholes, damage, chance)
                print(f"ok {n} {damage.__name__}: packets missing {missing}, without a name {lost}", flush=True)
            except AssertionError as wrong:
                failed += 1
                print(f"FAILED {n} {damage.__name__}: {str(wrong)[:1200]}", flush=True)
        assert not failed, f"{failed} of {tries}"


main()
