// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// "rubric new" and "rubric import".
//
// What is being written lies in $XDG_STATE_HOME/earshot/rubrics/ID.rubric until it is in the library, so that
// neither a mistake nor an editor that crashes costs anybody's work: the same command goes on with it.
#include "rubric-write.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

static gboolean write_text(const char *path, const char *text, gboolean fresh, GError **error) {
  g_autofree char *folder = g_path_get_dirname(path);
  if (fresh && g_file_test(path, G_FILE_TEST_EXISTS)) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: is there already and is not overwritten"), path);
    return FALSE;
  }
  g_mkdir_with_parents(folder, 0700);
  return g_file_set_contents(path, text, -1, error);
}

static void clear_params(EsContext *context) {
  JsonObject *params = es_context_params(context);
  g_autoptr(GList) names = json_object_get_members(params);
  for (GList *name = names; name != NULL; name = name->next)
    json_object_remove_member(params, name->data);
}

static void on_row(JsonObject *row, gpointer user_data) {
  JsonObject **kept = user_data;
  const char *mistake = es_reply_text(row, "mistake");
  if (mistake != NULL) {
    es_message("%s", mistake);
    return;
  }
  g_clear_pointer(kept, json_object_unref);
  *kept = json_object_ref(row);
}

// One reply of an operation; its mistakes are printed as they come.
static JsonObject *ask(EsContext *context, const char *operation, GError **error) {
  JsonObject *row = NULL;
  EsReply reply = {.row = on_row, .user_data = &row};
  if (es_context_call(context, operation, &reply, error))
    return row;
  g_clear_pointer(&row, json_object_unref);
  return NULL;
}

// Holds the text against the rules and adds it.
static gboolean check_and_add(EsContext *context, const char *name, const char *text, GError **error) {
  static const char *const operations[] = {"rubric.check", "rubric.add"};
  for (guint i = 0; i < G_N_ELEMENTS(operations); i++) {
    clear_params(context);
    json_object_set_string_member(es_context_params(context), "name", name);
    json_object_set_string_member(es_context_params(context), "text", text);
    g_autoptr(JsonObject) row = ask(context, operations[i], error);
    if (row == NULL)
      return FALSE;
    if (i == 1)
      printf(_("added %s %s\n"), es_reply_text(row, "id"), es_reply_text(row, "version"));
  }
  return TRUE;
}

// ---- new

static gboolean edit(const char *path, GError **error) {
  const char *editor = g_getenv("VISUAL");
  if (editor == NULL || *editor == '\0')
    editor = g_getenv("EDITOR");
  if (editor == NULL || *editor == '\0')
    editor = "editor"; // Debian's alternative
  g_auto(GStrv) words = NULL;
  int n, status;
  if (!g_shell_parse_argv(editor, &n, &words, error)) {
    g_prefix_error(error, "$EDITOR: ");
    return FALSE;
  }
  words = g_realloc_n(words, (gsize)n + 2, sizeof *words);
  words[n] = g_strdup(path);
  words[n + 1] = NULL;
  if (!g_spawn_sync(NULL, words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL,
                    NULL, &status, error)) {
    g_prefix_error(error, "$EDITOR: ");
    return FALSE;
  }
  return g_spawn_check_wait_status(status, error);
}

static gboolean wants_to_go_on(void) {
  char answer[64];
  if (!isatty(STDIN_FILENO))
    return FALSE;
  fputs(_("Edit again? [Y/n] "), stderr);
  if (fgets(answer, sizeof answer, stdin) == NULL)
    return FALSE;
  g_strstrip(answer);
  return *answer == '\0' || g_ascii_tolower(*answer) == 'y' || g_str_has_prefix(answer, "ن");
}

// Editor and checks in turns, until the rubric is in the library or the person gives up.
static gboolean write_and_add(EsContext *context, const char *path, const char *before, GError **error) {
  for (;;) {
    g_autoptr(GError) wrong = NULL;
    if (!edit(path, error))
      return FALSE;
    g_autofree char *text = es_context_read_file(path, error);
    if (text == NULL)
      return FALSE;
    if (g_strcmp0(text, before) == 0) {
      g_unlink(path);
      es_message(_("nothing was changed, so nothing was added"));
      return TRUE;
    }
    if (check_and_add(context, path, text, &wrong)) {
      g_unlink(path);
      return TRUE;
    }
    es_message("%s", wrong->message);
    if (wants_to_go_on())
      continue;
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s is kept; “earshot rubric new %s” goes on with it"),
                path, es_context_word(context, 0));
    return FALSE;
  }
}

static gboolean run_new(EsContext *context, GError **error) {
  json_object_set_string_member(es_context_params(context), "id", es_context_word(context, 0));
  g_autoptr(JsonObject) draft = ask(context, "rubric.draft", error);
  if (draft == NULL)
    return FALSE;
  const char *text = es_reply_text(draft, "text"), *output = es_context_text(context, "output");
  if (output != NULL)
    return write_text(output, text, TRUE, error);
  g_autofree char *name = g_strconcat(es_context_word(context, 0), ".rubric", NULL);
  g_autofree char *path = g_build_filename(g_get_user_state_dir(), "earshot", "rubrics", name, NULL);
  if (g_file_test(path, G_FILE_TEST_EXISTS)) {
    es_message(_("going on with %s"), path);
    return write_and_add(context, path, text, error);
  }
  return write_text(path, text, FALSE, error) && write_and_add(context, path, text, error);
}

static const EsArg new_args[] = {
    {"from", 0, ES_ARG_TEXT, "from", N_("RUBRIC"), N_("begin with this rubric instead of an example"), NULL},
    {"output", 'o', ES_ARG_TEXT, NULL, N_("FILE"), N_("write the text there and open no editor"), NULL},
    {0},
};

const EsCommand es_cmd_rubric_new = {
    .name = "new",
    .summary = N_("write a rubric in your editor"),
    .usage = N_("ID"),
    .args = {new_args},
    .least = 1,
    .most = 1,
    .run = run_new,
};

// ---- import

// A form as a spreadsheet writes it: UTF-8, or Windows-1256 as Arabic ones do.
static char *read_form(const char *path, GError **error) {
  g_autoptr(GError) wrong = NULL;
  char *text = es_context_read_file(path, &wrong);
  if (text != NULL)
    return text;
  g_autofree char *bytes = NULL;
  gsize length;
  if (strcmp(path, "-") != 0 && g_file_get_contents(path, &bytes, &length, NULL) && strlen(bytes) == length)
    text = g_convert(bytes, (gssize)length, "UTF-8", "WINDOWS-1256", NULL, NULL, NULL);
  if (text == NULL)
    g_propagate_error(error, g_steal_pointer(&wrong));
  return text;
}

// "Floor form 2026.csv" → floor-form-2026; NULL when nothing Latin is left.
static char *id_of(const char *path) {
  g_autofree char *name = g_path_get_basename(path);
  char *dot = strrchr(name, '.');
  if (dot != NULL)
    *dot = '\0';
  g_autoptr(GString) id = g_string_new(NULL);
  for (const char *c = name; *c != '\0'; c++)
    if (g_ascii_isalnum(*c))
      g_string_append_c(id, g_ascii_tolower(*c));
    else if (id->len > 0 && id->str[id->len - 1] != '-')
      g_string_append_c(id, '-');
  while (id->len > 0 && id->str[id->len - 1] == '-')
    g_string_truncate(id, id->len - 1);
  return id->len > 0 ? g_strndup(id->str, 64) : NULL;
}

static gboolean run_import(EsContext *context, GError **error) {
  const char *path = es_context_word(context, 0), *output = es_context_text(context, "output");
  g_autofree char *text = read_form(path, error), *guessed = id_of(path);
  if (text == NULL)
    return FALSE;
  JsonObject *params = es_context_params(context);
  if (!json_object_has_member(params, "id") && guessed != NULL)
    json_object_set_string_member(params, "id", guessed);
  json_object_set_string_member(params, "name", path);
  json_object_set_string_member(params, "text", text);
  g_autoptr(JsonObject) draft = ask(context, "rubric.form", error);
  if (draft == NULL)
    return FALSE;
  const char *rubric = es_reply_text(draft, "text");
  return output != NULL ? write_text(output, rubric, TRUE, error)
                        : check_and_add(context, path, rubric, error);
}

static const EsArg import_args[] = {
    {"id", 0, ES_ARG_TEXT, "id", N_("ID"), N_("the rubric's id; the file's name if not given"), NULL},
    {"title", 0, ES_ARG_TEXT, "title", N_("TEXT"), N_("its title"), NULL},
    {"pass", 0, ES_ARG_NUMBER, "pass_percent", N_("PERCENT"), N_("from where a call passes; 80 if not given"),
     NULL},
    {"output", 'o', ES_ARG_TEXT, NULL, N_("FILE"), N_("write the rubric's text there and add nothing"), NULL},
    {0},
};

const EsCommand es_cmd_rubric_import = {
    .name = "import",
    .summary = N_("make a rubric from a spreadsheet's form"),
    .usage = N_("FORM.csv"),
    .args = {import_args},
    .least = 1,
    .most = 1,
    .run = run_import,
};
