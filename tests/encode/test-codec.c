// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "decoder.h"
#include "earshot/common/error.h"
#include "earshot/common/ledger.h"

typedef struct {
  const char *rtpmap, *fmtp;
  gboolean ok;
  EsCodecId id;
  int clock_hz, rate_hz, channels;
} Map;

static const Map maps[] = {
    {"PCMU/8000", NULL, TRUE, ES_CODEC_PCMU, 8000, 8000, 1},
    {" pcma/8000/1", NULL, TRUE, ES_CODEC_PCMA, 8000, 8000, 1},
    {"G722/8000", NULL, TRUE, ES_CODEC_G722, 8000, 16000, 1},
    {"G722/16000", NULL, TRUE, ES_CODEC_G722, 8000, 16000, 1},
    {"opus/48000/2", NULL, TRUE, ES_CODEC_OPUS, 48000, 48000, 2},
    {"OPUS/48000/2", "useinbandfec=1; maxplaybackrate=16000", TRUE, ES_CODEC_OPUS, 48000, 16000, 2},
    {"opus/48000/2", "sprop-maxcapturerate=8000;stereo=0", TRUE, ES_CODEC_OPUS, 48000, 8000, 2},
    {"opus/48000/2", "maxplaybackrate=12000", TRUE, ES_CODEC_OPUS, 48000, 16000, 2},
    {"opus/48000/2", "x-maxplaybackrate=8000", TRUE, ES_CODEC_OPUS, 48000, 48000, 2},
    {"speex/32000", NULL, TRUE, ES_CODEC_SPEEX, 32000, 32000, 1},
    {"iLBC/8000", "mode=20", TRUE, ES_CODEC_ILBC, 8000, 8000, 1},
    {"telephone-event/8000", "0-15", TRUE, ES_CODEC_TELEPHONE_EVENT, 8000, 8000, 1},
    {"CN/8000", NULL, TRUE, ES_CODEC_CN, 8000, 8000, 1},
    {"AMR-WB/16000", NULL, TRUE, ES_CODEC_AMR_WB, 16000, 16000, 1},
    {"amr/8000/1", "octet-align=1", TRUE, ES_CODEC_AMR, 8000, 8000, 1},
    {"G726-40/8000", NULL, TRUE, ES_CODEC_G726, 8000, 8000, 1},
    {"aal2-g726-16/8000", NULL, TRUE, ES_CODEC_G726, 8000, 8000, 1},
    {"G721/8000", NULL, TRUE, ES_CODEC_G726, 8000, 8000, 1},
    {"G723/8000", "annexa=no", TRUE, ES_CODEC_G723, 8000, 8000, 1},
    {"L16/44100/2", NULL, TRUE, ES_CODEC_L16, 44100, 44100, 2},
    {"DVI4/22050", NULL, TRUE, ES_CODEC_DVI4, 22050, 22050, 1},
    {"EVRC/8000", NULL, TRUE, ES_CODEC_UNKNOWN, 8000, 8000, 1},
    {"GSM-EFR/8000", NULL, TRUE, ES_CODEC_UNKNOWN, 8000, 8000, 1},
    {"G7221/16000", "bitrate=32000", TRUE, ES_CODEC_UNKNOWN, 16000, 16000, 1},
    {"H264/90000", "profile-level-id=42e01f", TRUE, ES_CODEC_UNKNOWN, 90000, 90000, 1},
    {"t38/8000", NULL, TRUE, ES_CODEC_UNKNOWN, 8000, 8000, 1},
    {"PCMU", NULL, FALSE, 0, 0, 0, 0},
    {"/8000", NULL, FALSE, 0, 0, 0, 0},
    {"PCMU/", NULL, FALSE, 0, 0, 0, 0},
    {"PCMU/0", NULL, FALSE, 0, 0, 0, 0},
    {"PCMU/-8000", NULL, FALSE, 0, 0, 0, 0},
    {"PCMU/99999999999999999999", NULL, FALSE, 0, 0, 0, 0},
    {"", NULL, FALSE, 0, 0, 0, 0},
};

static void test_rtpmap(void) {
  for (guint i = 0; i < G_N_ELEMENTS(maps); i++) {
    EsCodec codec;
    g_test_message("%s", maps[i].rtpmap);
    g_assert_cmpint(es_codec_from_rtpmap(maps[i].rtpmap, maps[i].fmtp, &codec), ==, maps[i].ok);
    if (!maps[i].ok)
      continue;
    g_assert_cmpint(codec.id, ==, maps[i].id);
    g_assert_cmpint(codec.clock_hz, ==, maps[i].clock_hz);
    g_assert_cmpint(codec.rate_hz, ==, maps[i].rate_hz);
    g_assert_cmpint(codec.channels, ==, maps[i].channels);
  }
}

static void test_static_types(void) {
  EsCodec codec, other;
  g_assert_true(es_codec_from_payload_type(9, &codec));
  g_assert_cmpstr(codec.name, ==, "G722");
  g_assert_cmpint(codec.clock_hz, ==, 8000);
  g_assert_cmpint(codec.rate_hz, ==, 16000);
  g_assert_true(es_codec_from_payload_type(19, &codec));
  g_assert_cmpint(codec.id, ==, ES_CODEC_CN);
  g_assert_true(es_codec_from_payload_type(7, &codec));
  g_assert_cmpstr(codec.name, ==, "LPC");
  g_assert_cmpint(codec.id, ==, ES_CODEC_UNKNOWN);
  g_assert_true(es_codec_from_payload_type(11, &codec));
  g_assert_cmpint(codec.id, ==, ES_CODEC_L16);
  g_assert_cmpint(codec.rate_hz, ==, 44100);
  g_assert_true(es_codec_from_payload_type(34, &codec));
  g_assert_cmpstr(codec.name, ==, "H263");
  g_assert_false(es_codec_from_payload_type(2, &codec)); // G721 or something else: only an rtpmap tells
  g_assert_false(es_codec_from_payload_type(96, &codec));
  g_assert_true(es_codec_from_payload_type(0, &codec));
  g_assert_true(es_codec_from_rtpmap("pcmu/8000", "", &other));
  g_assert_true(es_codec_same(&codec, &other));
  g_assert_true(es_codec_from_rtpmap("pcmu/16000", "", &other));
  g_assert_false(es_codec_same(&codec, &other));
}

static void test_hostile_name(void) {
  EsCodec codec;
  g_assert_true(es_codec_from_rtpmap("\x1b[31m\xff\"x/8000", "mode=20", &codec));
  g_assert_true(g_utf8_validate(codec.name, -1, NULL));
  g_assert_null(strpbrk(codec.name, "\x1b\""));
  g_autofree char *name = g_strnfill(300, 'x'), *rtpmap = g_strconcat(name, "/8000", NULL);
  g_assert_true(es_codec_from_rtpmap(rtpmap, rtpmap, &codec));
  g_assert_cmpuint(strlen(codec.name), ==, sizeof codec.name - 1);
}

static void test_unsupported(void) {
  static const char *const names[] = {"LPC/8000",    "telephone-event/8000",
                                      "PCMU/11025",  "speex/44100",
                                      "L16/96000",   "DVI4/6000",
                                      "G728/8000",   "EVRC/8000",
                                      "H264/90000",  "t38/8000",
                                      "red/8000",    "AMR-WB+/72000",
                                      "G7221/16000", "QCELP/8000"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    EsCodec codec;
    g_autoptr(GError) error = NULL;
    g_assert_true(es_codec_from_rtpmap(names[i], NULL, &codec));
    g_assert_null(es_decoder_new(&codec, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, names[i]));
  }
}

// What RFC 4867 offers and nobody here sends is refused by its name.
static void test_unsupported_amr(void) {
  static const struct {
    const char *rtpmap, *fmtp, *named;
  } offers[] = {
      {"AMR/8000", "octet-align=1; interleaving=30", "interleaving"},
      {"AMR-WB/16000", "crc=1", "crc"},
      {"AMR/8000", "robust-sorting=1;octet-align=1", "robust-sorting"},
      {"AMR/8000/2", NULL, "channels"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(offers); i++) {
    EsCodec codec;
    g_autoptr(GError) error = NULL;
    g_assert_true(es_codec_from_rtpmap(offers[i].rtpmap, offers[i].fmtp, &codec));
    g_assert_null(es_decoder_new(&codec, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, offers[i].named));
    g_assert_cmpuint(strlen(error->message), <, sizeof((EsStreamLedger *)0)->problem);
  }
}

// G.711's end points and a few code words, from the recommendation's tables.
static void test_g711(void) {
  static const struct {
    const char *codec;
    guint8 code;
    gint16 sample;
  } words[] = {
      {"PCMU/8000", 0x00, -32124}, {"PCMU/8000", 0x80, 32124}, {"PCMU/8000", 0xff, 0},
      {"PCMU/8000", 0x7f, 0},      {"PCMU/8000", 0xf0, 120},   {"PCMU/8000", 0x70, -120},
      {"PCMA/8000", 0x2a, -32256}, {"PCMA/8000", 0xaa, 32256}, {"PCMA/8000", 0xd5, 8},
      {"PCMA/8000", 0x55, -8},
  };
  for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
    EsCodec codec;
    gint16 samples[ES_DECODER_MAX_SAMPLES];
    es_codec_from_rtpmap(words[i].codec, NULL, &codec);
    g_autoptr(EsDecoder) decoder = es_decoder_new(&codec, NULL);
    g_assert_cmpint(es_decoder_decode(decoder, &words[i].code, 1, samples), ==, 1);
    g_assert_cmpint(samples[0], ==, words[i].sample);
  }
}

static double rms_db(const gint16 *samples, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++)
    sum += (double)samples[i] * samples[i];
  return 10 * log10(sum / n / (32768.0 * 32768) + 1e-12);
}

static void test_comfort_noise(void) {
  static const guint8 levels[] = {40, 50, 60, 70};
  EsCodec codec;
  gint16 samples[ES_DECODER_MAX_SAMPLES];
  es_codec_from_payload_type(13, &codec);
  g_autoptr(EsDecoder) decoder = es_decoder_new(&codec, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(levels); i++) {
    g_assert_cmpint(es_decoder_decode(decoder, &levels[i], 1, samples), ==, 160);
    g_assert_cmpfloat_with_epsilon(rms_db(samples, 160), -levels[i], 1.5);
  }
  guint8 full_scale = 0;
  es_decoder_decode(decoder, &full_scale, 1, samples);
  g_assert_cmpfloat(rms_db(samples, 160), <, -28);
}

// Frames per payload, and what libavcodec alone would refuse.
static void test_lengths(void) {
  static const struct {
    const char *codec, *fmtp;
    gsize length;
    int samples;
  } payloads[] = {
      {"G722/8000", NULL, 160, 320},     {"GSM/8000", NULL, 33, 160},     {"GSM/8000", NULL, 66, 320},
      {"GSM/8000", NULL, 20, -1},        {"G729/8000", NULL, 10, 80},     {"G729/8000", NULL, 20, 160},
      {"G729/8000", NULL, 2, 80},        {"G729/8000", NULL, 12, 160},    {"G729/8000", NULL, 7, -1},
      {"iLBC/8000", NULL, 50, 240},      {"iLBC/8000", NULL, 38, 160},    {"iLBC/8000", "mode=20", 76, 320},
      {"iLBC/8000", "mode=20", 50, 240}, {"iLBC/8000", NULL, 49, -1},     {"G722/8000", NULL, 5000, -1},
      {"PCMU/8000", NULL, 0, 0},         {"opus/48000/2", NULL, 1, 480},  {"G723/8000", NULL, 24, 240},
      {"G723/8000", NULL, 48, 480},      {"G723/8000", NULL, 23, -1},     {"G726-24/8000", NULL, 60, 160},
      {"DVI4/8000", NULL, 84, 160},      {"DVI4/8000", NULL, 4, -1},      {"L16/11025", NULL, 441, 220},
      {"L16/44100/2", NULL, 400, 100},   {"L16/8000", NULL, 1, -1},       {"AMR/8000", NULL, 14, 160},
      {"AMR/8000", NULL, 13, -1},        {"AMR-WB/16000", NULL, 18, 320},
  };
  static const guint8 zeros[5000];
  for (guint i = 0; i < G_N_ELEMENTS(payloads); i++) {
    EsCodec codec;
    gint16 samples[ES_DECODER_MAX_SAMPLES];
    g_autoptr(GError) error = NULL;
    es_codec_from_rtpmap(payloads[i].codec, payloads[i].fmtp, &codec);
    g_autoptr(EsDecoder) decoder = es_decoder_new(&codec, &error);
    g_assert_no_error(error);
    g_test_message("%s %u", payloads[i].codec, (guint)payloads[i].length);
    g_assert_cmpint(es_decoder_decode(decoder, zeros, payloads[i].length, samples), ==, payloads[i].samples);
    es_decoder_reset(decoder);
  }
}

// Noise as payload: anything may come out, but nothing may break.
static void test_garbage(void) {
  static const char *const names[] = {
      "PCMU/8000",  "G722/8000",   "G729/8000",    "GSM/8000",     "iLBC/8000",    "CN/8000",
      "speex/8000", "speex/16000", "speex/32000",  "opus/48000/2", "G726-16/8000", "AAL2-G726-40/8000",
      "G723/8000",  "AMR/8000",    "AMR-WB/16000", "L16/44100/2",  "DVI4/8000"};
  g_autoptr(GRand) random = g_rand_new_with_seed(11);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    EsCodec codec;
    es_codec_from_rtpmap(names[i], NULL, &codec);
    g_autoptr(EsDecoder) decoder = es_decoder_new(&codec, NULL);
    g_assert_nonnull(decoder);
    for (guint k = 0; k < 300; k++) {
      gint16 samples[ES_DECODER_MAX_SAMPLES];
      gsize length = (gsize)g_rand_int_range(random, 0, k % 20 == 0 ? 4200 : 220);
      g_autofree guint8 *payload = g_malloc(length + 1);
      for (gsize b = 0; b < length; b++)
        payload[b] = (guint8)g_rand_int(random);
      int n = es_decoder_decode(decoder, payload, length, samples);
      g_assert_cmpint(n, >=, -1);
      g_assert_cmpint(n, <=, ES_DECODER_MAX_SAMPLES);
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/codec/rtpmap", test_rtpmap);
  g_test_add_func("/codec/static", test_static_types);
  g_test_add_func("/codec/hostile", test_hostile_name);
  g_test_add_func("/codec/unsupported", test_unsupported);
  g_test_add_func("/codec/unsupported-amr", test_unsupported_amr);
  g_test_add_func("/decoder/g711", test_g711);
  g_test_add_func("/decoder/comfort-noise", test_comfort_noise);
  g_test_add_func("/decoder/lengths", test_lengths);
  g_test_add_func("/decoder/garbage", test_garbage);
  return g_test_run();
}
