#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A day at the desk, in both languages and two sizes of terminal: a library is made, agents are entered, yesterday's calls
recorded; the angry caller who spoke to Ahmed is found, three calls are scored by keys, flagged and exported. Every screen is
checked (desk.py), and the steps that each task took are held to what they may take.

usage: test-desk.py EARSHOT GUIDE. The steps are those that the guide tells. EARSHOT_SCREENS=FOLDER keeps the screens for people to look at.
"""
import concurrent.futures, os, pathlib, re, sqlite3, sys, tempfile

import desk, floor

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
# task: commands typed, keys pressed (words written count as one); what each may take at most
MOST = {"make a library": (2, 0), "say who is who": (3, 0), "record": (2, 0), "see how it goes": (1, 0),
        "find the angry caller": (1, 0), "see and hear the call": (2, 0), "a search for every morning": (2, 0),
        "somebody unknown": (3, 0), "draw three calls": (1, 0), "score three calls": (2, 50), "flag": (2, 0),
        "a pack for coaching": (3, 0), "a playlist": (2, 0)}


class Day:
    def __init__(self, folder, language, size):
        self.folder, self.language = pathlib.Path(folder), language
        self.folder.mkdir()
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("EARSHOT_") and name not in ("NO_COLOR", "LANGUAGE", "TMUX", "PAGER", "LESS")}
        environment.update(floor.environment(), PATH=f"{PROGRAM.parent}:{environment['PATH']}", LC_ALL="C.UTF-8",
                           XDG_STATE_HOME=str(self.folder / "state"), EARSHOT_LIBRARY=str(self.folder / "calls"), PAGER="cat",
                           LANGUAGE=language, LC_MESSAGES="C.UTF-8")
        self.desk = desk.Desk(self.folder, f"{language}-{size[0]}x{size[1]}", environment, size)
        (self.folder / "agents.csv").write_text(floor.AGENTS)

    def sql(self, query):
        with sqlite3.connect(f"file:{self.folder}/calls/index.sqlite?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def colourless(self):
        """With NO_COLOR nothing but text is written."""
        d = self.desk
        d.task("without colours")
        for command in "search --yesterday", "show @1", "status", "doctor":
            d.run(f"NO_COLOR=1 earshot {command}")
            assert not re.search(r"\x1b\[[0-9;]+m", d.raw.read_text()), f"{command} has colours"
        del d.steps["without colours"]

    def goes_on(self, command, status=0):
        """A command that says what may come next."""
        said = self.desk.run(command, status)
        self.tell(said, {"en": "next: earshot|next: open", "ar": "الخطوة التالية: "}[self.language])
        return said

    def tell(self, text, *patterns):
        for pattern in patterns:
            assert re.search(pattern, re.sub("[\u2066-\u2069]", "", text)), f"{pattern!r} is not in:\n{text}"

    # ---- tasks

    def operator(self):
        d = self.desk
        d.task("make a library")
        self.goes_on("earshot init")
        d.run("earshot doctor")
        d.task("say who is who")
        d.run("sed -i 's/^#extensions=.*/extensions=2[0-9]{3}/; s/^#channels=.*/channels=split/' calls/earshot.conf")
        self.goes_on("earshot agent import agents.csv")
        self.tell(d.run("earshot agent list"), "منى حسن +Mona Hassan")
        d.task("record")
        self.goes_on("earshot record --pcap ../before.pcap")
        self.goes_on("earshot record --pcap ../yesterday.pcap")
        d.task("see how it goes")
        d.run("earshot status")

    def supervisor(self):
        d = self.desk
        d.task("find the angry caller")
        said = self.goes_on("earshot search --yesterday --agent Ahmed --sort tension")
        self.tell(said, rf"(?m)^1 .*{floor.ANGRY if d.size[0] > 80 else ''}")
        d.task("see and hear the call")
        self.tell(self.goes_on("earshot show @1"), floor.ANGRY, r"0:5\d")
        d.run("earshot play @1 --output angry.wav")
        d.task("a search for every morning")
        d.run("earshot search --yesterday --sort tension --save angry")
        d.run("earshot search --saved angry --missing-audio")
        d.task("somebody unknown")
        self.tell(self.goes_on("earshot agent unknown"), "2009")
        d.run("earshot agent add 2009 'سارة علي' --latin 'Sara Ali' --client nile")
        d.run("earshot agent remap --from '3 days ago'")

    def answer(self, questions):
        d = self.desk
        for n, question in enumerate(questions):
            d.see(rf"(?m)^ {n + 1}/{len(questions)} ", "question" if n in (0, 5) else None)
            d.press(question)

    def evaluator(self):
        d = self.desk
        d.task("draw three calls")
        self.goes_on("earshot score --plan --yesterday --count 3")
        d.task("score three calls")
        d.type_command("earshot score --next")
        keys = ["y", "2", "a", "3", "2", "2", "y", "y", "2", "1", "y", "2"]
        for n in range(3):
            d.see(r"1/12", "score")
            if n == 0:
                d.press("?")
                d.see(r"(?m)^ +\? ", "keys")
                d.press("b", "Right", "c")
                d.write("اعتذار واضح")
                d.press("Enter")
            self.answer(keys)
            d.see("12 \\S+ 12", "all answered")
            d.press("f")
            d.see("Enter", "last look")
            d.press("Enter")
            if n < 2:
                d.see(f"{n + 2} \\S+ 3", "next")
                d.press("Enter")
        d.prompted("scored")
        assert self.sql("SELECT count(*) FROM evaluation") == [(3,)]
        d.run("earshot score --list")

    def trainer(self):
        d = self.desk
        d.task("flag")
        self.goes_on("earshot search --yesterday --agent Ahmed --sort tension")
        self.goes_on("earshot flag @1 training --range 0:25-0:50 --note 'stays calm'")
        d.task("a pack for coaching")
        self.goes_on("earshot export --output pack", 3)  # nobody knows whether this caller agreed
        d.run("earshot consent @1 add given --detail 'said so on the phone'")
        self.goes_on("earshot export --output pack --ranges")
        d.task("a playlist")
        (self.folder / "week.txt").write_text("title: المتصل الغاضب\n\n@1 0:25-0:50\n  أحمد يعتذر قبل أن يشرح.\n@1\n  المكالمة كلها.\n")
        self.goes_on("earshot export --playlist week.txt --output week")


def day(folder, language, size):
    one = Day(folder, language, size)
    with one.desk:
        one.operator()
        one.supervisor()
        one.evaluator()
        one.trainer()
        one.colourless()
    return one


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        floor.write(folder)
        days = [("en", (80, 24)), ("ar", (80, 24)), ("en", (120, 40)), ("ar", (120, 40))]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda which: day(folder / f"{which[0]}-{which[1][0]}", *which), days))
    faults = [fault for one in done for fault in one.desk.faults(one.language)]
    print("\n".join(faults))
    assert not faults, f"{len(faults)} faults of screens"
    steps = done[0].desk.steps
    told = re.findall(r"(?m)^\| ([a-z ]+) \| (\d+) \| (\d+) \|$", pathlib.Path(sys.argv[2]).read_text())
    assert {task: [int(commands), int(keys)] for task, commands, keys in told} == steps, "docs/guide.md tells other steps"
    print(f"{'task':30}{'commands':>10}{'keys':>6}")
    for task, (commands, keys) in steps.items():
        print(f"{task:30}{commands:10}{keys:6}")
        assert all(n <= most for n, most in zip((commands, keys), MOST[task])), f"more steps than {MOST[task]}"
    assert steps.keys() == MOST.keys() and all(one.desk.steps == steps for one in done)


main()
