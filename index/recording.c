// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/index/recording.h"
#include "earshot/common/clock.h"
#include <string.h>

// Speech is held to go on for 200 ms after its last sound, and packets may arrive late.
#define ANNOUNCEMENT_TAIL_MS 400

void es_leg_roles(const char *direction, const char *roles[2]) {
  gboolean inbound = strcmp(direction, "inbound") == 0, outbound = strcmp(direction, "outbound") == 0;
  roles[0] = inbound ? "customer" : outbound ? "agent" : "caller";
  roles[1] = inbound ? "agent" : outbound ? "customer" : "callee";
}

// Letters and digits of any script, dashes, underscores and dots within; everything else becomes a dash.
static char *path_word(const char *client) {
  g_autofree char *valid = g_utf8_make_valid(client ? client : "", -1);
  GString *word = g_string_new(NULL);
  for (const char *at = valid; *at && word->len < 100; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    gboolean fine =
        g_unichar_isalnum(c) || g_unichar_ismark(c) || c == '-' || c == '_' || (c == '.' && word->len);
    g_string_append_unichar(word, fine ? c : '-');
  }
  if (word->len == 0)
    g_string_append(word, "default");
  return g_string_free(word, FALSE);
}

char *es_recording_path(const char *client, gint64 started_us, const char *id) {
  g_autofree char *word = path_word(client);
  g_autoptr(GDateTime) start = g_date_time_new_from_unix_utc(started_us / ES_US_PER_S);
  if (!start) // beyond the calendar, as only a broken capture can claim
    return g_strdup_printf("recordings/%s/0000/00/00/%s.opus", word, id);
  return g_strdup_printf("recordings/%s/%04d/%02d/%02d/%s.opus", word, g_date_time_get_year(start),
                         g_date_time_get_month(start), g_date_time_get_day_of_month(start), id);
}

// ---- tags

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

static char *roles_by_direction(const EsCall *row) {
  const char *roles[2];
  es_leg_roles(row->direction, roles);
  return g_strdup_printf("%s,%s", roles[0], roles[1]);
}

char **es_recording_row_tags(const EsCall *row, const char *roles, gint64 audio_us) {
  GPtrArray *tags = g_ptr_array_new();
  g_autofree char *both = roles ? g_strdup(roles) : roles_by_direction(row);
  g_autofree char *start = es_time_format_utc(audio_us);
  add_tag(tags, "RECORDING_ID", row->id);
  add_tag(tags, "CHANNEL_ROLES", both);
  add_tag(tags, "START_UTC", start);
  add_tag(tags, "CLIENT", row->client);
  add_consent_tags(tags, row, audio_us);
  g_ptr_array_add(tags, NULL);
  return (char **)g_ptr_array_free(tags, FALSE);
}

// ---- greeting

// What was being said when the call was answered: words that go on are the agent's, whose first packets may
// come before the 2xx; an announcement or ringing tone of the network stops there.
static gboolean is_announcement(const EsInterval *speech, gint64 answer_ms) {
  return speech->start_ms < answer_ms && speech->end_ms <= answer_ms + ANNOUNCEMENT_TAIL_MS;
}

// From the answer to the agent's first words, the callee's when nobody is known to be the agent.
void es_call_measure_greeting(EsCall *row, gint64 audio_us) {
  gint64 answer_ms = (row->answered_us - audio_us) / ES_US_PER_MS;
  for (guint i = 0; i < row->legs->len; i++) {
    const EsCallLeg *leg = row->legs->pdata[i];
    if (strcmp(leg->role, "agent") != 0 && strcmp(leg->role, "callee") != 0)
      continue;
    for (guint s = 0; s < leg->speech->len; s++) {
      const EsInterval *speech = &g_array_index(leg->speech, EsInterval, s);
      if (is_announcement(speech, answer_ms))
        continue;
      row->greeting_ms = MAX(speech->start_ms - answer_ms, 0);
      return;
    }
  }
}
