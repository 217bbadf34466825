#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of real recording clients, where they lie beside the project: what the parsers make of each is what
a general XML reader finds and what the truth says.

test-siprec-real.py DUMP-RECORDING DATA-FOLDER. Skips itself (77) without the folder.
"""
import datetime, json, pathlib, re, subprocess, sys, tempfile, unittest
import xml.etree.ElementTree as ElementTree

DUMP, DATA = sys.argv[1], pathlib.Path(sys.argv[2]) / "siprec"
del sys.argv[1:3]
# The Content-Length of this one ends within its document; the whole body is read instead, and the cut one refused.
CUT = "voiceip_siprec_invite_full.txt"


def dump(*paths):
    done = subprocess.run([DUMP, *paths], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def document(text):
    found = re.search(rb"<\?xml.*</recording(_metadata)?>", text, re.S)
    return ElementTree.fromstring(found[0].replace(b"\r", b"")) if found else None


def moment(text):
    at = datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    at = at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)
    return at.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user(aor):
    rest = re.sub(r"^(sips?|tel):", "", aor)
    return re.split("[@;]", rest)[0]


class Real(unittest.TestCase):
    def test_every_message(self):
        truth = json.loads((DATA / "siprec_truth.json").read_text())
        self.assertEqual(len(truth), len(list(DATA.iterdir())) - 1)
        for name, wanted in truth.items():
            with self.subTest(name):
                (found,) = dump(DATA / name)
                if name == CUT:
                    self.assertIn("error", found["document"])
                    text = (DATA / name).read_bytes()
                    (found,) = dump(self.write(text[text.index(b"--boundary123"):]))
                self.check_media(found.get("media", []), wanted)
                if "root" in wanted:
                    self.check_document(found, wanted, document((DATA / name).read_bytes()))
                else:
                    self.assertNotIn("document", found)

    def write(self, data):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "body"
        path.write_bytes(data)
        return path

    def check_media(self, media, wanted):
        self.assertEqual([f"m={m['kind']} {m['port']}" for m in media], [" ".join(m.split()[:2]) for m in wanted["m_lines"]])
        self.assertEqual([m["label"] for m in media if m["label"]], wanted["sdp_labels"])
        directions = wanted["sdp_dirs"] or ["sendrecv"] * len(media)
        self.assertEqual([m["direction"] for m in media], directions)

    def check_document(self, found, wanted, xml):
        said = found["document"]
        parties = [(p["aor"], p["name"]) for p in wanted["participants"] if p["aor"]]  # the others only name one of these
        self.assertEqual([(p["aor"], p["name"]) for p in said["participants"]], parties)
        labels = wanted["xml_labels"] or [s.get("label") for s in xml.iter() if local(s) == "stream"]
        self.assertEqual([s["label"] for s in said["streams"]], labels)
        self.assertFalse(said["truncated"] or said["partial"])
        sessions = wanted["sessions"] or [s.get("sessionid") for s in xml.iter() if local(s) == "sessionrecordingassoc"]
        self.assertEqual([s["id"] for s in found["sessions"]], sessions)
        self.check_session(found["sessions"][0], parties, xml)
        self.check_extensions(said["extensions"], wanted["extension_elements"], xml)

    def check_session(self, session, parties, xml):
        starts = [t.text for t in xml.iter() if local(t) == "start-time"]
        starts = starts or [t.text for a in xml.iter() if local(a) in ("session", "sessionrecordingassoc")
                            for t in a if local(t) == "associate-time"]
        self.assertEqual(session["start"], moment(starts[0]) if starts else None)
        self.assertEqual((session["stop"], session["stopped"]), (None, False))
        self.assertEqual([(m["aor"], m["name"]) for m in session["members"]], parties)
        self.assertEqual([m["user"] for m in session["members"]], [user(aor) for aor, _ in parties])
        labels = self.voices(xml)
        for member in session["members"]:
            if member["id"] in labels:
                self.assertEqual(member["labels"], labels[member["id"]])

    def voices(self, xml):
        """Participant to labels, of those whose every stream is declared."""
        label_of = {}
        for stream in xml.iter():
            if local(stream) == "stream" and len(stream):
                label_of[stream.get("stream_id") or stream.get("id")] = next(c.text for c in stream if local(c) == "label")
        voices = {}
        for element in xml:
            sends = [s.text.strip() or s[0].text for s in element if local(s) == "send" and s.text]
            key = element.get("participant_id") or element.get("id")
            if sends and all(s in label_of for s in sends):
                voices[key] = [label_of[s] for s in sends]
        return voices

    def check_extensions(self, found, wanted, xml):
        leaves = {(local(e), " ".join(e.text.split())) for e in xml.iter() if not len(e) and e.text and e.text.strip() and e.tag in wanted}
        self.assertLessEqual(leaves, {(e["name"].rsplit("/", 1)[-1], e["value"]) for e in found})

    def test_one_mixed_line_is_everybody(self):
        for name in ("miarec_broadworks_acd_1_invite.sip", "voiceip_cisco_siprec_invite.txt"):
            (found,) = dump(DATA / name)
            self.assertEqual([m["labels"] for m in found["sessions"][0]["members"]], [["1"], ["1"]])

    def test_who_calls(self):
        """As vendors say it: a flag of the participant, numbers of the call."""
        for name, wanted in (("drachtio_acme-siprec-offer.txt", ["caller", "callee"]), ("miarec_broadworks_acd_1_invite.sip", ["callee", "caller"]),
                             ("miarec_metaswitch_19_shared_line__19b_shared_line_callA_1_invite.sip", ["callee", "caller"]),
                             ("drachtio_cisco-siprec-offer.txt", [None, None])):
            with self.subTest(name):
                self.assertEqual([m["role"] for m in dump(DATA / name)[0]["sessions"][0]["members"]], wanted)

    def test_a_redirected_call_is_a_new_session(self):
        """The same recording session goes on with other parties: the old session stops, a new one begins."""
        steps = dump(*sorted(DATA.glob("miarec_broadworks_redirect_*")))
        old, new = steps[-1]["sessions"]
        self.assertTrue(old["stopped"] and all(m["left"] for m in old["members"]))
        self.assertFalse(new["stopped"])
        self.assertEqual([[m["user"] for m in s["members"]] for s in (old, new)],
                         [["86074075008105", "7202"], ["86074075008105", "+12033066424"]])

    def test_the_same_document_again_changes_nothing(self):
        steps = dump(*sorted(DATA.glob("miarec_metaswitch_19*")))
        self.assertEqual([(s["changed"], s["needs_snapshot"]) for s in steps], [(True, False)] + [(False, False)] * 3)


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(77)
    unittest.main()
