#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""The check that every library of a test must pass can fail: made-up rows whose gaps and ledgers disagree are found, others are not, and a
schema that it does not know is no success.

usage: test-ledger.py EARSHOT
"""
import contextlib, pathlib, sqlite3, sys, tempfile, unittest

import earshot, ledger


def insert(db, table, **values):
    """A row, in which what must be there and is not given has some value."""
    for _, name, kind, needed, default, _ in db.execute(f"PRAGMA table_info({table})"):
        if needed and default is None:
            values.setdefault(name, 0 if kind in ("INTEGER", "REAL") else "none")
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", list(values.values()))


@contextlib.contextmanager
def made_up(lost, gap_ms, reason="lost", **stream):
    """The index of a library with one call of one voice."""
    with earshot.Library(sys.argv[1]) as library, tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "index.sqlite"
        path.write_bytes((library.path / "index.sqlite").read_bytes())
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            insert(db, "call", id=1, uuid="0" * 36, call_id="made-up", direction="inbound", disposition="answered", outcome="recorded", started_us=1, file="a.opus",
                   consent_state="unknown")
            insert(db, "leg", call=1, n=0, role="caller")
            insert(db, "stream", call=1, leg=0, n=0, lost=lost, **stream)
            if gap_ms:
                insert(db, "gap", call=1, leg=0, n=0, start_ms=0, length_ms=gap_ms, reason=reason)
            yield path, db


class Ledger(unittest.TestCase):
    def found(self, *made, packets_ms=ledger.USUAL_MS, **stream):
        with made_up(*made, **stream) as (path, _):
            return ledger.disagreements(path, packets_ms)

    def test_disagree(self):
        for lost, gap_ms in ((100, 1000), (0, 1000), (100, 0), (10, 1000)):
            wrong = self.found(lost, gap_ms)
            self.assertEqual(len(wrong), 1)
            self.assertIn("made-up, caller: ", wrong[0])

    def test_agree(self):
        for made in ((0, 0), (50, 1000), (50, 990), (50, 1020), (100, 1000, "dropped")):
            self.assertEqual(self.found(*made), [], made)
        self.assertEqual(self.found(100, 1000, late=3), [])
        self.assertEqual(self.found(100, 1000, packets_ms=(10,)), [])
        self.assertTrue(self.found(50, 1000, packets_ms=(10,)))

    def test_unknown_schema(self):
        for change in ("ALTER TABLE gap RENAME COLUMN length_ms TO length", "ALTER TABLE stream RENAME COLUMN lost TO missing", "ALTER TABLE leg RENAME TO legs"):
            with made_up(100, 1000) as (path, db):
                db.execute(change)
                with self.assertRaises((sqlite3.OperationalError, IndexError)):
                    ledger.disagreements(path)

    def test_unreadable_on_purpose(self):
        with made_up(100, 1000) as (path, db):
            self.assertEqual(ledger.disagreements(path.with_name("none.sqlite")), [])
            for damage in (b"", b"no database" * 1000):
                path.write_bytes(damage)
                self.assertEqual(ledger.disagreements(path), [])


unittest.main(argv=sys.argv[:1])
