// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot verify: whether every recording is as its row says, and every row has its recording.
#include "commands.h"
#include "context.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "progress.h"
#include "text.h"

#include <signal.h>
#include <string.h>

#define INDENT 4 // of what goes on below

typedef struct {
  EsContext *context;
  EsProgress line;
  GHashTable *advice; // code → what to do
  GPtrArray *codes;   // in the order in which they were met; borrowed
  JsonObject *summary;
} Visit;

static const EsArg verify_args[] = {
    {"fast", 0, ES_ARG_NONE, "fast", NULL,
     N_("size, header and end of each file only; without it every byte is read"), NULL},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"), N_("only calls that started then or later"), NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("only calls that started then or earlier"), NULL},
    {"client", 0, ES_ARG_TEXT, "client", N_("CLIENT"), N_("only calls of this client"), NULL},
    {0},
};

static void draw(Visit *visit, JsonObject *state) {
  gint64 total = es_reply_count(state, "total_bytes"), calls = es_reply_count(state, "total_calls");
  gboolean by_bytes = total > 0 && !es_context_has(visit->context, "fast");
  double part = by_bytes    ? (double)es_reply_count(state, "bytes") / (double)total
                : calls > 0 ? (double)es_reply_count(state, "calls") / (double)calls
                            : 0;
  g_autofree char *bytes =
      g_format_size_full((guint64)es_reply_count(state, "bytes"), G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *line = g_strdup_printf(_("%3.0f%%  calls: %d of %d (%s)  findings: %d"),
                                          MIN(part, 1) * 100, (int)es_reply_count(state, "calls"), (int)calls,
                                          bytes, (int)es_reply_count(state, "findings"));
  es_progress_draw(&visit->line, line);
}

static void on_progress(JsonObject *state, gpointer user_data) {
  Visit *visit = user_data;
  if (es_progress_due(&visit->line))
    draw(visit, state);
}

static void print_finding(Visit *visit, JsonObject *row) {
  const EsScreen *screen = &visit->context->screen;
  const char *code = es_reply_text(row, "code"), *file = es_reply_text(row, "file");
  const char *id = es_reply_text(row, "id");
  g_autofree char *line = g_strdup_printf("%s: %s: %s", code,
                                          file ? file
                                          : id ? id
                                               : "",
                                          es_reply_text(row, "message"));
  g_autofree char *clean = es_text_clean(line);
  es_screen_print(screen, clean, 0, INDENT);
  if (!g_hash_table_contains(visit->advice, code)) {
    char *key = g_strdup(code);
    g_hash_table_insert(visit->advice, key, g_strdup(es_reply_text(row, "advice")));
    g_ptr_array_add(visit->codes, key);
  }
}

static void on_row(JsonObject *row, gpointer user_data) {
  Visit *visit = user_data;
  gboolean last = g_strcmp0(es_reply_text(row, "code"), "summary") == 0;
  es_progress_close(&visit->line);
  if (last)
    visit->summary = json_object_ref(row);
  if (es_context_has(visit->context, "json"))
    es_reply_print(row, stdout);
  else if (!last)
    print_finding(visit, row);
  fflush(stdout);
}

static void on_warning(const char *message, gpointer user_data) {
  es_progress_warn(&((Visit *)user_data)->line, message);
}

static void print_advice(const Visit *visit) {
  if (visit->codes->len)
    printf("\n%s\n", _("What to do:"));
  for (guint i = 0; i < visit->codes->len; i++) {
    const char *code = visit->codes->pdata[i];
    g_autofree char *line =
        g_strdup_printf("%s: %s", code, (const char *)g_hash_table_lookup(visit->advice, code));
    es_screen_print(&visit->context->screen, line, INDENT, INDENT * 2);
  }
}

static void print_summary(const Visit *visit) {
  JsonObject *o = visit->summary;
  gint64 in_progress = es_reply_count(o, "in_progress");
  g_autofree char *bytes = g_format_size_full((guint64)es_reply_count(o, "bytes"), G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *took = es_duration_format(es_reply_count(o, "took_ms"), TRUE);
  print_advice(visit);
  if (visit->codes->len)
    printf("\n");
  printf(_("calls: %d, files: %d (%s), findings: %d, in %s"), (int)es_reply_count(o, "calls"),
         (int)es_reply_count(o, "files"), bytes, (int)es_reply_count(o, "findings"), took);
  if (in_progress)
    printf(_("; about to be stored: %d"), (int)in_progress);
  if (!es_reply_true(o, "complete"))
    printf("; %s", _("stopped before the end"));
  printf("\n");
}

static gboolean conclude(const Visit *visit, GError **error) {
  gint64 findings = es_reply_count(visit->summary, "findings");
  if (!es_context_has(visit->context, "json"))
    print_summary(visit);
  if (findings)
    g_set_error(error, ES_ERROR, ES_ERROR_CHECK, _("findings: %d"), (int)findings);
  return findings == 0;
}

static gboolean run_verify(EsContext *context, GError **error) {
  if (es_context_word(context, 0) && !es_context_set_id(context, error))
    return FALSE;
  Visit visit = {.context = context,
                 .advice = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                 .codes = g_ptr_array_new()};
  EsReply reply = {on_row, on_progress, on_warning, &visit, NULL};
  es_progress_init(&visit.line);
  es_context_catch_signals(context);
  signal(SIGPIPE, SIG_IGN); // a reader that went away ends it in an orderly way
  gboolean ok = es_context_call(context, "library.verify", &reply, error);
  es_progress_close(&visit.line);
  ok = ok && (!visit.summary || conclude(&visit, error));
  g_clear_pointer(&visit.summary, json_object_unref);
  g_ptr_array_unref(visit.codes);
  g_hash_table_unref(visit.advice);
  return ok;
}

const EsCommand es_cmd_verify = {
    .name = "verify",
    .summary = N_("hold every recording against its row, and the other way round"),
    .usage = N_("[ID]"),
    .description =
        N_("Reads every byte of every recording, at low priority, and compares it with what the index says: "
           "whether it is there, unchanged since it was sealed, of this call and of this length; looks for "
           "recordings without a row, for what killed recorders left, and at the index itself. Nothing is "
           "changed. May run beside a recorder. The exit status is 1 when there are findings."),
    .args = {verify_args, es_json_args},
    .most = 1,
    .run = run_verify,
};
