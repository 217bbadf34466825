#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What a header declares is called from a second file: else it is static, or gone.

Tests count as callers: a function may be there so that its promise can be tested. The check first proves that it can fail.
"""
import pathlib, re, sys

FOLDERS = ["common", "encode", "index", "wire", "journal", "capture", "import", "qa", "service", "cli"]
# A declaration begins in the first column and its name is the word before the first bracket.
DECLARED = re.compile(r"^(?!typedef|static|#|//|\}|G_DEFINE)[A-Za-z][\w \*]*?\**\b(\w+)\(", re.M)
COMMENT = re.compile(r"//[^\n]*")


def unused(headers, sources):
    bad, words = [], [set(re.findall(r"\w+", text)) for text in sources.values()]
    for path, text in headers.items():
        text = COMMENT.sub("", text)
        for name in DECLARED.findall(text):
            macro = len(re.findall(rf"\b{name}\b", text)) > 1  # a cleanup, a constant
            if not macro and sum(name in file for file in words) < 2:
                bad.append(f"{path}: {name} is used in one file at most")
    return bad


def selftest():
    header = {"a.h": "char *es_one(int x);\nconst Foo *es_two(void); // es_one\nvoid es_free(Foo *f);\n"
                     "G_DEFINE_AUTOPTR_CLEANUP_FUNC(Foo, es_free)\n"}
    assert unused(header, {"a.c": "es_one es_two", "b.c": "es_two // es_one".split("//")[0]}) == \
        ["a.h: es_one is used in one file at most"]


def read(root, pattern):
    return {str(p.relative_to(root)): COMMENT.sub("", p.read_text()) for p in sorted(root.glob(pattern))}


selftest()
source = pathlib.Path(sys.argv[1])
headers, sources = read(source, "include/earshot/*/*.h"), {}
for folder in FOLDERS:
    headers |= read(source, f"{folder}/*.h")
    sources |= read(source, f"{folder}/*.c")
sources |= read(source, "tests/*/*.c")
found = unused(headers, sources)
print("\n".join(found) or f"{len(headers)} headers")
sys.exit(1 if found or len(headers) < 40 else 0)
