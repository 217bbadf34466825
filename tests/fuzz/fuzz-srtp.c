// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A line of a=crypto, then packets (two bytes of length, the top bits being how it comes): as they are, as
// RTCP, or from a hostile sender who knows the key.
#include "earshot/wire/cursor.h"
#include "earshot/wire/rtp.h"
#include "earshot/wire/srtp.h"
#include "fuzz.h"
#include <srtp2/srtp.h>
#include <string.h>

static const char usual[] = "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

static guint read_line(const guint8 *data, gsize length, EsSrtpKey keys[ES_SRTP_MAX_KEYS]) {
  guint n = es_srtp_keys_parse((const char *)data, length, keys, ES_SRTP_MAX_KEYS);
  g_assert_cmpuint(n, <=, ES_SRTP_MAX_KEYS);
  for (guint i = 0; i < n; i++) {
    assert_clean(keys[i].name);
    g_assert_true(keys[i].key_length == 0 || (keys[i].key_length >= 28 && keys[i].key_length <= 46));
    g_assert_cmpuint(keys[i].mki_length, <=, 128);
  }
  return n;
}

// FALSE for what libsrtp's sending end refuses.
static gboolean protect(const EsSrtpKey *key, guint8 *packet, gsize *length) {
  srtp_policy_t policy = {.ssrc = {.type = ssrc_any_outbound}, .key = (guint8 *)key->key, .window_size = 128};
  srtp_t session;
  int n = (int)*length;
  srtp_crypto_policy_set_rtp_default(&policy.rtp);
  srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
  if (key->suite != ES_SRTP_CM_128_80 || n < 12 || srtp_create(&session, &policy) != srtp_err_status_ok)
    return FALSE;
  gboolean ok = srtp_protect(session, packet, &n) == srtp_err_status_ok;
  srtp_dealloc(session);
  *length = (gsize)n;
  return ok;
}

static void give(EsSrtp *srtp, const EsSrtpKey *key, guint how, const guint8 *bytes, gsize length) {
  EsRtp rtp;
  gsize given = length;
  g_autofree guint8 *packet = g_malloc(length + SRTP_MAX_TRAILER_LEN); // the sanitizers watch its ends
  memcpy(packet, bytes, length);
  if (how & 2 && !protect(key, packet, &given))
    return;
  g_autofree guint8 *exact = g_memdup2(packet, given);
  gsize left = given;
  EsSrtpResult result =
      how & 1 ? es_srtp_unprotect_rtcp(srtp, exact, &left) : es_srtp_unprotect(srtp, exact, &left);
  g_assert_cmpuint(left, <=, given);
  if (result != ES_SRTP_OK)
    g_assert_cmpmem(exact, left, packet, given);
  else if (es_rtp_parse(exact, left, &rtp))
    assert_within(rtp.payload, rtp.length, exact, left);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  const guint8 *end = size ? memchr(data, '\n', size) : NULL;
  gsize line = end ? (gsize)(end - data) : size;
  EsSrtpKey keys[ES_SRTP_MAX_KEYS];
  guint n = read_line(data, line, keys);
  if (n == 0 || keys[n - 1].key_length == 0)
    n = read_line((const guint8 *)usual, strlen(usual), keys);
  g_autoptr(EsSrtp) srtp = es_srtp_new(&keys[n - 1], NULL);
  g_assert_nonnull(srtp);
  EsCursor cursor = {data + line, size - line};
  es_cursor_take(&cursor, 1);
  for (guint packets = 0; packets < 64; packets++) {
    const guint8 *head = es_cursor_take(&cursor, 2);
    guint how = head ? es_be16(head) >> 14 : 0;
    gsize length = head ? es_be16(head) & 0x3fff : 0;
    const guint8 *bytes = head ? es_cursor_take(&cursor, MIN(length, cursor.left)) : NULL;
    if (!bytes)
      break;
    give(srtp, &keys[n - 1], how, bytes, MIN(length, (gsize)(data + size - bytes)));
  }
  return 0;
}
