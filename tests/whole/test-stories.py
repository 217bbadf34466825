# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Calls as Asterisk notes them, each with what is true of it written by hand; whatever is read first, the rows end the same."""
import csv, datetime, itertools, pathlib, sqlite3, sys, tempfile, unittest, wave, zoneinfo
import numpy as np

from earshot import Library

PROGRAM = sys.argv.pop(1)
CAIRO = zoneinfo.ZoneInfo("Africa/Cairo")
ZONE = ("--timezone", "Africa/Cairo")
DAY = 1795161600  # 2026-11-20 08:00 UTC
BACK = 1793307600  # 2026-10-29 21:00 UTC: clocks in Cairo go back from midnight to 23:00
COLUMNS = "calldate src dst channel dstchannel lastapp lastdata duration billsec disposition uniqueid linkedid did answer end".split()


def local(second):
    return f"{datetime.datetime.fromtimestamp(second, CAIRO):%Y-%m-%d %H:%M:%S}"


class Story:
    """log: lines of the queue log as (second after the start, queue, agent, event, data). records: rows of the table as
    (second, length, answered after or None, fields). The rest is the truth; segments are (agent, queue, from second, to second)."""

    def __init__(self, name, n, log=(), records=(), start=None, recorded=False, **truth):
        self.name, self.caller, self.log, self.records, self.recorded, self.truth = name, f"0100000{n:04d}", log, records, recorded, truth
        self.start = start or DAY + n * 600
        self.id = f"{self.start}.{n}"

    def log_lines(self):
        return [(self.start + at, f"{self.start + at}|{self.id}|{queue}|{agent}|{event}|{data.replace('CALLER', self.caller)}")
                for at, queue, agent, event, data in self.log]

    def cdr_rows(self):
        for at, length, answered, fields in self.records:
            begin = self.start + at
            row = dict(calldate=local(begin), src=self.caller, channel=f"PJSIP/trunk-{self.start:08x}", duration=length, uniqueid=self.id, linkedid=self.id,
                       billsec=0 if answered is None else length - answered, disposition="NO ANSWER" if answered is None else "ANSWERED", did="0219000",
                       answer="" if answered is None else local(begin + answered), end=local(begin + length))
            yield {**dict.fromkeys(COLUMNS, ""), **row, **fields}

    def write_recording(self, folder):
        stamp = f"{datetime.datetime.fromtimestamp(self.start, CAIRO):%Y%m%d-%H%M%S}"
        sound = (np.random.default_rng(self.start).standard_normal(4000) * 3000).astype("<i2")
        with wave.open(str(folder / f"q-600-{self.caller}-{stamp}-{self.id}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, len(sound), "NONE", ""))
            file.writeframes(sound.tobytes())


def enter(at, queue="600"):
    return (at, queue, "NONE", "ENTERQUEUE", "|CALLER|1")


def queue(name, to=None):
    return dict(dst=name, lastapp="Queue", lastdata=f"{name},t,,,300", dstchannel=f"Local/{to}@from-queue-00000001;1" if to else "")


def dial(to):
    return dict(dst=to, lastapp="Dial", lastdata=f"PJSIP/{to}", dstchannel=f"PJSIP/{to}-000000a1")


STORIES = [
    Story("nobody in the first queue, answered in the second", 1, recorded=True,
          log=[enter(2), *((2 + 15 * i, "600", "Local/2001@from-queue/n", "RINGNOANSWER", "15000") for i in (1, 2, 3)),
               (62, "600", "NONE", "EXITWITHTIMEOUT", "1|1|60"), enter(65, "601"), (75, "601", "PJSIP/2002", "CONNECT", "10|1.9|8"),
               (105, "601", "PJSIP/2002", "COMPLETECALLER", "10|30|1")],
          records=[(0, 15, None, queue("600", "2001")), (0, 105, 1, queue("601", "2002"))],
          disposition="answered", wait_ms=70000, segments=[("2002", "601", 75, 105)], rung=["2001"] * 3),
    Story("sent on to a queue", 2, recorded=True,
          log=[enter(2), (12, "600", "PJSIP/2001", "CONNECT", "10|1.9|8"), (32, "600", "PJSIP/2001", "BLINDTRANSFER", "601|from-internal|10|20|1"),
               enter(33, "601"), (43, "601", "PJSIP/2002", "CONNECT", "10|1.9|8"), (63, "601", "PJSIP/2002", "COMPLETEAGENT", "10|20|1")],
          records=[(0, 32, 1, queue("600", "2001")), (12, 20, 0, dict(dial("2001"), channel="Local/2001@from-queue-00000001;2")),
                   (33, 30, 0, queue("601", "2002")), (43, 20, 0, dict(dial("2002"), channel="Local/2002@from-queue-00000001;2"))],
          disposition="answered", wait_ms=20000, segments=[("2001", "600", 12, 32), ("2002", "601", 43, 63)]),
    Story("sent on to a phone that nobody picks up", 3, recorded=True,
          log=[enter(2), (12, "600", "PJSIP/2001", "CONNECT", "10|1.9|8"), (32, "600", "PJSIP/2001", "BLINDTRANSFER", "2005|from-internal|10|20|1")],
          records=[(0, 32, 1, queue("600", "2001")), (12, 20, 0, dict(dial("2001"), channel="Local/2001@from-queue-00000001;2")), (32, 20, None, dial("2005"))],
          disposition="answered", wait_ms=10000, segments=[("2001", "600", 12, 32)]),
    Story("gave up after three seconds", 4, log=[enter(2), (5, "600", "NONE", "ABANDON", "1|1|3")], records=[(0, 5, 1, queue("600"))],
          disposition="abandoned", wait_ms=3000, segments=[(None, "600", 0, 5)]),
    Story("too long in the queue, then voicemail", 5,
          log=[enter(2), (32, "600", "NONE", "EXITWITHTIMEOUT", "1|1|30")],
          records=[(0, 32, 1, queue("600")), (32, 20, 0, dict(dst="vmu2001", lastapp="VoiceMail", lastdata="2001@default,u"))],
          disposition="missed", wait_ms=30000, segments=[(None, "600", 0, 52)]),
    Story("asked a colleague first, then sent on", 6, recorded=True,
          log=[enter(2), (12, "600", "Agent/2001", "CONNECT", "10|1.9|8"), (42, "600", "Agent/2001", "ATTENDEDTRANSFER", "BRIDGE|8e1a|10|30|1")],
          records=[(0, 42, 1, queue("600", "2001")), (12, 30, 0, dict(dial("2001"), channel="Local/2001@from-queue-00000001;2")), (42, 18, 0, dial("2006"))],
          disposition="answered", wait_ms=10000, segments=[("2001", "600", 12, 42), ("2006", None, 42, 60)]),
    Story("the agent by name", 7, recorded=True,
          log=[enter(2), (12, "600", "Mona Adel", "CONNECT", "10|1.9|8"), (42, "600", "Mona Adel", "COMPLETECALLER", "10|30|1")],
          disposition="answered", wait_ms=10000, segments=[("2007", "600", 12, 42)]),
    Story("one wait of two is not known", 8,
          log=[(60, "600", "NONE", "EXITWITHKEY", "2|1"), enter(65, "601"), (75, "601", "PJSIP/2002", "CONNECT", "10|1.9|8"),
               (105, "601", "PJSIP/2002", "COMPLETECALLER", "10|30|1")],
          disposition="answered", wait_ms=None, segments=[("2002", "601", 75, 105)]),
    Story("from one queue into another without a word", 9,
          log=[enter(2), enter(65, "601"), (75, "601", "PJSIP/2002", "CONNECT", "10|1.9|8"), (105, "601", "PJSIP/2002", "COMPLETECALLER", "10|30|1")],
          disposition="answered", wait_ms=None, segments=[("2002", "601", 75, 105)]),
    Story("records alone", 10, records=[(0, 50, 10, dict(dial("2001"), did=""))], disposition="answered", wait_ms=None, segments=[("2001", None, 10, 50)]),
    Story("a recording alone", 11, recorded=True, disposition="answered", wait_ms=None, segments=[(None, "600", 0, 0.5)]),
    Story("over midnight", 12, start=DAY + 13 * 3600 + 59 * 60 + 30, recorded=True,
          log=[enter(2), (12, "600", "PJSIP/2001", "CONNECT", "10|1.9|8"), (600, "600", "PJSIP/2001", "COMPLETEAGENT", "10|588|1")],
          records=[(0, 600, 1, queue("600", "2001"))], disposition="answered", wait_ms=10000, segments=[("2001", "600", 12, 600)]),
    Story("while the clocks go back", 13, start=BACK - 300, recorded=True,
          log=[enter(2), (12, "600", "PJSIP/2001", "CONNECT", "10|1.9|8"), (600, "600", "PJSIP/2001", "COMPLETEAGENT", "10|588|1")],
          records=[(0, 600, 1, queue("600", "2001"))], disposition="answered", wait_ms=10000, segments=[("2001", "600", 12, 600)]),
    Story("in the hour before it comes again", 14, start=BACK - 1800, recorded=True, records=[(0, 60, 10, dial("2001"))],
          disposition="answered", wait_ms=None, segments=[("2001", "600", 10, 60)]),
    Story("in the hour that came again", 15, start=BACK + 1800, recorded=True, records=[(0, 60, 10, dial("2001"))],
          disposition="answered", wait_ms=None, segments=[("2001", "600", 10, 60)]),
    Story("gave up, and the waiting was recorded", 17, recorded=True, log=[enter(2), (32, "600", "NONE", "ABANDON", "1|1|30")],
          records=[(0, 32, 1, queue("600"))], disposition="abandoned", wait_ms=30000, segments=[(None, "600", 0, 32)]),
    Story("the log and a recording alone", 18, recorded=True, log=[enter(2), (32, "600", "NONE", "ABANDON", "1|1|30")],
          disposition="abandoned", wait_ms=30000, segments=[(None, "600", 0, 32)]),
    Story("nobody answered, still recorded", 19, recorded=True, records=[(0, 25, None, dial("2001"))],
          disposition="missed", wait_ms=None, segments=[("2001", "600", 0, 25)]),
    Story("still waiting as the log ends", 16, log=[enter(2)], truth=None),
]
ROWS = """SELECT pbx_id, started_us, answered_us, ended_us, duration_ms, audio_offset_ms, caller, callee, direction, disposition, outcome, wait_ms,
  (SELECT group_concat(ifnull(agent, '') || '/' || ifnull(queue, '') || ' ' || start_ms || '-' || ifnull(end_ms, ''), ', ') FROM segment WHERE call = call.id),
  (SELECT group_concat(at_ms || ' ' || kind || ' ' || ifnull(detail, ''), ', ') FROM event WHERE call = call.id)
  FROM call ORDER BY pbx_id"""


def ask(library, sql, *values):
    done = sqlite3.connect(f"file:{library.path}/index.sqlite?mode=ro", uri=True)
    try:
        return done.execute(sql, values).fetchall()
    finally:
        done.close()


class Stories(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name)
        cls.monitor = root / "monitor"
        cls.monitor.mkdir()
        for story in STORIES:
            if story.recorded:
                story.write_recording(cls.monitor)
        with (root / "cdr.csv").open("w", newline="") as file:
            out = csv.DictWriter(file, COLUMNS)
            out.writeheader()
            out.writerows(row for story in STORIES for row in story.cdr_rows())
        lines = [line for _, line in sorted((line for story in STORIES for line in story.log_lines()), key=lambda line: line[0])]
        half = len(lines) // 2  # rotated in the midst, and what was rotated was read before
        (root / "queue_log.1").write_text("\n".join(lines[:half + 5]) + "\n")
        (root / "queue_log").write_text("\n".join(lines[half - 5:]) + "\n")
        cls.steps = {"recordings": ("--asterisk", cls.monitor, *ZONE), "cdr": ("--cdr", root / "cdr.csv", *ZONE),
                     "log": ("--queue-log", root / "queue_log", root / "queue_log.1")}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def fill(self, library, *order):
        for step in order:
            library.run("import", *self.steps[step])

    def check(self, library, story):
        rows = ask(library, "SELECT id, started_us, disposition, wait_ms, outcome, ended_us FROM call WHERE pbx_id = ?", story.id)
        if "truth" in story.truth:
            return self.assertEqual(rows, [])
        self.assertEqual(len(rows), 1)
        rowid, started_us, disposition, wait_ms, outcome, ended_us = rows[0]
        self.assertEqual((started_us, disposition, wait_ms, outcome), (
            story.start * 10**6, story.truth["disposition"], story.truth["wait_ms"], "recorded" if story.recorded else "none"))
        segments = ask(library, "SELECT agent, queue, start_ms, end_ms FROM segment WHERE call = ? ORDER BY n", rowid)
        self.assertEqual(segments, [(a, q, f * 1000, t and t * 1000) for a, q, f, t in story.truth["segments"]])
        if "rung" in story.truth:
            rung = ask(library, "SELECT detail FROM event WHERE call = ? AND kind = 'ring-no-answer'", rowid)
            self.assertEqual([r[0] for r in rung], story.truth["rung"])

    def test_every_order(self):
        first = None
        for order in itertools.permutations(self.steps):
            with Library(PROGRAM) as library:
                library.run("agent", "add", "2007", "Mona Adel")
                self.fill(library, *order)
                rows = ask(library, ROWS)
                for story in STORIES:
                    with self.subTest(order=order, story=story.name):
                        self.check(library, story)
                with self.subTest(order=order):
                    first = first or rows
                    self.assertEqual(rows, first)
                if order[0] == "cdr":
                    noted = ask(library, "SELECT count(*) FROM correction"), ask(library, "SELECT count(*) FROM event")
                    self.fill(library, *self.steps)
                    with self.subTest("a second time", order=order):
                        self.assertEqual((ask(library, ROWS), (ask(library, "SELECT count(*) FROM correction"), ask(library, "SELECT count(*) FROM event"))),
                                         (rows, noted))

    def test_two_seasons(self):
        """A table from a zone with summer and winter time cannot be put right by one offset: it is refused without the zone."""
        with Library(PROGRAM) as library:
            table = library.path.parent / "cdr.csv"
            with table.open("w", newline="") as file:
                out = csv.DictWriter(file, COLUMNS)
                out.writeheader()
                for n, start in enumerate([DAY - 86400 * 60 + i * 600 for i in range(5)] + [DAY + i * 600 for i in range(5)]):
                    out.writerows(Story("", n, start=start, records=[(0, 50, 10, dial("2001"))]).cdr_rows())
            library.environment["TZ"] = "UTC"
            self.assertIn("--timezone", library.run("import", "--cdr", table, status=1).stderr)
            self.assertIn("differ by an hour", library.run("import", "--cdr", table, "--timezone", "+02:00").stderr)
            self.assertEqual(library.run("import", "--cdr", table, *ZONE).stderr, "")


unittest.main()
