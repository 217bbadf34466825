# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The same for a minute; too long for CI."""
import locked

TITLE = "index locked by another process for a minute"
BOUND_MS = locked.BOUND_MS


def attempt(place):
    return locked.attempt(place, 60)
