# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The recorder's control group may have hardly more memory than it has: the kernel kills it, and it is started again."""
import os, pathlib, time

import bench, judge

TITLE = "out of memory (control group)"
BOUND_MS = 1000
GROUPS = pathlib.Path("/sys/fs/cgroup/memory")


def attempt(place):
    if not (GROUPS / "memory.limit_in_bytes").exists():
        return judge.Verdict(notes=["skipped: no memory control group"]), {"skipped": True}
    group = GROUPS / f"chaos-{os.getpid()}"
    group.mkdir()
    try:
        return squeeze(place, group)
    finally:
        time.sleep(0.2)  # until those that were killed have left it
        group.rmdir()


def squeeze(place, group):
    load, recorder = place.load(24, 6), bench.Supervised(place)
    (group / "cgroup.procs").write_text(str(recorder.recorder.process.pid))
    load.start()
    time.sleep(place.chance.uniform(1, 2))
    used = int((group / "memory.usage_in_bytes").read_text())
    (group / "memory.limit_in_bytes").write_text(str(used + 300_000))
    deadline = time.monotonic() + 2.5
    while not recorder.down and time.monotonic() < deadline:
        time.sleep(0.01)
    (group / "memory.limit_in_bytes").write_text("-1")
    if recorder.down and place.source == "sessions":
        load.stop()
    load.wait()
    time.sleep(0.5)
    recorder.stop()
    verdict = judge.judge(place.library, load.calls(), recorder.down)
    if any(status != -9 for status in recorder.statuses):
        verdict.disagree += 1
        verdict.note(f"it ended with {recorder.statuses}")
    return verdict, {"ended": len(recorder.statuses)}
