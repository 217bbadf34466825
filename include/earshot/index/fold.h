// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One folding for everything that is searched: compatibility forms, case, diacritics, Arabic letters that
// writers mix (alef with hamza, teh marbuta, alef maksura), tatweel and harakat, both families of Arabic
// digits.
#pragma once

#include <glib.h>

// Folds a whole text; caller frees. Invalid UTF-8 becomes U+FFFD.
char *es_fold(const char *text);

// Splits text into folded words. start and end are byte offsets into the original. FALSE from func stops.
typedef gboolean (*EsFoldFunc)(const char *word, gsize length, gsize start, gsize end, gpointer user_data);
void es_fold_words(const char *text, gsize length, EsFoldFunc func, gpointer user_data);

// Where a folded Arabic word goes on after its article, alone or after one of the letters that are written
// together with it (ال وال فال بال كال لل): bytes to leave out; 0 if it has none or fewer than three letters
// would be left. Texts are indexed with and without, so that a word finds itself with its article; a question
// is taken as it was typed.
gsize es_fold_article(const char *word, gsize length);
