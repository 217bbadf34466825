// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Help texts (see help.h). Columns are padded by width in cells, since translations are not ASCII.
#include "help.h"
#include "earshot/common/i18n.h"
#include "text.h"

#include <string.h>

#define LONGEST_LEFT 28
#define WIDTH 80
#define SHORT_CHOICES 16 // stand in the place of the value's name

static void print_pair(FILE *file, const char *left, const char *right) {
  g_autoptr(GString) line = g_string_new("  ");
  if (es_text_width(left) > LONGEST_LEFT) {
    g_string_append(line, left);
    g_string_append_printf(line, "\n%*s", LONGEST_LEFT + 2, "");
  } else {
    es_text_append_padded(line, left, LONGEST_LEFT, FALSE, FALSE);
  }
  g_autofree char *wrapped = es_text_wrap(right, WIDTH, LONGEST_LEFT + 4);
  fprintf(file, "%s  %s\n", line->str, wrapped);
}

static void print_paragraph(FILE *file, const char *text) {
  g_autofree char *wrapped = es_text_wrap(text, WIDTH, 0);
  fprintf(file, "\n%s\n", wrapped);
}

// "state of consent: given, refused", with spaces where a line may break.
static char *with_choices(const EsArg *arg) {
  g_auto(GStrv) choices = g_strsplit(arg->choices, "|", -1);
  g_autofree char *list = g_strjoinv(_(", "), choices);
  return g_strdup_printf("%s: %s", _(arg->help), list);
}

static void print_arg(FILE *file, const EsArg *arg) {
  g_autoptr(GString) left = g_string_new(NULL);
  if (arg->letter != 0)
    g_string_append_printf(left, "-%c, ", arg->letter);
  g_string_append_printf(left, "--%s", arg->name);
  gboolean long_choices = arg->choices != NULL && strlen(arg->choices) > SHORT_CHOICES;
  if (arg->choices != NULL && !long_choices)
    g_string_append_printf(left, " %s", arg->choices);
  else if (arg->meta != NULL)
    g_string_append_printf(left, " %s", _(arg->meta));
  g_autofree char *help = long_choices ? with_choices(arg) : g_strdup(_(arg->help));
  print_pair(file, left->str, help);
}

// Without a heading the list goes on with the one before it.
static void print_args(FILE *file, const char *heading, const EsArg *list) {
  if (heading != NULL)
    fprintf(file, "\n%s\n", heading);
  for (; list->name != NULL; list++)
    print_arg(file, list);
}

// The shortest way from nothing to a judged call.
static void print_beginning(FILE *file) {
  fprintf(file, "\n%s\n", _("To begin:"));
  print_pair(file, "earshot init", _("make a library, or check that there is one"));
  print_pair(file, "earshot record FILE.pcap", _("record the calls of a packet capture"));
  print_pair(file, "earshot search --yesterday", _("find calls, newest first"));
  print_pair(file, "earshot show @1", _("show everything about the first call found"));
  print_pair(file, "earshot score @1", _("judge it, question after question"));
  print_pair(file, "earshot flag @1 training", _("mark it for the coaching pack"));
  print_pair(file, "earshot export -o pack.zip", _("make the coaching pack"));
}

void es_help_overview(FILE *file) {
  fprintf(file, "%s\n", _("Usage: earshot [--library DIR] COMMAND …"));
  print_paragraph(file,
                  _("Records the calls of a contact centre, finds and plays them, scores them, and exports "
                    "calls for coaching."));
  fprintf(file, "\n%s\n", _("Commands:"));
  for (const EsCommand *const *command = es_commands; *command != NULL; command++)
    print_pair(file, (*command)->name, _((*command)->summary));
  print_beginning(file);
  print_args(file, _("Options of every command:"), es_global_args);
  print_paragraph(file,
                  _("earshot COMMAND --help tells more about one. Exit status: 0 done, 1 failed, 2 wrong "
                    "usage, 3 nothing found."));
}

static void print_subs(FILE *file, const EsCommand *command) {
  fprintf(file, "\n%s\n", _("Commands:"));
  for (const EsCommand *const *sub = command->sub; *sub != NULL; sub++) {
    g_autofree char *left =
        g_strjoin(" ", (*sub)->name, (*sub)->usage != NULL ? _((*sub)->usage) : NULL, NULL);
    print_pair(file, left, _((*sub)->summary));
  }
}

static void print_usage(FILE *file, const EsCommand *parent, const EsCommand *command) {
  const char *words[] = {parent != NULL ? parent->name : NULL, command->name,
                         command->run != NULL ? _("[OPTION …]") : _("COMMAND …"),
                         command->run != NULL && command->usage != NULL ? _(command->usage) : NULL};
  g_autoptr(GString) line = g_string_new("earshot");
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (words[i] != NULL)
      g_string_append_printf(line, " %s", words[i]);
  fprintf(file, _("Usage: %s\n"), line->str);
}

void es_help_command(const EsCommand *parent, const EsCommand *command, FILE *file) {
  print_usage(file, parent, command);
  print_paragraph(file, _(command->summary));
  if (command->description != NULL)
    print_paragraph(file, _(command->description));
  if (command->sub != NULL)
    print_subs(file, command);
  const char *before = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(command->args) && command->args[i] != NULL; i++) {
    const char *heading = command->args[i] == es_filter_args ? _("Which calls:") : _("Options:");
    print_args(file, g_strcmp0(heading, before) == 0 ? NULL : heading, command->args[i]);
    before = heading;
  }
  print_args(file, _("Options of every command:"), es_global_args);
}
