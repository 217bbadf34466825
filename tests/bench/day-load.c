// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// day-load HOURS CALLS LENGTH A.ulaw B.ulaw TOLD [LOSE]: a capture of so many hours of a floor to standard
// output, as fast as it is read: CALLS at once on average, few at night and many at noon, LENGTH seconds
// each on average, and one that lasts all the time. Some are held, some transferred, some are seen twice (on
// both sides of an SBC), some fail, some end without a BYE; phones register and ask for options all the
// while.
//
// After each minute of the capture's clock a line on standard error: seconds, calls under way. TOLD gets a
// line for each dialog: Call-ID, kind, packets of each voice. Nothing of the product is used.
#include <arpa/inet.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_S 1759968000u // a midnight
#define FRAME 160
#define FRAME_MS 20
#define MESSAGE 4096
#define HEADERS (14 + 20 + 8)
#define MOST_AT_ONCE 4096
#define RING_MS 400
#define REFER_MS 300
#define HOLD_MS 30000
#define TELEPHONE 10000 // ports
#define SPREAD 4001     // frames between the places of the speech at which two calls begin

typedef enum { PLAIN, HELD, BUSY, CANCELLED, VANISHED, REFERRED, TWO_LEGS, UNKNOWN, LONG, KINDS } Kind;

static const char *const kind_names[KINDS] = {"plain",    "held",     "busy",    "cancelled", "vanished",
                                              "referred", "two-legs", "unknown", "long"};
// Of twenty calls.
static const Kind mixture[20] = {PLAIN,     PLAIN, PLAIN,    HELD,  PLAIN, BUSY,   PLAIN,
                                 CANCELLED, PLAIN, VANISHED, PLAIN, PLAIN, PLAIN,  REFERRED,
                                 PLAIN,     PLAIN, TWO_LEGS, PLAIN, PLAIN, UNKNOWN};

typedef struct {
  int number; // of the dialog
  int person; // caller and agent are named by it
  int source; // of the voices: the second leg shows those of the first
  Kind kind;
  int talks, asked; // asked: REFER was sent
  int64_t begin_ms, answer_ms, leave_ms, hold_ms;
  int is_held;
  uint32_t packets[2];
  size_t at[2];
} Day;

static uint8_t *speech[2];
static size_t speech_length[2];
static Day *days[MOST_AT_ONCE];
static int n_days, n_dialogs, lose;
static int64_t now_ms, end_ms;
static double mean_calls, mean_length_ms;
static FILE *told;
static uint64_t chance_state = 88172645463325252u;

static void die(const char *what) {
  perror(what);
  exit(1);
}

// 0 to 1; the same in every run.
static double chance(void) {
  chance_state ^= chance_state << 13;
  chance_state ^= chance_state >> 7;
  chance_state ^= chance_state << 17;
  return (double)(chance_state >> 11) / 9007199254740992.0;
}

static void read_speech(int side, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file)
    die(path);
  fseek(file, 0, SEEK_END);
  speech_length[side] = (size_t)ftell(file) / FRAME * FRAME;
  rewind(file);
  speech[side] = malloc(speech_length[side]);
  if (!speech_length[side] || fread(speech[side], 1, speech_length[side], file) != speech_length[side])
    die(path);
  fclose(file);
}

// ---- packets

static void put_16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void put_32(uint8_t *at, uint32_t value) {
  put_16(at, value >> 16);
  put_16(at + 2, value & 0xFFFF);
}

static void write_address(uint8_t ip[4], int number, int side) {
  ip[0] = 10;
  ip[1] = (uint8_t)((side ? 128 : 0) + (number >> 16 & 127));
  put_16(ip + 2, (unsigned)number & 0xFFFF);
}

// Ethernet, IPv4 without a checksum (as where the card computes it) and UDP, in a record of the capture.
static void put_packet(int number, int side, unsigned port, const void *head, size_t head_length,
                       const void *body, size_t length) {
  uint32_t total = (uint32_t)(HEADERS + head_length + length);
  uint32_t record[4] = {EPOCH_S + (uint32_t)(now_ms / 1000), (uint32_t)(now_ms % 1000 * 1000), total, total};
  uint8_t h[HEADERS] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17};
  put_16(h + 16, total - 14);
  write_address(h + 26, number, side);
  write_address(h + 30, number, 1 - side);
  put_16(h + 34, port);
  put_16(h + 36, port);
  put_16(h + 38, total - 34);
  if (fwrite(record, sizeof record, 1, stdout) != 1 || fwrite(h, sizeof h, 1, stdout) != 1 ||
      (head_length && fwrite(head, head_length, 1, stdout) != 1) || fwrite(body, length, 1, stdout) != 1)
    die("standard output");
}

static void speak(Day *d, int side) {
  uint32_t n = d->packets[side]++;
  uint8_t rtp[12] = {0x80, n == 0 ? 0x80 : 0};
  put_16(rtp + 2, n & 0xFFFF);
  put_32(rtp + 4, n * FRAME);
  put_32(rtp + 8, 0x10000000u + 2 * (uint32_t)d->source + (uint32_t)side);
  if (!lose || side == 0 || d->packets[side] % (uint32_t)lose)
    put_packet(d->number, side, TELEPHONE, rtp, sizeof rtp, speech[side] + d->at[side], FRAME);
  d->at[side] = (d->at[side] + FRAME) % speech_length[side];
}

// ---- signalling

typedef struct {
  int asker, cseq; // the side that began the transaction
  const char *method;
  const char *mode; // of the media, NULL: no description
  const char *more; // header fields, NULL: none
} Text;

static void name_sides(int number, char ip[2][INET_ADDRSTRLEN]) {
  for (int side = 0; side < 2; side++) {
    uint8_t address[4];
    write_address(address, number, side);
    inet_ntop(AF_INET, address, ip[side], INET_ADDRSTRLEN);
  }
}

static void describe(char sdp[MESSAGE / 4], const Text *t, const char *ip) {
  sdp[0] = '\0';
  if (t->mode)
    snprintf(sdp, MESSAGE / 4,
             "v=0\r\no=- 1 %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=%s\r\n",
             t->cseq, ip, ip, TELEPHONE, t->mode);
}

// A request, or the answer to it whose status line is given.
static void say(const Day *d, Text t, const char *status) {
  char out[MESSAGE], sdp[MESSAGE / 4], request[200], ip[2][INET_ADDRSTRLEN], who[2][100], tag[32] = "";
  int a = t.asker, from = status ? 1 - a : a;
  name_sides(d->number, ip);
  describe(sdp, &t, ip[from]);
  snprintf(who[0], sizeof who[0], "<sip:0100%07d@%s>", d->person, ip[0]);
  snprintf(who[1], sizeof who[1], "<sip:2%03d@%s>", d->person % 1000, ip[1]);
  snprintf(request, sizeof request, "%s sip:x@%s SIP/2.0", t.method, ip[1 - a]);
  if (status || t.cseq > 1)
    snprintf(tag, sizeof tag, ";tag=%c%d", a ? 'a' : 'b', d->number);
  snprintf(out, sizeof out,
           "%s\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK%d-%d-%d\r\nFrom: %s;tag=%c%d\r\nTo: %s%s\r\n"
           "Call-ID: day-%d\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\nContact: <sip:x@%s:5060>\r\n%s%s"
           "Content-Length: %zu\r\n\r\n%s",
           status ? status : request, ip[a], d->number, a, t.cseq, who[a], a ? 'b' : 'a', d->number,
           who[1 - a], tag, d->number, t.cseq, t.method, ip[from], t.more ? t.more : "",
           sdp[0] ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
  put_packet(d->number, from, 5060, NULL, 0, out, strlen(out));
}

static void ask(const Day *d, int asker, int cseq, const char *method, const char *mode,
                const char *answer_mode) {
  say(d, (Text){asker, cseq, method, mode, NULL}, NULL);
  say(d, (Text){asker, cseq, method, answer_mode, NULL}, "SIP/2.0 200 OK");
  if (mode)
    say(d, (Text){asker, cseq, "ACK", NULL, NULL}, NULL);
}

// What phones say without a call.
static void chatter(void) {
  Day phone = {.number = (int)(now_ms / 500 % 400) + 0x7F0000, .person = (int)(now_ms / 500 % 400)};
  if (now_ms % 500 == 250)
    ask(&phone, 1, (int)(now_ms / 500), "OPTIONS", NULL, NULL);
  if (now_ms % 2000 == 750) {
    say(&phone, (Text){0, 2, "REGISTER", NULL, "Expires: 120\r\n"}, NULL);
    say(&phone, (Text){0, 2, "REGISTER", NULL, NULL}, "SIP/2.0 401 Unauthorized");
    say(&phone, (Text){0, 3, "REGISTER", NULL, "Expires: 120\r\nAuthorization: Digest x\r\n"}, NULL);
    say(&phone, (Text){0, 3, "REGISTER", NULL, "Expires: 120\r\n"}, "SIP/2.0 200 OK");
  }
}

// ---- calls

static Day *begin(Kind kind, int person, double length_ms) {
  Day *d = n_days < MOST_AT_ONCE ? calloc(1, sizeof *d) : NULL;
  if (!d)
    die("too many calls at once");
  n_dialogs++;
  *d = (Day){.number = n_dialogs, .person = person ? person : n_dialogs, .kind = kind, .begin_ms = now_ms};
  d->source = d->number;
  d->answer_ms = now_ms + RING_MS;
  d->leave_ms = d->answer_ms + (int64_t)length_ms;
  d->hold_ms = d->answer_ms + (int64_t)(length_ms / 4);
  for (int s = 0; s < 2; s++)
    d->at[s] = (size_t)d->person * SPREAD * FRAME % speech_length[s];
  return days[n_days++] = d;
}

static void invite(const Day *d, const char *more) {
  say(d, (Text){0, 1, "INVITE", "sendrecv", more}, NULL);
  say(d, (Text){0, 1, "INVITE", NULL, NULL}, "SIP/2.0 180 Ringing");
}

// A day has few calls at its ends and 1.9 times the average in its middle.
static double share_of_day(void) {
  double noon = sin(M_PI * (double)now_ms / (double)end_ms);
  return 0.1 + 1.8 * noon * noon;
}

static int64_t begin_calls(void) {
  static int n;
  Kind kind = mixture[n++ % 20];
  double length_ms = mean_length_ms * (0.5 + chance());
  const Day *first = begin(kind, 0, length_ms);
  invite(first, NULL);
  if (kind == TWO_LEGS) {
    Day *second = begin(kind, first->person, length_ms);
    second->source = first->number;
    invite(second, NULL);
  }
  return now_ms + 1 + (int64_t)(-log(1 - chance()) * mean_length_ms / (mean_calls * share_of_day()));
}

static void answer(Day *d) {
  const Text invited = {0, 1, "INVITE", NULL, NULL}, accepted = {0, 1, "INVITE", "sendrecv", NULL};
  if (d->kind == CANCELLED)
    ask(d, 0, 1, "CANCEL", NULL, NULL);
  d->talks = d->kind != BUSY && d->kind != CANCELLED && d->kind != UNKNOWN;
  say(d, d->talks ? accepted : invited,
      d->kind == BUSY        ? "SIP/2.0 486 Busy Here"
      : d->kind == CANCELLED ? "SIP/2.0 487 Request Terminated"
      : d->kind == UNKNOWN   ? "SIP/2.0 404 Not Found"
                             : "SIP/2.0 200 OK");
  say(d, (Text){0, d->talks ? 2 : 1, "ACK", NULL, NULL}, NULL);
  if (!d->talks)
    d->leave_ms = now_ms;
}

static void hold(Day *d, int is_held) {
  d->is_held = is_held;
  ask(d, 1, is_held ? 101 : 102, "INVITE", is_held ? "sendonly" : "sendrecv",
      is_held ? "recvonly" : "sendrecv");
}

// The agent sends the caller to another agent; a new call of the same caller follows.
static void refer(Day *d) {
  d->asked = 1;
  say(d, (Text){1, 103, "REFER", NULL, "Refer-To: <sip:2777@10.128.0.1>\r\n"}, NULL);
  say(d, (Text){1, 103, "REFER", NULL, NULL}, "SIP/2.0 202 Accepted");
  invite(begin(PLAIN, d->person, mean_length_ms / 3), "Referred-By: <sip:2777@10.128.0.1>\r\n");
}

static void leave(Day *d) {
  if (d->talks && d->kind != VANISHED)
    ask(d, d->kind == REFERRED, d->kind == REFERRED ? 104 : 9, "BYE", NULL, NULL);
  fprintf(told, "day-%d %s %u %u\n", d->number, kind_names[d->kind], d->packets[0], d->packets[1]);
}

// Whether the call goes on.
static int serve(Day *d) {
  int64_t into_hold = now_ms - d->hold_ms;
  if (!d->talks && now_ms >= d->answer_ms)
    answer(d);
  if (now_ms >= d->leave_ms) {
    leave(d);
    return 0;
  }
  if (!d->talks)
    return 1;
  if (d->kind == HELD && !d->is_held && into_hold >= 0 && into_hold < FRAME_MS)
    hold(d, 1);
  if (d->is_held && into_hold >= HOLD_MS)
    hold(d, 0);
  if (d->kind == REFERRED && !d->asked && now_ms >= d->leave_ms - REFER_MS)
    refer(d);
  for (int side = 0; side < 2 && !d->is_held; side++)
    speak(d, side);
  return 1;
}

// Those whose packets are due in this millisecond.
static void serve_due(void) {
  int kept = 0;
  for (int i = 0, n = n_days; i < n_days; i++) {
    Day *d = days[i];
    if (i < n && (now_ms - d->begin_ms) % FRAME_MS == 0 && now_ms > d->begin_ms && !serve(d))
      free(d);
    else
      days[kept++] = d;
  }
  n_days = kept;
}

// ---- the day

static void write_day(void) {
  const uint32_t header[6] = {0xA1B2C3D4, 4 << 16 | 2, 0, 0, 65535, 1};
  int64_t next_ms = 1000, last_ms = end_ms - (int64_t)(2 * mean_length_ms);
  if (fwrite(header, sizeof header, 1, stdout) != 1)
    die("standard output");
  now_ms = 1;
  invite(begin(LONG, 0, (double)(end_ms - 2000)), NULL);
  for (; now_ms < end_ms || n_days; now_ms++) {
    while (now_ms >= next_ms && now_ms < last_ms)
      next_ms = begin_calls();
    serve_due();
    chatter();
    if (now_ms % 60000 == 0)
      fprintf(stderr, "%lld %d\n", (long long)now_ms / 1000, n_days);
  }
}

int main(int argc, char **argv) {
  static char buffer[1 << 16];
  if (argc < 7) {
    fprintf(stderr, "day-load HOURS CALLS LENGTH A.ulaw B.ulaw TOLD [LOSE]\n");
    return 2;
  }
  end_ms = (int64_t)(atof(argv[1]) * 3600 * 1000);
  mean_calls = atof(argv[2]);
  mean_length_ms = atof(argv[3]) * 1000;
  read_speech(0, argv[4]);
  read_speech(1, argv[5]);
  told = fopen(argv[6], "w");
  lose = argc > 7 ? atoi(argv[7]) : 0;
  if (!told)
    die(argv[6]);
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  write_day();
  return fclose(told) == 0 && fflush(stdout) == 0 ? 0 : 1;
}
