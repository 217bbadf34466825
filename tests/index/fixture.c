// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char *fixture_library(void) {
  GError *error = NULL;
  char *library = g_dir_make_tmp("earshot-index-XXXXXX", &error);
  g_assert_no_error(error);
  return library;
}

static void remove_tree(const char *path) {
  GDir *folder = g_dir_open(path, 0, NULL);
  const char *name;
  while (folder && (name = g_dir_read_name(folder))) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    remove_tree(child);
  }
  if (folder)
    g_dir_close(folder);
  g_remove(path);
}

void fixture_remove(char *library) {
  remove_tree(library);
  g_free(library);
}

char *fixture_path(const char *library) {
  return g_build_filename(library, "index.sqlite", NULL);
}

EsIndex *fixture_open(const char *library, EsIndexMode mode) {
  GError *error = NULL;
  EsIndex *index = es_index_open(library, mode, &error);
  g_assert_no_error(error);
  return index;
}

EsCall *fixture_call(int minute, const char *agent) {
  EsCall *call = es_call_new();
  call->started_us = FIXTURE_DAY_US + minute * FIXTURE_MINUTE_US;
  call->answered_us = call->started_us + 4 * ES_US_PER_S;
  call->ended_us = call->answered_us + 90 * ES_US_PER_S;
  call->duration_ms = 90000;
  call->id = g_malloc(ES_ID_SIZE);
  es_id_new(call->started_us, call->id);
  call->call_id = g_strdup_printf("c%d", minute);
  call->disposition = g_strdup("answered");
  call->outcome = g_strdup("recorded");
  call->sip_status = 200;
  if (agent) {
    EsSegment *segment = es_segment_new();
    segment->agent = g_strdup(agent);
    segment->end_ms = 94000;
    g_ptr_array_add(call->segments, segment);
  }
  return call;
}

gint64 fixture_put(EsIndex *index, EsCall *call) {
  GError *error = NULL;
  es_index_put_call(index, call, &error);
  g_assert_no_error(error);
  gint64 rowid = call->rowid;
  es_call_free(call);
  return rowid;
}

static gboolean append_call_id(const EsCall *call, gpointer user_data) {
  GString *ids = user_data;
  g_string_append_printf(ids, "%s%s", ids->len ? " " : "", call->call_id);
  return TRUE;
}

char *fixture_search(EsIndex *index, const EsSearch *search) {
  GError *error = NULL;
  GString *ids = g_string_new(NULL);
  es_index_search(index, search, append_call_id, ids, &error);
  g_assert_no_error(error);
  return g_string_free(ids, FALSE);
}

static int run_shell(const char *library, const char *sql, char **output, char **messages) {
  g_autofree char *path = fixture_path(library);
  g_autofree char *load = g_strdup_printf(".load '%s'", g_getenv("EARSHOT_FOLD"));
  const char *arguments[] = {"sqlite3", "-bail", path, load, sql, NULL};
  GError *error = NULL;
  int status;
  g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, output, messages, &status,
               &error);
  g_assert_no_error(error);
  return status;
}

char *fixture_shell(const char *library, const char *sql) {
  g_autofree char *messages = NULL;
  char *output = NULL;
  int status = run_shell(library, sql, &output, &messages);
  g_assert_cmpstr(messages, ==, "");
  g_assert_cmpint(status, ==, 0);
  return g_strchomp(output);
}

gboolean fixture_shell_fails(const char *library, const char *sql, const char *because) {
  g_autofree char *messages = NULL, *output = NULL;
  return run_shell(library, sql, &output, &messages) != 0 && strstr(messages, because) != NULL;
}

gboolean fixture_as_nobody(const char *library, FixtureInChild func) {
  pid_t child = fork();
  g_assert_cmpint(child, >=, 0);
  if (child == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
      _exit(2);
    _exit(func(library) ? 0 : 1);
  }
  int status;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
