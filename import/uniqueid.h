// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Asterisk's ids of channels: "1763709123.45", with the machine's name before it where one is set
// ("pbx1-1763709123.45"). They carry the second in which the channel was made.
#pragma once

#include <glib.h>

// FALSE if text is no such id. *made_us may be NULL.
gboolean es_uniqueid_read(const char *text, gint64 *made_us);
