# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A real session border: kamailio passes the calls of two phones on, rtpengine carries their voices and forks both to a recorder.
The recording session itself is spoken by siprec.Client with what rtpengine offers.

    with forker.Border(folder) as border:
        phone = phones.Phone(..., more=border.outbound)
        ...
        recording = border.record(client, phone.call_id, {"10000": Party(...), ...})
        recording.stop()
"""
import glob, json, os, pathlib, signal, socket, subprocess, time

import recording_metadata

ADDRESS = "127.0.0.10"


class Border:
    """Use as a context manager, in a network of one's own."""

    outbound = f'outbound="sip:{ADDRESS}:5060"'

    def __init__(self, folder):
        self.folder, self.started = pathlib.Path(folder), []
        self.control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.control.settimeout(3)
        self.control.connect((ADDRESS, 2223))

    def __enter__(self):
        try:
            self.start("rtpengine", "--config-file=none", "-f", "-E", "-L", "4", "--table=-1", f"--interface={ADDRESS}", f"--listen-ng={ADDRESS}:2223",
                       "--port-min=30000", "--port-max=30999", "--delete-delay=0", "--num-threads=2")
            modules = os.path.dirname(glob.glob("/usr/lib/*/kamailio/modules/tm.so")[0]) + "/"
            template = pathlib.Path(__file__).with_name("forker-kamailio.cfg").read_text()
            (self.folder / "kamailio.cfg").write_text(template.replace("ADDRESS", ADDRESS).replace("MODULES", modules))
            self.await_answer(lambda: self.ask("ping"))
            self.start("kamailio", "-DD", "-E", "-f", self.folder / "kamailio.cfg", "-P", self.folder / "kamailio.pid", "-Y", self.folder, "-m", "32", "-M", "4")
            self.await_answer(self.knock)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        for process in reversed(self.started):
            process.send_signal(signal.SIGTERM)
        for process in self.started:
            process.wait(10)
        self.control.close()

    def start(self, name, *arguments):
        with open(self.folder / f"{name}.log", "w") as log:
            self.started.append(subprocess.Popen([name, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def await_answer(self, ask):
        for _ in range(50):
            for process in self.started:
                assert process.poll() is None, "\n".join(p.read_text() for p in self.folder.glob("*.log"))
            try:
                return ask()
            except OSError:
                time.sleep(0.1)
        raise AssertionError("no answer from " + str(self.started[-1].args[0]))

    def knock(self):
        """Any SIP answer of the proxy will do."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.19", 0))
            probe.settimeout(0.3)
            probe.connect((ADDRESS, 5060))
            probe.send(f"OPTIONS sip:{ADDRESS} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.19:{probe.getsockname()[1]};branch=z9hG4bKk\r\nMax-Forwards: 0\r\n"
                       f"From: <sip:k@k>;tag=k\r\nTo: <sip:k@k>\r\nCall-ID: k\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode())
            return probe.recv(4096)

    def ask(self, command, **more):
        """rtpengine's control protocol, in its JSON form."""
        cookie = os.urandom(4).hex()
        self.control.send(f"{cookie} {json.dumps({**{k.replace('_', '-'): v for k, v in more.items()}, 'command': command})}".encode())
        while True:
            found, text = self.control.recv(65536).split(b" ", 1)
            if found.decode() == cookie:
                break
        reply = json.loads(text)
        assert reply["result"] in ("ok", "pong"), reply
        return reply

    def owner_of(self, call_id, tag, parties):
        """Whose SIP tag it is: by the port from which that phone speaks. parties: (first, last) port to party."""
        for media in self.ask("query", call_id=call_id)["tags"][tag]["medias"]:
            port = media["streams"][0]["endpoint"]["port"]
            for (first, last), party in parties.items():
                if first <= port <= last:
                    return party
        raise AssertionError(f"nobody has the tag {tag}")

    def record(self, client, call_id, parties, **more):
        """Begins a recording session for a call that goes through here."""
        offer = self.ask("subscribe request", call_id=call_id, flags=["all", "siprec"])
        speaking = {label: self.owner_of(call_id, media["tag"], parties) for label, media in offer["media-labels"].items()}
        for label, party in speaking.items():
            party.send, party.recv = (label,), tuple(l for l in speaking if l != label)
        metadata = recording_metadata.document(call_id, list(parties.values()), list(speaking), sip=(call_id,), **more)
        session = client.session([], metadata, offer=offer["sdp"])
        answer = session.invite()
        self.ask("subscribe answer", call_id=call_id, to_tag=offer["to-tag"], sdp=answer.body.decode(), flags=["allow transcoding"])
        return Fork(self, session, call_id, offer["to-tag"])


class Fork:
    """One call's recording session."""

    def __init__(self, border, session, call_id, tag):
        self.border, self.session, self.call_id, self.tag = border, session, call_id, tag

    def stop(self):
        self.border.ask("unsubscribe", call_id=self.call_id, to_tag=self.tag)
        assert self.session.bye().status == 200
