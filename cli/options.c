// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The option parser (see options.h). Options may stand before and after words; "--" ends them; "-" is a word.
#include "options.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <errno.h>
#include <string.h>

const EsArg es_global_args[] = {
    {"library", 'L', ES_ARG_TEXT, NULL, N_("DIR"), N_("the library to work on"), NULL},
    {"lang", 0, ES_ARG_TEXT, NULL, N_("LANGUAGE"), N_("language of the texts, such as ar or en"), NULL},
    {"help", 'h', ES_ARG_NONE, NULL, NULL, N_("show this help"), NULL},
    {"version", 'V', ES_ARG_NONE, NULL, NULL, N_("show the version"), NULL},
    {0},
};

const EsArg es_json_args[] = {
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

void es_line_clear(EsLine *line) {
  g_clear_pointer(&line->params, json_object_unref);
  g_clear_pointer(&line->own, json_object_unref);
  g_clear_pointer(&line->words, g_ptr_array_unref);
}

static const EsArg *find_in(const EsArg *list, const char *name, char letter) {
  for (; list->name != NULL; list++)
    if (name != NULL ? strcmp(list->name, name) == 0 : list->letter == letter)
      return list;
  return NULL;
}

static const EsArg *find_arg(const EsCommand *command, const char *name, char letter) {
  for (guint i = 0; command != NULL && i < G_N_ELEMENTS(command->args) && command->args[i] != NULL; i++) {
    const EsArg *arg = find_in(command->args[i], name, letter);
    if (arg != NULL)
      return arg;
  }
  return find_in(es_global_args, name, letter);
}

const EsArg *es_command_arg(const EsCommand *command, const char *name) {
  return find_arg(command, name, 0);
}

static const char *help_hint(const EsLine *line) {
  return line->command != NULL ? line->command->name : NULL;
}

static gboolean usage_error(const EsLine *line, GError **error, const char *message) {
  const char *parent = line->parent != NULL ? line->parent->name : NULL;
  g_autofree char *hint = g_strjoin(" ", "earshot", parent != NULL ? parent : help_hint(line),
                                    parent != NULL ? help_hint(line) : NULL, NULL);
  // Translators: %s is a message, the second %s a command line.
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s (see %s --help)"), message, hint);
  return FALSE;
}

static gboolean unknown_option(const EsLine *line, const char *text, GError **error) {
  g_autofree char *message = g_strdup_printf(_("unknown option %s"), text);
  return usage_error(line, error, message);
}

// The choice that is meant, in any case of letters; NULL if it is none. Caller frees.
static char *find_choice(const char *choices, const char *value) {
  g_auto(GStrv) list = g_strsplit(choices, "|", -1);
  for (char **choice = list; *choice != NULL; choice++)
    if (g_ascii_strcasecmp(*choice, value) == 0)
      return g_strdup(*choice);
  return NULL;
}

static gboolean read_count(const char *value, JsonObject *into, const char *name) {
  g_autofree char *digits = es_digits_to_ascii(value);
  guint64 count = 0;
  if (!g_ascii_string_to_unsigned(digits, 10, 1, G_MAXINT32, &count, NULL))
    return FALSE;
  json_object_set_int_member(into, name, (gint64)count);
  return TRUE;
}

static gboolean read_number(const char *value, JsonObject *into, const char *name) {
  g_autofree char *digits = g_strdelimit(es_digits_to_ascii(value), ",", '.');
  char *end = NULL;
  errno = 0;
  double number = g_ascii_strtod(digits, &end);
  if (errno != 0 || end == digits || *end != '\0' || number != number)
    return FALSE;
  json_object_set_double_member(into, name, number);
  return TRUE;
}

static void append_text(JsonObject *into, const char *name, const char *value) {
  if (!json_object_has_member(into, name))
    json_object_set_array_member(into, name, json_array_new());
  json_array_add_string_element(json_object_get_array_member(into, name), value);
}

static gboolean bad_value(const EsLine *line, const EsArg *arg, const char *value, GError **error) {
  g_autofree char *message = NULL;
  if (arg->choices != NULL) {
    g_auto(GStrv) choices = g_strsplit(arg->choices, "|", -1);
    g_autofree char *list = g_strjoinv(_(", "), choices);
    message = g_strdup_printf(_("--%s: “%s” is not one of %s"), arg->name, value, list);
  } else if (arg->kind == ES_ARG_COUNT || arg->kind == ES_ARG_COUNT_OR_NONE) {
    message = g_strdup_printf(_("--%s: “%s” is not a whole number from 1"), arg->name, value);
  } else {
    message = g_strdup_printf(_("--%s: “%s” is not a number"), arg->name, value);
  }
  return usage_error(line, error, message);
}

static gboolean store(EsLine *line, const EsArg *arg, const char *value, GError **error) {
  JsonObject *into = arg->param != NULL ? line->params : line->own;
  const char *name = arg->param != NULL ? arg->param : arg->name;
  if (value != NULL && !g_utf8_validate(value, -1, NULL) && arg->kind != ES_ARG_LIST)
    return bad_value(line, arg, "?", error);
  g_autofree char *choice = arg->choices != NULL ? find_choice(arg->choices, value) : NULL;
  if (arg->choices != NULL && choice == NULL)
    return bad_value(line, arg, value, error);
  gint64 length_ms = 0;
  switch (arg->kind) {
  case ES_ARG_NONE:
    json_object_set_boolean_member(into, name, TRUE);
    return TRUE;
  case ES_ARG_TEXT:
    json_object_set_string_member(into, name, choice != NULL ? choice : value);
    return TRUE;
  case ES_ARG_LIST:
    append_text(into, name, value);
    return TRUE;
  case ES_ARG_COUNT_OR_NONE:
  case ES_ARG_COUNT:
    return read_count(value, into, name) || bad_value(line, arg, value, error);
  case ES_ARG_NUMBER:
    return read_number(value, into, name) || bad_value(line, arg, value, error);
  case ES_ARG_LENGTH_OR_NONE:
  case ES_ARG_LENGTH:
    if (!es_duration_parse(value, &length_ms, error)) {
      g_prefix_error(error, "--%s: ", arg->name);
      return FALSE;
    }
    json_object_set_int_member(into, name, length_ms);
    return TRUE;
  }
  return FALSE;
}

static gboolean missing_value(const EsLine *line, const EsArg *arg, GError **error) {
  g_autofree char *message = g_strdup_printf(_("--%s needs a value"), arg->name);
  return usage_error(line, error, message);
}

// The next word, if it is a value for an option that needs none: one that reads as a number or length.
static gboolean store_if_fits(EsLine *line, const EsArg *arg, char ***argv, GError **error) {
  const char *next = (*argv)[1];
  g_autofree char *digits = next != NULL ? es_digits_to_ascii(next) : NULL;
  gint64 length_ms;
  gboolean fits = digits != NULL && g_ascii_isdigit(digits[0]) &&
                  (arg->kind == ES_ARG_LENGTH_OR_NONE ? es_duration_parse(digits, &length_ms, NULL)
                                                      : strspn(digits, "0123456789") == strlen(digits));
  if (!fits)
    return store(line, arg, arg->kind == ES_ARG_LENGTH_OR_NONE ? "1ms" : "1", error);
  (*argv)++;
  return store(line, arg, next, error);
}

static gboolean may_stand_alone(const EsArg *arg) {
  return arg->kind == ES_ARG_COUNT_OR_NONE || arg->kind == ES_ARG_LENGTH_OR_NONE;
}

// Takes "--name", "--name=value" or "--name value"; moves *argv to the last word used.
static gboolean read_long(EsLine *line, char ***argv, GError **error) {
  const char *text = **argv + 2;
  const char *equals = strchr(text, '=');
  g_autofree char *name = equals != NULL ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
  const EsArg *arg = find_arg(line->command, name, 0);
  if (arg == NULL)
    return unknown_option(line, **argv, error);
  if (arg->kind == ES_ARG_NONE) {
    if (equals == NULL)
      return store(line, arg, NULL, error);
    g_autofree char *message = g_strdup_printf(_("--%s takes no value"), arg->name);
    return usage_error(line, error, message);
  }
  if (equals != NULL)
    return store(line, arg, equals + 1, error);
  if (may_stand_alone(arg))
    return store_if_fits(line, arg, argv, error);
  if ((*argv)[1] == NULL)
    return missing_value(line, arg, error);
  (*argv)++;
  return store(line, arg, **argv, error);
}

// Takes "-x", "-x value" or "-xvalue".
static gboolean read_short(EsLine *line, char ***argv, GError **error) {
  const char *text = **argv;
  const EsArg *arg = find_arg(line->command, NULL, text[1]);
  if (arg == NULL || (arg->kind == ES_ARG_NONE && text[2] != '\0'))
    return unknown_option(line, text, error);
  if (arg->kind == ES_ARG_NONE)
    return store(line, arg, NULL, error);
  if (text[2] != '\0')
    return store(line, arg, text + 2, error);
  if ((*argv)[1] == NULL)
    return missing_value(line, arg, error);
  (*argv)++;
  return store(line, arg, **argv, error);
}

static gboolean unknown_command(const EsLine *line, const EsCommand *const *list, const char *word,
                                GError **error) {
  const char *nearest = es_command_nearest(list, word);
  g_autofree char *message =
      nearest != NULL ? g_strdup_printf(_("unknown command “%s”; did you mean “%s”?"), word, nearest)
                      : g_strdup_printf(_("unknown command “%s”"), word);
  return usage_error(line, error, message);
}

// The first word names the command, the next one perhaps a command within it.
static gboolean read_word(EsLine *line, const EsCommand *const *commands, const char *word, GError **error) {
  if (line->command == NULL) {
    line->command = es_command_find(commands, word);
    return line->command != NULL || unknown_command(line, commands, word, error);
  }
  if (line->command->sub != NULL && line->parent == NULL && line->words->len == 0) {
    const EsCommand *sub = es_command_find(line->command->sub, word);
    if (sub == NULL && line->command->run == NULL)
      return unknown_command(line, line->command->sub, word, error);
    if (sub != NULL) {
      line->parent = line->command;
      line->command = sub;
      return TRUE;
    }
  }
  g_ptr_array_add(line->words, g_strdup(word));
  return TRUE;
}

static gboolean wants_help(const EsLine *line) {
  return es_line_has(line, "help") || es_line_has(line, "version");
}

// The command needs one of the words below it.
static gboolean which_one(const EsLine *line, GError **error) {
  g_autoptr(GString) list = g_string_new(NULL);
  for (const EsCommand *const *sub = line->command->sub; *sub != NULL; sub++)
    g_string_append_printf(list, "%s%s", list->len > 0 ? _(", ") : "", (*sub)->name);
  g_autofree char *message = g_strdup_printf(_("%s: which one of %s?"), line->command->name, list->str);
  return usage_error(line, error, message);
}

static gboolean check_required(const EsLine *line, GError **error) {
  const char *name = line->command->required;
  const EsArg *arg = name != NULL ? es_command_arg(line->command, name) : NULL;
  if (arg == NULL || json_object_has_member(arg->param != NULL ? line->params : line->own,
                                            arg->param != NULL ? arg->param : arg->name))
    return TRUE;
  g_autofree char *message = g_strdup_printf(_("--%s %s is missing"), arg->name, _(arg->meta));
  return usage_error(line, error, message);
}

static gboolean check_words(const EsLine *line, GError **error) {
  const EsCommand *command = line->command;
  if (command == NULL)
    return TRUE;
  if (command->run == NULL)
    return which_one(line, error);
  if (line->words->len > command->most) {
    g_autofree char *message = g_strdup_printf(_("“%s” is one word too many"),
                                               (char *)g_ptr_array_index(line->words, command->most));
    return usage_error(line, error, message);
  }
  if (line->words->len < command->least) {
    g_autofree char *message = g_strdup_printf(_("something is missing: %s %s"), command->name,
                                               command->usage != NULL ? _(command->usage) : "");
    return usage_error(line, error, message);
  }
  return check_required(line, error);
}

gboolean es_line_parse(EsLine *line, const EsCommand *const *commands, char **argv, GError **error) {
  *line = (EsLine){
      .params = json_object_new(), .own = json_object_new(), .words = g_ptr_array_new_with_free_func(g_free)};
  gboolean options = TRUE;
  for (; *argv != NULL; argv++) {
    const char *word = *argv;
    gboolean done = TRUE;
    if (options && strcmp(word, "--") == 0)
      options = FALSE;
    else if (options && g_str_has_prefix(word, "--"))
      done = read_long(line, &argv, error);
    else if (options && word[0] == '-' && word[1] != '\0')
      done = read_short(line, &argv, error);
    else
      done = read_word(line, commands, word, error);
    if (!done)
      return FALSE;
    if (wants_help(line))
      return TRUE;
  }
  return check_words(line, error);
}

gboolean es_line_has(const EsLine *line, const char *name) {
  return json_object_has_member(line->own, name);
}

const char *es_line_text(const EsLine *line, const char *name) {
  return json_object_get_string_member_with_default(line->own, name, NULL);
}

// What a parameter of an operation is called on the command line. Caller frees.
static char *spelling(const EsCommand *command, const char *param) {
  for (guint i = 0; i < G_N_ELEMENTS(command->args) && command->args[i] != NULL; i++)
    for (const EsArg *arg = command->args[i]; arg->name != NULL; arg++)
      if (g_strcmp0(arg->param, param) == 0)
        return g_strconcat("--", arg->name, NULL);
  if (g_str_equal(param, "start_ms") || g_str_equal(param, "end_ms"))
    return g_strdup("--range");
  return g_strdup(g_str_equal(param, "add") ? _("TAG") : param);
}

char *es_line_explain(const EsLine *line, const char *message) {
  const char *colon = strstr(message, ": ");
  if (colon == NULL)
    return g_strdup(message);
  g_autofree char *param = g_strndup(message, (gsize)(colon - message));
  if (*param == '\0' || strspn(param, "abcdefghijklmnopqrstuvwxyz_") != strlen(param))
    return g_strdup(message);
  g_autofree char *name = spelling(line->command, param);
  return g_strconcat(name, colon, NULL);
}
