# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The index is locked by another process, longer than anybody waits for it."""
import sqlite3

TITLE = "index locked by another process"
BOUND_MS = 1000


def attempt(place, locked_s=8):
    def lock(_):
        place.other = sqlite3.connect(place.library.path / "index.sqlite", isolation_level=None)
        place.other.execute("BEGIN IMMEDIATE")

    return place.survive(12, locked_s + 4, lock, lambda _: place.other.close(), 2, locked_s)
