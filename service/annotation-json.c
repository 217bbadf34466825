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
  g_autofree char *hours = es_shift_hours(&agent->shift);
  g_autofree char *days = es_shift_days(&agent->shift);
  es_json_set_text(o, "hours", hours);
  es_json_set_text(o, "days", days);
  es_json_set_text(o, "removed_by", agent->removed_by);
  es_json_set_time(o, "removed_at", agent->removed_by ? agent->removed_us : ES_UNKNOWN);
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

JsonObject *es_json_correction(const EsCorrection *correction) {
  JsonObject *o = json_object_new();
  es_json_set_time(o, "at", correction->at_us);
  es_json_set_text(o, "actor", correction->actor);
  es_json_set_text(o, "source", correction->source);
  es_json_set_ms(o, "segment", correction->segment);
  es_json_set_text(o, "field", correction->field);
  es_json_set_text(o, "old", correction->old_value);
  es_json_set_text(o, "new", correction->new_value);
  es_json_set_text(o, "reason", correction->reason);
  return o;
}
