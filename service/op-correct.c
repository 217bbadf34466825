// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// call.correct: a person puts values of a call right. What was measured is refused.
#include "earshot/common/i18n.h"
#include "earshot/index/correction.h"
#include "json.h"
#include "params.h"
#include "recording-move.h"

#include <string.h>

#define FIELDS                                                                                               \
  "caller, callee, caller_name, callee_name, direction, client, business_id, disposition, agent, queue"

typedef struct {
  char *field;
  char *value; // NULL: not known
  int segment; // -1: of the call
} Wish;

static void wish_clear(Wish *wish) {
  g_free(wish->field);
  g_free(wish->value);
}

static gboolean is_one_of(const char *list, const char *field) {
  g_auto(GStrv) fields = g_strsplit(list, ", ", -1);
  return g_strv_contains((const char *const *)fields, field);
}

// "segment2.agent" names its segment; otherwise --segment does, or there is but one.
static gboolean read_segment(EsRequest *request, const EsCall *call, Wish *wish, GError **error) {
  gint64 n = es_param_int(request, "segment", 0);
  gboolean named = FALSE;
  char *dot = strchr(wish->field, '.');
  if (dot && g_str_has_prefix(wish->field, "segment")) {
    g_autofree char *number = g_strndup(wish->field + 7, (gsize)(dot - wish->field) - 7);
    guint64 given;
    if (!g_ascii_string_to_unsigned(number, 10, 1, 10000, &given, NULL))
      return es_request_refuse(error, "values", _("“%s” names no segment like segment2"), wish->field);
    n = (gint64)given;
    named = TRUE;
    char *rest = g_strdup(dot + 1);
    g_free(wish->field);
    wish->field = rest;
  }
  if (!is_one_of("agent, queue", wish->field)) {
    if (named)
      return es_request_refuse(error, "values", _("%s belongs to the call, not to a segment"), wish->field);
    wish->segment = -1;
    return TRUE;
  }
  if (n == 0 && call->segments->len > 1)
    return es_request_refuse(error, "segment", _("segments of the call: %u; which one?"),
                             call->segments->len);
  if (n > (gint64)MAX(call->segments->len, 1))
    return es_request_refuse(error, "segment", _("segments of the call: %u"), call->segments->len);
  wish->segment = n == 0 ? 0 : (int)n - 1;
  return TRUE;
}

static gboolean read_wish(EsRequest *request, const EsCall *call, const char *text, Wish *wish,
                          GError **error) {
  const char *equals = strchr(text, '=');
  if (!equals)
    return es_request_refuse(error, "values", _("“%s” is not FIELD=VALUE"), text);
  wish->field = g_strstrip(g_strndup(text, (gsize)(equals - text)));
  if (!read_segment(request, call, wish, error))
    return FALSE;
  if (!is_one_of(FIELDS, wish->field))
    return es_request_refuse(error, "values", _("%s cannot be corrected; these can: %s"), wish->field,
                             FIELDS);
  g_autofree char *value = g_strstrip(g_strdup(equals + 1));
  if (*value == '\0')
    return TRUE;
  wish->value = strcmp(wish->field, "client") == 0 ? es_param_client(request, wish->field, value, error)
                                                   : es_param_label(wish->field, value, error);
  return wish->value != NULL;
}

static gboolean grant(EsRequest *request, const EsCall *call, const Wish *wish, const char *reason,
                      GError **error) {
  if (!es_index_correct(request->index, call->rowid, wish->segment, wish->field, wish->value, reason,
                        "person", es_request_actor(request), request->now_us, error))
    return FALSE;
  return strcmp(wish->field, "client") != 0 ||
         es_recording_move(request, call->rowid, call->file, wish->value, reason, "person", error);
}

static void wish_free(gpointer data) {
  wish_clear(data);
  g_free(data);
}

// All are read before any is granted: a recording does not move for a line with a mistake in it.
static gboolean grant_all(EsRequest *request, const EsCall *call, const char *reason, GError **error) {
  g_auto(GStrv) values = es_param_strings(request, "values");
  g_autoptr(GPtrArray) wishes = g_ptr_array_new_with_free_func(wish_free);
  if (!*values)
    return es_request_refuse(error, "values", _("nothing to correct is given"));
  for (char **value = values; *value; value++) {
    Wish *wish = g_new0(Wish, 1);
    g_ptr_array_add(wishes, wish);
    if (!read_wish(request, call, *value, wish, error))
      return FALSE;
  }
  for (guint i = 0; i < wishes->len; i++)
    if (!grant(request, call, wishes->pdata[i], reason, error))
      return FALSE;
  return TRUE;
}

// The history is append-only: what was there before this request comes first.
static gboolean reply_new(EsRequest *request, const EsCall *call, guint before, GError **error) {
  g_autoptr(GPtrArray) history = es_index_list_corrections(request->index, call->rowid, error);
  if (!history)
    return FALSE;
  for (guint i = before; i < history->len; i++) {
    JsonObject *row = es_json_correction(g_ptr_array_index(history, i));
    es_json_set_text(row, "id", call->id);
    es_request_row(request, row);
  }
  return TRUE;
}

static gboolean run_correct(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  g_autofree char *reason = g_strstrip(g_strdup(es_param_string(request, "reason")));
  if (!call)
    return FALSE;
  if (*reason == '\0' || g_utf8_strlen(reason, -1) > 1000)
    return es_request_refuse(error, "reason", _("must have 1 to %d characters"), 1000);
  g_autoptr(GPtrArray) before = es_index_list_corrections(request->index, call->rowid, error);
  return before && grant_all(request, call, reason, error) && reply_new(request, call, before->len, error);
}

static const EsParam correct_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"values", ES_PARAM_STRINGS, TRUE, N_("FIELD=VALUE; nothing after = means not known")},
    {"segment", ES_PARAM_INT, FALSE, N_("segment whose agent or queue it is, from 1")},
    {"reason", ES_PARAM_TEXT, TRUE, N_("why")},
    {0},
};
const EsOperation es_op_call_correct = {
    .info = {"call.correct", ES_PERMISSION_OPERATE, TRUE, N_("put values of a call right"), correct_params},
    .run = run_correct,
    .finish = es_recordings_tidy,
};
