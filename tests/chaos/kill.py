# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at a random moment of a few seconds of calls, in a third of the runs again while the next one repairs, then a start that must
repair everything by itself and record what comes. Calls on a wire go on meanwhile; a recording client hangs up without a word."""
import time

import judge

TITLE = "kill -9 at any moment"
CALLS, SECONDS = 12, 4.5
BOUND_MS = 1000


def repaired(place, sent, fault):
    """Waits until all calls that were open have their rows; returns after how long."""
    began = time.monotonic()
    want = {call.call_id for call in sent if call.invited < fault - judge.LATEST_S}
    while not want <= place.rows() and time.monotonic() < began + 20:
        time.sleep(0.02)
    return 1000 * (time.monotonic() - began)


def attempt(place):
    load, recorder = place.load(CALLS, SECONDS), place.recorder()
    load.start()
    time.sleep(place.chance.uniform(0.2, SECONDS))
    fault = recorder.kill()
    if place.source == "sessions":
        load.stop()
    for _ in range(place.chance.choice([0, 0, 1, 3])):
        again = place.recorder(wait=False)
        time.sleep(place.chance.uniform(0, 0.6))
        again.kill()
    recorder = place.recorder()
    recovery_ms = 1000 * (recorder.ready - recorder.began) + repaired(place, load.calls(), fault)
    down = [(fault, recorder.ready)]
    sent = []
    if place.source == "sessions":
        sent += load.calls()
        load = place.load(4, 0.5, first=1000)
        load.start()
    load.wait()
    time.sleep(0.3)
    recorder.stop()
    verdict = judge.judge(place.library, sent + load.calls(), down)
    return verdict, {"recovery_ms": round(recovery_ms)}
