// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Ids of calls, evaluations and packs: UUID version 7 (RFC 9562 section 5.7), so that they sort by time.
#pragma once

#include <glib.h>

#define ES_ID_LENGTH 36 // characters, lower case, with dashes
#define ES_ID_SIZE (ES_ID_LENGTH + 1)
#define ES_ID_SHORT 8 // digits shown in tables: the last ones, because the first are time and collide

// Writes a new id for a thing that began at time_us (microseconds since 1970, UTC) into id. 74 random bits.
// Any thread.
void es_id_new(gint64 time_us, char id[ES_ID_SIZE]);

// TRUE if text is a whole id, in either case.
gboolean es_id_is_whole(const char *text);

// The last ES_ID_SHORT digits; points into id.
const char *es_id_short(const char *id);
