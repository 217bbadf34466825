#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Captures of real equipment against their truth, where the collection lies beside the repository; else skipped (77).

Holds every call of every capture to its truth: one row, parties, disposition, times, duration, and per
stream the unique packets and the missing ones. usage: test-captures.py EARSHOT [NAME...]
"""
import calendar, json, pathlib, re, sys, time

import earshot

program, only = sys.argv[1], sys.argv[2:]
DATA = pathlib.Path(__file__).resolve().parents[3] / "shared/data/pcap"


def epoch(text):
    if text is None:
        return None
    whole, fraction = re.fullmatch(r"(.*T.*?)(\.\d+)?Z", text).groups()
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(fraction or 0)


def user(uri):
    return re.sub(r"^sips?:", "", uri).split("@")[0] if "@" in uri else None


def near(found, wanted, what, problems):
    if wanted is not None and (found is None or abs(found - wanted) > 0.05):
        problems.append(f"{what} {found}, truth {wanted}")


def hold_call(row, truth):
    problems = []
    answered = truth["answer_epoch"] is not None
    if (row["disposition"] == "answered") != answered:
        problems.append(f"disposition {row['disposition']}, truth {'answered' if answered else truth['final_status']}")
    if not answered and truth["final_status"] and truth["final_status"] >= "300" and str(row["sip_status"]) != truth["final_status"]:
        problems.append(f"sip_status {row['sip_status']}, truth {truth['final_status']}")
    near(epoch(row["started_at"]), truth["invite_epoch"], "started_at", problems)
    near(epoch(row["answered_at"]), truth["answer_epoch"], "answered_at", problems)
    if truth["duration_s"]:
        near((row["duration_ms"] or 0) / 1000, truth["duration_s"], "duration", problems)
    recording_session = any("label:" in line for media in truth["sdp_media"] for line in media["a"])
    for side, uri in () if recording_session else (("caller", truth["from"]), ("callee", truth["to"])):  # else metadata tells
        if uri and user(uri) and row[side] != user(uri):
            problems.append(f"{side} {row[side]}, truth {uri}")
    return problems


def hold_streams(shown, truth):
    """Each stream of the truth against the ledgers of the same SSRC; a change of address makes several of them."""
    ledgers = {}
    for row in shown:
        for leg in row["legs"]:
            for stream in leg["streams"]:
                ledgers.setdefault(int(stream["ssrc"], 16), []).append(stream)
    for wanted in truth.get("rtp_streams", []):
        if not wanted.get("unique_seq"):
            continue
        found = ledgers.get(int(wanted["ssrc"], 16), [])
        received, lost = [s["received"] for s in found], [s["lost"] for s in found]
        ok = (wanted["unique_seq"] in received or sum(received) == wanted["unique_seq"]) and \
             (wanted["missing_seq"] in lost or sum(lost) == wanted["missing_seq"])
        yield ok, f"stream {wanted['ssrc']} {wanted['payload']}: received {received} lost {lost}, truth {wanted['unique_seq']} and {wanted['missing_seq']}"


def hold(capture, truth):
    """Yields (is a call, matches, words) for each call and stream."""
    with earshot.Library(program) as library:
        done = library.run("record", "--pcap", capture, status=None)
        assert done.returncode in (0, 1) and "Sanitizer" not in done.stderr, done.stderr
        rows = library.rows("search", status=None)
        shown = [library.show(row["id"]) for row in rows]
    for call in truth.get("sip", {}).get("calls", []):
        mine = [row for row in rows if row["call_id"] == call["call_id"]]
        problems = hold_call(mine[0], call) if len(mine) == 1 else [f"{len(mine)} rows"]
        yield True, not problems, f"call {call['call_id']}: " + ("; ".join(problems) or mine[0]["outcome"])
    if truth.get("sip", {}).get("calls"):
        for ok, words in hold_streams(shown, truth):
            yield False, ok, words


def main():
    if not DATA.is_dir():
        print("no captures beside the repository")
        sys.exit(77)
    count = {(kind, ok): 0 for kind in (True, False) for ok in (True, False)}
    for file in sorted(DATA.rglob("*.truth.json")):
        capture = file.with_name(file.name.removesuffix(".truth.json"))
        if only and not any(name in capture.name for name in only):
            continue
        for kind, ok, words in hold(capture, json.loads(file.read_text())):
            count[kind, ok] += 1
            if not ok or only:
                print(f"{'ok' if ok else 'differs'} {capture.name}: {words}")
    print(f"calls {count[True, True]}/{count[True, True] + count[True, False]}, streams {count[False, True]}/{count[False, True] + count[False, False]}")
    sys.exit(1 if count[True, False] or count[False, False] or not count[True, True] else 0)


main()
