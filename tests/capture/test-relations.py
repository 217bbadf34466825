#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls that are one conversation, or belong to one: each kind of evidence with calls that have nearly the same and stay apart."""
import re, subprocess
import numpy as np
from cases import TOOL, kinds, run, same
from scenes import Library, Scene, Talk, tone

BASE = "[mapping]\nextensions=2[0-9][0-9]\n"
A, B, C, NIL = "a" * 32, "b" * 32, "c" * 32, "0" * 32
CUSTOMER, PBX, PHONE, PHONE2 = "192.0.2.1", "10.0.0.1", "10.0.1.1", "10.0.1.2"
NUMBER = "0100200300"


def speech(seed, seconds, hz):
    """A voice that speaks in sentences, each seed at its own times."""
    rng, out, at = np.random.default_rng(seed), np.zeros(int(seconds * 8000), np.int16), 0.3
    while at < seconds - 1:
        length = rng.uniform(0.8, 2)
        part = tone(hz, min(length, seconds - at))
        out[int(at * 8000):int(at * 8000) + len(part)] = part[:len(out) - int(at * 8000)]
        at += length + rng.uniform(0.6, 1.8)
    return out


def speak(talk, start, end, seed=1, ssrc=None, sequence=None, **more):
    """Both voices; talks of one seed are one conversation."""
    if ssrc:
        talk.ssrc = list(ssrc)
    if sequence:
        talk.sequence = list(sequence)
    for side in (0, 1):
        talk.voice(start, end, side, samples=speech(seed * 2 + side, round(end - start, 3), 400 + 600 * side), **more)


def outer(scene, at=1.0, answered=3.0, name="outer", host=CUSTOMER, ports=(4000, 5000), caller=NUMBER, callee="19555", extra=(), said=(), **more):
    """A customer calls the telephone system."""
    talk = Talk(scene, f"{name}@made.example", caller=caller, callee=callee, hosts=(host, PBX), ports=ports, ssrc=(0xA1, 0xB1), **more)
    talk.invite(at, extra=list(extra))
    if answered:
        talk.answer(answered, extra=list(said))
    return talk


def inner(scene, at=1.1, answered=2.95, name="inner", host=PHONE, ports=(4100, 5100), caller=NUMBER, callee="201", extra=(), said=(), source=PBX, **more):
    """What the telephone system makes of it."""
    talk = Talk(scene, f"{name}@made.example", caller=caller, callee=callee, hosts=(source, host), ports=ports, ssrc=(0xA2, 0xB2), **more)
    talk.invite(at, extra=list(extra))
    if answered:
        talk.answer(answered, extra=list(said))
    return talk


def both_end(first, second, at=20.0):
    second.bye(at + 0.03)
    first.bye(at)


def record(library, scene, config="", **more):
    rows = {r["call_id"].split("@")[0]: r for r in library.scene(scene, config=BASE + config, **more)}
    for row in rows.values():
        row["group_id"] = one_value(library, f"SELECT ifnull(group_id, '') FROM call WHERE uuid = '{row['id']}'") or None
    return rows


def one_value(library, query):
    return subprocess.run(["sqlite3", library.path / "index.sqlite", query], capture_output=True, text=True, check=True).stdout.strip()


def files(of):
    return sorted(p.stem for p in (of.path / "recordings").rglob("*.opus"))


def story(rows, *names):
    groups = {rows[n]["group_id"] for n in names}
    assert len(groups) == 1 and re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+", groups.pop() or ""), {n: r["group_id"] for n, r in rows.items()}


def alone(rows, *names):
    assert all(rows[n]["group_id"] is None for n in names or rows), {n: r["group_id"] for n, r in rows.items()}


def detail(row, kind):
    return [e["detail"] for e in row["events"] if e["kind"] == kind]


def session(local, remote=None):
    return [("Session-ID", local + (f";remote={remote}" if remote else ""))]


def recorded_once(library, rows, kept, spare):
    same(rows[kept], outcome="recorded", outcome_reason=None)
    same(rows[spare], outcome="none", outcome_reason="recorded in another call of the story", file=None, disposition="answered")
    assert detail(rows[spare], "duplicate") == [rows[kept]["id"][-8:]]
    assert files(library) == [rows[kept]["id"]], "one file"
    assert not list((library.path / "spool").glob("*.part")) and one_value(library, "SELECT count(*) FROM call WHERE file IS NOT NULL") == "1"
    assert sum(s["received"] for l in rows[spare]["legs"] for s in l["streams"]) > 0, "the ledger stays"


# ---- Session-ID

def by_session_id(library):
    """Both UUIDs the same, as RFC 7989 has a B2BUA pass them on."""
    scene = Scene()
    a = outer(scene, extra=session(A, NIL), said=session(B, A))
    b = inner(scene, extra=session(A, NIL), said=session(B, A))
    speak(a, 3, 20)
    speak(b, 3.05, 20)
    both_end(a, b)
    rows = record(library, scene)
    story(rows, "outer", "inner")
    recorded_once(library, rows, "inner", "outer")
    assert detail(rows["inner"], "linked") == ["Session-ID"] and detail(rows["outer"], "same-conversation") + detail(rows["inner"], "same-conversation") == ["Session-ID"]


def by_session_id_turned(library):
    """A system that calls both: in its second call the UUIDs stand the other way round."""
    scene = Scene()
    a = Talk(scene, "agent@made.example", caller="19555", callee="201", hosts=(PBX, PHONE), ports=(4000, 5000), ssrc=(0xA1, 0xB1))
    a.invite(1, extra=session(A, NIL))
    a.answer(2, extra=session(B, A))
    b = Talk(scene, "customer@made.example", caller="19555", callee=NUMBER, hosts=(PBX, CUSTOMER), ports=(4100, 5100), ssrc=(0xA2, 0xB2))
    b.invite(2.1, extra=session(B, A))
    b.answer(3, extra=session(A, B))
    for side, seed in ((0, 3), (1, 4)):
        a.voice(3, 20, side, samples=speech(seed, 17, 400 + 600 * side))
        b.voice(3, 20, side, samples=speech(7 - seed, 17, 400 + 600 * side))
    both_end(b, a)
    rows = record(library, scene)
    story(rows, "agent", "customer")
    assert rows["agent"]["outcome"] == "recorded"
    recorded_once(library, rows, "agent", "customer")


def by_old_session_id(library):
    """RFC 7329: one id."""
    scene = Scene()
    a = outer(scene, extra=session(A), said=session(A))
    b = inner(scene, extra=session(A), said=session(A))
    speak(a, 3, 20)
    speak(b, 3.05, 20)
    both_end(a, b)
    rows = record(library, scene)
    story(rows, "outer", "inner")
    recorded_once(library, rows, "inner", "outer")


def session_ids_that_differ(library):
    """Nil is nobody's UUID; what is no Session-ID says nothing; off is off."""
    scene = Scene()
    a = outer(scene, extra=session(NIL, NIL), said=session(NIL, NIL))
    b = inner(scene, extra=session(NIL, NIL), said=session(NIL, NIL))
    c = inner(scene, name="third", host=PHONE2, callee="202", ports=(4200, 5200), extra=session("x" + A[1:]), said=session(A + "0"))
    d = inner(scene, name="fourth", host="10.0.1.9", callee="203", ports=(4300, 5300), extra=session("x" + A[1:]), said=session(A + "0"))
    for n, talk in enumerate((a, b, c, d)):
        speak(talk, 3, 12, seed=10 + n, ssrc=(n + 1, n + 20))
        talk.bye(12)
    alone(record(library, scene))
    other = library.path.parent / "off"
    other.mkdir()
    scene = Scene()
    for talk in (outer(scene, extra=session(A), said=session(A)), inner(scene, extra=session(A), said=session(A))):
        speak(talk, 3, 12)
        talk.bye(12)
    rows = record(Library(TOOL, other), scene, "[link]\nby=numbers, media\n")
    alone(rows)
    assert all(r["outcome"] == "recorded" for r in rows.values())


# ---- headers

def by_header(library):
    scene = Scene()
    a = outer(scene, extra=[("X-Call-UUID", "story-1")])
    b = inner(scene, extra=[("x-call-uuid", "story-1")])
    c = inner(scene, name="other", host=PHONE2, callee="202", ports=(4200, 5200), extra=[("X-Call-UUID", "story-2")])
    speak(a, 3, 20)
    speak(b, 3.05, 20)
    speak(c, 3.05, 20, seed=9, ssrc=(5, 6))
    both_end(a, b)
    c.bye(20)
    rows = record(library, scene, "[link]\nheaders=X-Other, X-Call-UUID\n")
    story(rows, "outer", "inner")
    alone(rows, "other")
    same(rows["inner"], outcome="recorded")
    same(rows["outer"], outcome="none", outcome_reason="recorded in another call of the story")
    same(rows["other"], outcome="recorded")
    assert detail(rows["inner"], "linked") == ["X-Call-UUID"]


def header_of_everybody(library):
    """A value that all calls share does not make one story of a whole day."""
    scene = Scene()
    for n in range(60):
        Talk(scene, f"{n}@made.example", caller=f"01{n:04d}", callee="201", ports=(4000 + 4 * n, 14000 + 4 * n), ssrc=(n * 7 + 1, n * 7 + 2),
             hosts=(CUSTOMER, PHONE)).simple(1 + n, 1.2 + n, 1.6 + n)
    for n in range(60):
        scene.packets = [(at, data.replace(b"Max-Forwards: 70", b"X-Tenant: all-one")) for at, data in scene.packets] if n == 0 else scene.packets
    rows = record(library, scene, "[link]\nheaders=X-Tenant\n")
    joined = [r for r in rows.values() if r["group_id"]]
    assert len(rows) == 60 and len(joined) <= 40 and all(r["outcome"] == "recorded" for r in rows.values())


def not_the_same_voices(library):
    """Calls of one story with other voices are all kept: a consultation while the customer waits."""
    scene = Scene()
    a = outer(scene, extra=[("X-Call-UUID", "story-1")])
    b = inner(scene, extra=[("X-Call-UUID", "story-1")])
    consult = Talk(scene, "consult@made.example", caller="201", callee="202", hosts=(PHONE, PHONE2), ports=(4300, 5300), ssrc=(7, 8))
    consult.invite(8, extra=[("X-Call-UUID", "story-1")])
    consult.answer(9)
    speak(a, 3, 25)
    speak(b, 3.05, 25)
    speak(consult, 9, 18, seed=30)
    consult.bye(18)
    both_end(a, b, 25)
    rows = record(library, scene, "[link]\nheaders=X-Call-UUID\n")
    story(rows, "outer", "inner", "consult")
    same(rows["consult"], outcome="recorded")
    same(rows["inner"], outcome="recorded")
    same(rows["outer"], outcome="none")


def wait_together(library):
    """Two customers of one campaign wait in a queue and hear the same announcements; one says a word, both hang up. Both stay."""
    scene = Scene()
    for n, host in enumerate((CUSTOMER, PHONE2)):
        a = Talk(scene, f"{n}@made.example", caller=f"0100000000{n}", callee="19555", hosts=(host, PBX), ports=(4000 + 8 * n, 5000 + 8 * n), ssrc=(n + 1, n + 3))
        a.invite(1 + 0.1 * n, extra=[("X-Campaign", "spring")])
        a.answer(3 + 0.1 * n)
        word = np.zeros(16 * 8000, np.int16)
        word[40000:40000 + 9600 * n] = tone(400, 1.2)[:9600 * n]
        a.voice(3.2, 19.2, 0, samples=word)
        a.voice(3.2, 19.2, 1, samples=speech(5, 16, 1000))
        a.bye(19.4 + 0.1 * n)
    rows = record(library, scene, "[link]\nheaders=X-Campaign\nrecord=first\n")
    story(rows, "0", "1")
    assert [rows[n]["outcome"] for n in "01"] == ["recorded", "recorded"]


# ---- media

def by_voices(library):
    """A relay keeps SSRC and sequence numbers."""
    scene = Scene()
    a, b = outer(scene), inner(scene)
    speak(a, 3, 20, ssrc=(0x1234, 0x5678))
    speak(b, 3.01, 20, ssrc=(0x1234, 0x5678))
    both_end(a, b)
    rows = record(library, scene)
    story(rows, "outer", "inner")
    recorded_once(library, rows, "inner", "outer")
    assert detail(rows["inner"], "same-conversation") == ["the same voices"]


def voices_that_differ(library):
    """The same SSRCs with other sequence numbers, or in one direction alone, are other voices."""
    scene = Scene()
    calls = [outer(scene), inner(scene), inner(scene, name="third", host=PHONE2, callee="202", ports=(4200, 5200)),
             inner(scene, name="fourth", host="10.0.1.9", callee="203", ports=(4300, 5300))]
    speak(calls[0], 3, 14, seed=1, ssrc=(1, 2))
    speak(calls[1], 3, 14, seed=2, ssrc=(1, 2), sequence=(9000, 30000))
    speak(calls[2], 3, 14, seed=3, ssrc=(1, 4))
    speak(calls[3], 3, 14, seed=4, ssrc=(0, 0))
    for talk in calls:
        talk.bye(14)
    rows = record(library, scene)
    alone(rows)
    assert all(r["outcome"] == "recorded" for r in rows.values())


def by_addresses(library):
    """No relay: both calls name the phones' own addresses. One call gets both voices."""
    for rule, kept, spare in (("agent", "inner", "outer"), ("first", "outer", "inner")):
        folder = library.path.parent / rule
        folder.mkdir()
        scene = Scene()
        a = Talk(scene, "outer@made.example", caller=NUMBER, callee="19555", hosts=(CUSTOMER, PBX))
        b = Talk(scene, "inner@made.example", caller=NUMBER, callee="201", hosts=(PBX, PHONE))
        a.invite(1)
        b.invite(1.1, body=a.sdp(0))
        b.answer(3, body=b.sdp(1))
        a.answer(3.05, body=b.sdp(1))
        for side, seed in ((0, 1), (1, 2)):
            b.voice(3.1, 15, side, samples=speech(seed, 11.9, 500), source=((CUSTOMER, 4000), (PHONE, 5000))[side], target=((PHONE, 5000), (CUSTOMER, 4000))[side])
        both_end(a, b, 15)
        library_of = Library(TOOL, folder)
        rows = record(library_of, scene, f"[link]\nrecord={rule}\n")
        story(rows, "outer", "inner")
        same(rows[kept], outcome="recorded", outcome_reason=None)
        same(rows[spare], outcome="none", outcome_reason="recorded in another call of the story")
        assert [[s["received"] for s in l["streams"]] for l in rows[kept]["legs"]] == [[595], [595]], rows[kept]["legs"]


def one_recording_into_many_calls(library):
    """A machine that plays one recording into all its calls: nobody can tell which call became which."""
    scene = Scene()
    calls = []
    for n in range(3):
        calls.append(outer(scene, name=f"outer{n}", caller=f"010{n}", ports=(4000 + 8 * n, 5000 + 8 * n)))
        calls.append(inner(scene, name=f"inner{n}", caller=f"010{n}", callee=f"20{n}", ports=(4100 + 8 * n, 5100 + 8 * n)))
    for talk in calls:
        speak(talk, 3, 14, ssrc=(1, 2))
        talk.bye(14)
    alone(record(library, scene))


def addresses_used_again(library):
    """The phone takes the same port for its next call, whose peer does too, after a BYE that nobody saw."""
    scene = Scene()
    a = Talk(scene, "early@made.example", caller=NUMBER, callee="201", hosts=(CUSTOMER, PHONE))
    a.invite(1)
    a.answer(2)
    speak(a, 2, 8)
    b = Talk(scene, "late@made.example", caller=NUMBER, callee="201", hosts=(CUSTOMER, PHONE), ssrc=(3, 4))
    b.invite(30)
    b.answer(31)
    speak(b, 31, 38, seed=5)
    b.bye(38)
    rows = record(library, scene)
    alone(rows)
    assert [r["outcome"] for r in rows.values()] == ["recorded"] * 2


# ---- numbers and time

def by_numbers(library):
    scene = Scene()
    a = outer(scene, callee="201", caller="+20100200300")
    b = inner(scene, caller="0020 100200300".replace(" ", ""))
    speak(a, 3, 20)
    speak(b, 3.05, 20)
    both_end(a, b)
    rows = record(library, scene)
    story(rows, "outer", "inner")
    recorded_once(library, rows, "inner", "outer")
    assert detail(rows["inner"], "same-conversation") == ["numbers and time"] or detail(rows["outer"], "same-conversation") == ["numbers and time"]


def numbers_that_do_not_prove(library):
    """What is nearly so stays apart: two calls of a trunk at once, another host, too late, other numbers, nobody's number."""
    def pair(scene, number, a={}, b={}):
        name, port = number, 4000 + 40 * int(number[-2:])
        first = outer(scene, name=name + "o", caller=a.pop("caller_of", number), callee="201", ports=(port, port + 10000), **a)
        second = inner(scene, name=name + "i", **{"caller": number, "ports": (port + 20, port + 10020), **b})
        for n, talk in enumerate((first, second)):
            speak(talk, 5, 12, seed=int(number[-2:]), ssrc=(port + n, port + 2 + n))
            talk.bye(12)
    scene = Scene()
    pair(scene, "0100000011", b=dict(at=5, answered=5.2), a=dict(answered=5))  # the second comes too late
    pair(scene, "0100000012", b=dict(answered=1.5))  # answered far apart
    pair(scene, "0100000013", b=dict(source="10.0.0.77"))  # from another host
    pair(scene, "0100000014", b=dict(callee="202"))
    pair(scene, "0100000015", b=dict(caller="0100000099"))
    pair(scene, "0100000016", a=dict(caller_of="anonymous"), b=dict(caller="anonymous"))
    pair(scene, "0100000017", b=dict(source=CUSTOMER))  # both from the trunk
    rows = record(library, scene)
    assert len(rows) == 14
    alone(rows)
    assert all(r["outcome"] == "recorded" for r in rows.values())


def two_at_once(library):
    """Two calls from one trunk to one number at the same time, each through the telephone system: nobody can tell them apart."""
    scene = Scene()
    calls = []
    for n in range(2):
        calls += [outer(scene, at=1 + n / 10, name=f"outer{n}", callee="201", ports=(4000 + 8 * n, 5000 + 8 * n)),
                  inner(scene, at=1.05 + n / 10, name=f"inner{n}", ports=(4100 + 8 * n, 5100 + 8 * n))]
    for n, talk in enumerate(calls):
        speak(talk, 3.2, 12, seed=n // 2 + 1, ssrc=(100 + n, 200 + n))
        talk.bye(12)
    rows = record(library, scene)
    alone(rows)
    assert all(r["outcome"] == "recorded" for r in rows.values()) and len(rows) == 4


# ---- which recording stays

def rules(library):
    """first keeps the first, all keeps all; without an agent the first stays."""
    for rule, config, kept in (("first", "", ["outer"]), ("all", "", ["inner", "outer"]), ("agent", "[mapping]\nextensions=9\n", ["outer"])):
        folder = library.path.parent / (rule + str(len(config)))
        folder.mkdir()
        scene = Scene()
        a = outer(scene, extra=session(A, NIL), said=session(B, A))
        b = inner(scene, extra=session(A, NIL), said=session(B, A))
        speak(a, 3, 16)
        speak(b, 3.05, 16)
        both_end(a, b, 16)
        lib = Library(TOOL, folder)
        rows = {r["call_id"].split("@")[0]: r for r in lib.scene(scene, config=(config or BASE) + f"[link]\nrecord={rule}\n")}
        assert sorted(n for n, r in rows.items() if r["file"]) == kept, (rule, {n: r["outcome"] for n, r in rows.items()})
        if rule == "first":
            assert rows["outer"]["agent"] == "201", "the call that stays learns who the agent was"


def kept_is_not_whole(library):
    """The agent's call was answered late, ended early, lost packets or one voice: both stay."""
    def scenes():
        for late, early, lost in ((6, 20, ()), (3, 14, ()), (3, 20, range(200, 300))):
            scene = Scene()
            a = outer(scene, extra=session(A, NIL), said=session(B, A))
            b = inner(scene, answered=late - 0.05, extra=session(A, NIL), said=session(B, A))
            speak(a, 3, 20)
            for side in (0, 1):
                whole = speech(2 + side, 17, 400 + 600 * side)
                b.sequence[side] += round((late - 3) * 50)
                b.voice(late, early, side, samples=whole[(late - 3) * 8000:(early - 3) * 8000], skip=lost)
            b.bye(early)
            a.bye(20)
            yield scene
    for n, scene in enumerate(scenes()):
        folder = library.path.parent / str(n)
        folder.mkdir()
        rows = record(Library(TOOL, folder), scene)
        story(rows, "outer", "inner")
        assert all(r["file"] for r in rows.values()), (n, {k: (r["outcome"], r["outcome_reason"]) for k, r in rows.items()})


def capture_ends(library):
    """Both are cut off by the capture: neither is whole, both stay."""
    scene = Scene()
    a = outer(scene, extra=session(A, NIL), said=session(B, A))
    b = inner(scene, extra=session(A, NIL), said=session(B, A))
    speak(a, 3, 16)
    speak(b, 3.05, 16)
    rows = record(library, scene)
    assert all(r["file"] and r["outcome"] == "partial" for r in rows.values())


def client_and_consent(library):
    """The call that stays gets the client of the number dialled, the queue and what was said of consent."""
    config = "[number 19555]\nclient=Nile Bank\nqueue=cards\n[consent]\nheader=X-Consent\nrefused=no\n"
    scene = Scene()
    a = outer(scene, extra=session(A, NIL), said=[*session(B, A), ("X-Consent", "no")])
    b = inner(scene, extra=session(A, NIL), said=session(B, A))
    speak(a, 3, 16)
    speak(b, 3.05, 16)
    both_end(a, b, 16)
    rows = record(library, scene, config)
    same(rows["inner"], client="Nile Bank", queue="cards", agent="201", consent_state="refused", caller=NUMBER)
    assert "/Nile" in rows["inner"]["file"] or "nile" in rows["inner"]["file"].lower(), rows["inner"]["file"]


# ---- forks, pick-ups, conferences

def forks(library):
    """A B2BUA lets three phones ring; who did not answer rang in vain because somebody else did."""
    for why in ([("Reason", 'SIP;cause=200;text="Call completed elsewhere"')], []):
        folder = library.path.parent / str(len(why))
        folder.mkdir()
        scene = Scene()
        a = outer(scene, extra=session(A, NIL), said=session(B, A))
        rung = []
        for n in range(3):
            rung.append(inner(scene, name=f"phone{n}", callee=f"20{n}", host=f"10.0.1.{n + 1}", ports=(4100 + 8 * n, 5100 + 8 * n), answered=None, extra=session(A, NIL)))
            rung[-1].response(1.3, 180)
        rung[1].answer(2.95, extra=session(B, A))
        for n in (0, 2):
            rung[n].request(2.97, "CANCEL", answered=False, extra=why)
            rung[n].response(2.98, 487)
        speak(a, 3, 16)
        speak(rung[1], 3.05, 16)
        both_end(a, rung[1], 16)
        rows = record(Library(TOOL, folder), scene)
        story(rows, "outer", "phone0", "phone1", "phone2")
        for n in (0, 2):
            same(rows[f"phone{n}"], disposition="missed", outcome="none", outcome_reason="answered elsewhere")
        same(rows["phone1"], disposition="answered", outcome="recorded")
        same(rows["outer"], outcome="none", disposition="answered")


def forks_without_a_word(library):
    """No header tells that the phones rang for one customer; when they rang and stopped does, if it can be nobody else."""
    near = dict(at=1.15, cancelled=2.97, callee="202", host="10.0.1.3")
    for n, (what, joined) in enumerate([({}, True), (dict(caller="0100200301"), False), (dict(cancelled=3.9), False), (dict(at=2.6), False), (dict(source="10.0.0.7"), False),
                                        (dict(second=True), False)]):
        folder = library.path.parent / str(n)
        folder.mkdir()
        case = {**near, **what}
        scene = Scene()
        phone = inner(scene)
        if case.pop("second", False):  # of the same caller: for which of the two did it ring?
            other = inner(scene, at=1.2, name="second", callee="203", host="10.0.1.4", ports=(4116, 5116), answered=2.9)
            speak(other, 3, 9)
            other.bye(9)
        cancelled = case.pop("cancelled")
        rung = inner(scene, name="rung", ports=(4108, 5108), answered=None, **case)
        rung.request(cancelled, "CANCEL", answered=False)
        rung.response(cancelled + 0.01, 487)
        speak(phone, 3, 9)
        phone.bye(9)
        rows = record(Library(TOOL, folder), scene)
        if joined:
            story(rows, "inner", "rung")
            same(rows["rung"], disposition="missed", outcome_reason="answered elsewhere")
            assert detail(rows["rung"], "linked") == ["rang together"], rows["rung"]["events"]
        else:
            alone(rows, "rung")
            same(rows["rung"], disposition="abandoned", outcome_reason="not answered")


def given_up(library):
    """The caller hangs up while phones ring: nobody answered anywhere."""
    scene = Scene()
    a = outer(scene, answered=None, extra=session(A, NIL))
    b = inner(scene, answered=None, extra=session(A, NIL))
    for talk in (a, b):
        talk.request(4, "CANCEL", answered=False)
        talk.response(4.01, 487)
    rows = record(library, scene)
    story(rows, "outer", "inner")
    for row in rows.values():
        same(row, disposition="abandoned", outcome_reason="not answered")


def picked_up(library):
    """By Replaces on a call that rings, and by a code."""
    scene = Scene()
    a = outer(scene, answered=None, callee="201", name="ringing")
    p = Talk(scene, "picker@made.example", caller="204", callee=NUMBER, hosts=(PHONE2, CUSTOMER), ports=(4300, 5300), ssrc=(3, 4))
    p.invite(4, extra=[("Replaces", "ringing@made.example;from-tag=ta;to-tag=tb;early-only")])
    p.answer(4.5)
    a.request(4.6, "CANCEL", answered=False)
    a.response(4.7, 487)
    speak(p, 5, 9)
    p.bye(9)
    rows = record(library, scene)
    story(rows, "ringing", "picker")
    assert detail(rows["picker"], "picked-up") == ["201"]
    same(rows["ringing"], disposition="missed", outcome_reason="answered elsewhere")


def picked_up_by_code(library):
    scene = Scene()
    for n, code in enumerate(("*8", "**201")):
        at = 10 * n
        ring = inner(scene, at=at + 1, answered=None, name=f"ring{n}")
        other = inner(scene, at=at + 1, answered=None, name=f"other{n}", callee="209", caller="0555", host="10.0.1.9", ports=(4700, 5700))
        p = Talk(scene, f"picker{n}@made.example", caller="204", callee=code, hosts=(PHONE2, PBX), ports=(4300 + n * 8, 5300 + n * 8), ssrc=(3 + n, 14 + n))
        p.invite(at + 4)
        p.answer(at + 4.2)
        ring.request(at + 4.25, "CANCEL", answered=False)
        ring.response(at + 4.3, 487)
        other.request(at + 7, "CANCEL", answered=False)  # its caller gave up, later
        other.response(at + 7.1, 487)
        speak(p, at + 4.5, at + 9, seed=n + 1)
        p.bye(at + 9)
    rows = record(library, scene)
    for n in range(2):
        story(rows, f"ring{n}", f"picker{n}")
        alone(rows, f"other{n}")
        assert detail(rows[f"picker{n}"], "picked-up") == ["201"]
        same(rows[f"ring{n}"], disposition="missed", outcome_reason="answered elsewhere")
        same(rows[f"other{n}"], disposition="abandoned")


def pick_up_of_nobody_knows_whom(library):
    """Two callers' phones stop to ring in the same second: whose call was picked up cannot be told."""
    scene = Scene()
    for n in range(2):
        ring = inner(scene, answered=None, name=f"ring{n}", caller=f"010{n}", callee=f"20{n}", ports=(4100 + 8 * n, 5100 + 8 * n))
        ring.request(4.25, "CANCEL", answered=False)
        ring.response(4.3, 487)
    p = Talk(scene, "picker@made.example", caller="204", callee="*8", hosts=(PHONE2, PBX), ports=(4300, 5300), ssrc=(3, 4))
    p.invite(4)
    p.answer(4.2)
    speak(p, 4.5, 9)
    p.bye(9)
    rows = record(library, scene)
    alone(rows)
    assert all(rows[f"ring{n}"]["disposition"] == "abandoned" for n in range(2))


def conferences(library):
    """Join names a dialog; a focus makes one of all who are with it at that time."""
    scene = Scene()
    a = outer(scene, callee="201")
    join = Talk(scene, "joins@made.example", caller="205", callee="201", hosts=(PHONE2, PHONE), ports=(4300, 5300), ssrc=(3, 4))
    join.invite(5, extra=[("Join", "outer@made.example;to-tag=tb;from-tag=ta")])
    join.answer(6)
    speak(a, 3, 12)
    speak(join, 6, 12, seed=5)
    a.bye(12)
    join.bye(12)
    legs = []
    for n, (start, end) in enumerate(((20, 30), (22, 31), (40, 50))):
        legs.append(Talk(scene, f"focus{n}@made.example", caller=f"20{n}", callee="8000", hosts=(f"10.0.1.{n + 1}", PBX), ports=(6000 + 8 * n, 7000 + 8 * n), ssrc=(30 + n, 40 + n)))
        legs[-1].invite(start)
        legs[-1].answer(start + 1, extra=[("Contact", f"<sip:conf-8000@{PBX}>;isfocus")])
        speak(legs[-1], start + 1, end, seed=20 + n)
        legs[-1].bye(end)
    rows = record(library, scene)
    story(rows, "outer", "joins")
    story(rows, "focus0", "focus1")
    alone(rows, "focus2")  # the room is the same, the conference is over
    assert detail(rows["joins"], "conference") == [None] and detail(rows["focus1"], "conference") == [f"conf-8000@{PBX}"]
    assert all(r["outcome"] == "recorded" for r in rows.values()), "each leg hears something else"


def transfer_over_b2bua(library):
    """The agent's REFER goes to the telephone system, which calls the next agent itself; the customer's call stays."""
    scene = Scene()
    a = outer(scene, extra=session(A, NIL), said=session(B, A))
    b = inner(scene, extra=session(A, NIL), said=session(B, A))
    speak(a, 3, 25)
    for side in (0, 1):
        b.voice(3.05, 10, side, samples=speech(2 + side, 22, 400 + 600 * side)[:round(6.95 * 8000)])
    b.cseq[1] += 1
    b.request(10, "REFER", 1, extra=[("Refer-To", "<sip:202@10.0.0.1>")])
    b.response(10.02, 202, "REFER", 1)
    b.bye(10.5, 1)
    c = inner(scene, at=10.1, answered=12, name="next", callee="202", host=PHONE2, ports=(4400, 5400), extra=session(A, NIL), said=session(C, A))
    for side in (0, 1):
        c.voice(12, 25, side, samples=speech(2 + side, 22, 400 + 600 * side)[9 * 8000:])
    both_end(a, c, 25)
    rows = record(library, scene)
    story(rows, "outer", "inner", "next")
    assert detail(rows["next"], "transferred") == ["201"]
    assert [s["agent"] for s in rows["outer"]["segments"]] == ["201", None] and rows["outer"]["direction"] == "inbound", "nothing proves that it goes on with 202"
    assert all(rows[n]["outcome"] == "recorded" for n in rows), {n: (r["outcome"], r["outcome_reason"]) for n, r in rows.items()}


def comes_again(library):
    """A call falls silent for longer than media_timeout, nobody hangs up, and its voices come again: in a row of their own, by old or new ports."""
    config = "[record]\nmedia_timeout=5s\n[consent]\ncallee=201\n"
    for ports in (None, [4900, 5900]):
        folder = library.path.parent / str(bool(ports))
        folder.mkdir()
        scene = Scene()
        talk = outer(scene, callee="201")
        talk.both(3, 9)
        if ports:
            talk.ports = ports
            talk.cseq[0] += 1
            talk.request(30, "INVITE", body=talk.sdp(0))
            talk.response(30.02, 200, body=talk.sdp(1))
        talk.both(40, 46)
        talk.bye(46)
        lib = Library(TOOL, folder)
        rows = lib.scene(scene, config=BASE + config)
        assert [r["call_id"] for r in rows] == ["outer@made.example"] * 2, rows
        first, second = rows
        same(first, outcome="recorded", ended_by="timeout", disposition="answered")
        same(second, outcome="recorded", ended_by="caller", agent="201", caller=NUMBER, disposition="answered", hold_ms=None, consent_state="given")
        assert second["group_id"] and one_value(lib, f"SELECT count(*) FROM call WHERE group_id = '{second['group_id']}'") == "2"
        assert kinds(second) == ["follow-up"], second["events"]
        assert [[s["received"] for s in l["streams"]] for l in second["legs"]] == [[300], [300]], second["legs"]
        assert abs(second["duration_ms"] - 6000) < 60 and abs(first["duration_ms"] - 6000) < 60
        assert lib.scene(scene, config=BASE + config) == [] and len(files(lib)) == 2 and not list((lib.path / "spool").glob("*.meta"))


def only_hangs_up(library):
    """A call falls silent; later its BYE comes, or only keep-alives: one row."""
    scene = Scene()
    for n in range(2):
        talk = outer(scene, name=f"call{n}", callee=f"20{n}", ports=(4000 + 8 * n, 5000 + 8 * n))
        talk.both(3, 9)
        for at in range(20, 60, 10):
            talk.request(at, "OPTIONS")
            talk.response(at + 0.1, 200, "OPTIONS")
        if n:
            talk.bye(70)
    rows = library.scene(scene, config=BASE + "[record]\nmedia_timeout=5s\n")
    assert len(rows) == 2 and all(r["ended_by"] == "timeout" and r["outcome"] == "recorded" for r in rows)
    assert not list((library.path / "spool").glob("*.meta")) and len(files(library)) == 2


def again(library):
    """Read twice, nothing changes."""
    scene = Scene()
    a = outer(scene, extra=session(A, NIL), said=session(B, A))
    b = inner(scene, extra=session(A, NIL), said=session(B, A))
    speak(a, 3, 16)
    speak(b, 3.05, 16)
    both_end(a, b, 16)
    rows = record(library, scene)
    assert record(library, scene) == {} and files(library) == [rows["inner"]["id"]]


run(globals())
