// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// evaluation.draft_*: an evaluation that was begun, kept for whoever began it until it is finished.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/worklist.h"
#include "earshot/qa/evaluation.h"
#include "json.h"
#include "operation.h"
#include "params.h"
#include "spare.h"

#define DRAFT_NAME "draft"

static JsonArray *filled_json(const EsAnswers *answers) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < answers->answers->len; i++) {
    const EsAnswer *answer = g_ptr_array_index(answers->answers, i);
    if ((!answer->value || !*answer->value) && !answer->comment)
      continue;
    JsonObject *o = json_object_new();
    es_json_set_text(o, "question", answer->question);
    es_json_set_text(o, "answer", answer->value && *answer->value ? answer->value : NULL);
    es_json_set_text(o, "comment", answer->comment);
    json_array_add_object_element(array, o);
  }
  return array;
}

static JsonArray *comments_json(const EsAnswers *answers) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < answers->comments->len; i++) {
    const EsComment *comment = g_ptr_array_index(answers->comments, i);
    JsonObject *o = json_object_new();
    es_json_set_ms(o, "at_ms", comment->at_ms);
    es_json_set_text(o, "text", comment->text);
    json_array_add_object_element(array, o);
  }
  return array;
}

static JsonObject *draft_json(const EsCall *call, const EsDraft *draft, const EsAnswers *answers) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "id", call->id);
  es_json_set_text(o, "rubric", draft->rubric_id);
  es_json_set_text(o, "version", answers->version);
  es_json_set_ms(o, "segment", answers->segment >= 0 ? answers->segment + 1 : ES_UNKNOWN);
  es_json_set_time(o, "at", draft->at_us);
  es_json_set_ms(o, "position_ms", draft->position_ms);
  json_object_set_array_member(o, "answers", filled_json(answers));
  json_object_set_array_member(o, "comments", comments_json(answers));
  return o;
}

// Whoever knows the draft of a moment is told when there is another one by now, or none: the same call is
// being judged twice, and of the two drafts the last one stays.
static gboolean warn_of_another(EsRequest *request, const EsCall *call, const char *rubric, GError **error) {
  const char *known = es_param_string(request, "known_at");
  g_autoptr(EsDraft) there = NULL;
  if (!known)
    return TRUE;
  if (!es_index_get_draft(request->index, es_request_actor(request), call->rowid, rubric, &there, error))
    return FALSE;
  g_autofree char *at = there ? es_time_format_utc(there->at_us) : NULL;
  if (g_strcmp0(at, known) != 0)
    es_request_warning(request,
                       _("this call is being judged in another window, too; the last one to save wins"));
  return TRUE;
}

static gboolean run_save(EsRequest *request, GError **error) {
  const char *text = es_param_string(request, "answers");
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  g_autoptr(EsAnswers) answers = call ? es_answers_parse(DRAFT_NAME, text, -1, error) : NULL;
  if (!answers)
    return FALSE;
  if (!answers->rubric)
    return es_request_refuse(error, "answers", _("must name their rubric"));
  EsDraft draft = {.rubric_id = answers->rubric,
                   .answers = (char *)text,
                   .position_ms = es_param_int(request, "position_ms", ES_UNKNOWN),
                   .at_us = request->now_us};
  if (!warn_of_another(request, call, answers->rubric, error) ||
      !es_index_put_draft(request->index, es_request_actor(request), call->rowid, &draft, error))
    return FALSE;
  es_request_row(request, draft_json(call, &draft, answers));
  return TRUE;
}

static const EsParam save_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"answers", ES_PARAM_TEXT, TRUE, N_("text of the answers file, as far as it goes")},
    {"position_ms", ES_PARAM_INT, FALSE, N_("where the listener is")},
    {"known_at", ES_PARAM_STRING, FALSE, N_("when the draft was saved that one knows")},
    {0},
};
const EsOperation es_op_evaluation_draft_save = {
    .info = {"evaluation.draft_save", ES_PERMISSION_JUDGE, TRUE, N_("keep an evaluation that was begun"),
             save_params},
    .is_scratch = TRUE,
    .run = run_save,
};

static gboolean run_get(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  g_autoptr(EsDraft) draft = NULL;
  if (!call || !es_spare_refuse(call, error) ||
      !es_index_get_draft(request->index, es_request_actor(request), call->rowid,
                          es_param_string(request, "rubric"), &draft, error))
    return FALSE;
  if (!draft)
    return TRUE;
  g_autoptr(EsAnswers) answers = es_answers_parse(DRAFT_NAME, draft->answers, -1, error);
  if (!answers)
    return FALSE;
  es_request_row(request, draft_json(call, draft, answers));
  return TRUE;
}

static const EsParam get_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"rubric", ES_PARAM_STRING, FALSE, N_("by this rubric; the latest one if absent")},
    {0},
};
const EsOperation es_op_evaluation_draft_get = {
    .info = {"evaluation.draft_get", ES_PERMISSION_JUDGE, FALSE, N_("one's own draft for a call, if any"),
             get_params},
    .run = run_get,
};

static gboolean run_drop(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  gboolean dropped;
  if (!call || !es_index_drop_draft(request->index, es_request_actor(request), call->rowid,
                                    es_param_string(request, "rubric"), &dropped, error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", call->id);
  json_object_set_boolean_member(row, "dropped", dropped);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam drop_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"rubric", ES_PARAM_STRING, TRUE, N_("by this rubric")},
    {0},
};
const EsOperation es_op_evaluation_draft_drop = {
    .info = {"evaluation.draft_drop", ES_PERMISSION_JUDGE, TRUE, N_("throw one's own draft away"),
             drop_params},
    .run = run_drop,
};
