// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a command is: one const entry in its own file cli/cmd-<name>.c. The table in main.c lists them; help,
// option parsing, shell completion and the test over the man pages all read these entries and nothing else.
#pragma once

#include <glib.h>

typedef enum {
  ES_ARG_NONE,           // --json
  ES_ARG_TEXT,           // --agent mona
  ES_ARG_COUNT,          // --limit 50: a whole number, 1 or more
  ES_ARG_NUMBER,         // --score-below 72.5
  ES_ARG_LENGTH,         // --min-duration 1:30; handed on in milliseconds
  ES_ARG_COUNT_OR_NONE,  // --repeat-caller [3]: without one, 1
  ES_ARG_LENGTH_OR_NONE, // --dead-air [30]: without one, 1 ms
  ES_ARG_LIST,           // --pcap FILE, may be repeated
} EsArgKind;

typedef struct {
  const char *name; // long name, "min-duration"; NULL ends a list
  char letter;      // short name, or 0
  EsArgKind kind;
  const char *param;   // parameter of the operation that it sets ("min_duration_ms"); NULL: for the command
  const char *meta;    // N_("LENGTH"); NULL for ES_ARG_NONE
  const char *help;    // one line, marked for translation
  const char *choices; // "wav|flac": the only values allowed; NULL for any
} EsArg;

typedef struct EsContext EsContext;
typedef struct EsCommand EsCommand;

struct EsCommand {
  const char *name;
  const char *summary;         // one line, marked for translation
  const char *usage;           // what follows the name, "ID FLAG"; marked for translation; NULL for nothing
  const char *description;     // further paragraphs of the help; marked for translation; may be NULL
  const EsArg *args[4];        // lists of options, NULL-terminated list of lists
  const EsCommand *const *sub; // further words ("list", "add"); NULL-terminated; may be NULL
  guint least, most;           // how many words; G_MAXUINT for any number
  const char *required;        // the option that must be given; may be NULL
  gboolean (*run)(EsContext *context, GError **error); // NULL: needs one of sub
};

// The table, in the order of the help; NULL-terminated.
extern const EsCommand *const es_commands[];

// Finds an entry in a NULL-terminated list; NULL if there is none.
const EsCommand *es_command_find(const EsCommand *const *list, const char *name);
// The name most like the given one, for "did you mean"; NULL if none is near.
const char *es_command_nearest(const EsCommand *const *list, const char *name);

// Options that every command takes.
extern const EsArg es_global_args[];
// --json, shared by nearly all.
extern const EsArg es_json_args[];
// Criteria of search, shared with export.
extern const EsArg es_filter_args[];
