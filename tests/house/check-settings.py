#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The keys of earshot.conf: those that are accepted, read, documented and shown in the library's own earshot.conf are the same ones.

The accepted ones stand in one table of capture/settings.c. The check first proves that it can fail.
"""
import pathlib, re, sys

READERS = ["capture/*.c", "service/*.c", "encode/recording-settings.c"]


def accepted(text):
    """{"record": {"bitrate", …}, "map ": …} of the table KNOWN."""
    table = re.search(r"\} KNOWN\[\] = \{(.*?)\n\};", text, re.S)[1]
    return {group: set(re.findall(r'"([^"]+)"', keys)) for group, keys in re.findall(r'\{"([a-z ]+)",\s*\{([^}]*)\}', table)}


def documented(text):
    """Headings like "## [map NAME]" and the first column of the tables whose heading says "key"."""
    found = {}
    for title, body in re.findall(r"^## \[([^\]]+)\]\n(.*?)(?=^## |\Z)", text, re.M | re.S):
        keys = found.setdefault(re.sub(r"[A-Z]+$", "", title), set())
        for table in re.findall(r"^\| key \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", body, re.M):
            for row in table.splitlines():
                keys.update(re.findall(r"`(\w+)`", row.split("|")[1]))
    return found


def shown(text):
    """Groups and keys of the commented configuration, those in comments included."""
    found, keys = {}, set()
    for line in text.splitlines():
        if group := re.fullmatch(r"#?\[(\w+ ?)[^\]]*\]", line):
            keys = found.setdefault(group[1], set())
        elif key := re.match(r"#(\w+)=", line):
            keys.add(key[1])
    return found


def differences(name, one, other):
    pairs = lambda groups: {(g, k) for g, keys in groups.items() for k in keys}
    return [f"{name}: [{g}] {k} is {'missing' if (g, k) in pairs(one) else 'not a key'}" for g, k in sorted(pairs(one) ^ pairs(other))]


def selftest():
    known = accepted('} KNOWN[] = {\n    {"a", {"b", "c"}},\n    {"map ", {"d"}},\n};')
    assert known == {"a": {"b", "c"}, "map ": {"d"}}, known
    page = documented("## [a]\n\n| key | means |\n|---|---|\n| `b`, `c` | `x` |\n\n## [map NAME]\n\n| key |\n|---|\n| `e` |\n## End\n")
    assert differences("p", known, page) == ["p: [map ] d is missing", "p: [map ] e is not a key"], page
    assert shown("[a]\n#b=1\n# of c\n#[map x]\n#d=2") == {"a": {"b"}, "map ": {"d"}}


def main():
    selftest()
    root = pathlib.Path(sys.argv[1])
    known = accepted((root / "capture/settings.c").read_text())
    bad = differences("docs/configuration.md", known, documented((root / "docs/configuration.md").read_text()))
    example = shown((root / "service/earshot.conf").read_text())
    bad += differences("service/earshot.conf", known, example)
    code = "".join(p.read_text() for pattern in READERS for p in root.glob(pattern))
    code = re.sub(r"\} KNOWN\[\] = \{.*?\n\};", "", code, flags=re.S)
    bad += [f"capture/settings.c: nothing reads [{g}] {k}" for g, keys in known.items() for k in keys if f'"{k}"' not in code]
    print("\n".join(bad) or f"{sum(map(len, known.values()))} keys")
    sys.exit(1 if bad or len(known) < 6 else 0)


main()
