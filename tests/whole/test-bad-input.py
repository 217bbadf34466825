#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Every bad input gets one clear line that names what and where, the right exit status, and harms nothing that is stored.

usage: test-bad-input.py EARSHOT. Prints what each case said. Cases that need a mount are left out where mounting is not
permitted, and are named as left out.
"""
import contextlib, hashlib, os, pathlib, sqlite3, struct, subprocess, sys, tempfile

import calls, earshot

program = sys.argv[1]


def one_line(done, status, *words):
    """Holds what a command said to: this exit status, one line on standard error (besides warnings), these words in it."""
    lines = [l for l in done.stderr.splitlines() if l.strip() and not l.startswith("earshot: warning: ")]
    print(f"  exit {done.returncode}: {done.stderr.strip()}")
    assert done.returncode == status, f"exit {done.returncode}, wanted {status}"
    assert len(lines) == 1, "more or less than one line"
    assert lines[0].startswith("earshot: "), lines[0]
    for word in words:
        assert word in lines[0], f"{word!r} is not named"


def sound_index(library):
    with sqlite3.connect(f"file:{library.path}/index.sqlite?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return db.execute("SELECT count(*) FROM call").fetchone()[0]


def digest(library):
    return hashlib.sha256((library.path / "index.sqlite").read_bytes()).hexdigest()


def not_a_capture(library, folder):
    bad = folder / "letter.pcap"
    bad.write_text("Dear Sir or Madam, this is no capture at all.\n")
    one_line(library.run("record", "--pcap", bad, status=None), 1, "letter.pcap", "capture")
    one_line(library.run("record", "--pcap", folder / "absent.pcap", status=None), 1, "absent.pcap")


def truncated(library, folder):
    whole = (folder / "three.pcap").read_bytes()
    (folder / "cut.pcap").write_bytes(whole[:len(whole) // 2 + 7])
    with earshot.Library(program) as other:
        one_line(other.run("record", "--pcap", folder / "cut.pcap", status=None), 1, "cut.pcap")
        assert sound_index(other) > 0, "the calls before the cut are kept"


def unsupported_link(library, folder):
    bad = folder / "wifi.pcap"
    bad.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 105) + struct.pack("<IIII", 1, 0, 4, 4) + b"abcd")
    one_line(library.run("record", "--pcap", bad, status=None), 1, "wifi.pcap", "105")


def broken_rubric(library, folder):
    bad = folder / "broken.rubric"
    bad.write_text("[rubric]\nid=mine\nversion=1\ntitle=Mine\npass=80\n\n[section s]\ntitle=S\nweight=heavy\n\n[question q]\nsection=s\ntext=Q?\ntype=yes-no\nweight=1\n")
    one_line(library.run("rubric", "check", bad, status=None), 1, "broken.rubric:9", "weight")
    one_line(library.run("rubric", "add", bad, status=None), 1, "broken.rubric:9", "weight")


def broken_answers(library, folder):
    call = library.rows("search")[0]["id"]
    template = library.run("rubric", "show", "standard", "--template").stdout
    bad = folder / "answers.txt"
    bad.write_text(template + "\nno.such.question=yes\n")
    one_line(library.run("score", call, "--answers", bad, status=None), 1, "answers.txt:")
    one_line(library.run("score", call, "--answers", folder / "absent.txt", status=None), 1, "absent.txt")


def ids(library, folder):
    rows = library.rows("search")
    one_line(library.run("show", "ffffffff", status=None), 3, "ffffffff")
    one_line(library.run("show", rows[0]["id"][:6], status=None), 2, rows[0]["id"][:6])
    one_line(library.run("show", "not an id", status=None), 2, "not an id")


def configuration(library, folder):
    with earshot.Library(program, "[record]\nbitrate=loud\n") as other:
        one_line(other.run("record", "--pcap", folder / "three.pcap", status=None), 1, "earshot.conf:2", "bitrate")


def no_library(library, folder):
    done = subprocess.run([program, "--library", folder / "nowhere", "search"], capture_output=True, text=True)
    one_line(done, 1, "nowhere")


def newer(library, folder):
    with earshot.Library(program) as other:
        with sqlite3.connect(other.path / "index.sqlite") as db:
            db.execute("PRAGMA user_version = 999")
        db.close()
        before = digest(other)
        one_line(other.run("search", status=None), 1, "999")
        one_line(other.run("record", "--pcap", folder / "three.pcap", status=None), 1, "999")
        assert digest(other) == before, "a newer library was changed"


def corrupt(library, folder):
    with earshot.Library(program) as other:
        other.run("record", "--pcap", folder / "three.pcap")
        subprocess.run(["sqlite3", other.path / "index.sqlite", "PRAGMA wal_checkpoint(TRUNCATE)"], check=True, capture_output=True)
        data = bytearray((other.path / "index.sqlite").read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        (other.path / "index.sqlite").write_bytes(data)
        before = digest(other)
        one_line(other.run("search", status=None), 1, "index.sqlite")
        assert digest(other) == before, "a damaged index was changed"
        (other.path / "index.sqlite").write_text("this was a database once\n" * 400)
        one_line(other.run("search", status=None), 1, "index.sqlite")


@contextlib.contextmanager
def mounted(arguments, target):
    subprocess.run(["mount", *map(str, arguments), str(target)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)


def read_only(library, folder):
    rows, before = len(library.rows("search")), digest(library)
    with mounted(["--bind", "-o", "ro", library.path], library.path):
        subprocess.run(["mount", "-o", "remount,bind,ro", library.path], check=True)
        one_line(library.run("note", library.rows("search")[0]["id"], "hello", status=None), 1, "Read-only")
        one_line(library.run("record", "--pcap", folder / "three.pcap", "--again", status=None), 1, "Read-only")
        assert len(library.rows("search")) == rows, "reading still works"
    assert digest(library) == before and sound_index(library) == rows


def full_disk(library, folder):
    disk = folder / "disk"
    disk.mkdir()
    with mounted(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], disk):
        other = earshot.Library.__new__(earshot.Library)
        other.program, other.path, other.environment = program, disk / "library", dict(os.environ, XDG_STATE_HOME=str(folder))
        other.run("init")
        other.run("record", "--pcap", folder / "three.pcap")
        rows = sound_index(other)
        done = other.run("record", "--pcap", folder / "long.pcap", status=None)
        one_line(done, 1, "No space left")
        assert sound_index(other) >= rows == 3, "rows were lost"
        assert all((disk / "library" / r["file"]).exists() for r in other.rows("search") if r["file"])


def main():
    may_mount = os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
    if may_mount and "EARSHOT_OWN_MOUNTS" not in os.environ:
        os.execvpe("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv],
                   dict(os.environ, EARSHOT_OWN_MOUNTS="1"))
    cases = [not_a_capture, truncated, unsupported_link, broken_rubric, broken_answers, ids, configuration, no_library, newer,
             corrupt]
    cases += [read_only, full_disk] if may_mount else []
    with tempfile.TemporaryDirectory() as name, earshot.Library(program) as library:
        folder = pathlib.Path(name)
        agent, customer = calls.conversation(folder)
        cut = lambda v, s: v[:8000 * s]
        calls.write(folder / "three.pcap", [calls.Call(n, 2.0 * n, f"010{n}", "2001", cut(customer, 3), cut(agent, 3)) for n in range(3)])
        calls.write(folder / "long.pcap", [calls.Call(100 + n, 0.5 * n, f"011{n}", "2001", customer, agent) for n in range(12)])
        library.run("record", "--pcap", folder / "three.pcap")
        for case in cases:
            print(case.__name__.replace("_", " "))
            case(library, folder)
        assert sound_index(library) == 3
    if not may_mount:
        print("left out, mounting is not permitted: read only, full disk")


main()
