// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opus by libopus, mono whatever the sender sends, at the codec's rate.
#include "decoder.h"

#include <opus/opus.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

static gpointer opus_open(const EsCodec *codec, GError **error) {
  int code = OPUS_OK;
  OpusDecoder *decoder = opus_decoder_create(codec->rate_hz, 1, &code);
  if (!decoder)
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("the Opus decoder does not start: %s"),
                opus_strerror(code));
  return decoder;
}

static int opus_decode_payload(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  int n = length > G_MAXINT32
              ? -1
              : opus_decode(data, payload, (opus_int32)length, samples, ES_DECODER_MAX_SAMPLES, 0);
  return n < 0 ? -1 : n;
}

static void opus_reset(gpointer data) {
  opus_decoder_ctl((OpusDecoder *)data, OPUS_RESET_STATE);
}

static void opus_close(gpointer data) {
  opus_decoder_destroy(data);
}

const EsDecoderClass es_decoder_opus = {
    .open = opus_open, .decode = opus_decode_payload, .reset = opus_reset, .close = opus_close};
