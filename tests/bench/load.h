// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the generators of load have in common: so many calls at once, each in a slot of its own, with two
// voices of real speech at the pace of a telephone (packets of 20 ms, in slices of 1 ms). Slots begin RAMP a
// second; a call may be given a length, and then another follows it in its slot until the run is over. What
// differs is the way in: how a call is begun and ended, and where a packet goes.
//
// Nothing of the product is used. One thread.
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_FRAME 160
#define LOAD_RTP_HEADER 12
#define LOAD_BATCH 64 // packets of one system call

typedef enum { LOAD_WAITING, LOAD_INVITED, LOAD_TALKING, LOAD_LEAVING, LOAD_OVER } LoadState;

typedef struct {
  LoadState state;
  int number, status, tries;
  int64_t begin_ns, leave_ns, next_try_ns, spoke_ns;
  int64_t turn_ns, held_up_ns; // its latest turn to speak; by how much such turns came too late
  double invited, answered, bye, bye_answered; // seconds since the epoch, 0: never
  uint32_t ssrc;                               // of the first voice; the second one's is one more
  uint32_t packets[2];
  size_t at[2]; // place in the speech
  // of the way in
  struct sockaddr_in media[2];
  char to_tag[128], contact[256];
} LoadCall;

typedef struct {
  void (*invite)(LoadCall *call); // also when there was no answer
  void (*bye)(LoadCall *call);
  void (*read)(void); // answers; NULL: none are awaited
  void (*packet)(LoadCall *call, int stream, const uint8_t header[LOAD_RTP_HEADER], const uint8_t *payload);
  void (*flush)(void); // packets that were put by
} LoadWay;

typedef struct {
  int slots, first;      // number of the first call
  double seconds, ramp;  // after the last slot began; slots a second
  double length;         // of a call on average, 0: until the run is over
  int held;              // so many of the first calls last until the run is over all the same
  int lose;              // of the second voice each so manieth packet is counted and not sent, 0: none
  const char *speech[2]; // files of µ-law
} LoadPlan;

void load_die(const char *what) __attribute__((noreturn));

// The plan of CALLS SECONDS RAMP A.ulaw B.ulaw [FIRST [LENGTH [LOSE [HELD]]]].
LoadPlan load_plan(char **arguments);

// The slot in which the call of this number goes on now, NULL if it does not.
LoadCall *load_find(int number);

void load_answered(LoadCall *call, int status);
void load_left(LoadCall *call);

// A packet that the kernel did not take.
void load_refused(void);

// A socket with large buffers; *port 0 becomes the one that it got.
int load_open_socket(const char *ip, uint16_t *port);
// Packets as datagrams to call->media, each voice from a socket of its own; for LoadWay.
void load_open_media(int stream, const char *ip, uint16_t *port);
void load_put_datagram(LoadCall *call, int stream, const uint8_t header[LOAD_RTP_HEADER],
                       const uint8_t *payload);
void load_flush_datagrams(void);

// sendmmsg of them all.
struct mmsghdr;
void load_send(int fd, struct mmsghdr *messages, int n);

// Runs until the last call is over, or until a while after SIGTERM; on SIGINT it vanishes without a word.
// Then it prints one line a call: number, INVITE sent at, answered at, BYE sent at, BYE answered at, status
// of the INVITE, packets of each voice, first SSRC, when its latest packet was sent (0: never), by how many
// milliseconds pauses between its packets, or before its BYE, were too long because the generator did not get
// the processor (0 where none was so by 10 ms). The last line: packets that the kernel did not take, worst
// and mean delay of a slice in milliseconds.
//
// It takes its core before others where it may (SCHED_FIFO).
int load_run(const LoadPlan *plan, const LoadWay *way);
