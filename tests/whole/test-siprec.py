#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The recording server, asked as clients ask it: who gets in, what it answers, what it records. Exit 77 without a network of its own."""
import contextlib, pathlib, re, signal, socket, ssl, struct, subprocess, sys, tempfile, threading, time, unittest
import numpy as np

import phones, sip_wire, siprec
from earshot import Library
from recording_server import Server
from sound import decode
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
from recording_metadata import Party, document
from srtp import Sender

HOST, PORT = "127.0.0.30", 5060
UDP, TCP = f"udp:{HOST}:{PORT}", f"tcp:{HOST}:{PORT}"
SPLIT = "[record]\nchannels=split\nlinger=0s\n"
PARTIES = [Party("sip:01001234567@example.com", "Caller", send=("1",), recv=("2",)), Party("sip:201@example.com", "Agent", send=("2",), recv=("1",))]


def voice(hz, seconds=1.0):
    t = np.arange(int(8000 * seconds)) / 8000
    return (9000 * np.sin(2 * np.pi * hz * t) * (1 + 0.3 * np.sin(7 * t))).astype(np.int16)


VOICES = voice(310), voice(730)


def frequency(samples):
    """The strongest tone in it."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * 8000 / len(samples)


def two_lines(**more):
    return [siprec.Line("1", **more), siprec.Line("2", codec="PCMA", **more)]


@contextlib.contextmanager
def recording(*places, config="", **more):
    with Library(program, SPLIT + config) as library, Server(library, *(places or (UDP,)), **more) as server:
        yield server


def call_on(client, lines=None, metadata=True, **more):
    call = client.session(lines or two_lines(), metadata=document(parties=PARTIES, labels=("1", "2")) if metadata else None, **more)
    call.invite()
    return call


class Cases(unittest.TestCase):
    def heard(self, server, row, tones=(310, 730)):
        """Both voices are in the file, each where it belongs."""
        audio = decode(server.library.audio(row))
        for channel, tone in enumerate(tones):
            middle = audio[2000:-2000, channel]
            self.assertAlmostEqual(frequency(middle), tone, delta=8, msg=f"channel {channel}")

    def refused(self, status, call, **more):
        with self.assertRaises(siprec.Refused) as caught:
            call.invite(**more)
        self.assertEqual(caught.exception.response.status, status, caught.exception.response)
        return caught.exception.response


class Recording(Cases):
    def test_udp_and_tcp(self):
        with recording(UDP, TCP) as server:
            for transport in ("udp", "tcp"):
                with siprec.Client((HOST, PORT), transport) as client:
                    call = call_on(client)
                    self.assertEqual([(l.label, l.direction, l.host) for l in call.answer], [("1", "recvonly", HOST), ("2", "recvonly", HOST)])
                    siprec.speak({call: VOICES})
                    self.assertEqual(call.bye().status, 200)
            for row in server.rows(2):
                self.assertEqual((row["outcome"], row["disposition"]), ("recorded", "answered"), row)
                self.assertEqual((row["caller"], row["callee"]), ("01001234567", "201"))
                self.heard(server, row)
            self.assertEqual([row["source"] for row in server.rows(2)], [f"siprec:{UDP}", f"siprec:{TCP}"])
            found = server.state()
            self.assertEqual((found["sessions"], found["sessions_open"], found["rtp"], found["foreign"]), (2, 0, 200, 0), found)

    def test_several_on_one_connection(self):
        with recording(TCP) as server, siprec.Client((HOST, PORT), "tcp") as client:
            calls = [call_on(client) for _ in range(4)]
            server.wait_for(sessions_open=4)
            siprec.speak({call: VOICES for call in calls})
            client.connect()  # the connection was lost; the dialogs go on over another
            for call in calls:
                self.assertEqual(call.bye().status, 200)
            for row in server.rows(4):
                self.heard(server, row)

    def test_ipv6_is_told_as_such(self):
        with recording("udp:[::1]:5060") as server:
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as made:
                made.bind(("::1", 5070))
                made.settimeout(5)
                sdp = "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 5080 RTP/AVP 0\r\na=label:x\r\n"
                head = [("Via", "SIP/2.0/UDP [::1]:5070;branch=z9hG4bKsix"), ("From", "<sip:a@x>;tag=1"), ("To", "<sip:b@x>"), ("Call-ID", "six"),
                        ("CSeq", "1 INVITE"), ("Contact", "<sip:a@[::1]:5070>;+sip.src"), ("Require", "siprec"), ("Content-Type", "application/sdp")]
                made.sendto(sip_wire.compose("INVITE sip:b@[::1] SIP/2.0", head, sdp), ("::1", 5060))
                answer = sip_wire.Message(made.recv(65535))
                self.assertEqual(answer.status, 200)
                self.assertIn(b"c=IN IP6 ::1\r\n", answer.body)
                self.assertIn("<sip:earshot@[::1]:5060;transport=udp>;+sip.srs", answer.header("contact"))
                port = int(re.search(rb"m=audio (\d+)", answer.body)[1])
                made.sendto(struct.pack(">BBHII", 0x80, 0, 1, 0, 7) + b"\xff" * 160, ("::1", port))
                server.wait_for(rtp=1)

    def test_all_addresses(self):
        with recording(f"udp:*:{PORT}") as server, siprec.Client(("127.0.0.1", PORT), source="127.0.0.1") as client:
            call = call_on(client)
            self.assertEqual([l.host for l in call.answer], ["127.0.0.1", "127.0.0.1"])
            siprec.speak({call: VOICES})
            call.bye()
            self.heard(server, server.rows(1)[0])

    def test_encrypted(self):
        senders = Sender("AES_CM_128_HMAC_SHA1_80", 1), Sender("AES_256_CM_HMAC_SHA1_80", 2)

        class Secret(siprec.Line):
            def __init__(self, label, sender):
                super().__init__(label, extra=[f"a={sender.line(tag=3).removeprefix('a=')}"])
                self.sender = sender

            def describe(self):
                return [text.replace("RTP/AVP", "RTP/SAVP") for text in super().describe()]

            def say(self, payload, to):
                plain, self.rtp = self.rtp, self
                self.plain = plain
                try:
                    super().say(payload, to)
                finally:
                    self.rtp = plain

            def sendto(self, packet, to):
                self.plain.sendto(self.sender.protect(packet), to)

            def report(self):
                return b"\x00"  # plain reports have no place here

        with recording() as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client, [Secret("1", senders[0]), Secret("2", senders[1])])
            for line, suite in zip(call.answer, ("AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80")):
                crypto = re.search(r"^a=crypto:(\d+) (\S+) inline:(\S+)", line.text, re.M)
                self.assertEqual((crypto[1], crypto[2]), ("3", suite))
                self.assertNotIn(crypto[3], "".join(call.lines[0].extra + call.lines[1].extra))
                self.assertIn("RTP/SAVP", line.text)
            siprec.speak({call: VOICES})
            call.bye()
            row = server.rows(1)[0]
            self.assertEqual(row["outcome"], "recorded", row)
            self.heard(server, row)

    def test_what_is_left_open_when_it_stops(self):
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client)
            siprec.speak({call: VOICES})
            server.end()
            call.wait_for("BYE")
            row = server.rows(1)[0]
            self.assertEqual((row["outcome"], row["outcome_reason"]), ("partial", "stopped"))
            self.heard(server, row)

    def test_beside_an_interface(self):
        with recording(UDP, more=("--interface", "lo", "--filter", "udp port 9")) as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client)
            siprec.speak({call: VOICES})
            call.bye()
            self.heard(server, server.rows(1)[0])
            self.assertEqual(pathlib.Path(f"/proc/{server.process.pid}/status").read_text().split("CapEff:")[1].split()[0], "0" * 16)


class Answers(Cases):
    def test_lines_keep_their_places(self):
        lines = [siprec.Line("v", kind="video"), siprec.Line("a b"), siprec.Line("0", codec="PCMA", direction="inactive"), siprec.Line(None)]
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client, lines, metadata=False)
            self.assertEqual([l.label for l in call.answer], ["v", "a", "0", None])
            self.assertEqual([l.port != 0 for l in call.answer], [False, True, True, True])
            self.assertEqual([l.text.split()[0] for l in call.answer], ["m=video", "m=audio", "m=audio", "m=audio"])
            self.assertEqual([l.direction for l in call.answer[1:]], ["recvonly", "inactive", "recvonly"])
            self.assertEqual(len({l.port for l in call.answer[1:]}), 3)
            self.assertTrue(all(l.port % 2 == 0 for l in call.answer))
            ports = [l.port for l in call.answer]
            call.reinvite(direction="sendonly", labels=["0"])
            self.assertEqual([l.port for l in call.answer], ports)
            self.assertEqual(call.answer[2].direction, "recvonly")
            call.bye()
            server.wait_for(sessions_open=0)

    def test_nothing_to_record(self):
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            self.refused(488, client.session([siprec.Line("1", kind="video")]))
            call = client.session([siprec.Line("1")])
            sdp = call.sdp().replace("RTP/AVP 0", "RTP/AVP 97").replace("rtpmap:0 PCMU", "rtpmap:97 X-SECRET")
            self.refused(488, call, body=sdp, content_type="application/sdp")
            for broken in ("nonsense", "v=0\r\n", call.sdp() + "m=\r\n", call.sdp() + "m=audio 4000 RTP/AVP 0\r\n" * 20):
                self.refused(400, call, body=broken, content_type="application/sdp")
            server.wait_for(sessions_open=0)
            self.assertEqual(server.state()["calls_open"], 0)

    def test_encrypted_without_a_key(self):
        with recording(), siprec.Client((HOST, PORT)) as client:
            for protocol in ("RTP/SAVP", "UDP/TLS/RTP/SAVP"):
                call = client.session([siprec.Line("1")])
                self.refused(488, call, body=call.sdp().replace("RTP/AVP", protocol), content_type="application/sdp")

    def test_without_an_offer(self):
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            call = client.session(two_lines())
            found = call.invite(offer=False)
            offer = siprec.read_answer(found.body)
            self.assertEqual([l.direction for l in offer], ["recvonly", "recvonly"])
            self.assertIn("opus/48000/2", offer[0].text)
            siprec.speak({call: VOICES})
            call.bye()
            self.heard(server, server.rows(1)[0])

    def test_pause_and_removal(self):
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client)
            siprec.speak({call: VOICES})
            call.reinvite(direction="inactive")
            self.assertEqual([l.direction for l in call.answer], ["inactive", "inactive"])
            call.reinvite(direction="sendonly")
            siprec.speak({call: VOICES})
            files = server.files()
            sdp = call.sdp().split("m=audio")
            sdp[2] = " 0" + sdp[2][sdp[2].index(" RTP"):]
            call.start(body="m=audio".join(sdp), content_type="application/sdp")
            call.finish()
            self.assertEqual([l.port != 0 for l in call.answer], [True, False])
            server.until(lambda: server.files() == files - 2, "ports of a line that was removed stay open")
            call.bye()
            row = server.rows(1)[0]
            self.assertEqual(row["outcome"], "recorded", row)

    def test_update_info_options_and_others(self):
        with recording(), siprec.Client((HOST, PORT)) as client:
            found = client.options()
            self.assertEqual(found.status, 200)
            for word, name in (("siprec", "supported"), ("timer", "supported"), ("UPDATE", "allow"), ("application/rs-metadata+xml", "accept"), ("+sip.srs", "contact")):
                self.assertIn(word, found.header(name))
            call = call_on(client)
            self.assertEqual(call.update(document(parties=PARTIES, labels=("1", "2"))).status, 200)
            self.assertEqual(call.send("UPDATE").body, b"")
            answer = call.send("UPDATE", body=call.sdp(), content_type="application/sdp")
            self.assertEqual([l.port for l in siprec.read_answer(answer.body)], [l.port for l in call.answer])
            self.assertEqual(call.send("INFO").status, 200)
            self.assertEqual(call.send("OPTIONS").status, 200)
            for method in ("MESSAGE", "REFER", "X-NEW"):
                found = call.send(method)
                self.assertEqual(found.status, 405, method)
                self.assertIn("UPDATE", found.header("allow"))
            self.assertEqual(call.bye().status, 200)
            self.assertEqual(call.send("UPDATE").status, 481)
            self.assertEqual(call.bye().status, 481)

    def test_the_same_offer_has_the_same_answer(self):
        with recording(), siprec.Client((HOST, PORT)) as client:
            call = call_on(client)
            sdp = call.sdp()
            versions = []
            for text in (sdp, sdp, sdp.replace("sendonly", "inactive")):
                found = call.send("UPDATE", body=text, content_type="application/sdp")
                versions.append(re.search(rb"o=earshot \d+ (\d+)", found.body)[1])
            self.assertEqual(versions[0], versions[1])
            self.assertEqual(int(versions[2]), int(versions[1]) + 1)
            call.bye()

    def test_metadata_is_asked_for(self):
        with recording(), siprec.Client((HOST, PORT)) as client:
            call = client.session(two_lines(), metadata=document(parties=PARTIES, labels=("1", "2"), partial=True))
            call.invite()
            asked = call.wait_for("UPDATE")
            self.assertIn(b"<requestsnapshot xmlns=\"urn:ietf:params:xml:ns:recording:1\">", asked.body)
            self.assertEqual(asked.header("content-disposition"), "recording-session")
            self.assertIn("+sip.srs", asked.header("contact"))
            self.assertEqual(call.update(document(parties=PARTIES, labels=("1", "2"))).status, 200)
            call.bye()

    def test_broken_metadata_costs_no_recording(self):
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            call = client.session(two_lines(), metadata="<recording><session")
            call.invite()
            siprec.speak({call: VOICES})
            call.bye()
            self.heard(server, server.rows(1)[0])


class Timers(Cases):
    def test_session_timer(self):
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            answer = client.session([siprec.Line("1")], headers=[("Supported", "timer")]).invite()
            self.assertEqual(answer.header("session-expires"), "1800;refresher=uac")
            self.assertEqual(answer.header("require"), "timer")
            small = self.refused(422, client.session([siprec.Line("1")], headers=[("Session-Expires", "20")]))
            self.assertEqual(small.header("min-se"), "90")
            answer = client.session([siprec.Line("1")], headers=[("Session-Expires", "90;refresher=uas"), ("Supported", "timer")]).invite()
            self.assertEqual(answer.header("session-expires"), "90;refresher=uas")
            self.assertEqual(client.session([siprec.Line("1")]).invite().header("session-expires"), "")
            server.wait_for(sessions_open=3)

    def test_a_client_that_is_gone(self):
        with recording(config="idle_timeout=2s\n") as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client)
            siprec.speak({call: VOICES})
            call.wait_for("BYE", timeout=8)
            row = server.rows(1)[0]
            self.assertEqual((row["outcome"], row["outcome_reason"], row["ended_by"]), ("partial", "the recording client was gone", "timeout"))
            self.heard(server, row)
            server.wait_for(sessions_open=0)

    def test_a_client_that_does_not_refresh(self):
        """Its media goes on, but nobody may wait for it."""
        with recording(config="[siprec]\nmin_session=3s\n") as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client, headers=[("Supported", "timer"), ("Session-Expires", "3")])
            self.assertEqual(self.timer(call.send("UPDATE", [("Supported", "timer"), ("Session-Expires", "2")])), (422, ""))
            siprec.speak({call: [np.tile(v, 2) for v in VOICES]})
            found = call.send("UPDATE", [("Supported", "timer"), ("Session-Expires", "3")])  # the refresh
            self.assertEqual(self.timer(found), (200, "3;refresher=uac"))
            began = time.monotonic()
            siprec.speak({call: VOICES})
            self.assertEqual(call.requests, [])
            call.wait_for("BYE", timeout=6)
            self.assertTrue(1.9 < time.monotonic() - began < 3.2)  # a third of it before its end (RFC 4028)
            row = server.rows(1)[0]
            self.assertEqual((row["outcome"], row["outcome_reason"], row["ended_by"]), ("partial", "session timer expired", "session-timer"))
            self.assertAlmostEqual(row["duration_ms"], 3000, delta=300)
            self.heard(server, row)
            self.assertIn("session timer expired", server.library.run("show", row["id"]).stdout)

    def timer(self, found):
        return found.status, found.header("session-expires")

    def test_the_server_refreshes(self):
        with recording(config="[siprec]\nmin_session=3s\n") as server, siprec.Client((HOST, PORT)) as client:
            wish = [("Supported", "timer"), ("Session-Expires", "3;refresher=uas")]
            call = client.session(two_lines(), headers=wish)
            self.assertEqual(self.timer(call.invite()), (200, "3;refresher=uas"))
            for _ in range(2):
                asked = call.wait_for("UPDATE")
                self.assertEqual((asked.header("session-expires"), asked.body), ("3;refresher=uac", b""))
            self.assertEqual(server.state()["sessions_open"], 1)
            call.on_request = lambda request, connection: call.arrived.put(request)  # from now on it answers nothing
            call.wait_for("BYE")
            row = server.rows(1)[0]
            self.assertEqual(row["ended_by"], "session-timer", row)
            server.wait_for(sessions_open=0)

    def test_a_client_that_lost_its_state(self):
        with recording(config="[siprec]\nmin_session=3s\n") as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client, headers=[("Supported", "timer"), ("Session-Expires", "3;refresher=uas")])
            siprec.speak({call: VOICES})
            del client.sessions[call.call_id]  # its answer to UPDATE is 481
            row = server.rows(1)[0]
            self.assertEqual((row["outcome"], row["outcome_reason"]), ("partial", "the recording client was gone"))
            self.heard(server, row)
            for line in call.lines:
                line.close()

    def test_receiver_reports(self):
        with recording(), siprec.Client((HOST, PORT)) as client:
            call = call_on(client)
            longer = [np.tile(v, 8) for v in VOICES]
            siprec.speak({call: longer})
            call.bye()
            time.sleep(0.3)
            call.take_reports()
            for line in call.lines:
                kinds = [r[1] for r in line.reports]
                self.assertEqual(set(kinds), {201}, kinds)
                first, last = line.reports[0], line.reports[-1]
                ssrc, lost, highest = struct.unpack(">I", first[8:12])[0], first[12:16], struct.unpack(">I", first[16:20])[0]
                self.assertEqual(ssrc, line.ssrc)
                self.assertEqual(lost, b"\0\0\0\0")
                self.assertLess((highest - (line.sequence - line.sent)) & 0xFFFF, line.sent)
                self.assertNotEqual(first[24:28], b"\0\0\0\0")  # the last sender report
                delay = struct.unpack(">I", first[28:32])[0] / 65536
                self.assertTrue(0 <= delay < 3, delay)
                self.assertEqual(last[-8:-4], b"\x81\xcb\x00\x01")  # goodbye


class Failures(Cases):
    def test_a_client_that_comes_back(self):
        """Its standby takes the call over: another dialog in place of the first (RFC 3891), the same communication session."""
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            first = call_on(client)
            siprec.speak({first: VOICES})
            tag = re.search(r"tag=([^;>]+)", first.to)[1]
            second = call_on(client, headers=[("Replaces", f"{first.call_id};to-tag={tag};from-tag={first.tag}")])
            first.wait_for("BYE")
            self.assertEqual(server.state()["sessions_open"], 1)
            siprec.speak({second: VOICES})
            second.bye()
            rows = server.rows(2)
            self.one_story(server, rows, [("recorded", None), ("recorded", None)])

    def test_a_client_that_died(self):
        with recording(config="idle_timeout=2s\n") as server:
            with siprec.Client((HOST, PORT)) as client:
                siprec.speak({call_on(client): VOICES})
            with siprec.Client((HOST, PORT), source="127.0.0.21") as client:
                call = call_on(client)
                siprec.speak({call: VOICES})
                call.bye()
            self.one_story(server, server.rows(2), [("partial", "the recording client was gone"), ("recorded", None)])

    def test_a_recorder_that_died(self):
        """Of what was begun nothing is known to the next one; the client begins anew, and both are one story."""
        for how, reason, recovered in ((signal.SIGKILL, "interrupted", True), (signal.SIGKILL, "interrupted", False), (signal.SIGTERM, "stopped", False)):
            with Library(program, SPLIT) as library, siprec.Client((HOST, PORT)) as client:
                with Server(library, UDP) as server:
                    first, other = call_on(client), client.session(two_lines(), metadata=document("another", PARTIES, ("1", "2")))
                    other.invite()
                    siprec.speak({first: [np.tile(v, 2) for v in VOICES], other: VOICES})
                    server.process.send_signal(how)
                    server.process.wait()
                    server.end = lambda: None
                with Server(library, UDP) as server:
                    if recovered:  # the client may be back before or after its first call is a row
                        server.wait_for(calls_repaired=2)
                    for method in ("UPDATE", "INFO", "BYE"):
                        self.assertEqual(first.send(method).status, 481, method)
                    self.refused(481, first)
                    second = call_on(client)
                    siprec.speak({second: VOICES})
                    second.bye()
                    server.until(lambda: len(server.library.rows("search")) == 3, "three rows")
                rows = sorted(library.rows("search"), key=lambda row: row["started_at"])
                self.one_story(server, [rows[0], rows[2]], [("partial", reason), ("recorded", None)])
                self.assertNotEqual(rows[1]["group_id"], rows[0]["group_id"])

    def one_story(self, server, rows, outcomes):
        self.assertEqual([(row["outcome"], row["outcome_reason"]) for row in rows], outcomes)
        self.assertEqual(len({row["group_id"] for row in rows}), 1)
        self.assertIsNotNone(rows[0]["group_id"])
        for row in rows:
            self.heard(server, row)


class Losses(Cases):
    def test_drops_are_those_of_one_call(self):
        """The recorder stands still for a while; one of two calls sends ten times as many packets, and its sockets overflow."""
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            calls = [call_on(client) for _ in range(2)]

            def speak(seconds):
                began = time.monotonic()
                for n in range(int(500 * seconds)):
                    time.sleep(max(0, began + n * 0.002 - time.monotonic()))
                    for line, to in zip(calls[1].lines, calls[1].answer):
                        line.timestamp -= 144  # 2 ms of sound
                        line.say(b"\x80" * 16, to)
                    if n % 10 == 0:
                        for line, to in zip(calls[0].lines, calls[0].answer):
                            line.say(b"\x80" * 160, to)

            speak(0.5)
            server.process.send_signal(signal.SIGSTOP)
            speak(2.5)
            server.process.send_signal(signal.SIGCONT)
            speak(0.5)
            # what finds no room at the very end is told of by no packet
            server.process.send_signal(signal.SIGSTOP)
            speak(1.5)
            server.process.send_signal(signal.SIGCONT)
            for call in calls:
                call.bye()
            rows = [server.library.show(row["id"]) for row in server.rows(2)]
            sent = [sum(line.sent for line in call.lines) for call in calls]
            received = [sum(s["received"] for leg in row["legs"] for s in leg["streams"]) for row in rows]
            state = server.state()
            self.assertEqual((rows[0]["dropped_packets"], received[0], rows[0]["outcome"]), (0, sent[0], "recorded"))
            self.assertGreater(rows[1]["dropped_packets"], 500)
            self.assertEqual(rows[1]["dropped_packets"], sent[1] - received[1])
            self.assertEqual(state["dropped"], rows[1]["dropped_packets"])
            self.assertEqual({gap["reason"] for gap in rows[0]["gaps"]}, set())
            self.assertLessEqual({gap["reason"] for gap in rows[1]["gaps"]}, {"dropped"})

    def test_a_hang_up_during_a_stall(self):
        """The recorder stands still while a call is hung up: what counts is when the BYE arrived, not when it was read."""
        for place, transport in ((UDP, "udp"), (TCP, "tcp")):
            with recording(place) as server, siprec.Client((HOST, PORT), transport) as client:
                call = call_on(client)
                speak = lambda part: siprec.speak({call: [v[8000 * part:8000 * (part + 1)] for v in (voice(310, 4), voice(730, 4))]})
                speak(0)
                server.process.send_signal(signal.SIGSTOP)
                speak(1)
                hang_up = threading.Thread(target=call.bye)
                hang_up.start()
                time.sleep(2)
                server.process.send_signal(signal.SIGCONT)
                hang_up.join()
                row = server.library.show(server.rows(1)[0]["id"])
                ledgers = [(s["received"], s["lost"]) for leg in row["legs"] for s in leg["streams"]]
                self.assertEqual(ledgers, [(100, 0)] * 2, transport)
                self.assertEqual((row["outcome"], row["gaps"], row["missing_ms"]), ("recorded", [], 0), transport)
                self.assertAlmostEqual(row["duration_ms"], 2000, delta=150, msg=transport)
                self.assertAlmostEqual(row["audio_ms"], 2000, delta=60, msg=transport)


class Access(Cases):
    def test_by_address(self):
        config = "[siprec]\nallow=127.0.0.20,127.0.1.0/24\n"
        with recording(config=config) as server:
            for source, status in (("127.0.0.20", 200), ("127.0.1.77", 200), ("127.0.0.21", 403), ("127.0.2.1", 403)):
                with siprec.Client((HOST, PORT), source=source) as client:
                    self.assertEqual(client.options().status, status, source)
                    if status == 403:
                        self.refused(403, client.session(two_lines()))
            server.reload(SPLIT + "[siprec]\nallow=127.0.0.21\n", "read again")
            time.sleep(0.2)
            with siprec.Client((HOST, PORT), source="127.0.0.21") as client:
                self.assertEqual(client.options().status, 200)
            with siprec.Client((HOST, PORT), source="127.0.0.20") as client:
                self.assertEqual(client.options().status, 403)

    def test_limit(self):
        with recording(config="[siprec]\nmax_sessions=2\n") as server, siprec.Client((HOST, PORT)) as client:
            calls = [call_on(client) for _ in range(2)]
            found = self.refused(503, client.session(two_lines()))
            self.assertEqual(found.header("retry-after"), "5")
            calls[0].bye()
            call_on(client).bye()
            calls[1].bye()
            server.wait_for(sessions_limited=1, sessions_open=0)

    def test_what_is_no_recording_session(self):
        lenient = "[siprec]\nlenient=127.0.0.22\n"
        with recording(config=lenient) as server:
            with siprec.Client((HOST, PORT), source="127.0.0.21") as client:
                found = self.refused(421, client.session(two_lines(), require=False, feature=None))
                self.assertEqual(found.header("require"), "siprec")
                found = self.refused(420, client.session(two_lines(), headers=[("Require", "100rel")]))
                self.assertEqual(found.header("unsupported"), "100rel")
                call_on(client, require=False).bye()  # +sip.src alone
                call_on(client, feature=None).bye()
            with siprec.Client((HOST, PORT), source="127.0.0.22") as client:
                call = call_on(client, metadata=False, require=False, feature=None)
                siprec.speak({call: VOICES})
                call.bye()
            self.heard(server, server.rows(3)[-1])

    def test_strangers_packets(self):
        with recording() as server, siprec.Client((HOST, PORT)) as client:
            call = call_on(client)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.bind(("127.0.0.66", 0))
                packet = lambda n: struct.pack(">BBHII", 0x80, 0, n, n * 160, 66) + b"\x80" * 160
                for n in range(20):
                    stranger.sendto(packet(n), (HOST, call.answer[0].port))
                siprec.speak({call: VOICES})
                for n in range(20, 40):
                    stranger.sendto(packet(n), (HOST, call.answer[0].port))
            server.wait_for(foreign=40)
            call.bye()
            row = server.rows(1)[0]
            self.heard(server, row)
            streams = [s for leg in server.library.show(row["id"])["legs"] for s in leg["streams"]]
            self.assertEqual(sorted(s["received"] for s in streams), [50, 50])

    def test_beside_an_interface(self):
        """What comes to the server and is seen on the wire as well is recorded once."""
        for place, host in ((UDP, HOST), (f"tcp:*:{PORT}", "127.0.0.1")):
            with recording(place, more=("--interface", "lo"), config="rtp_only=yes\n") as server, siprec.Client((host, PORT), place[:3]) as client:
                call = call_on(client)
                siprec.speak({call: VOICES})
                call.bye()
                server.wait_for(calls_open=0, calls_recorded=1)
                server.end()
                (row,) = server.library.rows("search")
                self.assertTrue(row["source"].startswith("siprec"), row["source"])
                self.heard(server, row)

    def test_ports_in_use(self):
        with Library(program) as library, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind((HOST, PORT))
            done = library.run("record", "--siprec", UDP, status=1)
            self.assertIn(f"cannot listen at {UDP}: Address already in use", done.stderr)
            for wrong, said in (("udp", "begins with udp:"), ("sip:1.2.3.4:5060", "begins with udp:"), ("udp:5060", "ends with a port"),
                                ("udp:1.2.3.4:0", "ends with a port"), ("udp:1.2.3.4:66000", "ends with a port"), ("udp:::1:5060", "in brackets"),
                                ("udp:[::1]:x", "ends with a port"), ("udp:name.example:5060", "names are not looked up")):
                found = library.run("record", "--siprec", wrong, status=2).stderr
                self.assertTrue(f"--siprec {wrong}: " in found and said in found, found)
            library.run("record", "--siprec", UDP, "--pcap", "x.pcap", status=2)


class Tls(Cases):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        run = lambda *words, **more: subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=cls.folder, **more)
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", 2, "-subj", "/CN=Test CA")
        run("req", "-x509", *new, "-keyout", "self.key", "-out", "self.pem", "-days", 2, "-subj", "/CN=sbc1.example.com")
        for name in ("recorder", "sbc1", "sbc2"):
            run("req", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}.example.com")
            run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", 2, "-out", f"{name}.pem")
        both = (cls.folder / "recorder.pem").read_text() + (cls.folder / "recorder.key").read_text()
        (cls.folder / "both.pem").write_text(both)
        cls.config = f"[siprec]\ncertificate={cls.folder}/both.pem\nca={cls.folder}/ca.pem\nclients=sbc1.example.com\n"

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["rm", "-r", str(cls.folder)], check=True)

    def context(self, name=None):
        return sip_wire.trusting(*([self.folder / f"{name}.pem", self.folder / f"{name}.key"] if name else []))

    def test_with_a_certificate(self):
        with recording(f"tls:{HOST}:5061", config=self.config) as server:
            with siprec.Client((HOST, 5061), "tls", tls=self.context("sbc1")) as client:
                call = call_on(client)
                siprec.speak({call: VOICES})
                call.bye()
            self.heard(server, server.rows(1)[0])
            with siprec.Client((HOST, 5061), "tls", tls=self.context("sbc2")) as client:
                self.assertEqual(client.options().status, 403)
            for name in ("self", None):
                with self.assertRaises((ssl.SSLError, OSError, TimeoutError)), siprec.Client((HOST, 5061), "tls", tls=self.context(name)) as client:
                    client.exchange(b"OPTIONS sip:x SIP/2.0\r\n\r\n", "none", timeout=1)
            self.assertEqual(list(pathlib.Path(tempfile.gettempdir()).glob("earshot-tls-*")), [])

    def test_old_versions(self):
        with recording(f"tls:{HOST}:5061", config=self.config):
            for version, good in (("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
                done = subprocess.run(["openssl", "s_client", "-connect", f"{HOST}:5061", version, "-cipher", "ALL:@SECLEVEL=0",
                                       "-cert", "sbc1.pem", "-key", "sbc1.key"], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
                self.assertEqual(b"BEGIN CERTIFICATE" in done.stdout, good, version)

    def test_memory_of_connections(self):
        with recording(f"tls:{HOST}:5061", config=self.config) as server:
            def connect(times):
                for n in range(times):
                    made = socket.create_connection((HOST, 5061))
                    if n % 2:
                        made = self.context("sbc1").wrap_socket(made)
                        made.send(b"\r\n\r\n")
                    made.close()
            connect(60)
            time.sleep(0.5)
            before = server.memory_kb()
            connect(200)
            time.sleep(0.5)
            self.assertLess(server.memory_kb() - before, 5000)

    def test_wrong_files(self):
        with Library(program) as library:
            both = pathlib.Path(self.folder) / "both.pem"
            certificate = (pathlib.Path(self.folder) / "ca.pem").read_text()
            (mixed := pathlib.Path(self.folder) / "mixed.pem").write_text(certificate + both.read_text()[both.read_text().index("-----BEGIN PRIVATE"):])
            for config, said in (("", "[siprec] certificate: needed"), (f"certificate={self.folder}/none.pem\n", "none.pem: No such file"),
                                 (f"certificate={self.folder}/ca.pem\n", "ca.pem: no private key"),
                                 (f"certificate={mixed}\n", "mixed.pem: the key belongs to another"),
                                 (f"certificate={self.folder}/ca.key\n", "certificate: " + f"{self.folder}/ca.key: no certificate"),
                                 (f"certificate={both}\nca={self.folder}/ca.key\n", "ca.key: no certificate"),
                                 (f"certificate={both}\nclients=sbc1.example\n", "clients: needs ca")):
                (library.path / "earshot.conf").write_text("[siprec]\n" + config)
                self.assertIn(said, library.run("record", "--siprec", f"tls:{HOST}:5061", status=1).stderr)


phones.in_own_network()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
program = sys.argv.pop(1)
unittest.main()
