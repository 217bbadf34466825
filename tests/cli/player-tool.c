// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// player-tool PATH START_MS END_MS SPEED SINK|- speech|all [START-END]...: plays, printing positions. Exits
// with the error's code plus 100.
#include <stdio.h>
#include <stdlib.h>

#include "earshot/common/error.h"
#include "earshot/common/ledger.h"
#include "player.h"

static void print_position(gint64 position_ms, gpointer user_data) {
  printf("%" G_GINT64_FORMAT "\n", position_ms);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) speech = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  if (argc < 7)
    return 2;
  for (int i = 7; i < argc; i++) {
    char *end;
    EsInterval stretch = {.start_ms = strtoll(argv[i], &end, 10)};
    stretch.end_ms = strtoll(end + 1, NULL, 10);
    g_array_append_val(speech, stretch);
  }
  EsPlayerOptions options = {.path = argv[1],
                             .start_ms = atoll(argv[2]),
                             .end_ms = atoll(argv[3]),
                             .speed = g_ascii_strtod(argv[4], NULL),
                             .sink = g_str_equal(argv[5], "-") ? NULL : argv[5],
                             .speech = g_str_equal(argv[6], "speech") ? speech : NULL,
                             .position = print_position};
  if (es_player_run(&options, &error))
    return 0;
  fprintf(stderr, "%s\n", error->message);
  return 100 + error->code;
}
