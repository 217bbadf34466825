#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What metadata says over the time of a recording session: the dialects of equipment, the flows of RFC 8068, hostile documents.

test-recording-metadata.py DUMP-RECORDING
"""
import json, pathlib, subprocess, sys, tempfile, unittest

import recording_metadata as make
from recording_metadata import Party, document, identity, streams_of

DUMP = sys.argv.pop(1)
NOW = "2027-01-15T08:00:00.000Z"  # the dump tool's clock
A, B = Party("sip:a@x", "A", ("1",), ("2",)), Party("sip:b@x", "B", ("2",), ("1",))


def dump(*documents, options=()):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for n, text in enumerate(documents):
            paths.append(pathlib.Path(folder) / str(n))
            paths[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
        done = subprocess.run([DUMP, *options, *paths], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def voices(step, session=0):
    """User to labels of those who take part."""
    return {m["user"]: m["labels"] for m in step["sessions"][session]["members"] if m["left"] is None}


def partial(inside):
    return f'<recording xmlns="{make.NAMESPACE}"><datamode>partial</datamode>{inside}</recording>'


class Dialects(unittest.TestCase):
    def test_each(self):
        for build in make.DIALECTS:
            with self.subTest(build.__name__):
                message = build()
                (found,) = dump(message.body(message.sdp("192.0.2.1", [6000, 6002]))[1])
                self.assertEqual([m["label"] for m in found["media"]], message.labels)
                (session,) = found["sessions"]
                self.assertEqual([(m["user"], m["name"], m["labels"], m["role"]) for m in session["members"]], message.members)
                self.assertEqual((session["id"], session["start"], session["stopped"]), (message.session, message.start, False))
                self.assertFalse(found["needs_snapshot"] or found["document"]["truncated"])

    def test_extensions(self):
        def extensions(build):
            return {e["name"]: (e["owner"], e["value"]) for e in dump(build().xml)[0]["document"]["extensions"]}
        self.assertEqual(extensions(make.oracle)["callingParty"], (identity("01001234567"), "true"))
        self.assertEqual(extensions(make.oracle)["ucid"], (identity("01001234567"), "00FA;encoding=hex"))
        self.assertEqual(extensions(make.ribbon)["callData/gcid"], (None, "4711"))
        self.assertEqual(extensions(make.broadworks)["broadWorksRecordingMetadata/acd/acdName"], ("urn:uuid:s", "Sales"))
        self.assertEqual(extensions(make.netsapiens)["netsapiensExtension/user/@userID"], (None, "2001@tenant.example"))

    def test_a_folded_session_id(self):
        (found,) = dump(make.cube().xml)
        self.assertEqual(found["sessions"][0]["sip_sessions"], ["ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2"])

    def test_times(self):
        for text, wanted in (("2026-05-04T10:00:00", "10:00:00.000"), ("2026-05-04t10:00:00.5z", "10:00:00.500"), ("2026-05-04T10:00:00.1234567+02:00", "08:00:00.123"),
                             ("2026-05-04 10:00:00Z", "10:00:00.000"), ("2026-05-04T10:00:00-0330", "13:30:00.000"), (" 2026-05-04T10:00:00Z\n", "10:00:00.000"),
                             ("1970-01-01T00:00:07Z", None), ("9999-01-01T00:00:00Z", None), ("2026-13-04T10:00:00Z", None), ("soon", None), ("", None)):
            with self.subTest(text):
                (found,) = dump(document(start=text))
                self.assertEqual(found["sessions"][0]["start"], wanted and f"2026-05-04T{wanted}Z")


class Flows(unittest.TestCase):
    def test_hold_and_resume(self):
        """A partial document of associations alone replaces what a participant sends and hears."""
        start = document("s", (A, B), ("1", "2"))
        hold = partial(streams_of(Party("sip:b@x", None, ("2",), ())))
        steps = dump(start, hold, partial(streams_of(B)))
        self.assertEqual([[(m["hears"], m["hears_known"]) for m in s["sessions"][0]["members"]] for s in steps],
                         [[(["2"], True), (["1"], True)], [(["2"], True), ([], True)], [(["2"], True), (["1"], True)]])
        self.assertEqual([(s["changed"], s["needs_snapshot"]) for s in steps], [(True, False)] * 3)

    def test_a_transfer_within_the_session(self):
        """The one leaves, another comes; streams that nobody declared yet mean something as soon as they are."""
        c = Party("sip:c@x", "C", ("3",), ("1",), joined="2026-05-04T10:05:00Z")
        gone = f'<participantsessionassoc participant_id="{B.id}" session_id="{identity("s")}"><disassociate-time>2026-05-04T10:05:00Z</disassociate-time></participantsessionassoc>'
        came = document("s", (c,), (), partial=True, bare=True)
        stream = partial(f'<stream stream_id="{identity("stream 3")}" session_id="{identity("s")}"><label>2</label></stream>')
        steps = dump(document("s", (A, B), ("1", "2")), partial(gone), came, stream)
        self.assertEqual([voices(s) for s in steps], [{"a": ["1"], "b": ["2"]}, {"a": ["1"]}, {"a": ["1"], "c": ["2"]}, {"a": ["1"], "c": ["2"]}])
        self.assertEqual([s["needs_snapshot"] for s in steps], [False, False, True, False])
        b, c = steps[-1]["sessions"][0]["members"][1:]
        self.assertEqual((b["left"], b["labels"], c["joined"]), ("2026-05-04T10:05:00.000Z", [], "2026-05-04T10:05:00.000Z"))
        self.assertFalse(steps[-1]["sessions"][0]["stopped"])

    def test_a_transfer_to_a_new_session(self):
        """A stop-time ends the session for everybody; a complete document then begins another one in the same group."""
        stop = partial(make.session_element("s", "g", None, "2026-05-04T10:07:00Z"))
        c = Party("sip:c@x", "C", ("1",), ("2",))
        steps = dump(document("s", (A, B), ("1", "2"), group="g"), stop, document("t", (c, B), ("1", "2"), group="g"))
        old, new = steps[-1]["sessions"]
        self.assertEqual((old["stop"], old["stopped"], [m["left"] for m in old["members"]]), ("2026-05-04T10:07:00.000Z", True, ["2026-05-04T10:07:00.000Z"] * 2))
        self.assertEqual([m["labels"] for m in old["members"]], [["1"], ["2"]])
        self.assertEqual((new["stopped"], new["group"], voices(steps[-1], 1)), (False, old["group"], {"c": ["1"], "b": ["2"]}))

    def test_a_clock_that_was_never_set_still_stops(self):
        (_, found) = dump(document("s", (A, B), ("1", "2")), partial(make.session_element("s", None, None, "1970-01-01T01:00:00Z")))
        self.assertEqual((found["sessions"][0]["stopped"], found["sessions"][0]["stop"]), (True, None))
        self.assertEqual({m["left"] for m in found["sessions"][0]["members"]}, {NOW})

    def test_a_complete_document_is_all_there_is(self):
        c = Party("sip:c@x", "C", ("2",), ("1",))
        steps = dump(document("s", (A, B), ("1", "2")), document("s", (A, c), ("1", "2")), document("t", (A, c), ("1", "2")))
        self.assertEqual(voices(steps[1]), {"a": ["1"], "c": ["2"]})
        self.assertEqual([m["left"] for m in steps[1]["sessions"][0]["members"]], [None, NOW, None])
        self.assertEqual([s["stopped"] for s in steps[2]["sessions"]], [True, False])

    def test_everybody_left_and_came_back(self):
        left = [Party(p.aor, p.name, p.send, p.recv, None, "2026-05-04T10:09:00Z") for p in (A, B)]
        steps = dump(document("s", (A, B), ("1", "2")), document("s", left, (), partial=True, bare=True), document("s", (A, B), (), partial=True, bare=True))
        self.assertEqual([s["sessions"][0]["stopped"] for s in steps], [False, True, False])
        self.assertEqual([voices(s) for s in steps], [{"a": ["1"], "b": ["2"]}, {}, {"a": ["1"], "b": ["2"]}])

    def test_a_partial_document_first(self):
        (found, repaired) = dump(document("s", (A,), ("1",), partial=True), document("s", (A, B), ("1", "2")))
        self.assertEqual((found["needs_snapshot"], voices(found)), (True, {"a": ["1"]}))
        self.assertEqual((repaired["needs_snapshot"], voices(repaired)), (False, {"a": ["1"], "b": ["2"]}))

    def test_several_sessions_at_once(self):
        """Turrets: many sessions in one recording session, each with its own streams."""
        second = document("t", (Party("sip:c@x", None, ("3",)), Party("sip:d@x", None, ("4",))), ("3", "4"), partial=True)
        (_, found) = dump(document("s", (A, B), ("1", "2")), second)
        self.assertEqual([voices(found, n) for n in (0, 1)], [{"a": ["1"], "b": ["2"]}, {"c": ["3"], "d": ["4"]}])
        stop = partial(make.session_element("s", None, None, "2026-05-04T10:07:00Z"))
        found = dump(document("s", (A, B), ("1", "2")), second, stop)[-1]
        self.assertEqual([s["stopped"] for s in found["sessions"]], [True, False])

    def test_labels_where_nothing_is_said(self):
        quiet = [Party(f"sip:{u}@x", streams_said=False) for u in "abc"]
        for parties, labels, wanted in ((quiet[:2], ("7", "8"), {"a": ["7"], "b": ["8"]}), (quiet[:2], ("7",), {"a": ["7"], "b": ["7"]}),
                                        (quiet, ("7", "8"), {"a": ["7"], "b": ["8"], "c": []}), (quiet[:1], ("7", "8"), {"a": ["7"]}),
                                        ([Party("sip:a@x", None, ("8",)), quiet[1]], ("7", "8"), {"a": ["8"], "b": ["7"]}),
                                        ([Party("sip:a@x", None, ("8",)), Party("sip:b@x")], ("7", "8"), {"a": ["8"], "b": ["7"]}),
                                        ([Party("sip:a@x", None, ("7", "8")), Party("sip:b@x", None, ("8",))], ("7", "8"), {"a": ["7", "8"], "b": ["8"]})):
            with self.subTest(wanted):
                (found,) = dump(document("s", parties, labels))
                self.assertEqual(voices(found), wanted)

    def test_participants_without_a_session(self):
        (found,) = dump('<recording><participant id="p"><nameID aor="tel:+20-2-555"/></participant><stream id="s"><label>1</label></stream></recording>')
        self.assertEqual((found["sessions"][0]["id"], voices(found)), ("", {"+202555": ["1"]}))


class Hostile(unittest.TestCase):
    def error(self, text):
        (found,) = dump(text)
        return found["document"].get("error")

    def test_what_is_refused(self):
        for text, wanted in (("<recording><session></recording>", "line 1"), ("<recording/", "line 1"), ("<!-- x -->", "no element"), ("<", "line 1"),
                             ('<!DOCTYPE r [<!ENTITY a "aaaa">]><recording>&a;</recording>', "document type"), ("<recording>&a;</recording>", "a"),
                             ('<requestsnapshot xmlns="x"/>', "requestsnapshot"), ("<x>" * 30000, "line 1"), ("<recording>" + " " * 300000, "262144")):
            with self.subTest(text[:40]):
                self.assertIn(wanted, self.error(text))

    def test_bounds(self):
        many = "".join(f'<participant participant_id="{n}"><nameID aor="sip:{n}@x"/></participant>' for n in range(3000))
        deep = "<a>" * 200 + "x" + "</a>" * 200
        wide = "<participant id='p' " + " ".join(f"a{n}='1'" for n in range(500)) + f"><nameID aor='{'x' * 5000}'/></participant>"
        sends = "<participantstreamassoc participant_id='p'>" + "<send>1</send>" * 5000 + "</participantstreamassoc>"
        for inside in (many, deep, wide, sends):
            with self.subTest(inside[:30]):
                (found,) = dump(f"<recording>{inside}</recording>")
                self.assertTrue(found["document"]["truncated"])
                self.assertLessEqual(len(found["document"]["participants"]), 256)

    def test_bytes_that_are_no_text(self):
        (found,) = dump(b"\xef\xbb\xbf<recording><participant id='\xff'><nameID aor='sip:a\xe2\x80\xaeb@x'/></participant></recording>")
        self.assertEqual(found["document"]["participants"][0]["aor"], "sip:ab@x")

    def test_a_client_that_never_stops(self):
        """What is kept stays bounded over many documents that each name new things and end nothing."""
        (last,) = dump(*(document(f"s{n}", [Party(f"sip:{n}-{i}@x", None, (f"{n}-{i}",)) for i in range(200)], [f"{n}-{i}" for i in range(200)], partial=True)
                         for n in range(40)), options=["--last"])
        self.assertLessEqual(len(last["sessions"]), 256)
        self.assertLessEqual(sum(len(s["members"]) for s in last["sessions"]), 2048)


if __name__ == "__main__":
    unittest.main()
