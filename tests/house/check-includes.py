#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include to the direction of dependencies: cli → service → {capture, import, qa} → {wire, journal, encode, index} → common.

wire knows the codecs of encode; index and encode do not know each other, nor do capture, import and qa; a folder reaches another only through its public headers;
sqlite3.h has one owner. The check first proves on made-up lines that it can fail.
"""
import pathlib, re, sys

BELOW = {
    "common": set(),
    "encode": {"common"},
    "index": {"common"},
    "wire": {"encode", "common"},
    "journal": {"common"},
    "capture": {"wire", "journal", "encode", "index", "common"},
    "import": {"encode", "index", "common"},
    "qa": {"encode", "index", "common"},
    "service": {"capture", "import", "qa", "wire", "journal", "encode", "index", "common"},
    "cli": {"service", "common"},
}
OWNED = {"sqlite3.h": ("index", 1), "sqlite3ext.h": ("index", 1), "pcap/pcap.h": ("capture", 2)}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def complaint(folder, public, line):
    match = INCLUDE.match(line)
    if not match:
        return None
    quote, path = match.groups()
    if path in OWNED and OWNED[path][0] != folder:
        return f"{path} belongs to {OWNED[path][0]}/"
    if path.startswith("earshot/"):
        target = path.split("/")[1]
        if target != folder and target not in BELOW[folder]:
            return f"{folder}/ may not know {target}/"
        return None
    if quote == '"' and "/" in path:
        return f"{path}: reach other folders through earshot/<folder>/, own files by name"
    return None


def selftest():
    assert complaint("encode", False, '#include "earshot/index/call.h"')
    assert complaint("index", False, '#include "earshot/encode/file.h"')
    assert complaint("capture", False, '#include "earshot/qa/rubric.h"')
    assert complaint("import", False, '#include "earshot/capture/capture.h"')
    assert complaint("cli", False, '#include "earshot/index/index.h"')
    assert complaint("common", False, '#include "../index/db.h"')
    assert complaint("qa", False, "#include <sqlite3.h>")
    assert not complaint("service", False, '#include "earshot/qa/rubric.h"')


def main():
    selftest()
    root, bad, read = pathlib.Path(sys.argv[1]), [], 0
    owners = {}
    for folder in BELOW:
        files = [*(root / folder).rglob("*.[ch]"), *(root / "include/earshot" / folder).rglob("*.h")]
        for file in files:
            read += 1
            for number, line in enumerate(file.read_text().splitlines(), 1):
                problem = complaint(folder, "include" in file.parts, line)
                if problem:
                    bad.append(f"{file.relative_to(root)}:{number}: {problem}")
                match = INCLUDE.match(line)
                if match and match.group(2) in OWNED:
                    owners.setdefault(match.group(2), set()).add(str(file.relative_to(root)))
    for header, files in owners.items():
        if len(files) > OWNED[header][1]:
            bad.append(f"{header} is included by {len(files)} files: {', '.join(sorted(files))}")
    print("\n".join(bad) or f"{read} files, every include points down")
    sys.exit(1 if bad or read < 10 else 0)


main()
