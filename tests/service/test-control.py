#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder's socket under ThreadSanitizer: clients that ask, follow, babble, say nothing, read nothing or go away, many of
them at once, while the counters rise. No data race, every polite one is answered, and nothing is left behind.

usage: test-control.py CONTROL-TOOL
"""
import json, os, pathlib, select, socket, stat, subprocess, sys, tempfile, threading, time

TOOL = os.path.abspath(sys.argv[1])


def connect(folder, name):
    """The folder's path may be longer than a socket's name."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(30)
        client.connect(f"/proc/self/fd/{fd}/{name}")
        return client
    finally:
        os.close(fd)


def ask(spool, name):
    with connect(spool, name) as client, client.makefile() as lines:
        return json.loads(lines.readline())


def polite(spool, name, failures):
    try:
        before = 0
        for _ in range(20):
            state = ask(spool, name)
            assert state["packets"] >= before and state["source"] == "live" and state["name"] == "eth-made", state
            assert state["dropped"] == 2 * state["packets"], "a state that never was"
            before = state["packets"]
    except Exception as problem:
        failures.append(repr(problem))


def rude(spool, name, stop):
    """Everything that is not asking."""
    turn, held = 0, []
    while not stop.is_set():
        turn += 1
        try:
            client = connect(spool, name)
            if turn % 4 == 0:
                client.sendall(b"\0" * 100000)
            elif turn % 4 == 1:
                client.sendall(b"follow")
                held.append(client)
                continue
            elif turn % 4 == 2:
                client.sendall(b"follow\nfollow\nfollow\n")
            client.close()
        except OSError:
            pass
        for old in held[:-30]:
            old.close()
        del held[:-30]
        time.sleep(0.002)
    for old in held:
        old.close()


def follow(spool, name):
    """A line at once and one each second, also when the asking side is closed, as by a shell's pipe."""
    with connect(spool, name) as client, client.makefile() as lines:
        client.sendall(b"follow\n")
        client.shutdown(socket.SHUT_WR)
        states = [json.loads(lines.readline()) for _ in range(3)]
    assert states[0]["packets"] < states[1]["packets"] < states[2]["packets"], states
    assert "T" in states[0]["updated_at"] and states[0]["updated_at"] < states[2]["updated_at"]


def goes_away(spool, name):
    """Whoever says nothing is sent away."""
    with connect(spool, name) as client:
        client.recv(65536)
        assert select.select([client], [], [], 20)[0] and client.recv(1) == b"", "an idle client was kept"


def resident_kb(pid):
    return int(next(l for l in open(f"/proc/{pid}/status") if l.startswith("VmRSS")).split()[1])


def main():
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / ("long-" * 20) / ("name-" * 20)
        library.mkdir(parents=True, mode=0o700)
        spool = library / "spool"
        spool.mkdir(mode=0o700)
        with socket.socket(socket.AF_UNIX) as dead:  # of a recorder that was killed
            os.chdir(spool)
            dead.bind("record-999999-0badcafe.sock")
            os.chdir("/")
        process = subprocess.Popen([TOOL, str(library)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        if process.stdout.readline() != "ready\n":
            errors = process.stderr.read()
            print(errors)
            sys.exit(77 if "unsupported" in errors or "unexpected memory mapping" in errors else 1)
        names = os.listdir(spool)
        assert len(names) == 1 and names[0].startswith(f"record-{process.pid}-"), f"dead sockets stay: {names}"
        name = names[0]
        assert stat.S_IMODE(os.stat(spool / name).st_mode) == 0o600
        follow(spool, name)
        goes_away(spool, name)
        failures, stop = [], threading.Event()
        threads = [threading.Thread(target=polite, args=(spool, name, failures)) for _ in range(4)]
        bad = [threading.Thread(target=rude, args=(spool, name, stop)) for _ in range(2)]
        before = resident_kb(process.pid)
        for thread in threads + bad:
            thread.start()
        for thread in threads:
            thread.join(60)
        stop.set()
        for thread in bad:
            thread.join(60)
        assert not failures, failures
        assert resident_kb(process.pid) - before < 20000, "it grows"
        assert len(os.listdir(f"/proc/{process.pid}/fd")) < 40, "connections stay"
        process.stdin.write("freeze\n")
        process.stdin.flush()
        time.sleep(0.5)
        one, two = ask(spool, name), ask(spool, name)
        assert one["updated_at"] == two["updated_at"] and one["packets"] == two["packets"], "a stuck recorder seems to move"
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output, errors) == (0, "", ""), (process.returncode, output, errors)
        assert os.listdir(spool) == [], "the socket stays"


main()
