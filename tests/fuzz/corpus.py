#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Packs what fuzzing found into one file per target, and unpacks it again. corpus.py pack FOLDER FILE [BYTES] | unpack FILE FOLDER

A file of inputs holds, for each, its length (four bytes, the highest first) and its bytes. Packing takes the
smallest inputs first and ends before the file grows beyond BYTES.
"""
import hashlib, pathlib, struct, sys

MOST_BYTES = 24_000


def pack(folder, file, most=MOST_BYTES):
    inputs = sorted({p.read_bytes() for p in pathlib.Path(folder).iterdir() if p.is_file()}, key=lambda data: (len(data), data))
    packed = b""
    for data in inputs:
        if len(packed) + 4 + len(data) > most:
            break
        packed += struct.pack(">I", len(data)) + data
    pathlib.Path(file).write_bytes(packed)


def inputs(file):
    packed = pathlib.Path(file).read_bytes()
    while packed:
        length, = struct.unpack_from(">I", packed)
        assert 4 + length <= len(packed), f"{file} ends in the middle of an input"
        yield packed[4:4 + length]
        packed = packed[4 + length:]


def unpack(file, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for data in inputs(file):
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)  # libFuzzer's own names


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "unpack":
        unpack(*sys.argv[2:])
    elif len(sys.argv) in (4, 5) and sys.argv[1] == "pack":
        pack(*sys.argv[2:4], *map(int, sys.argv[4:]))
    else:
        sys.exit(__doc__)
