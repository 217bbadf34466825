# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What an attacker says to a recording server: messages that are broken, lie, or are not wanted.

    Hostile(seed, server, folder).message("tcp") -> Wrong(bytes, branch, wanted)

wanted: the statuses one of which answers it, () where silence is right, None where nothing is promised. branch: by which the answer is
known. folder may hold torture/*.dat and fuzz_seeds/sip/* of others; they join where they are.
"""
import dataclasses, random

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.66\r\ns=-\r\nc=IN IP4 127.0.0.66\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n"
       "m=audio 4002 RTP/AVP 0\r\na=label:2\r\na=sendonly\r\n")
METADATA = ('<?xml version="1.0"?><recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode><session session_id="s1"/>'
            '<participant participant_id="p1"><nameID aor="sip:66@hostile.example"/></participant><stream stream_id="m1" session_id="s1"><label>1</label>'
            '</stream><participantstreamassoc participant_id="p1"><send>m1</send></participantstreamassoc></recording>')
REFUSED = range(400, 700)


@dataclasses.dataclass
class Wrong:
    data: bytes
    branch: str = ""
    wanted: object = None


def multipart(sdp=SDP, metadata=METADATA, end="\r\n--b--\r\n"):
    metadata = metadata if isinstance(metadata, bytes) else metadata.encode()
    return (f"--b\r\nContent-Type: application/sdp\r\n\r\n{sdp}\r\n--b\r\nContent-Type: application/rs-metadata+xml\r\n"
            "Content-Disposition: recording-session\r\n\r\n").encode() + metadata + end.encode()


MULTIPART = "multipart/mixed;boundary=b"


class Hostile:
    def __init__(self, seed, server, folder=None):
        self.chance, self.server = random.Random(seed), server
        files = [*(folder / "torture").glob("*.dat"), *(folder / "fuzz_seeds" / "sip").glob("*")] if folder and folder.is_dir() else []
        self.found = [path.read_bytes() for path in sorted(files)]
        self.kinds = [self.mutated] * 8 + [self.body, self.head, self.unwanted, self.unwanted, self.response] + [self.stranger] * (2 if self.found else 0)

    def text(self, n=8):
        return f"{self.chance.getrandbits(4 * n):0{n}x}"

    def request(self, method="INVITE", body=b"", kind=MULTIPART, transport="udp", length=None, to="", extra="", require="Require: siprec\r\n", branch=None):
        body = body.encode() if isinstance(body, str) else body
        branch, call = branch or "z9hG4bKx" + self.text(16), self.text(12)
        head = (f"{method} sip:srs@{self.server} SIP/2.0\r\nVia: SIP/2.0/{transport.upper()} 127.0.0.66:5060;rport;branch={branch}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:x@hostile.example>;tag={call}\r\nTo: <sip:srs@{self.server}>{to}\r\nCall-ID: {call}\r\nCSeq: 1 {method}\r\n"
                f"Contact: <sip:x@127.0.0.66>;+sip.src\r\n{require}{extra}" + (f"Content-Type: {kind}\r\n" if body else "") +
                f"Content-Length: {len(body) if length is None else length}\r\n\r\n")
        return branch, head.encode() + body

    def message(self, transport):
        return self.chance.choice(self.kinds)(transport)

    # ---- kinds

    def mutated(self, transport):
        """A good INVITE, broken at random: most of the time so that it is refused, at times so that it is not."""
        chance, data = self.chance, bytearray(self.request(body=multipart(), transport=transport)[1])
        for _ in range(chance.randint(1, 12)):
            at, kind = chance.randrange(len(data)), chance.randrange(6)
            if kind == 0:
                data[at] ^= 1 << chance.randrange(8)
            elif kind == 1:
                del data[at:at + chance.randint(1, 60)]
            elif kind == 2:
                data[at:at] = bytes(chance.choice(b"\r\n ;:=<>\"\0%(,\xff") for _ in range(chance.randint(1, 40)))
            elif kind == 3:
                data[at:at] = data[chance.randrange(len(data)):][:300]
            elif kind == 4:
                del data[at:]
            else:
                lines = bytes(data).split(b"\r\n")
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                data = bytearray(b"\r\n".join(lines))
            data = data or bytearray(b"\r\n")
        return Wrong(bytes(data))

    def body(self, transport):
        """A good head, and a body that lies, never ends or goes too deep."""
        deep, many = 3000, 1000
        sdp = self.chance.choice([
            SDP + "m=image 4 udptl (\r\n", "m=image 4 udptl (\r\n", SDP + "m=audio 4000 RTP/AVP 0\r\n" * many, SDP.replace("m=audio 4000", "m=audio 99999999999"),
            SDP.replace("RTP/AVP 0", "RTP/AVP " + "0 " * 5000), SDP + "a=" + "x" * 30000 + "\r\n", SDP + "\0" * 500, SDP + "a=rtpmap:0 " * 500, "v=0", "\0"])
        metadata = self.chance.choice([
            "<recording>" + "<session>" * deep, "<a>" * deep + "</a>" * deep, METADATA.encode().replace(b"66@", b"\xff\xfe\xc0\x80"), METADATA[:-40],
            '<!DOCTYPE a [<!ENTITY b "' + "c" * 100 + '">' + "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 9)) + "]><recording>&b8;</recording>",
            '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><recording>&b;</recording>', "<recording " + "a='1' " * 3000 + "/>", "&#0;" * 3000, "\0" * 2000])
        nested = b"".join(b"--%d\r\nContent-Type: multipart/mixed;boundary=%d\r\n\r\n" % (n, n + 1) for n in range(500))
        bodies = [(multipart(sdp=sdp), MULTIPART), (multipart(metadata=metadata), MULTIPART), (multipart(end=""), MULTIPART), (nested, "multipart/mixed;boundary=0"),
                  (b"--b\r\n" * 5000, MULTIPART), (sdp, "application/sdp"), (b"\xff" * 3000, "application/sdp")]
        body, kind = self.chance.choice(bodies)
        length = self.chance.choice([None, None, None, 0, 10, 60000, -1, 2 ** 32 + 5, "1 2", "x"])
        branch, data = self.request(body=body, kind=kind, length=length, transport=transport)
        return Wrong(data, branch)

    def head(self, transport):
        chance = self.chance
        extra = chance.choice(["X-Long: " + "a" * 55000 + "\r\n", "X-A: b\r\n" * 3000, "Supported: " + "a," * 8000 + "z\r\n", "Route: <sip:nowhere.example;lr>\r\n",
                               "Record-Route: <sip:nowhere.example;lr>\r\n" * 60, "Content-Length: 5\r\n", "CSeq: 2 BYE\r\n", "Call-ID: a\r\nCall-ID: b\r\n", "Via: \r\n",
                               "Replaces: a;to-tag=b;from-tag=c\r\n", "Session-Expires: 99999999999999999999\r\nMin-SE: 99999999999\r\n", "Timestamp: 1e999\r\n",
                               "Contact: *\r\n", "X-Folded: a\r\n " + " b\r\n" * 500, "Subject: \x1b[31m\u202e\r\n", "Accept: " + "a/b;c=d," * 900 + "*/*\r\n"])
        branch, data = self.request(body=multipart(), extra=extra, transport=transport)
        if chance.random() < 0.3:
            data = data.replace(b"Contact: <sip:x@127.0.0.66>", b"Contact: <sip:x@nowhere.example>")
        if chance.random() < 0.2:
            data = data.replace(b"SIP/2.0\r\n", b"SIP/" + self.text().encode() + b"\r\n", 1)
        return Wrong(data, branch)

    def unwanted(self, transport):
        """What a phone or a scanner says: nothing is wrong with it, it has no business here."""
        method, wanted, more = self.chance.choice([
            ("SUBSCRIBE", (405,), {}), ("REGISTER", (405,), {}), ("MESSAGE", (405,), {}), ("PUBLISH", (405,), {}), ("INFO", (405,), {}), ("X", (405,), {}),
            ("OPTIONS", (200,), {"require": ""}), ("BYE", (481,), {"to": ";tag=none"}), ("BYE", (481,), {}), ("UPDATE", (481,), {"to": ";tag=none"}),
            ("CANCEL", (481,), {}), ("ACK", (), {}), ("ACK", (), {"to": ";tag=none"}), ("PRACK", REFUSED, {"to": ";tag=none", "extra": "RAck: 1 1 INVITE\r\n"}),
            ("INVITE", (481,), {"to": ";tag=none", "body": multipart()}), ("INVITE", (420,), {"require": "Require: siprec, 100rel\r\n", "body": multipart()}),
            ("INVITE", (422,), {"extra": "Session-Expires: 5\r\n", "body": multipart()})])
        branch, data = self.request(method, transport=transport, **more)
        return Wrong(data, branch, wanted)

    def response(self, transport):
        status = self.chance.choice(["100 Trying", "180 Ringing", "200 OK", "302 Moved", "503 Busy", "999 ?", "200"])
        branch, data = self.request(self.chance.choice(["INVITE", "BYE", "UPDATE"]), transport=transport, body=multipart() if self.chance.random() < 0.5 else b"")
        return Wrong(f"SIP/2.0 {status}\r\n".encode() + data.split(b"\r\n", 1)[1], branch, ())

    def stranger(self, transport):
        return Wrong(self.chance.choice(self.found))
