// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Call detail records into the library: each call laid over its row, found by its ids, else by numbers and
// time.
#include "call-match.h"
#include "earshot/common/i18n.h"
#include "earshot/import/logs.h"
#include "earshot/index/queue-event.h"
#include "facts.h"

#define CALLS_AT_ONCE 100
#define WARNINGS 5
#define NEAR_US (5 * ES_US_PER_S)

typedef struct {
  const EsLogsOptions *options;
  EsLogsStats *stats;
  EsFactsContext context;
  const char *file;
  EsCallMatcher *matcher;
  GPtrArray *unknown; // of EsCdrCall
  guint pending;
} Import;

static gboolean is_stopped(Import *import) {
  const gint *stop = import->options->stop;
  import->stats->stopped |= stop && g_atomic_int_get(stop);
  return import->stats->stopped;
}

static gboolean breathe(Import *import, GError **error) {
  if (++import->pending < CALLS_AT_ONCE)
    return TRUE;
  import->pending = 0;
  return es_index_commit(import->context.index, error) && es_index_begin(import->context.index, error);
}

// The first row of the library that has one of the call's ids; NULL without error if there is none.
static EsCall *find_row(const Import *import, const EsCdrCall *call, GError **error) {
  for (guint i = 0; i < call->rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(call->rows, i);
    const char *ids[] = {row->linked_id, row->pbx_id};
    for (guint k = 0; k < G_N_ELEMENTS(ids); k++) {
      if (!ids[k])
        continue;
      g_autoptr(GPtrArray) calls = es_index_find_pbx_calls(import->context.index, ids[k], error);
      if (!calls)
        return NULL;
      if (calls->len > 0)
        return g_ptr_array_steal_index(calls, 0);
    }
  }
  return NULL;
}

static char *evidence(const Import *import, const EsCdrCall *call) {
  const EsCdrRow *first = g_ptr_array_index(call->rows, 0);
  g_autofree char *name = g_path_get_basename(import->file);
  return g_strdup_printf("%s:%" G_GUINT64_FORMAT, name, first->line);
}

static gboolean store(Import *import, const EsCdrCall *call, const EsCall *row, const char *why,
                      GError **error) {
  g_autofree char *at = evidence(import, call);
  g_autofree char *reason = why ? g_strdup_printf("%s, %s", at, why) : g_strdup(at);
  gboolean changed;
  const char *pbx_id = row->pbx_id ? row->pbx_id : call->call->pbx_id;
  if (!es_facts_store(&import->context, row, call->call, pbx_id, reason, &changed, error))
    return FALSE;
  import->stats->changed += changed;
  import->stats->joined += g_strcmp0(row->outcome, "none") != 0;
  return TRUE;
}

static char *name_asker(const EsCdrCall *call) {
  const EsCdrRow *first = g_ptr_array_index(call->rows, 0);
  return g_strdup_printf("%" G_GUINT64_FORMAT, first->line);
}

static gboolean join_known(Import *import, EsCdrCall *call, GError **error) {
  GError *failed = NULL;
  g_autoptr(EsCall) row = find_row(import, call, &failed);
  import->stats->calls++;
  if (failed) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  if (row)
    return store(import, call, row, NULL, error);
  g_ptr_array_add(import->unknown, call);
  g_autofree char *asker = name_asker(call);
  const EsMatchWanted wanted = {.caller = call->call->caller,
                                .callee = call->call->callee,
                                .from_us = call->call->started_us - NEAR_US,
                                .until_us = call->call->started_us + NEAR_US,
                                .during_us = ES_UNKNOWN,
                                .ended_us = ES_UNKNOWN};
  return !wanted.callee ||
         es_call_matcher_look(import->matcher, import->context.index, asker, &wanted, error);
}

static gboolean make_row(Import *import, const EsCdrCall *call, GError **error) {
  GError *failed = NULL;
  g_autoptr(EsQueueStory) story = es_facts_story(&import->context, call->call->pbx_id, &failed);
  if (failed) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  g_autoptr(EsCall) row = es_facts_copy(call->call);
  if (story)
    es_facts_queue(row, story, FALSE);
  import->stats->made++;
  return es_facts_make_row(&import->context, row, error);
}

static gboolean join_unknown(Import *import, const EsCdrCall *call, GError **error) {
  g_autofree char *asker = name_asker(call);
  const char *id;
  EsMatch match = es_call_matcher_found(import->matcher, asker, &id);
  if (id) {
    g_autoptr(EsCall) row = es_index_get_call(import->context.index, id, error);
    return row && store(import, call, row, "numbers and time", error);
  }
  if (match == ES_MATCH_NONE)
    return make_row(import, call, error);
  if (++import->stats->ambiguous <= WARNINGS && import->options->warning) {
    g_autofree char *at = evidence(import, call);
    g_autofree char *message =
        match == ES_MATCH_NEAR
            ? g_strdup_printf(
                  _("%s: a recording of the same numbers lies near, but not at the same time (do the "
                    "clocks differ?); joined to none"),
                  at)
            : g_strdup_printf(_("%s: several recordings fit this call; joined to none"), at);
    import->options->warning(message, import->options->user_data);
  }
  return TRUE;
}

static gboolean join_calls(Import *import, const GPtrArray *calls, GError **error) {
  for (guint i = 0; i < calls->len && !is_stopped(import); i++) {
    if (!join_known(import, g_ptr_array_index(calls, i), error) || !breathe(import, error))
      return FALSE;
    if (import->options->progress && i % CALLS_AT_ONCE == 0)
      import->options->progress(i, calls->len, import->options->user_data);
  }
  for (guint i = 0; i < import->unknown->len && !is_stopped(import); i++)
    if (!join_unknown(import, g_ptr_array_index(import->unknown, i), error) || !breathe(import, error))
      return FALSE;
  return TRUE;
}

static gboolean take_file(Import *import, const char *file, GError **error) {
  const EsCdrOptions options = {import->options->timezone, ES_UNKNOWN, ES_UNKNOWN, import->options->warning,
                                import->options->user_data};
  g_autoptr(EsCdr) cdr = es_cdr_read(file, &options, error);
  if (!cdr || !es_index_begin(import->context.index, error))
    return FALSE;
  g_autoptr(EsCallMatcher) matcher = es_call_matcher_new();
  g_autoptr(GPtrArray) unknown = g_ptr_array_new();
  import->file = file;
  import->matcher = matcher;
  import->unknown = unknown;
  import->stats->lines += es_cdr_rows(cdr);
  import->stats->wrong_lines += es_cdr_wrong_rows(cdr);
  if (join_calls(import, es_cdr_calls(cdr), error))
    return es_index_commit(import->context.index, error);
  es_index_rollback(import->context.index);
  return FALSE;
}

gboolean es_cdr_import(EsIndex *index, const EsLogsOptions *options, EsLogsStats *stats, GError **error) {
  *stats = (EsLogsStats){0};
  g_autoptr(GHashTable) directory = es_facts_directory(index, error);
  if (!directory)
    return FALSE;
  Import import = {.options = options,
                   .stats = stats,
                   .context = {index, directory, "cdr", options->actor, options->now_us}};
  for (const char *const *file = options->files; *file && !is_stopped(&import); file++)
    if (!take_file(&import, *file, error))
      return FALSE;
  return TRUE;
}
