#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Transfers made by hand: which calls become one story, which do not, and what their events say."""
import re, subprocess
from cases import TOOL, kinds, run
from scenes import Library, Scene, Talk

BASE = "[mapping]\nextensions=2[0-9][0-9]\n"


def first(scene, **more):
    """A customer speaks with 201 from second 2 on."""
    talk = Talk(scene, "first@made.example", caller="0100200300", callee="201", **more)
    talk.invite(1)
    talk.answer(2)
    return talk


def refer(talk, at, target="sip:202@10.0.0.3", status=202, notified=200, side=1, extra=()):
    talk.cseq[side] += 1
    talk.request(at, "REFER", side, extra=[("Refer-To", f"<{target}>"), *extra])
    if status:
        talk.response(at + 0.05, status, "REFER", side)
    if notified and status and status < 300:
        talk.cseq[1 - side] += 1
        for i, said in enumerate([100, notified]):
            talk.cseq[1 - side] += 1
            talk.request(at + 0.1 + 2 * i, "NOTIFY", 1 - side, body=f"SIP/2.0 {said} Said\r\n", content_type="message/sipfrag;version=2.0",
                         extra=[("Event", "refer"), ("Subscription-State", "active")])


def second(scene, at=6.0, caller="0100200300", callee="202", extra=(), call_id="second@made.example", answered=True, end=20):
    talk = Talk(scene, call_id, caller=caller, callee=callee, hosts=("10.0.0.1", "10.0.0.3"), ports=(4100, 5100), ssrc=(0xA2, 0xB2))
    talk.invite(at, extra=list(extra))
    if answered:
        talk.answer(at + 1)
        talk.both(at + 1, end)
        talk.bye(end)
    else:
        talk.response(at + 1, 486)
    return talk


def record(library, scene, config=BASE, **more):
    rows = {r["call_id"].split("@")[0]: r for r in library.scene(scene, config=config, **more)}
    for name, row in rows.items():  # the index, not what was printed, has the last word
        row["group_id"] = stored(library, row["id"])
    return rows


def stored(library, call):
    return subprocess.run(["sqlite3", library.path / "index.sqlite", f"SELECT ifnull(group_id, '') FROM call WHERE uuid = '{call}'"],
                          capture_output=True, text=True, check=True).stdout.strip() or None


def repeats(library, call):
    return subprocess.run(["sqlite3", library.path / "index.sqlite", f"SELECT repeats FROM call WHERE uuid = '{call}'"], capture_output=True,
                          text=True, check=True).stdout.strip()


def story(rows, *names):
    groups = {rows[n]["group_id"] for n in names}
    assert len(groups) == 1 and re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+", groups.pop() or ""), {n: r["group_id"] for n, r in rows.items()}


def alone(rows, *names):
    assert all(rows[n]["group_id"] is None for n in names), {n: r["group_id"] for n, r in rows.items()}


def events(row):
    return [(e["kind"], e["leg"], e["detail"]) for e in row["events"] if e["kind"].startswith("transfer")]


def blind(library):
    """By who dials whom, shortly after the REFER was accepted."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5)
    second(scene)
    talk.bye(9, 1)
    rows = record(library, scene)
    story(rows, "first", "second")
    assert events(rows["first"]) == [("transfer", 1, "202"), ("transfer-done", 1, "202")], rows["first"]["events"]
    assert events(rows["second"]) == [("transferred", -2, "201")], rows["second"]["events"]
    assert repeats(library, rows["second"]["id"]) == repeats(library, rows["first"]["id"]) == "0", "a transfer is no second call of the customer"
    assert [r["segments"][0]["agent"] for r in (rows["first"], rows["second"])] == ["201", "202"]


def referred_by(library):
    """Referred-By tells it, even when somebody else's machine dials, and much later."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5, extra=[("Referred-By", "<sip:201@10.0.0.2>")])
    second(scene, at=45, caller="gateway", extra=[("b", "<sip:201@pbx.example>;cid=1")], end=50)
    talk.bye(60, 1)
    rows = record(library, scene)
    story(rows, "first", "second")


def strangers(library):
    """Other calls at the same time are other stories."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5)
    second(scene, callee="203", call_id="other-target@x")
    second(scene, caller="0999", call_id="other-caller@x")
    second(scene, extra=[("Referred-By", "<sip:299@pbx>")], call_id="other-referrer@x")
    second(scene, at=17, call_id="too-late@x", end=22)
    second(scene, extra=[("Replaces", "unknown@x;to-tag=1;from-tag=2")], caller="0998", call_id="unknown-dialog@x")
    talk.bye(9, 1)
    rows = record(library, scene)
    assert len(rows) == 6
    alone(rows, *rows)
    assert not any("transferred" in kinds(r) for r in rows.values())


def refused(library):
    """What is refused leads nowhere, whoever dials whom afterwards."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5, status=603)
    second(scene)
    talk.bye(9, 1)
    rows = record(library, scene)
    alone(rows, "first", "second")
    assert repeats(library, rows["second"]["id"]) == "1"
    assert events(rows["first"]) == [("transfer", 1, "202"), ("transfer-failed", 1, "SIP 603")], rows["first"]["events"]


def busy_target(library):
    """The target is busy: the attempt belongs to the story, and the story says that it failed."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 15)
    refer(talk, 5, notified=486)
    second(scene, answered=False)
    talk.bye(15, 1)
    rows = record(library, scene)
    story(rows, "first", "second")
    assert events(rows["first"])[-1] == ("transfer-failed", 1, "SIP 486")
    assert rows["second"]["disposition"] == "busy"


def attended(library):
    """Three calls: with the customer, the consultation, and the customer's that replaces it. Also when the last is not seen."""
    for replacing in (True, False):
        folder = library.path.parent / str(replacing)
        folder.mkdir()
        scene = Scene()
        talk = first(scene)
        talk.both(2, 5)
        consult = second(scene, at=5.5, caller="201", call_id="consult%1@made.example", end=12)
        refer(talk, 9, target="sip:202@10.0.0.3?Require=replaces&Replaces=consult%251%40made.example%3Bto-tag%3Dtb%3Bfrom-tag%3Dta")
        if replacing:
            last = Talk(scene, "last@made.example", caller="0100200300", callee="202", hosts=("10.0.0.1", "10.0.0.3"), ports=(4200, 5200))
            last.invite(9.5, extra=[("Replaces", "consult%1@made.example;to-tag=tb;from-tag=ta")])
            last.answer(10)
            last.both(10, 20)
            last.bye(20)
        talk.bye(12, 1)
        rows = record(Library(TOOL, folder), scene)
        story(rows, "first", "consult%1", *(["last"] if replacing else []))
        assert consult.uris[1] == "sip:202@10.0.0.3"


def pickup(library):
    """An INVITE with Replaces without any REFER: a call is picked up."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 6)
    second(scene, at=5, caller="204", callee="0100200300", extra=[("Replaces", "first@made.example ;from-tag=ta;to-tag=tb")])
    talk.bye(6.5, 1)
    rows = record(library, scene)
    story(rows, "first", "second")
    assert events(rows["second"]) == [("transferred", -2, None)]


def committed(library):
    """The first call is in the index already when the second begins: its row gets the group."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5, extra=[("Referred-By", "<sip:201@10.0.0.2>")])
    talk.bye(8, 1)
    for n in range(40):  # enough others to fill the batch
        Talk(scene, f"{n}@filler.example", ports=(6000 + 4 * n, 8000 + 4 * n), ssrc=(n, 1000 + n)).simple(8 + n / 10, 9 + n / 10, 9.2 + n / 10)
    second(scene, at=40, extra=[("Referred-By", "<sip:201@10.0.0.2>")], end=50)
    rows = record(library, scene, BASE + "[record]\nworkers=0\n")  # with threads, the reading could be at the second by then
    order = [r for r in rows]
    assert order.index("first") < order.index("second") - 30
    story(rows, "first", "second")


def chain(library):
    """From 201 to 202 to 203, and a consultation that joins two stories late: one group for all."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5)
    middle = second(scene, end=14)
    refer(middle, 12, target="sip:203@10.0.0.4")
    second(scene, at=13, callee="203", call_id="third@made.example", end=30)
    talk.bye(9, 1)
    other = Talk(scene, "other@made.example", caller="0111", callee="205", ports=(4400, 5400), ssrc=(1, 2))
    other.invite(1)
    other.answer(2)
    other.both(2, 25)
    refer(other, 15, target="sip:206@10.0.0.9")
    second(scene, at=15.5, caller="0111", callee="206", call_id="other2@made.example", end=25)
    other.cseq[1] += 5
    refer(other, 20, target="sip:203@10.0.0.4?Replaces=third%40made.example%3Bto-tag%3Dtb%3Bfrom-tag%3Dta")
    other.bye(25, 1)
    rows = record(library, scene)
    story(rows, "first", "second", "third", "other", "other2")


def password(library):
    """A REFER that is challenged comes again; that is one transfer."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5, status=401)
    refer(talk, 5.2, status=202)
    second(scene)
    talk.bye(9, 1)
    rows = record(library, scene)
    story(rows, "first", "second")
    assert [k for k in kinds(rows["first"]) if k == "transfer"] == ["transfer"]


def twice_seen(library):
    """Retransmissions and other hops repeat nothing."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    for at in (5, 5.02, 5.5):
        refer(talk, at)
        talk.cseq[1] -= 1
    second(scene)
    talk.bye(9, 1)
    rows = record(library, scene)
    assert [k for k in kinds(rows["first"]) if k == "transfer"] == ["transfer"]


def flood(library):
    """A sender of ever more REFERs costs little and drives nobody else's out."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5)
    evil = Talk(scene, "evil@made.example", caller="0666", callee="209", ports=(4600, 5600))
    evil.invite(1)
    evil.answer(2)
    for n in range(3000):
        evil.cseq[0] += 1
        evil.request(5.1 + n / 5000, "REFER", extra=[("Refer-To", f"<sip:{n}@x?Replaces={n}%40y>")])
    second(scene)
    talk.bye(9, 1)
    evil.bye(9)
    rows = record(library, scene)
    story(rows, "first", "second")
    assert len(rows["evil"]["events"]) <= 501


def over_a_run(library):
    """Read again, the same capture changes nothing."""
    scene = Scene()
    talk = first(scene)
    talk.both(2, 5)
    refer(talk, 5)
    second(scene)
    talk.bye(9, 1)
    rows = record(library, scene)
    assert record(library, scene) == {}
    for row in rows.values():
        assert stored(library, row["id"]) == row["group_id"]


run(globals())
