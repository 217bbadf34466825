// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call as the index keeps it. Moments in microseconds UTC, lengths in milliseconds, ES_UNKNOWN (-1) where
// not known; strings may be NULL where not known. Names of fields are those of the JSON in the design.
#pragma once

#include "earshot/common/clock.h"
#include "earshot/common/ledger.h"
#include <glib.h>

typedef struct {
  char *agent; // the agent's extension or address of record as seen; display names come from the directory
  char *
      agent_name; // from the directory at the time of the call; filled when reading and when writing if known
  char *team;
  char *queue;
  gint64 start_ms; // from started_at
  gint64 end_ms;
} EsSegment;

typedef struct {
  char *role; // "caller", "callee", "agent", "customer"; "participant": who joined them; "mixed": everybody
  gint64 filled_ms;
  double drift_ppm;     // NAN when unknown
  gint64 speech_ms;     // ES_UNKNOWN without audio
  gint64 greeting_ms;   // file time of the first speech
  double loudness_lufs; // NAN when unknown
  gint64 raised_ms;     // speech at least 6 dB above the leg's usual level; ES_UNKNOWN when not measured
  GArray *streams;      // of EsStreamLedger
  GArray *speech;       // of EsInterval, file time
} EsCallLeg;

// What happened during the call: joined (its start was not seen), hold, pause, resume, reinvite, dtmf,
// participant-joined, participant-left, codec-change, ssrc-change, address-change, undecodable, dropped
// (detail: packets), recovered (detail: lost packets whose audio the next one repeated), fax and voice (T.38
// took and gave back the place of the voices), video (detail: codec; none of it is kept), ...
typedef struct {
  gint64 at_ms; // from started_at
  char *kind;
  int leg;      // -1 if it concerns the whole call
  char *detail; // for people; never a digit outside a consent window
} EsCallEvent;

// Consent, append-only. State is derived from the events in time order (see es_consent_state).
typedef struct {
  gint64 at_us;       // when it took effect
  char *state;        // requested, given, refused, withdrawn, expired
  char *source;       // header, dtmf, callee, manual, import
  char *notice;       // which notice or prompt, if any
  char *version;      // of the notice
  char *detail;       // header value, digit inside the window, what the person wrote
  char *actor;        // who entered it; NULL when it came from the call
  gint64 offset_ms;   // in the file; ES_UNKNOWN if before the audio or not during the call
  gint64 recorded_us; // when the row was written; filled by the index
} EsConsentEvent;

typedef struct {
  gint64 rowid; // 0 before it is stored; grows with started_at
  char *id;     // UUIDv7
  char *group_id;
  char *call_id; // SIP Call-ID
  char
      *source_key; // what makes "the same call from the same capture" recognisable; unique; see es_index_seen
  char *source;    // "pcap:day1.pcap"
  char *client;    // "default" until told otherwise
  char *direction; // inbound, outbound, internal, unknown
  char *caller, *callee; // numbers or users
  char *caller_uri, *callee_uri;
  char *caller_name, *callee_name;
  char *disposition;    // answered, missed, abandoned, busy, failed
  int sip_status;       // final status of the INVITE; 0 if none was seen
  char *outcome;        // recorded, partial, none
  char *outcome_reason; // NULL when recorded
  gint64 started_us, answered_us, ended_us;
  char *ended_by; // caller, callee, timeout, capture-end, ...; NULL when not known (recording sessions)
  gint64 duration_ms, audio_offset_ms, audio_ms, wait_ms, hold_ms;
  char *file; // relative to the library; NULL without audio
  char *file_sha256;
  gint64 file_bytes;
  char *codec;         // of the widest leg
  int sample_rate_hz;  // 0 without audio
  int channels;        // 0 without audio
  char *consent_state; // unknown, requested, given, refused, withdrawn, expired
  gint64 talk_over_ms, dead_air_ms;
  gint64 greeting_ms; // from the answer to the agent's first speech; ES_UNKNOWN if not known
  gint64 missing_ms;  // sum of gaps whose reason es_gap_reason_is_missing
  char *pbx_id;       // the call's id in the telephone system (Asterisk: uniqueid)
  char *business_id;  // ticket, order or customer number, by a mapping rule
  char *original_name, *original_sha256, *original_format; // of an imported recording
  gint64 dropped_packets; // by the kernel while a live call was open; ES_UNKNOWN otherwise
  gint64 raised_ms;       // of all legs; ES_UNKNOWN when not measured
  char *mapping_json;     // [{"field","value","rule","input"}]: which rule set what; NULL
  gint64 repeats;         // calls of this caller that began in the seven days before. Filled when reading
  double tension;         // 0-100 (docs/index.md); NAN when a part was not measured. Filled when reading
  double score;           // of the latest evaluation that counts; NAN if none. Filled when reading
  char **flags;           // active flags, NULL-terminated. Filled when reading
  char **tags;            // NULL-terminated. Filled when reading
  GPtrArray *segments;    // of EsSegment
  GPtrArray *legs;        // of EsCallLeg; NULL in search results
  GArray *gaps;           // of EsGap; NULL in search results
  GArray *talk_over;      // of EsInterval; NULL in search results
  GArray *dead_air;       // of EsInterval; NULL in search results
  GPtrArray *events;      // of EsCallEvent; NULL in search results
  GPtrArray *consent;     // of EsConsentEvent; NULL in search results
} EsCall;

// All unknown, empty arrays, client "default", direction "unknown", consent "unknown".
EsCall *es_call_new(void);
void es_call_free(EsCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCall, es_call_free)
EsSegment *es_segment_new(void);
void es_segment_free(EsSegment *segment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSegment, es_segment_free)
EsCallLeg *es_call_leg_new(const char *role);
void es_call_leg_free(EsCallLeg *leg);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCallLeg, es_call_leg_free)
EsCallEvent *es_call_event_new(gint64 at_ms, const char *kind, int leg, const char *detail);
void es_call_event_free(EsCallEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCallEvent, es_call_event_free)
EsConsentEvent *es_consent_event_new(gint64 at_us, const char *state, const char *source);
void es_consent_event_free(EsConsentEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsConsentEvent, es_consent_event_free)

// The state that a list of EsConsentEvent leads to: the latest event in effect decides, but a refusal or
// withdrawal is only lifted by a later explicit "given" that a person or the caller's own answer made (source
// dtmf or manual), never by an announcement (callee) or header alone. NULL or empty gives "unknown".
const char *es_consent_state(const GPtrArray *events);
gboolean es_consent_state_is_valid(const char *state);
