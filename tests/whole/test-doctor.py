#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Doctor on libraries and machines with one thing wrong each, and its look at traffic on captures made for it.

usage: test-doctor.py EARSHOT. What needs root is left out without it, and named as left out.
"""
import json, os, pathlib, random, struct, subprocess, sys, tempfile
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
import calls, earshot, make_capture as make, tunnels

PROGRAM = sys.argv[1]


def findings(library, *options, **environment):
    """{check: row}; the exit status must be 1 when one of them is a failure."""
    done = subprocess.run([PROGRAM, "--library", str(library.path), "doctor", "--json", *options], capture_output=True, text=True,
                          env=dict(library.environment, **environment))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    failures = [row["check"] for row in rows if row["state"] == "failure"]
    assert done.returncode == (1 if failures else 0), (done.returncode, failures, done.stderr)
    assert all(row["advice"] for row in rows if row["state"] == "failure"), "a failure without advice"
    return {row["check"]: row for row in rows}


def holds(found, check, state, *words):
    row = found[check]
    assert row["state"] == state and all(word in row["message"] for word in words), (row, state, words)


def only(found, *failures):
    assert {c for c, row in found.items() if row["state"] == "failure"} == set(failures), found


# ---- the library

def recorded(library):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "two.pcap"
        calls.write(path, made(2))
        library.run("record", "--pcap", path)
    return library.rows("search")


def sound(library):
    recorded(library)
    found = findings(library)
    only(found)
    assert set(found) >= {"library", "files", "recorder", "settings", "index", "rows", "recordings", "disk-kind", "disk", "reserve",
                          "flush", "descriptors", "processors", "clock",
                          "permission", "memory", "sound", "locale", "zone"}, set(found)
    holds(found, "rows", "ok", "(2)")
    holds(found, "recordings", "ok", "(2)")
    text = library.run("doctor").stdout
    assert text.startswith("ok: library: ") and str(library.path) in text, text


def open_to_all(library):
    library.path.chmod(0o755)
    found = findings(library)
    only(found, "library")
    holds(found, "library", "failure", "0755")
    assert found["library"]["advice"] == f"chmod 700 {library.path}"


def settings(library):
    (library.path / "earshot.conf").write_text("[record]\n\nbitrate=loud\n")
    holds(findings(library), "settings", "failure", "earshot.conf:3", "bitrate")
    (library.path / "earshot.conf").write_text("[alert]\nevery=never\n")
    found = findings(library)
    only(found, "settings")
    holds(found, "settings", "failure", "earshot.conf:2", "[alert] every")


def damaged(library):
    recorded(library)
    path = library.path / "index.sqlite"
    data = bytearray(path.read_bytes())
    random.seed(1)
    for page in range(5, len(data) // 4096):
        data[page * 4096:page * 4096 + 64] = random.randbytes(64)
    path.write_bytes(data)
    assert findings(library)["index"]["state"] == "failure"
    path.write_bytes(b"")
    holds(findings(library), "index", "failure", "empty")


def torn(library):
    rows = recorded(library)
    library.audio(rows[0]).unlink()
    stray = library.audio(rows[1]).with_name("01a2014c-4b89-7ec3-b347-2d1287a6f938.opus")
    stray.write_bytes(b"OggS")
    found = findings(library)
    only(found, "rows")
    holds(found, "rows", "failure", ": 1 of the last 2", rows[0]["id"][-8:])
    holds(found, "recordings", "warning", ": 1 of the last 2", stray.name)


def absent(library):
    library.path.rename(library.path.with_name("elsewhere"))
    found = findings(library)
    assert found["library"]["state"] == "failure" and found["library"]["advice"].endswith("init"), found["library"]
    library.path.with_name("elsewhere").rename(library.path)


def too_much(library):
    """What earshot.conf asks of a machine that has less."""
    conf = library.path / "earshot.conf"
    conf.write_text("[record]\nworkers=0\nmax_calls=1000\n[siprec]\nmax_sessions=100\n[overload]\nreserve=1000T\n")
    there = lambda: sorted(path for path in library.path.rglob("*") if not path.name.startswith("index.sqlite-"))
    before = there()
    with_files = lambda number: subprocess.run(["prlimit", f"--nofile={number}:{number}", PROGRAM, "--library", str(library.path), "doctor", "--json"],
                                               capture_output=True, text=True, env=library.environment).stdout
    limited = {row["check"]: row for row in map(json.loads, with_files(1500).splitlines())}
    only(limited, "reserve")
    holds(limited, "reserve", "failure", "1000.0\u00a0TiB")
    holds(limited, "descriptors", "warning", "1500", "1700")
    holds(limited, "processors", "warning", "one thread")
    holds(limited, "flush", "ok", " ms")
    enough = {row["check"]: row for row in map(json.loads, with_files(1700).splitlines())}
    holds(enough, "descriptors", "ok", "1700")
    conf.write_text("[record]\nworkers=64\n[overload]\njournal=1000T\n")
    found = findings(library)
    only(found)
    holds(found, "reserve", "warning", "1000.0\u00a0TiB")
    holds(found, "processors", "warning", "64, ") if os.cpu_count() < 64 else None
    assert there() == before, "it leaves something in the library"


def surroundings(library):
    holds(findings(library, TZ="Nowhere/Land"), "zone", "warning", "Nowhere/Land")
    holds(findings(library, TZ="Africa/Cairo"), "zone", "ok", "+02:00" if "+02" in zone_of("Africa/Cairo") else "+03:00")
    holds(findings(library, LC_ALL="C"), "locale", "warning")


def zone_of(name):
    return subprocess.run(["date", "+%z"], env={"TZ": name, "PATH": os.environ["PATH"]}, capture_output=True, text=True).stdout


def as_root(library):
    if os.geteuid() != 0:
        print("  left out: not root")
        return
    foreign = library.path / "recordings-of-mine"
    foreign.write_text("")
    os.chown(foreign, 65534, 65534)
    holds(findings(library), "files", "warning", ": 1,", foreign.name)
    foreign.unlink()
    program = [PROGRAM, "--library", str(library.path), "doctor", "--json"]
    done = subprocess.run(["setpriv", "--bounding-set=-net_raw", *program], capture_output=True, text=True, env=library.environment)
    assert '"check":"permission","state":"warning"' in done.stdout, done.stdout + done.stderr
    place = library.path.with_name("memory")
    place.mkdir(mode=0o700)
    inside = f"mount -t tmpfs -o mode=700,size=4m tmpfs {place} && {PROGRAM} --library {place} init && " \
             f"{{ head -c 4000000 /dev/zero >{place}/full; {PROGRAM} --library {place} doctor --json; }}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", inside], capture_output=True, text=True, env=library.environment)
    if "unshare" in done.stderr or "mount" in done.stderr:
        print("  left out: no mount here:", done.stderr.strip())
        return
    assert '"check":"disk-kind","state":"warning"' in done.stdout and "tmpfs" in done.stdout, done.stdout
    assert '"check":"disk","state":"failure"' in done.stdout, done.stdout


# What is said on the loopback of a network namespace while a doctor listens there.
TALK = """
import socket, sys, time
sys.path[:0] = sys.argv[1:2]
import calls, random, numpy as np
voice = (8000 * np.sin(np.arange(4000) * 0.3)).astype(np.int16)
calls.Call.addresses = property(lambda call: ((b"\\x7f\\0\\0\\1", 10000), (b"\\x7f\\0\\0\\2", 20000)))
sockets = {}
for _, data in sorted(calls.packets(calls.Call(1, 0, "0100", "2001", voice, voice), random.Random(1)), key=lambda p: p[0]):
    ends = [(socket.inet_ntoa(data[26 + 4 * n:30 + 4 * n]), int.from_bytes(data[34 + 2 * n:36 + 2 * n], "big")) for n in (0, 1)]
    if ends[0] not in sockets:
        sockets[ends[0]] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sockets[ends[0]].bind(ends[0])
    sockets[ends[0]].sendto(data[42:], ends[1])
    time.sleep(0.003)
"""


def listening(library):
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
        print("  left out: no network namespace")
        return
    script = library.path / "talk.py"
    script.write_text(TALK)
    inside = (f"ip link set lo up; {PROGRAM} --library {library.path} doctor --json --listen lo --seconds 4 & "
              f"sleep 1; /usr/bin/python3 {script} {pathlib.Path(__file__).parent}; wait $!")
    done = subprocess.run(["unshare", "-n", "sh", "-c", inside], capture_output=True, text=True, env=library.environment)
    found = {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, (done.stdout, done.stderr)
    holds(found, "sip", "ok", "messages: 6 (over UDP 6,", "begun 1, answered 1")
    holds(found, "one-way", "ok", "0 of 1")
    assert "copies" not in found, "loopback shows each packet twice, which is not the mirror's doing"


# ---- traffic

def made(count, one_way=0, first=0):
    voice = (8000 * np.sin(np.arange(4000) * 0.3)).astype(np.int16)
    return [calls.Call(first + n, n * 0.05, f"0100{n:07d}", "2001", voice, voice[:0] if n < one_way else voice) for n in range(count)]


def packets_of(some):
    return sorted((p for call in some for p in calls.packets(call, random.Random(1))), key=lambda p: p[0])


def look(library, packets, wire=0):
    """Findings of a look at these packets; wire: as if they had been so much longer before they were captured."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "made.pcap"
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for at, data in packets:
                us = round((calls.EPOCH + at) * 1e6)
                out.write(struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(data), len(data) + wire) + data)
        return findings(library, "--pcap", str(path))


def both_ways(library):
    packets = packets_of(made(4))
    found = look(library, packets)
    only(found)
    rtp = sum(len(p) == 214 for _, p in packets)
    holds(found, "packets", "ok", f"packets: {len(packets)} ", f"RTP {rtp},", f"SIP over UDP {len(packets) - rtp},")
    holds(found, "sip", "ok", "begun 4, answered 4")
    holds(found, "one-way", "ok", "0 of 4")
    holds(found, "codecs", "ok", "PCMU: 4")
    assert not set(found) & {"copies", "vlan", "tunnels", "fragments", "cut", "encrypted", "rtp-without-sip", "drops", "malformed"}, found


def one_way(library):
    found = look(library, packets_of(made(5, one_way=3)))
    only(found, "one-way")
    holds(found, "one-way", "failure", "3 of 5 calls")
    assert "received packets only" in found["one-way"]["advice"]
    found = look(library, [p for p in packets_of(made(2)) if len(p[1]) != 214])
    holds(found, "one-way", "failure", "2 calls were answered and none has media")


def recorded_by_a_client(library):
    """Two voices on an m-line each, both towards the recorder: that is how a recording session is."""
    def description(host, ports, way):
        return make.sdp(host, ports[0], (0,), direction=way) + f"m=audio {ports[1]} RTP/AVP 0\r\na={way}\r\n"
    client, recorder = "10.0.0.5", "10.0.0.9"
    messages = [(client, recorder, make.sip_request("INVITE", f"sip:{recorder}", extra=[("Require", "siprec")], body=description(client, (4000, 4002), "sendonly"))),
                (recorder, client, make.sip_response(200, "OK", body=description(recorder, (5000, 5002), "recvonly")))]
    packets = [(n / 10, make.ethernet(make.ipv4(a, b, make.udp(5060, 5060, data)))) for n, (a, b, data) in enumerate(messages)]
    for voice in (0, 2):
        packets += [(1 + n / 50, make.ethernet(make.ipv4(client, recorder, make.udp(4000 + voice, 5000 + voice, make.rtp(0, n, n * 160, 7 + voice, bytes(160))))))
                    for n in range(50)]
    found = look(library, packets)
    only(found)
    holds(found, "siprec", "ok", "(SIPREC): 1")
    holds(found, "one-way", "ok", "0 of 1")
    assert "rtp-without-sip" not in found, found


def without_sip(library):
    found = look(library, [p for p in packets_of(made(3, one_way=1)) if len(p[1]) == 214])
    only(found, "sip")
    holds(found, "rtp-without-sip", "warning", "streams 5, of them without the other direction 1")


def encrypted(library, key="abc"):
    plain = calls.sdp
    calls.sdp = lambda address: plain(address).replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n"
    try:
        found = look(library, packets_of(made(2)) + [(0.3, calls.frame(*((bytes([10, 0, 0, n]), 5000) for n in (1, 2)),
                                                                        b"\x16\xfe\xff" + bytes(20)))])
    finally:
        calls.sdp = plain
    if key == "abc":
        holds(found, "encrypted", "warning", "not seen: 2, DTLS packets: 1")
    else:
        holds(found, "encrypted", "warning", "not seen: 0, DTLS packets: 1")
        holds(found, "encrypted-told", "ok", "in the signalling: 2;")


def encrypted_with_keys(library):
    encrypted(library, "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")


def tagged(library):
    double = lambda frame: frame[:12] + b"\x88\xa8\0\x07\x81\0\0\x2a" + frame[12:]
    single = lambda frame: frame[:12] + b"\x81\0\0\x07" + frame[12:]
    packets = packets_of(made(2))
    half = len(packets) // 2
    found = look(library, [(t, double(d)) for t, d in packets[:half]] + [(t, single(d)) for t, d in packets[half:]])
    only(found)
    holds(found, "vlan", "ok", f"42: {half}, 7: {len(packets) - half}", f"several tags: {half}")
    holds(found, "one-way", "ok", "0 of 2")


def hidden(library):
    frames = [make.ethernet(make.ipv4("192.0.2.1", "192.0.2.2", bytes(32), protocol=p)) for p in (50, 115, 50)]
    frames += [tunnels.typed(0x88E5, bytes(60))]
    tcp = lambda a, b, data, at=1: make.ethernet(make.ipv4("192.0.2.1", "192.0.2.2", make.tcp(a, b, at, data), make.PROTO_TCP))
    invite = make.sip_request("INVITE", "sip:bob@x")
    frames += [tcp(40000, 5060, invite), tcp(40000, 5060, invite, 1001 + len(invite)), tcp(40000, 5061, b"\x17\x03\x03\0\x10" + bytes(16)),
               tcp(40001, 8089, b"\x16\x03\x01\0\x10" + bytes(16)), tcp(40002, 443, b"\x17\x03\x03\0\x10" + bytes(16)),
               tcp(40003, 8088, b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n" +
                   make.websocket(invite) + make.websocket(b"\xff" * 9, compressed=True))]
    frames += [make.ethernet(make.ipv4("192.0.2.1", "192.0.2.2", make.udp(5060, 5060, bytes(64)), fragment=0x2000))]
    found = look(library, [(n * 0.01, frame) for n, frame in enumerate(frames)])
    only(found)
    holds(found, "sip", "ok", "messages: 3 (over UDP 0, TCP 2, WebSocket 1)", "begun 1,")
    holds(found, "tunnels-unread", "warning", "IPsec: 2", "L2TP: 1", "MACsec: 1")
    assert "tunnels" not in found, found
    holds(found, "sip-tls", "warning", ": 2 packets")
    holds(found, "sip-lost", "warning", ": 1000 bytes")
    holds(found, "websocket", "warning", ": 1 compressed")
    holds(found, "fragments", "warning", "fragments: 1; of them without the other parts 1")
    only(look(library, []), "packets", "sip")


def along_connections(library):
    """The same calls with their signalling over TCP: seen as over UDP."""
    place, packets = {}, []
    for at, frame in packets_of(made(2)):
        source, target = (".".join(map(str, frame[26 + i:30 + i])) for i in (0, 4))
        ports, data = struct.unpack(">HH", frame[34:38]), frame[42:]
        if 5060 in ports:
            line = (source, target, ports)
            segment = make.tcp(*ports, place.setdefault(line, 1000), data)
            place[line] += len(data)
            frame = make.ethernet(make.ipv4(source, target, segment, make.PROTO_TCP))
        packets.append((at, frame))
    found = look(library, packets)
    only(found)
    holds(found, "sip", "ok", "over UDP 0, TCP", "not readable 0; calls begun 2, answered 2")
    holds(found, "one-way", "ok", "0 of 2")


def wrapped(library):
    """What is unwrapped is no complaint; calls within are seen as outside."""
    packets = packets_of(made(2))
    ip = [(t, d[14:]) for t, d in packets]
    for name, told in (("VXLAN", ["VXLAN"]), ("ERSPAN II", ["ERSPAN"]), ("PPPoE", ["PPPoE"]),
                       ("VXLAN in GRE in MPLS", ["VXLAN", "GRE", "MPLS"])):
        found = look(library, [(t, tunnels.TUNNELS[name][1](p)) for t, p in ip])
        only(found)
        holds(found, "tunnels", "ok", *(f"{kind}: {len(packets)}" for kind in told))
        holds(found, "sip", "ok", "begun 2, answered 2")
        holds(found, "one-way", "ok", "0 of 2")
    pieces = [(t, make.ethernet(part)) for n, (t, p) in enumerate(ip) for part in tunnels.fragments(p, 160, n)]
    found = look(library, pieces)
    only(found)
    holds(found, "fragments", "ok", "without the other parts 0")
    holds(found, "one-way", "ok", "0 of 2")


def cut_and_doubled(library):
    packets = packets_of(made(2))
    found = look(library, packets, wire=4)
    holds(found, "cut", "failure", f": {len(packets)}")
    found = look(library, sorted(packets + [(t + 0.001, d) for t, d in packets], key=lambda p: p[0]))
    holds(found, "copies", "ok", f": {len(packets)} (50 %)")
    holds(found, "sip", "ok", "begun 2")
    path = library.path / "letter.pcap"
    path.write_text("Dear Sir or Madam")
    done = library.run("doctor", "--pcap", path, status=1)
    assert "letter.pcap: not a capture" in done.stderr, done.stderr
    assert library.run("doctor", "--seconds", "5", status=2).stderr.count("\n") >= 1


def main():
    for case in (sound, open_to_all, settings, damaged, torn, absent, too_much, surroundings, as_root, listening, both_ways, one_way, recorded_by_a_client,
                 without_sip, encrypted, encrypted_with_keys, tagged, hidden, along_connections, wrapped, cut_and_doubled):
        with earshot.Library(PROGRAM) as library:
            print(case.__name__, flush=True)
            case(library)


main()
