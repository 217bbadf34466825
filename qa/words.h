// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Words in a language that is asked for, whatever the language of the process: one bilingual table, bundled.
// Any thread.
#pragma once

#include <glib.h>

// The table's language nearest to a locale's name: "ar" for "ar", "ar_EG.UTF-8", "ar-EG"; else "en". Static.
const char *es_word_language(const char *locale);
// The word of that key; a key that is not in the table is a mistake of the program. Static.
const char *es_word(const char *language, const char *key);
// All words of a language, key → text; borrowed.
GHashTable *es_words(const char *language);
// A text bundled with this library ("/rubrics/standard.rubric"); NULL if there is none. Static.
const char *es_qa_resource(const char *path);
