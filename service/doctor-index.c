// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The index: can it be opened, is it whole; and do the newest rows and the newest recordings belong together.
// A library has millions of them, so only so many are looked at, from the newest on.
#include "doctor.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/index/figures.h"

#include <string.h>

#define PATIENCE_MS 20000
#define MOST_LOOKED_AT 2000
#define ENDING ".opus"

static void check_whole(const EsRequest *request) {
  g_autoptr(GError) error = NULL;
  g_autofree char *problem = NULL;
  gboolean finished;
  if (!es_index_verify(request->index, PATIENCE_MS, &problem, &finished, &error))
    problem = g_strdup(error->message);
  if (problem)
    es_doctor_say(request, "index", ES_DOCTOR_FAILURE,
                  _("stop the recorder, keep a copy of index.sqlite, and bring back a backup"),
                  _("the index is damaged: %s"), problem);
  else if (!finished)
    es_doctor_say(request, "index", ES_DOCTOR_OK, NULL, _("schema %d; whole as far as %d seconds could show"),
                  es_index_schema_version(), PATIENCE_MS / 1000);
  else
    es_doctor_say(request, "index", ES_DOCTOR_OK, NULL, _("schema %d; the index is whole"),
                  es_index_schema_version());
}

// ---- rows and their files

typedef struct {
  const EsRequest *request;
  guint looked_at, missing;
  char *example;
} Look;

static gboolean look_at_call(const EsCall *call, gpointer user_data) {
  Look *look = user_data;
  if (!call->file)
    return TRUE;
  g_autofree char *path = g_build_filename(es_request_library(look->request), call->file, NULL);
  look->looked_at++;
  if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) && look->missing++ == 0)
    look->example = g_strdup(call->id);
  return TRUE;
}

static void check_rows(const EsRequest *request) {
  Look look = {.request = request};
  EsSearch search;
  es_search_init(&search);
  search.limit = MOST_LOOKED_AT;
  g_autoptr(GError) error = NULL;
  gboolean ok = es_index_search(request->index, &search, look_at_call, &look, &error);
  g_autofree char *example = look.example;
  if (!ok)
    es_doctor_say(request, "rows", ES_DOCTOR_FAILURE, NULL, "%s", error->message);
  else if (look.missing)
    es_doctor_say(request, "rows", ES_DOCTOR_FAILURE, _("bring the files back from a backup"),
                  _("calls whose recording is missing: %u of the last %u, such as %s"), look.missing,
                  look.looked_at, es_id_short(example));
  else
    es_doctor_say(request, "rows", ES_DOCTOR_OK, NULL, _("the recordings of the last calls are there (%u)"),
                  look.looked_at);
}

// ---- files and their rows

static gint compare_newest(gconstpointer a, gconstpointer b) {
  return -strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *names_in(const char *folder) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  const char *name;
  while (dir && (name = g_dir_read_name(dir)))
    g_ptr_array_add(names, g_strdup(name));
  g_ptr_array_sort(names, compare_newest);
  return names;
}

static void look_at_file(Look *look, const char *name) {
  g_autoptr(GError) error = NULL;
  g_autofree char *id = g_strndup(name, strlen(name) - strlen(ENDING));
  look->looked_at++;
  g_autoptr(EsCall) call = es_id_is_whole(id) ? es_index_get_call(look->request->index, id, &error) : NULL;
  gboolean absent = !call && (!error || g_error_matches(error, ES_ERROR, ES_ERROR_NOT_FOUND));
  if (absent && look->missing++ == 0)
    look->example = g_strdup(name);
}

// recordings/<client>/YYYY/MM/DD: years, months, days and ids all sort by time.
static void look_into(Look *look, const char *folder, guint depth, guint most) {
  g_autoptr(GPtrArray) names = names_in(folder);
  for (guint i = 0; i < names->len && look->looked_at < most; i++) {
    const char *name = names->pdata[i];
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (depth > 0 && g_file_test(path, G_FILE_TEST_IS_DIR))
      look_into(look, path, depth - 1, most);
    else if (depth == 0 && g_str_has_suffix(name, ENDING))
      look_at_file(look, name);
  }
}

static void check_files(const EsRequest *request) {
  g_autofree char *recordings = g_build_filename(es_request_library(request), "recordings", NULL);
  g_autoptr(GPtrArray) clients = names_in(recordings);
  Look look = {.request = request};
  for (guint i = 0; i < clients->len; i++) {
    g_autofree char *path = g_build_filename(recordings, clients->pdata[i], NULL);
    look_into(&look, path, 3, look.looked_at + MOST_LOOKED_AT / clients->len + 1);
  }
  g_autofree char *example = look.example;
  if (look.missing)
    es_doctor_say(request, "recordings", ES_DOCTOR_WARNING,
                  _("keep them: they may be of an index that was brought back from a backup"),
                  _("recordings without a call: %u of the last %u, such as %s"), look.missing, look.looked_at,
                  example);
  else
    es_doctor_say(request, "recordings", ES_DOCTOR_OK, NULL, _("the last recordings have their calls (%u)"),
                  look.looked_at);
}

static void check_refused(const EsRequest *request) {
  g_autofree char *folder = g_build_filename(es_request_library(request), "spool", "refused", NULL);
  g_autoptr(GPtrArray) names = names_in(folder);
  guint n = 0;
  for (guint i = 0; i < names->len; i++)
    n += g_str_has_suffix(names->pdata[i], ".json");
  if (n)
    es_doctor_say(request, "refused", ES_DOCTOR_WARNING,
                  _("read their accounts, put right what they name, and bring them in with earshot import "
                    "--metadata"),
                  _("calls that the index refused: %u, in spool/refused"), n);
}

void es_doctor_index(EsRequest *request) {
  g_autoptr(GError) error = NULL;
  if (!request->index) {
    g_autoptr(EsIndex) index = es_index_open(es_request_library(request), ES_INDEX_READ, &error);
    es_doctor_say(request, "index", ES_DOCTOR_FAILURE,
                  _("earshot init makes a library; a backup brings one back"), "%s",
                  index ? _("the index cannot be opened") : error->message);
    return;
  }
  check_whole(request);
  check_rows(request);
  check_files(request);
  check_refused(request);
}
