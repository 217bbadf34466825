// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Counters of a run, of which each thread keeps its own.
#pragma once

#include "earshot/capture/capture.h"

// All zero, and unknown what is not known yet.
void es_run_stats_init(EsCaptureStats *stats);
// Adds those of a further thread: counters are summed, of moments the latest counts.
void es_run_stats_add(EsCaptureStats *sum, const EsCaptureStats *part);
// Tells at the end of a run what was there and could not be read, or belonged to no call.
void es_run_stats_warn(const EsCaptureStats *stats, const EsCaptureSink *sink);
