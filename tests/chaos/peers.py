# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recording clients that vanish without a word, while strangers send garbage, or, where only clients are allowed, flood the server with
messages and with packets for everybody's ports. The calls of good clients go on. (Where nobody is allowed by name, a stranger may
speak in the place of a client that has fallen silent: docs/decisions/0057.)"""
import itertools, socket, struct, threading, time

import bench, hostile_sip, judge, load

TITLE = "recording clients vanish, flood, send garbage"
BOUND_MS = 100
SOURCES = ["sessions"]
RECORD = "media_timeout=2s\nidle_timeout=3s\n"
STRANGER = "127.0.0.66"


class Strangers(threading.Thread):
    """Each 10 ms a message that is broken and packets for so many ports."""

    def __init__(self, seed, ports):
        super().__init__(daemon=True)
        self.ports, self.hostile, self.over = ports, hostile_sip.Hostile(seed, load.Sessions.SERVER), threading.Event()
        self.start()

    def run(self):
        host, port = load.Sessions.SERVER.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind((STRANGER, 5060))
            for n in itertools.count():
                if self.over.wait(0.01):
                    return
                out.sendto(self.hostile.message("udp").data[:65000], (host, int(port)))
                for media in range(20000, 20000 + 2 * self.ports, 2):
                    out.sendto(struct.pack(">BBHII", 0x80, 0, n & 0xFFFF, 160 * n & 0xFFFFFFFF, n % 7) + bytes(160), (host, media))


def attempt(place):
    flood = place.chance.random() < 0.5
    if flood:
        with open(place.library.path / "earshot.conf", "a") as config:  # whose last group is [siprec]
            config.write(f"allow={load.Sessions.CLIENT}\n")
    good, leaving, recorder = place.load(8, 6), place.load(8, 6, first=500), bench.Supervised(place)
    good.start()
    leaving.start()
    time.sleep(1)
    strangers = Strangers(place.chance.random(), 50 if flood else 0)
    time.sleep(place.chance.uniform(1, 2))
    leaving.stop()
    good.wait()
    strangers.over.set()
    strangers.join()
    time.sleep(1)
    ours = {call.call_id for call in leaving.calls()}
    deadline = time.monotonic() + 8
    while not ours <= place.rows() and time.monotonic() < deadline:
        time.sleep(0.05)
    unended = len(ours - place.rows())
    recorder.stop()
    verdict = judge.judge(place.library, good.calls() + leaving.calls(), recorder.down, killed=False)
    if unended:
        verdict.rows_lost += unended
        verdict.note(f"{unended} calls of a client that vanished did not end by themselves")
    if recorder.statuses:
        verdict.disagree += 1
        verdict.note(f"it ended with {recorder.statuses}")
    return verdict, {}
