// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The run over capture files: recover what was left, read packets, hand datagrams to the worker, end what is
// open.
#include "earshot/capture/capture.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "recover.h"
#include "worker.h"
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_EVERY 64                  // packets between looks at the wall clock
#define PROGRESS_EVERY_US (100 * 1000) // wall time

typedef struct {
  const EsCaptureOptions *options;
  const EsCaptureSink *sink;
  EsCaptureStats stats;
  EsWorker *worker;
  gint64 told; // monotonic time of the latest progress
} Run;

static void tell_progress(Run *run) {
  run->told = g_get_monotonic_time();
  if (run->sink && run->sink->progress)
    run->sink->progress(&run->stats, run->sink->user_data);
}

static void warn(Run *run, const char *message) {
  if (run->sink && run->sink->warning)
    run->sink->warning(message, run->sink->user_data);
}

static gboolean stopped(const Run *run) {
  return run->options->stop && g_atomic_int_get(run->options->stop) != 0;
}

static gboolean take_packet(Run *run, const EsPacket *packet, GError **error) {
  EsDatagram datagram;
  run->stats.packets++;
  run->stats.bytes += packet->wire_length;
  switch (es_link_parse(packet, &datagram)) {
  case ES_LINK_UDP:
    return es_worker_datagram(run->worker, &datagram, error);
  case ES_LINK_FRAGMENT:
    run->stats.fragments++;
    return TRUE;
  case ES_LINK_SHORT:
    run->stats.bad++;
    return TRUE;
  case ES_LINK_OTHER:
    run->stats.other++;
    return TRUE;
  case ES_LINK_UNSUPPORTED:
    run->stats.undecoded_link++;
    return TRUE;
  }
  return TRUE;
}

// Looks at the wall clock now and then: progress, batches, saves.
static gboolean look_up(Run *run, EsPacketSource *source, guint64 done_before, GError **error) {
  guint64 done, total;
  source->klass->progress(source, &done, &total);
  run->stats.done_bytes = done_before + done;
  if (g_get_monotonic_time() - run->told > PROGRESS_EVERY_US)
    tell_progress(run);
  return es_worker_idle(run->worker, error);
}

typedef enum { READ_END, READ_STOPPED, READ_BROKEN, READ_FAILED } ReadResult;

// READ_BROKEN: the capture itself is at fault; READ_FAILED: the library cannot be written.
static ReadResult read_source(Run *run, EsPacketSource *source, GError **error) {
  guint64 done_before = run->stats.done_bytes;
  gboolean eager = run->stats.total_bytes == 0;
  for (guint n = 0;; n++) {
    EsPacket packet;
    if (stopped(run))
      return READ_STOPPED;
    EsSourceStatus status = source->klass->next(source, &packet, error);
    if (status != ES_SOURCE_PACKET && stopped(run)) {
      g_clear_error(error); // the signal broke into the read, or ended the writer of the pipe as well
      return READ_STOPPED;
    }
    if (status != ES_SOURCE_PACKET)
      return status == ES_SOURCE_END ? READ_END : READ_BROKEN;
    if (!take_packet(run, &packet, error))
      return READ_FAILED;
    if ((eager || n % LOOK_EVERY == 0) && !look_up(run, source, done_before, error))
      return READ_FAILED;
  }
}

static ReadResult read_file(Run *run, const char *path, GError **error) {
  g_autoptr(EsPacketSource) source = es_pcap_file_open(path, error);
  if (!source)
    return READ_BROKEN;
  gboolean from_stdin = strcmp(path, "-") == 0;
  g_autofree char *name = g_path_get_basename(path);
  g_autofree char *label = from_stdin ? g_strdup("pcap:stdin") : g_strdup_printf("pcap:%s", name);
  es_worker_set_source(run->worker, label, from_stdin);
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

static EsEnd end_of(ReadResult result, const GError *error) {
  switch (result) {
  case READ_STOPPED:
    return ES_END_STOPPED;
  case READ_BROKEN:
    return ES_END_TRUNCATED;
  case READ_FAILED:
    return g_error_matches(error, ES_ERROR, ES_ERROR_NO_SPACE) ? ES_END_DISK_FULL : ES_END_FAILED;
  default:
    return ES_END_CAPTURE;
  }
}

static gboolean read_files(Run *run, GError **error) {
  g_autoptr(GError) failed = NULL, closing = NULL;
  ReadResult result = READ_END;
  run->stats.total_bytes = total_bytes(run->options->files);
  for (const char *const *file = run->options->files; *file && result == READ_END; file++)
    result = read_file(run, *file, &failed);
  gboolean ended = es_worker_finish_all(run->worker, end_of(result, failed), &closing);
  tell_progress(run);
  if (failed)
    g_propagate_error(error, g_steal_pointer(&failed));
  else if (!ended)
    g_propagate_error(error, g_steal_pointer(&closing));
  return ended && (result == READ_END || result == READ_STOPPED);
}

static void warn_unread(Run *run) {
  if (run->stats.fragments) {
    g_autofree char *text = g_strdup_printf(
        ngettext_("%" PRIu64 " packet is an IP fragment and was not read",
                  "%" PRIu64 " packets are IP fragments and were not read", (gulong)run->stats.fragments),
        run->stats.fragments);
    warn(run, text);
  }
  if (run->stats.undecoded_link) {
    g_autofree char *text = g_strdup_printf(ngettext_("%" PRIu64 " packet has a link type that is not read",
                                                      "%" PRIu64 " packets have a link type that is not read",
                                                      (gulong)run->stats.undecoded_link),
                                            run->stats.undecoded_link);
    warn(run, text);
  }
}

static EsSpool *open_spool(Run *run, EsIndex *index, GError **error) {
  gboolean alone;
  guint repaired = 0;
  g_autoptr(EsSpool) spool = es_spool_open(run->options->library, &alone, error);
  if (!spool ||
      (alone && !es_spool_recover(spool, run->options->library, index, run->sink, &repaired, error)) ||
      !es_spool_share(spool, error))
    return NULL;
  run->stats.calls_repaired = repaired;
  es_spool_start_flushing(spool);
  return g_steal_pointer(&spool);
}

gboolean es_capture_run(const EsCaptureOptions *options, EsIndex *index, const EsCaptureSink *sink,
                        EsCaptureStats *stats, GError **error) {
  Run run = {
      .options = options, .sink = sink, .stats.capture_us = ES_UNKNOWN, .told = g_get_monotonic_time()};
  g_autoptr(EsCaptureSettings) settings = es_capture_settings_new(options->config, error);
  g_autoptr(EsSpool) spool = settings ? open_spool(&run, index, error) : NULL;
  if (!spool)
    return FALSE;
  run.worker = es_worker_new(settings, options, index, spool, sink, &run.stats);
  gboolean ok = read_files(&run, error);
  warn_unread(&run);
  es_worker_free(run.worker);
  if (stats)
    *stats = run.stats;
  return ok;
}

gboolean es_capture_check_config(const EsConfig *config, GError **error) {
  g_autoptr(EsCaptureSettings) settings = es_capture_settings_new(config, error);
  return settings != NULL;
}
