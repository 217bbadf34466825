# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The disk answers with errors for seconds: writes or flushes, everywhere or of some files alone."""
import errno

TITLE = "disk errors (EIO) for seconds"
BOUND_MS = 1000


def attempt(place):
    place.use_disk()
    only = place.chance.choice(["", "index.sqlite", "/spool/", "/recordings/"])
    what = place.chance.choice([{"write_error": errno.EIO}, {"flush_error": errno.EIO}, {"write_error": errno.EIO, "flush_error": errno.EIO}])
    return place.survive(12, 8, lambda _: place.use_disk(only=only, **what), lambda _: place.use_disk(), place.chance.uniform(1, 3),
                         place.chance.uniform(1, 3))
