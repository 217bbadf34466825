#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recording server takes the place of another while clients go on, over connections that they had before and new ones: no
INVITE is refused, each call is one row with every packet, and its dialog works until its end.

usage: test-siprec-take-over.py EARSHOT. Exit 77 (skipped) where a network namespace cannot be made.
"""
import pathlib, subprocess, sys, tempfile, threading, time
import numpy as np

import phones, siprec
from earshot import Library
from recording_server import Server, certificate
from sound import decode
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
from recording_metadata import Party, document

program = sys.argv[1]
HOST, PORTS = "127.0.0.30", {"udp": 5060, "tcp": 5060, "tls": 5061}
PLACES = [f"{transport}:{HOST}:{port}" for transport, port in PORTS.items()]
CONFIG = "[record]\nchannels=split\nlinger=0s\n"
CALLS, EVERY_S = 12, 0.4


def voice(hz, seconds):
    return (9000 * np.sin(2 * np.pi * hz * np.arange(int(8000 * seconds)) / 8000)).astype(np.int16)


class Call(threading.Thread):
    """One session from INVITE to BYE, with a re-INVITE in the middle."""

    def __init__(self, client, number, seconds):
        super().__init__()
        self.number, self.seconds, self.problem = number, seconds, None
        parties = [Party(f"sip:010{number:03}@example.com", "Caller", send=("1",), recv=("2",)),
                   Party(f"sip:2{number:03}@example.com", "Agent", send=("2",), recv=("1",))]
        self.session = client.session([siprec.Line("1"), siprec.Line("2")], metadata=document(f"s{number}", parties, ("1", "2")))
        self.start()

    def run(self):
        try:
            self.session.invite()
            tones = 300 + 20 * self.number, 900 + 20 * self.number
            half = [voice(tone, self.seconds / 2) for tone in tones]
            siprec.speak({self.session: half})
            self.session.reinvite()
            siprec.speak({self.session: half})
            assert self.session.bye().status == 200
        except Exception as problem:
            self.problem = f"call {self.number}: {problem!r}"


def recorders(library):
    return {recorder["pid"]: recorder for recorder in library.rows("status")[0]["recorders"]}


def take_over(library, old):
    new = Server(library, *PLACES, more=["--take-over"])
    old.until(lambda: recorders(library)[old.process.pid]["finishing"], "nothing was handed over")
    return new


def ended(server):
    server.process.wait(timeout=30)
    assert server.process.returncode == 0, server.said()


def check_row(library, row, call):
    assert (row["outcome"], row["dropped_packets"]) == ("recorded", 0), row
    streams = [stream for leg in row["legs"] for stream in leg["streams"]]
    sent = [2 * round(call.seconds / 2 * 50)] * 2
    assert [s["received"] for s in streams] == sent and not any(s["lost"] for s in streams), (call.number, streams, sent)
    assert abs(row["audio_ms"] / 1000 - call.seconds) < 1.5, row["audio_ms"]
    heard = decode(library.audio(row))[2000:]
    for leg, tone in enumerate((300 + 20 * call.number, 900 + 20 * call.number)):
        spectrum = np.abs(np.fft.rfft(heard[:, leg] * np.hanning(len(heard))))
        assert abs(np.argmax(spectrum) * 8000 / len(heard) - tone) < 8, (call.number, leg)


def play(library, first, transport):
    """Calls over one client's connection and over new ones; two hand-overs meanwhile. Returns the last recorder."""
    calls, clients, servers, had = [], [siprec.Client((HOST, PORTS[transport]), transport)], [first], {}
    for number in range(1, CALLS + 1):
        if number % 3 == 0:
            clients.append(siprec.Client((HOST, PORTS[transport]), transport, source=f"127.0.0.{40 + number}"))
        calls.append(Call(clients[0] if number % 2 else clients[-1], number, 3.0 if number > 1 else 9.0))
        time.sleep(EVERY_S)
        if number in (CALLS // 3, 2 * CALLS // 3):
            servers.append(take_over(library, servers[-1]))
            had[servers[-2]] = (servers[-2].state() or {}).get("sessions")
        for server, sessions in had.items():
            assert (server.state() or {}).get("sessions", sessions) == sessions, f"a call that began later is with the older one: {server.said()}"
    for call in calls:
        call.join()
    problems = [call.problem for call in calls if call.problem]
    assert not problems, (problems, [server.said() for server in servers])
    for server in servers[:-1]:
        ended(server)
    for client in clients:
        client.connection.close()
    return calls, servers[-1]


def check_upgrade(transport, config):
    with Library(program, config) as library:
        calls, last = play(library, Server(library, *PLACES), transport)
        time.sleep(0.5)
        assert list(recorders(library)) == [last.process.pid], recorders(library)
        with siprec.Client((HOST, PORTS[transport]), transport) as client:
            assert client.options().status == 200
        last.end()
        rows = {row["caller"]: library.show(row["id"]) for row in library.rows("search", "--limit", "100")}
        assert len(library.rows("search", "--limit", "100")) == len(calls) == len(rows), sorted(rows)
        for call in calls:
            check_row(library, rows[f"010{call.number:03}"], call)
        received = sum(s["received"] for row in rows.values() for leg in row["legs"] for s in leg["streams"])
        print(f"{transport}: calls {len(rows)}, packets received {received}, lost 0")


def check_new_dies(transport, config):
    """The new recorder is killed: the old one answers again at once, and the sockets were never closed."""
    with Library(program, config) as library:
        old = Server(library, *PLACES)
        with siprec.Client((HOST, PORTS[transport]), transport) as client:
            before = Call(client, 1, 6.0)
            time.sleep(0.5)
            new = take_over(library, old)
            new.process.kill()
            new.process.wait()
            old.until(lambda: not recorders(library)[old.process.pid]["finishing"], "it did not go on")
            with siprec.Client((HOST, PORTS[transport]), transport, source="127.0.0.41") as other:
                after = [Call(client, 2, 2.0), Call(other, 3, 2.0)]
                for call in [before, *after]:
                    call.join()
                    assert not call.problem, (call.problem, old.said())
        old.end()
        rows = {row["caller"]: library.show(row["id"]) for row in library.rows("search")}
        for call in [before, *after]:
            check_row(library, rows[f"010{call.number:03}"], call)


def main():
    phones.in_own_network()
    subprocess.run("ip link set lo up", shell=True, check=True)
    with tempfile.TemporaryDirectory() as name:
        config = f"{CONFIG}[siprec]\ncertificate={certificate(pathlib.Path(name))}\n"
        for transport in PORTS:
            for check in (check_upgrade, check_new_dies):
                print(check.__name__.replace("_", " "), transport, flush=True)
                check(transport, config)


main()
