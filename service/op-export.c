// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// export.pack: flagged calls as a coaching pack.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/qa/pack.h"
#include "filter.h"
#include "json.h"
#include "params.h"

static void reply_left_out(const EsRequest *request, const EsPackResult *result) {
  for (guint i = 0; result->left_out && i < result->left_out->len; i++) {
    const EsLeftOut *left_out = g_ptr_array_index(result->left_out, i);
    JsonObject *row = json_object_new();
    es_json_set_text(row, "left_out", left_out->id);
    es_json_set_text(row, "reason", left_out->reason);
    es_request_row(request, row);
  }
}

static void reply_pack(const EsRequest *request, const EsPackResult *result) {
  JsonObject *row = json_object_new();
  es_json_set_text(row, "output", es_param_string(request, "output"));
  json_object_set_int_member(row, "calls", result->calls);
  json_object_set_int_member(row, "clips", result->clips);
  json_object_set_int_member(row, "audio_ms", result->audio_ms);
  json_object_set_int_member(row, "left_out", result->left_out ? result->left_out->len : 0);
  es_request_row(request, row);
}

// Either a playlist or a flag says which calls; FALSE for neither and for both.
static gboolean read_playlist(EsRequest *request, EsPlaylist **playlist, GError **error) {
  const char *text = es_param_string(request, "playlist"), *name = es_param_string(request, "name");
  gboolean flagged = es_param_has(request, "flag");
  if (!text && flagged)
    return TRUE;
  if (!text || flagged)
    return es_request_refuse(error, "flag", _("a pack is made of a flag or of a playlist"));
  *playlist = es_playlist_parse(name ? name : "playlist", text, error);
  return *playlist != NULL;
}

static gboolean run_pack(EsRequest *request, GError **error) {
  EsPackOptions options = {
      .output = es_param_string(request, "output"),
      .ranges_only = es_param_bool(request, "ranges_only"),
      .mask_numbers = es_param_bool(request, "mask_numbers"),
      .allow_unknown = es_param_bool(request, "allow_unknown"),
      .language = es_param_string(request, "language"),
      .actor = es_request_actor(request),
      .now_us = request->now_us,
  };
  g_autoptr(EsPlaylist) playlist = NULL;
  if (!es_filter_read(request, &options.filter, error) || !read_playlist(request, &playlist, error))
    return FALSE;
  options.playlist = playlist;
  options.flag = options.filter.flag;
  EsPackResult result = {0};
  gboolean ok = es_pack_export(request->index, &options, &result, error);
  reply_left_out(request, &result);
  if (ok)
    reply_pack(request, &result);
  es_pack_result_clear(&result);
  return ok;
}

static const EsParam pack_params[] = {
    {"flag", ES_PARAM_STRING, FALSE, N_("flag of the calls to export")},
    {"playlist", ES_PARAM_TEXT, FALSE, N_("text of a playlist, instead of a flag")},
    {"name", ES_PARAM_STRING, FALSE, N_("the file's name, for messages")},
    {"output", ES_PARAM_STRING, TRUE, N_("directory to make, or FILE.zip")},
    {"ranges_only", ES_PARAM_BOOL, FALSE, N_("only the flagged ranges")},
    {"mask_numbers", ES_PARAM_BOOL, FALSE, N_("hide all but the last three digits of numbers")},
    {"allow_unknown", ES_PARAM_BOOL, FALSE, N_("also calls whose consent is not known")},
    {"language", ES_PARAM_STRING, FALSE, N_("language of the page")},
    ES_FILTER_PARAMS,
    {0},
};
const EsOperation es_op_export_pack = {
    .info = {"export.pack", ES_PERMISSION_EXPORT, FALSE, N_("export flagged calls as a coaching pack"),
             pack_params},
    .hands_out = TRUE,
    .run = run_pack,
};
