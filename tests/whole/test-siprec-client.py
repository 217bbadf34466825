#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The recording client of the tests says what it should: tried on a stub over UDP, TCP and TLS. Exit 77 without a network of its own."""
import pathlib, ssl, subprocess, tempfile, unittest
import numpy as np

import phones, siprec, stub_recorder

SERVER = "127.0.0.30"


def certificate(folder):
    """A TLS server's context with a certificate made for it."""
    key, made = folder / "key.pem", folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", made,
                    "-days", "2", "-subj", "/CN=recorder"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context


class Client(unittest.TestCase):
    def test_a_whole_session(self):
        voice = [(8000 * np.sin(np.arange(8000) / n)).astype(np.int16) for n in (7, 11)]
        with tempfile.TemporaryDirectory() as folder:
            tls = certificate(pathlib.Path(folder))
            for transport, port in (("udp", 5060), ("tcp", 5060), ("tls", 5061)):
                with self.subTest(transport), stub_recorder.Recorder(SERVER, 5060, tls) as stub, siprec.Client((SERVER, port), transport) as client:
                    self.run_session(stub, client, voice)

    def run_session(self, stub, client, voice):
        self.assertEqual(client.options().status, 200)
        call = client.session([siprec.Line("1"), siprec.Line("2", codec="PCMA")], metadata="<recording/>")
        call.invite()
        self.assertEqual([(line.label, line.direction) for line in call.answer], [("1", "recvonly"), ("2", "recvonly")])
        took = siprec.speak({call: voice})
        self.assertAlmostEqual(took, 0.98, delta=0.2)
        call.reinvite(direction="inactive", metadata="<recording/>")
        siprec.speak({call: [v[:800] for v in voice]})
        call.reinvite(direction="sendonly")
        siprec.speak({call: [v[:800] for v in voice]})
        self.assertEqual(call.update("<recording/>").status, 200)
        self.assertEqual(call.bye("<recording/>").status, 200)
        self.assertEqual([m.method for m in stub.messages], ["OPTIONS", "INVITE", "ACK", "INVITE", "ACK", "INVITE", "ACK", "UPDATE", "BYE"])
        for line, sent, decode in zip(call.lines, voice, (siprec.audioop.ulaw2lin, siprec.audioop.alaw2lin)):
            packets = stub.heard[line.ssrc]
            self.assertEqual(len(packets), line.sent)
            self.assertEqual(len(packets), 55)
            heard = np.frombuffer(decode(b"".join(p[12:] for p in packets[:50]), 2), "<i2").astype(float)
            self.assertGreater(np.corrcoef(heard, sent)[0, 1], 0.999)

    def test_cancel_and_refusal(self):
        with stub_recorder.Recorder(SERVER) as stub, siprec.Client((SERVER, 5060)) as client:
            stub.replies = lambda message: iter(())
            call = client.session([siprec.Line("1")])
            call.start()
            with self.assertRaises(TimeoutError):
                call.finish(timeout=1.2)
            stub.replies = lambda message: [] if message.method == "ACK" else [siprec.sip_wire.response(message, 488, "Not Here")]
            with self.assertRaises(siprec.Refused) as refused:
                call.invite()
            self.assertEqual(refused.exception.response.status, 488)
            call.start()
            self.assertEqual(call.cancel().status, 488)


phones.in_own_network()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
unittest.main()
