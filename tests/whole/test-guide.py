#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The guides are true: every command of a block "sh" runs as it is written, in their order, on yesterday's calls (floor.py);
those of a block "sh by-hand", which need a person, another machine or root, name commands and options that exist.

usage: test-guide.py EARSHOT GUIDE …
"""
import datetime, os, pathlib, re, subprocess, sys, tempfile

import floor

PROGRAM = pathlib.Path(sys.argv[1]).resolve()


def blocks(path):
    """(kind, rest of the info line, text) of each fenced block."""
    for info, text in re.findall(r"(?m)^```(\w+[^\n]*)\n(.*?)^```$", path.read_text(), re.S):
        kind, _, rest = info.partition(" ")
        yield kind, rest, text


def records(path):
    """What a telephone system would have noted of yesterday: one call more than was recorded."""
    zone = datetime.timezone(datetime.timedelta(hours=floor.offset_h()))
    lines = ["calldate,src,dst,duration,billsec,disposition,uniqueid"]
    for n, (day, clock, caller, callee, *_) in enumerate([*floor.DAY, (-1, "15:20", "01033344455", "2002")]):
        at = floor.moment(day, clock)
        if day == -1:
            lines.append(f"{datetime.datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S},{caller},{callee},60,58,ANSWERED,{at:.0f}.{n}")
    path.write_text("\n".join(lines) + "\n")


def run(guide, folder, environment):
    ran = 0
    for kind, rest, text in blocks(guide):
        if kind in ("csv", "text") and rest:
            (folder / rest).write_text(text)
        for command in text.splitlines() if (kind, rest) == ("sh", "") else []:
            done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{guide.name}: {command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            assert done.stdout or command.startswith("sed ") or ">" in command, f"{command} says nothing"
            ran += 1
    return ran


def check_by_hand(guide, environment):
    for kind, rest, text in blocks(guide):
        for command in re.findall(r"\bearshot (?:--lang ar )?([a-z].*)", text) if (kind, rest) == ("sh", "by-hand") else []:
            words = command.split()
            table = subprocess.run([PROGRAM, "__complete", words[0], "--"], env=environment, capture_output=True, text=True).stdout
            offered = {line.split("\t")[0] for line in table.splitlines()}
            used = {word for word in words if word.startswith("--")}
            assert "--help" in offered and used <= offered, f"{guide.name}: earshot {command}: {used - offered}"


def main():
    for guide in map(pathlib.Path, sys.argv[2:]):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            floor.write(folder)
            records(folder / "Master.csv")
            (folder / "agents.csv").write_text(floor.AGENTS)
            environment = {**os.environ, **floor.environment(), "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                           "EARSHOT_LIBRARY": str(folder / "calls"), "XDG_STATE_HOME": str(folder / "state")}
            if "earshot init" not in guide.read_text():  # a guide for those who find a library
                for words in ["init"], ["agent", "import", "agents.csv"], ["record", "before.pcap", "yesterday.pcap"]:
                    subprocess.run([PROGRAM, *words], cwd=folder, env=environment, check=True, capture_output=True)
            ran = run(guide, folder, environment)
            check_by_hand(guide, environment)
            print(f"{guide.name}: {ran} commands ran")
            assert ran >= 10


main()
