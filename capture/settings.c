// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "settings.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include <string.h>

#define LEAST_RING_BYTES (256 * 1024)
#define MOST_RING_BYTES (G_GUINT64_CONSTANT(2000) << 20) // libpcap takes an int

// Groups and their keys; a group that ends in a space stands for all that begin so.
static const struct {
  const char *group;
  const char *keys[16];
} KNOWN[] = {
    {"record",
     {"bitrate", "complexity", "channels", "reorder", "early_media", "media_timeout", "idle_timeout",
      "ring_timeout", "linger", "dead_air", "talk_over", "max_calls", "ring"}},
    {"mapping", {"extensions", "queue_header", "client_header", "agent_header", "direction_header"}},
    {"number ", {"client", "queue"}},
    {"map ", {"from", "match", "set", "value", "method", "status"}},
    {"consent", {"callee", "notice", "version", "header", "given", "refused", "withdrawn", "requested"}},
    // Read by service/, which tells people; known here, so that a slip of the pen in it is found as well.
    {"alert", {"no_packets", "one_way", "lost", "disk_days", "disk_free", "every", "command"}},
    {"prompt ", {"callee", "start", "length", "given", "refused", "notice", "version"}},
};

static const char *const *known_keys(const char *group) {
  for (guint i = 0; i < G_N_ELEMENTS(KNOWN); i++) {
    gboolean family = g_str_has_suffix(KNOWN[i].group, " ");
    if (family ? g_str_has_prefix(group, KNOWN[i].group) && strlen(group) > strlen(KNOWN[i].group)
               : strcmp(group, KNOWN[i].group) == 0)
      return KNOWN[i].keys;
  }
  return NULL;
}

static gboolean check_group(const EsConfig *c, const char *group, GError **error) {
  const char *const *known = known_keys(group);
  if (!known)
    return es_config_error(
        c, error, group, NULL,
        _("unknown group; there are record, mapping, map NAME, number NUMBER, consent, prompt NAME, alert"));
  g_auto(GStrv) keys = es_config_keys(c, group);
  for (char **key = keys; *key; key++)
    if (!g_strv_contains(known, *key)) {
      g_autofree char *list = g_strjoinv(", ", (char **)known);
      return es_config_error(c, error, group, *key, _("unknown key; this group has %s"), list);
    }
  return TRUE;
}

static gboolean check_names(const EsConfig *c, GError **error) {
  g_auto(GStrv) groups = es_config_groups(c);
  for (char **group = groups; *group; group++)
    if (!check_group(c, *group, error))
      return FALSE;
  return TRUE;
}

static gboolean read_channels(const EsConfig *c, EsChannels *channels, GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, "record", "channels", "mixed", &text, error))
    return FALSE;
  if (strcmp(text, "mixed") != 0 && strcmp(text, "split") != 0)
    return es_config_error(c, error, "record", "channels", _("“%s” is neither mixed nor split"), text);
  *channels = strcmp(text, "split") == 0 ? ES_CHANNELS_SPLIT : ES_CHANNELS_MIXED;
  return TRUE;
}

// A length of time that must lie in [min_ms, max_ms].
static gboolean read_length(const EsConfig *c, const char *key, gint64 fallback_ms, gint64 min_ms,
                            gint64 max_ms, gint64 *value_ms, GError **error) {
  if (!es_config_duration_ms(c, "record", key, fallback_ms, value_ms, error))
    return FALSE;
  if (*value_ms >= min_ms && *value_ms <= max_ms)
    return TRUE;
  return es_config_error(c, error, "record", key, _("must be between %.1f and %.1f seconds"), min_ms / 1e3,
                         max_ms / 1e3);
}

static gboolean read_encoding(EsCaptureSettings *s, const EsConfig *c, GError **error) {
  gint64 bitrate, complexity;
  EsRecordingSettings *r = &s->recording;
  if (!es_config_int(c, "record", "bitrate", r->bitrate, 0, 256000, &bitrate, error) ||
      !es_config_int(c, "record", "complexity", r->complexity, 0, 10, &complexity, error) ||
      !read_channels(c, &r->channels, error) ||
      !read_length(c, "reorder", r->reorder_ms, 0, 5000, &r->reorder_ms, error) ||
      !read_length(c, "dead_air", r->dead_air_ms, 500, 600000, &r->dead_air_ms, error) ||
      !read_length(c, "talk_over", r->talk_over_ms, 20, 60000, &r->talk_over_ms, error) ||
      !es_config_bool(c, "record", "early_media", TRUE, &s->early_media, error))
    return FALSE;
  if (bitrate && bitrate < 6000)
    return es_config_error(c, error, "record", "bitrate", _("must be 0 or at least 6000 bits per second"));
  r->bitrate = (int)bitrate;
  r->complexity = (int)complexity;
  return TRUE;
}

static gboolean read_timers(EsCaptureSettings *s, const EsConfig *c, GError **error) {
  const gint64 minute = 60 * 1000, day = 24 * 60 * minute;
  gint64 media, idle, ring, linger, max_calls;
  if (!read_length(c, "media_timeout", minute, 1000, day, &media, error) ||
      !read_length(c, "idle_timeout", 60 * minute, 1000, day, &idle, error) ||
      !read_length(c, "ring_timeout", 5 * minute, 1000, day, &ring, error) ||
      !read_length(c, "linger", 5000, 0, minute, &linger, error) ||
      !es_config_int(c, "record", "max_calls", 20000, 1, 1000000, &max_calls, error))
    return FALSE;
  s->media_timeout_us = media * ES_US_PER_MS;
  s->idle_timeout_us = idle * ES_US_PER_MS;
  s->ring_timeout_us = ring * ES_US_PER_MS;
  s->linger_us = linger * ES_US_PER_MS;
  s->max_calls = (guint)max_calls;
  return TRUE;
}

// Bytes, or as people write them: 64M, 1G. G_MAXUINT64 for anything else.
static guint64 parse_bytes(const char *text) {
  static const char units[] = "KMG";
  char *end = NULL;
  guint64 value = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : G_MAXUINT64;
  const char *unit = end && *end ? strchr(units, g_ascii_toupper(*end)) : NULL;
  if (!end || value > MOST_RING_BYTES || (*end && (!unit || end[1])))
    return G_MAXUINT64;
  return unit ? value << (10 * (unit - units + 1)) : value;
}

static gboolean read_ring(EsCaptureSettings *s, const EsConfig *c, GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, "record", "ring", "64M", &text, error))
    return FALSE;
  s->ring_bytes = parse_bytes(text);
  return (s->ring_bytes >= LEAST_RING_BYTES && s->ring_bytes <= MOST_RING_BYTES) ||
         es_config_error(c, error, "record", "ring", _("“%s” is not a size from 256K to 2000M"), text);
}

EsCaptureSettings *es_capture_settings_new(const EsConfig *config, GError **error) {
  g_autoptr(EsCaptureSettings) s = g_rc_box_new0(EsCaptureSettings);
  es_recording_settings_init(&s->recording);
  if (!check_names(config, error) || !read_encoding(s, config, error) || !read_timers(s, config, error) ||
      !read_ring(s, config, error) || !(s->mapping = es_mapping_new(config, error)) ||
      !(s->consent = es_consent_rules_new(config, error)))
    return NULL;
  return g_steal_pointer(&s);
}

static void clear(gpointer data) {
  EsCaptureSettings *settings = data;
  es_mapping_free(settings->mapping);
  es_consent_rules_free(settings->consent);
}

EsCaptureSettings *es_capture_settings_ref(EsCaptureSettings *settings) {
  return g_rc_box_acquire(settings);
}

void es_capture_settings_unref(EsCaptureSettings *settings) {
  g_rc_box_release_full(settings, clear);
}
