# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Captures of many calls, made fast: SIP and G.711 in Ethernet frames, with loss, reordering and drifting clocks.

A Call has two voices (µ-law bytes, 160 a packet). Times are seconds of the capture's clock. What was really sent, and what
of it the capture lacks, stays in the Call, so that a test knows the truth without asking the program under test.
"""
import dataclasses, pathlib, random, struct, subprocess, wave
import numpy as np

EPOCH = 1_760_000_000.0
PACKET_S = 0.020


def ulaw(samples):
    """ITU-T G.711 µ-law of 16-bit samples."""
    x = np.clip(samples.astype(np.int32), -32635, 32635)
    sign, magnitude = (x < 0).astype(np.uint8) << 7, np.abs(x) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    return (~(sign | (exponent.astype(np.uint8) << 4) | mantissa.astype(np.uint8)) & 0xFF).astype(np.uint8)


def read_wav(path):
    with wave.open(str(path)) as w:
        data = np.frombuffer(w.readframes(w.getnframes()), dtype="<i2")
        return w.getframerate(), data.reshape(-1, w.getnchannels())


def conversation(folder, text="english", rate=8000):
    """The two voices of a conversation of tools/phones as arrays: agent, customer."""
    root = pathlib.Path(__file__).resolve().parents[2] / "tools/phones"
    a, c = folder / f"{text}-{rate}-a.wav", folder / f"{text}-{rate}-c.wav"
    if not a.exists():
        subprocess.run([root / "make-conversation", root / f"{text}.txt", str(rate), a, c], check=True, stdout=subprocess.DEVNULL)
    return read_wav(a)[1][:, 0], read_wav(c)[1][:, 0]


def write_voices(folder):
    """What a generator of load says: a.ulaw and b.ulaw, the conversation twice over."""
    for name, voice in zip("ab", conversation(folder)):
        (folder / f"{name}.ulaw").write_bytes(ulaw(np.tile(voice, 2)).tobytes())


@dataclasses.dataclass
class Call:
    number: int
    start: float                    # INVITE
    caller: str
    callee: str
    voice_caller: np.ndarray        # 16-bit samples at 8 kHz
    voice_callee: np.ndarray
    answer_after: float = 0.1
    loss: float = 0.0
    reorder: float = 0.0
    drift_ppm: tuple = (0.0, 0.0)   # how much too fast the clocks of caller and callee run
    torn: range = range(0)          # packets of the callee that are missing
    end: float = 0.0                # BYE; filled by packets()
    sent: list = dataclasses.field(default_factory=list)      # packets sent, per side
    dropped: list = dataclasses.field(default_factory=list)   # sequence positions missing, per side

    @property
    def call_id(self):
        return f"call-{self.number}@made.example"

    @property
    def addresses(self):
        n = self.number
        ip = lambda side: bytes([10, 50 + side, (n >> 8) & 255, n & 255])
        return (ip(0), 10000), (ip(1), 20000)

    @property
    def media_start(self):
        return self.start + self.answer_after + 0.010


def frame(source, target, payload):
    udp = struct.pack(">HHHH", source[1], target[1], 8 + len(payload), 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0x4000, 64, 17, 0, source[0], target[0])
    checksum = sum(struct.unpack(">10H", ip))
    checksum = ~((checksum & 0xFFFF) + (checksum >> 16)) & 0xFFFF
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + ip[:10] + struct.pack(">H", checksum) + ip[12:] + udp + payload


def dotted(ip):
    return ".".join(map(str, ip))


def sip(call, first_line, cseq, to_tag, body="", contact_side=0):
    a, b = call.addresses
    lines = [first_line, f"Via: SIP/2.0/UDP {dotted(a[0])}:5060;branch=z9hG4bK{call.number}{cseq.replace(' ', '')}",
             f"From: <sip:{call.caller}@{dotted(a[0])}>;tag=a{call.number}",
             f"To: <sip:{call.callee}@{dotted(b[0])}>" + (f";tag=b{call.number}" if to_tag else ""),
             f"Call-ID: {call.call_id}", f"CSeq: {cseq}", "Max-Forwards: 70",
             f"Contact: <sip:x@{dotted(call.addresses[contact_side][0])}:5060>"]
    if body:
        lines.append("Content-Type: application/sdp")
    lines += [f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()


def sdp(address):
    ip = dotted(address[0])
    return (f"v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {address[1]} RTP/AVP 0\r\n"
            "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n")


def signalling(call):
    a, b = ((ip, 5060) for ip, _ in call.addresses)
    uri = f"sip:{call.callee}@{dotted(b[0])}"
    yield call.start, frame(a, b, sip(call, f"INVITE {uri} SIP/2.0", "1 INVITE", False, sdp(call.addresses[0])))
    yield call.start + 0.02, frame(b, a, sip(call, "SIP/2.0 180 Ringing", "1 INVITE", True, "", 1))
    answer = call.start + call.answer_after
    yield answer, frame(b, a, sip(call, "SIP/2.0 200 OK", "1 INVITE", True, sdp(call.addresses[1]), 1))
    yield answer + 0.005, frame(a, b, sip(call, f"ACK {uri} SIP/2.0", "1 ACK", True))
    yield call.end, frame(a, b, sip(call, f"BYE {uri} SIP/2.0", "2 BYE", True))
    yield call.end + 0.01, frame(b, a, sip(call, "SIP/2.0 200 OK", "2 BYE", True, "", 1))


def media(call, side, chance):
    """RTP of one side; a clock ppm too fast sends its packets that much earlier."""
    source, target = call.addresses[side], call.addresses[1 - side]
    voice = ulaw(call.voice_callee if side else call.voice_caller)
    count, step = len(voice) // 160, PACKET_S / (1 + call.drift_ppm[side] * 1e-6)
    dropped = set()
    for n in range(count):
        at = call.media_start + n * step
        if n and n + 1 < count and (chance.random() < call.loss or side and n in call.torn):
            dropped.add(n)
            continue
        if chance.random() < call.reorder:
            at += chance.uniform(0.025, 0.065)
        header = struct.pack(">BBHII", 0x80, 0x80 if n == 0 else 0, (1000 + n) & 0xFFFF, (7777 + 160 * n) & 0xFFFFFFFF,
                             (call.number << 1 | side) + 0x10000000)
        yield at, frame(source, target, header + voice[160 * n:160 * n + 160].tobytes())
    call.sent.append(count)
    call.dropped.append(dropped)


def packets(call, chance):
    call.sent, call.dropped = [], []
    out = list(media(call, 0, chance)) + list(media(call, 1, chance))
    steps = [PACKET_S / (1 + ppm * 1e-6) for ppm in call.drift_ppm]
    call.end = call.media_start + max(n * step for n, step in zip(call.sent, steps)) + 0.004
    return out + list(signalling(call))


def write(path, calls, seed=1):
    """Writes all calls in order of time as a classic pcap; returns the number of packets."""
    chance, everything = random.Random(seed), []
    for call in calls:
        everything += packets(call, chance)
    everything.sort(key=lambda item: item[0])
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for at, data in everything:
            us = round((EPOCH + at) * 1e6)
            out.write(struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(data), len(data)) + data)
    return len(everything)
