// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which language the texts are in. Works on a machine that has no locale but C.UTF-8 installed, and from the
// build tree without installing.
#pragma once

#include <glib.h>

// Sets the locale and binds the catalogue; looks for --lang in argv, since even complaints about the command
// line want the right language. Call once, first.
void es_locale_begin(char **argv);

// "ar" or "en": the language of rubrics and packs. Static.
const char *es_locale_language(void);
