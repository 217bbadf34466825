// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// audio/: Opus packets are copied out of the library's recordings, never encoded again. Tags come along; what
// they say about consent is brought up to date, because the recording's own were written when it ended.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/encode/file.h"
#include "pack-internal.h"

#include <glib/gstdio.h>
#include <string.h>

#define CONSENT_TAG "CONSENT_STATE="

void pack_clip_free(gpointer data) {
  PackClip *clip = data;
  g_free(clip->file);
  g_free(clip->sha256);
  g_free(clip);
}

// ---- which parts

static void add_clip(PackCall *call, gint64 start_ms, gint64 end_ms) {
  for (guint i = 0; i < call->clips->len; i++) {
    const PackClip *clip = call->clips->pdata[i];
    if (clip->start_ms == start_ms && clip->end_ms == end_ms)
      return;
  }
  PackClip *clip = g_new0(PackClip, 1);
  clip->start_ms = start_ms;
  clip->end_ms = end_ms;
  g_ptr_array_add(call->clips, clip);
}

static int compare_clips(gconstpointer a, gconstpointer b) {
  const PackClip *x = *(PackClip *const *)a, *y = *(PackClip *const *)b;
  return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

// A flag without a range means the whole call, which then holds every other range, too.
static gboolean wants_whole(const Pack *pack, const PackCall *call) {
  gboolean whole = !pack->options->ranges_only || call->flags->len == 0;
  for (guint i = 0; i < call->flags->len; i++)
    whole |= ((EsFlag *)call->flags->pdata[i])->start_ms == ES_UNKNOWN;
  return whole;
}

// Each part that the trainer named, once.
static void choose_listed(PackCall *call) {
  gint64 length = call->call->audio_ms;
  for (guint i = 0; i < call->entries->len; i++) {
    const EsPlaylistEntry *entry = call->entries->pdata[i];
    gboolean whole = entry->start_ms == ES_UNKNOWN;
    add_clip(call, whole ? 0 : entry->start_ms, whole ? length : MIN(entry->end_ms, length));
  }
  g_ptr_array_sort(call->clips, compare_clips);
}

static void choose_clips(const Pack *pack, PackCall *call) {
  gint64 length = call->call->audio_ms;
  if (pack->options->playlist) {
    choose_listed(call);
    return;
  }
  if (wants_whole(pack, call)) {
    add_clip(call, 0, length);
    return;
  }
  for (guint i = 0; i < call->flags->len; i++) {
    const EsFlag *flag = call->flags->pdata[i];
    gint64 end = flag->end_ms == ES_UNKNOWN ? length : MIN(flag->end_ms, length);
    if (flag->start_ms < end)
      add_clip(call, MAX(flag->start_ms, 0), end);
  }
  g_ptr_array_sort(call->clips, compare_clips);
}

// ---- tags

static char **clip_tags(const Pack *pack, const EsCall *call, const char *path, GError **error) {
  g_auto(GStrv) old = es_opus_read_tags(path, error);
  if (!old)
    return NULL;
  g_autoptr(GStrvBuilder) tags = g_strv_builder_new();
  for (char **tag = old; *tag; tag++) {
    g_autofree char *masked = pack_mask_text(pack->mask, *tag);
    if (g_ascii_strncasecmp(*tag, CONSENT_TAG, strlen(CONSENT_TAG)) != 0)
      g_strv_builder_add(tags, masked);
  }
  g_autofree char *consent = g_strconcat(CONSENT_TAG, es_consent_state(call->consent), NULL);
  g_strv_builder_add(tags, consent);
  return g_strv_builder_end(tags);
}

// ---- files

static gboolean write_clip(Pack *pack, const PackCall *call, PackClip *clip, const char *source,
                           GError **error) {
  g_auto(GStrv) tags = clip_tags(pack, call->call, source, error);
  if (!tags)
    return FALSE;
  g_autofree char *path = g_build_filename(pack->directory, clip->file, NULL);
  gboolean whole = clip->start_ms == 0 && clip->end_ms == call->call->audio_ms;
  if (!es_opus_cut(source, path, clip->start_ms, whole ? ES_UNKNOWN : clip->end_ms, (const char *const *)tags,
                   error))
    return FALSE;
  clip->sha256 = es_file_sha256(path, error);
  return clip->sha256 != NULL;
}

static gboolean write_clips(Pack *pack, PackCall *call, const char *source, GError **error) {
  for (guint i = 0; i < call->clips->len; i++) {
    PackClip *clip = call->clips->pdata[i];
    clip->file = call->clips->len == 1 ? g_strdup_printf("audio/%s.opus", call->stem)
                                       : g_strdup_printf("audio/%s-%u.opus", call->stem, i + 1);
    if (!write_clip(pack, call, clip, source, error))
      return FALSE;
  }
  return TRUE;
}

static void remove_clips(const Pack *pack, const PackCall *call) {
  for (guint i = 0; i < call->clips->len; i++) {
    const PackClip *clip = call->clips->pdata[i];
    g_autofree char *path = clip->file ? g_build_filename(pack->directory, clip->file, NULL) : NULL;
    if (path)
      g_unlink(path);
  }
}

// *reason says why the call has to be left out; a full disk is no such reason but an error.
static gboolean write_call(Pack *pack, PackCall *call, const char **reason, GError **error) {
  g_autofree char *source = g_build_filename(es_index_library(pack->index), call->call->file, NULL);
  choose_clips(pack, call);
  if (!g_file_test(source, G_FILE_TEST_IS_REGULAR))
    *reason = "audio file missing";
  else if (call->clips->len == 0)
    *reason = "range outside audio";
  if (*reason)
    return TRUE;
  g_autoptr(GError) problem = NULL;
  if (write_clips(pack, call, source, &problem))
    return TRUE;
  if (g_error_matches(problem, ES_ERROR, ES_ERROR_CORRUPT) ||
      g_error_matches(problem, ES_ERROR, ES_ERROR_INVALID)) {
    remove_clips(pack, call);
    *reason = "audio damaged";
    return TRUE;
  }
  g_propagate_prefixed_error(error, g_steal_pointer(&problem), _("Call %s: "), es_id_short(call->call->id));
  return FALSE;
}

static void count_call(Pack *pack, const PackCall *call) {
  pack->result->calls++;
  for (guint i = 0; i < call->clips->len; i++) {
    const PackClip *clip = call->clips->pdata[i];
    pack->result->clips++;
    pack->result->audio_ms += clip->end_ms - clip->start_ms;
  }
}

gboolean pack_write_audio(Pack *pack, GError **error) {
  g_autofree char *directory = g_build_filename(pack->directory, "audio", NULL);
  if (g_mkdir(directory, 0755) < 0)
    return es_set_errno(error, errno, _("Cannot create %s"), directory);
  for (guint i = 0; i < pack->calls->len;) {
    PackCall *call = pack->calls->pdata[i];
    const char *reason = NULL;
    if (!write_call(pack, call, &reason, error))
      return FALSE;
    if (reason) {
      pack_leave_out(pack, call->call->id, reason);
      g_ptr_array_remove_index(pack->calls, i);
      continue;
    }
    count_call(pack, call);
    i++;
  }
  return TRUE;
}
