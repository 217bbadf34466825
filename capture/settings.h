// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What earshot.conf says to the recorder. docs/configuration.md documents every key.
#pragma once

#include "consent-rules.h"
#include "earshot/encode/recording.h"
#include "link-settings.h"
#include "mapping.h"
#include "overload-settings.h"
#include "rtp-codecs.h"
#include "siprec-settings.h"

typedef struct {
  EsRecordingSettings recording; // spool is set by the worker
  gboolean early_media;          // record what is heard before the answer
  gint64 media_timeout_us;       // answered, media seen, then silence this long: the BYE is missing
  gint64 idle_timeout_us;        // answered, on hold or without any media: nothing at all for this long
  gint64 ring_timeout_us;        // not answered, nothing for this long
  gint64 linger_us;              // after the end: late packets still count
  gint64 copies_us;              // for so long a packet that comes again may be a copy; 0: never
  guint max_calls;               // open at once
  guint workers;                 // threads for decoding and encoding; 0: none beside who reads packets
  guint64 ring_bytes;            // of a live interface, in the kernel
  guint64 queue_bytes;           // of each of these threads
  gboolean encode_later;         // live, nothing is encoded while a call is open
  EsOverloadSettings overload;
  gboolean rtp_only; // RTP without signalling becomes calls
  EsRtpCodecs rtp_codecs;
  EsLinkSettings link;
  EsMapping *mapping;
  EsConsentRules *consent;
  EsSiprecSettings siprec;
} EsCaptureSettings;

// Reads and checks everything, unknown groups and keys included.
EsCaptureSettings *es_capture_settings_new(const EsConfig *config, GError **error);
// Shared by the calls that began while they held; one thread.
EsCaptureSettings *es_capture_settings_ref(EsCaptureSettings *settings);
void es_capture_settings_unref(EsCaptureSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCaptureSettings, es_capture_settings_unref)
