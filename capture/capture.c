// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The run: recover what was left, read packets, hand datagrams to the worker, end what is open.
//
// Of a live interface time goes on when nothing comes, by the wall clock, so that timers work. The clock then
// stays a little behind, since packets that came just before are still in a block of the ring.
//
// Drops: the kernel counts a packet when it finds no room, at the moment it arrives. What has been dropped
// since the latest look therefore lay between the two looks by the clock that also stamps packets, while the
// packets being read may be older by as much as the ring holds. So drops wait until the capture's clock has
// come to them; only then is it known which calls were open.
#include "earshot/capture/capture.h"
#include "clock-step.h"
#include "copies.h"
#include "earshot/capture/source.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/wire/tcp.h"
#include "overload-news.h"
#include "privileges.h"
#include "recover-journal.h"
#include "recover.h"
#include "run-stats.h"
#include "shared-sink.h"
#include "siprec.h"
#include "take-over.h"
#include "worker.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define LOOK_EVERY 64                  // packets between looks at the wall clock
#define PROGRESS_EVERY_US (100 * 1000) // wall time
#define DROPS_EVERY_US (250 * 1000)    // wall time
#define BEHIND_US (250 * 1000)         // by which an idle capture's clock stays behind the wall's
#define DROPS_WAITING 64
#define LEAST_SEGMENTS 16 // of the journal, which gives room back by whole ones
#define LEAST_SEGMENT_BYTES (256 * 1024)
#define SERVER_LOOK_US (20 * 1000) // wall time between looks at a recording server that runs alone

// Packets that were dropped between two looks.
typedef struct {
  guint64 packets;
  gint64 from_us, until_us;
} Drops;

typedef struct {
  const EsCaptureOptions *options;
  const EsCaptureSink *sink;
  EsCaptureStats stats;
  EsWorker *worker;
  EsLink *link;
  EsTcp *tcp;
  EsCopies *copies;
  EsSiprec *siprec; // NULL: no recording server
  EsTakeOver *take_over;
  gboolean finished;    // another recorder has taken over, and all calls have ended
  EsJournal *journal;   // NULL: nothing is live
  EsShedding *shedding; // NULL: nothing is live
  EsOverloadNews news;
  gboolean encode_later;
  EsRecovery *recovery;       // of what others left in theirs; NULL once it is over
  gint64 told;                // monotonic time of the latest progress
  Drops drops[DROPS_WAITING]; // until the capture's clock comes to them
  guint n_drops;
  EsClockStep clock;
  gint64 looked_us, looked_wall_us; // when drops were last looked at: monotonic, wall clock
} Run;

static void add_journal(const Run *run, EsCaptureStats *sum) {
  EsJournalStats journal;
  if (!run->journal)
    return;
  es_journal_stats(run->journal, &journal);
  sum->journal_bytes = journal.disk_bytes;
  sum->journal_live_bytes = journal.live_bytes;
  sum->journal_waiting_bytes = journal.waiting_bytes;
  sum->journal_refused = journal.refused;
  sum->journal_behind_ms = journal.oldest_us / ES_US_PER_MS;
  sum->flush_slowest_ms = journal.slowest_flush_us / ES_US_PER_MS;
  sum->journal_errno = journal.failing;
}

static void add_recovery(const Run *run, EsCaptureStats *sum) {
  if (run->recovery)
    es_recovery_add_stats(run->recovery, sum);
}

// Of all threads.
static EsCaptureStats sum_stats(const Run *run) {
  EsCaptureStats sum = run->stats;
  add_journal(run, &sum);
  add_recovery(run, &sum);
  if (run->shedding)
    es_shedding_add_stats(run->shedding, &sum);
  sum.encode_later = run->encode_later;
  if (run->siprec)
    es_siprec_add_stats(run->siprec, &sum);
  return sum;
}

static void tell_progress(Run *run) {
  run->told = g_get_monotonic_time();
  EsCaptureStats sum = sum_stats(run);
  es_overload_news(&run->news, &sum, run->told, run->sink);
  if (run->sink && run->sink->progress)
    run->sink->progress(&sum, run->sink->user_data);
}

static void tell(Run *run, EsLogEvent event, const char *message) {
  es_sink_tell(run->sink, event, message);
}

// Told to stop, or done, or without the recording server that was to run beside this.
static gboolean stopped(const Run *run) {
  return run->finished || (run->options->stop && g_atomic_int_get(run->options->stop) != 0) ||
         (run->siprec && es_siprec_has_failed(run->siprec));
}

static gboolean take_message(const EsDatagram *message, gpointer user_data, GError **error) {
  Run *run = user_data;
  run->stats.sip_tcp++;
  return es_worker_message(run->worker, message, error);
}

// What waits for a lost segment does not wait for ever.
static gboolean expire_tcp(Run *run, gint64 now_us, GError **error) {
  return es_tcp_expire(run->tcp, now_us, take_message, run, error);
}

static void count_tcp(Run *run) {
  EsTcpStats stats;
  es_tcp_stats(run->tcp, &stats);
  run->stats.tcp_lost_bytes = stats.lost_bytes;
}

static gboolean take_packet(Run *run, const EsPacket *packet, GError **error) {
  EsDatagram datagram;
  EsLinkResult result = es_link_read(run->link, packet, &datagram);
  run->stats.fragments = es_link_stats(run->link)->incomplete;
  if ((result == ES_LINK_UDP || result == ES_LINK_TCP) &&
      es_copies_look(run->copies, &datagram) == ES_COPIES_COPY) {
    run->stats.copies++;
    return TRUE;
  }
  run->stats.packets++;
  run->stats.bytes += packet->wire_length;
  if (!expire_tcp(run, packet->time_us, error))
    return FALSE;
  switch (result) {
  case ES_LINK_UDP:
    return es_worker_datagram(run->worker, &datagram, error);
  case ES_LINK_FRAGMENT:
    return TRUE;
  case ES_LINK_SHORT:
    run->stats.bad++;
    return TRUE;
  case ES_LINK_TCP:
    run->stats.other++;
    return es_worker_time(run->worker, packet->time_us, error) &&
           es_tcp_push(run->tcp, &datagram, take_message, run, error);
  case ES_LINK_OTHER:
    run->stats.other++;
    return TRUE;
  case ES_LINK_UNSUPPORTED:
    run->stats.undecoded_link++;
    return TRUE;
  }
  return TRUE;
}

// ---- live

static void charge_drops(Run *run, gboolean all) {
  guint charged = 0;
  for (; charged < run->n_drops; charged++) {
    const Drops *d = &run->drops[charged];
    if (!all && run->stats.capture_us < d->until_us)
      break;
    es_worker_dropped(run->worker, d->packets, d->from_us, d->until_us);
  }
  run->n_drops -= charged;
  memmove(run->drops, run->drops + charged, run->n_drops * sizeof run->drops[0]);
}

static void note_drops(Run *run, guint64 packets, gint64 now_us) {
  if (run->n_drops == DROPS_WAITING) {
    run->drops[run->n_drops - 1].packets += packets;
    run->drops[run->n_drops - 1].until_us = now_us;
    return;
  }
  run->drops[run->n_drops++] = (Drops){packets, run->looked_wall_us, now_us};
}

static void look_at_drops(Run *run, EsPacketSource *source) {
  EsSourceStats now;
  gint64 before_us = g_get_real_time(); // the process may be stopped between any two of these
  source->klass->stats(source, &now);
  if (now.dropped > run->stats.dropped) {
    note_drops(run, now.dropped - run->stats.dropped, g_get_real_time());
    run->stats.dropped = now.dropped;
  }
  run->stats.ring_bytes = now.ring_bytes;
  run->stats.ring_fill = now.ring_fill;
  run->looked_us = g_get_monotonic_time();
  run->looked_wall_us = before_us;
}

// A clock that is set in the middle of a call, by hand or because the machine had slept, would end it or make
// all that follows late.
static void follow_clock(Run *run, gint64 stamp_us) {
  gint64 leap_us, set_us = 0;
  if (es_clock_step_leaps(&run->clock, stamp_us, &leap_us))
    set_us = es_clock_step_find(&run->clock, leap_us, g_get_real_time(), g_get_monotonic_time());
  if (set_us == 0)
    return;
  charge_drops(run, TRUE); // they were stamped by the clock as it was
  run->looked_wall_us += set_us;
  es_worker_clock_set(run->worker, set_us);
  gint64 tenths = (ABS(set_us) + 50 * ES_US_PER_MS) / (100 * ES_US_PER_MS); // stamps tell it to milliseconds
  g_autofree char *length = es_duration_format(tenths * 100, TRUE);
  g_autofree char *text =
      g_strdup_printf(set_us > 0 ? _("the clock was set forward by %s; open calls go on by the old one")
                                 : _("the clock was set back by %s; open calls go on by the old one"),
                      length);
  tell(run, ES_LOG_CLOCK_SET, text);
}

// A wrong file changes nothing.
static void reload(Run *run) {
  g_autoptr(GError) wrong = NULL;
  g_autoptr(EsConfig) config = es_config_load(es_config_name(run->options->config), &wrong);
  g_autoptr(EsCaptureSettings) settings = config ? es_capture_settings_new(config, &wrong) : NULL;
  if (settings) {
    if (run->siprec) // it reads them by itself: nobody shares them
      es_siprec_set_settings(run->siprec, es_capture_settings_new(config, NULL));
    es_worker_set_settings(run->worker, settings);
    run->stats.reloads++;
    tell_progress(run);
    return;
  }
  g_autofree char *text = g_strdup_printf(_("%s; the rules stay as they were"), wrong->message);
  tell(run, ES_LOG_RELOAD_FAILED, text);
}

static void reload_if_told(Run *run) {
  if (run->options->reload && g_atomic_int_compare_and_exchange(run->options->reload, 1, 0))
    reload(run);
}

static void look_around(Run *run, EsPacketSource *source) {
  reload_if_told(run);
  if (source->klass->stats && g_get_monotonic_time() - run->looked_us > DROPS_EVERY_US)
    look_at_drops(run, source);
  charge_drops(run, FALSE);
}

// Another recorder may want to take over, or may have left calls behind.
static void look_at_others(Run *run) {
  gboolean left;
  gint64 now_us = run->options->interface ? es_worker_now(run->worker) : g_get_real_time();
  es_take_over_look(run->take_over, run->worker, run->siprec, now_us, &left);
  run->stats.finishing = es_take_over_is_finishing(run->take_over);
  run->finished = run->stats.finishing && es_worker_count_own(run->worker) == 0 &&
                  (!run->siprec || es_siprec_count_own(run->siprec) == 0);
  if (left)
    tell(run, ES_LOG_PREDECESSOR,
         _("the recorder whose place this one has taken ended before its calls did"));
}

// Looks at the wall clock now and then: progress, batches, saves.
static gboolean look_up(Run *run, EsPacketSource *source, guint64 done_before, GError **error) {
  guint64 done, total;
  source->klass->progress(source, &done, &total);
  run->stats.done_bytes = done_before + done;
  look_around(run, source);
  look_at_others(run);
  count_tcp(run);
  if (g_get_monotonic_time() - run->told > PROGRESS_EVERY_US)
    tell_progress(run);
  return es_worker_idle(run->worker, error);
}

typedef enum { READ_END, READ_STOPPED, READ_BROKEN, READ_FAILED } ReadResult;

// READ_BROKEN: the capture itself is at fault; READ_FAILED: the library cannot be written.
static ReadResult read_source(Run *run, EsPacketSource *source, GError **error) {
  guint64 done_before = run->stats.done_bytes;
  gboolean live = source->klass->stats != NULL, eager = run->stats.total_bytes == 0 && !live;
  for (guint n = 0;; n++) {
    EsPacket packet;
    if (stopped(run))
      return READ_STOPPED;
    EsSourceStatus status = source->klass->next(source, &packet, error);
    gboolean idle = status == ES_SOURCE_IDLE;
    if (status != ES_SOURCE_PACKET && stopped(run)) {
      g_clear_error(error); // the signal broke into the read, or ended the writer of the pipe as well
      return READ_STOPPED;
    }
    if (status != ES_SOURCE_PACKET && !idle)
      return status == ES_SOURCE_END ? READ_END : READ_BROKEN;
    if (live)
      follow_clock(run, packet.time_us);
    if (live && !idle)
      run->stats.last_packet_us = packet.time_us;
    if (idle && !expire_tcp(run, packet.time_us - BEHIND_US, error))
      return READ_FAILED;
    if (idle ? !es_worker_time(run->worker, packet.time_us - BEHIND_US, error)
             : !take_packet(run, &packet, error))
      return READ_FAILED;
    if ((eager || idle || n % LOOK_EVERY == 0) && !look_up(run, source, done_before, error))
      return READ_FAILED;
  }
}

static ReadResult read_file(Run *run, const char *path, GError **error) {
  g_autoptr(EsPacketSource) source = es_pcap_file_open(path, run->options->filter, error);
  if (!source)
    return READ_BROKEN;
  gboolean from_stdin = strcmp(path, "-") == 0;
  g_autofree char *name = g_path_get_basename(path);
  g_autofree char *label = from_stdin ? g_strdup("pcap:stdin") : g_strdup_printf("pcap:%s", name);
  es_worker_set_source(run->worker, label, from_stdin);
  if (run->options->again)
    es_copies_forget(run->copies);
  guint64 done_before = run->stats.done_bytes, done, total;
  ReadResult result = read_source(run, source, error);
  source->klass->progress(source, &done, &total);
  run->stats.done_bytes = done_before + done;
  return result;
}

// The size of all files, for progress; 0 when one of them cannot tell.
static guint64 total_bytes(const char *const *files) {
  guint64 sum = 0;
  for (; *files; files++) {
    GStatBuf status;
    if (strcmp(*files, "-") == 0 || g_stat(*files, &status) != 0 || !S_ISREG(status.st_mode))
      return 0;
    sum += (guint64)status.st_size;
  }
  return sum;
}

static EsEnd end_of(const Run *run, ReadResult result, const GError *error) {
  switch (result) {
  case READ_STOPPED:
    return ES_END_STOPPED;
  case READ_BROKEN:
    return run->options->interface ? ES_END_INTERFACE : ES_END_TRUNCATED;
  case READ_FAILED:
    return g_error_matches(error, ES_ERROR, ES_ERROR_NO_SPACE) ? ES_END_DISK_FULL : ES_END_FAILED;
  default:
    return ES_END_CAPTURE;
  }
}

// Ends what is open. failed may be NULL; what is at fault first is reported.
static gboolean finish(Run *run, ReadResult result, GError *failed, GError **error) {
  g_autoptr(GError) closing = NULL;
  charge_drops(run, TRUE);
  es_link_end(run->link);
  run->stats.fragments = es_link_stats(run->link)->incomplete;
  gboolean told = result == READ_FAILED || expire_tcp(run, G_MAXINT64, &closing);
  count_tcp(run);
  gboolean ended =
      es_worker_finish_all(run->worker, end_of(run, result, failed), told ? &closing : NULL) && told;
  tell_progress(run);
  if (failed)
    g_propagate_error(error, failed);
  else if (!ended)
    g_propagate_error(error, g_steal_pointer(&closing));
  return ended && (result == READ_END || result == READ_STOPPED);
}

static gboolean read_files(Run *run, GError **error) {
  GError *failed = NULL;
  ReadResult result = READ_END;
  run->stats.total_bytes = total_bytes(run->options->files);
  for (const char *const *file = run->options->files; *file && result == READ_END; file++)
    result = read_file(run, *file, &failed);
  return finish(run, result, failed, error);
}

static gboolean read_interface(Run *run, EsPacketSource *source, GError **error) {
  GError *failed = NULL;
  g_autofree char *label = g_strdup_printf("live:%s", source->name);
  es_worker_set_source(run->worker, label, FALSE);
  es_clock_step_init(&run->clock, g_get_real_time(), g_get_monotonic_time());
  if (!es_take_over_ask(run->take_over, run->worker, run->siprec, source, error))
    return FALSE;
  look_at_drops(run, source);
  run->n_drops = 0; // before the first packet
  ReadResult result = read_source(run, source, &failed);
  look_at_drops(run, source);
  return finish(run, result, failed, error);
}

// The recording server alone.
static gboolean wait_for_siprec(Run *run, GError **error) {
  if (!es_take_over_ask(run->take_over, run->worker, run->siprec, NULL, error))
    return FALSE;
  while (!stopped(run)) {
    reload_if_told(run);
    look_at_others(run);
    if (g_get_monotonic_time() - run->told > PROGRESS_EVERY_US)
      tell_progress(run);
    g_usleep(SERVER_LOOK_US);
  }
  return TRUE;
}

// What is at fault first is reported.
static gboolean end_siprec(Run *run, GError **error) {
  if (!run->siprec)
    return TRUE;
  gboolean told = error && *error;
  gboolean ok = es_siprec_close(run->siprec, ES_END_STOPPED, &run->stats, told ? NULL : error);
  run->siprec = NULL;
  tell_progress(run);
  return ok;
}

static gboolean is_live(const Run *run) {
  return run->options->interface || run->options->siprec;
}

// What is at fault with what others left keeps nobody from recording: it stays for the next start.
static gboolean end_recovery(Run *run, GError **error) {
  g_autoptr(GError) failed = NULL;
  if (!run->recovery)
    return TRUE;
  es_recovery_wait(run->recovery);
  add_recovery(run, &run->stats);
  gboolean ok = es_recovery_free(g_steal_pointer(&run->recovery), &failed);
  if (ok || is_live(run))
    return ok || (tell(run, ES_LOG_OTHER, failed->message), TRUE);
  g_propagate_error(error, g_steal_pointer(&failed));
  return FALSE;
}

// What is live cannot be read again, and does not wait until what was left is recovered; a file does, since
// it may hold calls that are.
static gboolean begin_spooling(Run *run, EsSpool *spool, const EsOverloadSettings *overload, GError **error) {
  EsJournalSettings settings;
  es_journal_settings_init(&settings);
  guint64 limit = es_shedding_journal_limit(overload, run->options->library);
  settings.segment_bytes = CLAMP(limit / LEAST_SEGMENTS, LEAST_SEGMENT_BYTES, settings.segment_bytes);
  if (is_live(run) && !es_spool_start_journal(spool, &settings, error))
    return FALSE;
  run->recovery = es_recovery_start(spool, run->options->library, run->sink, is_live(run));
  if (is_live(run))
    return TRUE;
  es_spool_start_flushing(spool);
  return end_recovery(run, error);
}

static EsSpool *open_spool(Run *run, EsIndex *index, const EsOverloadSettings *overload, GError **error) {
  gboolean alone;
  guint repaired = 0;
  g_autoptr(EsSpool) spool = es_spool_open(run->options->library, &alone, error);
  if (!spool ||
      !es_spool_recover(spool, alone, is_live(run), run->options->library, index, run->sink, &repaired,
                        error) ||
      !es_spool_share(spool, error))
    return NULL;
  run->stats.calls_repaired = repaired;
  return begin_spooling(run, spool, overload, error) ? g_steal_pointer(&spool) : NULL;
}

// What needs privileges, and their end. *source stays NULL without an interface.
static gboolean open_sources(Run *run, const EsCaptureSettings *settings, EsPacketSource **source,
                             GError **error) {
  const EsCaptureOptions *o = run->options;
  const GArray *inherited;
  if (!o->interface && !o->siprec)
    return TRUE;
  if (!es_take_over_inherit(run->take_over, &inherited, error))
    return FALSE;
  if (o->interface && !(*source = es_pcap_live_open(o->interface, o->filter, settings->ring_bytes, error)))
    return FALSE;
  if (o->siprec && !(run->siprec = es_siprec_open(o, inherited, error)))
    return FALSE;
  return es_privileges_drop(o->library, error);
}

static gboolean read_all(Run *run, EsCaptureSettings *settings, EsPacketSource *source, EsIndex *index,
                         EsSpool *spool, GError **error) {
  run->journal = es_spool_journal(spool);
  run->link = es_link_new();
  run->tcp = es_tcp_new();
  run->copies = es_copies_new(settings->copies_us);
  run->worker = es_worker_new(settings, run->options, index, spool, run->sink, &run->stats);
  if (is_live(run))
    run->shedding = es_shedding_new(&settings->overload, run->options->library, run->journal);
  run->encode_later = settings->encode_later;
  es_worker_set_shedding(run->worker, run->shedding);
  es_worker_set_recovery(run->worker, run->recovery);
  if (run->recovery && is_live(run)) // packets wait in the kernel
    es_left_behind_wait(es_recovery_left_behind(run->recovery));
  if (run->siprec)
    es_siprec_begin(run->siprec, spool, run->shedding, run->recovery, run->sink);
  gboolean ok = source                ? read_interface(run, source, error)
                : run->options->files ? read_files(run, error)
                                      : wait_for_siprec(run, error);
  ok = end_siprec(run, error) && ok;
  run->journal = NULL;
  es_run_stats_warn(&run->stats, run->sink);
  es_worker_free(run->worker);
  g_clear_pointer(&run->shedding, es_shedding_free);
  es_link_free(run->link);
  es_tcp_free(run->tcp);
  es_copies_free(run->copies);
  return ok;
}

// Each open call has a file, each m-line of a recording session two sockets; the limit that is set by default
// is a small part of what is allowed.
static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

gboolean es_capture_run(const EsCaptureOptions *options, EsIndex *index, const EsCaptureSink *sink,
                        EsCaptureStats *stats, GError **error) {
  g_autoptr(EsSharedSink) shared = es_shared_sink_new(sink);
  Run run = {.options = options,
             .sink = es_shared_sink(shared),
             .take_over = es_take_over_new(options),
             .told = g_get_monotonic_time()};
  g_autoptr(EsPacketSource) source = NULL;
  g_autoptr(EsCaptureSettings) settings = es_capture_settings_new(options->config, error);
  es_run_stats_init(&run.stats);
  raise_limit();
  gboolean ok = settings && open_sources(&run, settings, &source, error);
  g_autoptr(EsSpool) spool = ok ? open_spool(&run, index, &settings->overload, error) : NULL;
  ok = spool && read_all(&run, settings, source, index, spool, error);
  end_recovery(&run, NULL);
  end_siprec(&run, NULL); // when it was not even begun
  es_take_over_free(run.take_over, ok);
  if (stats)
    *stats = run.stats;
  return ok;
}

gboolean es_capture_check_config(const EsConfig *config, GError **error) {
  g_autoptr(EsCaptureSettings) settings = es_capture_settings_new(config, error);
  return settings != NULL;
}
