# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A disk on which each flush takes seconds, or each write a good part of one."""

TITLE = "slow disk"
BOUND_MS = 1000


def attempt(place):
    place.use_disk()
    what = place.chance.choice([{"flush_ms": 2000}, {"flush_ms": 500, "write_ms": 20}, {"write_ms": 100}])
    return place.survive(16, 9, lambda _: place.use_disk(**what), lambda _: place.use_disk(), place.chance.uniform(1, 3), place.chance.uniform(2, 4))
