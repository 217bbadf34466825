// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// calls.csv: a row a call, for spreadsheets.
#include "earshot/common/clock.h"
#include "earshot/common/csv.h"
#include "earshot/common/score.h"
#include "earshot/qa/evaluation.h"
#include "pack-internal.h"

#include <math.h>

static const char header[] =
    "id,started_at,client,direction,caller,caller_name,callee,callee_name,agent,agent_name,queue,duration_ms,"
    "audio_ms,missing_ms,consent_state,tags,flag_notes,score,score_raw,passed,critical_failed,rubric,"
    "rubric_version,evaluator,comments,notes,files\r\n";

static void add_field(GString *out, const char *text) {
  g_autofree char *cell = es_csv_cell(text);
  g_string_append(out, cell);
}

static void next(GString *out) {
  g_string_append_c(out, ',');
}

static void add_text(const Pack *pack, GString *out, const char *text) {
  g_autofree char *masked = pack_mask_text(pack->mask, text);
  add_field(out, masked);
  next(out);
}

static void add_plain(GString *out, const char *text) {
  add_field(out, text);
  next(out);
}

static void add_length(GString *out, gint64 length_ms) {
  if (length_ms != ES_UNKNOWN)
    g_string_append_printf(out, "%" G_GINT64_FORMAT, length_ms);
  next(out);
}

static void add_score(GString *out, double score) {
  if (!isnan(score)) {
    g_autofree char *text = es_score_format(score);
    g_string_append(out, text);
  }
  next(out);
}

static const EsSegment *last_segment(const EsCall *call) {
  return call->segments && call->segments->len > 0 ? call->segments->pdata[call->segments->len - 1] : NULL;
}

static void add_who(const Pack *pack, GString *out, const EsCall *call) {
  const EsSegment *segment = last_segment(call);
  add_plain(out, call->id);
  g_autofree char *started = es_time_format_utc(call->started_us);
  add_plain(out, started);
  add_text(pack, out, call->client);
  add_plain(out, call->direction);
  add_text(pack, out, call->caller);
  add_text(pack, out, call->caller_name);
  add_text(pack, out, call->callee);
  add_text(pack, out, call->callee_name);
  add_text(pack, out, segment ? segment->agent : NULL);
  add_text(pack, out, segment ? segment->agent_name : NULL);
  add_text(pack, out, segment ? segment->queue : NULL);
}

static void add_line(GString *lines, const char *text) {
  if (!text || !*text)
    return;
  if (lines->len > 0)
    g_string_append_c(lines, '\n');
  g_string_append(lines, text);
}

static void add_call_data(const Pack *pack, GString *out, const PackCall *one) {
  const EsCall *call = one->call;
  add_length(out, call->duration_ms);
  add_length(out, call->audio_ms);
  add_length(out, call->missing_ms);
  add_plain(out, es_consent_state(call->consent));
  g_autofree char *tags = call->tags ? g_strjoinv(" ", call->tags) : NULL;
  add_text(pack, out, tags);
  g_autoptr(GString) notes = g_string_new(NULL);
  for (guint i = 0; i < one->flags->len; i++)
    add_line(notes, ((EsFlag *)one->flags->pdata[i])->note);
  add_text(pack, out, notes->str);
}

static void add_evaluation(const Pack *pack, GString *out, const PackCall *one) {
  const EsEvaluation *last =
      one->evaluations->len > 0 ? one->evaluations->pdata[one->evaluations->len - 1] : NULL;
  if (!last) {
    g_string_append(out, ",,,,,,,,");
    return;
  }
  add_score(out, last->score);
  add_score(out, last->score_raw);
  add_plain(out, last->passed ? "yes" : "no");
  add_plain(out, last->critical_failed ? "yes" : "no");
  add_plain(out, last->rubric_id);
  add_plain(out, last->rubric_version);
  add_text(pack, out, last->evaluator);
  g_autoptr(JsonObject) json = pack_evaluation_json(pack, last);
  JsonArray *comments = json_object_get_array_member(json, "comments");
  g_autoptr(GString) lines = g_string_new(NULL);
  for (guint i = 0; i < json_array_get_length(comments); i++)
    add_line(lines, json_object_get_string_member_with_default(json_array_get_object_element(comments, i),
                                                               "text", NULL));
  add_text(pack, out, lines->str);
}

static void add_call(const Pack *pack, GString *out, const PackCall *one) {
  add_who(pack, out, one->call);
  add_call_data(pack, out, one);
  add_evaluation(pack, out, one);
  g_autoptr(GString) notes = g_string_new(NULL), files = g_string_new(NULL);
  for (guint i = 0; i < one->notes->len; i++)
    add_line(notes, ((EsNote *)one->notes->pdata[i])->text);
  add_text(pack, out, notes->str);
  for (guint i = 0; i < one->clips->len; i++)
    add_line(files, ((PackClip *)one->clips->pdata[i])->file);
  add_field(out, files->str);
  g_string_append(out, "\r\n");
}

char *pack_csv(const Pack *pack) {
  GString *out = g_string_new(ES_CSV_MARK);
  g_string_append(out, header);
  for (guint i = 0; i < pack->calls->len; i++)
    add_call(pack, out, pack->calls->pdata[i]);
  return g_string_free(out, FALSE);
}
