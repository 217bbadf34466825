# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Every text that the sources mark for translation is in every catalogue (po/update brings them up to date).

Argument: the source folder. Texts that a macro such as G_GINT64_FORMAT cuts in two cannot be extracted at all; they
end in "%" here and are passed over.
"""
import pathlib, re, subprocess, sys, tempfile, unittest

SOURCE = pathlib.Path(sys.argv[1])
FOLDERS = ["common", "encode", "index", "wire", "journal", "capture", "import", "qa", "service", "cli"]
LANGUAGES = [l for l in (SOURCE / "po/LINGUAS").read_text().split("\n") if l and not l.startswith("#")]


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=True, cwd=SOURCE, **options).stdout


def texts(po):
    """Ids of a catalogue's entries, and those of them that are translated in full."""
    entries = re.split(r"\n\n+", run("msgcat", "--no-wrap", po))
    ids, whole = set(), set()
    for entry in entries:
        match = re.search(r'^msgid "(.+)"$', entry, re.M)
        if not match or "#, fuzzy" in entry or entry.lstrip().startswith("#~"):
            continue
        ids.add(match[1])
        if not re.search(r'^msgstr(\[\d\])? ""$', entry, re.M):
            whole.add(match[1])
    return ids, whole


class Texts(unittest.TestCase):
    def test_files(self):
        """POTFILES names the files that have such texts, no more and no fewer."""
        marked = {str(p.relative_to(SOURCE)) for folder in FOLDERS for p in (SOURCE / folder).glob("*.c")
                  if re.search(r"\b(N?_|ngettext_)\(", p.read_text())}
        listed = {l for l in (SOURCE / "po/POTFILES").read_text().split("\n") if l and not l.startswith("#")}
        self.assertEqual(listed, marked, "run po/update")

    def test_catalogues(self):
        with tempfile.TemporaryDirectory() as folder:
            pot = f"{folder}/earshot.pot"
            files = sorted(str(p.relative_to(SOURCE)) for f in FOLDERS for p in (SOURCE / f).glob("*.c"))
            run("xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--keyword=ngettext_:1,2", "-o", pot,
                *files)
            wanted, _ = texts(pot)
        self.assertGreater(len(wanted), 300)
        for language in LANGUAGES:
            with self.subTest(language=language):
                run("msgfmt", "--check-format", "-o", "/dev/null", f"po/{language}.po")
                _, translated = texts(f"po/{language}.po")
                missing = {text for text in wanted - translated if not text.endswith("%")}
                self.assertEqual(sorted(missing), [], "run po/update and translate these")


unittest.main(argv=sys.argv[:1])
