// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/recording.h"

static gboolean read_channels(const EsConfig *c, EsChannels *channels, GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, "record", "channels", "mixed", &text, error))
    return FALSE;
  if (strcmp(text, "mixed") != 0 && strcmp(text, "split") != 0)
    return es_config_error(c, error, "record", "channels", _("“%s” is neither mixed nor split"), text);
  *channels = strcmp(text, "split") == 0 ? ES_CHANNELS_SPLIT : ES_CHANNELS_MIXED;
  return TRUE;
}

// A number stays what it is; "auto" is what a live recording makes of it.
static gboolean read_complexity(EsRecordingSettings *r, const EsConfig *c, GError **error) {
  g_autofree char *text = NULL;
  guint64 number;
  if (!es_config_string(c, "record", "complexity", "auto", &text, error))
    return FALSE;
  r->steered = strcmp(text, "auto") == 0;
  if (r->steered)
    return TRUE;
  if (!g_ascii_string_to_unsigned(text, 10, 0, 10, &number, NULL))
    return es_config_error(c, error, "record", "complexity",
                           _("“%s” is neither auto nor a number from 0 to 10"), text);
  r->complexity = (int)number;
  return TRUE;
}

// "-60dB" or "off". Speech of a telephone call is 30 dB and more above the loudest level that may be chosen.
static gboolean read_silence(const EsConfig *c, double *silence_db, GError **error) {
  g_autofree char *text = NULL;
  char *end;
  if (!es_config_string(c, "record", "silence", NULL, &text, error))
    return FALSE;
  if (!text)
    return TRUE;
  if (strcmp(text, "off") == 0) {
    *silence_db = 0;
    return TRUE;
  }
  g_autofree char *digits = g_strstrip(es_digits_to_ascii(text));
  double value = g_ascii_strtod(digits, &end);
  const char *unit = g_strchug(end);
  if (end == digits || (*unit && g_ascii_strcasecmp(unit, "dB") != 0) || !(value >= -90 && value <= -50))
    return es_config_error(c, error, "record", "silence",
                           _("“%s” is neither off nor a level from -90dB to -50dB"), text);
  *silence_db = value;
  return TRUE;
}

gboolean es_recording_settings_read(EsRecordingSettings *r, const EsConfig *c, GError **error) {
  gint64 bitrate;
  if (!es_config_int(c, "record", "bitrate", r->bitrate, 0, 256000, &bitrate, error) ||
      !read_complexity(r, c, error) || !read_channels(c, &r->channels, error) ||
      !read_silence(c, &r->silence_db, error) ||
      !es_config_length_ms(c, "record", "reorder", r->reorder_ms, 0, 5000, &r->reorder_ms, error) ||
      !es_config_length_ms(c, "record", "dead_air", r->dead_air_ms, 500, 600000, &r->dead_air_ms, error) ||
      !es_config_length_ms(c, "record", "talk_over", r->talk_over_ms, 20, 60000, &r->talk_over_ms, error))
    return FALSE;
  if (bitrate && bitrate < 6000)
    return es_config_error(c, error, "record", "bitrate", _("must be 0 or at least 6000 bits per second"));
  r->bitrate = (int)bitrate;
  return TRUE;
}
