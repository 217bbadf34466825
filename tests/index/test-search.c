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
  double score, tension;
  gint64 duration_ms, talk_over_ms, dead_air_ms;
  int repeats;
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
    known->duration_ms = g_test_rand_int_range(0, 50) * 100000; // many are alike
  known->talk_over_ms = known->dead_air_ms = ES_UNKNOWN;
  if (known->duration_ms <= 0 || g_test_rand_bit())
    return;
  known->talk_over_ms = g_test_rand_int_range(0, 4) * 5000;
  known->dead_air_ms = g_test_rand_int_range(0, 4) * 5000;
}

// What the index adds of itself: who called before, and the tension that follows.
static void count_before(Known *known, int n) {
  Known *own = &known[n];
  gboolean counts = g_str_equal(own->direction, "inbound") || g_str_equal(own->direction, "unknown");
  for (int i = 0; counts && i < n; i++)
    own->repeats +=
        g_str_equal(known[i].caller, own->caller) &&
        (g_str_equal(known[i].direction, "inbound") || g_str_equal(known[i].direction, "unknown"));
  double audio = (double)own->duration_ms;
  own->tension = own->talk_over_ms == ES_UNKNOWN
                     ? (double)NAN
                     : 30 * fmin(1, (double)own->talk_over_ms / (0.10 * audio)) +
                           20 * fmin(1, (double)own->dead_air_ms / (0.25 * audio)) +
                           20 * fmin(1, own->repeats / 3.0);
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
  call->duration_ms = call->audio_ms = known->duration_ms;
  call->talk_over_ms = known->talk_over_ms;
  call->dead_air_ms = known->dead_air_ms;
  call->raised_ms = 0;
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
         (s->min_repeats == ES_UNKNOWN || known->repeats >= s->min_repeats) &&
         (s->min_talk_over_ms == ES_UNKNOWN || known->talk_over_ms >= s->min_talk_over_ms) &&
         (s->min_dead_air_ms == ES_UNKNOWN || known->dead_air_ms >= s->min_dead_air_ms) &&
         says(known, s->words);
}

static double figure(const Known *known, EsSort sort) {
  return sort == ES_SORT_DATE      ? known->minute
         : sort == ES_SORT_SCORE   ? known->score
         : sort == ES_SORT_TENSION ? known->tension
         : known->duration_ms < 0  ? (double)NAN
                                   : (double)known->duration_ms;
}

// Negative if x stands before y.
static int compare_known(gconstpointer x, gconstpointer y, gpointer data) {
  const Known *a = *(Known *const *)x, *b = *(Known *const *)y;
  const EsSearch *s = data;
  double left = figure(a, s->sort), right = figure(b, s->sort);
  if (isnan(left) != isnan(right))
    return isnan(left) ? 1 : -1;
  int order = isnan(left) || left == right ? b->minute - a->minute : left < right ? 1 : -1;
  return s->reverse ? -order : order;
}

static char *expected(const Known *known, const EsSearch *search) {
  GString *ids = g_string_new(NULL);
  g_autoptr(GPtrArray) all = g_ptr_array_new();
  guint skip = search->page > 1 ? (search->page - 1) * search->limit : 0, taken = 0;
  for (int i = 0; i < CALLS; i++)
    if (fits(&known[i], search))
      g_ptr_array_add(all, (gpointer)&known[i]);
  g_ptr_array_sort_with_data(all, compare_known, (gpointer)search);
  for (guint i = skip; i < all->len && !(search->limit && taken++ == search->limit); i++)
    g_string_append_printf(ids, "%sc%d", ids->len ? " " : "", ((Known *)all->pdata[i])->minute);
  return g_string_free(ids, FALSE);
}

// ---- criteria

enum { CRITERIA = 22 };

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
  case 19:
    s->min_repeats = g_test_rand_int_range(1, 40);
    break;
  case 20:
    s->min_talk_over_ms = 1 + PICK(lengths) / 10;
    break;
  case 21:
    s->min_dead_air_ms = 1 + PICK(lengths) / 10;
    break;
  }
}

// What is wrong with a plan; NULL if nothing is.
static const char *objection_to_plan(const char *plan, gboolean may_sort) {
  g_auto(GStrv) lines = g_strsplit(plan, "\n", -1);
  for (char **line = lines; *line; line++) {
    // Full text with MATCH ("M") and bounds on the row id is an index walk that SQLite calls a scan.
    gboolean match = g_str_has_prefix(*line, "SCAN t VIRTUAL TABLE INDEX ") && strstr(*line, ":M");
    gboolean gathered = g_str_equal(*line, "SCAN d"); // the matches themselves, to be sorted
    if (g_str_has_prefix(*line, "SCAN") && !match && !gathered)
      return "a scan";
  }
  return !may_sort && strstr(plan, "TEMP B-TREE") ? "a sort" : NULL;
}

static void check_plan(EsIndex *index, const EsSearch *search) {
  GError *error = NULL;
  g_autofree char *plan = es_index_explain(index, search, &error);
  g_assert_no_error(error);
  const char *objection =
      objection_to_plan(plan, search->sort || search->caller || search->callee || search->number);
  if (objection)
    g_error("%s in the plan:\n%s", objection, plan);
}

static EsIndex *filled(const char *library, Known *known) {
  EsIndex *index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  g_assert_true(es_index_begin(index, &error));
  for (int i = 0; i < CALLS; i++) {
    choose(&known[i], i);
    count_before(known, i);
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

// The same rows, page by page, each going on after the last row of the one before.
static gboolean keep_row(const EsCall *call, gpointer user_data) {
  *(gint64 *)user_data = call->rowid;
  return TRUE;
}

static void compare_pages(EsIndex *index, const Known *known, const EsSearch *search) {
  EsSearch whole = *search, page = *search;
  GError *error = NULL;
  guint matches;
  whole.limit = whole.page = page.page = 0;
  page.limit = search->limit ? search->limit * 5 : 100;
  g_autofree char *wanted = expected(known, &whole);
  g_autoptr(GString) found = g_string_new(NULL);
  for (guint n = 0; n < CALLS; n++) {
    g_autofree char *rows = fixture_search(index, &page);
    gint64 last = ES_UNKNOWN;
    g_assert_true(es_index_search(index, &page, keep_row, &last, &error));
    if (!*rows)
      break;
    page.after = last;
    g_string_append_printf(found, "%s%s", found->len ? " " : "", rows);
  }
  g_assert_cmpstr(found->str, ==, wanted);
  g_auto(GStrv) ids = g_strsplit(wanted, " ", -1);
  g_assert_true(es_index_count_matches(index, search, 1000, &matches, &error));
  g_assert_cmpuint(matches, ==, g_strv_length(ids));
  g_assert_true(es_index_count_matches(index, search, 3, &matches, &error));
  g_assert_cmpuint(matches, ==, MIN(3, g_strv_length(ids)));
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
  guint sorted = 0;
  for (int round = 0; round < 80; round++) {
    es_search_init(&search);
    for (int count = g_test_rand_int_range(0, 3); count > 0; count--)
      set_criterion(&search, g_test_rand_int_range(0, CRITERIA));
    search.sort = (EsSort)g_test_rand_int_range(0, 4);
    search.reverse = g_test_rand_bit();
    search.limit = (guint)g_test_rand_int_range(0, 20);
    search.page = search.limit ? (guint)g_test_rand_int_range(0, 6) : 0;
    index->few = g_test_rand_bit() ? 5000 : (guint)g_test_rand_int_range(0, 100);
    compare(index, known, &search, &sorted);
    compare_pages(index, known, &search);
  }
  g_assert_cmpuint(sorted, >, 30);
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

// More people bear a name than a statement has room for.
static void test_common_name(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  for (int i = 0; i < 60; i++) {
    g_autofree char *name = g_strdup_printf("%s %d", i % 3 ? "Mohamed" : "Mona", i);
    EsCall *call = fixture_call(i, NULL);
    EsSegment *segment = es_segment_new();
    segment->agent_name = g_steal_pointer(&name);
    g_ptr_array_add(call->segments, segment);
    call->duration_ms = 1000 * (i % 7);
    fixture_put(index, call);
  }
  g_free(fixture_shell(library,
                       "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
                       "INSERT INTO person SELECT 'mohamed ' || i FROM n"));
  EsSearch search;
  es_search_init(&search);
  search.agent = "mohamed";
  search.limit = 5;
  g_autofree char *newest = fixture_search(index, &search);
  g_assert_cmpstr(newest, ==, "c59 c58 c56 c55 c53");
  search.max_duration_ms = 1000;
  g_autofree char *short_ones = fixture_search(index, &search);
  g_assert_cmpstr(short_ones, ==, "c56 c50 c49 c43 c35");
  search.max_duration_ms = ES_UNKNOWN;
  search.until_us = FIXTURE_DAY_US + 3 * FIXTURE_MINUTE_US;
  g_autofree char *early = fixture_search(index, &search);
  g_assert_cmpstr(early, ==, "c2 c1");
  search.until_us = ES_UNKNOWN;
  search.sort = ES_SORT_DURATION;
  g_autofree char *longest = fixture_search(index, &search);
  g_assert_cmpstr(longest, ==, "c55 c41 c34 c20 c13");
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/search/filters", test_filters);
  g_test_add_func("/index/search/plan-check", test_plan_check);
  g_test_add_func("/index/search/wrong-values", test_wrong_values);
  g_test_add_func("/index/search/callback", test_callback);
  g_test_add_func("/index/search/common-name", test_common_name);
  return g_test_run();
}
