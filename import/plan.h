// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What an import is going to do: the files found, each with what is known of it.
#pragma once

#include "earshot/import/cdr.h"
#include "earshot/import/import.h"
#include "metadata.h"

typedef struct {
  char *paths[2]; // the recording; second: the other side's file of a call in two
  char *name;     // for people and the index: without folders
  guint64 bytes;
  EsCall *stated;   // what metadata, file name and detail records say
  char *left;       // role of the left channel, NULL: as the options say
  char *transcript; // NULL if there is none
  char *where;      // where the metadata stands; NULL without
} EsImportItem;

// Of EsImportItem in the order of their names, free-func set. Tells warnings; stats get files, bytes, wrong.
GPtrArray *es_import_plan(const EsImportOptions *options, const EsImportSink *sink, EsImportStats *stats,
                          GError **error);

// ---- walk.c
// Files that look like recordings, of paths and everything below those that are directories; sorted.
GPtrArray *es_import_walk(const char *const *paths, GError **error); // of char *

// ---- monitor.c
// Sets what the name of a file in Asterisk's or FreePBX's monitor folder says; FALSE when it says nothing.
gboolean es_monitor_name_read(const char *name, GTimeZone *zone, EsCall *call);
// For "…-in.wav" and "…-out.wav", the one-sided files of Monitor(): the name without that, *second tells
// which it is. NULL for others; caller frees.
char *es_monitor_pair(const char *path, gboolean *second);
