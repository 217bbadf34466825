// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "load.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SLICES 20 // of a frame's 20 ms
#define SLICE_NS 1000000LL
#define SECOND_NS 1000000000LL
#define FRAME_NS (SLICES * SLICE_NS)
#define HELD_UP_NS (10 * 1000000LL)  // what is less goes unnoticed
#define BETWEEN_NS (100 * 1000000LL) // calls of one slot
#define RETRY_NS 500000000LL
#define RETRIES 7
#define SPREAD 4001 // frames between the places of the speech at which two calls begin

typedef struct {
  uint8_t *bytes;
  size_t length;
} Speech;

static const LoadPlan *plan;
static const LoadWay *way;
static LoadCall *slots;
static Speech speech[2];
static int64_t end_ns; // of the run; calls hang up from then on
static LoadCall *told; // calls that are over
static size_t n_told;
static uint64_t refused;
static volatile sig_atomic_t stopped, vanished;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void load_die(const char *what) {
  perror(what);
  exit(1);
}

static Speech read_speech(const char *path) {
  Speech s = {0};
  FILE *file = fopen(path, "rb");
  if (!file)
    load_die(path);
  fseek(file, 0, SEEK_END);
  s.length = (size_t)ftell(file) / LOAD_FRAME * LOAD_FRAME;
  rewind(file);
  s.bytes = malloc(s.length);
  if (s.length == 0 || fread(s.bytes, 1, s.length, file) != s.length)
    load_die(path);
  fclose(file);
  return s;
}

LoadPlan load_plan(char **arguments) {
  LoadPlan made = {.first = 1};
  int n = 0;
  while (arguments[n])
    n++;
  if (n < 5) {
    fprintf(stderr, "... CALLS SECONDS RAMP A.ulaw B.ulaw [FIRST [LENGTH [LOSE [HELD]]]]\n");
    exit(2);
  }
  made.slots = atoi(arguments[0]);
  made.seconds = atof(arguments[1]);
  made.ramp = atof(arguments[2]);
  made.speech[0] = arguments[3];
  made.speech[1] = arguments[4];
  made.first = n > 5 ? atoi(arguments[5]) : 1;
  made.length = n > 6 ? atof(arguments[6]) : 0;
  made.lose = n > 7 ? atoi(arguments[7]) : 0;
  made.held = n > 8 ? atoi(arguments[8]) : 0;
  return made;
}

// ---- calls

static LoadCall *slot_of(int number) {
  return &slots[(number - plan->first) % plan->slots];
}

LoadCall *load_find(int number) {
  LoadCall *call = number >= plan->first ? slot_of(number) : NULL;
  return call && call->number == number ? call : NULL;
}

// When the call is to hang up: calls of one slot have lengths of their own, and those that are first in
// their slots are cut short by what they would have spoken already.
static int64_t leave_of(const LoadCall *call) {
  int n = call->number - plan->first, slot = n % plan->slots;
  int64_t last = end_ns + (int64_t)(slot / plan->ramp * SECOND_NS);
  if (plan->length <= 0 || n < plan->held)
    return last;
  double chance = (n * 0.6180339887) - (int64_t)(n * 0.6180339887);
  double part = n < plan->slots ? 0.1 + 0.9 * chance : 0.7 + 0.6 * chance;
  int64_t leave = call->begin_ns + (int64_t)(part * plan->length * SECOND_NS);
  return leave < last ? leave : last;
}

static void set_up(LoadCall *call, int number, int64_t begin_ns) {
  *call = (LoadCall){.number = number, .begin_ns = begin_ns, .ssrc = 0x10000000u + 2 * (uint32_t)number};
  call->leave_ns = leave_of(call);
  for (int s = 0; s < 2; s++)
    call->at[s] = (size_t)(number - plan->first) * SPREAD * LOAD_FRAME % speech[s].length;
}

static void tell(const LoadCall *call) {
  if ((n_told & (n_told - 1)) == 0)
    told = realloc(told, (n_told ? 2 * n_told : 1) * sizeof *told);
  if (!told)
    load_die("memory");
  told[n_told++] = *call;
}

// The slot is free: for the next call, if there is time.
static void over(LoadCall *call) {
  int64_t begin_ns = now_ns() + BETWEEN_NS;
  call->state = LOAD_OVER;
  tell(call);
  if (plan->length > 0 && begin_ns < end_ns)
    set_up(call, call->number + plan->slots, begin_ns);
}

void load_answered(LoadCall *call, int status) {
  if (call->state != LOAD_INVITED)
    return;
  call->status = status;
  call->answered = wall();
  call->state = LOAD_TALKING;
  call->begin_ns = now_ns(); // however long that took, it is a call of its length
  call->leave_ns = leave_of(call);
  if (status >= 300)
    over(call);
}

void load_left(LoadCall *call) {
  if (call->state != LOAD_LEAVING)
    return;
  call->bye_answered = wall();
  over(call);
}

static void ask(LoadCall *call, LoadState state, int64_t now, void (*send)(LoadCall *)) {
  call->state = state;
  call->tries = 0;
  call->next_try_ns = now + RETRY_NS;
  *(state == LOAD_INVITED ? &call->invited : &call->bye) = wall();
  send(call);
}

static void ask_again(LoadCall *call, int64_t now) {
  if (now < call->next_try_ns)
    return;
  if (++call->tries > RETRIES) {
    over(call);
    return;
  }
  call->next_try_ns = now + RETRY_NS * (1 << (call->tries < 4 ? call->tries : 3));
  (call->state == LOAD_INVITED ? way->invite : way->bye)(call);
}

// ---- media

void load_refused(void) {
  refused++;
}

void load_send(int fd, struct mmsghdr *messages, int n) {
  for (int sent = 0, got; sent < n; sent += got) {
    got = sendmmsg(fd, messages + sent, (unsigned)(n - sent), 0);
    if (got <= 0) {
      refused++;
      got = 1;
    }
  }
}

static void write_rtp(uint8_t header[LOAD_RTP_HEADER], const LoadCall *call, int stream) {
  uint32_t n = call->packets[stream], timestamp = n * LOAD_FRAME, ssrc = call->ssrc + (uint32_t)stream;
  uint8_t h[LOAD_RTP_HEADER] = {0x80, n == 0 ? 0x80 : 0, (uint8_t)(n >> 8), (uint8_t)n};
  for (int i = 0; i < 4; i++) {
    h[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
    h[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
  }
  memcpy(header, h, sizeof h);
}

static void speak(LoadCall *call, int64_t now) {
  call->spoke_ns = now;
  for (int s = 0; s < 2; s++) {
    uint8_t header[LOAD_RTP_HEADER];
    write_rtp(header, call, s);
    call->packets[s]++;
    if (!plan->lose || s == 0 || call->packets[s] % (uint32_t)plan->lose)
      way->packet(call, s, header, speech[s].bytes + call->at[s]);
    call->at[s] = (call->at[s] + LOAD_FRAME) % speech[s].length;
  }
}

// ---- the run

// The recorder is not to blame for what comes too late.
static void take_turn(LoadCall *call, int64_t now) {
  int64_t late = call->turn_ns ? now - call->turn_ns - FRAME_NS : 0;
  if (late > HELD_UP_NS)
    call->held_up_ns += late;
  call->turn_ns = now;
}

static void serve(LoadCall *call, int64_t now) {
  switch (call->state) {
  case LOAD_WAITING:
    if (now >= call->begin_ns)
      ask(call, LOAD_INVITED, now, way->invite);
    break;
  case LOAD_TALKING:
    take_turn(call, now);
    if (now < call->leave_ns) {
      speak(call, now);
      break;
    }
    way->flush(); // nothing may come after the BYE that was sent before it
    ask(call, LOAD_LEAVING, now, way->bye);
    break;
  case LOAD_INVITED:
  case LOAD_LEAVING:
    ask_again(call, now);
    break;
  case LOAD_OVER:
    break;
  }
}

static int under_way(void) {
  int n = 0;
  for (int i = 0; i < plan->slots; i++)
    n += slots[i].state != LOAD_OVER;
  return n;
}

static void stop_now(int64_t now) {
  end_ns = now;
  for (int i = 0; i < plan->slots; i++)
    if (slots[i].state == LOAD_WAITING)
      over(&slots[i]);
    else
      slots[i].leave_ns = leave_of(&slots[i]);
}

static void sleep_until(int64_t at) {
  struct timespec t = {at / SECOND_NS, at % SECOND_NS};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
    ;
}

static void stop(int number) {
  stopped = 1;
}

static void vanish(int number) {
  vanished = 1;
}

// What goes on is told as far as it came.
static void leave_all(void) {
  for (int i = 0; i < plan->slots; i++)
    if (slots[i].state != LOAD_OVER && slots[i].state != LOAD_WAITING)
      tell(&slots[i]);
}

static int by_number(const void *a, const void *b) {
  return ((const LoadCall *)a)->number - ((const LoadCall *)b)->number;
}

static void print(int64_t worst, double mean) {
  double to_wall = wall() - (double)now_ns() / SECOND_NS;
  qsort(told, n_told, sizeof *told, by_number);
  for (size_t i = 0; i < n_told; i++) {
    const LoadCall *c = &told[i];
    printf("%d %.6f %.6f %.6f %.6f %d %u %u %08x %.6f %.1f\n", c->number, c->invited, c->answered, c->bye,
           c->bye_answered, c->status, c->packets[0], c->packets[1], c->ssrc,
           c->spoke_ns ? to_wall + (double)c->spoke_ns / SECOND_NS : 0, (double)c->held_up_ns / 1e6);
  }
  printf("%llu %.1f %.3f\n", (unsigned long long)refused, (double)worst / 1e6, mean / 1e6);
}

static void serve_slice(int slice) {
  int64_t begun = now_ns();
  for (int i = slice; i < plan->slots; i += SLICES)
    serve(&slots[i], now_ns());
  way->flush();
  int64_t took = now_ns() - begun;
  for (int i = slice; took > HELD_UP_NS && i < plan->slots; i += SLICES)
    slots[i].held_up_ns += took;
}

static void come_first(void) {
  const struct sched_param first = {.sched_priority = 1};
  (void)!sched_setscheduler(0, SCHED_FIFO, &first);
}

int load_run(const LoadPlan *the_plan, const LoadWay *the_way) {
  plan = the_plan;
  way = the_way;
  for (int i = 0; i < 2; i++)
    speech[i] = read_speech(plan->speech[i]);
  slots = calloc((size_t)plan->slots, sizeof *slots);
  int64_t start = now_ns(), worst = 0, slice = 0;
  double sum = 0;
  end_ns = start + (int64_t)((plan->slots / plan->ramp + plan->seconds) * SECOND_NS);
  for (int i = 0; i < plan->slots; i++)
    set_up(&slots[i], plan->first + i, start + (int64_t)(i / plan->ramp * SECOND_NS));
  come_first();
  signal(SIGTERM, stop);
  signal(SIGINT, vanish);
  for (; (slice % SLICES || under_way()) && !vanished; slice++) {
    int64_t due = start + slice * SLICE_NS, now;
    sleep_until(due);
    now = now_ns();
    worst = now - due > worst ? now - due : worst;
    sum += (double)(now - due);
    if (stopped && end_ns > now)
      stop_now(now);
    serve_slice((int)(slice % SLICES));
    if (way->read)
      way->read();
  }
  leave_all();
  print(worst, sum / (double)slice);
  return 0;
}
