// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SIGINT and SIGTERM as a cancellation. The signals are blocked in every thread and waited for by one of our
// own, because cancelling takes locks, which a signal handler must not. The main thread may sit in a read
// from a pipe that gives nothing; it is woken by SIGUSR1, a few times, since the first may come just before
// the read. A second signal ends the program at once: whoever presses Ctrl-C twice means it.
#include "context.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define WAKES 10
#define BETWEEN_WAKES_NS (100 * 1000 * 1000)

typedef struct {
  GCancellable *cancel;
  pthread_t reader;
} Watch;

static void wake(int number) {
}

static sigset_t ending_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

static gpointer wait_for_signals(gpointer data) {
  Watch *watch = data;
  const sigset_t set = ending_signals();
  const struct timespec pause = {.tv_nsec = BETWEEN_WAKES_NS};
  for (int wakes = 0;;) {
    gboolean waking = g_cancellable_is_cancelled(watch->cancel) && wakes < WAKES;
    int number = waking ? sigtimedwait(&set, NULL, &pause) : sigwaitinfo(&set, NULL);
    if (number > 0 && g_cancellable_is_cancelled(watch->cancel))
      _exit(128 + number);
    if (number > 0)
      g_cancellable_cancel(watch->cancel);
    else if (errno != EAGAIN)
      continue;
    pthread_kill(watch->reader, SIGUSR1);
    wakes++;
  }
  return NULL;
}

void es_context_catch_signals(EsContext *context) {
  const sigset_t set = ending_signals();
  const struct sigaction action = {.sa_handler = wake}; // without SA_RESTART, so that a read ends
  Watch *watch = g_new0(Watch, 1);                      // lives as long as the program
  watch->cancel = g_object_ref(context->cancel);
  watch->reader = pthread_self();
  sigaction(SIGUSR1, &action, NULL);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  g_thread_unref(g_thread_new("signals", wait_for_signals, watch));
}
