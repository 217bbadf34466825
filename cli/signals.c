// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SIGINT and SIGTERM as a cancellation. The signals are blocked in every thread and waited for by one of our
// own, because cancelling takes locks, which a signal handler must not. A second signal ends the program at
// once: whoever presses Ctrl-C twice means it.
#include "context.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static gpointer wait_for_signals(gpointer data) {
  g_autoptr(GCancellable) cancel = data;
  sigset_t set;
  int number = 0;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  while (sigwait(&set, &number) == 0) {
    if (g_cancellable_is_cancelled(cancel))
      _exit(128 + number);
    g_cancellable_cancel(cancel);
  }
  return NULL;
}

void es_context_catch_signals(EsContext *context) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  g_thread_unref(g_thread_new("signals", wait_for_signals, g_object_ref(context->cancel)));
}
