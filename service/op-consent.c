// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// consent.*: what people report about a call's consent; append-only.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"
#include "params.h"

// Where in the file the event lies; ES_UNKNOWN if it was not during the audio.
static gint64 offset_in_audio(const EsCall *call, gint64 at_us) {
  if (call->audio_ms == ES_UNKNOWN || call->audio_offset_ms == ES_UNKNOWN || call->started_us == ES_UNKNOWN)
    return ES_UNKNOWN;
  gint64 after_us = at_us - call->started_us - call->audio_offset_ms * ES_US_PER_MS;
  gint64 offset_ms = after_us / ES_US_PER_MS;
  return after_us >= 0 && offset_ms <= call->audio_ms ? offset_ms : ES_UNKNOWN;
}

static gboolean read_event(const EsRequest *request, const char **state, gint64 *at_us, GError **error) {
  *state = es_param_string(request, "state");
  if (!es_consent_state_is_valid(*state) || g_str_equal(*state, "unknown"))
    return es_request_refuse(error, "state", _("“%s” is none of %s"), *state,
                             "requested, given, refused, withdrawn, expired");
  if (!es_param_time(request, "at", at_us, NULL, error))
    return FALSE;
  if (*at_us == ES_UNKNOWN)
    *at_us = request->now_us;
  if (*at_us > request->now_us)
    return es_request_refuse(error, "at", _("lies in the future"));
  return TRUE;
}

static gboolean run_add(EsRequest *request, GError **error) {
  const char *state;
  gint64 at_us;
  g_autoptr(EsCall) call = NULL;
  if (!read_event(request, &state, &at_us, error) || !(call = es_request_get_call(request, error)))
    return FALSE;
  EsConsentEvent *event = es_consent_event_new(at_us, state, "manual");
  event->notice = g_strdup(es_param_string(request, "notice"));
  event->version = g_strdup(es_param_string(request, "version"));
  event->detail = g_strdup(es_param_string(request, "detail"));
  event->actor = g_strdup(es_request_actor(request));
  event->offset_ms = offset_in_audio(call, at_us);
  gboolean added = es_index_add_consent(request->index, call->rowid, event, error);
  es_consent_event_free(event);
  g_autoptr(EsCall) changed = added ? es_index_get_call(request->index, call->id, error) : NULL;
  if (!changed)
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", changed->id);
  es_json_set_text(row, "consent_state", changed->consent_state);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam add_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"state", ES_PARAM_STRING, TRUE, N_("requested, given, refused, withdrawn or expired")},
    {"notice", ES_PARAM_STRING, FALSE, N_("which notice")},
    {"version", ES_PARAM_STRING, FALSE, N_("version of the notice")},
    {"detail", ES_PARAM_TEXT, FALSE, N_("how it is known")},
    {"at", ES_PARAM_STRING, FALSE, N_("when it took effect; now if absent")},
    {0},
};
const EsOperation es_op_consent_add = {
    .info = {"consent.add", ES_PERMISSION_OPERATE, TRUE, N_("record consent, refusal or withdrawal"),
             add_params},
    .run = run_add,
};

static gboolean run_list(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (!call)
    return FALSE;
  for (guint i = 0; call->consent && i < call->consent->len; i++)
    es_request_row(request, es_json_consent_event(g_ptr_array_index(call->consent, i)));
  return TRUE;
}

static const EsParam list_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {0},
};
const EsOperation es_op_consent_list = {
    .info = {"consent.list", ES_PERMISSION_LISTEN, FALSE, N_("a call's consent events"), list_params},
    .run = run_list,
};
