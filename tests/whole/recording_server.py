# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder that takes calls from recording clients, and what tests ask of it."""
import json, pathlib, signal, socket, subprocess, tempfile, time
import live

# A process that gave up its privileges cannot be traced, and the leak checker traces itself.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0:quarantine_size_mb=4"}


def certificate(folder):
    """A certificate and its key in one file, as the server wants it."""
    key, made = folder / "key.pem", folder / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", made, "-days", "2",
                    "-subj", "/CN=recorder"], check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


class Server(live.Recorder):
    """Use as a context manager: it is told to stop at the end, and must end well."""

    def __init__(self, library, *places, more=(), environment=None):
        self.library = library
        self.errors = tempfile.TemporaryFile("w+")
        arguments = [word for place in places for word in ("--siprec", place)]
        self.process = subprocess.Popen([library.program, "--library", str(library.path), "record", *arguments, *more],
                                        env=dict(library.environment, **NO_LEAKS, **(environment or {})), stdout=subprocess.DEVNULL, stderr=self.errors, text=True)
        self.until(lambda: (self.state() or {}).get("capture_time"), "does not start")

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        if kind:
            self.process.kill()
            print(self.said())
        else:
            self.end()

    def until(self, ready, failure, seconds=15):
        end = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None and time.monotonic() < end, f"{failure}: {self.said()} {self.state()}"
            time.sleep(0.02)

    def state(self):
        """What it tells of itself through its socket; None before it answers."""
        for path in (self.library.path / "spool").glob("*"):
            if not path.is_socket():
                continue
            with socket.socket(socket.AF_UNIX) as asking:
                try:
                    asking.connect(str(path))
                    found = json.loads(asking.makefile().readline())
                except (OSError, ValueError):
                    continue
            if found.get("pid") == self.process.pid and found.get("updated_at"):
                return found
        return None

    def wait_for(self, **figures):
        """Until it tells these figures."""
        self.until(lambda: all((self.state() or {}).get(name) == value for name, value in figures.items()), figures)

    def memory_kb(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0])

    def files(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def end(self, status=0):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        assert self.process.returncode == status, (self.process.returncode, self.said())

    def rows(self, count):
        """The calls that it finished, in their order, once there are so many."""
        def read():
            return sorted(self.library.rows("search"), key=lambda row: row["started_at"])
        if self.process.poll() is None:
            done = ("calls_recorded", "calls_partial", "calls_none")
            self.until(lambda: sum((self.state() or {}).get(name, 0) for name in done) >= count, f"{count} calls")
        return read()
