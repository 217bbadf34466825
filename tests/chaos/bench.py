# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Where a fault is tried: a library, a wire or a place for recording sessions, and recorders that may die. One process tries one fault,
in a network and with mounts of its own (run.py sees to that)."""
import contextlib, dataclasses, pathlib, random, signal, struct, subprocess, sys, tempfile, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whole"))
import earshot, judge, live, load

# A process that gave up its privileges cannot be traced, and the leak checker traces itself; a library that is preloaded comes first.
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0:quarantine_size_mb=4"}
READY_S = 60
SETTLE_S = 20


@dataclasses.dataclass
class Tools:
    """Programs by their paths."""
    earshot: str
    replay: str
    sessions: str
    disk: str
    clock: str


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


class Supervised:
    """A recorder that is started again when it ends by itself, as a service manager does."""

    def __init__(self, place, pause_s=0.3):
        self.place, self.pause_s, self.down, self.statuses = place, pause_s, [], []
        self.recorder, self.over = place.recorder(), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.over.wait(0.01):
            if self.recorder.process.poll() is not None:
                self.statuses.append(self.recorder.process.returncode)
                self.down.append([time.time(), float("inf")])
                self.again()

    def again(self):
        while not self.over.wait(self.pause_s):
            try:
                self.recorder = self.place.recorder()
                self.down[-1][1] = self.recorder.ready
                return
            except (AssertionError, OSError):
                self.statuses.append(self.place.recorders[-1].process.poll())

    def stop(self):
        self.over.set()
        self.thread.join()
        if self.recorder.process.poll() is not None:  # it could not begin again while the fault lasted
            self.recorder = self.place.recorder()
        self.recorder.stop()


class Place:
    """Use as a context manager. fault: its module; what stands there is in the README."""

    def __init__(self, tools, seed, fault):
        self.tools, self.chance, self.fault = tools, random.Random(f"{fault.__name__} {seed}"), fault
        self.source = self.chance.choice(getattr(fault, "SOURCES", ["wire", "sessions"]))
        self.config = f"[record]\n{getattr(fault, 'RECORD', '')}linger={self.chance.choice(['0', '1s'])}\n[siprec]\nrtp_ports=20000-24999\n"
        self.environment, self.wrap, self.recorders = {}, [], []
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        subprocess.run("ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 addrgenmode none up; "
                       "ip link set v1 addrgenmode none up", shell=True, check=True)
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.mount = self.folder / "disk"
        self.mount.mkdir()
        if hasattr(self.fault, "DISK"):  # goes with the namespace
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.fault.DISK}", "tmpfs", self.mount], check=True)
            self.stack.callback(subprocess.run, ["umount", "-l", self.mount])
        tempfile.tempdir = str(self.mount)
        self.library = self.stack.enter_context(earshot.Library(self.tools.earshot, self.config))
        tempfile.tempdir = None
        return self

    def use_disk(self, **settings):
        """From now on the disk does this (struct Control in disk.c); the recorder must have been started with it."""
        names = ("write_error", "flush_error", "create_error", "write_ms", "flush_ms", "no_files")
        data = struct.pack("<6i104s", *(settings.get(name, 0) for name in names), settings.get("only", "").encode())
        path = self.folder / "control"
        with open(path, "r+b" if path.exists() else "wb") as control:
            control.write(data)
        self.environment = {"LD_PRELOAD": self.tools.disk, "DISK_ROOT": str(self.library.path), "DISK_CONTROL": str(path)}

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

    def settle(self, sent):
        """Waits for the rows of calls that are over: what failed is tried again after ten seconds, and a stop leaves to the next start what
        it cannot do in five."""
        want, deadline = {call.call_id for call in sent if not call.refused}, time.monotonic() + SETTLE_S
        while not want <= self.rows() and time.monotonic() < deadline:
            time.sleep(0.1)

    def survive(self, calls, seconds, begin, end, after_s, lasts_s, **more):
        """Calls go on while a fault begins after a while, lasts and ends. Returns the verdict: all of it should be there."""
        calls, recorder = self.load(calls, seconds), Supervised(self)
        calls.start()
        time.sleep(after_s)
        begin(recorder.recorder)
        time.sleep(lasts_s)
        end(recorder.recorder)
        calls.wait()
        time.sleep(1)
        self.settle(calls.calls())
        recorder.stop()
        verdict = judge.judge(self.library, calls.calls(), recorder.down, killed=False, **more)
        said = self.said()
        if verdict.worst_ms > judge.SLACK_MS and not said:
            verdict.silent += 1
            verdict.note("audio is lost and the log says nothing")
        if any(status != 1 for status in recorder.statuses):
            verdict.disagree += 1
            verdict.note(f"it ended with {recorder.statuses}")
        return verdict, {"ended": len(recorder.statuses)}

    def said(self):
        return "".join(recorder.said() for recorder in self.recorders)
