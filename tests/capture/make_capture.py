# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Captures made by hand: every layer from a SIP message or RTP packet up to a pcap or pcapng file.

Each function takes what it carries and returns bytes, so layers nest as they do on the wire:

    packet = ethernet(ipv4("10.0.0.1", "10.0.0.2", udp(5060, 5060, sip_request("INVITE", "sip:bob@10.0.0.2"))))
    write_pcap("x.pcap", ETHERNET, [(1_760_000_000.25, packet)])

Times are seconds, as float, Fraction or Decimal (a float holds a moment of our years to a quarter of a microsecond).
Checksums are right unless a test breaks them; lengths can be overridden to lie.
"""
import ipaddress, struct
from fractions import Fraction

# Link types as files hold them (LINKTYPE_*).
NULL, ETHERNET, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 0, 1, 101, 108, 113, 228, 229, 276

ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN, ETHERTYPE_QINQ = 0x0800, 0x86DD, 0x8100, 0x88A8
PROTO_IPV4, PROTO_TCP, PROTO_UDP, PROTO_IPV6 = 4, 6, 17, 41
FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
MAC_A, MAC_B = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"


def ethertype(ip):
    """What goes into a link header before this IP packet."""
    return ETHERTYPE_IPV6 if ip[0] >> 4 == 6 else ETHERTYPE_IPV4


# Link layers around an IP packet.

def ethernet(ip, vlans=(), pad_to=60):
    """Ethernet II with any number of tags; vlans are ids, the outer one first. Short frames are padded as on a wire."""
    tags = b"".join(struct.pack(">HH", ETHERTYPE_QINQ if i < len(vlans) - 1 else ETHERTYPE_VLAN, vlan)
                    for i, vlan in enumerate(vlans))
    frame = MAC_B + MAC_A + tags + struct.pack(">H", ethertype(ip)) + ip
    return frame + bytes(max(0, pad_to - len(frame)))


def sll(ip, vlan=None):
    """Linux cooked capture, version 1 (tcpdump -i any)."""
    return struct.pack(">HHH8sH", 0, 1, 6, MAC_A + b"\0\0", ETHERTYPE_VLAN if vlan else ethertype(ip)) + tag(ip, vlan)


def sll2(ip, vlan=None, interface=2):
    """Linux cooked capture, version 2."""
    return struct.pack(">HHIHBB8s", ETHERTYPE_VLAN if vlan else ethertype(ip), 0, interface, 1, 0, 6,
                       MAC_A + b"\0\0") + tag(ip, vlan)


def tag(ip, vlan):
    return (struct.pack(">HH", vlan, ethertype(ip)) if vlan else b"") + ip


def null(ip, order="<", family=None):
    """BSD loopback; the family is in the byte order of the machine that captured ("<" or ">")."""
    return struct.pack(order + "I", family or (30 if ip[0] >> 4 == 6 else 2)) + ip


def loop(ip, family=None):
    """OpenBSD loopback: the family in network order."""
    return null(ip, ">", family)


# Network and transport.

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, target, payload, protocol=PROTO_UDP, options=b"", total=None, fragment=0, identification=0, ttl=64):
    """fragment is the field of flags and offset (0x2000: more follow; the offset counts in eights)."""
    addresses = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(target).packed
    options += bytes(-len(options) % 4)
    header = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload) if total is None else total,
                         identification, fragment, ttl, protocol, 0) + addresses + options
    if protocol == PROTO_UDP and not fragment:
        payload = with_udp_checksum(addresses, payload)
    if protocol == PROTO_TCP and not fragment and len(payload) >= 20:
        payload = with_tcp_checksum(addresses, payload)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ipv6(source, target, payload, protocol=PROTO_UDP, extensions=(), length=None):
    """extensions are (protocol number, bytes) as the functions below make them, outermost first."""
    addresses = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(target).packed
    if protocol == PROTO_UDP and not any(number == 44 for number, _ in extensions):
        payload = with_udp_checksum(addresses, payload)
    following = protocol
    for number, content in reversed(extensions):
        payload = bytes([following]) + content[1:] + payload
        following = number
    return struct.pack(">IHBB", 6 << 28, len(payload) if length is None else length, following, 64) + addresses + payload


def hop_by_hop(units=0):
    """A hop-by-hop extension of padding; 8 bytes and 8 more for each unit."""
    return 0, bytes([0, units, 1, 4 + 8 * units]) + bytes(4 + 8 * units)


def destination_options(units=0):
    return 60, hop_by_hop(units)[1]


def routing():
    return 43, bytes([0, 0, 253, 0]) + bytes(4)  # a type for experiments, no segments left


def authentication():
    return 51, bytes([0, 4]) + bytes(22)


def fragment(offset=0, more=False, identification=1):
    """offset in bytes, a multiple of eight."""
    return 44, struct.pack(">BBHI", 0, 0, offset | more, identification)


def udp(source_port, target_port, payload, length=None):
    return struct.pack(">HHHH", source_port, target_port, 8 + len(payload) if length is None else length, 0) + payload


def tcp(source_port, target_port, sequence, payload=b"", acknowledged=0, flags=ACK, options=b""):
    """Numbers may run over; they wrap."""
    options += b"\1" * (-len(options) % 4)
    return struct.pack(">HHIIBBHHH", source_port, target_port, sequence % 2**32, acknowledged % 2**32,
                       (5 + len(options) // 4) << 4, flags, 65535, 0, 0) + options + payload


def with_tcp_checksum(addresses, segment):
    value = checksum(addresses + struct.pack(">II", PROTO_TCP, len(segment)) + segment)
    return segment[:16] + struct.pack(">H", value) + segment[18:]


def with_udp_checksum(addresses, datagram):
    length = struct.unpack(">H", datagram[4:6])[0]
    if length != len(datagram) or datagram[6:8] != b"\0\0":
        return datagram
    value = checksum(addresses + struct.pack(">II", length, PROTO_UDP) + datagram) or 0xFFFF
    return datagram[:6] + struct.pack(">H", value) + datagram[8:]


def websocket(payload, opcode=1, masked=True, last=True, compressed=False, key=b"\x37\xfa\x21\x3d"):
    """One frame (RFC 6455 section 5.2)."""
    size = len(payload)
    length = bytes([size]) if size < 126 else struct.pack(">BH", 126, size) if size < 65536 else struct.pack(">BQ", 127, size)
    head = bytes([last << 7 | compressed << 6 | opcode, length[0] | masked << 7]) + length[1:]
    return head + (key + bytes(c ^ key[i % 4] for i, c in enumerate(payload)) if masked else payload)


# What goes into UDP and TCP.

def sip_message(start, headers, body=b""):
    """headers is a list of (name, value); Content-Length is added."""
    body = body.encode() if isinstance(body, str) else body
    lines = [start, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def dialog_headers(method, call_id, cseq, caller, callee, from_tag, to_tag, branch):
    return [("Via", f"SIP/2.0/UDP {caller.split('@')[-1]}:5060;branch={branch or f'z9hG4bK-{call_id}-{cseq}-{method}'}"),
            ("From", f"<{caller}>;tag={from_tag}"), ("To", f"<{callee}>" + (f";tag={to_tag}" if to_tag else "")),
            ("Call-ID", call_id), ("CSeq", f"{cseq} {method}")]


def sip_request(method, uri, call_id="one@made.example", cseq=1, caller="sip:alice@10.0.0.1", callee="sip:bob@10.0.0.2",
                from_tag="a", to_tag="", branch=None, extra=(), body=b"", content_type="application/sdp"):
    headers = dialog_headers(method, call_id, cseq, caller, callee, from_tag, to_tag, branch)
    headers += [("Max-Forwards", "70"), *extra] + ([("Content-Type", content_type)] if body else [])
    return sip_message(f"{method} {uri} SIP/2.0", headers, body)


def sip_response(status, reason, method="INVITE", call_id="one@made.example", cseq=1, caller="sip:alice@10.0.0.1",
                 callee="sip:bob@10.0.0.2", from_tag="a", to_tag="b", branch=None, extra=(), body=b"",
                 content_type="application/sdp"):
    headers = dialog_headers(method, call_id, cseq, caller, callee, from_tag, to_tag, branch)
    headers += [*extra] + ([("Content-Type", content_type)] if body else [])
    return sip_message(f"SIP/2.0 {status} {reason}", headers, body)


def sdp(address, port, formats=(0,), attributes=(), direction="sendrecv", protocol="RTP/AVP", session_attributes=()):
    """One audio line. attributes are whole a= values: "rtpmap:101 telephone-event/8000"."""
    family = "IP6" if ":" in address else "IP4"
    lines = ["v=0", f"o=- 1 1 IN {family} {address}", "s=-", f"c=IN {family} {address}", "t=0 0",
             *(f"a={a}" for a in session_attributes),
             f"m=audio {port} {protocol} {' '.join(map(str, formats))}", *(f"a={a}" for a in attributes), f"a={direction}"]
    return "".join(line + "\r\n" for line in lines)


def rtp(payload_type, sequence, timestamp, ssrc, payload, marker=False, csrc=(), extension=None, padding=0):
    """extension is (profile, bytes in whole words)."""
    first = 0x80 | (0x20 if padding else 0) | (0x10 if extension else 0) | len(csrc)
    packet = struct.pack(">BBHII", first, marker << 7 | payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    packet += struct.pack(f">{len(csrc)}I", *csrc)
    if extension:
        packet += struct.pack(">HH", extension[0], len(extension[1]) // 4) + extension[1]
    return packet + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


def telephone_event(event, duration, end=False, volume=10):
    """Payload of RFC 4733."""
    return struct.pack(">BBH", event, end << 7 | volume, duration)


def rtcp_sender_report(ssrc, ntp=(0, 0), timestamp=0, packets=0, octets=0):
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, ssrc, *ntp, timestamp, packets, octets)


# Files. Packets are (seconds, bytes) or (seconds, bytes, length on the wire).

def moment(packet, per_second):
    return int(Fraction(packet[0]) * per_second + Fraction(1, 2))


def wire_length(packet):
    return packet[2] if len(packet) > 2 else len(packet[1])


def pcap(link_type, packets, order="<", nanoseconds=False, snap=262144):
    out = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, snap, link_type)]
    per_second = 10**9 if nanoseconds else 10**6
    for packet in packets:
        seconds, fraction = divmod(moment(packet, per_second), per_second)
        data = packet[1][:snap]
        out.append(struct.pack(order + "IIII", seconds, fraction, len(data), wire_length(packet)) + data)
    return b"".join(out)


def block(kind, body, order):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def pcapng(link_type, packets, order="<", nanoseconds=False, snap=262144):
    """One section, one interface; nanoseconds sets if_tsresol, else its default of microseconds holds."""
    per_second = 10**9 if nanoseconds else 10**6
    options = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0) if nanoseconds else b""
    out = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order),
           block(1, struct.pack(order + "HHI", link_type, 0, snap) + options, order)]
    for packet in packets:
        at, data = moment(packet, per_second), packet[1][:snap]
        head = struct.pack(order + "IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(data), wire_length(packet))
        out.append(block(6, head + data, order))
    return b"".join(out)


def write_pcap(path, link_type, packets, **options):
    with open(path, "wb") as f:
        f.write(pcap(link_type, packets, **options))


def write_pcapng(path, link_type, packets, **options):
    with open(path, "wb") as f:
        f.write(pcapng(link_type, packets, **options))
