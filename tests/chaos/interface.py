# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The interface goes down and comes up again; what came meanwhile never arrived."""
import subprocess, time

TITLE = "interface down and up"
BOUND_MS = 200  # around the moment at which it changes
SOURCES = ["wire"]


def attempt(place):
    moments = []

    def turn(way):
        moments.append(time.time())
        subprocess.run(["ip", "link", "set", "v0", way], check=True)

    return place.survive(12, 7, lambda _: turn("down"), lambda _: turn("up"), place.chance.uniform(1, 3), place.chance.uniform(0.5, 2),
                         heard=lambda times: (times < moments[0] - 0.05) | (times > moments[1] + 0.2))
