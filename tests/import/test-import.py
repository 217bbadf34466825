#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Recordings of other systems through earshot import, held against the sound they were made of by other people's decoders.

Arguments: the program, tests/encode and tests/whole."""
import hashlib, json, os, pathlib, shutil, signal, sqlite3, subprocess, sys, tempfile, time, unittest

PROGRAM = os.path.abspath(sys.argv[1])
sys.path[:0] = sys.argv[2:4]
import numpy as np
from earshot import Library
from lab import talk
from sound import accepted_by_all, best_offset, decode

A = talk(9, start=0.4)
B = talk(9, start=3.6, pause=2.5, voice="en+f3", seed=2)


def write(path, samples, *options, rate=8000):
    """Samples (one column a channel) as a sound file that sox makes."""
    data = np.ascontiguousarray(np.asarray(samples).astype("<i2"))
    channels = 1 if data.ndim == 1 else data.shape[1]
    subprocess.run(["sox", "-D", "-t", "s16", "-r", str(rate), "-c", str(channels), "-", *options, str(path)], input=data.tobytes(),
                   check=True, capture_output=True)
    return pathlib.Path(path)


def likeness(heard, sent):
    """The correlation at the best shift, and the shift in samples."""
    length = min(len(heard), len(sent)) - 1600
    shift, value = best_offset(heard[800:800 + length], np.concatenate([sent.astype(float), np.zeros(1600)])[:length + 1600], 800)
    return value, shift


class Import(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.place.name)
        self.input = self.folder / "in"
        self.input.mkdir()
        self.libraries = []

    def tearDown(self):
        for library in self.libraries:
            self.assertEqual([p.name for p in library.path.glob("spool/*")], [])
            known = {r[0] for r in self.query(library, "SELECT file FROM call WHERE file IS NOT NULL")}
            there = {str(p.relative_to(library.path)) for p in library.path.glob("recordings/**/*") if p.is_file()}
            self.assertEqual(there, known)
            library.folder.cleanup()
        self.place.cleanup()

    def library(self, config=""):
        self.libraries.append(Library(PROGRAM, config))
        return self.libraries[-1]

    def query(self, library, sql):
        return sqlite3.connect(f"file:{library.path}/index.sqlite?mode=ro", uri=True).execute(sql).fetchall()

    def by_name(self, library, *arguments, **options):
        return {r["original_name"]: r for r in library.rows("import", *arguments, **options)}

    # --- formats ---

    def test_formats(self):
        wide = talk(9, rate=16000, start=0.4)
        cases = {"pcm.wav": (A, 8000, []), "law.wav": (A, 8000, ["-e", "mu-law"]), "alaw.wav": (A, 8000, ["-e", "a-law"]),
                 "wav49.wav": (A, 8000, ["-e", "gsm"]), "x.gsm": (A, 8000, []), "x.ulaw": (A, 8000, ["-t", "ul"]),
                 "x.alaw": (A, 8000, ["-t", "al"]), "x.sln": (A, 8000, ["-t", "s16"]), "x.sln16": (wide, 16000, ["-t", "s16"]),
                 "x.aiff": (wide, 16000, []), "x.flac": (wide, 16000, []), "x.ogg": (wide, 16000, []), "float.wav": (wide, 16000, ["-e", "float"]),
                 "odd.wav": (A, 8000, ["-r", "11025"]), "cd.wav": (wide, 16000, ["-r", "44100"])}
        for name, (samples, rate, options) in cases.items():
            write(self.input / name, samples, *options, rate=rate)
        subprocess.run(["ffmpeg", "-v", "error", "-i", self.input / "x.flac", "-b:a", "48k", self.input / "x.mp3"], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-i", self.input / "x.flac", "-f", "g722", self.input / "x.g722"], check=True)
        subprocess.run(["opusenc", "--quiet", self.input / "x.flac", self.input / "x.opus"], check=True)
        rates = {"odd.wav": 16000, "cd.wav": 48000, "x.mp3": 16000, "x.g722": 16000, "x.opus": 16000}
        digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in self.input.iterdir()}
        library = self.library()
        rows = self.by_name(library, self.input)
        self.assertEqual(set(rows), set(digests))
        for name, row in rows.items():
            with self.subTest(name):
                samples, rate = cases[name][:2] if name in cases else (wide, 16000)
                self.assertEqual((row["outcome"], row["outcome_reason"]), ("recorded", None))
                self.assertEqual(row["original_sha256"], digests[name])
                self.assertAlmostEqual(row["audio_ms"], 9000, delta={"x.mp3": 80, "wav49.wav": 45}.get(name, 25))
                self.assertEqual(row["sample_rate_hz"], rates.get(name, rate))
                path = library.audio(row)
                self.assertIsNone(accepted_by_all(path))
                value, shift = likeness(decode(path, rate)[:, 0], samples)
                self.assertGreater(value, 0.85)
                self.assertLessEqual(abs(shift) / rate, 0.003 if name not in ("x.g722", "x.mp3") else 0.03)
                self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), self.query(
                    library, f"SELECT file_sha256 FROM call WHERE uuid='{row['id']}'")[0][0])
        self.assertEqual({p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in self.input.iterdir()}, digests)

    def test_level(self):
        write(self.input / "a.wav", A)
        library = self.library()
        row = library.rows("import", self.input)[0]
        heard = decode(library.audio(row))[:, 0]
        self.assertLess(abs(20 * np.log10(np.std(heard) / np.std(A.astype(float)))), 1)

    def test_opus_is_kept(self):
        write(self.input / "a.flac", A)
        subprocess.run(["opusenc", "--quiet", self.input / "a.flac", self.input / "a.opus"], check=True)
        library = self.library()
        row = library.rows("import", self.input / "a.opus")[0]

        def packets(path):
            done = subprocess.run(["ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5", "-of", "json", path],
                                  check=True, capture_output=True)
            return [p["data_hash"] for p in json.loads(done.stdout)["packets"]]

        self.assertEqual(packets(library.audio(row)), packets(self.input / "a.opus"))
        tags = subprocess.run(["opusinfo", library.audio(row)], capture_output=True, text=True).stdout
        self.assertIn(f"RECORDING_ID={row['id']}", tags)

    def test_mono_knows_no_sides(self):
        write(self.input / "a.wav", np.clip(A.astype(float) + B, -32768, 32767))
        library = self.library()
        row = library.show(library.rows("import", self.input)[0]["id"])
        self.assertEqual([l["role"] for l in row["legs"]], ["mixed"])
        self.assertRegex(library.run("show", row["id"]).stdout, "tension +not known: one mixed channel does not show talk-over, raised voices\n")
        for name in ("talk_over_ms", "greeting_ms", "raised_ms", "tension", "missing_ms"):
            self.assertIsNone(row[name], name)
        self.assertIsNotNone(row["dead_air_ms"])
        self.assertGreater(row["legs"][0]["speech_ms"], 2000)
        self.assertIsNone(row["legs"][0]["filled_ms"])
        self.assertEqual(row["legs"][0]["streams"], [])

    def test_stereo(self):
        write(self.input / "a.wav", np.stack([A, B], axis=1))
        (self.folder / "calls.csv").write_text("file,direction\na.wav,inbound\n")
        for left, roles, first in (("caller", ["customer", "agent"], A), ("agent", ["customer", "agent"], B)):
            with self.subTest(left):
                library = self.library("[record]\nchannels=split\n")
                row = library.show(library.rows("import", self.input, "--metadata", self.folder / "calls.csv", "--left", left)[0]["id"])
                self.assertEqual([l["role"] for l in row["legs"]], roles)
                heard = decode(library.audio(row))
                second = B if first is A else A
                for column, own, other in ((0, first, second), (1, second, first)):
                    self.assertGreater(likeness(heard[:, column], own)[0], 0.85)
                    self.assertLess(abs(likeness(heard[:, column], other)[0]), 0.25)
                # while one party alone speaks, nothing of it is on the other side
                self.assertLess(np.std(heard[4000:24000, 1 if first is A else 0]), 60)
                self.assertIsNotNone(row["talk_over_ms"])
                self.assertIsNotNone(row["tension"])
                agent = 3600 if left == "caller" else 400
                self.assertAlmostEqual(row["greeting_ms"], agent, delta=150)

    def test_cut(self):
        whole = {"a.wav": [], "b.ogg": [], "c.flac": [], "d.aiff": [], "e.wav": ["-e", "gsm"]}
        for n, (name, options) in enumerate(whole.items()):
            data = write(self.folder / name, np.roll(A, n), *options).read_bytes()
            (self.input / name).write_bytes(data[:len(data) * 6 // 10])
        header = bytearray(write(self.folder / "x.wav", B).read_bytes())
        header[40:44] = bytes(4)  # a recorder that was killed
        (self.input / "open.wav").write_bytes(header)
        library = self.library()
        rows = self.by_name(library, self.input)
        for name in whole:
            self.assertEqual(rows[name]["outcome"], "partial", name)
            self.assertIn(rows[name]["outcome_reason"], ("the original is cut off", "the original is damaged"))
            self.assertAlmostEqual(rows[name]["audio_ms"], 5400, delta=1000, msg=name)
        self.assertEqual((rows["open.wav"]["outcome_reason"], rows["open.wav"]["audio_ms"]), ("the original was not closed", 9000))

    def test_hostile(self):
        (self.input / "text.wav").write_text("not a sound\n")
        (self.input / "zero.wav").write_bytes(b"")
        data = write(self.folder / "a.wav", A).read_bytes()
        (self.input / "silly.wav").write_bytes(data[:24] + b"\1\0\0\0" + data[28:])  # 1 Hz
        (self.input / "empty.wav").write_bytes(data[:40] + bytes(4))
        write(self.input / "good.wav", A)
        library = self.library()
        done = library.run("import", self.input, "--json", status=1)
        rows = {r["original_name"]: r for r in map(json.loads, done.stdout.splitlines())}
        self.assertEqual({n: r["outcome"] for n, r in rows.items()}, {"good.wav": "recorded", "empty.wav": "none"})
        self.assertEqual(rows["empty.wav"]["outcome_reason"], "no audio in the original")
        for name in ("text.wav", "zero.wav", "silly.wav"):
            self.assertIn(name, done.stderr)
        self.assertIn("3 files could not be imported", done.stderr)

    # --- metadata ---

    def test_metadata(self):
        write(self.input / "تسجيل ١.wav", A)
        table = self.folder / "calls.csv"
        table.write_text("\ufeffFile Name;Start;Answered;End;src;dst;extension;Queue Name;client;Direction;uniqueid;ticket;labels;consent;notice;wait;customer name\r\n"
                         "تسجيل ١.wav;2026-11-20 09:30:15;2026-11-20 09:30:25;2026-11-20 09:30:34;٠١٠٠١٢٣٤٥٦٧;600;2001;دعم;بنك النيل;وارد;1763624415.123;T-7;غاضب, refund;yes;ar-1;0:10;أحمد\r\n")
        library = self.library()
        row = library.rows("import", self.input, "--metadata", table, "--timezone", "Africa/Cairo")[0]
        wanted = {"started_at": "2026-11-20T07:30:15.000Z", "answered_at": "2026-11-20T07:30:25.000Z", "ended_at": "2026-11-20T07:30:34.000Z",
                  "duration_ms": 9000, "audio_offset_ms": 10000, "wait_ms": 10000, "callee": "600", "agent": "2001", "client": "بنك النيل",
                  "direction": "inbound", "pbx_id": "1763624415.123", "business_id": "T-7", "consent_state": "given", "caller_name": "أحمد"}
        self.assertEqual({n: row[n] for n in wanted}, wanted)
        row = library.show(row["id"])
        self.assertEqual(sorted(row["tags"]), ["refund", "غاضب"])
        self.assertEqual(row["segments"][0]["queue"], "دعم")
        self.assertEqual([(e["state"], e["source"], e["notice"]) for e in row["consent"]], [("given", "import", "ar-1")])
        self.assertEqual([e for e in row["events"] if e["kind"] == "guessed"], [])
        self.assertEqual(len(library.rows("search", "--tag", "refund")), 1)
        tags = subprocess.run(["opusinfo", library.audio(row)], capture_output=True, text=True).stdout
        self.assertIn("CONSENT_STATE=given", tags)
        self.assertNotIn("أحمد", tags)

    def test_json_metadata(self):
        write(self.input / "a.wav", A)
        write(self.input / "b.wav", B)
        table = self.folder / "calls.json"
        table.write_text(json.dumps([{"file": "a.wav", "started_at": "2026-11-20T09:30:15+02:00", "caller": "100", "hold_ms": 1500, "tags": ["x", "y"]},
                                     {"file": str(self.input / "b.wav"), "started_at": "2026-11-20T09:31:15Z", "wait_ms": None}]))
        rows = self.by_name(self.library(), self.input, "--metadata", table)
        self.assertEqual((rows["a.wav"]["started_at"], rows["a.wav"]["hold_ms"]), ("2026-11-20T07:30:15.000Z", 1500))
        self.assertEqual((rows["b.wav"]["started_at"], rows["b.wav"]["wait_ms"]), ("2026-11-20T09:31:15.000Z", None))

    def test_mistakes(self):
        for name in ("a.wav", "b.wav", "c.wav", "d.wav"):
            write(self.input / name, np.roll(A, ord(name[0]) * 100))
        table = self.folder / "calls.csv"
        table.write_text("file,started_at,answered_at,direction,shoe\n"
                         "a.wav,2026-11-20 09:30:15,,inbound,9\n"
                         "b.wav,yesterday,,sideways,\n"
                         "gone.wav,2026-11-20 09:30:15,,,\n"
                         "c.wav,2026-11-20 09:30:15,2026-11-20 09:30:14,,\n")
        library = self.library()
        done = library.run("import", self.input, "--metadata", table, "--json", status=1)
        for mistake in ("calls.csv:3: started_at: ", "calls.csv:3: direction: ", "calls.csv:4: there is no file gone.wav",
                        "calls.csv:5: answered_at lies before started_at", "column “shoe” is not used", "4 mistakes; nothing was imported"):
            self.assertIn(mistake, done.stderr)
        self.assertEqual((done.stdout, self.query(library, "SELECT count(*) FROM call")), ("", [(0,)]))
        done = library.run("import", self.input, "--metadata", table, "--json", "--skip-wrong")
        self.assertEqual([json.loads(l)["original_name"] for l in done.stdout.splitlines()], ["a.wav"])
        self.assertIn("d.wav: no metadata, left out", done.stderr)

    def test_refused(self):
        write(self.input / "a.wav", A)
        table = self.folder / "calls.csv"
        table.write_text("file,started_at,consent_state\na.wav,2026-11-20 09:30:15,refused\n")
        library = self.library()
        row = library.rows("import", self.input, "--metadata", table)[0]
        self.assertEqual((row["outcome"], row["outcome_reason"], row["file"], row["consent_state"]), ("none", "consent refused", None, "refused"))
        self.assertEqual(list(library.path.glob("**/*.opus")), [])
        self.assertEqual(library.rows("import", self.input), [])  # without the table it does not come in either

    def test_refused_by_call(self):
        """A no holds for every copy of the call's recording, and for its words."""
        name = "in-2001-01001234567-20261120-093015-1763624415.123.wav"
        path = write(self.input / name, A[:16000])
        library = self.library()
        log = self.folder / "queue_log"
        log.write_text("1763624420|1763624415.123|600|NONE|ENTERQUEUE||01001234567|1\n1763624430|1763624415.123|600|NONE|ABANDON|1|1|10\n")
        library.run("import", "--queue-log", log)
        row = library.rows("search", "--outcome", "none")[0]
        library.run("consent", row["id"], "add", "refused")
        words = path.with_suffix(".vtt")
        words.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nzebra\n")
        done = library.rows("import", "--asterisk", self.input)[0]
        self.assertEqual((done["id"], done["outcome"], done["file"]), (row["id"], "none", None))
        path.write_bytes(write(self.folder / "b.wav", A[:15000]).read_bytes())  # the same call once more, cut otherwise
        self.assertEqual([r["outcome"] for r in library.rows("import", "--asterisk", self.input)], ["none"])
        self.assertIn("consent was refused", library.run("import", "--transcript", row["id"], words, status=1).stderr)
        library.run("search", "zebra", status=3)
        self.assertEqual(list(library.path.glob("**/*.opus")), [])

    def test_guessed_start(self):
        path = write(self.input / "a.wav", A)
        os.utime(path, (1763624415, 1763624415))
        library = self.library()
        row = library.show(library.rows("import", self.input)[0]["id"])
        self.assertEqual(row["started_at"], "2025-11-20T07:40:06.000Z")
        self.assertEqual([e["kind"] for e in row["events"]], ["guessed"] * 2)  # start; answer and end

    # --- once, whatever happens ---

    def test_twice(self):
        write(self.input / "a.wav", A)
        library = self.library()
        self.assertEqual(len(library.rows("import", self.input)), 1)
        os.utime(self.input / "a.wav", (1, 1))
        done = library.run("import", self.input)
        self.assertIn("1 known already", done.stdout)
        self.assertEqual(done.stderr, "")
        shutil.copy(self.input / "a.wav", self.input / "b.wav")
        done = library.run("import", self.input)
        self.assertIn("b.wav: the same audio as a.wav", done.stderr)
        self.assertEqual(self.query(library, "SELECT count(*) FROM call"), [(1,)])

    def test_known_with_another_table(self):
        """What a table says otherwise of a file that is known changes nothing, and that is said."""
        write(self.input / "a.wav", A[:8000])
        table = self.folder / "calls.csv"
        table.write_text("file,started_at,agent\na.wav,2026-11-20 09:30:15,2001\n")
        library = self.library()
        library.run("import", self.input, "--metadata", table)
        self.assertEqual(library.run("import", self.input, "--metadata", table).stderr, "")
        table.write_text("file,started_at,agent\na.wav,2026-11-20 09:30:15,2002\n")
        done = library.run("import", self.input, "--metadata", table)
        self.assertIn("a.wav: known already as", done.stderr)
        self.assertEqual(self.query(library, "SELECT agent FROM segment"), [("2001",)])

    def test_threads_make_no_difference(self):
        for n in range(8):
            write(self.input / f"{n}.wav", np.roll(A, n * 777)[:24000])

        def facts(threads):
            library = self.library()
            rows = library.rows("import", self.input, "--threads", threads)
            return {r["original_name"]: (r["audio_ms"], r["dead_air_ms"], r["started_at"], r["outcome"],
                                         hashlib.sha256(decode(library.audio(r)).tobytes()).hexdigest()) for r in rows}

        self.assertEqual(facts(1), facts(2))

    def test_killed(self):
        for n in range(12):
            write(self.input / f"{n:02}.wav", np.tile(np.roll(A, n * 333), 2))
        library = self.library()
        for wait in (0.2, 0.5, 0.8):
            process = subprocess.Popen([PROGRAM, "--library", library.path, "import", self.input, "--json"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=library.environment)
            time.sleep(wait)
            process.kill()
            told = {json.loads(l)["id"] for l in process.communicate()[0].splitlines() if l.endswith(b"}")}
            for uuid, file in self.query(library, "SELECT uuid, file FROM call"):
                self.assertIsNone(accepted_by_all(library.path / file))
                told.discard(uuid)
            self.assertEqual(told, set())  # what was told is there
        library.run("import", self.input)
        self.assertEqual(self.query(library, "SELECT count(*), count(DISTINCT original_sha256) FROM call"), [(12, 12)])

    def test_journal(self):
        """Killed between moving recordings and committing their rows."""
        library = self.library()
        write(self.input / "a.wav", A)
        kept = library.rows("import", self.input)[0]
        lost = "recordings/default/2026/01/01/019b0000-0000-7000-8000-000000000001.opus"
        (library.path / lost).parent.mkdir(parents=True)
        shutil.copy(library.audio(kept), library.path / lost)
        spool = library.path / "spool/import-x"
        spool.mkdir()
        (spool / "journal").write_text(f"{lost}\n{kept['file']}\nrecordings/../earshot.conf\n../../etc/passwd\n")
        (spool / "half").write_text("x")
        library.run("import", self.input)
        self.assertFalse((library.path / lost).exists())
        self.assertTrue(library.audio(kept).exists())
        self.assertTrue((library.path / "earshot.conf").exists())

    def test_commit_fails(self):
        """Recordings whose rows cannot be written are taken back by the next import."""
        write(self.input / "a.wav", A)
        library = self.library()
        database = sqlite3.connect(library.path / "index.sqlite")
        database.execute("CREATE TRIGGER no BEFORE INSERT ON call BEGIN SELECT raise(ABORT, 'no'); END")
        database.commit()
        library.run("import", self.input, status=1)
        self.assertEqual(len(list(library.path.glob("recordings/**/*.opus"))), 1)
        database.execute("DROP TRIGGER no")
        database.commit()
        database.close()
        library.run("import", self.input)
        self.assertEqual(self.query(library, "SELECT count(*) FROM call"), [(1,)])  # and tearDown: one file

    def test_pipe_is_refused(self):
        os.mkfifo(self.folder / "pipe.wav")
        library = self.library()
        self.assertIn("neither a file nor a directory", library.run("import", self.folder / "pipe.wav", status=2).stderr)

    def test_stopped(self):
        for n in range(16):
            write(self.input / f"{n:02}.wav", np.tile(np.roll(A, n * 333), 3))
        library = self.library()
        process = subprocess.Popen([PROGRAM, "--library", library.path, "import", self.input, "--threads", "1"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=library.environment)
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ""))
        self.assertIn("stopped", output)
        some = self.query(library, "SELECT count(*) FROM call")[0][0]
        self.assertLess(some, 16)
        library.run("import", self.input)
        self.assertEqual(self.query(library, "SELECT count(*) FROM call"), [(16,)])

    def test_dry_run(self):
        write(self.input / "a.wav", A)
        library = self.library()
        self.assertIn("1 recording would be imported", library.run("import", self.input, "--dry-run").stdout)
        self.assertEqual(self.query(library, "SELECT count(*) FROM call"), [(0,)])

    # --- transcripts ---

    def test_transcripts(self):
        write(self.input / "a.wav", A)
        write(self.input / "b.wav", B)
        (self.input / "a.vtt").write_text("\ufeffWEBVTT - call\n\nNOTE nothing\n\nSTYLE\n::cue {}\n\nfirst\n00:01.500 --> 00:00:03.000 align:start\n"
                                          "<v Ahmed>أهلاً بيك في <b>بنك</b> النيل &amp; شركاه\n<v.loud Mona Ali>مرحبا\n\n00:04.000 --> 00:05.000\nthe refund\nplease\n")
        (self.input / "b.json").write_text(json.dumps({"segments": [{"start": 1.25, "end": 2, "text": " swallowed card"}]}))
        library = self.library()
        rows = self.by_name(library, self.input)
        cues = self.query(library, f"SELECT start_ms, end_ms, speaker, text FROM transcript t JOIN call c ON c.id = t.call "
                                   f"WHERE uuid = '{rows['a.wav']['id']}' ORDER BY n")
        self.assertEqual(cues, [(1500, 3000, "Ahmed", "أهلاً بيك في بنك النيل & شركاه"), (1500, 3000, "Mona Ali", "مرحبا"),
                                (4000, 5000, None, "the refund please")])
        self.assertEqual([r["id"] for r in library.rows("search", "swallowed")], [rows["b.wav"]["id"]])
        late = self.folder / "late.json"
        late.write_text(json.dumps({"cues": [{"start": 0, "end": 1, "speaker": "agent", "text": "zebra"}]}))
        library.run("search", "swallowed")
        library.run("import", "--transcript", "@1", late)
        self.assertEqual([r["id"] for r in library.rows("search", "zebra")], [rows["b.wav"]["id"]])
        library.run("search", "swallowed", status=3)

    def test_wrong_transcripts(self):
        write(self.input / "a.wav", A)
        library = self.library()
        row = library.rows("import", self.input)[0]
        for text, complaint in (("WEBVTT\n\n00:05.000 --> 00:04.000\nx\n", "t.vtt:3: not the times"), ("hello", "neither WebVTT nor JSON"),
                                ('{"a": 1}', "no “cues” or"), ("[" * 5000, "not JSON"), ("WEBVTT\n\nNOTE x\n", "no words")):
            (self.folder / "t.vtt").write_text(text)
            self.assertIn(complaint, library.run("import", "--transcript", row["id"], self.folder / "t.vtt", status=1).stderr)

    # --- a monitor folder ---

    def test_monitor(self):
        day = self.input / "2026/11/20"
        day.mkdir(parents=True)
        names = {"q-600-01001234567-20261120-093015-1763624415.123.wav": ("inbound", "01001234567", "600", None, "1763624415.123"),
                 "external-2001-01001234568-20261120-093115-pbx1-1763624475.124.wav": ("inbound", "01001234568", "2001", "2001", "pbx1-1763624475.124"),
                 "out-01001234569-2002-20261120-093215-1763624535.125.wav": ("outbound", "2002", "01001234569", "2002", "1763624535.125"),
                 "exten-2001-2003-20261120-093315-1763624595.126.wav": ("internal", "2003", "2001", "2001", "1763624595.126")}
        for n, name in enumerate(names):
            write(day / name, np.roll(A, n * 500))
        write(day / "rg-601-01001234560-20261120-093415-1763624655.127-in.wav", A)
        write(day / "rg-601-01001234560-20261120-093415-1763624655.127-out.wav", B)
        write(day / "holiday.wav", np.roll(B, 300))
        library = self.library("[record]\nchannels=split\n")
        done = library.run("import", "--asterisk", self.input, "--timezone", "Africa/Cairo", "--json")
        rows = {r["original_name"]: r for r in map(json.loads, done.stdout.splitlines())}
        for name, wanted in names.items():
            row = rows[name]
            self.assertEqual((row["direction"], row["caller"], row["callee"], row["agent"], row["pbx_id"]), wanted, name)
        self.assertEqual(rows["q-600-01001234567-20261120-093015-1763624415.123.wav"]["started_at"], "2026-11-20T07:30:15.000Z")
        pair = next(r for n, r in rows.items() if n.startswith("rg-"))
        self.assertEqual((pair["channels"], pair["original_sha256"].count(",")), (2, 1))
        heard = decode(library.audio(pair))
        self.assertGreater(likeness(heard[:, 0], A)[0], 0.85)
        self.assertGreater(likeness(heard[:, 1], B)[0], 0.85)
        self.assertIn("holiday.wav: the name does not tell", done.stderr)

    def test_fills_the_row_of_a_log(self):
        """A call that the telephone system's log told of and whose recording comes later."""
        write(self.input / "a.wav", A)
        library = self.library()
        table = self.folder / "calls.csv"
        table.write_text("file,started_at,pbx_id,queue,agent,wait,caller,consent\na.wav,2026-11-20T09:30:15Z,1763624415.123,support,2001,12,100,refused\n")
        first = library.rows("import", self.input, "--metadata", table)[0]
        database = sqlite3.connect(library.path / "index.sqlite")  # as the log's own import leaves it
        database.execute("UPDATE call SET outcome_reason = 'no recording', source_key = 'log|1', original_sha256 = NULL, consent_state = 'unknown'")
        database.execute("DROP TRIGGER consent_no_delete") if database.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'consent_no_delete'").fetchone() else None
        database.execute("DELETE FROM consent")
        database.commit()
        database.close()
        table.write_text("file,pbx_id\na.wav,1763624415.123\n")
        row = library.rows("import", self.input, "--metadata", table)[0]
        self.assertEqual(row["id"], first["id"])
        self.assertEqual((row["outcome"], row["wait_ms"], row["agent"], row["caller"], row["started_at"]),
                         ("recorded", 12000, "2001", "100", first["started_at"]))
        self.assertEqual(library.show(row["id"])["segments"][0]["queue"], "support")
        self.assertEqual(self.query(library, "SELECT count(*) FROM call"), [(1,)])


unittest.main(argv=sys.argv[:1], verbosity=1)
