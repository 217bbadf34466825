# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Whose calls they are, after many operations in any order, against a count of its own.

What is derived (names that calls are found by, tags, flags, full text, repeats) is worked out once more here, from the
rows of calls, segments, directory, tags, flags and corrections alone, with Python's own zones and folding.

Arguments: the program, the folder of make_capture.py, the folder of earshot.py, the folder of test-directory.py, earshot_fold.so.
"""
import datetime, importlib.util, json, os, pathlib, random, signal, sqlite3, subprocess, sys, time, unicodedata, unittest, zoneinfo

PROGRAM, FOLD = sys.argv[1], sys.argv[5]
sys.path[:0] = sys.argv[2:4]
import earshot
import make_capture as made

spec = importlib.util.spec_from_file_location("directory", pathlib.Path(sys.argv[4]) / "test-directory.py")
directory = importlib.util.module_from_spec(spec)
spec.loader.exec_module(directory)

CAIRO = zoneinfo.ZoneInfo("Africa/Cairo")
EXTENSIONS = ["2001", "2002", "2003", "2004"]
PEOPLE = [("أحمد سمير", "Ahmed Samir"), ("منى عادل", "Mona Adel"), ("كريم زكي", "Karim Zaki"), ("هُدى إبراهيم", "Hoda Ibrahim"), ("عُمر", "Omar")]
CALLERS = ["01001234567", "01550000000", "01119999999"]
CLIENTS = ["nile", "delta"]
HOURS = [("", ""), ("8-20", "20-8"), ("00:30-12", "12-00:30"), ("1-2", "2-1")]
FIRST = datetime.datetime(2026, 4, 20, tzinfo=CAIRO)  # the clock goes forward on the night to 24 April


def words(text):
    """Letters and digits alone, without marks, case and the spellings of Arabic letters."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in plain.translate(str.maketrans("ىة", "يه"))).split()


def holds(entry, at_us):
    start, end, days, first, last = entry
    if start is not None and at_us < start or end is not None and at_us >= end:
        return False
    if days is None:
        return True
    wall = datetime.datetime.fromtimestamp(at_us // 1000000, CAIRO)
    minute, today = wall.hour * 60 + wall.minute, (wall.weekday() + 1) % 7
    on = lambda day: days >> day % 7 & 1
    if last > first:
        return bool(on(today)) and first <= minute < last
    return bool(on(today)) and minute >= first or bool(on(today - 1)) and minute < last


class Consistent(unittest.TestCase):
    def setUp(self):
        self.library = earshot.Library(PROGRAM, directory.CONFIG)
        self.addCleanup(self.library.folder.cleanup)
        self.library.environment.update(TZ="Africa/Cairo", LANGUAGE="")
        self.folder = pathlib.Path(self.library.folder.name)
        self.random = random.Random(7)
        self.recorded = 0

    def open(self):
        index = sqlite3.connect(f"file:{self.library.path}/index.sqlite?mode=ro", uri=True)
        index.enable_load_extension(True)
        index.load_extension(FOLD)
        self.addCleanup(index.close)
        return index

    # ---- operations

    def record(self, many=6, span_days=12):
        """Calls anywhere in the time, so not in its order."""
        packets = []
        for _ in range(many):
            at = FIRST + datetime.timedelta(seconds=self.random.randrange(span_days * 86400))
            headers = {"X_Client": self.random.choice(CLIENTS)} if self.random.random() < 0.3 else {}
            packets += directory.call(at.strftime("%Y-%m-%dT%H:%M:%S"), self.random.choice(EXTENSIONS), self.random.choice(CALLERS), **headers)
        path = self.folder / f"{self.recorded}.pcap"
        self.recorded += 1
        made.write_pcap(path, made.ETHERNET, sorted(packets, key=lambda p: p[0]))
        self.library.run("record", path)

    def day(self):
        return (FIRST + datetime.timedelta(days=self.random.randrange(12))).strftime("%Y-%m-%d")

    def add(self):
        name, latin = self.random.choice(PEOPLE)
        limits = ["--from", self.day()] + self.random.choice([[], ["--hours", "9-17"], ["--days", "sun-thu"]])
        self.library.run("agent", "add", self.random.choice(EXTENSIONS), name, "--latin", latin, "--replace", *limits, status=None)

    def table(self):
        """Two people who share an extension, sometimes the whole floor."""
        lines = ["extension,name,latin name,team,client,hours,from"]
        for extension in self.random.sample(EXTENSIONS, self.random.choice((1, 4))):
            day, shifts = self.day(), self.random.choice(HOURS)
            for (name, latin), hours in zip(self.random.sample(PEOPLE, 2), shifts if all(shifts) else ("",)):
                lines.append(f"{extension},{name},{latin},{self.random.choice(['sales', 'support'])},{self.random.choice(CLIENTS)},{hours},{day}")
        path = self.folder / "floor.csv"
        path.write_text("\n".join(lines) + "\n")
        self.library.run("agent", "import", path, "--replace", status=None)

    def end(self):
        name = self.random.choice(PEOPLE)[self.random.randrange(2)]
        self.library.run("agent", "end", self.random.choice(EXTENSIONS), "--name", name, "--at", self.day(), status=None)

    def remap(self):
        self.library.run("agent", "remap", "--from", self.day())

    def any_call(self):
        return self.random.choice(self.open().execute("SELECT uuid FROM call").fetchall())[0]

    def correct(self):
        choice = self.random.choice
        value = choice([f"agent={choice(EXTENSIONS + [''])}", f"caller={choice(CALLERS)}", f"direction={choice(['inbound', 'outbound', 'unknown'])}",
                        f"caller_name={choice(['Huda', 'سعاد', ''])}", f"business_id=T-{self.random.randrange(50)}", f"queue={choice(['vip', ''])}",
                        f"client={choice(CLIENTS)}"])
        self.library.run("correct", self.any_call(), value, "--reason", "تجربة")

    def annotate(self):
        call, tag = self.any_call(), self.random.choice(["vip", "شكوى"])
        self.library.run(*self.random.choice([["tag", call, tag], ["tag", call, "--remove", tag], ["note", call, "promised a refund"],
                                              ["flag", call, "--for", "training"], ["unflag", call, "--for", "training", "--reason", "x"]]), status=None)

    # ---- what must be

    def check(self):
        index = self.open()
        entries = {}
        for extension, name, latin, team, *limits in index.execute(
                "SELECT extension, name, latin_name, team, from_us, until_us, shift_days, shift_start_min, shift_end_min FROM agent WHERE removed_us IS NULL"):
            entries.setdefault(extension, []).append((name, latin, team, limits))
        facets, said, people = set(), {}, {}
        calls = index.execute("SELECT id, uuid, started_us, caller_name, callee_name, caller, callee, business_id FROM call").fetchall()
        for call, uuid, started, *texts in calls:
            said[call] = [word for text in texts if text for word in words(text)]
            for agent, stored, team, queue, start in index.execute("SELECT agent, agent_name, team, queue, start_ms FROM segment WHERE call = ?", (call,)):
                have = [(n, l, t) for n, l, t, limits in entries.get(agent, []) if holds(limits, started + max(start or 0, 0) * 1000)]
                self.assertLessEqual(len(have), 1, (uuid, have))
                facets |= {("agent", agent, call)} if agent else set()
                facets |= {("queue", queue, call)} if queue else set()
                shown = stored or (have[0][0] if have else None)
                team = team or (have[0][2] if have and not stored else None)
                names = ([shown] if shown else []) + [" ".join(filter(None, known[:2])) for known in have]
                for name in names:
                    facets.add(("person", " ".join(words(name)), call))
                said[call] += [word for text in names + [team or "", agent or ""] for word in words(text)]
                people.setdefault(uuid, set()).update(names)
        last = {}
        for call, value, added in index.execute("SELECT call, tag, added FROM tag_event ORDER BY id"):
            last["tag", " ".join(words(value)), call] = added
        facets |= {facet for facet, added in last.items() if added}
        facets |= {("flag", *row) for row in index.execute("SELECT flag, call FROM flag WHERE id NOT IN (SELECT flag FROM flag_removal)")}
        stored = set(index.execute("SELECT kind, value, call FROM call_facet"))
        self.assertEqual(sorted(stored - facets), [])
        self.assertEqual(sorted(facets - stored), [])
        self.assertEqual({v for k, v, _ in facets if k == "person"} - {row[0] for row in index.execute("SELECT value FROM person")}, set())
#DEL in facets if k == "person"} - {row[0] for row in index.execute("SELECT value FROM person")}, set())
        every = {word for list_ in said.values() for word in list_} | {"ahmed", "احمد", "mona", "مني", "omar", "عمر", "huda", "سعاد"}
        for word in every:
            found = {row[0] for row in index.execute("SELECT rowid FROM call_text WHERE call_text MATCH ?", (f'{{names numbers}} : "{word}"',))}
            self.assertEqual(found, {call for call, list_ in said.items() if word in list_}, word)
        self.check_repeats(index)
        return people

    def check_repeats(self, index):
        calls = index.execute("SELECT id, caller, direction, group_id, repeats FROM call").fetchall()
        counts = lambda c: c[1] and c[2] in ("inbound", "unknown")
        for call in calls:
            before = [e for e in calls if counts(e) and e[1] == call[1] and call[0] - 7 * 86400 * 10**6 <= e[0] < call[0] and (e[3] is None or e[3] != call[3])]
            self.assertEqual(call[4], len(before) if counts(call) else 0, call)

    def check_search(self, people):
        """As a supervisor asks: by either name, in either script."""
        for pair in PEOPLE:
            for asked in (*pair, *(name.split()[0] for name in pair)):
                truth = {uuid for uuid, names in people.items() if any(set(words(asked)) <= set(words(name)) for name in names)}
                done = self.library.run("search", "--agent", asked, "--limit", 100000, "--json", status=None)
                self.assertEqual({json.loads(line)["id"] for line in done.stdout.splitlines()}, truth, asked)

    def test_any_order(self):
        self.record(10)
        steps = [self.record, self.add, self.table, self.table, self.end, self.remap, self.correct, self.correct, self.correct, self.annotate]
        for round_ in range(8):
            for _ in range(5):
                self.random.choice(steps)()
            self.check()
        self.check_search(self.check())

    def test_killed(self):
        """Stopped at any moment of an import or a remap: the same command makes up for it."""
        self.record(60)
        for n in range(6):
            self.table()
            path = self.folder / "floor.csv"
            for words_ in (["agent", "import", path, "--replace"], ["agent", "remap", "--from", "2026-04-01"]):
                program = subprocess.Popen([PROGRAM, "--library", self.library.path, *words_], env=self.library.environment,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(self.random.uniform(0.02, 0.25))
                os.kill(program.pid, signal.SIGKILL)
                program.wait()
            self.assertEqual(self.open().execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.library.run("agent", "import", path, "--replace", status=None)
        self.library.run("agent", "remap", "--from", "2026-04-01")
        self.check_search(self.check())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
