// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot init: makes a library.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "next-step.h"

static gboolean run_init(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, "library.init", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows) || rows->len == 0)
    return TRUE;
  JsonObject *row = g_ptr_array_index(rows, 0);
  printf(es_reply_true(row, "created") ? _("Made the library %s\n") : _("The library %s is there already\n"),
         context->library);
  const char *config = es_reply_text(row, "config");
  if (config != NULL)
    printf(_("Its settings are in %s\n"), config);
  es_next_step(context, "earshot doctor", "earshot agent import FILE.csv", NULL);
  return TRUE;
}

const EsCommand es_cmd_init = {
    .name = "init",
    .summary = N_("make a library, or check that there is one"),
    .description =
        N_("Writes a commented earshot.conf when there is none. Nothing that is there is changed."),
    .args = {es_json_args},
    .run = run_init,
};
