// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The disk that a library lies on: how much is left, and for how long.
#pragma once

#include "earshot/index/figures.h"

typedef struct {
  guint64 total_bytes, free_bytes; // free: for this account
  double free_percent;
  double bytes_per_day; // NAN when there is too little to tell
  double days;          // until it is full at that rate; NAN when there is no rate
} EsDisk;

// figures may be NULL: then the rate is not known.
gboolean es_disk_look(const char *library, const EsLibraryFigures *figures, gint64 now_us, EsDisk *disk,
                      GError **error);
