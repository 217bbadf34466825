// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What people added to a call: consent, notes, flags, evaluations (see show.h).
#include "consent.h"
#include "corrections.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "show.h"
#include "table.h"
#include "terms.h"

static const EsColumn note_columns[] = {{N_("when"), FALSE, 0, 0},
                                        {N_("who"), FALSE, 0, 0},
                                        {N_("position"), TRUE, 0, 0},
                                        {N_("text"), FALSE, 20, ES_TABLE_WRAP}};

static void print_notes(JsonObject *row, const EsScreen *screen) {
  JsonArray *notes = es_reply_array(row, "notes");
  if (json_array_get_length(notes) == 0)
    return;
  es_show_heading(_("Notes"), screen);
  g_autoptr(EsTable) table = es_table_new(note_columns, G_N_ELEMENTS(note_columns), 2);
  for (guint i = 0; i < json_array_get_length(notes); i++) {
    JsonObject *note = es_reply_object_at(notes, i);
    g_autofree char *at = es_format_moment(note, "at");
    g_autofree char *position = es_format_length(note, "position_ms");
    es_table_row(table);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(note, "actor"), ES_STYLE_NONE);
    es_table_cell(table, position, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(note, "text"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static const EsColumn flag_columns[] = {{N_("flag"), FALSE, 0, 0},
                                        {N_("when"), FALSE, 0, 0},
                                        {N_("who"), FALSE, 0, 0},
                                        {N_("range"), FALSE, 0, 0},
                                        {N_("note"), FALSE, 14, ES_TABLE_WRAP},
                                        {N_("taken back"), FALSE, 14, ES_TABLE_WRAP}};

static char *range_text(JsonObject *flag) {
  if (es_reply_int(flag, "start_ms") == ES_UNKNOWN)
    return g_strdup("");
  g_autofree char *from = es_format_length(flag, "start_ms");
  g_autofree char *to = es_format_length(flag, "end_ms");
  return g_strdup_printf("%s-%s", from, to);
}

static char *removal_text(JsonObject *flag) {
  g_autofree char *when = es_format_moment(flag, "removed_at");
  const char *who = es_reply_text(flag, "removed_by"), *reason = es_reply_text(flag, "removed_reason");
  if (who == NULL)
    return g_strdup("");
  return g_strdup_printf("%s %s: %s", when, who, reason != NULL ? reason : "");
}

static void print_flags(JsonObject *row, const EsScreen *screen) {
  JsonArray *flags = es_reply_array(row, "flag_history");
  if (json_array_get_length(flags) == 0)
    return;
  es_show_heading(_("Flags"), screen);
  g_autoptr(EsTable) table = es_table_new(flag_columns, G_N_ELEMENTS(flag_columns), 2);
  for (guint i = 0; i < json_array_get_length(flags); i++) {
    JsonObject *flag = es_reply_object_at(flags, i);
    g_autofree char *at = es_format_moment(flag, "at");
    g_autofree char *range = range_text(flag);
    g_autofree char *removal = removal_text(flag);
    es_table_row(table);
    es_table_cell(table, es_reply_text(flag, "flag"), *removal != '\0' ? ES_STYLE_DIM : ES_STYLE_CAUTION);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(flag, "actor"), ES_STYLE_NONE);
    es_table_cell(table, range, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(flag, "note"), ES_STYLE_NONE);
    es_table_cell(table, removal, ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

// The latest one in full, it is the one that counts; the answers of those before only when all is wanted.
static void print_evaluations(JsonObject *row, const EsScreen *screen, gboolean all) {
  JsonArray *evaluations = es_reply_array(row, "evaluations");
  guint n = json_array_get_length(evaluations);
  if (n == 0)
    return;
  es_show_heading(_("Evaluations"), screen);
  for (guint i = 0; i < n; i++)
    es_show_evaluation(es_reply_object_at(evaluations, i), all || i == n - 1, screen);
  if (!all && n > 1)
    printf("  %s\n", _("(the answers of earlier evaluations: --all)"));
}

static void print_consent(JsonObject *row, const EsScreen *screen) {
  JsonArray *events = es_reply_array(row, "consent");
  if (json_array_get_length(events) == 0)
    return;
  g_autoptr(GPtrArray) rows = g_ptr_array_new();
  for (guint i = 0; i < json_array_get_length(events); i++)
    if (es_reply_object_at(events, i) != NULL)
      g_ptr_array_add(rows, es_reply_object_at(events, i));
  es_show_heading(_("Consent"), screen);
  es_consent_print(rows, 2, screen);
}

static void print_corrections(JsonObject *row, const EsScreen *screen) {
  JsonArray *corrections = es_reply_array(row, "corrections");
  g_autoptr(GPtrArray) rows = g_ptr_array_new();
  for (guint i = 0; i < json_array_get_length(corrections); i++)
    if (es_reply_object_at(corrections, i) != NULL)
      g_ptr_array_add(rows, es_reply_object_at(corrections, i));
  if (rows->len == 0)
    return;
  es_show_heading(_("Corrections"), screen);
  es_corrections_print(rows, 2, screen);
}

void es_show_people(JsonObject *row, const EsScreen *screen, gboolean all) {
  print_consent(row, screen);
  print_notes(row, screen);
  print_corrections(row, screen);
  print_flags(row, screen);
  print_evaluations(row, screen, all);
}
