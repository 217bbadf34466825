// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A library in a temporary folder, and calls to put into it.
#pragma once

#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "earshot/index/annotation.h"
#include "earshot/index/directory.h"
#include "earshot/index/fold.h"

#include <math.h>

// 2026-11-20T08:00:00Z, a Friday.
#define FIXTURE_DAY_US G_GINT64_CONSTANT(1795161600000000)
#define FIXTURE_MINUTE_US (60 * ES_US_PER_S)

char *fixture_library(void);        // a fresh folder; caller frees
void fixture_remove(char *library); // removes the folder and frees the name
char *fixture_path(const char *library);
EsIndex *fixture_open(const char *library, EsIndexMode mode);

// An answered, recorded call at FIXTURE_DAY_US + minute with one segment of agent; id new.
EsCall *fixture_call(int minute, const char *agent);
gint64 fixture_put(EsIndex *index, EsCall *call); // takes the call; gives its row id

// Runs func in a child that is an ordinary account; TRUE if func gave TRUE.
typedef gboolean (*FixtureInChild)(const char *library);
gboolean fixture_as_nobody(const char *library, FixtureInChild func);

// The call-ids that a search gives, joined by spaces.
char *fixture_search(EsIndex *index, const EsSearch *search);
// Standard output of the sqlite3 shell running sql on the library's database; the tokenizer is loaded.
char *fixture_shell(const char *library, const char *sql);
// TRUE if the shell refuses sql with a message that has because in it.
gboolean fixture_shell_fails(const char *library, const char *sql, const char *because);
