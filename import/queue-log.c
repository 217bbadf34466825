// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Queue logs into the library. First every line is kept (queue_event); then each call that the files name is
// told from all of its lines that are there, whichever file they came in, and laid over its row.
#include "call-match.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/import/logs.h"
#include "facts.h"
#include "line-reader.h"
#include "queue-line.h"
#include "queue-summary.h"

#include <string.h>

#define LINES_AT_ONCE 1000
#define CALLS_AT_ONCE 100
#define WARNINGS 5
#define NEAR_US (5 * ES_US_PER_S)
#define BEFORE_QUEUE_US (3600 * ES_US_PER_S)

typedef struct {
  EsIndex *index;
  const EsLogsOptions *options;
  EsLogsStats *stats;
  EsQueueSummaries *summaries;
  GPtrArray *ids;       // of the calls, in order of their first line
  GHashTable *evidence; // id → "file:line"
  guint pending;        // writes since the last commit
} Import;

static void warn(const Import *import, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void warn(const Import *import, const char *format, ...) {
  if (!import->options->warning)
    return;
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  import->options->warning(message, import->options->user_data);
}

static gboolean is_stopped(Import *import) {
  const gint *stop = import->options->stop;
  import->stats->stopped |= stop && g_atomic_int_get(stop);
  return import->stats->stopped;
}

// Short transactions: somebody may be recording into the same library.
static gboolean breathe(Import *import, guint at_once, GError **error) {
  if (++import->pending < at_once)
    return TRUE;
  import->pending = 0;
  return es_index_commit(import->index, error) && es_index_begin(import->index, error);
}

// ---- lines

static gboolean is_call(const EsQueueEvent *event) {
  static const char *const no_calls[] = {"NONE", "MANAGER", "REALTIME", "CLI", NULL};
  return !g_strv_contains(no_calls, event->pbx_id);
}

static void note_call(Import *import, const EsQueueEvent *event, const char *file, guint64 line) {
  if (!is_call(event) || g_hash_table_contains(import->evidence, event->pbx_id))
    return;
  g_autofree char *name = g_path_get_basename(file);
  char *id = g_strdup(event->pbx_id);
  g_hash_table_insert(import->evidence, id, g_strdup_printf("%s:%" G_GUINT64_FORMAT, name, line));
  g_ptr_array_add(import->ids, id);
}

static gboolean take_line(Import *import, EsLineReader *reader, char *text, const char *file, GTimeZone *zone,
                          GError **error) {
  const char *problem = N_("the line is too long");
  guint64 line = es_line_reader_line(reader);
  if (!*text)
    return TRUE;
  import->stats->lines++;
  g_autoptr(EsQueueEvent) event =
      es_line_reader_was_cut(reader) ? NULL : es_queue_line_read(text, zone, &problem);
  if (!event) {
    if (++import->stats->wrong_lines <= WARNINGS)
      warn(import, "%s:%" G_GUINT64_FORMAT ": %s", file, line, _(problem));
    return TRUE;
  }
  gboolean added;
  if (!es_index_add_queue_event(import->index, event, &added, error))
    return FALSE;
  import->stats->new_lines += added;
  es_queue_summaries_take(import->summaries, event);
  note_call(import, event, file, line);
  return breathe(import, LINES_AT_ONCE, error);
}

static gboolean take_file(Import *import, const char *file, GTimeZone *zone, GError **error) {
  g_autoptr(EsLineReader) reader = es_line_reader_open(file, error);
  if (!reader)
    return FALSE;
  GError *failed = NULL;
  char *text;
  while (!is_stopped(import) && (text = es_line_reader_next(reader, &failed)))
    if (!take_line(import, reader, text, file, zone, error))
      return FALSE;
  if (failed)
    g_propagate_error(error, failed);
  return !failed;
}

static gboolean take_files(Import *import, GError **error) {
  g_autoptr(GTimeZone) zone = es_time_zone(import->options->timezone, error);
  if (!zone)
    return FALSE;
  for (const char *const *file = import->options->files; *file; file++)
    if (!take_file(import, *file, zone, error))
      return FALSE;
  if (import->stats->wrong_lines > WARNINGS)
    warn(import, _("lines that were kept out, in all: %u"), (guint)import->stats->wrong_lines);
  return TRUE;
}

// ---- calls

// Agents' phones that the call was offered to: a captured call to one of them is a leg of this one.
static char **agents_of(const EsQueueStory *story) {
  g_autoptr(GStrvBuilder) agents = g_strv_builder_new();
  for (guint i = 0; i < story->stretches->len; i++) {
    const EsStretch *stretch = &g_array_index(story->stretches, EsStretch, i);
    if (stretch->agent)
      g_strv_builder_add(agents, stretch->agent);
  }
  for (guint i = 0; i < story->moments->len; i++) {
    const EsQueueMoment *moment = &g_array_index(story->moments, EsQueueMoment, i);
    if (g_str_has_prefix(moment->kind, "ring-") && moment->detail)
      g_strv_builder_add(agents, moment->detail);
  }
  return g_strv_builder_end(agents);
}

static gboolean look(EsCallMatcher *matcher, const EsFactsContext *context, const EsQueueStory *story,
                     GError **error) {
  g_auto(GStrv) agents = agents_of(story);
  const EsMatchWanted wanted = {
      .caller = story->caller,
      .from_us = story->entered_us - BEFORE_QUEUE_US,
      .until_us = story->entered_us + NEAR_US,
      .during_us = story->entered_us - NEAR_US,
      .ended_us = story->ended_us,
      .to_the_end = story->caller_left,
      .not_callees = (const char *const *)agents,
  };
  return es_call_matcher_look(matcher, context->index, story->pbx_id, &wanted, error);
}

static gboolean store(Import *import, const EsFactsContext *context, const EsCall *call, const char *pbx_id,
                      const char *why, GError **error) {
  const char *at = g_hash_table_lookup(import->evidence, pbx_id);
  g_autofree char *reason = why ? g_strdup_printf("%s, %s", at, why) : g_strdup(at);
  gboolean changed;
  if (!es_facts_store(context, call, NULL, pbx_id, reason, &changed, error))
    return FALSE;
  import->stats->changed += changed;
  gboolean recorded = g_strcmp0(call->outcome, "none") != 0;
  import->stats->joined += recorded;
  es_queue_summaries_recorded(import->summaries, pbx_id, recorded);
  return TRUE;
}

// A call that is still going on when the log ends becomes a row when the log says how it ended.
static gboolean make_row(Import *import, const EsFactsContext *context, const EsQueueStory *story,
                         GError **error) {
  es_queue_summaries_recorded(import->summaries, story->pbx_id, FALSE);
  if (!story->disposition)
    return TRUE;
  g_autoptr(EsCall) call = es_facts_of_story(story);
  import->stats->made++;
  return es_facts_make_row(context, call, error);
}

static void tell_unjoined(Import *import, EsMatch match, const char *pbx_id) {
  const char *at = g_hash_table_lookup(import->evidence, pbx_id);
  if (++import->stats->ambiguous > WARNINGS)
    return;
  if (match == ES_MATCH_NEAR)
    warn(import,
         _("%s: a recording of the caller of call %s lies near, but not at the same time (do the clocks "
           "differ?); joined to none"),
         at, pbx_id);
  else
    warn(import, _("%s: several recordings fit call %s; joined to none"), at, pbx_id);
}

static gboolean join_unknown(Import *import, const EsFactsContext *context, EsCallMatcher *matcher,
                             const char *pbx_id, GError **error) {
  const char *id;
  EsMatch match = es_call_matcher_found(matcher, pbx_id, &id);
  if (id) {
    g_autoptr(EsCall) call = es_index_get_call(import->index, id, error);
    return call && store(import, context, call, pbx_id, "numbers and time", error);
  }
  if (match != ES_MATCH_NONE) {
    tell_unjoined(import, match, pbx_id);
    return TRUE;
  }
  g_autoptr(EsQueueStory) story = es_facts_story(context, pbx_id, error);
  return story && make_row(import, context, story, error);
}

// A call that a row knows by its id; the others are looked for and left in unknown.
static gboolean join_known(Import *import, const EsFactsContext *context, EsCallMatcher *matcher,
                           char *pbx_id, GPtrArray *unknown, GError **error) {
  GError *failed = NULL;
  g_autoptr(EsQueueStory) story = es_facts_story(context, pbx_id, &failed);
  if (!story) {
    if (failed)
      g_propagate_error(error, failed);
    return !failed; // an agent's own call to log in has no story
  }
  import->stats->calls++;
  g_autoptr(GPtrArray) calls = es_index_find_pbx_calls(import->index, pbx_id, error);
  if (!calls)
    return FALSE;
  if (calls->len > 0) // of several recordings the first stands for the call, else waiting would count twice
    return store(import, context, g_ptr_array_index(calls, 0), pbx_id, NULL, error);
  g_ptr_array_add(unknown, pbx_id);
  return look(matcher, context, story, error);
}

static void tell_progress(const Import *import, guint done) {
  if (import->options->progress && done % CALLS_AT_ONCE == 0)
    import->options->progress(done, import->ids->len, import->options->user_data);
}

static gboolean join_calls(Import *import, const EsFactsContext *context, GError **error) {
  g_autoptr(EsCallMatcher) matcher = es_call_matcher_new();
  g_autoptr(GPtrArray) unknown = g_ptr_array_new();
  for (guint i = 0; i < import->ids->len && !is_stopped(import); i++) {
    if (!join_known(import, context, matcher, g_ptr_array_index(import->ids, i), unknown, error) ||
        !breathe(import, CALLS_AT_ONCE, error))
      return FALSE;
    tell_progress(import, i);
  }
  for (guint i = 0; i < unknown->len && !is_stopped(import); i++)
    if (!join_unknown(import, context, matcher, g_ptr_array_index(unknown, i), error) ||
        !breathe(import, CALLS_AT_ONCE, error))
      return FALSE;
  return TRUE;
}

static gboolean run(Import *import, GError **error) {
  if (!es_index_begin(import->index, error))
    return FALSE;
  g_autoptr(GHashTable) directory = es_facts_directory(import->index, error);
  const EsFactsContext context = {import->index, directory, "queue-log", import->options->actor,
                                  import->options->now_us};
  if (directory && take_files(import, error) && join_calls(import, &context, error))
    return es_index_commit(import->index, error);
  es_index_rollback(import->index);
  return FALSE;
}

gboolean es_queue_log_import(EsIndex *index, const EsLogsOptions *options, EsLogsStats *stats,
                             GPtrArray **queues, GError **error) {
  *stats = (EsLogsStats){0};
  g_autoptr(GHashTable) evidence = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GPtrArray) ids = g_ptr_array_new();
  EsQueueSummaries *summaries = es_queue_summaries_new();
  Import import = {index, options, stats, summaries, ids, evidence, 0};
  gboolean ok = run(&import, error);
  *queues = es_queue_summaries_free(summaries);
  return ok;
}

gboolean es_queue_log_apply(EsIndex *index, EsCall *call, GError **error) {
  GError *failed = NULL;
  g_autoptr(GHashTable) directory = call->pbx_id ? es_facts_directory(index, error) : NULL;
  if (!directory)
    return !call->pbx_id;
  const EsFactsContext context = {.index = index, .directory = directory};
  g_autoptr(EsQueueStory) story = es_facts_story(&context, call->pbx_id, &failed);
  if (failed)
    g_propagate_error(error, failed);
  if (story)
    es_facts_queue(call, story, FALSE);
  return !failed;
}
