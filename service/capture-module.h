// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The recorder, found when it is needed. Its libraries (libpcap, sofia-sip and the twenty that those bring)
// take as long to load as everything else of the program together, and only recording needs them.
#pragma once

#include "earshot/capture/capture.h"
#include "earshot/capture/listen.h"
#include "earshot/capture/spool-look.h"

typedef struct {
  gboolean (*run)(const EsCaptureOptions *options, EsIndex *index, const EsCaptureSink *sink,
                  EsCaptureStats *stats, GError **error);
  gboolean (*check_config)(const EsConfig *config, GError **error);
  gboolean (*needs)(const EsConfig *config, guint64 disk_bytes, guint64 free_bytes, EsCaptureNeeds *needs,
                    GError **error);
  gboolean (*listen)(const EsListenOptions *options, EsListenResult *result, GError **error);
  gboolean (*spool_look)(const char *library, EsSpoolFunc func, gboolean *running, gpointer user_data,
                         GError **error);
} EsCaptureModule;

// Static; NULL with ES_ERROR_UNSUPPORTED when it is not installed.
const EsCaptureModule *es_capture_module(GError **error);
