// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures of the whole library. The ids of calls are moments, so "since" is a range of ids; bytes are summed
// along an index that holds nothing else.
#include "earshot/index/figures.h"
#include "index-private.h"

#define WEEK_US (7 * 24 * 3600 * ES_US_PER_S)
#define MOST_COLUMNS 4

// The first n columns of the one row that a statement gives; takes the statement over.
static gboolean read_row(EsStatement *statement, gint64 *values, int n, GError **error) {
  g_autoptr(EsStatement) s = statement;
  EsStep step = es_step(s, error);
  for (int i = 0; step == ES_STEP_ROW && i < n; i++)
    values[i] = es_column_int(s, i);
  return step == ES_STEP_ROW;
}

static gboolean read_range(EsIndex *index, const char *name, gint64 from_us, gint64 until_us, gint64 *values,
                           int n, GError **error) {
  EsStatement *s = es_statement(index->db, name, error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":from", from_us);
  es_bind_int(s, ":until", until_us);
  return read_row(s, values, n, error);
}

gboolean es_index_library_figures(EsIndex *index, gint64 from_us, gint64 now_us, EsLibraryFigures *figures,
                                  GError **error) {
  gint64 day[2], week[2];
  if (!es_db_number(index->db, "figures-last", ES_UNKNOWN, &figures->last_call_us, error) ||
      !es_db_number(index->db, "figures-first", ES_UNKNOWN, &figures->first_recording_us, error) ||
      !es_db_number(index->db, "figures-bytes", 0, &figures->bytes, error) ||
      !read_range(index, "figures-day", from_us, now_us, day, 2, error) ||
      !read_range(index, "figures-week", now_us - WEEK_US, now_us, week, 2, error))
    return FALSE;
  figures->calls = day[0];
  figures->audio_ms = day[1];
  figures->week_bytes = week[0];
  figures->week_recordings = week[1];
  return TRUE;
}

gboolean es_index_recent_media(EsIndex *index, gint64 since_us, guint most, EsRecentMedia *media,
                               GError **error) {
  EsStatement *s = es_statement(index->db, "recent-media", error);
  gint64 values[MOST_COLUMNS];
  if (!s)
    return FALSE;
  es_bind_int(s, ":since", since_us);
  es_bind_int(s, ":most", most);
  if (!read_row(s, values, 4, error))
    return FALSE;
  *media = (EsRecentMedia){values[0], values[1], values[2], values[3]};
  return TRUE;
}

gboolean es_index_recent_trouble(EsIndex *index, gint64 since_us, EsRecentTrouble *trouble, GError **error) {
  EsStatement *s = es_statement(index->db, "recent-trouble", error);
  gint64 values[MOST_COLUMNS];
  if (!s)
    return FALSE;
  es_bind_int(s, ":since", since_us);
  if (!read_row(s, values, 3, error))
    return FALSE;
  *trouble = (EsRecentTrouble){values[0], values[1], values[2]};
  return TRUE;
}

gboolean es_index_verify(EsIndex *index, gint64 patience_ms, char **problem, gboolean *finished,
                         GError **error) {
  g_autoptr(GError) broken = NULL;
  *problem = NULL;
  *finished = TRUE;
  es_db_limit_time(index->db, g_get_monotonic_time() + patience_ms * ES_US_PER_MS);
  g_autoptr(EsStatement) s = es_statement(index->db, "quick-check", error);
  EsStep step = s ? es_step(s, &broken) : ES_STEP_FAILED;
  if (step == ES_STEP_ROW && g_strcmp0(es_column_text(s, 0), "ok") != 0)
    *problem = es_column_dup(s, 0);
  else if (broken && es_db_is_out_of_time(index->db))
    *finished = FALSE;
  else if (broken)
    *problem = g_strdup(broken->message);
  es_db_limit_time(index->db, 0);
  return s != NULL;
}
