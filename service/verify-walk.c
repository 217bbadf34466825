// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// recordings/<client>/YYYY/MM/DD/<id>.opus, one folder at a time: everything there must be a recording that
// the row of its call names. Folders that lie outside the range are not entered.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/index/recording.h"
#include "verify.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define ENDING ".opus"
#define DAY_US (24 * 3600 * ES_US_PER_S)
#define FRESH_S 120 // a row may wait so long for an index that another process has locked

typedef enum { CLIENT, YEAR, MONTH, DAY, RECORDING } Level;

static gint compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *names_in(const char *path, GError **error) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, error);
  const char *name;
  if (!dir)
    return NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  while ((name = g_dir_read_name(dir)))
    g_ptr_array_add(names, g_strdup(name));
  g_ptr_array_sort(names, compare_names);
  return names;
}

// ---- the range

static gboolean is_of_client(const EsVerify *verify, const char *name) {
  if (!verify->range.client)
    return TRUE;
  g_autofree char *path = es_recording_path(verify->range.client, 0, "id");
  g_auto(GStrv) parts = g_strsplit(path, "/", 3);
  return strcmp(parts[1], name) == 0;
}

// "recordings/<client>/2026/11/22"; what is no date is looked at.
static gboolean is_of_days(const EsVerify *verify, const char *folder) {
  g_auto(GStrv) parts = g_strsplit(folder, "/", 6);
  if (g_strv_length(parts) < 5)
    return TRUE;
  g_autoptr(GDateTime) day = g_date_time_new_utc(atoi(parts[2]), atoi(parts[3]), atoi(parts[4]), 0, 0, 0);
  gint64 start_us = day ? g_date_time_to_unix(day) * ES_US_PER_S : 0;
  const EsFileRange *range = &verify->range;
  return !day || ((range->from_us == ES_UNKNOWN || start_us + DAY_US > range->from_us) &&
                  (range->until_us == ES_UNKNOWN || start_us < range->until_us));
}

static gboolean is_in_range(const EsVerify *verify, const char *folder, const char *name, Level level) {
  return level == CLIENT ? is_of_client(verify, name) : level != DAY || is_of_days(verify, folder);
}

// ---- one file

static char *id_of(const char *name) {
  if (!g_str_has_suffix(name, ENDING))
    return NULL;
  g_autofree char *id = g_strndup(name, strlen(name) - strlen(ENDING));
  return es_id_is_whole(id) ? g_steal_pointer(&id) : NULL;
}

static gboolean is_same(const char *library, const char *file, const GStatBuf *status) {
  g_autofree char *path = g_build_filename(library, file, NULL);
  GStatBuf other;
  return g_lstat(path, &other) == 0 && other.st_dev == status->st_dev && other.st_ino == status->st_ino;
}

static void tell_second(EsVerify *verify, const char *id, const char *file, const char *named,
                        const GStatBuf *status) {
  g_autofree char *message = !named ? g_strdup(_("the row of this call names no recording"))
                             : is_same(es_request_library(verify->request), named, status)
                                 ? g_strdup_printf(_("a second name of %s"), named)
                                 : g_strdup_printf(_("the row of this call names %s"), named);
  es_verify_tell(verify, ES_FOUND_SECOND_COPY, id, file, message);
}

gboolean es_verify_recording(EsVerify *verify, const char *file, gboolean last, GError **error) {
  g_autofree char *path = g_build_filename(es_request_library(verify->request), file, NULL);
  g_autofree char *name = g_path_get_basename(file), *id = id_of(name), *named = NULL;
  GStatBuf status;
  gboolean known;
  if (g_lstat(path, &status) != 0)
    return TRUE; // gone meanwhile
  if (!id || !S_ISREG(status.st_mode)) {
    es_verify_tell(verify, ES_FOUND_STRAY, NULL, file, _("it is no recording of Earshot"));
    return TRUE;
  }
  if (!es_index_find_place(verify->request->index, id, &known, &named, error))
    return FALSE;
  if (known && g_strcmp0(named, file) == 0)
    return TRUE;
  if (verify->busy && !last && es_verify_suspect(verify, id, file))
    return TRUE;
  gint64 age_s = g_get_real_time() / ES_US_PER_S - (gint64)status.st_ctime;
  if (!known && verify->busy && ABS(age_s) < FRESH_S)
    verify->in_progress++;
  else if (!known)
    es_verify_tell(verify, ES_FOUND_NO_ROW, id, file, _("the index has no call of this recording"));
  else
    tell_second(verify, id, file, named, &status);
  return TRUE;
}

// ---- folders

// The range is of days by local time, folders are days of UTC: an id tells more precisely.
static gboolean look_into(EsVerify *verify, const char *folder, Level level, GError **error) {
  const char *library = es_request_library(verify->request);
  g_autofree char *path = g_build_filename(library, folder, NULL);
  g_autoptr(GPtrArray) names = names_in(path, error);
  gboolean ok = names != NULL;
  for (guint i = 0; ok && i < names->len && !es_verify_is_stopped(verify); i++) {
    const char *name = names->pdata[i];
    g_autofree char *inner = g_strdup_printf("%s/%s", folder, name);
    g_autofree char *inner_path = g_build_filename(library, inner, NULL);
    GStatBuf status;
    if (g_lstat(inner_path, &status) != 0 || !is_in_range(verify, inner, name, level))
      continue;
    if (level < RECORDING && S_ISDIR(status.st_mode)) {
      ok = look_into(verify, inner, level + 1, error);
    } else if (level < RECORDING) {
      es_verify_tell(verify, ES_FOUND_STRAY, NULL, inner, _("it is no recording of Earshot"));
    } else {
      verify->files++;
      ok = es_verify_recording(verify, inner, FALSE, error);
      es_verify_progress(verify);
    }
  }
  return ok;
}

gboolean es_verify_walk(EsVerify *verify, GError **error) {
  g_autofree char *path = g_build_filename(es_request_library(verify->request), "recordings", NULL);
  GStatBuf status;
  if (verify->range.id)
    return TRUE;
  if (g_stat(path, &status) != 0)
    return errno == ENOENT || es_set_errno(error, errno, "%s", path);
  return look_into(verify, "recordings", CLIENT, error);
}
