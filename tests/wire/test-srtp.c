// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Key lines, and packets that libsrtp2's sending end protects: tests/capture/test-srtp.py has an independent
// one.
#include "earshot/wire/srtp.h"

#include <srtp2/srtp.h>
#include <string.h>

#define SSRC 0xfeedbeef
#define KEY30 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define KEY46 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ=="
#define KEY28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="

static void test_key_lines(void) {
  static const struct {
    const char *line;
    guint n, key_length, mki_length;
    guint64 mki;
  } cases[] = {
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30, 1, 30, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_32 inline:" KEY30 "|2^20|1:4", 1, 30, 4, 1},
      {"1 AES_CM_128_HMAC_SHA1_32 inline:" KEY30 "|1:4", 1, 30, 4, 1},
      {"7  aes_cm_128_hmac_sha1_80\tinline:" KEY30 "|1048576 KDR=0 UNENCRYPTED_SRTCP", 1, 30, 0, 0},
      {"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY46, 1, 46, 0, 0},
      {"1 AES_CM_256_HMAC_SHA1_32 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ", 1,
       46, 0, 0},
      {"1 AEAD_AES_128_GCM inline:" KEY28 "|2^31|255:128", 1, 28, 128, 255},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 "|1:4;inline:" KEY30 "|2:4", 2, 30, 4, 1},
      // understood, but nothing can be done with it
      {"1 F8_128_HMAC_SHA1_80 inline:" KEY30, 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 " UNENCRYPTED_SRTP", 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 " FEC_ORDER=FEC_SRTP UNAUTHENTICATED_SRTP", 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 " KDR=1", 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 "|1:129", 1, 0, 0, 1},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 "|1:0", 1, 0, 0, 1},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 "A", 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo", 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZi!WpVLFJhQX1cfHAwJSoj", 1, 0, 0, 0},
      {"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY30, 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 uri:" KEY30, 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:", 1, 0, 0, 0},
      {"1 AES_CM_128_HMAC_SHA1_80 inline:====", 1, 0, 0, 0},
      // nothing
      {"1 AES_CM_128_HMAC_SHA1_80", 0, 0, 0, 0},
      {"x AES_CM_128_HMAC_SHA1_80 inline:" KEY30, 0, 0, 0, 0},
      {"", 0, 0, 0, 0},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsSrtpKey keys[2] = {{0}};
    g_test_message("%s", cases[i].line);
    g_assert_cmpuint(es_srtp_keys_parse(cases[i].line, strlen(cases[i].line), keys, 2), ==, cases[i].n);
    g_assert_cmpuint(keys[0].key_length, ==, cases[i].key_length);
    g_assert_cmpuint(keys[0].mki_length, ==, cases[i].mki_length);
    if (cases[i].mki_length)
      g_assert_cmpuint(keys[0].mki, ==, cases[i].mki);
  }
}

static void test_key_is_read(void) {
  static const guint8 expected[] = "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#";
  const char line[] = "3 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 ";inline:" KEY30 ";inline:" KEY30;
  EsSrtpKey keys[2];
  g_assert_cmpuint(es_srtp_keys_parse(line, strlen(line), keys, 2), ==, 2); // no more than there is room for
  g_assert_cmpmem(keys[1].key, keys[1].key_length, expected, 30);
  g_assert_cmpuint(keys[0].tag, ==, 3);
  g_assert_cmpstr(keys[0].name, ==, "AES_CM_128_HMAC_SHA1_80");
  g_assert_cmpuint(es_srtp_keys_parse(line, strlen(line), keys, 0), ==, 0);
}

// ---- packets

static EsSrtpKey parse(const char *line) {
  EsSrtpKey key;
  g_assert_cmpuint(es_srtp_keys_parse(line, strlen(line), &key, 1), ==, 1);
  return key;
}

typedef struct {
  srtp_t session;
  EsSrtp *receiver;
} Pair;

static Pair pair_new(void) {
  EsSrtpKey key = parse("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30);
  g_autoptr(GError) error = NULL;
  Pair pair = {.receiver = es_srtp_new(&key, &error)};
  g_assert_no_error(error);
  srtp_policy_t policy = {.ssrc = {.type = ssrc_specific, .value = SSRC}, .key = key.key, .window_size = 128};
  srtp_crypto_policy_set_rtp_default(&policy.rtp);
  srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
  g_assert_cmpint(srtp_create(&pair.session, &policy), ==, srtp_err_status_ok);
  return pair;
}

static void pair_free(Pair *pair) {
  srtp_dealloc(pair->session);
  es_srtp_free(pair->receiver);
}

// A sender whose stream has gone on for a while.
static void set_counter(Pair *pair, guint32 counter) {
  g_assert_cmpint(srtp_set_stream_roc(pair->session, SSRC, counter), ==, srtp_err_status_ok);
}

typedef struct {
  guint8 bytes[256];
  gsize length;
} Packet;

static Packet protect(Pair *pair, guint16 sequence) {
  Packet p = {
      .bytes = {0x80, 0, (guint8)(sequence >> 8), (guint8)sequence, 0, 0, 0, 9, 0xfe, 0xed, 0xbe, 0xef}};
  memset(p.bytes + 12, (guint8)sequence, 160);
  int length = 172;
  g_assert_cmpint(srtp_protect(pair->session, p.bytes, &length), ==, srtp_err_status_ok);
  g_assert_cmpint(length, ==, 182);
  p.length = (gsize)length;
  return p;
}

static EsSrtpResult receive(Pair *pair, Packet p) {
  guint16 sequence = (guint16)(p.bytes[2] << 8 | p.bytes[3]);
  const Packet before = p;
  EsSrtpResult result = es_srtp_unprotect(pair->receiver, p.bytes, &p.length);
  if (result == ES_SRTP_OK) {
    g_assert_cmpuint(p.length, ==, 172);
    for (guint i = 12; i < 172; i++)
      g_assert_cmpuint(p.bytes[i], ==, sequence & 0xff);
  } else {
    g_assert_cmpmem(p.bytes, p.length, before.bytes, before.length); // as it was
  }
  return result;
}

static void test_order_and_copies(void) {
  Pair pair = pair_new();
  Packet p[400];
  for (guint16 i = 0; i < G_N_ELEMENTS(p); i++)
    p[i] = protect(&pair, (guint16)(65400 + i)); // over the wrap
  g_assert_cmpint(receive(&pair, p[0]), ==, ES_SRTP_OK);
  g_assert_cmpint(receive(&pair, p[399]), ==, ES_SRTP_OK);
  for (guint i = 1; i < 399; i++) // all of them late, beyond any jitter
    g_assert_cmpint(receive(&pair, p[i]), ==, ES_SRTP_OK);
  for (guint i = 0; i < 400; i += 7)
    g_assert_cmpint(receive(&pair, p[i]), ==, ES_SRTP_REPLAY);
  pair_free(&pair);
}

static void test_joined_late(void) {
  static const guint32 counters[] = {0, 1, 2, 7, 31};
  for (guint i = 0; i < G_N_ELEMENTS(counters); i++) {
    Pair pair = pair_new();
    set_counter(&pair, counters[i]);
    guint lost = 0;
    for (guint16 n = 0; n < 60; n++)
      lost += receive(&pair, protect(&pair, (guint16)(40000 + n))) != ES_SRTP_OK;
    g_test_message("counter %u: %u packets until it was found", counters[i], lost);
    g_assert_cmpuint(lost, <=, 8);
    pair_free(&pair);
  }
}

static void test_budget(void) {
  Pair pair = pair_new();
  set_counter(&pair, 40); // beyond what is tried
  for (guint16 n = 0; n < 200; n++)
    g_assert_cmpint(receive(&pair, protect(&pair, n)), ==, ES_SRTP_WRONG_KEY);
  pair_free(&pair);
}

// The capture missed eleven minutes: more than half the numbers.
static void test_long_silence(void) {
  Pair pair = pair_new();
  for (guint16 n = 0; n < 50; n++)
    g_assert_cmpint(receive(&pair, protect(&pair, n)), ==, ES_SRTP_OK);
  for (guint n = 50; n < 65536 + 40000; n += 1000)
    protect(&pair, (guint16)n);
  g_assert_cmpint(receive(&pair, protect(&pair, 40000 + 100)), ==, ES_SRTP_OK);
  pair_free(&pair);
}

// A sender that begins anew with the same key and SSRC.
static void test_restart(void) {
  Pair pair = pair_new(), again = pair_new();
  set_counter(&pair, 3);
  for (guint16 n = 0; n < 50; n++)
    receive(&pair, protect(&pair, (guint16)(30000 + n)));
  Pair both = {.session = again.session, .receiver = pair.receiver};
  for (guint16 n = 0; n < 50; n++)
    g_assert_cmpint(receive(&both, protect(&again, (guint16)(20000 + n))), ==, ES_SRTP_OK);
  pair_free(&pair);
  pair_free(&again);
}

static void test_broken(void) {
  Pair pair = pair_new();
  Packet good = protect(&pair, 1);
  for (gsize length = 0; length < good.length; length++) {
    Packet cut = good;
    cut.length = length;
    cut.bytes[0] = (guint8)(0x80 | (length & 0x1f)); // contributing sources and extensions that do not fit
    g_assert_cmpint(receive(&pair, cut), !=, ES_SRTP_OK);
  }
  g_assert_cmpint(receive(&pair, good), ==, ES_SRTP_OK);
  pair_free(&pair);
}

// Streams that nothing fits do not keep one out that fits.
static void test_many_sources(void) {
  Pair pair = pair_new();
  for (guint i = 0; i < 500; i++) {
    Packet p = protect(&pair, (guint16)i);
    p.bytes[8] = (guint8)(i >> 8);
    p.bytes[9] = (guint8)i;
    g_assert_cmpint(receive(&pair, p), ==, ES_SRTP_WRONG_KEY);
  }
  g_assert_cmpint(receive(&pair, protect(&pair, 600)), ==, ES_SRTP_OK);
  pair_free(&pair);
}

static void test_rtcp(void) {
  Pair pair = pair_new();
  guint8 packet[128] = {0x80, 201, 0, 1, 0xfe, 0xed, 0xbe, 0xef};
  int length = 8;
  memset(packet + 8, 0x5a, 24);
  length += 24;
  g_assert_cmpint(srtp_protect_rtcp(pair.session, packet, &length), ==, srtp_err_status_ok);
  guint8 wrong[128];
  memcpy(wrong, packet, sizeof wrong);
  wrong[9] ^= 1;
  gsize n = (gsize)length;
  g_assert_cmpint(es_srtp_unprotect_rtcp(pair.receiver, wrong, &n), ==, ES_SRTP_WRONG_KEY);
  g_assert_cmpint(es_srtp_unprotect_rtcp(pair.receiver, packet, &n), ==, ES_SRTP_OK);
  g_assert_cmpuint(n, ==, 32);
  for (guint i = 8; i < 32; i++)
    g_assert_cmpuint(packet[i], ==, 0x5a);
  n = 21;
  g_assert_cmpint(es_srtp_unprotect_rtcp(pair.receiver, packet, &n), ==, ES_SRTP_BAD);
  pair_free(&pair);
}

// The one suite of which libsrtp 2.5 derives the keys in another way than RFC 6188 says (all its versions
// before 2025 do): what another libsrtp sends can be opened.
static void test_aes_192(void) {
  static const char *const lines[] = {
      "1 AES_192_CM_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCU=",
      "1 AES_192_CM_HMAC_SHA1_32 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCU="};
  for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
    EsSrtpKey key = parse(lines[i]);
    srtp_policy_t policy = {
        .ssrc = {.type = ssrc_specific, .value = SSRC}, .key = key.key, .window_size = 128};
    Pair pair = {.receiver = es_srtp_new(&key, NULL)};
    (i == 0 ? srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80
            : srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32)(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80(&policy.rtcp);
    g_assert_cmpint(srtp_create(&pair.session, &policy), ==, srtp_err_status_ok);
    guint8 packet[256] = {0x80, 0, 0, 1, 0, 0, 0, 9, 0xfe, 0xed, 0xbe, 0xef, 0x5a};
    int length = 172;
    g_assert_cmpint(srtp_protect(pair.session, packet, &length), ==, srtp_err_status_ok);
    gsize n = (gsize)length;
    g_assert_cmpint(es_srtp_unprotect(pair.receiver, packet, &n), ==, ES_SRTP_OK);
    g_assert_cmpuint(n, ==, 172);
    g_assert_cmpuint(packet[12], ==, 0x5a);
    pair_free(&pair);
  }
}

static void test_refused(void) {
  EsSrtpKey key = parse("1 F8_128_HMAC_SHA1_80 inline:" KEY30);
  g_autoptr(GError) error = NULL;
  g_assert_null(es_srtp_new(&key, &error));
  g_assert_nonnull(error);
  g_assert_null(strstr(error->message, "d0Rm")); // keys are secrets
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/srtp/key-lines", test_key_lines);
  g_test_add_func("/srtp/key-is-read", test_key_is_read);
  g_test_add_func("/srtp/order-and-copies", test_order_and_copies);
  g_test_add_func("/srtp/joined-late", test_joined_late);
  g_test_add_func("/srtp/budget", test_budget);
  g_test_add_func("/srtp/long-silence", test_long_silence);
  g_test_add_func("/srtp/restart", test_restart);
  g_test_add_func("/srtp/broken", test_broken);
  g_test_add_func("/srtp/many-sources", test_many_sources);
  g_test_add_func("/srtp/rtcp", test_rtcp);
  g_test_add_func("/srtp/aes-192", test_aes_192);
  g_test_add_func("/srtp/refused", test_refused);
  return g_test_run();
}
