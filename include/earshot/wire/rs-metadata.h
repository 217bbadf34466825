// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recording metadata (RFC 7865, RFC 9806) and its dialects, from bytes that anybody may have sent: elements
// in any order, by their local names, whatever the namespace (with or without ":1", draft-era roots such as
// recording_metadata), with the attributes' draft-era names, ids as base64 or urn:uuid. Bounded: depth,
// elements of each kind, length of a text.
//
// Two families are read: the standard's, in which associations are elements of their own, and the drafts', in
// which they are nested ("send" and "session" of a participant); the nested ones come out as associations
// too. An element without an id is known by what it has: a participant by its address, a stream by its label.
// What an association says of an id that no element declares is kept.
//
// This is one document as it was sent; rs-state.h (capture/) puts documents together.
#pragma once

#include <glib.h>

#define ES_RS_MAX_ELEMENTS 256 // of each kind in one document
#define ES_RS_MAX_STREAMS 64   // that one participant sends, or hears

typedef struct {
  char *id;
  char *group;              // group-ref, or the attribute of drafts; NULL if none
  GPtrArray *sip_sessions;  // of char *: sipSessionID (RFC 7989 or Call-ID), trimmed
  char *reason;             // text of reason, NULL
  gint64 start_us, stop_us; // ES_UNKNOWN if not given or not plausible
  gboolean stopped;         // a stop-time was given, plausible or not
} EsRsSession;

typedef struct {
  char *id;
  char *aor;  // of the first nameID: "sip:bob@example.com", "tel:+20…", or bare as it came; NULL
  char *name; // NULL
} EsRsParticipant;

typedef struct {
  char *id, *session, *label; // session and label may be NULL
  gboolean mixed;             // mode of drafts: carries everybody
} EsRsStream;

// Participant with session, or session with recording (participant NULL).
typedef struct {
  char *participant, *session;
  gint64 associate_us, disassociate_us;
  gboolean ended; // a disassociate-time was given, plausible or not
} EsRsSessionAssoc;

// What a participant sends and hears; replaces what was said of it before.
typedef struct {
  char *participant;
  GPtrArray *send, *recv; // of char *: stream ids; empty, never NULL
  gboolean ended;         // a disassociate-time was given
} EsRsStreamAssoc;

// A vendor's element: "callingParty" of apkt:extensiondata, callData's fromhdr, participantsessionassoc's
// param (name is then its pname). extensiondata itself is left out of the name.
typedef struct {
  char *owner; // id of the session, participant or stream in which it stood, or that it names as its parent;
               // NULL: of the recording
  char *name;  // local name, after its parents' below the owner: "callData/fromhdr"; "user/@userID" is an
               // attribute
  char *value;
} EsRsExtension;

typedef struct {
  gboolean partial;              // datamode="partial"
  GPtrArray *groups;             // of char *: ids
  GPtrArray *sessions;           // of EsRsSession
  GPtrArray *participants;       // of EsRsParticipant
  GPtrArray *streams;            // of EsRsStream
  GPtrArray *recording_assocs;   // of EsRsSessionAssoc
  GPtrArray *participant_assocs; // of EsRsSessionAssoc
  GPtrArray *stream_assocs;      // of EsRsStreamAssoc
  GPtrArray *extensions;         // of EsRsExtension
  gboolean truncated;            // more than the bounds allow; the rest was ignored
} EsRsMetadata;

// TRUE for the content types of metadata: application/rs-metadata+xml, application/rs-metadata (case
// ignored).
gboolean es_rs_metadata_is_type(const char *content_type);
// NULL with ES_ERROR_INVALID (message names line or element) for what is not XML, or has no element of a
// recording. Never resolves an entity.
EsRsMetadata *es_rs_metadata_parse(const guint8 *text, gsize length, GError **error);
void es_rs_metadata_free(EsRsMetadata *metadata);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsRsMetadata, es_rs_metadata_free)
