# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The clock is set forward and back by hours while calls go on."""
import mmap, struct

TITLE = "clock set forward and back by hours"
BOUND_MS = 100
SOURCES = ["wire"]  # tests/whole/set-clock.c moves the stamps of packets too


def attempt(place):
    path = place.folder / "clock"
    path.write_bytes(bytes(8))
    path.chmod(0o644)
    place.environment = {"LD_PRELOAD": place.tools.clock, "SET_CLOCK": str(path)}
    sign = place.chance.choice([-1, 1])

    def set_by(hours):
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 8) as clock:
            clock[:] = struct.pack("q", int(hours * 3600e6))

    hours = sign * place.chance.uniform(1, 30)
    return place.survive(12, 7, lambda _: set_by(hours), lambda _: set_by(hours - sign * place.chance.uniform(0.5, 40)), place.chance.uniform(1, 3),
                         place.chance.uniform(0.5, 2))
