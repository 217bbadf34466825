// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// An evaluation as people read it: the stored answers joined with the rubric text that was frozen with them,
// in the pack's language, grouped by section. A frozen text that this program cannot read leaves the names of
// questions and values, in one section.
#include "earshot/common/id.h"
#include "earshot/qa/evaluation.h"
#include "pack-internal.h"
#include "words.h"

#include <math.h>

static JsonArray *parse_array(const char *text) {
  g_autoptr(JsonNode) node = text ? json_from_string(text, NULL) : NULL;
  return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_dup_array(node) : json_array_new();
}

static const char *text_of(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

static double number_of(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : NAN;
}

static const char *label_of(const Pack *pack, const EsQuestion *question, const char *value) {
  if (!value || g_str_equal(value, ES_ANSWER_NA))
    return es_word(pack->language, "na");
  const EsOption *option = question ? es_question_option(question, value) : NULL;
  return option ? option->label : value;
}

static JsonObject *question_json(const Pack *pack, const EsQuestion *question, JsonObject *answer) {
  const char *name = text_of(answer, "question"), *value = text_of(answer, "answer");
  JsonObject *object = json_object_new();
  pack_json_text(pack, object, "question", name);
  pack_json_text(pack, object, "text", question ? question->text : name);
  pack_json_text(pack, object, "answer", value);
  pack_json_text(pack, object, "label", label_of(pack, question, value));
  es_json_set_number(object, "score", number_of(answer, "score"));
  es_json_set_number(object, "weight", number_of(answer, "weight"));
  es_json_set_text(object, "critical", question ? question->critical : NULL);
  json_object_set_boolean_member(
      object, "critical_failed",
      json_object_get_boolean_member_with_default(answer, "critical_failed", FALSE));
  pack_json_text(pack, object, "comment", text_of(answer, "comment"));
  return object;
}

static double section_score(JsonArray *questions) {
  double points = 0, weights = 0;
  for (guint i = 0; i < json_array_get_length(questions); i++) {
    JsonObject *question = json_array_get_object_element(questions, i);
    double score = number_of(question, "score"), weight = number_of(question, "weight");
    if (isnan(score) || isnan(weight))
      continue;
    points += weight * score;
    weights += weight;
  }
  return weights > 0 ? 100 * points / weights : NAN;
}

// Answers of one section; section NULL takes all.
static JsonObject *section_json(const Pack *pack, const EsRubric *rubric, const EsSection *section,
                                JsonArray *answers) {
  JsonArray *questions = json_array_new();
  for (guint i = 0; i < json_array_get_length(answers); i++) {
    JsonNode *node = json_array_get_element(answers, i);
    if (!JSON_NODE_HOLDS_OBJECT(node))
      continue;
    JsonObject *answer = json_node_get_object(node);
    const char *name = text_of(answer, "question");
    const EsQuestion *question = rubric && name ? es_rubric_question(rubric, name) : NULL;
    if (!section || (question && g_str_equal(question->section, section->name)))
      json_array_add_object_element(questions, question_json(pack, question, answer));
  }
  JsonObject *object = json_object_new();
  pack_json_text(pack, object, "title", section ? section->title : NULL);
  es_json_set_number(object, "weight", section ? section->weight : NAN);
  es_json_set_number(object, "score", section_score(questions));
  json_object_set_array_member(object, "questions", questions);
  return object;
}

static JsonArray *sections_json(const Pack *pack, const EsRubric *rubric, JsonArray *answers) {
  JsonArray *array = json_array_new();
  for (guint i = 0; rubric && i < rubric->sections->len; i++)
    json_array_add_object_element(array, section_json(pack, rubric, rubric->sections->pdata[i], answers));
  if (!rubric)
    json_array_add_object_element(array, section_json(pack, NULL, NULL, answers));
  return array;
}

static JsonArray *comments_json(const Pack *pack, const char *stored) {
  g_autoptr(JsonArray) comments = parse_array(stored);
  JsonArray *array = json_array_new();
  for (guint i = 0; i < json_array_get_length(comments); i++) {
    JsonNode *node = json_array_get_element(comments, i);
    if (!JSON_NODE_HOLDS_OBJECT(node))
      continue;
    JsonObject *comment = json_node_get_object(node), *object = json_object_new();
    double at_ms = number_of(comment, "at_ms");
    if (isnan(at_ms) || at_ms < 0)
      json_object_set_null_member(object, "at_ms");
    else
      json_object_set_int_member(object, "at_ms", (gint64)at_ms);
    pack_json_text(pack, object, "text", text_of(comment, "text"));
    json_array_add_object_element(array, object);
  }
  return array;
}

JsonObject *pack_evaluation_json(const Pack *pack, const EsEvaluation *evaluation) {
  g_autoptr(EsRubric) rubric =
      evaluation->rubric_text
          ? es_rubric_parse(evaluation->rubric_id, evaluation->rubric_text, pack->language, NULL)
          : NULL;
  g_autoptr(JsonArray) answers = parse_array(evaluation->answers_json);
  JsonObject *object = json_object_new();
  es_json_set_text(object, "id", evaluation->id);
  pack_json_text(pack, object, "evaluator", evaluation->evaluator);
  es_json_set_time(object, "at", evaluation->at_us);
  json_object_set_int_member(object, "segment", evaluation->segment);
  pack_json_text(pack, object, "agent", evaluation->agent);
  es_json_set_text(object, "rubric", evaluation->rubric_id);
  es_json_set_text(object, "rubric_version", evaluation->rubric_version);
  pack_json_text(pack, object, "rubric_title", rubric ? rubric->title : evaluation->rubric_title);
  es_json_set_number(object, "pass_percent", rubric ? rubric->pass_percent : NAN);
  es_json_set_number(object, "score", evaluation->score);
  es_json_set_number(object, "score_raw", evaluation->score_raw);
  json_object_set_boolean_member(object, "passed", evaluation->passed);
  json_object_set_boolean_member(object, "critical_failed", evaluation->critical_failed);
  json_object_set_array_member(object, "sections", sections_json(pack, rubric, answers));
  json_object_set_array_member(object, "comments", comments_json(pack, evaluation->comments_json));
  return object;
}
