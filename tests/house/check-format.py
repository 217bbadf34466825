#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""clang-format agrees with every C file; functions stay short (at most 80 lines) and files small (at most 600)."""
import pathlib, re, shutil, subprocess, sys

root = pathlib.Path(sys.argv[1])
files = sorted(p for p in root.rglob("*.[ch]") if not p.relative_to(root).parts[0].startswith(("build", ".")))
bad = []


def too_long(path):
    lines = path.read_text().splitlines()
    if len(lines) > 600:
        bad.append(f"{path.relative_to(root)}: {len(lines)} lines")
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"^[A-Za-z].*[^;]\{$", line) and "=" not in line and not re.match(r"^(typedef|struct|enum|union|static const)", line):
            start = number
        elif line.startswith("}") and start:
            if number - start > 80:
                bad.append(f"{path.relative_to(root)}:{start}: a function of {number - start} lines")
            start = None


for path in files:
    too_long(path)
tool = shutil.which("clang-format")
if tool:
    done = subprocess.run([tool, "--dry-run", "--style=file", *files], cwd=root, capture_output=True, text=True)
    names = sorted(set(re.findall(r"^([^:\s]+\.[ch]):\d+", done.stderr, re.M)))
    bad += [f"{pathlib.Path(n).relative_to(root) if n.startswith('/') else n}: not formatted" for n in names]
print("\n".join(bad) or f"{len(files)} files")
sys.exit(1 if bad or len(files) < 10 else 0)
