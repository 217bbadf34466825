// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The columns of call beside the members of EsCall, in the order of "call-row".
#include "index-private.h"
#include "number.h"

#include <string.h>

#define LONGEST_BYTES 1000

// KNOWN: gint64 with ES_UNKNOWN; NUMBER: int. The last two are only read: they follow from other rows.
typedef enum { TEXT, KNOWN, NUMBER, DERIVED, DERIVED_REAL } Kind;

typedef struct {
  const char *name;
  Kind kind;
  gsize offset;
} Field;

#define FIELD(member, kind)                                                                                  \
  { ":" #member, kind, G_STRUCT_OFFSET(EsCall, member) }

static const Field fields[] = {
    {":uuid", TEXT, G_STRUCT_OFFSET(EsCall, id)},
    FIELD(group_id, TEXT),
    FIELD(call_id, TEXT),
    FIELD(source_key, TEXT),
    FIELD(source, TEXT),
    FIELD(client, TEXT),
    FIELD(direction, TEXT),
    FIELD(caller, TEXT),
    FIELD(callee, TEXT),
    FIELD(caller_uri, TEXT),
    FIELD(callee_uri, TEXT),
    FIELD(caller_name, TEXT),
    FIELD(callee_name, TEXT),
    FIELD(disposition, TEXT),
    FIELD(sip_status, NUMBER),
    FIELD(outcome, TEXT),
    FIELD(outcome_reason, TEXT),
    FIELD(started_us, KNOWN),
    FIELD(answered_us, KNOWN),
    FIELD(ended_us, KNOWN),
    FIELD(ended_by, TEXT),
    FIELD(duration_ms, KNOWN),
    FIELD(audio_offset_ms, KNOWN),
    FIELD(audio_ms, KNOWN),
    FIELD(wait_ms, KNOWN),
    FIELD(hold_ms, KNOWN),
    FIELD(file, TEXT),
    FIELD(file_sha256, TEXT),
    FIELD(file_bytes, KNOWN),
    FIELD(codec, TEXT),
    FIELD(sample_rate_hz, NUMBER),
    FIELD(channels, NUMBER),
    FIELD(consent_state, TEXT),
    FIELD(talk_over_ms, KNOWN),
    FIELD(dead_air_ms, KNOWN),
    FIELD(greeting_ms, KNOWN),
    FIELD(missing_ms, KNOWN),
    FIELD(pbx_id, TEXT),
    FIELD(business_id, TEXT),
    FIELD(original_name, TEXT),
    FIELD(original_sha256, TEXT),
    FIELD(original_format, TEXT),
    FIELD(dropped_packets, KNOWN),
    FIELD(raised_ms, KNOWN),
    FIELD(mapping_json, TEXT),
    FIELD(repeats, DERIVED),
    FIELD(tension, DERIVED_REAL),
    FIELD(score, DERIVED_REAL),
};

// What callers and switches write is cut here, not refused: the call counts, its 60,000th letter does not.
// The key by which a call is known again stays whole, and what our own hand wrote.
static void cut(char **text) {
  if (!*text || strlen(*text) <= LONGEST_BYTES)
    return;
  g_autofree char *valid = g_utf8_make_valid(*text, -1);
  char *end = g_utf8_find_prev_char(valid, valid + LONGEST_BYTES);
  *end = '\0';
  g_free(*text);
  *text = g_strconcat(valid, "…", NULL);
}

static gboolean is_kept_whole(gsize offset) {
  return offset == G_STRUCT_OFFSET(EsCall, source_key) || offset == G_STRUCT_OFFSET(EsCall, mapping_json);
}

void es_call_cut_texts(EsCall *call) {
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
    if (fields[i].kind == TEXT && !is_kept_whole(fields[i].offset))
      cut(&G_STRUCT_MEMBER(char *, call, fields[i].offset));
  for (guint i = 0; call->segments && i < call->segments->len; i++) {
    EsSegment *segment = g_ptr_array_index(call->segments, i);
    cut(&segment->agent);
    cut(&segment->agent_name);
    cut(&segment->team);
    cut(&segment->queue);
  }
  for (guint i = 0; call->events && i < call->events->len; i++)
    cut(&((EsCallEvent *)g_ptr_array_index(call->events, i))->detail);
}

void es_call_bind(EsStatement *statement, const EsCall *call) {
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
    const Field *field = &fields[i];
    if (field->kind == TEXT)
      es_bind_text(statement, field->name, G_STRUCT_MEMBER(char *, call, field->offset));
    else if (field->kind == KNOWN)
      es_bind_known(statement, field->name, G_STRUCT_MEMBER(gint64, call, field->offset));
    else if (field->kind == NUMBER)
      es_bind_int(statement, field->name, G_STRUCT_MEMBER(int, call, field->offset));
  }
  g_autofree char *caller_key = es_number_key(call->caller);
  g_autofree char *callee_key = es_number_key(call->callee);
  g_autofree char *tail = g_strreverse(g_strdup(call->id + strlen(call->id) - 12));
  es_bind_text(statement, ":caller_key", caller_key);
  es_bind_text(statement, ":callee_key", callee_key);
  es_bind_text(statement, ":uuid_tail", tail);
}

void es_call_read(EsStatement *statement, EsCall *call) {
  call->rowid = es_column_int(statement, 0);
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
    const Field *field = &fields[i];
    int column = (int)i + 1;
    g_assert(g_str_equal(es_column_name(statement, column), field->name + 1));
    if (field->kind == TEXT) {
      char **text = &G_STRUCT_MEMBER(char *, call, field->offset);
      g_free(*text);
      *text = es_column_dup(statement, column);
    } else if (field->kind == KNOWN || field->kind == DERIVED) {
      G_STRUCT_MEMBER(gint64, call, field->offset) = es_column_int(statement, column);
    } else if (field->kind == NUMBER) {
      G_STRUCT_MEMBER(int, call, field->offset) = (int)es_column_int(statement, column);
    } else {
      G_STRUCT_MEMBER(double, call, field->offset) = es_column_real(statement, column);
    }
  }
}
