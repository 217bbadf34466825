# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""rubric new and rubric import: what an editor or a spreadsheet gave, as sqlite3 and the answers' score see it.

Argument: the program.
"""
import json, os, pathlib, sqlite3, subprocess, sys, tempfile, unittest

PROGRAM = os.path.abspath(sys.argv[1])
FORM = """\ufeffSection;Section weight;Question;Question (ar);Answers;Points;Critical;Guidance;N/A
Opening;;Greets with name?;هل ذكر اسمه؟;yes/no;5;;Name \\ company;
;;Tone;النبرة;1-5;10;;;yes
Solution;60;Solved?;;"Solved=2; Promised=1; Lost=0";30;yes;;
"""


class Write(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.run_earshot("init")

    def run_earshot(self, *words, editor="false", **options):
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder), "EDITOR": editor,
                       "XDG_STATE_HOME": str(self.folder / "state"), "EARSHOT_LIBRARY": str(self.folder / "library")}
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, env=environment, **options)

    def editor(self, script):
        path = self.folder / "editor"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return str(path)

    def stored(self):
        with sqlite3.connect(self.folder / "library/index.sqlite") as db:
            return db.execute("SELECT id, version, text FROM rubric JOIN rubric_text USING (sha256) ORDER BY seq").fetchall()

    def test_new(self):
        done = self.run_earshot("rubric", "new", "floor", editor=self.editor("sed -i 's/^title=New rubric/title=Floor/' \"$1\"\n"))
        self.assertEqual((done.returncode, done.stdout), (0, "added floor 1\n"))
        (identity, version, text), = self.stored()
        self.assertEqual((identity, version), ("floor", "1"))
        self.assertIn("\nid=floor\n", text)
        self.assertIn("\ntitle=Floor\n", text)
        again = self.run_earshot("rubric", "new", "floor", "--from", "floor", editor=self.editor("echo '# more' >> \"$1\"\n"))
        self.assertEqual(again.stdout, "added floor 2\n")
        self.assertFalse(list((self.folder / "state").rglob("*.rubric")))

    def test_nothing_changed(self):
        done = self.run_earshot("rubric", "new", "floor", editor="true")
        self.assertEqual((done.returncode, self.stored()), (0, []))

    def test_mistakes_cost_nothing(self):
        wrong = self.run_earshot("rubric", "new", "floor", editor=self.editor("sed -i 's/^pass=80/pass=800/; s/^weight=40/weight=x/' \"$1\"\n"))
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("[rubric] pass: 800", wrong.stderr)
        self.assertIn("[section opening] weight", wrong.stderr)
        self.assertEqual(self.stored(), [])
        mended = self.run_earshot("rubric", "new", "floor", editor=self.editor("sed -i 's/^pass=800/pass=70/; s/^weight=x/weight=1/' \"$1\"\n"))
        self.assertEqual(mended.returncode, 0, mended.stderr)
        self.assertIn("\npass=70\n", self.stored()[0][2])

    def test_editor_fails(self):
        done = self.run_earshot("rubric", "new", "floor", editor="false")
        self.assertEqual((done.returncode, self.stored()), (1, []))
        again = self.run_earshot("rubric", "new", "floor", editor="true")  # the example is still nobody's rubric
        self.assertEqual((again.returncode, self.stored()), (0, []))
        self.assertIn("nothing was changed", again.stderr)

    def test_import(self):
        form = self.folder / "Floor form.csv"
        form.write_text(FORM, encoding="utf-8")
        done = self.run_earshot("rubric", "import", form, "--title", "نموذج الصالة")
        self.assertEqual((done.returncode, done.stdout), (0, "added floor-form 1\n"), done.stderr)
        shown = json.loads(self.run_earshot("rubric", "show", "floor-form", "--json").stdout)
        self.assertEqual(shown["title"], "نموذج الصالة")
        self.assertEqual([s["weight"] for s in shown["sections"]], [15, 60])
        greets, tone, solved = shown["questions"]
        self.assertEqual((greets["type"], greets["weight"], greets["guidance"]), ("yes-no", 5, "Name \\ company"))
        self.assertEqual([o["score"] for o in tone["options"]], [0.2, 0.4, 0.6, 0.8, 1.0])
        self.assertEqual((tone["na"], solved["na"], solved["critical"]), (True, False, "customer"))
        self.assertEqual([o["label"] for o in solved["options"]], ["Solved", "Promised", "Lost"])
        arabic = json.loads(self.run_earshot("--lang", "ar", "rubric", "show", "floor-form", "--json").stdout)
        self.assertEqual(arabic["questions"][0]["text"], "هل ذكر اسمه؟")

    def test_import_windows_1256(self):
        form = self.folder / "form.csv"
        form.write_bytes("السؤال;الدرجة\r\nهل رحّب بالعميل؟;5\r\n".encode("cp1256"))
        self.assertEqual(self.run_earshot("rubric", "import", form).returncode, 0)
        self.assertIn("هل رحّب بالعميل؟", self.stored()[0][2])

    def test_import_mistakes(self):
        form = self.folder / "form.csv"
        form.write_text("question,weight,answers,critical\nA,heavy,yes/no,\nB,1,strange,\nC,1,,maybe\n")
        done = self.run_earshot("rubric", "import", form)
        self.assertEqual((done.returncode, self.stored()), (1, []))
        for line, column in ((2, "weight"), (3, "answers"), (4, "critical")):
            self.assertIn(f"form.csv:{line}: {column}: ", done.stderr)
        form.write_text("colour,size\nred,1\n")
        self.assertIn("form.csv:1: ", self.run_earshot("rubric", "import", form).stderr)

    def test_output(self):
        form, out = self.folder / "form.csv", self.folder / "out.rubric"
        form.write_text("question\nA good greeting?\n")
        self.assertEqual(self.run_earshot("rubric", "import", form, "-o", out).returncode, 0)
        self.assertEqual(self.run_earshot("rubric", "check", out).returncode, 0)
        self.assertEqual(self.run_earshot("rubric", "import", form, "-o", out).returncode, 1)
        self.assertEqual(self.stored(), [])


unittest.main(argv=sys.argv[:1])
