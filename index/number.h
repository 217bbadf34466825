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
// Half-open range of keys.
typedef struct {
  char *low, *high;
} EsNumberRange;

// What a search for text means: every number that ends in its digits when there are three or more, else
// exactly that number or user. A whole number is found in its other form too: +20 100 123 4567 where calls
// show 0100 123 4567 and the other way round. Of EsNumberRange; empty if text is.
GArray *es_number_ranges(const char *text);
