#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What hostile peers send to the recording server costs them an error and us nothing: calls that go on meanwhile are complete, memory
and open files stay. Exit 77 without a network of its own."""
import os, pathlib, random, resource, socket, ssl, subprocess, sys, tempfile, threading, time, unittest
import numpy as np

import phones, siprec
from clean_text import check_terminal, clean, strings
from earshot import Library
from recording_server import Server, certificate
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
from recording_metadata import Party, document

HOST, PORT = "127.0.0.30", 5060
PLACES = f"udp:{HOST}:{PORT}", f"tcp:{HOST}:{PORT}"
CONFIG = "[record]\nlinger=0s\n[siprec]\nmax_sessions=200\n"
PARTIES = [Party("sip:1@example.com", send=("1",), recv=("2",)), Party("sip:2@example.com", send=("2",), recv=("1",))]
VOICE = (8000 * np.sin(np.arange(8000 * 3) / 5)).astype(np.int16)


def invite(body, content_type="application/sdp", length=None, extra="", call_id=None):
    call_id = call_id or os.urandom(6).hex()
    length = len(body) if length is None else length
    return (f"INVITE sip:srs@{HOST} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.66:5060;rport;branch=z9hG4bK{os.urandom(6).hex()}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:x@y>;tag={call_id}\r\nTo: <sip:srs@{HOST}>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.66>;+sip.src\r\n"
            f"Require: siprec\r\n{extra}Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n").encode() + (body.encode() if isinstance(body, str) else body)


SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.66\r\ns=-\r\nc=IN IP4 127.0.0.66\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=label:1\r\n"
TRAPS = {
    "a line that sofia-sip's parser never leaves": invite(SDP + "m=image 4 udptl (\r\n"),
    "the same in parts": invite(f"--b\r\nContent-Type: application/sdp\r\n\r\n{SDP}m=image 4 udptl (\r\n", "multipart/mixed;boundary=b"),
    "no closing delimiter": invite(f"--b\r\nContent-Type: application/sdp\r\n\r\n{SDP}", "multipart/mixed;boundary=b"),
    "no boundary": invite(SDP, "multipart/mixed"),
    "a boundary of 60 kB": invite(SDP, "multipart/mixed;boundary=" + "b" * 60000),
    "longer than it is": invite(SDP, length=5000),
    "shorter than it is": invite(SDP, length=20),
    "a negative length": invite(SDP, length=-1),
    "a length that wraps": invite(SDP, length=2 ** 64 + 10),
    "headers of 60 kB": invite(SDP, extra="X-Long: " + "a" * 60000 + "\r\n"),
    "4,000 headers": invite(SDP, extra="X-A: b\r\n" * 4000),
    "10,000 options": invite(SDP, extra="Supported: " + "a," * 10000 + "z\r\n"),
    "metadata without end": invite("--b\r\nContent-Type: application/rs-metadata+xml\r\n\r\n<recording>" + "<session>" * 5000, "multipart/mixed;boundary=b"),
    "a Contact to look up": invite(SDP).replace(b"<sip:x@127.0.0.66>", b"<sip:x@nowhere.example>"),
    "a Via to look up": invite(SDP).replace(b";rport;", b";maddr=nowhere.example;"),
    "a record-route to look up": invite(SDP, extra="Record-Route: <sip:nowhere.example;lr>\r\n"),
    "no bytes": b"", "zeros": bytes(1000), "line ends": b"\r\n" * 20000,
    "a response": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.30;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n",
}


# What people in metadata call themselves; a control character makes it no XML, so that those come as references too.
NAMES = ["\x1b[31mevil", "&#x1b;]0;evil&#7;", "\u202eevil\u2066", "&#x202e;evil&#x9b;2J", "&lt;b&gt;evil&lt;/b&gt;", "=cmd|' /C evil'!A1", "../../evil",
         "evil\r\nX: y", "evil&#10;evil&#13;", "e" * 12000, "evil\u0085\u2028\ufeff"]


def mutated(data, chance):
    data = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        at, kind = chance.randrange(len(data)), chance.randrange(4)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at:at + chance.randint(1, 40)]
        elif kind == 2:
            data[at:at] = bytes(chance.choice(b"\r\n ;:=<>\"\0%(") for _ in range(chance.randint(1, 30)))
        else:
            data[at:at] = data[chance.randrange(len(data)):][:200]
        if not data:
            data = bytearray(b"\r\n")
    return bytes(data)


class Calls(threading.Thread):
    """Good calls that go on meanwhile."""

    def __init__(self, count=5):
        super().__init__()
        self.count, self.failed = count, None
        self.start()
        time.sleep(0.3)

    def run(self):
        try:
            with siprec.Client((HOST, PORT), source="127.0.0.20") as client:
                calls = []
                for n in range(self.count):
                    calls.append(client.session([siprec.Line("1"), siprec.Line("2")], metadata=document(session=f"s{n}", parties=PARTIES, labels=("1", "2"))))
                    calls[-1].invite()
                siprec.speak({call: (VOICE, VOICE) for call in calls})
                for call in calls:
                    assert call.bye().status == 200
        except Exception as failed:  # told by the test
            self.failed = failed


class Hostile(unittest.TestCase):
    def setUp(self):
        self.library = Library(program, CONFIG)
        self.server = Server(self.library, *PLACES)
        self.addCleanup(self.library.folder.cleanup)

    def tearDown(self):
        self.server.end()

    def complete(self, calls):
        """All good calls are there, with each of their packets."""
        calls.join()
        self.assertIsNone(calls.failed)
        self.server.until(lambda: self.server.state()["calls_recorded"] >= calls.count, "good calls")
        rows = [row for row in self.library.rows("search") if row["caller"] in ("1", "2") and row["outcome"] == "recorded"]
        self.assertEqual(len(rows), calls.count)
        for row in rows:
            for leg in self.library.show(row["id"])["legs"]:
                self.assertEqual([(s["received"], s["lost"]) for s in leg["streams"]], [(150, 0)], leg)

    def test_traps(self):
        calls = Calls()
        for name, trap in TRAPS.items():
            with self.subTest(name):
                began = time.monotonic()
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, siprec.Client((HOST, PORT), source="127.0.0.21") as other:
                    one.bind(("127.0.0.66", 0))
                    one.sendto(trap[:65507], (HOST, PORT))
                    stream = socket.create_connection((HOST, PORT), source_address=("127.0.0.67", 0))
                    stream.sendall(trap.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
                    self.assertEqual(other.options().status, 200)
                    stream.close()
                self.assertLess(time.monotonic() - began, 2)
        self.assertLess(self.server.memory_kb(), 250000)
        self.complete(calls)

    def test_names(self):
        """They are cleaned as those of SIP are: no escape sequence, no turned text, nothing without bounds."""
        with siprec.Client((HOST, PORT), source="127.0.0.20") as client:
            calls = []
            for n, name in enumerate(NAMES):
                parties = [Party(f"sip:{n}%1b%0a\u202e@x", name, send=("1",)), Party(f"sip:9{n}@{name[:40]}", name, send=("2",))]
                calls.append(client.session([siprec.Line("1"), siprec.Line("2")], metadata=document(
                    session=name[:100], parties=parties, labels=("1", "2"), group=name[:100], reason=name[:1000], sip=(name[:1000],))))
                calls[-1].invite()
            for call in calls:
                call.bye()
        rows = self.server.rows(len(NAMES))
        for row in rows:
            for text in strings(self.library.show(row["id"])):
                clean(text, "show --json")
                self.assertLess(len(text), 10000, "a field without bounds")
        self.assertIn("evil", " ".join(text for row in rows for text in strings(row)), "nothing of it was read")
        check_terminal(self.library, rows)

    def test_ten_thousand_malformed(self):
        chance = random.Random(7)
        good = [invite(SDP), TRAPS["no closing delimiter"], invite(SDP, extra="Session-Expires: 90\r\nSupported: timer\r\n")]
        calls = Calls()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.66", 0))
            for n in range(5000):
                one.sendto(mutated(chance.choice(good), chance), (HOST, PORT))
                if n % 50 == 0:
                    time.sleep(0.01)
        for n in range(500):
            with socket.create_connection((HOST, PORT), source_address=("127.0.0.67", 0)) as stream:
                try:
                    stream.sendall(b"".join(mutated(chance.choice(good), chance).replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP") for _ in range(10)))
                except OSError:
                    pass  # it had enough
        self.complete(calls)
        with siprec.Client((HOST, PORT), source="127.0.0.21") as client:
            self.assertEqual(client.options().status, 200)

    def test_invitations_that_nobody_acknowledges(self):
        calls = Calls()
        files = self.server.files()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.66", 0))
            one.setblocking(False)
            for n in range(3000):
                one.sendto(invite(SDP), (HOST, PORT))
                if n % 50 == 0:
                    time.sleep(0.01)
        self.server.until(lambda: self.server.state()["sessions_limited"] > 1000, "limit")
        self.assertLessEqual(self.server.state()["sessions_open"], 25 + 5)  # an eighth, and the good ones
        self.assertLess(self.server.files() - files, 2 * 25 + 20)
        self.complete(calls)

    def test_half_messages(self):
        streams = [socket.create_connection((HOST, PORT), source_address=("127.0.0.67", 0)) for _ in range(100)]
        for n, stream in enumerate(streams):
            stream.sendall(TRAPS["longer than it is"].replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP") if n % 2 else b"INVITE sip:a SIP/2.0\r\nVia: ")
        calls = Calls()
        self.complete(calls)
        began = time.monotonic()
        for stream in streams:
            stream.settimeout(max(0.1, 25 - (time.monotonic() - began)))
            while stream.recv(65536):
                pass
            stream.close()
        self.server.until(lambda: self.server.files() < 60, "open connections")

    def broken_connections(self, count, port, context=None):
        """Each sends something broken and closes."""
        chance, good = random.Random(port), invite(SDP, extra="Session-Expires: 90\r\nSupported: timer\r\n").replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
        kinds = (lambda: b"I " + good, lambda: good[:chance.randrange(20, 200)], lambda: b"I INVITE\r\nContact" + os.urandom(200),
                 lambda: good.replace(b"Content-Length: ", b"Content-Length: 9"), lambda: b"\0" + good * 3)
        for n in range(count):
            with socket.create_connection((HOST, port), source_address=("127.0.0.67", 0)) as stream:
                try:
                    with context.wrap_socket(stream) if context and n % 5 else stream as talk:
                        talk.sendall(kinds[n % len(kinds)]())
                except OSError:
                    pass  # it had enough

    def connected(self):
        """Its TCP connections, closed ones that wait for it among them."""
        lines = pathlib.Path(f"/proc/{self.server.process.pid}/net/tcp").read_text().splitlines()[1:]
        ports = (f":{PORT:04X}", f":{PORT + 1:04X}")
        return sum(line.split()[1].endswith(ports) and line.split()[3] in ("01", "08") for line in lines)

    def test_broken_and_closed(self):
        self.server.end()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        (self.library.path / "earshot.conf").write_text(f"{CONFIG}max_connections=20\ncertificate={certificate(pathlib.Path(folder.name))}\n")
        self.server = Server(self.library, *PLACES, f"tls:{HOST}:{PORT + 1}")
        context = ssl._create_unverified_context()
        with siprec.Client((HOST, PORT), "tcp", source="127.0.0.22") as client:
            silent = client.session([siprec.Line("1")], metadata=document(session="silent", parties=PARTIES[:1], labels=("1",)))
            silent.invite()
            files, calls = self.server.files(), Calls()
            self.broken_connections(200, PORT)
            self.broken_connections(50, PORT + 1, context)
            calls.join()
            self.server.until(lambda: self.connected() <= 1 and self.server.files() <= files + 1, "descriptors", 30)  # 1: the journal's segment
            idle = [socket.create_connection((HOST, PORT), source_address=("127.0.0.67", 0)) for _ in range(60)]
            self.server.until(lambda: self.connected() <= 1 + 20, "the limit", 30)
            for stream in idle:
                stream.close()
            self.assertEqual(silent.bye().status, 200)  # over the connection that was silent longest
        self.complete(calls)

    def test_more_connections_than_files(self):
        resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, (200, 200))
        streams = []
        for _ in range(400):
            stream = socket.socket()
            stream.setblocking(False)
            stream.connect_ex((HOST, PORT))
            streams.append(stream)
        time.sleep(0.5)
        used = lambda: sum(map(int, pathlib.Path(f"/proc/{self.server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
        began, cpu = time.monotonic(), used()
        with siprec.Client((HOST, PORT), source="127.0.0.21") as client:
            self.assertEqual(client.options().status, 200)
        time.sleep(1)
        self.assertLess((used() - cpu) / (time.monotonic() - began), 0.7, "it turns in a circle")
        for stream in streams:
            stream.close()
        time.sleep(0.5)
        self.complete(Calls())


phones.in_own_network()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
program = sys.argv.pop(1)
unittest.main()
