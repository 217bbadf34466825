// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What every fuzz target is: libFuzzer calls it with bytes (tools/fuzz), driver.c with the seeds (meson
// test).
#pragma once

#include <glib.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

// Texts that reach tables, JSON and logs: valid UTF-8 without control characters. NULL is fine.
static inline void assert_clean(const char *text) {
  if (!text)
    return;
  g_assert_true(g_utf8_validate(text, -1, NULL));
  for (const char *p = text; *p; p++)
    g_assert_true((guint8)*p >= 0x20 && *p != 0x7f);
}

// A slice that a parser returned lies in what it was given.
static inline void assert_within(const guint8 *part, gsize length, const guint8 *whole, gsize size) {
  g_assert_true(part >= whole && part <= whole + size && length <= (gsize)(whole + size - part));
}
