// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "json.h"

JsonObject *es_json_note(const EsNote *note) {
  JsonObject *o = json_object_new();
  es_json_set_time(o, "at", note->at_us);
  es_json_set_text(o, "actor", note->actor);
  es_json_set_text(o, "text", note->text);
  es_json_set_ms(o, "position_ms", note->position_ms);
  return o;
}

JsonObject *es_json_flag(const EsFlag *flag) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "flag", flag->flag);
  es_json_set_text(o, "note", flag->note);
  es_json_set_ms(o, "start_ms", flag->start_ms);
  es_json_set_ms(o, "end_ms", flag->end_ms);
  es_json_set_text(o, "actor", flag->actor);
  es_json_set_time(o, "at", flag->at_us);
  es_json_set_text(o, "removed_by", flag->removed_by);
  es_json_set_text(o, "removed_reason", flag->removed_reason);
  es_json_set_time(o, "removed_at", flag->removed_us);
  return o;
}

JsonObject *es_json_evaluation(const EsEvaluation *evaluation) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "id", evaluation->id);
  es_json_set_text(o, "call_id", evaluation->call_uuid);
  json_object_set_int_member(o, "segment", evaluation->segment);
  es_json_set_text(o, "agent", evaluation->agent);
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
  return o;
}

JsonObject *es_json_agent(const EsAgent *agent) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "extension", agent->extension);
  es_json_set_text(o, "name", agent->name);
  es_json_set_text(o, "latin_name", agent->latin_name);
  es_json_set_text(o, "team", agent->team);
  es_json_set_text(o, "client", agent->client);
  es_json_set_text(o, "language", agent->language);
  es_json_set_time(o, "from", agent->from_us);
  es_json_set_time(o, "to", agent->until_us);
  return o;
}

JsonObject *es_json_audit(const EsAuditEntry *entry) {
  JsonObject *o = json_object_new();
  es_json_set_time(o, "at", entry->at_us);
  es_json_set_text(o, "actor", entry->actor);
  es_json_set_text(o, "operation", entry->operation);
  es_json_set_parsed(o, "params", entry->params_json);
  es_json_set_text(o, "result", entry->result);
  es_json_set_text(o, "call", entry->call_uuid);
  return o;
}
