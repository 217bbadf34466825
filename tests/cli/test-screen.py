# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The evaluator's screen, driven by keys in tmux as a person would, in both languages; what it stored is read with sqlite3.

Arguments: the program, the source folder.
"""
import http.client, itertools, os, pathlib, pty, re, select, shutil, signal, sqlite3, subprocess, sys, time, unittest
import urllib.parse

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path.insert(0, str(SOURCE / "tests/whole"))
import numpy as np
import calls
from earshot import Library
from tmux import Tmux

SECONDS = 20
WORDS = {"en": {"total": "total so far", "left": "your draft is kept", "begun": "answered: 2 of", "passed": "passed"},
         "ar": {"total": "المجموع حتى الآن", "left": "مسودتك محفوظة", "begun": "أُجيب: 2 من", "passed": "ناجحة"}}


class Terminal:
    """A shell in tmux of a certain size."""

    numbers = itertools.count()

    def __init__(self, library, width=80, height=24, **environment):
        self.status = pathlib.Path(library.folder.name) / f"status-{next(self.numbers)}"
        self.tmux = Tmux(["sh"], width, height, {**library.environment, "EARSHOT_LIBRARY": str(library.path), "PS1": "$ ", **environment})

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.tmux.close()

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def run(self, *arguments):
        self.type(" ".join([PROGRAM, *arguments]) + f"; echo $? > {self.status}")
        self.keys("Enter")

    def text(self, styles=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if styles else []))

    def plain(self):
        return re.sub("[\u2066-\u2069]", "", self.text())

    def wait(self, pattern, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            shown = self.plain()
            if re.search(pattern, shown, re.S):
                return shown
            time.sleep(0.03)
        raise AssertionError(f"{pattern!r} is not on the screen:\n{shown}")

    def ended(self, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.status.exists() and self.status.read_text().strip():
                code = int(self.status.read_text())
                self.status.unlink()
                return code
            time.sleep(0.03)
        raise AssertionError("the command goes on:\n" + self.text())

    def pid(self):
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        return int(subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True).stdout.split()[0])


def voice(start, end):
    samples = np.zeros(SECONDS * 8000, dtype=np.int16)
    t = np.arange((end - start) * 8000) / 8000
    samples[start * 8000:end * 8000] = 8000 * np.sin(2 * np.pi * 300 * t) * (1 + np.sin(2 * np.pi * 4 * t)) / 2
    return samples


class Screen(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.library = Library(PROGRAM)
        cls.addClassCleanup(cls.library.folder.cleanup)
        capture = pathlib.Path(cls.library.folder.name) / "day.pcap"
        caller, callee = voice(1, 8), voice(6, 18)
        calls.write(capture, [calls.Call(i, 100 * i, f"0100123456{i}", "2001", caller, callee) for i in range(5)])
        cls.library.run("agent", "add", "2001", "منى السيد", "--latin", "Mona El Sayed")
        cls.library.run("record", "--pcap", capture)
        cls.ids = [row["id"] for row in cls.library.rows("search")]
        cls.questions = cls.library.rows("rubric", "show", "standard")[0]["questions"]

    def sql(self, query, *values):
        with sqlite3.connect(f"file:{self.library.path}/index.sqlite?mode=ro", uri=True) as database:
            return database.execute(query, values).fetchall()

    @staticmethod
    def key_of(question, best=True):
        options = question["options"]
        i = (max if best else min)(range(len(options)), key=lambda n: options[n]["score"])
        value = options[i]["value"]
        return {"yes": "y", "no": "n"}.get(value, value if value.isdigit() else str(i + 1))

    def answer_all(self, terminal):
        for n, question in enumerate(self.questions):
            terminal.wait(rf"(?m)^ {n + 1}/{len(self.questions)} ")
            terminal.keys(self.key_of(question))
        terminal.wait(rf"{len(self.questions)} \S+ {len(self.questions)}")

    def score(self, language, call):
        with Terminal(self.library) as terminal:
            terminal.run("score", call, "--lang", language)
            shown = terminal.wait(WORDS[language]["total"])
            for part in "منى السيد", "1/12", "0:00 / 0:20":
                self.assertIn(part, shown)
            terminal.keys("Right", "t")  # to the talk-over at 0:06; there the comment is made
            terminal.wait("0:05 / 0:20")
            terminal.keys("c")
            terminal.type("تكلم فوق العميل")
            terminal.keys("Enter")
            terminal.wait("(?s)" + ("noted" if language == "en" else "سُجل|دُوّن|تم"))
            terminal.keys("w")
            terminal.type("on the whole")
            terminal.keys("Enter", "m")
            terminal.type("at once")
            terminal.keys("Enter")
            self.answer_all(terminal)
            terminal.keys("f")
            terminal.wait("Enter ")
            terminal.keys("Enter")
            self.assertEqual(terminal.ended(), 0)
        self.assertEqual(self.library.show(call)["evaluations"][0]["agent_name"], "منى السيد")
        evaluation, comments, answers, score = self.sql(
            "SELECT count(*), max(comments_json), max(answers_json), max(e.score) FROM evaluation e "
            "JOIN call c ON c.id = e.call WHERE c.uuid = ?", call)[0]
        self.assertEqual((evaluation, score), (1, 100))
        self.assertIn('"at_ms":5000,"text":"تكلم فوق العميل"', comments.replace(", ", ","). replace(": ", ":"))
        self.assertIn("on the whole", comments)
        self.assertIn("at once", answers)
        self.assertEqual(self.sql("SELECT count(*) FROM draft"), [(0,)])

    def test_score_english(self):
        self.score("en", self.ids[0])

    def test_score_arabic(self):
        self.score("ar", self.ids[1])

    def test_draft(self):
        call = self.ids[2]
        with Terminal(self.library) as terminal:
            terminal.run("score", call)
            terminal.wait("1/12")
            terminal.type("غ")  # y on an Arabic keyboard
            terminal.wait("2/12")
            terminal.keys("2")
            terminal.wait("3/12.*answered: 2 of 12")
            os.kill(terminal.pid(), signal.SIGKILL)
            self.assertEqual(terminal.ended(), 137)
            self.assertEqual(self.sql("SELECT count(*) FROM draft"), [(1,)])
        with Terminal(self.library, 120, 40) as terminal:
            terminal.run("score", call, "--lang", "ar")
            terminal.wait(WORDS["ar"]["begun"])
            terminal.wait("3/12")
            terminal.keys("C-c")
            terminal.wait(r"y:.*d:")
            terminal.keys("x", "q")  # stays, and then leaves
            terminal.wait(r"y:.*d:")
            terminal.keys("y")
            self.assertEqual(terminal.ended(), 1)
            terminal.wait(WORDS["ar"]["left"])
            terminal.run("score", call)
            terminal.wait(WORDS["en"]["begun"])
            terminal.keys("q", "d")
            self.assertEqual(terminal.ended(), 1)
        self.assertEqual(self.sql("SELECT count(*) FROM draft"), [(0,)])

    def test_terminal_is_left_as_it_was(self):
        with Terminal(self.library) as terminal:
            before, after = (pathlib.Path(self.library.folder.name) / name for name in ("before", "after"))
            terminal.type(f"stty -g > {before}; set -m")
            terminal.keys("Enter")
            terminal.run("score", self.ids[3])
            terminal.wait("1/12")
            terminal.keys("y")
            terminal.wait("2/12")
            terminal.keys("C-z")
            self.assertEqual(terminal.ended(), 128 + signal.SIGTSTP)
            terminal.type("fg")
            terminal.keys("Enter")
            terminal.wait("2/12")
            os.kill(terminal.pid(), signal.SIGTERM)
            terminal.wait(WORDS["en"]["left"])
            terminal.type(f"stty -g > {after}")
            terminal.keys("Enter")
            end = time.monotonic() + 5
            while (not after.exists() or not after.read_text()) and time.monotonic() < end:
                time.sleep(0.03)
            self.assertEqual(before.read_text(), after.read_text())
            terminal.run("score", self.ids[3])
            terminal.wait("answered: 1 of")
            terminal.keys("q", "d")
            terminal.ended()

    def test_suspend_without_shell(self):
        """ssh HOST earshot …: there is no shell that could bring it back, so it does not go."""
        pid, terminal = pty.fork()
        if pid == 0:
            environment = {**self.library.environment, "EARSHOT_LIBRARY": str(self.library.path), "TERM": "xterm"}
            os.execve(PROGRAM, [PROGRAM, "score", self.ids[3]], environment)
        try:
            self.expect(terminal, "1/12")
            os.write(terminal, b"\x1a")
            time.sleep(0.1)
            os.write(terminal, b"?")
            self.expect(terminal, "this page")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)

    def expect(self, terminal, text, seconds=15):
        shown, end = b"", time.monotonic() + seconds
        while text.encode() not in shown:
            self.assertTrue(select.select([terminal], [], [], max(end - time.monotonic(), 0))[0], shown)
            shown += os.read(terminal, 4096)

    def test_paste(self):
        """Pasted text is text, however long and whatever lies in it, and presses no key."""
        call, pasted = self.ids[3], pathlib.Path(self.library.folder.name) / "pasted"
        pasted.write_text("first line\nqy\nyes\nmore\n" + "رائع 你好 " * 1200)
        with Terminal(self.library) as terminal:
            terminal.run("score", call)
            terminal.wait("1/12")
            terminal.tmux("load-buffer", str(pasted))
            terminal.tmux("paste-buffer", "-p")
            terminal.wait("1/12.*answered: 0 of.*pasted into a comment")
            terminal.keys("w")
            terminal.wait("whole call:")
            terminal.tmux("paste-buffer", "-p")
            terminal.wait("whole call:.*رائع")
            terminal.keys("Enter")
            terminal.wait("answered: 0 of 12 +comments: 1")
            comment = self.sql("SELECT answers FROM draft")[0][0].split("call=")[1]
            self.assertTrue(comment.startswith("first line qy yes more رائع 你好"), comment[:60])
            self.assertLess(3900, len(comment.encode()))
            terminal.keys("e", "C-u")
            terminal.wait(r"last comment \(empty: none\): *\n")
            terminal.type("shorter")
            terminal.wait("none\\): shorter")
            terminal.keys("Enter")
            terminal.wait("noted")
            self.assertEqual(self.sql("SELECT answers FROM draft")[0][0].split("call=")[1], "shorter\n")
            terminal.keys("e", "C-u", "Enter", "y")
            terminal.wait("2/12.*answered: 1 of")
            self.assertNotIn("call=", self.sql("SELECT answers FROM draft")[0][0])
            terminal.keys("q", "d")
            self.assertEqual(terminal.ended(), 1)

    def test_drawn_again(self):
        with Terminal(self.library) as terminal:
            terminal.run("score", self.ids[3])
            terminal.wait("1/12")
            pathlib.Path(terminal.tmux("display-message", "-p", "#{pane_tty}").strip()).write_text("\033[1;1Hfrom elsewhere")
            terminal.wait("from elsewhere")
            terminal.keys("C-l")
            self.assertNotIn("elsewhere", terminal.wait(r"2025-\d\d-\d\d \d\d:\d\d"))
            terminal.keys("q", "y")
            terminal.ended()

    def test_line_breaks_in_mid_sentence(self):
        """What was being written when the terminal went away is in the draft."""
        with Terminal(self.library) as terminal:
            terminal.run("score", self.ids[3])
            terminal.wait("1/12")
            terminal.keys("c")
            terminal.type("he did not")
            terminal.wait("he did not")
            os.kill(terminal.pid(), signal.SIGHUP)
            self.assertEqual(terminal.ended(), 1)
            self.assertIn("0:00=he did not\n", self.sql("SELECT answers FROM draft")[0][0])
            terminal.run("score", self.ids[3])
            terminal.wait("comments: 1")
            terminal.keys("q", "d")
            terminal.ended()

    def test_sizes(self):
        with Terminal(self.library) as terminal:
            terminal.run("score", self.ids[3])
            terminal.wait("1/12.*help")
            terminal.tmux("resize-window", "-x", "120", "-y", "40")
            terminal.wait("│.*12")  # the list beside
            terminal.tmux("resize-window", "-x", "60", "-y", "30")
            terminal.keys("?")
            terminal.wait(r"5 seconds back, forward \(also ,\s+and \.\)")  # goes on in the next row
            terminal.keys("b")
            terminal.tmux("resize-window", "-x", "44", "-y", "12")
            shown = terminal.wait("1/12.*help")
            self.assertNotIn("│", shown)
            self.assertLessEqual(max(map(len, shown.splitlines())), 44)
            terminal.tmux("resize-window", "-x", "80", "-y", "24")
            terminal.wait("talk-over.*1/12.*help")
            terminal.keys("?")
            terminal.wait("this page")
            terminal.keys("Down", "Down", "Down", "Down")
            terminal.wait("Arabic keyboard")
            terminal.keys("b", "q", "y")
            self.assertEqual(terminal.ended(), 1)

    def test_no_colour_and_dumb(self):
        with Terminal(self.library, NO_COLOR="1") as terminal:
            terminal.run("score", self.ids[3])
            terminal.wait("1/12")
            self.assertNotRegex(terminal.text(styles=True), "\033\\[[0-9;]*[1-9]m")
            terminal.keys("q", "y")
            terminal.ended()
            terminal.type("export TERM=dumb")
            terminal.keys("Enter")
            terminal.run("score", self.ids[3])
            terminal.wait("Type an answer.*\n>")
            terminal.type("q")
            terminal.keys("Enter")
            self.assertEqual(terminal.ended(), 1)

    def test_list(self):
        evaluator = "omar"
        self.library.run("score", "--plan", "--count", "9", "--evaluator", evaluator)
        self.assertEqual({row["id"] for row in self.library.rows("score", "--list", "--evaluator", evaluator)}, set(self.ids))
        self.assertEqual(self.library.run("score", "--list", status=3).stdout, "")
        self.library.run("score", "--next", "--agent", "2001", status=2)
        self.library.run("score", "--next", "--list", status=2)
        self.library.run("score", status=2)
        self.library.run("score", "--plan", "--agent", "منى", "--to", self.library.show(self.ids[2])["started_at"],
                         "--newest", "--count", "2")
        waiting = [row["id"] for row in self.library.rows("score", "--list")]
        self.assertEqual(waiting, self.ids[2:4])
        with Terminal(self.library, 100, 30) as terminal:
            terminal.run("score", "--next")
            terminal.wait("call 1 of 2, 1 min of audio left")
            self.answer_all(terminal)
            terminal.keys("f")
            terminal.wait("Enter ")
            terminal.keys("Enter")
            terminal.wait("Go on with the next, call 2 of 2, 1 min of audio left")
            terminal.keys("Enter")
            terminal.wait("1/12.*answered: 0 of")
            terminal.keys("q", "y")
            self.assertEqual(terminal.ended(), 1)
        self.library.run("score", "--skip", "the line was bad")
        rows = self.library.rows("score", "--list")
        self.assertEqual([(row["id"], row["done_at"] is not None, row["skip_reason"]) for row in rows],
                         [(waiting[0], True, None), (waiting[1], True, "the line was bad")])
        self.assertIn("waiting: 0 of 2, 0 min of audio; done: 1, skipped: 1", self.library.run("score", "--list").stdout)
        self.assertEqual(self.library.run("score", "--next", status=3).stderr.strip(), "earshot: every call on your list is done")

    # ---- hearing it on another desk

    def ask(self, url, path="", method="GET", body=None, **headers):
        at = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
        connection.request(method, at.path + path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse()

    def check_strangers(self, url):
        stranger = url[:-5] + ("aaaa/" if url[-5:] != "aaaa/" else "bbbb/")
        for address, headers in ((stranger, {}), (url, {"Host": "evil.example"}), (url + "../", {})):
            for path in "", "audio.opus", "events":
                answer = self.ask(address, path, **headers)
                self.assertEqual((answer.status, answer.read()), (404, b""))
        self.assertEqual(self.ask(url, "position", "POST", "9 1 3.0", Origin="http://evil.example").status, 404)
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.ask(url, "position", "POST", "9" * 5000)

    def check_audio(self, url, call):
        file = (self.library.path / self.library.show(call)["file"]).read_bytes()
        whole, part = self.ask(url, "audio.opus"), self.ask(url, "audio.opus", Range="bytes=100-199")
        self.assertEqual((whole.status, whole.read()), (200, file))
        self.assertEqual((part.status, part.getheader("Content-Range"), part.read()),
                         (206, f"bytes 100-199/{len(file)}", file[100:200]))
        self.assertEqual(self.ask(url, "audio.opus", Range=f"bytes={len(file)}-").status, 416)
        page = self.ask(url)
        self.assertEqual((page.status, page.getheader("Cache-Control")), (200, "no-store"))
        self.assertIn(b'src="audio.opus"', page.read())

    @staticmethod
    def event(stream):
        while (line := stream.readline().decode().strip()) is not None:
            if line.startswith("data: {"):
                return dict(re.findall(r'"(\w+)":([\w.]+)', line))
            if line.startswith("event:"):
                return line

    def test_listen(self):
        call = self.ids[4]
        heard = "SELECT count(*) FROM audit WHERE operation = 'call.audio' AND call_uuid = ?"
        before = self.sql(heard, call)[0][0]
        with Terminal(self.library, 100, 30) as terminal:
            terminal.run("score", call, "--listen")
            url = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{24}/", terminal.wait("http://.*/"))[0]
            self.check_strangers(url)
            self.check_audio(url, call)
            page = self.ask(url, "events")
            self.assertEqual(self.event(page)["playing"], "false")
            terminal.keys("+", " ")
            while (command := self.event(page))["playing"] != "true":
                pass
            self.assertEqual((command["speed"], command["position"]), ("1.25", "0.000"))
            terminal.wait("playing")
            report = lambda state, at: self.ask(url, "position", "POST", f"{command['sequence']} {state} {at}").status
            self.assertEqual(report(0, 12.5), 204)
            terminal.wait("paused +0:12 / 0:20")
            self.ask(url, "position", "POST", "1 0 3.0")  # from before the last command
            terminal.keys("Left")
            self.assertEqual(self.event(page)["position"], "7.500")
            second = self.ask(url, "events")
            self.assertEqual(self.event(page), "event: taken")
            self.assertEqual(self.event(second)["position"], "7.500")
            terminal.keys("q", "y")
            self.assertEqual(terminal.ended(), 1)
        with self.assertRaises(OSError):
            self.ask(url)
        self.assertEqual(self.sql(heard, call)[0][0], before + 1)

    def test_browser(self):
        """A browser plays: it tells positions that grow, and stops when the key says so."""
        browser = shutil.which("chromium")
        if not browser:
            self.skipTest("no chromium")
        call = self.ids[4]
        with Terminal(self.library, 100, 30) as terminal:
            terminal.run("score", call, "--listen")
            url = re.search(r"http://\S+/", terminal.wait("http://.*/"))[0]
            profile = pathlib.Path(self.library.folder.name) / "browser"
            process = subprocess.Popen([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                                        "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", url],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                terminal.keys(" ")
                terminal.wait("playing +0:0[1-9]", 30)
                terminal.keys("Right", "Right")
                terminal.wait("playing +0:1[1-9]", 10)
                terminal.keys(" ")
                terminal.wait("paused +0:1")
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            terminal.keys("q", "y")
            terminal.ended()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], warnings="ignore")
