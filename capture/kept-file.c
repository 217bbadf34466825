// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "kept-file.h"
#include "earshot/index/recording.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static gint64 file_bytes(const char *path) {
  GStatBuf status;
  return g_stat(path, &status) == 0 ? (gint64)status.st_size : 0;
}

gint64 es_kept_file_start(const char *path) {
  g_auto(GStrv) tags = es_opus_read_tags(path, NULL);
  for (char **tag = tags; tag && *tag; tag++)
    if (g_str_has_prefix(*tag, "START_UTC=")) {
      g_autoptr(GDateTime) start = g_date_time_new_from_iso8601(strchr(*tag, '=') + 1, NULL);
      return start ? g_date_time_to_unix(start) * ES_US_PER_S + g_date_time_get_microsecond(start)
                   : ES_UNKNOWN;
    }
  return ES_UNKNOWN;
}

void es_kept_file_describe(EsCall *call, const char *relative, const EsRepair *repair, gint64 audio_us) {
  call->file = g_strdup(relative);
  call->audio_ms = repair->audio_ms;
  call->sample_rate_hz = repair->rate_hz;
  call->channels = repair->channels;
  if (audio_us != ES_UNKNOWN)
    call->audio_offset_ms = MAX(audio_us - call->started_us, 0) / ES_US_PER_MS;
  for (guint i = 0; i < call->consent->len && audio_us != ES_UNKNOWN; i++) {
    EsConsentEvent *event = call->consent->pdata[i];
    if (event->at_us >= audio_us)
      event->offset_ms = (event->at_us - audio_us) / ES_US_PER_MS;
  }
}

// The killed run had no time for the tags that tell of consent. A file whose comment header cannot take them
// stays as it is: what counts is the row.
void es_kept_file_seal(EsCall *call, const char *path, gint64 audio_us) {
  g_autoptr(GString) roles = g_string_new(NULL);
  for (guint i = 0; i < call->legs->len; i++)
    g_string_append_printf(roles, "%s%s", i ? "," : "", ((const EsCallLeg *)call->legs->pdata[i])->role);
  g_auto(GStrv) tags = es_recording_row_tags(call, roles->str, audio_us);
  es_opus_write_tags(path, (const char *const *)tags, NULL);
  call->file_bytes = file_bytes(path);
  call->file_sha256 = es_file_sha256(path, NULL);
}
