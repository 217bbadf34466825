// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot play: plays a recording, or writes it to a file.
#include "commands.h"
#include "context.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "player.h"
#include "progress.h"
#include "sound.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BEFORE_WORD_MS 2000

static const EsArg play_args[] = {
    {"speed", 's', ES_ARG_NUMBER, NULL, N_("FACTOR"), N_("from 0.5 to 3, without changing the pitch"), NULL},
    {"start", 0, ES_ARG_LENGTH, "start_ms", N_("POSITION"), N_("begin there, such as 1:05"), NULL},
    {"from", 0, ES_ARG_LENGTH, "start_ms", N_("POSITION"), N_("the same as --start"), NULL},
    {"word", 'w', ES_ARG_TEXT, NULL, N_("WORD"), N_("begin where this is said, by the transcript"), NULL},
    {"nth", 0, ES_ARG_COUNT, NULL, N_("TIMES"), N_("with --word: not the first time it is said but this one"),
     NULL},
    {"end", 0, ES_ARG_LENGTH, "end_ms", N_("POSITION"), N_("stop there"), NULL},
    {"skip-silence", 0, ES_ARG_NONE, NULL, NULL, N_("leave out where nobody speaks"), NULL},
    {"output", 'o', ES_ARG_TEXT, "output", N_("FILE"), N_("write it there instead, - for standard output"),
     NULL},
    {"format", 0, ES_ARG_TEXT, "format", NULL, N_("format of that file"), "wav|flac"},
    {"listen", 0, ES_ARG_NONE, NULL, NULL,
     N_("give an address on this machine's loopback where a browser plays the call"), NULL},
    {"port", 0, ES_ARG_COUNT, NULL, N_("PORT"), N_("port of that address (any that is free)"), NULL},
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

// The operation that renders takes these; playing keeps them to itself.
static gint64 take_length(EsContext *context, const char *param) {
  JsonObject *params = es_context_params(context);
  gint64 length_ms = es_reply_int(params, param);
  if (json_object_has_member(params, param))
    json_object_remove_member(params, param);
  return length_ms;
}

typedef struct {
  EsProgress line;
  const char *length;
} Position;

static void show_position(gint64 position_ms, gpointer user_data) {
  Position *shown = user_data;
  g_autofree char *position = es_duration_format(position_ms, FALSE);
  g_autofree char *line = g_strdup_printf("%s / %s", position, shown->length);
  es_progress_draw(&shown->line, line);
}

static gboolean play(EsContext *context, GError **error) {
  gint64 start_ms = take_length(context, "start_ms"), end_ms = take_length(context, "end_ms");
  g_autoptr(JsonObject) audio = es_context_one(context, "call.audio", error);
  if (audio == NULL)
    return FALSE;
  g_autofree char *length = es_format_length(audio, "audio_ms");
  Position shown = {.length = length};
  es_progress_init(&shown.line);
  g_autoptr(GArray) speech = es_reply_intervals(audio, "speech");
  EsPlayerOptions options = {
      .path = es_reply_text(audio, "path"),
      .start_ms = MAX(start_ms, 0),
      .end_ms = end_ms,
      .speed = es_context_has(context, "speed") ? es_reply_number(context->line->own, "speed") : 1,
      .speech = es_context_has(context, "skip-silence") ? speech : NULL,
      .position = shown.line.live ? show_position : NULL,
      .user_data = &shown,
      .cancel = context->cancel,
  };
  es_context_catch_signals(context);
  gboolean done = es_player_run(&options, error);
  es_progress_close(&shown.line);
  return done;
}

#define TICK_MS 100
#define MOST_PORT 65535

// Until the command is stopped; the page has its own buttons.
static gboolean serve(EsContext *context, EsSound *sound, GError **error) {
  printf(_("Open this in a browser, over ssh with its port forwarded; Ctrl-C ends it:\n  %s\n"),
         es_sound_url(sound));
  printf(_("The sound alone, for mpv or curl:\n  %saudio.opus\n"), es_sound_url(sound));
  fflush(stdout);
  es_context_catch_signals(context);
  while (!g_cancellable_is_cancelled(context->cancel)) {
    struct pollfd fd = {es_sound_fd(sound), POLLIN, 0};
    poll(&fd, 1, TICK_MS);
    if (!es_sound_poll(sound, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean play_elsewhere(EsContext *context, GError **error) {
  gint64 start_ms = take_length(context, "start_ms"), port = es_reply_int(context->line->own, "port");
  if (es_context_has(context, "skip-silence") || take_length(context, "end_ms") != ES_UNKNOWN)
    return usage(error, _("--end and --skip-silence do not go with --listen"));
  if (port > MOST_PORT) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("--port: must be from %d to %d"), 1, MOST_PORT);
    return FALSE;
  }
  g_autoptr(JsonObject) audio = es_context_one(context, "call.audio", error);
  if (audio == NULL)
    return FALSE;
  g_autoptr(EsSound) sound =
      es_sound_new(es_reply_text(audio, "path"), es_reply_int(audio, "audio_ms"), start_ms);
  if (!es_sound_listen(sound, (guint16)MAX(port, 0), error))
    return FALSE;
  if (es_context_has(context, "speed") &&
      !es_sound_set_speed(sound, es_reply_number(context->line->own, "speed"), error))
    return FALSE;
  return es_sound_play(sound, TRUE, error) && serve(context, sound, error);
}

// The stretches of the transcript in which the word is said; NULL on failure.
static GPtrArray *find_word(EsContext *context, const char *word, GError **error) {
  g_autoptr(JsonObject) params = json_object_new();
  json_object_set_string_member(params, "id", es_reply_text(es_context_params(context), "id"));
  json_object_set_string_member(params, "word", word);
  return es_context_rows_of(context, "call.transcript", params, error);
}

// --word: begins a little before, so that its sentence is heard.
static gboolean seek_word(EsContext *context, GError **error) {
  const char *word = es_context_text(context, "word");
  JsonObject *params = es_context_params(context);
  gint64 nth = json_object_get_int_member_with_default(context->line->own, "nth", 1);
  if (word == NULL)
    return !es_context_has(context, "nth") || usage(error, _("--nth goes with --word"));
  if (json_object_has_member(params, "start_ms"))
    return usage(error, _("--word does not go with --start"));
  g_autoptr(GPtrArray) cues = find_word(context, word, error);
  if (cues == NULL)
    return FALSE;
  if ((guint64)nth > cues->len) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                ngettext_("“%s” is said in %d place only", "“%s” is said in %d places only", cues->len), word,
                (int)cues->len);
    return FALSE;
  }
  JsonObject *cue = g_ptr_array_index(cues, nth - 1);
  gint64 start_ms = es_reply_int(cue, "start_ms");
  json_object_set_int_member(params, "start_ms", MAX(start_ms - BEFORE_WORD_MS, 0));
  g_autofree char *at = es_duration_format(start_ms, FALSE);
  // Translators: moment, how many-th of how many, what is said there.
  es_message(_("%s (%d of %d): %s"), at, (int)nth, (int)cues->len, es_reply_text(cue, "text"));
  return TRUE;
}

static gboolean run_play(EsContext *context, GError **error) {
  const char *output = es_reply_text(es_context_params(context), "output");
  if (!es_context_set_id(context, error) || !seek_word(context, error))
    return FALSE;
  if (output != NULL && es_context_has(context, "listen"))
    return usage(error, _("--listen does not go with --output"));
  if (output != NULL)
    return render(context, output, error);
  if (json_object_has_member(es_context_params(context), "format"))
    return usage(error, _("--format goes with --output"));
  if (es_context_has(context, "listen"))
    return play_elsewhere(context, error);
  return play(context, error);
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
