// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// control-tool LIBRARY: a recorder's socket with nothing behind it but a counter that rises every
// millisecond, until standard input ends. "freeze" on a line of standard input stops the counter. Built with
// ThreadSanitizer.
#include "control.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  EsControl *control = argc == 2 ? es_control_start(argv[1], "live", "eth-made", -1, &error) : NULL;
  if (!control) {
    fprintf(stderr, "%s\n", error ? error->message : "usage: control-tool LIBRARY");
    return 1;
  }
  puts("ready");
  fflush(stdout);
  EsCaptureStats stats = {.capture_us = ES_UNKNOWN,
                          .last_packet_us = ES_UNKNOWN,
                          .ring_fill = NAN,
                          .complexity = ES_UNKNOWN,
                          .least_complexity = ES_UNKNOWN,
                          .encode_load = NAN};
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  gboolean frozen = FALSE;
  char line[16] = "";
  for (;;) {
    if (poll(&input, 1, 1) > 0 && read(STDIN_FILENO, line, sizeof line - 1) <= 0)
      break;
    frozen |= strncmp(line, "freeze", 6) == 0;
    stats.packets++;
    stats.dropped += 2;
    if (!frozen)
      es_control_update(control, &stats);
  }
  es_control_stop(control);
  return 0;
}
