// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Finding entries of the command table and guessing what a misspelt one meant.
#include "command.h"

#include <string.h>

#define MOST_EDITS 2
#define LONGEST_NAME 32

const EsCommand *es_command_find(const EsCommand *const *list, const char *name) {
  for (; *list != NULL; list++)
    if (strcmp((*list)->name, name) == 0)
      return *list;
  return NULL;
}

// Levenshtein's distance, one row at a time.
static guint edits(const char *a, const char *b) {
  guint row[LONGEST_NAME + 1];
  gsize n = MIN(strlen(b), LONGEST_NAME);
  for (gsize j = 0; j <= n; j++)
    row[j] = (guint)j;
  for (gsize i = 1; a[i - 1] != '\0'; i++) {
    guint diagonal = row[0];
    row[0] = (guint)i;
    for (gsize j = 1; j <= n; j++) {
      guint replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = MIN(replaced, MIN(row[j], row[j - 1]) + 1);
    }
  }
  return row[n];
}

const char *es_command_nearest(const EsCommand *const *list, const char *name) {
  const char *nearest = NULL;
  guint least = MOST_EDITS + 1;
  for (; *list != NULL; list++) {
    guint distance = edits(name, (*list)->name);
    if (distance < least && (*list)->name[0] != '_') {
      least = distance;
      nearest = (*list)->name;
    }
  }
  return nearest;
}
