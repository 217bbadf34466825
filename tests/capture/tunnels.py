# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What packets are wrapped in on the way from a mirror port: tunnels and links around an IP packet or an Ethernet frame,
and fragments of IP packets. TUNNELS has each with its link type, as a function from an IP packet to what is captured."""
import struct

import make_capture as make

PPP, PPP_SERIAL, HDLC, PPP_ETHER, MPLS, NFLOG = 9, 50, 104, 51, 219, 239  # LINKTYPE_*
PROTO_GRE = 47
TEB, GRE_PPP, ERSPAN, ERSPAN3 = 0x6558, 0x880B, 0x88BE, 0x22EB


def outer(payload, protocol, version=4):
    """The packet of whoever wraps."""
    if version == 6:
        return make.ipv6("2001:db8:ffff::1", "2001:db8:ffff::2", payload, protocol)
    return make.ipv4("172.31.0.1", "172.31.0.2", payload, protocol, identification=9)


def frame(ip):
    """An Ethernet frame as a switch copies it."""
    return make.ethernet(ip)


def typed(kind, content):
    """Ethernet of a type that is not IP."""
    data = make.MAC_B + make.MAC_A + struct.pack(">H", kind) + content
    return data + bytes(max(0, 60 - len(data)))


def tagged(kind, tag, ip):
    return make.MAC_B + make.MAC_A + struct.pack(">H", kind) + tag + make.ethernet(ip)[12:]


def gre(content, kind, key=None, sequence=None, summed=False):
    flags = (0x8000 if summed else 0) | (0x2000 if key is not None else 0) | (0x1000 if sequence is not None else 0)
    head = struct.pack(">HH", flags, kind)
    fields = (bytes(4) if summed else b"") + b"".join(struct.pack(">I", v) for v in (key, sequence) if v is not None)
    data = head + fields + content
    return head + struct.pack(">H", make.checksum(data)) + fields[2:] + content if summed else data


def erspan1(content):
    return gre(content, ERSPAN)


def erspan2(content, session=5, sequence=1):
    return gre(struct.pack(">HHI", 0x1000 | 10, session, 7) + content, ERSPAN, sequence=sequence)


def erspan3(content, session=5, sequence=1, kind=0, platform=False):
    """kind: 0 Ethernet, 2 IP."""
    head = struct.pack(">HHIHH", 0x2000 | 10, session, 123456, 0, kind << 10 | platform)
    return gre(head + (bytes(8) if platform else b"") + content, ERSPAN3, sequence=sequence)


def ppp(ip, framed=True, short=False):
    """framed: with address and control. short: the protocol in one byte."""
    number = 0x57 if ip[0] >> 4 == 6 else 0x21
    return (b"\xff\x03" if framed else b"") + (bytes([number]) if short else struct.pack(">H", number)) + ip


def pppoe(content, session=17):
    return struct.pack(">BBHH", 0x11, 0, session, len(content)) + content


def pptp(content, call=3, sequence=1, acknowledged=None):
    flags = 0x3001 | (0x80 if acknowledged is not None else 0)
    return struct.pack(">HHHHI", flags, GRE_PPP, len(content), call, sequence) + \
        (struct.pack(">I", acknowledged) if acknowledged is not None else b"") + content


def hdlc(ip):
    return struct.pack(">BBH", 0x0F, 0, make.ethertype(ip)) + ip


def labels(content, *numbers):
    numbers = numbers or (16, 100001)
    return b"".join(struct.pack(">I", n << 12 | (i == len(numbers) - 1) << 8 | 64) for i, n in enumerate(numbers)) + content


def vxlan(content, network=42, flags=0x08):
    return struct.pack(">B3xI", flags, network << 8) + content


def geneve(content, kind=TEB, network=42, options=b""):
    return struct.pack(">BBHI", len(options) // 4, 0, kind, network << 8) + options + content


def gtp(ip, sequence=None, extensions=0):
    """extensions: so many PDU session containers."""
    more = b""
    if sequence is not None or extensions:
        more = struct.pack(">HBB", sequence or 0, 0, 0x85 if extensions else 0)
        more += b"".join(bytes([1, 0, 9, 0x85 if i + 1 < extensions else 0]) for i in range(extensions))
    flags = 0x30 | (0x02 if sequence is not None else 0) | (0x04 if extensions else 0)
    return struct.pack(">BBHI", flags, 255, len(more) + len(ip), 7) + more + ip


def tzsp(content, tags=b"\x0a\x01\x05\0"):
    return struct.pack(">BBH", 1, 0, 1) + tags + b"\x01" + content


def nflog(ip):
    """As a little-endian machine writes it: a prefix, then the packet."""
    def attribute(kind, value):
        return struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
    return struct.pack(">BBH", 10 if ip[0] >> 4 == 6 else 2, 0, 5) + attribute(10, b"sip\0\0") + attribute(9, ip)


def over_udp(port, content, version=4, source=50001):
    return outer(make.udp(source, port, content), make.PROTO_UDP, version)


def over_gre(data, version=4):
    return outer(data, PROTO_GRE, version)


def on_wire(wrap):
    return make.ETHERNET, lambda ip: make.ethernet(wrap(ip))


TUNNELS = {
    "VN-Tag": (make.ETHERNET, lambda ip: tagged(0x8926, bytes(4), ip)),
    "802.1BR": (make.ETHERNET, lambda ip: tagged(0x893F, bytes(6), ip)),
    "Cisco metadata": (make.ETHERNET, lambda ip: tagged(0x8909, b"\1\1\0\1\0\5", ip)),
    "PPPoE": (make.ETHERNET, lambda ip: typed(0x8864, pppoe(ppp(ip, framed=False)))),
    "PPPoE, short protocol": (make.ETHERNET, lambda ip: typed(0x8864, pppoe(ppp(ip, framed=False, short=True)))),
    "MPLS": (make.ETHERNET, lambda ip: typed(0x8847, labels(ip))),
    "MPLS, Ethernet": (make.ETHERNET, lambda ip: typed(0x8847, labels(frame(ip), 16, 100002))),
    "MPLS, control word": (make.ETHERNET, lambda ip: typed(0x8847, labels(bytes(4) + frame(ip), 16, 100003))),
    "IP in IP": on_wire(lambda ip: outer(ip, make.PROTO_IPV6 if ip[0] >> 4 == 6 else make.PROTO_IPV4)),
    "IP in IPv6": on_wire(lambda ip: outer(ip, make.PROTO_IPV6 if ip[0] >> 4 == 6 else make.PROTO_IPV4, 6)),
    "GRE": on_wire(lambda ip: over_gre(gre(ip, make.ethertype(ip)))),
    "GRE over IPv6": on_wire(lambda ip: over_gre(gre(ip, make.ethertype(ip)), 6)),
    "GRE, all fields": on_wire(lambda ip: over_gre(gre(ip, make.ethertype(ip), key=7, sequence=8, summed=True))),
    "GRE, Ethernet": on_wire(lambda ip: over_gre(gre(frame(ip), TEB, key=7 << 8))),
    "GRE, MPLS": on_wire(lambda ip: over_gre(gre(labels(ip), 0x8847))),
    "ERSPAN I": on_wire(lambda ip: over_gre(erspan1(frame(ip)))),
    "ERSPAN II": on_wire(lambda ip: over_gre(erspan2(frame(ip)))),
    "ERSPAN III": on_wire(lambda ip: over_gre(erspan3(frame(ip)))),
    "ERSPAN III, platform": on_wire(lambda ip: over_gre(erspan3(frame(ip), platform=True))),
    "ERSPAN III, IP": on_wire(lambda ip: over_gre(erspan3(ip, kind=2))),
    "PPTP": on_wire(lambda ip: over_gre(pptp(ppp(ip)))),
    "PPTP, acknowledging": on_wire(lambda ip: over_gre(pptp(ppp(ip, framed=False, short=True), acknowledged=4))),
    "VXLAN": on_wire(lambda ip: over_udp(4789, vxlan(frame(ip)))),
    "VXLAN, group policy": on_wire(lambda ip: over_udp(4789, vxlan(frame(ip), flags=0x88))),
    "VXLAN over IPv6, tags": on_wire(lambda ip: over_udp(4789, vxlan(make.ethernet(ip, vlans=[3, 4])), 6)),
    "VXLAN on its old port": on_wire(lambda ip: over_udp(8472, vxlan(frame(ip)))),
    "Geneve": on_wire(lambda ip: over_udp(6081, geneve(frame(ip)))),
    "Geneve, options": on_wire(lambda ip: over_udp(6081, geneve(frame(ip), options=bytes.fromhex("0102000101020304")))),
    "Geneve, IP": on_wire(lambda ip: over_udp(6081, geneve(ip, kind=make.ethertype(ip)))),
    "GTP": on_wire(lambda ip: over_udp(2152, gtp(ip), source=2152)),
    "GTP, all fields": on_wire(lambda ip: over_udp(2152, gtp(ip, sequence=5, extensions=2), source=2152)),
    "TZSP": on_wire(lambda ip: over_udp(37008, tzsp(frame(ip)))),
    "VXLAN in GRE in MPLS": (make.ETHERNET, lambda ip: typed(0x8847, labels(over_gre(gre(
        over_udp(4789, vxlan(frame(ip))), 0x0800))))),
    "PPP": (PPP, ppp),
    "PPP, serial": (PPP_SERIAL, ppp),
    "HDLC": (HDLC, hdlc),
    "PPPoE without Ethernet": (PPP_ETHER, lambda ip: pppoe(ppp(ip, framed=False))),
    "MPLS alone": (MPLS, labels),
    "netfilter log": (NFLOG, nflog),
}


def fragments(ip, size=1480, identification=77):
    """The fragments of an IP packet, as many as its payload needs at `size` bytes (a multiple of eight) each."""
    six = ip[0] >> 4 == 6
    head, body = (ip[:40], ip[40:]) if six else (ip[:20], ip[20:])
    parts = []
    for at in range(0, len(body), size):
        part, more = body[at:at + size], at + size < len(body)
        if six:
            extension = struct.pack(">BBHI", head[6], 0, at | more, identification)
            parts.append(head[:4] + struct.pack(">HB", 8 + len(part), 44) + head[7:] + extension + part)
        else:
            four = head[:2] + struct.pack(">HHH", 20 + len(part), identification, (0x2000 if more else 0) | at // 8) + \
                head[8:10] + b"\0\0" + head[12:]
            parts.append(four[:10] + struct.pack(">H", make.checksum(four)) + four[12:] + part)
    return parts
