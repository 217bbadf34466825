# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The file system is read-only for seconds, as after an error that the kernel found, until somebody mends it."""
import errno

TITLE = "file system read-only for seconds"
BOUND_MS = 1000


def attempt(place):
    place.use_disk()
    only = place.chance.choice(["", "", "index.sqlite"])
    return place.survive(12, 8, lambda _: place.use_disk(write_error=errno.EROFS, create_error=errno.EROFS, only=only), lambda _: place.use_disk(),
                         place.chance.uniform(1, 3), place.chance.uniform(1, 3))
