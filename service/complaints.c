// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Each check adds a complaint or none. The codes are a promise to whoever greps for them;
// the manual page of status lists them.
#include "complaints.h"
#include "disk.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "recorders.h"

#include <math.h>

#define DAY_US (24 * 3600 * ES_US_PER_S)
#define BEHIND_MS (10 * 60 * 1000)
#define RECENT_CALLS 200
#define LEAST_CALLS 20 // below that a share says nothing

typedef struct {
  const char *library;
  EsIndex *index;
  GPtrArray *recorders;
  const EsAlertSettings *settings;
  gint64 now_us;
  GPtrArray *complaints;
} Look;

static void complaint_free(gpointer data) {
  EsComplaint *complaint = data;
  g_free(complaint->message);
  g_free(complaint);
}

static void complain(Look *look, const char *code, gint64 pid, const char *format, ...) G_GNUC_PRINTF(4, 5);
static void complain(Look *look, const char *code, gint64 pid, const char *format, ...) {
  EsComplaint *complaint = g_new0(EsComplaint, 1);
  va_list args;
  va_start(args, format);
  *complaint = (EsComplaint){code, pid, g_strdup_vprintf(format, args)};
  va_end(args);
  g_ptr_array_add(look->complaints, complaint);
}

// ---- recorders

static gboolean is_import(JsonObject *recorder) {
  return g_strcmp0(es_recorder_text(recorder, "source"), "file") == 0;
}

static void check_packets(Look *look, JsonObject *recorder, gint64 pid) {
  gint64 last_us = es_recorder_time(recorder, "last_packet_at");
  if (last_us == ES_UNKNOWN)
    last_us = es_recorder_time(recorder, "started_at");
  gint64 silent_ms = (look->now_us - last_us) / ES_US_PER_MS;
  if (is_import(recorder) || last_us == ES_UNKNOWN || !look->settings->no_packets_ms ||
      silent_ms < look->settings->no_packets_ms)
    return;
  g_autofree char *silence = es_duration_format(silent_ms, FALSE);
  const char *name = es_recorder_text(recorder, "name");
  complain(
      look, "no-packets", pid,
      _("recorder %d has seen no packet on %s for %s; look at the mirror port, its cable and the filter"),
      (int)pid, name ? name : "?", silence);
}

// What it does when there is more than it can do.
static void check_overload(Look *look, JsonObject *recorder, gint64 pid) {
  const char *bound = es_recorder_text(recorder, "overload");
  gint64 behind_ms = es_recorder_number(recorder, "behind_ms");
  g_autofree char *behind = es_duration_format(MAX(behind_ms, 0), FALSE);
  if (bound)
    complain(look, "overload", pid,
             _("recorder %d does not record new calls and cuts off others (%s); calls cut off: %.0f, without "
               "audio: %.0f; give it more of what has run out, or fewer calls"),
             (int)pid, bound, (double)es_recorder_number(recorder, "calls_shed"),
             (double)es_recorder_number(recorder, "calls_unrecorded"));
  else if (behind_ms > BEHIND_MS && g_strcmp0(es_recorder_text(recorder, "encode"), "now") == 0)
    complain(look, "behind", pid,
             _("recorder %d encodes %s behind what arrives; nothing is lost, but give it a faster machine or "
               "fewer calls"),
             (int)pid, behind);
}

static void check_descriptors(Look *look, JsonObject *recorder, gint64 pid) {
  if (json_object_get_boolean_member_with_default(recorder, "no_descriptors", FALSE))
    complain(
        look, "descriptors", pid,
        _("recorder %d can open no more files or sockets: it refuses new recording sessions and makes "
          "recordings later; no audio is lost, but raise its limit of open files (ulimit -Hn, LimitNOFILE of "
          "the unit)"),
        (int)pid);
}

static void check_recorder(Look *look, JsonObject *recorder) {
  gint64 pid = es_recorder_number(recorder, "pid");
  gint64 dropped = es_recorder_number(recorder, "recently_dropped");
  if (es_recorder_is_stalled(recorder)) {
    gint64 silent_ms = es_recorder_number(recorder, "silent_ms");
    g_autofree char *silence = es_duration_format(silent_ms, FALSE);
    if (silent_ms == ES_UNKNOWN)
      complain(look, "recorder-stalled", pid,
               _("recorder %d does not answer; look at its process and the disk"), (int)pid);
    else
      complain(look, "recorder-stalled", pid,
               _("recorder %d has not moved for %s; look at its process and the disk"), (int)pid, silence);
    return;
  }
  check_packets(look, recorder, pid);
  check_overload(look, recorder, pid);
  check_descriptors(look, recorder, pid);
  if (es_recorder_number(recorder, "calls_waiting") > 0)
    complain(look, "index", pid,
             _("recorder %d cannot write the index; calls go on and their rows wait: %.0f; is it locked by "
               "another program, full, damaged or not the recorder's to write?"),
             (int)pid, (double)es_recorder_number(recorder, "calls_waiting"));
  if (dropped > 0)
    complain(look, "drops", pid,
             _("recorder %d: packets dropped by the kernel in the last ten minutes: %.0f; give it a larger "
               "ring, a "
               "narrower filter or a faster machine"),
             (int)pid, (double)dropped);
}

static void check_recorders(Look *look) {
  gboolean runs = FALSE;
  for (guint i = 0; i < look->recorders->len; i++)
    runs |= !is_import(look->recorders->pdata[i]);
  if (!runs)
    complain(look, "no-recorder", ES_UNKNOWN, _("no recorder is running; start “earshot record”"));
  for (guint i = 0; i < look->recorders->len; i++)
    check_recorder(look, look->recorders->pdata[i]);
}

// ---- recent calls

static gboolean check_media(Look *look, GError **error) {
  EsRecentMedia media;
  if (!es_index_recent_media(look->index, look->now_us - DAY_US, RECENT_CALLS, &media, error))
    return FALSE;
  if (media.answered < LEAST_CALLS)
    return TRUE;
  double one_way = 100 * (double)media.one_way / (double)media.answered;
  double lost = media.expected ? 100 * (double)media.lost / (double)media.expected : 0;
  if (look->settings->one_way_percent && one_way > (double)look->settings->one_way_percent)
    complain(
        look, "one-way", ES_UNKNOWN,
        _("of the last %d answered calls %d have media one way only (%.1f %%); the mirror may copy received "
          "packets only: run “earshot doctor --listen”"),
        (int)media.answered, (int)media.one_way, one_way);
  if (look->settings->lost_percent && lost > (double)look->settings->lost_percent)
    complain(
        look, "losses", ES_UNKNOWN,
        _("of the packets of the last %d answered calls %.1f %% are missing; look at the network and the "
          "mirror port"),
        (int)media.answered, lost);
  return TRUE;
}

// Calls that a recorder left open when it was killed wait in the spool for the next one.
static guint left_in_spool(const Look *look) {
  g_autofree char *path = g_build_filename(look->library, "spool", NULL);
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *name;
  guint n = 0;
  while (dir && look->recorders->len == 0 && (name = g_dir_read_name(dir)))
    n += g_str_has_suffix(name, ".meta");
  return n;
}

// Those of a live recorder wait in its journal, which does not tell how many they are without being read.
static gboolean left_in_journal(const Look *look) {
  g_autofree char *path = g_build_filename(look->library, "spool", "journal", NULL);
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *run;
  gboolean left = FALSE;
  while (dir && look->recorders->len == 0 && !left && (run = g_dir_read_name(dir))) {
    g_autofree char *folder = g_build_filename(path, run, NULL);
    g_autoptr(GDir) segments = g_dir_open(folder, 0, NULL);
    left = segments && g_dir_read_name(segments);
  }
  return left;
}

// Calls whose rows the index refused have their accounts there.
static void check_refused(Look *look) {
  g_autofree char *path = g_build_filename(look->library, "spool", "refused", NULL);
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *name;
  guint n = 0;
  while (dir && (name = g_dir_read_name(dir)))
    n += g_str_has_suffix(name, ".json");
  if (n)
    complain(look, "refused", ES_UNKNOWN,
             _("calls that the index refused: %u; they are in spool/refused, each with an account that says "
               "why and that “earshot import --metadata” takes in"),
             n);
}

static gboolean check_trouble(Look *look, GError **error) {
  EsRecentTrouble trouble;
  guint left = left_in_spool(look);
  if (!es_index_recent_trouble(look->index, look->now_us - DAY_US, &trouble, error))
    return FALSE;
  if (trouble.dropped_calls > 0)
    complain(
        look, "dropped-calls", ES_UNKNOWN,
        _("calls of the last 24 hours that lost packets to the kernel's ring: %d (packets: %.0f); give it a "
          "larger ring, a narrower filter or a faster machine"),
        (int)trouble.dropped_calls, (double)trouble.dropped_packets);
  if (left)
    complain(look, "interrupted", ES_UNKNOWN,
             _("calls that a killed recorder left open: %u; start “earshot record”, which repairs them"),
             left);
  else if (left_in_journal(look))
    complain(look, "interrupted", ES_UNKNOWN,
             _("calls that a recorder could not finish wait in its journal; start “earshot record”, which "
               "finishes them"));
  else if (trouble.interrupted > 0)
    complain(look, "interrupted", ES_UNKNOWN,
             _("calls of the last 24 hours that were cut off because a recorder was killed: %d; find out who "
               "killed it"),
             (int)trouble.interrupted);
  return TRUE;
}

// ---- disk

static gboolean check_disk(Look *look, GError **error) {
  EsLibraryFigures figures;
  EsDisk disk;
  if (!es_index_library_figures(look->index, look->now_us, look->now_us, &figures, error) ||
      !es_disk_look(look->library, &figures, look->now_us, &disk, error))
    return FALSE;
  g_autofree char *left = g_format_size_full(disk.free_bytes, G_FORMAT_SIZE_IEC_UNITS);
  if (look->settings->disk_free_percent && disk.free_percent < (double)look->settings->disk_free_percent)
    complain(look, "disk-free", ES_UNKNOWN,
             _("%s left on the disk (%.1f %%); make room, or move the library"), left, disk.free_percent);
  if (look->settings->disk_days && isfinite(disk.days) && disk.days < (double)look->settings->disk_days)
    complain(look, "disk-days", ES_UNKNOWN,
             _("the disk is full in %.1f days at the present rate (%s left); make room, or move the library"),
             disk.days, left);
  return TRUE;
}

GPtrArray *es_complaints_gather(const char *library, EsIndex *index, GPtrArray *recorders,
                                const EsAlertSettings *settings, gint64 now_us, GError **error) {
  g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(complaint_free);
  Look look = {library, index, recorders, settings, now_us, complaints};
  check_recorders(&look);
  check_refused(&look);
  if (!index) {
    complain(
        &look, "index", ES_UNKNOWN,
        _("the index cannot be read; look at index.sqlite and its disk: earshot doctor names what is wrong"));
    return g_steal_pointer(&complaints);
  }
  if (!check_media(&look, error) || !check_trouble(&look, error) || !check_disk(&look, error))
    return NULL;
  return g_steal_pointer(&complaints);
}
