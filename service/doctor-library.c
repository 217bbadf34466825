// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The library's directory: who may read it, whose the files in it are, on what kind of disk it lies; and its
// settings.
#include "alert-settings.h"
#include "capture-module.h"
#include "doctor.h"
#include "earshot/common/account.h"
#include "earshot/common/i18n.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MOST_FILES 20000 // looked at; a library has millions
#define DEEPEST 6        // recordings/<client>/YYYY/MM/DD/<file>

static char *account_name(uid_t account) {
  char *name = es_account_name(account);
  return name ? name : g_strdup_printf("%u", (guint)account);
}

// ---- whose

typedef struct {
  uid_t owner;
  guint files, foreign;
  char *example; // the first foreign file
} Look;

static void look_into(Look *look, const char *folder, guint depth) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while (dir && look->files < MOST_FILES && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    GStatBuf status;
    if (g_lstat(path, &status) != 0)
      continue;
    look->files++;
    if (status.st_uid != look->owner && look->foreign++ == 0)
      look->example = g_strdup(path);
    if (S_ISDIR(status.st_mode) && depth < DEEPEST)
      look_into(look, path, depth + 1);
  }
}

static void check_files(const EsRequest *request, uid_t owner) {
  Look look = {.owner = owner};
  look_into(&look, es_request_library(request), 0);
  g_autofree char *example = look.example, *account = account_name(owner);
  g_autofree char *advice = g_strdup_printf("chown -R %s %s", account, es_request_library(request));
  if (look.foreign)
    es_doctor_say(request, "files", ES_DOCTOR_WARNING, advice,
                  _("files that belong to another account than %s: %u, such as %s"), account, look.foreign,
                  example);
  else
    es_doctor_say(request, "files", ES_DOCTOR_OK, NULL, _("all files belong to %s (looked at: %u)"), account,
                  look.files);
}

static void check_owner(const EsRequest *request, const GStatBuf *status) {
  const char *library = es_request_library(request);
  g_autofree char *account = account_name(status->st_uid);
  g_autofree char *close = g_strdup_printf("chmod 700 %s", library);
  g_autofree char *as = g_strdup_printf(_("work as %s, or as root"), account);
  if (status->st_mode & 077)
    es_doctor_say(request, "library", ES_DOCTOR_FAILURE, close,
                  _("%s is open to other accounts (mode %04o): anybody there can hear the calls"), library,
                  (guint)(status->st_mode & 07777));
  else if (geteuid() != 0 && status->st_uid != geteuid())
    es_doctor_say(request, "library", ES_DOCTOR_WARNING, as, _("%s belongs to another account (%s)"), library,
                  account);
  else
    es_doctor_say(request, "library", ES_DOCTOR_OK, NULL,
                  _("%s belongs to %s and to nobody else (mode %04o)"), library, account,
                  (guint)(status->st_mode & 07777));
}

void es_doctor_library(EsRequest *request) {
  const char *library = es_request_library(request);
  GStatBuf status;
  if (g_stat(library, &status) != 0) {
    g_autofree char *advice = g_strdup_printf("earshot --library %s init", library);
    es_doctor_say(request, "library", ES_DOCTOR_FAILURE, advice, _("%s: there is no library here (%s)"),
                  library, g_strerror(errno));
    return;
  }
  check_owner(request, &status);
  check_files(request, status.st_uid);
}

// ---- settings

void es_doctor_settings(EsRequest *request) {
  g_autofree char *path = g_build_filename(es_request_library(request), "earshot.conf", NULL);
  g_autoptr(GError) absent = NULL, wrong = NULL;
  const EsCaptureModule *module = es_capture_module(&absent);
  if (module)
    es_doctor_say(request, "recorder", ES_DOCTOR_OK, NULL, _("the recorder is installed"));
  else
    es_doctor_say(request, "recorder", ES_DOCTOR_FAILURE, _("install Earshot completely"), "%s",
                  absent->message);
  g_autoptr(EsConfig) config = es_config_load(path, &wrong);
  g_auto(EsAlertSettings) alert = {0};
  if (config && (!module || module->check_config(config, &wrong)) &&
      es_alert_settings_read(&alert, config, &wrong))
    es_doctor_say(
        request, "settings", ES_DOCTOR_OK, NULL,
        g_file_test(path, G_FILE_TEST_EXISTS) ? _("%s is right") : _("%s is not there: defaults hold"), path);
  else
    es_doctor_say(request, "settings", ES_DOCTOR_FAILURE,
                  _("put that line right; the recorder does not start"), "%s", wrong->message);
}

// ---- disk

static void check_kind(const EsRequest *request) {
  struct statfs fs;
  if (statfs(es_request_library(request), &fs) != 0)
    return;
  switch (fs.f_type) {
  case TMPFS_MAGIC:
    es_doctor_say(request, "disk-kind", ES_DOCTOR_WARNING, _("move the library to a disk"),
                  _("the library lies in memory (tmpfs): it is gone when the machine stops"));
    return;
  case NFS_SUPER_MAGIC:
  case SMB_SUPER_MAGIC:
  case CIFS_SUPER_MAGIC:
  case SMB2_SUPER_MAGIC:
    es_doctor_say(request, "disk-kind", ES_DOCTOR_FAILURE, _("move the library to a disk of this machine"),
                  _("the library lies on another machine's disk: its index cannot be kept whole there"));
    return;
  default:
    es_doctor_say(request, "disk-kind", ES_DOCTOR_OK, NULL, _("the library lies on a disk of this machine"));
  }
}

#define LITTLE_SPACE_PERCENT 10
#define NO_SPACE_PERCENT 2

static void check_space(const EsRequest *request) {
  struct statvfs fs;
  if (statvfs(es_request_library(request), &fs) != 0 || fs.f_blocks == 0)
    return;
  double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
  double percent = 100 * (double)fs.f_bavail / (double)fs.f_blocks;
  EsDoctorState state = percent < NO_SPACE_PERCENT       ? ES_DOCTOR_FAILURE
                        : percent < LITTLE_SPACE_PERCENT ? ES_DOCTOR_WARNING
                                                         : ES_DOCTOR_OK;
  g_autofree char *left = g_format_size_full((guint64)free_bytes, G_FORMAT_SIZE_IEC_UNITS);
  es_doctor_say(request, "disk", state, state == ES_DOCTOR_OK ? NULL : _("make room, or move the library"),
                _("%s left on the disk (%.0f %%)"), left, percent);
  if (fs.f_files && fs.f_favail < fs.f_files / 50)
    es_doctor_say(request, "disk-files", ES_DOCTOR_WARNING, _("delete files, or move the library"),
                  _("the disk has room for %.0f more files only"), (double)fs.f_favail);
}

void es_doctor_disk(EsRequest *request) {
  check_kind(request);
  check_space(request);
}
