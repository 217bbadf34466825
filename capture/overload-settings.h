// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The group [overload]: what the recorder may use before it records less.
#pragma once

#include "earshot/common/config.h"

// So many bytes, or so many hundredths of what there is.
typedef struct {
  guint64 bytes; // 0: percent counts
  guint percent;
} EsAmount;

typedef struct {
  EsAmount memory;       // of the machine or the control group
  EsAmount journal;      // of what is free on its disk, itself included
  EsAmount reserve;      // of its disk: stays free
  gint64 flush_us;       // age of what is not flushed yet
  gint64 drain_us;       // at the end, for what is still to be encoded
  gboolean oldest_first; // calls lose their audio in this order
} EsOverloadSettings;

gboolean es_overload_settings_read(EsOverloadSettings *settings, const EsConfig *config, GError **error);
guint64 es_amount_of(const EsAmount *amount, guint64 whole);
