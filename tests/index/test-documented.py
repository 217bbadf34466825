#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""docs/index.md held against the database that a program makes: every query of it runs, every table of it is there, none is left out.

usage: test-documented.py EARSHOT FOLD_EXTENSION DOCUMENT
"""
import pathlib, re, subprocess, sys, tempfile

program, fold, document = sys.argv[1:]
text = pathlib.Path(document).read_text()

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([program, "--library", folder + "/l", "init"], check=True, capture_output=True)

    def shell(sql):
        done = subprocess.run(["sqlite3", "-readonly", "-cmd", f".load {fold}", folder + "/l/index.sqlite", sql], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, f"{sql}\n{done.stderr}"
        return done.stdout

    queries = [q.strip() for block in re.findall(r"```sql\n(.*?)```", re.sub(r"(?m)^-- .*", "", text), re.S) for q in block.split(";") if q.strip()]
    queries += re.findall(r"sqlite> (SELECT.*);", text)
    assert len(queries) >= 5, queries
    for query in queries:
        shell(query)
    tables = {t for t in shell("SELECT name FROM sqlite_schema WHERE type = 'table'").split()
              if not t.startswith(("sqlite_", "call_text_"))}
    rows = [line.split("|")[1] for line in text.split("## What is where")[1].split("##")[0].splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert tables == named, f"not in the document: {tables - named}, not in the database: {named - tables}"
