# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The recorder may open no more files than it has open, for a while."""
import os, resource

TITLE = "out of descriptors"
BOUND_MS = 1000


def attempt(place):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = lambda recorder, soft: resource.prlimit(recorder.process.pid, resource.RLIMIT_NOFILE, (soft, most))
    used = lambda recorder: max(map(int, os.listdir(f"/proc/{recorder.process.pid}/fd"))) + 1
    return place.survive(16, 7, lambda r: limit(r, used(r)), lambda r: limit(r, most), place.chance.uniform(0.5, 2.5), place.chance.uniform(1, 2))
