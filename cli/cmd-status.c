// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot status: how recorders, library and disk are; --check: what is wrong with them.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "show-status.h"
#include "status-metrics.h"
#include "text.h"

#include <string.h>

static const EsArg status_args[] = {
    {"follow", 'f', ES_ARG_NONE, NULL, NULL, N_("again each second, until Ctrl-C"), NULL},
    {"check", 'c', ES_ARG_NONE, NULL, NULL,
     N_("only what is wrong, a line each; exit status 1 if there is any"), NULL},
    {"no-packets", 0, ES_ARG_LENGTH, "no_packets_ms", N_("LENGTH"),
     N_("with --check: complain when no packet came for this long (5m)"), NULL},
    {"prometheus", 0, ES_ARG_NONE, NULL, NULL, N_("all figures as metrics that Prometheus reads"), NULL},
    {"output", 'o', ES_ARG_TEXT, NULL, N_("FILE"),
     N_("with --prometheus: into this file, which is replaced as a whole"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

// On a terminal the picture is drawn over the one before; each line clears what stood there.
static void redraw(const char *picture) {
  g_auto(GStrv) lines = g_strsplit(picture, "\n", -1);
  fputs("\033[H", stdout);
  for (char **line = lines; *line && line[1]; line++)
    printf("%s\033[K\n", *line);
  fputs("\033[J", stdout);
}

static void on_row(JsonObject *row, gpointer user_data) {
  EsContext *context = user_data;
  gboolean follow = es_context_has(context, "follow");
  if (es_context_has(context, "json")) {
    es_reply_print(row, stdout);
  } else if (follow && !context->screen.terminal) {
    g_autofree char *line = es_status_line(row);
    fputs(line, stdout);
  } else {
    g_autofree char *picture = es_status_render(row, &context->screen);
    if (follow && context->screen.terminal)
      redraw(picture);
    else
      fputs(picture, stdout);
  }
  gboolean lost = fflush(stdout) != 0 || ferror(stdout);
  if (lost && g_cancellable_is_cancelled(context->cancel))
    clearerr(stdout); // the signal that ends it broke into the writing
  else if (lost)
    g_cancellable_cancel(context->cancel); // nobody reads any more
}

static void on_warning(const char *message, gpointer user_data) {
  es_message(_("warning: %s"), message);
}

static gboolean run_look(EsContext *context, GError **error) {
  EsReply reply = {.row = on_row, .warning = on_warning, .user_data = context};
  gboolean follow = es_context_has(context, "follow");
  if (follow) {
    json_object_set_boolean_member(es_context_params(context), "follow", TRUE);
    es_context_catch_signals(context);
    if (context->screen.terminal && !es_context_has(context, "json"))
      fputs("\033[2J", stdout);
  }
  return es_context_call(context, "library.status", &reply, error);
}

static gboolean run_check(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, "library.check", error);
  if (rows == NULL || rows->len == 0)
    return rows != NULL;
  if (!es_context_print_json(context, rows))
    for (guint i = 0; i < rows->len; i++) {
      JsonObject *row = g_ptr_array_index(rows, i);
      g_autofree char *message = es_text_clean(es_reply_text(row, "message"));
      printf("%s: %s\n", es_reply_text(row, "code"), message);
    }
  g_set_error(error, ES_ERROR, ES_ERROR_CHECK, _("complaints: %u"), rows->len);
  return FALSE;
}

// Whoever collects such files must not read half of one, and is another account.
static gboolean write_metrics(const char *path, const char *text, GError **error) {
  g_autoptr(GError) failed = NULL;
  if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &failed))
    return TRUE;
  g_set_error_literal(error, ES_ERROR, ES_ERROR_IO, failed->message);
  return FALSE;
}

static gboolean run_metrics(EsContext *context, GError **error) {
  json_object_set_boolean_member(es_context_params(context), "complaints", TRUE);
  g_autoptr(JsonObject) status = es_context_one(context, "library.status", error);
  if (!status)
    return FALSE;
  g_autofree char *text = es_status_metrics(status);
  if (es_context_has(context, "output"))
    return write_metrics(es_context_text(context, "output"), text, error);
  fputs(text, stdout);
  return TRUE;
}

static gboolean run_status(EsContext *context, GError **error) {
  gboolean check = es_context_has(context, "check"), follow = es_context_has(context, "follow");
  gboolean metrics = es_context_has(context, "prometheus");
  if (check && follow)
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("--check and --follow do not go together"));
  else if (metrics && (check || follow || es_context_has(context, "json")))
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE,
                        _("--prometheus does not go with --check, --follow and --json"));
  else if (!metrics && es_context_has(context, "output"))
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("--output belongs to --prometheus"));
  else if (metrics)
    return run_metrics(context, error);
  else if (!check && json_object_has_member(es_context_params(context), "no_packets_ms"))
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("--no-packets belongs to --check"));
  else
    return check ? run_check(context, error) : run_look(context, error);
  return FALSE;
}

const EsCommand es_cmd_status = {
    .name = "status",
    .summary = N_("show how recorders, library and disk are"),
    .description =
        N_("Shows the recorders that run on the library, each and together, and what the index and the "
           "disk tell. With --check nothing is printed when all is well, and otherwise a line for each "
           "complaint, which begins with its code. With --prometheus everything that is known is printed as "
           "metrics, complaints included."),
    .args = {status_args},
    .run = run_status,
};
