# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The directory with the real program: a floor's table with mistakes in it, a plan of shifts, what calls learn of it.

Arguments: the program, the folder of make_capture.py, the folder of earshot.py.
"""
import datetime, json, pathlib, sqlite3, sys, unittest, zoneinfo

PROGRAM = sys.argv[1]
sys.path[:0] = sys.argv[2:4]
import earshot, make_capture as made

CAIRO = zoneinfo.ZoneInfo("Africa/Cairo")
AHMED, MONA = "أحمد سمير", "منى عادل"
CONFIG = "[mapping]\nextensions=2[0-9]+\nclient_header=X-Client\n"


def moment(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=CAIRO).timestamp()


def call(at, callee, caller="01001234567", number=[0], **headers):
    """An answered call without media at a local time."""
    number[0] += 1
    who = dict(call_id=f"{number[0]}@made.example", caller=f"sip:{caller}@10.0.0.1", callee=f"sip:{callee}@10.0.0.2")
    start, here, there = moment(at), "10.0.0.1", "10.0.0.2"

    def sent(after, text, source, target):
        return start + after, made.ethernet(made.ipv4(source, target, made.udp(5060, 5060, text)))

    extra = [(name.replace("_", "-"), value) for name, value in headers.items()]
    yield sent(0, made.sip_request("INVITE", f"sip:{callee}@10.0.0.2", body=made.sdp(here, 4000), extra=extra, **who), here, there)
    yield sent(2, made.sip_response(200, "OK", to_tag="b", body=made.sdp(there, 4002), **who), there, here)
    yield sent(2.1, made.sip_request("ACK", f"sip:{callee}@10.0.0.2", to_tag="b", **who), here, there)
    yield sent(30, made.sip_request("BYE", f"sip:{callee}@10.0.0.2", cseq=2, to_tag="b", **who), here, there)
    yield sent(30.1, made.sip_response(200, "OK", method="BYE", cseq=2, to_tag="b", **who), there, here)


class Directory(unittest.TestCase):
    def setUp(self):
        self.library = earshot.Library(PROGRAM, CONFIG)
        self.addCleanup(self.library.folder.cleanup)
        self.library.environment.update(TZ="Africa/Cairo", LANGUAGE="")
        self.folder = pathlib.Path(self.library.folder.name)

    def run_(self, *words, **options):
        return self.library.run(*words, **options)

    def record(self, *calls):
        path = self.folder / "day.pcap"
        made.write_pcap(path, made.ETHERNET, sorted((p for c in calls for p in c), key=lambda p: p[0]))
        self.run_("record", path)

    def table(self, text, name="floor.csv", encoding="utf-8"):
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def sql(self, query, *values):
        with sqlite3.connect(f"file:{self.library.path}/index.sqlite?mode=ro", uri=True) as index:
            return index.execute(query, values).fetchall()

    def found(self, *words):
        done = self.run_("search", *words, "--json", status=None)
        self.assertIn(done.returncode, (0, 3))
        return sorted(json.loads(line)["call_id"].split("@")[0] for line in done.stdout.splitlines())

    def test_floor(self):
        """400 people in two scripts: mistakes are all told and nothing is entered; without them everybody is."""
        rows = [["الرقم الداخلي", "الاسم", "English name", "الفريق", "Client", "الأيام", "الوردية", "from"]]
        for i in range(400):
            night = i % 2 == 1
            rows.append([str(2000 + i // 2), f"موظف {i}", f"Agent {i}", "الدعم" if i % 3 else "billing", "Nile Bank", "sun-thu",
                         "20:00-08:00" if night else "٠٨:٠٠-٢٠:٠٠", "2026-01-01"])
        good = [row[:] for row in rows]
        rows[10][1] = ""
        rows[20][6] = "08:00-25:00"
        rows[30][5] = "someday"
        rows[30][7] = "yesterday's"
        rows[42][6] = "20:00-08:01"  # overlaps its neighbour by a minute
        rows[51][2] = "x" * 65
        write = lambda table: "\r\n".join(";".join(row) for row in table)
        path = self.table("\ufeff" + write(rows))
        done = self.run_("agent", "import", path, status=1)
        told = [line.split(str(path))[1] for line in done.stderr.splitlines() if "warning" in line]
        self.assertEqual([t.split(": ")[0] + " " + t.split(": ")[1] for t in told],
                         [":11 name", ":21 hours", ":31 from", ":31 days", ":43 extension", ":52 latin_name"])
        self.assertIn("nothing was imported; mistakes: 6", done.stderr)
        self.assertEqual(self.sql("SELECT count(*) FROM agent"), [(0,)])
        path = self.table(write(good).replace("٠٨:٠٠-٢٠:٠٠", "8:00-20:00"), encoding="cp1256")  # as a spreadsheet in Cairo saves it
        dry = self.library.rows("agent", "import", path, "--dry-run")
        self.assertEqual(self.sql("SELECT count(*) FROM agent"), [(0,)])
        real = self.library.rows("agent", "import", path)
        self.assertEqual(dry, real)
        self.assertEqual([real[-1][k] for k in ("action", "added", "changed", "ended", "unchanged")], ["summary", 400, 0, 0, 0])
        self.assertEqual(self.sql("SELECT count(*), count(DISTINCT extension), min(shift_days), max(shift_days) FROM agent"), [(400, 200, 31, 31)])
        self.assertEqual(self.sql("SELECT name, shift_start_min, shift_end_min, from_us FROM agent WHERE latin_name = 'Agent 7'"),
                         [("موظف 7", 1200, 480, int(moment("2026-01-01T00:00") * 1e6))])
        again = self.library.rows("agent", "import", path)
        self.assertEqual([row["action"] for row in again], ["summary"])
        self.assertEqual(again[0]["unchanged"], 400)
        self.assertEqual(self.sql("SELECT operation, result, json_extract(params_json, '$.dry_run') FROM audit WHERE operation = 'agent.import' ORDER BY id")[1:],
                         [("agent.import", "ok", 1), ("agent.import", "ok", None), ("agent.import", "ok", None)])

    def test_changes(self):
        self.run_("agent", "add", "2001", AHMED, "--latin", "Ahmed Samir", "--team", "support", "--from", "2026-01-01")
        other = self.table("ext,name,from\n2001,Omar,2026-03-01\n")
        done = self.run_("agent", "import", other, status=1)
        self.assertIn(f"floor.csv:2: extension: 2001 belongs to {AHMED} at that time; --replace ends that", done.stderr)
        rows = self.library.rows("agent", "import", other, "--replace")
        self.assertEqual([(r["action"], r.get("name"), r.get("to")) for r in rows[:-1]],
                         [("ended", AHMED, "2026-02-28T22:00:00.000Z"), ("added", "Omar", None)])
        self.assertEqual([(r["name"], r["team"], r["from"], r["to"]) for r in self.library.rows("agent", "list")],
                         [(AHMED, "support", "2025-12-31T22:00:00.000Z", "2026-02-28T22:00:00.000Z"), ("Omar", None, "2026-02-28T22:00:00.000Z", None)])
        history = self.library.rows("agent", "list", "--history")
        self.assertEqual([(r["name"], r["to"]) for r in history if r["removed_at"]], [(AHMED, None)])
        # The same person by either name, another team from a day on; what the file does not say stays.
        rows = self.library.rows("agent", "import", self.table("ext,name,team,from\n2001,OMAR,sales,2026-04-01\n"))
        self.assertEqual([(r["action"], r.get("team")) for r in rows[:-1]], [("changed", "sales")])
        self.assertEqual([(r["name"], r["team"], r["to"]) for r in self.library.rows("agent", "list", "--at", "2026-03-15")],
                         [("Omar", None, "2026-03-31T22:00:00.000Z")])
        self.run_("agent", "end", "2001", "--at", "2026-05-01")
        self.assertEqual(self.library.rows("agent", "list", "--at", "2026-05-01"), [])
        self.assertEqual([r["name"] for r in self.library.rows("agent", "list", "--at", "2026-04-30")], ["OMAR"])
        self.assertEqual(self.run_("agent", "end", "2001", "--at", "2026-05-02", status=3).returncode, 3)
        wrong = self.run_("agent", "import", self.table("ext,team\n2001,x\n"), status=1)
        self.assertIn('there is no column "name"', wrong.stderr)

    def test_shifts(self):
        """One extension, day and night, over midnight and both changes of the clock; calls before and after."""
        calls = [call("2026-11-22T09:00", 2001), call("2026-11-22T23:30", 2001), call("2026-11-23T03:00", 2001),
                 call("2026-04-23T23:59", 2001), call("2026-04-24T01:30", 2001), call("2026-04-24T12:00", 2001),
                 call("2026-11-20T03:00", 2001), call("2026-11-21T03:00", 2001)]
        self.record(*calls[:4])
        self.run_("agent", "import", self.table(f"extension,name,latin_name,days,hours\n2001,{AHMED},Ahmed,,8-20\n2001,{MONA},Mona,sun-thu,20-8\n"))
        self.record(*calls[4:])
        by_time = {at.astimezone(CAIRO).strftime("%m-%d %H:%M"): row["agent_name"] for row in self.library.rows("search")
                   for at in [datetime.datetime.fromisoformat(row["started_at"].replace("Z", "+00:00"))]}
        self.assertEqual(by_time, {"11-22 09:00": AHMED, "11-22 23:30": MONA, "11-23 03:00": MONA, "04-23 23:59": MONA,
                                   "04-24 01:30": MONA, "04-24 12:00": AHMED, "11-20 03:00": MONA, "11-21 03:00": None})
        self.assertEqual(len(self.found("--agent", "mona")), 5)
        self.assertEqual(len(self.found("--agent", "احمد")), 2)
        self.assertEqual(len(self.found("mona")), 5)
        self.assertEqual(len(self.found("--agent", "2001")), 8)
        self.assertEqual(self.sql("SELECT count(*) FROM agent WHERE renew_from IS NOT NULL"), [(0,)])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
