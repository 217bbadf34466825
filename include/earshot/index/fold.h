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
