// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One open call: its SIP dialog, what its sides agreed on, the streams that were matched to it, its recording
// and its row in the making. call.c takes SIP messages, call-media.c RTP packets, call-end.c makes the row.
//
// Bounds: everything that a sender could make grow has a cap (ES_CALL_MAX_*); beyond it packets and events
// are counted, not kept.
#pragma once

#include "dialog.h"
#include "earshot/index/index.h"
#include "earshot/wire/packet.h"
#include "earshot/wire/rtp.h"
#include "earshot/wire/telephone-event.h"
#include "gate.h"
#include "identity.h"
#include "media.h"
#include "settings.h"
#include "spool.h"

#define ES_CALL_MAX_STREAMS 64
#define ES_CALL_MAX_FLOWS 64
#define ES_CALL_MAX_ADDRESSES 32
#define ES_CALL_MAX_EVENTS 500
#define ES_CALL_MAX_CONSENT 64

// What all calls of a worker share.
typedef struct {
  EsCaptureSettings *settings; // of calls that begin from now on; each call keeps those it began with
  EsIndex *index;
  const char *library;
  EsSpool *spool;
  gboolean again; // record calls that are in the index already
  gboolean live;  // drops are known, none is 0
  EsSdp *scratch;
} EsCallContext;

typedef struct EsLiveCall EsLiveCall;

// Packets between two addresses, known to be the voice of one side of one call.
typedef struct {
  EsAddress from, to; // the key; must stay first
  EsLiveCall *call;
  int leg; // whose voice
} EsFlow;

// One RTP source as the packet path needs it; its counters are the recording's.
typedef struct {
  guint32 ssrc;
  int leg;
  const EsFlow *flow; // the packets of another flow with this SSRC are copies, seen on another hop
  guint16 highest;
  gint64 last_us;
  guint64 generation; // of the media when codec was looked up
  int payload_type;
  gboolean cut; // its latest packet was
  const char
      *problem; // why nothing of it can be decoded, whatever its codec; NULL if nothing is known against it
  EsCodec codec;
} EsLiveStream;

typedef enum {
  ES_END_HANGUP,    // BYE, refusal, CANCEL
  ES_END_TIMEOUT,   // nothing more was heard of it
  ES_END_CAPTURE,   // the capture ended
  ES_END_TRUNCATED, // the capture is cut off
  ES_END_STOPPED,   // the recorder was told to stop
  ES_END_INTERFACE, // the interface that was listened to went away
  ES_END_DISK_FULL,
  ES_END_FAILED,   // the library cannot be written for another reason
  ES_END_TOO_MANY, // too many calls at once: only the row is kept
} EsEnd;

struct EsLiveCall {
  const EsCallContext *context;
  EsCaptureSettings *settings; // what held when it began
  EsCall *row;
  EsDialog dialog;
  EsMedia media;
  EsCallHints hints;
  EsIdentity identities[2];
  char *connected;   // internal user that the agent's side said it is, NULL if it did not
  gboolean skip;     // in the index already: followed, but not recorded
  gboolean replaces; // left by a killed run: its row and file are made anew
  gboolean over;     // ended; its addresses may be taken over
  gint64 set_us;     // by how much the wall clock was set since the call began; its own time is not
  gint64 over_us;    // when over
  gint64 last_us;    // latest packet of any kind
  gint64 saved_us;   // what last_us was when the spool was told
  gint64 media_us;   // latest RTP packet, ES_UNKNOWN before the first
  guint32 cseq[2];   // newest INVITE of each side, to tell new ones from copies

  EsRecording *recording; // NULL before the first RTP packet
  gboolean failed;        // its file cannot be written any more
  gboolean disk_full;     // and that is why
  GArray *streams;        // of EsLiveStream
  GPtrArray *flows;       // of EsFlow, borrowed from the call table
  GArray *addresses;      // of EsAddress that the call table gave to this call
  EsTelephoneEventTracker keys[2];
  gboolean heard[2];    // RTP of this side was seen
  gboolean may_send[2]; // some agreement let this side speak

  gint64 hold_since_us; // ES_UNKNOWN when not on hold
  gint64 hold_us;       // finished holds
  guint events_dropped;
  EsCallEvent *drops; // the event of drops that go on; NULL before the first, owned by the row
  guint64 drops_counted;
  gint64 drops_until_us;

  const EsPrompt *prompt; // of the number dialled, NULL if none
  gboolean prompted;      // its window has opened
  char *consent_header;   // last value seen
  EsGateVerdict verdict;
  gboolean dirty; // what the spool knows is old
};

// TRUE for a message that shows that there is a call: an INVITE, or a 2xx to one.
gboolean es_live_call_is_shown_by(const EsSipMessage *message);
// From the first message of the call that was seen: its INVITE, or one that shows that it goes on already
// (one that says which dialog it belongs to). NULL with an error when the index fails.
EsLiveCall *es_live_call_new(const EsCallContext *context, const EsSipMessage *first, const char *source,
                             gint64 now_us, GError **error);
void es_live_call_free(EsLiveCall *call);

// Takes one message of the call, the first included. change tells where a side wants to hear.
gboolean es_live_call_sip(EsLiveCall *call, const EsSipMessage *message, gint64 now_us, EsMediaChange *change,
                          GError **error);
// Takes one RTP packet of the call.
gboolean es_live_call_media(EsLiveCall *call, const EsFlow *flow, const EsRtp *rtp, gint64 now_us,
                            GError **error);
// Time has come to now_us. TRUE in *done when the call can be finished, for the reason *end.
gboolean es_live_call_tick(EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end, GError **error);

// Ends the call and gives its row (owned by the caller) with the file in its place; NULL for a call that is
// skipped. *error tells why the file could not be finished, the row is good all the same.
EsCall *es_live_call_finish(EsLiveCall *call, EsEnd end, gint64 now_us, GError **error);
// Writes what is known to the spool, with the ledgers so far.
gboolean es_live_call_save(EsLiveCall *call, GError **error);

// The capture dropped packets, of this call or of others, between the two moments.
void es_live_call_dropped(EsLiveCall *call, guint64 packets, gint64 from_us, gint64 until_us);

// Adds to the call's events; detail may be NULL.
void es_live_call_event(EsLiveCall *call, gint64 at_us, const char *kind, int leg, const char *detail);
void es_live_call_consent(EsLiveCall *call, EsConsentEvent *event);
// Its file cannot be written any more; error (may be NULL) tells why.
void es_live_call_fail(EsLiveCall *call, const GError *error);
// Ends keys whose packets stopped.
void es_live_call_expire_keys(EsLiveCall *call, gint64 now_us);
// Opens the prompt's window when its time has come.
void es_live_call_prompt(EsLiveCall *call, gint64 now_us);
// Tells the recording whether silence is explained by a hold.
void es_live_call_explain(EsLiveCall *call, gint64 now_us);
