# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""What test programs of made calls share: readers of rows, and a runner of cases. A case is a function of the program
whose only parameter is `library`, an empty Library. TEST-PROGRAM RECORD-TOOL [NAME…] runs all, or those named."""
import pathlib, sys, tempfile, traceback
from scenes import EPOCH, Library

TOOL = pathlib.Path(sys.argv[1]).resolve()


def us(seconds):
    return EPOCH * 10**6 + round(seconds * 10**6)


def same(row, **wanted):
    wrong = {k: (row[k], v) for k, v in wanted.items() if row[k] != v}
    assert not wrong, f"(is, should be): {wrong}"


def near(value, wanted, by=50):
    assert value is not None and abs(value - wanted) <= by, f"{value} is not {wanted} ± {by}"


def kinds(row):
    return [e["kind"] for e in row["events"]]


def received(row, leg):
    return [s["received"] for s in row["legs"][leg]["streams"]]


def one(library, scene, **more):
    rows = library.scene(scene, **more)
    assert len(rows) == 1, [r["call_id"] for r in rows]
    return rows[0]


def run(program):
    cases = [f for n, f in sorted(program.items()) if getattr(f, "__code__", None) and f.__code__.co_varnames[:1] == ("library",)
             and f.__code__.co_argcount == 1]
    wanted, failed = sys.argv[2:], 0
    for case in cases:
        if wanted and case.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(Library(TOOL, folder))
                print(f"ok {case.__name__}")
            except Exception:
                failed += 1
                print(f"not ok {case.__name__}")
                traceback.print_exc()
    sys.exit(1 if failed else 0)
