// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One open call: its legs, the streams that were matched to it, its recording and its row in the making.
// call.c holds what every call has, call-media.c takes RTP packets, call-end.c makes the row.
//
// What happens to a call is known to who drives it (EsCallDriver): its own SIP dialog (call-dialog.c; two
// legs, 0 the caller's voice and 1 the callee's), or a recording session whose metadata names it
// (recording-calls.c; as many legs as there are voices, or one with everybody's).
//
// Bounds: everything that a sender could make grow has a cap (ES_CALL_MAX_*); beyond it packets and events
// are counted, not kept.
#pragma once

#include "audio.h"
#include "dialog.h"
#include "earshot/index/index.h"
#include "earshot/wire/packet.h"
#include "earshot/wire/rtp.h"
#include "earshot/wire/telephone-event.h"
#include "gate.h"
#include "identity.h"
#include "live-index.h"
#include "media.h"
#include "overload.h"
#include "recover-journal.h"
#include "sealed.h"
#include "settings.h"
#include "settle.h"
#include "spool.h"

#define ES_CALL_MAX_LEGS 16
#define ES_CALL_MAX_STREAMS 64
#define ES_CALL_MAX_FLOWS 64
#define ES_CALL_MAX_ADDRESSES 32
#define ES_CALL_MAX_EVENTS 500
#define ES_CALL_MAX_CONSENT 64

// What all calls of a worker share.
typedef struct {
  EsCaptureSettings *settings; // of calls that begin from now on; each call keeps those it began with
  EsIndex *index;
  EsLiveIndex *live_index; // the same, where it may fail
  const char *library;
  EsSpool *spool;
  EsAudioPool *audio;
  gboolean again;       // record calls that are in the index already
  gboolean live;        // drops are known, none is 0
  EsRecovery *recovery; // makes what this run could not write; NULL for files
  EsBound bound;        // what has run out: calls that begin are not recorded
  gint64 settled_us;    // what had arrived until then has been told; ES_UNKNOWN: packets come in their order
  GHashTable *keys;     // source_key of the calls that are not yet in the index
  EsSdp *scratch;
} EsCallContext;

typedef struct EsLiveCall EsLiveCall;

// Packets between two addresses, known to be the voice of one leg of one call.
typedef struct {
  EsAddress from, to; // the key; must stay first
  EsLiveCall *call;
  int leg; // whose voice
} EsFlow;

// One voice; of a "mixed" one nobody knows who speaks.
typedef struct {
  const char
      *role; // "mixed", "participant"; NULL: one of the two of an ordinary call, by place and direction
  EsTelephoneEventTracker keys;
  gboolean heard;    // RTP of it was seen
  gboolean may_send; // some agreement let it speak
  gboolean paused;   // the recording of it is paused: packets are counted alone
} EsLiveLeg;

// One RTP source as the packet path needs it; its counters are the recording's.
typedef struct {
  guint32 ssrc;
  int leg;
  const EsFlow *flow; // the packets of another flow with this SSRC are copies, seen on another hop
  guint16 highest;
  gint64 began_us, last_us;
  gboolean unsettled; // it is not known yet whether it follows another or goes on beside it
  guint64 generation; // of the media when codec was looked up
  int payload_type;
  gboolean cut;       // its latest packet was
  gboolean encrypted; // by what the signalling says
  gboolean opened;    // some key has fitted
  EsSealed sealed;    // what its packets say where the signalling says nothing
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
  ES_END_EXPIRED,  // its recording session was not refreshed in time
  ES_END_OVERLOAD, // its audio was taken for want of something
  ES_END_GONE,     // the client of its recording session cannot be reached any more
} EsEnd;

// Who knows what happens to a call.
typedef struct {
  // What a payload type of this leg's voice means now. FALSE if nothing says.
  gboolean (*codec)(const EsLiveCall *call, guint leg, guint payload_type, EsCodec *codec);
  gboolean (*is_encrypted)(const EsLiveCall *call, guint leg);
  // Keys of an encrypted leg; NULL for none, also in place of the function.
  EsMediaKeys *(*keys)(EsLiveCall *call, guint leg);
  // Whether the call can be finished, and for what reason.
  void (*tick)(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end);
  // Fills the row's ended_us and ended_by. FALSE while nobody has ended the call.
  gboolean (*settle_end)(EsLiveCall *call);
  const char *(*disposition)(const EsLiveCall *call);
  int (*sip_status)(const EsLiveCall *call); // final status of the INVITE, 0 if none was seen
  void (*clear)(EsLiveCall *call);           // the call goes
} EsCallDriver;

struct EsLiveCall {
  const EsCallContext *context;
  const EsCallDriver *driver;  // NULL once it is closed
  EsCaptureSettings *settings; // what held when it began
  EsCall *row;
  EsCallHints hints;
  EsLiveLeg *legs;
  guint n_legs;
  char *key;            // of the call table; NULL: its Call-ID
  gboolean joined;      // its beginning was not seen
  gboolean unsignalled; // of what went on before or beside its media nothing is known
  gboolean asleep;      // its row has ended, its dialog has not (follow-up.h)
  char *follows;        // id of the call that it goes on from, NULL if it is whole
  gboolean seeks;       // it may go on from one of which is not known yet that an earlier run left it
  char *client;         // of what it goes on from, NULL if nothing; kept unless something says otherwise
  guint64 generation;   // changes whenever payload types may mean something else
  gboolean skip;        // in the index already: followed, but not recorded
  gboolean left;        // another recorder has it (border.h), and so skip
  gboolean replaces;    // left by a killed run: its row and file are made anew
  gboolean over;        // ended; its addresses may be taken over
  gint64 set_us;        // by how much the wall clock was set since the call began; its own time is not
  gint64 over_us;       // when over
  gint64 last_us;       // latest packet of any kind
  gint64 saved_us;      // what last_us was when the spool was told
  gint64 media_us;      // latest RTP packet, ES_UNKNOWN before the first

  // Of a call that its own dialog drives.
  EsDialog dialog;
  EsMedia media;
  EsIdentity identities[2];
  char *connected; // internal user that the agent's side said it is, NULL if it did not
  guint32 cseq[2]; // newest INVITE of each side, to tell new ones from copies

  gpointer session;   // of a call that a recording session drives: what that knows of it
  char *conversation; // group that it belongs to if the recorder ends before it does; NULL

  EsJournalCall *journal; // what the journal knows it as; NULL where there is none, and before it is saved
  EsAudio *audio;         // NULL before the first RTP packet, and from its end on
  gint64 audio_us;        // moment of its first sample, ES_UNKNOWN before that is known
  gboolean failed;        // its file cannot be written any more
  gboolean disk_full;     // and that is why
  const char *shed;       // why for want of something it has no audio, or no more; NULL
  GArray *streams;        // of EsLiveStream
  GPtrArray *flows;       // of EsFlow, borrowed from the call table
  GArray *addresses;      // of EsAddress that the call table gave to this call

  gboolean faxing;      // T.38 has taken the place of the voices
  gboolean pictured;    // there is video beside them
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
  gboolean dirty;     // what the spool knows is old
  guint saved_events; // how many it knew

  EsSettlement *settlement; // once it has ended
  gboolean unmade;          // its row is made from the journal
};

// A call that its dialog drives. TRUE for a message that shows that there is one: an INVITE, or a 2xx to one.
gboolean es_live_call_is_shown_by(const EsSipMessage *message);
// From the first message of the call that was seen: its INVITE, or one that shows that it goes on already
// (one that says which dialog it belongs to). NULL with an error when the index fails.
EsLiveCall *es_live_call_new(const EsCallContext *context, const EsSipMessage *first, const char *source,
                             gint64 now_us, GError **error);
// Takes one message of the call, the first included. change tells where a side wants to hear.
gboolean es_live_call_sip(EsLiveCall *call, const EsSipMessage *message, gint64 now_us, EsMediaChange *change,
                          GError **error);

// Nobody else has it any more: it is recorded from now on, in a row of its own, unless it is over.
void es_live_call_take_back(EsLiveCall *call, gint64 now_us);

// ---- answers that nobody saw

// Event: answered; detail: by what it is known. The time is an estimate.
#define ES_EVENT_ANSWER_UNSEEN "answer-unseen"
// TRUE if the message, which is about to be taken, proves an answer that was not seen.
gboolean es_live_call_infer(EsLiveCall *call, const EsSipMessage *message, gint64 now_us);
// The same by what is heard, once in a while.
void es_live_call_infer_from_voices(EsLiveCall *call, gint64 now_us);
// The answer came only now.
void es_live_call_answer_seen(EsLiveCall *call, gint64 now_us);
// There was none.
void es_live_call_unanswer(EsLiveCall *call);

// ---- for who drives a call

// A call without legs, whose row has no parties yet.
EsLiveCall *es_live_call_begin(const EsCallContext *context, const EsCallDriver *driver, const char *call_id,
                               const char *source, gint64 started_us);
// Gives it id and source_key, and finds out whether it is in the index. tag tells apart what has one Call-ID
// and one beginning; seen_us is the moment of its first message. The same call has the same key, whichever
// capture it comes from.
gboolean es_live_call_identify(EsLiveCall *call, const char *tag, gint64 seen_us, GError **error);
// Its place, -1 when there are ES_CALL_MAX_LEGS.
int es_live_call_add_leg(EsLiveCall *call, const char *role);
// Answered and not over.
gboolean es_live_call_is_up(const EsLiveCall *call);
const char *es_live_call_key(const EsLiveCall *call);
void es_live_call_answer(EsLiveCall *call, gint64 now_us);
void es_live_call_consent_by_number(EsLiveCall *call, gint64 now_us);
void es_live_call_consent_by_header(EsLiveCall *call, const EsSipMessage *message, gint64 now_us);
// leg held the others (-1: not known who); detail may be NULL.
void es_live_call_hold(EsLiveCall *call, int leg, const char *detail, gint64 now_us);
void es_live_call_resume(EsLiveCall *call, gint64 now_us);
// Whether this user works here, as far as the index can be asked.
gboolean es_live_call_is_internal(const EsLiveCall *call, const char *user, gint64 now_us, gboolean *internal,
                                  GError **error);
// Row, segment and trace by what the rules know now.
gboolean es_live_call_map(EsLiveCall *call, const EsMapParties *parties, gint64 now_us, GError **error);
const char *es_live_call_role(const EsLiveCall *call, guint leg);

// ---- every call

// Makes it known to the journal, if there is one.
void es_live_call_enter(EsLiveCall *call);

void es_live_call_free(EsLiveCall *call);
// Takes one RTP packet of the call.
gboolean es_live_call_media(EsLiveCall *call, const EsFlow *flow, const EsRtp *rtp, gint64 now_us,
                            GError **error);
// Time has come to now_us. TRUE in *done when the call can be finished, for the reason *end.
gboolean es_live_call_tick(EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end, GError **error);

// Ends a call that is not skipped and is out of the table. TRUE if its row is finished at once; otherwise the
// call comes out of the pool of its audio (es_audio_pool_take) when it is, and is not touched until then but
// for its group.
gboolean es_live_call_close(EsLiveCall *call, EsEnd end, gint64 now_us);
// The finished row, owned by the caller, with the file in its place. *error tells why the file could not be
// finished, the row is good all the same.
EsCall *es_live_call_take_row(EsLiveCall *call, GError **error);
// What the journal knows it as, NULL if nothing: owned by who takes the row.
EsJournalCall *es_live_call_take_journal(EsLiveCall *call);
// Whether the spool should be told again.
gboolean es_live_call_has_news(const EsLiveCall *call);
// Writes what is known to the journal or, with the ledgers so far, to the spool.
gboolean es_live_call_save(EsLiveCall *call, GError **error);

// The capture dropped packets, of this call or of others, between the two moments.
void es_live_call_dropped(EsLiveCall *call, guint64 packets, gint64 from_us, gint64 until_us);

// Adds to the call's events; detail may be NULL.
void es_live_call_event(EsLiveCall *call, gint64 at_us, const char *kind, int leg, const char *detail);
// The same for what is known late: it goes where its time is.
void es_live_call_late_event(EsLiveCall *call, gint64 at_us, const char *kind, int leg, const char *detail);
void es_live_call_consent(EsLiveCall *call, EsConsentEvent *event);
// State and verdict by the consent events that there are.
void es_live_call_follow_consent(EsLiveCall *call);
// FALSE, once, if its file could not be written: it has failed then.
gboolean es_live_call_check_audio(EsLiveCall *call, GError **error);
// Ends keys whose packets stopped.
void es_live_call_expire_keys(EsLiveCall *call, gint64 now_us);
// Tells of sources that took the place of others.
void es_live_call_settle_sources(EsLiveCall *call, gint64 now_us);
// Opens the prompt's window when its time has come.
void es_live_call_prompt(EsLiveCall *call, gint64 now_us);
// Tells the recording whether silence is explained by a hold.
void es_live_call_explain(EsLiveCall *call, gint64 now_us);
