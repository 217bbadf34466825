// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a caller or callee is compared by. A number (digits, with separators people write): its digits without
// a leading + or 00, backwards, so that "ends in" is a range of an index. Anything else: '@' and the folded
// text.
#pragma once

#include <glib.h>

// Caller frees; NULL for NULL or nothing.
char *es_number_key(const char *text);
// The digits of a number as es_number_key compares them, forwards; NULL if text is not one. Caller frees.
char *es_number_digits(const char *text);
// The half-open range of keys that a search for text means: every number that ends in its digits when there
// are three or more, else exactly that number or user. FALSE if text is empty.
gboolean es_number_range(const char *text, char **low, char **high);
