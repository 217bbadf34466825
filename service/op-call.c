// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// call.*: finding, seeing, annotating. What touches the audio is in op-audio.c.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/match.h"
#include "filter.h"
#include "json.h"
#include "operation.h"
#include "params.h"
#include <string.h>

#define NOTE_CHARACTERS 10000
#define MAX_RELATED 100
#define MOST_COUNTED 10000

typedef struct {
  EsRequest *request;
  EsMatcher *matcher; // NULL without words
  GError *error;
} Found;

static JsonObject *match_json(const EsMatch *match) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "where", match->where);
  es_json_set_ms(o, "at_ms", match->at_ms);
  es_json_set_text(o, "text", match->text);
  es_json_set_texts(o, "words", match->words);
  return o;
}

static gboolean add_matches(Found *found, const EsCall *call, JsonObject *row) {
  g_autoptr(GPtrArray) matches =
      es_index_find_matches(found->request->index, call, found->matcher, &found->error);
  JsonArray *array = json_array_new();
  for (guint i = 0; matches && i < matches->len; i++)
    json_array_add_object_element(array, match_json(g_ptr_array_index(matches, i)));
  json_object_set_array_member(row, "matches", array);
  return matches != NULL;
}

static gboolean reply_call(const EsCall *call, gpointer user_data) {
  Found *found = user_data;
  g_autoptr(JsonObject) row = es_json_call(call);
  if (found->matcher && !add_matches(found, call, row))
    return FALSE;
  es_request_row(found->request, g_steal_pointer(&row));
  return !g_cancellable_is_cancelled(found->request->cancel);
}

// How many there are on all pages, for whoever shows one; beyond MOST_COUNTED that there are more.
static gboolean report_count(EsRequest *request, const EsSearch *search, GError **error) {
  guint matches;
  if (!es_param_bool(request, "count"))
    return TRUE;
  if (!es_index_count_matches(request->index, search, MOST_COUNTED + 1, &matches, error))
    return FALSE;
  JsonObject *state = json_object_new();
  json_object_set_int_member(state, "matches", MIN(matches, MOST_COUNTED));
  json_object_set_boolean_member(state, "more", matches > MOST_COUNTED);
  es_request_progress(request, state);
  return TRUE;
}

static gboolean read_after(EsRequest *request, EsSearch *search, GError **error) {
  const char *id = es_param_string(request, "after");
  if (!id)
    return TRUE;
  g_autoptr(EsCall) call = es_index_get_call(request->index, id, error);
  if (!call) {
    g_prefix_error(error, "after: ");
    return FALSE;
  }
  search->after = call->rowid;
  return TRUE;
}

static gboolean run_search(EsRequest *request, GError **error) {
  EsSearch search;
  if (!es_filter_read(request, &search, error) || !report_count(request, &search, error) ||
      !read_after(request, &search, error))
    return FALSE;
  g_autoptr(EsMatcher) matcher = es_matcher_new(search.words);
  Found found = {.request = request, .matcher = matcher};
  if (!es_index_search(request->index, &search, reply_call, &found, error))
    return FALSE;
  if (found.error)
    g_propagate_error(error, found.error);
  return found.error == NULL;
}

static const EsParam search_params[] = {
    ES_FILTER_PARAMS,
    ES_SORT_PARAMS,
    {"after", ES_PARAM_STRING, FALSE, N_("only what comes after this call; pages count from there")},
    {"count", ES_PARAM_BOOL, FALSE, N_("count the calls of all pages, too")},
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

static JsonArray *evaluations_json(const GPtrArray *evaluations, const EsCall *call, const char *language) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < evaluations->len; i++)
    json_array_add_object_element(array,
                                  es_json_evaluation(g_ptr_array_index(evaluations, i), call, language));
  return array;
}

static gboolean collect(const EsCall *call, gpointer user_data) {
  g_ptr_array_add(user_data, g_strdup(call->id));
  return TRUE;
}

// The other calls of its group, the first one first; NULL with an error.
static JsonArray *related_json(EsRequest *request, const EsCall *call, GError **error) {
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
  EsSearch search;
  es_search_init(&search);
  search.group_id = call->group_id;
  search.limit = MAX_RELATED + 1;
  if (call->group_id && !es_index_search(request->index, &search, collect, found, error))
    return NULL;
  JsonArray *related = json_array_new();
  for (guint i = found->len; i > 0; i--) {
    if (strcmp(found->pdata[i - 1], call->id) == 0)
      continue;
    g_autoptr(EsCall) other = es_index_get_call(request->index, found->pdata[i - 1], error);
    if (!other) {
      json_array_unref(related);
      return NULL;
    }
    json_array_add_object_element(related, es_json_related(other));
  }
  return related;
}

static JsonArray *corrections_json(const GPtrArray *corrections) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < corrections->len; i++)
    json_array_add_object_element(array, es_json_correction(g_ptr_array_index(corrections, i)));
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
  g_autoptr(GPtrArray) corrections =
      evaluations ? es_index_list_corrections(request->index, call->rowid, error) : NULL;
  if (!corrections)
    return FALSE;
  JsonArray *related = related_json(request, call, error);
  if (!related)
    return FALSE;
  JsonObject *row = es_json_call(call);
  json_object_set_array_member(row, "corrections", corrections_json(corrections));
  json_object_set_array_member(row, "legs", es_json_legs(call));
  json_object_set_array_member(row, "gaps", es_json_gaps(call));
  json_object_set_array_member(row, "talk_over", es_json_intervals(call->talk_over));
  json_object_set_array_member(row, "dead_air", es_json_intervals(call->dead_air));
  json_object_set_array_member(row, "events", es_json_events(call));
  json_object_set_array_member(row, "consent", es_json_consent(call->consent));
  json_object_set_array_member(row, "notes", notes_json(notes));
  json_object_set_array_member(row, "flag_history", flags_json(flags));
  json_object_set_array_member(row, "evaluations",
                               evaluations_json(evaluations, call, es_param_string(request, "language")));
  es_json_set_text(row, "joined_by", es_call_joined_by(call));
  json_object_set_array_member(row, "related", related);
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
