// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "rtp-only.h"
#include "rtp-check.h"
#include "rtp-only-call.h"
#include <string.h>

#define IDLE_US (10 * ES_US_PER_S)    // then what is looked at is forgotten
#define AFTER_US (60 * ES_US_PER_S)   // since its latest packet a stream is its ended call's
#define BACK_US (3 * ES_US_PER_S)     // in which the other voice begins on another way
#define GOES_ON_US (30 * ES_US_PER_S) // after its call's end, then it is told
#define MOST_ENDED 65536
#define MOST_KEPT 400 // packets of one stream
#define MATE_PACKETS 5

// One packet that waits until it is known what it is of.
typedef struct {
  gint64 time_us;
  gboolean cut;
  guint32 length;
  guint8 data[];
} Kept;

typedef struct {
  EsAddress from, to; // the key; must stay first
  EsRtpCheck check;
  GPtrArray *kept;  // of Kept; NULL when none are
  gboolean settled; // it is no voice, or was counted
  gint64 last_us;
} Stream;

// A stream of a call that ended: its address and SSRC.
typedef struct {
  EsAddress from; // the key
  guint32 ssrc;
  gint64 ended_us, last_us;
  gboolean told;
} Ended;

struct EsRtpOnly {
  EsWorker *worker;
  EsCaptureStats *stats;
  GHashTable *streams; // Stream → itself
  GHashTable *ended;   // Ended → itself
  gsize kept_bytes;
};

static guint way_hash(gconstpointer data) {
  const Stream *s = data;
  return es_address_hash(&s->from) * 31 + es_address_hash(&s->to);
}

static gboolean way_equal(gconstpointer a, gconstpointer b) {
  const Stream *x = a, *y = b;
  return es_address_equal(&x->from, &y->from) && es_address_equal(&x->to, &y->to);
}

static guint ended_hash(gconstpointer data) {
  const Ended *e = data;
  return es_address_hash(&e->from) * 31 + e->ssrc;
}

static gboolean ended_equal(gconstpointer a, gconstpointer b) {
  const Ended *x = a, *y = b;
  return x->ssrc == y->ssrc && es_address_equal(&x->from, &y->from);
}

EsRtpOnly *es_rtp_only_new(EsWorker *worker, EsCaptureStats *stats) {
  EsRtpOnly *r = g_new0(EsRtpOnly, 1);
  r->worker = worker;
  r->stats = stats;
  r->streams = g_hash_table_new(way_hash, way_equal);
  r->ended = g_hash_table_new_full(ended_hash, ended_equal, NULL, g_free);
  return r;
}

static void drop_kept(EsRtpOnly *r, Stream *s) {
  for (guint i = 0; s->kept && i < s->kept->len; i++)
    r->kept_bytes -= ((const Kept *)s->kept->pdata[i])->length;
  g_clear_pointer(&s->kept, g_ptr_array_unref);
}

static void stream_free(EsRtpOnly *r, Stream *s) {
  drop_kept(r, s);
  g_free(s);
}

void es_rtp_only_clear(EsRtpOnly *r) {
  GHashTableIter iter;
  gpointer stream;
  g_hash_table_iter_init(&iter, r->streams);
  while (g_hash_table_iter_next(&iter, &stream, NULL)) {
    g_hash_table_iter_remove(&iter);
    stream_free(r, stream);
  }
  g_hash_table_remove_all(r->ended);
}

void es_rtp_only_free(EsRtpOnly *r) {
  es_rtp_only_clear(r);
  g_hash_table_unref(r->streams);
  g_hash_table_unref(r->ended);
  g_free(r);
}

void es_rtp_only_sweep(EsRtpOnly *r, gint64 now_us) {
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, r->streams);
  while (g_hash_table_iter_next(&iter, &each, NULL)) {
    if (now_us - ((Stream *)each)->last_us <= IDLE_US)
      continue;
    g_hash_table_iter_remove(&iter);
    stream_free(r, each);
  }
  g_hash_table_iter_init(&iter, r->ended);
  while (g_hash_table_iter_next(&iter, &each, NULL))
    if (now_us - ((Ended *)each)->last_us > AFTER_US)
      g_hash_table_iter_remove(&iter);
}

void es_rtp_only_hold(const EsRtpOnly *r, EsHoldings *own, gint64 now_us) {
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, r->streams);
  while (g_hash_table_iter_next(&iter, &each, NULL))
    es_holdings_add_way(own, &((Stream *)each)->from, &((Stream *)each)->to, now_us);
  g_hash_table_iter_init(&iter, r->ended);
  while (g_hash_table_iter_next(&iter, &each, NULL))
    if (now_us - ((Ended *)each)->last_us < IDLE_US)
      es_holdings_add_address(own, &((Ended *)each)->from, now_us);
}

guint es_rtp_only_count(const EsRtpOnly *r) {
  guint n = 0;
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, r->streams);
  while (g_hash_table_iter_next(&iter, &each, NULL))
    n += ((Stream *)each)->kept != NULL;
  return n;
}

// ---- calls that ended

void es_rtp_only_ended(EsRtpOnly *r, const EsLiveCall *call, gint64 now_us) {
  for (guint i = 0; i < call->streams->len; i++) {
    const EsLiveStream *s = &g_array_index(call->streams, EsLiveStream, i);
    if (!s->flow || g_hash_table_size(r->ended) >= MOST_ENDED)
      continue;
    Ended *ended = g_new0(Ended, 1);
    *ended = (Ended){.from = s->flow->from, .ssrc = s->ssrc, .ended_us = now_us, .last_us = now_us};
    g_hash_table_add(r->ended, ended);
  }
}

static gboolean is_of_ended_call(EsRtpOnly *r, const EsDatagram *d, const EsRtp *rtp) {
  Ended key = {.from = d->from, .ssrc = rtp->ssrc};
  Ended *ended = g_hash_table_lookup(r->ended, &key);
  if (!ended)
    return FALSE;
  ended->last_us = d->time_us;
  if (!ended->told && d->time_us - ended->ended_us > GOES_ON_US) {
    ended->told = TRUE;
    r->stats->stray_streams++;
  }
  return TRUE;
}

// ---- streams

static void keep(EsRtpOnly *r, Stream *s, const EsDatagram *d) {
  if (!s->kept)
    s->kept = g_ptr_array_new_with_free_func(g_free);
  if (s->kept->len >= MOST_KEPT || r->kept_bytes + d->length > ES_RTP_ONLY_KEPT_BYTES)
    return;
  Kept *kept = g_malloc(sizeof *kept + d->length);
  *kept = (Kept){.time_us = d->time_us, .cut = d->cut, .length = d->length};
  memcpy(kept->data, d->payload, d->length);
  g_ptr_array_add(s->kept, kept);
  r->kept_bytes += d->length;
}

static Stream *take(EsRtpOnly *r, const EsDatagram *d, const EsRtp *rtp) {
  Stream key = {.from = d->from, .to = d->to};
  Stream *s = g_hash_table_lookup(r->streams, &key);
  if (s && s->check.ssrc != rtp->ssrc && s->check.stray * 2 > s->check.packets) {
    g_hash_table_remove(r->streams, s); // another sender has the way now
    stream_free(r, s);
    s = NULL;
  }
  if (s) {
    es_rtp_check_take(&s->check, rtp, d->time_us);
  } else if (g_hash_table_size(r->streams) < ES_RTP_ONLY_MOST) {
    s = g_new0(Stream, 1);
    *s = key;
    es_rtp_check_begin(&s->check, rtp, d->time_us);
    g_hash_table_add(r->streams, s);
  }
  if (s)
    s->last_us = d->time_us;
  return s;
}

static gboolean same_host(const EsAddress *a, const EsAddress *b) {
  return memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

// The one call without signalling between these hosts that lacks this voice; NULL if there is none or are
// several.
static EsLiveCall *find_half(EsRtpOnly *r, const Stream *s) {
  g_autoptr(GPtrArray) open = es_call_table_list(es_worker_table(r->worker));
  EsLiveCall *found = NULL;
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    const EsRtpOnlyWay *way = es_rtp_only_way(call);
    if (!way || call->over || call->legs[1].heard || !same_host(&way->from, &s->to) ||
        !same_host(&way->to, &s->from) || ABS(s->check.first_us - call->row->started_us) > BACK_US)
      continue;
    if (found)
      return NULL;
    found = call;
  }
  return found;
}

// The other voice, while it is looked at too: the same way back, or the only one between the same hosts that
// began at about that time.
static Stream *find_mate(EsRtpOnly *r, const Stream *s) {
  Stream back = {.from = s->to, .to = s->from};
  Stream *found = g_hash_table_lookup(r->streams, &back);
  if (found)
    return found->kept && found != s ? found : NULL; // it is itself between one address and the same
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, r->streams);
  while (g_hash_table_iter_next(&iter, &each, NULL)) {
    Stream *other = each;
    if (other == s || !other->kept || !same_host(&other->from, &s->to) || !same_host(&other->to, &s->from) ||
        other->check.packets < MATE_PACKETS || other->check.stray ||
        ABS(other->check.first_us - s->check.first_us) > BACK_US)
      continue;
    if (found)
      return NULL;
    found = other;
  }
  return found;
}

typedef struct {
  const Kept *kept;
  const Stream *stream;
} Waiting;

static int by_time(gconstpointer a, gconstpointer b) {
  gint64 x = ((const Waiting *)a)->kept->time_us, y = ((const Waiting *)b)->kept->time_us;
  return x < y ? -1 : x > y;
}

static void add_waiting(GArray *list, const Stream *s) {
  for (guint i = 0; s && i < s->kept->len; i++) {
    Waiting waiting = {s->kept->pdata[i], s};
    g_array_append_val(list, waiting);
  }
}

// What waited, in the order in which it came.
static gboolean replay(EsRtpOnly *r, const Stream *s, const Stream *mate, GError **error) {
  g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Waiting));
  add_waiting(list, s);
  add_waiting(list, mate);
  g_array_sort(list, by_time);
  for (guint i = 0; i < list->len; i++) {
    const Waiting *each = &g_array_index(list, Waiting, i);
    const EsFlow *flow =
        es_call_table_flow(es_worker_table(r->worker), &each->stream->from, &each->stream->to);
    EsRtp rtp;
    if (!flow || !es_rtp_parse(each->kept->data, each->kept->length, &rtp))
      continue;
    rtp.cut = each->kept->cut;
    if (!es_live_call_media(flow->call, flow, &rtp, each->kept->time_us, error))
      return FALSE;
  }
  r->stats->rtp += list->len;
  r->stats->other -= MIN(r->stats->other, list->len);
  return TRUE;
}

static void give(EsRtpOnly *r, EsLiveCall *call, int leg, const Stream *s) {
  EsCallTable *table = es_worker_table(r->worker);
  es_rtp_only_learn(call, leg, &s->check);
  es_call_table_own(table, call, leg, &s->from);
  es_call_table_own(table, call, 1 - leg, &s->to);
}

static EsLiveCall *begin_call(EsRtpOnly *r, const Stream *s, const Stream *mate, GError **error) {
  gint64 from_us = mate ? MIN(s->check.first_us, mate->check.first_us) : s->check.first_us;
  EsLiveCall *call = es_rtp_only_call_new(es_worker_context(r->worker), es_worker_source(r->worker), &s->from,
                                          &s->to, from_us, error);
  if (call)
    es_worker_add_call(r->worker, call);
  return call;
}

static gboolean begin(EsRtpOnly *r, const Stream *s, GError **error) {
  EsLiveCall *call = find_half(r, s);
  int leg = call ? 1 : 0;
  Stream *mate = call ? NULL : find_mate(r, s);
  if (!call && es_worker_is_crowded(r->worker)) {
    r->stats->stray_streams++;
    return TRUE;
  }
  if (!call && !(call = begin_call(r, s, mate, error)))
    return FALSE;
  give(r, call, leg, s);
  if (mate)
    give(r, call, 1 - leg, mate);
  gboolean ok = replay(r, s, mate, error);
  if (mate) {
    g_hash_table_remove(r->streams, mate);
    stream_free(r, mate);
  }
  return ok;
}

gboolean es_rtp_only_packet(EsRtpOnly *r, const EsDatagram *d, const EsRtp *rtp, GError **error) {
  gboolean wanted = es_worker_context(r->worker)->settings->rtp_only;
  Stream *s = is_of_ended_call(r, d, rtp) ? NULL : take(r, d, rtp);
  if (!s || s->settled)
    return TRUE;
  if (wanted)
    keep(r, s, d);
  EsRtpVerdict verdict = es_rtp_check_verdict(&s->check);
  if (verdict == ES_RTP_CHECK_WAITS)
    return TRUE;
  s->settled = TRUE;
  gboolean ok = TRUE;
  if (verdict == ES_RTP_CHECK_VOICE && !wanted)
    r->stats->stray_streams++;
  else if (verdict == ES_RTP_CHECK_VOICE && s->kept)
    ok = begin(r, s, error);
  drop_kept(r, s);
  if (verdict == ES_RTP_CHECK_VOICE && wanted) {
    g_hash_table_remove(r->streams, s); // its call has it now
    g_free(s);
  }
  return ok;
}

gboolean es_rtp_only_hand_over(EsRtpOnly *r, EsLiveCall *call, const EsAddress *address, gint64 now_us,
                               GError **error) {
  EsLiveCall *had = es_call_table_owner(es_worker_table(r->worker), address);
  if (!had || had == call || had->over || !es_rtp_only_way(had))
    return TRUE;
  had->over = TRUE;
  had->over_us = now_us - had->set_us;
  es_live_call_event(call, now_us - call->set_us, "follow-up", -1, NULL);
  EsStoryCalls calls = es_worker_story(r->worker);
  return call->skip || had->skip || es_story_join(&calls, call, had->row->id, es_live_call_key(had), error);
}
