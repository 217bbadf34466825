// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The journal of a recorder that is gone, as the next start finds it. First byte: how many bytes of the file
// are changed (three bytes each: where, by what), 255 for a file that is just the rest. Otherwise the rest
// are records, in one block that is sealed as it should be. Whatever they say, each call that is left gives
// one row that holds together.
#include <glib/gstdio.h>
#include <string.h>

#include "audio-record.h"
#include "block.h"
#include "earshot/common/clock.h"
#include "earshot/journal/scan.h"
#include "fuzz.h"
#include "left-call.h"
#include "library.h"
#include "spool.h"

#define AS_IT_IS 255
#define MOMENT_US (G_GINT64_CONSTANT(1760000000) * ES_US_PER_S)
#define NEAR_US (60 * ES_US_PER_S)
#define CALLS_MAX 20

// A day of silence is encoded as it should be, but not thousands of times.
static gboolean is_near(gint64 us) {
  return us == ES_UNKNOWN || (us > MOMENT_US - NEAR_US && us < MOMENT_US + NEAR_US);
}

static gboolean knows_near(const EsJournalRecord *record) {
  EsSpoolMoments moments;
  EsSettlement *settlement = NULL;
  g_autoptr(EsCall) call = es_spool_parse((const char *)record->body, record->length, &moments, &settlement);
  gboolean near = !call || (is_near(call->started_us) && is_near(call->answered_us) &&
                            is_near(moments.ended_us) && is_near(moments.seen_us));
  es_settlement_free(settlement);
  return near;
}

static gboolean is_quick(const guint8 *records, gsize length) {
  g_autoptr(GHashTable) calls = g_hash_table_new(NULL, NULL);
  EsAudioSources *sources = es_audio_sources_new();
  EsJournalRecord record;
  gboolean quick = TRUE;
  for (gsize at = 0; quick && es_journal_record_next(records, length, &at, &record);) {
    EsAudioSaid said;
    g_hash_table_add(calls, GUINT_TO_POINTER(record.call));
    if (record.kind == ES_JOURNAL_META || record.kind == ES_JOURNAL_END)
      quick = knows_near(&record);
    else if (es_audio_record_read(&record, sources, &said))
      quick = said.packet.source ? is_near(said.packet.arrival_us) && is_near(said.until_us)
                                 : said.kind == ES_JOURNAL_ADD_LEG || is_near(said.from_us);
  }
  es_audio_sources_free(sources);
  return quick && g_hash_table_size(calls) <= CALLS_MAX;
}

// ---- the file

static GByteArray *sealed(const guint8 *records, gsize length) {
  EsJournalFile file = {.run = 5, .number = 1, .through = 1};
  EsJournalBlock block = {.length = (guint32)length};
  guint8 header[ES_JOURNAL_FILE_HEADER], before[ES_JOURNAL_BLOCK_HEADER];
  GByteArray *bytes = g_byte_array_new();
  es_journal_file_write(&file, header);
  es_journal_block_seal(&file, &block, records, before);
  g_byte_array_append(bytes, header, sizeof header);
  g_byte_array_append(bytes, before, sizeof before);
  g_byte_array_append(bytes, records, (guint)length);
  return bytes;
}

static GByteArray *file_of(const guint8 *data, gsize size) {
  guint changes = data[0];
  if (changes == AS_IT_IS && size > 1)
    return g_byte_array_append(g_byte_array_new(), data + 1, (guint)size - 1);
  if (changes == AS_IT_IS || size < 2 + 3 * (gsize)changes ||
      !is_quick(data + 1 + 3 * changes, size - 1 - 3 * changes))
    return NULL;
  GByteArray *bytes = sealed(data + 1 + 3 * changes, size - 1 - 3 * changes);
  for (guint i = 0; i < changes; i++) {
    const guint8 *change = data + 1 + 3 * i;
    bytes->data[(change[0] | change[1] << 8) % (int)bytes->len] ^= change[2];
  }
  return bytes;
}

static char *write_file(const char *library, const GByteArray *bytes) {
  char *directory = g_build_filename(library, "spool", "journal", "5", NULL);
  g_autofree char *path = g_build_filename(directory, "0000000001.journal", NULL);
  g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
  FILE *file = fopen(path, "w");
  g_assert_cmpuint(fwrite(bytes->data, 1, bytes->len, file), ==, bytes->len);
  fclose(file);
  return directory;
}

// ---- what is made of it

static EsLeftCall *call_of(GHashTable *calls, guint32 number) {
  EsLeftCall *call = g_hash_table_lookup(calls, GUINT_TO_POINTER(number));
  if (!call)
    g_hash_table_insert(calls, GUINT_TO_POINTER(number), call = es_left_call_new());
  return call;
}

static void finish(EsFuzzLibrary *l, EsLeftCall *call, const char *parts) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsCall) row = es_left_call_finish(call, l->path, parts, &error);
  g_assert_no_error(error);
  es_fuzz_check_row(row, l);
  es_index_put_call(l->index, row, &error); // a journal that lies may name one call twice
}

static void scan(EsFuzzLibrary *l, GHashTable *calls, const char *directory, gboolean learn) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsJournalScan) journal = es_journal_scan_new(directory, &error);
  EsJournalRecord record;
  while (es_journal_scan_next(journal, &record, &error)) {
    gboolean ended = FALSE;
    if (learn) {
      es_left_call_learn(call_of(calls, record.call), &record);
      continue;
    }
    EsLeftCall *call = g_hash_table_lookup(calls, GUINT_TO_POINTER(record.call));
    if (call)
      g_assert_true(es_left_call_say(call, &record, directory, &ended, &error));
    if (ended) {
      finish(l, call, directory);
      g_hash_table_remove(calls, GUINT_TO_POINTER(record.call));
    }
  }
  g_assert_no_error(error);
  if (!learn)
    es_journal_scan_remove(journal);
}

static gboolean is_not_left(gpointer number, gpointer call, gpointer data) {
  EsFuzzLibrary *l = data;
  EsRecoveredList *none = es_recovered_list_new(l->path); // no such file is there
  gboolean left = es_left_call_is_left(call, l->index, none, NULL);
  es_recovered_list_free(none);
  return !left;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsFuzzLibrary *l = es_fuzz_library();
  g_autoptr(GByteArray) bytes = size ? file_of(data, size) : NULL;
  if (!bytes)
    return 0;
  g_autofree char *directory = write_file(l->path, bytes);
  g_autoptr(GHashTable) calls = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)es_left_call_free);
  scan(l, calls, directory, TRUE);
  g_hash_table_foreach_remove(calls, is_not_left, l);
  scan(l, calls, directory, FALSE);
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, calls);
  while (g_hash_table_iter_next(&iter, NULL, &call))
    finish(l, call, directory);
  g_assert_cmpint(g_rmdir(directory), ==, 0);
  return 0;
}
