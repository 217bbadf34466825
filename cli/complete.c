// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Shell completion (see complete.h).
#include "complete.h"
#include "command.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "options.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  const EsCommand *command;
  const EsArg *pending; // the option whose value comes next
  const char *library;  // what was given with --library
} Position;

// Values that the library knows: of which option, which operation lists them, in which member.
static const struct {
  const char *option, *operation, *member;
} lists[] = {
    {"saved", "search.list", "name"},
    {"forget", "search.list", "name"},
    {"rubric", "rubric.list", "id"},
    {"client", "client.list", "client"},
};

static void offer(const char *name, const char *prefix, const char *dashes, const char *summary) {
  g_autofree char *whole = g_strconcat(dashes, name, NULL);
  if (g_str_has_prefix(whole, prefix))
    printf("%s\t%s\n", whole, summary != NULL ? _(summary) : "");
}

static void step(Position *at, const char *word) {
  if (at->pending != NULL) {
    at->library = strcmp(at->pending->name, "library") == 0 ? word : at->library;
    at->pending = NULL;
  } else if (g_str_has_prefix(word, "--")) {
    const EsArg *arg = strchr(word, '=') == NULL ? es_command_arg(at->command, word + 2) : NULL;
    at->pending = arg != NULL && arg->kind < ES_ARG_COUNT_OR_NONE && arg->kind != ES_ARG_NONE ? arg : NULL;
  } else if (word[0] != '-' && at->command == NULL) {
    at->command = es_command_find(es_commands, word);
  } else if (word[0] != '-' && at->command->sub != NULL) {
    const EsCommand *sub = es_command_find(at->command->sub, word);
    at->command = sub != NULL ? sub : at->command;
  }
}

static void offer_commands(const EsCommand *const *list, const char *prefix) {
  for (; list != NULL && *list != NULL; list++)
    offer((*list)->name, prefix, "", (*list)->summary);
}

static void offer_args(const EsArg *list, const char *prefix) {
  for (; list->name != NULL; list++)
    offer(list->name, prefix, "--", list->help);
}

static void offer_choices(const EsArg *arg, const char *prefix) {
  if (arg->choices == NULL)
    return;
  g_auto(GStrv) choices = g_strsplit(arg->choices, "|", -1);
  for (char **choice = choices; *choice != NULL; choice++)
    offer(*choice, prefix, "", NULL);
}

// What an operation lists; nothing when the library cannot be asked.
static void offer_list(const Position *at, const char *operation, const char *member, const char *prefix) {
  char *words[] = {(char *)"search", at->library != NULL ? (char *)"--library" : NULL, (char *)at->library,
                   NULL};
  g_auto(EsLine) line = {0};
  if (!es_line_parse(&line, es_commands, words, NULL))
    return;
  EsContext context;
  es_context_init(&context, &line);
  g_autoptr(JsonObject) params = json_object_new();
  g_autoptr(GPtrArray) rows = es_context_rows_of(&context, operation, params, NULL);
  for (guint i = 0; rows != NULL && i < rows->len; i++) {
    g_autofree char *value = es_text_clean(es_reply_text(g_ptr_array_index(rows, i), member));
    if (*value != '\0')
      offer(value, prefix, "", NULL);
  }
  es_context_clear(&context);
}

static void offer_values(const Position *at, const char *prefix) {
  if (strcmp(at->pending->name, "flag") == 0)
    offer("training", prefix, "", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
    if (strcmp(lists[i].option, at->pending->name) == 0)
      return offer_list(at, lists[i].operation, lists[i].member, prefix);
  offer_choices(at->pending, prefix);
}

static void offer_words(const Position *at, const char *prefix) {
  const EsCommand *rubric = es_command_find(es_commands, "rubric");
  offer_commands(at->command != NULL ? at->command->sub : es_commands, prefix);
  if (at->command != NULL && at->command == es_command_find(rubric->sub, "show"))
    offer_list(at, "rubric.list", "id", prefix);
}

static void offer_all(const Position *at, const char *prefix) {
  const EsCommand *command = at->command;
  if (at->pending != NULL)
    return offer_values(at, prefix);
  if (prefix[0] != '-')
    return offer_words(at, prefix);
  for (guint i = 0; command != NULL && i < G_N_ELEMENTS(command->args) && command->args[i] != NULL; i++)
    offer_args(command->args[i], prefix);
  offer_args(es_global_args, prefix);
}

static void print_table_row(const char *parent, const EsCommand *command) {
  g_autofree char *name =
      g_strjoin(" ", parent != NULL ? parent : command->name, parent != NULL ? command->name : NULL, NULL);
  printf("%s\t%s\n", name, _(command->summary));
  for (guint i = 0; i < G_N_ELEMENTS(command->args) && command->args[i] != NULL; i++)
    for (const EsArg *arg = command->args[i]; arg->name != NULL; arg++)
      printf("%s\t--%s\t%c\t%s\n", name, arg->name, arg->letter != 0 ? arg->letter : ' ',
             arg->choices != NULL ? arg->choices : "");
  for (const EsCommand *const *sub = command->sub; sub != NULL && *sub != NULL; sub++)
    print_table_row(name, *sub);
}

int es_complete(char **words) {
  if (words[0] != NULL && strcmp(words[0], "--table") == 0) {
    for (const EsCommand *const *command = es_commands; *command != NULL; command++)
      print_table_row(NULL, *command);
    return 0;
  }
  Position at = {0};
  const char *last = "";
  for (; *words != NULL; words++) {
    if (words[1] != NULL)
      step(&at, *words);
    last = *words;
  }
  offer_all(&at, last);
  return 0;
}
