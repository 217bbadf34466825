// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// IP fragments until they are whole (RFC 791, RFC 8200 section 4.5).
//
// Bytes that come twice must be the same, as those of a mirror that shows each packet twice are; where they
// differ, nobody can tell what the receiver took, and the datagram is given up. So is one that is not whole
// after some seconds, and the oldest when there are too many; all counted as incomplete.
#pragma once

#include "earshot/wire/cursor.h"
#include "earshot/wire/packet.h"

typedef struct EsFragments EsFragments;

typedef struct {
  EsAddress from, to;
  guint32 identification;
  guint32 family; // which of these share their identifications: of IPv4 each protocol, IPv6
  guint32 offset; // bytes
  gboolean more;  // not the last
  guint8 next;    // IPv6: the header that follows; of the whole, what the first fragment says
  EsCursor data;
} EsFragment;

typedef enum {
  ES_FRAGMENTS_WAIT,
  ES_FRAGMENTS_WHOLE,
  ES_FRAGMENTS_BAD, // cannot be a part of anything
} EsFragmentsResult;

EsFragments *es_fragments_new(EsLinkStats *stats); // borrowed: what is counted there
void es_fragments_free(EsFragments *fragments);
// When whole, *whole is the datagram until the next call. now_us: the capture's clock.
EsFragmentsResult es_fragments_take(EsFragments *fragments, EsFragment *piece, gint64 now_us,
                                    EsCursor *whole);
// Gives up those that waited too long.
void es_fragments_expire(EsFragments *fragments, gint64 now_us);
void es_fragments_clear(EsFragments *fragments);
