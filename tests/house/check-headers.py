#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Every source file opens with the two SPDX lines, and the tree speaks of nothing but itself."""
import pathlib, re, subprocess, sys

SUFFIXES = {".c", ".h", ".py", ".sh", ".sql", ".build", ".css", ".js"}
FOREIGN = re.compile(r"/" r"work/|/" r"tmp/wt|\bissue #?\d", re.I)
root = pathlib.Path(sys.argv[1])


def listed():
    try:
        out = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True).stdout
        return [root / name for name in out.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository
        return [p for p in root.rglob("*") if p.is_file() and not p.relative_to(root).parts[0].startswith(("build", "demo", ".git"))]


def script(path):
    return not path.suffix and path.open("rb").read(2) == b"#!"


bad, read = [], 0
for path in listed():
    if not path.is_file() or path.is_symlink():
        continue
    if path.suffix in SUFFIXES or script(path) or path.name == "meson.build":
        read += 1
        head = path.read_text(errors="replace").split("\n", 4)[:4]
        if not (any("SPDX-FileCopyrightText: The Earshot authors" in l for l in head)
                and any("SPDX-License-Identifier: Apache-2.0" in l for l in head)):
            bad.append(f"{path.relative_to(root)}: the two SPDX lines are missing")
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        continue
    for number, line in enumerate(text.splitlines(), 1):
        if FOREIGN.search(line):
            bad.append(f"{path.relative_to(root)}:{number}: names something outside the project")
print("\n".join(bad) or f"{read} source files")
sys.exit(1 if bad or read < 20 else 0)
