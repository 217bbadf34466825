// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// replay INTERFACE FILE.pcap SENT: sends the frames of a capture out of an interface at their pace. SENT
// becomes an array of 64-bit integers, one a frame: when it was given to the kernel, microseconds since the
// epoch, 0: not yet. It is a mapped file, so it tells the truth also of a process that was killed.
//
// Nothing of the product is used. One thread.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_HEADER 24
#define RECORD_HEADER 16

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_us(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void sleep_until(int64_t us) {
  struct timespec t = {us / 1000000, us % 1000000 * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
    ;
}

static const uint8_t *map_file(const char *path, size_t *length) {
  struct stat status;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &status) != 0)
    die(path);
  *length = (size_t)status.st_size;
  void *bytes = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED)
    die(path);
  close(fd);
  return bytes;
}

static uint32_t field(const uint8_t *record, int n) {
  uint32_t value;
  memcpy(&value, record + 4 * n, sizeof value);
  return value;
}

static size_t count_frames(const uint8_t *bytes, size_t length) {
  size_t n = 0;
  for (size_t at = FILE_HEADER; at + RECORD_HEADER <= length; n++)
    at += RECORD_HEADER + field(bytes + at, 2);
  return n;
}

static volatile int64_t *map_sent(const char *path, size_t frames) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || ftruncate(fd, (off_t)(frames * sizeof(int64_t))) != 0)
    die(path);
  void *sent = mmap(NULL, frames * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (sent == MAP_FAILED)
    die(path);
  close(fd);
  return sent;
}

static int open_wire(const char *interface) {
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
  int wire = socket(AF_PACKET, SOCK_RAW, 0);
  if (wire < 0 || bind(wire, (struct sockaddr *)&to, sizeof to) != 0)
    die(interface);
  return wire;
}

// An interface that is down loses what is sent, as a cable that is not plugged in: that is the fault, not an
// error.
static void send_frame(int wire, const uint8_t *frame, size_t length) {
  if (send(wire, frame, length, 0) < 0 && errno != ENETDOWN && errno != ENOBUFS && errno != ENXIO &&
      errno != ENODEV)
    die("send");
}

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  size_t length;
  const uint8_t *bytes = map_file(argv[2], &length);
  volatile int64_t *sent = map_sent(argv[3], count_frames(bytes, length));
  int wire = open_wire(argv[1]);
  int64_t start = now_us(CLOCK_MONOTONIC), first = -1;
  size_t n = 0;
  for (size_t at = FILE_HEADER; at + RECORD_HEADER <= length; n++) {
    const uint8_t *record = bytes + at;
    int64_t stamp = field(record, 0) * 1000000LL + field(record, 1);
    first = first < 0 ? stamp : first;
    sleep_until(start + stamp - first);
    sent[n] = now_us(CLOCK_REALTIME);
    send_frame(wire, record + RECORD_HEADER, field(record, 2));
    at += RECORD_HEADER + field(record, 2);
  }
  return 0;
}
