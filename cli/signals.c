// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SIGINT and SIGTERM as a cancellation. The signals are blocked in every thread and waited for by one of our
// own, because cancelling takes locks, which a signal handler must not. SIGHUP comes the same way to whoever
// asked for it, unless it says that the terminal is gone: then it ends the program like the others. The main
// thread may sit in a read from a pipe that gives nothing; it is woken by SIGUSR1, a few times, since the
// first may come just before the read. A second signal ends the program at once: whoever presses Ctrl-C twice
// means it.
#include "context.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define WAKES 10
#define BETWEEN_WAKES_NS (100 * 1000 * 1000)

typedef struct {
  GCancellable *cancel;
  pthread_t reader;
  sigset_t signals;
  gboolean on_terminal; // when it began
} Watch;

// What SIGHUP does; between the main thread and the one that waits.
static struct {
  GMutex mutex;
  void (*func)(gpointer user_data);
  gpointer user_data;
} hangup;

static void wake(int number) {
}

static sigset_t awaited_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  g_mutex_lock(&hangup.mutex);
  if (hangup.func)
    sigaddset(&set, SIGHUP);
  g_mutex_unlock(&hangup.mutex);
  return set;
}

static gboolean has_terminal(void) {
  int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

static void hang_up(void) {
  g_mutex_lock(&hangup.mutex);
  if (hangup.func)
    hangup.func(hangup.user_data);
  g_mutex_unlock(&hangup.mutex);
}

static gpointer wait_for_signals(gpointer data) {
  Watch *watch = data;
  const sigset_t set = watch->signals;
  const struct timespec pause = {.tv_nsec = BETWEEN_WAKES_NS};
  for (int wakes = 0;;) {
    gboolean waking = g_cancellable_is_cancelled(watch->cancel) && wakes < WAKES;
    int number = waking ? sigtimedwait(&set, NULL, &pause) : sigwaitinfo(&set, NULL);
    gboolean reload = number == SIGHUP && !(watch->on_terminal && !has_terminal());
    if (number > 0 && number != SIGHUP && g_cancellable_is_cancelled(watch->cancel))
      _exit(128 + number);
    if (reload)
      hang_up();
    else if (number > 0)
      g_cancellable_cancel(watch->cancel);
    else if (errno != EAGAIN)
      continue;
    pthread_kill(watch->reader, SIGUSR1);
    wakes += !reload;
  }
  return NULL;
}

void es_context_on_hangup(void (*func)(gpointer user_data), gpointer user_data) {
  g_mutex_lock(&hangup.mutex);
  hangup.func = func;
  hangup.user_data = user_data;
  g_mutex_unlock(&hangup.mutex);
}

void es_context_catch_signals(EsContext *context) {
  const struct sigaction action = {.sa_handler = wake}; // without SA_RESTART, so that a read ends
  Watch *watch = g_new0(Watch, 1);                      // lives as long as the program
  watch->cancel = g_object_ref(context->cancel);
  watch->reader = pthread_self();
  watch->signals = awaited_signals();
  watch->on_terminal = has_terminal();
  sigaction(SIGUSR1, &action, NULL);
  pthread_sigmask(SIG_BLOCK, &watch->signals, NULL);
  g_thread_unref(g_thread_new("signals", wait_for_signals, watch));
}
