// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The directions of connections that carry SIP, or may: each by itself, in a hash table of its own kind,
// since nearly all that a mirror shows is found not to be in it.
//
// A direction is kept from its SYN until its first bytes show what it is, and then if it is SIP or WebSocket.
// Segments of directions that are not kept are looked at by themselves: one that begins with a message begins
// to be followed there. So other connections cost a look and no memory, and a connection that turns to SIP
// later is found all the same.
//
// A hole is waited for two seconds. Its receiver's acknowledgement tells earlier that the bytes were sent and
// only not seen; then they may still come from a mirror that is slower in one direction, but not for long.
#include "earshot/wire/tcp.h"

#include <string.h>

#include "sip-frame.h"
#include "tcp-stream.h"
#include "websocket.h"

#define BUCKETS 16384
#define MOST_FOLLOWED (2 * ES_TCP_MAX_CONNECTIONS)
#define MOST_UNDECIDED 8192
#define MAX_EARLY_BYTES 8192
#define MAX_JUNK_BYTES (256 * 1024) // without a message between: it is no SIP after all
#define WAIT_US (2 * 1000 * 1000)
#define WAIT_ACKNOWLEDGED_US (200 * 1000)
#define MAX_LEADING_BLANKS 4
#define LONG_WORD_BYTES 32

typedef enum { UNDECIDED, SIP, WEBSOCKET, FOREIGN } Kind;

typedef struct Flow {
  struct Flow *chain;
  EsAddress from, to;
  guint bucket;
  Kind kind;
  EsTcpStream stream;
  GByteArray *early; // undecided: what came so far; NULL for nothing
  EsSipFrames frames;
  EsWebsocket *websocket;
  gint64 time_us; // of the bytes taken last
  gsize junk;     // since the latest message
  guint64 lost;   // undecided: bytes that were missing
  gsize bytes;    // that are charged for it
  gboolean finished;
  guint32 finished_at; // sequence behind its last byte
  GList place, wait;   // in these lists:
  GQueue *in;          // undecided or followed
  GQueue *waits_in;    // waiting or acknowledged; NULL when there is no hole
  guint32 hole;        // that it waits for
  gint64 wait_until_us;
} Flow;

struct EsTcp {
  Flow *buckets[BUCKETS];
  guint32 seed;
  GQueue undecided, followed;   // silent longest first; undecided has those that are finished, too
  GQueue waiting, acknowledged; // first to go on first
  gsize bytes;
  EsTcpStats stats;
};

// One call of push or expire.
typedef struct {
  EsTcp *tcp;
  Flow *flow;
  gint64 now_us;
  EsTcpMessage taker;
  gpointer user_data;
  EsFrameSink frames;
  EsTcpSink stream;
} Run;

// ---- the table

static guint bucket_of(const EsTcp *t, const EsAddress *from, const EsAddress *to) {
  guint32 hash = (es_address_hash(from) ^ t->seed) * 0x9e3779b1u + es_address_hash(to);
  hash = (hash ^ hash >> 15) * 0x85ebca6bu;
  return (hash ^ hash >> 13) % BUCKETS;
}

static Flow *find(const EsTcp *t, const EsAddress *from, const EsAddress *to) {
  Flow *f = t->buckets[bucket_of(t, from, to)];
  while (f && !(es_address_equal(&f->from, from) && es_address_equal(&f->to, to)))
    f = f->chain;
  return f;
}

static void set_place(Flow *f, GQueue *list) {
  if (f->in)
    g_queue_unlink(f->in, &f->place);
  if (list)
    g_queue_push_tail_link(list, &f->place);
  f->in = list;
}

static void touch(EsTcp *t, Flow *f) {
  set_place(f, f->kind == UNDECIDED || f->finished ? &t->undecided : &t->followed);
}

static void set_wait(Flow *f, GQueue *list, gint64 until_us) {
  if (f->waits_in)
    g_queue_unlink(f->waits_in, &f->wait);
  if (list)
    g_queue_push_tail_link(list, &f->wait);
  f->waits_in = list;
  f->wait_until_us = until_us;
}

static Flow *add(EsTcp *t, const EsAddress *from, const EsAddress *to, guint32 sequence) {
  Flow *f = g_new0(Flow, 1);
  f->from = *from;
  f->to = *to;
  f->place.data = f->wait.data = f;
  f->bucket = bucket_of(t, from, to);
  f->chain = t->buckets[f->bucket];
  t->buckets[f->bucket] = f;
  es_tcp_stream_begin(&f->stream, sequence);
  touch(t, f);
  return f;
}

static void free_flow(EsTcp *t, Flow *f) {
  Flow **link = &t->buckets[f->bucket];
  while (*link != f)
    link = &(*link)->chain;
  *link = f->chain;
  set_wait(f, NULL, 0);
  set_place(f, NULL);
  t->bytes -= f->bytes;
  es_tcp_stream_clear(&f->stream);
  es_sip_frames_clear(&f->frames);
  g_clear_pointer(&f->early, g_byte_array_unref);
  es_websocket_free(f->websocket);
  g_free(f);
}

static void charge(EsTcp *t, Flow *f) {
  gsize bytes = sizeof *f + f->stream.held_bytes + (f->early ? f->early->len : 0) +
                (f->frames.kept ? f->frames.kept->len : 0) +
                (f->websocket ? es_websocket_size(f->websocket) : 0);
  t->bytes += bytes - f->bytes;
  f->bytes = bytes;
}

// ---- what a direction carries

static gboolean is_tls(const guint8 *data, gsize length) {
  return length > 5 && data[0] >= 20 && data[0] <= 23 && data[1] == 3 && data[2] <= 4;
}

// *head is what comes before the first message or frame.
static EsFrameVerdict classify(const guint8 *data, gsize length, Kind *kind, gsize *head) {
  *kind = SIP;
  *head = 0;
  EsFrameVerdict verdict = es_sip_frame_start(data, length), web;
  if (verdict == ES_FRAME_YES)
    return verdict;
  if (es_websocket_looks_like(data, length)) {
    *kind = WEBSOCKET;
    return ES_FRAME_YES;
  }
  web = es_websocket_handshake(data, length, head);
  *kind = WEBSOCKET;
  return MAX(verdict, web);
}

// A long word, as text in base 64 is, begins neither a message nor a handshake.
static gboolean is_long_word(const guint8 *data, gsize length) {
  return length > LONG_WORD_BYTES && g_ascii_isalnum(data[0]) && !memchr(data, ' ', LONG_WORD_BYTES);
}

// Of a segment that belongs to no direction that is kept: nearly all that there is, so it must be quick.
static gboolean may_begin(EsTcp *t, const guint8 *data, gsize length) {
  Kind kind;
  gsize head, blanks = 0;
  while (blanks < length && blanks < MAX_LEADING_BLANKS && (data[blanks] == '\r' || data[blanks] == '\n'))
    blanks++;
  if (blanks == length || is_long_word(data + blanks, length - blanks))
    return FALSE;
  gboolean tls = is_tls(data, length);
  t->stats.tls += tls;
  return !tls && classify(data + blanks, length - blanks, &kind, &head) != ES_FRAME_NO;
}

static gboolean hand_on(gpointer user_data, const guint8 *data, gsize length, gboolean cut, GError **error) {
  Run *run = user_data;
  Flow *f = run->flow;
  const EsDatagram message = {.time_us = f->time_us,
                              .from = f->from,
                              .to = f->to,
                              .payload = data,
                              .length = (guint32)length,
                              .wire_length = (guint32)length,
                              .cut = cut};
  f->junk = 0;
  run->tcp->stats.messages++;
  run->tcp->stats.websocket += f->kind == WEBSOCKET;
  return run->taker(&message, run->user_data, error);
}

static gboolean take_content(Run *run, const guint8 *data, gsize length, GError **error) {
  Flow *f = run->flow;
  guint64 skipped = *run->frames.skipped;
  gboolean good = f->kind == WEBSOCKET ? es_websocket_feed(f->websocket, data, length, &run->frames, error)
                                       : es_sip_frames_feed(&f->frames, data, length, &run->frames, error);
  f->junk += (gsize)(*run->frames.skipped - skipped);
  if (f->junk > MAX_JUNK_BYTES)
    f->kind = FOREIGN;
  return good;
}

static gboolean decide(Run *run, const guint8 *data, gsize length, GError **error) {
  Flow *f = run->flow;
  gsize blanks = 0, head = 0;
  Kind kind = SIP;
  while (blanks < length && g_ascii_isspace(data[blanks]))
    blanks++;
  EsFrameVerdict verdict =
      blanks == length ? ES_FRAME_MAYBE : classify(data + blanks, length - blanks, &kind, &head);
  if (verdict == ES_FRAME_MAYBE && length < MAX_EARLY_BYTES) {
    if (!f->early)
      f->early = g_byte_array_append(g_byte_array_new(), data, (guint)length);
    return TRUE;
  }
  if (verdict != ES_FRAME_YES) {
    run->tcp->stats.tls += is_tls(data, length);
    f->kind = FOREIGN;
    return TRUE;
  }
  GByteArray *early = g_steal_pointer(&f->early); // data may be in there
  f->kind = kind;
  run->tcp->stats.lost_bytes += f->lost;
  f->websocket = kind == WEBSOCKET ? es_websocket_new() : NULL;
  gboolean good =
      head + blanks == length || take_content(run, data + blanks + head, length - blanks - head, error);
  g_clear_pointer(&early, g_byte_array_unref);
  return good;
}

static gboolean take_bytes(gpointer user_data, const guint8 *data, gsize length, gint64 time_us,
                           GError **error) {
  Run *run = user_data;
  Flow *f = run->flow;
  f->time_us = time_us;
  if (f->kind == FOREIGN || length == 0)
    return TRUE;
  if (f->kind != UNDECIDED)
    return take_content(run, data, length, error);
  if (!f->early)
    return decide(run, data, length, error);
  g_byte_array_append(f->early, data, (guint)length);
  return decide(run, f->early->data, f->early->len, error);
}

static gboolean take_loss(gpointer user_data, guint32 length, GError **error) {
  Run *run = user_data;
  Flow *f = run->flow;
  if (f->kind == UNDECIDED) {
    g_clear_pointer(&f->early, g_byte_array_unref);
    f->lost += length;
  }
  if (f->kind != SIP && f->kind != WEBSOCKET)
    return TRUE;
  run->tcp->stats.lost_bytes += length;
  return f->kind == WEBSOCKET ? es_websocket_lose(f->websocket, length, &run->frames, error)
                              : es_sip_frames_lose(&f->frames, length, &run->frames, error);
}

// ---- the course of a direction

static Run begin_run(EsTcp *t, gint64 now_us, EsTcpMessage taker, gpointer user_data) {
  return (Run){.tcp = t, .now_us = now_us, .taker = taker, .user_data = user_data};
}

// Points into the run itself, so it is done where the run stays.
static void use_flow(Run *run, Flow *f) {
  run->flow = f;
  run->frames = (EsFrameSink){hand_on, run, &run->tcp->stats.skipped, &run->tcp->stats.unreadable};
  run->stream = (EsTcpSink){take_bytes, take_loss, run};
}

// What is not whole will not become so.
static gboolean end_content(Run *run, GError **error) {
  Flow *f = run->flow;
  if (f->kind == WEBSOCKET)
    return es_websocket_lose(f->websocket, G_MAXUINT32, &run->frames, error);
  return f->kind != SIP || es_sip_frames_lose(&f->frames, G_MAXUINT32, &run->frames, error);
}

static gboolean end_flow(Run *run, Flow *f, GError **error) {
  guint32 after;
  use_flow(run, f);
  gboolean good = TRUE;
  while (good && es_tcp_stream_waits(&f->stream, &after))
    good = es_tcp_stream_skip(&f->stream, &run->stream, error);
  good = good && end_content(run, error);
  free_flow(run->tcp, f);
  return good;
}

static gboolean evict(Run *run, GError **error) {
  EsTcp *t = run->tcp;
  while (t->undecided.length > MOST_UNDECIDED || t->followed.length > MOST_FOLLOWED ||
         t->bytes > ES_TCP_MAX_BYTES) {
    gboolean many = t->followed.length > MOST_FOLLOWED || t->undecided.length == 0;
    Flow *f = g_queue_peek_head(many ? &t->followed : &t->undecided);
    t->stats.evicted += many;
    if (!end_flow(run, f, error))
      return FALSE;
  }
  return TRUE;
}

// After something was taken or skipped: whether to wait, to go on being kept, or not.
static gboolean settle(Run *run, GError **error) {
  Flow *f = run->flow;
  guint32 after;
  gboolean waits = es_tcp_stream_waits(&f->stream, &after);
  if (f->kind == FOREIGN) {
    free_flow(run->tcp, f);
    return TRUE;
  }
  if (!waits)
    set_wait(f, NULL, 0);
  else if (!f->waits_in || f->hole != f->stream.next)
    set_wait(f, &run->tcp->waiting, run->now_us + WAIT_US);
  f->hole = f->stream.next;
  if (f->finished && f->stream.next == f->finished_at && !end_content(run, error))
    return FALSE;
  touch(run->tcp, f);
  charge(run->tcp, f);
  return evict(run, error);
}

// The other side has what is missing here.
static void note_acknowledged(EsTcp *t, const EsDatagram *segment) {
  Flow *f = t->waiting.length && segment->flags & ES_TCP_ACK ? find(t, &segment->to, &segment->from) : NULL;
  guint32 after;
  if (f && f->waits_in == &t->waiting && es_tcp_stream_waits(&f->stream, &after) &&
      (gint32)(segment->acknowledged - after) >= 0)
    set_wait(f, &t->acknowledged, segment->time_us + WAIT_ACKNOWLEDGED_US);
}

// ---- segments

static gboolean reset(Run *run, const EsDatagram *segment, GError **error) {
  Flow *f = find(run->tcp, &segment->from, &segment->to);
  if (f && !end_flow(run, f, error))
    return FALSE;
  f = find(run->tcp, &segment->to, &segment->from);
  return !f || end_flow(run, f, error);
}

// A SYN that comes late or twice begins nothing.
static gboolean begins_anew(const Flow *f, const EsDatagram *segment) {
  if (!(segment->flags & ES_TCP_SYN))
    return !es_tcp_stream_fits(&f->stream, segment->sequence);
  return f->finished || !es_tcp_stream_fits(&f->stream, segment->sequence + 1) ||
         (gint32)(segment->sequence + 1 - f->stream.next) > 0;
}

// *flow stays NULL when the direction is not worth following.
static gboolean begin_flow(Run *run, Flow **flow, const EsDatagram *segment, GError **error) {
  gboolean syn = segment->flags & ES_TCP_SYN;
  if (*flow && begins_anew(*flow, segment) && !end_flow(run, g_steal_pointer(flow), error))
    return FALSE;
  if (*flow)
    return TRUE;
  if (syn || may_begin(run->tcp, segment->payload, segment->length))
    *flow = add(run->tcp, &segment->from, &segment->to, segment->sequence + (syn ? 1 : 0));
  return TRUE;
}

gboolean es_tcp_push(EsTcp *t, const EsDatagram *segment, EsTcpMessage taker, gpointer user_data,
                     GError **error) {
  if (!es_tcp_expire(t, segment->time_us, taker, user_data, error))
    return FALSE;
  note_acknowledged(t, segment);
  if (segment->wire_length == 0 && !(segment->flags & (ES_TCP_SYN | ES_TCP_FIN | ES_TCP_RST)))
    return TRUE;
  Run run = begin_run(t, segment->time_us, taker, user_data);
  if (segment->flags & ES_TCP_RST)
    return reset(&run, segment, error);
  Flow *flow = find(t, &segment->from, &segment->to);
  if (!begin_flow(&run, &flow, segment, error))
    return FALSE;
  if (!flow)
    return TRUE;
  EsDatagram d = *segment;
  d.sequence += segment->flags & ES_TCP_SYN ? 1 : 0;
  use_flow(&run, flow);
  if (!es_tcp_stream_push(&flow->stream, &d, &run.stream, error))
    return FALSE;
  if (segment->flags & ES_TCP_FIN) {
    flow->finished = TRUE;
    flow->finished_at = d.sequence + d.wire_length;
  }
  return settle(&run, error);
}

static gboolean expire_list(Run *run, GQueue *list, GError **error) {
  Flow *f;
  while (
      (f = g_queue_peek_head(list)) &&
      (f->wait_until_us <= run->now_us || f->wait_until_us - run->now_us > 2 * WAIT_US)) { // a clock set back
    use_flow(run, f);
    set_wait(f, NULL, 0);
    if (!es_tcp_stream_skip(&f->stream, &run->stream, error) || !settle(run, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean end_all(Run *run, GError **error) {
  Flow *f;
  while ((f = g_queue_peek_head(&run->tcp->followed)) || (f = g_queue_peek_head(&run->tcp->undecided)))
    if (!end_flow(run, f, error))
      return FALSE;
  return TRUE;
}

gboolean es_tcp_expire(EsTcp *t, gint64 now_us, EsTcpMessage taker, gpointer user_data, GError **error) {
  if (now_us != G_MAXINT64 && t->waiting.length + t->acknowledged.length == 0)
    return TRUE;
  Run run = begin_run(t, now_us, taker, user_data);
  if (now_us == G_MAXINT64)
    return end_all(&run, error);
  return expire_list(&run, &t->waiting, error) && expire_list(&run, &t->acknowledged, error);
}

EsTcp *es_tcp_new(void) {
  EsTcp *t = g_new0(EsTcp, 1);
  t->seed = g_random_int();
  return t;
}

void es_tcp_free(EsTcp *t) {
  if (!t)
    return;
  GQueue *lists[] = {&t->undecided, &t->followed};
  for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
    while (lists[i]->head)
      free_flow(t, lists[i]->head->data);
  g_free(t);
}

void es_tcp_stats(const EsTcp *t, EsTcpStats *stats) {
  *stats = t->stats;
  stats->directions = t->undecided.length + t->followed.length;
  stats->bytes = t->bytes;
}
