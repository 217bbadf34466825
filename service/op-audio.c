// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// call.audio and call.render: where a call's recording is, and copies of it in other formats.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "json.h"
#include "operation.h"
#include "params.h"
#include "spare.h"

#include <glib/gstdio.h>
#include <string.h>

// A file named by the index must lie inside the library.
static gboolean is_inside(const char *file) {
  g_auto(GStrv) parts = g_strsplit(file, "/", -1);
  return !g_path_is_absolute(file) && !g_strv_contains((const char *const *)parts, "..");
}

// The absolute path of the call's recording.
static char *find_recording(const EsRequest *request, const EsCall *call, GError **error) {
  if (!es_spare_refuse(call, error))
    return NULL;
  if (!call->file) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("call %s has no audio: %s"), call->id,
                call->outcome_reason ? _(call->outcome_reason) : _("nothing was recorded"));
    return NULL;
  }
  if (!is_inside(call->file)) {
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("call %s: the index names a file outside the library"),
                call->id);
    return NULL;
  }
  g_autofree char *path = g_build_filename(es_request_library(request), call->file, NULL);
  if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: the recording of call %s is gone"), path, call->id);
    return NULL;
  }
  return g_steal_pointer(&path);
}

static gboolean run_audio(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  g_autofree char *path = call ? find_recording(request, call, error) : NULL;
  if (!path)
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", call->id);
  es_json_set_text(row, "path", path);
  es_json_set_ms(row, "audio_ms", call->audio_ms);
  json_object_set_int_member(row, "sample_rate_hz", call->sample_rate_hz);
  json_object_set_int_member(row, "channels", call->channels);
  json_object_set_array_member(row, "speech", es_json_speech(call));
  json_object_set_array_member(row, "gaps", es_json_gaps(call));
  es_request_row(request, row);
  return TRUE;
}

static const EsParam audio_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {0},
};
const EsOperation es_op_call_audio = {
    .info = {"call.audio", ES_PERMISSION_LISTEN, FALSE, N_("the recording of a call, to listen to"),
             audio_params},
    .hands_out = TRUE,
    .run = run_audio,
};

static gboolean parse_format(const char *parameter, const char *name, EsRenderFormat *format,
                             GError **error) {
  if (g_ascii_strcasecmp(name, "wav") == 0)
    *format = ES_RENDER_WAV;
  else if (g_ascii_strcasecmp(name, "flac") == 0)
    *format = ES_RENDER_FLAC;
  else
    return es_request_refuse(error, parameter,
                             _("“%s” is not a format that can be written; wav and flac are"), name);
  return TRUE;
}

// By the parameter, else by the ending of the output, else WAV.
static gboolean read_format(const EsRequest *request, const char *output, EsRenderFormat *format,
                            GError **error) {
  const char *name = es_param_string(request, "format");
  g_autofree char *base = g_path_get_basename(output);
  const char *dot = strrchr(base, '.');
  *format = ES_RENDER_WAV;
  if (name && !parse_format("format", name, format, error))
    return FALSE;
  if (!name && dot && dot != base && dot[1] && !parse_format("output", dot + 1, format, error))
    return FALSE;
  if (g_str_equal(output, "-") && *format != ES_RENDER_WAV)
    return es_request_refuse(error, "format", _("standard output takes wav alone"));
  return TRUE;
}

// Either end may be open here; what is open means the recording's own.
static gboolean read_stretch(const EsRequest *request, const EsCall *call, gint64 *start_ms, gint64 *end_ms,
                             GError **error) {
  *start_ms = es_param_int(request, "start_ms", 0);
  *end_ms = es_param_int(request, "end_ms", ES_UNKNOWN);
  if (call->audio_ms != ES_UNKNOWN && *start_ms > 0 && *start_ms >= call->audio_ms)
    return es_request_refuse(error, "start_ms", _("lies after the end of the recording"));
  if (*end_ms != ES_UNKNOWN && *end_ms <= *start_ms)
    return es_request_refuse(error, "end_ms", _("the range must end after its start"));
  return TRUE;
}

static gboolean run_render(EsRequest *request, GError **error) {
  const char *output = es_param_string(request, "output");
  EsRenderFormat format;
  gint64 start_ms, end_ms;
  g_autoptr(EsCall) call = NULL;
  if (!read_format(request, output, &format, error) || !(call = es_request_get_call(request, error)))
    return FALSE;
  g_autofree char *path = find_recording(request, call, error);
  if (!path || !read_stretch(request, call, &start_ms, &end_ms, error) ||
      !es_render(path, output, format, start_ms, end_ms, error))
    return FALSE;
  gint64 last_ms = end_ms == ES_UNKNOWN ? call->audio_ms : MIN(end_ms, call->audio_ms);
  JsonObject *row = json_object_new();
  es_json_set_text(row, "output", output);
  es_json_set_ms(row, "audio_ms", call->audio_ms == ES_UNKNOWN ? ES_UNKNOWN : last_ms - start_ms);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam render_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"output", ES_PARAM_STRING, TRUE, N_("file to write; - is standard output")},
    {"format", ES_PARAM_STRING, FALSE, N_("wav or flac")},
    {"start_ms", ES_PARAM_INT, FALSE, N_("from this moment of the recording")},
    {"end_ms", ES_PARAM_INT, FALSE, N_("up to this moment")},
    {0},
};
const EsOperation es_op_call_render = {
    .info = {"call.render", ES_PERMISSION_LISTEN, FALSE, N_("copy a recording as wav or flac"),
             render_params},
    .hands_out = TRUE,
    .run = run_render,
};
