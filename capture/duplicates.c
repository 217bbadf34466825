// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "duplicates.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>

// What is known of a file's audio alone.
static void forget_audio(EsCall *row) {
  g_clear_pointer(&row->file, g_free);
  g_clear_pointer(&row->file_sha256, g_free);
  row->file_bytes = row->audio_ms = row->audio_offset_ms = ES_UNKNOWN;
  row->sample_rate_hz = row->channels = 0;
  row->talk_over_ms = row->dead_air_ms = row->greeting_ms = row->missing_ms = row->raised_ms = ES_UNKNOWN;
  g_array_set_size(row->gaps, 0);
  g_array_set_size(row->talk_over, 0);
  g_array_set_size(row->dead_air, 0);
  for (guint i = 0; i < row->consent->len; i++)
    ((EsConsentEvent *)row->consent->pdata[i])->offset_ms = ES_UNKNOWN;
}

static void forget_measures(EsCallLeg *leg) {
  leg->filled_ms = 0;
  leg->speech_ms = leg->greeting_ms = leg->raised_ms = ES_UNKNOWN;
  leg->drift_ppm = leg->loudness_lufs = (double)NAN;
  g_array_unref(leg->speech); // others may hold it
  leg->speech = g_array_new(FALSE, FALSE, sizeof(EsInterval));
}

void es_duplicate_mark(EsCall *row, const char *kept) {
  g_free(row->outcome);
  row->outcome = g_strdup("none");
  g_free(row->outcome_reason);
  row->outcome_reason = g_strdup(N_("recorded in another call of the story"));
  gint64 at_ms = MAX(row->ended_us - row->started_us, 0) / ES_US_PER_MS;
  g_ptr_array_add(row->events, es_call_event_new(at_ms, "duplicate", -1, es_id_short(kept)));
}

gboolean es_duplicate_discard(EsCall *row, const char *library, const char *kept) {
  g_autofree char *path = g_build_filename(library, row->file, NULL);
  if (g_unlink(path) != 0 && errno != ENOENT)
    return FALSE;
  forget_audio(row);
  for (guint i = 0; i < row->legs->len; i++)
    forget_measures(row->legs->pdata[i]);
  es_duplicate_mark(row, kept);
  return TRUE;
}
