// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Judging one call by asking (see score-desk.h).
#include "score-desk.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "format.h"
#include "score-dialogue.h"
#include "score-screen.h"
#include "show.h"
#include "text.h"
#include "tty.h"

#include <string.h>

#define DEFAULT_RUBRIC "standard"
#define MOST_PORT 65535

typedef struct {
  EsContext *context;
  const char *id;
  JsonObject *call, *rubric;
  EsSheet *sheet;
  char *greeting;     // where a draft goes on, or why there is nothing to hear; NULL
  gint64 position_ms; // of the draft
  gboolean kept;      // the library has a draft of this
  char *kept_at;      // which one, by its time; NULL without
} Job;

static void job_clear(Job *job) {
  g_clear_pointer(&job->call, json_object_unref);
  g_clear_pointer(&job->rubric, json_object_unref);
  g_clear_pointer(&job->sheet, es_sheet_free);
  g_free(job->greeting);
  g_free(job->kept_at);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static JsonObject *params_for(const char *id) {
  JsonObject *params = json_object_new();
  json_object_set_string_member(params, "id", id);
  return params;
}

// ---- what there is to judge

// A segment that the call does not have is refused before the questions, not after them.
static gboolean check_segment(JsonObject *call, gint64 segment, GError **error) {
  guint n = MAX(json_array_get_length(es_reply_array(call, "segments")), 1);
  if (segment <= (gint64)n)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE,
              ngettext_("--segment: the call has %u segment", "--segment: the call has %u segments", n), n);
  return FALSE;
}

static gboolean load_rubric(Job *job, JsonObject *draft, GError **error) {
  const char *asked = es_context_text(job->context, "rubric");
  const char *rubric = draft != NULL ? es_reply_text(draft, "rubric") : asked;
  const char *version = draft != NULL ? es_reply_text(draft, "version") : NULL;
  JsonObject *params = params_for(rubric != NULL ? rubric : DEFAULT_RUBRIC);
  if (version != NULL)
    json_object_set_string_member(params, "version", version);
  json_object_set_string_member(params, "language", job->context->language);
  job->rubric = es_context_ask_one(job->context, "rubric.show", params, error);
  return job->rubric != NULL;
}

static void resume(Job *job, JsonObject *draft) {
  g_autofree char *at = es_format_minute(draft, "at");
  es_sheet_resume(job->sheet, draft);
  job->kept = TRUE;
  job->kept_at = g_strdup(es_reply_text(draft, "at"));
  job->position_ms = MAX(es_reply_int(draft, "position_ms"), 0);
  job->greeting = g_strdup_printf(_("begun on %s, answered: %u of %u; going on there"), at,
                                  es_sheet_answered(job->sheet), es_sheet_count(job->sheet));
}

static gboolean load(Job *job, GError **error) {
  gint64 segment = es_reply_int(job->context->line->own, "segment");
  const char *rubric = es_context_text(job->context, "rubric");
  JsonObject *params = params_for(job->id), *wanted = params_for(job->id);
  json_object_set_string_member(params, "language", job->context->language);
  if (rubric != NULL)
    json_object_set_string_member(wanted, "rubric", rubric);
  job->call = es_context_ask_one(job->context, "call.show", params, error);
  g_autoptr(GPtrArray) drafts =
      job->call != NULL ? es_context_ask(job->context, "evaluation.draft_get", wanted, error) : NULL;
  if (job->call == NULL)
    json_object_unref(wanted);
  if (drafts == NULL || !check_segment(job->call, segment, error))
    return FALSE;
  job->id = es_reply_text(job->call, "id");
  JsonObject *draft = drafts->len > 0 ? g_ptr_array_index(drafts, 0) : NULL;
  if (!load_rubric(job, draft, error))
    return FALSE;
  job->sheet = es_sheet_new(job->rubric, segment, es_reply_int(job->call, "audio_ms"));
  if (draft != NULL)
    resume(job, draft);
  return TRUE;
}

// ---- keeping what was answered

// What saving replied.
typedef struct {
  char *at, *warning;
} Saved;

static void on_saved(JsonObject *row, gpointer user_data) {
  Saved *saved = user_data;
  g_free(saved->at);
  saved->at = g_strdup(es_reply_text(row, "at"));
}

static void on_warning(const char *message, gpointer user_data) {
  Saved *saved = user_data;
  g_free(saved->warning);
  saved->warning = g_strdup(message);
}

static char *save(const EsSheet *sheet, gint64 position_ms, gpointer user_data) {
  Job *job = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) params = params_for(job->id);
  g_autofree char *text = es_sheet_text(sheet);
  Saved saved = {0};
  const EsReply reply = {.row = on_saved, .warning = on_warning, .user_data = &saved};
  json_object_set_string_member(params, "answers", text);
  if (position_ms >= 0)
    json_object_set_int_member(params, "position_ms", position_ms);
  if (job->kept_at != NULL)
    json_object_set_string_member(params, "known_at", job->kept_at);
  job->kept = es_service_call(job->context->service, "evaluation.draft_save", params, &reply, NULL, &error);
  if (!job->kept) {
    g_free(saved.warning);
    return g_strdup_printf(_("the draft could not be kept: %s"), error->message);
  }
  g_free(job->kept_at);
  job->kept_at = saved.at;
  return saved.warning;
}

static void keep(gpointer user_data) {
  Job *job = user_data;
  g_autofree char *problem = save(job->sheet, ES_UNKNOWN, job);
  if (problem != NULL)
    es_message("%s", problem);
}

static void throw_away(Job *job) {
  g_autoptr(GError) error = NULL;
  JsonObject *params = params_for(job->id);
  json_object_set_string_member(params, "rubric", es_reply_text(job->rubric, "id"));
  g_autoptr(JsonObject) dropped = es_context_ask_one(job->context, "evaluation.draft_drop", params, &error);
  if (dropped == NULL)
    es_message("%s", error->message);
}

static char *draft_path(const char *id) {
  g_autofree char *name = g_strconcat("answers-", strlen(id) >= ES_ID_SHORT ? es_id_short(id) : id, NULL);
  return g_build_filename(g_get_user_state_dir(), "earshot", name, NULL);
}

// Minutes of somebody's work must not be lost because a terminal closed or a disk is full. Says where they
// are.
static void keep_file(const Job *job) {
  g_autofree char *path = draft_path(job->id), *text = es_sheet_text(job->sheet);
  g_autofree char *directory = g_path_get_dirname(path);
  if (g_mkdir_with_parents(directory, 0700) == 0 &&
      g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
    es_message(_("your answers are kept: complete them in %s, then earshot score %s --answers %s"), path,
               job->id, path);
}

static gboolean not_stored(const Job *job, GError **error) {
  if (job->kept)
    g_set_error(error, ES_ERROR, ES_ERROR_FAILED,
                _("nothing was stored; your draft is kept, earshot score %s goes on with it"),
                strlen(job->id) >= ES_ID_SHORT ? es_id_short(job->id) : job->id);
  else
    g_set_error_literal(error, ES_ERROR, ES_ERROR_FAILED, _("nothing was stored"));
  if (!job->kept && !es_sheet_is_empty(job->sheet))
    keep_file(job);
  return FALSE;
}

// ---- line by line

static void print_call(JsonObject *call) {
  g_autofree char *caller = es_format_party(call, "caller");
  g_autofree char *agent = es_format_agent(call);
  g_autofree char *started = es_format_moment(call, "started_at");
  g_autofree char *length = es_format_length(call, "duration_ms");
  g_autofree char *outcome = es_format_outcome(call);
  g_autofree char *line = g_strjoin("  ", started, length, caller, outcome, agent, NULL); // agent may be NULL
  g_autofree char *clean = es_text_clean(line);
  printf("%s\n", clean);
}

// Whoever judges should know that somebody did already.
static void print_earlier(JsonObject *call) {
  JsonArray *evaluations = es_reply_array(call, "evaluations");
  for (guint i = 0; i < json_array_get_length(evaluations); i++) {
    JsonObject *evaluation = es_reply_object_at(evaluations, i);
    g_autofree char *at = es_format_moment(evaluation, "at");
    g_autofree char *score = es_format_score(evaluation, "score");
    g_autofree char *title = es_text_clean(es_reply_text(evaluation, "title"));
    g_autofree char *by = es_text_clean(es_reply_text(evaluation, "evaluator"));
    printf(_("judged before: %s, %s, by %s: %s\n"), title, at, by, *score != '\0' ? score : "–");
  }
}

static gboolean ask_by_line(Job *job, const char *work, GError **error) {
  const EsScreen *screen = &job->context->screen;
  if (es_context_has(job->context, "listen")) {
    g_set_error_literal(
        error, ES_ERROR, ES_ERROR_USAGE,
        _("--listen needs a terminal; earshot play --listen in a second window does the same"));
    return FALSE;
  }
  if (work != NULL)
    printf("%s\n", work);
  print_call(job->call);
  print_earlier(job->call);
  es_screen_print(
      screen,
      _("Type an answer, # and a comment behind it if you like; b goes back, ? shows the guidance, "
        "@1:05 text comments on a moment, @ text on the whole call, q leaves without storing."),
      0, 0);
  if (job->greeting != NULL)
    es_screen_print(screen, job->greeting, 0, 0);
  EsDialogueEnd end =
      es_sheet_count(job->sheet) > 0 ? es_score_dialogue(job->sheet, screen, keep, job) : ES_DIALOGUE_QUIT;
  if (end == ES_DIALOGUE_DONE)
    return TRUE;
  if (end == ES_DIALOGUE_ENDED)
    putchar('\n');
  return not_stored(job, error);
}

// ---- on the whole screen

static EsSound *open_sound(Job *job) {
  g_autoptr(GError) error = NULL;
  if (es_reply_text(job->call, "file") == NULL || es_reply_int(job->call, "audio_ms") <= 0)
    return NULL;
  g_autoptr(JsonObject) audio = es_context_ask_one(job->context, "call.audio", params_for(job->id), &error);
  if (audio != NULL)
    return es_sound_new(es_reply_text(audio, "path"), es_reply_int(audio, "audio_ms"), job->position_ms);
  g_free(job->greeting);
  job->greeting = g_strdup(error->message);
  return NULL;
}

static gboolean listen_at_once(Job *job, EsSound *sound, GError **error) {
  gint64 port = MAX(es_reply_int(job->context->line->own, "port"), 0);
  if (!es_context_has(job->context, "listen") || sound == NULL)
    return TRUE;
  if (port > MOST_PORT) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("--port: must be from %d to %d"), 1, MOST_PORT);
    return FALSE;
  }
  return es_sound_listen(sound, (guint16)port, error);
}

static gboolean ask_on_screen(Job *job, const char *work, GError **error) {
  g_autoptr(EsSound) sound = open_sound(job);
  EsDeskEnd end;
  if (!listen_at_once(job, sound, error))
    return FALSE;
  EsDesk desk = {.call = job->call,
                 .rubric = job->rubric,
                 .sheet = job->sheet,
                 .screen = &job->context->screen,
                 .sound = sound,
                 .work = work,
                 .greeting = job->greeting,
                 .save = save,
                 .user_data = job};
  if (!es_score_screen(&desk, &end, error))
    return FALSE;
  if (end == ES_DESK_STORE)
    return TRUE;
  if (end != ES_DESK_THROWN)
    return not_stored(job, error);
  throw_away(job);
  g_set_error_literal(error, ES_ERROR, ES_ERROR_FAILED, _("nothing was stored"));
  return FALSE;
}

// ---- storing

gboolean es_score_store(EsContext *context, JsonObject *call, const char *name, const char *answers,
                        GError **error) {
  JsonObject *params = params_for(es_reply_text(call, "id"));
  const char *rubric = es_context_text(context, "rubric");
  json_object_set_string_member(params, "name", name);
  json_object_set_string_member(params, "answers", answers);
  json_object_set_string_member(params, "language", context->language);
  if (rubric != NULL)
    json_object_set_string_member(params, "rubric", rubric);
  g_autoptr(JsonObject) evaluation = es_context_ask_one(context, "evaluation.add", params, error);
  if (evaluation == NULL)
    return FALSE;
  if (es_context_has(context, "json"))
    es_reply_print(evaluation, stdout);
  else
    es_show_evaluation(evaluation, TRUE, &context->screen);
  return TRUE;
}

gboolean es_score_ask(EsContext *context, const char *id, const char *work, GError **error) {
  g_auto(Job) job = {.context = context, .id = id};
  if (!load(&job, error))
    return FALSE;
  gboolean whole = es_tty_is_able() && !es_context_has(context, "plain") && es_sheet_count(job.sheet) > 0;
  if (whole ? !ask_on_screen(&job, work, error) : !ask_by_line(&job, work, error))
    return FALSE;
  g_autofree char *text = es_sheet_text(job.sheet);
  if (es_score_store(context, job.call, _("answers"), text, error))
    return TRUE;
  keep_file(&job);
  return FALSE;
}
