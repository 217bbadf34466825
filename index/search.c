// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Search. One criterion drives: its index is walked newest first, bounded by the range of dates; the others
// test each call met; the walk ends when the page is full. So what a search costs is how far the driver has
// to be walked, and the driver is chosen by looking: among criteria whose indexes run in time order, the one
// that needs to go back furthest for its first PROBE calls is the rarest. Words always drive (full text
// cannot test one call cheaply). Only ids come out of the walk; each call is then read by its id.
#include "search-criteria.h"

#include <string.h>

#define PROBE 256

// Appends a piece of SQL with every '#' replaced by the alternative's number.
static void append_piece(GString *sql, const char *name, int number) {
  const char *piece = es_sql(name);
  g_assert(piece);
  for (; *piece; piece++)
    if (*piece == '#')
      g_string_append_printf(sql, "%d", number);
    else
      g_string_append_c(sql, *piece);
}

static void append_tests(GString *sql, const EsCriterion *criterion) {
  g_string_append(sql, "\nAND (");
  for (guint i = 0; i < criterion->alternatives->len; i++) {
    const EsAlternative *alternative = &g_array_index(criterion->alternatives, EsAlternative, i);
    if (i)
      g_string_append(sql, "\n  OR ");
    append_piece(sql, alternative->test, alternative->number);
  }
  g_string_append_c(sql, ')');
}

// SELECTs of the ids that a criterion gives, each with the tests of all the others when criteria is given.
static void append_drive(GString *sql, const EsCriterion *driver, const EsCriteria *criteria) {
  for (guint i = 0; i < driver->alternatives->len; i++) {
    const EsAlternative *alternative = &g_array_index(driver->alternatives, EsAlternative, i);
    if (i)
      g_string_append(sql, "\nUNION\n");
    append_piece(sql, alternative->drive, alternative->number);
    for (guint j = 0; criteria && j < criteria->criteria->len; j++)
      if (g_ptr_array_index(criteria->criteria, j) != driver)
        append_tests(sql, g_ptr_array_index(criteria->criteria, j));
  }
}

// ---- choosing the driver

// The id of the PROBEth call that the criterion gives; -1 if it has fewer.
static gboolean probe(EsIndex *index, const EsCriteria *criteria, const EsCriterion *criterion, gint64 *id,
                      GError **error) {
  g_autoptr(GString) sql = g_string_new(NULL);
  append_drive(sql, criterion, NULL);
  g_string_append_printf(sql, "\nORDER BY id DESC LIMIT 1 OFFSET %d", PROBE);
  g_autoptr(EsStatement) s = es_statement_of(index->db, sql->str, error);
  if (!s)
    return FALSE;
  es_criteria_bind(criteria, s);
  EsStep step = es_step(s, error);
  *id = step == ES_STEP_ROW ? es_column_int(s, 0) : -1;
  return step != ES_STEP_FAILED;
}

static EsCriterion *must_drive(const EsCriteria *criteria) {
  for (guint i = 0; i < criteria->criteria->len; i++) {
    EsCriterion *criterion = g_ptr_array_index(criteria->criteria, i);
    if (criterion->must_drive || !criterion->ordered)
      return criterion; // words, else a number: always rare
  }
  return criteria->criteria->len == 1 ? g_ptr_array_index(criteria->criteria, 0) : NULL;
}

static EsCriterion *choose_driver(EsIndex *index, const EsCriteria *criteria, GError **error) {
  EsCriterion *best = must_drive(criteria);
  if (best)
    return best;
  gint64 furthest = G_MAXINT64;
  for (guint i = 0; i < criteria->criteria->len && furthest >= 0; i++) {
    EsCriterion *criterion = g_ptr_array_index(criteria->criteria, i);
    gint64 id;
    if (!probe(index, criteria, criterion, &id, error))
      return NULL;
    if (id < furthest) {
      furthest = id;
      best = criterion;
    }
  }
  return best;
}

// ---- running

// NULL on failure.
static char *compose(EsIndex *index, const EsCriteria *criteria, GError **error) {
  g_autoptr(GString) sql = g_string_new(NULL);
  if (criteria->criteria->len == 0) {
    append_piece(sql, "drive-all", -1);
  } else {
    EsCriterion *driver = choose_driver(index, criteria, error);
    if (!driver)
      return NULL;
    append_drive(sql, driver, criteria);
  }
  g_string_append(sql, "\nORDER BY id DESC LIMIT :limit OFFSET :offset");
  return g_string_free(g_steal_pointer(&sql), FALSE);
}

static EsStatement *prepare(EsIndex *index, const EsSearch *search, const char *prefix, GError **error) {
  g_autoptr(EsCriteria) criteria = es_criteria_new(index, search, error);
  g_autofree char *sql = criteria ? compose(index, criteria, error) : NULL;
  if (!sql)
    return NULL;
  g_autofree char *whole = g_strconcat(prefix, sql, NULL);
  EsStatement *s = es_statement_of(index->db, whole, error);
  if (!s)
    return NULL;
  gint64 page = search->page ? search->page : 1;
  es_criteria_bind(criteria, s);
  es_bind_int(s, ":limit", search->limit ? (gint64)search->limit : -1);
  es_bind_int(s, ":offset", (page - 1) * search->limit);
  return s;
}

gboolean es_index_search(EsIndex *index, const EsSearch *search, EsCallFunc func, gpointer user_data,
                         GError **error) {
  g_autoptr(EsStatement) s = prepare(index, search, "", error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    GError *failed = NULL;
    g_autoptr(EsCall) call = es_call_load(index, es_column_int(s, 0), FALSE, &failed);
    if (failed) {
      g_propagate_error(error, failed);
      return FALSE;
    }
    if (call && !func(call, user_data))
      return TRUE;
  }
  return step == ES_STEP_DONE;
}

char *es_index_explain(EsIndex *index, const EsSearch *search, GError **error) {
  g_autoptr(EsStatement) s = prepare(index, search, "EXPLAIN QUERY PLAN ", error);
  g_autoptr(GString) plan = g_string_new(NULL);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW)
    g_string_append_printf(plan, "%s\n", es_column_text(s, 3));
  return step == ES_STEP_DONE ? g_string_free(g_steal_pointer(&plan), FALSE) : NULL;
}
