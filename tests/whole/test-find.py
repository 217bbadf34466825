#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The angry caller is found: speech with a raised voice, talk-over and calls that repeat, through the capture to the
search; what its tension is made of; saved searches; words with their places; pages on a terminal.

usage: test-find.py EARSHOT FOLD_EXTENSION DOCUMENT
"""
import csv, fcntl, io, json, os, pathlib, pty, re, sqlite3, struct, subprocess, sys, tempfile, termios, unittest, wave

import numpy as np

import calls, earshot

PROGRAM, FOLD, DOCUMENT = sys.argv[1:4]
ANGRY, CALM = "01001234567", "01227654321"
BOLD = "\x1b[1;4m"


def loud(voice, stretches):
    out = voice.astype(float) / 3
    for start, end in stretches:
        out[int(start * 8000):int(end * 8000)] *= 3
    return np.clip(out, -32767, 32767).astype(np.int16)


def make(folder):
    """Three calm calls; then one of a caller who had called twice, raises the voice and does not let the agent finish."""
    agent, customer = calls.conversation(folder)
    length = min(len(agent), len(customer), 40 * 8000)
    agent, customer = agent[:length], customer[:length]
    over = customer.copy().astype(np.int16)
    half = length // 2
    over[half:half + 8 * 8000] = agent[:8 * 8000]  # speaks wherever the agent does, a little
    who = [(ANGRY, customer // 3, agent), (CALM, customer // 3, agent), (ANGRY, customer // 3, agent),
           (ANGRY, loud(over, [(length / 16000, length / 16000 + 8)]), np.roll(agent, half))]
    made = [calls.Call(n + 1, 60.0 * n, caller, "2001", c.astype(np.int16), a.astype(np.int16))
            for n, (caller, c, a) in enumerate(who)]
    calls.write(folder / "day.pcap", made)
    return folder / "day.pcap"


class Find(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.place.name)
        cls.library = earshot.Library(PROGRAM)
        cls.library.run("record", "--pcap", make(folder))
        cls.rows = cls.library.rows("search")
        cls.angry = next(r for r in cls.rows if r["call_id"] == "call-4@made.example")
        cls.library.run("note", cls.angry["id"], "the angry caller of order 4711; طلب اسْتِرداد المبلغ")
        cls.say(cls.angry["id"], [(1000, 3000, "agent", "good morning"), (15000, 18000, "customer", "I want my refund now"),
                                  (30000, 31000, "customer", "the Refund, please")])

    @classmethod
    def tearDownClass(cls):
        cls.library.__exit__(None)
        cls.place.cleanup()

    @classmethod
    def shell(cls, sql):
        return subprocess.run(["sqlite3", "-cmd", f".load {FOLD}", cls.library.path / "index.sqlite", sql], check=True,
                              capture_output=True, text=True).stdout.strip()

    @classmethod
    def say(cls, call, cues):
        row = cls.shell(f"SELECT id FROM call WHERE uuid = '{call}'")
        for n, (start, end, speaker, text) in enumerate(cues):
            cls.shell(f"INSERT INTO transcript VALUES ({row}, {n}, {start}, {end}, '{speaker}', '{text}')")
        cls.shell(f"UPDATE call_text SET transcript = (SELECT group_concat(text, char(10)) FROM transcript WHERE call = {row}) "
                  f"WHERE rowid = {row}")

    def ids(self, *arguments, **options):
        return [row["call_id"].split("@")[0] for row in self.library.rows("search", *arguments, **options)]

    def on_terminal(self, *arguments, rows=24, columns=100, pager="cat", environment=None):
        """What the program writes on a terminal of its own."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        child = subprocess.Popen([PROGRAM, "--library", str(self.library.path), *arguments], stdout=slave, stderr=slave,
                                 stdin=subprocess.DEVNULL, env={**self.library.environment, "TERM": "xterm-256color",
                                                                "PAGER": pager, **(environment or {})})
        os.close(slave)
        out = b""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            out += data
        os.close(master)
        self.status = child.wait()
        return out.decode().replace("\r\n", "\n")

    # ---- tension

    def test_tension(self):
        shown = self.library.show(self.angry["id"])
        self.assertEqual(self.ids("--sort", "tension")[0], "call-4")
        table = list(csv.DictReader(io.StringIO(self.library.run("search", "--sort", "tension", "--csv").stdout.lstrip("\ufeff"))))
        self.assertAlmostEqual(float(table[0]["tension"]), self.library.show(table[0]["id"])["tension"], delta=0.06)
        self.assertEqual(shown["repeats"], 2)
        self.assertGreater(shown["raised_ms"], 1000)
        self.assertGreater(shown["talk_over_ms"], 1000)
        self.assertEqual(shown["raised_ms"], sum(leg["raised_ms"] for leg in shown["legs"]))
        calm = self.library.show(next(r["id"] for r in self.rows if r["call_id"].startswith("call-2@")))
        self.assertGreater(shown["tension"], calm["tension"] + 20)
        self.assertLess(calm["tension_parts"]["raised"], 10)

    def test_the_three_definitions_agree(self):
        """docs/index.md, the column, and what the program explains, on many made-up figures."""
        names = {"talk-over": "talk_over", "dead air": "dead_air", "raised speech": "raised", "repeats": "repeats"}
        table = pathlib.Path(DOCUMENT).read_text().split("## Tension")[1].split("##")[0]
        parts = {names[n]: (float(p), f) for n, p, f in re.findall(r"^\| ([a-z -]+) \| (\d+) \| (.+) \|$", table, re.M) if n in names}
        self.assertEqual(len(parts), 4, table)
        full = {n: 3 if n == "repeats" else float(re.search(r"(\d+) %", f).group(1)) / 100 for n, (p, f) in parts.items()}
        self.assertIn("three times", parts["repeats"][1])
        self.assertEqual(sum(p for p, f in parts.values()), 100)
        shown = [self.library.show(row["id"]) for row in self.rows]
        for row in shown:
            audio = row["audio_ms"]
            for name, (points, _) in parts.items():
                value = row["repeats"] if name == "repeats" else row[name + "_ms"]
                wanted = points * min(1, value / (full[name] * (1 if name == "repeats" else audio)))
                self.assertAlmostEqual(row["tension_parts"][name], wanted, places=6)
            self.assertAlmostEqual(row["tension"], sum(row["tension_parts"].values()), places=6)
        index = sqlite3.connect(f"file:{self.library.path}/index.sqlite?mode=ro", uri=True)
        for audio, over, dead, raised, repeats in [(1000, 0, 0, 0, 0), (60000, 3000, 5000, 100, 1), (9, 9, 9, 9, 9)]:
            column = index.execute("SELECT sql FROM sqlite_schema WHERE name = 'call'").fetchone()[0]
            formula = re.search(r"tension REAL GENERATED ALWAYS AS \((.*)\) VIRTUAL", column, re.S).group(1)
            value, = index.execute(f"SELECT {formula} FROM (SELECT ? audio_ms, ? talk_over_ms, ? dead_air_ms, ? raised_ms, ? repeats)",
                                   (audio, over, dead, raised, repeats)).fetchone()
            measured = {"talk_over": over, "dead_air": dead, "raised": raised}
            wanted = sum(parts[n][0] * min(1, v / (full[n] * audio)) for n, v in measured.items()) + parts["repeats"][0] * min(1, repeats / 3)
            self.assertAlmostEqual(value, wanted, places=6)

    def test_explained(self):
        text = self.library.run("show", self.angry["id"]).stdout
        self.assertRegex(text, r"tension +\d+ of 100: .*talk-over \d+.*raised voices \d+.*2 earlier calls in a week \d+")
        arabic = self.library.run("--lang", "ar", "show", self.angry["id"]).stdout
        self.assertIn("التوتر", arabic)

    # ---- filters and order

    def test_filters(self):
        self.assertEqual(self.ids("--repeat-caller"), ["call-4", "call-3"])
        self.assertEqual(self.ids("--repeat-caller", "2"), ["call-4"])
        over = {r["call_id"].split("@")[0] for r in self.rows if r["talk_over_ms"] >= 5000}
        self.assertEqual(set(self.ids("--talk-over", "5s")), over)
        self.assertTrue(0 < len(over) < 4, over)
        dead = {r["call_id"].split("@")[0] for r in self.rows if r["dead_air_ms"] > 0}
        self.assertEqual(set(self.ids("--dead-air", status=None)), dead)
        self.assertEqual(self.ids("--repeat-caller", "--talk-over", "1s", "refund"), ["call-4"])
        self.library.run("search", "--talk-over", "1s", "nothing-such", status=3)

    def test_order(self):
        figures = {s: [r[k] for r in self.library.rows("search", "--sort", s)] for s, k in
                   (("tension", "tension"), ("duration", "duration_ms"), ("date", "started_at"))}
        for values in figures.values():
            self.assertEqual(values, sorted(values, reverse=True))
        self.assertEqual(self.ids("--sort", "date", "--reverse"), [f"call-{n}" for n in (1, 2, 3, 4)])
        self.library.run("search", "--sort", "anger", status=2)

    # ---- words

    def test_matches(self):
        row, = self.library.rows("search", "refund")
        self.assertEqual([(m["where"], m["at_ms"], m["words"]) for m in row["matches"]],
                         [("transcript", 15000, ["refund"]), ("transcript", 30000, ["Refund"])])
        row, = self.library.rows("search", "إسترداد", "4711")
        note, = row["matches"]
        self.assertEqual((note["where"], note["words"]), ("note", ["4711", "اسْتِرداد"]))
        self.assertNotIn("matches", self.library.rows("search")[0])

    def test_highlighted(self):
        text = self.on_terminal("search", "refund")
        self.assertIn(f"I want my \x1b[0m{BOLD}refund\x1b[0m\x1b[2m now", text)
        self.assertRegex(text, r"transcript 0:15: ")
        arabic = self.on_terminal("search", "المبلغ", "--lang", "ar")
        self.assertIn(f"{BOLD}المبلغ\x1b[0m", arabic)
        self.assertEqual(arabic.count("\u2068"), arabic.count("\u2069"))
        self.assertIn("my [refund] now", self.on_terminal("search", "refund", environment={"NO_COLOR": "1"}))
        self.assertIn(f"{BOLD}{CALM}\x1b[0m", self.on_terminal("search", CALM))
        self.assertNotIn("\x1b", self.library.run("search", "refund").stdout)

    def test_heard(self):
        at = self.library.run("play", self.angry["id"], "--word", "REFUND", "--output", self.place.name + "/a.wav")
        self.assertIn("0:15 (1 of 2): I want my refund now", at.stderr)
        with wave.open(self.place.name + "/a.wav") as heard:
            self.assertAlmostEqual(heard.getnframes() / heard.getframerate() * 1000, self.angry["audio_ms"] - 13000, delta=30)
        self.library.run("play", self.angry["id"], "--word", "refund", "--nth", "2", "--output", self.place.name + "/b.wav")
        self.library.run("play", self.angry["id"], "--word", "refund", "--nth", "3", "--output", self.place.name + "/c.wav", status=3)
        self.library.run("play", self.angry["id"], "--word", "unsaid", "--output", self.place.name + "/c.wav", status=3)
        text = self.library.run("show", self.angry["id"], "--transcript").stdout
        self.assertRegex(text, r"0:15 +customer +I want my refund now")

    # ---- saved searches

    def test_saved(self):
        done = self.library.run("search", "--talk-over", "1s", "--sort", "tension", "--yesterday", "--save", "غاضبون أمس", status=3)
        self.assertIn("--saved", done.stderr)
        stored = json.loads(self.shell("SELECT params_json FROM saved_search"))
        self.assertEqual(stored, {"min_talk_over_ms": 1000, "sort": "tension", "from": "yesterday", "to": "yesterday"})
        self.assertEqual(self.ids("--saved", "غاضبون امس", "--from", "2000-01-01")[0], "call-4")  # another spelling; given wins
        self.library.run("search", "--saved", "غاضبون أمس", status=3)
        listed = self.library.run("search", "--list-saved").stdout
        self.assertIn("--yesterday --talk-over 0:01 --sort tension", re.sub(r"\s+", " ", listed))
        self.assertIn("غاضبون أمس", self.library.run("search", "--saved", "غضب", status=3).stderr)
        trail = json.loads(self.shell("SELECT params_json FROM audit WHERE operation = 'call.search' AND params_json LIKE '%2000-01-01%'"))
        self.assertEqual((trail["saved"], trail["sort"]), ("غاضبون امس", "tension"))
        self.library.run("flag", self.angry["id"], "training")
        self.library.run("search", "--caller", ANGRY, "--repeat-caller", "2", "--save", "pack")
        self.library.run("export", "--saved", "pack", "--allow-unknown", "--output", self.place.name + "/pack")
        self.library.run("search", "--forget", "pack")
        self.library.run("search", "--forget", "pack", status=3)

    # ---- pages

    def test_pages(self):
        first = self.on_terminal("search", "--limit", "2", "--sort", "date")
        self.assertIn("page 1 of 2; 4 calls in all · next: earshot search --page 2", first)
        newest = {r["call_id"]: r["id"] for r in self.rows}
        second = self.on_terminal("search", "--page", "2")
        self.assertIn("page 2 of 2; 4 calls in all", second)
        self.assertIn("of the last search: --sort date", second)
        self.assertNotIn("of the last search", first)
        self.assertIn(newest["call-1@made.example"][-8:], second)
        self.assertIn(newest["call-2@made.example"][-8:], second)
        self.assertNotIn(newest["call-3@made.example"][-8:], second)
        self.assertNotIn("page", self.on_terminal("search"))
        after = self.library.rows("search", "--limit", "2", "--page", "2")
        self.assertEqual([r["call_id"] for r in after], ["call-2@made.example", "call-1@made.example"])

    def test_pager(self):
        mark = "sed s/^/:/"
        self.assertIn("\n:", self.on_terminal("search", pager=mark))
        self.assertNotIn("\n:", self.on_terminal("search", "--no-pager", pager=mark))
        self.assertIn("\n:", self.on_terminal("show", self.angry["id"], pager=mark))
        self.assertNotIn("\n:", self.library.run("search").stdout)
        self.assertIn(CALM, self.on_terminal("search", pager="no-such-pager"))
        self.assertEqual(self.status, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
