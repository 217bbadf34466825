// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "watch.h"
#include "alert.h"
#include "control.h"
#include "earshot/common/i18n.h"
#include "notify.h"
#include "watch-log.h"

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
  EsWatchLog *log;
  gint64 notified_us; // monotonic: the manager heard last; 0: never
  gint64 notify_every_us;
};

#define STATUS_EVERY_US (10 * G_USEC_PER_SEC)

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
  watch->log = es_watch_log_start(watch->request, source, name);
  gboolean live = !options->files && pipe2(watch->successors, O_CLOEXEC | O_NONBLOCK) == 0;
  watch->control = es_control_start(options->library, source, name, live ? watch->successors[1] : -1, &error);
  if (!watch->control)
    es_request_event(watch->request, ES_LOG_CONTROL_FAILED, NULL, "%s", error->message);
}

EsWatch *es_watch_start(EsRequest *request, const EsCaptureOptions *options, GError **error) {
  g_auto(EsAlertSettings) settings = {0};
  if (!es_alert_settings_read(&settings, options->config, error))
    return NULL;
  EsWatch *watch = g_new0(EsWatch, 1);
  watch->request = request;
  watch->successors[0] = watch->successors[1] = -1;
  gint64 watchdog_us = es_notify_watchdog_us();
  watch->notify_every_us = watchdog_us ? MIN(watchdog_us / 4, STATUS_EVERY_US) : STATUS_EVERY_US;
  start_control(watch, options);
  watch->alert = es_alert_start(options->library, &settings);
  return watch;
}

static void pass_warnings(EsWatch *watch) {
  char *warning;
  while (watch->alert && (warning = es_alert_take_warning(watch->alert))) {
    es_request_event(watch->request, ES_LOG_ALERT_FAILED, NULL, "%s", warning);
    g_free(warning);
  }
}

// The first counters come when the source is open.
static void notify(EsWatch *watch, const EsCaptureStats *stats) {
  gint64 now_us = g_get_monotonic_time();
  if (watch->notified_us && now_us - watch->notified_us < watch->notify_every_us)
    return;
  g_autofree char *status = g_strdup_printf(
      _("calls open: %.0f, finished: %.0f, packets dropped: %.0f"), (double)stats->calls_open,
      (double)(stats->calls_recorded + stats->calls_partial + stats->calls_none), (double)stats->dropped);
  g_autofree char *state =
      g_strdup_printf("%sWATCHDOG=1\nSTATUS=%s", watch->notified_us ? "" : "READY=1\n", status);
  es_notify(state);
  watch->notified_us = now_us;
}

void es_watch_tell(EsWatch *watch, const EsCaptureStats *stats) {
  es_watch_log_stats(watch->log, stats);
  notify(watch, stats);
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

void es_watch_call(EsWatch *watch, const EsCall *call) {
  es_watch_log_call(watch->log, call);
}

void es_watch_stop(EsWatch *watch, const GError *error) {
  es_notify("STOPPING=1");
  pass_warnings(watch);
  es_alert_stop(watch->alert);
  es_control_stop(watch->control);
  close_successors(watch);
  es_watch_log_stop(watch->log, error);
  g_free(watch);
}
