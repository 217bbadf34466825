# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The whole program from a made capture to a coaching pack, by its commands alone.

Arguments: the program, the folder of make_capture.py. Everything happens in a temporary directory.
"""
import csv, io, json, math, os, pathlib, pty, re, signal, sqlite3, subprocess, sys, tempfile, time, unittest, wave

PROGRAM = sys.argv[1]
sys.path.insert(0, sys.argv[2])
import make_capture as made

START = 1_760_000_000
CALLER, AGENT = "10.0.0.1", "10.0.0.2"
LOST = range(150, 200)  # packets of the agent that never come: one second


def ulaw(sample):
    """G.711 mu-law of a sample of 16 bits."""
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def talk(speaking, packets):
    """Payloads of 20 ms: a modulated tone where speaking(second) holds, silence elsewhere."""
    for i in range(packets):
        samples = (i * 160 + n for n in range(160))
        yield bytes(ulaw(int(9000 * math.sin(s / 4) * abs(math.sin(s / 900))) if speaking(i / 50) else 0) for s in samples)


def answered_call():
    who = dict(call_id="one@made.example", caller='"أحمد \u202eسعيد\x1b[31m" <sip:01001234567@10.0.0.1>',
               callee="sip:1002@10.0.0.2")
    sent = lambda at, data, source=CALLER, target=AGENT, ports=(5060, 5060): (
        START + at, made.ethernet(made.ipv4(source, target, made.udp(*ports, data))))
    yield sent(0, made.sip_request("INVITE", "sip:1002@10.0.0.2", body=made.sdp(CALLER, 4000), **who))
    yield sent(0.1, made.sip_response(180, "Ringing", to_tag="b", **who), AGENT, CALLER)
    yield sent(1, made.sip_response(200, "OK", to_tag="b", body=made.sdp(AGENT, 4002), **who), AGENT, CALLER)
    yield sent(1.05, made.sip_request("ACK", "sip:1002@10.0.0.2", to_tag="b", **who))
    voices = [(CALLER, AGENT, (4000, 4002), 0xAAAA0001, lambda s: s % 4 >= 2, ()),
              (AGENT, CALLER, (4002, 4000), 0xBBBB0002, lambda s: s % 4 < 2.2, LOST)]
    media = []
    for source, target, ports, ssrc, speaking, lost in voices:
        for i, payload in enumerate(talk(speaking, 400)):
            if i not in lost:
                packet = made.rtp(0, i, i * 160, ssrc, payload)
                media.append(sent(1.1 + i / 50, packet, source, target, ports))
    yield from sorted(media, key=lambda m: m[0])
    yield sent(9.2, made.sip_request("BYE", "sip:1002@10.0.0.2", cseq=2, to_tag="b", **who))
    yield sent(9.25, made.sip_response(200, "OK", method="BYE", cseq=2, to_tag="b", **who), AGENT, CALLER)


def busy_call():
    who = dict(call_id="two@made.example", caller="sip:01559999999@10.0.0.1", callee="sip:1003@10.0.0.2")
    sent = lambda at, data, source=CALLER, target=AGENT: (
        START + at, made.ethernet(made.ipv4(source, target, made.udp(5060, 5060, data))))
    yield sent(20, made.sip_request("INVITE", "sip:1003@10.0.0.2", body=made.sdp(CALLER, 4100), **who))
    yield sent(20.2, made.sip_response(486, "Busy Here", to_tag="c", **who), AGENT, CALLER)
    yield sent(20.3, made.sip_request("ACK", "sip:1003@10.0.0.2", to_tag="c", **who))


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="earshot-cli-")
        cls.home = pathlib.Path(cls.folder.name)
        cls.environment = {"PATH": os.environ["PATH"], "HOME": str(cls.home), "LC_ALL": "C.UTF-8", "TZ": "Africa/Cairo",
                           "EARSHOT_LIBRARY": str(cls.home / "library"), "XDG_STATE_HOME": str(cls.home / "state"),
                           **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        cls.capture = cls.home / "day.pcap"
        made.write_pcap(cls.capture, made.ETHERNET, [*answered_call(), *busy_call()])
        cls.must(cls, "init")
        cls.recorded = cls.must(cls, "record", cls.capture)
        cls.must(cls, "search")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_it(self, *words, stdin="", **extra):
        return subprocess.run([PROGRAM, *map(str, words)], input=stdin, text=True, capture_output=True, timeout=60,
                              env={**self.environment, **extra})

    def must(self, *words, stdin="", **extra):
        done = Commands.run_it(self, *words, stdin=stdin, **extra)
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def rows(self, *words):
        return [json.loads(line) for line in self.must(*words, "--json").splitlines()]

    def refused(self, status, part, *words, **extra):
        """Ends with that status and one clear line that has the part."""
        done = self.run_it(*words, **extra)
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("earshot: "), lines[0])
        self.assertIn(part, lines[0])

    def test_record(self):
        self.assertRegex(self.recorded, r"^\d calls? recorded|^\d in part")
        calls = sqlite3.connect(self.home / "library" / "index.sqlite").execute("select count(*) from call").fetchone()
        self.assertEqual(calls[0], 2)
        again = self.must("record", "--pcap", self.capture)
        self.assertIn("2 known already", again)

    def test_search(self):
        newest, first = self.rows("search")
        self.assertEqual((newest["caller"], newest["disposition"]), ("01559999999", "busy"))
        self.assertEqual((first["caller"], first["callee"]), ("01001234567", "1002"))
        self.assertEqual(first["started_at"], "2025-10-09T08:53:20.000Z")
        self.assertAlmostEqual(first["missing_ms"], 1000, delta=25)
        self.assertEqual([r["id"] for r in self.rows("search", "--missing-audio")], [first["id"]])
        self.assertEqual([r["id"] for r in self.rows("search", "--disposition", "busy")], [newest["id"]])
        self.assertEqual([r["id"] for r in self.rows("search", "احمد")], [first["id"]])
        self.assertEqual([r["id"] for r in self.rows("search", "--limit", "1", "--page", "2")], [first["id"]])
        self.assertEqual(len(self.rows("search", "--from", "2025-10-09", "--to", "9/10/2025")), 2)
        self.refused(3, "no call", "search", "--min-duration", "1h")
        self.refused(3, "no call", "search", "--today")

    def test_table(self):
        table = self.must("search")
        heading, newest, first = table.splitlines()
        self.assertIn("2025-10-09 11:53", first)  # Cairo had summer time
        self.assertRegex(first, r"1\.0 s missing")
        self.assertNotRegex(table, "[\x1b\u202e\u2068]")
        self.assertIn("أحمد سعيد", first)
        self.assertEqual(heading.index("length") + len("length"), first.index("0:08") + 4)

    def test_terminal(self):
        """On a terminal: colours unless NO_COLOR, isolates round Arabic, no line wider than the screen."""
        for extra, coloured in ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False):
            text = self.on_terminal(["search"], **extra)
            self.assertEqual("\x1b[" in text, coloured)
            self.assertRegex(text, "\u2068[^\u2069]*أ")
            for line in re.sub("\x1b\\[[0-9;]*m|[\u2068\u2069\r]", "", text).splitlines():
                self.assertLessEqual(len(line), 70)
        self.assertNotRegex(self.on_terminal(["search", "--plain"]), "[\x1b\u2068→]")

    def on_terminal(self, words, **extra):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(PROGRAM, [PROGRAM, *words], {**self.environment, "COLUMNS": "70", "TERM": "xterm", "PAGER": "cat", **extra})
        output = b""
        while True:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            output += data
        os.close(terminal)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        return output.decode()

    def test_csv(self):
        text = self.must("search", "--csv")
        self.assertTrue(text.startswith("\ufeffid,"))
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
        self.assertEqual([r["caller"] for r in rows], ["01559999999", "01001234567"])
        self.assertEqual(rows[1]["started_local"], "2025-10-09 11:53:20")

    def test_show(self):
        self.must("search")
        call = json.loads(self.must("show", "@2", "--json"))
        self.assertEqual(len(call["legs"]), 2)
        self.assertEqual([s["lost"] for leg in call["legs"] for s in leg["streams"]], [0, len(LOST)])
        short = call["id"][-8:]
        text = self.must("show", short, "--plain")
        legs = {m[1]: m[2] for m in re.finditer(r"^  (caller|callee|agent|customer) +([.+#~X]+)$", text, re.M)}
        self.assertEqual(len(legs), 2)
        lossy = [row for row in legs.values() if "X" in row]
        self.assertEqual(len(lossy), 1)
        self.assertAlmostEqual(lossy[0].index("X") / len(lossy[0]), 3 / 8, delta=0.03)
        self.assertAlmostEqual(lossy[0].count("X") / len(lossy[0]), 1 / 8, delta=0.03)
        self.assertIn("one@made.example", text)
        self.assertEqual(self.must("show", "@2", "--plain"), text)
        self.assertEqual(self.must("show", "@٢", "--plain"), text)

    def test_play(self):
        self.must("search")
        output = self.home / "part.wav"
        self.must("play", "@2", "--start", "1", "--end", "0:03", "--output", output)
        with wave.open(str(output)) as sound:
            self.assertAlmostEqual(sound.getnframes() / sound.getframerate(), 2, delta=0.05)
        self.refused(3, "audio", "play", "@1", "--output", self.home / "none.wav")
        self.refused(2, "--speed", "play", "@2", "--speed", "2", "--output", self.home / "none.wav")

    def test_judging(self):
        self.must("search")
        self.must("note", "@2", "--at", "0:02", "a", "calm", "voice")
        self.assertEqual(self.must("tag", "@2", "refund", "vip").split(), ["refund", "vip"])
        self.assertEqual(self.must("tag", "@2", "--remove", "vip").split(), ["refund"])
        self.assertEqual(self.must("flag", "@2", "training", "--note", "good", "--range", "0:01-0:04").split(), ["training"])
        self.assertEqual(len(self.rows("search", "--flag", "training")), 1)
        self.must("search")
        self.must("consent", "@2", "add", "given", "--notice", "ivr", "--detail", "on the telephone")
        self.assertEqual([e["state"] for e in self.rows("consent", "@2")], ["given"])
        self.score_by_file()
        self.score_by_questions()
        self.export()
        self.refused(2, "--reason TEXT is missing", "unflag", "@2", "training")
        self.refused(2, "--reason: ", "unflag", "@2", "training", "--reason", "")
        self.refused(2, "--range: ", "flag", "@2", "training", "--range", "0:01-9:00")
        self.refused(2, "--at: ", "note", "@2", "--at", "9:00", "late")
        self.assertEqual(self.must("unflag", "@2", "training", "--reason", "done").strip(), "no flags")
        shown = self.must("show", "@2")
        for part in "a calm voice", "refund", "0:01-0:04", "done", "on the telephone", "Standard call", "listen here":
            self.assertIn(part, shown)
        self.assertEqual(len(re.findall("Does the agent open with", shown)), 1)  # only the latest with its answers
        self.assertEqual(len(re.findall("Does the agent open with", self.must("show", "@2", "--all"))), 3)
        arabic = self.must("show", "@2", "--lang", "ar")
        for part in "المكالمة العادية", "هل بدأ الموظف", "إخفاق حاسم", "دون الإخفاقات الحاسمة":
            self.assertIn(part, arabic)
        self.assertNotIn("Content-Type", arabic)  # an empty heading is not the catalogue's header

    def score_by_file(self):
        template = self.must("rubric", "show", "standard", "--template")
        options, answers = [], []
        for line in template.splitlines():
            match = re.match(r"#   (\S+) = ", line)
            options += [match[1]] if match else []
            if re.match(r"[a-z-]+=$", line) and options:
                best = "yes" if "yes" in options else [o for o in options if o != "na"][-1]
                line, options = line + best, []
            answers.append(line)
        path = self.home / "answers.txt"
        path.write_text("\n".join(answers))
        evaluation, = self.rows("score", "@2", "--answers", path)
        self.assertEqual((evaluation["score"], evaluation["passed"]), (100, True))
        both = self.must("score", "@2", "--answers", path)
        self.assertRegex(both, r"score +100 +passed \(pass mark 80\)\n +without critical failures +100 +no critical")
        self.assertRegex(both, r"agent unknown, segment 1;")
        path.write_text("\n".join(answers).replace("greeting-formula=yes", "greeting-formula=perhaps"))
        self.refused(1, f"{path}:", "score", "@2", "--answers", path)

    def score_by_questions(self):
        questions = json.loads(self.must("rubric", "show", "standard", "--json"))["questions"]
        typed = ["?", "@0:02 listen here", "rubbish"]
        for question in questions:
            worst = min(question["options"], key=lambda o: o["score"])
            best = max(question["options"], key=lambda o: o["score"])
            answer = worst if question["critical"] == "compliance" else best
            typed.append(answer["value"] + " # heard it")
        dialogue = self.run_it("score", "@2", stdin="\n".join([*typed, "b", typed[-1], "yes", ""]))
        self.assertEqual(dialogue.returncode, 0, dialogue.stderr)
        for part in questions[0]["text"], "total so far: 100\n", "rubbish", "noted", "critical failure", "not passed (pass mark", "judged before":
            self.assertIn(part, dialogue.stdout)
        evaluation = json.loads(self.must("show", "@2", "--json"))["evaluations"][-1]
        self.assertEqual((evaluation["score"], evaluation["critical_failed"]), (0, True))
        self.assertGreater(evaluation["score_raw"], 50)
        self.assertEqual(evaluation["comments"], [{"at_ms": 2000, "text": "listen here"}])
        before = len(json.loads(self.must("show", "@2", "--json"))["evaluations"])
        self.assertEqual(self.run_it("score", "@2", stdin="q\n").returncode, 1)
        self.assertEqual(self.run_it("score", "@2", stdin="").returncode, 1)
        self.refused(2, "--segment: the call has 1 segment", "score", "@2", "--segment", "2")
        broken = self.run_it("score", "@2", stdin="@9:00 far\nyes # well done\n")  # the terminal went away
        self.assertIn("the recording is only 0:08 long", broken.stdout)
        self.assertEqual(broken.returncode, 1)
        self.assertRegex(broken.stderr, r"your draft is kept, earshot score \w{8} goes on")
        again = self.run_it("score", "@2", stdin="b\n")
        self.assertRegex(again.stdout, r"begun on .*answered: 1 of \d+; going on there")
        self.assertIn("(answered before: yes)", again.stdout)
        self.assertEqual(len(json.loads(self.must("show", "@2", "--json"))["evaluations"]), before)

    def export(self):
        pack = self.home / "pack"
        self.must("flag", "@1", "training")
        done = self.run_it("export", "--flag", "training", "--output", pack, "--mask-numbers")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 call,", done.stdout)
        self.assertIn("left out", done.stderr)  # the busy one has no audio
        self.assertTrue((pack / "index.html").is_file())
        self.assertNotIn("01001234567", (pack / "index.html").read_text())
        self.refused_export(pack)
        self.must("unflag", "@1", "training", "--reason", "was not heard")

    def refused_export(self, pack):
        done = self.run_it("export", "--flag", "training", "--output", pack)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(pack), done.stderr)

    def test_agent_and_audit(self):
        self.must("agent", "add", "1099", "منى عادل", "--latin", "Mona Adel", "--team", "night")
        self.assertEqual([a["name"] for a in self.rows("agent", "list") if a["extension"] == "1099"], ["منى عادل"])
        self.assertIn("Mona Adel", self.must("agent", "list"))
        entries = self.rows("audit", "--limit", "500")
        self.assertTrue({"library.init", "record.pcap", "agent.add"} <= {e["operation"] for e in entries})

    def test_rubrics(self):
        self.assertTrue({"standard", "phone-manners", "angry-caller"} <= {r["id"] for r in self.rows("rubric", "list")})
        source = self.must("rubric", "show", "standard", "--source")
        path = self.home / "mine.rubric"
        path.write_text(source.replace("id=standard", "id=mine"))
        self.assertIn("fine", self.must("rubric", "check", path))
        self.must("rubric", "add", path)
        self.assertIn("mine", {r["id"] for r in self.rows("rubric", "list")})
        path.write_text(source.replace("type=scale", "type=scales", 1))
        line = path.read_text().split("type=scales")[0].count("\n") + 1
        self.refused(1, f"mine.rubric:{line}:", "rubric", "check", path)
        path.write_text(path.read_text().replace("weight=20", "weight=heavy", 1).replace("pass=80", "pass=180"))
        done = self.run_it("rubric", "check", path)
        self.assertEqual(done.returncode, 1)
        *mistakes, total = done.stderr.splitlines()
        self.assertEqual(total, f"earshot: {path}: 3 mistakes")
        self.assertTrue(all(re.match(rf"earshot: {path}:\d+: \[.+\] \w+: ", m) for m in mistakes), mistakes)
        self.assertEqual(len(mistakes), 3)
        self.refused(1, f"{path}:", "rubric", "add", path)

    def test_languages(self):
        arabic = self.must("search", "--help", "--lang", "ar")
        self.assertIn("الخيارات", arabic)
        self.assertIn("التحية", self.must("rubric", "show", "standard", "--lang=ar"))
        self.assertIn("الخيارات", self.must("--help", LANG="ar_EG.UTF-8", LC_ALL="ar_EG.UTF-8").replace("خيارات كل", "الخيارات"))
        self.assertIn("Options", self.must("search", "--help"))
        self.refused(2, "غير معروف", "--lang", "ar", "serach")

    def test_bad_usage(self):
        for status, part, *words in [
                (2, "did you mean “search”", "serach"), (2, "unknown option --colour", "search", "--colour"),
                (2, "--limit", "search", "--limit", "0"), (2, "needs a value", "search", "--agent"),
                (2, "given", "search", "--consent", "maybe"), (2, "--today", "search", "--today", "--from", "monday"),
                (2, "date", "search", "--from", "someday"), (2, "which capture", "record"),
                (2, "rubric --help", "rubric"), (2, "missing", "show"), (2, "too many", "show", "a", "b"),
                (2, "no id", "show", "xyz"), (3, "ffffffff", "show", "ffffffff"), (2, "@", "show", "@x"),
                (3, "2 rows", "show", "@99"), (2, "--range", "flag", "@1", "training", "--range", "5-1"),
                (1, "no-such.pcap", "record", "no-such.pcap"), (1, "answers", "score", "@2", "--answers", "no-answers"),
                (3, "nosuch", "rubric", "show", "nosuch"),
        ]:
            with self.subTest(words=words):
                if words[0] != "search":
                    self.must("search")
                self.refused(status, part, *words)
        self.refused(1, "no library", "search", EARSHOT_LIBRARY=str(self.home / "nowhere"))
        self.assertEqual(self.run_it().returncode, 2)

    def test_output_that_fails(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "search"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=self.environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("earshot: ", done.stderr)

    def test_interrupted(self):
        """SIGINT while a capture is coming in through a pipe: a clean stop, the open call is kept as partial."""
        environment = {**self.environment, "EARSHOT_LIBRARY": str(self.home / "stopped")}
        subprocess.run([PROGRAM, "init"], env=environment, check=True, stdout=subprocess.DEVNULL)
        process = subprocess.Popen([PROGRAM, "record", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment)
        status = pathlib.Path(f"/proc/{process.pid}/status")
        blocked = lambda: int(re.search(r"SigBlk:\s*(\w+)", status.read_text())[1], 16) >> (signal.SIGINT - 1) & 1
        while not blocked():
            time.sleep(0.01)
        packets = list(answered_call())
        process.stdin.write(made.pcap(made.ETHERNET, packets[:300]))
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)  # the pipe stays open and silent: the program must not wait for it
        output, errors = process.communicate()
        self.assertEqual(process.returncode, 0, errors)


unittest.main(argv=sys.argv[:1])
