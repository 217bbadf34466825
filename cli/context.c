// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The world of a running command (see context.h).
#include "context.h"
#include "earshot/common/account.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "language.h"
#include "last-search.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST_INPUT_BYTES (16 * 1024 * 1024)

void es_message(const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  g_autofree char *clean = es_text_clean(text);
  fflush(stdout);
  fprintf(stderr, "earshot: %s\n", clean);
}

static char *default_library(const EsLine *line) {
  const char *given = es_line_text(line, "library");
  if (given == NULL)
    given = g_getenv("EARSHOT_LIBRARY");
  if (given == NULL || *given == '\0')
    return g_build_filename(g_get_user_data_dir(), "earshot", NULL);
  return g_canonicalize_filename(given, NULL);
}

// Whoever has become root by sudo is still the one who acts. Only root's word is taken for it: to others the
// variable is anybody's to set.
static uid_t acting_account(void) {
  const char *before = getuid() == 0 ? g_getenv("SUDO_UID") : NULL;
  guint64 number;
  if (before != NULL && g_ascii_string_to_unsigned(before, 10, 0, G_MAXUINT32 - 1, &number, NULL))
    return (uid_t)number;
  return getuid();
}

static char *login_name(void) {
  uid_t account = acting_account();
  char *name = es_account_name(account);
  return name ? name : g_strdup_printf("uid-%u", (guint)account);
}

void es_context_init(EsContext *context, const EsLine *line) {
  *context = (EsContext){.line = line, .library = default_library(line), .actor = login_name()};
  context->language = es_locale_language();
  es_screen_detect(&context->screen);
  if (es_context_has(context, "plain"))
    es_screen_make_plain(&context->screen);
  context->service = es_service_new(context->library, context->actor);
  context->cancel = g_cancellable_new();
}

void es_context_clear(EsContext *context) {
  g_clear_pointer(&context->service, es_service_free);
  g_clear_object(&context->cancel);
  g_clear_pointer(&context->library, g_free);
  g_clear_pointer(&context->actor, g_free);
}

gboolean es_context_has(const EsContext *context, const char *option) {
  return es_line_has(context->line, option);
}

const char *es_context_text(const EsContext *context, const char *option) {
  return es_line_text(context->line, option);
}

const char *es_context_word(const EsContext *context, guint i) {
  return i < context->line->words->len ? g_ptr_array_index(context->line->words, i) : NULL;
}

JsonObject *es_context_params(EsContext *context) {
  return context->line->params;
}

gboolean es_context_set_id(EsContext *context, GError **error) {
  g_autofree char *id = es_last_search_resolve(context->library, es_context_word(context, 0), error);
  if (id == NULL)
    return FALSE;
  json_object_set_string_member(es_context_params(context), "id", id);
  return TRUE;
}

void es_context_set_language(EsContext *context) {
  json_object_set_string_member(es_context_params(context), "language", context->language);
}

void es_context_set_words(EsContext *context, const char *param, guint first) {
  const GPtrArray *words = context->line->words;
  if (first >= words->len)
    return;
  JsonArray *list = json_array_new();
  for (guint i = first; i < words->len; i++)
    json_array_add_string_element(list, g_ptr_array_index(words, i));
  json_object_set_array_member(es_context_params(context), param, list);
}

static gboolean read_length(const char *option, const char *text, gint64 *length_ms, GError **error) {
  if (es_duration_parse(text, length_ms, error))
    return TRUE;
  g_prefix_error(error, "%s: ", option);
  return FALSE;
}

gboolean es_context_set_range(EsContext *context, const char *range, GError **error) {
  g_auto(GStrv) ends = g_strsplit(range, "-", 2);
  gint64 start_ms = 0, end_ms = 0;
  if (g_strv_length(ends) != 2) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("--range: “%s” is not like 1:05-1:40"), range);
    return FALSE;
  }
  if (!read_length("--range", g_strstrip(ends[0]), &start_ms, error) ||
      !read_length("--range", g_strstrip(ends[1]), &end_ms, error))
    return FALSE;
  if (end_ms <= start_ms) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("--range: %s ends before it begins"), range);
    return FALSE;
  }
  json_object_set_int_member(es_context_params(context), "start_ms", start_ms);
  json_object_set_int_member(es_context_params(context), "end_ms", end_ms);
  return TRUE;
}

static void collect_row(JsonObject *row, gpointer user_data) {
  g_ptr_array_add(user_data, json_object_ref(row));
}

static void print_warning(const char *message, gpointer user_data) {
  es_message(_("warning: %s"), message);
}

gboolean es_context_call(EsContext *context, const char *operation, const EsReply *reply, GError **error) {
  return es_service_call(context->service, operation, es_context_params(context), reply, context->cancel,
                         error);
}

GPtrArray *es_context_rows(EsContext *context, const char *operation, GError **error) {
  return es_context_rows_of(context, operation, es_context_params(context), error);
}

GPtrArray *es_context_rows_of(EsContext *context, const char *operation, JsonObject *params, GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
  EsReply reply = {.row = collect_row, .warning = print_warning, .user_data = rows};
  return es_service_call(context->service, operation, params, &reply, context->cancel, error)
             ? g_steal_pointer(&rows)
             : NULL;
}

static JsonObject *first_row(GPtrArray *rows, const char *operation, GError **error) {
  if (rows == NULL)
    return NULL;
  if (rows->len > 0)
    return json_object_ref(g_ptr_array_index(rows, 0));
  g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("%s gave no reply"), operation);
  return NULL;
}

JsonObject *es_context_one(EsContext *context, const char *operation, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, operation, error);
  return first_row(rows, operation, error);
}

GPtrArray *es_context_ask(EsContext *context, const char *operation, JsonObject *params, GError **error) {
  EsContext other = *context;
  EsLine line = *context->line;
  line.params = params;
  other.line = &line;
  GPtrArray *rows = es_context_rows(&other, operation, error);
  json_object_unref(params);
  return rows;
}

JsonObject *es_context_ask_one(EsContext *context, const char *operation, JsonObject *params,
                               GError **error) {
  g_autoptr(GPtrArray) rows = es_context_ask(context, operation, params, error);
  return first_row(rows, operation, error);
}

gboolean es_context_print_json(EsContext *context, GPtrArray *rows) {
  if (!es_context_has(context, "json"))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    es_reply_print(g_ptr_array_index(rows, i), stdout);
  return TRUE;
}

static char *read_stream(FILE *file, const char *name, GError **error) {
  GString *text = g_string_new(NULL);
  char buffer[8192];
  gsize n;
  while ((n = fread(buffer, 1, sizeof buffer, file)) > 0 && text->len <= MOST_INPUT_BYTES)
    g_string_append_len(text, buffer, (gssize)n);
  if (ferror(file))
    es_set_errno(error, errno, "%s", name);
  else if (text->len > MOST_INPUT_BYTES)
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: too large for a text of this kind"), name);
  else if (strlen(text->str) != text->len || !g_utf8_validate(text->str, -1, NULL))
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not a text in UTF-8"), name);
  else
    return g_string_free(text, FALSE);
  g_string_free(text, TRUE);
  return NULL;
}

char *es_context_read_file(const char *path, GError **error) {
  if (strcmp(path, "-") == 0)
    return read_stream(stdin, _("standard input"), error);
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    es_set_errno(error, errno, "%s", path);
    return NULL;
  }
  char *text = read_stream(file, path, error);
  fclose(file);
  return text;
}
