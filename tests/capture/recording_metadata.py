# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata of recording sessions, made: the standard's (RFC 7865) and the dialects that session border controllers speak.

document() writes the standard's. Each function of DIALECTS gives a Message: its body parts in the manner of one kind of
equipment, for the m-lines' labels it names, and what a reader must make of it. Nobody's message is copied."""
import base64, dataclasses, uuid

NAMESPACE = "urn:ietf:params:xml:ns:recording:1"
START = "2026-05-04T10:00:00Z"


def identity(name):
    """Base64 of a UUID, the same for the same name."""
    return base64.b64encode(uuid.uuid5(uuid.NAMESPACE_OID, name).bytes).decode()


@dataclasses.dataclass
class Party:
    aor: str
    name: str = None
    send: tuple = ()          # labels
    recv: tuple = ()
    joined: str = START
    left: str = None
    streams_said: bool = True  # whether an association says what it sends

    @property
    def id(self):
        return identity(self.aor)


def times(joined, left):
    return (f"<associate-time>{joined}</associate-time>" if joined else "") + (f"<disassociate-time>{left}</disassociate-time>" if left else "")


def session_element(name, group=None, start=START, stop=None, sip=(), reason=None):
    inside = "".join(f"<sipSessionID>{s}</sipSessionID>" for s in sip)
    inside += f'<reason cause="200">{reason}</reason>' if reason else ""
    inside += f"<group-ref>{identity(group)}</group-ref>" if group else ""
    inside += (f"<start-time>{start}</start-time>" if start else "") + (f"<stop-time>{stop}</stop-time>" if stop else "")
    return f'<session session_id="{identity(name)}">{inside}</session>'


def document(session="s", parties=(), labels=(), partial=False, group=None, extra="", bare=False, **about):
    """A document of one session; labels are the streams that it declares, known by their labels. bare leaves out the session."""
    parts = [f"<datamode>{'partial' if partial else 'complete'}</datamode>"]
    parts += [f'<group group_id="{identity(group)}"><associate-time>{START}</associate-time></group>'] if group else []
    parts += [] if bare else [session_element(session, group, **about)]
    for p in parties:
        name = f"<name>{p.name}</name>" if p.name else ""
        parts.append(f'<participant participant_id="{p.id}"><nameID aor="{p.aor}">{name}</nameID></participant>')
    parts += [f'<stream stream_id="{identity("stream " + label)}" session_id="{identity(session)}"><label>{label}</label></stream>' for label in labels]
    for p in parties:
        parts.append(f'<participantsessionassoc participant_id="{p.id}" session_id="{identity(session)}">{times(p.joined, p.left)}</participantsessionassoc>')
    parts += [streams_of(p) for p in parties if p.streams_said]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<recording xmlns="{NAMESPACE}">\n' + "\n".join([*parts, *[extra] * bool(extra), "</recording>", ""])


def streams_of(party):
    inside = "".join(f"<send>{identity('stream ' + l)}</send>" for l in party.send) + "".join(f"<recv>{identity('stream ' + l)}</recv>" for l in party.recv)
    return f'<participantstreamassoc participant_id="{party.id}">{inside}</participantstreamassoc>'


@dataclasses.dataclass
class Message:
    """One kind of equipment's opening message."""
    name: str
    xml: str
    labels: list                      # of its m-lines
    members: list                     # (user, name, labels, role) as they must be read
    session: str = None               # id as it must be read; None: any
    start: str = "2026-05-04T10:00:00.000Z"
    direction: str = "sendonly"
    attributes: tuple = ()            # more of every m-line
    content_type: str = "application/rs-metadata+xml"
    metadata_first: bool = False
    newline: str = "\r\n"
    part_headers: tuple = ()          # more of every part
    colon: str = ": "
    third: tuple = ()                 # (type, text) of a further part
    require: bool = True
    feature: str = "+sip.src"

    def sdp(self, address, ports, payload="0"):
        lines = ["v=0", f"o=- 7 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0"]
        for label, port in zip(self.labels, ports):
            lines += [f"m=audio {port} RTP/AVP {payload}", "a=ptime:20", *(f"a={a}" for a in self.attributes)]
            lines += [f"a={self.direction}"] * bool(self.direction) + [f"a=label:{label}"] * (label is not None)
        return self.newline.join([*lines, ""])

    def body(self, sdp):
        """Content type and body."""
        parts = [("application/sdp", None, sdp), (self.content_type, "recording-session", self.xml.replace("\n", self.newline))]
        parts = parts[::-1] if self.metadata_first else parts
        parts += [(self.third[0], "signal;handling=optional", self.third[1])] if self.third else []
        text = ""
        for kind, disposition, data in parts:
            headers = [f"Content-Type{self.colon}{kind}"] + [f"Content-Disposition{self.colon}{disposition}"] * bool(disposition)
            headers += [h.replace("LENGTH", str(len(data.encode()))) for h in self.part_headers]
            text += f"--made boundary{self.newline}" + self.newline.join(headers) + 2 * self.newline + data + self.newline
        return 'multipart/mixed;boundary="made boundary"', (text + f"--made boundary--{self.newline}").encode()


def oracle():
    def party(number, stream, calling):
        return (f'<participant id="{identity(number)}" session="{identity("s")}"><nameID aor="sip:{number}@192.0.2.4"><name>{number}</name></nameID>'
                f"<send>{identity(stream)}</send><associate-time>2026-05-04T10:00:00</associate-time>"
                f'<extensiondata xmlns:apkt="http://acmepacket.com/siprec/extensiondata"><apkt:ucid>00FA;encoding=hex</apkt:ucid>'
                f"<apkt:callingParty>{calling}</apkt:callingParty></extensiondata></participant>")

    def stream(name, label):
        return f'<stream id="{identity(name)}" session="{identity("s")}"><label>{label}</label><mode>separate</mode></stream>'
    xml = (f"<recording xmlns='urn:ietf:params:xml:ns:recording'><datamode>complete</datamode><session id=\"{identity('s')}\">"
           f"<associate-time>2026-05-04T10:00:00</associate-time></session>{party('2001', 'x', 'false')}{party('01001234567', 'y', 'true')}"
           f"{stream('x', 16777301)}{stream('y', 16777302)}</recording>")
    return Message("oracle", xml, ["16777301", "16777302"], [("2001", "2001", ["16777301"], "callee"), ("01001234567", "01001234567", ["16777302"], "caller")],
                   identity("s"))


def cube():
    a, b = Party("sip:7301@198.51.100.4", None, ("1",), ("2",)), Party("sip:7300@198.51.100.4", "منى", ("2",), ("1",))
    whole = document("s", (a, b), ("1", "2"), start="2026-05-04T10:00:00.040Z", sip=("ab30317f1a784dc48ff824d0d3715d86FOLD;remote=47755a9de7794ba387653f2099600ef2",))
    declaration, root, mode, session, *rest, end = whole.strip().split("\n")  # out of the order of the schema
    xml = "\n".join([declaration, root, mode, *rest[3:], session, *rest[:3], end, ""]).replace("FOLD", "\n ")
    return Message("cube", xml, ["1", "2"], [("7301", None, ["1"], None), ("7300", "منى", ["2"], None)], identity("s"),
                   start="2026-05-04T10:00:00.040Z", third=("application/gtd", "IAM,\r\nGCI,00"))


def ribbon():
    xml = (f'<tns:recording xmlns:tns="urn:ietf:params:xml:ns:recording"><tns:datamode>complete</tns:datamode>'
           f'<tns:session id="{identity("s")}"><tns:start-time>1970-01-01T00:12:00Z</tns:start-time></tns:session>'
           f'<tns:participant id="p1" session="{identity("s")}"><tns:nameID aor="+201001234567@192.0.2.9"/><tns:send>{identity("two")}</tns:send></tns:participant>'
           f'<tns:participant id="p2" session="{identity("s")}"><tns:nameID aor="2001"/><tns:send>{identity("one")}</tns:send></tns:participant>'
           f'<tns:stream id="{identity("one")}" session="{identity("s")}"><tns:label>1</tns:label></tns:stream>'
           f'<tns:stream id="{identity("two")}" session="{identity("s")}"><tns:label>2</tns:label></tns:stream>'
           f"<tns:callData><tns:fromhdr>&lt;sip:+201001234567@192.0.2.9&gt;;tag=1</tns:fromhdr><tns:tohdr>&lt;sip:2001@192.0.2.9&gt;</tns:tohdr>"
           f"<tns:callid>9-77@192.0.2.9</tns:callid><tns:gcid>4711</tns:gcid></tns:callData></tns:recording>")
    return Message("ribbon", xml, ["1", "2"], [("+201001234567", None, ["2"], "caller"), ("2001", None, ["1"], "callee")], identity("s"), start=None,
                   attributes=("maxptime:20",))


def broadworks_xml(streams, mode):
    parties = "".join(f'<participant id="urn:uuid:p{n}" session="urn:uuid:s"><aor>{aor}</aor><send><id>urn:uuid:{stream}</id></send></participant>'
                      for n, (aor, stream) in enumerate(streams))
    declared = "".join(f'<stream id="urn:uuid:{stream}" session="urn:uuid:s"><label>{label}</label><mode>{mode}</mode></stream>'
                       for stream, label in ((("a", 1), ("b", 2)) if mode == "separate" else (("a", 1),)))
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<recording_metadata xmlns="urn:ietf:params:xml:ns:siprec">\n<dataMode>complete</dataMode>\n'
            f'<recording id="urn:uuid:r"><requestor>SRC</requestor><type>selective</type></recording>\n'
            f'<group id="urn:uuid:g" recording="urn:uuid:r"><initiator>sip:2001</initiator></group>\n'
            f'<session id="urn:uuid:s" group="urn:uuid:g"><start-time>2026-05-04T12:00:00+02:00</start-time></session>\n{parties}{declared}\n'
            f'<extensiondata id="urn:uuid:e" parent="urn:uuid:s"><broadWorksRecordingMetadata xmlns="http://schema.broadsoft.com/broadworksCallRecording" version="3.0">'
            f"<callType><termCall><callingPartyNumber>sip:+201001234567@carrier.example;user=phone</callingPartyNumber>"
            f"<calledPartyNumber>sip:+2022001@carrier.example</calledPartyNumber></termCall></callType><recordingType>on</recordingType>"
            f"<acd><acdName>Sales</acdName></acd></broadWorksRecordingMetadata></extensiondata>\n</recording_metadata>\n")


def broadworks():
    xml = broadworks_xml([("sip:2001", "a"), ("sip:+201001234567@carrier.example;user=phone", "lost")], "mixed")
    return Message("broadworks", xml, ["1"], [("2001", None, ["1"], "callee"), ("+201001234567", None, ["1"], "caller")], "urn:uuid:s", direction="",
                   metadata_first=True, colon=":", part_headers=("Content-Length:LENGTH",), require=False, feature="src")


def webex():
    xml = broadworks_xml([("sip:mona@example.com", "a"), ("sip:+201001234567@carrier.example;user=phone", "b")], "separate")
    return Message("webex", xml, ["1"], [("mona", None, ["1"], "callee"), ("+201001234567", None, ["2"], "caller")], "urn:uuid:s", metadata_first=True,
                   colon=":", require=False, feature="src")


def metaswitch():
    parties = [Party("01001234567", "Sara", ("1",), ("1",)), Party("2001", "2001", ("1",), ("1",))]
    xml = document("s", parties, ("1",), extra="<extensiondata><metaswitchRecordingMetadata><callType>terminating</callType><userName></userName>"
                   "<callingPartyNumber>01001234567</callingPartyNumber></metaswitchRecordingMetadata></extensiondata>").replace(NAMESPACE, NAMESPACE[:-2])
    return Message("metaswitch", xml, ["1"], [("01001234567", "Sara", ["1"], "caller"), ("2001", "2001", ["1"], "callee")], identity("s"), direction="",
                   content_type="application/rs-metadata")


def audiocodes():
    parties = [Party("sip:2001@192.0.2.5", None, ("1",), ("2",)), Party("sip:01001234567@192.0.2.5", None, ("2",), ("1",))]
    return Message("audiocodes", document("s", parties, ("1", "2")), ["1", "2"], [("2001", None, ["1"], None), ("01001234567", None, ["2"], None)],
                   identity("s"), newline="\n", content_type="application/rs-metadata", require=False)


def avaya():
    parties = [Party("sip:01001234567@192.0.2.6", None, ("10",)), Party("sip:ASBCE@example.com")]
    xml = document("s", parties, ("10",), start=None, extra=f'<stream stream_id="" session_id="{identity("s")}"><label>20</label></stream>'
                   f'<sessionrecordingassoc session_id="{identity("s")}"><associate-time>2026-05-04T10:00:00</associate-time></sessionrecordingassoc>')
    return Message("avaya", xml.replace("datamode", "dataMode"), ["10"], [("01001234567", None, ["10"], None), ("ASBCE", None, ["20"], None)], identity("s"))


def opensips():
    parties = [Party("sip:2001@192.0.2.7", "Agent", ("0",), ("1",)), Party("sip:01001234567@192.0.2.7", None, ("1",), ("0",))]
    return Message("opensips", document("s", parties, ("0", "1")), ["0", "1"], [("2001", "Agent", ["0"], None), ("01001234567", None, ["1"], None)], identity("s"))


def netsapiens():
    parties = [Party("sip:2001@tenant.example", "Mona", joined=None, streams_said=False), Party("sip:2002@tenant.example", "Omar", streams_said=False)]
    xml = document("s", parties, ("1", "2"), group="g", start=None, extra='<netsapiensExtension xmlns="http://schema.netsapiens.com/netsapiensSipRec" version="1.0">'
                   '<user userID="2001@tenant.example"><callType>origCall</callType></user><callingPartyNumber>2001</callingPartyNumber></netsapiensExtension>')
    xml = "\n".join(line for line in xml.split("\n") if "participantsessionassoc" not in line)
    return Message("netsapiens", xml.replace("\n", ""), ["1", "2"], [("2001", "Mona", ["1"], "caller"), ("2002", "Omar", ["2"], "callee")], identity("s"), start=None)


def sems():
    parties = [Party("sip:2001@192.0.2.8", None, ("a_leg",)), Party("sip:01001234567@192.0.2.8", None, ("b_leg",))]
    return Message("sems", document("s", parties, ("a_leg", "b_leg")), ["a_leg", "b_leg"], [("2001", None, ["a_leg"], None), ("01001234567", None, ["b_leg"], None)],
                   identity("s"), attributes=("direction:both",))


DIALECTS = [oracle, cube, ribbon, broadworks, webex, metaswitch, audiocodes, avaya, opensips, netsapiens, sems]
