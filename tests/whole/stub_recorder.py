# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The least that could be called a recording server, to try the test client and the forker's rig on: it accepts every line of
every offer, keeps what it is told and what it hears (RTP payloads by SSRC), and records nothing."""
import collections, re, select, socket, struct, threading

import sip_wire


class Recorder:
    """Use as a context manager; tls is a server's SSLContext."""

    def __init__(self, address, port=5060, tls=None):
        self.address, self.port, self.tls = address, port, tls
        self.messages, self.heard, self.ports = [], collections.defaultdict(list), []
        self.connections, self.running = [], True
        self.udp = self.bound(socket.SOCK_DGRAM, port)
        self.listeners = {self.listening(port): "tcp"} | ({self.listening(port + 1): "tls"} if tls else {})
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def bound(self, kind, port):
        made = socket.socket(socket.AF_INET, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((self.address, port))
        return made

    def listening(self, port):
        made = self.bound(socket.SOCK_STREAM, port)
        made.listen()
        return made

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.running = False
        self.thread.join()
        for each in [self.udp, *self.listeners, *self.ports, *self.connections]:
            each.close()

    def run(self):
        while self.running:
            for ready in select.select([self.udp, *self.listeners, *self.ports], [], [], 0.1)[0]:
                if ready is self.udp:
                    data, peer = ready.recvfrom(65536)
                    for reply in self.replies(sip_wire.Message(data)):
                        self.udp.sendto(reply, peer)
                elif ready in self.listeners:
                    self.accept(ready)
                else:
                    self.hear(ready.recv(2048))

    def accept(self, listener):
        connected, transport = listener.accept()[0], self.listeners[listener]
        if transport == "tls":
            connected = self.tls.wrap_socket(connected, server_side=True)
        self.connections.append(sip_wire.Connection(transport, connected, self.on_message))

    def on_message(self, message, connection):
        for reply in self.replies(message) if message else []:
            connection.send(reply)

    def hear(self, data):
        if len(data) > 12 and not 64 <= data[1] & 127 < 96:
            self.heard[struct.unpack_from(">I", data, 8)[0]].append(data)

    def replies(self, message):
        if message.status:
            return
        self.messages.append(message)
        contact = ("Contact", f"<sip:srs@{self.address}:{self.port}>;+sip.srs")
        if message.method == "INVITE":
            yield sip_wire.response(message, 100, "Trying", tag="stub")
            yield sip_wire.response(message, 200, "OK", [contact, ("Content-Type", "application/sdp")], self.answer(message.body.decode()), "stub")
        elif message.method != "ACK":
            yield sip_wire.response(message, 200, "OK", [contact], tag="stub")

    def answer(self, offer):
        lines = [f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0"]
        for protocol, formats, rest in re.findall(r"^m=audio \d+ (\S+) ([^\r\n]*)\r?\n(.*?)(?=^m=|^--|\Z)", offer, re.M | re.S):
            port = self.bound(socket.SOCK_DGRAM, 0)
            self.ports.append(port)
            kept = [a for a in rest.split("\r\n") if re.match("a=(rtpmap|fmtp|label)", a)]
            paused = "inactive" if "a=inactive" in rest else "recvonly"
            lines += [f"m=audio {port.getsockname()[1]} {protocol} {formats}", *kept, f"a={paused}"]
        return "\r\n".join([*lines, ""])
