// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The group [link] of earshot.conf: by what calls are known to belong together, and which of several
// recordings of one conversation is kept.
#pragma once

#include "earshot/common/config.h"

#define ES_LINK_MAX_HEADERS 8

typedef enum {
  ES_LINK_KEEP_AGENT, // the recording of the call that knows the agent
  ES_LINK_KEEP_FIRST, // of the call that began first
  ES_LINK_KEEP_ALL,
} EsLinkKeep;

typedef struct {
  gboolean session_id, media, numbers;
  char **headers; // equal values join calls; NULL-terminated
  char **pickup;  // what one dials begins so to take a call that rings elsewhere
  EsLinkKeep keep;
} EsLinkSettings;

gboolean es_link_settings_read(EsLinkSettings *settings, const EsConfig *config, GError **error);
void es_link_settings_clear(EsLinkSettings *settings);
