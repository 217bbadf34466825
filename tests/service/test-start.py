#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A command starts in a few milliseconds because the program itself is linked with little.

The dynamic loader is asked what it would load for the program and, so that the check can be seen to fail, for the recorder.
"""
import os, subprocess, sys

HEAVY = ["libpcap", "libsofia-sip", "libav", "libswresample", "libgst", "libssl", "libcrypto", "libdbus"]


def heavy(path):
    listing = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    assert "libglib-2.0" in listing, listing
    return {name for name in HEAVY for line in listing.splitlines() if line.strip().startswith(name)}


program = sys.argv[1]
module = os.path.join(os.path.dirname(program), "earshot-capture.so")
assert {"libpcap", "libsofia-sip"} <= heavy(module), "the recorder's module has lost its libraries"
found = heavy(program) - {"libcrypto"}  # libarchive's
assert not found, f"loaded by every command: {', '.join(sorted(found))}"
