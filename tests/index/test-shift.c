// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Hours of the week: read, written, compared, across midnight and changes of the clock; and in the directory.
#include "earshot/index/shift.h"
#include "fixture.h"

#include <stdlib.h>
#include <time.h>

static EsShift parse(const char *hours, const char *days) {
  GError *error = NULL;
  EsShift shift;
  es_shift_parse(hours, days, &shift, &error);
  g_assert_no_error(error);
  return shift;
}

static gint64 moment(const char *text) {
  GError *error = NULL;
  gint64 at_us;
  es_time_parse(text, FIXTURE_DAY_US, &at_us, NULL, &error);
  g_assert_no_error(error);
  return at_us;
}

static void test_read(void) {
  static const struct {
    const char *hours, *days, *same_hours, *same_days;
  } right[] = {
      {"08:00-16:00", NULL, "08:00-16:00", NULL},
      {"8-16", "sun-thu", "08:00-16:00", "sun-thu"},
      {" 8:30 – 16.15 ", "Sunday, tue ,wed", "08:30-16:15", "sun,tue-wed"},
      {"10pm-6am", "sat-wed", "22:00-06:00", "sat-wed"},
      {"12am-12pm", "mon-sun", "00:00-12:00", NULL},
      {"٢٢:٠٠-٠٦:٠٠", "الأحد-الخميس", "22:00-06:00", "sun-thu"},
      {"٨ص-٤م", "احد، اثنين", "08:00-16:00", "sun-mon"},
      {"16-24", "fri-sat", "16:00-24:00", "fri-sat"},
      {"0-24", "السبت", NULL, "sat"},
      {NULL, NULL, NULL, NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(right); i++) {
    EsShift shift = parse(right[i].hours, right[i].days);
    g_autofree char *hours = es_shift_hours(&shift);
    g_autofree char *days = es_shift_days(&shift);
    g_assert_cmpstr(hours, ==, right[i].same_hours);
    g_assert_cmpstr(days, ==, right[i].same_days);
  }
  static const char *const wrong[][2] = {
      {"8", NULL},        {"8-", NULL},      {"25-3", NULL},  {"8-8", NULL},         {"24-3", NULL},
      {"8:60-9", NULL},   {"8-24:01", NULL}, {"8-16x", NULL}, {"13pm-2", NULL},      {"", NULL},
      {"080-9", NULL},    {NULL, ""},        {NULL, "sun-"},  {NULL, "sun-mon-tue"}, {NULL, "day"},
      {NULL, "sun,,mon"}, {"-8-16", NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autoptr(GError) error = NULL;
    EsShift shift;
    g_assert_false(es_shift_parse(wrong[i][0], wrong[i][1], &shift, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  }
}

// Cairo: 2026-04-24 0:00 becomes 1:00, 2026-10-30 0:00 becomes 23:00 of the 29th once more. 2026-11-20 is a
// Friday.
static void test_holds(void) {
  static const struct {
    const char *hours, *days, *at;
    gboolean holds;
  } cases[] = {
      {"08:00-16:00", "sun-thu", "2026-11-22 08:00", TRUE},
      {"08:00-16:00", "sun-thu", "2026-11-22 07:59:59", FALSE},
      {"08:00-16:00", "sun-thu", "2026-11-22 15:59:59", TRUE},
      {"08:00-16:00", "sun-thu", "2026-11-22 16:00", FALSE},
      {"08:00-16:00", "sun-thu", "2026-11-20 09:00", FALSE},
      {"08:00-16:00", "sun-thu", "2026-07-05 08:00", TRUE}, // summer: another offset, the same clock
      {"08:00-16:00", "sun-thu", "2026-07-05 07:59:59", FALSE},
      {"22:00-06:00", "thu", "2026-11-19 22:00", TRUE},
      {"22:00-06:00", "thu", "2026-11-20 05:59", TRUE}, // Friday, but Thursday's shift
      {"22:00-06:00", "thu", "2026-11-20 06:00", FALSE},
      {"22:00-06:00", "thu", "2026-11-20 23:00", FALSE},
      {"22:00-06:00", "thu", "2026-04-24 05:30", TRUE}, // an hour shorter
      {"22:00-06:00", "thu", "2026-10-29 22:30", TRUE},
      {"16:00-24:00", NULL, "2026-11-20 23:59:59", TRUE},
      {"16:00-24:00", NULL, "2026-11-21 00:00", FALSE},
      {NULL, "fri", "2026-11-20 00:00", TRUE},
      {NULL, "fri", "2026-11-21 00:00", FALSE},
      {NULL, NULL, "2026-11-21 00:00", TRUE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsShift shift = parse(cases[i].hours, cases[i].days);
    if (es_shift_holds(&shift, moment(cases[i].at)) != cases[i].holds)
      g_error("%s %s at %s", cases[i].hours, cases[i].days, cases[i].at);
  }
  // The hour that happens twice belongs to one shift both times.
  EsShift late = parse("23:00-24:00", NULL), next = parse("00:00-08:00", NULL);
  gint64 midnight = moment("2026-10-30 00:00"), hour = 3600 * ES_US_PER_S;
  for (gint64 at = midnight - 2 * hour; at < midnight; at += hour / 4)
    g_assert_true(es_shift_holds(&late, at));
  g_assert_true(es_shift_holds(&next, midnight));
  g_assert_false(es_shift_holds(&late, midnight));
}

static void test_overlap(void) {
  static const struct {
    const char *hours_a, *days_a, *hours_b, *days_b, *from, *until;
    gboolean overlap;
  } cases[] = {
      {"8-16", NULL, "16-24", NULL, NULL, NULL, FALSE},
      {"8-16", NULL, "15:59-24", NULL, NULL, NULL, TRUE},
      {"8-16", "sun-thu", "8-16", "fri-sat", NULL, NULL, FALSE},
      {"22-6", "thu", "5-9", "fri", NULL, NULL, TRUE},
      {"22-6", "thu", "6-9", "fri", NULL, NULL, FALSE},
      {"22-6", "sat", "5-9", "sun", NULL, NULL, TRUE}, // over the end of the week
      {NULL, NULL, "3-4", "wed", NULL, NULL, TRUE},
      {NULL, NULL, NULL, NULL, NULL, NULL, TRUE},
      {"8-16", "sun", "8-16", "sun", "2026-11-20", "2026-11-22", FALSE}, // no Sunday in it
      {"8-16", "sun", "8-16", "sun", "2026-11-20", "2026-11-23", TRUE},
      {"22-6", "sat", "22-6", "sat", "2026-11-22 03:00", "2026-11-22 05:00", TRUE},
      {"22-6", "sat", "22-6", "sat", "2026-11-22 06:00", "2026-11-22 20:00", FALSE},
      {NULL, NULL, "8-9", "mon", NULL, "2026-11-20", TRUE},
      {NULL, NULL, "8-9", "mon", "2026-11-24", NULL, TRUE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsShift a = parse(cases[i].hours_a, cases[i].days_a), b = parse(cases[i].hours_b, cases[i].days_b);
    gint64 from = cases[i].from ? moment(cases[i].from) : ES_UNKNOWN;
    gint64 until = cases[i].until ? moment(cases[i].until) : ES_UNKNOWN;
    if (es_shift_overlap(&a, &b, from, until) != cases[i].overlap ||
        es_shift_overlap(&b, &a, from, until) != cases[i].overlap)
      g_error("case %d", (int)i);
  }
}

static EsAgent entry(const char *name, const char *latin, const char *hours) {
  return (EsAgent){.extension = (char *)"2001",
                   .name = (char *)name,
                   .latin_name = (char *)latin,
                   .from_us = ES_UNKNOWN,
                   .until_us = ES_UNKNOWN,
                   .shift = parse(hours, NULL)};
}

static void expect_agent(EsIndex *index, const char *name, const char *words, const char *wanted) {
  EsSearch search;
  es_search_init(&search);
  search.agent = name;
  search.words = words;
  g_autofree char *found = fixture_search(index, &search);
  g_assert_cmpstr(found, ==, wanted);
}

static void renew(EsIndex *index) {
  GError *error = NULL;
  gboolean more = TRUE;
  while (more) {
    guint renewed;
    es_index_renew_names(index, 1, &renewed, &more, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(renewed, <=, 1);
  }
}

// An extension of two people: calls before and after the entries, found by either name; and no more when they
// are taken out.
static void test_directory(void) {
  GError *error = NULL;
  char *library = fixture_library();
  EsIndex *index = fixture_open(library, ES_INDEX_CREATE);
  fixture_put(index, fixture_call(0, "2001"));   // 10:00 in Cairo
  fixture_put(index, fixture_call(480, "2001")); // 18:00
  EsAgent ahmed = entry("أحمد", "Ahmed", "8-16"), mona = entry("منى", "Mona", "16-24");
  EsAgent third = entry("Omar", NULL, "12-13");
  g_assert_true(es_index_add_agent(index, &ahmed, "x", &error));
  g_assert_true(es_index_add_agent(index, &mona, "x", &error));
  g_assert_false(es_index_add_agent(index, &third, "x", &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_clear_error(&error);
  expect_agent(index, NULL, "mona", "");
  renew(index);
  fixture_put(index, fixture_call(481, "2001"));
  expect_agent(index, "ahmed", NULL, "c0");
  expect_agent(index, "منى", NULL, "c481 c480");
  expect_agent(index, "2001", NULL, "c481 c480 c0");
  expect_agent(index, NULL, "mona", "c481 c480");
  expect_agent(index, NULL, "احمد", "c0");
  g_autoptr(EsAgent) found = es_index_find_agent(index, "2001", FIXTURE_DAY_US, &error);
  g_assert_cmpstr(found->name, ==, "أحمد");
  g_assert_true(es_index_remove_agent(index, found, "x", 5, &error));
  renew(index);
  expect_agent(index, "ahmed", NULL, "");
  expect_agent(index, NULL, "ahmed", "");
  g_autoptr(GPtrArray) now = es_index_list_agents(index, FALSE, &error);
  g_autoptr(GPtrArray) history = es_index_list_agents(index, TRUE, &error);
  g_assert_cmpuint(now->len, ==, 1);
  g_assert_cmpuint(history->len, ==, 2);
  es_index_close(index);
  fixture_remove(library);
}

// The call began while Ahmed had the extension; it came there when Mona did.
static void test_handed_on(void) {
  GError *error = NULL;
  char *library = fixture_library();
  EsIndex *index = fixture_open(library, ES_INDEX_CREATE);
  EsAgent ahmed = entry("أحمد", "Ahmed", NULL), mona = entry("منى", "Mona", NULL);
  ahmed.until_us = mona.from_us = FIXTURE_DAY_US + FIXTURE_MINUTE_US;
  g_assert_true(es_index_add_agent(index, &ahmed, "x", &error));
  g_assert_true(es_index_add_agent(index, &mona, "x", &error));
  renew(index);
  EsCall *call = fixture_call(0, "2001");
  ((EsSegment *)call->segments->pdata[0])->start_ms = 90000;
  fixture_put(index, call);
  expect_agent(index, "ahmed", NULL, "");
  expect_agent(index, NULL, "ahmed", "");
  expect_agent(index, "mona", NULL, "c0");
  expect_agent(index, NULL, "mona", "c0");
  es_index_close(index);
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_setenv("TZ", "Africa/Cairo", TRUE);
  tzset();
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/shift/read", test_read);
  g_test_add_func("/shift/holds", test_holds);
  g_test_add_func("/shift/overlap", test_overlap);
  g_test_add_func("/shift/directory", test_directory);
  g_test_add_func("/shift/handed-on", test_handed_on);
  return g_test_run();
}
