// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// An evaluation as JSON. The row of the index holds names and values; what they stand for comes from the
// rubric's text that is frozen with the evaluation, in the language asked for.
#include "earshot/qa/rubric.h"
#include "json.h"

static void explain_answer(const EsRubric *rubric, JsonObject *answer) {
  const char *name = json_object_get_string_member_with_default(answer, "question", NULL);
  const char *value = json_object_get_string_member_with_default(answer, "answer", NULL);
  const EsQuestion *question = name ? es_rubric_question(rubric, name) : NULL;
  const EsOption *option = question && value ? es_question_option(question, value) : NULL;
  es_json_set_text(answer, "text", question ? question->text : NULL);
  es_json_set_text(answer, "label", option ? option->label : NULL);
  es_json_set_text(answer, "critical", question ? question->critical : NULL);
}

static void explain(const EsEvaluation *evaluation, const char *language, JsonObject *row) {
  g_autoptr(EsRubric) rubric =
      evaluation->rubric_text
          ? es_rubric_parse(evaluation->rubric_id, evaluation->rubric_text, language, NULL)
          : NULL;
  if (!rubric)
    return;
  es_json_set_text(row, "title", rubric->title);
  es_json_set_number(row, "pass_percent", rubric->pass_percent);
  JsonNode *node = json_object_get_member(row, "answers");
  JsonArray *answers = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
  for (guint i = 0; answers && i < json_array_get_length(answers); i++) {
    JsonNode *answer = json_array_get_element(answers, i);
    if (JSON_NODE_HOLDS_OBJECT(answer))
      explain_answer(rubric, json_node_get_object(answer));
  }
}

// Of the judged segment, unless that has been given to another agent since.
static const char *agent_name(const EsEvaluation *evaluation, const EsCall *call) {
  const EsSegment *segment = call->segments && evaluation->segment < call->segments->len
                                 ? g_ptr_array_index(call->segments, evaluation->segment)
                                 : NULL;
  return segment && g_strcmp0(segment->agent, evaluation->agent) == 0 ? segment->agent_name : NULL;
}

JsonObject *es_json_evaluation(const EsEvaluation *evaluation, const EsCall *call, const char *language) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "id", evaluation->id);
  es_json_set_text(o, "call_id", evaluation->call_uuid);
  json_object_set_int_member(o, "segment", evaluation->segment);
  es_json_set_text(o, "agent", evaluation->agent);
  es_json_set_text(o, "agent_name", agent_name(evaluation, call));
  es_json_set_text(o, "evaluator", evaluation->evaluator);
  es_json_set_time(o, "at", evaluation->at_us);
  es_json_set_text(o, "rubric", evaluation->rubric_id);
  es_json_set_text(o, "version", evaluation->rubric_version);
  es_json_set_text(o, "title", evaluation->rubric_title);
  es_json_set_number(o, "score", evaluation->score);
  es_json_set_number(o, "score_raw", evaluation->score_raw);
  json_object_set_boolean_member(o, "critical_failed", evaluation->critical_failed);
  json_object_set_boolean_member(o, "passed", evaluation->passed);
  es_json_set_parsed(o, "answers", evaluation->answers_json);
  es_json_set_parsed(o, "comments", evaluation->comments_json);
  explain(evaluation, language, o);
  return o;
}
