#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls spread over threads, under ThreadSanitizer: every packet of a call comes once and in its order, looks and failures come back, no data race."""
import os, subprocess, sys, tempfile


def run(threads, calls, packets, *spool):
    done = subprocess.run([sys.argv[1], str(threads), str(calls), str(packets), *spool], capture_output=True, text=True, timeout=100,
                          env=dict(os.environ, G_SLICE="always-malloc"))  # GLib's slices pass memory on in ways that the sanitizer does not see
    if "ThreadSanitizer: unsupported" in done.stderr or "unexpected memory mapping" in done.stderr:
        print(done.stderr)
        sys.exit(77)
    assert (done.returncode, done.stderr) == (0, ""), done
    *rows, total = [line.split() for line in done.stdout.splitlines()]
    return rows, tuple(map(int, total))


first = None
for threads in (0, 1, 2, 5):
    with tempfile.TemporaryDirectory() as spool:  # with a journal, which then tells the same again
        rows, (taken, looks, failed) = run(threads, 20, 1000, *([spool] if threads in (0, 2) else []))  # some 18 MB: the rings of 4 MB go round
    assert len(rows) == 20 and taken == 20, (len(rows), taken)
    assert all(int(packets) == 1000 and told == heard for packets, told, heard in rows), rows
    assert len({told for _, told, _ in rows}) == 20 and (first or rows) == rows
    assert looks == 20 and failed == 3, (looks, failed)
    first = rows

# Queues that are full at once: most of it goes by the journal, and back again.
for queue in ((1 << 18,), (1 << 16,), (1 << 14,), (1 << 16, "later")):
    with tempfile.TemporaryDirectory() as spool:
        rows, (taken, _, failed) = run(2, 20, 1000, spool, *map(str, queue))
    assert (rows, taken, failed) == (first, 20, 3), (queue, [r for r in zip(rows, first) if r[0] != r[1]], taken, failed)
