#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Coaching packs, looked at from outside: ffprobe, opusdec, unzip, csv, json and a browser judge what es_pack_export wrote.

test-pack.py HELPER SOURCE_ROOT
"""
import csv, hashlib, io, json, os, pathlib, re, resource, shutil, signal, subprocess, sys, tempfile, unicodedata, unittest, wave, zipfile

HELPER, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
ID = "019a9f00-0000-7000-8000-0000"
GIVEN, UNKNOWN, REQUESTED, FORMULA = ID + "1a2b3c4d", ID + "2b3c4d5e", ID + "6f708192", ID + "8192a3b4"
NEVER = {ID + "3c4d5e6f": "consent refused", ID + "4d5e6f70": "consent withdrawn", ID + "5e6f7081": "consent expired",
         ID + "708192a3": "no audio", ID + "92a3b4c5": "audio file missing"}
NOT_FLAGGED = "ffffa3b4"
NUMBERS = ["1001234567", "1119876543", "1119876544", "1119876546", "1227654321", "1227654322", "2079460958"]


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, **more)


def make_library(folder):
    done = run(HELPER, "make", folder)
    assert done.returncode == 0, done.stderr
    audio = folder / "recordings"
    audio.mkdir(exist_ok=True)
    wav, wav2 = folder / "m.wav", folder / "s.wav"
    for path, channels in ((wav, 1), (wav2, 2)):
        run("sox", "-q", "-n", "-r", "8000", "-c", channels, "-b", "16", path, "synth", "12", "sine", "300-3000", "vol", "0.3")
    tags = ["--comment", "CONSENT_STATE=unknown", "--comment", "RECORDING_ID=x", "--comment", "SUBJECT=from +201001234567"]
    for name in "acdefhn":
        run("opusenc", "--quiet", *tags, wav, audio / f"{name}.opus")
    run("opusenc", "--quiet", wav2, audio / "b.opus")
    assert len(list(audio.iterdir())) == 8, "opusenc or sox did not work"


def export(library, output, *words, **more):
    done = run(HELPER, "export", library, output, *words, **more)
    facts, left, error = {}, {}, None
    for line in done.stdout.splitlines():
        kind, rest = line.split(" ", 1)
        if kind == "left":
            left[rest.split(" ", 1)[0]] = rest.split(" ", 1)[1]
        elif kind == "error":
            error = rest
        else:
            facts[kind] = int(rest)
    assert "AddressSanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    return done.returncode, facts, left, error


def probe(path):
    out = run("ffprobe", "-v", "error", "-show_entries", "format=duration:stream=channels:stream_tags", "-of", "json", path)
    data = json.loads(out.stdout)
    return float(data["format"]["duration"]), data["streams"][0]


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def digits(data):
    """The text's digits in ASCII with what people write between them taken out, so that no spelling of a number hides."""
    text = data.decode("utf-8", "replace")
    text = "".join(str(unicodedata.digit(c)) if unicodedata.digit(c, None) is not None else c for c in text)
    return re.sub(r"(?<=\d)[ .()/-]{1,2}(?=\d)", "", text)


def data_of(page, name):
    return json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.S).group(1))


class Pack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="earshot-pack-")
        cls.base = pathlib.Path(cls.temp.name)
        cls.library = cls.base / "library"
        cls.library.mkdir()
        make_library(cls.library)
        cls.whole, cls.masked = cls.base / "whole", cls.base / "masked"
        cls.whole_result = export(cls.library, cls.whole, "unknown")
        cls.masked_result = export(cls.library, cls.masked, "ranges", "mask", "ar")

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    # ---- what is in it

    def test_selection(self):
        code, facts, left, error = self.whole_result
        self.assertEqual((code, error), (0, None))
        self.assertEqual(facts, {"calls": 4, "clips": 4, "audio_ms": 48000})
        self.assertEqual(left, NEVER)
        code, facts, left, error = self.masked_result
        self.assertEqual((code, error), (0, None))
        self.assertEqual(facts, {"calls": 2, "clips": 3, "audio_ms": 8000})
        self.assertEqual(left, {**NEVER, UNKNOWN: "consent unknown", REQUESTED: "consent requested"})
        for pack, ids in ((self.whole, [FORMULA, REQUESTED, UNKNOWN, GIVEN]), (self.masked, [FORMULA, GIVEN])):
            data = json.loads((pack / "calls.json").read_text())
            self.assertEqual(data["exported"], ids)
            self.assertEqual([call["id"] for call in data["calls"]], ids)
            for body in files_of(pack).values():
                self.assertNotIn(NOT_FLAGGED.encode(), body)
        self.assertEqual({p.name for p in self.whole.iterdir()}, {"audio", "calls.csv", "calls.json", "index.html"})

    def test_left_out_says_no_more_than_id_and_reason(self):
        data = json.loads((self.whole / "calls.json").read_text())
        self.assertEqual({one["id"]: one["reason"] for one in data["left_out"]}, NEVER)
        for one in data["left_out"]:
            self.assertEqual(set(one), {"id", "reason"})
        for body in files_of(self.whole).values():
            self.assertNotIn(b"1119876543", body)  # the caller who refused

    def test_whole_audio(self):
        data = json.loads((self.whole / "calls.json").read_text())
        for call in data["calls"]:
            clip, = call["clips"]
            path = self.whole / clip["file"]
            self.assertEqual(clip["file"], f"audio/{call['id'][-8:]}.opus")
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), clip["sha256"])
            length, stream = probe(path)
            self.assertAlmostEqual(length, 12.0, delta=0.02)
            self.assertEqual(stream["channels"], 2 if call["id"] == UNKNOWN else 1)
            self.assertEqual(stream["tags"]["CONSENT_STATE"], call["consent_state"])
            self.assertEqual(run("opusdec", "--quiet", path, self.base / "x.wav").returncode, 0)
            self.assertNotIn("WARNING", run("opusinfo", path).stdout)

    def decoded_ms(self, path):
        self.assertEqual(run("opusdec", "--quiet", "--rate", "48000", path, self.base / "clip.wav").returncode, 0)
        with wave.open(str(self.base / "clip.wav")) as sound:
            return sound.getnframes() / 48

    def test_ranges(self):
        data = json.loads((self.masked / "calls.json").read_text())
        found = {}
        for call in data["calls"]:
            for clip in call["clips"]:
                length, stream = probe(self.masked / clip["file"])
                wanted = clip["end_ms"] - clip["start_ms"]
                self.assertAlmostEqual(length * 1000, wanted, delta=100)  # ffprobe counts the pre-skip, up to 100 ms here
                self.assertEqual(self.decoded_ms(self.masked / clip["file"]), wanted)
                self.assertEqual(stream["tags"]["CONSENT_STATE"], "given")
                self.assertEqual(stream["tags"]["RECORDING_ID"], "x")
                found[clip["file"]] = [clip["start_ms"], clip["end_ms"]]
        self.assertEqual(found, {"audio/1a2b3c4d.opus": [1000, 3500], "audio/8192a3b4-1.opus": [1000, 3500],
                                 "audio/8192a3b4-2.opus": [9000, 12000]})

    def test_csv(self):
        raw = (self.whole / "calls.csv").read_bytes()
        self.assertTrue(raw.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))
        self.assertEqual([row["id"] for row in rows], [FORMULA, REQUESTED, UNKNOWN, GIVEN])
        for row in rows:
            self.assertNotIn(None, row)
            self.assertNotIn(None, row.values())
            for value in row.values():
                self.assertNotRegex(value, r"^[=@\t\r]|^[+-].*[^0-9. ]")
        self.assertEqual(rows[0]["caller_name"], "'=HYPERLINK(\"x\")")
        self.assertEqual(rows[3]["caller"], "+201001234567")
        self.assertEqual(rows[3]["agent_name"], "منى عادل")
        self.assertEqual(rows[3]["score"], "89.4")
        self.assertEqual((rows[2]["score"], rows[2]["critical_failed"], rows[2]["passed"]), ("0", "yes", "no"))
        self.assertEqual(rows[1]["score"], "")
        self.assertEqual(len(rows[3]["comments"].split("\n")), 4)

    def test_evaluation(self):
        data = json.loads((self.masked / "calls.json").read_text())
        evaluation, = data["calls"][1]["evaluations"]
        self.assertEqual(evaluation["rubric_title"], "المكالمة العادية")  # scored in English, shown in Arabic
        self.assertEqual([round(section["score"], 1) for section in evaluation["sections"]], [100, 88.9, 85])
        # by hand: 0.2·100 + 0.35·(3+2+2+1+0)/9·100 + 0.45·(2+3+3+0.5)/10·100
        self.assertAlmostEqual(evaluation["score"], 20 + 35 * 8 / 9 + 45 * 0.85)
        self.assertEqual([comment["at_ms"] for comment in evaluation["comments"]], [1000, 5000, 5000, None])

    # ---- numbers

    def test_mask(self):
        plain = b"".join(files_of(self.whole).values())
        self.assertIn("1001234567", digits(plain))  # the search below would find it
        for name, body in files_of(self.masked).items():
            flat = digits(body)
            for number in NUMBERS:
                self.assertNotIn(number, flat, name)
                self.assertNotIn(number, name)
        data = json.loads((self.masked / "calls.json").read_text())
        self.assertEqual(data["calls"][1]["caller"], "+xxxxxxxxx567")
        self.assertEqual(data["calls"][1]["caller_uri"], "sip:+xxxxxxxxx567@192.0.2.7")
        self.assertEqual(data["calls"][1]["callee"], "201")
        self.assertIn("xxxx xxx x567", data["calls"][1]["notes"][0]["text"])
        self.assertEqual(probe(self.masked / "audio/1a2b3c4d.opus")[1]["tags"]["SUBJECT"], "from +xxxxxxxxx567")

    # ---- the page

    def test_page_stands_alone(self):
        for pack in (self.whole, self.masked):
            page = (pack / "index.html").read_text()
            self.assertEqual(set(re.findall(r"https?://[^'\"\s<]+", page)), {"http://www.w3.org/2000/svg"})
            for word in ("fetch(", "XMLHttpRequest", "import(", "<link rel=\"stylesheet", "@import", "innerHTML"):
                self.assertNotIn(word, page)
            self.assertEqual(data_of(page, "pack"), json.loads((pack / "calls.json").read_text()))
            self.assertEqual(page.count("</script>"), 3)
            self.assertNotIn("\u2028", page)
            self.assertNotIn("@STYLE@", page)

    def test_page_words(self):
        script = (ROOT / "qa/page/page.js").read_text()
        words = data_of((self.whole / "index.html").read_text(), "words")
        used = set(re.findall(r"\bt\('([a-z-]+)'", script)) | set(re.findall(r"(?:fact|length)\('([a-z-]+)'", script))
        self.assertGreater(len(used), 30)
        self.assertEqual(used - set(words), set())
        for reason in [*NEVER.values(), "consent unknown", "consent requested", "audio damaged", "range outside audio"]:
            self.assertIn("reason-" + reason.replace(" ", "-"), words)

    def browse(self, pack):
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        if not browser:
            self.skipTest("no chromium")
        with tempfile.TemporaryDirectory(prefix="earshot-browser-") as profile:
            done = run(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                       "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                       "--enable-logging=stderr", "--v=0", f"--user-data-dir={profile}", "--virtual-time-budget=2000", "--dump-dom",
                       f"file://{pack}/index.html", env={**os.environ, "TZ": "UTC"})
        self.assertNotRegex(done.stderr, r"CONSOLE.*(Uncaught|Error|Refused)")
        return re.sub(r"<script.*?</script>|<style>.*?</style>", "", done.stdout, flags=re.S)

    def check_dom(self, dom, articles, players, left_out):
        self.assertEqual(dom.count("<article"), articles)
        self.assertEqual(len(re.findall(r'<audio [^>]*src="audio/[0-9a-f]{8}(-\d)?\.opus"', dom)), players)
        self.assertEqual(len(re.findall(r'role="slider"', dom)), players)
        self.assertEqual(len(re.findall(r"<td><code>", dom)), left_out)
        self.assertNotIn("<img", dom)
        self.assertIn("&lt;/script&gt;&lt;script&gt;", dom)  # shown as text
        self.assertNotIn("<title>pwned", dom)
        text = re.sub(r"<[^>]*>", " ", dom)
        for word in ("undefined", "NaN", "null", "[object", "{0}"):
            self.assertNotIn(word, text)

    def test_page_english(self):
        dom = self.browse(self.whole)
        self.assertIn('lang="en" dir="ltr"', dom)
        self.check_dom(dom, 4, 4, len(NEVER))
        self.assertEqual(len(re.findall(r'class="gap-missing"', dom)), 4)
        self.assertEqual(len(re.findall(r"<span>1\.2 s missing here|1\.2 s missing here \(lost on the way\)</button>", dom)), 4)
        self.assertEqual(len(re.findall(r'class="flag-band"', dom)), 3)
        self.assertEqual(len(re.findall(r'class="jump"', dom)), 3 + 1 + 4)  # comments with a moment, a note on each call
        self.assertIn("A critical question failed, so the score is 0. Without critical failures: 38.5.", dom)
        self.assertEqual(len(re.findall(r'aria-pressed="true"', dom)), 4)

    def test_page_arabic(self):
        dom = self.browse(self.masked)
        self.assertIn('lang="ar" dir="rtl"', dom)
        self.check_dom(dom, 2, 3, len(NEVER) + 2)
        self.assertIn("حقيبة التدريب", dom)
        text = re.sub(r"<[^>]*>", " ", dom)
        for english in ("Coaching", "Score", "Consent", "Notes", "missing", "Passed"):
            self.assertNotIn(english, text)

    # ---- a trainer's list

    def listed(self, name, text, *words):
        path, out = self.base / f"{name}.txt", self.base / name
        path.write_text(text, encoding="utf-8")
        return (*export(self.library, out, "unknown", f"list:{path}", *words), out)

    def test_playlist(self):
        refused = ID + "3c4d5e6f"
        code, facts, left, error, out = self.listed("week", "\ufefftitle: أسبوع ٤٧\ntext: Listen.\n# mine\n"
            "8192a3b4 0:02-0:04\n  First this.\n  And again.\n1a2b3c4d ٠:٠١-0:03.5\n  تحية جميلة\n\n" + refused + "\n8192a3b4 8s-99s\n2b3c4d5e\n")
        self.assertEqual((code, error, left), (0, None, {refused: "consent refused"}))
        self.assertEqual(facts, {"calls": 3, "clips": 4, "audio_ms": 2000 + 2500 + 4000 + 12000})
        data = json.loads((out / "calls.json").read_text())
        self.assertEqual(data["exported"], [FORMULA, GIVEN, UNKNOWN])
        entries = data["playlist"]["entries"]
        self.assertEqual([(e["id"], e["start_ms"], e["end_ms"]) for e in entries],
                         [(FORMULA, 2000, 4000), (GIVEN, 1000, 3500), (FORMULA, 8000, 12000), (UNKNOWN, 0, 12000)])
        self.assertEqual([e["text"] for e in entries], ["First this.\nAnd again.", "تحية جميلة", None, None])
        for entry in entries:
            self.assertAlmostEqual(self.decoded_ms(out / entry["file"]), entry["end_ms"] - entry["start_ms"], delta=1)
        dom = self.browse(out)
        self.check_dom(dom, 3, 4, 1)
        self.assertEqual(re.findall(r'id="(entry-\d)"', dom), ["entry-1", "entry-2", "entry-3", "entry-4"])
        self.assertLess(dom.index("First this."), dom.index("تحية جميلة"))
        self.assertIn("<title>Coaching pack: أسبوع ٤٧", dom)

    def test_playlist_mistakes(self):
        for name, text, message in (("l1", "1a2b3c4d 5:00-4:00\n", "week.txt:1: "), ("l2", "title: x\n", "week.txt: "),
                                    ("l3", "\n1a2b3c4d\n  a\n1a2b3c4d 0:13-0:20\n", "week.txt:4: the recording ends at 0:12"),
                                    ("l4", "1a2b3c4d\nffffffff\n", "week.txt:2: "), ("l5", "  lost\n", "week.txt:1: ")):
            with self.subTest(text=text):
                code, _, _, error, out = self.listed(name, text)
                self.assertEqual(code, 1)
                self.assertIn(message, error)
                self.assertFalse(out.exists())

    def test_keyboard(self):
        """Keys go by their place on the keyboard: an Arabic layout sends another letter."""
        page = self.base / "keys"
        shutil.copytree(self.whole, page)
        script = """<script>
          const key = (code, letter) => (document.activeElement ?? document.body).dispatchEvent(
            new KeyboardEvent('keydown', { code, key: letter, bubbles: true, cancelable: true }));
          const where = () => document.activeElement.closest('article')?.id ?? '-';
          const seen = [];
          key('KeyN', 'ى'); seen.push(where()); key('KeyN', 'n'); seen.push(where()); key('KeyP', 'ح'); seen.push(where());
          key('KeyS', 'س'); key('KeyS', 's'); key('KeyH', 'ا');
          seen.push(document.activeElement.closest('.player').querySelector('[aria-pressed=true]').textContent, document.getElementById('keys').hidden);
          const seen2 = document.createElement('output'); seen2.id = 'seen'; seen2.textContent = seen.join(' '); document.body.append(seen2);
        </script></body>"""
        index = page / "index.html"
        index.write_text(index.read_text().replace("</body>", script))
        seen = re.search(r'<output id="seen">(.*?)</output>', self.browse(page))[1].split()
        self.assertEqual(seen, [f"call-{FORMULA}", f"call-{REQUESTED}", f"call-{FORMULA}", "1.5×", "false"])

    # ---- all or nothing

    def leftovers(self):
        return [p.name for p in self.base.iterdir() if p.name.startswith(".")]

    def test_zip(self):
        path = self.base / "pack.zip"
        code, facts, left, error = export(self.library, path, "ranges", "mask", "ar")
        self.assertEqual((code, facts["clips"], error), (0, 3, None))
        self.assertEqual(run("unzip", "-tq", path).returncode, 0)
        with zipfile.ZipFile(path) as archive:
            inside = {name: archive.read(name) for name in archive.namelist()}
            for info in archive.infolist():
                stored = info.compress_type == zipfile.ZIP_STORED
                self.assertEqual(stored, info.filename.endswith(".opus"))
        outside = files_of(self.masked)
        self.assertEqual(set(inside), set(outside))
        self.assertEqual(inside["calls.csv"], outside["calls.csv"])
        for call in json.loads(inside["calls.json"])["calls"]:
            for clip in call["clips"]:
                self.assertEqual(hashlib.sha256(inside[clip["file"]]).hexdigest(), clip["sha256"])
        self.assertEqual(self.leftovers(), [])

    def test_target_exists(self):
        for name in ("there", "there.zip"):
            target = self.base / name
            target.write_text("mine")
            code, facts, left, error = export(self.library, target)
            self.assertEqual((code, facts["calls"]), (1, 0))
            self.assertIn("exists already", error)
            self.assertEqual(target.read_text(), "mine")
        self.assertEqual(self.leftovers(), [])

    def test_no_parent(self):
        code, facts, left, error = export(self.library, self.base / "no" / "where")
        self.assertEqual(code, 1)
        self.assertIn(str(self.base / "no" / "where"), error)

    def test_disk_full(self):
        def small_files():  # as a full disk, but for one process
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))
        for name in ("full", "full.zip"):
            code, facts, left, error = export(self.library, self.base / name, preexec_fn=small_files)
            self.assertEqual(code, 1)
            self.assertIn("Cannot write", error)
            self.assertFalse((self.base / name).exists())
        self.assertEqual(self.leftovers(), [])

    def test_nothing_left(self):
        with tempfile.TemporaryDirectory(prefix="earshot-pack-") as folder:
            library = pathlib.Path(folder) / "library"
            shutil.copytree(self.library, library)
            for call in (GIVEN, FORMULA):
                self.assertEqual(run(HELPER, "consent", library, call, "withdrawn").returncode, 0)
            code, facts, left, error = export(library, pathlib.Path(folder) / "out")
            self.assertEqual(code, 1)
            self.assertTrue(error.startswith("3 "), error)  # ES_ERROR_NOT_FOUND
            self.assertEqual((left[GIVEN], left[FORMULA]), ("consent withdrawn", "consent withdrawn"))
            self.assertEqual(os.listdir(folder), ["library"])

    def test_the_stricter_state_holds(self):
        """Where the stored state and the events disagree, as after a hand has been at the database."""
        with tempfile.TemporaryDirectory(prefix="earshot-pack-") as folder:
            library = pathlib.Path(folder) / "library"
            shutil.copytree(self.library, library)
            done = run("sqlite3", library / "index.sqlite",
                       f"UPDATE call SET consent_state = 'refused' WHERE uuid = '{GIVEN}'; SELECT changes()")
            self.assertEqual(done.stdout, "1\n", done.stderr)
            _, _, left, _ = export(library, pathlib.Path(folder) / "out")
            self.assertEqual(left[GIVEN], "consent refused")

    def test_damaged_audio_is_left_out(self):
        with tempfile.TemporaryDirectory(prefix="earshot-pack-") as folder:
            library = pathlib.Path(folder) / "library"
            shutil.copytree(self.library, library)
            (library / "recordings" / "h.opus").write_bytes(b"not audio")
            code, facts, left, error = export(library, pathlib.Path(folder) / "out")
            self.assertEqual((code, facts["calls"], left[FORMULA]), (0, 1, "audio damaged"))
            self.assertEqual(os.listdir(pathlib.Path(folder) / "out" / "audio"), ["1a2b3c4d.opus"])


unittest.main(argv=sys.argv[:1])
