# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder that listens on an interface, or to recording clients."""
import pathlib, re, signal, subprocess, tempfile, time

# A process that gave up its privileges cannot be traced, and the leak checker traces itself.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


class Recorder:
    def __init__(self, library, interface, *arguments, environment=None):
        self.start(library, ["--interface", interface, *map(str, arguments)], environment)

    def start(self, library, arguments, environment):
        self.library = library
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([library.program, "--library", str(library.path), "record", *arguments],
                                        env=dict(library.environment, **(environment or NO_LEAKS)), stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.until(lambda: (library.path / "spool/lock").exists(), "recorder did not start")
        self.until(lambda: self.status()["CapEff"][0] == "0" * 16, "privileges were kept")

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def until(self, ready, failure, seconds=15):
        end = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None and time.monotonic() < end, f"{failure}: {self.said()}"
            time.sleep(0.02)

    def status(self):
        """What /proc says of its threads: {"Uid": [of each thread], …}."""
        found = {}
        for path in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/status"):
            for line in path.read_text().splitlines():
                name, value = line.split(":", 1)
                found.setdefault(name, []).append(value.strip())
        return {name: sorted(set(values), reverse=True) for name, values in found.items()}

    def send(self, number):
        self.process.send_signal(number)

    def reload(self, config, answer):
        """Gives it another configuration and waits for what it says to that."""
        (self.library.path / "earshot.conf").write_text(config)
        self.send(signal.SIGHUP)
        self.until(lambda: answer in self.said(), f"did not say {answer!r}")

    def end(self, number=signal.SIGTERM, status=0, seconds=30):
        """Stops it; returns how many packets it says it read and dropped."""
        if number:
            self.send(number)
        output, _ = self.process.communicate(timeout=seconds)
        assert self.process.returncode == status, (self.process.returncode, output, self.said())
        count = lambda what: int((re.search(rf"(\d+) packets? {what}", output) or [0, 0])[1])
        return count("read"), count("dropped")


class Server(Recorder):
    """A recorder to which recording clients send calls, at places such as udp:127.0.0.30:5060."""

    def __init__(self, library, *places, environment=None):
        self.start(library, [text for place in places for text in ("--siprec", place)], environment)
