// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// session-tool PATH: plays in the background as the evaluator's screen does, into nothing but in real time,
// and prints where it was after each step.
#include <stdio.h>
#include <stdlib.h>

#include "earshot/common/error.h"
#include "player.h"

static const EsPlayerSession *session;
static EsPlayer *player;

static void fail(const GError *error) {
  fprintf(stderr, "%s\n", error->message);
  exit(100 + error->code);
}

// What is printed: the step, the position in ms, whether the end was reached.
static void watch(const char *step, int ms) {
  GError *error = NULL;
  gint64 position_ms = 0;
  gboolean ended = FALSE;
  for (int i = 0; i <= ms / 20; i++) {
    if (!session->poll(player, &position_ms, &ended, &error))
      fail(error);
    g_usleep(20 * 1000);
  }
  printf("%s %" G_GINT64_FORMAT " %d\n", step, position_ms, ended);
}

static void must(gboolean ok, GError *error) {
  if (!ok)
    fail(error);
}

int main(int argc, char **argv) {
  GError *error = NULL;
  session = es_player_session(&error);
  player = session != NULL && argc > 1 ? session->open(argv[1], "fakesink sync=true", &error) : NULL;
  must(player != NULL, error);
  watch("opened", 100);
  must(session->set_playing(player, TRUE, &error), error);
  watch("playing", 500);
  must(session->set_playing(player, FALSE, &error), error);
  watch("paused", 300);
  for (int i = 1; i <= 20; i++) // a key held down
    must(session->seek(player, 250 * i, 2, &error), error);
  watch("sought", 200);
  must(session->set_playing(player, TRUE, &error), error);
  watch("faster", 500);
  must(session->seek(player, 9000, 2, &error), error);
  watch("end", 1200);
  must(session->set_playing(player, FALSE, &error) && session->seek(player, 1000, 1, &error), error);
  watch("again", 300);
  must(session->seek(player, 3600 * 1000, 3, &error), error); // far behind the end, standing still
  watch("behind", 300);
  must(session->set_playing(player, TRUE, &error), error);
  watch("behind-playing", 500);
  must(session->seek(player, 2000, 0.5, &error), error);
  watch("back", 400);
  session->close(player);
  return 0;
}
