// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot note: writes a note to a call.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"

static const EsArg note_args[] = {
    {"at", 0, ES_ARG_LENGTH, "position_ms", N_("POSITION"), N_("the moment it is about, such as 1:05"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_note(EsContext *context, GError **error) {
  g_autoptr(GString) text = g_string_new(es_context_word(context, 1));
  for (guint i = 2; es_context_word(context, i) != NULL; i++)
    g_string_append_printf(text, " %s", es_context_word(context, i));
  if (!es_context_set_id(context, error))
    return FALSE;
  json_object_set_string_member(es_context_params(context), "text", text->str);
  g_autoptr(GPtrArray) rows = es_context_rows(context, "call.note", error);
  if (rows != NULL && !es_context_print_json(context, rows))
    printf("%s\n", _("noted"));
  return rows != NULL;
}

const EsCommand es_cmd_note = {
    .name = "note",
    .summary = N_("write a note to a call"),
    .usage = N_("ID TEXT …"),
    .description = N_("Notes are found by search and shown by show. They are never changed, only added."),
    .args = {note_args},
    .least = 2,
    .most = G_MAXUINT,
    .run = run_note,
};
