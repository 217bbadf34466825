# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The recorder may open no more files than it has open, for a while: by its own limit, or since the machine has no more (ENFILE)."""
import os, resource

TITLE = "out of descriptors"
BOUND_MS = 100


def of_process(place):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = lambda recorder, soft: resource.prlimit(recorder.process.pid, resource.RLIMIT_NOFILE, (soft, most))
    used = lambda recorder: max(map(int, os.listdir(f"/proc/{recorder.process.pid}/fd"))) + 1
    return lambda recorder: limit(recorder, used(recorder)), lambda recorder: limit(recorder, most)


def of_machine(place):
    place.use_disk()
    return lambda _: place.use_disk(no_files=1), lambda _: place.use_disk()


def attempt(place):
    begin, end = place.chance.choice([of_process, of_machine])(place)
    return place.survive(16, 7, begin, end, place.chance.uniform(0.5, 2.5), place.chance.uniform(1, 2))
