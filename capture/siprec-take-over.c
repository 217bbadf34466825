// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One recording server takes the place of another: its sockets, and what comes to one and is meant for the
// other (docs/decisions/0073).
#include "siprec-address.h"
#include "siprec-private.h"
#include <stdlib.h>
#include <string.h>

// ---- sockets

// "udp 192.0.2.1:5060" is of a place if transport and port are, and the address too unless it has all.
static gboolean is_of_place(const EsSiprecSocket *socket, const EsSiprecPlace *place) {
  gsize length = strlen(place->transport);
  EsAddress address;
  return strncmp(socket->name, place->transport, length) == 0 && socket->name[length] == ' ' &&
         es_address_parse(&address, socket->name + length + 1) && address.port == place->address.port &&
         (es_address_is_any(&place->address) || es_address_same_host(&address, &place->address));
}

gboolean es_siprec_place_is_inherited(const EsSiprecPlace *place, const GArray *inherited) {
  for (guint i = 0; inherited && i < inherited->len; i++)
    if (is_of_place(&g_array_index(inherited, EsSiprecSocket, i), place))
      return TRUE;
  return FALSE;
}

static gboolean same_address(const char *one, const char *other) {
  const char *end = strrchr(one, ':'), *other_end = strrchr(other, ':');
  return end && other_end && end - one == other_end - other && strncmp(one, other, (gsize)(end - one)) == 0;
}

// The inherited socket that is at the same address; only its port tells them apart.
static void inherit(Socket *own, const EsSiprecPlace *place, const GArray *inherited) {
  for (guint i = 0; inherited && i < inherited->len; i++) {
    const EsSiprecSocket *other = &g_array_index(inherited, EsSiprecSocket, i);
    if (!is_of_place(other, place) || !same_address(own->socket.name, other->name) ||
        !es_siprec_socket_replace(own->socket.fd, other->fd, &own->pause))
      continue;
    g_strlcpy(own->socket.name, other->name, sizeof own->socket.name);
    return;
  }
}

void es_siprec_listener_find_sockets(struct EsSiprecListener *listener, const GArray *inherited) {
  g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(EsSiprecSocket));
  es_siprec_sockets_list(listener->door.agent, found);
  for (guint i = 0; i < found->len; i++) {
    Socket own = {g_array_index(found, EsSiprecSocket, i), {.epoll = -1}, FALSE};
    inherit(&own, &listener->place, inherited);
    g_array_append_val(listener->sockets, own);
  }
}

// ---- the inner door

void es_siprec_open_inner_door(struct EsSiprecListener *listener) {
  if (listener->inner_door ||
      nta_agent_add_tport(listener->door.agent, URL_STRING_MAKE("sip:127.0.0.1:*;transport=udp"),
                          TAG_END()) != 0)
    return;
  tport_t *last = NULL;
  for (tport_t *t = tport_primaries(nta_agent_tports(listener->door.agent)); t; t = tport_next(t))
    last = t;
  listener->inner_door = last ? (guint16)atoi(tport_name(last)->tpn_port) : 0;
}

gboolean es_siprec_came_by_inner_door(const struct EsSiprecListener *listener, msg_t *msg) {
  tport_t *by = tport_delivered_by(nta_agent_tports(listener->door.agent), msg);
  const tp_name_t *name = by ? tport_name(by) : NULL;
  return listener->inner_door && name && strcmp(name->tpn_proto, "udp") == 0 &&
         atoi(name->tpn_port) == listener->inner_door;
}

// ---- neighbours: one that takes the place of this one, some whose place this one has taken

static EsSiprecPeer *elder_of(const struct EsSiprecListener *listener, const char *call_id, gboolean inside) {
  const GPtrArray *elders = listener->server->elders;
  EsSiprecPeer *latest = NULL;
  for (guint i = 0; elders && i < elders->len; i++) {
    EsSiprecPeer *elder = elders->pdata[i];
    if (!elder || !es_siprec_peer_door(elder, listener->place.name))
      continue;
    if (es_siprec_peer_has_session(elder, call_id))
      return elder;
    latest = elder;
  }
  return inside ? latest : NULL;
}

EsSiprecPeer *es_siprec_neighbour_of(const struct EsSiprecListener *listener, const sip_t *sip,
                                     gboolean brought) {
  if (!listener->server->relay || !sip->sip_call_id)
    return NULL;
  if (brought)
    return elder_of(listener, sip->sip_call_id->i_id, FALSE);
  sip_method_t method = sip->sip_request ? sip->sip_request->rq_method : sip_method_unknown;
  gboolean inside = sip->sip_status || sip->sip_to->a_tag || method == sip_method_bye ||
                    method == sip_method_cancel || method == sip_method_ack;
  EsSiprecPeer *heir = listener->server->heir;
  EsSiprecPeer *elder = elder_of(listener, sip->sip_call_id->i_id, inside && !heir);
  gboolean passes = inside || method == sip_method_invite;
  return elder ? elder : passes && heir && es_siprec_peer_door(heir, listener->place.name) ? heir : NULL;
}

void es_siprec_bring(struct EsSiprecListener *listener, msg_t *msg, sip_t *sip, const EsAddress *peer,
                     const EsSiprecPeer *to) {
  es_siprec_relay_request(listener->server->relay, listener->door.agent, msg, sip, peer,
                          es_siprec_peer_door(to, listener->place.name), es_siprec_peer_secret(to));
}

// ---- one server takes the place of another

void es_siprec_server_list_sockets(EsSiprecServer *server, GArray *sockets) {
  for (guint i = 0; i < server->listeners->len; i++) {
    const struct EsSiprecListener *listener = server->listeners->pdata[i];
    for (guint k = 0; k < listener->sockets->len; k++)
      g_array_append_val(sockets, g_array_index(listener->sockets, Socket, k).socket);
  }
}

static void wait_at_sockets(EsSiprecServer *server, gboolean wait) {
  server->shared.away = !wait;
  for (guint i = 0; i < server->listeners->len; i++) {
    struct EsSiprecListener *listener = server->listeners->pdata[i];
    for (guint k = 0; k < listener->sockets->len; k++) {
      Socket *own = &g_array_index(listener->sockets, Socket, k);
      if (wait)
        es_siprec_socket_resume(own->socket.fd, &own->pause);
      else if (own->pause.epoll < 0)
        es_siprec_socket_pause(own->socket.fd, &own->pause);
    }
  }
}

static void close_door(const EsSiprecServer *server, Socket *own, gboolean close) {
  if (close && own->pause.epoll < 0) {
    es_siprec_socket_pause(own->socket.fd, &own->pause);
    own->closed = TRUE;
  } else if (!close && own->closed) {
    if (!server->shared.away)
      es_siprec_socket_resume(own->socket.fd, &own->pause);
    own->closed = FALSE;
  }
}

void es_siprec_server_close_doors(EsSiprecServer *server, gboolean close) {
  for (guint i = 0; i < server->listeners->len; i++) {
    struct EsSiprecListener *listener = server->listeners->pdata[i];
    for (guint k = 0; k < listener->sockets->len && strcmp(listener->place.transport, "udp") != 0; k++)
      close_door(server, &g_array_index(listener->sockets, Socket, k), close);
  }
}

static void open_inner_doors(EsSiprecServer *server, EsSiprecPeer *own) {
  if (!server->relay)
    server->relay = es_siprec_relay_new();
  for (guint i = 0; i < server->listeners->len; i++) {
    struct EsSiprecListener *listener = server->listeners->pdata[i];
    es_siprec_open_inner_door(listener);
    if (listener->inner_door)
      es_siprec_peer_add_door(own, listener->place.name, listener->inner_door);
  }
  if (server->relay)
    es_siprec_peer_set_secret(own, es_siprec_relay_secret(server->relay));
}

void es_siprec_server_leave(EsSiprecServer *server, EsSiprecPeer *own) {
  guint n;
  g_autofree gpointer *dialogs = g_hash_table_get_keys_as_array(server->shared.dialogs, &n);
  wait_at_sockets(server, FALSE);
  open_inner_doors(server, own);
  for (guint i = 0; i < n; i++)
    es_siprec_peer_add_session(own, es_siprec_dialog_call_id(dialogs[i]));
}

void es_siprec_server_set_heir(EsSiprecServer *server, EsSiprecPeer *heir) {
  es_siprec_peer_free(server->heir);
  server->heir = heir;
  if (heir)
    return;
  wait_at_sockets(server, TRUE);
  if (server->relay)
    es_siprec_relay_give_up(server->relay);
}

static void free_elder(gpointer elder) {
  es_siprec_peer_free(elder);
}

void es_siprec_server_take(EsSiprecServer *server, GPtrArray *elders, EsSiprecPeer *own) {
  g_ptr_array_set_free_func(elders, free_elder);
  server->elders = elders;
  open_inner_doors(server, own);
  wait_at_sockets(server, TRUE);
}

void es_siprec_server_forget_elder(EsSiprecServer *server, guint elder) {
  if (server->elders && elder < server->elders->len)
    g_clear_pointer(&server->elders->pdata[elder], es_siprec_peer_free);
}
