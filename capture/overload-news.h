// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a person is told of overload while it lasts: when it begins, each minute, and when it is over.
#pragma once

#include "earshot/capture/capture.h"

typedef struct {
  gint64 behind_us, bound_us, descriptors_us; // monotonic: when it was told last; 0: nothing is to be told
} EsOverloadNews;

void es_overload_news(EsOverloadNews *news, const EsCaptureStats *stats, gint64 now_us,
                      const EsCaptureSink *sink);
