// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SRTP and SRTCP (RFC 3711, 6188, 7714) with keys that SDP told (SDES, RFC 4568), by libsrtp2.
#pragma once

#include <glib.h>

#define ES_SRTP_MAX_KEYS 4           // kept of one m-line
#define ES_SRTP_MAX_KEY_BYTES 46     // AES-256 in counter mode: key and salt
#define ES_SRTP_MAX_PACKET (8 << 10) // what is longer is no voice

typedef enum {
  ES_SRTP_UNSUPPORTED, // a suite that nothing here knows, or parameters that change it
  ES_SRTP_CM_128_80,
  ES_SRTP_CM_128_32,
  ES_SRTP_CM_192_80,
  ES_SRTP_CM_192_32,
  ES_SRTP_CM_256_80,
  ES_SRTP_CM_256_32,
  ES_SRTP_GCM_128,
  ES_SRTP_GCM_256,
} EsSrtpSuite;

// One key of an a=crypto line.
typedef struct {
  guint32 tag;
  char name[40]; // of the suite, as it was written: "AES_CM_128_HMAC_SHA1_80"
  EsSrtpSuite suite;
  guint8 key[ES_SRTP_MAX_KEY_BYTES]; // master key and salt; a secret
  guint key_length;                  // 28 to 46 by the suite; 0 = not supported or not readable
  guint64 mki;                       // names the key in each packet
  guint mki_length;                  // bytes, 0 = without
  gboolean plain_rtcp;               // UNENCRYPTED_SRTCP: authenticated only
} EsSrtpKey;

// "1 AES_CM_128_HMAC_SHA1_80 inline:…|2^20|1:4", several keys divided by semicolons. How many keys were
// written to keys (max at most); 0 if it does not parse at all. A line that cannot be used gives one key with
// key_length 0.
guint es_srtp_keys_parse(const char *value, gsize length, EsSrtpKey *keys, guint max);

typedef enum {
  ES_SRTP_OK,
  ES_SRTP_WRONG_KEY, // the authentication tag does not fit
  ES_SRTP_REPLAY,    // seen before
  ES_SRTP_BAD,       // no SRTP packet
} EsSrtpResult;

// The receiving end of one direction with one key; any number of SSRCs, of which the latest 64 are kept. The
// rollover counter of a stream that is joined in its course is found by trying. Threads: one at a time for
// each EsSrtp.
typedef struct EsSrtp EsSrtp;
EsSrtp *es_srtp_new(const EsSrtpKey *key, GError **error);
void es_srtp_free(EsSrtp *srtp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSrtp, es_srtp_free)
// With ES_SRTP_OK the packet was changed in place and *length is that of the plain packet; else both are as
// they were.
EsSrtpResult es_srtp_unprotect(EsSrtp *srtp, guint8 *packet, gsize *length);
EsSrtpResult es_srtp_unprotect_rtcp(EsSrtp *srtp, guint8 *packet, gsize *length);
