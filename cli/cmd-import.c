// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot import: what other systems recorded, into the library, with progress on a terminal.
#include "commands.h"
#include "context.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "import-logs.h"
#include "last-search.h"
#include "next-step.h"
#include "progress.h"

#include <signal.h>

#define SETTLED_S 2 // before that nobody knows how long it will take

static const EsArg import_args[] = {
    {"metadata", 'm', ES_ARG_TEXT, "metadata", N_("FILE"), N_("what is known of the recordings, CSV or JSON"),
     NULL},
    {"asterisk", 0, ES_ARG_TEXT, "asterisk", N_("DIR"), N_("monitor folder of Asterisk or FreePBX"), NULL},
    {"cdr", 0, ES_ARG_TEXT, "cdr", N_("FILE"), N_("call detail records (Master.csv)"), NULL},
    {"queue-log", 0, ES_ARG_TEXT, NULL, N_("FILE"), N_("Asterisk's queue log, and further FILEs of it"),
     NULL},
    {"left", 0, ES_ARG_TEXT, "left", N_("ROLE"),
     N_("whose voice is left in stereo files; caller if not given"), "agent|customer|caller|callee"},
    {"transcripts", 0, ES_ARG_TEXT, "transcripts", N_("DIR"), N_("transcripts named like the recordings"),
     NULL},
    {"transcript", 0, ES_ARG_TEXT, NULL, N_("ID"), N_("FILE is the transcript of this call"), NULL},
    {"timezone", 0, ES_ARG_TEXT, "timezone", N_("ZONE"),
     N_("of times that name none: Africa/Cairo, UTC, +02:00"), NULL},
    {"skip-wrong", 0, ES_ARG_NONE, "skip_wrong", NULL,
     N_("leave out the rows of the metadata that are wrong"), NULL},
    {"dry-run", 'n', ES_ARG_NONE, "dry_run", NULL, N_("only say what would be imported"), NULL},
    {"threads", 0, ES_ARG_COUNT, "threads", N_("N"), N_("how many files at once"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

typedef struct {
  EsContext *context;
  EsProgress line;
  gint64 began_us;
  guint rows;
  JsonObject *last; // the last state
} Progress;

static char *bar(double part) {
  g_autoptr(GString) text = g_string_new("[");
  for (int i = 0; i < 20; i++)
    g_string_append_c(text, i < part * 20 ? '#' : '.');
  return g_strconcat(text->str, "]", NULL);
}

// By bytes, since files differ in length.
static char *time_left(const Progress *progress, double part) {
  double seconds = (double)(g_get_monotonic_time() - progress->began_us) / G_USEC_PER_SEC;
  if (seconds < SETTLED_S || part <= 0)
    return g_strdup("");
  g_autofree char *left = es_duration_format((gint64)(seconds * (1 - part) / part * 1000), FALSE);
  return g_strdup_printf(_("  %s left"), left);
}

static void draw(Progress *progress, JsonObject *state) {
  gint64 total = es_reply_count(state, "total_bytes");
  double part = total > 0 ? MIN((double)es_reply_count(state, "done_bytes") / (double)total, 1) : 0;
  g_autofree char *picture = bar(part), *left = time_left(progress, part);
  g_autofree char *files = g_strdup_printf(_("%d of %d files%s"), (int)es_reply_count(state, "files_done"),
                                           (int)es_reply_count(state, "files"), left);
  g_autofree char *line = g_strdup_printf("%s %3.0f%%  %s", picture, part * 100, files);
  es_progress_draw(&progress->line, line);
}

static void on_progress(JsonObject *state, gpointer user_data) {
  Progress *progress = user_data;
  g_clear_pointer(&progress->last, json_object_unref);
  progress->last = json_object_ref(state);
  if (es_progress_due(&progress->line))
    draw(progress, state);
}

static void on_row(JsonObject *row, gpointer user_data) {
  Progress *progress = user_data;
  progress->rows++;
  if (!es_context_has(progress->context, "json"))
    return;
  es_progress_close(&progress->line);
  es_reply_print(row, stdout);
}

static void on_warning(const char *message, gpointer user_data) {
  es_progress_warn(&((Progress *)user_data)->line, message);
}

static void print_summary(const Progress *progress) {
  JsonObject *state = progress->last;
  gint64 recorded = es_reply_count(state, "calls_recorded"), partial = es_reply_count(state, "calls_partial");
  gint64 none = es_reply_count(state, "calls_none"), skipped = es_reply_count(state, "calls_skipped");
  gint64 failed = es_reply_count(state, "files_failed"), wrong = es_reply_count(state, "rows_wrong");
  gint64 transcripts = es_reply_count(state, "transcripts");
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_printf(text, ngettext_("%d call imported", "%d calls imported", (gulong)recorded), (int)recorded);
  es_summary_add(text, partial, ngettext_("%d in part", "%d in part", (gulong)partial), (int)partial);
  es_summary_add(text, none, ngettext_("%d without audio", "%d without audio", (gulong)none), (int)none);
  es_summary_add(text, skipped, ngettext_("%d known already", "%d known already", (gulong)skipped),
                 (int)skipped);
  es_summary_add(text, failed, ngettext_("%d not readable", "%d not readable", (gulong)failed), (int)failed);
  es_summary_add(text, wrong, ngettext_("%d row left out", "%d rows left out", (gulong)wrong), (int)wrong);
  es_summary_add(text, transcripts, ngettext_("%d transcript", "%d transcripts", (gulong)transcripts),
                 (int)transcripts);
  if (es_reply_true(state, "stopped"))
    es_summary_add(text, 1, _("stopped; the same command goes on"));
  printf("%s\n", text->str);
}

static void print_end(const Progress *progress, gboolean done) {
  if (progress->last == NULL || es_context_has(progress->context, "json"))
    return;
  if (json_object_has_member(es_context_params(progress->context), "dry_run"))
    printf(ngettext_("%d recording would be imported\n", "%d recordings would be imported\n", progress->rows),
           (int)progress->rows);
  else if (done || es_reply_count(progress->last, "files_done") > 0)
    print_summary(progress);
  if (es_reply_count(progress->last, "calls_recorded") > 0)
    es_next_step(progress->context, "earshot search", NULL);
}

static gboolean import_transcript(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  g_autofree char *id =
      es_last_search_resolve(context->library, es_context_text(context, "transcript"), error);
  if (id == NULL)
    return FALSE;
  json_object_set_string_member(params, "id", id);
  if (es_context_word(context, 0) == NULL || es_context_word(context, 1) != NULL) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE,
                        _("which file? (earshot import --transcript ID FILE)"));
    return FALSE;
  }
  json_object_set_string_member(params, "file", es_context_word(context, 0));
  g_autoptr(JsonObject) row = es_context_one(context, "import.transcript", error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json"))
    es_reply_print(row, stdout);
  else
    printf(ngettext_("%d stretch of words\n", "%d stretches of words\n", (gulong)es_reply_count(row, "cues")),
           (int)es_reply_count(row, "cues"));
  return TRUE;
}

static gboolean run_import(EsContext *context, GError **error) {
  if (es_context_has(context, "transcript"))
    return import_transcript(context, error);
  if (es_import_logs_wanted(context))
    return es_import_logs(context, error);
  es_context_set_words(context, "files", 0);
  Progress progress = {.context = context, .began_us = g_get_monotonic_time()};
  es_progress_init(&progress.line);
  EsReply reply = {on_row, on_progress, on_warning, &progress, NULL};
  es_context_catch_signals(context);
  signal(SIGPIPE, SIG_IGN); // a reader that went away must not cut the import off
  gboolean done = es_context_call(context, "import.files", &reply, error);
  es_progress_close(&progress.line);
  print_end(&progress, done);
  g_clear_pointer(&progress.last, json_object_unref);
  return done;
}

const EsCommand es_cmd_import = {
    .name = "import",
    .summary = N_("take in recordings of other systems"),
    .usage = N_("[FILE|DIR …]"),
    .description =
        N_("Reads WAV, Ogg, MP3, FLAC, GSM and what telephone systems write, with what a table or the "
           "telephone system's records say of them. The originals stay as they are. A file given "
           "twice makes no second call. Ctrl-C ends it cleanly; the same command goes on."),
    .args = {import_args},
    .most = G_MAXUINT,
    .run = run_import,
};
