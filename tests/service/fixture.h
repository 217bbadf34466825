// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A library in a temporary directory, made through the door, with calls put in beside it. Operations run as
// "mona"; parameters are JSON text.
#pragma once

#include "earshot/index/index.h"
#include "earshot/service/service.h"

typedef struct {
  char *root;    // temporary directory
  char *library; // in it
  EsService *service;
  JsonArray *rows;     // of the last operation
  JsonArray *progress; // of the last operation
  GPtrArray *warnings; // of the last operation
  GError *error;       // of the last operation; NULL when it succeeded
} Fixture;

Fixture *fixture_new(gboolean with_library);
void fixture_free(Fixture *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)
void fixture_reopen(Fixture *f);

// Runs an operation and keeps what it replied. Returns whether it succeeded.
gboolean fixture_call(Fixture *f, const char *operation, const char *params);
// The same, and it must succeed with exactly one row, which is returned (borrowed).
JsonObject *fixture_row(Fixture *f, const char *operation, const char *params);
// The same, and it must fail with this code and a message that holds this text.
void fixture_fail(Fixture *f, const char *operation, const char *params, int code, const char *text);

// Puts a call that started at started_us into the index and returns its id (caller frees). With audio it is
// 60 s long and has a file.
char *fixture_put_call(Fixture *f, gint64 started_us, gboolean with_audio);
// What the sqlite3 shell answers to a query on the library, without the last line feed; caller frees.
char *fixture_sql(Fixture *f, const char *query);
