// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The fixed header is 12 bytes, then up to 15 contributing sources, then at most one extension that counts
// its words. Version 2 in the first two bits keeps SIP, STUN, DTLS and ZRTP out (RFC 7983).
#include "earshot/wire/rtp.h"
#include "earshot/wire/cursor.h"

#define HEADER_BYTES 12
#define VERSION_2(data) (((data)[0] & 0xc0) == 0x80)

static gboolean is_rtcp_type(guint8 second_byte) {
  return second_byte >= 192 && second_byte <= 223;
}

// Bytes before the payload, 0 if they do not fit.
static gsize header_bytes(const guint8 *data, gsize length) {
  gsize header = HEADER_BYTES + (gsize)(data[0] & 0x0f) * 4;
  if (header > length)
    return 0;
  if (!(data[0] & 0x10))
    return header;
  if (header + 4 > length)
    return 0;
  header += 4 + (gsize)es_be16(data + header + 2) * 4;
  return header <= length ? header : 0;
}

gboolean es_rtp_parse(const guint8 *data, gsize length, EsRtp *rtp) {
  if (length < HEADER_BYTES || !VERSION_2(data) || is_rtcp_type(data[1]))
    return FALSE;
  gsize header = header_bytes(data, length);
  if (header == 0)
    return FALSE;
  *rtp = (EsRtp){.payload_type = data[1] & 0x7f,
                 .marker = data[1] >> 7,
                 .sequence = es_be16(data + 2),
                 .timestamp = es_be32(data + 4),
                 .ssrc = es_be32(data + 8),
                 .payload = data + header,
                 .length = length - header,
                 .packet = data,
                 .packet_length = length};
  if (data[0] & 0x20 && rtp->length > 0 && data[length - 1] <= rtp->length)
    rtp->length -= data[length - 1];
  return TRUE;
}

gboolean es_rtcp_looks_like(const guint8 *data, gsize length) {
  return length >= 8 && VERSION_2(data) && is_rtcp_type(data[1]);
}
