#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Every test file is run by a test, and every helper beside them is used.

Arguments: the source folder, the build folder. The build says what it runs; the check first proves that it can fail.
"""
import json, pathlib, re, sys

TEST = re.compile(r"(test-|check-|fuzz-).*\.(c|py|sh)")
BY_HAND = {"tests/index/bench-search.c", "tests/fuzz/make_seeds.py", "tests/fuzz/corpus.py"}  # their first lines say how


def run_files(build, tests, targets):
    """Source files of programs and scripts that stand in the command of a test or benchmark, or set up its surroundings."""
    words = {str((build / word).resolve()) for test in tests for word in [*test["cmd"], *test["env"].values()] if "/" in word}
    files = {word for word in words if word.endswith((".py", ".sh"))}
    for target in targets:
        if words & set(target["filename"]):
            files |= {file for part in target["target_sources"] for file in part.get("sources", [])}
    return files


def unregistered(files, run):
    """files: name → text. A helper in Python counts as used when another file imports it."""
    bad = []
    for name in files:
        path = pathlib.PurePath(name)
        imported = path.suffix == ".py" and not TEST.fullmatch(path.name) and any(
            re.search(rf"^\s*(?:from|import)\b.*\b{path.stem}\b", text, re.M) for other, text in files.items() if other != name)
        if name not in run and not imported and name not in BY_HAND:
            bad.append(f"{name}: no test runs it")
    return bad


def selftest():
    files = {"tests/a/test-one.c": "", "tests/a/test-two.py": "import helper", "tests/a/helper.py": "", "tests/a/test-lost.py": ""}
    targets = [{"filename": ["/b/one"], "target_sources": [{"sources": ["tests/a/test-one.c"]}]}]
    tests = [{"cmd": ["./one"], "env": {}}, {"cmd": ["python3", "/b/tests/a/test-two.py"], "env": {}}]
    run = {file.removeprefix("/b/") for file in run_files(pathlib.Path("/b"), tests, targets)}
    assert unregistered(files, run) == ["tests/a/test-lost.py: no test runs it"]


def load(build, name):
    return json.loads((build / "meson-info" / f"intro-{name}.json").read_text())


selftest()
source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
tests = load(build, "tests") + load(build, "benchmarks")
if not any("fuzz" in test["suite"][0] for test in tests):
    sys.exit(77)  # a build for fuzzing runs no targets as tests
run = {str((build / file).resolve()) for file in run_files(build, tests, load(build, "targets"))}
run = {str(pathlib.Path(file).relative_to(source)) for file in run if pathlib.Path(file).is_relative_to(source)}
files = {str(p.relative_to(source)): p.read_text() for p in sorted(source.glob("tests/*/*")) if p.suffix in (".c", ".py", ".sh")}
found = unregistered(files, run)
print("\n".join(found) or f"{len(files)} files, {len(tests)} tests")
sys.exit(1 if found or len(files) < 50 else 0)
