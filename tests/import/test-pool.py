#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The threads of an import under ThreadSanitizer: every item comes through once, no data race, stopping and giving up end it."""
import subprocess, sys


def run(threads, items, stop_after):
    done = subprocess.run([sys.argv[1], str(threads), str(items), str(stop_after)], capture_output=True, text=True, timeout=60)
    if "ThreadSanitizer: unsupported" in done.stderr or "unexpected memory mapping" in done.stderr:
        print(done.stderr)
        sys.exit(77)
    assert (done.returncode, done.stderr) == (0, ""), done
    return tuple(map(int, done.stdout.split()))


for threads in (1, 2, 8):
    assert run(threads, 3000, 9999) == (3000, 2000, 2000)
    taken, stored, claimed = run(threads, 3000, 500)  # what was begun when it stopped still comes
    assert 500 <= taken < 3000 and stored == claimed, (taken, stored, claimed)
    taken, stored, claimed = run(threads, 3000, -500)  # nobody takes any more
    assert taken == 500, taken
