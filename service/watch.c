// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "watch.h"
#include "alert.h"
#include "control.h"
#include "earshot/common/i18n.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct EsWatch {
  EsRequest *request;
  EsControl *control;
  EsAlert *alert;
  int successors[2]; // a pipe: connections of recorders that take this one's place
  guint64 dropped;   // packets, as told last
  gint64 told_us;    // and when, monotonic
};

#define DROPS_EVERY_US (60 * G_USEC_PER_SEC)

// A file that lies there whole is read as fast as it goes; from anything else packets come when they come.
static gboolean may_pause(const char *const *files) {
  for (; *files; files++) {
    GStatBuf status;
    if (strcmp(*files, "-") == 0 || (g_stat(*files, &status) == 0 && !S_ISREG(status.st_mode)))
      return TRUE;
  }
  return FALSE;
}

// "eth1 udp:0.0.0.0:5060"
static char *live_name(const EsCaptureOptions *options) {
  g_autofree char *siprec = options->siprec ? g_strjoinv(" ", (char **)options->siprec) : g_strdup("");
  return options->interface && *siprec ? g_strdup_printf("%s %s", options->interface, siprec)
         : options->interface          ? g_strdup(options->interface)
                                       : g_steal_pointer(&siprec);
}

static char *name_of(const EsCaptureOptions *options) {
  if (!options->files)
    return live_name(options);
  g_autofree char *first = g_path_get_basename(options->files[0]);
  guint more = g_strv_length((char **)options->files) - 1;
  return more ? g_strdup_printf("%s +%u", first, more) : g_steal_pointer(&first);
}

static void start_control(EsWatch *watch, const EsCaptureOptions *options) {
  g_autoptr(GError) error = NULL;
  g_autofree char *name = name_of(options);
  const char *source = !options->files ? "live" : may_pause(options->files) ? "pipe" : "file";
  gboolean live = !options->files && pipe2(watch->successors, O_CLOEXEC | O_NONBLOCK) == 0;
  watch->control = es_control_start(options->library, source, name, live ? watch->successors[1] : -1, &error);
  if (!watch->control)
    es_request_warning(watch->request, "%s", error->message);
}

EsWatch *es_watch_start(EsRequest *request, const EsCaptureOptions *options, GError **error) {
  g_auto(EsAlertSettings) settings = {0};
  if (!es_alert_settings_read(&settings, options->config, error))
    return NULL;
  EsWatch *watch = g_new0(EsWatch, 1);
  watch->request = request;
  watch->successors[0] = watch->successors[1] = -1;
  start_control(watch, options);
  watch->alert = es_alert_start(options->library, &settings);
  return watch;
}

static void pass_warnings(EsWatch *watch) {
  char *warning;
  while (watch->alert && (warning = es_alert_take_warning(watch->alert))) {
    es_request_warning(watch->request, "%s", warning);
    g_free(warning);
  }
}

// Losses are told while they happen, whatever [alert] says; the first at once.
static void tell_drops(EsWatch *watch, const EsCaptureStats *stats) {
  gint64 now_us = g_get_monotonic_time();
  if (stats->dropped <= watch->dropped || (watch->dropped && now_us - watch->told_us < DROPS_EVERY_US))
    return;
  watch->dropped = stats->dropped;
  watch->told_us = now_us;
  es_request_warning(watch->request, _("packets dropped by the kernel: %.0f"), (double)stats->dropped);
}

void es_watch_tell(EsWatch *watch, const EsCaptureStats *stats) {
  tell_drops(watch, stats);
  if (watch->control)
    es_control_update(watch->control, stats);
  pass_warnings(watch);
}

const int *es_watch_successors(const EsWatch *watch) {
  return &watch->successors[0];
}

// Those that nobody has looked at any more are told so by the end of their connection.
static void close_successors(EsWatch *watch) {
  int fd;
  while (watch->successors[0] >= 0 && read(watch->successors[0], &fd, sizeof fd) == sizeof fd)
    close(fd);
  for (guint i = 0; i < G_N_ELEMENTS(watch->successors); i++)
    if (watch->successors[i] >= 0)
      close(watch->successors[i]);
}

void es_watch_stop(EsWatch *watch) {
  if (!watch)
    return;
  pass_warnings(watch);
  es_alert_stop(watch->alert);
  es_control_stop(watch->control);
  close_successors(watch);
  g_free(watch);
}
