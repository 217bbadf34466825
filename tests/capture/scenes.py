# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls made by hand for the tests of capture/: a Scene collects packets, a Talk writes the messages and voices of one
call into it, run() records the capture into a library of its own and gives the rows."""
import json, pathlib, subprocess, sys
import numpy as np
import make_capture as make
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import ledger

EPOCH = 1_760_000_000
STEP = 0.02  # seconds of a voice packet


def ulaw(samples):
    """ITU-T G.711 µ-law of 16-bit samples."""
    x = np.clip(samples.astype(np.int32), -32635, 32635)
    sign, magnitude = (x < 0).astype(np.uint8) << 7, np.abs(x) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    return (~(sign | (exponent.astype(np.uint8) << 4) | mantissa.astype(np.uint8)) & 0xFF).astype(np.uint8).tobytes()


def alaw(samples):
    """ITU-T G.711 A-law of 16-bit samples."""
    x = samples.astype(np.int32) >> 3
    sign = np.where(x >= 0, 0x80, 0).astype(np.int32)
    magnitude = np.minimum(np.where(x >= 0, x, -x - 1), 4095)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    mantissa = np.where(exponent > 0, magnitude >> np.maximum(exponent, 0), magnitude >> 1) & 15
    exponent = np.where(magnitude >= 32, exponent, 0)
    return ((sign | (exponent << 4) | mantissa) ^ 0x55).astype(np.uint8).tobytes()


def tone(hz, seconds, rate=8000, level=8000):
    """A tone that comes and goes, as speech does."""
    t = np.arange(int(round(seconds * rate))) / rate
    return (level * np.sin(2 * np.pi * hz * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))).astype(np.int16)


class Scene:
    def __init__(self):
        self.packets = []

    def put(self, at, source, target, payload):
        ip = make.ipv4(source[0], target[0], make.udp(source[1], target[1], payload))
        self.packets.append((at, make.ethernet(ip)))

    def write(self, path):
        ordered = sorted(self.packets, key=lambda p: p[0])
        make.write_pcap(path, make.ETHERNET, [(EPOCH + make.Fraction(at).limit_denominator(10**6), data) for at, data in ordered])


class Talk:
    """One call between two phones that speak SIP on port 5060 and RTP on `ports`."""

    def __init__(self, scene, call_id="one@made.example", caller="100", callee="200", hosts=("10.0.0.1", "10.0.0.2"),
                 ports=(4000, 5000), ssrc=(0xA0000001, 0xB0000001)):
        self.scene, self.call_id, self.hosts, self.ports = scene, call_id, hosts, list(ports)
        self.uris = (f"sip:{caller}@{hosts[0]}", f"sip:{callee}@{hosts[1]}")
        self.tags, self.ssrc, self.sequence, self.stamp = ("ta", "tb"), list(ssrc), [100, 700], [1000, 9000]
        self.cseq = [1, 1000]
        self.protect = [bytes, bytes]  # what a side does to its RTP packets before they go out

    def sip(self, side):
        return (self.hosts[side], 5060)

    def common(self, side, answered):
        """From and To of a request that side makes."""
        return dict(call_id=self.call_id, caller=self.uris[side], callee=self.uris[1 - side], from_tag=self.tags[side],
                    to_tag=self.tags[1 - side] if answered else "")

    def request(self, at, method, side=0, body="", answered=True, cseq=None, hop=None, **more):
        data = make.sip_request(method, self.uris[1 - side], cseq=self.cseq[side] if cseq is None else cseq, body=body,
                                **self.common(side, answered), **more)
        source, target = hop or (self.sip(side), self.sip(1 - side))
        self.scene.put(at, source, target, data)

    def response(self, at, status, method="INVITE", side=0, body="", cseq=None, hop=None, reason="Said", **more):
        """To a request that side made."""
        data = make.sip_response(status, reason, method, cseq=self.cseq[side] if cseq is None else cseq, body=body,
                                 **{**self.common(side, True), **more})
        source, target = hop or (self.sip(1 - side), self.sip(side))
        self.scene.put(at, source, target, data)

    def sdp(self, side, formats=(0,), host=None, port=None, **more):
        return make.sdp(host or self.hosts[side], port or self.ports[side], formats, **more)

    def invite(self, at, body=None, **more):
        self.request(at, "INVITE", body=self.sdp(0) if body is None else body, answered=False, **more)

    def answer(self, at, body=None, **more):
        self.response(at, 200, body=self.sdp(1) if body is None else body, **more)
        self.request(at + 0.01, "ACK")

    def bye(self, at, side=0, status=200):
        self.cseq[side] += 1
        self.request(at, "BYE", side)
        if status:
            self.response(at + 0.01, status, "BYE", side)

    def voice(self, start, end, side, samples=None, encode=ulaw, payload_type=0, source=None, target=None, skip=()):
        """The voice of a side; skip: packets (counted from start) that never arrive. Returns how many arrived."""
        count = int(round((end - start) / STEP))
        samples = tone(400 if side == 0 else 1000, count * STEP) if samples is None else samples
        coded, sent = encode(samples), 0
        size = len(coded) // count
        for i in range(count):
            if i not in skip:
                data = make.rtp(payload_type, self.sequence[side], self.stamp[side], self.ssrc[side], coded[i * size:(i + 1) * size])
                self.scene.put(start + i * STEP, source or (self.hosts[side], self.ports[side]),
                               target or (self.hosts[1 - side], self.ports[1 - side]), self.protect[side](data))
                sent += 1
            self.sequence[side] += 1
            self.stamp[side] += 160
        return sent

    def both(self, start, end, **more):
        return [self.voice(start, end, side, **more) for side in (0, 1)]

    def key(self, at, event, side=0, payload_type=101):
        """A pressed key: five packets and three times its end."""
        for i in range(8):
            payload = make.telephone_event(event, 160 * min(i + 1, 6), end=i >= 5)
            data = make.rtp(payload_type, self.sequence[side], self.stamp[side], self.ssrc[side], payload, marker=i == 0)
            self.scene.put(at + i * STEP, (self.hosts[side], self.ports[side]), (self.hosts[1 - side], self.ports[1 - side]),
                           self.protect[side](data))
            self.sequence[side] += 1
        self.stamp[side] += 1280

    def simple(self, start=1.0, answered=2.0, end=5.0, by=0):
        """Rings, is answered, both speak, somebody hangs up."""
        self.invite(start)
        self.response(start + 0.1, 180)
        self.answer(answered)
        self.both(answered + 0.05, end - 0.05)
        self.bye(end, by)
        return self


def rows(output):
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


class Library:
    def __init__(self, tool, folder):
        self.tool, self.path = tool, pathlib.Path(folder) / "library"
        self.packets_ms = ledger.USUAL_MS

    def record(self, *captures, config=None, options=(), check=True, **more):
        """Rows of the calls that this run finished; what it wrote to standard error stays in self.errors."""
        command = [self.tool, *options]
        if config is not None:
            file = self.path.parent / "earshot.conf"
            file.write_text(config)
            command += ["--config", file]
        done = subprocess.run([*command, self.path, *captures], capture_output=True, text=True, timeout=30, **more)
        self.errors, self.status = done.stderr, done.returncode
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr[-3000:]
        if check:
            assert done.returncode == 0, done.stderr
        wrong = ledger.disagreements(self.path / "index.sqlite", self.packets_ms)
        assert not wrong, wrong
        return rows(done.stdout)

    def scene(self, scene, **more):
        path = self.path.parent / "scene.pcap"
        scene.write(path)
        return self.record(path, **more)
