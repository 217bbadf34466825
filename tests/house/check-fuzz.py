#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Every fuzz target stands in tests/fuzz/README.md beside the sources that read its bytes, which are there, and has seeds.

The check first proves that it can fail.
"""
import pathlib, re, sys

ROW = re.compile(r"^\| ([a-z0-9-]+) \| [^|]+ \| ([^|]+) \|$", re.M)


def problems(text, targets, seeded, sources):
    rows = {name: files.split() for name, files in ROW.findall(text)}
    bad = [f"{name}: not in the table" for name in sorted(targets - set(rows))]
    bad += [f"{name}: no such target" for name in sorted(set(rows) - targets)]
    bad += [f"{name}: {file} is not there" for name, files in sorted(rows.items()) for file in files if file not in sources]
    return bad + [f"{name}: no seeds" for name in sorted(targets - seeded)]


assert problems("| a | x | c/a.c c/b.c |\n| b | y | c/a.c |\n", {"a", "c"}, {"a"}, {"c/a.c"}) == [
    "c: not in the table", "b: no such target", "a: c/b.c is not there", "c: no seeds"]
root = pathlib.Path(sys.argv[1])
folder = root / "tests/fuzz"
targets = {p.stem.removeprefix("fuzz-") for p in folder.glob("fuzz-*.c")}
seeded = {p.name for p in (folder / "seeds").iterdir() if any(p.iterdir())}
sources = {str(p.relative_to(root)) for p in root.glob("*/*.c")}
found = problems((folder / "README.md").read_text(), targets, seeded, sources)
print("\n".join(found) or f"{len(targets)} targets")
sys.exit(1 if found or len(targets) < 30 else 0)
