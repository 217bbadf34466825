# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Man pages, --help and shell completion against the program's own table of commands.

Arguments: the program, the source folder.
"""
import pathlib, re, subprocess, sys, tempfile, unittest

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
MAN = SOURCE / "docs/man"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
GLOBAL = {"--library", "--lang", "--help", "--version"}


def ask(*words, **environment):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=True, env={**ENVIRONMENT, **environment}).stdout


def table():
    """{"search": ("find calls", {"--agent": "a", …}), "rubric list": …}"""
    commands = {}
    for line in ask("__complete", "--table").splitlines():
        name, *rest = line.split("\t")
        if len(rest) == 1:
            commands[name] = (rest[0], {})
        else:
            commands[name][1][rest[0]] = rest[1].strip()
    return commands


def choices():
    """(command, option, its values) of each option that takes one of a few."""
    for line in ask("__complete", "--table").splitlines():
        name, *rest = line.split("\t")
        if len(rest) == 3 and rest[2]:
            yield name, rest[0], rest[2].split("|")


def page_options(page):
    """Options that have an entry of their own in a man page, with their letters."""
    text = (MAN / f"{page}.1.scd").read_text()
    entries = re.findall(r"^(?:\*-(\w)\*, )?\*(--[a-z-]+)\*(?: _[^\n]*_)?$", text, re.M)
    return {name: letter for letter, name in entries}, text


class Documents(unittest.TestCase):
    def setUp(self):
        self.commands = table()
        self.top = [name for name in self.commands if " " not in name]

    def options_of(self, name):
        return {k: v for c, (_, options) in self.commands.items() if c == name or c.startswith(name + " ")
                for k, v in options.items()}

    def test_pages(self):
        pages = {p.name.removesuffix(".1.scd") for p in MAN.glob("*.scd")}
        self.assertEqual(pages, {"earshot", *(f"earshot-{name}" for name in self.top)})
        built = set(re.findall(r"'(earshot[a-z-]*)'", (MAN / "meson.build").read_text()))
        self.assertEqual(pages, built)

    def test_page_of_each_command(self):
        for name in self.top:
            with self.subTest(command=name):
                options, text = page_options(f"earshot-{name}")
                self.assertEqual(options, self.options_of(name))
                self.assertIn(f"earshot-{name} - {self.commands[name][0]}\n", text)
                for sub in (c for c in self.commands if c.startswith(name + " ")):
                    self.assertRegex(text, rf"(?m)^## {sub.split()[1]}$")

    def test_overview(self):
        options, text = page_options("earshot")
        self.assertEqual(set(options), GLOBAL)
        self.assertEqual(re.findall(r"^\*earshot-(\w+)\*\(1\)$", text, re.M), self.top)
        for name, summary in re.findall(r"^\*earshot-(\w+)\*\(1\)\n\t(.*)\.$", text, re.M):
            self.assertEqual(summary[0].lower() + summary[1:], self.commands[name][0])
        help_text = ask("--help")
        self.assertEqual(re.findall(r"^  (\w+)  +\S", help_text, re.M), self.top)

    def test_help(self):
        for name, (summary, options) in self.commands.items():
            with self.subTest(command=name):
                text = ask(*name.split(), "--help")
                found = dict((n, l) for l, n in re.findall(r"^  (?:-(\w), )?(--[a-z-]+)", text, re.M) if n not in GLOBAL)
                self.assertEqual(found, options)
                self.assertTrue(all(len(line) <= 80 for line in text.splitlines() if not line.startswith("Usage")))

    def test_synopsis(self):
        """What the program's usage line says stands in the page, each subcommand has its line there, and the ways of score too."""
        for name in self.top:
            with self.subTest(command=name):
                _, text = page_options(f"earshot-{name}")
                synopsis = re.sub(r"[*_\\]", "", re.search(r"# SYNOPSIS\n(.*?)\n# ", text, re.S)[1])
                self.assertIn(f"earshot {name}", synopsis)
                for sub in (c for c in self.commands if c.startswith(name + " ")):
                    self.assertIn(f"earshot {sub}", synopsis)
        ways = page_options("earshot-score")[1].split("# DESCRIPTION")[0].replace("*", "")
        for way in "--next", "--plan", "--list", "--skip":
            self.assertIn(f"\nearshot score {way}", ways)

    def test_choices(self):
        """Values that an option is limited to: completion offers them, the page and the help name each."""
        found = list(choices())
        self.assertGreater(len(found), 10)
        for name, option, values in found:
            with self.subTest(command=name, option=option):
                self.assertEqual(self.complete(*name.split(), option, ""), values)
                _, text = page_options(f"earshot-{name.split()[0]}")
                entry = re.search(rf"(?m)^(?:\*-\w\*, )?\*{option}\*[^\n]*\n\t[^\n]*", text)[0]
                for value in values:
                    self.assertRegex(entry, rf"(?<![a-z]){value}(?![a-z])")
                    self.assertIn(value, ask(*name.split(), "--help"))

    def test_arabic_help(self):
        """Each summary and each option is explained in Arabic."""
        for name in self.commands:
            with self.subTest(command=name):
                text = ask(*name.split(), "--help", "--lang", "ar")
                for entry in re.findall(r"^  (?:-\w, )?--[a-z-]+.*(?:\n {10,}.*)*", text, re.M):
                    self.assertRegex(entry, "[\u0621-\u064a]{2}")
                self.assertRegex(text.split("\n")[2], "[\u0621-\u064a]{2}")

    def test_values_of_the_library(self):
        with tempfile.TemporaryDirectory() as folder:
            library = folder + "/calls"
            here = {"EARSHOT_LIBRARY": library, "XDG_STATE_HOME": folder}
            offered = lambda *words, **environment: [line.split("\t")[0] for line in ask("__complete", *words, **environment).splitlines()]
            self.assertEqual(offered("search", "--saved", "", **here), [])  # no library, no complaint
            ask("init", **here)
            ask("agent", "add", "2001", "Mona", "--client", "delta", **here)
            for name in "callers who come back", "دوري":
                subprocess.run([PROGRAM, "search", "--today", "--save", name], env={**ENVIRONMENT, **here}, capture_output=True)
            self.assertEqual(sorted(offered("search", "--saved", "", **here)), ["callers who come back", "دوري"])
            self.assertEqual(offered("--library", library, "search", "--forget", "cal"), ["callers who come back"])
            self.assertEqual(offered("score", "--client", "d", **here), ["delta"])
            self.assertEqual(offered("score", "@1", "--rubric", "ang", **here), ["angry-caller"])
            self.assertIn("standard", offered("rubric", "show", "", **here))
            self.assertEqual(offered("export", "--flag", "", **here), ["training"])
            script = f"""source {SOURCE}/cli/completion/earshot.bash
                COMP_WORDS=({PROGRAM} search --saved 'callers\\ wh'); COMP_CWORD=3; _earshot; printf '%s\\n' "${{COMPREPLY[@]}}" """
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env={**ENVIRONMENT, **here})
            self.assertEqual((done.stdout, done.stderr), ("callers\\ who\\ come\\ back\n", ""))

    def test_zsh(self):
        """zsh is not at hand everywhere: its file must at least ask the program, for all words up to the cursor."""
        text = (SOURCE / "cli/completion/_earshot").read_text()
        self.assertTrue(text.startswith("#compdef earshot\n"))
        self.assertIn('"${words[1]}" __complete "${(@)words[2,CURRENT]}"', text)

    def test_examples(self):
        """Every option that a page's example uses exists."""
        for name in self.top:
            _, text = page_options(f"earshot-{name}")
            examples = re.search(r"```\n(.*?)```", text, re.S)[1]
            for line in re.findall(r"earshot [^|>]*", examples):
                used = set(re.findall(r"(?<=\s)--[a-z-]+", line)) - GLOBAL
                self.assertLessEqual(used, set(self.options_of(line.split()[1])) or used, line)

    def complete(self, *words):
        return [line.split("\t")[0] for line in ask("__complete", *words).splitlines()]

    def test_completion(self):
        self.assertEqual(self.complete(""), self.top)
        self.assertEqual(self.complete("se"), ["search"])
        self.assertEqual(self.complete("rubric", ""), ["list", "show", "check", "add", "new", "import"])
        self.assertEqual(self.complete("search", "--outcome", ""), ["recorded", "partial", "none"])
        self.assertEqual(self.complete("record", "--pcap", ""), [])
        for name, (_, options) in self.commands.items():
            self.assertEqual(set(self.complete(*name.split(), "--")), set(options) | GLOBAL)

    def test_bash(self):
        script = f"""
            source {SOURCE}/cli/completion/earshot.bash
            COMP_WORDS=({PROGRAM} search --consent g); COMP_CWORD=3; _earshot
            printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=ENVIRONMENT)
        self.assertEqual((done.stdout, done.stderr), ("given\n", ""))


unittest.main(argv=sys.argv[:1])
