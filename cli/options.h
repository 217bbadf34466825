// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading a command line against an entry's option lists.
#pragma once

#include "command.h"
#include <json-glib/json-glib.h>

typedef struct {
  const EsCommand *command;
  const EsCommand *parent; // "rubric" of "rubric list", or NULL
  JsonObject *params;      // options that set a parameter of the operation
  JsonObject *own;         // the others, by long name; global ones too
  GPtrArray *words;        // what is no option; of char *
} EsLine;
void es_line_clear(EsLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EsLine, es_line_clear)

// Reads words after the program's name. --help and --version end the reading at once, so that they work
// beside mistakes. command stays NULL when none was named. Errors: ES_ERROR_USAGE.
gboolean es_line_parse(EsLine *line, const EsCommand *const *commands, char **argv, GError **error);

// An operation's complaint about a parameter ("min_duration_ms: …") in the words of the command line
// ("--min-duration: …"). Caller frees.
char *es_line_explain(const EsLine *line, const char *message);

// Options of the command's own.
gboolean es_line_has(const EsLine *line, const char *name);
const char *es_line_text(const EsLine *line, const char *name); // NULL if not given

// The option of that name in the lists of a command or among the global ones; NULL if there is none.
const EsArg *es_command_arg(const EsCommand *command, const char *name);
