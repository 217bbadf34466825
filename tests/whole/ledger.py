# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Two accounts of one loss: the gap table says how long audio was lost, the ledgers how many packets were. In every row of an index they
must agree, within a packet for each stretch. Read by sqlite3.

What is lost can leave a shorter gap, or one of another reason, only where something says why: the capture dropped packets, the party was
on hold, another stream of it was heard, the next packet repeated it, or it lies outside the file."""
import collections, contextlib, sqlite3

USUAL_MS = (20,)
ALL_MS = (10, 20, 30, 40, 60)  # that one packet lasts
ROUNDING_MS = 1  # of each gap
UNREADABLE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN)
EXPLAINS = ("dropped", "late", "undecodable", "hold", "paused", "masked")


def leg_disagrees(gaps, streams, recovered, packet_ms):
    """gaps: (length_ms, reason). How the accounts differ if a packet lasts so long; None: they agree."""
    runs = collections.Counter(reason for _, reason in gaps)
    lengths = collections.Counter()
    for length_ms, reason in gaps:
        lengths[reason] += length_ms
    lost = sum(stream["lost"] for stream in streams)
    slack_ms = (packet_ms + ROUNDING_MS) * runs["lost"]
    if lengths["lost"] > lost * packet_ms + (slack_ms if lost else 0):
        return f"gaps say {lengths['lost']} ms lost, ledgers {lost} packets"
    told = len(streams) == 1 and not streams[0]["late"] and not recovered and not any(lengths[reason] for reason in EXPLAINS)
    if told and lost * packet_ms > lengths["lost"] + slack_ms:
        return f"ledger says {lost} packets lost, gaps {lengths['lost']} ms"
    return None


def look(db, packets_ms):
    found = []
    db.row_factory = sqlite3.Row
    if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return found  # emptied on purpose
    legs = db.execute("SELECT call.id, call_id, n, role FROM leg JOIN call ON call.id = leg.call WHERE file IS NOT NULL").fetchall()
    for leg in legs:
        key = leg["id"], leg["n"]
        gaps = [tuple(gap) for gap in db.execute("SELECT length_ms, reason FROM gap WHERE call = ? AND leg = ?", key)]
        streams = db.execute("SELECT * FROM stream WHERE call = ? AND leg = ?", key).fetchall()
        recovered = db.execute("SELECT 1 FROM event WHERE call = ? AND leg = ? AND kind = 'recovered'", key).fetchone()
        wrong = [leg_disagrees(gaps, streams, recovered, packet_ms) for packet_ms in packets_ms]
        if all(wrong):
            found.append(f"{leg['call_id']}, {leg['role']}: {wrong[0]} ({gaps[:6]}, {[dict(s) for s in streams][:3]})")
    return found


def disagreements(path, packets_ms=USUAL_MS):
    """Of the index at path: for each leg whose accounts differ, whichever of these times a packet lasts, a line that says how. Of an index
    that a test has made unreadable, or taken away, none."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return look(db, packets_ms)
    except sqlite3.DatabaseError as failed:
        if failed.sqlite_errorcode & 0xFF in UNREADABLE:
            return []
        raise
