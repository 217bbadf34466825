// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The journal under ThreadSanitizer: several tellers, its own two threads, and readers that follow.
#include "earshot/journal/journal.h"
#include <glib/gstdio.h>
#include <string.h>

#define TELLERS 3
#define RECORDS 40000

typedef struct {
  char *spool;
  EsJournal *journal;
} Fixture;

static void open_journal(Fixture *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  EsJournalSettings settings;
  es_journal_settings_init(&settings);
  settings.segment_bytes = 512 * 1024;
  f->spool = g_dir_make_tmp("earshot-journal-XXXXXX", NULL);
  f->journal = es_journal_open(f->spool, 7, &settings, &error);
  g_assert_no_error(error);
}

static void close_journal(Fixture *f, gconstpointer data) {
  g_autofree char *journals = g_build_filename(f->spool, "journal", NULL);
  g_assert_true(g_str_has_prefix(es_journal_directory(f->journal), journals));
  es_journal_close(f->journal);
  g_assert_cmpint(g_rmdir(journals), ==, 0); // nothing is left where no call needs anything
  g_assert_cmpint(g_rmdir(f->spool), ==, 0);
  g_free(f->spool);
}

static EsJournalStats stats_of(const Fixture *f) {
  EsJournalStats stats;
  es_journal_stats(f->journal, &stats);
  return stats;
}

static void wait_until_flushed(const Fixture *f) {
  gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  while (stats_of(f).flushed < stats_of(f).appended) {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(10000);
  }
}

// ---- several threads

static gpointer tell(gpointer data) {
  EsJournal *journal = data;
  EsJournalCall *call = es_journal_call_new(journal);
  guint8 body[200];
  for (guint32 i = 0; i < RECORDS; i++) {
    memset(body, (int)i, sizeof body);
    g_assert_cmpuint(es_journal_append(journal, call, ES_JOURNAL_PUSH, &i, sizeof i, body, i % sizeof body),
                     >, 0);
    if (i % 1000 == 0)
      g_usleep(1000);
  }
  return call;
}

// Each call's records come whole and in the order in which they were told, while they are told.
static void test_threads(Fixture *f, gconstpointer data) {
  GThread *tellers[TELLERS];
  EsJournalReader *reader = es_journal_reader_new(f->journal, 0);
  guint32 seen[TELLERS] = {0};
  guint all = 0;
  for (guint i = 0; i < TELLERS; i++)
    tellers[i] = g_thread_new("teller", tell, f->journal);
  while (all < TELLERS * RECORDS) {
    g_autoptr(GError) error = NULL;
    EsJournalRecord record;
    gboolean read = es_journal_reader_next(reader, &record, &error);
    g_assert_no_error(error);
    if (!read) {
      es_journal_write_out(f->journal);
      g_usleep(1000);
      continue;
    }
    guint32 number, expected = seen[record.call - 1]++;
    memcpy(&number, record.body, sizeof number);
    g_assert_cmpuint(record.kind, ==, ES_JOURNAL_PUSH);
    g_assert_cmpuint(number, ==, expected);
    g_assert_cmpuint(record.length, ==, sizeof number + number % 200);
    for (gsize i = sizeof number; i < record.length; i++)
      g_assert_cmpuint(record.body[i], ==, (guint8)number);
    all++;
  }
  g_assert_cmpuint(es_journal_reader_position(reader), ==, stats_of(f).appended);
  es_journal_reader_free(reader);
  for (guint i = 0; i < TELLERS; i++) {
    EsJournalCall *call = g_thread_join(tellers[i]);
    g_assert_cmpuint(es_journal_call_number(call), <=, TELLERS);
    es_journal_gone(f->journal, call);
  }
}

// ---- what nobody needs goes

static void tell_some(const Fixture *f, EsJournalCall *call, guint records) {
  static const guint8 body[1000];
  for (guint i = 0; i < records; i++)
    es_journal_append(f->journal, call, ES_JOURNAL_PUSH, &i, sizeof i, body, sizeof body);
}

static void wait_for_disk(const Fixture *f, guint64 most) {
  gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  wait_until_flushed(f);
  while (stats_of(f).disk_bytes > most) {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(10000);
  }
}

static void test_dead_segments_go(Fixture *f, gconstpointer data) {
  for (guint i = 0; i < 10; i++) {
    EsJournalCall *call = es_journal_call_new(f->journal);
    tell_some(f, call, 1000);
    es_journal_gone(f->journal, call);
  }
  wait_for_disk(f, 1024 * 1024);
}

// Also the one that is not full, when no call is left; and what comes then is read in its place.
static void test_quiet(Fixture *f, gconstpointer data) {
  for (guint32 i = 0; i < 5; i++) {
    EsJournalCall *call = es_journal_call_new(f->journal);
    EsJournalReader *reader = es_journal_reader_new(f->journal, stats_of(f).appended);
    EsJournalRecord record;
    tell_some(f, call, 10);
    wait_until_flushed(f);
    g_assert_cmpuint(stats_of(f).disk_bytes, >, 10 * 1000);
    g_assert_true(es_journal_reader_next(reader, &record, NULL));
    g_assert_cmpuint(record.call, ==, es_journal_call_number(call));
    es_journal_reader_free(reader);
    es_journal_gone(f->journal, call);
    wait_for_disk(f, 0);
  }
}

// A call that lives on keeps a little of each of them.
static void test_long_call(Fixture *f, gconstpointer data) {
  EsJournalCall *long_call = es_journal_call_new(f->journal);
  for (guint i = 0; i < 20; i++) {
    EsJournalCall *call = es_journal_call_new(f->journal);
    tell_some(f, long_call, 20);
    tell_some(f, call, 1000);
    es_journal_gone(f->journal, call);
    wait_until_flushed(f);
  }
  g_assert_cmpuint(stats_of(f).live_bytes, ==, 20 * 20 * 1012);
  wait_for_disk(f, 2 * 20 * 20 * 1012 + 3 * 512 * 1024);
  es_journal_gone(f->journal, long_call);
}

static void be_gone_while_cleaned(guint after_ms) {
  EsJournalSettings settings;
  es_journal_settings_init(&settings);
  settings.segment_bytes = 20 * 1024 * 1024; // read in several rounds, longer than a flush takes
  Fixture f = {.spool = g_dir_make_tmp("earshot-journal-XXXXXX", NULL)};
  f.journal = es_journal_open(f.spool, 7, &settings, NULL);
  g_autofree char *fresh = g_build_filename(es_journal_directory(f.journal), "cleaned", NULL);
  gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
  EsJournalCall *long_call = es_journal_call_new(f.journal);
  while (!g_file_test(fresh, G_FILE_TEST_EXISTS)) {
    EsJournalCall *call = es_journal_call_new(f.journal);
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    tell_some(&f, long_call, 1);
    tell_some(&f, call, 100);
    es_journal_gone(f.journal, call);
    g_usleep(500);
  }
  g_usleep(after_ms * 1000);
  es_journal_gone(f.journal, long_call);
  wait_for_disk(&f, 0);
  while (g_file_test(fresh, G_FILE_TEST_EXISTS))
    g_usleep(10000);
  close_journal(&f, NULL); // which finds nothing that nobody knows of
}

// What is being made of old segments when nothing in them lives any more is not needed either.
static void test_gone_while_cleaned(void) {
  for (guint after_ms = 200; after_ms <= 500; after_ms += 100) // while each of them is read
    be_gone_while_cleaned(after_ms);
}

// ---- a writer that cannot keep up

static void test_memory_is_bounded(void) {
  g_autofree char *spool = g_dir_make_tmp("earshot-journal-XXXXXX", NULL);
  EsJournalSettings settings = {.segment_bytes = 1024 * 1024, .memory_bytes = 1024 * 1024};
  EsJournal *journal = es_journal_open(spool, 7, &settings, NULL);
  Fixture f = {spool, journal};
  EsJournalCall *call = es_journal_call_new(journal);
  guint64 refused = 0;
  for (guint i = 0; i < 200000 && !refused; i++) {
    tell_some(&f, call, 100);
    refused = stats_of(&f).refused;
    g_assert_cmpuint(stats_of(&f).memory_bytes, <=, settings.memory_bytes);
  }
  g_assert_cmpuint(refused, >, 0);
  wait_until_flushed(&f);
  g_assert_cmpuint(es_journal_append(journal, call, ES_JOURNAL_PUSH, "", 0, NULL, 0), >, 0);
  es_journal_gone(journal, call);
  es_journal_close(journal);
  g_autofree char *journals = g_build_filename(spool, "journal", NULL);
  g_assert_cmpint(g_rmdir(journals) | g_rmdir(spool), ==, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/journal/threads", Fixture, NULL, open_journal, test_threads, close_journal);
  g_test_add("/journal/dead-segments-go", Fixture, NULL, open_journal, test_dead_segments_go, close_journal);
  g_test_add("/journal/quiet", Fixture, NULL, open_journal, test_quiet, close_journal);
  g_test_add("/journal/long-call", Fixture, NULL, open_journal, test_long_call, close_journal);
  g_test_add_func("/journal/gone-while-cleaned", test_gone_while_cleaned);
  g_test_add_func("/journal/memory-is-bounded", test_memory_is_bounded);
  return g_test_run();
}
