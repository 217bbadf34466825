// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// siprec-load FROM-IP SERVER-IP:PORT CALLS SECONDS RAMP A.ulaw B.ulaw [FIRST]: so many recording sessions
// over UDP at once (RFC 7866), RAMP new ones a second, each with two streams of real speech at the pace of a
// telephone: packets of 20 ms, sent in slices of 5 ms by sendmmsg. All of them run until the last one has
// had its SECONDS, or until SIGTERM; then each hangs up. Its Call-ID is load-NUMBER, from FIRST on.
//
// At the end one line a call: number, INVITE sent at, answered at, BYE sent at, BYE answered at (seconds
// since the epoch, 0: never), status of the INVITE, packets sent on each stream, first SSRC (the second one's
// is one more). The last line: packets that the kernel did not take, and the worst delay of a slice in
// milliseconds.
//
// Nothing of the product is used. One thread.
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME 160
#define SLICES 4 // of a frame's 20 ms
#define SLICE_NS 5000000LL
#define BATCH 64
#define MESSAGE 8192
#define RETRY_NS 500000000LL
#define RETRIES 7

typedef enum { WAITING, INVITED, TALKING, LEAVING, OVER } State;

typedef struct {
  State state;
  int number, status, tries;
  int64_t next_try;
  double invited, answered, bye, bye_answered;
  struct sockaddr_in media[2];
  uint32_t ssrc;
  uint32_t packets[2];
  size_t at[2]; // place in the speech
  char to_tag[128], contact[256];
} Call;

typedef struct {
  uint8_t *bytes;
  size_t length;
} Speech;

static Call *calls;
static int n_calls, sip_socket, media_socket[2];
static struct sockaddr_in server;
static char from_ip[64], server_text[64];
static uint16_t sip_port, media_port[2];
static Speech speech[2];
static uint64_t refused;
static volatile sig_atomic_t stopped;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int bound_socket(const char *ip, uint16_t *port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 8 * 1024 * 1024;
  struct sockaddr_in here = {.sin_family = AF_INET};
  socklen_t length = sizeof here;
  inet_pton(AF_INET, ip, &here.sin_addr);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0 ||
      getsockname(fd, (struct sockaddr *)&here, &length) != 0)
    die("socket");
  *port = ntohs(here.sin_port);
  return fd;
}

static Speech read_speech(const char *path) {
  Speech s = {0};
  FILE *file = fopen(path, "rb");
  if (!file)
    die(path);
  fseek(file, 0, SEEK_END);
  s.length = (size_t)ftell(file) / FRAME * FRAME;
  rewind(file);
  s.bytes = malloc(s.length);
  if (s.length == 0 || fread(s.bytes, 1, s.length, file) != s.length)
    die(path);
  fclose(file);
  return s;
}

// ---- signalling

static void send_sip(const char *text) {
  if (sendto(sip_socket, text, strlen(text), 0, (struct sockaddr *)&server, sizeof server) < 0)
    refused++;
}

static int head(char *out, const Call *c, const char *method, const char *uri, int cseq, const char *more) {
  return snprintf(
      out, MESSAGE,
      "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bK-%d-%d-%s;rport\r\nMax-Forwards: 70\r\n"
      "From: <sip:load@%s>;tag=load%d\r\nTo: <sip:srs@%s>%s%s\r\nCall-ID: load-%d\r\nCSeq: %d %s\r\n"
      "Contact: <sip:load@%s:%u>;+sip.src\r\n%s",
      method, uri, from_ip, sip_port, c->number, cseq, method, from_ip, c->number, server_text,
      c->to_tag[0] ? ";tag=" : "", c->to_tag, c->number, cseq, method, from_ip, sip_port, more);
}

static int write_sdp(char *out, const Call *c) {
  int n = snprintf(out, MESSAGE, "v=0\r\no=load %d 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n", c->number,
                   from_ip, from_ip);
  for (int i = 0; i < 2; i++)
    n += snprintf(out + n, MESSAGE - (size_t)n,
                  "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\na=label:%d\r\n",
                  media_port[i], i + 1);
  return n;
}

static int write_metadata(char *out, const Call *c) {
  int n = snprintf(
      out, MESSAGE,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
      "<datamode>complete</datamode><session "
      "session_id=\"s%08d\"><sipSessionID>cs-%d</sipSessionID></session>",
      c->number, c->number);
  for (int i = 0; i < 2; i++)
    n += snprintf(
        out + n, MESSAGE - (size_t)n,
        "<participant participant_id=\"p%d-%08d\"><nameID aor=\"sip:%d@floor.example\"/></participant>"
        "<stream stream_id=\"t%d-%08d\" session_id=\"s%08d\"><label>%d</label></stream>",
        i, c->number, (i ? 2000 : 100000) + c->number, i, c->number, c->number, i + 1);
  for (int i = 0; i < 2; i++)
    n += snprintf(
        out + n, MESSAGE - (size_t)n,
        "<participantsessionassoc participant_id=\"p%d-%08d\" session_id=\"s%08d\"/>"
        "<participantstreamassoc participant_id=\"p%d-%08d\"><send>t%d-%08d</send><recv>t%d-%08d</recv>"
        "</participantstreamassoc>",
        i, c->number, c->number, i, c->number, i, c->number, 1 - i, c->number);
  return n + snprintf(out + n, MESSAGE - (size_t)n, "</recording>\n");
}

static void send_invite(Call *c) {
  char text[MESSAGE], sdp[MESSAGE], metadata[MESSAGE], body[2 * MESSAGE], whole[4 * MESSAGE], uri[128],
      more[256];
  write_sdp(sdp, c);
  write_metadata(metadata, c);
  int length = snprintf(
      body, sizeof body,
      "--cut\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--cut\r\nContent-Type: "
      "application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n%s\r\n--cut--\r\n",
      sdp, metadata);
  snprintf(uri, sizeof uri, "sip:srs@%s", server_text);
  snprintf(more, sizeof more,
           "Require: siprec\r\nContent-Type: multipart/mixed;boundary=cut\r\nContent-Length: %d\r\n\r\n",
           length);
  head(text, c, "INVITE", uri, 1, more);
  snprintf(whole, sizeof whole, "%s%s", text, body);
  if (c->state == WAITING)
    c->invited = wall();
  c->state = INVITED;
  send_sip(whole);
}

static void send_ack(Call *c, int accepted) {
  char text[MESSAGE], uri[300];
  snprintf(uri, sizeof uri, "%s", accepted ? c->contact : server_text);
  head(text, c, "ACK", uri, 1, "Content-Length: 0\r\n\r\n");
  send_sip(text);
}

static void send_bye(Call *c) {
  char text[MESSAGE];
  if (c->state == TALKING)
    c->bye = wall();
  c->state = LEAVING;
  head(text, c, "BYE", c->contact, 2, "Content-Length: 0\r\n\r\n");
  send_sip(text);
}

static const char *after(const char *text, const char *name) {
  const char *at = strstr(text, name);
  return at ? at + strlen(name) : NULL;
}

static void copy_until(char *out, size_t size, const char *from, const char *ends) {
  size_t n = strcspn(from, ends);
  snprintf(out, size, "%.*s", (int)n, from);
}

static void read_answer(Call *c, const char *text) {
  const char *to = after(text, "\r\nTo:"), *tag = to ? after(to, ";tag=") : NULL;
  const char *contact = after(text, "\r\nContact:"), *uri = contact ? strchr(contact, '<') : NULL;
  const char *address = after(text, "\r\nc=IN IP4 "), *line = text;
  if (!tag || !uri || !address)
    return;
  copy_until(c->to_tag, sizeof c->to_tag, tag, ";\r\n");
  copy_until(c->contact, sizeof c->contact, uri + 1, ">");
  char ip[64];
  copy_until(ip, sizeof ip, address, "\r\n");
  for (int i = 0; i < 2 && (line = after(line, "\r\nm=audio ")); i++) {
    c->media[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(line))};
    inet_pton(AF_INET, ip, &c->media[i].sin_addr);
  }
}

static void take_response(char *text) {
  const char *id = after(text, "\r\nCall-ID: load-"), *cseq = after(text, "\r\nCSeq: ");
  int status = strncmp(text, "SIP/2.0 ", 8) == 0 ? atoi(text + 8) : 0;
  int at = id ? atoi(id) - calls[0].number : -1;
  if (at < 0 || at >= n_calls || !cseq || status < 200)
    return;
  Call *c = &calls[at];
  if (strstr(cseq, "INVITE") && strstr(cseq, "INVITE") < strchr(cseq, '\r')) {
    if (c->state == INVITED) {
      c->status = status;
      c->answered = wall();
      if (status < 300)
        read_answer(c, text);
      c->state = status < 300 ? TALKING : OVER;
    }
    send_ack(c, status < 300);
  } else if (c->state == LEAVING) {
    c->bye_answered = wall();
    c->state = OVER;
  }
}

static void read_sip(void) {
  char text[65536];
  ssize_t n;
  while ((n = recv(sip_socket, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
    text[n] = '\0';
    take_response(text);
  }
}

static void begin(Call *c, int64_t now, void (*send)(Call *)) {
  c->tries = 0;
  c->next_try = now + RETRY_NS;
  send(c);
}

static void retry(Call *c, int64_t now) {
  if ((c->state != INVITED && c->state != LEAVING) || now < c->next_try)
    return;
  if (++c->tries > RETRIES) {
    c->state = OVER;
    return;
  }
  c->next_try = now + RETRY_NS * (1 << (c->tries < 4 ? c->tries : 3));
  (c->state == INVITED ? send_invite : send_bye)(c);
}

// ---- media

static void write_rtp(uint8_t header[12], const Call *c, int stream) {
  uint32_t n = c->packets[stream], timestamp = n * FRAME, ssrc = c->ssrc + (uint32_t)stream;
  uint8_t h[12] = {0x80, n == 0 ? 0x80 : 0, (uint8_t)(n >> 8), (uint8_t)n};
  for (int i = 0; i < 4; i++) {
    h[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
    h[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
  }
  memcpy(header, h, sizeof h);
}

// One packet of each talking call whose turn it is, on one of the two streams.
static void send_slice(int stream, int slice) {
  static uint8_t headers[BATCH][12];
  static struct iovec parts[BATCH][2];
  struct mmsghdr messages[BATCH];
  int n = 0;
  for (int i = slice; i <= n_calls + SLICES; i += SLICES) {
    Call *c = i < n_calls ? &calls[i] : NULL;
    if (c && c->state == TALKING && c->media[stream].sin_port) {
      write_rtp(headers[n], c, stream);
      parts[n][0] = (struct iovec){headers[n], 12};
      parts[n][1] = (struct iovec){speech[stream].bytes + c->at[stream], FRAME};
      messages[n] =
          (struct mmsghdr){.msg_hdr = {&c->media[stream], sizeof c->media[stream], parts[n], 2, NULL, 0, 0}};
      c->at[stream] = (c->at[stream] + FRAME) % speech[stream].length;
      c->packets[stream]++;
      n++;
    }
    if (n == BATCH || (n && i >= n_calls)) {
      for (int sent = 0, got; sent < n; sent += got) {
        got = sendmmsg(media_socket[stream], messages + sent, (unsigned)(n - sent), 0);
        if (got <= 0) {
          refused++;
          got = 1;
        }
      }
      n = 0;
    }
  }
}

// ---- the run

static int count(State state) {
  int n = 0;
  for (int i = 0; i < n_calls; i++)
    n += calls[i].state == state;
  return n;
}

static void sleep_until(int64_t at) {
  struct timespec t = {at / 1000000000LL, at % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
    ;
}

static void stop(int number) {
  stopped = 1;
}

static double run(double seconds, double ramp) {
  int64_t start = now_ns(), late = 0, leave = 0;
  int begun = 0, left = 0;
  for (int64_t slice = 0; count(OVER) < n_calls; slice++) {
    int64_t due = start + slice * SLICE_NS, now;
    sleep_until(due);
    now = now_ns();
    late = now - due > late ? now - due : late;
    for (int stream = 0; stream < 2; stream++)
      send_slice(stream, (int)(slice % SLICES));
    read_sip();
    for (; begun < n_calls && (double)(now - start) / 1e9 * ramp >= begun; begun++)
      begin(&calls[begun], now, send_invite);
    if (begun == n_calls && leave == 0)
      leave = now + (int64_t)(seconds * 1e9);
    if (stopped && leave > now)
      leave = now;
    for (; leave && now > leave && left < n_calls && (double)(now - leave) / 1e9 * ramp >= left; left++)
      if (calls[left].state == TALKING)
        begin(&calls[left], now, send_bye);
    for (int i = 0; i < n_calls; i++)
      retry(&calls[i], now);
  }
  return (double)late / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 8)
    return 2;
  snprintf(from_ip, sizeof from_ip, "%s", argv[1]);
  snprintf(server_text, sizeof server_text, "%s", argv[2]);
  char ip[64];
  copy_until(ip, sizeof ip, argv[2], ":");
  server = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(strchr(argv[2], ':') + 1))};
  inet_pton(AF_INET, ip, &server.sin_addr);
  n_calls = atoi(argv[3]);
  calls = calloc((size_t)n_calls, sizeof *calls);
  for (int i = 0; i < 2; i++) {
    speech[i] = read_speech(argv[6 + i]);
    media_socket[i] = bound_socket(from_ip, &media_port[i]);
  }
  sip_socket = bound_socket(from_ip, &sip_port);
  for (int i = 0; i < n_calls; i++) {
    calls[i] = (Call){.number = (argc > 8 ? atoi(argv[8]) : 1) + i, .ssrc = 0x10000000u + 2 * (uint32_t)i};
    for (int s = 0; s < 2; s++)
      calls[i].at[s] = (size_t)i * 4001 * FRAME % speech[s].length;
  }
  signal(SIGTERM, stop);
  double late = run(atof(argv[4]), atof(argv[5]));
  for (int i = 0; i < n_calls; i++) {
    const Call *c = &calls[i];
    printf("%d %.6f %.6f %.6f %.6f %d %u %u %08x\n", c->number, c->invited, c->answered, c->bye,
           c->bye_answered, c->status, c->packets[0], c->packets[1], c->ssrc);
  }
  printf("%llu %.1f\n", (unsigned long long)refused, late);
  return 0;
}
