#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Statements of SQL and words of the coaching page that nothing asks for are gone, and both languages have the same words.

A name may be put together from a beginning and a value ("walk-", then how calls are sorted; "gap-", then the reason); then the
beginning stands in the code. The check first proves that it can fail.
"""
import pathlib, re, sys


def unused(names, code):
    """code: the text of all files that may ask for a name, in quotes of C or JavaScript."""
    asked = set(re.findall(r"[\"'`]([\w-]+)(?=[\"'`]|\$\{)", code))
    starts = tuple(word for word in asked if word.endswith("-"))
    return [name for name in names if name not in asked and not name.startswith(starts)]


def selftest():
    code = """get("one"); g_strconcat("walk-", plan, NULL); t('two') ?? words[`why-${x}`]; // three"""
    assert unused(["one", "two", "three", "walk-score", "why-not", "walked"], code) == ["three", "walked"]


def text(root, *patterns):
    return "\n".join(p.read_text() for pattern in patterns for p in sorted(root.glob(pattern)))


def main():
    selftest()
    root = pathlib.Path(sys.argv[1])
    statements = re.findall(r"^-- @(\S+)", text(root, "index/sql/*.sql"), re.M)
    bad = [f"index/sql: nothing asks for {name}" for name in unused(statements, text(root, "index/*.c"))]
    english, arabic = (re.findall(r"^([\w-]+)=", part, re.M)
                       for part in re.split(r"^\[\w+\]$", text(root, "qa/words.ini"), flags=re.M)[1:])
    bad += [f"qa/words.ini: nothing asks for {name}" for name in unused(english, text(root, "qa/*.c", "qa/page/*.js"))]
    bad += [f"qa/words.ini: {name} is in one language only" for name in sorted(set(english) ^ set(arabic))]
    bad += [f"qa/words.ini: {name} comes twice" for name in sorted({n for n in english if english.count(n) > 1})]
    print("\n".join(bad) or f"{len(statements)} statements, {len(english)} words")
    sys.exit(1 if bad or len(statements) < 100 or len(english) < 80 else 0)


main()
