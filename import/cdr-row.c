// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One record of a table as a row: texts, moments, lengths, and Asterisk's words for how it ended in ours.
#include "cdr-private.h"
#include "earshot/common/i18n.h"
#include "uniqueid.h"

#include <string.h>

#define MAX_TEXT 256                                        // characters; Asterisk itself stops at 80 or 255
#define MAX_LENGTH_MS (7 * 24 * G_GINT64_CONSTANT(3600000)) // a longer call is a mistake

void es_cdr_row_free(EsCdrRow *row) {
  if (!row)
    return;
  char *texts[] = {row->src,        row->dst,       row->context,     row->channel,     row->dst_channel,
                   row->last_app,   row->last_data, row->caller_name, row->disposition, row->account,
                   row->user_field, row->pbx_id,    row->linked_id,   row->did,         row->recording,
                   row->direction,  row->queue,     row->agent,       row->client};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    g_free(texts[i]);
  g_free(row);
}

typedef struct {
  const EsCdrColumns *columns;
  const EsCsv *csv;
  GTimeZone *zone;
} Reader;

static char *text_of(const Reader *r, EsCdrField field) {
  const char *text = es_cdr_column(r->columns, r->csv, field);
  if (!text)
    return NULL;
  g_autofree char *cut =
      g_utf8_strlen(text, -1) > MAX_TEXT ? g_utf8_substring(text, 0, MAX_TEXT) : g_strdup(text);
  for (char *p = cut; *p; p++)
    if (g_ascii_iscntrl(*p))
      *p = ' ';
  g_strstrip(cut);
  return *cut ? g_steal_pointer(&cut) : NULL;
}

static gboolean read_moment(const Reader *r, EsCdrField field, const char *what, gint64 *at_us,
                            GError **error) {
  const char *text = es_cdr_column(r->columns, r->csv, field);
  *at_us = ES_UNKNOWN;
  if (!text || g_str_has_prefix(text, "0000-00-00")) // what databases write for "never"
    return TRUE;
  if (es_time_parse_in(text, r->zone, at_us) && *at_us > 0)
    return TRUE;
  return es_csv_error(r->csv, error, _("%s: “%.40s” is not a date and time"), what, text);
}

static gboolean read_length(const Reader *r, EsCdrField field, const char *what, gint64 *length_ms,
                            GError **error) {
  const char *text = es_cdr_column(r->columns, r->csv, field);
  *length_ms = ES_UNKNOWN;
  if (!text)
    return TRUE;
  if (es_duration_parse(text, length_ms, NULL) && *length_ms >= 0 && *length_ms <= MAX_LENGTH_MS)
    return TRUE;
  return es_csv_error(r->csv, error, _("%s: “%.40s” is not a length in seconds"), what, text);
}

static gboolean read_length_ms(const Reader *r, gint64 *length_ms, GError **error) {
  const char *text = es_cdr_column(r->columns, r->csv, ES_CDR_DURATION_MS);
  guint64 value = 0;
  if (!text)
    return TRUE;
  if (!g_ascii_string_to_unsigned(text, 10, 0, MAX_LENGTH_MS, &value, NULL))
    return es_csv_error(r->csv, error, _("%s: “%.40s” is not a number of milliseconds"), "duration_ms", text);
  *length_ms = (gint64)value;
  return TRUE;
}

// "Name" <number>, as Asterisk writes callers.
static char *name_of_clid(const char *clid) {
  if (!clid)
    return NULL;
  const char *angle = strrchr(clid, '<');
  g_autofree char *name = angle ? g_strndup(clid, (gsize)(angle - clid)) : g_strdup(clid);
  g_strstrip(name);
  gsize length = strlen(name);
  if (length >= 2 && name[0] == '"' && name[length - 1] == '"') {
    name[length - 1] = '\0';
    memmove(name, name + 1, length - 1);
    g_strstrip(name);
  }
  gboolean number = strspn(name, "+0123456789") == strlen(name);
  return *name && !number ? g_steal_pointer(&name) : NULL;
}

static char *disposition_of(const Reader *r) {
  static const struct {
    const char *word, *ours;
  } words[] = {
      {"ANSWERED", "answered"},   {"ANSWER", "answered"},  {"NO ANSWER", "missed"},  {"NOANSWER", "missed"},
      {"BUSY", "busy"},           {"FAILED", "failed"},    {"CONGESTION", "failed"}, {"MISSED", "missed"},
      {"ABANDONED", "abandoned"}, {"CANCEL", "abandoned"},
  };
  const char *text = es_cdr_column(r->columns, r->csv, ES_CDR_DISPOSITION);
  for (guint i = 0; text && i < G_N_ELEMENTS(words); i++)
    if (g_ascii_strcasecmp(text, words[i].word) == 0)
      return g_strdup(words[i].ours);
  return NULL;
}

static void read_texts(const Reader *r, EsCdrRow *row) {
  row->src = text_of(r, ES_CDR_SRC);
  row->dst = text_of(r, ES_CDR_DST);
  row->context = text_of(r, ES_CDR_CONTEXT);
  row->channel = text_of(r, ES_CDR_CHANNEL);
  row->dst_channel = text_of(r, ES_CDR_DST_CHANNEL);
  row->last_app = text_of(r, ES_CDR_LAST_APP);
  row->last_data = text_of(r, ES_CDR_LAST_DATA);
  row->account = text_of(r, ES_CDR_ACCOUNT);
  row->user_field = text_of(r, ES_CDR_USER_FIELD);
  row->pbx_id = text_of(r, ES_CDR_PBX_ID);
  row->linked_id = text_of(r, ES_CDR_LINKED_ID);
  row->did = text_of(r, ES_CDR_DID);
  row->recording = text_of(r, ES_CDR_RECORDING);
  row->queue = text_of(r, ES_CDR_QUEUE);
  row->agent = text_of(r, ES_CDR_AGENT);
  row->client = text_of(r, ES_CDR_CLIENT);
  row->caller_name = text_of(r, ES_CDR_CALLER_NAME);
  if (!row->caller_name) {
    g_autofree char *clid = text_of(r, ES_CDR_CLID);
    row->caller_name = name_of_clid(clid);
  }
  if (!row->src)
    row->src = text_of(r, ES_CDR_CALLER_NUMBER);
  g_autofree char *direction = text_of(r, ES_CDR_DIRECTION);
  static const char *const directions[] = {"inbound", "outbound", "internal", NULL};
  if (direction && g_strv_contains(directions, direction))
    row->direction = g_steal_pointer(&direction);
}

// Where clocks go back, the id says which of the two hours it was, and lengths count what passed.
static void settle_hour(EsCdrRow *row, GTimeZone *zone) {
  gint64 made_us;
  if (!es_uniqueid_read(row->pbx_id, &made_us))
    made_us = ES_UNKNOWN;
  row->start_us = es_time_of_two(row->start_us, zone, made_us);
  gint64 length_ms = MAX(row->duration_ms, 0), talked_ms = MAX(row->billed_ms, 0);
  row->end_us = es_time_of_two(row->end_us, zone, row->start_us + length_ms * ES_US_PER_MS);
  row->answer_us =
      es_time_of_two(row->answer_us, zone, row->start_us + MAX(length_ms - talked_ms, 0) * ES_US_PER_MS);
}

// What follows from the rest: a table may have moments, lengths, or both.
static void settle_times(EsCdrRow *row) {
  if (row->end_us == ES_UNKNOWN && row->duration_ms != ES_UNKNOWN)
    row->end_us = row->start_us + row->duration_ms * ES_US_PER_MS;
  if (row->duration_ms == ES_UNKNOWN && row->end_us != ES_UNKNOWN)
    row->duration_ms = (row->end_us - row->start_us) / ES_US_PER_MS;
  if (!row->disposition)
    row->disposition = g_strdup(row->answer_us != ES_UNKNOWN || row->billed_ms > 0 ? "answered" : "missed");
  gboolean answered = g_str_equal(row->disposition, "answered");
  if (answered && row->answer_us == ES_UNKNOWN && row->billed_ms != ES_UNKNOWN && row->end_us != ES_UNKNOWN)
    row->answer_us = row->end_us - row->billed_ms * ES_US_PER_MS;
  if (!answered)
    row->answer_us = ES_UNKNOWN; // Asterisk may fill it with the moment the caller's own leg was set up
}

EsCdrRow *es_cdr_row_read(const EsCdrColumns *columns, const EsCsv *csv, GTimeZone *zone, GError **error) {
  const Reader reader = {columns, csv, zone}, *r = &reader;
  g_autoptr(EsCdrRow) row = g_new0(EsCdrRow, 1);
  row->line = es_csv_line(csv);
  row->sequence = ES_UNKNOWN;
  if (!read_moment(r, ES_CDR_START, "start", &row->start_us, error) ||
      !read_moment(r, ES_CDR_ANSWER, "answer", &row->answer_us, error) ||
      !read_moment(r, ES_CDR_END, "end", &row->end_us, error) ||
      !read_length(r, ES_CDR_DURATION, "duration", &row->duration_ms, error) ||
      !read_length(r, ES_CDR_BILLED, "billsec", &row->billed_ms, error) ||
      !read_length_ms(r, &row->duration_ms, error))
    return NULL;
  if (row->start_us == ES_UNKNOWN) {
    es_csv_error(csv, error, _("the start of the call is missing"));
    return NULL;
  }
  read_texts(r, row);
  settle_hour(row, zone);
  if (row->end_us != ES_UNKNOWN &&
      (row->end_us < row->start_us || row->end_us - row->start_us > MAX_LENGTH_MS * ES_US_PER_MS)) {
    es_csv_error(csv, error, _("the call ends before it starts, or lasts longer than a week"));
    return NULL;
  }
  row->disposition = disposition_of(r);
  const char *sequence = es_cdr_column(columns, csv, ES_CDR_SEQUENCE);
  guint64 value;
  if (sequence && g_ascii_string_to_unsigned(sequence, 10, 0, G_MAXINT32, &value, NULL))
    row->sequence = (gint64)value;
  settle_times(row);
  return g_steal_pointer(&row);
}
