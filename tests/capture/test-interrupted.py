#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recorders that are killed or stopped in the middle of a capture from standard input: no call is lost, what was written
is repaired, and a later run over the same capture completes it.

test-interrupted.py RECORD-TOOL
"""
import json, pathlib, random, shutil, signal, sqlite3, subprocess, sys, tempfile, time
from scenes import Library, Scene, Talk, rows

TOOL = pathlib.Path(sys.argv[1]).resolve()
SPLIT = 40.0


def scene():
    """One call of a minute, one that still rings, one that ended before."""
    s = Scene()
    Talk(s, "over@made.example", ports=(4200, 4300)).simple(1, 2, 5)
    Talk(s, "long@made.example").simple(10, 11, 71)
    ringing = Talk(s, "ringing@made.example", ports=(4400, 4500))
    ringing.invite(39)
    ringing.response(60, 486)
    return s


class Running:
    """A recorder that has been given the first part of a capture and waits for more."""

    def __init__(self, library, first):
        config = library.path.parent / "announced.conf"
        config.write_text("[consent]\ncallee=*\nnotice=announcement\nversion=7\n")
        self.process = subprocess.Popen([TOOL, "--config", config, library.path, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.process.stdin.write(first)
        self.process.stdin.flush()

    def wait_for(self, found):
        until = time.monotonic() + 30
        while not found():
            assert time.monotonic() < until and self.process.poll() is None, "the recorder did not get there"
            time.sleep(0.01)

    def end(self, number):
        self.process.send_signal(number)
        out, err = self.process.communicate()
        return rows(out.decode()), err.decode()


def halves(folder):
    s, whole = scene(), folder / "whole.pcap"
    s.write(whole)
    first = Scene()
    first.packets = [p for p in s.packets if p[0] < SPLIT]
    first.write(folder / "first.pcap")
    size = (folder / "first.pcap").stat().st_size
    data = whole.read_bytes()
    return whole, data[:size]


def spooled(library, call_id):
    for path in (library.path / "spool").glob("*.meta"):
        meta = json.loads(path.read_text())
        if meta["call_id"] == call_id:
            return path, meta
    return None


def well_on(library):
    """The long call has all that came of it in its file, the ringing one its metadata. Threads encode: the whole of it, which a live
    call would have taken half a minute to send, is in the file once that has stopped growing."""
    long = spooled(library, "long@made.example")
    if not long or not spooled(library, "ringing@made.example"):
        return False
    part = long[0].with_suffix(".part")
    if not part.exists() or part.stat().st_size < 40000:
        return False
    before = part.stat().st_size
    time.sleep(0.3)
    return part.stat().st_size == before


def seconds(path):
    out = subprocess.run(["opusinfo", path], capture_output=True, text=True).stdout
    assert "WARNING" not in out and "Playback length" in out, out
    minutes, rest = out.split("Playback length:")[1].split()[0].rstrip("s").split("m:")
    return int(minutes) * 60 + float(rest)


def tags(path):
    out = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream_tags", "-of", "json", path],
                         capture_output=True, text=True, check=True).stdout
    return json.loads(out)["streams"][0]["tags"]


def killed(folder):
    library = Library(TOOL, folder)
    whole, first = halves(folder)
    running = Running(library, first)
    running.wait_for(lambda: well_on(library))

    # Another recorder in the same library leaves the calls of this one alone.
    small = Scene()
    Talk(small, "other@made.example", ports=(5200, 5300)).simple(200, 201, 203)
    other = library.scene(small)
    assert [r["call_id"] for r in other] == ["other@made.example"] and "repaired 0" in library.errors
    assert well_on(library)

    done, _ = running.end(signal.SIGKILL)
    assert [r["call_id"] for r in done] == ["over@made.example"], done

    repaired = {r["call_id"]: r for r in library.scene(small)}
    assert "repaired 2" in library.errors and len(repaired) == 2, library.errors
    long, ringing = repaired["long@made.example"], repaired["ringing@made.example"]
    assert (long["outcome"], long["outcome_reason"], long["disposition"]) == ("partial", "interrupted", "answered")
    assert (ringing["outcome"], ringing["outcome_reason"], ringing["disposition"]) == ("none", "interrupted", "missed")
    assert {line["field"] for line in long["mapping"]} == {"direction", "agent", "queue", "client"}, "who set what was forgotten"
    length = seconds(library.path / long["file"])
    assert abs(length - long["audio_ms"] / 1000) < 0.05, (length, long["audio_ms"])
    assert 26 < length < 29.1, length  # of 29 s that had arrived
    found = tags(library.path / long["file"])
    assert [found.get(name) for name in ("RECORDING_ID", "CONSENT_STATE", "CONSENT_NOTICE", "CONSENT_VERSION")] == [
        long["id"], "given", "announcement", "7"], found
    assert long["consent_state"] == "given" and found["CHANNEL_ROLES"] and found["START_UTC"]
    assert abs(long["audio_offset_ms"] - 1050) <= 20, long  # also known when the metadata is older than the audio
    assert not [p for p in (library.path / "spool").iterdir() if p.name != "lock"]

    whole_again = {r["call_id"]: r for r in library.record(whole)}
    completed = whole_again["long@made.example"]
    assert completed["id"] == long["id"] and completed["outcome"] == "recorded" and completed["duration_ms"] == 60000
    assert whole_again["ringing@made.example"]["id"] == ringing["id"] and whole_again["ringing@made.example"]["disposition"] == "busy"
    assert abs(seconds(library.path / completed["file"]) - 59.9) < 0.2
    assert library.record(whole) == [] and len(list(library.path.rglob("*.opus"))) == 3


def killed_beside_another(folder):
    """One of two recorders is killed: what it left is repaired by the next that starts, while the other goes on with its calls."""
    library = Library(TOOL, folder)
    _, first = halves(folder)
    killed = Running(library, first)
    killed.wait_for(lambda: well_on(library))
    s = Scene()
    Talk(s, "going-on@made.example", ports=(6200, 6300)).simple(1, 2, 30)
    s.packets = [p for p in s.packets if p[0] < 20]
    s.write(folder / "going-on.pcap")
    other = Running(library, (folder / "going-on.pcap").read_bytes())
    other.wait_for(lambda: spooled(library, "going-on@made.example"))
    killed.end(signal.SIGKILL)
    unfinished = library.path / "spool/0199c82c-0000-7000-8000-00000000000c.meta-new"
    unfinished.write_text("{")  # the other recorder may be writing it
    small = Scene()
    Talk(small, "next@made.example", ports=(5200, 5300)).simple(200, 201, 203)
    repaired = {r["call_id"]: r["outcome_reason"] for r in library.scene(small)}
    assert repaired == {"long@made.example": "interrupted", "ringing@made.example": "interrupted", "next@made.example": None}, repaired
    assert unfinished.exists() and spooled(library, "going-on@made.example"), "what belongs to the other was touched"
    done, _ = other.end(signal.SIGTERM)
    assert [(r["call_id"], r["outcome_reason"]) for r in done] == [("going-on@made.example", "stopped")], done
    assert not list((library.path / "spool").glob("*.part"))


def stopped(folder):
    library = Library(TOOL, folder)
    whole, first = halves(folder)
    running = Running(library, first)
    running.wait_for(lambda: well_on(library))
    done = {r["call_id"]: r for r in running.end(signal.SIGTERM)[0]}
    assert running.process.returncode == 0
    long = done["long@made.example"]
    assert (long["outcome"], long["outcome_reason"], long["ended_by"]) == ("partial", "stopped", "stopped"), long
    assert abs(seconds(library.path / long["file"]) - 29) < 1.1
    assert done["ringing@made.example"]["disposition"] == "missed"
    assert not [p for p in (library.path / "spool").iterdir() if p.name != "lock"]


def bare_part(folder):
    """Audio without metadata, and metadata that is rubbish, still become rows."""
    library = Library(TOOL, folder)
    s = Scene()
    Talk(s).simple(1, 2, 8)
    row = library.scene(s)[0]
    spool = library.path / "spool"
    lost = "0199c82c-0000-7000-8000-00000000000a", "0199c82c-0000-7000-8000-00000000000b"
    shutil.copy(library.path / row["file"], spool / f"{lost[0]}.part")
    (spool / f"{lost[1]}.meta").write_text('{"id": 3, "legs": [1, {"streams": {}}], "consent": [[]]}')
    (spool / f"{lost[1]}.meta-new").write_text("{")
    found = {r["id"]: r for r in library.scene(s)}
    assert found[lost[0]]["outcome"] == "partial" and found[lost[1]]["outcome"] == "none", found
    assert abs(seconds(library.path / found[lost[0]]["file"]) - seconds(library.path / row["file"])) < 0.01
    assert not [p for p in spool.iterdir() if p.name != "lock"]


# ---- at any moment

def many():
    """Twelve calls over a minute that end in every way, a few of them at once."""
    s, ended = Scene(), {}
    for i in range(12):
        talk = Talk(s, f"{i}@made.example", ports=(4000 + 4 * i, 6000 + 4 * i), ssrc=(0xA0000000 + i, 0xB0000000 + i))
        at = 1 + 5 * i
        talk.invite(at)
        if i % 4 == 3:
            talk.response(at + 2, 486)
            ended[talk.call_id] = ("busy", "callee")
            continue
        talk.answer(at + 1)
        talk.both(at + 1, at + 12)
        talk.bye(at + 12, side=i % 2)
        ended[talk.call_id] = ("answered", ("caller", "callee")[i % 2])
    return s, ended


def sound(path):
    """What independent readers say of a file: nothing."""
    out = subprocess.run(["opusinfo", path], capture_output=True, text=True)
    assert out.returncode == 0 and "WARNING" not in out.stdout + out.stderr, out.stdout + out.stderr
    out = subprocess.run(["ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"], capture_output=True, text=True)
    assert out.returncode == 0 and not out.stderr.strip(), out.stderr


def stored(library):
    with sqlite3.connect(f"file:{library.path}/index.sqlite?mode=ro", uri=True) as db:
        found = db.execute("SELECT call_id, disposition, ended_by, outcome, file, file_sha256 FROM call").fetchall()
    assert len({row[0] for row in found}) == len(found), "a call has two rows"
    return {row[0]: row[1:] for row in found}


def feed_until_killed(library, data, chance, patience):
    """Writes a part of the capture in pieces and kills the recorder so many seconds after. Returns how much it was given."""
    process = subprocess.Popen([TOOL, library.path, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    size, step = chance.randrange(len(data) // 20, len(data)), chance.randrange(2000, 60000)
    for at in range(0, size, step):
        process.stdin.write(data[at:min(at + step, size)])
        process.stdin.flush()
    time.sleep(patience)
    process.kill()
    process.communicate()
    return size


def invites_before(scene, size, margin):
    """Call-IDs whose INVITE lies more than margin bytes before the end of what was given."""
    at, seen = 24, set()
    for _, data in sorted(scene.packets, key=lambda p: p[0]):
        at += 16 + len(data)
        if at > size - margin:
            break
        if b"INVITE sip:" in data[:80]:
            seen.add(data.split(b"Call-ID: ")[1].split(b"\r\n")[0].decode())
    return seen


def repaired(library, nothing, seed):
    """What the next start makes of what was left."""
    spool = library.path / "spool"
    begun = {json.loads(p.read_text())["call_id"] for p in spool.glob("*.meta")} if spool.exists() else set()
    library.record(nothing)
    found = stored(library)
    assert begun <= set(found), (seed, begun - set(found))
    assert not [p for p in spool.iterdir() if p.name != "lock"], seed
    for row in found.values():
        if row[2] == "partial":
            sound(library.path / row[3])
    return found


def any_moment(folder):
    """Killed at ten moments in turn: no call that was seen a second before is missing from the rows, every file is whole, and
    a run over the whole capture completes all of them."""
    s, ended = many()
    whole, nothing = folder / "many.pcap", folder / "nothing.pcap"
    s.write(whole)
    Scene().write(nothing)
    data = whole.read_bytes()
    interrupted = 0
    for seed in range(10):
        library = Library(TOOL, folder / str(seed))
        library.path.parent.mkdir()
        patience = (0, 0.02, 0.1, 1.2)[seed % 4]
        size = feed_until_killed(library, data, random.Random(seed), patience)
        found = repaired(library, nothing, seed)
        # Given a second, it has read all but a packet that is cut; without, a pipe and a buffer may still be full.
        missing = invites_before(s, size, 2000 if patience > 1 else 200000) - set(found)
        assert not missing, (seed, size, missing)
        for call_id, (disposition, ended_by, *_) in found.items():
            interrupted += ended_by == "interrupted"
            assert ended_by == "interrupted" or (disposition, ended_by) == ended[call_id], (seed, call_id, disposition, ended_by)
        library.record(whole)
        found = stored(library)
        assert {call_id: row[:2] for call_id, row in found.items()} == ended, (seed, found)
        assert {row[2] for row in found.values()} == {"recorded", "none"}
        files = {library.path / row[3] for row in found.values() if row[3]}
        assert files == set(library.path.rglob("*.opus")) and len(files) == 9, (seed, files)
    assert interrupted > 5, "hardly anything was interrupted"
    for path in files:
        sound(path)


for case in (killed, killed_beside_another, stopped, bare_part, any_moment):
    with tempfile.TemporaryDirectory() as name:
        case(pathlib.Path(name))
        print(f"ok {case.__name__}")
