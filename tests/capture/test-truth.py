#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real captures, where they lie beside the project, against what tshark and counting established about them: every call
with its moments, every stream of it with its packets, its codec, its side and the keys pressed in it; and the streams of captures
without signalling, when such are recorded.

test-truth.py RECORD-TOOL DATA-FOLDER. Skips itself (77) without the folder.
"""
import json, pathlib, subprocess, sys, tempfile
from scenes import Library, ledger

TOOL, DATA = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]) / "pcap"
if not DATA.is_dir():
    sys.exit(77)

CODECS = {"g711A": "PCMA", "g711U": "PCMU", "g722": "G722", "g723": "G723", "g729": "G729", "DVI4 8k": "DVI4", "DVI4 16k": "DVI4", "rtpevent": "telephone-event",
          "Exp. from Xerox PARC": "LPC", "RTPType-96": "opus", "rtp.rfc2198": "opus"}  # the last two without signalling, as their notes say
# What the metadata of recording clients says of who sends a stream, where one line is not everybody's; and a phone that speaks from
# an address that it did not announce: the caller speaks to it.
SIDES = {0x1A2B0001: 0, 0x1A2B0002: 1, 0x5711BF84: 1}
LEAST = 40  # packets of which a stream without signalling is surely a call
ENCRYPTED = "srtp_marseillaise.pcap"


def near(value_us, epoch, by_ms=1):
    return abs(value_us / 1e6 - epoch) * 1000 <= by_ms if epoch else value_us is None


def check_call(row, truth):
    wrong = []
    if (row["disposition"] == "answered") != bool(truth["answer_epoch"]):
        wrong.append(f"disposition {row['disposition']}")
    if truth["final_status"] and row["sip_status"] != int(truth["final_status"]):
        wrong.append(f"status {row['sip_status']}")
    if not near(row["started_us"], truth["invite_epoch"]) or not near(row["answered_us"], truth["answer_epoch"]):
        wrong.append("moments")
    if truth["end_epoch"] and not near(row["ended_us"], truth["end_epoch"], 50):
        wrong.append("end")
    if truth.get("duration_s") and abs(row["duration_ms"] - truth["duration_s"] * 1000) > 50:
        wrong.append(f"duration {row['duration_ms']}")
    return wrong


def streams(rows):
    """SSRC to its ledgers: (the row, the leg, the ledger)."""
    found = {}
    for row in rows:
        for side, leg in enumerate(row["legs"]):
            for s in leg["streams"]:
                found.setdefault(int(s["ssrc"], 16), []).append((row, side, s))
    return found


def announced(calls):
    """Where the caller and the callee of a call say that they are, and so speak from."""
    sides = {}
    for call in calls:
        for said in call["sdp_media"]:
            side = 0 if said["dir"] in ("INVITE", "ACK", "UPDATE") else 1
            for media in said["m"]:
                sides[f"{said['c'][0]}:{media.split()[1]}"] = side
    return sides


def keys(capture, stream):
    """How many keys were pressed in a stream, by tshark."""
    if "event" not in stream["payload"]:
        return 0
    types = [t for t in stream["pt_counts"] if t in ("96", "101")]
    out = subprocess.run(["tshark", "-n", "-r", capture, "-d", f"udp.port=={stream['dst'].rsplit(':', 1)[1]},rtp", "-d", f"rtp.pt=={types[-1]},rtpevent", "-Y",
                          f"rtpevent && rtp.ssrc == {stream['ssrc']}", "-T", "fields", "-e", "rtp.timestamp"], capture_output=True, text=True, check=True).stdout
    return len(set(out.split()))


def check_stream(found, stream, sides, pressed):
    """What is wrong with the one ledger of a stream."""
    if len(found) != 1:
        return [f"{len(found)} ledgers"]
    row, side, ledger = found[0]
    wanted = {"received": stream["unique_seq"], "lost": stream["missing_seq"], "duplicate": stream["dup"], "reordered": stream["late_or_reordered"],
              "expected": stream["unique_seq"] + stream["missing_seq"], "source": stream["src"]}
    codec = stream["payload"].split(", ")[0]
    wanted["codec"] = CODECS.get(codec, codec)
    wrong = [f"{name} {ledger[name]}, not {value}" for name, value in wanted.items() if ledger[name] != value]
    if side != sides.get(stream["src"], SIDES.get(int(stream["ssrc"], 16), 0)):
        wrong.append(f"leg {side}")
    heard = sum(event["kind"] == "dtmf" and event["leg"] == side for event in row["events"])
    return wrong + ([f"{heard} keys, not {pressed}"] if heard != pressed else [])


def check_unseen(row, stream, first):
    """A call of one stream whose signalling nobody saw."""
    wrong = []
    if any(row[name] for name in ("caller", "callee", "call_id", "agent", "sip_status")) or row["direction"] != "unknown":
        wrong.append("parties")
    length_ms = (stream["end_rel"] - stream["start_rel"]) * 1000
    if not near(row["started_us"], first + stream["start_rel"]) or abs(row["duration_ms"] - length_ms) > 1:
        wrong.append(f"moments {row['started_us']} {row['duration_ms']}")
    silent = stream["payload"] == "rtpevent" or row["source"].endswith(ENCRYPTED)
    if silent != (row["audio_ms"] is None) or silent != (row["audio_offset_ms"] is None) or silent != (row["outcome"] == "none"):
        wrong.append(f"{row['outcome']} {row['audio_offset_ms']} {row['audio_ms']}")
    elif not silent and (row["audio_offset_ms"] != 0 or abs(row["audio_ms"] - length_ms) > 60):  # the last packet lasts too
        wrong.append(f"audio {row['audio_offset_ms']} {row['audio_ms']}")
    return wrong


def check_signalled(rows, truth, capture):
    calls = truth["sip"]["calls"]
    if len(rows) != len(calls):
        yield f"{len(rows)} rows for {len(calls)} calls"
    for call in calls:
        mine = [r for r in rows if r["call_id"] == call["call_id"]]
        for wrong in check_call(mine[0], call) if len(mine) == 1 else [f"{len(mine)} rows"]:
            yield f"{call['call_id']}: {wrong}"
    found = streams(rows)
    recording = capture.name.startswith("siprec_")
    for stream in truth["rtp_streams"]:
        sides = {} if recording else announced(calls)
        for wrong in check_stream(found.get(int(stream["ssrc"], 16), []), stream, sides, keys(capture, stream)):
            yield f"{stream['ssrc']}: {wrong}"


def check_alone(rows, truth, capture):
    found = streams(rows)
    wanted = [s for s in truth["rtp_streams"] if s["packets"] >= LEAST]
    if len(rows) != len(wanted):
        yield f"{len(rows)} rows for {len(wanted)} streams"
    for stream in wanted:
        mine = found.get(int(stream["ssrc"], 16), [])
        for wrong in check_stream(mine, stream, {}, keys(capture, stream)) + check_unseen(mine[0][0], stream, float(truth["capture"]["first"])) if mine else ["no row"]:
            yield f"{stream['ssrc']}: {wrong}"


calls = flows = 0
bad = []
for path in sorted(DATA.rglob("*.truth.json")):
    truth = json.loads(path.read_text())
    capture = path.with_name(path.name.removesuffix(".truth.json"))
    signalled = bool(truth["sip"]["calls"])
    with tempfile.TemporaryDirectory() as folder:
        library = Library(TOOL, folder)
        library.packets_ms = ledger.ALL_MS
        rows = library.record(capture, check=False, config=None if signalled else "[record]\nrtp_only=on\n")
    bad += [f"{capture.name}: {wrong}" for wrong in (check_signalled if signalled else check_alone)(rows, truth, capture)]
    calls += len(truth["sip"]["calls"])
    flows += len(truth["rtp_streams"])
print("\n".join(bad) or f"{calls} calls, {flows} streams")
sys.exit(1 if bad or not calls else 0)
