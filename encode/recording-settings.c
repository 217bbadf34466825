// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

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

gboolean es_recording_settings_read(EsRecordingSettings *r, const EsConfig *c, GError **error) {
  gint64 bitrate, complexity;
  if (!es_config_int(c, "record", "bitrate", r->bitrate, 0, 256000, &bitrate, error) ||
      !es_config_int(c, "record", "complexity", r->complexity, 0, 10, &complexity, error) ||
      !read_channels(c, &r->channels, error) ||
      !es_config_length_ms(c, "record", "reorder", r->reorder_ms, 0, 5000, &r->reorder_ms, error) ||
      !es_config_length_ms(c, "record", "dead_air", r->dead_air_ms, 500, 600000, &r->dead_air_ms, error) ||
      !es_config_length_ms(c, "record", "talk_over", r->talk_over_ms, 20, 60000, &r->talk_over_ms, error))
    return FALSE;
  if (bitrate && bitrate < 6000)
    return es_config_error(c, error, "record", "bitrate", _("must be 0 or at least 6000 bits per second"));
  r->bitrate = (int)bitrate;
  r->complexity = (int)complexity;
  return TRUE;
}
