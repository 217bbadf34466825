// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What somebody's table says about recordings: CSV with a heading, or JSON (a list of objects, an object with
// the list "calls", or one object a line). Names of columns and members are those of our own JSON, or what
// other systems call them.
#pragma once

#include "earshot/index/call.h"

typedef struct {
  EsCall *call; // what is stated; everything else unknown
  char *file;   // as written; names the recording
  char *left;   // role of the left channel
  char *transcript;
  char *where; // "calls.csv:12", "calls.json: entry 3"
  gboolean used;
} EsMetaRow;

typedef struct {
  GTimeZone *zone;                                     // of times that name none
  void (*mistake)(const char *message, gpointer data); // one a wrong field; the row is left out
  void (*warning)(const char *message, gpointer data);
  gpointer data;
  guint64 wrong; // rows left out
} EsMetaReading;

// Of EsMetaRow with free-func set. NULL with ES_ERROR_INVALID for what is no such table at all.
GPtrArray *es_metadata_read(const char *path, EsMetaReading *reading, GError **error);
GPtrArray *es_metadata_parse(const char *name, const char *text, gsize length, EsMetaReading *reading,
                             GError **error);

// ---- metadata-fields.c

typedef struct EsMetaField EsMetaField;
// The field that a heading means; NULL if none.
const EsMetaField *es_meta_field_find(const char *heading);
const char *es_meta_field_name(const EsMetaField *field);
// Sets it. heading is how the table calls it: under our own name a bare number of "wait_ms" is milliseconds,
// under another one seconds. NULL when that is well, else what is wrong with the value; caller frees.
char *es_meta_field_set(const EsMetaField *field, const char *heading, EsMetaRow *row, const char *value,
                        GTimeZone *zone);
// After the last field: what does not fit together; NULL when all does. Caller frees.
char *es_meta_row_check(EsMetaRow *row);
