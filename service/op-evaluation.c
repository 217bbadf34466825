// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// evaluation.*: scores of calls. Each is appended, none is ever changed.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/index/worklist.h"
#include "earshot/qa/evaluation.h"
#include "json.h"
#include "params.h"
#include "rubric-store.h"
#include "spare.h"

static const char *answers_name(const EsRequest *request) {
  const char *name = es_param_string(request, "name");
  return name ? name : "answers";
}

// Which segment of the call is judged.
static gboolean choose_segment(const EsRequest *request, const EsCall *call, const EsAnswers *answers,
                               EsEvaluation *evaluation, GError **error) {
  guint n = call->segments ? call->segments->len : 0;
  guint segment = answers->segment >= 0 ? (guint)answers->segment : n > 0 ? n - 1 : 0;
  if (segment >= MAX(n, 1)) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: segment %u: the call has %u"),
                answers_name(request), segment + 1, MAX(n, 1));
    return FALSE;
  }
  const EsSegment *judged = n > 0 ? g_ptr_array_index(call->segments, segment) : NULL;
  evaluation->segment = segment;
  evaluation->agent = g_strdup(judged ? judged->agent : NULL);
  return TRUE;
}

static gboolean check_comments(const EsRequest *request, const EsCall *call, const EsAnswers *answers,
                               GError **error) {
  for (guint i = 0; answers->comments && i < answers->comments->len; i++) {
    const EsComment *comment = g_ptr_array_index(answers->comments, i);
    if (comment->at_ms == ES_UNKNOWN || comment->at_ms <= call->audio_ms)
      continue;
    g_autofree char *at = es_duration_format(comment->at_ms, FALSE);
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("%s: the comment at %s lies after the end of the recording"), answers_name(request), at);
    return FALSE;
  }
  return TRUE;
}

// The rubric that the answers or the parameters name; both may, if they agree.
static EsRubric *choose_rubric(EsRequest *request, const EsAnswers *answers, GError **error) {
  const char *asked = es_param_string(request, "rubric"), *version = es_param_string(request, "version");
  const char *id = answers->rubric ? answers->rubric : asked;
  g_autofree char *where = answers->rubric_line
                               ? g_strdup_printf("%s:%u", answers_name(request), answers->rubric_line)
                               : g_strdup(answers_name(request));
  if (!id) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("%s: [evaluation] rubric: missing, and no rubric was named"), where);
    return NULL;
  }
  if ((asked && g_strcmp0(asked, id) != 0) ||
      (version && answers->version && g_strcmp0(version, answers->version) != 0)) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: the answers are for rubric “%s %s”, not “%s %s”"),
                where, id, answers->version ? answers->version : "", asked ? asked : id,
                version ? version : "");
    return NULL;
  }
  EsRubric *rubric = es_rubric_store_find(request, id, answers->version ? answers->version : version,
                                          es_param_string(request, "language"), error);
  if (!rubric)
    g_prefix_error(error, "%s: ", where);
  return rubric;
}

static EsEvaluation *judge(EsRequest *request, const EsCall *call, GError **error) {
  const char *name = answers_name(request);
  g_autoptr(EsAnswers) answers = es_answers_parse(name, es_param_string(request, "answers"), -1, error);
  g_autoptr(EsRubric) rubric = answers ? choose_rubric(request, answers, error) : NULL;
  g_autoptr(EsEvaluation) evaluation = rubric ? es_evaluate(rubric, answers, name, error) : NULL;
  if (!evaluation || !check_comments(request, call, answers, error) ||
      !choose_segment(request, call, answers, evaluation, error))
    return NULL;
  g_free(evaluation->evaluator);
  evaluation->evaluator = g_strdup(answers->evaluator ? answers->evaluator : es_request_actor(request));
  return g_steal_pointer(&evaluation);
}

// Whoever judged a call has done it on their list, and needs the draft no longer.
static gboolean settle(EsRequest *request, const EsEvaluation *evaluation, GError **error) {
  return es_index_finish_work(request->index, evaluation->evaluator, evaluation->call, NULL, request->now_us,
                              NULL, error) &&
         es_index_drop_draft(request->index, evaluation->evaluator, evaluation->call, evaluation->rubric_id,
                             NULL, error);
}

static gboolean run_add(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  g_autoptr(EsEvaluation) evaluation =
      call && es_spare_refuse(call, error) ? judge(request, call, error) : NULL;
  if (!evaluation)
    return FALSE;
  char id[ES_ID_SIZE];
  es_id_new(request->now_us, id);
  g_free(evaluation->id);
  g_free(evaluation->call_uuid);
  evaluation->id = g_strdup(id);
  evaluation->call = call->rowid;
  evaluation->call_uuid = g_strdup(call->id);
  evaluation->at_us = request->now_us;
  if (!es_index_add_evaluation(request->index, evaluation, error) || !settle(request, evaluation, error))
    return FALSE;
  es_request_row(request, es_json_evaluation(evaluation, call, es_param_string(request, "language")));
  return TRUE;
}

static const EsParam add_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"answers", ES_PARAM_TEXT, TRUE, N_("text of the answers file")},
    {"name", ES_PARAM_STRING, FALSE, N_("the file's name, for messages")},
    {"rubric", ES_PARAM_STRING, FALSE, N_("rubric, where the answers name none")},
    {"version", ES_PARAM_STRING, FALSE, N_("its version; the newest if absent")},
    {"language", ES_PARAM_STRING, FALSE, N_("language of the rubric's texts")},
    {0},
};
const EsOperation es_op_evaluation_add = {
    .info = {"evaluation.add", ES_PERMISSION_JUDGE, TRUE, N_("score a call"), add_params},
    .run = run_add,
};

static gboolean run_list(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  g_autoptr(GPtrArray) evaluations =
      call ? es_index_list_evaluations(request->index, call->rowid, error) : NULL;
  if (!evaluations)
    return FALSE;
  for (guint i = 0; i < evaluations->len; i++)
    es_request_row(request, es_json_evaluation(g_ptr_array_index(evaluations, i), call,
                                               es_param_string(request, "language")));
  return TRUE;
}

static const EsParam list_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"language", ES_PARAM_STRING, FALSE, N_("language of the rubric's texts")},
    {0},
};
const EsOperation es_op_evaluation_list = {
    .info = {"evaluation.list", ES_PERMISSION_LISTEN, FALSE, N_("a call's evaluations"), list_params},
    .run = run_list,
};
