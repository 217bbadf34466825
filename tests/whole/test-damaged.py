#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A library whose index a bad disk has damaged: bytes of it, pages of it, its end. What a person asks is answered or refused with a message
that says what is wrong; nothing breaks, nothing is printed that a terminal obeys.

usage: test-damaged.py EARSHOT
"""
import pathlib, random, sys, tempfile

import numpy as np

import calls, earshot
from clean_text import clean

program, DAMAGES = sys.argv[1], 24
QUESTIONS = (["search"], ["search", "010*"], ["show", "@1"], ["status"], ["agent", "list"], ["verify"])


def damage(data, chance, kind):
    data, page = bytearray(data), 4096 * chance.randrange(len(data) // 4096)
    if kind == 0:
        for _ in range(chance.randint(1, 40)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == 1:  # one that holds something else
        other = 4096 * chance.randrange(len(data) // 4096)
        data[page:page + 4096] = data[other:other + 4096]
    elif kind == 2:
        data[page:page + 4096] = bytes(4096)
    elif kind == 3:
        del data[page + 100:]
    elif kind == 4:  # texts that turn into something else
        for at in range(len(data)):
            if data[at:at + 3] == b"010" and chance.random() < 0.2:
                data[at:at + 3] = chance.choice((b"\x1b[2", b"\xff\xfe\x80", b"\0\0\0"))
    else:
        data[:100] = bytes(chance.randrange(256) for _ in range(100))
    return bytes(data)


def ask(library, words):
    """Its status; it is one of those that it knows."""
    done = library.run(*words, status=None)
    assert done.returncode in range(0, 10), f"{words}: {done.returncode}\n{done.stderr}"
    assert "Sanitizer" not in done.stderr and "CRITICAL" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert done.returncode in (0, 3) or done.stderr.strip() or done.stdout.strip(), f"{words}: fails without a word"
    clean(done.stdout.replace("\r\n", "\n"), words)
    clean(done.stderr, words)
    return done


with tempfile.TemporaryDirectory() as name, earshot.Library(program) as library:
    voice = (6000 * np.sin(np.arange(16000) / 5)).astype(np.int16)
    calls.write(pathlib.Path(name) / "day.pcap", [calls.Call(n, 3.0 * n, f"0100{n}", "2001", voice, voice) for n in range(6)])
    library.run("record", "--pcap", pathlib.Path(name) / "day.pcap")
    library.run("agent", "add", "2001", "Mona")
    index = library.path / "index.sqlite"
    whole, chance, refused = index.read_bytes(), random.Random(5), 0
    for words in QUESTIONS:
        assert ask(library, words).returncode in (0, 3), words
    for n in range(DAMAGES):
        for beside in ("-wal", "-shm"):
            pathlib.Path(f"{index}{beside}").unlink(missing_ok=True)
        index.write_bytes(damage(whole, chance, n % 6))
        for words in QUESTIONS:
            done = ask(library, words)
            refused += "index.sqlite" in done.stderr
    print(f"{DAMAGES} damages, {refused} answers that name the file")
    assert refused > DAMAGES // 2, "nothing was damaged"
