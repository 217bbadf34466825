#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Mapping rules: every source, their order, their trace, their mistakes, and headers that mean harm."""
import resource
from cases import TOOL, one, run, same
from scenes import Library, Scene, Talk


def rule(name, **keys):
    return f"[map {name}]\n" + "".join(f"{'from' if k == 'source' else k}={v}\n" for k, v in keys.items())


def simple(scene, invite=(), answer=(), **more):
    talk = Talk(scene, **more)
    talk.invite(1, extra=list(invite))
    talk.answer(2, extra=list(answer))
    talk.both(2, 4)
    talk.bye(4)
    return talk


def lines(row, field=None):
    return [(l["value"], l["rule"], l["input"], l["outcome"]) for l in row["mapping"] if field in (None, l["field"])]


def sources(library):
    """One rule a source and part; each sets the business id of a run of its own."""
    diversion = ("Diversion", '"Desk; queue=no" <sip:7301@pbx.example;queue=sales%20north>;reason=unconditional')
    cases = [("header X-Ticket", "TT-4711"), ("header x-ticket value", "TT-4711"), ("header Diversion user", "7301"),
             ("header Diversion host", "pbx.example"), ("header Diversion display", "Desk; queue=no"),
             ("header Diversion parameter queue", "sales north"), ("header Diversion parameter REASON", "unconditional"),
             ("caller", "0100200300"), ("caller host", "10.0.0.1"), ("caller uri", "sip:0100200300@10.0.0.1"),
             ("caller display", None), ("callee", "201"), ("dialled", "201"), ("request", "201"), ("request host", "10.0.0.2"),
             ("request uri", "sip:201@10.0.0.2"), ("user-agent", "Phone/1.0"), ("header X-Absent", None),
             ("callee parameter tag", "tb"), ("caller parameter tag", "ta")]
    scene = Scene()
    simple(scene, [("X-Ticket", "  TT-4711 "), diversion, ("User-Agent", "Phone/1.0")], caller="0100200300", callee="201")
    for source, wanted in cases:
        row = one(Library(TOOL, library.path.parent / source.replace(" ", "-").lower()) if make_folder(library, source) else library,
                  scene, config=rule("x", source=source, set="business_id"))
        same(row, business_id=wanted)
        assert lines(row, "business_id") == ([(wanted, "map x", wanted, "set")] if wanted else []), row["mapping"]


def make_folder(library, source):
    folder = library.path.parent / source.replace(" ", "-").lower()
    if folder.exists():
        return False
    folder.mkdir()
    return True


def values(library):
    """What value= makes of what match= found."""
    cases = [("", None, "ab-12-cd"), (r"\d+", None, "12"), (r"^(\w+)-(\d+)", None, "ab"), (r"^(\w+)-(\d+)", r"\2/\1 (\0)", "12/ab (ab-12)"),
             (r"\d", r"C:\\x", r"C:\x"), (r"(zz)?ab", r"<\1>", "<>"), ("^nothing$", None, None), (r"(zz)?ab", None, None),
             ("(?i)AB", "fixed", "fixed")]
    for i, (match, value, wanted) in enumerate(cases):
        folder = library.path.parent / str(i)
        folder.mkdir()
        scene = Scene()
        simple(scene, [("X", "ab-12-cd")])
        keys = dict(source="header X", set="queue") | ({"match": match} if match else {}) | ({"value": value} if value else {})
        same(one(Library(TOOL, folder), scene, config=rule("v", **keys)), queue=wanted)


def order(library):
    """The first rule of the file wins, whatever message it reads; then header keys, then numbers, then guesses."""
    scene = Scene()
    simple(scene, [("X-Queue", "key"), ("X-B", "second")], [("X-A", "first")], caller="0100", callee="19555")
    config = ("[mapping]\nqueue_header=X-Queue\n[number 19555]\nqueue=number\nclient=acme\n" +
              rule("a", source="header X-A", set="queue") + rule("b", source="header X-B", set="queue"))
    row = one(library, scene, config=config)
    same(row, queue="first", client="acme", direction="inbound", agent=None)
    assert lines(row, "queue") == [("second", "map b", "second", "set"), ("key", "header X-Queue", "key", "lost"),
                                   ("first", "map a", "first", "set"), ("number", "number 19555", "19555", "lost")], lines(row, "queue")
    assert lines(row, "client") == [("acme", "number 19555", "19555", "set")], lines(row, "client")
    assert lines(row, "direction") == [("inbound", "number 19555", "19555", "set")]
    assert lines(row, "agent") == [(None, "default", None, "set")]


def guesses(library):
    """Without rules the trace tells what was guessed from."""
    scene = Scene()
    simple(scene, caller="0100", callee="301")
    row = one(library, scene, options=["--agent", "301=Mona"])
    assert lines(row) == [("inbound", "directory", "301", "set"), ("301", "directory", "301", "set"), (None, "default", None, "set"),
                          ("acme", "directory", "301", "set")], lines(row)


def rules_win(library):
    """A rule's agent and direction stand before those of the directory."""
    scene = Scene()
    simple(scene, [("X-Who", "sip:777@pbx"), ("X-Way", "Internal")], caller="0100", callee="301")
    config = (rule("who", source="header X-Who user", set="agent") + rule("way", source="header X-Way", set="direction") +
              rule("client", source="dialled", set="client", value="bank"))
    row = one(library, scene, config=config, options=["--agent", "301=Mona"])
    same(row, agent="777", direction="internal", client="bank")
    assert ("301", "directory", "301", "lost") in lines(row, "agent"), lines(row)


def wrong_direction(library):
    """A value that a direction cannot have is no value; the next rule has its turn."""
    scene = Scene()
    simple(scene, [("X-Way", "sideways"), ("X-Other", "OUTBOUND")])
    row = one(library, scene, config=rule("one", source="header X-Way", set="direction") + rule("two", source="header X-Other", set="direction"))
    same(row, direction="outbound")
    assert lines(row, "direction") == [("sideways", "map one", "sideways", "refused"), ("outbound", "map two", "OUTBOUND", "set")]


def methods(library):
    """method= and status= say which messages are read."""
    for i, (keys, wanted) in enumerate([(dict(status="2xx"), "of the answer"), (dict(status="request"), "of the request"),
                                        (dict(status="200", method="INVITE"), "of the answer"), (dict(method="BYE,INFO"), None),
                                        (dict(status="183"), None)]):
        folder = library.path.parent / str(i)
        folder.mkdir()
        scene = Scene()
        simple(scene, [("X", "of the request")], [("X", "of the answer")])
        same(one(Library(TOOL, folder), scene, config=rule("m", source="header X", set="client", **keys)), client=wanted or "default")


def turned(library):
    """caller is the caller in messages of the callee, too."""
    scene = Scene()
    talk = Talk(scene, caller="0100", callee="201")
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 6)
    talk.request(4, "INVITE", side=1, body=talk.sdp(1))
    talk.response(4.1, 200, side=1, body=talk.sdp(0))
    talk.bye(6, 1)
    row = one(library, scene, config=rule("a", source="caller", set="queue"))
    same(row, queue="0100")
    assert len(row["segments"]) == 1, row["segments"]


# ---- segments

def segments(library):
    """Another value of the same rule in mid-call is another stretch; what is shorter than a second is none."""
    scene = Scene()
    talk = Talk(scene, caller="0100", callee="19555")
    talk.invite(1, extra=[("X-Agent", "201"), ("X-Queue", "sales")])
    talk.response(1.5, 183, extra=[("X-Agent", "202")])
    talk.answer(2, extra=[("X-Agent", "203")])
    talk.both(2, 20)
    for at, agent, queue in [(6, "204", "sales"), (6.4, "205", "sales"), (10, "205", "billing"), (10.5, "205", "sales"), (15, "206", "vip")]:
        talk.cseq[1] += 1
        talk.request(at, "INFO", side=1, extra=[("X-Agent", agent), ("X-Queue", queue)])
    talk.bye(20)
    row = one(library, scene, config="[mapping]\nagent_header=X-Agent\nqueue_header=X-Queue\n")
    got = [(s["agent"], s["queue"], s["start_ms"], s["end_ms"]) for s in row["segments"]]
    assert got == [("203", "sales", 0, 5000), ("205", "sales", 5000, 14000), ("206", "vip", 14000, 19000)], got


def connected(library):
    """The agent's side says that it is another internal user: by re-INVITE, by UPDATE, in an answer. Refreshes change nothing."""
    scene = Scene()
    talk = Talk(scene, caller="0100", callee="201")
    talk.invite(1, extra=[("Contact", "<sip:0100@10.0.0.1>")])
    talk.answer(2, extra=[("Contact", "<sip:201@10.0.0.2>")])
    talk.both(2, 40)
    ask = lambda at, method, **more: (talk.cseq.__setitem__(1, talk.cseq[1] + 1), talk.request(at, method, side=1, **more))
    ask(6, "INVITE", body=talk.sdp(1), extra=[("Contact", "<sip:201@10.0.0.2>")])  # a refresh
    ask(10, "INVITE", body=talk.sdp(1), extra=[("P-Asserted-Identity", '"Omar" <sip:202@pbx>'), ("Contact", "<sip:201@10.0.0.2>")])
    ask(14, "INVITE", body=talk.sdp(1), extra=[("Contact", "<sip:201@10.0.0.2>")])  # a refresh again
    ask(18, "UPDATE", extra=[("Remote-Party-ID", "<sip:203@pbx>;party=called")])
    ask(20, "UPDATE", extra=[("P-Asserted-Identity", "<sip:0123456789@pbx>")])  # nobody of ours
    talk.request(26, "UPDATE", cseq=2)
    talk.response(26.1, 200, "UPDATE", cseq=2, extra=[("Contact", "<sip:204@10.0.0.9>")])
    talk.request(28, "UPDATE", cseq=3, extra=[("P-Asserted-Identity", "<sip:205@pbx>")])  # the customer's side
    talk.bye(40)
    row = one(library, scene, config="[mapping]\nextensions=2[0-9][0-9]\n")
    got = [(s["agent"], s["start_ms"], s["end_ms"]) for s in row["segments"]]
    assert got == [("201", 0, 9000), ("202", 9000, 17000), ("203", 17000, 25100), ("204", 25100, 39000)], got
    same(row, direction="inbound")


def answered_by(library):
    """The answer alone says who took a call to a number that is not ours."""
    scene = Scene()
    simple(scene, [], [("P-Asserted-Identity", "<sip:207@pbx>")], caller="0100", callee="555")
    same(one(library, scene, config="[mapping]\nextensions=2[0-9][0-9]\n"), agent="207", direction="inbound")


def many_segments(library):
    """However often somebody changes, the list stays short and the last one is right."""
    scene = Scene()
    talk = Talk(scene, caller="0100", callee="19555")
    talk.invite(1)
    talk.answer(2)
    talk.both(2, 3)
    for i in range(200):
        talk.cseq[0] += 1
        talk.request(4 + 2 * i, "INFO", extra=[("X-Agent", f"a{i}")])
    talk.bye(410)
    row = one(library, scene, config="[mapping]\nagent_header=X-Agent\n[record]\nmedia_timeout=10m\n")
    assert len(row["segments"]) == 50 and row["segments"][-1]["agent"] == "a199", len(row["segments"])
    assert all(a["end_ms"] == b["start_ms"] for a, b in zip(row["segments"], row["segments"][1:]))
    assert len(row["mapping"]) <= 70


# ---- mistakes and malice

def mistakes(library):
    good = "[map x]\nfrom=header X\nset=queue\n"
    for text, line, key in [("[map x]\nset=queue\n", 1, None), ("[map x]\nfrom=header X\n", 1, None), ("[map x]\nfrom=heading X\nset=queue\n", 2, "from"),
                            ("[map x]\nfrom=header\nset=queue\n", 2, "from"), ("[map x]\nfrom=caller parameter\nset=queue\n", 2, "from"),
                            ("[map x]\nfrom=caller user more\nset=queue\n", 2, "from"), ("[map x]\nfrom=header X\nset=que\n", 3, "set"),
                            (good + "match=(\n", 4, "match"), (good + "match=(a)\nvalue=\\2\n", 5, "value"), (good + "value=\\1\n", 4, "value"),
                            (good + "match=(a)\nvalue=\\x\n", 5, "value"), (good + "match=a\nvalue=a\\\n", 5, "value"), (good + "value=\n", 4, "value"),
                            (good + "status=99\n", 4, "status"), (good + "status=2x\n", 4, "status"), (good + "status=7xx\n", 4, "status"),
                            (good + "colour=1\n", 4, "colour"), ("[map x]\nfrom=callee\nset=direction\nvalue=inwards\n", 4, "value"), ("[map]\n", 1, "")]:
        scene = Scene()
        Talk(scene).invite(1)
        library.scene(scene, config=text, check=False)
        wanted = f"earshot.conf:{line}: [map{'' if key == '' else ' x'}]" + (f" {key}: " if key else ": ")
        assert library.status == 1 and wanted in library.errors, (text, library.errors)


def labels(library):
    """Values are cut and cleaned, what was read is cut shorter."""
    scene = Scene()
    simple(scene, [("X-Q", "\u202e" + "q" * 3000), ("X-C", "   ")])
    row = one(library, scene, config=rule("q", source="header X-Q", set="queue") + rule("c", source="header X-C", set="client"))
    same(row, queue="q" * 128, client="default")
    assert lines(row, "queue")[0][2] == "q" * 128


def malice(library):
    """Expressions that explode on a hostile header stop at their limit: the recorder is not held up, the call is whole."""
    scene = Scene()
    for i in range(200):
        talk = Talk(scene, f"{i}@made.example", caller="1" * 100, callee="555", ports=(4000 + 4 * i, 6000 + 4 * i))
        talk.invite(1 + i / 100, extra=[("X", "a" * 400 + "!" + "a" * 8000), ("Y", "<sip:" + ";" * 30000), ("Z", '"' + "\\" * 9000)])
        talk.answer(2 + i / 100)
        talk.bye(4 + i / 100)
    config = ("[mapping]\nextensions=(1+)+[xy]\n" + rule("bad", source="header X", match="^(a+)+$", set="queue") + rule("worse", source="header X", match="(a|aa)+b|(a*)*b|(.*)*c", set="agent") +
              rule("part", source="header Y parameter q", set="client") + rule("name", source="header Z display", set="client") +
              rule("name2", source="header Z parameter q", set="client") + rule("good", source="callee", set="business_id"))
    spent = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    begin = spent()
    rows = library.scene(scene, config=config)
    took = spent() - begin
    assert len(rows) == 200 and took < 4, took  # more than eight without the limits
    for row in rows:
        same(row, business_id="555", queue=None, client="default")
        assert (None, "map bad", "a" * 128, "too-costly") in lines(row, "queue"), lines(row)


run(globals())
