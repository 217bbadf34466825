// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A file of call detail records, read whole: rows, joined to calls, found by their ids.
#include "cdr-private.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "uniqueid.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 4000000 // about 2 GiB
#define WARNINGS 5       // that name their line; the rest is counted
#define QUARTER_US (15 * 60 * ES_US_PER_S)
#define QUARTERS 64 // sixteen hours either way
#define HOUR 4      // quarters
#define EXACT_US (5 * ES_US_PER_S)
#define LEAST_OF_SEASON 3

struct EsCdr {
  GPtrArray *calls;
  GHashTable *by_id;        // pbx_id → EsCdrCall, both borrowed
  GHashTable *by_recording; // file name → EsCdrCall
  guint64 rows, wrong_rows;
};

static void warn(const EsCdrOptions *options, const char *message) {
  if (options->warning)
    options->warning(message, options->user_data);
}

void es_cdr_free(EsCdr *cdr) {
  if (!cdr)
    return;
  g_hash_table_unref(cdr->by_id);
  g_hash_table_unref(cdr->by_recording);
  g_clear_pointer(&cdr->calls, g_ptr_array_unref);
  g_free(cdr);
}

// ---- the time zone

// Local times are off by quarters of an hour where the file's zone is not the one they were read in; the ids
// say when the channel was made in UTC. Rows that start long after their channel are few, and hardly one to
// the second an hour after it: two offsets an hour apart are summer and winter.
static gint64 find_shift(const GPtrArray *rows, gboolean *two) {
  guint counts[2 * QUARTERS + 1] = {0}, exact[2 * QUARTERS + 1] = {0}, best = QUARTERS;
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    gint64 made_us;
    if (!es_uniqueid_read(row->pbx_id, &made_us))
      continue;
    gint64 off_us = row->start_us - made_us;
    gint64 quarters = (off_us + (off_us < 0 ? -QUARTER_US : QUARTER_US) / 2) / QUARTER_US;
    if (quarters < -QUARTERS || quarters > QUARTERS)
      continue;
    counts[quarters + QUARTERS]++;
    exact[quarters + QUARTERS] += ABS(off_us - quarters * QUARTER_US) <= EXACT_US;
  }
  for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
    if (counts[i] > counts[best])
      best = i;
  guint earlier = best >= HOUR ? exact[best - HOUR] : 0;
  guint later = best + HOUR < G_N_ELEMENTS(exact) ? exact[best + HOUR] : 0;
  *two = MAX(earlier, later) >= MAX(LEAST_OF_SEASON, exact[best] / 100);
  return ((gint64)best - QUARTERS) * QUARTER_US;
}

static void shift_time(gint64 *at_us, gint64 by_us) {
  if (*at_us != ES_UNKNOWN)
    *at_us -= by_us;
}

static gboolean settle_zone(const char *name, const GPtrArray *rows, const EsCdrOptions *options,
                            GError **error) {
  gboolean two;
  gint64 shift_us = find_shift(rows, &two);
  if (two && !options->timezone) { // put right by one offset, half of them would be an hour off
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("%s: its times are those of a time zone with summer and winter time that is not this "
                  "machine's; say which with --timezone"),
                name);
    return FALSE;
  }
  if (two) {
    g_autofree char *message = g_strdup_printf(
        _("%s: some of its times differ by an hour from the moments in the calls' ids; is %s its time zone?"),
        name, options->timezone);
    warn(options, message);
  }
  if (shift_us == 0)
    return TRUE;
  g_autofree char *length = es_duration_format(llabs(shift_us) / ES_US_PER_MS, FALSE);
  if (options->timezone) {
    g_autofree char *message = g_strdup_printf(
        _("%s: the times in the time zone %s differ by %s from the moments in the calls' ids"), name,
        options->timezone, length);
    warn(options, message);
    return TRUE;
  }
  for (guint i = 0; i < rows->len; i++) {
    EsCdrRow *row = g_ptr_array_index(rows, i);
    shift_time(&row->start_us, shift_us);
    shift_time(&row->answer_us, shift_us);
    shift_time(&row->end_us, shift_us);
  }
  g_autofree char *message = g_strdup_printf(
      _("%s: its times differ by %s from this machine's; taken as the calls' ids say (--timezone sets it)"),
      name, length);
  warn(options, message);
  return TRUE;
}

// ---- rows

static void row_free(gpointer row) {
  es_cdr_row_free(row);
}

static void keep_out(EsCdr *cdr, const EsCdrOptions *options, const GError *error) {
  if (++cdr->wrong_rows <= WARNINGS)
    warn(options, error->message);
}

static gboolean take_row(EsCdr *cdr, const EsCdrColumns *columns, const EsCsv *csv, GTimeZone *zone,
                         GPtrArray *rows, const EsCdrOptions *options, GError **error) {
  g_autoptr(GError) wrong = NULL;
  cdr->rows++;
  EsCdrRow *row = es_cdr_row_read(columns, csv, zone, &wrong);
  if (!row) {
    keep_out(cdr, options, wrong);
    return TRUE;
  }
  if (rows->len == MAX_ROWS) {
    es_cdr_row_free(row);
    return es_csv_error(csv, error, _("more than %d records in one file; split it by days"), MAX_ROWS);
  }
  g_ptr_array_add(rows, row);
  return TRUE;
}

static GPtrArray *read_rows(EsCdr *cdr, EsCsv *csv, const EsCdrOptions *options, GError **error) {
  g_autoptr(GTimeZone) zone = es_time_zone(options->timezone, error);
  if (!zone)
    return NULL;
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
  EsCdrColumns columns;
  EsCsvStatus status = es_csv_next(csv, error);
  if (status == ES_CSV_ROW && !es_cdr_columns_learn(&columns, csv, error))
    return NULL;
  if (status == ES_CSV_ROW && columns.with_heading)
    status = es_csv_next(csv, error);
  for (; status == ES_CSV_ROW; status = es_csv_next(csv, error))
    if (!take_row(cdr, &columns, csv, zone, rows, options, error))
      return NULL;
  return status == ES_CSV_FAILED ? NULL : g_steal_pointer(&rows);
}

// ---- the whole

// Whole calls: one that begins within keeps the rows that begin later.
static void keep_range(GPtrArray *calls, const EsCdrOptions *options) {
  for (guint i = calls->len; i-- > 0;) {
    const EsCdrCall *call = g_ptr_array_index(calls, i);
    gint64 at_us = call->call->started_us;
    if ((options->from_us != ES_UNKNOWN && at_us < options->from_us) ||
        (options->until_us != ES_UNKNOWN && at_us >= options->until_us))
      g_ptr_array_remove_index(calls, i);
  }
}

static void know_call(EsCdr *cdr, EsCdrCall *call) {
  for (guint i = 0; i < call->rows->len; i++) {
    EsCdrRow *row = g_ptr_array_index(call->rows, i);
    if (row->pbx_id)
      g_hash_table_insert(cdr->by_id, row->pbx_id, call);
    if (row->linked_id)
      g_hash_table_insert(cdr->by_id, row->linked_id, call);
    const char *slash = row->recording ? strrchr(row->recording, '/') : NULL;
    if (row->recording)
      g_hash_table_insert(cdr->by_recording, slash ? (gpointer)(slash + 1) : row->recording, call);
  }
}

static EsCdr *read_all(EsCsv *csv, const char *name, const EsCdrOptions *options, GError **error) {
  g_autoptr(EsCdr) cdr = g_new0(EsCdr, 1);
  cdr->by_id = g_hash_table_new(g_str_hash, g_str_equal);
  cdr->by_recording = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GPtrArray) rows = read_rows(cdr, csv, options, error);
  if (!rows || !settle_zone(name, rows, options, error))
    return NULL;
  if (cdr->wrong_rows > WARNINGS) {
    g_autofree char *message =
        g_strdup_printf(_("%s: rows that were kept out, in all: %u"), name, (guint)cdr->wrong_rows);
    warn(options, message);
  }
  cdr->calls = es_cdr_join(g_steal_pointer(&rows));
  keep_range(cdr->calls, options);
  for (guint i = 0; i < cdr->calls->len; i++)
    know_call(cdr, g_ptr_array_index(cdr->calls, i));
  return g_steal_pointer(&cdr);
}

EsCdr *es_cdr_read(const char *path, const EsCdrOptions *options, GError **error) {
  g_autoptr(EsCsv) csv = es_csv_open(path, FALSE, error);
  return csv ? read_all(csv, path, options, error) : NULL;
}

EsCdr *es_cdr_read_text(const char *name, const char *text, gssize length, const EsCdrOptions *options,
                        GError **error) {
  g_autoptr(EsCsv) csv = es_csv_open_text(name, text, length, FALSE, error);
  return csv ? read_all(csv, name, options, error) : NULL;
}

const GPtrArray *es_cdr_calls(const EsCdr *cdr) {
  return cdr->calls;
}

guint64 es_cdr_rows(const EsCdr *cdr) {
  return cdr->rows;
}

guint64 es_cdr_wrong_rows(const EsCdr *cdr) {
  return cdr->wrong_rows;
}

const EsCdrCall *es_cdr_find(const EsCdr *cdr, const char *pbx_id) {
  return pbx_id ? g_hash_table_lookup(cdr->by_id, pbx_id) : NULL;
}

const EsCdrCall *es_cdr_find_recording(const EsCdr *cdr, const char *file_name) {
  const char *slash = strrchr(file_name, '/');
  return g_hash_table_lookup(cdr->by_recording, slash ? slash + 1 : file_name);
}
