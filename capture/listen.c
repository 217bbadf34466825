// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The look at the traffic: packets by kind (see earshot/capture/listen.h). Calls and media are in
// listen-calls.c.
#include "earshot/capture/listen.h"
#include "copies.h"
#include "earshot/wire/rtp.h"
#include "listen-private.h"
#include "privileges.h"

#include "earshot/common/clock.h"
#include "earshot/wire/sip.h"
#include "earshot/wire/tcp.h"

#include <string.h>

#define RING_BYTES (16 * 1024 * 1024)
#define COPIES_US (5 * ES_US_PER_MS) // as the recorder, unless told otherwise

typedef struct {
  const EsListenOptions *options;
  EsListenResult *result;
  EsListenCalls *calls;
  EsLink *link;
  EsTcp *tcp;
  EsCopies *copies;
  gint64 first_us, last_us; // the capture's clock; ES_UNKNOWN before the first packet
} Listen;

static gboolean take_message(const EsDatagram *message, gpointer user_data, GError **error) {
  es_listen_calls_sip(((Listen *)user_data)->calls, message);
  return TRUE;
}

// Records of TLS on ports that telephone systems use for signalling: SIP, and SIP over WebSocket.
static gboolean is_encrypted_signalling(const EsDatagram *d) {
  static const guint16 ports[] = {5061, 7443, 8089};
  if (d->length < 6 || d->payload[0] < 20 || d->payload[0] > 23 || d->payload[1] != 3)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(ports); i++)
    if (d->from.port == ports[i] || d->to.port == ports[i])
      return TRUE;
  return FALSE;
}

static void look_at_tcp(Listen *listen, const EsDatagram *d) {
  listen->result->sip_tls += is_encrypted_signalling(d);
  es_tcp_push(listen->tcp, d, take_message, listen, NULL);
}

static void finish_tcp(Listen *listen) {
  EsTcpStats stats;
  es_tcp_expire(listen->tcp, G_MAXINT64, take_message, listen, NULL);
  es_tcp_stats(listen->tcp, &stats);
  listen->result->sip_tcp = stats.messages - stats.websocket;
  listen->result->websocket = stats.websocket;
  listen->result->websocket_unreadable = stats.unreadable;
  listen->result->tcp_lost_bytes = stats.lost_bytes;
  es_tcp_free(listen->tcp);
}

static gboolean is_stun(const EsDatagram *d) {
  static const guint8 cookie[] = {0x21, 0x12, 0xa4, 0x42};
  return d->length >= 20 && d->payload[0] < 4 && memcmp(d->payload + 4, cookie, sizeof cookie) == 0;
}

static gboolean is_dtls(const EsDatagram *d) {
  return d->length > 13 && d->payload[0] >= 20 && d->payload[0] <= 25 && d->payload[1] == 0xfe;
}

static void take_datagram(Listen *listen, const EsDatagram *d) {
  listen->result->sip++;
  es_listen_calls_sip(listen->calls, d);
}

static void look_at_datagram(Listen *listen, const EsDatagram *d) {
  EsListenResult *result = listen->result;
  if (d->length == 0)
    result->other_udp++;
  else if (d->payload[0] >> 6 == 2 && es_rtcp_looks_like(d->payload, d->length))
    result->rtcp++;
  else if (d->payload[0] >> 6 == 2 && es_listen_calls_rtp(listen->calls, d))
    result->rtp++;
  else if (es_sip_looks_like(d->payload, d->length))
    take_datagram(listen, d);
  else if (is_stun(d))
    result->stun++;
  else if (is_dtls(d))
    result->dtls++;
  else
    result->other_udp++;
}

static void look_at_tags(EsListenResult *result, const EsDatagram *d) {
  char number[16];
  if (d->vlan_tags == 0)
    return;
  g_snprintf(number, sizeof number, "%u", d->vlan);
  es_listen_count(result->vlans, number, 1);
  result->vlan += d->vlan_tags == 1;
  result->vlan_stacked += d->vlan_tags > 1;
}

static void look_at_packet(Listen *listen, const EsPacket *packet) {
  EsListenResult *result = listen->result;
  EsDatagram datagram;
  EsLinkResult link = es_link_read(listen->link, packet, &datagram);
  if (listen->first_us == ES_UNKNOWN)
    listen->first_us = listen->last_us = packet->time_us;
  listen->last_us = MAX(listen->last_us, packet->time_us);
  result->packets++;
  result->bytes += packet->wire_length;
  result->cut += packet->wire_length > packet->length;
  result->malformed += link == ES_LINK_SHORT && packet->wire_length == packet->length;
  look_at_tags(result, &datagram);
  if (link == ES_LINK_UDP || link == ES_LINK_TCP)
    result->copies += es_copies_look(listen->copies, &datagram) != ES_COPIES_NEW;
  if (link == ES_LINK_UDP)
    look_at_datagram(listen, &datagram);
  else if (link == ES_LINK_TCP)
    look_at_tcp(listen, &datagram);
  result->other += link != ES_LINK_UDP;
}

// ---- the run

static gboolean is_over(const EsListenOptions *options, gint64 began_us) {
  if (options->stop && g_atomic_int_get(options->stop))
    return TRUE;
  return options->interface && g_get_monotonic_time() - began_us >= options->length_ms * ES_US_PER_MS;
}

static gboolean read_all(Listen *listen, EsPacketSource *source, GError **error) {
  gint64 began_us = g_get_monotonic_time();
  EsSourceStatus status = ES_SOURCE_IDLE;
  EsPacket packet;
  while (!is_over(listen->options, began_us)) {
    status = source->klass->next(source, &packet, error);
    if (status == ES_SOURCE_PACKET)
      look_at_packet(listen, &packet);
    else if (status != ES_SOURCE_IDLE)
      break;
  }
  if (source->klass->stats) {
    EsSourceStats stats;
    source->klass->stats(source, &stats);
    listen->result->dropped = stats.dropped;
  }
  return status != ES_SOURCE_ERROR;
}

static EsPacketSource *open_source(const EsListenOptions *options, GError **error) {
  if (options->file)
    return es_pcap_file_open(options->file, NULL, error);
  g_autoptr(EsPacketSource) source = es_pcap_live_open(options->interface, NULL, RING_BYTES, error);
  if (!source || (options->library && !es_privileges_drop(options->library, error)))
    return NULL;
  return g_steal_pointer(&source);
}

static void finish_link(Listen *listen) {
  EsListenResult *result = listen->result;
  es_link_end(listen->link);
  const EsLinkStats *stats = es_link_stats(listen->link);
  result->fragments = stats->fragments;
  result->incomplete = stats->incomplete;
  for (EsTunnel i = 0; i < ES_TUNNELS; i++)
    if (stats->tunnels[i])
      es_listen_count(es_tunnel_is_read(i) ? result->tunnels : result->unread, es_tunnel_name(i),
                      stats->tunnels[i]);
}

gboolean es_listen_source(EsPacketSource *source, const EsListenOptions *options, EsListenResult *result,
                          GError **error) {
  *result = (EsListenResult){0};
  g_autoptr(EsListenCalls) calls = es_listen_calls_new(result);
  g_autoptr(EsLink) link = es_link_new();
  g_autoptr(EsCopies) copies = es_copies_new(COPIES_US);
  EsTcp *tcp = es_tcp_new();
  Listen listen = {options, result, calls, link, tcp, copies, ES_UNKNOWN, ES_UNKNOWN};
  gboolean ok = read_all(&listen, source, error);
  finish_tcp(&listen);
  es_listen_calls_finish(calls);
  finish_link(&listen);
  result->length_us = listen.last_us - listen.first_us;
  return ok;
}

gboolean es_listen_run(const EsListenOptions *options, EsListenResult *result, GError **error) {
  g_autoptr(EsPacketSource) source = open_source(options, error);
  return source && es_listen_source(source, options, result, error);
}
