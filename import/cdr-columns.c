// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which column of a table of call detail records holds what.
//
// With a heading, by its names: those of Asterisk's database, of FreePBX, and ours. Without one, Asterisk's
// order: the module cdr_csv begins with the account code and has the start in its tenth column, the shipped
// template of cdr_custom begins with the caller's name and has it in the ninth. What stands behind the
// sixteenth differs from one machine to the next and is known by its looks.
#include "cdr-private.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "uniqueid.h"

#include <string.h>

#define FIXED_COLUMNS 16

static const struct {
  const char *name;
  EsCdrField field;
} names[] = {
    {"accountcode", ES_CDR_ACCOUNT},
    {"src", ES_CDR_SRC},
    {"caller", ES_CDR_SRC},
    {"dst", ES_CDR_DST},
    {"callee", ES_CDR_DST},
    {"dcontext", ES_CDR_CONTEXT},
    {"context", ES_CDR_CONTEXT},
    {"clid", ES_CDR_CLID},
    {"channel", ES_CDR_CHANNEL},
    {"dstchannel", ES_CDR_DST_CHANNEL},
    {"lastapp", ES_CDR_LAST_APP},
    {"lastdata", ES_CDR_LAST_DATA},
    {"start", ES_CDR_START},
    {"calldate", ES_CDR_START},
    {"started_at", ES_CDR_START},
    {"answer", ES_CDR_ANSWER},
    {"answered_at", ES_CDR_ANSWER},
    {"end", ES_CDR_END},
    {"ended_at", ES_CDR_END},
    {"duration", ES_CDR_DURATION},
    {"billsec", ES_CDR_BILLED},
    {"disposition", ES_CDR_DISPOSITION},
    {"uniqueid", ES_CDR_PBX_ID},
    {"pbx_id", ES_CDR_PBX_ID},
    {"userfield", ES_CDR_USER_FIELD},
    {"linkedid", ES_CDR_LINKED_ID},
    {"group_id", ES_CDR_LINKED_ID},
    {"sequence", ES_CDR_SEQUENCE},
    {"recordingfile", ES_CDR_RECORDING},
    {"file", ES_CDR_RECORDING},
    {"original_name", ES_CDR_RECORDING},
    {"did", ES_CDR_DID},
    {"cnum", ES_CDR_CALLER_NUMBER},
    {"cnam", ES_CDR_CALLER_NAME},
    {"caller_name", ES_CDR_CALLER_NAME},
    {"direction", ES_CDR_DIRECTION},
    {"queue", ES_CDR_QUEUE},
    {"agent", ES_CDR_AGENT},
    {"client", ES_CDR_CLIENT},
    {"duration_ms", ES_CDR_DURATION_MS},
};

static void set_all(EsCdrColumns *columns, const EsCdrField *fields, guint count) {
  for (guint i = 0; i < count; i++)
    columns->column[fields[i]] = (int)i;
}

static guint learn_heading(EsCdrColumns *columns, const EsCsv *csv) {
  guint known = 0;
  for (guint i = 0; i < es_csv_count(csv); i++) {
    g_autofree char *name = g_strstrip(g_strdup(es_csv_field(csv, i)));
    for (guint k = 0; k < G_N_ELEMENTS(names); k++)
      if (g_ascii_strcasecmp(name, names[k].name) == 0 && columns->column[names[k].field] < 0) {
        columns->column[names[k].field] = (int)i;
        known++;
      }
  }
  return known;
}

static gboolean is_moment(const char *text) {
  gint64 at_us;
  return text && es_time_parse_in(text, NULL, &at_us);
}

static gboolean is_recording(const char *text) {
  static const char *const endings[] = {".wav", ".gsm", ".mp3", ".ogg", ".opus", ".g722", ".flac", ".sln"};
  gsize length = strlen(text);
  for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
    gsize n = strlen(endings[i]);
    if (length > n && g_ascii_strcasecmp(text + length - n, endings[i]) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean is_count(const char *text) {
  return *text && strlen(text) <= 10 && strspn(text, "0123456789") == strlen(text);
}

static gboolean learn_asterisk(EsCdrColumns *columns, const EsCsv *csv) {
  static const EsCdrField classic[] = {ES_CDR_ACCOUNT,   ES_CDR_SRC,     ES_CDR_DST,         ES_CDR_CONTEXT,
                                       ES_CDR_CLID,      ES_CDR_CHANNEL, ES_CDR_DST_CHANNEL, ES_CDR_LAST_APP,
                                       ES_CDR_LAST_DATA, ES_CDR_START,   ES_CDR_ANSWER,      ES_CDR_END,
                                       ES_CDR_DURATION,  ES_CDR_BILLED,  ES_CDR_DISPOSITION};
  static const EsCdrField custom[] = {ES_CDR_CLID,    ES_CDR_SRC,         ES_CDR_DST,      ES_CDR_CONTEXT,
                                      ES_CDR_CHANNEL, ES_CDR_DST_CHANNEL, ES_CDR_LAST_APP, ES_CDR_LAST_DATA,
                                      ES_CDR_START,   ES_CDR_ANSWER,      ES_CDR_END,      ES_CDR_DURATION,
                                      ES_CDR_BILLED,  ES_CDR_DISPOSITION};
  if (is_moment(es_csv_field(csv, 9)) && !is_moment(es_csv_field(csv, 8)))
    set_all(columns, classic, G_N_ELEMENTS(classic));
  else if (is_moment(es_csv_field(csv, 8)))
    set_all(columns, custom, G_N_ELEMENTS(custom));
  else
    return FALSE;
  return TRUE;
}

gboolean es_cdr_columns_learn(EsCdrColumns *columns, const EsCsv *csv, GError **error) {
  *columns = (EsCdrColumns){0};
  for (guint i = 0; i < ES_CDR_FIELDS; i++)
    columns->column[i] = -1;
  columns->with_heading = learn_heading(columns, csv) >= 2;
  if (!columns->with_heading) {
    for (guint i = 0; i < ES_CDR_FIELDS; i++)
      columns->column[i] = -1;
    if (learn_asterisk(columns, csv))
      return TRUE;
    return es_csv_error(csv, error,
                        _("neither a heading nor a record of Asterisk: the columns are not known"));
  }
  if (columns->column[ES_CDR_START] < 0)
    return es_csv_error(csv, error, _("the heading has no column for the start of the call (%s)"),
                        "start, calldate, started_at");
  return TRUE;
}

// Behind the columns that every Asterisk writes, the first id is the call's own and the second links calls.
static const char *by_looks(const EsCsv *csv, EsCdrField field) {
  guint ids = 0;
  for (guint i = FIXED_COLUMNS; i < es_csv_count(csv); i++) {
    const char *text = es_csv_field(csv, i);
    gboolean is_id = es_uniqueid_read(text, NULL);
    ids += is_id;
    if ((field == ES_CDR_PBX_ID && is_id && ids == 1) || (field == ES_CDR_LINKED_ID && is_id && ids == 2) ||
        (field == ES_CDR_SEQUENCE && ids > 0 && is_count(text)) ||
        (field == ES_CDR_RECORDING && is_recording(text)))
      return text;
    if (field == ES_CDR_USER_FIELD && i == FIXED_COLUMNS + 1 && !is_id && *text && !is_recording(text))
      return text;
  }
  return NULL;
}

const char *es_cdr_column(const EsCdrColumns *columns, const EsCsv *csv, EsCdrField field) {
  int column = columns->column[field];
  if (column < 0)
    return columns->with_heading ? NULL : by_looks(csv, field);
  const char *text = es_csv_field(csv, (guint)column);
  return text && *text ? text : NULL;
}
