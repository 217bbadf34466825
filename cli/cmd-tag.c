// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot tag: puts tags on a call and takes them off.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "text.h"

static const EsArg tag_args[] = {
    {"remove", 'r', ES_ARG_LIST, "remove", N_("TAG"), N_("take that tag off; may be repeated"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_tag(EsContext *context, GError **error) {
  if (!es_context_set_id(context, error))
    return FALSE;
  es_context_set_words(context, "add", 1);
  if (es_context_word(context, 1) == NULL && !json_object_has_member(es_context_params(context), "remove")) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("which tag?"));
    return FALSE;
  }
  g_autoptr(GPtrArray) rows = es_context_rows(context, "call.tag", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows) || rows->len == 0)
    return TRUE;
  g_autofree char *tags = es_reply_join(g_ptr_array_index(rows, 0), "tags", " ");
  g_autofree char *clean = es_text_clean(tags);
  printf("%s\n", *clean != '\0' ? clean : _("no tags"));
  return TRUE;
}

const EsCommand es_cmd_tag = {
    .name = "tag",
    .summary = N_("put tags on a call, or take them off"),
    .usage = N_("ID [TAG …]"),
    .args = {tag_args},
    .least = 1,
    .most = G_MAXUINT,
    .run = run_tag,
};
