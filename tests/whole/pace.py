# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What makes tests of time independent of how busy the machine is: senders come first, and a recorder's waiting is known."""
import contextlib, os, pathlib


@contextlib.contextmanager
def first():
    """This thread takes its processor before others where it may, so that what it sends leaves at its time."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def waited_s(pid):
    """For how long each thread of a process was ready and had no processor so far (proc(5), schedstat)."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
    return found
