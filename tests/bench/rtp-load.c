// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// rtp-load FROM-IP PORT TARGETS CALLS SECONDS RAMP A.ulaw B.ulaw: the voices of so many calls, to receivers
// that were told of them in another way; load.h tells of the rest. Line n of the file TARGETS is "IP PORT IP
// PORT": where the voices of call n go. They come from PORT and the one after it.
#include "load.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct sockaddr_in (*targets)[2];
static int n_targets;

static void read_targets(const char *path, int n) {
  FILE *file = fopen(path, "r");
  targets = calloc((size_t)n, sizeof *targets);
  for (; file && n_targets < n; n_targets++)
    for (int i = 0; i < 2; i++) {
      char ip[64];
      int port;
      if (fscanf(file, "%63s %d", ip, &port) != 2)
        load_die(path);
      targets[n_targets][i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
      inet_pton(AF_INET, ip, &targets[n_targets][i].sin_addr);
    }
  if (!file)
    load_die(path);
  fclose(file);
}

static void begin(LoadCall *c) {
  memcpy(c->media, targets[(c->number - 1) % n_targets], sizeof c->media);
  load_answered(c, 200);
}

static void end(LoadCall *c) {
  load_left(c);
}

int main(int argc, char **argv) {
  static const LoadWay plain = {begin, end, NULL, load_put_datagram, load_flush_datagrams};
  LoadPlan plan = load_plan(argv + (argc < 4 ? argc : 4));
  for (int i = 0; i < 2; i++) {
    uint16_t port = (uint16_t)(atoi(argv[2]) + i);
    load_open_media(i, argv[1], &port);
  }
  read_targets(argv[3], plan.slots);
  return load_run(&plan, &plain);
}
