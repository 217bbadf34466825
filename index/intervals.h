// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Lists of intervals as compact bytes (schema: activity.intervals).
#pragma once

#include <glib.h>

GByteArray *es_intervals_pack(const GArray *intervals);                          // of EsInterval, ascending
gboolean es_intervals_unpack(const guint8 *data, gsize size, GArray *intervals); // FALSE if damaged
