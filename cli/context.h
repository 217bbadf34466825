// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a running command works with: the parsed line, the screen, the door to the library. Commands render
// what operations reply and touch nothing else.
#pragma once

#include "command.h"
#include "earshot/service/service.h"
#include "options.h"
#include "reply.h"
#include "screen.h"

struct EsContext {
  const EsLine *line;
  char *library;
  char *actor;          // login name of the account
  const char *language; // "ar" or "en"
  EsScreen screen;
  EsService *service;
  GPid pager;           // 0 unless standard output goes to one
  int terminal_fd;      // standard output while it does
  GCancellable *cancel; // set by SIGINT and SIGTERM once es_context_catch_signals was called
};

void es_context_init(EsContext *context, const EsLine *line);
void es_context_clear(EsContext *context);

gboolean es_context_has(const EsContext *context, const char *option);
const char *es_context_text(const EsContext *context, const char *option); // NULL if not given
const char *es_context_word(const EsContext *context, guint i);            // NULL if not given

// The parameters that the options set; borrowed, commands add theirs.
JsonObject *es_context_params(EsContext *context);
// Sets parameter "id" from word 0, "@3" meaning the third row of the last search.
gboolean es_context_set_id(EsContext *context, GError **error);
void es_context_set_language(EsContext *context);
// Words from first on as a list parameter; sets nothing when there is none.
void es_context_set_words(EsContext *context, const char *param, guint first);
// Range "1:05-1:40" into params start_ms and end_ms.
gboolean es_context_set_range(EsContext *context, const char *range, GError **error);

// Runs an operation with the context's parameters and gives its rows (of JsonObject); NULL on failure.
// Warnings go to standard error. Caller unrefs.
GPtrArray *es_context_rows(EsContext *context, const char *operation, GError **error);
// With parameters of their own.
GPtrArray *es_context_rows_of(EsContext *context, const char *operation, JsonObject *params, GError **error);
// The same when one row is expected; NULL on failure. Caller unrefs.
JsonObject *es_context_one(EsContext *context, const char *operation, GError **error);
// Both with parameters of their own, which they take over, and in the reader's language where they ask for
// it.
GPtrArray *es_context_ask(EsContext *context, const char *operation, JsonObject *params, GError **error);
JsonObject *es_context_ask_one(EsContext *context, const char *operation, JsonObject *params, GError **error);
// With other reply functions.
gboolean es_context_call(EsContext *context, const char *operation, const EsReply *reply, GError **error);

// Prints rows as JSON when --json was given, and says so.
gboolean es_context_print_json(EsContext *context, GPtrArray *rows);

// From now on SIGINT and SIGTERM cancel instead of killing; a second one ends at once.
void es_context_catch_signals(EsContext *context);

// SIGHUP, once es_context_catch_signals is called after this, calls func from a thread of its own; NULL ends
// that. A SIGHUP that tells that the terminal is gone cancels instead.
void es_context_on_hangup(void (*func)(gpointer user_data), gpointer user_data);

// The whole of a file, "-" for standard input.
char *es_context_read_file(const char *path, GError **error);

// "earshot: …" on standard error, cleaned of control characters.
void es_message(const char *format, ...) G_GNUC_PRINTF(1, 2);
