// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// raw-receive ring INTERFACE: takes packets from a TPACKET_V3 ring of 64 MB; raw-receive sweep IP PORT N:
// takes datagrams from N sockets on ports from PORT on, each looked into every 20 ms by recvmmsg. Nothing is
// done with them but to touch each. Until SIGTERM, then prints how many there were and how many the kernel
// dropped. The least that receiving costs; CPU time is taken outside.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define BLOCK_BYTES (256 * 1024)
#define BLOCKS 256
#define BLOCK_MS 20
#define SWEEP_NS 20000000LL
#define BATCH 8

static volatile sig_atomic_t stopped;
static unsigned long packets, dropped;
static double begun_s; // of CPU, when all was set up
static volatile unsigned touched;

static void stop(int number) {
  stopped = 1;
}

static double cpu_s(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

// ---- a ring

static uint8_t *open_ring(const char *interface, int *fd) {
  int version = TPACKET_V3;
  struct tpacket_req3 ring = {.tp_block_size = BLOCK_BYTES,
                              .tp_block_nr = BLOCKS,
                              .tp_frame_size = 2048,
                              .tp_frame_nr = BLOCKS * (BLOCK_BYTES / 2048),
                              .tp_retire_blk_tov = BLOCK_MS};
  struct sockaddr_ll here = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL),
                             .sll_ifindex = (int)if_nametoindex(interface)};
  *fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (*fd < 0 || setsockopt(*fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      setsockopt(*fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0)
    die("ring");
  uint8_t *memory = mmap(NULL, (size_t)BLOCK_BYTES * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
  if (memory == MAP_FAILED || bind(*fd, (struct sockaddr *)&here, sizeof here) != 0)
    die(interface);
  return memory;
}

static void take_block(struct tpacket_block_desc *block) {
  struct tpacket3_hdr *p = (struct tpacket3_hdr *)((uint8_t *)block + block->hdr.bh1.offset_to_first_pkt);
  for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
    touched += ((const uint8_t *)p)[p->tp_mac + p->tp_snaplen - 1];
    packets++;
    p = (struct tpacket3_hdr *)((uint8_t *)p + p->tp_next_offset);
  }
  __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

static void read_ring(const char *interface) {
  struct tpacket_stats_v3 stats = {0};
  socklen_t size = sizeof stats;
  int fd;
  uint8_t *memory = open_ring(interface, &fd);
  begun_s = cpu_s();
  for (unsigned at = 0; !stopped;) {
    struct tpacket_block_desc *block = (void *)(memory + (size_t)at * BLOCK_BYTES);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
      poll(&ready, 1, 100);
      continue;
    }
    take_block(block);
    at = (at + 1) % BLOCKS;
  }
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
    dropped = stats.tp_drops;
}

// ---- sockets

static int open_socket(const char *ip, unsigned port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), yes = 1;
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, ip, &here.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes); // as the recorder needs it
  if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0)
    die("socket");
  return fd;
}

static void sweep(const int *fds, int n) {
  static uint8_t data[BATCH][2048], control[BATCH][64];
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  for (int i = 0; i < n; i++) {
    for (int m = 0; m < BATCH; m++) {
      parts[m] = (struct iovec){data[m], sizeof data[m]};
      messages[m] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[m],
                                                 .msg_iovlen = 1,
                                                 .msg_control = control[m],
                                                 .msg_controllen = sizeof control[m]}};
    }
    int got = recvmmsg(fds[i], messages, BATCH, MSG_DONTWAIT, NULL);
    for (int m = 0; m < got; m++)
      touched += data[m][messages[m].msg_len - 1];
    packets += got > 0 ? (unsigned long)got : 0;
  }
}

static void read_sockets(const char *ip, unsigned port, int n) {
  int *fds = calloc((size_t)n, sizeof *fds);
  struct timespec due;
  for (int i = 0; i < n; i++)
    fds[i] = open_socket(ip, port + (unsigned)i);
  begun_s = cpu_s();
  clock_gettime(CLOCK_MONOTONIC, &due);
  while (!stopped) {
    sweep(fds, n);
    due.tv_nsec += SWEEP_NS;
    due.tv_sec += due.tv_nsec / 1000000000LL;
    due.tv_nsec %= 1000000000LL;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
  }
}

int main(int argc, char **argv) {
  signal(SIGTERM, stop);
  if (argc == 3 && strcmp(argv[1], "ring") == 0)
    read_ring(argv[2]);
  else if (argc == 5 && strcmp(argv[1], "sweep") == 0)
    read_sockets(argv[2], (unsigned)atoi(argv[3]), atoi(argv[4]));
  else
    return 2;
  printf("%lu %lu %f\n", packets, dropped, cpu_s() - begun_s);
  return 0;
}
