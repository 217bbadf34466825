// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SQLite's own check of full text asks for the lock of whoever writes and keeps it until it is done, which a
// recorder would feel. So each call is looked up by words of its own text instead, which is what the full
// text is there for.
#include "earshot/index/check.h"
#include "earshot/common/i18n.h"
#include "index-private.h"

#include <string.h>

#define MOST_TOLD 10 // of a kind; the statements have the same limit
#define WORDS 3      // of each column that a call is looked up by

void es_file_row_free(EsFileRow *row) {
  if (!row)
    return;
  g_free(row->id);
  g_free(row->client);
  g_free(row->outcome);
  g_free(row->file);
  g_free(row->file_sha256);
  g_free(row->consent_state);
  g_free(row);
}

// ---- rows

static gboolean derive_consent(EsIndex *index, EsFileRow *row, GError **error) {
  g_autoptr(GPtrArray) events = es_load_consent(index, row->rowid, error);
  if (!events)
    return FALSE;
  row->consent_now = g_intern_string(es_consent_state(events));
  for (guint i = events->len; i > 0; i--)
    if (((const EsConsentEvent *)events->pdata[i - 1])->actor)
      g_ptr_array_remove_index(events, i - 1);
  row->consent_first = g_intern_string(es_consent_state(events));
  return TRUE;
}

static EsFileRow *read_row(EsStatement *s) {
  EsFileRow *row = g_new0(EsFileRow, 1);
  row->rowid = es_column_int(s, 0);
  row->id = es_column_dup(s, 1);
  row->client = es_column_dup(s, 2);
  row->outcome = es_column_dup(s, 3);
  row->file = es_column_dup(s, 4);
  row->file_sha256 = es_column_dup(s, 5);
  row->file_bytes = es_column_int(s, 6);
  row->audio_ms = es_column_int(s, 7);
  row->started_us = es_column_int(s, 8);
  row->audio_offset_ms = es_column_int(s, 9);
  row->sample_rate_hz = (int)es_column_int(s, 10);
  row->channels = (int)es_column_int(s, 11);
  row->consent_state = es_column_dup(s, 12);
  return row;
}

static void bind_range(EsStatement *s, const EsFileRange *range) {
  es_bind_int(s, ":from", range->from_us == ES_UNKNOWN ? 0 : range->from_us);
  es_bind_int(s, ":until", range->until_us == ES_UNKNOWN ? G_MAXINT64 : range->until_us);
  es_bind_text(s, ":client", range->client);
}

gboolean es_index_get_file_row(EsIndex *index, const char *id, EsFileRow **row, GError **error) {
  *row = NULL;
  g_autoptr(EsStatement) s = es_statement(index->db, "check-file", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":uuid", id);
  EsStep step = es_step(s, error);
  g_autoptr(EsFileRow) found = step == ES_STEP_ROW ? read_row(s) : NULL;
  if (step == ES_STEP_FAILED || (found && !derive_consent(index, found, error)))
    return FALSE;
  *row = g_steal_pointer(&found);
  return TRUE;
}

gboolean es_index_find_place(EsIndex *index, const char *id, gboolean *known, char **file, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "check-place", error);
  *known = FALSE;
  *file = NULL;
  if (!s)
    return FALSE;
  es_bind_text(s, ":uuid", id);
  EsStep step = es_step(s, error);
  *known = step == ES_STEP_ROW;
  if (*known)
    *file = es_column_dup(s, 0);
  return step != ES_STEP_FAILED;
}

static gboolean list_one(EsIndex *index, const EsFileRange *range, gint64 after, GPtrArray *rows,
                         GError **error) {
  EsFileRow *row;
  if (!es_index_get_file_row(index, range->id, &row, error))
    return FALSE;
  if (row && row->rowid > after)
    g_ptr_array_add(rows, row);
  else
    es_file_row_free(row);
  return TRUE;
}

static gboolean list_page(EsIndex *index, const EsFileRange *range, gint64 after, guint most, GPtrArray *rows,
                          GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "check-files", error);
  EsStep step;
  if (!s)
    return FALSE;
  bind_range(s, range);
  es_bind_int(s, ":after", after);
  es_bind_int(s, ":most", most);
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(rows, read_row(s));
  return step == ES_STEP_DONE;
}

GPtrArray *es_index_list_files(EsIndex *index, const EsFileRange *range, gint64 after, guint most,
                               GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)es_file_row_free);
  if (range->id)
    return list_one(index, range, after, rows, error) ? g_steal_pointer(&rows) : NULL;
  if (!list_page(index, range, after, most, rows, error))
    return NULL;
  for (guint i = 0; i < rows->len; i++)
    if (!derive_consent(index, rows->pdata[i], error))
      return NULL;
  return g_steal_pointer(&rows);
}

gboolean es_index_sum_files(EsIndex *index, const EsFileRange *range, gint64 *rows, gint64 *bytes,
                            GError **error) {
  g_autoptr(EsFileRow) row = NULL;
  if (range->id) {
    if (!es_index_get_file_row(index, range->id, &row, error))
      return FALSE;
    *rows = row != NULL;
    *bytes = row ? MAX(row->file_bytes, 0) : 0;
    return TRUE;
  }
  g_autoptr(EsStatement) s = es_statement(index->db, "check-sum", error);
  if (!s)
    return FALSE;
  bind_range(s, range);
  if (es_step(s, error) != ES_STEP_ROW)
    return FALSE;
  *rows = es_column_int(s, 0);
  *bytes = es_column_int(s, 1);
  return TRUE;
}

// ---- the index itself

typedef struct {
  EsIndex *index;
  const gint *stop;
  EsIndexProblemFunc func;
  gpointer user_data;
  guint told;       // of what the texts do not find
  gboolean damaged; // what fails after that needs no further words
} Check;

static void tell(Check *check, EsIndexProblem kind, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void tell(Check *check, EsIndexProblem kind, const char *format, ...) {
  va_list args;
  check->damaged |= kind == ES_INDEX_DAMAGED;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  check->func(kind, message, check->user_data);
}

static gboolean is_stopped(const Check *check) {
  return check->stop && g_atomic_int_get(check->stop);
}

// A database that is damaged may fail in the middle of being looked at: that is what was looked for.
static void check_pages(Check *check, gboolean whole) {
  g_autoptr(GError) broken = NULL;
  g_autoptr(EsStatement) s =
      es_statement(check->index->db, whole ? "check-integrity" : "check-quick", &broken);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, &broken)) == ES_STEP_ROW)
    if (g_strcmp0(es_column_text(s, 0), "ok") != 0)
      tell(check, ES_INDEX_DAMAGED, "%s", es_column_text(s, 0));
  if (step == ES_STEP_FAILED && !is_stopped(check))
    tell(check, ES_INDEX_DAMAGED, "%s", broken->message);
}

static gboolean check_references(Check *check, GError **error) {
  g_autoptr(EsStatement) s = es_statement(check->index->db, "check-references", error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW)
    tell(check, ES_INDEX_TORN, _("a row of table “%s” refers to one of “%s” that is not there"),
         es_column_text(s, 0), es_column_text(s, 2));
  return step == ES_STEP_DONE;
}

static gboolean check_text_rows(Check *check, const char *name, const char *format, GError **error) {
  g_autoptr(EsStatement) s = es_statement(check->index->db, name, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    g_autofree char *message = g_strdup_printf("%s: %s", es_column_text(s, 0), format);
    tell(check, ES_INDEX_TEXT, "%s", message);
  }
  return step == ES_STEP_DONE;
}

// The first words of a text as a phrase of full text; NULL if it has none. Words end with their line, so a
// phrase does not go beyond it.
static char *phrase_of(const char *text) {
  g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", 2);
  g_autofree char *folded = lines[0] ? es_facet_words(lines[0]) : NULL;
  if (!folded)
    return NULL;
  g_auto(GStrv) words = g_strsplit(folded, " ", WORDS + 1);
  if (g_strv_length(words) > WORDS)
    g_clear_pointer(&words[WORDS], g_free);
  g_autofree char *phrase = g_strjoinv(" ", words);
  return g_strdup_printf("\"%s\"", phrase);
}

static gboolean is_found(const Check *check, gint64 call, const char *words, gboolean *found,
                         GError **error) {
  g_autoptr(EsStatement) s = es_statement(check->index->db, "check-text-found", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":words", words);
  es_bind_int(s, ":call", call);
  EsStep step = es_step(s, error);
  *found = step == ES_STEP_ROW;
  return step != ES_STEP_FAILED;
}

static gboolean check_text_of(Check *check, EsStatement *s, gint64 call, GError **error) {
  g_autoptr(GString) words = g_string_new(NULL);
  for (int column = 1; column <= 6; column++) {
    g_autofree char *phrase = phrase_of(es_column_text(s, column));
    if (phrase)
      g_string_append_printf(words, "%s%s", words->len ? " AND " : "", phrase);
  }
  gboolean found = TRUE;
  if (words->len && !is_found(check, call, words->str, &found, error))
    return FALSE;
  if (!found && check->told++ < MOST_TOLD)
    tell(check, ES_INDEX_TEXT, _("a call is not found by its own words: %s"), words->str);
  return TRUE;
}

static gboolean check_text_page(Check *check, gint64 *after, gboolean *more, GError **error) {
  g_autoptr(EsStatement) s = es_statement(check->index->db, "check-text-page", error);
  EsStep step = ES_STEP_FAILED;
  *more = FALSE;
  if (!s)
    return FALSE;
  es_bind_int(s, ":after", *after);
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    *after = es_column_int(s, 0);
    *more = TRUE;
    if (!check_text_of(check, s, *after, error))
      return FALSE;
  }
  return step == ES_STEP_DONE;
}

static gboolean check_text(Check *check, gboolean whole, GError **error) {
  if (!check_text_rows(check, "check-text-absent", _("the call is not in the full text"), error) ||
      !check_text_rows(check, "check-text-stray", _("the full text has a call that is not there"), error))
    return FALSE;
  gint64 after = 0;
  for (gboolean more = whole; more && !is_stopped(check);)
    if (!check_text_page(check, &after, &more, error))
      return FALSE;
  return TRUE;
}

gboolean es_index_check(EsIndex *index, gboolean whole, const gint *stop, EsIndexProblemFunc func,
                        gpointer user_data, GError **error) {
  Check check = {index, stop, func, user_data, 0, FALSE};
  g_autoptr(GError) failed = NULL;
  es_db_stop_when(index->db, stop);
  check_pages(&check, whole);
  gboolean ok = (!whole || check_references(&check, &failed)) && check_text(&check, whole, &failed);
  es_db_stop_when(index->db, NULL);
  if (ok || check.damaged || is_stopped(&check))
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&failed));
  return FALSE;
}
