# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What became of the calls: what was sent against rows and files. The index is read by sqlite3, the files by other people's decoders; at
the end the product's own `verify` must be of the same opinion.

A call must have a row unless it was first seen in the second before a fault, or while nobody listened. Of a call that has one, each
packet that arrived must be heard at its place; what is missing is the loss.
"""
import contextlib, dataclasses, hashlib, sqlite3
import numpy as np

import ledger, sound, voice

LATEST_S = 1.0      # a call first seen so long before a fault may be absent
ON_THE_WAY_S = 0.005  # between the sender's clock and the recorder
SURE = 10             # packets that must be heard before it is sure where they belong
SLACK_MS = 60       # by which what is heard and what a ledger says may differ: packets and frames are 20 ms


@dataclasses.dataclass
class Verdict:
    calls: int = 0          # that had to be there, or were
    rows_lost: int = 0
    absent: int = 0         # first seen in the last second before a fault
    worst_ms: int = 0       # of arrived audio that one voice of one call lacks
    lost_ms: int = 0        # all of it
    inside_ms: int = 0      # the worst that is missing inside a file
    unreadable: int = 0
    disagree: int = 0       # rows and files, rows twice, files without rows
    silent: int = 0         # calls that lack audio and do not say so
    leftovers: int = 0      # in the spool
    notes: list = dataclasses.field(default_factory=list)

    def note(self, text):
        if len(self.notes) < 12:
            self.notes.append(text)


def read(library, sql, *values):
    with contextlib.closing(sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return db.execute(sql, values).fetchall()


def while_up(times, down):
    """Which of these moments a recorder was there for."""
    here = np.asarray(times) > 0
    for begin, end in down:
        here &= (times < begin - ON_THE_WAY_S) | (times > end)
    return here


def must_have_row(call, down):
    """By when its first message came."""
    return all(call.invited < begin - LATEST_S or call.invited > end for begin, end in down)


def heard_until(call, down, killed):
    """A call that was open at a fault that ends the recorder has what came before; afterwards nobody knows it. What a recorder heard
    that was killed while it repaired is more than can be asked for. A recorder that ended by itself owes all of the call."""
    cuts = [begin for begin, end in down if killed and call.invited < end]
    return min(cuts, default=np.inf)


def check_file(verdict, library, row):
    """Whether the file is what its row says, and good. FALSE: it cannot be listened to."""
    path = library.path / row["file"]
    if not path.is_file():
        verdict.disagree += 1
        verdict.note(f"{row['call_id']}: {row['file']} is not there")
        return False
    data = path.read_bytes()
    if (len(data), hashlib.sha256(data).hexdigest()) != (row["file_bytes"], row["file_sha256"]):
        verdict.disagree += 1
        verdict.note(f"{row['call_id']}: size or hash of the file is not that of the row ({len(data)}, {row['file_bytes']})")
    wrong = sound.accepted_by_all(path)
    if wrong:
        verdict.unreadable += 1
        verdict.note(f"{row['call_id']}: {wrong.strip()[-300:]}")
    return not wrong


def check_ledger(verdict, call, row, arrived, library):
    """Received can be no more than what arrived, and lost is the rest of what was expected."""
    for stream in read(library, "SELECT leg, expected, received, lost FROM stream WHERE call = ?", row["id"]):
        if stream["received"] > max(len(each) for each in arrived) or stream["expected"] != stream["received"] + stream["lost"]:
            verdict.disagree += 1
            verdict.note(f"{row['call_id']}: ledger {tuple(stream)} of {[len(each) for each in arrived]} packets")


def check_said(verdict, row, missing_ms, inside_ms, gaps_ms):
    """What is missing must be told: inside a file by its gaps, all of it by the outcome."""
    whole = row["outcome"] == "recorded" and not row["outcome_reason"]
    if inside_ms > gaps_ms + SLACK_MS or (whole and missing_ms > gaps_ms + SLACK_MS):
        verdict.silent += 1
        verdict.note(f"{row['call_id']}: {missing_ms} ms are missing, {inside_ms} of them inside, and its gaps say {gaps_ms} "
                     f"({row['outcome']}, {row['outcome_reason']})")


def inside(missing, there):
    """Of what is missing, how much lies before something that is there."""
    last = np.flatnonzero(there)
    return int(missing[:last[-1]].sum()) if len(last) >= SURE else 0


def check_call(verdict, library, call, row, down, killed, heard):
    until = heard_until(call, down, killed)
    arrived = [(while_up(times, down) if killed else times > 0) & (times < until) for times in call.packets]
    if heard:  # of a call whose answer was not heard nothing may be kept
        answered = bool(call.answered) and heard(np.array([call.answered]))[0]
        arrived = [each & heard(times) & answered for each, times in zip(arrived, call.packets)]
    readable = row["file"] and check_file(verdict, library, row)
    sound_of = voice.decode(library.path / row["file"]) if readable else np.zeros(0)
    if readable and abs(len(sound_of) / 8 - row["audio_ms"]) > SLACK_MS:
        verdict.disagree += 1
        verdict.note(f"{call.call_id}: the file lasts {len(sound_of) / 8:.0f} ms, its row says {row['audio_ms']}")
    check_ledger(verdict, call, row, [times[times > 0] for times in call.packets], library)
    gaps_ms = sum(gap["length_ms"] for gap in read(library, "SELECT length_ms FROM gap WHERE call = ?", row["id"]))
    for side in (0, 1):
        there, _ = voice.found(sound_of, call.voices[side])
        missing = arrived[side] & ~there
        missing_ms = 20 * int(missing.sum())
        if missing_ms > verdict.worst_ms:
            verdict.worst_ms = missing_ms
            verdict.note(f"{call.call_id}: {missing_ms} ms of voice {side} are missing, {row['outcome']}, {row['outcome_reason']}, {row['audio_ms']} ms")
        verdict.lost_ms += missing_ms
        verdict.inside_ms = max(verdict.inside_ms, 20 * inside(missing, there))
        check_said(verdict, row, missing_ms, 20 * inside(missing, there), gaps_ms)


def check_sequel(verdict, library, first, row):
    """A call whose recorder was killed may go on in a second row, of the same story and only where something of the first is kept:
    what rang, and goes on before the first row is known of, is in the story all the same."""
    story = row["group_id"] and row["group_id"] == first["group_id"]
    if not story or first["outcome_reason"] != "interrupted":
        verdict.disagree += 1
        verdict.note(f"{row['call_id']}: two rows, {first['outcome_reason']} and {row['outcome_reason']}, groups {first['group_id']} and {row['group_id']}")
    if row["file"]:
        check_file(verdict, library, row)


def repairing(library):
    """Whether something of a run that is over waits in the spool of one that goes on."""
    spool = library.path / "spool"
    runs = [path for path in (spool / "journal").glob("*") if path.is_dir()]
    return len(runs) > 1 or any(path.suffix in (".part", ".meta") for path in spool.iterdir())


def pending(library):
    """What is in the spool."""
    return [path.name for path in (library.path / "spool").rglob("*") if path.is_file() and path.name != "lock"]


def check_index(verdict, library):
    found = [row[0] for row in read(library, "PRAGMA integrity_check")]
    if found != ["ok"]:
        verdict.disagree += 1
        verdict.note(f"the index is damaged: {found[:3]}")


def check_accounts(verdict, library):
    for wrong in ledger.disagreements(library.path / "index.sqlite"):
        verdict.disagree += 1
        verdict.note(wrong)


def check_leftovers(verdict, library):
    left = pending(library)
    known = {row["file"] for row in read(library, "SELECT file FROM call")}
    orphans = [str(p.relative_to(library.path)) for p in (library.path / "recordings").rglob("*") if p.is_file()]
    orphans = [name for name in orphans if name not in known]
    verdict.leftovers += len(left)
    verdict.disagree += len(orphans)
    for name in left + orphans:
        verdict.note(f"{name} is left over")


def check_verify(verdict, library):
    done = library.run("verify", "--json", status=None)
    if done.returncode:
        verdict.disagree += 1
        verdict.note(f"verify: {done.stdout[-300:]} {done.stderr[-300:]}")


def judge(library, sent, down=(), verdict=None, killed=True, heard=None):
    """down: from when until when no recorder listened, seconds since the epoch. killed: by the bench; otherwise it should not have been
    down, and what it missed is lost. heard: makes of the times of packets which of them arrived at all."""
    verdict = verdict or Verdict()
    rows = {}
    for row in read(library, "SELECT * FROM call ORDER BY started_us"):
        first = rows.setdefault(row["call_id"], row)
        if first is not row:
            check_sequel(verdict, library, first, row)
    for call in sent:
        row = rows.get(call.call_id)
        if row:
            verdict.calls += 1
            check_call(verdict, library, call, row, down, killed, heard)
        elif must_have_row(call, down) and not call.refused and (not heard or heard(np.array([call.invited]))[0]):
            verdict.calls += 1
            verdict.rows_lost += 1
            verdict.note(f"{call.call_id}: no row; its INVITE came at {call.invited:.3f}, down was {down}")
        else:
            verdict.absent += 1
    check_leftovers(verdict, library)
    check_index(verdict, library)
    check_accounts(verdict, library)
    check_verify(verdict, library)
    return verdict
