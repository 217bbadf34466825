// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot consent: the events that decide whether a call may be used, and entering one.
#include "commands.h"
#include "consent.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"
#include "terms.h"

#include <string.h>

static const EsArg consent_args[] = {
    {"notice", 0, ES_ARG_TEXT, "notice", N_("NAME"), N_("which notice or prompt it answers"), NULL},
    {"notice-version", 0, ES_ARG_TEXT, "version", N_("VERSION"), N_("version of that notice"), NULL},
    {"detail", 0, ES_ARG_TEXT, "detail", N_("TEXT"), N_("how it is known"), NULL},
    {"at", 0, ES_ARG_TEXT, "at", N_("WHEN"), N_("when it took effect (now)"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsColumn columns[] = {
    {N_("when"), FALSE, 0, 0},    {N_("state"), FALSE, 0, 0},  {N_("position"), TRUE, 0, 3},
    {N_("source"), FALSE, 0, 0},  {N_("notice"), FALSE, 6, 2}, {N_("by"), FALSE, 5, 1},
    {N_("detail"), FALSE, 10, 0},
};

// "callee" as a source is not the person called but the number dialled, where everybody hears a notice.
static const char *source_term(const char *source) {
  return g_strcmp0(source, "callee") == 0 ? _("announcement") : es_term(source);
}

void es_consent_print(GPtrArray *rows, int indent, const EsScreen *screen) {
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), indent);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    const char *state = es_reply_text(row, "state");
    const char *notice = es_reply_text(row, "notice"), *version = es_reply_text(row, "version");
    g_autofree char *at = es_format_moment(row, "at");
    g_autofree char *position = es_format_position(es_reply_int(row, "offset_ms"));
    g_autofree char *notice_text = g_strjoin(" ", notice != NULL ? notice : "", version, NULL);
    es_table_row(table);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_term_consent(state), es_style_consent(state));
    es_table_cell(table, position, ES_STYLE_NONE);
    es_table_cell(table, source_term(es_reply_text(row, "source")), ES_STYLE_NONE);
    es_table_cell(table, notice_text, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "actor"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "detail"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static gboolean list(EsContext *context, GError **error) {
  if (!es_context_set_id(context, error))
    return FALSE;
  g_autoptr(GPtrArray) rows = es_context_rows(context, "consent.list", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  es_consent_print(rows, 0, &context->screen);
  if (rows->len == 0)
    es_message(_("nothing is known about consent for this call"));
  return TRUE;
}

static gboolean add(EsContext *context, GError **error) {
  if (!es_context_set_id(context, error))
    return FALSE;
  json_object_set_string_member(es_context_params(context), "state", es_context_word(context, 2));
  g_autoptr(GPtrArray) rows = es_context_rows(context, "consent.add", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows) || rows->len == 0)
    return TRUE;
  printf(_("consent is now: %s\n"),
         es_term_consent(es_reply_text(g_ptr_array_index(rows, 0), "consent_state")));
  return TRUE;
}

static gboolean run_consent(EsContext *context, GError **error) {
  const char *verb = es_context_word(context, 1);
  if (verb == NULL)
    return list(context, error);
  if (strcmp(verb, "add") == 0 && es_context_word(context, 2) != NULL)
    return add(context, error);
  g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE,
                      _("earshot consent ID lists, earshot consent ID add STATE enters an event"));
  return FALSE;
}

const EsCommand es_cmd_consent = {
    .name = "consent",
    .summary = N_("what is known about a caller's consent, and entering more"),
    .usage = N_("ID [add STATE]"),
    .description = N_("The latest event decides the state, but a refusal or withdrawal is lifted only by a "
                      "consent that a person or the caller's own answer gave. States: requested, given, "
                      "refused, withdrawn, expired."),
    .args = {consent_args},
    .least = 1,
    .most = 3,
    .run = run_consent,
};
