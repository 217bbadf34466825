// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "rtp-codecs.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/codec.h"
#include "number-list.h"
#include <string.h>

#define USUAL_EVENTS 101 // what nearly every phone gives pressed keys

static gboolean read_one(EsRtpCodecs *codecs, const EsConfig *c, const char *word, GError **error) {
  char *end = NULL;
  guint64 number = g_ascii_isdigit(*word) ? g_ascii_strtoull(word, &end, 10) : ES_PAYLOAD_TYPES;
  const char *name = end && *end == ' ' ? end + strspn(end, " ") : NULL;
  EsCodec codec;
  if (number >= ES_PAYLOAD_TYPES || !name || !es_codec_from_rtpmap(name, NULL, &codec) ||
      codec.id == ES_CODEC_UNKNOWN)
    return es_config_error(c, error, "record", "rtp_codecs",
                           _("“%s” is not a payload type and a codec, as in “96 opus/48000/2”"), word);
  g_free(codecs->names[number]);
  codecs->names[number] = g_strdup(name);
  return TRUE;
}

gboolean es_rtp_codecs_read(EsRtpCodecs *codecs, const EsConfig *c, GError **error) {
  g_auto(GStrv) words = es_config_words(c, "record", "rtp_codecs", error);
  if (!words)
    return FALSE;
  codecs->names[USUAL_EVENTS] = g_strdup("telephone-event/8000");
  for (char **word = words; *word; word++)
    if (!read_one(codecs, c, *word, error))
      return FALSE;
  return TRUE;
}

void es_rtp_codecs_clear(EsRtpCodecs *codecs) {
  for (guint i = 0; i < ES_PAYLOAD_TYPES; i++)
    g_clear_pointer(&codecs->names[i], g_free);
}

const char *es_rtp_codec_of(const EsRtpCodecs *codecs, guint payload_type) {
  return payload_type < ES_PAYLOAD_TYPES ? codecs->names[payload_type] : NULL;
}
