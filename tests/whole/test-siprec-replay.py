#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of recording clients as live sessions, over UDP, TCP and (through socat) TLS: made ones of every dialect by our own
client, a transfer, and by sipp the real ones that lie beside the project, where they do. Who spoke to whom is what the messages
say, every voice that was sent is in a leg, a pause is in the gap table.

test-siprec-replay.py EARSHOT DATA-FOLDER. Exit 77 (skipped) where a network namespace cannot be made.
"""
import collections, contextlib, json, pathlib, re, subprocess, sys, tempfile, time, unittest

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
import numpy as np

import earshot, phones, recording_metadata, sipp, siprec
from live import Server
from recording_metadata import Party, document
from recording_server import certificate

phones.in_own_network()
PROGRAM, DATA = sys.argv[1], pathlib.Path(sys.argv[2]) / "siprec"
del sys.argv[1:3]
HOST, PORTS = "127.0.0.30", {"udp": 5060, "tcp": 5060, "tls": 5061}
TONE = (8000 * np.sin(np.arange(8000) / 7)).astype(np.int16)


@contextlib.contextmanager
def recording():
    """A library and the server that fills it, at all three places; ended when the block ends."""
    with tempfile.TemporaryDirectory() as name, earshot.Library(PROGRAM) as library:
        (library.path / "earshot.conf").write_text(f"[record]\nlinger=0\n[siprec]\ncertificate={certificate(pathlib.Path(name))}\n")
        server = Server(library, *(f"{transport}:{HOST}:{port}" for transport, port in PORTS.items()))
        try:
            yield library, pathlib.Path(name), server
        finally:
            if server.process.returncode is None:
                server.end()
            server.errors.close()


def gaps(row):
    """Without the time between the last packet and a BYE that comes late."""
    return [gap for gap in row["gaps"] if gap["start_ms"] + gap["length_ms"] < row["audio_ms"] - 20]


def parties(row):
    return {row["caller"], row["callee"]}


class Made(unittest.TestCase):
    def test_every_dialect_over_every_transport(self):
        with recording() as (library, _, _):
            wanted, voices, stack = {}, {}, contextlib.ExitStack()
            with stack:
                for transport, port in PORTS.items():
                    client = stack.enter_context(siprec.Client((HOST, port), transport))
                    for build in recording_metadata.DIALECTS:
                        message = build()
                        call = self.begin(client, message, f"{message.name}-{transport}@made")
                        voices[call] = [TONE] * len(call.lines)
                        wanted[call.call_id] = message
                siprec.speak(voices)
                for call in voices:
                    self.assertEqual(call.bye().status, 200)
                    self.assertEqual([line.label for line in call.answer], [line.label for line in call.lines])
            rows = {row["call_id"]: row for row in self.ended(library, len(wanted))}
            self.assertEqual(sorted(rows), sorted(wanted))
            for name, message in wanted.items():
                with self.subTest(name):
                    self.check(library.show(rows[name]["id"]), message)

    def begin(self, client, message, name):
        lines = [siprec.Line(label, direction=message.direction, extra=[f"a={a}" for a in message.attributes]) for label in message.labels]
        call = client.session(lines, call_id=name, require=message.require, feature=message.feature)
        content_type, body = message.body(call.sdp().replace("\r\n", message.newline))
        call.invite(body=body, content_type=content_type)
        return call

    def ended(self, library, count):
        """The rows, once there are as many and none is open any more."""
        for _ in range(100):
            rows = library.rows("search", "--limit", "200", status=None)
            if len(rows) == count and all(row["ended_at"] and row["outcome"] != "none" for row in rows):
                return rows
            time.sleep(0.1)
        return rows

    def check(self, row, message):
        users = [user for user, *_ in message.members]
        self.assertEqual(parties(row), set(users))
        callers = [user for user, _, _, role in message.members if role == "caller"]
        if callers:
            self.assertEqual([row["caller"]], callers)
        self.assertEqual((row["outcome"], gaps(row)), ("partial" if self.is_half(message) else "recorded", []))
        received = [stream["received"] for leg in row["legs"] for stream in leg["streams"]]
        self.assertEqual(received, [50] * len(message.labels))
        shared = len({tuple(labels) for _, _, labels, _ in message.members}) == 1
        self.assertEqual(row["legs"][0]["role"] == "mixed", shared)
        if not shared and callers:  # the label's voice is in its sender's leg
            line_of = {user: labels[0] in message.labels for user, _, labels, _ in message.members}
            spoke = [line_of[row["caller"]], line_of[row["callee"]]]
            self.assertEqual([bool(leg["streams"]) for leg in row["legs"]], spoke)

    def is_half(self, message):
        """Whether somebody's voice is on a line that is not offered."""
        return any(not set(labels) & set(message.labels) for _, _, labels, _ in message.members)

    def test_a_transfer_goes_on_in_the_next_call(self):
        """A complete document with another session on the same recording session and media: two calls of one story."""
        a, b, c = (Party(f"sip:{user}@x", None, (label,)) for user, label in (("2001", "1"), ("0100", "2"), ("2002", "1")))
        with recording() as (library, _, _), siprec.Client((HOST, 5060)) as client:
            call = client.session([siprec.Line("1"), siprec.Line("2")], document("s", (a, b), ("1", "2"), group="g"))
            call.invite()
            siprec.speak({call: [TONE, TONE]})
            call.reinvite(document("t", (c, b), ("1", "2"), group="g"))
            siprec.speak({call: [TONE, TONE]})
            self.assertEqual(call.bye().status, 200)
            rows = self.ended(library, 2)
            self.assertEqual(len({row["group_id"] for row in rows} - {None}), 1)
            self.assertEqual(sorted(map(sorted, map(parties, rows))), [["0100", "2001"], ["0100", "2002"]])
            for row in rows:
                self.assertEqual([s["received"] for leg in library.show(row["id"])["legs"] for s in leg["streams"]], [50, 50])


@unittest.skipUnless(DATA.is_dir(), "no real messages beside the project")
class Real(unittest.TestCase):
    def test_every_message_over_every_transport(self):
        truth = json.loads((DATA / "siprec_truth.json").read_text())
        dialogs = self.dialogs(truth)
        self.assertGreater(len(dialogs), 10)
        for transport in PORTS:  # each in a library of its own: the same conversation at once would be recorded once
            with recording() as (library, folder, server), contextlib.ExitStack() as stack:
                self.play(stack, dialogs, transport, folder)
                time.sleep(0.3)
                server.end()
                rows = collections.defaultdict(list)
                for row in library.rows("search", "--limit", "200"):
                    rows[row["call_id"]].append(library.show(row["id"]))
            for name, files in dialogs.items():
                with self.subTest(name, transport=transport):
                    self.check(rows[f"{name}_{transport}"], [truth[f.name] for f in files], any(sipp.is_pause(f.read_bytes()) for f in files))

    def dialogs(self, truth):
        """Name to the files of one dialog, in order. What is no message as a whole gets a header made for it."""
        found = collections.defaultdict(list)
        for name in sorted(truth):
            if truth[name].get("root") or truth[name].get("start_line"):
                found[re.sub(r"\W", "_", re.sub(r"(_\d)?_invite\.sip$|\.\w+$", "", name))].append(DATA / name)
        return {name: files for name, files in found.items() if truth[files[0].name]["m_lines"]}

    def message(self, path):
        data = path.read_bytes()
        if data.startswith(b"INVITE"):
            return data
        boundary = re.search(rb"--(\S+)", data)[1].decode()
        return (f"INVITE sip:srs@x SIP/2.0\nFrom: <sip:src@x>;tag=1\nContact: <sip:src@x>;+sip.src\nRequire: siprec\n"
                f"Content-Type: multipart/mixed;boundary={boundary}\n\n").encode() + data.lstrip()

    def play(self, stack, dialogs, transport, folder):
        server, runs = (HOST, 5060), []
        if transport == "tls":
            server = ("127.0.0.40", 5070)
            tunnel = subprocess.Popen(["socat", f"TCP-LISTEN:5070,bind={server[0]},reuseaddr,fork", f"OPENSSL:{HOST}:5061,verify=0"])
            stack.callback(tunnel.wait)
            stack.callback(tunnel.terminate)
            listening = f"{server[1]:04X} 00000000:0000 0A"
            while listening not in pathlib.Path("/proc/net/tcp").read_text():
                time.sleep(0.02)
        for n, (name, files) in enumerate(dialogs.items(), 1):
            address, call = f"127.0.1.{n}", f"{name}_{transport}"
            path = sipp.scenario([self.message(f) for f in files], folder, call, address, 6000)
            runs.append((call, sipp.start(path, call, server, address, 6000, transport, folder)))
        outputs = [run.communicate(timeout=130)[0].decode(errors="replace") for _, run in runs]
        for (call, run), output in zip(runs, outputs):
            error = folder / f"{call}.err"
            self.assertEqual(run.returncode, 0, f"{call}: {error.read_text() if error.exists() else output[-800:]}")

    def check(self, rows, said, paused):
        documents = [t for t in said if t.get("root")]
        if not documents:  # the parties are in headers of its own
            self.assertEqual([parties(row) for row in rows], [{"2164485925", "20053"}])
            return
        wanted = []
        for t in documents:  # the same document again is the same call
            users = {re.split("[@;]", re.sub("^(sip|tel):", "", p["aor"]))[0] for p in t["participants"] if p["aor"]}
            if (users, t["sessions"]) not in wanted:
                wanted.append((users, t["sessions"]))
        self.assertEqual(sorted(map(sorted, map(parties, rows))), sorted(sorted(users) for users, _ in wanted))
        if len(wanted) > 1:
            self.assertEqual(len({row["group_id"] for row in rows} - {None}), 1)
        for row in rows:  # sipp speaks on the first line alone
            self.assertTrue(row["outcome"] == "recorded" or row["outcome_reason"].startswith("no audio of the calle"), row["outcome_reason"])
            streams = [stream for leg in row["legs"] for stream in leg["streams"]]
            self.assertEqual(sum(stream["lost"] for stream in streams), 0)
            late = {"late"} if any(stream["late"] for stream in streams) else set()  # sipp on a busy machine: what it sent, it sent late
            self.assertEqual({gap["reason"] for gap in gaps(row)} - late - {"silent"}, {"paused"} if paused else set())


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
unittest.main()
