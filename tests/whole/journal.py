# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls on a wire in real time, a recorder that is killed, and a run that recovers what it left."""
import socket, struct, threading, time

NOTHING = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)  # a capture without packets: such a run waits until all is recovered


class Wire(threading.Thread):
    """Sends frames out of an interface at their times until it is cut; then sent tells how many RTP packets each SSRC had."""

    def __init__(self, interface, frames):
        super().__init__()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))
        self.frames, self.sent, self.cut = sorted(frames, key=lambda item: item[0]), {}, False
        self.began = time.monotonic()
        self.start()

    def run(self):
        for at, frame in self.frames:
            time.sleep(max(0, self.began + at - time.monotonic()))
            if self.cut:
                return
            self.socket.send(frame)
            if frame[42] == 0x80:
                ssrc = frame[50:54].hex()
                self.sent[ssrc] = self.sent.get(ssrc, 0) + 1

    def until(self, at):
        time.sleep(max(0, self.began + at - time.monotonic()))


def kill(recorder, wire):
    recorder.process.kill()
    recorder.process.wait()
    wire.cut = True
    wire.join()
