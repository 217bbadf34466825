// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses a codec. Then payloads: two bytes that say how long each is and what happens before
// it is decoded: nothing, a loss that it may make good, or a new beginning.
#include "amr-payload.h"
#include "decoder.h"
#include "fuzz.h"
#include "opus-redundancy.h"

#define LONGEST 0x0fff

static const char *const codecs[][2] = {
    {"opus/48000/2", ""},     {"opus/48000/2", "maxplaybackrate=8000"},
    {"AMR/8000", ""},         {"AMR/8000", "octet-align=1"},
    {"AMR-WB/16000", ""},     {"AMR-WB/16000", "octet-align=1"},
    {"G726-16/8000", ""},     {"G726-24/8000", ""},
    {"G726-32/8000", ""},     {"AAL2-G726-40/8000", ""},
    {"G723/8000", ""},        {"G729/8000", ""},
    {"DVI4/8000", ""},        {"L16/44100/2", ""},
    {"L16/8000", ""},         {"GSM/8000", ""},
    {"iLBC/8000", "mode=20"}, {"speex/8000", ""},
    {"speex/32000", ""},      {"G722/8000", ""},
    {"PCMU/8000", ""},        {"PCMA/8000", ""},
    {"CN/8000", ""},
};

static void check_amr(const guint8 *payload, gsize length) {
  static EsAmrPayload parsed;
  for (guint way = 0; way < 4; way++) {
    gboolean wide = way & 1;
    if (!es_amr_parse(payload, length, wide, way & 2, &parsed))
      continue;
    g_assert_cmpuint(parsed.n, >, 0);
    for (guint i = 0; i < parsed.n; i++) {
      g_assert_cmpuint(parsed.frames[i].length, <=, ES_AMR_FRAME_BYTES);
      g_assert_cmpfloat(es_amr_silence_rms(&parsed.frames[i], wide), >=, 0);
    }
  }
}

static void check_opus(const guint8 *payload, gsize length) {
  EsOpusRedundancy redundancy;
  if (!es_opus_redundancy(payload, length, &redundancy))
    return;
  g_assert_cmpint(redundancy.tail_ms, >, 0);
  g_assert_cmpint(redundancy.tail_ms, <=, redundancy.frame_ms);
  g_assert_cmpint(redundancy.frame_ms, <=, 60);
}

static void decode(EsDecoder *decoder, guint before, const guint8 *payload, gsize length) {
  gint16 samples[ES_DECODER_MAX_SAMPLES];
  if (before & 0x80)
    es_decoder_reset(decoder);
  if (before & 0x40) {
    int repeats_ms = es_decoder_repeats(decoder, payload, length);
    int n = es_decoder_recover(decoder, payload, length, samples);
    g_assert_true(n == 0 || n == es_decoder_rate_hz(decoder) / 1000 * repeats_ms);
  }
  int n = es_decoder_decode(decoder, payload, length, samples);
  g_assert_cmpint(n, >=, -1);
  g_assert_cmpint(n, <=, ES_DECODER_MAX_SAMPLES);
  es_decoder_hiss(decoder);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsCodec codec;
  if (size < 1)
    return 0;
  const char *const *name = codecs[data[0] % G_N_ELEMENTS(codecs)];
  g_assert_true(es_codec_from_rtpmap(name[0], name[1], &codec));
  g_autoptr(EsDecoder) decoder = es_decoder_new(&codec, NULL);
  g_assert_nonnull(decoder);
  for (data++, size--; size >= 2;) {
    gsize length = MIN((gsize)((data[0] << 8 | data[1]) & LONGEST), size - 2);
    g_autofree guint8 *exact = g_memdup2(data + 2, length);
    check_amr(exact, length);
    check_opus(exact, length);
    decode(decoder, data[0], exact, length);
    data += 2 + length;
    size -= 2 + length;
  }
  return 0;
}
