// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opus by libopus, mono whatever the sender sends, at the codec's rate.
#include "decoder.h"

#include <opus/opus.h>
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "opus-redundancy.h"

typedef struct {
  OpusDecoder *opus;
  int rate_hz;
  gboolean
      after_celt; // the last packet was one of CELT, after which libopus has nothing to build redundancy on
} Decoder;

static gpointer opus_open(const EsCodec *codec, GError **error) {
  int code = OPUS_OK;
  OpusDecoder *opus = opus_decoder_create(codec->rate_hz, 1, &code);
  if (!opus) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("the Opus decoder does not start: %s"),
                opus_strerror(code));
    return NULL;
  }
  Decoder *d = g_new0(Decoder, 1);
  d->opus = opus;
  d->rate_hz = codec->rate_hz;
  return d;
}

static int opus_decode_payload(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  Decoder *d = data;
  int n = length > G_MAXINT32
              ? -1
              : opus_decode(d->opus, payload, (opus_int32)length, samples, ES_DECODER_MAX_SAMPLES, 0);
  d->after_celt = n <= 0 || payload[0] & 0x80;
  return n < 0 ? -1 : n;
}

static int opus_repeats(gpointer data, const guint8 *payload, gsize length) {
  const Decoder *d = data;
  EsOpusRedundancy redundancy;
  return !d->after_celt && es_opus_redundancy(payload, length, &redundancy) ? redundancy.tail_ms : 0;
}

static int opus_recover(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  Decoder *d = data;
  EsOpusRedundancy redundancy;
  if (d->after_celt || !es_opus_redundancy(payload, length, &redundancy))
    return 0;
  int n = d->rate_hz / 1000 * redundancy.frame_ms, tail = d->rate_hz / 1000 * redundancy.tail_ms;
  if (opus_decode(d->opus, payload, (opus_int32)length, samples, n, 1) != n)
    return 0;
  memmove(samples, samples + n - tail, (gsize)tail * sizeof *samples);
  return tail;
}

static void opus_reset(gpointer data) {
  Decoder *d = data;
  opus_decoder_ctl(d->opus, OPUS_RESET_STATE);
  d->after_celt = FALSE;
}

static void opus_close(gpointer data) {
  Decoder *d = data;
  opus_decoder_destroy(d->opus);
  g_free(d);
}

const EsDecoderClass es_decoder_opus = {.open = opus_open,
                                        .decode = opus_decode_payload,
                                        .reset = opus_reset,
                                        .close = opus_close,
                                        .repeats = opus_repeats,
                                        .recover = opus_recover};
