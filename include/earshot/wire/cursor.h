// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Headers taken one after the other off the front of a frame, never beyond its end; numbers in network order.
#pragma once

#include <glib.h>

typedef struct {
  const guint8 *at;
  gsize left;
} EsCursor;

// The next n bytes; NULL, and nothing taken, if there are fewer.
static inline const guint8 *es_cursor_take(EsCursor *c, gsize n) {
  if (n > c->left)
    return NULL;
  const guint8 *header = c->at;
  c->at += n;
  c->left -= n;
  return header;
}

static inline guint16 es_be16(const guint8 *p) {
  return (guint16)(p[0] << 8 | p[1]);
}

static inline guint32 es_be32(const guint8 *p) {
  return (guint32)es_be16(p) << 16 | es_be16(p + 2);
}
