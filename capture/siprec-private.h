// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the files of the recording server share.
#pragma once

#include "siprec-dialog.h"
#include "siprec-listener.h"
#include "siprec-relay.h"
#include "siprec-server.h"
#include "siprec-sockets.h"

struct EsSiprecListener {
  EsSiprecServer *server;
  EsSiprecPlace place;
  EsSiprecDoor door;
  GArray *sockets;    // of Socket
  guint16 inner_door; // port of loopback where a neighbour brings requests; 0: none yet
};

// Where clients reach it.
typedef struct {
  EsSiprecSocket socket;
  EsSiprecPause pause;
  gboolean closed; // for want of descriptors
} Socket;

struct EsSiprecServer {
  EsSiprecShared shared;
  su_root_t *root;
  GPtrArray *listeners; // of EsSiprecListener
  guint sweeps;
  gint64 next_us;       // monotonic, of the next sweep
  gboolean crowded;     // there are no descriptors: nothing is accepted
  EsSiprecRelay *relay; // NULL: there are no neighbours
  EsSiprecPeer *heir;   // takes what begins; NULL: this one
  GPtrArray *elders;    // of EsSiprecPeer, NULL where one is no more
};

// The sockets of a listener that has its agent; those that are inherited take the place of its own.
void es_siprec_listener_find_sockets(struct EsSiprecListener *listener, const GArray *inherited);
// Of listeners that accept connections; they wait at the door meanwhile.
void es_siprec_server_close_doors(EsSiprecServer *server, gboolean close);
// Whether there are any for this place.
gboolean es_siprec_place_is_inherited(const EsSiprecPlace *place, const GArray *inherited);
// A port of loopback where a neighbour brings what is meant for this one. A listener that accepts connections
// needs it before the first: sofia-sip makes the Vias of all its transports anew and leaves those that are
// gone to connections that were accepted before.
void es_siprec_open_inner_door(struct EsSiprecListener *listener);
gboolean es_siprec_came_by_inner_door(const struct EsSiprecListener *listener, msg_t *msg);
// Who has the dialog of a message that is not of one of ours, or takes its INVITE; NULL: nobody else. One
// that was brought here goes on only to who is known to have it, so that none goes round in a circle.
EsSiprecPeer *es_siprec_neighbour_of(const struct EsSiprecListener *listener, const sip_t *sip,
                                     gboolean brought);
// Brings it there; takes it.
void es_siprec_bring(struct EsSiprecListener *listener, msg_t *msg, sip_t *sip, const EsAddress *peer,
                     const EsSiprecPeer *to);
