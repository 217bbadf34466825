# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A tmux server of a test's own: its socket lies in a folder of its own, and nothing of it stays behind."""
import subprocess, tempfile, time


class Tmux:
    def __init__(self, shell, width, height, environment, cwd=None):
        """shell: the words of the command in the only pane."""
        self.folder = tempfile.TemporaryDirectory(prefix="tmux-", dir="/tmp")  # a socket's path has 107 bytes at the most
        words = ["-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), *shell]
        for attempt in range(5):  # on a busy machine a server may be lost to the client that has just started it
            done = self.call(*words, env=environment, cwd=cwd)
            if done.returncode == 0:
                return
            self.call("kill-server")
            time.sleep(0.2 * (attempt + 1))
        raise AssertionError(f"tmux does not start: {done.stderr}")

    def call(self, *words, **options):
        return subprocess.run(["tmux", "-S", f"{self.folder.name}/socket", *words], capture_output=True, text=True, **options)

    def __call__(self, *words):
        """What tmux says to a command of its own."""
        return self.call(*words).stdout

    def close(self):
        self.call("kill-server")
        self.folder.cleanup()
