# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""SIP messages and their transports (UDP, TCP, TLS) for the peers that tests play. Nothing here is shared with the program."""
import queue, re, select, socket, ssl, threading

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type"}


class Message:
    """A request or response: .method or .status, .headers (name in lower case, value), .body (bytes)."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        start, *lines = re.sub(r"\r\n[ \t]+", " ", head.decode(errors="replace").lstrip("\r\n")).split("\r\n")
        self.start, self.data = start, data
        self.headers = []
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        self.status = int(start.split()[1]) if start.startswith("SIP/2.0") else None
        self.method = self.header("cseq").split()[-1] if self.status else start.split()[0]

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def header(self, name, default=""):
        return (self.all(name) or [default])[0]

    @property
    def branch(self):
        found = re.search(r"branch=([^;,\s]+)", self.header("via"))
        return found[1] if found else ""

    def __repr__(self):
        return self.data.decode(errors="replace")


def compose(start, headers, body=b""):
    body = body.encode() if isinstance(body, str) else body
    lines = [start, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def response(request, status, reason, headers=(), body=b"", tag="peer"):
    to = request.header("to")
    copied = [("Via", v) for v in request.all("via")] + [("From", request.header("from")), ("To", to if "tag=" in to else f"{to};tag={tag}"),
              ("Call-ID", request.header("call-id")), ("CSeq", request.header("cseq"))]
    return compose(f"SIP/2.0 {status} {reason}", [*copied, *headers], body)


def take_message(buffer):
    """The first whole message of a stream and what is left; None while it is not all there."""
    while buffer[:2] == b"\r\n":
        buffer = buffer[2:]
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None, buffer
    found = re.search(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*(\d+)", buffer[:end])
    size = end + 4 + (int(found[1]) if found else 0)
    return (buffer[:size], buffer[size:]) if len(buffer) >= size else (None, buffer)


class Connection:
    """One way to a peer over a connected socket. on_message(message, connection) is called in a thread of its own; None tells
    that a stream ended."""

    def __init__(self, transport, connected, on_message):
        self.transport, self.socket, self.on_message, self.open = transport, connected, on_message, True
        self.local = connected.getsockname()
        self.lock = threading.Lock()  # a TLS state serves both directions
        self.socket.settimeout(5)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def send(self, data):
        with self.lock:
            if self.transport == "udp":
                self.socket.send(data)
            else:
                self.socket.sendall(data)

    def receive(self):
        """Bytes; b"" at the end; None when there is nothing yet."""
        pending = self.transport == "tls" and self.socket.pending()
        if not pending and not select.select([self.socket], [], [], 0.2)[0]:
            return None
        try:
            with self.lock:  # and never wait with it: what came may be of TLS alone
                self.socket.settimeout(0)
                try:
                    return self.socket.recv(65536)
                finally:
                    self.socket.settimeout(5)
        except (BlockingIOError, ssl.SSLWantReadError, ConnectionRefusedError):
            return None
        except OSError:
            return b""

    def read(self):
        buffer = b""
        while self.open:
            data = self.receive()
            if data is None or (self.transport == "udp" and not data.strip()):
                continue
            if self.transport == "udp":
                self.on_message(Message(data), self)
                continue
            if not data:
                break
            buffer += data
            message, buffer = take_message(buffer)
            while message:
                self.on_message(Message(message), self)
                message, buffer = take_message(buffer)
        self.open = False
        self.on_message(None, self)

    def close(self):
        self.open = False
        if self.thread is not threading.current_thread():
            self.thread.join()
        self.socket.close()


def connect(transport, source, server, on_message, tls=None):
    """A connection from an address of ours to a server; source's port 0 is any."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(source)
    made.settimeout(5)
    made.connect(server)
    if transport == "tls":
        made = (tls or trusting()).wrap_socket(made, server_hostname=server[0])
    return Connection(transport, made, on_message)


def trusting(certificate=None, key=None):
    """A TLS context that asks no questions, with a certificate of its own if given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


class Transactions:
    """Requests that wait for their responses, by branch."""

    def __init__(self):
        self.waiting, self.lock = {}, threading.Lock()

    def begin(self, branch):
        with self.lock:
            return self.waiting.setdefault(branch, queue.Queue())

    def deliver(self, message):
        with self.lock:
            waiting = self.waiting.get(message.branch)
        if waiting:
            waiting.put(message)

    def end(self, branch):
        with self.lock:
            self.waiting.pop(branch, None)
