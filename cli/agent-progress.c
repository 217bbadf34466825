// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Changes of the directory may concern many calls: on a terminal a line tells how far they are.
#include "agents.h"
#include "earshot/common/i18n.h"
#include "progress.h"

typedef struct {
  GPtrArray *rows;
  EsProgress line;
} Progress;

static void on_row(JsonObject *row, gpointer user_data) {
  g_ptr_array_add(((Progress *)user_data)->rows, json_object_ref(row));
}

static void on_progress(JsonObject *state, gpointer user_data) {
  Progress *progress = user_data;
  gint64 calls = MAX(es_reply_int(state, "calls_renewed"), es_reply_int(state, "calls"));
  if (!es_progress_due(&progress->line))
    return;
  g_autofree char *line = g_strdup_printf("%s: %d", _("calls"), (int)calls);
  es_progress_draw(&progress->line, line);
}

static void on_warning(const char *message, gpointer user_data) {
  es_progress_warn(&((Progress *)user_data)->line, message);
}

GPtrArray *es_agents_rows(EsContext *context, const char *operation, GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
  Progress progress = {.rows = rows};
  es_progress_init(&progress.line);
  EsReply reply = {on_row, on_progress, on_warning, &progress, NULL};
  es_context_catch_signals(context);
  gboolean done = es_context_call(context, operation, &reply, error);
  es_progress_close(&progress.line);
  return done ? g_steal_pointer(&rows) : NULL;
}
