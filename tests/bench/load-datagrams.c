// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "load.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

// Packets of one voice that wait to be sent.
typedef struct {
  int fd, n;
  uint8_t headers[LOAD_BATCH][LOAD_RTP_HEADER];
  struct iovec parts[LOAD_BATCH][2];
  struct mmsghdr messages[LOAD_BATCH];
} Batch;

static Batch batches[2];

int load_open_socket(const char *ip, uint16_t *port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 8 * 1024 * 1024;
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(*port)};
  socklen_t length = sizeof here;
  inet_pton(AF_INET, ip, &here.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0 ||
      getsockname(fd, (struct sockaddr *)&here, &length) != 0)
    load_die("socket");
  *port = ntohs(here.sin_port);
  return fd;
}

void load_open_media(int stream, const char *ip, uint16_t *port) {
  batches[stream].fd = load_open_socket(ip, port);
}

// Receiver reports come to the place that the packets came from; unread they would fill it, and count as
// dropped.
static void discard_reports(int fd) {
  char byte;
  while (recv(fd, &byte, sizeof byte, MSG_DONTWAIT) >= 0)
    ;
}

static void send_batch(Batch *b) {
  load_send(b->fd, b->messages, b->n);
  b->n = 0;
  discard_reports(b->fd);
}

void load_put_datagram(LoadCall *c, int stream, const uint8_t header[LOAD_RTP_HEADER],
                       const uint8_t *payload) {
  Batch *b = &batches[stream];
  if (!c->media[stream].sin_port)
    return;
  memcpy(b->headers[b->n], header, LOAD_RTP_HEADER);
  b->parts[b->n][0] = (struct iovec){b->headers[b->n], LOAD_RTP_HEADER};
  b->parts[b->n][1] = (struct iovec){(void *)payload, LOAD_FRAME};
  b->messages[b->n] = (struct mmsghdr){
      .msg_hdr = {&c->media[stream], sizeof c->media[stream], b->parts[b->n], 2, NULL, 0, 0}};
  if (++b->n == LOAD_BATCH)
    send_batch(b);
}

void load_flush_datagrams(void) {
  for (int i = 0; i < 2; i++)
    send_batch(&batches[i]);
}
