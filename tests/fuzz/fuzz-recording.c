// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Whole recording sessions: an input is a script of what a recording client sends, a few bytes for each step.
// The worker listens beside two dialogs; two more are ours, through the same interface as the server uses.
// What must hold of every row is checked (library.c), and that nothing is left behind.
//
//   0  SIP       what and whose, dialog, CSeq, description, metadata (mode, people, labels, sessions)
//   1  RTP       line and dialog, how many, step of the sequence
//   2  time      10 ms a unit; from 200 on seconds, 255 back by two minutes
//   3  metadata  dialog, length, the text as it is
#include <string.h>

#include "earshot/common/clock.h"
#include "fuzz.h"
#include "library.h"
#include "recording-session.h"
#include "worker.h"

#define MAX_STEPS 200
#define MAX_PACKETS 600 // what is longer takes longer and shows nothing new
#define DIALOGS 4
#define FIRST_OF_OURS 2
#define BASE_US G_GINT64_CONSTANT(1760000000000000)

typedef struct {
  const guint8 *at;
  gsize left;
  gint64 time_us;
  EsWorker *worker;
  EsRecordingSession *ours[DIALOGS];
  guint packets;
  guint16 sequence[16];
} Script;

static guint8 next(Script *s) {
  if (s->left == 0)
    return 0;
  s->left--;
  return *s->at++;
}

static void set_address(EsAddress *address, guint host, guint16 port) {
  const guint8 ip[4] = {10, 0, 0, (guint8)(1 + host)};
  es_address_from_ipv4(address, ip, port);
}

static void feed(Script *s, const EsAddress *from, const EsAddress *to, const guint8 *payload, gsize length) {
  g_autofree guint8 *exact = g_memdup2(payload, length);
  EsDatagram d = {
      .time_us = s->time_us, .from = *from, .to = *to, .payload = exact, .length = (guint32)length};
  g_autoptr(GError) error = NULL;
  es_worker_datagram(s->worker, &d, &error);
  g_assert_no_error(error);
}

// ---- ours

static void end_ours(Script *s, guint dialog, EsEnd end) {
  if (s->ours[dialog])
    g_assert_true(es_recording_session_end(s->ours[dialog], end, s->time_us, NULL));
  s->ours[dialog] = NULL;
}

static void hand_over(Script *s, guint dialog, const char *text, gsize length, guint what) {
  g_autoptr(EsSipMessage) m = es_sip_parse((const guint8 *)text, length);
  gboolean accepted[ES_SDP_MAX_MEDIA];
  for (guint i = 0; i < G_N_ELEMENTS(accepted); i++)
    accepted[i] = (what >> (i & 3) & 1) == 0;
  if (!m)
    return;
  if (!s->ours[dialog] && es_recording_session_is_opened_by(m)) {
    s->ours[dialog] = es_recording_session_new(s->worker, m, s->time_us);
    es_recording_session_serve(s->ours[dialog]);
  }
  EsRecordingSession *session = s->ours[dialog];
  if (!session)
    return;
  g_assert_true(es_recording_session_message(session, m, TRUE, s->time_us, NULL));
  const EsSdp *offer = es_recording_session_offer(session);
  if (what & 0x10)
    g_assert_true(es_recording_session_accepted(session, accepted, offer ? offer->n_media : what & 7,
                                                s->time_us, NULL));
  es_recording_session_take_snapshot_wish(session);
  if (strcmp(es_sip_method(m), "BYE") == 0)
    end_ours(s, dialog, what & 0x20 ? ES_END_STOPPED : ES_END_HANGUP);
}

// ---- messages

static void append_description(GString *body, guint which, guint host) {
  static const char *const lines[] = {
      "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=label:1\r\na=sendonly\r\n",
      "m=audio 4002 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n",
      "m=audio 4004 RTP/AVP 9\r\na=label:3\r\na=inactive\r\n",
      "m=video 4006 RTP/AVP 31\r\na=label:4\r\n",
      "m=audio 0 RTP/AVP 0\r\na=label:1\r\n",
      "m=audio 4002 RTP/SAVP 0\r\n",
  };
  g_string_append_printf(body, "v=0\r\nc=IN IP4 10.0.0.%u\r\n", which & 0x80 ? 0 : 1 + host);
  for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
    if (which >> i & 1)
      g_string_append(body, lines[i]);
}

static void append_metadata(Script *s, GString *body) {
  guint what = next(s), people = next(s), voices = next(s), sessions = 1 + (what & 1);
  g_string_append_printf(body,
                         "<recording xmlns='urn:ietf:params:xml:ns:recording:1'><datamode>%s</datamode>",
                         what & 2 ? "partial" : "complete");
  for (guint i = 0; i < sessions; i++)
    g_string_append_printf(body, "<session session_id='s%u'>%s%s<sipSessionID>ab%u</sipSessionID></session>",
                           (what >> 2 & 3) + i, what & 0x10 ? "<group-ref>g</group-ref>" : "",
                           what & 0x20 && i == 0 ? "<stop-time>2025-10-09T08:53:20Z</stop-time>" : "", i);
  for (guint i = 0; i < 4; i++) {
    if (people >> i & 1)
      g_string_append_printf(body, "<participant participant_id='p%u'><nameID aor='sip:%u@h'/></participant>",
                             i, 100 + 50 * i);
    if (people >> i & 0x10)
      g_string_append_printf(
          body,
          "<participantsessionassoc participant_id='p%u' session_id='s%u'>%s"
          "</participantsessionassoc>",
          i, what >> 2 & 3, what & 0x40 ? "<disassociate-time>2025-10-09T08:53:20Z</disassociate-time>" : "");
    if (voices >> 2 * i & 3)
      g_string_append_printf(
          body,
          "<stream stream_id='v%u' session_id='s%u'><label>%u</label></stream><participantstreamassoc "
          "participant_id='p%u'><send>v%u</send>%s</participantstreamassoc>",
          voices >> 2 * i & 3, what >> 2 & 3, voices >> 2 * i & 3, i, voices >> 2 * i & 3,
          what & 0x80 ? "<recv>v1</recv>" : "");
  }
  g_string_append(body, "</recording>");
}

static void append_head(GString *text, guint what, guint dialog, guint cseq, gboolean from_client) {
  static const char *const methods[] = {"INVITE", "UPDATE", "BYE",    "ACK",
                                        "CANCEL", "INFO",   "INVITE", "INVITE"};
  static const int statuses[] = {100, 200, 200, 401, 487, 503, 183, 200};
  const char *method = methods[what & 7];
  static const char *const from[] = {"<sip:100@h>",
                                     "<sip:2000@h;x-nearend;x-refci=2;x-farendrefci=1;x-farendaddr=150>",
                                     "<sip:2000@h;x-farend;x-refci=2;x-farendrefci=1;x-farendaddr=150>"};
  gboolean response = what & 8;
  guint which = what >> 6 & 3;
  if (response)
    g_string_append_printf(text, "SIP/2.0 %d Said\r\n", statuses[what & 7]);
  else
    g_string_append_printf(text, "%s sip:r@h SIP/2.0\r\n", method);
  gboolean turned = from_client == response;
  g_string_append_printf(text,
                         "Via: SIP/2.0/UDP h;branch=z9hG4bK%u\r\nFrom: %s;tag=%s\r\nTo: <sip:r@h>;tag=%s\r\n",
                         cseq, from[which % G_N_ELEMENTS(from)], turned ? "r" : "c", turned ? "c" : "r");
  g_string_append_printf(text, "Call-ID: %u@h\r\nCSeq: %u %s\r\nX-Consent: %s\r\n", dialog, cseq,
                         response ? "INVITE" : method, cseq & 4 ? "yes" : "no");
  if (which == 3)
    g_string_append(text, "X-Cisco-Recording-Participant: sip:150@h;media-index=\"0\"\r\n");
  else
    g_string_append(text, "Require: siprec\r\n");
}

static void send_message(Script *s, guint dialog, guint flags, gboolean from_client, const GString *text) {
  EsAddress client, recorder;
  set_address(&client, dialog, 5060);
  set_address(&recorder, 9, 5060);
  if (dialog >= FIRST_OF_OURS)
    hand_over(s, dialog, text->str, text->len, flags);
  else
    feed(s, from_client ? &client : &recorder, from_client ? &recorder : &client, (const guint8 *)text->str,
         text->len);
}

static void sip(Script *s) {
  guint what = next(s), who = next(s), description = next(s), flags = next(s);
  guint dialog = who & 3;
  gboolean from_client = !(who & 4);
  g_autoptr(GString) text = g_string_new(NULL), body = g_string_new(NULL);
  append_head(text, what, dialog, who >> 3 & 15, from_client);
  g_string_append(body, "--b\r\nContent-Type: application/sdp\r\n\r\n");
  append_description(body, description, from_client ? dialog : 9);
  if (what & 0x10) {
    g_string_append(body, "\r\n--b\r\nContent-Type: application/rs-metadata+xml\r\n\r\n");
    append_metadata(s, body);
  }
  g_string_append(body, "\r\n--b--\r\n");
  if (what & 0x20)
    g_string_append(text, "Content-Length: 0\r\n\r\n");
  else
    g_string_append_printf(text, "Content-Type: multipart/mixed;boundary=b\r\n\r\n%s", body->str);
  send_message(s, dialog, flags, from_client, text);
}

static void metadata(Script *s) {
  guint dialog = next(s) & 3;
  gsize length = 4 * (gsize)next(s);
  length = MIN(length, s->left);
  g_autoptr(GString) text = g_string_new(NULL);
  append_head(text, 1, dialog, 1 + (s->left & 15), TRUE);
  g_string_append(text, "Content-Type: application/rs-metadata+xml\r\n\r\n");
  g_string_append_len(text, (const char *)s->at, (gssize)length);
  s->at += length;
  s->left -= length;
  send_message(s, dialog, 0, TRUE, text);
}

// ---- packets and time

static void rtp(Script *s) {
  guint where = next(s), count = next(s) % 64 + 1, dialog = where & 3, line = where >> 2 & 3;
  int step = (gint8)next(s);
  guint source = dialog << 2 | line;
  guint8 packet[12 + 160] = {0x80, line == 1 ? 8 : 0};
  EsAddress from, to;
  set_address(&from, dialog, (guint16)(4000 + 2 * line));
  set_address(&to, where & 0x10 ? 9 : 8, (guint16)(4000 + 2 * line));
  count = MIN(count, MAX_PACKETS - s->packets);
  s->packets += count;
  for (guint i = 0; i < count; i++, s->time_us += 20 * ES_US_PER_MS) {
    s->sequence[source] += (guint16)(step ? step : 1);
    guint16 sequence = GUINT16_TO_BE(s->sequence[source]);
    guint32 timestamp = GUINT32_TO_BE(160u * s->sequence[source]), ssrc = GUINT32_TO_BE(source);
    memcpy(packet + 2, &sequence, 2);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &ssrc, 4);
    memset(packet + 12, (int)(0x80 + 17 * i), sizeof packet - 12);
    EsRtp parsed;
    if (dialog < FIRST_OF_OURS)
      feed(s, &from, &to, packet, sizeof packet);
    else if (s->ours[dialog] && es_rtp_parse(packet, sizeof packet, &parsed))
      g_assert_true(es_recording_session_media(s->ours[dialog], line, &from, &to, &parsed, s->time_us, NULL));
  }
}

static void time_passes(Script *s) {
  guint8 unit = next(s);
  gboolean busy = s->ours[FIRST_OF_OURS] || s->ours[FIRST_OF_OURS + 1]; // a server's clock does not go back
  s->time_us += unit == 255 && !busy ? -120 * ES_US_PER_S
                : unit >= 200        ? (unit - 199) * ES_US_PER_S
                                     : unit * 10 * ES_US_PER_MS;
  g_assert_true(es_worker_time(s->worker, s->time_us, NULL));
}

static void play(EsWorker *worker, gpointer script) {
  Script *s = script;
  s->worker = worker;
  static void (*const steps[])(Script *) = {sip, rtp, time_passes, metadata};
  for (guint i = 0; i < MAX_STEPS && s->left > 0; i++)
    steps[next(s) & 3](s);
  for (guint i = FIRST_OF_OURS; i < DIALOGS; i++)
    end_ours(s, i, i & 1 ? ES_END_HANGUP : ES_END_STOPPED);
}

static const char CONFIG[] =
    "[record]\ncomplexity=0\nmax_calls=5\nidle_timeout=2m\n[mapping]\nextensions=1..\n"
    "[map b]\nfrom=metadata sipSessionID\nset=business_id\n[map q]\nfrom=callee\n"
    "set=queue\n[consent]\nheader=X-Consent\ngiven=yes\nrefused=no\n"
    "[prompt p]\ncallee=150\nlength=5s\ngiven=1\nrefused=2\n";

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  Script script = {.at = data, .left = size, .time_us = BASE_US};
  es_fuzz_worker(CONFIG, play, &script);
  return 0;
}
