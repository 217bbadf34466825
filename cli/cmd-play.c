// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot play: plays a recording, or writes it to a file.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "format.h"

#include <string.h>
#include <unistd.h>

static const EsArg play_args[] = {
    {"speed", 's', ES_ARG_NUMBER, NULL, N_("FACTOR"), N_("from 0.5 to 3, without changing the pitch"), NULL},
    {"start", 0, ES_ARG_LENGTH, "start_ms", N_("POSITION"), N_("begin there, such as 1:05"), NULL},
    {"end", 0, ES_ARG_LENGTH, "end_ms", N_("POSITION"), N_("stop there"), NULL},
    {"skip-silence", 0, ES_ARG_NONE, NULL, NULL, N_("leave out where nobody speaks"), NULL},
    {"output", 'o', ES_ARG_TEXT, "output", N_("FILE"), N_("write it there instead, - for standard output"),
     NULL},
    {"format", 0, ES_ARG_TEXT, "format", NULL, N_("format of that file"), "wav|flac"},
    {0},
};

static gboolean usage(GError **error, const char *message) {
  g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, message);
  return FALSE;
}

static gboolean render(EsContext *context, const char *output, GError **error) {
  if (es_context_has(context, "speed") || es_context_has(context, "skip-silence"))
    return usage(error, _("--speed and --skip-silence do not go with --output"));
  if (strcmp(output, "-") == 0 && isatty(STDOUT_FILENO))
    return usage(error, _("--output -: standard output is a terminal; send it to a file or a program"));
  es_context_catch_signals(context);
  g_autoptr(JsonObject) row = es_context_one(context, "call.render", error);
  if (row == NULL)
    return FALSE;
  g_autofree char *length = es_format_length(row, "audio_ms");
  if (strcmp(output, "-") != 0)
    printf(_("%s: %s of audio\n"), output, length);
  return TRUE;
}

static gboolean run_play(EsContext *context, GError **error) {
  const char *output = es_reply_text(es_context_params(context), "output");
  if (!es_context_set_id(context, error))
    return FALSE;
  if (output != NULL)
    return render(context, output, error);
  return usage(error, "--output");
}

const EsCommand es_cmd_play = {
    .name = "play",
    .summary = N_("play a recording, or write it as WAV or FLAC"),
    .usage = N_("ID"),
    .args = {play_args},
    .least = 1,
    .most = 1,
    .run = run_play,
};
