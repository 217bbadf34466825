// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The order in each negotiation: look at the offer, have the ports ready, hand the message to the recording
// session, answer, and tell the session which lines were accepted. What is refused never gets there.
#include "siprec-dialog.h"
#include "earshot/common/clock.h"
#include "siprec-address.h"
#include "siprec-arrival.h"
#include "siprec-message.h"
#include "siprec-timer.h"
#include <string.h>

#define OFFERED_LINES 2 // to a client that sent no offer
#define MOST_TURNS 64   // a full socket needs fewer; a flood on one port holds up no other
#define PACKET_US (20 * ES_US_PER_MS)
#define METADATA_WISH                                                                                        \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"                                                           \
  "<requestsnapshot xmlns=\"urn:ietf:params:xml:ns:recording:1\">\r\n"                                       \
  "  <requestreason xml:lang=\"en\">state lost</requestreason>\r\n</requestsnapshot>\r\n"

struct EsSiprecDialog {
  EsSiprecShared *shared;
  nta_leg_t *leg;
  char *call_id;
  EsRecordingSession *session;
  EsAddress peer;          // where its signalling comes from
  EsAddress latest;        // where its latest request came from, maybe over another connection
  EsAddress host;          // of ours, for media
  EsSiprecDoor door;       // of its INVITE
  int connection;          // of its latest request; -1: not known
  gint64 arrival_us;       // of that request
  char *contact, *address; // what we call ourselves
  nta_incoming_t *invite;  // waits for its ACK
  gboolean early;          // before the first ACK
  gboolean offered;        // our offer waits for the answer in the ACK
  nta_outgoing_t *request; // of ours, waits for its answer
  gboolean wish;           // metadata is to be asked for
  gboolean no_wish;        // the client knows nothing of that
  EsSiprecTimer timer;     // RFC 4028
  EsSiprecOrigin origin;
  char *sdp; // our newest description
  guint n_lines;
  EsSiprecMedia *lines[ES_SDP_MAX_MEDIA]; // NULL: refused or removed
  gint64 heard_us;                        // latest message
};

typedef struct {
  guint n;
  EsSiprecLine lines[ES_SDP_MAX_MEDIA];
  gboolean accepted[ES_SDP_MAX_MEDIA];
} Terms;

const EsAddress *es_siprec_dialog_peer(const EsSiprecDialog *d) {
  return &d->peer;
}

const EsAddress *es_siprec_dialog_latest(const EsSiprecDialog *d) {
  return &d->latest;
}

const char *es_siprec_dialog_call_id(const EsSiprecDialog *d) {
  return d->call_id;
}

gboolean es_siprec_dialog_is_early(const EsSiprecDialog *d) {
  return d->early;
}

// The session description of a message; NULL if it has none. Borrowed from it.
static const guint8 *sdp_of(const EsSipMessage *message, gsize *length) {
  EsBodyPart parts[ES_MAX_PARTS];
  gsize size;
  const guint8 *body = es_sip_body(message, &size);
  guint n = body ? es_multipart_split(es_sip_content_type(message), body, size, parts) : 0;
  for (guint i = 0; i < n; i++)
    if (strcmp(parts[i].content_type, "application/sdp") == 0) {
      *length = parts[i].length;
      return parts[i].data;
    }
  return NULL;
}

// ---- media

typedef struct {
  EsSiprecDialog *dialog;
  guint line;
} Place;

static gboolean on_packet(gpointer user_data, const EsAddress *from, const EsAddress *to, const EsRtp *rtp,
                          gint64 time_us, GError **error) {
  const Place *place = user_data;
  return es_recording_session_media(place->dialog->session, place->line, from, to, rtp, time_us, error);
}

static void on_dropped(gpointer user_data, guint64 packets, gint64 from_us, gint64 until_us) {
  const Place *place = user_data;
  es_recording_session_dropped(place->dialog->session, place->line, packets, from_us, until_us);
}

static gboolean read_lines(EsSiprecDialog *d, gint64 until_us, gboolean with_rtcp, gboolean *more,
                           GError **error) {
  EsSiprecShared *shared = d->shared;
  *more = FALSE;
  for (guint i = 0; i < d->n_lines; i++) {
    Place place = {d, i};
    const EsSiprecTaker taker = {on_packet, on_dropped, &place};
    if (d->lines[i] && !es_siprec_media_read(d->lines[i], shared->reader, until_us, with_rtcp, &shared->media,
                                             &taker, more, error))
      return FALSE;
  }
  return TRUE;
}

// In turns: where much has waited, a line that was read to its end would have run far ahead of the others,
// and their packets would come too late.
static gboolean read_until(EsSiprecDialog *d, gint64 until_us, gboolean with_rtcp, GError **error) {
  gboolean more = TRUE;
  for (guint turn = 0; more && turn < MOST_TURNS; turn++)
    if (!read_lines(d, until_us, with_rtcp, &more, error))
      return FALSE;
  return TRUE;
}

gboolean es_siprec_dialog_read(EsSiprecDialog *d, gboolean with_rtcp, GError **error) {
  return read_until(d, G_MAXINT64, with_rtcp, error);
}

static void close_line(EsSiprecDialog *d, guint i) {
  Place place = {d, i};
  const EsSiprecTaker taker = {on_packet, on_dropped, &place};
  if (d->lines[i] && d->session)
    es_siprec_media_count_drops(d->lines[i], &d->shared->media, &taker, g_get_real_time());
  g_clear_pointer(&d->lines[i], es_siprec_media_close);
}

// ---- the end

static void free_dialog(EsSiprecDialog *d) {
  if (d->invite)
    nta_incoming_destroy(d->invite);
  if (d->request)
    nta_outgoing_destroy(d->request);
  if (d->leg)
    nta_leg_destroy(d->leg);
  g_free(d->call_id);
  g_free(d->contact);
  g_free(d->address);
  g_free(d->sdp);
  g_free(d);
}

// What the library cannot take ends the run; the loop looks at it.
static void check(EsSiprecShared *shared, gboolean ok, GError *error) {
  if (!ok && !shared->failed)
    shared->failed = error;
  else
    g_clear_error(&error);
}

// What had arrived by then still belongs to the calls; what came after is counted alone.
static gboolean end_session(EsSiprecDialog *d, EsEnd end, gint64 at_us, GError **error) {
  return read_until(d, at_us, FALSE, error) && es_recording_session_end(d->session, end, at_us, error) &&
         read_until(d, G_MAXINT64, FALSE, error);
}

static void close_dialog(EsSiprecDialog *d, EsEnd end, gint64 at_us) {
  GError *error = NULL;
  g_hash_table_remove(d->shared->dialogs, d);
  if (d->session)
    check(d->shared, end_session(d, end, at_us, &error), error);
  for (guint i = 0; i < d->n_lines; i++)
    close_line(d, i);
  d->shared->stats->sessions_open = g_hash_table_size(d->shared->dialogs);
  free_dialog(d);
}

static gboolean is_literal(const url_t *url) {
  return url->url_host && host_is_ip_address(url->url_host) && !url_has_param(url, "maddr");
}

// Where a request of ours goes when the client calls itself by a name: back to where it came from. Nobody is
// asked for names: the resolver of sofia-sip turns in a circle when no server can be reached, and a client
// could send us anywhere. NULL: as the dialog says.
static char *way_back(const EsSiprecDialog *d) {
  const sip_route_t *route = NULL;
  const sip_contact_t *target = NULL;
  nta_leg_get_route(d->leg, &route, &target);
  const url_t *next = route ? route->r_url : target ? target->m_url : NULL;
  if (next && is_literal(next))
    return NULL;
  char address[ES_ADDRESS_TEXT_SIZE];
  return g_strdup_printf("%s:%s;transport=%s", strcmp(d->door.transport, "tls") == 0 ? "sips" : "sip",
                         es_address_format(&d->peer, address), d->door.transport);
}

void es_siprec_dialog_end(EsSiprecDialog *d, EsEnd end) {
  g_autofree char *way = way_back(d);
  nta_outgoing_t *bye =
      nta_outgoing_tcreate(d->leg, NULL, NULL, URL_STRING_MAKE(way), SIP_METHOD_BYE, NULL,
                           SIPTAG_CONTACT_STR(d->contact), SIPTAG_USER_AGENT_STR("Earshot"), TAG_END());
  if (bye)
    nta_outgoing_destroy(bye); // goes on by itself
  close_dialog(d, end, g_get_real_time());
}

// ---- offers and answers

static gboolean open_line(EsSiprecDialog *d, guint i) {
  g_autoptr(GError) error = NULL;
  if (!d->lines[i])
    d->lines[i] = es_siprec_media_open(&d->shared->ports, &d->host, &error);
  d->n_lines = MAX(d->n_lines, i + 1);
  return d->lines[i] != NULL;
}

static EsSiprecLine describe(const EsSiprecMedia *media, const EsSdpMedia *offered) {
  guint16 port = es_siprec_media_port(media);
  EsSiprecLine line = {.port = port,
                       .rtcp_port = (guint16)(port + 1),
                       .mux = offered && offered->rtcp_mux,
                       .inactive = offered && (offered->direction == ES_SDP_INACTIVE ||
                                               offered->direction == ES_SDP_RECVONLY)};
  g_strlcpy(line.crypto, es_siprec_media_crypto(media), sizeof line.crypto);
  return line;
}

static gboolean take_line(EsSiprecDialog *d, guint i, const EsSdpMedia *media) {
  if (media->address.port == 0 || !es_siprec_can_take(media) || !open_line(d, i))
    return FALSE;
  es_siprec_media_expect(d->lines[i], media, &d->peer, es_siprec_key(media));
  return TRUE;
}

// FALSE if there is nothing in it that could be taken although it offers something.
static gboolean take_offer(EsSiprecDialog *d, const EsSdp *offer, Terms *terms) {
  guint offered = 0, taken = 0;
  *terms = (Terms){.n = offer->n_media};
  for (guint i = 0; i < offer->n_media; i++) {
    const EsSdpMedia *media = &offer->media[i];
    offered += media->address.port != 0;
    if (!take_line(d, i, media))
      continue;
    terms->lines[i] = describe(d->lines[i], media);
    terms->accepted[i] = TRUE;
    taken++;
  }
  return taken > 0 || offered == 0;
}

// Ports of lines that are no more.
static void close_lines(EsSiprecDialog *d, const Terms *terms) {
  for (guint i = 0; i < d->n_lines; i++)
    if (i >= terms->n || !terms->accepted[i])
      close_line(d, i);
}

// The version goes up when something else is said.
static void describe_session(EsSiprecDialog *d, const EsSdp *offer, const Terms *terms) {
  g_autofree char *same = es_siprec_answer(offer, terms->lines, &d->origin);
  if (g_strcmp0(same, d->sdp) == 0)
    return;
  d->origin.version += d->sdp != NULL;
  g_free(d->sdp);
  d->sdp = es_siprec_answer(offer, terms->lines, &d->origin);
}

static gboolean make_offer(EsSiprecDialog *d, Terms *terms) {
  *terms = (Terms){.n = OFFERED_LINES};
  for (guint i = 0; i < OFFERED_LINES; i++) {
    if (!open_line(d, i))
      return FALSE;
    terms->lines[i] = describe(d->lines[i], NULL);
  }
  g_free(d->sdp);
  d->sdp = es_siprec_offer(terms->lines, OFFERED_LINES, &d->origin);
  return TRUE;
}

static void hand_over(EsSiprecDialog *d, const EsSipMessage *message) {
  GError *error = NULL;
  d->heard_us = d->arrival_us;
  check(d->shared, es_recording_session_message(d->session, message, TRUE, d->arrival_us, &error), error);
  d->wish = d->wish || (es_recording_session_take_snapshot_wish(d->session) && !d->no_wish);
}

static void tell_accepted(EsSiprecDialog *d, const Terms *terms) {
  GError *error = NULL;
  check(d->shared,
        es_recording_session_accepted(d->session, terms->accepted, terms->n, d->arrival_us, &error), error);
}

// ---- answers

static void refuse(nta_incoming_t *irq, int status, const char *phrase, const char *warning) {
  g_autofree char *text = warning ? g_strdup_printf("399 earshot \"%s\"", warning) : NULL;
  nta_incoming_treply(irq, status, phrase, TAG_IF(text, SIPTAG_WARNING_STR(text)),
                      TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR("5")),
                      TAG_IF(status == 488, SIPTAG_ACCEPT_STR(ES_SIPREC_ACCEPT)), TAG_END());
}

static gboolean refuse_short_timer(const EsSiprecDialog *d, nta_incoming_t *irq,
                                   const EsSipMessage *message) {
  guint least_s = d->shared->settings->min_session_s;
  if (!es_siprec_timer_is_too_short(message, least_s))
    return FALSE;
  g_autofree char *least = g_strdup_printf("%u", least_s);
  nta_incoming_treply(irq, SIP_422_SESSION_TIMER_TOO_SMALL, SIPTAG_MIN_SE_STR(least), TAG_END());
  return TRUE;
}

static void accept_request(EsSiprecDialog *d, nta_incoming_t *irq, gboolean with_sdp) {
  g_autofree char *expires = es_siprec_timer_header(&d->timer, FALSE);
  nta_incoming_treply(
      irq, SIP_200_OK, SIPTAG_CONTACT_STR(d->contact), SIPTAG_ALLOW_STR(ES_SIPREC_ALLOW),
      SIPTAG_ACCEPT_STR(ES_SIPREC_ACCEPT), SIPTAG_SUPPORTED_STR(ES_SIPREC_SUPPORTED),
      SIPTAG_SERVER_STR("Earshot"), TAG_IF(expires, SIPTAG_SESSION_EXPIRES_STR(expires)),
      TAG_IF(expires && es_siprec_timer_client_refreshes(&d->timer), SIPTAG_REQUIRE_STR("timer")),
      TAG_IF(with_sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
      TAG_IF(with_sdp, SIPTAG_PAYLOAD_STR(d->sdp)), TAG_END());
}

typedef enum { BODY_NONE, BODY_OFFER, BODY_WRONG } Body;

// Also what has more m-lines than could be answered one by one is wrong.
static Body read_offer(const EsSipMessage *message, EsSdp *offer) {
  gsize length;
  const guint8 *text = sdp_of(message, &length);
  if (!text)
    return BODY_NONE;
  return es_sdp_parse(text, length, offer) && es_siprec_count_lines(text, length) == offer->n_media
             ? BODY_OFFER
             : BODY_WRONG;
}

// TRUE when the terms are made and our description is there to be sent; otherwise it was refused.
static gboolean negotiate(EsSiprecDialog *d, nta_incoming_t *irq, const EsSipMessage *message, Terms *terms,
                          Body *body) {
  g_autofree EsSdp *offer = g_new0(EsSdp, 1);
  *body = read_offer(message, offer);
  if (refuse_short_timer(d, irq, message))
    return FALSE;
  if (*body == BODY_WRONG) {
    refuse(irq, SIP_400_BAD_REQUEST, "session description not understood");
    return FALSE;
  }
  if (*body == BODY_NONE)
    return TRUE;
  if (!take_offer(d, offer, terms)) {
    refuse(irq, SIP_488_NOT_ACCEPTABLE, "no voice in it that can be recorded");
    return FALSE;
  }
  describe_session(d, offer, terms);
  return TRUE;
}

// The ACK of an INVITE, or the news that none came.
static int on_ack(EsSiprecDialog *d, nta_incoming_t *irq, const sip_t *sip) {
  if (sip && sip->sip_request && sip->sip_request->rq_method != sip_method_ack)
    return 0; // a CANCEL that came too late
  if (!sip) {
    es_siprec_dialog_end(d, ES_END_GONE);
    return 0;
  }
  msg_t *raw = nta_incoming_getrequest_ackcancel(irq);
  g_autoptr(EsSipMessage) message = es_siprec_message(raw);
  msg_unref(raw);
  d->early = FALSE;
  d->arrival_us = g_get_real_time();
  d->invite = NULL;
  nta_incoming_destroy(irq);
  g_autofree EsSdp *answer = g_new0(EsSdp, 1);
  if (!d->offered || !message)
    return 0;
  d->offered = FALSE;
  Terms terms;
  if (read_offer(message, answer) != BODY_OFFER || !take_offer(d, answer, &terms))
    return es_siprec_dialog_end(d, ES_END_HANGUP), 0;
  close_lines(d, &terms);
  hand_over(d, message);
  tell_accepted(d, &terms);
  return 0;
}

// The answer to an INVITE is repeated until its ACK comes; a further INVITE shows that it has arrived.
static void wait_for_ack(EsSiprecDialog *d, nta_incoming_t *irq) {
  if (d->invite)
    nta_incoming_destroy(d->invite);
  d->invite = irq;
  nta_incoming_bind(irq, on_ack, d);
}

// TRUE if it is accepted.
static gboolean take_invite(EsSiprecDialog *d, nta_incoming_t *irq, const EsSipMessage *message) {
  Terms terms;
  Body body;
  if (!negotiate(d, irq, message, &terms, &body))
    return FALSE;
  if (body == BODY_NONE && d->sdp == NULL && !make_offer(d, &terms)) {
    refuse(irq, SIP_503_SERVICE_UNAVAILABLE, "no ports for media");
    return FALSE;
  }
  d->offered = body == BODY_NONE;
  es_siprec_timer_read(&d->timer, message, g_get_monotonic_time());
  hand_over(d, message);
  accept_request(d, irq, TRUE);
  if (body == BODY_OFFER) {
    close_lines(d, &terms);
    tell_accepted(d, &terms);
  }
  wait_for_ack(d, irq);
  return TRUE;
}

// ---- requests of ours

static int on_answer(EsSiprecDialog *d, nta_outgoing_t *orq, const sip_t *sip) {
  int status = sip && sip->sip_status ? sip->sip_status->st_status : 408;
  if (status < 200)
    return 0;
  d->request = NULL;
  nta_outgoing_destroy(orq);
  if (status == 481 || status == 408)
    close_dialog(d, ES_END_GONE, g_get_real_time()); // the client does not know of it any more
  else if (status < 300)
    es_siprec_timer_refreshed(&d->timer, g_get_monotonic_time());
  else if (status != 491)
    d->no_wish = TRUE;
  return 0;
}

static void send_update(EsSiprecDialog *d) {
  g_autofree char *way = way_back(d);
  g_autofree char *expires = es_siprec_timer_header(&d->timer, TRUE);
  d->request = nta_outgoing_tcreate(
      d->leg, on_answer, d, URL_STRING_MAKE(way), SIP_METHOD_UPDATE, NULL, SIPTAG_CONTACT_STR(d->contact),
      SIPTAG_SUPPORTED_STR(ES_SIPREC_SUPPORTED), SIPTAG_ALLOW_STR(ES_SIPREC_ALLOW),
      SIPTAG_USER_AGENT_STR("Earshot"), TAG_IF(expires, SIPTAG_SESSION_EXPIRES_STR(expires)),
      TAG_IF(d->wish, SIPTAG_CONTENT_TYPE_STR("application/rs-metadata-request")),
      TAG_IF(d->wish, SIPTAG_CONTENT_DISPOSITION_STR("recording-session")),
      TAG_IF(d->wish, SIPTAG_PAYLOAD_STR(METADATA_WISH)), TAG_END());
  d->wish = FALSE;
}

static gint64 heard_us(const EsSiprecDialog *d) {
  gint64 heard = d->heard_us;
  for (guint i = 0; i < d->n_lines; i++)
    if (d->lines[i])
      heard = MAX(heard, es_siprec_media_heard_us(d->lines[i]));
  return heard;
}

void es_siprec_dialog_tick(EsSiprecDialog *d, gint64 now_us) {
  gint64 monotonic_us = g_get_monotonic_time();
  for (guint i = 0; i < d->n_lines; i++)
    if (d->lines[i])
      es_siprec_media_report(d->lines[i], "earshot", now_us);
  if (es_siprec_timer_is_over(&d->timer, monotonic_us)) {
    es_siprec_dialog_end(d, ES_END_EXPIRED);
    return;
  }
  if (now_us - heard_us(d) > d->shared->idle_timeout_us) {
    es_siprec_dialog_end(d, ES_END_GONE);
    return;
  }
  if (!d->early && !d->request && (d->wish || es_siprec_timer_is_due(&d->timer, monotonic_us)))
    send_update(d);
}

// ---- requests of the client

static void take_update(EsSiprecDialog *d, nta_incoming_t *irq, const EsSipMessage *message) {
  Terms terms;
  Body body;
  if (!negotiate(d, irq, message, &terms, &body))
    return;
  es_siprec_timer_read(&d->timer, message, g_get_monotonic_time());
  hand_over(d, message);
  accept_request(d, irq, body == BODY_OFFER);
  if (body == BODY_OFFER) {
    close_lines(d, &terms);
    tell_accepted(d, &terms);
  }
}

static gboolean take_request(EsSiprecDialog *d, nta_incoming_t *irq, const sip_t *sip,
                             const EsSipMessage *message) {
  switch (sip->sip_request->rq_method) {
  case sip_method_invite:
    nta_leg_server_route(d->leg, NULL, sip->sip_contact);
    return take_invite(d, irq, message);
  case sip_method_update:
    nta_leg_server_route(d->leg, NULL, sip->sip_contact);
    take_update(d, irq, message);
    return FALSE;
  case sip_method_info:
    hand_over(d, message);
    accept_request(d, irq, FALSE);
    return FALSE;
  case sip_method_options:
    accept_request(d, irq, FALSE);
    return FALSE;
  default:
    nta_incoming_treply(irq, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(ES_SIPREC_ALLOW), TAG_END());
    return FALSE;
  }
}

// Where a connection does not tell when a BYE came, the voices do, which end with it.
static gint64 latest_voice_us(const EsSiprecDialog *d) {
  gint64 latest = ES_UNKNOWN;
  for (guint i = 0; i < d->n_lines; i++)
    if (d->lines[i])
      latest = MAX(latest, es_siprec_media_heard_us(d->lines[i]));
  return latest;
}

// What had arrived before a request belongs to the time before it: a packet that waits in its socket for the
// next sweep would be lost to a BYE, or taken for one of a pause.
static void read_what_came_before(EsSiprecDialog *d, gboolean bye) {
  GError *error = NULL;
  EsSiprecArrival arrival = es_siprec_arrival(d->shared->away ? -1 : d->door.socket, &d->latest,
                                              d->shared->looked_us, &d->connection);
  gboolean ok = !d->session || read_until(d, arrival.at_us, FALSE, &error);
  d->arrival_us = arrival.at_us;
  if (arrival.latest && bye)
    d->arrival_us =
        CLAMP(latest_voice_us(d) + PACKET_US, MIN(d->shared->looked_us, arrival.at_us), arrival.at_us);
  check(d->shared, ok, error);
}

static int on_request(EsSiprecDialog *d, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip) {
  if (sip->sip_request->rq_method == sip_method_ack)
    return 0;
  msg_t *raw = nta_incoming_getrequest(irq);
  g_autoptr(EsSipMessage) message = es_siprec_message(raw);
  es_address_from_socket(&d->latest, (struct sockaddr *)msg_addr(raw));
  msg_unref(raw);
  d->shared->stats->sip++;
  if (!message) {
    d->shared->stats->bad++;
    return 400;
  }
  gboolean bye = sip->sip_request->rq_method == sip_method_bye;
  read_what_came_before(d, bye);
  if (bye) {
    hand_over(d, message);
    nta_incoming_treply(irq, SIP_200_OK, SIPTAG_CONTACT_STR(d->contact), TAG_END());
    nta_incoming_destroy(irq);
    close_dialog(d, ES_END_HANGUP, d->arrival_us);
    return 0;
  }
  if (!take_request(d, irq, sip, message))
    nta_incoming_destroy(irq);
  return 0;
}

EsSiprecDialog *es_siprec_dialog_of(nta_leg_t *leg) {
  return leg ? nta_leg_magic(leg, on_request) : NULL;
}

// ---- the beginning

static void open_leg(EsSiprecDialog *d, nta_agent_t *agent, nta_incoming_t *irq, const sip_t *sip) {
  d->leg = nta_leg_tcreate(agent, on_request, d, SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_CSEQ(sip->sip_cseq),
                           SIPTAG_TO(sip->sip_from), SIPTAG_FROM(sip->sip_to), TAG_END());
  nta_leg_tag(d->leg, nta_incoming_tag(irq, NULL));
  nta_leg_server_route(d->leg, sip->sip_record_route, sip->sip_contact);
}

void es_siprec_dialog_open(EsSiprecShared *shared, const EsSiprecDoor *door, nta_incoming_t *irq,
                           const sip_t *sip, const EsSipMessage *message, const EsAddress *peer,
                           const EsAddress *own) {
  char host[ES_ADDRESS_TEXT_SIZE];
  EsSiprecDialog *d = g_new0(EsSiprecDialog, 1);
  const char *given = shared->settings->address;
  d->shared = shared;
  d->peer = d->latest = *peer;
  d->host = *own;
  d->early = TRUE;
  d->door = *door;
  d->call_id = g_strdup(sip->sip_call_id->i_id);
  d->connection = -1;
  d->arrival_us = es_siprec_arrival(door->socket, peer, shared->looked_us, &d->connection).at_us;
  d->address = g_strdup(given ? given : es_address_host(own, host));
  d->origin = (EsSiprecOrigin){d->address, (guint64)g_get_real_time(), 1};
  d->contact = es_siprec_contact(own, d->address, door->transport, sip);
  d->session = es_recording_session_new(shared->worker, message, d->arrival_us);
  es_recording_session_serve(d->session);
  open_leg(d, door->agent, irq, sip);
  g_hash_table_add(shared->dialogs, d);
  shared->stats->sessions_open = g_hash_table_size(shared->dialogs);
  if (take_invite(d, irq, message)) {
    shared->stats->sessions++;
    return;
  }
  nta_incoming_destroy(irq);
  close_dialog(d, ES_END_HANGUP, d->arrival_us);
}
