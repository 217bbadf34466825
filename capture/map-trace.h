// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which rule set what in a call, for people who ask why: [{"field", "value", "rule", "input", "outcome"}].
// outcome is "set", "lost" (a rule further up had set the field), "refused" (no value for this field) or
// "too-costly". Values that nothing set have the rule "default". Bounded, each line once.
#pragma once

#include <glib.h>

typedef struct EsMapTrace EsMapTrace;

EsMapTrace *es_map_trace_new(void);
EsMapTrace *es_map_trace_copy(const EsMapTrace *trace);
void es_map_trace_free(EsMapTrace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsMapTrace, es_map_trace_free)

// value and input may be NULL.
void es_map_trace_add(EsMapTrace *trace, const char *field, const char *value, const char *rule,
                      const char *input, const char *outcome);
// TRUE if this rule has such a line.
gboolean es_map_trace_has(const EsMapTrace *trace, const char *rule, const char *outcome);
// Caller frees.
char *es_map_trace_json(const EsMapTrace *trace);
