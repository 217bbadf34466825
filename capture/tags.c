// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "tags.h"
#include "earshot/common/clock.h"
#include "roles.h"
#include <string.h>

static void add_tag(GPtrArray *tags, const char *name, const char *value) {
  if (value && *value)
    g_ptr_array_add(tags, g_strdup_printf("%s=%s", name, value));
}

// The event that made the state what it is.
static const EsConsentEvent *deciding_event(const EsCall *row) {
  for (guint i = row->consent->len; i > 0; i--) {
    const EsConsentEvent *event = row->consent->pdata[i - 1];
    if (strcmp(event->state, row->consent_state) == 0)
      return event;
  }
  return NULL;
}

static void add_consent_tags(GPtrArray *tags, const EsCall *row, gint64 audio_us) {
  add_tag(tags, "CONSENT_STATE", row->consent_state);
  const EsConsentEvent *event = deciding_event(row);
  if (!event)
    return;
  add_tag(tags, "CONSENT_NOTICE", event->notice);
  add_tag(tags, "CONSENT_VERSION", event->version);
  g_autofree char *offset = g_strdup_printf("%" G_GINT64_FORMAT, (event->at_us - audio_us) / ES_US_PER_MS);
  add_tag(tags, "CONSENT_OFFSET_MS", event->at_us >= audio_us ? offset : NULL);
}

char **es_recording_row_tags(const EsCall *row, gint64 audio_us) {
  GPtrArray *tags = g_ptr_array_new();
  const char *roles[2];
  es_leg_roles(row->direction, roles);
  g_autofree char *both = g_strdup_printf("%s,%s", roles[0], roles[1]);
  g_autofree char *start = es_time_format_utc(audio_us);
  add_tag(tags, "RECORDING_ID", row->id);
  add_tag(tags, "CHANNEL_ROLES", both);
  add_tag(tags, "START_UTC", start);
  add_tag(tags, "CLIENT", row->client);
  add_consent_tags(tags, row, audio_us);
  g_ptr_array_add(tags, NULL);
  return (char **)g_ptr_array_free(tags, FALSE);
}
