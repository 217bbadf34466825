# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the built program as a person would, on a library of its own."""
import datetime, json, os, pathlib, subprocess, tempfile

import ledger


class Library:
    """A library in a temporary directory; use as a context manager. packets_ms: how long one packet of its calls may last."""

    def __init__(self, program, config="", packets_ms=ledger.USUAL_MS):
        self.program, self.packets_ms = str(program), packets_ms
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "library"
        self.environment = dict(os.environ, XDG_STATE_HOME=self.folder.name + "/state", LC_ALL="C.UTF-8")
        self.run("init")
        if config:
            (self.path / "earshot.conf").write_text(config)

    def __enter__(self):
        return self

    def __exit__(self, failed, *unused):
        wrong = [] if failed else ledger.disagreements(self.path / "index.sqlite", self.packets_ms)
        self.folder.cleanup()
        assert not wrong, wrong

    def run(self, *arguments, status=0, **options):
        done = subprocess.run([self.program, "--library", str(self.path), *map(str, arguments)], capture_output=True,
                              text=options.pop("text", True), env=self.environment, **options)
        if status is not None and done.returncode != status:
            raise AssertionError(f"earshot {arguments}: exit {done.returncode}, wanted {status}\n{done.stdout}\n{done.stderr}")
        return done

    def rows(self, *arguments, status=0):
        return [json.loads(line) for line in self.run(*arguments, "--json", status=status).stdout.splitlines()]

    def show(self, call):
        return self.rows("show", call)[0]

    def audio(self, row):
        return self.path / row["file"]


def seconds(moment):
    """A moment of a reply as seconds since 1970."""
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
