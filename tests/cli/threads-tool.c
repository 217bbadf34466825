// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// threads-tool: reads standard input until a signal stops it, the way a recording does: one thread reads, the
// one that cli/signals.c starts waits for signals and cancels, or tells of a SIGHUP. Built with
// ThreadSanitizer.
#include "context.h"

#include <stdio.h>
#include <unistd.h>

static void on_cancelled(GCancellable *cancel, gpointer stop) {
  g_atomic_int_set((gint *)stop, 1);
}

static void on_hangup(gpointer hangups) {
  g_atomic_int_inc((gint *)hangups);
}

int main(void) {
  EsContext context = {.cancel = g_cancellable_new()};
  gint stop = 0, hangups = 0;
  char buffer[64];
  gulong handler = g_cancellable_connect(context.cancel, G_CALLBACK(on_cancelled), &stop, NULL);
  es_context_on_hangup(on_hangup, &hangups);
  es_context_catch_signals(&context);
  puts("ready");
  fflush(stdout);
  while (!g_atomic_int_get(&stop) && read(STDIN_FILENO, buffer, sizeof buffer) != 0)
    if (g_atomic_int_compare_and_exchange(&hangups, 1, 0)) {
      puts("hung up");
      fflush(stdout);
    }
  es_context_on_hangup(NULL, NULL);
  g_cancellable_disconnect(context.cancel, handler);
  puts(stop ? "stopped" : "end of input");
  return 0;
}
