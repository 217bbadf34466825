// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// call.transcript: what was said, a row for each stretch.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/match.h"
#include "earshot/index/transcript.h"
#include "json.h"
#include "operation.h"
#include "params.h"

static JsonObject *cue_json(const EsCue *cue) {
  JsonObject *o = json_object_new();
  es_json_set_ms(o, "start_ms", cue->start_ms);
  es_json_set_ms(o, "end_ms", cue->end_ms);
  es_json_set_text(o, "speaker", cue->speaker);
  es_json_set_text(o, "text", cue->text);
  return o;
}

static gboolean is_in(const EsMatcher *matcher, const char *text) {
  g_autoptr(GArray) spans = es_matcher_find(matcher, text);
  return spans->len > 0;
}

static gboolean run_transcript(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  g_autoptr(GPtrArray) cues = call ? es_index_get_transcript(request->index, call->rowid, error) : NULL;
  if (!cues)
    return FALSE;
  if (cues->len == 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("call %s has no transcript"), call->id);
    return FALSE;
  }
  const char *word = es_param_string(request, "word");
  g_autoptr(EsMatcher) matcher = word ? es_matcher_new(word) : NULL;
  if (word && !matcher)
    return es_request_refuse(error, "word", _("there is no word to search for in “%s”"), word);
  guint found = 0;
  for (guint i = 0; i < cues->len; i++) {
    const EsCue *cue = g_ptr_array_index(cues, i);
    if (matcher && !is_in(matcher, cue->text))
      continue;
    es_request_row(request, cue_json(cue));
    found++;
  }
  if (found == 0)
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("“%s” was not said in call %s"), word, call->id);
  return found > 0;
}

static const EsParam transcript_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"word", ES_PARAM_STRING, FALSE, N_("only where this was said")},
    {0},
};
const EsOperation es_op_call_transcript = {
    .info = {"call.transcript", ES_PERMISSION_LISTEN, FALSE, N_("what was said in a call"),
             transcript_params},
    .run = run_transcript,
};
