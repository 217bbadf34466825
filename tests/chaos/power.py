# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Power loss: one recorder's changes to its library are logged, and the disk is laid out as it may have been at random moments. On each of
these images a recorder is started, which must repair everything by itself."""
import copy, os, pathlib, tempfile, time

import image, judge

TITLE = "power loss"
BOUND_MS = 1000
CALLS, SECONDS, IMAGES = 12, 4.5, 8


def logged_run(place):
    """Returns what was sent, the disk before it and the log of its changes."""
    log = place.folder / "disk.log"
    start = image.Start.of(place.library.path)
    place.environment = {"LD_PRELOAD": place.tools.disk, "DISK_ROOT": str(place.library.path), "DISK_LOG": str(log)}
    load, recorder = place.load(CALLS, SECONDS), place.recorder()
    load.start()
    load.wait()
    time.sleep(place.chance.uniform(0, 1.5))
    recorder.stop()
    place.environment = {}
    changes = image.read_log(log)
    image.prove(start, changes)
    return load.calls(), start, changes


def moment(chance, log):
    """When the power fails, as a time and a place in the log: any time is as likely as any change."""
    if chance.random() < 0.5:
        at = chance.randrange(1, len(log))
        return log[at - 1].time, at
    time_s = chance.uniform(log[0].time, log[-1].time)
    return time_s, sum(change.time <= time_s for change in log)


def start_on(place, folder, verdict):
    """A recorder on an image; returns how long it took to be ready."""
    place.library = copy.copy(place.library)
    place.library.path = pathlib.Path(folder) / "library"
    recorder = place.recorder()
    ready_ms = 1000 * (recorder.ready - recorder.began)
    deadline = time.monotonic() + 10
    while judge.repairing(place.library) and time.monotonic() < deadline:
        time.sleep(0.02)
    recorder.stop()
    return ready_ms


def attempt(place):
    sent, start, log = logged_run(place)
    verdict, slowest_ms = judge.Verdict(), 0
    for n in range(IMAGES):
        at_s, at = moment(place.chance, log)
        with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
            image.Image(start, log, at, place.chance).write(folder + "/library")
            before = len(verdict.notes)
            slowest_ms = max(slowest_ms, start_on(place, folder, verdict))
            judge.judge(place.library, [call for call in sent if call.invited < at_s], [(at_s, float("inf"))], verdict)
            verdict.notes[before:] = [f"image {n}, cut at {at} of {len(log)}: {note}" for note in verdict.notes[before:]]
    return verdict, {"recovery_ms": round(slowest_ms), "images": IMAGES}
