# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The disk is full for seconds, then has room again."""
import contextlib

TITLE = "disk full and freed"
BOUND_MS = 1000
DISK = "12m"


def attempt(place):
    fills = place.mount / "fills"

    def fill(_):
        with fills.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while out.write(bytes(4096)):
                pass

    return place.survive(16, 8, fill, lambda _: fills.unlink(), place.chance.uniform(1, 3), place.chance.uniform(1, 3))
