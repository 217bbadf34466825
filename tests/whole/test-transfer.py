#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A customer who is handed on, with three real phones: the calls are one story, with the right agents,
events and voices. tcpdump captures on loopback, Earshot records from the file.

usage: test-transfer.py EARSHOT. Exit 77 (skipped) where a network namespace cannot be made.
"""
import contextlib, pathlib, subprocess, sys, tempfile, time

import calls, earshot, phones, sound

program = sys.argv[1]
CONFIG = "[record]\nchannels=split\n[mapping]\nextensions=2[0-9]{3}\n"
USERS = {"0100": "english-8000-c", "2001": "english-8000-a", "2002": "arabic-8000-a"}


def voices(folder):
    """A voice for each phone, without the silence in which it would listen; the calls are short."""
    for text in ("english", "arabic"):
        calls.conversation(folder, text)
    for user, name in USERS.items():
        subprocess.run(["sox", "-D", folder / f"{name}.wav", folder / f"{user}.wav", "silence", "1", "0.05", "1%", "-1", "0.05", "1%"], check=True)


def play(folder, stack):
    """2001 hands the customer to 2002, who fails to hand them to somebody that is not there."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    floor = {user: stack.enter_context(contextlib.closing(phones.Phone(
        folder / f"phone-{user}", user, f"127.0.1.{n}", "PCMU", folder / f"{user}.wav", 4440 + n, f"{10000 + 100 * n}-{10099 + 100 * n}")))
        for n, user in enumerate(USERS, 1)}
    customer, first, second = floor.values()
    with phones.tap(folder / "calls.pcap"):
        customer.dial(first)
        time.sleep(4)
        first.tell("transfer", f"sip:{second.user}@{second.address}")
        second.wait("CALL_ESTABLISHED")
        time.sleep(4)
        second.tell("transfer", f"sip:2999@{first.address}")  # who is not there
        time.sleep(2)
        customer.tell("hangup")
        time.sleep(0.5)
        customer.tell("hangup")
        time.sleep(0.5)


def events(row):
    return [(e["kind"], e["detail"]) for e in row["events"] if e["kind"].startswith("transfer")]


def check_voices(library, row, folder, speakers):
    assert not sound.accepted_by_all(library.audio(row))
    heard = sound.decode(library.audio(row), 8000)[:3 * 8000]
    for leg, user in enumerate(speakers):
        correlation, offset = phones.matches(heard[:, leg], folder / f"{user}.wav", 8000)
        print(f"{row['callee']} leg {leg} is {user}: correlation {correlation:.3f}, offset {offset:.1f} ms")
        assert correlation >= 0.8, "not what was spoken"


def check(library, folder):
    rows = {row["callee"]: library.show(row["id"]) for row in library.rows("search")}
    assert {"2001", "2002", "2999"} == set(rows), rows.keys()
    first, second = rows["2001"], rows["2002"]
    for row, agent in ((first, "2001"), (second, "2002")):
        assert (row["caller"], row["direction"], row["agent"], row["outcome"]) == ("0100", "inbound", agent, "recorded"), row
        assert len(row["segments"]) == 1 and row["segments"][0]["start_ms"] == 0, row["segments"]
    assert first["group_id"] and first["group_id"] == second["group_id"], (first["group_id"], second["group_id"])
    assert events(first) == [("transfer", "2002"), ("transfer-done", "2002")], first["events"]
    assert events(second) == [("transferred", "2001"), ("transfer", "2999"), ("transfer-failed", "SIP 404")], second["events"]
    assert events(rows["2999"]) == [("transferred", "2002")] and rows["2999"]["disposition"] == "failed", rows["2999"]
    assert [c["id"] for c in first["related"]][0] == second["id"] and first["id"] in [c["id"] for c in second["related"]]
    assert {r["callee"] for r in library.rows("search", "--group", first["group_id"])} == set(rows)
    page = library.run("show", first["id"]).stdout
    assert "The story, which began at" in page and all(r["id"][-8:] in page for r in rows.values()), page
    check_voices(library, first, folder, ("0100", "2001"))
    check_voices(library, second, folder, ("0100", "2002"))


def main():
    phones.in_own_network()
    with tempfile.TemporaryDirectory() as name, earshot.Library(program, CONFIG) as library, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        voices(folder)
        play(folder, stack)
        library.run("record", "--pcap", folder / "calls.pcap")
        check(library, folder)


main()
