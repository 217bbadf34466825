// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// call.*: finding, seeing, annotating. What touches the audio is in op-audio.c.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "filter.h"
#include "json.h"
#include "operation.h"
#include "params.h"

#define NOTE_CHARACTERS 10000

static gboolean reply_call(const EsCall *call, gpointer user_data) {
  const EsRequest *request = user_data;
  es_request_row(request, es_json_call(call));
  return !g_cancellable_is_cancelled(request->cancel);
}

static gboolean run_search(EsRequest *request, GError **error) {
  EsSearch search;
  return es_filter_read(request, &search, error) &&
         es_index_search(request->index, &search, reply_call, request, error);
}

static const EsParam search_params[] = {
    ES_FILTER_PARAMS,
    {"flag", ES_PARAM_STRING, FALSE, N_("flag")},
    {0},
};
const EsOperation es_op_call_search = {
    .info = {"call.search", ES_PERMISSION_LISTEN, FALSE, N_("find calls"), search_params},
    .run = run_search,
};

static JsonArray *notes_json(const GPtrArray *notes) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < notes->len; i++)
    json_array_add_object_element(array, es_json_note(g_ptr_array_index(notes, i)));
  return array;
}

static JsonArray *flags_json(const GPtrArray *flags) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < flags->len; i++)
    json_array_add_object_element(array, es_json_flag(g_ptr_array_index(flags, i)));
  return array;
}

static JsonArray *evaluations_json(const GPtrArray *evaluations, const char *language) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < evaluations->len; i++)
    json_array_add_object_element(array, es_json_evaluation(g_ptr_array_index(evaluations, i), language));
  return array;
}

static gboolean run_show(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (!call)
    return FALSE;
  g_autoptr(GPtrArray) notes = es_index_list_notes(request->index, call->rowid, error);
  g_autoptr(GPtrArray) flags = notes ? es_index_list_flags(request->index, call->rowid, TRUE, error) : NULL;
  g_autoptr(GPtrArray) evaluations =
      flags ? es_index_list_evaluations(request->index, call->rowid, error) : NULL;
  if (!evaluations)
    return FALSE;
  JsonObject *row = es_json_call(call);
  json_object_set_array_member(row, "legs", es_json_legs(call));
  json_object_set_array_member(row, "gaps", es_json_gaps(call));
  json_object_set_array_member(row, "talk_over", es_json_intervals(call->talk_over));
  json_object_set_array_member(row, "dead_air", es_json_intervals(call->dead_air));
  json_object_set_array_member(row, "events", es_json_events(call));
  json_object_set_array_member(row, "consent", es_json_consent(call->consent));
  json_object_set_array_member(row, "notes", notes_json(notes));
  json_object_set_array_member(row, "flag_history", flags_json(flags));
  json_object_set_array_member(row, "evaluations",
                               evaluations_json(evaluations, es_param_string(request, "language")));
  es_request_row(request, row);
  return TRUE;
}

static const EsParam show_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"language", ES_PARAM_STRING, FALSE, N_("language of the rubric's texts")},
    {0},
};
const EsOperation es_op_call_show = {
    .info = {"call.show", ES_PERMISSION_LISTEN, FALSE, N_("everything about a call"), show_params},
    .run = run_show,
};

static gboolean check_note(EsRequest *request, const EsCall *call, const char *text, GError **error) {
  gint64 position_ms = es_param_int(request, "position_ms", ES_UNKNOWN);
  if (text[0] == '\0' || g_utf8_strlen(text, -1) > NOTE_CHARACTERS)
    return es_request_refuse(error, "text", _("must have 1 to %d characters"), NOTE_CHARACTERS);
  if (position_ms != ES_UNKNOWN && position_ms > call->audio_ms)
    return es_request_refuse(error, "position_ms", _("lies after the end of the recording"));
  return TRUE;
}

static gboolean run_note(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (!call)
    return FALSE;
  g_autofree char *text = g_strstrip(g_strdup(es_param_string(request, "text")));
  if (!check_note(request, call, text, error) ||
      !es_index_add_note(request->index, call->rowid, text, es_param_int(request, "position_ms", ES_UNKNOWN),
                         es_request_actor(request), request->now_us, error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", call->id);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam note_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"text", ES_PARAM_TEXT, TRUE, N_("what to write down")},
    {"position_ms", ES_PARAM_INT, FALSE, N_("moment in the recording")},
    {0},
};
const EsOperation es_op_call_note = {
    .info = {"call.note", ES_PERMISSION_JUDGE, TRUE, N_("write a note on a call"), note_params},
    .run = run_note,
};

typedef gboolean (*TagFunc)(EsIndex *index, gint64 call, const char *tag, const char *actor, gint64 at_us,
                            GError **error);

static gboolean change_tags(EsRequest *request, const EsCall *call, const char *parameter, TagFunc change,
                            GError **error) {
  g_auto(GStrv) tags = es_param_strings(request, parameter);
  for (char **tag = tags; *tag; tag++) {
    g_autofree char *label = es_param_label(parameter, *tag, error);
    if (!label ||
        !change(request->index, call->rowid, label, es_request_actor(request), request->now_us, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean run_tag(EsRequest *request, GError **error) {
  if (!es_param_has(request, "add") && !es_param_has(request, "remove"))
    return es_request_refuse(error, "add", _("no tag is given"));
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (!call || !change_tags(request, call, "remove", es_index_remove_tag, error) ||
      !change_tags(request, call, "add", es_index_add_tag, error))
    return FALSE;
  g_autoptr(EsCall) changed = es_index_get_call(request->index, call->id, error);
  if (!changed)
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", changed->id);
  es_json_set_texts(row, "tags", changed->tags);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam tag_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"add", ES_PARAM_STRINGS, FALSE, N_("tags to add")},
    {"remove", ES_PARAM_STRINGS, FALSE, N_("tags to take away")},
    {0},
};
const EsOperation es_op_call_tag = {
    .info = {"call.tag", ES_PERMISSION_JUDGE, TRUE, N_("tag a call"), tag_params},
    .run = run_tag,
};
