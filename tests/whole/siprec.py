# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A SIPREC recording client (RFC 7866) for tests: what a session border controller says to a recorder, and the voices.

    with siprec.Client(("127.0.0.30", 5060), "udp") as client:      # or "tcp", "tls"; source="127.0.0.20"
        call = client.session([siprec.Line("1"), siprec.Line("2", codec="PCMA")], metadata=text)
        call.invite()                              # 2xx and ACK; anything else raises Refused, its .response is the answer
        siprec.speak({call: [bob, alice]})         # arrays of samples at 8 kHz, one a line, in real time
        call.reinvite(direction="inactive")        # pause; resume with "sendonly"; metadata="…" goes along
        call.update(partial)                       # metadata alone
        call.bye(last)                             # metadata may go along

call.invite(offer=False) leaves the offer to the server and answers it in ACK. call.start() sends the INVITE without waiting
(then call.cancel(), or call.finish()). client.options() asks outside any dialog. What the server asks within the dialog is
answered with 200 and kept in call.requests; call.wait_for("UPDATE") waits for it. call.answer holds the server's m-lines.
client.connect() makes a new connection for a stream that ended; dialogs go on over it. call.send(method, …) sends any request and
client.connection.send(bytes) anything at all. Metadata is made in tests/capture/recording_metadata.py.
"""
import dataclasses, itertools, os, queue, re, socket, struct, time, warnings
import numpy as np

import pace, sip_wire

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it goes with Python 3.13
    import audioop

PACKET_S, PACKET = 0.020, 160
CODECS = {"PCMU": (0, lambda pcm: audioop.lin2ulaw(pcm, 2)), "PCMA": (8, lambda pcm: audioop.lin2alaw(pcm, 2))}
SILENCE = {"PCMU": b"\xff", "PCMA": b"\xd5"}


class Refused(Exception):
    def __init__(self, response):
        super().__init__(repr(response))
        self.response = response


class Line:
    """An m-line of ours: its label, codec, sockets for RTP and RTCP, and how much was sent."""

    def __init__(self, label, codec="PCMU", direction="sendonly", kind="audio", extra=()):
        self.label, self.codec, self.direction, self.kind, self.extra = label, codec, direction, kind, list(extra)
        self.ssrc, self.sequence, self.timestamp = (int.from_bytes(os.urandom(n), "big") for n in (4, 2, 4))
        self.sent = 0
        self.reports = []  # RTCP from the server

    def open(self, address):
        """Neighbouring ports for RTP and RTCP."""
        while True:
            self.rtp, self.rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
            try:
                self.rtp.bind((address, 0))
                port = self.rtp.getsockname()[1]
                if port % 2 == 0:
                    self.rtcp.bind((address, port + 1))
                    self.rtcp.setblocking(False)
                    return
            except OSError:
                pass
            self.close()

    def close(self):
        self.rtp.close()
        self.rtcp.close()

    def describe(self):
        payload = CODECS[self.codec][0] if self.kind == "audio" else 31
        lines = [f"m={self.kind} {self.rtp.getsockname()[1]} RTP/AVP {payload}"]
        if self.kind == "audio":
            lines += [f"a=rtpmap:{payload} {self.codec}/8000", "a=ptime:20"]
        lines += [f"a={self.direction}"] * bool(self.direction) + [f"a=label:{self.label}"] * (self.label is not None)
        return [*lines, *self.extra]

    def say(self, payload, to):
        """Sends a packet where the line may speak; its time passes anyhow."""
        if to.port and self.direction not in ("inactive", "recvonly"):
            head = struct.pack(">BBHII", 0x80, CODECS[self.codec][0], self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
            self.rtp.sendto(head + payload, (to.host, to.port))
            self.sequence, self.sent = self.sequence + 1, self.sent + 1
        self.timestamp += PACKET

    def report(self):
        """A sender report (RFC 3550 section 6.4.1) with the name that goes with every report."""
        now = time.time() + 2208988800
        sender = struct.pack(">BBHIIIIII", 0x80, 200, 6, self.ssrc, int(now), int(now % 1 * 2 ** 32), self.timestamp & 0xFFFFFFFF, self.sent,
                             self.sent * PACKET & 0xFFFFFFFF)
        return sender + struct.pack(">BBHIBB", 0x81, 202, 3, self.ssrc, 1, 5) + b"siprc\0"


@dataclasses.dataclass
class Answered:
    """An m-line of the server's answer."""
    host: str
    port: int
    direction: str
    label: str
    text: str


def read_answer(body):
    text = body.decode(errors="replace").replace("\r\n", "\n")
    session, *media = re.split(r"^(?=m=)", text, flags=re.M)
    found = []
    for part in media:
        host = re.search(r"^c=IN IP\d (\S+)", part, re.M) or re.search(r"^c=IN IP\d (\S+)", session, re.M)
        direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", part + session, re.M)
        label = re.search(r"^a=label:\s*(\S+)", part, re.M)
        found.append(Answered(host[1] if host else "", int(part.split()[1].split("/")[0]), direction[1] if direction else "sendrecv",
                              label[1] if label else None, part))
    return found


def multipart(sdp, metadata, boundary="recording-boundary"):
    return (f"--{boundary}\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--{boundary}\r\nContent-Type: application/rs-metadata+xml\r\n"
            f"Content-Disposition: recording-session\r\n\r\n{metadata}\r\n--{boundary}--\r\n")


class Client:
    """One recording client at one address; use as a context manager."""

    def __init__(self, server, transport="udp", source="127.0.0.20", port=0, tls=None, timeout=8.0):
        self.server, self.transport, self.source, self.port, self.tls, self.timeout = server, transport, source, port, tls, timeout
        self.transactions, self.sessions = sip_wire.Transactions(), {}
        self.connection = None
        self.connect()

    def connect(self):
        if self.connection:
            self.connection.close()
        self.connection = sip_wire.connect(self.transport, (self.source, self.port), self.server, self.on_message, self.tls)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for session in self.sessions.values():
            for line in session.lines:
                line.close()
        self.connection.close()

    def session(self, lines, metadata=None, **more):
        session = Session(self, lines, metadata, **more)
        self.sessions[session.call_id] = session
        return session

    @property
    def via(self):
        host, port = self.connection.local
        return f"SIP/2.0/{self.transport.upper()} {host}:{port};rport"

    @property
    def contact(self):
        host, port = self.connection.local
        scheme = "sips" if self.transport == "tls" else "sip"
        return f"{scheme}:src@{host}:{port};transport={'tcp' if self.transport == 'tls' else self.transport}"

    def on_message(self, message, connection):
        if message is None:
            return
        if message.status:
            self.transactions.deliver(message)
            return
        session = self.sessions.get(message.header("call-id"))
        if message.method == "ACK":
            return
        if session is None:
            connection.send(sip_wire.response(message, 481, "Call/Transaction Does Not Exist"))
            return
        session.on_request(message, connection)

    def exchange(self, data, branch, timeout=None):
        """Sends a request and waits for its final response; over UDP it is sent again as RFC 3261 wants it."""
        self.begin(data, branch)
        return self.finish(data, branch, timeout)

    def begin(self, data, branch):
        self.transactions.begin(branch)
        self.connection.send(data)

    def finish(self, data, branch, timeout=None):
        waiting, deadline, pause, provisional = self.transactions.begin(branch), time.time() + (timeout or self.timeout), 0.5, False
        while time.time() < deadline:
            try:
                found = waiting.get(timeout=min(pause, max(0.01, deadline - time.time())))
            except queue.Empty:
                if self.transport == "udp" and not provisional:
                    self.connection.send(data)
                    pause = min(2 * pause, 4)
                continue
            if found.status >= 200:
                self.transactions.end(branch)
                return found
            provisional = True
        raise TimeoutError(f"no final response to {data[:60]!r}")

    def options(self, uri=None):
        branch = "z9hG4bK" + os.urandom(8).hex()
        uri = uri or f"sip:srs@{self.server[0]}:{self.server[1]}"
        headers = [("Via", f"{self.via};branch={branch}"), ("Max-Forwards", 70), ("From", f"<{self.contact}>;tag={os.urandom(4).hex()}"), ("To", f"<{uri}>"),
                   ("Call-ID", os.urandom(8).hex()), ("CSeq", "1 OPTIONS"), ("Contact", f"<{self.contact}>;+sip.src"), ("Accept", "application/sdp")]
        return self.exchange(sip_wire.compose(f"OPTIONS {uri} SIP/2.0", headers), branch)


class Session:
    """A recording session: one dialog. More headers go with the INVITE; without require the option tag is left out; offer is an
    SDP of somebody else who sends the media."""

    def __init__(self, client, lines, metadata=None, caller="sip:src@client.example", display="", call_id=None, headers=(), require=True, feature="+sip.src",
                 offer=None):
        self.client, self.lines, self.metadata, self.offer = client, lines, metadata, offer
        self.call_id = call_id or f"{os.urandom(8).hex()}@{client.source}"
        self.tag, self.sequence, self.version = os.urandom(4).hex(), itertools.count(1), itertools.count(1)
        self.uri = self.target = f"sip:srs@{client.server[0]}:{client.server[1]}"
        self.origin, self.to = f'{display and chr(34) + display + chr(34) + " "}<{caller}>;tag={self.tag}', f"<{self.uri}>"
        self.headers, self.require, self.feature = list(headers), require, feature
        self.requests, self.arrived, self.answer = [], queue.Queue(), []
        self.invited = None  # (data, branch, CSeq) of the INVITE under way
        for line in lines:
            line.open(client.source)

    def sdp(self):
        if self.offer:
            return self.offer
        address = f"IN IP4 {self.client.source}"
        session = ["v=0", f"o=src 1 {next(self.version)} {address}", "s=-", f"c={address}", "t=0 0"]
        return "".join(f"{text}\r\n" for text in [*session, *(text for line in self.lines for text in line.describe())])

    def compose(self, method, number, branch, headers=(), body=b"", content_type=None):
        common = [("Via", f"{self.client.via};branch={branch}"), ("Max-Forwards", 70), ("From", self.origin), ("To", self.to), ("Call-ID", self.call_id),
                  ("CSeq", f"{number} {method}"), ("Contact", f"<{self.client.contact}>" + (f";{self.feature}" if self.feature else ""))]
        typed = [("Content-Type", content_type)] * bool(content_type)
        return sip_wire.compose(f"{method} {self.target} SIP/2.0", [*common, *headers, *typed], body)

    def send(self, method, headers=(), body=b"", content_type=None):
        """Any request of the dialog; returns the final response."""
        branch = "z9hG4bK" + os.urandom(8).hex()
        return self.client.exchange(self.compose(method, next(self.sequence), branch, headers, body, content_type), branch)

    def with_metadata(self, metadata, offer=True):
        """Content type and body of what goes along."""
        if metadata is None:
            return (self.sdp(), "application/sdp") if offer else (b"", None)
        if offer:
            return multipart(self.sdp(), metadata), "multipart/mixed;boundary=recording-boundary"
        return metadata, "application/rs-metadata+xml"

    def start(self, metadata=None, offer=True, body=None, content_type=None):
        """Sends an INVITE (or another one in the dialog) and does not wait."""
        branch, number = "z9hG4bK" + os.urandom(8).hex(), next(self.sequence)
        if body is None:
            body, content_type = self.with_metadata(metadata, offer)
        headers = [*self.headers, ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE"), ("Accept", "application/sdp, application/rs-metadata")]
        headers += [("Require", "siprec")] * self.require
        headers += [("Content-Disposition", "recording-session")] * (content_type == "application/rs-metadata+xml")
        data = self.compose("INVITE", number, branch, headers, body, content_type)
        self.invited = (data, branch, number)
        self.client.begin(data, branch)

    def finish(self, timeout=None):
        """Waits for the final response of start() and acknowledges it."""
        data, branch, number = self.invited
        found = self.client.finish(data, branch, timeout)
        if found.status >= 300:
            ack = re.sub(rb"^INVITE", b"ACK", data).split(b"\r\n\r\n")[0]
            ack = re.sub(rb"(?m)^(Require|Content-Type|Content-Length|Content-Disposition|Allow|Accept): .*\r\n", b"", ack + b"\r\n")
            ack = re.sub(rb"(?m)^To: .*\r\n", f"To: {found.header('to')}\r\n".encode(), ack).replace(b" INVITE\r\n", b" ACK\r\n")
            self.client.connection.send(ack + b"Content-Length: 0\r\n\r\n")
            raise Refused(found)
        self.to = found.header("to")
        contact = re.search(r"<([^>]+)>", found.header("contact"))
        self.target = contact[1] if contact else self.target
        offered = b"\r\nv=0\r\n" not in data
        body, content_type = (self.sdp(), "application/sdp") if offered else (b"", None)
        self.client.connection.send(self.compose("ACK", number, "z9hG4bK" + os.urandom(8).hex(), (), body, content_type))
        self.answer = read_answer(found.body)
        return found

    def invite(self, offer=True, timeout=None, **more):
        self.start(self.metadata, offer, **more)
        return self.finish(timeout)

    def cancel(self):
        """CANCEL of start(); returns its response. The INVITE's comes from finish()."""
        data, branch, number = self.invited
        head = [("Via", f"{self.client.via};branch={branch}"), ("Max-Forwards", 70), ("From", self.origin), ("To", self.to), ("Call-ID", self.call_id),
                ("CSeq", f"{number} CANCEL")]
        waiting, taken = self.client.transactions.begin(branch), []
        self.client.connection.send(sip_wire.compose(f"CANCEL {self.target} SIP/2.0", head))
        deadline = time.time() + self.client.timeout
        while time.time() < deadline:
            found = waiting.get(timeout=self.client.timeout)
            if found.method == "CANCEL":
                for other in taken:
                    waiting.put(other)
                return found
            taken.append(found)
        raise TimeoutError("no response to CANCEL")

    def reinvite(self, metadata=None, direction=None, labels=None, timeout=None):
        """Another INVITE; direction is of every line, or only of those with the labels."""
        for line in self.lines:
            if direction and (labels is None or line.label in labels):
                line.direction = direction
        self.start(metadata)
        return self.finish(timeout)

    def update(self, metadata):
        return self.send("UPDATE", [("Content-Disposition", "recording-session")], metadata, "application/rs-metadata+xml")

    def bye(self, metadata=None):
        body, content_type = self.with_metadata(metadata, offer=False)
        return self.send("BYE", [("Content-Disposition", "recording-session")] * (metadata is not None), body, content_type)

    def on_request(self, request, connection):
        again = any(request.data == other.data for other in self.requests)
        body, headers = b"", [("Contact", f"<{self.client.contact}>;{self.feature or 'expires=60'}")]
        if request.method == "INVITE":
            body, headers = self.sdp(), [*headers, ("Content-Type", "application/sdp"), ("Require", "siprec")]
        connection.send(sip_wire.response(request, 200, "OK", headers, body, self.tag))
        if not again:
            self.requests.append(request)
            self.arrived.put(request)

    def wait_for(self, method, timeout=5.0):
        """The next request of the server with this method."""
        deadline = time.time() + timeout
        while time.time() < deadline:
            try:
                request = self.arrived.get(timeout=max(0.01, deadline - time.time()))
            except queue.Empty:
                break
            if request.method == method:
                return request
        raise TimeoutError(f"the server sent no {method}")

    def take_reports(self):
        for line in self.lines:
            while True:
                try:
                    line.reports.append(line.rtcp.recv(2048))
                except OSError:
                    break


def packets_of(line, voice):
    """The payloads of 20 ms; None where nothing is sent."""
    if voice is None:
        return []
    encode = CODECS[line.codec][1]
    pcm = np.asarray(voice, dtype="<i2").tobytes()
    payloads = [encode(pcm[at:at + 2 * PACKET]) for at in range(0, len(pcm), 2 * PACKET)]
    return [p.ljust(PACKET, SILENCE[line.codec]) for p in payloads]


def say(n, plan, report):
    """The packet of that number of each line that has one."""
    for _, line, to, payloads in plan:
        if n >= len(payloads):
            continue
        line.say(payloads[n], to)
        if report and to.port:
            line.rtcp.sendto(line.report(), (to.host, to.port + 1))


def speak(voices, report_s=2.0):
    """voices: session to a list of samples, one a line (None: the line says nothing). Everybody speaks at once, in real time;
    lines that the server refused or that are paused stay silent, but their time passes. Returns the seconds
    that it took."""
    plan = [(session, line, to, packets_of(line, voice)) for session, each in voices.items()
            for line, to, voice in zip(session.lines, session.answer, each)]
    began, length = time.monotonic(), max((len(p) for *_, p in plan), default=0)
    reports = max(1, round(report_s / PACKET_S))
    with pace.first():
        for n in range(length):
            time.sleep(max(0, began + n * PACKET_S - time.monotonic()))
            say(n, plan, n % reports == 0)
    for session in voices:
        session.take_reports()
    return time.monotonic() - began
