# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Sends SIP messages that somebody else wrote, in a live dialog, by sipp: what belongs to the dialog (Via, tags, Call-ID, CSeq,
Contact) is sipp's, everything else is as it was, and the SDP names the ports from which sipp speaks."""
import pathlib, re, struct, subprocess
from xml.sax.saxutils import escape

OURS = {"via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "contact", "m", "max-forwards", "content-length", "l", "route", "content-type", "c", "expires"}


def parted(data):
    """Header lines and body of a message; line ends of the header may be bare."""
    end = re.search(rb"\r?\n\r?\n", data)
    return data[:end.start()].decode().replace("\r\n", "\n").split("\n"), data[end.end():]


def moved(body, address, port):
    """The body with its media at another address; a hold by 0.0.0.0 stays one. Ports go up by two a line."""
    if not re.search(rb"(?m)^c=", body):
        body = re.sub(rb"(?m)^(s=[^\r\n]*(\r?\n))", rb"\g<1>c=IN IP4 x\g<2>", body, count=1)
    ports = iter(range(port, port + 64, 2))
    body = re.sub(rb"(?m)^(c=IN IP4 )(?!0\.0\.0\.0)[^\r\n]*", rb"\g<1>" + address.encode(), body)
    return re.sub(rb"(?m)^(m=audio )\d+", lambda m: m[1] + str(next(ports)).encode(), body)


def is_pause(message):
    return b"c=IN IP4 0.0.0.0" in message or b"a=inactive" in message


def request(message, folder, name, address, port, pause_ms, spoken, passed_ms):
    """The steps of one INVITE: it, its answer, ACK and a time of speech (of silence when it pauses)."""
    lines, body = parted(message)
    kept = [line for line in lines[1:] if line.split(":")[0].strip().lower() not in OURS]
    original = {line.split(":")[0].strip().lower(): line for line in lines[1:]}
    contact = re.search(r">(.*)$", original.get("contact", original.get("m", "Contact: <sip:x>")))
    inside = re.search(r"<[^>]*(;\+sip\.src)>", original.get("contact", ""))
    display = re.match(r'(?:From|f)\s*:\s*("[^"]*")?', original.get("from", original.get("f", "")), re.I)[1] or ""
    uri = re.search(r"<([^>]+)>", original.get("from", original.get("f", "")))[1]
    file, voice = folder / f"{name}.body", folder / f"{name}.pcap"
    file.write_bytes(moved(body, address, port))
    offered = re.search(rb"m=audio \d+ \S+ ([\d ]+)", body)[1].split()
    voice_pcap(voice, 8 if b"8" in offered else 0, spoken, passed_ms, pause_ms)
    play = "" if is_pause(message) else f'<nop><action><exec play_pcap_audio="{voice}"/></action></nop>'
    head = ["INVITE sip:srs@[remote_ip]:[remote_port] SIP/2.0", "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]", "Max-Forwards: 70",
            f"From: {display}<{uri}>;tag=[call_number]", "To: <sip:srs@[remote_ip]>[peer_tag_param]", "Call-ID: [call_id]", "CSeq: [cseq] INVITE",
            f"Contact: <sip:src@[local_ip]:[local_port];transport=[transport]{inside[1] if inside else ''}>{contact[1] if contact else ''}", *kept,
            original.get("content-type", original.get("c", "Content-Type: application/sdp")), f"Content-Length: {file.stat().st_size}"]
    ack = ["ACK [next_url] SIP/2.0", "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]", "Max-Forwards: 70", f"From: {display}<{uri}>;tag=[call_number]",
           "To: <sip:srs@[remote_ip]>[peer_tag_param]", "Call-ID: [call_id]", "CSeq: [cseq] ACK", "Content-Length: 0", "", ""]
    return ("<send retrans=\"500\"><![CDATA[\n" + "\n".join([*head, "", f"[file name={file}]"]) + "]]></send>\n"
            '<recv response="100" optional="true"/><recv response="200" rrs="true"/>\n'
            "<send><![CDATA[\n" + "\n".join(ack) + "]]></send>\n"
            f'{play}<pause milliseconds="{pause_ms}"/>\n')


def scenario(messages, folder, name, address, port, pause_ms=400):
    """A file that plays the INVITEs of one dialog in order and ends it. Through a tunnel of TLS, of which sipp knows nothing, its
    Via says TCP."""
    steps, spoken = "", 0
    for n, message in enumerate(messages):
        steps += request(message, folder, f"{name}_{n}", address, port, pause_ms, spoken, n * pause_ms)
        spoken += 0 if is_pause(message) else pause_ms // 20
    first, _ = parted(messages[0])
    found = next(line for line in first if re.match(r"(from|f)\s*:", line, re.I))
    uri = re.sub(r"^[^:]*:\s*|;tag=.*$", "", found) + ";tag=[call_number]"
    bye = ["BYE [next_url] SIP/2.0", "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]", "Max-Forwards: 70", f"From: {uri}",
           "To: <sip:srs@[remote_ip]>[peer_tag_param]", "Call-ID: [call_id]", "CSeq: [cseq] BYE", "Content-Length: 0", "", ""]
    path = folder / f"{name}.xml"
    text = (f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{escape(name)}">\n{steps}<send retrans="500"><![CDATA[\n' + "\n".join(bye) +
            ']]></send>\n<recv response="200"/>\n</scenario>\n')
    path.write_text(text)
    return path


def voice_pcap(path, payload_type, sequence, first_ms, length_ms):
    """What sipp plays: a tone in G.711, as a capture of RTP that goes on where an earlier one ended: after so many packets, the
    first of which came so long before."""
    packets, frame, first = [], bytes((0x55, 0x2a, 0xd5, 0xaa) * 40), first_ms // 20
    for n in range(first, first + length_ms // 20):
        rtp = struct.pack(">BBHII", 0x80, payload_type, sequence + n - first, 160 * n, 7) + frame
        udp = struct.pack(">HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), n, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        packets.append(struct.pack("<IIII", n // 50, n % 50 * 20000, 14 + len(ip), 14 + len(ip)) + b"\2" * 12 + b"\x08\0" + ip)
    pathlib.Path(path).write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(packets))


def start(path, name, server, source, media_port, transport, folder):
    """sipp with a scenario, once; name becomes the Call-ID."""
    way = "u1" if transport == "udp" else "t1"
    return subprocess.Popen(["sipp", f"{server[0]}:{server[1]}", "-sf", path, "-m", "1", "-i", source, "-t", way, "-mi", source, "-mp", str(media_port), "-cid_str", name,
                             "-nostdin", "-trace_err", "-error_file", folder / f"{name}.err", "-recv_timeout", "30000", "-timeout", "120"], cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
