// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What dynamic payload types mean where no session description says it: [record] rtp_codecs of earshot.conf.
#pragma once

#include "earshot/common/config.h"

#define ES_PAYLOAD_TYPES 128

typedef struct {
  char *names[ES_PAYLOAD_TYPES]; // "opus/48000/2"; NULL where nothing says
} EsRtpCodecs;

gboolean es_rtp_codecs_read(EsRtpCodecs *codecs, const EsConfig *config, GError **error);
void es_rtp_codecs_clear(EsRtpCodecs *codecs);
// NULL if nothing says.
const char *es_rtp_codec_of(const EsRtpCodecs *codecs, guint payload_type);
