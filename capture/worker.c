// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "worker.h"
#include "calls-overload.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "finished.h"
#include "follow-up.h"
#include "kinship.h"
#include "recording-session.h"
#include "rtp-only-call.h"
#include "rtp-only.h"
#include "sequel.h"
#include "siprec-own.h"
#include "transfer.h"
#include <string.h>

#define MORE_SESSIONS 4096              // recording sessions that are over, or carry nothing now
#define SAVE_EVERY_US (5 * 1000 * 1000) // wall time between saves of an open call's ledgers
#define SWEEP_US ES_US_PER_S            // capture time
#define STEP_BACK_US (60 * ES_US_PER_S) // a clock that goes back further begins another capture

struct EsWorker {
  EsCallContext context;
  const EsCaptureSink *sink;
  EsCaptureStats *stats;
  EsCallTable *table;
  EsTransfers *transfers;
  EsRecordingSessions *sessions;
  EsKinship *kinship;
  EsRtpOnly *rtp_only;
  EsBorder *border;
  guint n_left; // open calls that others record
  EsSdp *scratch;
  char *source;
  gboolean eager;
  const char *const *places; // where the same recorder takes recording sessions; NULL
  gint64 now_us, swept_us;   // the capture's clock
  guint closing;             // calls whose audio is being finished
  gboolean leaves;           // what is not done is left to the next start
  guint unmade;              // of these: rows left to it
  EsCallsOverload overload;
  GError *unfinished; // why the file of one of them could not be, until that is told
  EsFinished *finished;
  gint64 saved; // monotonic
};

// ---- calls whose audio is being finished

static void take_row(EsWorker *w, EsLiveCall *call) {
  if (call->unmade) {
    es_kinship_left(w->kinship, call);
    if (w->leaves)
      w->unmade++;
    else
      es_recovery_add(w->context.recovery, es_live_call_take_journal(call), w->context.keys,
                      g_steal_pointer(&call->row->source_key));
    es_live_call_free(call);
    return;
  }
  EsCall *row = es_live_call_take_row(call, w->unfinished ? NULL : &w->unfinished);
  es_kinship_finished(w->kinship, call, row);
  es_finished_add(w->finished, row, es_live_call_take_journal(call));
  es_live_call_free(call);
}

static void collect_for(EsWorker *w, guint wait_ms) {
  EsLiveCall *call;
  while (w->closing && (call = es_audio_pool_take(w->context.audio, wait_ms))) {
    w->closing--;
    take_row(w, call);
  }
}

// For what is encoded later nobody waits: that may be hours.
static void collect_closed(EsWorker *w, gboolean wait) {
  EsAudioStats stats;
  es_audio_pool_stats(w->context.audio, &stats);
  collect_for(w, wait && !stats.deferred ? G_MAXUINT : 0);
}

static void tell_unmade(EsWorker *w) {
  g_autofree char *text = g_strdup_printf(
      ngettext_("%u recording is not finished; its audio is in the journal, and the next start finishes it",
                "%u recordings are not finished; their audio is in the journal, and the next start finishes "
                "them",
                w->unmade),
      w->unmade);
  if (w->unmade && w->sink && w->sink->event)
    w->sink->event(ES_LOG_UNFINISHED, text, w->sink->user_data);
  else if (w->unmade && w->sink && w->sink->warning)
    w->sink->warning(text, w->sink->user_data);
  w->unmade = 0;
}

// At the end: all that waits, for as long as is allowed. The rest is left to the next start.
static void drain(EsWorker *w) {
  gint64 until_us = g_get_monotonic_time() + w->context.settings->overload.drain_us, left_us = 1;
  es_audio_pool_hurry(w->context.audio);
  while (w->closing && w->context.live && (left_us = until_us - g_get_monotonic_time()) > 0)
    collect_for(w, (guint)(left_us / ES_US_PER_MS + 1));
  w->leaves = left_us <= 0;
  if (w->leaves)
    es_audio_pool_leave(w->context.audio);
  collect_for(w, G_MAXUINT);
  tell_unmade(w);
}

// Stories reach finished calls in the batch alone.
static void settle(gpointer data) {
  collect_closed(data, TRUE);
}

EsWorker *es_worker_new(EsCaptureSettings *settings, const EsCaptureOptions *options, EsIndex *index,
                        EsSpool *spool, const EsCaptureSink *sink, EsCaptureStats *stats) {
  EsWorker *w = g_new0(EsWorker, 1);
  w->scratch = g_new0(EsSdp, 1);
  w->context = (EsCallContext){.settings = es_capture_settings_ref(settings),
                               .index = index,
                               .library = options->library,
                               .spool = spool,
                               .again = options->again,
                               .live = options->interface || options->siprec,
                               .settled_us = ES_UNKNOWN,
                               .keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                               .scratch = w->scratch};
  w->context.audio = es_audio_pool_new(&(EsAudioPoolSettings){.threads = settings->workers,
                                                              .queue_bytes = settings->queue_bytes,
                                                              .live = w->context.live,
                                                              .later = settings->encode_later,
                                                              .journal = es_spool_journal(spool)});
  w->places = options->siprec;
  w->sink = sink;
  w->stats = stats;
  w->table = es_call_table_new();
  w->transfers = es_transfers_new();
  w->sessions = es_recording_sessions_new();
  w->kinship = es_kinship_new();
  w->rtp_only = es_rtp_only_new(w, stats);
  w->border = es_border_new();
  w->now_us = w->swept_us = ES_UNKNOWN;
  w->context.live_index = es_live_index_new(index, w->context.live, sink);
  w->finished = es_finished_new(&w->context, sink, stats);
  w->saved = g_get_monotonic_time();
  return w;
}

void es_worker_free(EsWorker *w) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table); // only after an error
  for (guint i = 0; i < open->len; i++) {
    es_call_table_remove(w->table, open->pdata[i], w->now_us);
    es_live_call_free(open->pdata[i]);
  }
  es_recording_sessions_free(w->sessions);
  drain(w);
  es_kinship_free(w->kinship);
  es_rtp_only_free(w->rtp_only);
  es_border_free(w->border);
  es_audio_pool_free(w->context.audio);
  g_clear_error(&w->unfinished);
  es_call_table_free(w->table);
  es_transfers_free(w->transfers);
  es_capture_settings_unref(w->context.settings);
  g_hash_table_unref(w->context.keys);
  es_finished_free(w->finished);
  es_live_index_free(w->context.live_index);
  g_free(w->source);
  g_free(w->scratch);
  g_free(w);
}

void es_worker_set_source(EsWorker *w, const char *source, gboolean eager) {
  g_free(w->source);
  w->source = g_strdup(source);
  w->eager = eager;
}

void es_worker_set_shedding(EsWorker *w, EsShedding *shedding) {
  w->overload.shedding = shedding;
}

void es_worker_set_recovery(EsWorker *w, EsRecovery *recovery) {
  w->context.recovery = recovery;
}

void es_worker_set_settings(EsWorker *w, EsCaptureSettings *settings) {
  es_capture_settings_unref(w->context.settings);
  w->context.settings = es_capture_settings_ref(settings);
}

const EsCallContext *es_worker_context(const EsWorker *w) {
  return &w->context;
}

const char *es_worker_source(const EsWorker *w) {
  return w->source;
}

EsCallTable *es_worker_table(EsWorker *w) {
  return w->table;
}

EsStoryCalls es_worker_story(EsWorker *w) {
  return (EsStoryCalls){.table = w->table,
                        .finished = es_finished_rows(w->finished),
                        .index = w->context.index,
                        .live_index = w->context.live_index,
                        .settle = settle,
                        .data = w};
}

EsRecordingSessions *es_worker_sessions(EsWorker *w) {
  return w->sessions;
}

gint64 es_worker_now(const EsWorker *w) {
  return w->now_us;
}

EsBorder *es_worker_border(EsWorker *w) {
  return w->border;
}

gboolean es_worker_is_crowded(const EsWorker *w) {
  return es_call_table_size(w->table) - w->n_left >= w->context.settings->max_calls;
}

static void count_open(EsWorker *w) {
  w->stats->calls_open = es_call_table_size(w->table) - w->n_left;
}

void es_worker_add_call(EsWorker *w, EsLiveCall *call) {
  es_call_table_add(w->table, call);
  w->n_left += call->left;
  w->stats->calls_unrecorded += call->shed && !call->skip;
  count_open(w);
}

// Of a call's own clock.
static gint64 time_of(const EsLiveCall *call, gint64 time_us) {
  return time_us - call->set_us;
}

void es_worker_clock_set(EsWorker *w, gint64 by_us) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  for (guint i = 0; i < open->len; i++)
    ((EsLiveCall *)open->pdata[i])->set_us += by_us;
  if (w->now_us == ES_UNKNOWN)
    return;
  w->now_us += by_us;
  w->swept_us += by_us;
  es_border_clock_set(w->border, by_us);
}

void es_worker_dropped(EsWorker *w, guint64 packets, gint64 from_us, gint64 until_us) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    es_live_call_dropped(call, packets, time_of(call, from_us), time_of(call, until_us));
  }
}

// ---- what others record

static void hold_places(EsWorker *w, const EsLiveCall *call, EsHoldings *own) {
  if (es_rtp_only_way(call))
    for (guint i = 0; i < call->flows->len; i++) {
      const EsFlow *flow = call->flows->pdata[i];
      es_holdings_add_way(own, &flow->from, &flow->to, w->now_us);
    }
  else
    for (guint i = 0; i < call->addresses->len; i++)
      es_holdings_add_address(own, &g_array_index(call->addresses, EsAddress, i), w->now_us);
}

void es_worker_keep_to_own(EsWorker *w) {
  EsHoldings *own = es_holdings_new();
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  for (guint i = 0; i < open->len; i++)
    if (!((EsLiveCall *)open->pdata[i])->left)
      hold_places(w, open->pdata[i], own);
  es_call_table_hold(w->table, own);
  es_recording_sessions_hold(w->sessions, own);
  es_rtp_only_hold(w->rtp_only, own, w->now_us);
  es_border_keep_to(w->border, own);
}

void es_worker_take_back(EsWorker *w) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    if (!call->left || es_border_leaves_call(w->border, call->row->call_id))
      continue;
    es_live_call_take_back(call, time_of(call, w->now_us));
    w->n_left -= !call->left;
  }
  count_open(w);
}

guint es_worker_count_own(EsWorker *w) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  guint n = w->closing + es_finished_rows(w->finished)->len;
  for (guint i = 0; i < open->len; i++) {
    const EsLiveCall *call = open->pdata[i];
    n += !call->skip || call->asleep;
  }
  return n + es_rtp_only_count(w->rtp_only);
}

// ---- finished calls

// What has become of calls that were closed: rows to be committed, and the first error.
static gboolean put_closed(EsWorker *w, gboolean wait, GError **error) {
  collect_closed(w, wait);
  gboolean full = w->eager || es_finished_are_many(w->finished), ok = !w->unfinished;
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&w->unfinished));
  return (!full || es_finished_commit(w->finished, FALSE, ok ? error : NULL)) && ok;
}

static void leave_table(EsWorker *w, EsLiveCall *call, EsEnd end) {
  if (!call->left && es_follow_up_may_come(call, end)) {
    es_follow_up_new(w->table, call, time_of(call, w->now_us));
  } else {
    es_rtp_only_ended(w->rtp_only, call, w->now_us);
    es_call_table_remove(w->table, call, w->now_us);
  }
  w->n_left -= call->left;
  count_open(w);
}

// Ends one call: out of the table, its file in place, its row on the way. When its file cannot be finished
// the row is kept all the same. What decides which of two recordings stays is finished in order.
gboolean es_worker_end_call(EsWorker *w, EsLiveCall *call, EsEnd end, GError **error) {
  gboolean linked = es_kinship_is_linked(w->kinship, call);
  if (linked)
    collect_closed(w, TRUE);
  es_kinship_lend(w->kinship, call, w->now_us);
  leave_table(w, call, end);
  if (call->skip) {
    w->stats->calls_skipped += !call->asleep && !call->left;
    es_kinship_skipped(w->kinship, call);
    es_live_call_free(call);
    return TRUE;
  }
  es_kinship_closing(w->kinship, call, w->now_us);
  if (es_live_call_close(call, end, time_of(call, w->now_us)))
    take_row(w, call);
  else
    w->closing++;
  return put_closed(w, w->eager || linked, error); // an eager source may be silent for long from here on
}

// Each second of the capture's clock.
static gboolean sweep(EsWorker *w, GError **error) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  w->swept_us = w->now_us;
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    gboolean done;
    EsEnd end;
    if (!es_live_call_tick(call, time_of(call, w->now_us), &done, &end, error))
      return FALSE;
    if (done && !es_kinship_waits(w->kinship, call, w->now_us) && !es_worker_end_call(w, call, end, error))
      return FALSE;
  }
  if (!es_calls_shed_torn(&w->overload, w, error))
    return FALSE;
  es_call_table_sweep_tombs(w->table, w->now_us);
  es_recording_sessions_sweep(w->sessions, w->now_us, w->context.settings->idle_timeout_us);
  es_rtp_only_sweep(w->rtp_only, w->now_us);
  es_border_sweep(w->border, w->now_us);
  EsStoryCalls calls = es_worker_story(w);
  return es_sequel_settle(&calls, error) && es_kinship_sweep(w->kinship, &calls, w->now_us, error);
}

// Calls whose conversation others record, each after those others.
static void end_spare(EsWorker *w, GPtrArray *spare, EsEnd end, GError **first) {
  while (spare->len) {
    guint next = 0;
    while (next + 1 < spare->len && es_kinship_is_spare(w->kinship, spare->pdata[next]))
      next++;
    es_worker_end_call(w, g_ptr_array_remove_index(spare, next), end, *first ? NULL : first);
  }
}

gboolean es_worker_finish_all(EsWorker *w, EsEnd end, GError **error) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  GError *first = NULL; // later calls are finished even when an earlier one failed
  g_autoptr(GPtrArray) spare = g_ptr_array_new();
  for (guint i = 0; i < open->len; i++) {
    if (es_kinship_is_spare(w->kinship, open->pdata[i]))
      g_ptr_array_add(spare, open->pdata[i]);
    else
      es_worker_end_call(w, open->pdata[i], end, first ? NULL : &first);
  }
  end_spare(w, spare, end, &first);
  drain(w);
  put_closed(w, TRUE, first ? NULL : &first);
  es_finished_commit(w->finished, TRUE, first ? NULL : &first);
  if (first)
    g_propagate_error(error, first);
  return first == NULL;
}

// ---- time

static gboolean advance_clock(EsWorker *w, gint64 time_us, GError **error) {
  if (w->now_us != ES_UNKNOWN && time_us < w->now_us - STEP_BACK_US) {
    if (!es_worker_finish_all(w, ES_END_CAPTURE, error))
      return FALSE;
    es_call_table_sweep_tombs(w->table, G_MAXINT64);
    es_recording_sessions_sweep(w->sessions, G_MAXINT64, 0);
    es_transfers_clear(w->transfers);
    es_kinship_clear(w->kinship);
    es_rtp_only_clear(w->rtp_only);
    w->now_us = w->swept_us = ES_UNKNOWN;
  }
  w->now_us = MAX(w->now_us, time_us);
  w->stats->capture_us = w->now_us;
  if (w->swept_us == ES_UNKNOWN)
    w->swept_us = w->now_us;
  return w->now_us - w->swept_us < SWEEP_US || sweep(w, error);
}

gboolean es_worker_time(EsWorker *w, gint64 now_us, GError **error) {
  return advance_clock(w, now_us, error);
}

void es_worker_settled(EsWorker *w, gint64 until_us) {
  w->context.settled_us = until_us;
}

static gboolean save_open(EsWorker *w, GError **error) {
  g_autoptr(GPtrArray) open = es_call_table_list(w->table);
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    if (!call->skip && es_live_call_has_news(call) && !es_live_call_save(call, error))
      return FALSE;
  }
  return TRUE;
}

static void count_effort(EsWorker *w) {
  EsAudioStats effort;
  es_audio_pool_stats(w->context.audio, &effort);
  w->stats->complexity = effort.complexity;
  w->stats->least_complexity = effort.least_complexity;
  w->stats->encoded_packets = effort.packets;
  w->stats->encoded_complexities = effort.complexities;
  w->stats->calls_shed = w->overload.shed;
  w->stats->encode_load = effort.load;
  w->stats->deferred_calls = effort.deferred_calls;
  w->stats->backlog_bytes = effort.backlog_bytes;
  w->stats->behind_ms = effort.behind_us / ES_US_PER_MS;
}

gboolean es_worker_idle(EsWorker *w, GError **error) {
  count_effort(w);
  es_calls_tell_unwritten(&w->overload, w, w->sink);
  if (!es_calls_follow_overload(&w->overload, w, &w->context.bound, error))
    return FALSE;
  gint64 now = g_get_monotonic_time();
  if (!put_closed(w, FALSE, error) ||
      (es_finished_are_due(w->finished) && !es_finished_commit(w->finished, FALSE, error)))
    return FALSE;
  if (now - w->saved < SAVE_EVERY_US)
    return TRUE;
  w->saved = now;
  return save_open(w, error);
}

// ---- packets

static EsLiveCall *begin_call(EsWorker *w, const EsSipMessage *m, gint64 at_us, gboolean *failed,
                              GError **error) {
  *failed = FALSE;
  gboolean left = es_border_leaves_call(w->border, es_sip_call_id(m));
  if (!es_live_call_is_shown_by(m) || es_call_table_is_buried(w->table, m) ||
      (left && w->n_left >= w->context.settings->max_calls))
    return NULL;
  EsLiveCall *call = es_live_call_new(&w->context, m, w->source, at_us, error);
  *failed = call == NULL;
  if (!call)
    return NULL;
  call->left = left;
  call->skip |= left;
  es_worker_add_call(w, call);
  EsStoryCalls calls = es_worker_story(w);
  *failed = !es_sequel_join(&calls, call, error);
  return *failed ? NULL : call;
}

// The recording session to which the message belongs, NULL if none.
static EsRecordingSession *find_session(EsWorker *w, const EsSipMessage *m, const EsAddress *to) {
  EsRecordingSession *session = es_recording_sessions_find(w->sessions, es_sip_call_id(m));
  gboolean room = es_recording_sessions_size(w->sessions) <= w->context.settings->max_calls + MORE_SESSIONS;
  if (session || !room || es_call_table_find(w->table, es_sip_call_id(m)) ||
      !es_recording_session_is_opened_by(m))
    return session;
  session = es_recording_session_new(w, m, w->now_us);
  if (es_siprec_is_own(w->places, to) || es_border_leaves_call(w->border, es_sip_call_id(m)))
    es_recording_session_leave(session);
  return session;
}

// Where its voices go, and no more.
static gboolean follow_left(EsWorker *w, EsLiveCall *call, const EsSipMessage *m, gint64 at_us,
                            GError **error) {
  EsMediaChange change;
  if (!es_live_call_sip(call, m, time_of(call, at_us), &change, error))
    return FALSE;
  if (change.side >= 0 && change.has_address)
    es_call_table_own(w->table, call, change.side, &change.address);
  return TRUE;
}

static gboolean take_sip(EsWorker *w, const EsDatagram *d, gint64 at_us, GError **error) {
  g_autoptr(EsSipMessage) m = es_sip_parse(d->payload, d->length);
  if (!m) {
    w->stats->bad++;
    return TRUE;
  }
  w->stats->sip++;
  EsRecordingSession *session = find_session(w, m, &d->to);
  if (session)
    return es_recording_session_message(session, m, es_recording_session_is_from_client(session, m),
                                        w->now_us, error);
  EsLiveCall *call = es_call_table_find(w->table, es_sip_call_id(m));
  gboolean failed = FALSE, crowded = es_worker_is_crowded(w);
  gboolean fresh = !call;
  if (!call && !(call = begin_call(w, m, at_us, &failed, error)))
    return !failed;
  EsMediaChange change;
  if (call->left)
    return follow_left(w, call, m, at_us, error);
  EsStoryCalls calls = es_worker_story(w);
  if (!es_live_call_sip(call, m, time_of(call, at_us), &change, error) ||
      !es_transfers_message(w->transfers, &calls, call, fresh, m, w->now_us, error) ||
      !es_kinship_message(w->kinship, &calls, call, fresh, m, d, &change, w->now_us, error))
    return FALSE;
  if (fresh && crowded)
    return es_worker_end_call(w, call, ES_END_TOO_MANY, error);
  if (change.side < 0 || !change.has_address)
    return TRUE;
  if (!es_rtp_only_hand_over(w->rtp_only, call, &change.address, w->now_us, error))
    return FALSE;
  es_kinship_own(w->kinship, w->table, call, &change);
  return TRUE;
}

// The call that had fallen silent goes on, in another row of its story.
static gboolean wake(EsWorker *w, EsLiveCall *call, gint64 at_us, GError **error) {
  EsStoryCalls calls = es_worker_story(w);
  collect_closed(w, TRUE); // the row that it goes on from
  return es_follow_up_wake(call, time_of(call, at_us), error) &&
         (call->skip || es_story_join(&calls, call, call->follows, es_live_call_key(call), error));
}

static gboolean take_media(EsWorker *w, const EsDatagram *d, GError **error) {
  EsRtp rtp;
  if (es_rtcp_looks_like(d->payload, d->length)) {
    w->stats->rtcp++;
    return TRUE;
  }
  gboolean is_rtp = es_rtp_parse(d->payload, d->length, &rtp);
  const EsFlow *flow = is_rtp ? es_call_table_flow(w->table, &d->from, &d->to) : NULL;
  rtp.cut = d->cut;
  if (!flow) {
    w->stats->other++;
    return !is_rtp || es_border_leaves_voice(w->border, &d->from, &d->to, d->time_us) ||
           es_rtp_only_packet(w->rtp_only, d, &rtp, error);
  }
  w->stats->rtp++;
  if (flow->call->asleep && !wake(w, flow->call, d->time_us, error))
    return FALSE;
  return es_live_call_media(flow->call, flow, &rtp, time_of(flow->call, d->time_us), error);
}

gboolean es_worker_datagram(EsWorker *w, const EsDatagram *d, GError **error) {
  if (!advance_clock(w, d->time_us, error))
    return FALSE;
  if (d->length == 0) {
    w->stats->other++;
    return TRUE;
  }
  if (d->payload[0] >> 6 == 2) // version 2 of RTP and RTCP; no text begins so
    return take_media(w, d, error);
  if (es_sip_looks_like(d->payload, d->length))
    return take_sip(w, d, w->now_us, error);
  w->stats->other++; // STUN and everything else
  return TRUE;
}

gboolean es_worker_message(EsWorker *w, const EsDatagram *message, GError **error) {
  gint64 now_us = MAX(w->now_us, message->time_us); // that it waited is no step of the clock
  return advance_clock(w, now_us, error) && take_sip(w, message, message->time_us, error);
}
