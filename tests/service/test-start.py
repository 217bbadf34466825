#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A command starts in a few milliseconds because it loads little: the dynamic loader is asked what it really loaded.

So that the check can be seen to fail, commands that need more are looked at as well: they load what the others must not.
"""
import pathlib, subprocess, sys, tempfile, wave

# What every command may load. Each library more costs all of them; include/earshot/common/late-library.h says how not to.
LIGHT = {"libc", "libm", "libz", "libffi", "libgcc_s", "libstdc++", "libpthread", "libdl", "librt", "libasan", "libubsan", "libtsan",
         "libglib-2.0", "libgobject-2.0", "libgio-2.0", "libgmodule-2.0", "libmount", "libblkid", "libselinux", "libpcre2-8",  # GLib
         "libjson-glib-1.0", "libsqlite3", "libicuuc", "libicudata", "libopus", "libogg", "libcsv"}

program = sys.argv[1]


def loaded(library, *words):
    """Names of the shared objects that one run loaded, by the log of the dynamic loader."""
    with tempfile.TemporaryDirectory() as name:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": name, "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": f"{name}/log",
                       "ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run([program, "--library", library, *words], capture_output=True, text=True, env=environment)
        assert done.returncode in (0, 3), (words, done)
        logs = "".join(p.read_text() for p in pathlib.Path(name).glob("log.*"))
    names = {pathlib.PurePath(line.split()[-1]).name for line in logs.splitlines() if "calling init: " in line}
    return {name.split(".so")[0] for name in names if name.startswith("lib")}


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    library, capture, sound = folder / "library", folder / "empty.pcap", folder / "quiet.wav"
    capture.write_bytes(b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(8) + b"\0\0\4\0\1\0\0\0")
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    loaded(library, "init")
    for words in (("--version",), ("--help",), ("search",), ("search", "word"), ("agent", "list"), ("status",), ("audit",)):
        found = loaded(library, *words)
        assert "libglib-2.0" in found, found
        assert found <= LIGHT, f"earshot {words[0]} loads {', '.join(sorted(found - LIGHT))}"
    assert {"libpcap", "libsofia-sip-ua"} <= loaded(library, "record", "--pcap", capture), "the recorder has lost its libraries"
    assert "libsndfile" in loaded(library, "import", sound), "sound files are read without libsndfile"
