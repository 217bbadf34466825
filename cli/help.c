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

static void print_args(FILE *file, const char *heading, const EsArg *list) {
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

void es_help_command(const EsCommand *parent, const EsCommand *command, FILE *file) {
  const char *usage = command->run == NULL ? _("COMMAND …") : command->usage != NULL ? _(command->usage) : "";
  fprintf(file, _("Usage: earshot %s%s%s %s %s\n"), parent != NULL ? parent->name : "",
          parent != NULL ? " " : "", command->name, command->run != NULL ? _("[OPTION …]") : "", usage);
  print_paragraph(file, _(command->summary));
  if (command->description != NULL)
    print_paragraph(file, _(command->description));
  if (command->sub != NULL)
    print_subs(file, command);
  for (guint i = 0; i < G_N_ELEMENTS(command->args) && command->args[i] != NULL; i++)
    print_args(file, command->args[i] == es_filter_args ? _("Which calls:") : _("Options:"),
               command->args[i]);
  print_args(file, _("Options of every command:"), es_global_args);
}
