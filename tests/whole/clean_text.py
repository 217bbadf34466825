# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what hostile peers called themselves stays in its field."""


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def clean(text, where):
    """Of control characters a text for people has line feeds and tabs alone."""
    bad = [hex(ord(c)) for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0]
    assert not bad, f"{where}: control characters {bad[:5]}"


def check_terminal(library, rows):
    for arguments in (["search"], ["search", "--csv"], *(["show", r["id"]] for r in rows)):
        text = library.run(*arguments, text=False).stdout.decode("utf-8", "strict")
        clean(text.replace("\r\n", "\n"), arguments[0])
        assert "\u202e" not in text or "--csv" in arguments, "text that turns the terminal's direction"
