# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A FreePBX with 500 recordings, its records and its queue log: rows against the table of truth they were all made from.

Two libraries take the same in different orders and end the same. In the second ten recordings are missing at first, all of
extensions 27xx from some moment on; reconcile finds exactly those and says what they share.
"""
import collections, json, pathlib, sqlite3, sys, tempfile, unittest

import freepbx
from earshot import Library, seconds

PROGRAM = sys.argv.pop(1)
ZONE = ("--timezone", "Africa/Cairo")
ROWS = """SELECT pbx_id, started_us, answered_us, ended_us, duration_ms, caller, callee, caller_name, direction, disposition, outcome, wait_ms,
  (SELECT group_concat(ifnull(agent, '') || '/' || ifnull(queue, '') || ' ' || start_ms || '-' || ifnull(end_ms, ''), ', ') FROM segment WHERE call = call.id),
  (SELECT group_concat(at_ms || ' ' || kind || ' ' || ifnull(detail, ''), ', ') FROM event WHERE call = call.id)
  FROM call ORDER BY pbx_id"""


def ask(library, sql):
    done = sqlite3.connect(f"file:{library.path}/index.sqlite?mode=ro", uri=True)
    try:
        return done.execute(sql).fetchall()
    finally:
        done.close()


class Asterisk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name)
        cls.monitor, cls.cdr, cls.log = root / "monitor", root / "Master.csv", root / "queue_log"
        cls.calls = freepbx.make_calls()
        freepbx.write_cdr(cls.calls, cls.cdr)
        freepbx.write_queue_log(cls.calls, cls.log)
        cls.recorded = [call for call in cls.calls if call.recorded]
        for call in cls.recorded:
            freepbx.write_recording(call, cls.monitor)
        on_27 = [call for call in cls.recorded if call.agent.startswith("27")]
        cls.taken = on_27[-10:]
        cls.library = Library(PROGRAM)
        cls.library.run("import", "--asterisk", cls.monitor, "--cdr", cls.cdr, *ZONE)
        cls.library.run("import", "--cdr", cls.cdr, *ZONE)
        cls.summary = cls.library.rows("import", "--queue-log", cls.log)[0]

    @classmethod
    def tearDownClass(cls):
        cls.library.folder.cleanup()
        cls.folder.cleanup()

    def test_rows(self):
        """A row for each call, with a recording where there was one; who, when, how long, how it ended."""
        self.assertEqual(len(self.recorded), 500)
        rows = {row[0]: row[1:] for row in ask(self.library, "SELECT pbx_id, outcome, disposition, caller, direction, started_us, wait_ms FROM call")}
        self.assertEqual(set(rows), {call.id for call in self.calls})
        for call in self.calls:
            direction = call.kind if call.kind in ("outbound", "internal") else "inbound"
            caller = {"outbound": call.agent, "internal": "2999"}.get(call.kind, call.customer)
            wait = call.wait * 1000 if call.queued else None
            self.assertEqual(rows[call.id], ("recorded" if call.recorded else "none", call.disposition, caller, direction, call.start * 10**6, wait), call.file)

    def test_sums(self):
        """Waiting and abandonment of the rows, summed by sqlite, are the log's."""
        truth = collections.defaultdict(lambda: [0, 0, 0])
        for call in self.calls:
            if call.queued:
                truth[call.queue][0] += 1
                truth[call.queue][1] += call.wait * 1000
                truth[call.queue][2] += call.kind == "abandoned"
        rows = ask(self.library, "SELECT queue, count(*), sum(wait_ms), sum(disposition = 'abandoned') FROM call JOIN segment ON call = id AND n = 0 "
                                 "WHERE wait_ms IS NOT NULL GROUP BY queue")
        self.assertEqual({queue: list(rest) for queue, *rest in rows}, dict(truth))
        for queue in self.summary["queues"]:
            calls = [call for call in self.calls if call.queued and call.queue == queue["queue"]]
            kinds = collections.Counter(call.kind for call in calls)
            self.assertEqual((queue["offered"], queue["wait_ms"], queue["abandoned"]), tuple(truth[queue["queue"]]))
            self.assertEqual((queue["answered"], queue["timed_out"], queue["left_by_key"], queue["transferred"]),
                             (kinds["queue"] + kinds["transferred"], kinds["timeout"], kinds["key"], kinds["transferred"]))
            self.assertEqual(queue["ring_attempts"], sum(len(call.rung) for call in calls))
            self.assertEqual(queue["longest_wait_ms"], max(call.wait for call in calls) * 1000)
            self.assertEqual((queue["recorded"], queue["unrecorded"]), (sum(c.recorded for c in calls), sum(not c.recorded for c in calls)))

    def test_stretches(self):
        """Who had the caller when, also after a transfer; whose phones rang in vain."""
        call = next(call for call in self.calls if call.kind == "transferred" and len(call.rung) == 2)
        row = self.library.rows("search", "--number", call.customer)[0]
        shown = self.library.show(row["id"])
        begin = (2 + call.wait) * 1000
        self.assertEqual([(s["agent"], s["queue"], s["start_ms"], s["end_ms"]) for s in shown["segments"]],
                         [(call.agent, call.queue, begin, begin + call.talk * 1000), (call.to, None, begin + call.talk * 1000 + 5000, begin + call.talk * 1000 + 35000)])
        self.assertEqual([e["detail"] for e in shown["events"] if e["kind"] == "ring-no-answer"], call.rung)

    def test_again(self):
        """Reading everything a second time changes nothing."""
        before = ask(self.library, ROWS), ask(self.library, "SELECT count(*) FROM correction")
        for words in (("--asterisk", self.monitor, "--cdr", self.cdr), ("--cdr", self.cdr), ("--queue-log", self.log)):
            self.library.run("import", *words, *ZONE)
        self.assertEqual((ask(self.library, ROWS), ask(self.library, "SELECT count(*) FROM correction")), before)

    def test_order_and_reconcile(self):
        with Library(PROGRAM) as library, tempfile.TemporaryDirectory() as aside:
            for call in self.taken:
                (self.monitor / call.file).rename(pathlib.Path(aside) / pathlib.PurePath(call.file).name)
            library.run("import", "--queue-log", self.log)
            library.run("import", "--cdr", self.cdr, *ZONE)
            library.run("import", "--asterisk", self.monitor, "--cdr", self.cdr, *ZONE)
            found = library.run("reconcile", "--cdr", self.cdr, "--json", status=1)
            rows = [json.loads(line) for line in found.stdout.splitlines()]
            self.assertEqual({row["pbx_id"] for row in rows if row["kind"] == "missing"}, {call.id for call in self.taken})
            self.assertEqual((rows[0]["missing"], rows[0]["partial"], rows[0]["unknown"]), (10, 0, 0))
            pattern = rows[0]["patterns"][0]
            self.assertEqual((pattern["field"], pattern["value"], pattern["missing"], pattern["calls"]), ("extensions", "27xx", 10, 10))
            self.assertEqual(seconds(pattern["since"]), self.taken[0].start)
            self.assertEqual(len(rows[0]["patterns"]), 1)
            for call in self.taken:
                (pathlib.Path(aside) / pathlib.PurePath(call.file).name).rename(self.monitor / call.file)
            library.run("import", "--asterisk", self.monitor, "--cdr", self.cdr, *ZONE)
            self.assertEqual(library.rows("reconcile", "--cdr", self.cdr)[0]["missing"], 0)
            for mine, other in zip(ask(library, ROWS), ask(self.library, ROWS), strict=True):
                self.assertEqual(mine, other)


unittest.main()
