#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Fifty good calls, while others send the recorder malformed messages over UDP, TCP and TLS, hold connections open, say one byte at a
time and throw packets at its media ports. The calls are complete, and memory, files and rows are as if nothing had been.

usage: bench-siprec-flood.py EARSHOT SIPREC-LOAD DATA [MESSAGES]      (so many over each transport; prints figures)

Exit 77 without a network of its own."""
import collections, os, pathlib, re, select, signal, socket, sqlite3, struct, subprocess, sys, tempfile, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import calls, phones, sip_wire
from earshot import Library
from hostile_sip import Hostile
from recording_server import Server

HOST, CLIENT, ATTACKER = "127.0.0.30", "127.0.0.20", "127.0.0.66"
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
GOOD, IDLE_S, AT_ONCE = 50, 4, 10
SILENT, SLOW = 300, 60
MORE_KB = 60000  # that may stay after the flood: sofia-sip keeps its peak


def free_of(port, limit):
    """Waits until the kernel holds no more than so many bytes for our server's UDP port: what it drops would not be an attack."""
    place = f"{int.from_bytes(socket.inet_aton(HOST), 'little'):08X}:{port:04X}"
    while True:
        lines = [line.split() for line in pathlib.Path("/proc/net/udp").read_text().splitlines()]
        if int(next(line for line in lines if line[1] == place)[4].split(":")[1], 16) <= limit:
            return
        time.sleep(0.002)


class Attack(threading.Thread):
    def __init__(self, *arguments):
        super().__init__(daemon=True)
        self.failed, self.over, self.sent, self.wanted, self.answers = None, threading.Event(), 0, {}, collections.defaultdict(set)
        self.arguments = arguments

    def run(self):
        try:
            self.attack(*self.arguments)
        except Exception as failed:  # told by the test
            self.failed = failed

    def next(self, hostile, transport):
        wrong = hostile.message(transport)
        self.sent += 1
        if wrong.wanted is not None:
            self.wanted[wrong.branch] = wrong.wanted
        return wrong.data

    def heard(self, data):
        status, branch = re.match(rb"SIP/2.0 (\d{3})", data), re.search(rb"branch=(z9hG4bK\w+)", data)
        if status and branch:
            self.answers[branch[1].decode()].add(int(status[1]))

    def unanswered(self):
        """Requests that were answered otherwise than they should, or not."""
        return [(wanted, self.answers[branch]) for branch, wanted in self.wanted.items()
                if not (self.answers[branch] and all(s in wanted for s in self.answers[branch]) if wanted else not self.answers[branch])]


class Datagrams(Attack):
    def attack(self, hostile, count):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            one.bind((ATTACKER, 0))
            for n in range(count):
                one.sendto(self.next(hostile, "udp")[:65000], (HOST, PORTS["udp"]))
                if n % 4 == 3:
                    free_of(PORTS["udp"], 20000)
                self.listen(one)
            free_of(PORTS["udp"], 0)
            time.sleep(0.3)
            self.listen(one)

    def listen(self, one):
        while select.select([one], [], [], 0)[0]:
            try:
                self.heard(one.recv(65536))
            except OSError:
                pass


class Streams(Attack):
    """Connections with a few messages each; every other one ends with a message that never will."""

    def attack(self, hostile, count, transport):
        context = sip_wire.trusting()
        while self.sent < count:
            stream = socket.create_connection((HOST, PORTS[transport]), source_address=(ATTACKER, 0), timeout=30)
            try:
                if transport == "tls" and hostile.chance.random() < 0.2:
                    self.sent += 1
                    stream.sendall(hostile.chance.choice([os.urandom(300), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(60), b"GET / HTTP/1.0\r\n\r\n",
                                                          b"\x16\x03\x01\xff\xff" + os.urandom(2000)]))
                    continue
                stream = context.wrap_socket(stream) if transport == "tls" else stream
                self.talk(hostile, stream, transport)
            except OSError:
                pass  # it had enough of us
            finally:
                stream.close()

    def talk(self, hostile, stream, transport):
        """What stands behind something broken may be taken for part of it: answers are looked at where all is well made."""
        chance, buffer = hostile.chance, b""
        polite = chance.random() < 0.3
        wrong = [chance.choice([hostile.unwanted, hostile.response] if polite else hostile.kinds)(transport) for _ in range(chance.randint(1, AT_ONCE))]
        self.sent += len(wrong)
        self.wanted.update({w.branch: w.wanted for w in wrong if polite})
        stream.sendall(b"".join(w.data for w in wrong))
        if transport == "tcp":
            stream.shutdown(socket.SHUT_WR)
        stream.settimeout(5 if polite else 0.05)
        try:
            while not (polite and all(self.answers[w.branch] for w in wrong if w.wanted)) and (data := stream.recv(65536)):
                message, buffer = sip_wire.take_message(buffer + data)
                while message:
                    self.heard(message)
                    message, buffer = sip_wire.take_message(buffer)
        except OSError:
            pass


class Holders(Attack):
    """Connections that say nothing, and some that say a byte at a time."""

    def attack(self, tls_port):
        slow = b"INVITE sip:srs SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.66;branch=z9hG4bKslow\r\n" + b"X-Slow: " + b"a" * 100000
        held = [socket.create_connection((HOST, tls_port if n % 3 == 0 else PORTS["tcp"]), source_address=(ATTACKER, 0)) for n in range(SILENT)]
        slowly = [socket.create_connection((HOST, PORTS["tcp"]), source_address=(ATTACKER, 0)) for _ in range(SLOW)]
        n = 0
        while not self.over.wait(0.1):
            for stream in slowly:
                try:
                    stream.send(slow[n:n + 1])
                except OSError:
                    pass
            n, self.sent = n + 1, self.sent + len(slowly)
        for stream in held + slowly:
            stream.close()


class Packets(Attack):
    """RTP and RTCP of a stranger, and what is neither, at every media port that may be open."""

    def attack(self, hostile):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind((ATTACKER, 0))
            while not self.over.wait(0.01):
                for n in range(20):
                    number = self.sent & 0xFFFF
                    packet = hostile.chance.choice([struct.pack(">BBHII", 0x80, 0, number, number * 160, 66) + bytes(160), b"\x81\xc9\0\x07" + os.urandom(28),
                                                    b"\x80\xcb\0\x01\0\0\0\x42", b"\x80\xc8\xff\xff" + bytes(20), os.urandom(50), b"\x9f\xff" + os.urandom(20), b""])
                    one.sendto(packet, (HOST, 20000 + hostile.chance.randrange(2 * 2 * GOOD + 200)))
                    self.sent += 1


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder / "key", "-out",
                    folder / "own", "-days", "2", "-subj", "/CN=recorder.example.com"], check=True, capture_output=True)
    (folder / "both.pem").write_text((folder / "own").read_text() + (folder / "key").read_text())
    return folder / "both.pem"


def speech(folder):
    for name, voice in zip("ab", calls.conversation(folder)):
        (folder / name).write_bytes(calls.ulaw(voice).tobytes())
    return folder / "a", folder / "b"


def until(ready, what, seconds):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


def good_calls_are_complete(library, load):
    *told, untaken = load.splitlines()
    assert len(told) == GOOD, load
    db = sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)
    for line in map(str.split, told):
        assert line[5] == "200", line
        row = db.execute("SELECT id, outcome, audio_ms, missing_ms FROM call WHERE call_id = ?", (f"load-{line[0]}",)).fetchone()
        late_ms = 1000 * (float(line[4]) - float(line[3]))  # that its BYE took: nobody speaks then, and the call goes on
        assert row and row[1] == "recorded" and (row[3] or 0) <= 2 * late_ms + 100, (line, row)
        sent = {int(line[8], 16) + n: int(line[6 + n]) for n in range(2)}
        streams = db.execute("SELECT ssrc, expected, received, lost, late FROM stream WHERE call = ?", row[:1]).fetchall()
        assert {s[0] & 0xFFFFFFFF: s[1:] for s in streams} == {ssrc: (n, n, 0, 0) for ssrc, n in sent.items()}, (line, streams)
        assert abs(row[2] - 20 * max(sent.values())) <= 120 + late_ms, (line, row)
    return db, [float(line.split()[3]) for line in told]


def flood(server, hostile, count):
    attacks = [Datagrams(hostile(1), count), Streams(hostile(2), count, "tcp"), Streams(hostile(3), count, "tls")]
    beside = [Holders(PORTS["tls"]), Packets(hostile(4))]
    for attack in attacks + beside:
        attack.start()
    for attack in attacks:
        while attack.is_alive():
            attack.join(0.2)
    assert server.process.poll() is None, (server.process.returncode, server.said())
    most = server.memory_kb(), server.files()
    for attack in beside:
        attack.over.set()
        attack.join()
    for attack in attacks + beside:
        assert not attack.failed, (type(attack), attack.failed)
    assert not attacks[0].unanswered(), collections.Counter(map(str, attacks[0].unanswered()))
    for attack in attacks[1:]:  # a stream may be closed before its answers: told, not judged
        print(f"{attack.arguments[-1]}: {len(attack.unanswered())} of {len(attack.wanted)} not answered as they should")
    return attacks + beside, most


def main(program, generator, data, count=1500):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        config = f"[record]\nlinger=0s\nidle_timeout={IDLE_S}s\n[siprec]\nmax_sessions=400\ncertificate={certificate(folder)}\n"
        voices = speech(folder)
        with Library(program, config) as library, Server(library, *(f"{t}:{HOST}:{port}" for t, port in PORTS.items())) as server:
            run(library, server, [generator, CLIENT, f"{HOST}:{PORTS['udp']}", str(GOOD), "600", "50", *voices], lambda n: Hostile(n, HOST, data), count)


def run(library, server, load, hostile, count):
    with subprocess.Popen(load, stdout=subprocess.PIPE, text=True) as good:
        try:
            attack_meanwhile(library, server, good, hostile, count)
        finally:
            good.kill()


def attack_meanwhile(library, server, good, hostile, count):
    server.wait_for(sessions_open=GOOD)
    time.sleep(2)
    files, memory, cpu, began, before = server.files(), server.memory_kb(), cpu_seconds(server.process.pid), time.time(), server.state()
    time.sleep(2)
    quiet = (cpu_seconds(server.process.pid) - cpu) / 2
    cpu, began = cpu_seconds(server.process.pid), time.time()
    attacks, most = flood(server, hostile, int(count))
    ended = time.time()
    cost = cpu_seconds(server.process.pid) - cpu - quiet * (ended - began)
    until(lambda: server.state()["sessions_open"] == GOOD, server.state, 45)
    after, left = server.memory_kb(), server.files()
    good.send_signal(signal.SIGTERM)
    told = good.communicate(timeout=60)[0]
    server.wait_for(sessions_open=0, calls_open=0)
    found = server.state()
    server.end()
    db, byes = good_calls_are_complete(library, told)
    assert min(byes) > ended, "the good calls were over before"
    figures = {key: found[key] - (before[key] or 0) for key in ("sessions", "sessions_refused", "sessions_limited", "foreign", "bad", "sip") if key in found}
    print(f"{ended - began:.1f} s, {cost:.1f} s of CPU beside the calls; sent {[a.sent for a in attacks]}; {figures}")
    print(f"memory {memory} kB before, {most[0]} at the end of the flood, {after} afterwards; files {files}, {most[1]}, {left}; log {len(server.said().splitlines())} lines")
    rows = dict(db.execute("SELECT outcome, count(*) FROM call GROUP BY 1"))
    print(f"rows {rows}, sessions {found['sessions']}")
    assert sum(rows.values()) == found["sessions"], (rows, found)
    assert len(server.said().splitlines()) < 20 and "Sanitizer" not in server.said() and "runtime error" not in server.said(), server.said()
    assert after - memory < MORE_KB, (memory, after)


phones.in_own_network()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), *sys.argv[4:])
