// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "gap-table.h"

static char *dump(const EsGapTable *table) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < table->gaps->len; i++) {
    const EsGapSpan *gap = &g_array_index(table->gaps, EsGapSpan, i);
    g_string_append_printf(text, "%s%d-%d %s", i ? ", " : "", (int)gap->start, (int)gap->end,
                           es_gap_reason_name(gap->reason));
  }
  return g_string_free(text, FALSE);
}

static void expect(const EsGapTable *table, const char *wanted, gint64 missing) {
  g_autofree char *text = dump(table);
  g_assert_cmpstr(text, ==, wanted);
  g_assert_cmpint(table->missing, ==, missing);
}

static void close_silent(EsGapTable *table, gint64 start, gint64 end) {
  es_gap_table_absent(table, start, end);
  es_gap_table_close(table, end);
}

static void test_claim_before_and_after(void) {
  EsGapTable table;
  es_gap_table_init(&table);
  close_silent(&table, 0, 960);
  expect(&table, "", 0); // nobody says why
  es_gap_table_claim(&table, 480, 1920, ES_GAP_LOST);
  expect(&table, "480-960 lost", 480);
  close_silent(&table, 960, 1920);
  expect(&table, "480-1920 lost", 1440);
  es_gap_table_close(&table, 9600); // audio: no absence, no gap
  es_gap_table_claim(&table, 1920, 9600, ES_GAP_LOST);
  expect(&table, "480-1920 lost", 1440);
  es_gap_table_clear(&table);
}

static void test_first_reason_stays(void) {
  EsGapTable table;
  es_gap_table_init(&table);
  close_silent(&table, 0, 4800);
  es_gap_table_claim(&table, 960, 1920, ES_GAP_HOLD);
  es_gap_table_claim(&table, 0, 4800, ES_GAP_LOST);
  expect(&table, "0-960 lost, 960-1920 hold, 1920-4800 lost", 3840);
  es_gap_table_clear(&table);
}

static void test_late(void) {
  EsGapTable table;
  es_gap_table_init(&table);
  close_silent(&table, 0, 9600);
  es_gap_table_claim(&table, 960, 4800, ES_GAP_LOST);
  es_gap_table_came_late(&table, 1920, 2880);
  expect(&table, "960-1920 lost, 1920-2880 late, 2880-4800 lost", 3840);
  es_gap_table_came_late(&table, 2880, 3840);
  expect(&table, "960-1920 lost, 1920-3840 late, 3840-4800 lost", 3840);
  es_gap_table_came_late(&table, 5760, 6720); // nobody had missed it yet
  expect(&table, "960-1920 lost, 1920-3840 late, 3840-4800 lost, 5760-6720 late", 4800);
  es_gap_table_clear(&table);
}

static void test_clip(void) {
  EsGapTable table;
  es_gap_table_init(&table);
  close_silent(&table, 0, 9600);
  es_gap_table_claim(&table, 0, 960, ES_GAP_LOST);
  es_gap_table_claim(&table, 4800, 9600, ES_GAP_LOST);
  es_gap_table_clip(&table, 480, 5760);
  expect(&table, "480-960 lost, 4800-5760 lost", 1440);
  es_gap_table_clear(&table);
}

// However many gaps there are, the table stays bounded and what is missing in all stays exact.
static void test_bounded(void) {
  EsGapTable table;
  es_gap_table_init(&table);
  for (gint64 i = 0; i < 50000; i++) {
    close_silent(&table, i * 9600, i * 9600 + 960);
    es_gap_table_claim(&table, i * 9600, i * 9600 + 960, ES_GAP_LOST);
    es_gap_table_close(&table, (i + 1) * 9600);
    g_assert_cmpuint(table.gaps->len, <=, ES_GAPS_MAX);
  }
  g_assert_cmpint(table.missing, ==, 50000 * 960);
  for (guint i = 1; i < table.gaps->len; i++)
    g_assert_cmpint(g_array_index(table.gaps, EsGapSpan, i - 1).end, <,
                    g_array_index(table.gaps, EsGapSpan, i).start);
  es_gap_table_clear(&table);
}

// Claims and absences in any order against a table of samples.
static void test_random(void) {
  for (guint32 seed = 1; seed <= 200; seed++) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    EsGapTable table;
    guint8 absent[600] = {0}, given[600] = {0};
    es_gap_table_init(&table);
    for (gint64 at = 0; at < 600; at += 20) {
      gint64 hole = at + g_rand_int_range(random, 0, 3) * 10,
             end = hole + g_rand_int_range(random, 0, 2) * 10;
      if (hole < at + 20 && end > hole) {
        es_gap_table_absent(&table, hole * 96, end * 96);
        memset(absent + hole, 1, (gsize)(end - hole));
      }
      es_gap_table_close(&table, (at + 20) * 96);
      gint64 from = at - g_rand_int_range(random, 0, 100);
      from = MAX(from, 0);
      gint64 to = from + g_rand_int_range(random, 1, 80);
      if (g_rand_boolean(random) && to <= at + 20) {
        es_gap_table_claim(&table, from * 96, to * 96, ES_GAP_LOST);
        for (gint64 i = from; i < to; i++)
          given[i] = absent[i] ? 1 : given[i];
      }
    }
    guint64 wanted = 0;
    for (guint i = 0; i < 600; i++)
      wanted += given[i];
    g_assert_cmpint(table.missing, ==, (gint64)wanted * 96);
    es_gap_table_clear(&table);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/gap-table/claim", test_claim_before_and_after);
  g_test_add_func("/gap-table/first-reason", test_first_reason_stays);
  g_test_add_func("/gap-table/late", test_late);
  g_test_add_func("/gap-table/clip", test_clip);
  g_test_add_func("/gap-table/bounded", test_bounded);
  g_test_add_func("/gap-table/random", test_random);
  return g_test_run();
}
