#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Each kind of damage, made by hand in a library that was whole, is found: exactly it, and nothing else.

usage: test-verify.py EARSHOT
"""
import json, os, pathlib, shutil, signal, sqlite3, subprocess, sys, tempfile, time, wave
import numpy as np
import calls, earshot

PROGRAM = sys.argv[1]
CALLS, SECONDS = 8, 3
STRANGER = "01a2014c-4b89-7ec3-b347-2d1287a6f938"


def tone(number, seconds=SECONDS):
    at = np.arange(int(8000 * seconds)) / 8000
    return (8000 * np.sin(2 * np.pi * (300 + 40 * number) * at) * (np.sin(2 * np.pi * 2 * at) > 0)).astype(np.int16)


def made(count=CALLS, first=0):
    return [calls.Call(n, n * 5.0, f"2{n:02d}", f"0100{n:07d}", tone(2 * n, SECONDS + n / 10), tone(2 * n + 1, SECONDS + n / 10))
            for n in range(first, first + count)]


def whole(folder):
    """A library with recorded, corrected, consented and imported calls, to be copied for each kind of damage."""
    library = earshot.Library(PROGRAM)
    calls.write(folder / "made.pcap", made())
    library.run("record", "--pcap", folder / "made.pcap")
    with wave.open(str(folder / "old.wav"), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(tone(50).tobytes())
    library.run("import", folder / "old.wav")
    rows = library.rows("search", "--sort", "date", "--reverse")
    library.run("correct", rows[0]["id"], "client=acme", "--reason", "test")
    library.run("consent", rows[1]["id"], "add", "given")
    library.run("consent", rows[1]["id"], "add", "withdrawn")
    library.run("note", rows[2]["id"], "a note with words")
    return library


def verify(library, *options, environment=None):
    """({(code, id or file)}, summary); the exit status must fit."""
    done = subprocess.run([PROGRAM, "--library", str(library.path), "verify", "--json", *options], capture_output=True, text=True,
                          env=dict(library.environment, **(environment or {})))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows and rows[-1]["code"] == "summary", (done.stdout, done.stderr)
    found, summary = rows[:-1], rows[-1]
    assert done.returncode == (1 if found else 0), (done.returncode, done.stdout, done.stderr)
    assert summary["findings"] == len(found) and all(row["advice"] and row["message"] for row in found), found
    return sorted((row["code"], row["id"] or row["file"]) for row in found), summary


class Case:
    """A copy of the whole library: rows by start, and what the damage needs."""

    def __init__(self, original, folder):
        self.program, self.environment = original.program, original.environment
        self.path = pathlib.Path(folder) / "library"
        shutil.copytree(original.path, self.path, symlinks=True)
        self.rows = [json.loads(line) for line in self.run("search", "--sort", "date", "--reverse", "--json").splitlines()]

    def run(self, *arguments):
        return subprocess.run([PROGRAM, "--library", str(self.path), *arguments], capture_output=True, text=True, check=True,
                              env=self.environment).stdout

    def file(self, n):
        return self.path / self.rows[n]["file"]

    def id(self, n):
        return self.rows[n]["id"]

    def sql(self, *statements):
        with sqlite3.connect(self.path / "index.sqlite") as connection:
            for statement in statements:
                connection.execute(*statement)
        connection.close()

    def set(self, n, column, value):
        self.sql((f"UPDATE call SET {column} = ? WHERE uuid = ?", (value, self.id(n))))


def overwrite(path, at, data):
    with path.open("r+b") as file:
        file.seek(at, os.SEEK_SET if at >= 0 else os.SEEK_END)
        file.write(data)


def flip(path, at):
    data = path.read_bytes()
    overwrite(path, at, bytes([data[at] ^ 0x10]))


# ---- the kinds: each damages its copy and gives what must be found, in full and with --fast

def nothing(case):
    return [], []


def flipped_byte(case):
    flip(case.file(3), case.file(3).stat().st_size // 2)
    return [("changed", case.id(3))], []


def flipped_head(case):
    flip(case.file(3), 40)
    return [("changed", case.id(3))], [("changed", case.id(3))]


def flipped_end(case):
    flip(case.file(3), case.file(3).stat().st_size - 3)
    return [("changed", case.id(3))], [("changed", case.id(3))]


def truncated(case):
    os.truncate(case.file(2), case.file(2).stat().st_size - 100)
    return [("changed", case.id(2))], [("changed", case.id(2))]


def longer(case):
    with case.file(2).open("ab") as file:
        file.write(b"more")
    return [("changed", case.id(2))], [("changed", case.id(2))]


def emptied(case):
    os.truncate(case.file(2), 0)
    return [("changed", case.id(2))], [("changed", case.id(2))]


def deleted(case):
    case.file(4).unlink()
    return [("missing", case.id(4))] * 1, [("missing", case.id(4))]


def made_a_folder(case):
    case.file(4).unlink()
    case.file(4).mkdir()
    stray = ("stray", case.rows[4]["file"])
    return [("unreadable", case.id(4)), stray], [("unreadable", case.id(4)), stray]


def swapped(case):
    a, b = case.file(1), case.file(5)
    a.rename(a.with_name("x")), b.rename(a), a.with_name("x").rename(b)
    found = [("wrong-file", case.id(1)), ("wrong-file", case.id(5))]
    return found, found


def stray_files(case):
    (case.path / "recordings/notes.txt").write_text("hello")
    case.file(1).with_name("x.opus").write_bytes(b"OggS")
    (case.file(1).parent / "folder").mkdir()
    found = [("stray", "recordings/notes.txt"), ("stray", str(pathlib.Path(case.rows[1]["file"]).with_name("x.opus"))),
             ("stray", str(pathlib.Path(case.rows[1]["file"]).with_name("folder")))]
    return found, found


def recording_without_row(case):
    shutil.copy(case.file(1), case.file(1).with_name(f"{STRANGER}.opus"))
    return [("no-row", STRANGER)], [("no-row", STRANGER)]


def second_name(case):
    (case.path / "recordings/other/2025/10/09").mkdir(parents=True)
    os.link(case.file(1), case.path / f"recordings/other/2025/10/09/{case.id(1)}.opus")
    return [("second-copy", case.id(1))], [("second-copy", case.id(1))]


def deleted_row(case):
    case.sql(("DELETE FROM call WHERE uuid = ?", (case.id(6),)))
    text = ("index-text", "index.sqlite")
    return [("no-row", case.id(6)), text], [("no-row", case.id(6)), text]


def row(column, value):
    def damage(case):
        case.set(3, column, value)
        return [("wrong-row", case.id(3))], [("wrong-row", case.id(3))]
    damage.__name__ = f"row_{column}"
    return damage


def row_client(case):
    case.set(3, "client", "globex")
    return [("wrong-place", case.id(3))], [("wrong-place", case.id(3))]


def row_file(case):
    case.set(3, "file", case.rows[4]["file"])
    found = [("wrong-row", case.id(3)), ("second-copy", case.id(3))]
    return found, found


def row_outside(case):
    case.set(3, "file", f"recordings/../../../{case.id(3)}.opus")
    found = [("wrong-row", case.id(3)), ("second-copy", case.id(3))]
    return found, found


def row_digest(case):
    case.set(3, "file_sha256", "0" * 64)
    return [("changed", case.id(3))], []


def row_unsealed(case):
    case.set(3, "file_sha256", None)
    return [("unsealed", case.id(3))], [("unsealed", case.id(3))]


def no_full_text(case):
    case.sql(("DELETE FROM call_text_content WHERE id = (SELECT id FROM call WHERE uuid = ?)", (case.id(3),)))
    return [("index-text", "index.sqlite")], [("index-text", "index.sqlite")]


def other_full_text(case):
    case.sql(("UPDATE call_text_content SET c1 = 'zzzyyy' WHERE id = (SELECT id FROM call WHERE uuid = ?)", (case.id(3),)))
    return [("index-text", "index.sqlite")], []


def torn_reference(case):
    case.sql(("INSERT INTO note (call, text, position_ms, actor, at_us) VALUES (1, 'x', NULL, 'me', 1)",))
    return [("index-torn", "index.sqlite")], []


def spool(case):
    (case.path / f"spool/{STRANGER}.part").write_bytes(b"OggS")
    (case.path / "spool/readme").write_text("x")
    (case.path / "spool/journal/77").mkdir(parents=True)
    (case.path / "spool/journal/78").mkdir()
    (case.path / "spool/journal/77/1.journal").write_bytes(b"x")
    (case.path / "spool/journal/notes").write_text("x")
    found = [("left-in-spool", STRANGER), ("stray-in-spool", "spool/readme"), ("left-in-spool", "spool/journal/77"),
             ("stray-in-spool", "spool/journal/notes")]
    return found, found


KINDS = [nothing, flipped_byte, flipped_head, flipped_end, truncated, longer, emptied, deleted, made_a_folder, swapped, stray_files,
         recording_without_row, second_name, deleted_row, row("audio_ms", 1234), row("sample_rate_hz", 48000), row("channels", 2),
         row("started_us", 1_760_000_016_000_000), row("consent_state", "refused"), row_client, row_file, row_outside, row_digest,
         row_unsealed, no_full_text, other_full_text, torn_reference, spool]


def each_kind(library):
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            case = Case(library, folder)
            full, fast = kind(case)
            for options, wanted in ((), full), (("--fast",), fast):
                found, summary = verify(case, *options)
                if kind is deleted_row:  # what hung on the row refers to nothing
                    found = [f for f in found if f[0] != "index-torn"]
                assert found == sorted(wanted), (kind.__name__, options, found)
                assert summary["calls"] == CALLS + 1 - (kind is deleted_row) and summary["complete"], summary


def damaged_pages(library):
    with tempfile.TemporaryDirectory() as folder:
        case = Case(library, folder)
        subprocess.run(["sqlite3", case.path / "index.sqlite", "PRAGMA wal_checkpoint(TRUNCATE)"], check=True, stdout=subprocess.DEVNULL)
        with sqlite3.connect(case.path / "index.sqlite") as connection:
            page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'call_disposition'").fetchone()[0]
        connection.close()
        overwrite(case.path / "index.sqlite", (page - 1) * 4096 + 3, b"\xff\xff\x00\x07")
        done = subprocess.run([PROGRAM, "--library", str(case.path), "verify", "--json"], capture_output=True, text=True, env=case.environment)
        codes = {json.loads(line)["code"] for line in done.stdout.splitlines()}
        assert done.returncode == 1 and "index-damaged" in codes and codes <= {"index-damaged", "index-torn", "summary"}, done.stdout


def parts(library):
    """Only what was asked for is looked at."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(library, folder)
        flip(case.file(0), case.file(0).stat().st_size // 2)  # client acme
        flip(case.file(3), case.file(3).stat().st_size // 2)
        bad = [("changed", case.id(0))]
        assert verify(case, case.id(0)[-8:])[0] == bad and verify(case, case.id(1))[0] == []
        assert verify(case, "--client", "acme")[0] == bad and verify(case, "--client", "acme")[1]["files"] == 1
        start = case.rows[1]["started_at"]
        assert verify(case, "--from", start)[0] == [("changed", case.id(3))]
        assert verify(case, "--to", case.rows[0]["started_at"])[0] == bad
        text = subprocess.run([PROGRAM, "--library", str(case.path), "verify"], capture_output=True, text=True, env=case.environment)
        assert text.returncode == 1 and text.stdout.count("changed: ") == 3 and "What to do" in text.stdout, text.stdout


def beside_a_recorder(library, folder):
    """A call that is being recorded is no finding; one that a killed recorder left is; after the next start it is none."""
    with tempfile.TemporaryDirectory() as place:
        case = Case(library, place)
        calls.write(folder / "more.pcap", made(2, first=20))
        data = (folder / "more.pcap").read_bytes()
        recorder = subprocess.Popen([PROGRAM, "--library", str(case.path), "record", "--pcap", "-"], stdin=subprocess.PIPE,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=case.environment)
        recorder.stdin.write(data[:len(data) // 3])
        recorder.stdin.flush()
        end = time.monotonic() + 20
        while not list((case.path / "spool").glob("*.meta")) and time.monotonic() < end:
            time.sleep(0.05)
        assert verify(case, "--fast")[0] == []
        # A recording whose row is about to be written, and one that has lain there for long.
        fresh = case.file(1).with_name(f"{STRANGER}.opus")
        shutil.copy(case.file(1), fresh)
        found, summary = verify(case, "--fast")
        assert found == [] and summary["in_progress"] == 1, (found, summary)
        fresh.unlink()
        case.file(3).rename(case.file(3).with_name("away"))
        assert [code for code, _ in verify(case, "--fast")[0]] == ["missing", "stray"]
        case.file(3).with_name("away").rename(case.file(3))
        recorder.kill()
        recorder.wait()
        found = verify(case)[0]
        assert len(found) == 1 and found[0][0] == "left-in-spool", found
        calls.write(folder / "other.pcap", made(1, first=40))
        case.run("record", "--pcap", str(folder / "other.pcap"))
        assert verify(case)[0] == []


def stopped(library):
    """Ctrl-C ends it cleanly, and says so."""
    process = subprocess.Popen([PROGRAM, "--library", str(library.path), "verify", "--json"], stdout=subprocess.PIPE, text=True, env=library.environment)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGINT), (process.returncode, output)


with tempfile.TemporaryDirectory() as name:
    with whole(pathlib.Path(name)) as original:
        each_kind(original)
        damaged_pages(original)
        parts(original)
        beside_a_recorder(original, pathlib.Path(name))
        stopped(original)
print(f"{len(KINDS)} kinds of damage, each in full and fast")
