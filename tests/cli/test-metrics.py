#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""status --prometheus: as strict readers want it, and whole: everything that status --json knows of a recorder is there.

usage: test-metrics.py EARSHOT tests/capture tests/whole
"""
import collections, pathlib, re, shutil, subprocess, sys, tempfile, time

sys.path[:0] = sys.argv[2:4]
import calls, earshot
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

PROGRAM = sys.argv[1]
# Of the JSON, not figures: who it is, and what earshot_recorder_up is made of.
NO_FIGURES = {"pid", "source", "name", "answers", "stalled", "silent_ms", "encode", "overload"}
SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.e+-]+)$')


def strict(text):
    """{metric: {labels: value}}; each family is explained, typed and in one piece, each series there once."""
    assert text.endswith("\n") and "\r" not in text
    families, kind, family = collections.OrderedDict(), None, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, family, help_text = line.split(" ", 3)
            assert family not in families, f"{family} is torn"
            assert help_text[0].isupper() and help_text.endswith("."), line
            families[family], kind = {}, None
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == family and kind is None, line
            kind = line.split(" ")[3]
            assert kind in ("counter", "gauge") and (kind == "counter") == family.endswith("_total"), line
        else:
            match = SAMPLE.match(line)
            assert match and match[1] == family and kind, line
            assert match[2] not in families[family], f"twice: {line}"
            assert kind == "gauge" or float(match[3]) >= 0, line
            families[family][match[2]] = float(match[3])
    for name, samples in families.items():
        assert samples and name.startswith("earshot_"), name
        assert not re.search(r"_(ms|us|percent|kb|kib|mb|days|minutes)(_|$)", name), f"{name}: not a base unit"
    return families


def by_other_readers(text):
    """prometheus_client's own parser, and promtool where it is installed."""
    names = {family.name for family in text_string_to_metric_families(text)}
    assert "earshot_recorders" in names and "earshot_packets" in names, names
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr + done.stdout


def voice():
    return (8000 * np.sin(np.arange(16000) * 0.3)).astype(np.int16)


def feed(library, folder, name):
    """A recorder that reads a pipe under a name that needs escaping, in the middle of a call."""
    calls.write(folder / "made.pcap", [calls.Call(n, n * 200.0, "0100", "2001", voice(), voice(), loss=0.1) for n in range(4)])
    pipe = folder / name
    subprocess.run(["mkfifo", pipe], check=True)
    recorder = subprocess.Popen([PROGRAM, "--library", str(library.path), "record", "--pcap", str(pipe)], env=library.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    writer = open(pipe, "wb")
    data = (folder / "made.pcap").read_bytes()
    for part in range(6):  # it tells how it is ten times a second, when something comes
        writer.write(data[len(data) * part // 8:len(data) * (part + 1) // 8])
        writer.flush()
        time.sleep(0.15)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        rows = library.rows("status")[0]["recorders"]
        if rows and rows[0].get("calls_recorded", 0) >= 1:
            return recorder, writer
        time.sleep(0.05)
    raise AssertionError(f"recorder did not come as far: {rows}")


def value(families, metric, **labels):
    found = [v for k, v in families["earshot_" + metric].items() if all(f'{n}="{w}"' in (k or "") for n, w in labels.items())]
    assert len(found) == 1, (metric, labels, families["earshot_" + metric])
    return found[0]


def whole(library, families, name):
    status = library.rows("status")[0]
    recorder, source = status["recorders"][0], (pathlib.Path(__file__).resolve().parents[2] / "cli/status-metrics.c").read_text()
    table = set(re.findall(r'^\s*\{"(\w+)", "', source, re.M))
    missing = set(recorder) - table - NO_FIGURES
    assert not missing, f"figures of status --json that cli/status-metrics.c does not know: {sorted(missing)}"
    missing = set(status["library"]) - table - {"path"}
    assert not missing, f"figures of the library that cli/status-metrics.c does not know: {sorted(missing)}"
    labels = {"source": "pipe", "interface": name.replace("\\", "\\\\").replace('"', '\\"'), "pid": str(recorder["pid"])}
    for metric in ("recorder_up", "packets_total", "recorder_start_time_seconds"):
        value(families, metric, **labels)
    assert value(families, "recorder_up") == 1 and value(families, "recorders") == 1
    assert value(families, "packets_total") == recorder["packets"]
    assert value(families, "calls_finished_total", outcome="recorded") == recorder["calls_recorded"]
    assert value(families, "rtp_packets_missing_total", reason="lost") == recorder["lost"] > 0
    assert abs(value(families, "audio_filled_seconds_total") - recorder["filled_ms"] / 1000) < 1e-9
    assert abs(value(families, "recorder_start_time_seconds") - earshot.seconds(recorder["started_at"])) < 0.01
    assert value(families, "library_disk_size_bytes") == status["library"]["disk_total_bytes"]
    assert 0 < value(families, "library_disk_free_ratio") <= 1
    assert "earshot_capture_ring_fill_ratio" not in families, "there is no ring, so there is no figure"


def written(library, folder):
    path = folder / "out" / "earshot.prom"
    path.parent.mkdir()
    library.run("status", "--prometheus", "--output", path)
    strict(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o644 and [p.name for p in path.parent.iterdir()] == ["earshot.prom"]
    library.run("status", "--prometheus", "--output", folder / "absent" / "x", status=1)
    for wrong in (["--prometheus", "--json"], ["--prometheus", "--follow"], ["--prometheus", "--check"], ["--output", "x"]):
        library.run("status", *wrong, status=2)
    operations = {row["operation"] for row in library.rows("audit")}
    assert "library.status" not in operations, "a machine asks every few seconds: not in the audit trail"


with earshot.Library(PROGRAM) as library, tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    quiet = strict(library.run("status", "--prometheus").stdout)
    assert value(quiet, "recorders") == 0 and value(quiet, "complaint", code="no-recorder") == 1 == value(quiet, "complaints"), quiet
    assert set(quiet) == set(strict(library.run("--lang", "ar", "status", "--prometheus").stdout))
    strange = 'a "b\\c.pcap'
    recorder, writer = feed(library, folder, strange)
    text = library.run("status", "--prometheus").stdout
    by_other_readers(text)
    whole(library, strict(text), strange)
    written(library, folder)
    writer.close()
    assert recorder.wait(20) == 1  # it was cut
print("ok")
