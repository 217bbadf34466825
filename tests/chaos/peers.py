# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recording clients that vanish without a word, and strangers that flood the server with messages and packets or send garbage, while the
calls of good clients go on."""
import socket, struct, threading, time

import bench, hostile_sip, judge, load

TITLE = "recording clients vanish, flood, send garbage"
BOUND_MS = 100
SOURCES = ["sessions"]
RECORD = "media_timeout=2s\n"
STRANGER = "127.0.0.66"


class Strangers(threading.Thread):
    """Messages that are broken and packets for everybody's ports, as fast as one thread sends them."""

    def __init__(self, seed):
        super().__init__(daemon=True)
        self.hostile, self.over = hostile_sip.Hostile(seed, load.Sessions.SERVER), threading.Event()
        self.start()

    def run(self):
        host, port = load.Sessions.SERVER.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind((STRANGER, 5060))
            for n in range(10 ** 9):
                if self.over.is_set():
                    return
                out.sendto(self.hostile.message("udp").data[:65000], (host, int(port)))
                for port_number in range(20000, 20100, 2):
                    out.sendto(struct.pack(">BBHII", 0x80, 0, n & 0xFFFF, 160 * n & 0xFFFFFFFF, n % 7) + bytes(160), (host, port_number))


def attempt(place):
    good, leaving, recorder = place.load(8, 6), place.load(8, 6, first=500), bench.Supervised(place)
    good.start()
    leaving.start()
    time.sleep(1)
    strangers = Strangers(place.chance.random()) if place.chance.random() < 0.7 else None
    time.sleep(place.chance.uniform(1, 2))
    leaving.stop()
    good.wait()
    if strangers:
        strangers.over.set()
        strangers.join()
    time.sleep(2.5)
    ours = {call.call_id for call in leaving.calls()}
    deadline = time.monotonic() + 5
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
