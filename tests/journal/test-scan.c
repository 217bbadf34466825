// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What is read of a journal whose recorder is gone: cut off at any byte, damaged at any byte, cleaned.
#include "block.h"
#include "earshot/journal/journal.h"
#include "earshot/journal/scan.h"
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define RECORDS 5 // of a block
#define BLOCKS 4
#define BODY 20
#define BLOCK_BYTES (32 + RECORDS * (8 + BODY))

typedef struct {
  char *spool, *directory, *file;
  EsJournal *journal;
} Fixture;

static void open_journal(Fixture *f, gconstpointer data) {
  EsJournalSettings settings = {.segment_bytes = 256 * 1024, .memory_bytes = 64 * 1024 * 1024};
  f->spool = g_dir_make_tmp("earshot-scan-XXXXXX", NULL);
  f->journal = es_journal_open(f->spool, 7, &settings, NULL);
  g_assert_nonnull(f->journal);
  f->directory = g_strdup(es_journal_directory(f->journal));
  f->file = g_build_filename(f->directory, "0000000001.journal", NULL);
}

static void remove_all(Fixture *f, gconstpointer data) {
  g_autofree char *journals = g_build_filename(f->spool, "journal", NULL);
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(f->directory, NULL);
  es_journal_scan_remove(scan);
  g_assert_cmpint(g_rmdir(f->directory) | g_rmdir(journals) | g_rmdir(f->spool), ==, 0);
  g_free(f->spool);
  g_free(f->directory);
  g_free(f->file);
}

static void wait_until_flushed(EsJournal *journal) {
  gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
  EsJournalStats stats;
  es_journal_write_out(journal);
  do {
    g_assert_cmpint(g_get_monotonic_time(), <, until);
    g_usleep(5000);
    es_journal_stats(journal, &stats);
  } while (stats.flushed < stats.appended);
}

static void append(EsJournal *journal, EsJournalCall *call, guint32 number) {
  guint8 body[BODY];
  memset(body, (int)number, sizeof body);
  memcpy(body, &number, sizeof number);
  g_assert_cmpuint(es_journal_append(journal, call, ES_JOURNAL_PUSH, body, sizeof body, NULL, 0), >, 0);
}

// Numbers of the records of a call, in their order; what they hold is as it was written.
static GArray *scan_call(const Fixture *f, guint32 call, guint64 *unreadable) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(f->directory, &error);
  GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
  EsJournalRecord record;
  while (es_journal_scan_next(scan, &record, &error)) {
    guint32 number;
    if (record.call != call || record.kind != ES_JOURNAL_PUSH)
      continue;
    g_assert_cmpuint(record.length, ==, BODY);
    memcpy(&number, record.body, sizeof number);
    for (guint i = sizeof number; i < BODY; i++)
      g_assert_cmpuint(record.body[i], ==, (guint8)number);
    g_array_append_val(numbers, number);
  }
  g_assert_no_error(error);
  *unreadable = es_journal_scan_unreadable(scan);
  return numbers;
}

// A file of some blocks, and its bytes.
static char *some_blocks(Fixture *f, gsize *length) {
  char *bytes = NULL;
  EsJournalCall *call = es_journal_call_new(f->journal);
  for (guint32 i = 0; i < BLOCKS * RECORDS; i++) {
    append(f->journal, call, i);
    if (i % RECORDS == RECORDS - 1)
      wait_until_flushed(f->journal);
  }
  es_journal_close(f->journal);
  g_assert_true(g_file_get_contents(f->file, &bytes, length, NULL));
  g_assert_cmpuint(*length, ==, 64 + BLOCKS * BLOCK_BYTES);
  return bytes;
}

static void expect(const Fixture *f, const char *bytes, gsize length, const gboolean kept[BLOCKS],
                   guint64 passed_over) {
  guint64 unreadable;
  guint n = 0;
  FILE *file = fopen(f->file, "w");
  g_assert_cmpuint(fwrite(bytes, 1, length, file), ==, length);
  fclose(file);
  g_autoptr(GArray) numbers = scan_call(f, 1, &unreadable);
  for (guint32 i = 0; i < BLOCKS * RECORDS; i++)
    if (kept[i / RECORDS]) {
      g_assert_cmpuint(g_array_index(numbers, guint32, n), ==, i);
      n++;
    }
  g_assert_cmpuint(numbers->len, ==, n);
  g_assert_cmpuint(unreadable, ==, passed_over);
}

static void test_cut(Fixture *f, gconstpointer data) {
  gsize length;
  g_autofree char *bytes = some_blocks(f, &length);
  for (gsize cut = 0; cut <= length; cut++) {
    gboolean kept[BLOCKS];
    gsize whole = cut < 64 ? 0 : 64 + (cut - 64) / BLOCK_BYTES * BLOCK_BYTES;
    for (gsize i = 0; i < BLOCKS; i++)
      kept[i] = cut >= 64 + (i + 1) * BLOCK_BYTES;
    expect(f, bytes, cut, kept, cut - whole);
  }
}

static void test_damaged(Fixture *f, gconstpointer data) {
  gsize length;
  g_autofree char *bytes = some_blocks(f, &length);
  for (gsize at = 0; at < length; at++) {
    gboolean kept[BLOCKS], header = at < 64;
    bytes[at] = (char)(bytes[at] ^ 0x10);
    for (gsize i = 0; i < BLOCKS; i++)
      kept[i] = header || (at - 64) / BLOCK_BYTES != i;
    expect(f, bytes, length, kept, header ? 64 : BLOCK_BYTES);
    bytes[at] = (char)(bytes[at] ^ 0x10);
  }
}

// A block of another file is none of this one.
static void test_foreign(Fixture *f, gconstpointer data) {
  gsize length;
  g_autofree char *bytes = some_blocks(f, &length),
                  *other = g_build_filename(f->directory, "0000000002.journal", NULL);
  guint64 unreadable;
  g_assert_true(g_file_set_contents(other, bytes, (gssize)length, NULL));
  g_autoptr(GArray) numbers = scan_call(f, 1, &unreadable);
  g_assert_cmpuint(numbers->len, ==, BLOCKS * RECORDS);
  g_assert_cmpuint(unreadable, ==, length);
}

// A file between two others that is gone, or has lost its end, is not passed over in silence.
static void test_missing(Fixture *f, gconstpointer data) {
  EsJournalCall *call = es_journal_call_new(f->journal);
  guint64 unreadable;
  for (guint32 i = 0; i < 60000; i++)
    append(f->journal, call, i);
  es_journal_close(f->journal);
  g_autofree char *second = g_build_filename(f->directory, "0000000002.journal", NULL), *bytes = NULL;
  gsize length;
  EsJournalFile header;
  EsJournalBlock block;
  g_assert_true(g_file_get_contents(second, &bytes, &length, NULL));
  g_assert_true(es_journal_file_read((const guint8 *)bytes, &header));
  g_autoptr(GArray) all = scan_call(f, 1, &unreadable);
  g_assert_cmpuint(all->len, ==, 60000);
  g_assert_cmpuint(unreadable, ==, 0);
  g_unlink(second);
  g_autoptr(GArray) some = scan_call(f, 1, &unreadable);
  g_assert_cmpuint(some->len, <, 60000);
  g_assert_cmpuint(unreadable, ==, (60000 - some->len) * (8 + BODY));

  g_assert_true(es_journal_block_read((const guint8 *)bytes + ES_JOURNAL_FILE_HEADER, &block));
  gsize first = ES_JOURNAL_FILE_HEADER + ES_JOURNAL_BLOCK_HEADER + block.length;
  g_assert_cmpuint(first, <, length);
  g_assert_true(g_file_set_contents(second, bytes, (gssize)first, NULL));
  g_autoptr(GArray) cut = scan_call(f, 1, &unreadable);
  g_assert_cmpuint(unreadable, ==, (60000 - cut->len) * (8 + BODY));

  g_unlink(f->file); // the oldest may go
  g_assert_true(g_file_set_contents(second, bytes, (gssize)length, NULL));
  g_autoptr(GArray) rest = scan_call(f, 1, &unreadable);
  g_assert_cmpuint(rest->len, <, 60000);
  g_assert_cmpuint(unreadable, ==, 0);
}

// Calls come and go beside one that lives on: of that every record is there, in its order; of the others none
// is without the record that they are gone.
static void test_cleaned(Fixture *f, gconstpointer data) {
  EsJournalCall *lives = es_journal_call_new(f->journal);
  guint64 unreadable;
  guint32 told = 0;
  EsJournalStats stats;
  for (guint i = 0; i < 40; i++) {
    EsJournalCall *goes = es_journal_call_new(f->journal);
    for (guint n = 0; n < 3000; n++)
      append(f->journal, n % 30 ? goes : lives, n % 30 ? n : told++);
    es_journal_gone(f->journal, goes);
    wait_until_flushed(f->journal);
  }
  g_usleep(600000); // some rounds of the writer
  es_journal_stats(f->journal, &stats);
  g_assert_cmpuint(stats.disk_bytes, <, 2 * stats.live_bytes + 4 * 256 * 1024);
  es_journal_close(f->journal);
  g_autoptr(GArray) numbers = scan_call(f, 1, &unreadable);
  g_assert_cmpuint(unreadable, ==, 0);
  g_assert_cmpuint(numbers->len, ==, told);
  for (guint i = 0; i < told; i++)
    g_assert_cmpuint(g_array_index(numbers, guint32, i), ==, i);

  g_autoptr(EsJournalScan) scan = es_journal_scan_new(f->directory, NULL);
  g_autoptr(GHashTable) present = g_hash_table_new(NULL, NULL), gone = g_hash_table_new(NULL, NULL);
  EsJournalRecord record;
  while (es_journal_scan_next(scan, &record, NULL))
    g_hash_table_add(record.kind == ES_JOURNAL_GONE ? gone : present, GUINT_TO_POINTER(record.call));
  g_hash_table_remove(present, GUINT_TO_POINTER(1));
  g_assert_cmpuint(g_hash_table_size(present), <, 35); // most is not even on disk any more
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, present);
  while (g_hash_table_iter_next(&iter, &call, NULL))
    g_assert_true(g_hash_table_contains(gone, call));
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*test)(Fixture *f, gconstpointer data);
  } tests[] = {{"cut", test_cut},
               {"damaged", test_damaged},
               {"foreign", test_foreign},
               {"missing", test_missing},
               {"cleaned", test_cleaned}};
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
    g_autofree char *path = g_strdup_printf("/journal-scan/%s", tests[i].name);
    g_test_add(path, Fixture, NULL, open_journal, tests[i].test, remove_all);
  }
  return g_test_run();
}
