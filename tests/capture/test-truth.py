#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Real captures, where they lie beside the project, against what tshark and counting established about them: every call
with its moments, and every stream of it with its packets.

test-truth.py RECORD-TOOL DATA-FOLDER. Skips itself (77) without the folder.
"""
import json, pathlib, sys, tempfile
from scenes import Library

TOOL, DATA = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]) / "pcap"
if not DATA.is_dir():
    sys.exit(77)


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
    found = {}
    for row in rows:
        for leg in row["legs"]:
            for s in leg["streams"]:
                found.setdefault(int(s["ssrc"], 16), []).append((s["received"], s["lost"]))
    return found


calls = flows = 0
bad = []
for path in sorted(DATA.glob("*.truth.json")):
    truth = json.loads(path.read_text())
    wanted = truth["sip"]["calls"]
    capture = path.with_name(path.name.removesuffix(".truth.json"))
    with tempfile.TemporaryDirectory() as folder:
        rows = Library(TOOL, folder).record(capture, check=False)
    if len(rows) != len(wanted):
        bad.append(f"{capture.name}: {len(rows)} rows for {len(wanted)} calls")
    for call in wanted:
        calls += 1
        mine = [r for r in rows if r["call_id"] == call["call_id"]]
        wrong = check_call(mine[0], call) if len(mine) == 1 else [f"{len(mine)} rows"]
        bad += [f"{capture.name}: {call['call_id']}: {w}" for w in wrong]
    found = streams(rows)
    for stream in truth["rtp_streams"] if wanted else []:
        flows += 1
        if (stream["unique_seq"], stream["missing_seq"]) not in found.get(int(stream["ssrc"], 16), []):
            bad.append(f"{capture.name}: {stream['ssrc']}: {found.get(int(stream['ssrc'], 16))}")
print("\n".join(bad) or f"{calls} calls, {flows} streams")
sys.exit(1 if bad or not calls else 0)
