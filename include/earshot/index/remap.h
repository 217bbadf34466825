// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Past calls held against the directory as it is now: extensions that were nobody's, and names, teams and
// clients that a corrected directory gives differently.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  char *extension; // as the calls show it
  gint64 calls;
  gint64 first_us, last_us; // when the first and the last of them started
} EsUnknownAgent;
// Extensions of calls started in [from, until) (ES_UNKNOWN: open) that nobody had at that time, by extension.
GPtrArray *es_index_unknown_agents(EsIndex *index, gint64 from_us, gint64 until_us,
                                   GError **error); // of EsUnknownAgent

typedef struct {
  gint64 call;       // rowid
  int segment;       // -1: of the call
  const char *field; // agent_name, team, client
  char *old_value;   // NULL: not known
  const char *new_value;
} EsRemapChange;
typedef gboolean (*EsRemapFunc)(const EsRemapChange *change, gpointer user_data, GError **error);

// A walk over calls, oldest first, with the directory as it was when it began.
typedef struct EsRemap EsRemap;
EsRemap *es_remap_new(EsIndex *index, gint64 from_us, gint64 until_us, GError **error);
void es_remap_free(EsRemap *remap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsRemap, es_remap_free)
// Looks at up to most further calls and tells what the directory gives differently; *done after the last one.
// A name, team or client is told only where it came from the directory: it is unknown ("default"), or an
// entry of that extension says it or once said it; never a client that a mapping rule or a person set.
gboolean es_remap_step(EsRemap *remap, guint most, EsRemapFunc func, gpointer user_data, gboolean *done,
                       GError **error);
gint64 es_remap_count(const EsRemap *remap); // calls looked at so far
