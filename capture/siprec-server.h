// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The recording server (RFC 7866): listeners for SIP over UDP, TCP and TLS, the dialogs that clients opened
// over them, and the sweep that reads all media every 20 ms. Everything here belongs to one thread.
//
// A request that does not get in is answered without keeping anything of it.
#pragma once

#include "settings.h"
#include "siprec-media.h"
#include "siprec-peer.h"
#include "worker.h"

typedef struct EsSiprecServer EsSiprecServer;

// Opens all listeners: "udp:192.0.2.1:5060", "tcp:[2001:db8::1]:5060", "tls:*:5061". Errors name the one that
// cannot be had. settings and stats are borrowed. inherited: sockets (EsSiprecSocket) of a server whose place
// this one takes; nothing is read from them before es_siprec_server_take.
EsSiprecServer *es_siprec_server_new(const char *const *listen, const GArray *inherited,
                                     const EsCaptureSettings *settings, EsCaptureStats *stats,
                                     GError **error);
// To whom the calls go from now on; borrowed. Before the first step.
void es_siprec_server_set_worker(EsSiprecServer *server, EsWorker *worker);
// Limits and access for what comes from now on; borrowed until the next ones.
void es_siprec_server_set_settings(EsSiprecServer *server, const EsCaptureSettings *settings);
// Where clients reach it: adds EsSiprecSocket.
void es_siprec_server_list_sockets(EsSiprecServer *server, GArray *sockets);
// Another server takes what begins (docs/decisions/0073): nothing is read from those sockets any more. own
// gets what the other must know.
void es_siprec_server_leave(EsSiprecServer *server, EsSiprecPeer *own);
// The other one, which it takes; NULL: it is gone, and all is read here again.
void es_siprec_server_set_heir(EsSiprecServer *server, EsSiprecPeer *heir);
// Takes the place of others (EsSiprecPeer, which it takes), and reads from now on. own gets what they must
// know.
void es_siprec_server_take(EsSiprecServer *server, GPtrArray *elders, EsSiprecPeer *own);
// One of them is no more, by its place.
void es_siprec_server_forget_elder(EsSiprecServer *server, guint elder);
// Waits for messages for up to 20 ms, and reads the media. FALSE when the library cannot be written.
gboolean es_siprec_server_step(EsSiprecServer *server, GError **error);
// Tells every client goodbye and ends its calls for this reason.
gboolean es_siprec_server_end_all(EsSiprecServer *server, EsEnd end, GError **error);
void es_siprec_server_free(EsSiprecServer *server);
