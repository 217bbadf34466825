// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Search. One criterion drives: its index is walked newest first, bounded by the range of dates; the others
// test each call met; the walk ends when the page is full. So what a search costs is how far the driver has
// to be walked, and the driver is chosen by looking: among criteria whose indexes run in time order, the one
// that needs to go back furthest for its first PROBE calls is the rarest. Words always drive (full text
// cannot test one call cheaply). Only ids come out of the walk; each call is then read by its id.
//
// Sorted by a figure, the calls that match are gathered and sorted when they are few, whatever the
// library holds. When they are many, the figure's own index is walked from its better end and the criteria
// test each call met: since many match, the page is soon full. What has no figure comes after, newest first.
// A page that goes on after a call begins behind that call's place in the order, so that it stays the same
// while calls arrive.
#include "search-criteria.h"

#include <math.h>
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

// SELECTs of the ids that a criterion gives, each with the tests of all the others when criteria is given,
// and a further condition on c.
static void append_drive(GString *sql, const EsCriterion *driver, const EsCriteria *criteria,
                         const char *further) {
  for (guint i = 0; i < driver->alternatives->len; i++) {
    const EsAlternative *alternative = &g_array_index(driver->alternatives, EsAlternative, i);
    if (i)
      g_string_append(sql, "\nUNION\n");
    append_piece(sql, alternative->drive, alternative->number);
    for (guint j = 0; criteria && j < criteria->criteria->len; j++)
      if (g_ptr_array_index(criteria->criteria, j) != driver)
        append_tests(sql, g_ptr_array_index(criteria->criteria, j));
    g_string_append(sql, further);
  }
}

// ---- choosing the driver

// The id of the PROBEth call that the criterion gives; -1 if it has fewer.
static gboolean probe(EsIndex *index, const EsCriteria *criteria, const EsCriterion *criterion, gint64 *id,
                      GError **error) {
  g_autoptr(GString) sql = g_string_new(NULL);
  append_drive(sql, criterion, NULL, "");
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

// ---- the statements of a search

typedef struct {
  EsIndex *index;
  const EsSearch *search;
  EsCriteria *criteria;
  EsCriterion *driver;  // NULL: there is no criterion
  const char *name;     // of the figure; NULL: by date
  const char *key;      // its column
  const char *known;    // condition on c: it has the figure
  double after_key;     // of the call after which to go on; NAN: not known, or from the first
  gint64 limit, offset; // rows; -1: all
} Plan;

static const char *const sort_names[] = {NULL, "duration", "score", "tension"};
static const char *const sort_keys[] = {NULL, "duration_ms", "score", "tension"};
// What an index may tell comes before what only the row does.
static const char *const sort_known[] = {NULL, "\nAND +c.duration_ms IS NOT NULL",
                                         "\nAND +c.score IS NOT NULL",
                                         "\nAND +c.audio_ms > 0 AND +c.tension IS NOT NULL"};

static void plan_clear(Plan *plan) {
  g_clear_pointer(&plan->criteria, es_criteria_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

static gboolean is_after(const Plan *plan) {
  return plan->name && plan->search->after != ES_UNKNOWN;
}

static gboolean read_after_key(Plan *plan, GError **error) {
  plan->after_key = (double)NAN;
  if (!is_after(plan))
    return TRUE;
  g_autofree char *name = g_strconcat("sort-key-", plan->name, NULL);
  g_autoptr(EsStatement) s = es_statement(plan->index->db, name, error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":after", plan->search->after);
  EsStep step = es_step(s, error);
  if (step == ES_STEP_ROW)
    plan->after_key = es_column_real(s, 0);
  return step != ES_STEP_FAILED;
}

static gboolean plan_init(Plan *plan, EsIndex *index, const EsSearch *search, GError **error) {
  *plan = (Plan){.index = index,
                 .search = search,
                 .name = sort_names[search->sort],
                 .key = sort_keys[search->sort],
                 .known = sort_known[search->sort],
                 .limit = search->limit ? (gint64)search->limit : -1,
                 .offset = search->page > 1 ? (gint64)(search->page - 1) * search->limit : 0};
  plan->criteria = es_criteria_new(index, search, error);
  if (!plan->criteria || !read_after_key(plan, error))
    return FALSE;
  if (plan->criteria->criteria->len == 0)
    return TRUE;
  plan->driver = choose_driver(index, plan->criteria, error);
  return plan->driver != NULL;
}

static void append_matches(GString *sql, const Plan *plan, const char *further) {
  if (!plan->driver) {
    append_piece(sql, "drive-all", -1);
    g_string_append(sql, further);
    return;
  }
  append_drive(sql, plan->driver, plan->criteria, further);
}

static EsStatement *prepare(const Plan *plan, const char *prefix, const char *sql, GError **error) {
  g_autofree char *whole = g_strconcat(prefix, sql, NULL);
  EsStatement *s = es_statement_of(plan->index->db, whole, error);
  if (!s)
    return NULL;
  es_criteria_bind(plan->criteria, s);
  if (es_statement_has(s, ":limit"))
    es_bind_int(s, ":limit", plan->limit);
  if (es_statement_has(s, ":offset"))
    es_bind_int(s, ":offset", plan->offset);
  if (es_statement_has(s, ":after"))
    es_bind_int(s, ":after", plan->search->after);
  if (es_statement_has(s, ":after_key"))
    es_bind_real(s, ":after_key", plan->after_key);
  return s;
}

// How many calls match, newest first, up to most. further: one more condition on c.
static gboolean count(const Plan *plan, const char *further, guint most, guint *n, GError **error) {
  g_autoptr(GString) sql = g_string_new("SELECT count(*) FROM (");
  append_matches(sql, plan, further);
  g_string_append_printf(sql, "\nORDER BY id DESC LIMIT %u)", most);
  g_autoptr(EsStatement) s = prepare(plan, "", sql->str, error);
  EsStep step = s ? es_step(s, error) : ES_STEP_FAILED;
  *n = step == ES_STEP_ROW ? (guint)es_column_int(s, 0) : 0;
  return step == ES_STEP_ROW;
}

// ---- in the order of a figure

// What comes after a call in the order of a figure, of those that have it.
static void append_after(GString *sql, const Plan *plan, const char *table) {
  if (is_after(plan))
    g_string_append_printf(sql, "\nAND (%s.%s, %s.id) %s (:after_key, :after)", table, plan->key, table,
                           plan->search->reverse ? ">" : "<");
}

static void append_order(GString *sql, const Plan *plan, const char *table) {
  const char *direction = plan->search->reverse ? "ASC" : "DESC";
  g_string_append_printf(sql, "\nORDER BY %s.%s %s, %s.id %s", table, plan->key, direction, table, direction);
}

// The calls that have the figure: gathered and sorted, or met on a walk in its order.
static char *compose_known(const Plan *plan, gboolean walk) {
  GString *sql = g_string_new(NULL);
  const EsSearch *search = plan->search;
  if (!walk) {
    g_string_append(sql, "SELECT d.id AS id FROM (");
    append_matches(sql, plan, plan->known);
    g_string_append_printf(sql, ") d CROSS JOIN call k ON k.id = d.id WHERE k.%s IS NOT NULL", plan->key);
    append_after(sql, plan, "k");
    append_order(sql, plan, "k");
    return g_string_free(sql, FALSE);
  }
  g_autofree char *piece = g_strconcat("walk-", plan->name, NULL);
  append_piece(sql, piece, -1);
  if (search->sort == ES_SORT_DURATION &&
      (search->min_duration_ms != ES_UNKNOWN || search->max_duration_ms != ES_UNKNOWN))
    g_string_append(sql,
                    "\nAND c.duration_ms BETWEEN :shortest AND :longest"); // else the walk begins far off
  if (search->sort == ES_SORT_SCORE && !isnan(search->score_below))
    g_string_append(sql, "\nAND c.score < :score");
  for (guint i = 0; i < plan->criteria->criteria->len; i++)
    append_tests(sql, g_ptr_array_index(plan->criteria->criteria, i));
  append_after(sql, plan, "c");
  append_order(sql, plan, "c");
  return g_string_free(sql, FALSE);
}

// How many calls of the dates have the figure, whatever else they are, up to most.
static gboolean count_walk(const Plan *plan, guint most, guint *n, GError **error) {
  g_autofree char *piece = g_strconcat("walk-", plan->name, NULL);
  g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM (%s LIMIT %u)", es_sql(piece), most);
  g_autoptr(EsStatement) s = prepare(plan, "", sql, error);
  EsStep step = s ? es_step(s, error) : ES_STEP_FAILED;
  *n = step == ES_STEP_ROW ? (guint)es_column_int(s, 0) : 0;
  return step == ES_STEP_ROW;
}

// Few calls to sort, or so many that a walk meets them soon? Where few have the figure at all, the walk is
// short.
static gboolean choose_walk(const Plan *plan, gboolean *walk, GError **error) {
  guint few = plan->index->few, n = few + 1;
  gboolean all = !plan->driver && plan->criteria->from == 0 && plan->criteria->until == G_MAXINT64;
  *walk = TRUE;
  if (all)
    return TRUE;
  if (!count(plan, "", few + 1, &n, error))
    return FALSE;
  *walk = n > few;
  if (!*walk)
    return TRUE;
  if (!count_walk(plan, few + 1, &n, error))
    return FALSE;
  if (n <= few)
    return TRUE;
  if (!count(plan, plan->known, few + 1, &n, error))
    return FALSE;
  *walk = n > few;
  return TRUE;
}

static char *compose_unknown(const Plan *plan) {
  const char *direction = plan->search->reverse ? "ASC" : "DESC";
  GString *sql = g_string_new(NULL);
  g_autofree char *further = g_strdup_printf("\nAND +c.%s IS NULL%s", plan->key,
                                             !is_after(plan) || !isnan(plan->after_key) ? ""
                                             : plan->search->reverse                    ? " AND c.id > :after"
                                                                     : " AND c.id < :after");
  append_matches(sql, plan, further);
  g_string_append_printf(sql, "\nORDER BY id %s", direction);
  return g_string_free(sql, FALSE);
}

// ---- running

#define PAGE_OF_ROWS "\nLIMIT :limit OFFSET :offset"

static char *compose_by_date(const Plan *plan) {
  GString *sql = g_string_new(NULL);
  append_matches(sql, plan, "");
  g_string_append_printf(sql, "\nORDER BY id %s", plan->search->reverse ? "ASC" : "DESC");
  return g_string_free(sql, FALSE);
}

// Hands on the rows of a statement; *stopped when func has seen enough.
static gboolean hand_on(const Plan *plan, const char *sql, EsCallFunc func, gpointer user_data, gint64 *rows,
                        gboolean *stopped, GError **error) {
  g_autofree char *paged = g_strconcat(sql, PAGE_OF_ROWS, NULL);
  g_autoptr(EsStatement) s = prepare(plan, "", paged, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    GError *failed = NULL;
    g_autoptr(EsCall) call = es_call_load(plan->index, es_column_int(s, 0), FALSE, &failed);
    if (failed) {
      g_propagate_error(error, failed);
      return FALSE;
    }
    ++*rows;
    *stopped = call && !func(call, user_data);
    if (*stopped)
      return TRUE;
  }
  return step == ES_STEP_DONE;
}

// Rows of a statement that a page further on has passed.
static gboolean count_rows(const Plan *plan, const char *sql, gint64 *n, GError **error) {
  g_autofree char *counting = g_strconcat("SELECT count(*) FROM (", sql, ")", NULL);
  g_autoptr(EsStatement) s = prepare(plan, "", counting, error);
  if (!s || es_step(s, error) != ES_STEP_ROW)
    return FALSE;
  *n = es_column_int(s, 0);
  return TRUE;
}

static gboolean search_by_figure(Plan *plan, EsCallFunc func, gpointer user_data, GError **error) {
  gboolean walk, stopped = FALSE;
  gint64 rows = 0, passed = 0;
  if (!is_after(plan) || !isnan(plan->after_key)) {
    if (!choose_walk(plan, &walk, error))
      return FALSE;
    g_autofree char *known = compose_known(plan, walk);
    if (!hand_on(plan, known, func, user_data, &rows, &stopped, error))
      return FALSE;
    if (stopped || rows == plan->limit)
      return TRUE;
    if (rows == 0 && plan->offset > 0 && !count_rows(plan, known, &passed, error))
      return FALSE;
  }
  plan->offset = rows > 0 ? 0 : plan->offset - passed;
  plan->limit = plan->limit < 0 ? -1 : plan->limit - rows;
  g_autofree char *unknown = compose_unknown(plan);
  return hand_on(plan, unknown, func, user_data, &rows, &stopped, error);
}

gboolean es_index_search(EsIndex *index, const EsSearch *search, EsCallFunc func, gpointer user_data,
                         GError **error) {
  g_auto(Plan) plan = {0};
  if (!plan_init(&plan, index, search, error))
    return FALSE;
  if (plan.name)
    return search_by_figure(&plan, func, user_data, error);
  gint64 rows = 0;
  gboolean stopped;
  g_autofree char *sql = compose_by_date(&plan);
  return hand_on(&plan, sql, func, user_data, &rows, &stopped, error);
}

gboolean es_index_count_matches(EsIndex *index, const EsSearch *search, guint most, guint *n,
                                GError **error) {
  g_auto(Plan) plan = {0};
  EsSearch whole = *search;
  whole.after = ES_UNKNOWN;
  return plan_init(&plan, index, &whole, error) && count(&plan, "", most, n, error);
}

static gboolean explain(const Plan *plan, const char *sql, GString *into, GError **error) {
  g_autofree char *paged = g_strconcat(sql, PAGE_OF_ROWS, NULL);
  g_autoptr(EsStatement) s = prepare(plan, "EXPLAIN QUERY PLAN ", paged, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW)
    g_string_append_printf(into, "%s\n", es_column_text(s, 3));
  return step == ES_STEP_DONE;
}

char *es_index_explain(EsIndex *index, const EsSearch *search, GError **error) {
  g_auto(Plan) plan = {0};
  gboolean walk;
  g_autoptr(GString) text = g_string_new(NULL);
  if (!plan_init(&plan, index, search, error) || (plan.name && !choose_walk(&plan, &walk, error)))
    return NULL;
  g_autofree char *first = plan.name ? compose_known(&plan, walk) : compose_by_date(&plan);
  g_autofree char *second = plan.name ? compose_unknown(&plan) : NULL;
  if (!explain(&plan, first, text, error) || (second && !explain(&plan, second, text, error)))
    return NULL;
  return g_string_free(g_steal_pointer(&text), FALSE);
}
