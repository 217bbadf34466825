// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines of a=crypto (RFC 4568 section 9.1): tag, suite, "inline:" key parameters, session parameters. The
// suites of RFC 4568, 6188 and 7714 and the other spelling of RFC 6188's that phones use.
#include "earshot/wire/srtp.h"

#include "earshot/wire/clean-text.h"
#include "slice.h"

#define MAX_MKI_BYTES 128

static const struct {
  const char *name;
  EsSrtpSuite suite;
  guint key_length;
} suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", ES_SRTP_CM_128_80, 30}, {"AES_CM_128_HMAC_SHA1_32", ES_SRTP_CM_128_32, 30},
    {"AES_192_CM_HMAC_SHA1_80", ES_SRTP_CM_192_80, 38}, {"AES_192_CM_HMAC_SHA1_32", ES_SRTP_CM_192_32, 38},
    {"AES_CM_192_HMAC_SHA1_80", ES_SRTP_CM_192_80, 38}, {"AES_CM_192_HMAC_SHA1_32", ES_SRTP_CM_192_32, 38},
    {"AES_256_CM_HMAC_SHA1_80", ES_SRTP_CM_256_80, 46}, {"AES_256_CM_HMAC_SHA1_32", ES_SRTP_CM_256_32, 46},
    {"AES_CM_256_HMAC_SHA1_80", ES_SRTP_CM_256_80, 46}, {"AES_CM_256_HMAC_SHA1_32", ES_SRTP_CM_256_32, 46},
    {"AEAD_AES_128_GCM", ES_SRTP_GCM_128, 28},          {"AEAD_AES_256_GCM", ES_SRTP_GCM_256, 44},
};

static int base64_value(char c) {
  if (g_ascii_isupper(c))
    return c - 'A';
  if (g_ascii_islower(c))
    return c - 'a' + 26;
  if (g_ascii_isdigit(c))
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Exactly this many bytes; the padding may be missing, nothing else may be there.
static gboolean read_base64(EsSlice text, guint8 *bytes, gsize n) {
  guint32 bits = 0;
  guint have = 0;
  gsize written = 0, padding = 0;
  for (; text.length && text.at[text.length - 1] == '='; text.length--)
    padding++;
  if (padding > 2 || text.length != (n * 8 + 5) / 6)
    return FALSE;
  for (gsize i = 0; i < text.length; i++) {
    int value = base64_value(text.at[i]);
    if (value < 0)
      return FALSE;
    bits = bits << 6 | (guint32)value;
    have += 6;
    if (have >= 8) {
      have -= 8;
      bytes[written++] = (guint8)(bits >> have);
    }
  }
  return written == n;
}

// "1:4": the key's name in packets, and how many bytes it has there.
static gboolean read_mki(EsSlice text, EsSrtpKey *key) {
  EsSlice value;
  guint64 length;
  if (!es_slice_cut(&text, ':', &value) || !es_slice_number(value, G_MAXUINT64, &key->mki) ||
      key->mki == G_MAXUINT64 || !es_slice_number(text, MAX_MKI_BYTES + 1, &length) || length == 0 ||
      length > MAX_MKI_BYTES)
    return FALSE;
  key->mki_length = (guint)length;
  return TRUE;
}

// "inline:<key and salt>|2^20|1:4"; the lifetime says nothing to a listener.
static void read_key(EsSlice text, guint key_length, EsSrtpKey *key) {
  EsSlice piece;
  if (!es_slice_starts(text, "inline:"))
    return;
  text = es_slice(text.at + strlen("inline:"), text.length - strlen("inline:"));
  if (!es_slice_cut(&text, '|', &piece) || !read_base64(es_slice_trim(piece), key->key, key_length))
    return;
  while (es_slice_cut(&text, '|', &piece))
    if (memchr(piece.at, ':', piece.length) && !read_mki(es_slice_trim(piece), key))
      return;
  key->key_length = key_length;
}

// FALSE for what changes the protection of the media; what only concerns error correction or windows is
// nothing to a listener, and a tag that does not fit judges the rest.
static gboolean read_parameters(EsSlice rest, EsSrtpKey *key) {
  EsSlice word;
  while (es_slice_word(&rest, &word)) {
    if (es_slice_is(word, "UNENCRYPTED_SRTP") || es_slice_is(word, "UNAUTHENTICATED_SRTP") ||
        (es_slice_starts(word, "KDR=") && !es_slice_is(word, "KDR=0")))
      return FALSE;
    key->plain_rtcp |= es_slice_is(word, "UNENCRYPTED_SRTCP");
  }
  return TRUE;
}

static guint find_suite(EsSlice name, EsSrtpSuite *suite) {
  for (guint i = 0; i < G_N_ELEMENTS(suites); i++)
    if (es_slice_is(name, suites[i].name)) {
      *suite = suites[i].suite;
      return suites[i].key_length;
    }
  return 0;
}

guint es_srtp_keys_parse(const char *value, gsize length, EsSrtpKey *keys, guint max) {
  EsSlice rest = es_slice(value, length), tag, name, list, one;
  guint64 number;
  guint n = 0;
  if (max == 0 || !es_slice_word(&rest, &tag) || !es_slice_number(tag, G_MAXUINT32, &number) ||
      !es_slice_word(&rest, &name) || !es_slice_word(&rest, &list))
    return 0;
  EsSrtpKey common = {.tag = (guint32)number};
  es_clean_text_copy(common.name, sizeof common.name, name.at, name.length);
  guint key_length = find_suite(name, &common.suite);
  if (!read_parameters(rest, &common)) {
    common.suite = ES_SRTP_UNSUPPORTED;
    key_length = 0;
  }
  while (n < max && es_slice_cut(&list, ';', &one)) {
    keys[n] = common;
    if (key_length)
      read_key(one, key_length, &keys[n]);
    n++;
  }
  return n;
}
