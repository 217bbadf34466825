#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""cppcheck finds nothing that tools/cppcheck-suppressions does not excuse, pyflakes nothing at all. Exit 77 (skipped) where there is no cppcheck. clang-tidy takes
minutes: tools/analyse runs it.

The check first proves that it can fail.
"""
import importlib.machinery, importlib.util, pathlib, shutil, sys, tempfile

root = pathlib.Path(sys.argv[1]).resolve()
loader = importlib.machinery.SourceFileLoader("analyse", str(root / "tools/analyse"))
analyse = importlib.util.module_from_spec(importlib.util.spec_from_loader("analyse", loader))
sys.dont_write_bytecode = True
loader.exec_module(analyse)
if not shutil.which("cppcheck"):
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    (pathlib.Path(name) / "tests/a").mkdir(parents=True)
    (pathlib.Path(name) / "tests/a/wrong.py").write_text("import os\n")
    assert len(analyse.pyflakes(pathlib.Path(name))) == 1, "finds nothing"
    (pathlib.Path(name) / "wrong.c").write_text("int wrong(void) {\n  int a[2] = {0};\n  return a[2];\n}\n")
    assert [line for line in analyse.cppcheck(name, ["wrong.c"], root / "tools") if line.startswith("wrong.c:3: error:")], "finds nothing"
found = analyse.cppcheck() + analyse.pyflakes()
print("\n".join(found) or "nothing found")
sys.exit(1 if found else 0)
