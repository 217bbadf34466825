// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A sink that several threads may call: one after the other gets through to the real one.
#pragma once

#include "earshot/capture/capture.h"

typedef struct EsSharedSink EsSharedSink;

// real is borrowed and may be NULL.
EsSharedSink *es_shared_sink_new(const EsCaptureSink *real);
void es_shared_sink_free(EsSharedSink *shared);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSharedSink, es_shared_sink_free)
// Lives as long as shared.
const EsCaptureSink *es_shared_sink(EsSharedSink *shared);

// Tells the sink, which may be NULL, what happened: as an event, or as a warning where it knows no events.
void es_sink_tell(const EsCaptureSink *sink, EsLogEvent event, const char *message);
