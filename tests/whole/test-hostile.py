#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A caller who writes what he likes into his packets, all the way: capture, index, JSON, terminal, CSV, coaching pack, audit.

usage: test-hostile.py EARSHOT. Nothing he writes may leave its field: no path, no escape sequence, no markup, no formula, no
broken JSON, no second line.
"""
import csv, io, json, os, random, re, stat, struct, subprocess, sys

from clean_text import check_terminal, clean, strings
import calls, earshot

program = sys.argv[1]
NAMES = [
    b'"\x1b]0;owned\x07\x1b[2J evil"',
    b'"</script><script>alert(1)</script>"',
    b'"=HYPERLINK(1+1)"',
    b'"\xff\xfe\xc3\x28 latin \xe9"',
    "\"\u202egnp.exe\u2066\"".encode(),
    b'"@SUM(1)\\", \\"x"',
    b'"' + b"A" * 60000 + b'"',
]
CLIENTS = [b"../../../../evil", b"/etc", b"..", b".", b"a/b\\c", "عميل".encode(), b"x" * 5000]


def hostile(data, n):
    """The packet with names and headers put in; lengths of IP and UDP made right again."""
    ip, payload = data[14:34], data[42:]
    if b"INVITE" not in payload.split(b"\r\n\r\n")[0] or b"SIP/2.0" not in payload:
        return data
    payload = payload.replace(b"From: <", b"From: " + NAMES[n] + b" <", 1)
    payload = payload.replace(b"Max-Forwards: 70", b"X-Client: " + CLIENTS[n] + b"\r\nX-Queue: <img src=x onerror=alert(1)>\r\nMax-Forwards: 70", 1)
    payload = re.sub(rb"Call-ID: [^\r]*", b"Call-ID: ../../" + str(n).encode() + b"%00'\";--", payload)
    total = 28 + len(payload)
    udp = data[34:38] + struct.pack(">HH", 8 + len(payload), 0)
    return data[:14] + ip[:2] + struct.pack(">H", total) + ip[4:10] + b"\0\0" + ip[12:] + udp + payload


def capture(path):
    voice = calls.np.random.default_rng(1).normal(0, 2000, 16000).astype("int16")
    made, chance = [], random.Random(2)
    for n in range(len(NAMES)):
        call = calls.Call(n, 10.0 * n, f"+2010000000{n:02}", "19555", voice, voice)
        for at, data in calls.packets(call, chance):
            payload = data[42:]
            if b"SIP/2.0" in payload:
                data = hostile(data, n) if b"INVITE" in payload else data
                data = re.sub(rb"Call-ID: call-[^\r]*", b"Call-ID: ../../" + str(n).encode() + b"%00'\";--", data)
                total = len(data) - 14
                data = data[:16] + struct.pack(">H", total) + data[18:38] + struct.pack(">H", total - 20) + data[40:]
            made.append((at, data))
    made.sort(key=lambda item: item[0])
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for at, data in made:
            us = round((calls.EPOCH + at) * 1e6)
            out.write(struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(data), len(data)) + data)


def check_json(library):
    done = library.run("search", "--json", text=False)
    rows = [json.loads(line.decode("utf-8", "strict")) for line in done.stdout.splitlines()]
    assert len(rows) == len(NAMES), f"{len(rows)} calls of {len(NAMES)}"
    for row in rows:
        whole = library.run("show", row["id"], "--json", text=False).stdout
        assert whole.count(b"\n") == 1
        for text in strings(json.loads(whole.decode("utf-8", "strict"))):
            clean(text, "show --json")
            assert len(text) < 10000, "a field without bounds"
    return rows


def check_files(library, rows):
    outside = {p.name for p in library.path.parent.iterdir()} - {"library", "state", "hostile.pcap"}
    assert not outside, f"written outside the library: {outside}"
    for folder, folders, files in os.walk(library.path):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path)
            assert not stat.S_ISLNK(mode.st_mode)
            assert stat.S_IMODE(mode.st_mode) == (0o700 if stat.S_ISDIR(mode.st_mode) else 0o600), f"{path}: {oct(mode.st_mode)}"
    recordings = (library.path / "recordings").resolve()
    for row in rows:
        path = (library.path / row["file"]).resolve()
        assert path.is_file() and recordings in path.parents and len(path.relative_to(recordings).parts) == 5, path


def check_pack(library, rows, folder):
    for row in rows:
        library.run("flag", row["id"], "training", "--note", "=1+1 </script><b>")
    target = folder / "pack"
    library.run("export", "--flag", "TRAINING", "--allow-unknown", "--mask-numbers", "--output", target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    page = (target / "index.html").read_text("utf-8")
    assert page.count("<script") == page.count("</script>") and "alert(1)</script" not in page and "<img" not in page.split("<script")[1]
    data = json.loads((target / "calls.json").read_text("utf-8"))
    for text in strings(data):
        clean(text, "calls.json")
    cells = [cell for line in csv.reader(io.StringIO((target / "calls.csv").read_text("utf-8-sig"), newline="")) for cell in line]
    assert not [c for c in cells if c[:1] in tuple("=+-@\t\r") and c], "a formula in calls.csv"
    assert sum("=1+1" in c for c in cells) == len(rows), "flags of the same name, written otherwise, are the same flags"
    everything = page + json.dumps(data, ensure_ascii=False) + "".join(cells)
    for n in range(len(NAMES)):
        assert f"010000000{n:02}" not in everything, "a number that was to be hidden"


def check_audit(library, rows):
    library.run("note", rows[0]["id"], "his card is 4111 1111 1111 1111")
    library.run("show", "no such call", status=2)
    sudo = dict(library.environment, SUDO_UID="65534")
    subprocess.run([program, "--library", str(library.path), "search"], env=sudo, check=True, capture_output=True)
    listing = library.run("audit", "--limit", "200", "--json").stdout
    entries = [json.loads(line) for line in listing.splitlines()]
    assert "4111" not in listing, "what a note says stands in the audit trail"
    asked = [e["operation"] for e in entries]
    assert {"call.note", "call.show", "call.search", "flag.add", "export.pack", "record.pcap"} <= set(asked), asked
    refused = [e for e in entries if e["operation"] == "call.show" and e["result"] != "ok"]
    assert len(refused) == 1, "a refusal leaves one row"
    searches = {e["actor"] for e in entries if e["operation"] == "call.search"}
    assert ("nobody" in searches) == (os.getuid() == 0), f"who is taken for whom: {searches}"


with earshot.Library(program, "[mapping]\nclient_header=X-Client\nqueue_header=X-Queue\n") as library:
    folder = library.path.parent
    os.umask(0o022)
    capture(folder / "hostile.pcap")
    library.run("record", "--pcap", folder / "hostile.pcap")
    rows = check_json(library)
    check_terminal(library, rows)
    check_files(library, rows)
    check_pack(library, rows, folder)
    check_audit(library, rows)
    print(f"{len(rows)} calls, clients {sorted({r['client'][:20] for r in rows})}")
