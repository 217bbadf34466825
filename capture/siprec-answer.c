// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-answer.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

static gboolean is_taken(const EsCodec *codec) {
  return codec->id != ES_CODEC_UNKNOWN;
}

static gboolean is_protocol(const EsSdpMedia *media, const char *one, const char *other) {
  return g_ascii_strcasecmp(media->protocol, one) == 0 || g_ascii_strcasecmp(media->protocol, other) == 0;
}

const EsSrtpKey *es_siprec_key(const EsSdpMedia *media) {
  for (guint i = 0; is_protocol(media, "RTP/SAVP", "RTP/SAVPF") && i < media->n_keys; i++)
    if (media->keys[i].key_length > 0)
      return &media->keys[i];
  return NULL;
}

void es_siprec_make_key(const EsSrtpKey *theirs, char *crypto, gsize size) {
  guint8 key[ES_SRTP_MAX_KEY_BYTES];
  RAND_bytes(key, (int)theirs->key_length);
  g_autofree char *text = g_base64_encode(key, theirs->key_length);
  g_snprintf(crypto, size, "%u %s inline:%s", theirs->tag, theirs->name, text);
  OPENSSL_cleanse(key, sizeof key);
}

gboolean es_siprec_can_take(const EsSdpMedia *media) {
  gboolean open = is_protocol(media, "RTP/AVP", "RTP/AVPF") || es_siprec_key(media);
  if (!open || g_ascii_strcasecmp(media->kind, "audio") != 0)
    return FALSE;
  for (guint i = 0; i < media->n_formats; i++)
    if (is_taken(&media->formats[i].codec) && es_codec_is_audio(&media->formats[i].codec))
      return TRUE;
  return FALSE;
}

static void add_origin(GString *text, const EsSiprecOrigin *origin) {
  const char *type = strchr(origin->address, ':') ? "IP6" : "IP4";
  g_string_append_printf(text,
                         "v=0\r\no=earshot %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " IN %s %s\r\n"
                         "s=recording\r\nc=IN %s %s\r\nt=0 0\r\n",
                         origin->id, origin->version, type, origin->address, type, origin->address);
}

static void add_codec(GString *text, const EsSdpFormat *format) {
  const EsCodec *codec = &format->codec;
  g_string_append_printf(text, "a=rtpmap:%u %s/%d", format->payload_type, codec->name, codec->clock_hz);
  if (codec->channels > 1)
    g_string_append_printf(text, "/%d", codec->channels);
  g_string_append(text, "\r\n");
  // One that may have been cut is better not repeated.
  if (*codec->fmtp && strlen(codec->fmtp) < sizeof codec->fmtp - 1)
    g_string_append_printf(text, "a=fmtp:%u %s\r\n", format->payload_type, codec->fmtp);
}

static void add_ours(GString *text, const EsSiprecLine *line) {
  g_string_append(text, line->inactive ? "a=inactive\r\n" : "a=recvonly\r\n");
  if (line->mux)
    g_string_append(text, "a=rtcp-mux\r\n");
  else
    g_string_append_printf(text, "a=rtcp:%u\r\n", line->rtcp_port);
}

static void add_label(GString *text, const char *label) {
  if (*label)
    g_string_append_printf(text, "a=label:%s\r\n", label);
}

// What follows the port is of no account (RFC 3264 section 6), but one format has to be there.
static void add_refused(GString *text, const EsSdpMedia *media) {
  gboolean rtp = g_ascii_strncasecmp(media->protocol, "RTP/", 4) == 0 && media->n_formats > 0;
  g_string_append_printf(text, "m=%s 0 %s ", media->kind, media->protocol);
  if (rtp)
    g_string_append_printf(text, "%u\r\n", media->formats[0].payload_type);
  else
    g_string_append(text, g_ascii_strcasecmp(media->kind, "image") == 0 ? "t38\r\n" : "*\r\n");
  add_label(text, media->label);
}

static void add_taken(GString *text, const EsSdpMedia *media, const EsSiprecLine *line) {
  g_string_append_printf(text, "m=%s %u %s", media->kind, line->port, media->protocol);
  for (guint i = 0; i < media->n_formats; i++)
    if (is_taken(&media->formats[i].codec))
      g_string_append_printf(text, " %u", media->formats[i].payload_type);
  g_string_append(text, "\r\n");
  for (guint i = 0; i < media->n_formats; i++)
    if (is_taken(&media->formats[i].codec))
      add_codec(text, &media->formats[i]);
  if (media->ptime_ms > 0)
    g_string_append_printf(text, "a=ptime:%d\r\n", media->ptime_ms);
  add_label(text, media->label);
  if (*line->crypto)
    g_string_append_printf(text, "a=crypto:%s\r\n", line->crypto);
  add_ours(text, line);
}

char *es_siprec_answer(const EsSdp *offer, const EsSiprecLine *lines, const EsSiprecOrigin *origin) {
  GString *text = g_string_new(NULL);
  add_origin(text, origin);
  for (guint i = 0; i < offer->n_media; i++)
    if (lines[i].port)
      add_taken(text, &offer->media[i], &lines[i]);
    else
      add_refused(text, &offer->media[i]);
  return g_string_free(text, FALSE);
}

char *es_siprec_offer(const EsSiprecLine *lines, guint n, const EsSiprecOrigin *origin) {
  GString *text = g_string_new(NULL);
  add_origin(text, origin);
  for (guint i = 0; i < n; i++) {
    g_string_append_printf(text,
                           "m=audio %u RTP/AVP 8 0 9 18 96 101\r\n"
                           "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n"
                           "a=rtpmap:18 G729/8000\r\na=rtpmap:96 opus/48000/2\r\n"
                           "a=rtpmap:101 telephone-event/8000\r\na=label:%u\r\n",
                           lines[i].port, i + 1);
    add_ours(text, &lines[i]);
  }
  return g_string_free(text, FALSE);
}

guint es_siprec_count_lines(const guint8 *sdp, gsize length) {
  guint n = 0;
  for (gsize i = 0; i + 1 < length; i++)
    n += sdp[i] == 'm' && sdp[i + 1] == '=' && (i == 0 || sdp[i - 1] == '\n');
  return n;
}
