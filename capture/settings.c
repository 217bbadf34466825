// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "settings.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include <string.h>

#define MOST_COPIES_MS 400 // SIP sends a message again after 500 ms
#define MOST_WORKERS 64
#define LEAST_RING_BYTES (1024 * 1024)
#define MOST_RING_BYTES (G_GUINT64_CONSTANT(2000) << 20) // libpcap takes an int

// Groups and their keys; a group that ends in a space stands for all that begin so.
static const struct {
  const char *group;
  const char *keys[24]; // and NULL
} KNOWN[] = {
    {"record",
     {"bitrate",      "complexity",   "channels", "silence",    "reorder",   "early_media", "media_timeout",
      "idle_timeout", "ring_timeout", "linger",   "dead_air",   "talk_over", "max_calls",   "ring",
      "copies",       "workers",      "rtp_only", "rtp_codecs", "encode",    "queue"}},
    {"overload", {"memory", "journal", "reserve", "flush", "drain", "shed"}},
    {"link", {"by", "headers", "record", "pickup"}},
    {"mapping", {"extensions", "queue_header", "client_header", "agent_header", "direction_header"}},
    {"number ", {"client", "queue"}},
    {"map ", {"from", "match", "set", "value", "method", "status"}},
    {"consent", {"callee", "notice", "version", "header", "given", "refused", "withdrawn", "requested"}},
    // Read by service/, which tells people; known here, so that a slip of the pen in it is found as well.
    {"alert", {"no_packets", "one_way", "lost", "disk_days", "disk_free", "every", "command"}},
    {"siprec",
     {"allow", "lenient", "certificate", "ca", "clients", "address", "rtp_ports", "max_sessions",
      "max_connections", "min_session"}},
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

static char *list_groups(void) {
  g_autoptr(GString) list = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(KNOWN); i++)
    g_string_append_printf(list, "%s%s%s", i ? ", " : "", KNOWN[i].group,
                           g_str_has_suffix(KNOWN[i].group, " ") ? "…" : "");
  return g_string_free(g_steal_pointer(&list), FALSE);
}

static gboolean check_group(const EsConfig *c, const char *group, GError **error) {
  const char *const *known = known_keys(group);
  if (!known) {
    g_autofree char *list = list_groups();
    return es_config_error(c, error, group, NULL, _("unknown group; there are %s"), list);
  }
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

static gboolean read_timers(EsCaptureSettings *s, const EsConfig *c, GError **error) {
  const gint64 minute = 60 * 1000, day = 24 * 60 * minute;
  gint64 media, idle, ring, linger, copies, max_calls, workers;
  if (!es_config_length_ms(c, "record", "media_timeout", minute, 1000, day, &media, error) ||
      !es_config_length_ms(c, "record", "idle_timeout", 60 * minute, 1000, day, &idle, error) ||
      !es_config_length_ms(c, "record", "ring_timeout", 5 * minute, 1000, day, &ring, error) ||
      !es_config_length_ms(c, "record", "linger", 5000, 0, minute, &linger, error) ||
      !es_config_length_ms(c, "record", "copies", 5, 0, MOST_COPIES_MS, &copies, error) ||
      !es_config_int(c, "record", "max_calls", 20000, 1, 1000000, &max_calls, error) ||
      !es_config_int(c, "record", "workers", (gint64)MIN(g_get_num_processors(), MOST_WORKERS), 0,
                     MOST_WORKERS, &workers, error))
    return FALSE;
  s->media_timeout_us = media * ES_US_PER_MS;
  s->idle_timeout_us = idle * ES_US_PER_MS;
  s->ring_timeout_us = ring * ES_US_PER_MS;
  s->linger_us = linger * ES_US_PER_MS;
  s->copies_us = copies * ES_US_PER_MS;
  s->max_calls = (guint)max_calls;
  s->workers = (guint)workers;
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

static gboolean read_bytes(const EsConfig *c, const char *key, const char *fallback, guint64 *bytes,
                           GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, "record", key, fallback, &text, error))
    return FALSE;
  *bytes = parse_bytes(text);
  return (*bytes >= LEAST_RING_BYTES && *bytes <= MOST_RING_BYTES) ||
         es_config_error(c, error, "record", key, _("“%s” is not a size from 1M to 2000M"), text);
}

static gboolean read_encode(EsCaptureSettings *s, const EsConfig *c, GError **error) {
  g_autofree char *text = NULL;
  if (!read_bytes(c, "ring", "64M", &s->ring_bytes, error) ||
      !read_bytes(c, "queue", "8M", &s->queue_bytes, error) ||
      !es_config_string(c, "record", "encode", "now", &text, error))
    return FALSE;
  while (s->queue_bytes & (s->queue_bytes - 1)) // the lowest bits go until one is left
    s->queue_bytes &= s->queue_bytes - 1;
  s->encode_later = strcmp(text, "later") == 0;
  return s->encode_later || strcmp(text, "now") == 0 ||
         es_config_error(c, error, "record", "encode", _("“%s” is neither now nor later"), text);
}

EsCaptureSettings *es_capture_settings_new(const EsConfig *config, GError **error) {
  g_autoptr(EsCaptureSettings) s = g_rc_box_new0(EsCaptureSettings);
  es_recording_settings_init(&s->recording);
  if (!check_names(config, error) || !es_recording_settings_read(&s->recording, config, error) ||
      !es_config_bool(config, "record", "early_media", TRUE, &s->early_media, error) ||
      !read_timers(s, config, error) || !read_encode(s, config, error) ||
      !es_overload_settings_read(&s->overload, config, error) ||
      !es_config_bool(config, "record", "rtp_only", FALSE, &s->rtp_only, error) ||
      !es_rtp_codecs_read(&s->rtp_codecs, config, error) || !es_link_settings_read(&s->link, config, error) ||
      !es_siprec_settings_read(&s->siprec, config, error) || !(s->mapping = es_mapping_new(config, error)) ||
      !(s->consent = es_consent_rules_new(config, error)))
    return NULL;
  return g_steal_pointer(&s);
}

static void clear(gpointer data) {
  EsCaptureSettings *settings = data;
  es_rtp_codecs_clear(&settings->rtp_codecs);
  es_link_settings_clear(&settings->link);
  es_mapping_free(settings->mapping);
  es_consent_rules_free(settings->consent);
  es_siprec_settings_clear(&settings->siprec);
}

EsCaptureSettings *es_capture_settings_ref(EsCaptureSettings *settings) {
  return g_rc_box_acquire(settings);
}

void es_capture_settings_unref(EsCaptureSettings *settings) {
  g_rc_box_release_full(settings, clear);
}
