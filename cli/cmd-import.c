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

#include <signal.h>
#include <unistd.h>

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
    {"skip-wrong", 0, ES_ARG_NONE, "skip_wrong", NULL, N_("leave out what the metadata has wrong"), NULL},
    {"dry-run", 'n', ES_ARG_NONE, "dry_run", NULL, N_("only say what would be imported"), NULL},
    {"threads", 0, ES_ARG_COUNT, "threads", N_("N"), N_("how many files at once"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

typedef struct {
  EsContext *context;
  gboolean live;      // standard error is a terminal
  gboolean line_open; // a progress line stands there
  gint64 began_us, drawn_us;
  guint rows;
  JsonObject *last; // the last state
} Progress;

static void close_line(Progress *progress) {
  if (progress->line_open)
    fputs("\r\033[K", stderr);
  progress->line_open = FALSE;
}

static gint64 count_of(JsonObject *state, const char *field) {
  return MAX(es_reply_int(state, field), 0);
}

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
  gint64 total = count_of(state, "total_bytes");
  double part = total > 0 ? MIN((double)count_of(state, "done_bytes") / (double)total, 1) : 0;
  g_autofree char *picture = bar(part), *left = time_left(progress, part);
  fprintf(stderr, "\r\033[K%s %3.0f%%  ", picture, part * 100);
  fprintf(stderr, _("%d of %d files%s"), (int)count_of(state, "files_done"), (int)count_of(state, "files"),
          left);
  fflush(stderr);
  progress->line_open = TRUE;
}

static void on_progress(JsonObject *state, gpointer user_data) {
  Progress *progress = user_data;
  gint64 now_us = g_get_monotonic_time();
  g_clear_pointer(&progress->last, json_object_unref);
  progress->last = json_object_ref(state);
  if (!progress->live || now_us - progress->drawn_us < G_USEC_PER_SEC / 10)
    return;
  progress->drawn_us = now_us;
  draw(progress, state);
}

static void on_row(JsonObject *row, gpointer user_data) {
  Progress *progress = user_data;
  progress->rows++;
  if (!es_context_has(progress->context, "json"))
    return;
  close_line(progress);
  es_reply_print(row, stdout);
}

static void on_warning(const char *message, gpointer user_data) {
  close_line(user_data);
  es_message(_("warning: %s"), message);
}

static void append_count(GString *text, gint64 n, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void append_count(GString *text, gint64 n, const char *format, ...) {
  if (n == 0)
    return;
  va_list args;
  va_start(args, format);
  if (text->len > 0)
    g_string_append(text, _(", "));
  g_string_append_vprintf(text, format, args);
  va_end(args);
}

static void print_summary(const Progress *progress) {
  JsonObject *state = progress->last;
  gint64 recorded = count_of(state, "calls_recorded"), partial = count_of(state, "calls_partial");
  gint64 none = count_of(state, "calls_none"), skipped = count_of(state, "calls_skipped");
  gint64 failed = count_of(state, "files_failed"), wrong = count_of(state, "rows_wrong");
  gint64 transcripts = count_of(state, "transcripts");
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_printf(text, ngettext_("%d call imported", "%d calls imported", (gulong)recorded), (int)recorded);
  append_count(text, partial, ngettext_("%d in part", "%d in part", (gulong)partial), (int)partial);
  append_count(text, none, ngettext_("%d without audio", "%d without audio", (gulong)none), (int)none);
  append_count(text, skipped, ngettext_("%d known already", "%d known already", (gulong)skipped),
               (int)skipped);
  append_count(text, failed, ngettext_("%d not readable", "%d not readable", (gulong)failed), (int)failed);
  append_count(text, wrong, ngettext_("%d row left out", "%d rows left out", (gulong)wrong), (int)wrong);
  append_count(text, transcripts, ngettext_("%d transcript", "%d transcripts", (gulong)transcripts),
               (int)transcripts);
  if (es_reply_true(state, "stopped"))
    append_count(text, 1, _("stopped; the same command goes on"));
  printf("%s\n", text->str);
}

static void print_end(const Progress *progress, gboolean done) {
  if (progress->last == NULL || es_context_has(progress->context, "json"))
    return;
  if (json_object_has_member(es_context_params(progress->context), "dry_run"))
    printf(ngettext_("%d recording would be imported\n", "%d recordings would be imported\n", progress->rows),
           (int)progress->rows);
  else if (done || count_of(progress->last, "files_done") > 0)
    print_summary(progress);
  if (count_of(progress->last, "calls_recorded") > 0)
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
    printf(ngettext_("%d stretch of words\n", "%d stretches of words\n", (gulong)count_of(row, "cues")),
           (int)count_of(row, "cues"));
  return TRUE;
}

static gboolean run_import(EsContext *context, GError **error) {
  if (es_context_has(context, "transcript"))
    return import_transcript(context, error);
  if (es_import_logs_wanted(context))
    return es_import_logs(context, error);
  es_context_set_words(context, "files", 0);
  Progress progress = {.context = context, .live = isatty(STDERR_FILENO), .began_us = g_get_monotonic_time()};
  EsReply reply = {on_row, on_progress, on_warning, &progress};
  es_context_catch_signals(context);
  signal(SIGPIPE, SIG_IGN); // a reader that went away must not cut the import off
  gboolean done = es_context_call(context, "import.files", &reply, error);
  close_line(&progress);
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
