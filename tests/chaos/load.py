# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What recorders are given to hear, and when each piece of it arrived. Two kinds of load, one look: `calls()` gives the truth."""
import dataclasses, pathlib, signal, struct, subprocess, time
import numpy as np

import calls as made
import voice


@dataclasses.dataclass
class Sent:
    """A call as it was sent. Times are seconds since the epoch by the real clock, None: that did not happen."""
    call_id: str
    voices: list          # what each side says, packet by packet
    invited: float
    answered: float = None
    ended: float = None   # BYE
    refused: int = None   # status, when the recorder did not take it
    packets: list = dataclasses.field(default_factory=lambda: [np.zeros(0)] * 2)  # when each packet of each voice was sent


class Wire:
    """Calls between phones that are seen on a wire: SIP and G.711 as frames out of an interface. They begin and end at random."""

    def __init__(self, folder, program, number, seconds, chance, interface="v1"):
        self.folder, self.program, self.interface = pathlib.Path(folder), program, interface
        self.seconds, self.process, self.voices = seconds, None, []
        self.made = [self.make(n, chance) for n in range(number)]
        made.write(self.folder / "calls.pcap", self.made)
        self.read()

    def make(self, n, chance):
        start = chance.uniform(0, self.seconds * 0.6)
        packets = int(50 * chance.uniform(0.2, 1) * (self.seconds - start - 0.3))
        self.voices.append([voice.Voice(n, side, packets) for side in (0, 1)])
        return made.Call(n, start, f"0100{n:07d}", "2001", *(each.samples for each in self.voices[n]))

    def read(self):
        """Of each frame of the capture: which call, and which packet of which side; -1: signalling."""
        data, at, self.frames = (self.folder / "calls.pcap").read_bytes(), 24, []
        by_address = {call.addresses[side][0]: (call, side) for call in self.made for side in (0, 1)}
        while at < len(data):
            length = struct.unpack_from("<I", data, at + 8)[0]
            frame = data[at + 16:at + 16 + length]
            call, side = by_address[frame[26:30]]
            rtp = frame[42] == 0x80
            self.frames.append((call, side, (struct.unpack_from(">H", frame, 44)[0] - 1000) & 0xFFFF if rtp else -1, b"" if rtp else frame[42:60]))
            at += 16 + length

    def start(self):
        self.process = subprocess.Popen([self.program, self.interface, self.folder / "calls.pcap", self.folder / "sent"])

    def wait(self):
        assert self.process.wait(timeout=self.seconds + 60) == 0

    def stop(self):
        self.process.kill()
        self.process.wait()

    def calls(self):
        sent = np.fromfile(self.folder / "sent", "<i8") / 1e6
        found = {call.number: Sent(call.call_id, self.voices[call.number], None) for call in self.made}
        for call in self.made:
            found[call.number].packets = [np.zeros(len(v.tones)) for v in self.voices[call.number]]
        for (call, side, n, head), at in zip(self.frames, sent):
            this = found[call.number]
            if at == 0:
                continue
            if n >= 0:
                this.packets[side][n] = at
            elif head.startswith(b"INVITE"):
                this.invited = at
            elif head.startswith(b"SIP/2.0 200") and this.answered is None:
                this.answered = at
            elif head.startswith(b"BYE"):
                this.ended = at
        return [this for this in found.values() if this.invited]


class Sessions:
    """Recording sessions of a client (tests/bench/siprec-load), all open until the load is stopped."""
    CLIENT, SERVER = "127.0.0.20", "127.0.0.30:5060"
    STEP = 4001  # packets by which one call's place in the voices is behind the other's

    def __init__(self, folder, program, number, seconds, first=1):
        self.folder, self.program, self.number, self.seconds, self.first = pathlib.Path(folder), program, number, seconds, first
        self.length = 6000
        self.voices = [voice.Voice(0, side, self.length) for side in (0, 1)]
        for side in (0, 1):
            (self.folder / f"{side}.ulaw").write_bytes(made.ulaw(self.voices[side].samples).tobytes())

    def start(self):
        self.log = open(self.folder / f"sessions-{self.first}", "w+")
        self.process = subprocess.Popen([self.program, self.CLIENT, self.SERVER, str(self.number), str(self.seconds), "100", self.folder / "0.ulaw",
                                         self.folder / "1.ulaw", str(self.first)], stdout=self.log)

    def wait(self):
        assert self.process.wait(timeout=self.seconds + 120) == 0
        self.stopped = None

    def stop(self):
        """Vanishes: no BYE. What was sent until now is known."""
        self.stopped = time.time()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=10) == 0

    def calls(self):
        self.log.seek(0)
        found = []
        for line in self.log.read().splitlines()[:-1]:
            number, invited, answered, bye, bye_answered, status, first, second, _, latest, *_ = line.split()
            if float(invited) == 0:
                continue
            place = (int(number) - self.first) * self.STEP % self.length
            voices = [each.part(place, int(n)) for each, n in zip(self.voices, (first, second))]
            this = Sent(f"load-{number}", voices, float(invited), float(answered) or None, float(bye) or None,
                        int(status) if int(status) >= 300 else None)
            # Sent every 20 ms; the last one a moment before what it says.
            this.packets = [float(latest) - 0.02 * np.arange(int(n) - 1, -1, -1) for n in (first, second)]
            found.append(this)
        return found
