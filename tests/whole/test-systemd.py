#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The systemd units: how much they leave open, and that the recorder works with what they leave it.

A systemd of its own is started in namespaces with the real units: it records a call from an interface, is reloaded, taken over by
its successor and stopped; the recording server, the check and the figures run. Without root, or where no cgroup can be had, only the
first half runs, and says so.

usage: test-systemd.py EARSHOT SOURCE
"""
import json, os, pathlib, re, subprocess, sys, tempfile, time

PROGRAM, SOURCE = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
UNITS = SOURCE / "share/systemd"
# Of 10; the figures stand in docs/systemd.md, too.
MOST = {"earshot-record@": 1.9, "earshot-record-next@": 1.9, "earshot-siprec": 1.3, "earshot-verify": 0.3, "earshot-metrics": 0.3}
BIN = "/opt/earshot/bin"


def write_units(folder, bindir):
    for path in sorted(UNITS.glob("*.in")) + sorted(UNITS.glob("*.timer")):
        (folder / path.name.removesuffix(".in")).write_text(path.read_text().replace("@bindir@", bindir))


def exposure(folder):
    """The overall figure of each unit, which the documentation repeats."""
    text = (SOURCE / "docs/systemd.md").read_text()
    assert {p.name.removesuffix(".service.in") for p in UNITS.glob("*.in")} == set(MOST)
    for unit, most in MOST.items():
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", folder / f"{unit}.service"],
                              capture_output=True, text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
        figure = float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)[1])
        assert figure <= most, f"{unit}: {figure}\n{done.stdout}"
        assert re.search(rf"`{unit}[A-Z]*\.service`.*\| {figure} \|", text), f"docs/systemd.md: {unit} is {figure}"
        print(f"{unit}: {figure}")


def correct(folder):
    """systemd reads them without a word."""
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, sorted(folder.iterdir()))], capture_output=True, text=True)
    # Of the machine's own units it may say what it likes.
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "earshot" in line]
    assert not ours, ours


# ---- a systemd of its own

RUN = r"""
mount --make-rprivate / && mount -t proc proc /proc && mount -t tmpfs -o mode=755 tmpfs /run || exit 90
mkdir -p /run/lock /run/test
for place in /var/lib /opt; do mount -t tmpfs -o mode=755 tmpfs $place || exit 90; done
mkdir -p /var/lib/systemd /opt/earshot
cp -r --no-preserve=ownership @build@ @bin@
cp /etc/passwd /etc/group /run/test
echo 'earshot:x:990:990::/var/lib/earshot:/usr/sbin/nologin' >>/run/test/passwd; echo 'earshot:x:990:' >>/run/test/group
mount --bind /run/test/passwd /etc/passwd && mount --bind /run/test/group /etc/group || exit 90
umount -R /sys/fs/cgroup
if [ @legacy@ = yes ]; then
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup && mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd || exit 90
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified || exit 90
else
  mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 90
fi
ip link set lo up
export container=earshot-test SYSTEMD_UNIT_PATH=@units@
exec /lib/systemd/systemd --system --unit=driver.service --show-status=no --log-target=console --log-level=notice
"""

# Runs as root inside, beside the units.
DRIVER = r"""
import json, pathlib, random, re, socket, subprocess, sys, time
sys.path[:0] = ["@source@/tests/whole", "@source@/tests/capture"]
import calls
import numpy as np
BIN, LIBRARY = "@bin@/earshot", "/var/lib/earshot"
steps = []

def run(*command, status=0):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == status, (command, done.returncode, done.stdout, done.stderr)
    return done.stdout

def systemctl(*words, status=0):
    return run("systemctl", "--no-pager", *words, status=status)

def rows(*command):
    done = subprocess.run([BIN, "--library", LIBRARY, *command, "--json"], capture_output=True, text=True, env={"ASAN_OPTIONS": "detect_leaks=0"})
    return [json.loads(line) for line in done.stdout.splitlines()]

def until(ready, what, seconds=30):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"{what}: " + pathlib.Path("/run/test/log").read_text()[-3000:]
        time.sleep(0.1)

def active(unit):
    return systemctl("show", unit, "--property=ActiveState", "--value").strip()

def pid_of(unit):
    return int(systemctl("show", unit, "--property=MainPID", "--value"))

def talk(number):
    voice = (8000 * np.sin(np.arange(4000) * 0.3)).astype(np.int16)
    calls.Call.addresses = property(lambda call: ((b"\x7f\0\0\1", 10000), (b"\x7f\0\0\2", 20000)))
    sockets = {}
    for _, data in sorted(calls.packets(calls.Call(number, 0, "0100", "2001", voice, voice), random.Random(1)), key=lambda p: p[0]):
        ends = [(socket.inet_ntoa(data[26 + 4 * n:30 + 4 * n]), int.from_bytes(data[34 + 2 * n:36 + 2 * n], "big")) for n in (0, 1)]
        if ends[0] not in sockets:
            sockets[ends[0]] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sockets[ends[0]].bind(ends[0])
        sockets[ends[0]].sendto(data[42:], ends[1])
        time.sleep(0.003)

def of_process(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)

def recorded(number):
    until(lambda: len(rows("search", "--outcome", "recorded")) + len(rows("search", "--outcome", "partial")) >= number, f"{number} calls", 40)

def sandbox(pid, capabilities):
    status = of_process(pid)
    assert status["Uid"].split()[0] == "990" and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    assert status["CapEff"] == "0" * 16 and int(status["CapBnd"], 16) == capabilities, status
    for forbidden in ("/usr/x", "/etc/x", "/var/x", "/root/x"):
        done = subprocess.run(["nsenter", "-t", str(pid), "-m", "touch", forbidden], capture_output=True, text=True)
        assert done.returncode, forbidden
    assert not run("nsenter", "-t", str(pid), "-m", "ls", "-A", "/tmp").strip(), "/tmp is its own"

def main():
    systemctl("start", "earshot-record@lo.service")
    steps.append("ready")
    first = pid_of("earshot-record@lo")
    sandbox(first, 1 << 13)
    status = systemctl("show", "earshot-record@lo", "--property=StatusText", "--value")
    assert "calls open: 0" in status, status
    talk(1)
    recorded(1)
    steps.append("recorded")
    systemctl("reload", "earshot-record@lo.service")
    until(lambda: rows("status")[0]["recorders"][0]["reloads"] == 1, "reload")
    steps.append("reloaded")
    systemctl("start", "earshot-record-next@lo.service")
    until(lambda: active("earshot-record@lo") == "inactive", "the one before ends by itself")
    assert active("earshot-record-next@lo") == "active" and pid_of("earshot-record-next@lo") != first
    talk(2)
    recorded(2)
    steps.append("taken over")
    killed = pid_of("earshot-record-next@lo")
    run("kill", "-9", str(killed))
    until(lambda: active("earshot-record-next@lo") == "active" and pid_of("earshot-record-next@lo") not in (0, killed), "it is started again")
    steps.append("started again")
    systemctl("start", "earshot-siprec.service")
    sandbox(pid_of("earshot-siprec"), 0)
    steps.append("siprec")
    systemctl("start", "earshot-verify.service")
    systemctl("start", "earshot-metrics.service")
    text = pathlib.Path("/run/earshot-metrics/earshot.prom").read_text()
    assert "\nearshot_recorders 2\n" in text, text
    steps.append("verified, figures")
    systemctl("stop", "earshot-record-next@lo.service", "earshot-siprec.service")
    assert active("earshot-record-next@lo") == active("earshot-siprec") == "inactive", "ended with status 0"
    systemctl("start", "earshot-verify.service")
    steps.append("stopped")
    assert pathlib.Path(LIBRARY).stat().st_mode & 0o777 == 0o700
    assert all(p.stat().st_uid == 990 for p in pathlib.Path(LIBRARY).rglob("*"))
    events = [json.loads(line) for line in pathlib.Path("/run/test/log").read_text().splitlines() if line.startswith("{")]
    assert {"started", "reloaded", "stopped"} <= {event["event"] for event in events}, events

try:
    main()
    error = None
except BaseException as problem:
    import traceback
    error = traceback.format_exc()
pathlib.Path("@result@").write_text(json.dumps({"steps": steps, "error": error, "log": pathlib.Path("/run/test/log").read_text()[-4000:] if pathlib.Path("/run/test/log").exists() else ""}))
pathlib.Path("@result@.done").touch()
"""


def cgroup_roots():
    """Where a cgroup of our own can be made, and whether systemd's is the older kind."""
    legacy = not pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
    roots = [pathlib.Path("/sys/fs/cgroup/systemd"), pathlib.Path("/sys/fs/cgroup/unified")] if legacy else [pathlib.Path("/sys/fs/cgroup")]
    return (legacy, roots) if all((root / "cgroup.procs").exists() and os.access(root, os.W_OK) for root in roots) else (legacy, [])


def boot(folder, roots, legacy):
    units, result, name = folder / "units", folder / "result.json", f"earshot-test-{os.getpid()}"
    units.mkdir()
    write_units(units, BIN)
    words = {"build": PROGRAM.parent, "bin": BIN, "units": units, "source": SOURCE, "result": result, "legacy": "yes" if legacy else "no"}
    fill = lambda text: re.sub(r"@(\w+)@", lambda m: str(words[m[1]]), text)
    (folder / "run.sh").write_text(fill(RUN))
    (folder / "driver.py").write_text(fill(DRIVER))
    (units / "driver.service").write_text(f"[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/usr/bin/python3 {folder}/driver.py\n"
                                          f"StandardError=file:{folder}/driver.log\nTimeoutStartSec=170\n")
    for unit in MOST:  # the program of a test build looks for leaks by tracing itself, which the sandbox refuses
        (units / f"{unit}.service.d").mkdir()
        (units / f"{unit}.service.d/test.conf").write_text("[Unit]\nDefaultDependencies=no\n[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n"
                                                           "StandardError=append:/run/test/log\nStandardOutput=append:/run/test/log\n")
    groups = [root / name for root in roots]
    try:
        for group in groups:
            group.mkdir()
        enter = "".join(f"echo $$ >{group}/cgroup.procs; " for group in groups)
        with open(folder / "console", "w") as console:
            system = subprocess.Popen(["sh", "-c", f"{enter} exec unshare -f -p -m -n -u -i -C --kill-child sh {folder}/run.sh"],
                                      stdout=console, stderr=console)
            end = time.monotonic() + 180
            while system.poll() is None and not result.with_name("result.json.done").exists() and time.monotonic() < end:
                time.sleep(0.1)
            system.kill()  # and with it all of its processes
            status = system.wait()
    finally:
        for group in groups:
            for path, _, _ in os.walk(group, topdown=False):
                for _ in range(50):  # the last processes may be on their way out
                    try:
                        os.rmdir(path)
                        break
                    except OSError:
                        time.sleep(0.05)
    return status, (folder / "console").read_text(), json.loads(result.read_text()) if result.exists() else None


def works(folder):
    legacy, roots = cgroup_roots()
    if os.geteuid() != 0 or not roots or subprocess.run(["unshare", "-pfmnuiC", "true"], capture_output=True).returncode:
        print("started: left out, no root or no cgroup of its own")
        return
    status, console, result = boot(folder, roots, legacy)
    if status == 90 or (result is None and "Failed to mount" in console):
        print("started: left out, systemd does not start in namespaces here:", console[-300:])
        return
    assert result, (status, console[-3000:])
    assert not result["error"], (result["error"], result["steps"], result["log"], console[-2000:])
    print("started:", ", ".join(result["steps"]))


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "static").mkdir()
    write_units(folder / "static", str(PROGRAM.parent))
    exposure(folder / "static")
    correct(folder / "static")
    works(folder)
