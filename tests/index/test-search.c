// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Search held against a plain reading of every call: random criteria, alone and combined, must give the same
// calls in the same order. And the plan of every documented filter: no scan of a table, no sort of what an
// index gives in order.
#include "../../index/index-private.h"
#include "fixture.h"

#include <string.h>

#define CALLS 400

static const char *const directions[] = {"inbound", "outbound", "internal", "unknown"};
static const char *const dispositions[] = {"answered", "missed", "abandoned", "busy", "failed"};
static const char *const outcomes[] = {"recorded", "partial", "none"};
static const char *const consents[] = {"requested", "given", "refused", "withdrawn", "expired"};
static const char *const clients[] = {"default", "nile", "delta"};
static const char *const queues[] = {"billing", "Sales", "دعم"};
static const char *const numbers[] = {"+201001234567", "01227654321", "2001", "2002", "alice"};
static const char *const agents[] = {"2001", "2002", "2003"};
static const char *const tags[] = {"vip", "refund"};
static const char *const notes[] = {"refund promised", "يريد استرجاع المبلغ", "called twice"};
static const char *const words[] = {"refund", "استرجاع المبلغ", "prom*", "called refund"};

// What this test itself remembers of a call.
typedef struct {
  int minute;
  const char *direction, *disposition, *outcome, *consent, *client, *queue, *caller, *callee, *agent, *tag,
      *note;
  gboolean flagged, missing;
  double score;
  gint64 duration_ms;
} Known;

#define PICK(list) list[g_test_rand_int_range(0, G_N_ELEMENTS(list))]
#define MAYBE(list) (g_test_rand_bit() ? PICK(list) : NULL)

static void choose(Known *known, int minute) {
  *known = (Known){.minute = minute, .score = (double)NAN, .duration_ms = ES_UNKNOWN};
  known->direction = PICK(directions);
  known->disposition = PICK(dispositions);
  known->outcome = PICK(outcomes);
  known->consent = MAYBE(consents);
  known->client = PICK(clients);
  known->queue = MAYBE(queues);
  known->caller = PICK(numbers);
  known->callee = PICK(numbers);
  known->agent = PICK(agents);
  known->tag = MAYBE(tags);
  known->note = MAYBE(notes);
  known->flagged = g_test_rand_int_range(0, 4) == 0;
  known->missing = g_test_rand_int_range(0, 4) == 0;
  if (g_test_rand_bit())
    known->score = g_test_rand_int_range(0, 101);
  if (g_str_equal(known->disposition, "answered"))
    known->duration_ms = g_test_rand_int_range(0, 5000) * 1000;
}

static void annotate(EsIndex *index, gint64 row, const Known *known) {
  GError *error = NULL;
  if (known->tag)
    es_index_add_tag(index, row, known->tag, "x", 1, &error);
  g_assert_no_error(error);
  if (known->note)
    es_index_add_note(index, row, known->note, ES_UNKNOWN, "x", 1, &error);
  g_assert_no_error(error);
  if (known->flagged)
    es_index_add_flag(index, row, "training", NULL, ES_UNKNOWN, ES_UNKNOWN, "x", 1, &error);
  g_assert_no_error(error);
  if (isnan(known->score))
    return;
  g_autoptr(EsEvaluation) e = es_evaluation_new();
  e->call = row;
  e->evaluator = g_strdup("x");
  e->rubric_id = g_strdup("standard");
  e->rubric_version = g_strdup("1");
  e->score = known->score;
  es_index_add_evaluation(index, e, &error);
  g_assert_no_error(error);
}

static void replace(char **text, const char *with) {
  g_free(*text);
  *text = g_strdup(with);
}

static void store(EsIndex *index, const Known *known) {
  EsCall *call = fixture_call(known->minute, known->agent);
  replace(&call->direction, known->direction);
  replace(&call->disposition, known->disposition);
  replace(&call->outcome, known->outcome);
  replace(&call->client, known->client);
  replace(&call->caller, known->caller);
  replace(&call->callee, known->callee);
  call->duration_ms = known->duration_ms;
  call->missing_ms = known->missing ? 40 : 0;
  ((EsSegment *)g_ptr_array_index(call->segments, 0))->queue = g_strdup(known->queue);
  if (known->consent)
    g_ptr_array_add(call->consent, es_consent_event_new(call->started_us, known->consent, "manual"));
  annotate(index, fixture_put(index, call), known);
}

// ---- the plain reading

static gboolean same_or_any(const char *wanted, const char *is) {
  return !wanted || g_strcmp0(wanted, is) == 0;
}

static gboolean ends(const char *wanted, const char *is) {
  return !wanted || g_str_has_suffix(is, wanted);
}

static gboolean says(const Known *known, const char *wanted) {
  if (!wanted)
    return TRUE;
  g_autofree char *text = g_strjoin(" ", known->caller, known->callee, known->agent,
                                    known->tag ? known->tag : "", known->note ? known->note : "", NULL);
  g_auto(GStrv) pieces = g_strsplit(wanted, " ", -1);
  g_auto(GStrv) have = g_strsplit(text, " ", -1);
  for (char **piece = pieces; *piece; piece++) {
    gsize length = strcspn(*piece, "*");
    gboolean found = FALSE;
    for (char **word = have; *word && !found; word++)
      found = (*piece)[length] ? strncmp(*word, *piece, length) == 0 : g_str_equal(*word, *piece);
    if (!found)
      return FALSE;
  }
  return TRUE;
}

static gboolean fits(const Known *known, const EsSearch *s) {
  gint64 at = FIXTURE_DAY_US + known->minute * FIXTURE_MINUTE_US;
  return same_or_any(s->direction, known->direction) && same_or_any(s->disposition, known->disposition) &&
         same_or_any(s->outcome, known->outcome) &&
         same_or_any(s->consent, known->consent ? known->consent : "unknown") &&
         same_or_any(s->client, known->client) && same_or_any(s->queue, known->queue) &&
         same_or_any(s->agent, known->agent) && same_or_any(s->tag, known->tag) &&
         ends(s->caller, known->caller) && ends(s->callee, known->callee) &&
         (!s->number || ends(s->number, known->caller) || ends(s->number, known->callee)) &&
         (!s->flag || known->flagged) && (!s->missing_audio || known->missing) &&
         (isnan(s->score_below) || known->score < s->score_below) &&
         (s->from_us == ES_UNKNOWN || at >= s->from_us) && (s->until_us == ES_UNKNOWN || at < s->until_us) &&
         (s->min_duration_ms == ES_UNKNOWN || known->duration_ms >= s->min_duration_ms) &&
         (s->max_duration_ms == ES_UNKNOWN ||
          (known->duration_ms >= 0 && known->duration_ms <= s->max_duration_ms)) &&
         says(known, s->words);
}

static char *expected(const Known *known, const EsSearch *search) {
  GString *ids = g_string_new(NULL);
  guint skip = search->page > 1 ? (search->page - 1) * search->limit : 0, taken = 0;
  for (int i = CALLS - 1; i >= 0; i--) {
    if (!fits(&known[i], search) || (skip && skip--))
      continue;
    if (search->limit && taken++ == search->limit)
      break;
    g_string_append_printf(ids, "%sc%d", ids->len ? " " : "", known[i].minute);
  }
  return g_string_free(ids, FALSE);
}

// ---- criteria

enum { CRITERIA = 19 };

static void set_criterion(EsSearch *s, int which) {
  static const char *const ends_of[] = {"234567", "2001", "321", "alice"};
  static const gint64 lengths[] = {0, 30000, 60000, 300000, 1000000, 3600000};
  switch (which) {
  case 0:
    s->words = PICK(words);
    break;
  case 1:
    s->agent = PICK(agents);
    break;
  case 2:
    s->caller = PICK(ends_of);
    break;
  case 3:
    s->callee = PICK(ends_of);
    break;
  case 4:
    s->number = PICK(ends_of);
    break;
  case 5:
    s->queue = PICK(queues);
    break;
  case 6:
    s->client = PICK(clients);
    break;
  case 7:
    s->direction = PICK(directions);
    break;
  case 8:
    s->consent = PICK(consents);
    break;
  case 9:
    s->flag = "training";
    break;
  case 10:
    s->tag = PICK(tags);
    break;
  case 11:
    s->outcome = PICK(outcomes);
    break;
  case 12:
    s->disposition = PICK(dispositions);
    break;
  case 13:
    s->from_us = FIXTURE_DAY_US + g_test_rand_int_range(0, CALLS) * FIXTURE_MINUTE_US;
    break;
  case 14:
    s->until_us = FIXTURE_DAY_US + g_test_rand_int_range(0, CALLS) * FIXTURE_MINUTE_US;
    break;
  case 15:
    s->min_duration_ms = PICK(lengths);
    break;
  case 16:
    s->max_duration_ms = PICK(lengths);
    break;
  case 17:
    s->score_below = g_test_rand_int_range(0, 101);
    break;
  case 18:
    s->missing_audio = TRUE;
    break;
  }
}

// What is wrong with a plan; NULL if nothing is.
static const char *objection_to_plan(const char *plan, gboolean may_sort) {
  g_auto(GStrv) lines = g_strsplit(plan, "\n", -1);
  for (char **line = lines; *line; line++) {
    // Full text with MATCH ("M") and bounds on the row id is an index walk that SQLite calls a scan.
    gboolean match = g_str_has_prefix(*line, "SCAN t VIRTUAL TABLE INDEX ") && strstr(*line, ":M");
    if (g_str_has_prefix(*line, "SCAN") && !match)
      return "a scan";
  }
  return !may_sort && strstr(plan, "TEMP B-TREE") ? "a sort" : NULL;
}

static void check_plan(EsIndex *index, const EsSearch *search) {
  GError *error = NULL;
  g_autofree char *plan = es_index_explain(index, search, &error);
  g_assert_no_error(error);
  const char *objection = objection_to_plan(plan, search->caller || search->callee || search->number);
  if (objection)
    g_error("%s in the plan:\n%s", objection, plan);
}

static EsIndex *filled(const char *library, Known *known) {
  EsIndex *index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  g_assert_true(es_index_begin(index, &error));
  for (int i = 0; i < CALLS; i++) {
    choose(&known[i], i);
    store(index, &known[i]);
  }
  g_assert_true(es_index_commit(index, &error));
  return index;
}

static void compare(EsIndex *index, const Known *known, const EsSearch *search, guint *hits) {
  g_autofree char *wanted = expected(known, search);
  g_autofree char *found = fixture_search(index, search);
  g_assert_cmpstr(found, ==, wanted);
  check_plan(index, search);
  *hits += *found != 0;
}

static void test_filters(void) {
  char *library = fixture_library();
  g_autofree Known *known = g_new0(Known, CALLS);
  g_autoptr(EsIndex) index = filled(library, known);
  guint hits = 0;
  EsSearch search;
  es_search_init(&search);
  compare(index, known, &search, &hits);
  for (int which = 0; which < CRITERIA; which++)
    for (int round = 0; round < 3; round++) {
      es_search_init(&search);
      set_criterion(&search, which);
      compare(index, known, &search, &hits);
    }
  for (int round = 0; round < 300; round++) {
    es_search_init(&search);
    for (int count = g_test_rand_int_range(2, 5); count > 0; count--)
      set_criterion(&search, g_test_rand_int_range(0, CRITERIA));
    if (g_test_rand_bit()) {
      search.limit = (guint)g_test_rand_int_range(1, 8);
      search.page = (guint)g_test_rand_int_range(0, 4);
    }
    compare(index, known, &search, &hits);
  }
  g_assert_cmpuint(hits, >, 90); // or the comparison would compare nothing with nothing
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

// The check above finds what it is there to find, in the words of the SQLite at hand.
static void test_plan_check(void) {
  static const struct {
    const char *sql, *objection;
  } cases[] = {
      {"SELECT id FROM call WHERE ended_by = 'x' ORDER BY id DESC", "a scan"},
      {"SELECT id FROM call ORDER BY caller_name", "a scan"},
      {"SELECT id FROM call WHERE client = 'x' ORDER BY duration_ms", "a sort"},
      {"SELECT rowid FROM call_text WHERE notes LIKE '%x%'", "a scan"},
      {"SELECT id FROM call WHERE client = 'x' AND id BETWEEN 1 AND 2 ORDER BY id DESC", NULL},
  };
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *sql = g_strconcat("EXPLAIN QUERY PLAN ", cases[i].sql, NULL);
    g_autoptr(EsStatement) s = es_statement_of(index->db, sql, NULL);
    g_autoptr(GString) plan = g_string_new(NULL);
    while (es_step(s, NULL) == ES_STEP_ROW)
      g_string_append_printf(plan, "%s\n", es_column_text(s, 3));
    g_assert_cmpstr(objection_to_plan(plan->str, FALSE), ==, cases[i].objection);
  }
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

static void test_wrong_values(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  for (int i = 0; i < 6; i++) {
    EsSearch search;
    es_search_init(&search);
    const char **values[] = {&search.direction, &search.disposition, &search.outcome,
                             &search.consent,   &search.words,       &search.words};
    *values[i] = i == 5 ? "a*" : "!?";
    GError *error = NULL;
    g_assert_null(es_index_explain(index, &search, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
    g_clear_error(&error);
  }
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

typedef struct {
  EsIndex *index;
  guint calls, limit;
} Nested;

// Within a search, the same index answers other questions and takes notes.
static gboolean ask_again(const EsCall *call, gpointer user_data) {
  Nested *nested = user_data;
  GError *error = NULL;
  g_assert_null(call->legs);
  g_assert_null(call->gaps);
  g_assert_null(call->consent);
  g_autoptr(EsCall) whole = es_index_get_call(nested->index, call->id, &error);
  g_assert_no_error(error);
  g_assert_nonnull(whole->legs);
  es_index_add_note(nested->index, call->rowid, "heard", ES_UNKNOWN, "x", 1, &error);
  g_assert_no_error(error);
  EsSearch search;
  es_search_init(&search);
  search.agent = "2001";
  g_autofree char *found = fixture_search(nested->index, &search);
  g_assert_cmpstr(found, ==, "c2 c1 c0");
  return ++nested->calls < nested->limit;
}

static void test_callback(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  for (int i = 0; i < 3; i++)
    fixture_put(index, fixture_call(i, "2001"));
  GError *error = NULL;
  EsSearch search;
  es_search_init(&search);
  search.agent = "2001";
  Nested all = {index, 0, 10}, some = {index, 0, 2};
  g_assert_true(es_index_search(index, &search, ask_again, &all, &error));
  g_assert_cmpuint(all.calls, ==, 3);
  g_assert_true(es_index_search(index, &search, ask_again, &some, &error));
  g_assert_cmpuint(some.calls, ==, 2);
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/search/filters", test_filters);
  g_test_add_func("/index/search/plan-check", test_plan_check);
  g_test_add_func("/index/search/wrong-values", test_wrong_values);
  g_test_add_func("/index/search/callback", test_callback);
  return g_test_run();
}
