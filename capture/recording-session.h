// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording session (RFC 7866): the dialog in which a recording client sends us, or somebody beside whom we
// listen, the voices of other people's calls. From its messages and packets to calls of the worker: one call
// for each communication session that its metadata names, one leg for each voice (or one "mixed" leg for an
// m-line that carries everybody). Without metadata (phones with a built-in bridge, network-based recording)
// there is one call, known by the SIP headers.
//
// The same for both ways in: the server (siprec-*.c) hands over the messages it received and the packets of
// its ports; a worker that reads a mirror port hands over what passed by, and learns where packets go from
// the answer. Messages are EsSipMessage, so that mapping and consent rules read them as they read any call's.
//
// Metadata counts when it comes; what is negotiated counts when it was accepted. A session begins with its
// start-time where that is at most ten seconds before the message, else with the message; it ends likewise.
//
// Threads: as the worker's.
#pragma once

#include "earshot/wire/rtp.h"
#include "earshot/wire/sdp.h"
#include "worker.h"

typedef struct EsRecordingSession EsRecordingSession;

// TRUE for an INVITE that opens a recording session: siprec required or +sip.src in Contact, or metadata in
// its body, or what identifies the voices of a built-in bridge or of network-based recording.
gboolean es_recording_session_is_opened_by(const EsSipMessage *invite);

// Does not take the invite yet. The worker owns it: it ends with its calls.
EsRecordingSession *es_recording_session_new(EsWorker *worker, const EsSipMessage *invite, gint64 now_us);
// The server holds it: it is there until es_recording_session_end, however long nothing is heard of it.
void es_recording_session_serve(EsRecordingSession *session);
// Its calls become no rows: somebody else records them. Before the first message.
void es_recording_session_leave(EsRecordingSession *session);
// Which side sent a message of the dialog.
gboolean es_recording_session_is_from_client(const EsRecordingSession *session, const EsSipMessage *message);

// Takes one message of the dialog, the first INVITE included; from_client tells who sent it. The server hands
// over the client's alone.
gboolean es_recording_session_message(EsRecordingSession *session, const EsSipMessage *message,
                                      gboolean from_client, gint64 now_us, GError **error);

// For the server: the m-lines of the client's newest description, in order. NULL before the first.
const EsSdp *es_recording_session_offer(const EsRecordingSession *session);
// For the server: it has answered the newest offer with 2xx. accepted[i]: the m-line has a port of ours.
gboolean es_recording_session_accepted(EsRecordingSession *session, const gboolean *accepted, guint n,
                                       gint64 now_us, GError **error);
// One RTP packet that arrived for an m-line (place in the offer). Packets of a paused line are counted, not
// recorded.
gboolean es_recording_session_media(EsRecordingSession *session, guint line, const EsAddress *from,
                                    const EsAddress *to, const EsRtp *rtp, gint64 now_us, GError **error);
// So many packets of that m-line found no room in the socket between two moments: charged to whose voice it
// carries now.
void es_recording_session_dropped(EsRecordingSession *session, guint line, guint64 packets, gint64 from_us,
                                  gint64 until_us);
// TRUE once if metadata is missing that the client should send again (RFC 7866 section 9.2).
gboolean es_recording_session_take_snapshot_wish(EsRecordingSession *session);
// The dialog is over: BYE, CANCEL or refusal (ES_END_HANGUP), or the server ended it for this reason. Calls
// end; the session is not to be used any more.
gboolean es_recording_session_end(EsRecordingSession *session, EsEnd end, gint64 now_us, GError **error);
