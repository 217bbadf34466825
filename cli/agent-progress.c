// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Changes of the directory may concern many calls: on a terminal a line tells how far they are.
#include "agents.h"
#include "earshot/common/i18n.h"

#include <unistd.h>

typedef struct {
  GPtrArray *rows;
  gboolean line_open;
} Progress;

static void close_line(Progress *progress) {
  if (progress->line_open)
    fputs("\r\033[K", stderr);
  progress->line_open = FALSE;
}

static void on_row(JsonObject *row, gpointer user_data) {
  g_ptr_array_add(((Progress *)user_data)->rows, json_object_ref(row));
}

static void on_progress(JsonObject *state, gpointer user_data) {
  Progress *progress = user_data;
  gint64 calls = MAX(es_reply_int(state, "calls_renewed"), es_reply_int(state, "calls"));
  if (!isatty(STDERR_FILENO))
    return;
  fprintf(stderr, "\r\033[K%s: %d", _("calls"), (int)calls);
  fflush(stderr);
  progress->line_open = TRUE;
}

static void on_warning(const char *message, gpointer user_data) {
  close_line(user_data);
  es_message(_("warning: %s"), message);
}

GPtrArray *es_agents_rows(EsContext *context, const char *operation, GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
  Progress progress = {.rows = rows};
  EsReply reply = {on_row, on_progress, on_warning, &progress};
  es_context_catch_signals(context);
  gboolean done = es_context_call(context, operation, &reply, error);
  close_line(&progress);
  return done ? g_steal_pointer(&rows) : NULL;
}
