# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls on a wire in real time, a recorder that is killed, and a run that recovers what it left."""
import socket, struct, threading, time

import pace

NOTHING = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)  # a capture without packets: such a run waits until all is recovered
BEFORE_S = 1  # of the kill: what the recorder waited for a processor in that time is not its own fault


class Wire(threading.Thread):
    """Sends frames out of an interface at their times until the recorder is killed; then sent tells how many RTP packets each SSRC
    had, worst_s by how much a frame was late, and slack_s and slack_all_s how long the recorder waited for a processor, lately and ever."""

    def __init__(self, interface, frames):
        super().__init__()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))
        self.frames, self.sent, self.cut, self.worst_s = sorted(frames, key=lambda item: item[0]), {}, False, 0
        self.waited, self.slack_s, self.slack_all_s = {}, 0, 0
        self.began = time.monotonic()
        self.start()

    def run(self):
        with pace.first():
            for at, frame in self.frames:
                time.sleep(max(0, self.began + at - time.monotonic()))
                if self.cut:
                    return
                self.socket.send(frame)
                self.worst_s = max(self.worst_s, time.monotonic() - self.began - at)
                if frame[42] == 0x80:
                    ssrc = frame[50:54].hex()
                    self.sent[ssrc] = self.sent.get(ssrc, 0) + 1

    def until(self, at, recorder):
        """Until that time, at which the recorder is to be killed."""
        time.sleep(max(0, self.began + at - BEFORE_S - time.monotonic()))
        self.waited = pace.waited_s(recorder.process.pid)
        time.sleep(max(0, self.began + at - time.monotonic()))


def kill(recorder, wire):
    waited = pace.waited_s(recorder.process.pid)
    wire.slack_s = max(waited[task] - wire.waited.get(task, 0) for task in waited)
    wire.slack_all_s = max(waited.values())
    wire.cut = True  # what is sent after that, nobody needs to have written
    recorder.process.kill()
    recorder.process.wait()
    wire.join()
