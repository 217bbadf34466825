#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The log of a recorder: text, JSON lines and systemd's journal, each event with its id and what to do; told to a service manager.

usage: test-log.py EARSHOT SOURCE
"""
import json, os, pathlib, re, socket, struct, subprocess, sys, tempfile, threading, time

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path[:0] = [str(SOURCE / "tests/capture"), str(SOURCE / "tests/whole")]
import calls, earshot
import numpy as np

ALWAYS = {"event", "priority", "message_id", "at", "message", "advice"}


def table():
    """{event: (priority, message id)} of the program's own table."""
    text = (SOURCE / "common/log-event.c").read_text()
    levels = {"CRITICAL": 2, "FAILURE": 3, "WARNING": 4, "NOTICE": 5, "INFO": 6}
    return {name: (levels[level], ident) for name, level, ident in
            re.findall(r'\{\s*"([a-z-]+)",\s*([A-Z]+),\s*"([0-9a-f]{32})"', text)}


def documented(events):
    """docs/logs.md has each event with its id and priority, and no other."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d) \| `([0-9a-f]{32})` \|", (SOURCE / "docs/logs.md").read_text(), re.M)
    assert {name: (int(level), ident) for name, level, ident in rows} == events, "docs/logs.md and common/log-event.c differ"
    assert len({ident for _, ident in events.values()}) == len(events) > 15
    header = (SOURCE / "include/earshot/common/log-event.h").read_text()
    assert len(re.findall(r"^  ES_LOG_(?!EVENTS)\w+,", header, re.M)) == len(events), "an event without an entry in the table"


def capture(path, torn=range(40, 90)):
    voice = (8000 * np.sin(np.arange(16000) * 0.3)).astype(np.int16)
    made = [calls.Call(1, 0, "0100", "2001", voice, voice, torn=torn), calls.Call(2, 1, "0101", "2001", voice, voice)]
    calls.write(path, made)
    return made[0].call_id


def run(library, *arguments, status=0, **environment):
    done = subprocess.run([PROGRAM, "--library", str(library.path), "record", *map(str, arguments)], capture_output=True, text=True,
                          env=dict(library.environment, **environment))
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stderr


def as_json(library, events, path, call_id):
    lines = [json.loads(line) for line in run(library, "--pcap", path, "--log", "json").splitlines()]
    assert [line["event"] for line in lines] == ["started", "call-incomplete", "stopped"], lines
    for line in lines:
        assert set(line) >= ALWAYS and (line["priority"], line["message_id"]) == events[line["event"]], line
    incomplete = lines[1]
    assert incomplete["call_id"] == call_id and incomplete["packets"] == 50 and 900 <= incomplete["missing_ms"] <= 1100, incomplete
    assert incomplete["id"] in incomplete["message"] and incomplete["advice"] and incomplete["source"] == "file", incomplete
    assert lines[2]["calls_recorded"] + lines[2]["calls_partial"] == 2, lines[2]


def failures(library, folder):
    """What ends the run is an event, and said once."""
    (folder / "none.pcap").write_bytes(b"no capture at all")
    lines = run(library, "--pcap", folder / "none.pcap", "--log", "json", status=1).splitlines()
    assert json.loads(lines[-1])["event"] == "failed" and all(line.startswith("{") for line in lines), lines
    text = run(library, "--pcap", folder / "none.pcap", status=1)
    assert text.count("none.pcap") == 1 and text.startswith("earshot: "), text
    arabic = run(library, "--pcap", folder / "none.pcap", "--log", "json", status=1, LANGUAGE="ar", LC_ALL="C.UTF-8")
    assert re.search("[\u0621-\u064a]{3}", json.loads(arabic.splitlines()[-1])["advice"] or ""), arabic


def as_text(library, folder):
    """People read of what is grave, with what to do; of a call that is not whole the row and the search tell."""
    data = bytearray((folder / "made.pcap").read_bytes())
    text = run(library, "--pcap", folder / "made.pcap", "--again")
    assert text == "", text
    struct.pack_into("<I", data, 20, 147)  # a link type that nobody reads
    (folder / "link.pcap").write_bytes(data)
    done = subprocess.run([PROGRAM, "--library", str(library.path), "record", "--pcap", str(folder / "link.pcap")], capture_output=True,
                          text=True, env=library.environment)
    assert "link" in done.stderr, done.stderr


def receive(address, messages, stop):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(address)
        end.settimeout(0.1)
        while not stop.is_set():
            try:
                messages.append(end.recv(1 << 20))
            except TimeoutError:
                pass


def parse(message):
    """The native protocol of the journal: NAME=value, or NAME, length and value."""
    fields, at = {}, 0
    while at < len(message):
        end = message.index(b"\n", at)
        if b"=" in message[at:end]:
            name, value = message[at:end].split(b"=", 1)
            at = end + 1
        else:
            name, length = message[at:end], struct.unpack_from("<Q", message, end + 1)[0]
            value, at = message[end + 9:end + 9 + length], end + 10 + length
        fields[name.decode()] = value.decode()
    return fields


def as_journal(library, events, folder, call_id):
    """GLib writes to the journal's one address, so it gets a /run of its own."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        print("journal: left out, no mount namespace")
        return
    messages, stop = [], threading.Event()
    place = folder / "run"
    (place / "systemd/journal").mkdir(parents=True)
    reader = threading.Thread(target=receive, args=(str(place / "systemd/journal/socket"), messages, stop))
    reader.start()
    inside = f"mount --bind {place} /run && exec {PROGRAM} --library {library.path} record --again --log journald --pcap {folder / 'made.pcap'}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", inside], capture_output=True, text=True, env=library.environment)
    time.sleep(0.3)
    stop.set()
    reader.join()
    assert done.returncode == 0 and done.stderr == "", (done.returncode, done.stderr)
    told = {fields["EARSHOT_EVENT"]: fields for fields in map(parse, messages)}
    assert set(told) == {"started", "call-incomplete", "stopped"}, told
    call = told["call-incomplete"]
    assert (int(call["PRIORITY"]), call["MESSAGE_ID"]) == events["call-incomplete"] and call["EARSHOT_CALL_ID"] == call_id, call
    assert call["EARSHOT_PACKETS"] == "50" and call["SYSLOG_IDENTIFIER"] == "earshot" and "earshot show" in call["MESSAGE"], call


def to_the_manager(library, folder):
    """READY when the source is open, then what it does, then that it ends; both kinds of addresses; none at all is no harm."""
    for address in (str(folder / "notify"), f"\0earshot-test-{os.getpid()}"):
        messages, stop = [], threading.Event()
        reader = threading.Thread(target=receive, args=(address, messages, stop))
        reader.start()
        time.sleep(0.2)
        run(library, "--pcap", folder / "made.pcap", "--again", NOTIFY_SOCKET=address.replace("\0", "@"))
        time.sleep(0.3)
        stop.set()
        reader.join()
        text = b"\n".join(messages).decode()
        assert text.startswith("READY=1\nWATCHDOG=1\nSTATUS=") and text.endswith("STOPPING=1") and text.count("READY=1") == 1, text
    run(library, "--pcap", folder / "made.pcap", "--again", NOTIFY_SOCKET="/nowhere/at/all")
    run(library, "--pcap", folder / "made.pcap", "--again", NOTIFY_SOCKET="x" * 200)


def many(library, folder):
    """A flood of broken calls is told with its sum."""
    voice = (8000 * np.sin(np.arange(4000) * 0.3)).astype(np.int16)
    calls.write(folder / "many.pcap", [calls.Call(100 + n, n * 0.01, "0100", "2001", voice, voice, torn=range(5, 10)) for n in range(30)])
    lines = [json.loads(line) for line in run(library, "--pcap", folder / "many.pcap", "--log", "json").splitlines()]
    names = [line["event"] for line in lines]
    assert names.count("call-incomplete") == 20 and names.count("calls-incomplete") == 1, names
    assert next(line for line in lines if line["event"] == "calls-incomplete")["calls"] == 10, lines


with earshot.Library(PROGRAM) as library, tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    known = table()
    documented(known)
    call_id = capture(folder / "made.pcap")
    as_json(library, known, folder / "made.pcap", call_id)
    failures(library, folder)
    as_text(library, folder)
    as_journal(library, known, folder, call_id)
    to_the_manager(library, folder)
    many(library, folder)
print("ok")
