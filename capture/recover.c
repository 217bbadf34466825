// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a killed recorder left in the spool becomes rows: audio is repaired and moved to the recordings, a
// call without audio becomes a row without a file. Both say "interrupted", so that a later run over the same
// capture can record them again in full.
//
// Order of steps for each call: repair the .part, rename it, commit the row, remove the .meta. A crash
// between any two of them is recovered by the next run, which also looks for the file where the rename would
// have put it.
#include "recover.h"
#include "earshot/capture/capture.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/encode/file.h"
#include "earshot/index/recording.h"
#include "kept-file.h"
#include "refused.h"
#include "segments.h"
#include "shared-sink.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

// A .part whose metadata is lost is still somebody's call: what its id and the file itself tell is kept.
static EsCall *unknown_call(const char *id, const char *path) {
  GStatBuf status;
  EsCall *call = es_call_new();
  call->id = g_strdup(id);
  call->source_key = g_strdup_printf("lost|%s", id);
  call->started_us = g_stat(path, &status) == 0 ? (gint64)status.st_mtime * ES_US_PER_S : g_get_real_time();
  call->answered_us = call->started_us;
  return call;
}

static gboolean move(const char *part, const char *final, GError **error) {
  g_autofree char *directory = g_path_get_dirname(final);
  if (g_mkdir_with_parents(directory, 0700) != 0)
    return es_set_errno(error, errno, "%s", directory);
  return g_rename(part, final) == 0 || es_set_errno(error, errno, "%s", final);
}

// Repairs the .part and moves it to its place. FALSE only when that fails; *kept tells whether there is
// audio.
static gboolean rescue_audio(const char *part, const char *final, EsRepair *repair, gboolean *kept,
                             GError **error) {
  g_autoptr(GError) failed = NULL;
  const char *from = g_file_test(part, G_FILE_TEST_EXISTS) ? part : final;
  *kept = FALSE;
  if (!g_file_test(from, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!es_opus_repair(from, repair, &failed)) {
    if (!g_error_matches(failed, ES_ERROR, ES_ERROR_NOT_FOUND) &&
        !g_error_matches(failed, ES_ERROR, ES_ERROR_INVALID) &&
        !g_error_matches(failed, ES_ERROR, ES_ERROR_CORRUPT)) {
      g_propagate_error(error, g_steal_pointer(&failed));
      return FALSE;
    }
    g_unlink(from); // not one page of audio had been written
    return TRUE;
  }
  *kept = TRUE;
  return from == final || move(from, final, error);
}

// A call that was over is as it ended; of another the last that was seen or heard is its end.
static void place_end(EsCall *call, const EsSpoolMoments *moments) {
  gint64 audio_end = moments->audio_start_us != ES_UNKNOWN && call->file
                         ? moments->audio_start_us + call->audio_ms * ES_US_PER_MS
                         : ES_UNKNOWN;
  gint64 seen_us = MAX(moments->seen_us, audio_end);
  call->ended_us = MAX(moments->ended_us != ES_UNKNOWN ? moments->ended_us : seen_us, call->started_us);
  if (moments->ended_us == ES_UNKNOWN) {
    g_free(call->ended_by);
    call->ended_by = g_strdup("interrupted");
  }
  if (call->answered_us != ES_UNKNOWN)
    call->duration_ms = MAX(call->ended_us - call->answered_us, 0) / ES_US_PER_MS;
}

static gboolean is_mixed(const EsCall *call) {
  return call->legs->len == 1 && strcmp(((const EsCallLeg *)call->legs->pdata[0])->role, "mixed") == 0;
}

static void describe_end(EsCall *call, const EsSpoolMoments *moments) {
  gboolean answered = call->answered_us != ES_UNKNOWN;
  place_end(call, moments);
  if (!call->disposition || answered != (g_strcmp0(call->disposition, "answered") == 0)) {
    g_free(call->disposition);
    call->disposition = g_strdup(answered ? "answered" : "missed");
  }
  g_free(call->outcome);
  call->outcome = g_strdup(call->file ? "partial" : "none");
  g_free(call->outcome_reason);
  call->outcome_reason = g_strdup(N_("interrupted"));
  es_segments_end(call);
  g_free(call->consent_state);
  call->consent_state = g_strdup(es_consent_state(call->consent));
  const char *roles[2];
  es_leg_roles(call->direction, roles);
  for (guint i = call->legs->len; i < 2 && !is_mixed(call); i++)
    g_ptr_array_add(call->legs, es_call_leg_new(roles[i]));
  for (guint i = 0; i < call->legs->len && !call->codec; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    if (leg->streams->len)
      call->codec = g_strdup(g_array_index(leg->streams, EsStreamLedger, 0).codec);
  }
}

// What is known of a call that was left behind. While others record, that is what names a run that is over;
// it is read again once that is sure, since until then its recorder may have written it, or been done with
// it. NULL for one that is none of ours.
static EsCall *load_left(EsSpool *spool, gboolean alone, const char *id, EsSpoolMoments *moments) {
  g_autofree char *part = es_spool_path(spool, id, ".part");
  g_autofree char *meta = es_spool_path(spool, id, ".meta");
  *moments = (EsSpoolMoments){ES_UNKNOWN, ES_UNKNOWN, ES_UNKNOWN, ES_UNKNOWN};
  g_autoptr(EsCall) call = es_spool_load(meta, moments, NULL);
  if (!alone) {
    gboolean left = call && es_spool_run_is_over(spool, moments->run);
    g_clear_pointer(&call, es_call_free);
    call = left ? es_spool_load(meta, moments, NULL) : NULL;
  }
  if (call && strcmp(call->id, id) == 0)
    return g_steal_pointer(&call);
  if (!alone)
    return NULL;
  EsCall *unknown = unknown_call(id, g_file_test(part, G_FILE_TEST_EXISTS) ? part : meta);
  *moments = (EsSpoolMoments){ES_UNKNOWN, unknown->started_us, ES_UNKNOWN, ES_UNKNOWN};
  return unknown;
}

// The row of a call that the run that was killed had committed; *row is NULL when there is none, or when it
// is to be replaced. After a power failure metadata may be lost of which the removal of audio is not: then
// the id alone tells.
static gboolean find_committed(EsIndex *index, const EsCall *call, EsCall **row, GError **error) {
  EsSeen seen;
  g_autofree char *id = NULL;
  g_autoptr(GError) none = NULL;
  *row = NULL;
  if (!es_index_seen(index, call->source_key, &seen, &id, error))
    return FALSE;
  if (seen == ES_SEEN_INTERRUPTED)
    return TRUE;
  *row = es_index_get_call(index, id ? id : call->id, &none);
  if (*row || g_error_matches(none, ES_ERROR, ES_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&none));
  return FALSE;
}

// The run that was killed was only clearing up. The file is as the row says; if the disk forgot its move,
// that is done again. What the row has not is not kept.
static gboolean clear_committed(EsSpool *spool, const char *library, const EsCall *row, const char *id,
                                GError **error) {
  g_autofree char *part = es_spool_path(spool, id, ".part");
  gboolean ours = strcmp(row->id, id) == 0 && row->file;
  g_autofree char *final = ours ? g_build_filename(library, row->file, NULL) : NULL;
  if (!ours || g_file_test(final, G_FILE_TEST_EXISTS))
    g_unlink(part);
  else if (g_file_test(part, G_FILE_TEST_EXISTS) && !move(part, final, error))
    return FALSE;
  es_spool_forget(spool, id);
  return TRUE;
}

static gboolean recover_call(EsSpool *spool, gboolean alone, const char *library, EsIndex *index,
                             const char *id, const EsCaptureSink *sink, guint *repaired, GError **error) {
  g_autofree char *part = es_spool_path(spool, id, ".part");
  EsSpoolMoments moments;
  g_autoptr(EsCall) call = load_left(spool, alone, id, &moments);
  if (!call)
    return TRUE;
  g_autoptr(EsCall) row = NULL;
  if (!find_committed(index, call, &row, error))
    return FALSE;
  if (row)
    return clear_committed(spool, library, row, id, error);
  // Early media of a call that was not answered is not kept, as when it ends in the usual way.
  if (call->answered_us == ES_UNKNOWN)
    g_unlink(part);
  g_autofree char *relative = es_recording_path(call->client, call->started_us, id);
  g_autofree char *final = g_build_filename(library, relative, NULL);
  EsRepair repair;
  gboolean kept;
  if (!rescue_audio(part, final, &repair, &kept, error))
    return FALSE;
  if (kept && moments.audio_start_us == ES_UNKNOWN)
    moments.audio_start_us = es_kept_file_start(final);
  if (kept)
    es_kept_file_describe(call, relative, &repair, moments.audio_start_us);
  describe_end(call, &moments);
  if (kept)
    es_kept_file_seal(call, final, moments.audio_start_us);
  g_autoptr(GPtrArray) rows = g_ptr_array_new();
  gboolean put;
  g_ptr_array_add(rows, call);
  if (es_rows_put(index, rows, 1, sink, &put, error) < 1)
    return FALSE;
  es_spool_forget(spool, id);
  if (!put)
    return TRUE;
  (*repaired)++;
  if (sink && sink->finished)
    sink->finished(call, sink->user_data);
  return TRUE;
}

// Ids of everything in the spool; unfinished writes of metadata are removed where nobody else can be at it.
static GHashTable *spooled_ids(EsSpool *spool, gboolean alone, GError **error) {
  g_autoptr(GDir) dir = g_dir_open(es_spool_directory(spool), 0, error);
  if (!dir)
    return NULL;
  GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  const char *name;
  while ((name = g_dir_read_name(dir))) {
    if (alone && g_str_has_suffix(name, ".meta-new")) {
      g_autofree char *path = g_build_filename(es_spool_directory(spool), name, NULL);
      g_unlink(path);
      continue;
    }
    if (!g_str_has_suffix(name, ".meta") && !g_str_has_suffix(name, ".part"))
      continue;
    g_autofree char *id = g_strndup(name, strlen(name) - strlen(".part"));
    if (es_id_is_whole(id))
      g_hash_table_add(ids, g_steal_pointer(&id));
  }
  return ids;
}

static void tell_failed(const EsSpool *spool, const EsCaptureSink *sink, const GError *failed) {
  g_autofree char *text =
      g_strdup_printf(_("%s: calls of an earlier run could not be recovered: %s; this will be tried again"),
                      es_spool_directory(spool), failed->message);
  es_sink_tell(sink, ES_LOG_UNFINISHED, text);
}

gboolean es_spool_recover(EsSpool *spool, gboolean alone, gboolean live, const char *library, EsIndex *index,
                          const EsCaptureSink *sink, guint *repaired, GError **error) {
  g_autoptr(GHashTable) ids = spooled_ids(spool, alone, error);
  g_autoptr(GError) first = NULL;
  if (!ids)
    return FALSE;
  GHashTableIter iter;
  gpointer id;
  g_hash_table_iter_init(&iter, ids);
  while (g_hash_table_iter_next(&iter, &id, NULL)) {
    g_autoptr(GError) failed = NULL;
    if (recover_call(spool, alone, library, index, id, sink, repaired, &failed))
      continue;
    g_prefix_error(&failed, "%s: ", (const char *)id);
    first = first ? first : g_steal_pointer(&failed);
  }
  gboolean ok = first == NULL;
  if (!ok && live)
    tell_failed(spool, sink, first);
  else if (!ok)
    g_propagate_error(error, g_steal_pointer(&first));
  return live || ok;
}
