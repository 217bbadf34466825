#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A mapping rule seen from the command line: found by its business id, explained by doctor, kept over a crash.

usage: test-explain.py EARSHOT
"""
import pathlib, signal, sqlite3, subprocess, sys, tempfile, time
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
import earshot
from scenes import Scene, Talk

program = sys.argv[1]
CONFIG = ("[mapping]\nextensions=2[0-9][0-9]\n[map ticket]\nfrom=header X-Ticket\nmatch=^TT-(\\d+)$\nset=business_id\n"
          "[map first]\nfrom=header X-Queue\nset=queue\n[map second]\nfrom=callee\nset=queue\n")


def capture(folder, ended=True):
    scene = Scene()
    for n in range(3):
        talk = Talk(scene, f"{n}@made.example", caller=f"010020030{n}", callee="201", ports=(4000 + 4 * n, 6000 + 4 * n))
        talk.invite(1 + n, extra=[("X-Ticket", f"TT-47{n}1"), ("X-Queue", "billing")])
        talk.answer(2 + n)
        talk.both(2 + n, 12)
        if ended:
            talk.bye(12)
    scene.write(folder / "calls.pcap")
    return folder / "calls.pcap"


def explained(library, path):
    library.run("record", "--pcap", path)
    row, = library.rows("search", "--business-id", "4711")
    assert row["business_id"] == "4711" and [r["id"] for r in library.rows("search", "4711")] == [row["id"]], row
    reply, = library.rows("doctor", "--explain-mapping", row["id"])
    lines = [(l["field"], l["value"], l["rule"], l["input"], l["outcome"]) for l in reply["mapping"]]
    assert lines == [("business_id", "4711", "map ticket", "TT-4711", "set"), ("queue", "billing", "map first", "billing", "set"),
                     ("queue", "201", "map second", "201", "lost"), ("direction", "inbound", "mapping extensions", "201", "set"),
                     ("agent", "201", "mapping extensions", "201", "set"), ("client", "default", "default", None, "set")], lines
    table = library.run("doctor", "--explain-mapping", "@1").stdout
    assert "map ticket" in table and "a rule further up won" in table, table
    arabic = library.run("--lang", "ar", "doctor", "--explain-mapping", "@1").stdout
    assert "map ticket" in arabic and "سبقتها قاعدة أعلى" in arabic, arabic
    with sqlite3.connect(library.path / "index.sqlite") as index:
        index.execute("UPDATE call SET mapping_json = NULL")
    index.close()
    assert library.rows("doctor", "--explain-mapping", row["id"])[0]["mapping"] is None
    assert "No trace is kept" in library.run("doctor", "--explain-mapping", row["id"]).stdout
    library.run("doctor", "--explain-mapping", "00000000", status=3)
    library.run("search", "--business-id", "471", status=3)


def over_a_crash(library, path):
    """A recorder that is killed with the calls open leaves business id, segments and trace to the next one."""
    recorder = subprocess.Popen([program, "--library", library.path, "record", "--pcap", "-"], stdin=subprocess.PIPE,
                                env=library.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    recorder.stdin.write(path.read_bytes())
    recorder.stdin.flush()
    for _ in range(100):
        if len(list((library.path / "spool").glob("*.meta"))) == 3:
            break
        time.sleep(0.1)
    time.sleep(0.3)
    recorder.send_signal(signal.SIGKILL)
    recorder.wait()
    library.run("record", "--pcap", "/dev/null", status=1)
    row, = library.rows("search", "--business-id", "4721")
    assert row["outcome_reason"] == "interrupted" and row["segments"][0]["queue"] == "billing", row
    reply, = library.rows("doctor", "--explain-mapping", row["id"])
    assert ("map ticket", "4721") in [(l["rule"], l["value"]) for l in reply["mapping"]], reply


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    with earshot.Library(program, CONFIG) as library:
        explained(library, capture(folder))
    with earshot.Library(program, CONFIG) as library:
        over_a_crash(library, capture(folder, ended=False))
