#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP and stopping by signal, under ThreadSanitizer, twenty times: no data race, and a silent pipe does not hold it up."""
import os, signal, subprocess, sys, time

told = 0
for turn in range(20):
    read, write = os.pipe()
    process = subprocess.Popen([sys.argv[1]], stdin=read, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT if turn % 2 else signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    os.close(read), os.close(write)
    if "ThreadSanitizer: unsupported" in errors or "unexpected memory mapping" in errors:
        print(errors)
        sys.exit(77)
    assert (process.returncode, errors) == (0, "") and output.endswith("stopped\n"), (process.returncode, output, errors)
    told += output.startswith("hung up\n")
assert told, "nothing came of any SIGHUP"
