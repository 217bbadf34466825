// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Whole calls: an input is a script of what a capture shows, a few bytes for each step, and the worker makes
// calls, files and rows of it. What must hold of every row is checked (library.c), and that nothing is left
// behind.
//
//   0  SIP    what, call and side and hop, To tag and CSeq, branch and body
//   1  RTP    from and to, codec and SSRC, how many, step of the sequence
//   2  time   10 ms a unit; from 200 on seconds, 255 back by two minutes
//   3  bytes  from and to, length, the payload as it is
#include <string.h>

#include "earshot/common/clock.h"
#include "fuzz.h"
#include "library.h"
#include "worker.h"

#define MAX_STEPS 200
#define MAX_PACKETS 600 // what is longer takes longer and shows nothing new
#define BASE_US G_GINT64_CONSTANT(1760000000000000)

typedef struct {
  const guint8 *at;
  gsize left;
  gint64 time_us;
  EsWorker *worker;
  guint packets;
  guint16 sequence[8];
  guint32 timestamp[8];
} Script;

static guint8 next(Script *s) {
  if (s->left == 0)
    return 0;
  s->left--;
  return *s->at++;
}

static void set_address(EsAddress *address, guint i) {
  static const guint16 ports[] = {5060, 4000, 4002, 30000};
  const guint8 ip[4] = {10, 0, 0, (guint8)(1 + (i >> 2 & 3))};
  es_address_from_ipv4(address, ip, ports[i & 3]);
}

static void feed(Script *s, guint from, guint to, const guint8 *payload, gsize length) {
  g_autofree guint8 *exact = g_memdup2(payload, length);
  EsDatagram d = {.time_us = s->time_us, .payload = exact, .length = (guint32)length};
  set_address(&d.from, from);
  set_address(&d.to, to);
  g_autoptr(GError) error = NULL;
  es_worker_datagram(s->worker, &d, &error);
  g_assert_no_error(error);
}

static void append_body(GString *text, guint which, guint side) {
  static const struct {
    const char *host;
    guint port;
    const char *rest;
  } bodies[] = {
      {NULL, 0, NULL},
      {NULL, 4000, "RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"},
      {NULL, 4002, "RTP/AVP 8 13\r\na=sendonly\r\n"},
      {"0.0.0.0", 4000, "RTP/AVP 0\r\n"},
      {NULL, 4000, "RTP/AVP 96 9\r\na=rtpmap:96 opus/48000/2\r\n"},
      {NULL, 4000, "RTP/SAVP 0\r\na=crypto:1 x inline:y\r\n"},
      {"10.0.0.3", 30000, "RTP/AVP 0\r\na=recvonly\r\n"},
      {"h", 4000, "RTP/AVP 18 3\r\na=inactive\r\n"},
  };
  char own[16];
  g_snprintf(own, sizeof own, "10.0.0.%u", 1 + side);
  which %= G_N_ELEMENTS(bodies);
  const char *host = bodies[which].host ? bodies[which].host : own;
  if (!bodies[which].rest)
    g_string_append(text, "Content-Type: message/sipfrag\r\n\r\nSIP/2.0 200 OK");
  else
    g_string_append_printf(text, "Content-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 %s\r\nm=audio %u %s",
                           host, bodies[which].port, bodies[which].rest);
}

// What transfers and the rules of mapping read.
static void append_people(GString *text, const char *method, guint which, guint who) {
  guint call = (who + 1) & 3, user = 200 + which;
  if (strcmp(method, "REFER") == 0 && which == 2)
    g_string_append_printf(text, "Refer-To: <sip:19555@h?Replaces=%u%%40h%%3Bto-tag%%3Dt1>\r\n", call);
  else if (strcmp(method, "REFER") == 0)
    g_string_append_printf(text, "Refer-To: <sip:%s@h>\r\n", which ? "19555" : "");
  else if (which == 1)
    g_string_append_printf(text, "Replaces: %u@h;to-tag=t1\r\n", call);
  else if (which == 2)
    g_string_append_printf(text, "Referred-By: <sip:%u@h>\r\nContact: <sip:%u@h>\r\n", 100 + call,
                           100 + user);
  else if (which == 3)
    g_string_append_printf(text, "X-Agent: %u\r\nP-Asserted-Identity: <sip:%u@h>\r\n", who, 100 + call);
}

// What tells which conversation a call is of.
static void append_story(GString *text, guint which, guint who) {
  const char uuids[] = "0123456789abcdef0123456789abcdef0123";
  if (which == 1)
    g_string_append_printf(text, "Session-ID: %.32s;remote=%.32s\r\n", uuids + (who & 4 ? 0 : 1),
                           uuids + (who & 4 ? 1 : 0));
  else if (which == 2)
    g_string_append_printf(text, "Join: %u@h;to-tag=t1\r\nContact: <sip:room@h>;isfocus\r\n", (who + 1) & 3);
  else if (which == 3)
    g_string_append(text, "Reason: SIP;cause=200\r\nX-Story: 7\r\n");
}

static void sip(Script *s) {
  static const char *const methods[] = {"INVITE", "ACK",    "BYE",   "CANCEL",
                                        "UPDATE", "NOTIFY", "REFER", "INFO"};
  static const int statuses[] = {100, 183, 200, 302, 401, 481, 486, 487};
  static const char *const callees[] = {"200", "19555", "prompted", "tel:+20"};
  guint what = next(s), who = next(s), dialog = next(s), more = next(s), side = who >> 2 & 1;
  const char *method = methods[what & 7];
  g_autoptr(GString) text = g_string_new(NULL);
  if (what & 8)
    g_string_append_printf(text, "SIP/2.0 %d Said\r\n", statuses[what >> 4 & 7]);
  else
    g_string_append_printf(text, "%s sip:%s@h SIP/2.0\r\n", method, callees[who >> 5 & 3]);
  g_string_append_printf(text,
                         "Via: SIP/2.0/UDP h;branch=z9hG4bK%u\r\nFrom: <sip:%u@h>;tag=t%u\r\nTo: <sip:%s@h>",
                         more & 7, 100 + side, side, callees[who >> 5 & 3]);
  if (dialog & 3)
    g_string_append_printf(text, ";tag=t%u", (dialog & 3) == 3 ? 9 : 1 - side);
  g_string_append_printf(text, "\r\nCall-ID: %u@h\r\nCSeq: %u %s\r\nX-Consent: %s\r\n", who & 3,
                         dialog >> 2 & 7, method,
                         dialog & 0x40   ? "no"
                         : dialog & 0x80 ? "yes"
                                         : "");
  append_people(text, method, more >> 6, who);
  append_story(text, who >> 3 & 3, who);
  append_body(text, more >> 3 & 7, what & 8 ? 1 - side : side);
  feed(s, (what & 8 ? 1 - side : side) << 2, (what & 8 ? side : 1 - side) << 2, (const guint8 *)text->str,
       text->len);
}

static void rtp(Script *s) {
  static const struct {
    guint8 type, length;
  } kinds[] = {{0, 160}, {8, 160}, {18, 20}, {96, 30}, {101, 4}, {13, 1}, {9, 160}, {3, 33}};
  guint ends = next(s), what = next(s), count = next(s) % 64 + 1;
  int step = (gint8)next(s);
  guint source = what >> 3 & 7;
  guint8 packet[12 + 160] = {0x80, kinds[what & 7].type};
  count = MIN(count, MAX_PACKETS - s->packets);
  s->packets += count;
  for (guint i = 0; i < count; i++, s->time_us += 20 * ES_US_PER_MS) {
    s->sequence[source] += (guint16)(step ? step : 1);
    s->timestamp[source] += (guint32)(160 * (step ? step : 1));
    guint16 sequence = GUINT16_TO_BE(s->sequence[source]);
    guint32 timestamp = GUINT32_TO_BE(s->timestamp[source]), ssrc = GUINT32_TO_BE(source);
    memcpy(packet + 2, &sequence, 2);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &ssrc, 4);
    memset(packet + 12, (int)(0x80 + 17 * i), sizeof packet - 12);
    feed(s, ends >> 4, ends & 15, packet, 12u + kinds[what & 7].length);
  }
}

static void time_passes(Script *s) {
  guint8 unit = next(s);
  s->time_us += unit == 255   ? -120 * ES_US_PER_S
                : unit >= 200 ? (unit - 199) * ES_US_PER_S
                              : unit * 10 * ES_US_PER_MS;
}

static void bytes(Script *s) {
  guint ends = next(s);
  gsize length = next(s);
  length = MIN(length, s->left);
  feed(s, ends >> 4, ends & 15, s->at, length);
  s->at += length;
  s->left -= length;
}

static void play(EsWorker *worker, gpointer script) {
  Script *s = script;
  s->worker = worker;
  static void (*const steps[])(Script *) = {sip, rtp, time_passes, bytes};
  for (guint i = 0; i < MAX_STEPS && s->left > 0; i++)
    steps[next(s) & 3](s);
}

static const char CONFIG[] = "[record]\ncomplexity=0\nmax_calls=3\nidle_timeout=2m\nrtp_only=yes\n"
                             "[link]\nheaders=X-Story\npickup=19555\n[mapping]\nextensions=1.."
                             "\nagent_header=X-Agent\n"
                             "[map b]\nfrom=callee\nset=business_id\nmatch=(1+)*5$\n"
                             "[consent]\ncallee=19555\nheader=X-Consent\ngiven=yes\nrefused=no\n"
                             "[prompt p]\ncallee=prompted\nlength=5s\ngiven=1\nrefused=2\n";

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  Script script = {.at = data, .left = size, .time_us = BASE_US};
  es_fuzz_worker(CONFIG, play, &script);
  return 0;
}
