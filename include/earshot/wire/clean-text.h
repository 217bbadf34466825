// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Text from the outside, made fit for tables, JSON, tags and logs.
#pragma once

#include <glib.h>

// A copy in valid UTF-8 (U+FFFD for what is not) without control characters, line separators and the
// characters that turn the direction of the text around them. Joiners stay: Arabic and Persian spelling needs
// them. Tabs become spaces; with keep_lines LF stays. Caller frees.
char *es_clean_text(const char *text, gsize length, gboolean keep_lines);
// The same into a buffer; what does not fit is cut between characters. Returns buffer.
char *es_clean_text_copy(char *buffer, gsize size, const char *text, gsize length);
