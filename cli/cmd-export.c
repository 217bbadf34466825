// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot export: a coaching pack of flagged calls.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "filters.h"
#include "format.h"
#include "last-search.h"
#include "next-step.h"
#include "terms.h"
#include "text.h"

#include <string.h>

#define DEFAULT_FLAG "training"

static const EsArg export_args[] = {
    {"output", 'o', ES_ARG_TEXT, "output", N_("DIR|FILE.zip"), N_("what to make; it must not exist; needed"),
     NULL},
    {"playlist", 0, ES_ARG_TEXT, NULL, N_("FILE"), N_("calls, parts, order and words of this list"), NULL},
    {"ranges", 0, ES_ARG_NONE, "ranges_only", NULL, N_("only the flagged parts of calls"), NULL},
    {"mask-numbers", 0, ES_ARG_NONE, "mask_numbers", NULL, N_("hide callers' numbers but for three digits"),
     NULL},
    {"allow-unknown", 0, ES_ARG_NONE, "allow_unknown", NULL, N_("also calls whose consent is not known"),
     NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

typedef struct {
  EsContext *context;
  char *unasked; // a call that was left out because nobody knows whether the caller agreed
} Export;

static void print_left_out(Export *export, JsonObject *row) {
  const char *id = es_reply_text(row, "left_out");
  const char *reason = es_reply_text(row, "reason");
  if (g_strcmp0(reason, "consent unknown") == 0 && export->unasked == NULL)
    export->unasked = g_strdup(id);
  es_message(_("left out %s: %s"), strlen(id) >= ES_ID_SHORT ? es_id_short(id) : id, es_term(reason));
}

static void print_result(JsonObject *row) {
  gint64 calls = es_reply_int(row, "calls"), left_out = es_reply_int(row, "left_out");
  g_autofree char *length = es_format_length(row, "audio_ms");
  const char *output = es_reply_text(row, "output");
  printf(ngettext_("%s: %d call, %s of audio\n", "%s: %d calls, %s of audio\n", (gulong)calls),
         output != NULL ? output : "", (int)calls, length);
  if (left_out > 0)
    printf(ngettext_("%d call was left out\n", "%d calls were left out\n", (gulong)left_out), (int)left_out);
}

// Somebody who has made a pack for the first time would look for what to open.
static void print_opening(const EsContext *context, JsonObject *row) {
  const char *output = es_reply_text(row, "output");
  if (!context->screen.terminal || output == NULL || es_reply_int(row, "calls") <= 0)
    return;
  g_autofree char *page = g_build_filename(output, "index.html", NULL);
  g_autofree char *line = g_str_has_suffix(output, ".zip")
                              ? g_strdup_printf(_("next: unpack %s and open its index.html"), output)
                              : g_strdup_printf(_("next: open %s in a browser"), page);
  g_autofree char *clean = es_text_clean(line);
  printf("%s%s%s\n", es_screen_begin(&context->screen, ES_STYLE_DIM), clean,
         es_screen_end(&context->screen, ES_STYLE_DIM));
}

static void on_row(JsonObject *row, gpointer user_data) {
  Export *export = user_data;
  EsContext *context = export->context;
  if (es_context_has(context, "json"))
    es_reply_print(row, stdout);
  else if (es_reply_text(row, "left_out") != NULL)
    print_left_out(export, row);
  else {
    print_result(row);
    print_opening(context, row);
  }
}

static void on_warning(const char *message, gpointer user_data) {
  es_message(_("warning: %s"), message);
}

// "@3" at the beginning of a line means the third row of the last search, as everywhere.
static char *name_rows(EsContext *context, const char *path, const char *text, GError **error) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (lines[i][0] != '@')
      continue;
    gsize length = strcspn(lines[i], " \t\r");
    g_autofree char *row = g_strndup(lines[i], length);
    g_autofree char *id = es_last_search_resolve(context->library, row, error);
    if (id == NULL) {
      g_prefix_error(error, "%s:%u: ", path, i + 1);
      return NULL;
    }
    char *named = g_strconcat(id, lines[i] + length, NULL);
    g_free(lines[i]);
    lines[i] = named;
  }
  return g_strjoinv("\n", lines);
}

static gboolean set_playlist(EsContext *context, GError **error) {
  const char *path = es_context_text(context, "playlist");
  if (path == NULL)
    return TRUE;
  g_autofree char *text = es_context_read_file(path, error);
  g_autofree char *named = text != NULL ? name_rows(context, path, text, error) : NULL;
  if (named == NULL)
    return FALSE;
  json_object_set_string_member(es_context_params(context), "playlist", named);
  json_object_set_string_member(es_context_params(context), "name", path);
  return TRUE;
}

static gboolean run_export(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  if (!es_filter_days(context, error) || !set_playlist(context, error))
    return FALSE;
  if (!json_object_has_member(params, "flag") && !json_object_has_member(params, "playlist"))
    json_object_set_string_member(params, "flag", DEFAULT_FLAG);
  es_context_set_language(context);
  es_context_catch_signals(context);
  Export export = {.context = context};
  EsReply reply = {.row = on_row, .warning = on_warning, .user_data = &export};
  gboolean done = es_context_call(context, "export.pack", &reply, error);
  es_next_step_of_call(context, export.unasked, "earshot consent %s add given --detail HOW", NULL);
  g_free(export.unasked);
  return done;
}

const EsCommand es_cmd_export = {
    .name = "export",
    .summary = N_("make a coaching pack of flagged calls"),
    .description = N_("Takes the calls flagged “training”, or what --flag names. The pack opens in any "
                      "browser, without a server. Calls whose consent was refused or "
                      "withdrawn are never in it; what was left out is listed with the reason. A "
                      "playlist has a line for each call, “ID” or “ID 1:05-1:40”, and indented below "
                      "it what the trainer says about it."),
    .args = {export_args, es_filter_args},
    .required = "output",
    .run = run_export,
};
