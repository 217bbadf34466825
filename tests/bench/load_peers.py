# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What the load bench holds the recorder against, in the same run and with the same speech: the least that receiving and encoding cost
(raw-receive, raw-opus), ffmpeg, and rtpengine. Each answers milliseconds of CPU for each second of a call."""
import json, os, shutil, signal, socket, subprocess, time
import numpy as np

import calls
from load_step import CLIENT, SPREAD, processor_time

MIXED_CALLS, MIXED_S, MANY = 20, 60, 850
RELAY, NG_PORT, RAW, RAW_PORT, FROM_PORT = "127.0.0.40", 2223, "127.0.0.41", 20000, 7000


def on(core, command, **options):
    return subprocess.Popen(list(map(str, command)), preexec_fn=lambda: os.sched_setaffinity(0, {core}), text=True, **options)


def offline(core, command):
    """CPU seconds of a command that ends by itself."""
    process = on(core, command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


# ---- encoding alone

class Mixes:
    """The voices of some calls as the recorder mixes them, and each leg by itself."""

    def __init__(self, folder, voices):
        legs = [[np.take(v, np.arange(n * SPREAD, n * SPREAD + MIXED_S * 8000), mode="wrap").astype(int) for n in range(MIXED_CALLS)]
                for v in voices.samples]
        self.mixed, self.legs = folder / "mixed.raw", [folder / "a.leg", folder / "b.leg"]
        self.mixed.write_bytes(np.clip(np.concatenate([a + b for a, b in zip(*legs)]), -32768, 32767).astype("<i2").tobytes())
        for path, leg in zip(self.legs, legs):
            path.write_bytes(calls.ulaw(np.concatenate(leg)).tobytes())


PER_CALL_SECOND = 1000 / (MIXED_CALLS * MIXED_S)


def libopus(programs, mixes, complexity, silence_db, core):
    return PER_CALL_SECOND * offline(core, [programs["raw-opus"], mixes.mixed, 8000, 24000, complexity, silence_db])


def libopus_in_turn(programs, mixes, complexity, silence_db, core):
    """The same by as many encoders as a full core has calls, five frames at a time: what falls out of the caches between is counted."""
    command = [programs["raw-opus"], mixes.mixed, 8000, 24000, complexity, silence_db, MANY]
    out = on(core, command, stdout=subprocess.PIPE).communicate()[0]
    return PER_CALL_SECOND * float(out.split()[-2])


def ffmpeg(mixes, complexity, core, folder):
    """Decodes both legs, mixes and encodes them."""
    legs = [a for leg in mixes.legs for a in ("-f", "mulaw", "-ar", "8000", "-ac", "1", "-i", leg)]
    return PER_CALL_SECOND * offline(core, ["ffmpeg", "-v", "error", "-y", "-threads", "1", *legs, "-filter_complex", "amix=inputs=2:normalize=0",
                                            "-c:a", "libopus", "-application", "voip", "-vbr", "on", "-frame_duration", "20", "-b:a", 24000,
                                            "-compression_level", complexity, folder / "ffmpeg.opus"])


# ---- receiving alone

def play(programs, voices, targets, plan, n):
    """The voices of n calls to these targets; returns the seconds of call."""
    command = [programs["rtp-load"], CLIENT, FROM_PORT, targets, n, plan.peer_s, n / 2, *voices.files]
    out = on(plan.cores[1], command, stdout=subprocess.PIPE).communicate()[0]
    return spoken(out)


def spoken(out):
    return sum(int(words[6]) for line in out.splitlines()[:-1] if (words := line.split())) * 0.020


def raw_ring(programs, voices, plan, n):
    """A ring at the interface, as for sniffing."""
    receiver = on(plan.cores[0], [programs["raw-receive"], "ring", "v0"], stdout=subprocess.PIPE)
    time.sleep(0.3)
    out = on(plan.cores[1], [programs["sniff-load"], "v1", n, plan.peer_s, n / 2, *voices.files], stdout=subprocess.PIPE).communicate()[0]
    time.sleep(0.2)
    return received(receiver, spoken(out))


def raw_sweep(programs, voices, plan, n, folder):
    """A socket for each voice, as for SIPREC."""
    targets = folder / "raw.targets"
    targets.write_text("".join(f"{RAW} {RAW_PORT + 2 * i} {RAW} {RAW_PORT + 2 * i + 1}\n" for i in range(n)))
    receiver = on(plan.cores[0], [programs["raw-receive"], "sweep", RAW, RAW_PORT, 2 * n], stdout=subprocess.PIPE)
    time.sleep(0.3)
    seconds = play(programs, voices, targets, plan, n)
    time.sleep(0.2)
    return received(receiver, seconds)


def received(receiver, seconds):
    receiver.send_signal(signal.SIGTERM)
    packets, dropped, used = map(float, receiver.communicate()[0].split())
    assert packets >= seconds * 100 and dropped == 0, f"raw receiver: {packets:.0f} packets, {dropped:.0f} dropped, {seconds * 100:.0f} sent"
    return 1000 * used / seconds


# ---- rtpengine

class Relay:
    """rtpengine in user space, told of calls by its own protocol. recording: a folder for its captures, or None."""

    def __init__(self, core, recording):
        method = ["--recording-dir", recording, "--recording-method=pcap", "--recording-format=eth"] if recording else []
        self.recording, self.socket = recording, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(5)
        self.process = on(core, ["prlimit", "--core=0", "rtpengine", "--config-file=none", "-f", "-E", "-L", "3", "--table=-1", f"--interface={RELAY}",
                                 f"--listen-ng={RELAY}:{NG_PORT}", "--port-min=30000", "--port-max=60000", "--timeout=120", "--delete-delay=0",
                                 "--num-threads=1", *method], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        self.socket.connect((RELAY, NG_PORT))

    def ask(self, command, **parameters):
        cookie = os.urandom(4).hex()
        message = json.dumps({k.replace("_", "-"): v for k, v in parameters.items()} | {"command": command})
        self.socket.send(f"{cookie} {message}".encode())
        while (answer := self.socket.recv(65536).split(b" ", 1))[0].decode() != cookie:
            pass
        reply = json.loads(answer[1])
        assert reply["result"] == "ok", reply
        return reply

    def open_call(self, n):
        """Where the two voices of call n are to be sent."""
        sdp = lambda port: (f"v=0\r\no=- 1 1 IN IP4 {CLIENT}\r\ns=-\r\nc=IN IP4 {CLIENT}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
                            "a=rtpmap:0 PCMU/8000\r\n")
        port = lambda reply: int(reply["sdp"].split("m=audio ")[1].split()[0])
        name = dict(call_id=f"load-{n}", from_tag=f"a{n}", record_call="yes" if self.recording else "no")
        towards_b = port(self.ask("offer", **name, sdp=sdp(FROM_PORT)))
        towards_a = port(self.ask("answer", **name, to_tag=f"b{n}", sdp=sdp(FROM_PORT + 1)))
        return towards_a, towards_b

    def used(self):
        return sum(processor_time(self.process.pid).values())

    def close(self):
        self.process.terminate()
        self.process.wait()


def rtpengine(programs, voices, plan, n, folder, records):
    """Relays n calls, and writes a capture of each where it records; None where it is not installed."""
    if not shutil.which("rtpengine"):
        return None
    recording = folder / "rtpengine" if records else None
    if recording:
        (recording / "tmp").mkdir(parents=True)
    relay = Relay(plan.cores[0], recording)
    try:
        targets = folder / "relay.targets"
        targets.write_text("".join("{2} {0} {2} {1}\n".format(*relay.open_call(i), RELAY) for i in range(n)))
        before = relay.used()
        seconds = play(programs, voices, targets, plan, n)
        used = relay.used() - before
    finally:
        relay.close()
    written = sum(p.stat().st_size for p in recording.rglob("*") if p.is_file()) if recording else 0
    assert not recording or written > 0.9 * seconds * 100 * 172, f"rtpengine recorded {written} bytes of {seconds} s"
    return 1000 * used / seconds


# ---- all of them

def measure(programs, voices, plan, folder, ways):
    """Milliseconds of CPU for each second of a call: {what: figure, …}."""
    mixes, n, core = Mixes(folder, voices), plan.peer_calls, plan.cores[0]
    found = {}
    for complexity in plan.peer_complexities:
        found[f"libopus c{complexity}"] = libopus(programs, mixes, complexity, 0, core)
        found[f"libopus c{complexity} gated"] = libopus(programs, mixes, complexity, plan.silence_db, core)
        found[f"libopus c{complexity} gated, many encoders"] = libopus_in_turn(programs, mixes, complexity, plan.silence_db, core)
        found[f"ffmpeg c{complexity}"] = ffmpeg(mixes, complexity, core, folder)
    if "sniff" in ways:
        found["ring"] = raw_ring(programs, voices, plan, n)
    if "siprec" in ways:
        found["sweep"] = raw_sweep(programs, voices, plan, n, folder)
    for name, records in (("rtpengine", False), ("rtpengine pcap", True)):
        figure = rtpengine(programs, voices, plan, n, folder, records)
        found.update({name: figure} if figure is not None else {})
    return {name: round(figure, 3) for name, figure in found.items()}
