// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Numbers of our own files, wherever they lie.
#pragma once

#include <glib.h>
#include <string.h>

static inline void es_put_u16(guint8 *at, guint16 number) {
  number = GUINT16_TO_LE(number);
  memcpy(at, &number, sizeof number);
}

static inline void es_put_u32(guint8 *at, guint32 number) {
  number = GUINT32_TO_LE(number);
  memcpy(at, &number, sizeof number);
}

static inline void es_put_u64(guint8 *at, guint64 number) {
  number = GUINT64_TO_LE(number);
  memcpy(at, &number, sizeof number);
}

static inline guint16 es_get_u16(const guint8 *at) {
  guint16 number;
  memcpy(&number, at, sizeof number);
  return GUINT16_FROM_LE(number);
}

static inline guint32 es_get_u32(const guint8 *at) {
  guint32 number;
  memcpy(&number, at, sizeof number);
  return GUINT32_FROM_LE(number);
}

static inline guint64 es_get_u64(const guint8 *at) {
  guint64 number;
  memcpy(&number, at, sizeof number);
  return GUINT64_FROM_LE(number);
}
