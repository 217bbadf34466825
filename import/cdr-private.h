// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the parts that read call detail records share: columns → rows → calls.
#pragma once

#include "earshot/common/csv.h"
#include "earshot/import/cdr.h"

typedef enum {
  ES_CDR_ACCOUNT,
  ES_CDR_SRC,
  ES_CDR_DST,
  ES_CDR_CONTEXT,
  ES_CDR_CLID,
  ES_CDR_CHANNEL,
  ES_CDR_DST_CHANNEL,
  ES_CDR_LAST_APP,
  ES_CDR_LAST_DATA,
  ES_CDR_START,
  ES_CDR_ANSWER,
  ES_CDR_END,
  ES_CDR_DURATION,
  ES_CDR_BILLED,
  ES_CDR_DISPOSITION,
  ES_CDR_PBX_ID,
  ES_CDR_USER_FIELD,
  ES_CDR_LINKED_ID,
  ES_CDR_SEQUENCE,
  ES_CDR_RECORDING,
  ES_CDR_DID,
  ES_CDR_CALLER_NUMBER,
  ES_CDR_CALLER_NAME,
  ES_CDR_DIRECTION,
  ES_CDR_QUEUE,
  ES_CDR_AGENT,
  ES_CDR_CLIENT,
  ES_CDR_DURATION_MS,
  ES_CDR_FIELDS
} EsCdrField;

// Which column holds which field.
typedef struct {
  gboolean with_heading;
  int column[ES_CDR_FIELDS]; // -1: none
} EsCdrColumns;

// Learns them from the file's first row, a heading or the first record; ES_ERROR_INVALID if it is neither.
gboolean es_cdr_columns_learn(EsCdrColumns *columns, const EsCsv *csv, GError **error);
// A field of the present row; NULL if it is not there or empty.
const char *es_cdr_column(const EsCdrColumns *columns, const EsCsv *csv, EsCdrField field);

// The present row; NULL with an error that names file, line and field.
EsCdrRow *es_cdr_row_read(const EsCdrColumns *columns, const EsCsv *csv, GTimeZone *zone, GError **error);
void es_cdr_row_free(EsCdrRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCdrRow, es_cdr_row_free)

// Joins rows (which it takes over, in any order) to calls in order of their start: of EsCdrCall.
GPtrArray *es_cdr_join(GPtrArray *rows);
// What the rows of one call, in time order, say together.
EsCall *es_cdr_summarise(const GPtrArray *rows);
