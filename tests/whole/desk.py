# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A desk: a shell in tmux, commands typed and keys pressed there, counted, and every screen looked at.

With EARSHOT_SCREENS=FOLDER each screen is kept there as the terminal shows it (styles included), for people to look at.
"""
import os, pathlib, re, time, unicodedata

from tmux import Tmux

STYLE = re.compile(r"\x1b\[[0-9;]*m|\x0f")
LATIN = re.compile(r"[A-Za-z](?:[A-Za-z'-]*[A-Za-z])?")
# What stays Latin in Arabic texts: names of things, codes that scripts compare, units, what was typed in.
LATIN_KEPT = set("""SIP PCMU SSRC LUFS Call-ID GiB MiB UTF Enter space Ctrl-C root SHA
    library files recorder settings index rows recordings disk disk-kind clock permission memory sound locale zone DESK UTC
    reserve flush descriptors processors conf ulimit Hn LimitNOFILE systemd max calls sessions
    chrony systemd-timesyncd WAV pcap tmpfs yesterday before made example standard angry wav pack week html index
    delta nile default support billing ar en Mona Hassan Ahmed Samir Omar Fouad Sara Ali training stays calm earshot""".split())


def width(text):
    """Columns that a text takes, by Unicode's own tables."""
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class Desk:
    """Use as a context manager. Tasks are counted apart: task() begins one."""

    def __init__(self, folder, name, environment, size=(80, 24)):
        self.folder, self.name, self.size = pathlib.Path(folder), name, size
        self.steps, self.current = {}, None
        self.screens = []  # label, text with styles and lines joined, what was written to the terminal
        self.raw = self.folder / f"{name}.raw"
        self.server = Tmux(["bash", "--norc", "--noprofile"], *size, dict(environment, PS1="$ ", HISTFILE=""), cwd=folder)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.close()

    def tmux(self, *arguments):
        return self.server(*arguments)

    def text(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    # ---- what a person does

    def task(self, name):
        self.current = name
        self.steps.setdefault(name, [0, 0])

    def run(self, command, status=0):
        """A command typed, until the shell asks again; returns what it said."""
        self.type_command(command)
        return self.prompted(command, status)

    def type_command(self, command):
        self.tmux("send-keys", "-l", "clear\n")
        self.wait_for(lambda: self.text().strip() == "$", "the screen was not cleared")
        self.tmux("clear-history")
        self.steps[self.current][0] += 1
        self.raw.write_bytes(b"")
        self.tmux("pipe-pane", f"cat >> '{self.raw}'")
        self.tmux("send-keys", "-l", command + "; echo =$?=\n")

    def prompted(self, command, status=0):
        self.wait_for(lambda: re.search(r"^=\d+=\n\$ *$", self.text("-S", "-"), re.M), f"{command!r} goes on")
        screen = self.text("-S", "-")
        said, code = re.search(r"(?s)\$ .*?\n(.*)^=(\d+)=\n\$ *$", screen, re.M).groups()
        assert int(code) == status, f"{command!r}: exit {code}, wanted {status}\n{screen}"
        self.tmux("pipe-pane")
        self.keep(command)
        return said

    def press(self, *keys):
        """Keys, each one step."""
        for key in keys:
            self.steps[self.current][1] += 1
            self.tmux("send-keys", key)

    def write(self, text):
        """Words typed where a screen asks for them: one step."""
        self.steps[self.current][1] += 1
        self.tmux("send-keys", "-l", text)

    # ---- what is seen

    def wait_for(self, ready, failure, seconds=20):
        end = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < end, f"{failure}:\n{self.text()}"
            time.sleep(0.02)

    def see(self, pattern, label=None):
        """Waits until the screen shows it, and keeps the screen when it is given a label."""
        plain = lambda: re.sub("[\u2066-\u2069]", "", self.text())
        self.wait_for(lambda: re.search(pattern, plain(), re.S), f"{pattern!r} is not on the screen")
        if label:
            self.keep(label)
        return plain()

    def keep(self, label):
        # A terminal drops a mark that stands before the first cell, so marks are looked for in what was written.
        self.screens.append((label, self.text("-e", "-J", "-S", "-").rstrip("\n"), self.raw.read_text(errors="replace")))
        target = os.environ.get("EARSHOT_SCREENS")
        if target:
            pathlib.Path(target).mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", label.lower()).strip("-")[:50]
            path = pathlib.Path(target) / f"{self.name}-{len(self.screens):02}-{name}.ansi"
            path.write_text(self.text("-e", "-S", "-").rstrip("\n") + "\n")

    def faults(self, language):
        """What is wrong with the screens that were kept, a line each."""
        found = []
        for label, screen, raw in self.screens:
            columns = self.size[0] if "\x1b[?1049h" not in raw else 999  # the whole screen cannot be wider than it is
            lines = [line for line in screen.split("\n") if not re.match(r"\$( |$)|=\d+=", STYLE.sub("", line))]
            for line in lines:
                found += [f"{self.name}, {label}: {what}: {line!r}" for what in faults_of_line(line, columns, language)]
            found += [f"{self.name}, {label}: isolates are not closed: {line!r}" for line in raw.split("\n") if not is_closed(line)]
            found += [f"{self.name}, {label}: not in columns:\n{table}" for table in crooked(lines)]
        return found


def is_closed(line):
    return sum(map(line.count, "\u2066\u2067\u2068")) == line.count("\u2069")


def faults_of_line(line, columns, language):
    plain = STYLE.sub("", line)
    if width(plain.rstrip()) > columns and not any(width(word) > columns - 20 for word in plain.split()):
        yield "wider than the terminal"
    if language == "ar":
        bare = re.sub("earshot .*|\\S*[/@=:]\\S*\\w\\S*|--\\S+|\\b[0-9a-f]*\\d[0-9a-f-]*\\b", " ", plain)
        left = set(LATIN.findall(bare)) - LATIN_KEPT
        left = {word for word in left if len(word) > 1}
        if left:
            yield f"not Arabic: {sorted(left)}"


def cells_of(line):
    return [cell for cell in re.split(r" {2,}", line.strip()) if cell]


def is_sentence(row):
    """What stands below a table and is no row of it: a sentence, or a summary ("looked at: 8  changed: 1")."""
    cells = cells_of(row)
    return len(cells) < 2 or all(": " in cell for cell in cells)


def tables(lines):
    """Blocks of lines below a heading of three cells or more, as plain text."""
    for n, line in enumerate(lines):
        head = re.match(r"( *)\x1b\[1m", line)
        plain = STYLE.sub("", line).rstrip()
        if not head or "\x1b[2m" in line or len(cells_of(plain)) < 3 or re.match(r" *\d{4}-", plain):
            continue
        block = [plain]
        for row in lines[n + 1:]:
            row = STYLE.sub("", row).rstrip()
            indent = len(row) - len(row.lstrip())
            if not row or indent < len(head[1]) or indent == len(head[1]) and is_sentence(row):
                break
            block.append(row)
        if len(block) > 1:
            yield block


def crooked(lines):
    """Tables that lack the gutters which their heading has: some row stands in the wrong place."""
    for block in tables(lines):
        wide = max(map(width, block))
        used = [False] * wide
        for row in block:
            at = 0
            for c in row:
                for cell in range(at, at + width(c)):
                    used[cell] = used[cell] or c != " "
                at += width(c)
        shape = "".join("x" if cell else " " for cell in used).strip()
        if len(re.findall(" {2,}", shape)) < len(cells_of(block[0])) - 1:
            yield "\n".join(block)
