#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""An index in trouble while a recorder runs: a row that is refused for good holds up no other, and whatever else is wrong with the file
calls go on and their rows come once it is mended, or at the next start. The index is read and set against the recorder by sqlite3.

usage: test-index.py EARSHOT. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import contextlib, json, pathlib, random, sqlite3, sys, tempfile, time

import calls, earshot, live, phones, sound
from journal import Wire

program = sys.argv[1]
CONFIG = "[record]\nlinger=0\n"


def talks(first, count, voices):
    """Calls that all end at once, and their frames."""
    made = [calls.Call(n, 0.05 * (n - first), f"010{n:03}", f"2{n:03}", *(v[:8000 + 160 * (first + count - n)] for v in voices))
            for n in range(first, first + count)]
    return made, [frame for call in made for frame in calls.packets(call, random.Random(call.number))]


def speak(first, count, voices):
    made, frames = talks(first, count, voices)
    Wire("v1", frames).join()
    return made


def change(library, sql):
    with contextlib.closing(sqlite3.connect(library.path / "index.sqlite", isolation_level=None, timeout=10)) as db:
        return db.execute(sql).fetchall()


def numbers(library):
    with contextlib.suppress(sqlite3.DatabaseError):
        return sorted(int(row[0]) % 1000 for row in change(library, "SELECT callee FROM call"))
    return []


def refuse(library, number):
    change(library, f"CREATE TRIGGER no BEFORE INSERT ON call WHEN NEW.callee = '2{number:03}' "
                    "BEGIN SELECT RAISE(ABORT, 'nothing of that one'); END")


def check_set_aside(library, number):
    """Recording and account lie there and are named, and can be brought in once the index takes them."""
    (account,), (audio,) = (list((library.path / "spool/refused").glob(what)) for what in ("*.json", "*.opus"))
    (known,) = json.loads(account.read_text())
    assert (known["callee"], known["file"]) == (f"2{number:03}", audio.name) and "nothing of that one" in known["refused"], known
    assert not sound.accepted_by_all(audio) and 50 <= known["legs"][0]["streams"][0]["received"] < 100, known
    found = library.rows("verify", status=1)
    assert [(f["code"], f["file"]) for f in found if f.get("file")] == [("refused", f"spool/refused/{account.name}")], found
    assert "refused" in [row["code"] for row in library.rows("status", "--check", status=1)]
    assert "refused" in library.run("doctor", status=None).stdout
    change(library, "DROP TRIGGER no")
    library.run("import", "--metadata", account)
    row, = [row for row in library.rows("search") if row["callee"] == f"2{number:03}"]
    assert (row["call_id"], row["started_at"], row["client"]) == (known["call_id"], known["started_at"], known["client"]), (row, known)
    account.unlink(), audio.unlink()
    library.run("verify")


def check_refused(folder, voices):
    with earshot.Library(program, CONFIG) as library:
        refuse(library, 2)
        recorder = live.Recorder(library, "v0", "--log", "json")
        speak(1, 4, voices)
        recorder.until(lambda: numbers(library) == [1, 3, 4], "the others wait")
        speak(5, 2, voices)
        recorder.until(lambda: numbers(library) == [1, 3, 4, 5, 6], "later ones wait")
        recorder.until(lambda: '"row-refused"' in recorder.said(), "it is not told")
        assert '"index-failing"' not in recorder.said(), recorder.said()
        recorder.end()
        check_set_aside(library, 2)


def check_refused_in_recovery(folder, voices):
    with earshot.Library(program, CONFIG) as library:
        refuse(library, 3)
        recorder = live.Recorder(library, "v0")
        with contextlib.closing(sqlite3.connect(library.path / "index.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # so that nothing becomes a row before it is killed
            speak(1, 4, voices)
            time.sleep(0.5)
            recorder.process.kill()
            recorder.process.wait()
        recorder = live.Recorder(library, "v0", "--log", "json")
        recorder.until(lambda: numbers(library) == [1, 2, 4], "the others are not recovered")
        recorder.until(lambda: '"row-refused"' in recorder.said(), "it is not told")
        recorder.until(lambda: len(list((library.path / "spool/journal").iterdir())) == 1, "the journal is kept")
        recorder.end()
        check_set_aside(library, 3)


@contextlib.contextmanager
def replaced(library):
    """A folder has the place of the index."""
    path, aside = library.path / "index.sqlite", library.path / "aside"
    path.rename(aside)
    path.mkdir()
    yield
    path.rmdir()
    aside.rename(path)


@contextlib.contextmanager
def restored(library):
    """The index is gone, and what comes in its place is another file with the same content."""
    path = library.path / "index.sqlite"
    change(library, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    path.unlink()
    yield
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.with_name("back").write_bytes(data)
    path.with_name("back").rename(path)


@contextlib.contextmanager
def damaged(library):
    """Somebody writes over the beginning of the file."""
    change(library, "PRAGMA wal_checkpoint(TRUNCATE)")
    with open(library.path / "index.sqlite", "r+b") as file:
        data = file.read(4096)
        file.seek(0)
        file.write(b"\xff" * 4096)
        file.flush()
        yield
        file.seek(0)
        file.write(data)


@contextlib.contextmanager
def locked(library):
    with contextlib.closing(sqlite3.connect(library.path / "index.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def check_trouble(folder, voices):
    """Calls that begin and end meanwhile become rows afterwards."""
    for trouble in (locked, replaced, restored, damaged):
        with earshot.Library(program, CONFIG) as library:
            recorder = live.Recorder(library, "v0", "--log", "json")
            speak(1, 1, voices)
            recorder.until(lambda: numbers(library) == [1], "no row")
            with trouble(library):
                speak(2, 2, voices)
                if trouble is not damaged:  # what is in memory need not be read
                    recorder.until(lambda: '"index-failing"' in recorder.said(), "it is not told")
                speak(4, 1, voices)
                time.sleep(1.5)
            speak(5, 1, voices)
            recorder.until(lambda: numbers(library) == [1, 2, 3, 4, 5], f"{trouble.__name__}: rows are missing")
            if trouble is not damaged:
                recorder.until(lambda: '"index-works"' in recorder.said(), "it is not told")
            recorder.end()
            library.run("verify")
            print("ok", trouble.__name__, flush=True)


def check_killed_in_trouble(folder, voices):
    with earshot.Library(program, CONFIG) as library:
        recorder = live.Recorder(library, "v0")
        with replaced(library):
            speak(1, 2, voices)
            time.sleep(1)
            recorder.process.kill()
            recorder.process.wait()
        recorder = live.Recorder(library, "v0")
        recorder.until(lambda: numbers(library) == [1, 2], "rows are missing")
        recorder.end()
        library.run("verify")


def main():
    phones.on_a_wire()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        voices = calls.conversation(folder)
        for check in (check_refused, check_refused_in_recovery, check_trouble, check_killed_in_trouble):
            check(folder, voices)
            print("ok", check.__name__.replace("_", " "), flush=True)


main()
