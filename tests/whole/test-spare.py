#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A conversation that was seen twice, as people meet it: the row without a recording of its own is found and told, and is
neither heard nor judged; whoever asks for it is sent to the other one. usage: test-spare.py EARSHOT"""
import pathlib, sys, tempfile
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
from earshot import Library
from scenes import Scene, Talk

PROGRAM = sys.argv[1]
CONFIG = "[mapping]\nextensions=2[0-9][0-9]\n[link]\nby=session-id\n"


def seen_twice():
    """The customer's call, and what the telephone system makes of it towards the agent."""
    scene, said = Scene(), [("Session-ID", "a" * 32 + ";remote=" + "b" * 32)]
    outer = Talk(scene, "outer@made.example", "0100200300", "19555", ("192.0.2.1", "10.0.0.1"), (4000, 5000), (1, 2))
    inner = Talk(scene, "inner@made.example", "0100200300", "201", ("10.0.0.1", "10.0.1.1"), (4100, 5100), (3, 4))
    for at, talk in ((1.0, outer), (1.1, inner)):
        talk.invite(at, extra=said)
    for at, talk in ((2.95, inner), (3.0, outer)):
        talk.answer(at, extra=said)
        talk.both(3.1, 8.0)
    outer.bye(8.2)
    inner.bye(8.25)
    return scene


with Library(PROGRAM, CONFIG) as library, tempfile.TemporaryDirectory() as folder:
    capture = pathlib.Path(folder) / "twice.pcap"
    seen_twice().write(capture)
    library.run("record", "--pcap", capture)
    rows = {row["outcome"]: row for row in library.rows("search")}
    assert set(rows) == {"recorded", "none"}, rows
    kept, spare = rows["recorded"]["id"], rows["none"]["id"]
    told = f"call {spare[-8:]} is the same conversation as call {kept[-8:]}"

    table = library.run("search").stdout
    assert "in its story" in table and "none" not in table, table
    for command in (("play", spare, "--output", f"{folder}/part.wav"), ("score", spare, "--plain")):
        assert told in library.run(*command, status=3, input="").stderr, command
    answers = pathlib.Path(folder) / "answers"
    answers.write_text(library.run("rubric", "show", "standard", "--template").stdout)
    assert told in library.run("score", spare, "--answers", answers, status=3).stderr

    library.run("score", "--plan", "--count", "5")
    assert [row["id"] for row in library.rows("score", "--list")] == [kept], "each conversation is judged once"
    for call in (kept, spare):
        library.run("consent", call, "add", "given")
        library.run("flag", call, "training")
    done = library.run("export", "--flag", "training", "--output", f"{folder}/pack")
    assert f"left out {spare[-8:]}" in done.stderr and "no audio" in done.stderr, done.stderr
    assert len(list((pathlib.Path(folder) / "pack").glob("audio/*"))) >= 1, list((pathlib.Path(folder) / "pack").iterdir())
