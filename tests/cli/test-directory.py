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
        self.assertIn("there is no column “name”", wrong.stderr)

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

    def test_unknown(self):
        self.run_("agent", "unknown", status=3)
        self.record(*(call(f"2026-11-{day}T10:00", n) for day in (17, 18) for n in (2001, 2741, 2742, 2743)), call("2026-11-19T10:00", "office"))
        self.run_("agent", "add", "2001", AHMED, "--to", "2026-11-17")
        rows = self.library.rows("agent", "unknown")
        self.assertEqual([(r["extension"], r["calls"], r["first"], r["last"]) for r in rows],
                         [("2001", 1, "2026-11-18T08:00:00.000Z", "2026-11-18T08:00:00.000Z")] +
                         [(n, 2, "2026-11-17T08:00:00.000Z", "2026-11-18T08:00:00.000Z") for n in ("2741", "2742", "2743")])
        self.assertEqual([r["calls"] for r in self.library.rows("agent", "unknown", "--since", "2026-11-18")], [1, 1, 1, 1])
        self.assertIn("27xx: extensions: 3, calls: 6", self.run_("agent", "unknown").stdout)
        table = self.run_("agent", "unknown", "--csv").stdout
        for n, name in (("2001", AHMED), ("2741", MONA), ("2742", "Omar"), ("2743", "Ali")):
            table = table.replace(f"\n{n},,", f"\n{n},{name},")
        self.assertEqual(self.library.rows("agent", "import", self.table(table))[-1]["added"], 3)
        self.run_("agent", "unknown", status=3)

    def test_remap(self):
        """What a trial shows is what is done; rules and people win; the history tells; a second run finds nothing."""
        self.run_("agent", "add", "2001", AHMED, "--client", "Nile Bank", "--team", "support")
        self.run_("agent", "add", "2002", "Omar")
        self.record(*(call(f"2026-11-{17 + day}T{hour}:00", n) for day in (0, 1) for hour in ("10", "21") for n in (2001, 2002)),
                    call("2026-11-18T21:30", 2001, X_Client="Red"), call("2026-11-18T21:40", 2001))
        last = self.sql("SELECT uuid FROM call ORDER BY id DESC LIMIT 1")[0][0]
        self.run_("correct", last, "client=Acme", "--reason", "it was ours")
        self.run_("agent", "import", self.table(f"ext,name,latin,client,team,hours,from\n2001,{AHMED},,Delta,support,8-20,2026-01-01\n"
                                                f"2001,{MONA},Mona,Delta,,20-8,2026-01-01\n"))
        before = self.sql("SELECT * FROM call JOIN segment ON call = id")
        trial = self.library.rows("agent", "remap", "--from", "2026-11-01", "--dry-run")
        self.assertEqual(self.sql("SELECT * FROM call JOIN segment ON call = id"), before)
        self.assertEqual([(r["field"], r.get("old"), r.get("new"), r["calls"]) for r in trial[:-1]],
                         [("client", "Nile Bank", "Delta", 4), ("agent_name", AHMED, MONA, 4), ("team", "support", None, 4)])
        self.assertEqual((trial[-1]["calls"], trial[-1]["calls_changed"]), (10, 6))
        self.assertEqual(self.library.rows("agent", "remap", "--from", "2026-11-18", "--to", "2026-11-18", "--dry-run")[-1]["calls_changed"], 4)
        self.assertEqual(self.library.rows("agent", "remap", "--from", "2026-11-01"), trial)
        self.assertEqual([r["field"] for r in self.library.rows("agent", "remap", "--from", "2026-11-01")], ["summary"])
        self.assertEqual(self.sql("SELECT client, count(*) FROM call GROUP BY 1"), [("Acme", 1), ("Delta", 4), ("Red", 1), ("default", 4)])
        self.assertEqual(set(self.sql("SELECT agent_name, team, count(*) FROM segment GROUP BY 1, 2")),
                         {(AHMED, "support", 2), (MONA, None, 4), ("Omar", None, 4)})
        self.assertEqual(self.sql("SELECT field, count(*) FROM correction WHERE source = 'remap' GROUP BY 1"),
                         [("agent_name", 4), ("client", 4), ("team", 4)])
        self.assertEqual((len(self.found("mona")), len(self.found("--agent", "منى")), len(self.found("--agent", "ahmed")), len(self.found("احمد"))),
                         (4, 4, 0, 2))
        shown = self.library.show(last)["corrections"]
        self.assertEqual([(c["field"], c["old"], c["new"], c["source"], c["reason"]) for c in shown],
                         [("client", "Nile Bank", "Acme", "person", "it was ours"), ("agent_name", AHMED, MONA, "remap", None),
                          ("team", "support", None, "remap", None)])

    def test_correct(self):
        self.run_("agent", "add", "2002", MONA, "--latin", "Mona")
        self.record(call("2026-11-17T10:00", 2001), call("2026-11-17T11:00", 2001, caller="01550000000"))
        first, second = (row[0] for row in self.sql("SELECT uuid FROM call ORDER BY id"))
        for words in (["started_at=1"], ["audio_ms=3"], ["client="], ["direction=up"], ["agent"], ["segment2.agent=2002"], ["segment0.agent=1"], ["segment1.caller=5"],
                      ["client=" + "x" * 65], ["client=Right", "sip_status=200"]):
            self.assertEqual(self.run_("correct", first, *words, "--reason", "x", status=None).returncode in (1, 2), True, words)
        self.assertEqual(self.run_("correct", first, "client=x", status=2).returncode, 2)
        self.assertEqual(self.sql("SELECT count(*) FROM correction"), [(0,)])
        self.run_("correct", first, "caller=01550000000", "segment1.agent=2002", "queue=vip", "business_id=T-17", "--reason", "خط خاطئ")
        self.assertEqual(self.sql("SELECT repeats FROM call ORDER BY id"), [(0,), (1,)])
        self.assertEqual((self.found("--agent", "mona"), self.found("--queue", "VIP"), self.found("--caller", "50000000").__len__()),
                         (self.found("--agent", "2002"), self.found("منى"), 2))
        row = self.library.show(first)
        self.assertEqual((row["caller"], row["agent"], row["agent_name"], row["business_id"]), ("01550000000", "2002", MONA, "T-17"))
        text = self.run_("show", first).stdout
        self.assertIn("Corrections", text)
        self.assertIn("خط خاطئ", text)
        audit = self.sql("SELECT call_uuid, params_json FROM audit WHERE operation = 'call.correct' AND result = 'ok'")
        self.assertEqual([row[0] for row in audit], [first])
        self.assertNotIn("خاطئ", audit[0][1])
        self.run_("correct", first, "queue=", "--reason", "none")
        self.assertIsNone(self.library.show(first)["segments"][0]["queue"])

    def test_file(self):
        """Another client's recording lies in its folder, whenever the machine stopped."""
        self.record(call("2026-11-17T10:00", 2001))
        uuid = self.sql("SELECT uuid FROM call")[0][0]
        old = f"recordings/default/2026/11/17/{uuid}.opus"
        path = self.library.path / old
        path.parent.mkdir(parents=True)
        path.write_bytes(b"sound")
        with sqlite3.connect(self.library.path / "index.sqlite") as index:
            index.execute("UPDATE call SET file = ?", (old,))
        self.run_("correct", uuid, "client=بنك النيل", "--reason", "x")
        new = f"recordings/بنك-النيل/2026/11/17/{uuid}.opus"
        moved = self.library.path / new
        self.assertEqual(self.sql("SELECT file FROM call"), [(new,)])
        self.assertEqual((moved.read_bytes(), moved.stat().st_nlink, path.exists()), (b"sound", 1, False))
        self.run_("correct", uuid, "client=default", "--reason", "back")
        self.assertEqual((path.read_bytes(), path.stat().st_nlink, moved.exists()), (b"sound", 1, False))
        # Stopped before the commit: the second name is there, the row says the first; and after it.
        moved.hardlink_to(path)
        self.run_("correct", uuid, "client=بنك النيل", "--reason", "again")
        self.assertEqual((moved.stat().st_nlink, path.exists()), (1, False))
        path.hardlink_to(moved)
        self.run_("correct", uuid, "client=بنك النيل", "--reason", "the same")
        self.assertEqual((moved.stat().st_nlink, path.exists()), (1, False))
        # A stranger's file in the way is not touched.
        path.write_bytes(b"other")
        self.assertIn("stays in the folder", self.run_("correct", uuid, "client=default", "--reason", "x").stderr)
        self.assertEqual((path.read_bytes(), moved.read_bytes(), self.sql("SELECT file, client FROM call")), (b"other", b"sound", [(new, "default")]))

    def test_clients(self):
        self.record(call("2026-11-17T10:00", 2001, X_Client="nile"), call("2026-11-18T10:00", 2001, X_Client="nile"), call("2026-11-18T11:00", 2002))
        self.run_("agent", "add", "2003", "Omar", "--client", "delta")
        with open(self.library.path / "earshot.conf", "a") as config:
            config.write("[number 19555]\nclient=red\n")
        self.run_("client", "add", "nile", "--name", "بنك النيل")
        self.run_("client", "add", "nile", "--latin", "Nile Bank")
        rows = {r["client"]: r for r in self.library.rows("client", "list")}
        self.assertEqual({k: (r["calls"], r["entered"], r["configured"]) for k, r in rows.items()},
                         {"nile": (2, True, False), "default": (1, False, False), "delta": (0, False, False), "red": (0, False, True)})
        self.assertEqual((rows["nile"]["name"], rows["nile"]["latin_name"], rows["nile"]["last"]), ("بنك النيل", "Nile Bank", "2026-11-18T08:00:00.000Z"))
        for name in ("nile", "بنك النيل", "nile bank", "بنكِ النيل"):
            self.assertEqual(len(self.found("--client", name)), 2, name)
        self.assertEqual(self.found("--client", "bank"), [])
        # Whoever writes the name for people means the same client.
        self.run_("agent", "import", self.table("ext,name,client,from\n2004,Mona,بنك النيل,\n2005,Ali,NILE BANK,2026-02-01\n"), "--from", "2026-01-01")
        self.run_("agent", "add", "2006", "Huda", "--client", "Nile bank")
        last = self.sql("SELECT uuid FROM call ORDER BY id DESC LIMIT 1")[0][0]
        self.run_("correct", last, "client=بنك النيل", "--reason", "x")
        self.assertEqual(self.sql("SELECT client FROM call WHERE uuid = ?", last), [("nile",)])
        self.assertEqual(self.sql("SELECT DISTINCT client FROM agent WHERE extension > 2003"), [("nile",)])
        # The same table once more changes nothing: who was there since January still is.
        again = self.library.rows("agent", "import", self.folder / "floor.csv", "--from", "2026-03-01")
        self.assertEqual((again[-1]["unchanged"], again[-1]["changed"]), (2, 0))

    def test_hostile_tables(self):
        self.assertEqual(self.run_("agent", "import", self.table("ext,name" + ",c" * 10000 + "\n1,Ali" + ",x" * 10000 + "\n")).stderr.count("\n"), 21)
        self.assertIn("floor.csv:2: the row that begins here", self.run_("agent", "import", self.table('ext,name\n2,"Mona\n3,Omar\n'), status=1).stderr)
        self.assertIn("floor.csv:2: there is a zero byte", self.run_("agent", "import", self.table("ext,name\n2,Mo\0na\n"), status=1).stderr)
        self.assertEqual(self.sql("SELECT extension FROM agent"), [("1",)])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
