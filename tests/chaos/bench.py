# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Where a fault is tried: a library, a wire or a place for recording sessions, and recorders that may die. One process tries one fault,
in a network and with mounts of its own (run.py sees to that)."""
import contextlib, dataclasses, pathlib, random, signal, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import earshot, judge, live, load

# A process that gave up its privileges cannot be traced, and the leak checker traces itself; a library that is preloaded comes first.
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0:quarantine_size_mb=4"}
READY_S = 60


@dataclasses.dataclass
class Tools:
    """Programs by their paths."""
    earshot: str
    replay: str
    sessions: str
    disk: str


class Recorder(live.Recorder):
    """One that may die. It listens on v0, or for recording sessions."""

    def __init__(self, place, wait=True):
        self.library, self.began = place.library, time.time()
        self.errors = tempfile.TemporaryFile("w+")
        way = ["--interface", "v0"] if place.source == "wire" else ["--siprec", "udp:" + load.Sessions.SERVER]
        self.process = subprocess.Popen([*place.wrap, self.library.program, "--library", str(self.library.path), "record", *way],
                                        env=dict(self.library.environment, **SANITIZERS, **place.environment), stdout=subprocess.DEVNULL,
                                        stderr=self.errors, text=True)
        if wait:
            self.until(self.listens, "does not listen", READY_S)
            self.ready = time.time()

    def listens(self):
        return (self.library.path / "spool/lock").exists() and self.status().get("CapEff", [""])[0] == "0" * 16

    def kill(self):
        """Returns when."""
        now = time.time()
        self.process.kill()
        self.process.wait()
        return now

    def stop(self, status=0, seconds=60):
        """Ends it as an operator does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=seconds)
        assert self.process.returncode == status, (self.process.returncode, self.said())


class Place:
    """Use as a context manager."""

    def __init__(self, tools, seed, config="", root=None, source=None):
        self.tools, self.chance = tools, random.Random(seed)
        self.source = source or self.chance.choice(["wire", "sessions"])
        self.config = config + f"[record]\nlinger={self.chance.choice(['0', '1s'])}\n[siprec]\nrtp_ports=20000-24999\n"
        self.environment, self.wrap, self.recorders = {}, [], []
        self.stack = contextlib.ExitStack()
        self.root = root

    def __enter__(self):
        subprocess.run("ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 addrgenmode none up; "
                       "ip link set v1 addrgenmode none up", shell=True, check=True)
        self.library = self.stack.enter_context(earshot.Library(self.tools.earshot, self.config))
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        return self

    def __exit__(self, *unused):
        for recorder in self.recorders:
            if recorder.process.poll() is None:
                recorder.kill()
        self.stack.close()

    def recorder(self, wait=True):
        self.recorders.append(Recorder(self, wait))
        return self.recorders[-1]

    def load(self, number, seconds, first=1):
        if self.source == "wire":
            return load.Wire(self.folder, self.tools.replay, number, seconds, self.chance)
        return load.Sessions(self.folder, self.tools.sessions, number, seconds, first)

    def rows(self):
        return {row["call_id"] for row in judge.read(self.library, "SELECT call_id FROM call")}

    def said(self):
        return "".join(recorder.said() for recorder in self.recorders)
