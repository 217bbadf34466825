// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/index/transcript.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "index-private.h"

#include <string.h>

EsCue *es_cue_new(gint64 start_ms, gint64 end_ms, const char *speaker, const char *text) {
  EsCue *cue = g_new0(EsCue, 1);
  cue->start_ms = start_ms;
  cue->end_ms = end_ms;
  cue->speaker = g_strdup(speaker);
  cue->text = g_strdup(text);
  return cue;
}

void es_cue_free(EsCue *cue) {
  if (!cue)
    return;
  g_free(cue->speaker);
  g_free(cue->text);
  g_free(cue);
}

static gboolean is_blank(const char *text) {
  for (const char *at = text; at && *at; at++)
    if (!g_ascii_isspace(*at))
      return FALSE;
  return TRUE;
}

static gboolean check_cues(const GPtrArray *cues, GError **error) {
  gsize bytes = 0;
  if (cues->len > ES_CUES_MAX) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("the transcript has %u stretches; at most %u are kept"),
                cues->len, ES_CUES_MAX);
    return FALSE;
  }
  for (guint i = 0; i < cues->len; i++) {
    const EsCue *cue = g_ptr_array_index(cues, i);
    if (cue->start_ms < 0 || cue->end_ms < cue->start_ms) {
      g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                  _("stretch %u of the transcript does not end after it begins"), i + 1);
      return FALSE;
    }
    bytes += (cue->text ? strlen(cue->text) : 0) + (cue->speaker ? strlen(cue->speaker) : 0);
    if (bytes > ES_TRANSCRIPT_BYTES_MAX) {
      g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                  _("the transcript is too long: stretch %u goes beyond %u MB"), i + 1,
                  ES_TRANSCRIPT_BYTES_MAX >> 20);
      return FALSE;
    }
  }
  return TRUE;
}

static int by_start(gconstpointer a, gconstpointer b) {
  const EsCue *x = *(EsCue *const *)a, *y = *(EsCue *const *)b;
  return x->start_ms < y->start_ms ? -1 : x->start_ms > y->start_ms;
}

// The cues worth keeping, borrowed, by their start; equal starts stay in the order given.
static GPtrArray *arrange(const GPtrArray *cues) {
  GPtrArray *kept = g_ptr_array_new();
  for (guint i = 0; i < cues->len; i++) {
    EsCue *cue = g_ptr_array_index(cues, i);
    if (!is_blank(cue->text))
      g_ptr_array_add(kept, cue);
  }
  g_ptr_array_sort(kept, by_start); // GLib's sort is stable
  return kept;
}

static gboolean insert(EsIndex *index, gint64 call, const GPtrArray *cues, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "transcript-insert", error);
  if (!s)
    return FALSE;
  for (guint i = 0; i < cues->len; i++) {
    const EsCue *cue = g_ptr_array_index(cues, i);
    es_bind_int(s, ":call", call);
    es_bind_int(s, ":n", i);
    es_bind_int(s, ":start_ms", cue->start_ms);
    es_bind_int(s, ":end_ms", cue->end_ms);
    es_bind_text(s, ":speaker", cue->speaker);
    es_bind_text(s, ":text", cue->text);
    if (!es_run(s, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean replace(EsIndex *index, gint64 call, const GPtrArray *cues, GError **error) {
  return es_run_for_call(index, "transcript-clear", call, error) && insert(index, call, cues, error) &&
         es_text_update(index, call, FALSE, error);
}

gboolean es_index_put_transcript(EsIndex *index, gint64 call, const GPtrArray *cues, GError **error) {
  g_autoptr(GPtrArray) none = g_ptr_array_new();
  if (!cues)
    cues = none;
  if (!check_cues(cues, error) || !es_db_enter(index->db, error))
    return FALSE;
  g_autoptr(GPtrArray) kept = arrange(cues);
  gboolean ok = replace(index, call, kept, error);
  return es_db_leave(index->db, ok, error);
}

GPtrArray *es_index_get_transcript(EsIndex *index, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "transcript-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":call", call);
  g_autoptr(GPtrArray) cues = g_ptr_array_new_with_free_func((GDestroyNotify)es_cue_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(cues, es_cue_new(es_column_int(s, 0), es_column_int(s, 1), es_column_text(s, 2),
                                     es_column_text(s, 3)));
  return step == ES_STEP_DONE ? g_steal_pointer(&cues) : NULL;
}
