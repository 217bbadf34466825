// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Call detail records of a telephone system: Asterisk's Master.csv, what FreePBX exports, and tables with our
// own names (docs/telephone-systems.md). One call is several rows there: legs, attempts, transfers; they are
// joined to one.
#pragma once

#include "earshot/index/call.h"

typedef struct {
  guint64 line; // where the row begins in its file, from 1
  char *src, *dst, *context, *channel, *dst_channel, *last_app, *last_data;
  char *caller_name;
  char *disposition; // answered, missed, busy, failed: of this row
  char *account, *user_field;
  char *pbx_id, *linked_id;                 // Asterisk: uniqueid, linkedid
  char *did;                                // the number that was dialled from outside
  char *recording;                          // the recording's file name as the telephone system noted it
  char *direction, *queue, *agent, *client; // where the table has columns for them
  gint64 start_us, answer_us, end_us;
  gint64 duration_ms, billed_ms;
  gint64 sequence; // ES_UNKNOWN if the file has none
} EsCdrRow;

typedef struct {
  GPtrArray *rows; // of EsCdrRow, in time order; owned by the table
  // What the rows say together: pbx_id, caller, callee, caller_name, direction, disposition, started_us,
  // answered_us, ended_us, duration_ms, segments. What they do not say is unknown. It has no id, no outcome
  // and no audio.
  EsCall *call;
} EsCdrCall;

typedef struct {
  const char *timezone; // of the times in the file: "Africa/Cairo", "UTC", "+02:00"; NULL: this machine's,
                        // put right by the moments that Asterisk's ids carry
  gint64 from_us, until_us; // only rows that start in [from, until); ES_UNKNOWN: open
  void (*warning)(const char *message, gpointer user_data); // rows that were kept out; may be NULL
  gpointer user_data;
} EsCdrOptions;

typedef struct EsCdr EsCdr;

// Reads the whole file. Rows that do not parse are kept out, told to warning (the first of them) and counted.
// ES_ERROR_INVALID if it is no such table at all or is larger than what memory is for.
EsCdr *es_cdr_read(const char *path, const EsCdrOptions *options, GError **error);
EsCdr *es_cdr_read_text(const char *name, const char *text, gssize length, const EsCdrOptions *options,
                        GError **error);
void es_cdr_free(EsCdr *cdr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCdr, es_cdr_free)

const GPtrArray *es_cdr_calls(const EsCdr *cdr); // of EsCdrCall, in order of their start
guint64 es_cdr_rows(const EsCdr *cdr);           // that the file has
guint64 es_cdr_wrong_rows(const EsCdr *cdr);
// The call that has this id on any of its rows; NULL if there is none.
const EsCdrCall *es_cdr_find(const EsCdr *cdr, const char *pbx_id);
// The call whose recording the telephone system noted under this file name (folders do not count); NULL.
const EsCdrCall *es_cdr_find_recording(const EsCdr *cdr, const char *file_name);
