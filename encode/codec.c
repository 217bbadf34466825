// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Names of codecs. An rtpmap is believed over the static table; two clocks are known better than any rtpmap:
// G.722 ticks at 8 kHz though it carries 16 kHz (RFC 3551 section 4.5.2), Opus always at 48 kHz (RFC 7587).
#include "earshot/encode/codec.h"

#include <stdlib.h>
#include <string.h>

// Of a name (RFC 4566 token, near enough); anything else would end up in tables and JSON.
#define NAME_CHARACTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_.+*!%&'#$^~"

typedef struct {
  const char *name;
  EsCodecId id;
} Name;

// "G729A" and the like are met in the field for the same bit stream; G721 is what G726-32 was called when it
// still had the static number 2 (RFC 3551 section 4.5.4), and is met there.
static const Name names[] = {
    {"PCMU", ES_CODEC_PCMU},
    {"PCMA", ES_CODEC_PCMA},
    {"G722", ES_CODEC_G722},
    {"G729", ES_CODEC_G729},
    {"G729A", ES_CODEC_G729},
    {"G729B", ES_CODEC_G729},
    {"G729AB", ES_CODEC_G729},
    {"GSM", ES_CODEC_GSM},
    {"opus", ES_CODEC_OPUS},
    {"iLBC", ES_CODEC_ILBC},
    {"speex", ES_CODEC_SPEEX},
    {"G726-16", ES_CODEC_G726},
    {"G726-24", ES_CODEC_G726},
    {"G726-32", ES_CODEC_G726},
    {"G726-40", ES_CODEC_G726},
    {"AAL2-G726-16", ES_CODEC_G726},
    {"AAL2-G726-24", ES_CODEC_G726},
    {"AAL2-G726-32", ES_CODEC_G726},
    {"AAL2-G726-40", ES_CODEC_G726},
    {"G721", ES_CODEC_G726},
    {"G723", ES_CODEC_G723},
    {"G7231", ES_CODEC_G723},
    {"G723.1", ES_CODEC_G723},
    {"AMR", ES_CODEC_AMR},
    {"AMR-WB", ES_CODEC_AMR_WB},
    {"L16", ES_CODEC_L16},
    {"DVI4", ES_CODEC_DVI4},
    {"CN", ES_CODEC_CN},
    {"telephone-event", ES_CODEC_TELEPHONE_EVENT},
};

typedef struct {
  guint payload_type;
  const char *rtpmap;
} StaticType;

// RFC 3551 section 6; 19 is reserved there, but Cisco sends comfort noise on it.
static const StaticType static_types[] = {
    {0, "PCMU/8000"},   {3, "GSM/8000"},    {4, "G723/8000"},  {5, "DVI4/8000"},    {6, "DVI4/16000"},
    {7, "LPC/8000"},    {8, "PCMA/8000"},   {9, "G722/8000"},  {10, "L16/44100/2"}, {11, "L16/44100"},
    {12, "QCELP/8000"}, {13, "CN/8000"},    {14, "MPA/90000"}, {15, "G728/8000"},   {16, "DVI4/11025"},
    {17, "DVI4/22050"}, {18, "G729/8000"},  {19, "CN/8000"},   {25, "CelB/90000"},  {26, "JPEG/90000"},
    {28, "nv/90000"},   {31, "H261/90000"}, {32, "MPV/90000"}, {33, "MP2T/90000"},  {34, "H263/90000"},
};

static EsCodecId id_of(const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_ascii_strcasecmp(names[i].name, name) == 0)
      return names[i].id;
  return ES_CODEC_UNKNOWN;
}

int es_codec_parameter(const EsCodec *codec, const char *key) {
  gsize length = strlen(key);
  for (const char *at = codec->fmtp; at; at = strchr(at, ';')) {
    at += strspn(at, "; \t");
    if (g_ascii_strncasecmp(at, key, length) == 0 && at[length] == '=')
      return (int)CLAMP(strtol(at + length + 1, NULL, 10), 0, 1000000);
  }
  return 0;
}

// The narrowest rate that a decoder and a file may have and that still holds what the sender sends.
static int opus_rate(const EsCodec *codec) {
  static const int rates[] = {8000, 16000, 24000};
  int bound = es_codec_parameter(codec, "sprop-maxcapturerate");
  int playback = es_codec_parameter(codec, "maxplaybackrate");
  if (playback > 0 && (bound <= 0 || playback < bound))
    bound = playback;
  for (guint i = 0; bound > 0 && i < G_N_ELEMENTS(rates); i++)
    if (bound <= rates[i])
      return rates[i];
  return 48000;
}

static void settle_clock(EsCodec *codec) {
  codec->rate_hz = codec->clock_hz;
  if (codec->id == ES_CODEC_G722) {
    codec->clock_hz = 8000;
    codec->rate_hz = 16000;
  } else if (codec->id == ES_CODEC_OPUS) {
    codec->clock_hz = 48000;
    codec->rate_hz = opus_rate(codec);
  }
}

gboolean es_codec_from_rtpmap(const char *rtpmap, const char *fmtp, EsCodec *codec) {
  memset(codec, 0, sizeof *codec);
  rtpmap += strspn(rtpmap, " \t");
  gsize length = strcspn(rtpmap, "/ \t\r\n");
  if (length == 0 || rtpmap[length] != '/')
    return FALSE;
  char *end = NULL;
  guint64 clock_hz = g_ascii_strtoull(rtpmap + length + 1, &end, 10);
  if (end == rtpmap + length + 1 || clock_hz == 0 || clock_hz > 1000000)
    return FALSE;
  guint64 channels = *end == '/' ? g_ascii_strtoull(end + 1, NULL, 10) : 1;
  g_strlcpy(codec->name, rtpmap, MIN(length + 1, sizeof codec->name));
  g_strcanon(codec->name, NAME_CHARACTERS, '?');
  g_strlcpy(codec->fmtp, fmtp ? fmtp : "", sizeof codec->fmtp);
  codec->id = id_of(codec->name);
  codec->clock_hz = (int)clock_hz;
  codec->channels = (int)CLAMP(channels, 1, 255);
  settle_clock(codec);
  return TRUE;
}

gboolean es_codec_from_payload_type(guint payload_type, EsCodec *codec) {
  for (guint i = 0; i < G_N_ELEMENTS(static_types); i++)
    if (static_types[i].payload_type == payload_type)
      return es_codec_from_rtpmap(static_types[i].rtpmap, NULL, codec);
  memset(codec, 0, sizeof *codec);
  return FALSE;
}

gboolean es_codec_same(const EsCodec *a, const EsCodec *b) {
  return a->id == b->id && a->clock_hz == b->clock_hz && a->rate_hz == b->rate_hz &&
         a->channels == b->channels && g_ascii_strcasecmp(a->name, b->name) == 0 &&
         strcmp(a->fmtp, b->fmtp) == 0;
}

gboolean es_codec_is_audio(const EsCodec *codec) {
  return codec->id != ES_CODEC_CN && codec->id != ES_CODEC_TELEPHONE_EVENT;
}
