#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder with fewer descriptors than calls: those that a killed one left are recorded all the same, a few at a time, and it says
what it lacks. Exit 77 without a network of its own.

usage: test-descriptors.py EARSHOT SIPREC-LOAD
"""
import contextlib, os, pathlib, sqlite3, subprocess, sys, tempfile, time, unittest

import calls, phones
from earshot import Library
from recording_server import Server
from sound import accepted_by_all

HOST, CLIENT = "127.0.0.30:5060", "127.0.0.20"
CALLS = 24


def few_files(folder, number):
    """The recorder, which may open no more than so many."""
    path = pathlib.Path(folder) / f"few-{number}"
    path.write_text(f'#!/bin/sh\nulimit -n {number}\nexec {program} "$@"\n')
    path.chmod(0o755)
    return path


class Descriptors(unittest.TestCase):
    def killed(self, library):
        """Its calls are open when it dies."""
        with tempfile.TemporaryFile() as log:
            server = Server(library, f"udp:{HOST}")
            load = subprocess.Popen([generator, CLIENT, HOST, str(CALLS), "60", "50", speech / "a.ulaw", speech / "b.ulaw"], stdout=log)
            try:
                server.wait_for(sessions_open=CALLS)
                time.sleep(2.5)
                files = len(os.listdir(f"/proc/{server.process.pid}/fd")) - 5 * CALLS
            finally:
                server.process.kill()
                server.process.wait()
                load.kill()
                load.wait()
        return files

    def test_more_calls_than_descriptors(self):
        with tempfile.TemporaryDirectory() as folder, Library(program, "[record]\nworkers=1\n") as library:
            files = self.killed(library)
            whole, library.program = library.program, str(few_files(folder, files - 20))
            with Server(library, f"udp:{HOST}") as server:
                server.until(lambda: server.state()["calls_repaired"] == CALLS, "not all are recovered", 60)
            library.program = whole
            with contextlib.closing(sqlite3.connect(f"file:{library.path / 'index.sqlite'}?mode=ro", uri=True)) as db:
                rows = db.execute("SELECT outcome, outcome_reason, audio_ms, missing_ms, file FROM call").fetchall()
            self.assertEqual({row[:2] for row in rows}, {("partial", "interrupted")})
            self.assertEqual((len(rows), sum(row[3] for row in rows)), (CALLS, 0))
            self.assertGreater(min(row[2] for row in rows), 1500)
            for row in rows:
                self.assertFalse(accepted_by_all(library.path / row[4]))
            self.assertEqual([p.name for p in (library.path / "spool").rglob("*") if p.suffix in (".part", ".journal")], [], server.said())


phones.in_own_network()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
program, generator = sys.argv.pop(1), sys.argv.pop(1)
with tempfile.TemporaryDirectory() as folder:
    speech = pathlib.Path(folder)
    calls.write_voices(speech)
    unittest.main()
