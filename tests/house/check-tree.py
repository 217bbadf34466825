#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Every folder opens with a README.md that says where to begin, names no file that is gone and, of a folder of code, every file that
is there (or a family of them: `cmd-*.c`); docs/README.md names every page; decisions are numbered.

The check first proves on a made-up tree that it can fail.
"""
import pathlib, re, subprocess, sys, tempfile

CODE = ["common", "encode", "index", "wire", "journal", "capture", "import", "qa", "service", "cli"]
NAMED = re.compile(r"`([\w./-]+\.(?:c|h|py|md|sql|ini|conf|build))`")
MADE = ("build", "demo", "__")  # as in .gitignore
DECISION = re.compile(r"(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md")


def folders(root):
    """The top folders of the tree that git tracks, or of the tree as it lies there."""
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True, check=True).stdout
        names = {n.split("/")[0] for n in listed.splitlines() if "/" in n}
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository
        names = {p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(MADE)}
    return sorted(n for n in names if not n.startswith("."))


def readme_problems(root, folder):
    readme = root / folder / "README.md"
    if not readme.is_file():
        return [f"{folder}/: no README.md"]
    text = readme.read_text()
    bad = [] if re.search(r"\b(Read|Start with)\b", text) else [f"{folder}/README.md: does not say which file to read first"]
    for name in NAMED.findall(text):
        if not any((base / name).is_file() for base in (readme.parent, root)):
            bad.append(f"{folder}/README.md: {name} is not there")
    if folder in CODE:
        patterns = re.findall(r"`([\w.*-]+\.c)`", text)
        for file in sorted(root.glob(f"{folder}/*.c")):
            if not any(file.match(pattern) for pattern in patterns):
                bad.append(f"{folder}/README.md: does not name {file.name}")
    if folder == "docs":
        bad += [f"docs/README.md: does not name {p.name}" for p in sorted(root.glob("docs/*.md")) if p != readme and f"`{p.name}`" not in text]
    return bad


def decision_problems(root):
    bad, taken = [], {}
    for path in sorted((root / "docs/decisions").glob("*")):
        match = DECISION.fullmatch(path.name)
        if not match:
            bad.append(f"docs/decisions/{path.name}: not named NNNN-title.md")
        elif match[1] in taken:
            bad.append(f"docs/decisions/{path.name}: {taken[match[1]]} has that number")
        else:
            taken[match[1]] = path.name
    return bad


def problems(root):
    return [p for folder in folders(root) for p in readme_problems(root, folder)] + decision_problems(root)


def selftest():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        (root / "docs/decisions").mkdir(parents=True)
        (root / "qa").mkdir()
        (root / "cli").mkdir()
        (root / "cli/README.md").write_text("Read `main.c` first. | `cmd-*.c` | the commands |")
        for file in ("main.c", "cmd-one.c", "two.c"):
            (root / "cli" / file).write_text("")
        (root / "docs/README.md").write_text("Read `gone.c` first.")
        (root / "docs/new.md").write_text("")
        for decision in ("0001-one.md", "0001-two.md", "three.md"):
            (root / "docs/decisions" / decision).write_text("")
        assert problems(root) == ["cli/README.md: does not name two.c", "docs/README.md: gone.c is not there", "docs/README.md: does not name new.md", "qa/: no README.md",
                                  "docs/decisions/0001-two.md: 0001-one.md has that number",
                                  "docs/decisions/three.md: not named NNNN-title.md"], problems(root)


selftest()
source = pathlib.Path(sys.argv[1])
found = problems(source)
print("\n".join(found) or f"{len(folders(source))} folders")
sys.exit(1 if found or len(folders(source)) < 8 else 0)
