// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Session descriptions (RFC 8866) and multipart bodies (RFC 2046), bounded, from bytes that anybody may have
// sent. Our own parsers: sofia-sip's sdp_parse in Debian 12 loops for ever on one crafted line (dependencies
// of the project).
#pragma once

#include "earshot/common/address.h"
#include "earshot/encode/codec.h"
#include "earshot/wire/srtp.h"

#define ES_SDP_MAX_MEDIA 16
#define ES_SDP_MAX_FORMATS 32

typedef enum { ES_SDP_SENDRECV, ES_SDP_SENDONLY, ES_SDP_RECVONLY, ES_SDP_INACTIVE } EsSdpDirection;

typedef struct {
  guint8 payload_type;
  EsCodec codec;
} EsSdpFormat;

typedef struct {
  char kind[16];            // "audio", "video", ...
  char protocol[24];        // "RTP/AVP", "RTP/SAVP", ...
  EsAddress address;        // where this side wants to receive; port 0 = refused
  gboolean has_address;     // FALSE when the c= line was a name or missing
  EsSdpDirection direction; // session level when the media has none
  guint n_formats;
  EsSdpFormat formats[ES_SDP_MAX_FORMATS]; // in order of preference
  int ptime_ms;                            // 0 if not given
  char label[64];                          // a=label, "" if none
  gboolean crypto;                         // a=crypto or a=fingerprint present
  gboolean dtls;                           // a=fingerprint present: its keys are in no message
  guint n_keys;
  EsSrtpKey keys[ES_SRTP_MAX_KEYS]; // of a=crypto, in order of preference, unusable ones too
  guint16 rtcp_port;                // a=rtcp (RFC 3605), 0 if not given
  gboolean rtcp_mux;                // RTCP comes to the port of the media (RFC 5761)
} EsSdpMedia;

typedef struct {
  guint64 session_version; // of o=
  gboolean truncated;      // more than the bounds allow; the rest was ignored
  guint n_media;
  EsSdpMedia media[ES_SDP_MAX_MEDIA]; // last: see es_sdp_keep
} EsSdp;

// FALSE only if it is no SDP at all (no v=0 or no m= line). Lenient about order, line ends and unknown lines.
gboolean es_sdp_parse(const guint8 *text, gsize length, EsSdp *sdp);
// A copy to be kept with what it belongs to: without the room for m-lines that it does not have, which is
// more than a hundred kilobytes. To be freed with g_free, never to be parsed into.
EsSdp *es_sdp_keep(const EsSdp *sdp);
// The first audio m-line that is not refused (phones that offer SRTP beside plain RTP send one of each, and
// one comes back with port 0); the first one when all are; NULL if none.
const EsSdpMedia *es_sdp_audio(const EsSdp *sdp);

typedef struct {
  char content_type[96]; // "application/sdp": lower case, without parameters
  char disposition[64];  // the same way; "" if none
  const guint8 *data;    // into the body given
  gsize length;
} EsBodyPart;
#define ES_MAX_PARTS 16
// Splits a body by its Content-Type header value; a body that is not multipart is one part. Bare LF, a
// missing closing delimiter and preambles are accepted. Returns the number of parts; 0 for an empty body.
guint es_multipart_split(const char *content_type, const guint8 *body, gsize length,
                         EsBodyPart parts[ES_MAX_PARTS]);
