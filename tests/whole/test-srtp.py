#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real phones that encrypt: baresip with SRTP and keys in SDP, recorded as they speak and again from tcpdump's capture; both
voices of each call against what was spoken. One call insists on encryption and is held and resumed, two offer it, and of
these one is answered by a phone that does not know it. Then a capture of another sender, whose key is known.

usage: test-srtp.py EARSHOT. Needs root; exit 77 (skipped) without it or where a network namespace cannot be made.
"""
import contextlib, os, pathlib, struct, subprocess, sys, tempfile, time
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "capture"))
import calls, earshot, live, make_capture as make, phones, sound, srtp

program, SECONDS = sys.argv[1], 7
DATA = pathlib.Path(__file__).resolve().parents[3] / "shared/data/pcap/srtp_marseillaise.pcap"
MARSEILLAISE_KEY = b"i know all your little secrets"
SPLIT = "[record]\nchannels=split\nlinger=0\n"
CALLS = {1: ("PCMU", "mediaenc=srtp-mand", "mediaenc=srtp-mand"), 2: ("opus", "mediaenc=srtp-mand", "mediaenc=srtp-mand"),
         3: ("G722", "mediaenc=srtp", "mediaenc=srtp"), 4: ("PCMA", "mediaenc=srtp", "")}


def talk(folder, stack):
    pairs, made = {}, 0
    for n, (codec, *more) in CALLS.items():
        rate = phones.CODECS[codec][1]
        pair = []
        for side, user in enumerate((f"0100{n}", f"200{n}")):
            made += 1
            pair.append(stack.enter_context(contextlib.closing(phones.Phone(
                folder / user, user, f"127.0.1.{made}", codec, folder / f"{rate}-{'ca'[side]}.wav", 4440 + made,
                f"{10000 + 100 * made}-{10099 + 100 * made}", more[side]))))
        pairs[n] = pair
    for caller, callee in pairs.values():
        caller.dial(callee)
    time.sleep(2.5)
    pairs[1][0].tell("hold")
    time.sleep(1)
    pairs[1][0].tell("resume")
    time.sleep(SECONDS - 3.5)
    for caller, _ in pairs.values():
        caller.tell("hangup")
    time.sleep(1)


def hold_voices(library, folder, title):
    rows = {row["callee"]: row for row in library.rows("search")}
    assert sorted(rows) == [f"200{n}" for n in CALLS], sorted(rows)
    for n, (codec, *_) in CALLS.items():
        row = library.show(rows[f"200{n}"]["id"])
        rate = phones.CODECS[codec][1]
        assert (row["outcome"], row["codec"].lower()) == ("recorded", codec.lower()), (n, row)
        heard = sound.decode(library.audio(row), 8000)
        for leg in (0, 1):
            streams = row["legs"][leg]["streams"]
            assert all(s["undecodable"] == 0 and s["problem"] is None for s in streams), streams
            piece = heard[:2 * 8000, leg] if n == 1 else heard[:, leg]  # until the hold, after which the phones speak from anew
            correlation, offset = phones.matches(piece, folder / f"{rate}-{'ca'[leg]}.wav", rate, 2000 if n == 1 else 4000)
            print(f"{title} {codec} leg {leg}: correlation {correlation:.3f}, offset {offset:.1f} ms, "
                  f"{sum(s['received'] for s in streams)} packets")
            assert correlation >= 0.8, "not what was spoken"
        if n == 1:  # and they are heard after it
            later = heard[int(3.7 * 8000):int(4.7 * 8000)]
            assert min(np.sqrt(np.mean(later ** 2, axis=0))) > 500, "silence after the hold"


def is_encrypted(capture):
    """tcpdump's own witness: the calls that insist carry no G.711 silence and no readable speech, but tags."""
    text = capture.read_bytes()
    assert text.count(b"a=crypto:") >= 10 and b"RTP/SAVP" in text


def packets_of(path):
    data, at = path.read_bytes(), 24
    while at < len(data):
        seconds, us, length, _ = struct.unpack_from("<IIII", data, at)
        yield seconds + us / 1e6, data[at + 16:at + 16 + length]
        at += 16 + length


def one_voice(folder, name, frames, protocol, keys):
    """Records these frames as the caller's voice of a call whose descriptions tell the keys; its ledger and what is heard."""
    hosts, start = (("10.1.1.1", 5060), ("10.2.2.2", 5060)), frames[0][0]

    def sip(at, side, message):
        return at, make.ethernet(make.ipv4(hosts[side][0], hosts[1 - side][0], make.udp(5060, 5060, message)))
    body = [make.sdp(host, 10000, (8,), lines, protocol=protocol) for (host, _), lines in zip(hosts, keys)]
    before = [sip(start - 1, 0, make.sip_request("INVITE", "sip:b@10.2.2.2", body=body[0])),
              sip(start - 0.5, 1, make.sip_response(200, "OK", body=body[1])),
              sip(start - 0.4, 0, make.sip_request("ACK", "sip:b@10.2.2.2", to_tag="b"))]
    after = [sip(frames[-1][0] + 0.02, 0, make.sip_request("BYE", "sip:b@10.2.2.2", cseq=2, to_tag="b"))]
    make.write_pcap(folder / name, make.ETHERNET, before + frames + after)
    with earshot.Library(program, SPLIT) as library:
        library.run("record", "--pcap", folder / name)
        row = library.show(library.rows("search")[0]["id"])
        return row["legs"][0]["streams"], sound.decode(library.audio(row), 8000)[:, 0]


def marseillaise(folder):
    """Another sender's capture, put into a call whose description tells the key: what is heard is, to the sample, what the same
    packets give in a call without encryption that an opener of our own has made plain."""
    frames = list(packets_of(DATA))[:3000]
    sender, opener = srtp.Sender(master=MARSEILLAISE_KEY), srtp.Sender(master=MARSEILLAISE_KEY)
    payload = lambda frame: opener.protect(frame[42:-10])[:-10]  # the same key stream once more
    plain = [(at, make.ethernet(make.ipv4("10.1.1.1", "10.2.2.2", make.udp(10000, 10000, payload(frame))))) for at, frame in frames]
    ledger, heard = one_voice(folder, "secret.pcap", frames, "RTP/SAVP", ([sender.line()], [srtp.Sender(seed=5).line()]))
    _, wanted = one_voice(folder, "plain.pcap", plain, "RTP/AVP", ([], []))
    assert [(s["received"], s["undecodable"], s["lost"]) for s in ledger] == [(3000, 0, 0)], ledger
    assert np.sqrt(np.mean(wanted ** 2)) > 500 and np.array_equal(heard, wanted)
    print(f"marseillaise: {len(heard) / 8000:.1f} s of music, the same to the sample")


def main():
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)
    phones.in_own_network()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        for rate in (8000, 16000):
            calls.conversation(folder, "english", rate)
            for who in "ca":  # both speak at once, the calls being short
                subprocess.run(["sox", "-D", folder / f"english-{rate}-{who}.wav", folder / f"{rate}-{who}.wav", "silence", "1", "0.05", "1%"],
                               check=True)
        library = stack.enter_context(earshot.Library(program, SPLIT))
        recorder = live.Recorder(library, "lo")
        with phones.tap(folder / "calls.pcap"):
            talk(folder, stack)
        _, dropped = recorder.end()
        assert dropped == 0, dropped
        hold_voices(library, folder, "live")
        is_encrypted(folder / "calls.pcap")
        again = stack.enter_context(earshot.Library(program, SPLIT))
        again.run("record", "--pcap", folder / "calls.pcap")
        hold_voices(again, folder, "file")
        if DATA.exists():
            marseillaise(folder)


main()
