#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Conversations that a telephone system makes two calls of, with real phones and live: what belongs together is one story and is
recorded once, with both voices and the right people; what does not stays apart. Also a proxy that relays: one call, counted once.

usage: test-b2bua.py EARSHOT. Exit 77 (skipped) where a network namespace cannot be made.
"""
import contextlib, functools, pathlib, subprocess, sys, tempfile, time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
import b2bua, calls, earshot, forker, phones, sound
from b2bua import Direct, Relay, Route, Rtpengine
from live import Recorder

program, SECONDS = sys.argv[1], 6
CONFIG = """[record]
channels=split
[mapping]
extensions=2[0-9]{3}
[link]
headers=X-Call-UUID
[number 600]
queue=support
"""
TWINS = "twin-a", "twin-b"
ELSEWHERE = "recorded in another call of the story"


class Floor:
    """The phones, each with a voice of its own."""

    def __init__(self, folder, stack):
        self.folder, self.stack, self.phones = folder, stack, {}
        for text in ("english", "arabic"):
            calls.conversation(folder, text)

    def voice(self, name):
        n = len(self.phones)
        source = self.folder / f"{('english', 'arabic')[n % 2]}-8000-{'ac'[n // 2 % 2]}.wav"
        wav = self.folder / f"{name}.wav"
        subprocess.run(["sox", "-D", source, wav, "silence", "1", "0.05", "1%", "-1", "0.05", "1%", "speed", str(1 + 0.04 * (n // 4)), "repeat", "2"], check=True)
        return wav

    def add(self, user, name=None, **more):
        name, n = name or user, len(self.phones) + 1
        phone = self.stack.enter_context(contextlib.closing(phones.Phone(
            self.folder / f"phone-{name}", user, f"127.0.1.{n}", "PCMU", self.voice(name), 4440 + n, f"{10000 + 100 * n}-{10099 + 100 * n}", **more)))
        self.phones[name] = phone
        return phone


def target(phone):
    return phone.user, phone.address


class Case:
    """One caller whom a number leads to an agent: what is expected of it stands in check()."""

    def __init__(self, caller, number, agent, media, evidence, **more):
        self.caller, self.number, self.agent, self.media, self.evidence, self.more = caller, number, agent, media, evidence, more


def cases(border):
    return [Case("01001", "600", "2001", Direct(), "Session-ID", session_id=True), Case("01002", "600", "2002", Relay(), "the same voices"),
            Case("01003", "600", "2003", Rtpengine(border.ask), "the same voices", header="X-Call-UUID"),
            Case("01004", "2004", "2004", Relay(replace=True), "numbers and time"), Case("01007", "800", "2007", Direct(), "the same addresses"),
            Case("01009", "900", "2009", Direct(), "the same addresses"), Case("01010", "900", "2010", Relay(), "the same voices")]


MOVED = {"2009": "2019", "2010": "2020"}  # whom these agents hand their customer to


def call_all(floor, switch, border, cases):
    """Every kind of call at once; half way two agents hand their customers on."""
    callers = []
    for case in cases:
        others = [floor.add("2008", answers=False)] if case.number == "800" else []
        switch.routes.setdefault(case.number, []).append(Route([target(p) for p in [floor.add(case.agent), *others]], case.media, **case.more))
        callers.append((floor.add(case.caller), case.number))
    switch.routes["700"] = [Route([target(floor.add(agent))], Relay(replace=True), shown="700") for agent in ("2005", "2006")]
    twins = [floor.add("01005", name) for name in TWINS]
    hop = floor.add("01012", more=border.outbound), floor.add("2012")
    for user in MOVED.values():
        floor.add(user)
    for phone, number in callers:
        phone.dial(switch.at(number))
    for twin in twins:
        twin.tell("dial", f"sip:700@{switch.address}")
    for twin in twins:
        twin.wait("CALL_ESTABLISHED")
    hop[0].dial(hop[1])
    time.sleep(SECONDS)
    for agent, other in MOVED.items():
        floor.phones[agent].tell("transfer", f"sip:{other}@{floor.phones[other].address}")
        floor.phones[other].wait("CALL_ESTABLISHED")
    time.sleep(SECONDS)
    for phone in [phone for phone, _ in callers] + twins + [hop[0]]:
        phone.tell("hangup")
    time.sleep(1)


class Check:
    """What the library says, against what was spoken."""

    def __init__(self, library, folder, names):
        self.library, self.names = library, names
        self.spoken = {name: calls.read_wav(folder / f"{name}.wav")[1][:24 * 8000, 0].astype(float) for name in names}
        self.heard = functools.cache(lambda file: sound.decode(library.path / file, 8000)[8000:4 * 8000])
        self.rows = [library.show(row["id"]) for row in library.rows("search", "--limit", "100")]

    def row(self, caller, callee):
        """The one of these numbers; of a conversation whose two calls have the same, the one with the recording."""
        rows = [r for r in self.rows if (r["caller"], r["callee"]) == (caller, callee)]
        (row,) = [r for r in rows if r["outcome"] == "recorded"] or rows
        return row

    def similarity(self, row, leg, name):
        """Of three seconds from the recording's second, wherever in its file the phone was."""
        return sound.best_offset(self.heard(row["file"])[:, leg], self.spoken[name], 0)[1]

    def hears(self, row, *names):
        """Both voices are in the one file, each on its own side, and nobody else's."""
        assert row["outcome"] == "recorded", row
        for leg, name in enumerate(names):
            found = {other: self.similarity(row, leg, other) for other in self.names}
            best = max(found, key=found.get)
            print(f"{row['caller']} → {row['callee']} leg {leg}: {best}, correlation {found[best]:.3f}")
            assert best == name and found[best] >= 0.8, found

    def is_spare(self, row, kept):
        assert (row["outcome"], row["outcome_reason"], row["file"]) == ("none", ELSEWHERE, None), row
        assert ("duplicate", kept["id"][-8:]) in events(row), row["events"]

    def story(self, case):
        kept = self.row(case.caller, case.agent)
        same = [r for r in self.rows if r["group_id"] and r["group_id"] == kept["group_id"]]
        expected = {case.number, case.agent} | ({"2008"} if case.number == "800" else set()) | ({MOVED[case.agent]} if case.agent in MOVED else set())
        assert {(r["caller"], r["callee"]) for r in same} == {(case.caller, callee) for callee in expected}, (case.caller, same)
        assert ("same-conversation", case.evidence) in events(kept) + [e for r in same for e in events(r)], same
        assert (kept["agent"], kept["direction"], kept["disposition"]) == (case.agent, "inbound", "answered"), kept
        self.hears(kept, case.caller, case.agent)
        return kept

    def once(self, case):
        kept = self.story(case)
        (spare,) = [r for r in self.rows if r["group_id"] == kept["group_id"] and r["callee"] == case.number and r is not kept]
        self.is_spare(spare, kept)
        for row in (spare, kept):
            assert [(s["agent"], s["queue"]) for s in row["segments"]] == [(case.agent, "support" if case.number == "600" else None)], row

    def moved(self, case):
        """The customer's own call goes on with another agent, whose call is one of its own."""
        first, second, whole = self.story(case), self.row(case.caller, MOVED[case.agent]), self.row(case.caller, case.number)
        assert second["agent"] == MOVED[case.agent] and second["group_id"] == first["group_id"], second
        assert ("transfer-done", second["callee"]) in events(first) and ("transferred", case.agent) in events(second), (first, second)
        self.hears(second, case.caller, MOVED[case.agent])
        assert [s["agent"] for s in whole["segments"]] == [case.agent, MOVED[case.agent]] and whole["direction"] == "inbound", whole
        moment = whole["segments"][1]["start_ms"]
        assert abs(moment - SECONDS * 1000) < 3000, whole["segments"]
        if isinstance(case.media, Direct):
            self.is_spare(whole, second)
        else:  # no other holds all of it
            self.hears(whole, case.caller, case.agent)


def events(row):
    return [(e["kind"], e["detail"]) for e in row["events"]]


def check_rung(check):
    """Another phone rang for the same customer, until the first was answered."""
    row = check.row("01007", "2008")
    assert (row["disposition"], row["outcome_reason"]) == ("missed", "answered elsewhere"), row


def check_twins(check):
    """Two calls of one number to one number at one time, of which nothing tells which two belong together: all are recorded, and
    none is said to be another's."""
    rows = [r for r in check.rows if r["caller"] == "01005"]
    assert len(rows) == 4 and not [r for r in rows if r["group_id"] or r["outcome"] != "recorded"], rows
    heard = sorted(tuple(max(check.names, key=lambda n: check.similarity(row, leg, n)) for leg in (0, 1)) for row in rows)
    pairs = {caller: agent for caller, agent in heard}
    assert heard == sorted([*pairs.items()] * 2) and set(pairs) == set(TWINS) and set(pairs.values()) == {"2005", "2006"}, heard


def check_hop(check):
    """One call through a proxy, whose voices are relayed: each packet is seen twice and counted once."""
    row = check.row("01012", "2012")
    assert not row["group_id"] and not row["events"], row
    for leg in row["legs"]:
        (stream,) = leg["streams"]
        assert (stream["lost"], stream["duplicate"]) == (0, 0) and 0.9 < stream["received"] / (2 * SECONDS * 50) < 1.2, stream
    check.hears(row, "01012", "2012")


def main():
    phones.in_own_network()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as name, earshot.Library(program, CONFIG) as library, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        floor = Floor(folder, stack)
        border = stack.enter_context(forker.Border(folder))
        switch = stack.enter_context(b2bua.Switch("127.0.0.20"))
        recorder, planned = Recorder(library, "lo"), cases(border)
        call_all(floor, switch, border, planned)
        read, dropped = recorder.end()
        while not switch.failures.empty():
            raise switch.failures.get()
        assert read > 10000 and dropped == 0, (read, dropped)
        check = Check(library, folder, list(floor.phones))
        for case in planned:
            (check.moved if case.agent in MOVED else check.once if case.number != "800" else check.story)(case)
        check_rung(check)
        check_twins(check)
        check_hop(check)


main()
