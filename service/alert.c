// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The thread that looks (see alert.h). Of several recorders of a library the one that started first tells of
// all. What was told is known by the codes and recorders concerned, not by the figures in the text, which
// change all the time; a command that failed is run again at the next look.
//
// The lines go to the program in a file in memory, so nobody waits for it to read them. It is a process group
// of its own, without a shell, and is killed when its time is over or the recorder ends.
#include "alert.h"
#include "complaints.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "recorders.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_US (30 * G_USEC_PER_SEC)
#define LOOK_AT_COMMAND_US (G_USEC_PER_SEC / 10)
#define MOST_WARNINGS 8

struct EsAlert {
  char *library;
  EsAlertSettings settings;
  pthread_t thread;
  gboolean runs;
  char *told; // the thread's own: codes of what was told last; "" when all was well
  // Behind the mutex:
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  gboolean stop;
  GQueue *warnings; // of char *
};

static void warn(EsAlert *alert, const char *message) {
  pthread_mutex_lock(&alert->mutex);
  if (alert->warnings->length < MOST_WARNINGS)
    g_queue_push_tail(alert->warnings, g_strdup_printf("[alert] command: %s", message));
  pthread_mutex_unlock(&alert->mutex);
}

char *es_alert_take_warning(EsAlert *alert) {
  pthread_mutex_lock(&alert->mutex);
  char *warning = g_queue_pop_head(alert->warnings);
  pthread_mutex_unlock(&alert->mutex);
  return warning;
}

// FALSE when the recorder ends.
static gboolean sleep_for(EsAlert *alert, gint64 length_us) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  gint64 ns = until.tv_nsec + (length_us % G_USEC_PER_SEC) * 1000;
  until.tv_sec += length_us / G_USEC_PER_SEC + ns / 1000000000;
  until.tv_nsec = ns % 1000000000;
  pthread_mutex_lock(&alert->mutex);
  while (!alert->stop && pthread_cond_timedwait(&alert->wake, &alert->mutex, &until) != ETIMEDOUT)
    continue;
  gboolean goes_on = !alert->stop;
  pthread_mutex_unlock(&alert->mutex);
  return goes_on;
}

// ---- the command

static int file_of(const char *text, gsize size) {
  int fd = memfd_create("complaints", MFD_CLOEXEC);
  if (fd >= 0 && (write(fd, text, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)) {
    close(fd);
    return -1;
  }
  return fd;
}

// In the child: the recorder's blocked signals and ignored pipes are not the program's.
static void become_a_group(gpointer unused) {
  sigset_t none;
  setpgid(0, 0);
  signal(SIGPIPE, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static gboolean explain_status(int status, GError **error) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return TRUE;
  if (WIFEXITED(status))
    g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("ended with status %d"), WEXITSTATUS(status));
  else
    g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("ended by signal %d"), WTERMSIG(status));
  return FALSE;
}

static gboolean wait_for(EsAlert *alert, GPid pid, GError **error) {
  gint64 until_us = g_get_monotonic_time() + COMMAND_US;
  int status;
  gboolean goes_on = TRUE;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (goes_on && g_get_monotonic_time() < until_us) {
      goes_on = sleep_for(alert, LOOK_AT_COMMAND_US);
      continue;
    }
    kill(-pid, SIGKILL);
    waitpid(pid, &status, 0);
    g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("did not end in time and was killed"));
    return FALSE;
  }
  return explain_status(status, error);
}

static gboolean run_command(EsAlert *alert, const char *lines, gsize size, GError **error) {
  int input = file_of(lines, size);
  int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "EARSHOT_LIBRARY", alert->library, TRUE);
  GPid pid;
  gboolean ok = input >= 0 && nothing >= 0;
  if (!ok)
    es_set_errno(error, errno, "%s", alert->settings.command[0]);
  else
    ok = g_spawn_async_with_fds("/", alert->settings.command, environment,
                                G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, become_a_group, NULL, &pid,
                                input, nothing, nothing, error) &&
         wait_for(alert, pid, error);
  if (input >= 0)
    close(input);
  if (nothing >= 0)
    close(nothing);
  return ok;
}

// ---- looking

static gboolean somebody_else_tells(GPtrArray *recorders) {
  for (guint i = 0; i < recorders->len; i++) {
    JsonObject *recorder = recorders->pdata[i];
    if (json_object_get_boolean_member_with_default(recorder, "answers", FALSE))
      return es_recorder_number(recorder, "pid") != getpid();
  }
  return FALSE;
}

// What the complaints are about, and their lines.
static char *put_in_words(GPtrArray *complaints, GString *lines) {
  GString *codes = g_string_new(NULL);
  for (guint i = 0; i < complaints->len; i++) {
    const EsComplaint *complaint = complaints->pdata[i];
    g_string_append_printf(codes, "%s %d\n", complaint->code, (int)complaint->pid);
    g_string_append_printf(lines, "%s: %s\n", complaint->code, complaint->message);
  }
  if (complaints->len == 0)
    g_string_append_printf(lines, "ok: %s\n", _("all is well again"));
  return g_string_free(codes, FALSE);
}

// Of an index that cannot be read somebody has to be told, too.
static GPtrArray *gather(EsAlert *alert, GPtrArray *recorders, gint64 now_us, GError **error) {
  const EsAlertSettings *settings = &alert->settings;
  g_autoptr(EsIndex) index = es_index_open(alert->library, ES_INDEX_READ, NULL);
  GPtrArray *complaints =
      index ? es_complaints_gather(alert->library, index, recorders, settings, now_us, NULL) : NULL;
  return complaints ? complaints
                    : es_complaints_gather(alert->library, NULL, recorders, settings, now_us, error);
}

static gboolean look(EsAlert *alert, GError **error) {
  gint64 now_us = g_get_real_time();
  g_autoptr(GPtrArray) recorders = es_recorders_ask(alert->library, now_us);
  if (somebody_else_tells(recorders))
    return TRUE;
  g_autoptr(GPtrArray) complaints = gather(alert, recorders, now_us, error);
  if (!complaints)
    return FALSE;
  g_autoptr(GString) lines = g_string_new(NULL);
  g_autofree char *codes = put_in_words(complaints, lines);
  if (g_str_equal(codes, alert->told))
    return TRUE;
  if (!run_command(alert, lines->str, lines->len, error))
    return FALSE;
  g_free(alert->told);
  alert->told = g_steal_pointer(&codes);
  return TRUE;
}

static void *look_now_and_then(void *data) {
  EsAlert *alert = data;
  while (sleep_for(alert, alert->settings.every_ms * 1000)) {
    g_autoptr(GError) error = NULL;
    if (!look(alert, &error))
      warn(alert, error->message);
  }
  return NULL;
}

EsAlert *es_alert_start(const char *library, EsAlertSettings *settings) {
  if (!settings->command || !settings->every_ms)
    return NULL;
  EsAlert *alert = g_new0(EsAlert, 1);
  pthread_condattr_t attributes;
  alert->library = g_strdup(library);
  alert->settings = *settings;
  *settings = (EsAlertSettings){0};
  alert->told = g_strdup("");
  alert->warnings = g_queue_new();
  pthread_mutex_init(&alert->mutex, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&alert->wake, &attributes);
  pthread_condattr_destroy(&attributes);
  alert->runs = pthread_create(&alert->thread, NULL, look_now_and_then, alert) == 0;
  if (!alert->runs)
    warn(alert, _("cannot start a thread"));
  return alert;
}

void es_alert_stop(EsAlert *alert) {
  if (!alert)
    return;
  pthread_mutex_lock(&alert->mutex);
  alert->stop = TRUE;
  pthread_cond_signal(&alert->wake);
  pthread_mutex_unlock(&alert->mutex);
  if (alert->runs)
    pthread_join(alert->thread, NULL);
  pthread_mutex_destroy(&alert->mutex);
  pthread_cond_destroy(&alert->wake);
  g_queue_free_full(alert->warnings, g_free);
  es_alert_settings_clear(&alert->settings);
  g_free(alert->told);
  g_free(alert->library);
  g_free(alert);
}
