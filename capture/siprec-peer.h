// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a recording server knows of another one of this machine that takes its place, or whose place it takes:
// at which ports of loopback that takes requests for each place where both are reached, which sessions it
// has, and by which secret it knows what we bring.
#pragma once

#include <glib.h>

typedef struct EsSiprecPeer EsSiprecPeer;

EsSiprecPeer *es_siprec_peer_new(void);
void es_siprec_peer_free(EsSiprecPeer *peer);
void es_siprec_peer_add_door(EsSiprecPeer *peer, const char *place, guint16 port);
void es_siprec_peer_add_session(EsSiprecPeer *peer, const char *call_id);
void es_siprec_peer_set_secret(EsSiprecPeer *peer, const char *secret);
// As lines for the other recorder, and back from one. FALSE for a line that is none, or one too many.
guint es_siprec_peer_write(const EsSiprecPeer *peer, GString *lines);
gboolean es_siprec_peer_read(EsSiprecPeer *peer, const char *line);
// 0 if it has none for that place.
guint16 es_siprec_peer_door(const EsSiprecPeer *peer, const char *place);
gboolean es_siprec_peer_has_session(const EsSiprecPeer *peer, const char *call_id);
const char *es_siprec_peer_secret(const EsSiprecPeer *peer); // may be NULL
