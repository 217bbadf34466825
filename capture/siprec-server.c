// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "number-list.h"
#include "siprec-address.h"
#include "siprec-arrival.h"
#include "siprec-connections.h"
#include "siprec-dialog.h"
#include "siprec-listener.h"
#include "siprec-message.h"
#include "siprec-private.h"
#include "siprec-timer.h"
#include "siprec-tls-mend.h"
#include <resolv.h>
#include <string.h>
#include <unistd.h>

#define SWEEP_MS 20
#define RTCP_EVERY 10  // sweeps
#define TICK_EVERY 25  // sweeps
#define TIDY_EVERY 50  // sweeps
#define GOODBYE_MS 300 // for clients to take their BYE
#define EARLY_SHARE 8  // of all sessions one client may have so many without ACK
#define LEAST_EARLY 16
#define AGAIN_FREE 8       // descriptors, before connections are accepted again
#define FILES_OF_SESSION 6 // two sockets for each of two voices, its recording, its connection

// ---- getting in

static void answer(nta_agent_t *agent, msg_t *msg, int status, const char *phrase, const char *warning) {
  gboolean told = warning && status != 420 && status != 422;
  g_autofree char *text = told ? g_strdup_printf("399 earshot \"%s\"", warning) : NULL;
  nta_msg_treply(agent, msg, status, phrase, TAG_IF(text, SIPTAG_WARNING_STR(text)),
                 TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR("5")),
                 TAG_IF(status == 405, SIPTAG_ALLOW_STR(ES_SIPREC_ALLOW)),
                 TAG_IF(status == 420, SIPTAG_UNSUPPORTED_STR(warning)),
                 TAG_IF(status == 421, SIPTAG_REQUIRE_STR("siprec")),
                 TAG_IF(status == 422, SIPTAG_MIN_SE_STR(warning)), TAG_END());
}

static gboolean own_address(const struct EsSiprecListener *listener, const EsAddress *peer, EsAddress *own) {
  *own = listener->place.address;
  if (!es_address_is_any(own))
    return TRUE;
  gboolean found = es_address_towards(peer, own);
  own->port = listener->place.address.port;
  return found;
}

static void answer_options(struct EsSiprecListener *listener, msg_t *msg, const sip_t *sip,
                           const EsAddress *peer) {
  EsAddress own;
  g_autofree char *contact = own_address(listener, peer, &own)
                                 ? es_siprec_contact(&own, listener->server->shared.settings->address,
                                                     listener->place.transport, sip)
                                 : NULL;
  nta_msg_treply(listener->door.agent, msg, SIP_200_OK, TAG_IF(contact, SIPTAG_CONTACT_STR(contact)),
                 SIPTAG_ALLOW_STR(ES_SIPREC_ALLOW), SIPTAG_ACCEPT_STR(ES_SIPREC_ACCEPT),
                 SIPTAG_SUPPORTED_STR(ES_SIPREC_SUPPORTED), SIPTAG_SERVER_STR("Earshot"), TAG_END());
}

// The first option that is required and not known; NULL if there is none. Caller frees.
static char *unknown_option(const EsSipMessage *message) {
  const char *required = es_sip_header(message, "Require");
  g_auto(GStrv) options = g_strsplit(required ? required : "", ",", -1);
  for (char **option = options; *option; option++) {
    g_strstrip(*option);
    if (**option && g_ascii_strcasecmp(*option, "siprec") != 0 && g_ascii_strcasecmp(*option, "timer") != 0)
      return g_strdup(*option);
  }
  return NULL;
}

static guint early_of(EsSiprecServer *server, const EsAddress *peer) {
  guint n = 0;
  GHashTableIter iter;
  gpointer dialog;
  g_hash_table_iter_init(&iter, server->shared.dialogs);
  while (g_hash_table_iter_next(&iter, &dialog, NULL))
    n += es_siprec_dialog_is_early(dialog) && es_address_same_host(es_siprec_dialog_peer(dialog), peer);
  return n;
}

// What finds none in the middle of a session costs no audio, but those that are there keep theirs.
static gboolean is_crowded(EsSiprecServer *server, const EsAddress *peer) {
  guint most = server->shared.settings->max_sessions;
  return g_hash_table_size(server->shared.dialogs) >= most || !es_descriptors_have(FILES_OF_SESSION) ||
         early_of(server, peer) >= MAX(most / EARLY_SHARE, LEAST_EARLY);
}

// A client's certificate must be one of those named, where any are.
static gboolean has_name(const EsSiprecServer *server, tport_t *transport, msg_t *msg) {
  char **names = server->shared.settings->subjects;
  if (!*names)
    return TRUE;
  const su_strlst_t *subjects = tport_delivered_from_subjects(transport, msg);
  for (usize_t i = 0; subjects && i < su_strlst_len(subjects); i++)
    if (es_words_have(names, su_strlst_item(subjects, i)))
      return TRUE;
  return FALSE;
}

static gboolean may_enter(struct EsSiprecListener *listener, msg_t *msg, const EsAddress *peer) {
  EsSiprecServer *server = listener->server;
  const GArray *allow = server->shared.settings->allow;
  if (allow->len && !es_networks_hold(allow, peer))
    return FALSE;
  return strcmp(listener->place.transport, "tls") != 0 ||
         has_name(server, tport_delivered_by(nta_agent_tports(listener->door.agent), msg), msg);
}

// ---- an INVITE

// A client that comes back after a failure names the dialog that this one takes the place of.
static void end_replaced(nta_agent_t *agent, const sip_t *sip, EsSiprecDialog *but) {
  EsSiprecDialog *former =
      sip->sip_replaces ? es_siprec_dialog_of(nta_leg_by_replaces(agent, sip->sip_replaces)) : NULL;
  if (former && former != but)
    es_siprec_dialog_end(former, ES_END_HANGUP);
}

static void open_dialog(struct EsSiprecListener *listener, msg_t *msg, sip_t *sip,
                        const EsSipMessage *message, const EsAddress *peer) {
  EsSiprecServer *server = listener->server;
  EsAddress own;
  if (!own_address(listener, peer, &own)) {
    answer(listener->door.agent, msg, SIP_503_SERVICE_UNAVAILABLE, "no way back");
    return;
  }
  end_replaced(listener->door.agent, sip, NULL);
  nta_incoming_t *irq = nta_incoming_create(listener->door.agent, NULL, msg, sip, TAG_END());
  g_autofree char *source = g_strdup_printf("siprec:%s", listener->place.name);
  es_worker_set_source(server->shared.worker, source, FALSE);
  if (irq)
    es_siprec_dialog_open(&server->shared, &listener->door, irq, sip, message, peer, &own);
}

static void take_invite(struct EsSiprecListener *listener, msg_t *msg, sip_t *sip, const EsAddress *peer) {
  EsSiprecServer *server = listener->server;
  g_autoptr(EsSipMessage) message = es_siprec_message(msg);
  g_autofree char *unknown = message ? unknown_option(message) : NULL;
  guint least_s = server->shared.settings->min_session_s;
  g_autofree char *least = g_strdup_printf("%u", least_s);
  server->shared.stats->sessions_refused++;
  if (!message || !sip->sip_contact)
    answer(listener->door.agent, msg, SIP_400_BAD_REQUEST, NULL);
  else if (unknown)
    answer(listener->door.agent, msg, SIP_420_BAD_EXTENSION, unknown);
  else if (!es_recording_session_is_opened_by(message) &&
           !es_networks_hold(server->shared.settings->lenient, peer))
    answer(listener->door.agent, msg, SIP_421_EXTENSION_REQUIRED, "only recording sessions are taken here");
  else if (es_siprec_timer_is_too_short(message, least_s))
    answer(listener->door.agent, msg, SIP_422_SESSION_TIMER_TOO_SMALL, least);
  else if (is_crowded(server, peer)) {
    server->shared.stats->sessions_limited++;
    answer(listener->door.agent, msg, SIP_503_SERVICE_UNAVAILABLE, NULL);
  } else {
    server->shared.stats->sessions_refused--;
    open_dialog(listener, msg, sip, message, peer);
  }
}

// ---- what comes in

// To what another of us has asked, over a socket that both have.
static void take_answer(struct EsSiprecListener *listener, msg_t *msg, const sip_t *sip) {
  const EsSiprecPeer *to = es_siprec_neighbour_of(listener, sip, FALSE);
  if (to)
    es_siprec_relay_answer(listener->server->relay, msg, es_siprec_peer_door(to, listener->place.name));
  nta_msg_discard(listener->door.agent, msg);
}

static void take_request(struct EsSiprecListener *listener, msg_t *msg, sip_t *sip, const EsAddress *peer) {
  nta_agent_t *agent = listener->door.agent;
  sip_method_t method = sip->sip_request->rq_method;
  if (method == sip_method_ack)
    nta_msg_discard(agent, msg);
  else if (sip->sip_to->a_tag || method == sip_method_bye || method == sip_method_cancel)
    answer(agent, msg, SIP_481_NO_TRANSACTION, NULL);
  else if (method == sip_method_invite)
    take_invite(listener, msg, sip, peer);
  else if (method == sip_method_options)
    answer_options(listener, msg, sip, peer);
  else
    answer(agent, msg, SIP_405_METHOD_NOT_ALLOWED, NULL);
}

// A message that belongs to no dialog of ours.
static int on_message(struct EsSiprecListener *listener, nta_agent_t *agent, msg_t *msg, sip_t *sip) {
  EsAddress peer;
  EsSiprecServer *server = listener->server;
  EsCaptureStats *stats = server->shared.stats;
  stats->packets++;
  stats->sip++;
  if (sip && sip->sip_status) {
    take_answer(listener, msg, sip);
    return 0;
  }
  if (!sip || !sip->sip_request || !es_address_from_socket(&peer, (struct sockaddr *)msg_addr(msg))) {
    nta_msg_discard(agent, msg);
    return 0;
  }
  gboolean brought = server->relay && es_siprec_relay_brought(server->relay, sip, &peer);
  if (!brought && es_siprec_came_by_inner_door(listener, msg)) { // somebody else of this machine
    nta_msg_discard(agent, msg);
    return 0;
  }
  EsSiprecPeer *neighbour = es_siprec_neighbour_of(listener, sip, brought);
  gboolean ack = sip->sip_request->rq_method == sip_method_ack;
  if (!ack && !brought && !may_enter(listener, msg, &peer)) {
    stats->sessions_refused += sip->sip_request->rq_method == sip_method_invite;
    answer(agent, msg, SIP_403_FORBIDDEN, NULL);
  } else if (neighbour)
    es_siprec_bring(listener, msg, sip, &peer, neighbour);
  else
    take_request(listener, msg, sip, &peer);
  return 0;
}

// ---- the loop

// The list, since a dialog may end meanwhile.
static gpointer *list_dialogs(EsSiprecServer *server, guint *n) {
  return g_hash_table_get_keys_as_array(server->shared.dialogs, n);
}

static void add_media_stats(EsSiprecServer *server) {
  EsCaptureStats *stats = server->shared.stats;
  EsSiprecMediaStats *media = &server->shared.media;
  stats->packets += media->rtp + media->rtcp + media->foreign + media->bad;
  stats->rtp += media->rtp;
  stats->rtcp += media->rtcp;
  stats->foreign += media->foreign;
  stats->bad += media->bad;
  if (media->rtp)
    stats->last_packet_us = g_get_real_time();
  stats->dropped += media->dropped;
  *media = (EsSiprecMediaStats){0};
}

// A connection that cannot be accepted stays at the door, and sofia-sip would be called to it again at once:
// while there are no descriptors, nobody waits there.
static void mind_doors(EsSiprecServer *server) {
  gboolean crowded = !es_descriptors_have(server->crowded ? AGAIN_FREE : 1);
  if (crowded != server->crowded)
    es_siprec_server_close_doors(server, crowded);
  server->crowded = crowded;
}

static void tidy_connections(EsSiprecServer *server, gpointer *dialogs, guint n) {
  g_autoptr(GHashTable) ports = g_hash_table_new(NULL, NULL);
  g_autoptr(GHashTable) used = g_hash_table_new(es_address_hash, es_address_equal);
  for (guint i = 0; i < server->listeners->len; i++) {
    const EsSiprecPlace *place = &((struct EsSiprecListener *)server->listeners->pdata[i])->place;
    if (strcmp(place->transport, "udp") != 0)
      g_hash_table_add(ports, GUINT_TO_POINTER(place->address.port));
  }
  for (guint i = 0; i < n; i++) {
    g_hash_table_add(used, (gpointer)es_siprec_dialog_peer(dialogs[i]));
    g_hash_table_add(used, (gpointer)es_siprec_dialog_latest(dialogs[i]));
  }
  es_siprec_connections_sweep(ports, used, server->shared.settings->max_connections, server->crowded);
}

static gboolean sweep(EsSiprecServer *server, GError **error) {
  guint n;
  gint64 now_us = g_get_real_time();
  g_autofree gpointer *dialogs = list_dialogs(server, &n);
  gboolean with_rtcp = server->sweeps % RTCP_EVERY == 0, ok = TRUE;
  for (guint i = 0; i < n && ok; i++)
    ok = es_siprec_dialog_read(dialogs[i], with_rtcp, error);
  add_media_stats(server);
  mind_doors(server);
  es_worker_settled(server->shared.worker, now_us);
  if (ok && server->sweeps % TIDY_EVERY == 0)
    tidy_connections(server, dialogs, n);
  if (ok && server->sweeps % TICK_EVERY == 0)
    for (guint i = 0; i < n; i++)
      es_siprec_dialog_tick(dialogs[i], now_us);
  server->sweeps++;
  return ok && es_worker_time(server->shared.worker, now_us, error) &&
         es_worker_idle(server->shared.worker, error);
}

gboolean es_siprec_server_step(EsSiprecServer *server, GError **error) {
  gint64 left_us = server->next_us - g_get_monotonic_time();
  gint64 looked_us = g_get_real_time();
  su_root_step(server->root, (MAX(left_us, 0) + ES_US_PER_MS - 1) / ES_US_PER_MS); // not below: it would spin
  server->shared.looked_us = looked_us;
  if (server->relay)
    es_siprec_relay_read(server->relay);
  es_siprec_tls_adopt();
  if (server->shared.failed) {
    g_propagate_error(error, g_steal_pointer(&server->shared.failed));
    return FALSE;
  }
  gint64 now_us = g_get_monotonic_time();
  if (now_us < server->next_us)
    return TRUE;
  server->next_us = now_us + SWEEP_MS * ES_US_PER_MS;
  return sweep(server, error);
}

gboolean es_siprec_server_end_all(EsSiprecServer *server, EsEnd end, GError **error) {
  guint n;
  g_autofree gpointer *dialogs = list_dialogs(server, &n);
  for (guint i = 0; i < n; i++)
    es_siprec_dialog_end(dialogs[i], end);
  if (n)
    su_root_sleep(server->root, GOODBYE_MS);
  if (!server->shared.failed)
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&server->shared.failed));
  return FALSE;
}

// ---- setting up

// sofia-sip has a log for each of its parts and would write them to the standard streams.
static void be_silent(void *stream, const char *format, va_list arguments) {
}

static void init_library(void) {
  static gsize once;
  if (!g_once_init_enter(&once))
    return;
  su_init();
  su_log_redirect(NULL, be_silent, NULL);
  su_log_set_level(NULL, 0);
  g_once_init_leave(&once, 1);
}

// The parameter maddr of a Via, which may hold a name, makes sofia-sip wait for the resolver of the system.
// In this thread it has no server to ask.
static void ask_nobody(void) {
  res_init();
  _res.nscount = 0;
}

static void free_listener(gpointer data) {
  struct EsSiprecListener *listener = data;
  g_array_unref(listener->sockets);
  if (listener->door.agent)
    nta_agent_destroy(listener->door.agent);
  es_siprec_place_clear(&listener->place);
  g_free(listener);
}

static gboolean add_listener(EsSiprecServer *server, const char *text, const GArray *inherited,
                             GError **error) {
  struct EsSiprecListener *listener = g_new0(struct EsSiprecListener, 1);
  g_ptr_array_add(server->listeners, listener);
  listener->server = server;
  listener->sockets = g_array_new(FALSE, FALSE, sizeof(Socket));
  if (!es_siprec_place_parse(text, &listener->place, error))
    return FALSE;
  gboolean elsewhere = es_siprec_place_is_inherited(&listener->place, inherited);
  listener->door.agent = es_siprec_listen(server->root, &listener->place, elsewhere, server->shared.settings,
                                          on_message, listener, error);
  listener->door.transport = listener->place.transport;
  if (!listener->door.agent)
    return FALSE;
  es_siprec_listener_find_sockets(listener, inherited);
  if (strcmp(listener->place.transport, "udp") != 0)
    es_siprec_open_inner_door(listener);
  listener->door.socket = es_siprec_arrival_socket(&listener->place);
  return TRUE;
}

EsSiprecServer *es_siprec_server_new(const char *const *listen, const GArray *inherited,
                                     const EsCaptureSettings *settings, EsCaptureStats *stats,
                                     GError **error) {
  EsSiprecServer *server = g_new0(EsSiprecServer, 1);
  init_library();
  ask_nobody();
  es_siprec_tls_mend();
  server->shared.settings = &settings->siprec;
  server->shared.idle_timeout_us = settings->idle_timeout_us;
  server->shared.stats = stats;
  server->shared.reader = es_siprec_reader_new();
  es_siprec_reader_allow(server->shared.reader, settings->siprec.allow);
  server->shared.dialogs = g_hash_table_new(NULL, NULL);
  es_siprec_ports_init(&server->shared.ports, settings->siprec.first_port, settings->siprec.last_port);
  server->listeners = g_ptr_array_new_with_free_func(free_listener);
  server->root = su_root_create(NULL);
  su_root_threading(server->root, 0);
  for (; *listen; listen++)
    if (!add_listener(server, *listen, inherited, error)) {
      es_siprec_server_free(server);
      return NULL;
    }
  return server;
}

void es_siprec_server_set_worker(EsSiprecServer *server, EsWorker *worker) {
  server->shared.worker = worker;
}

void es_siprec_server_set_settings(EsSiprecServer *server, const EsCaptureSettings *settings) {
  const EsSiprecSettings *siprec = &settings->siprec;
  EsSiprecPorts *ports = &server->shared.ports;
  server->shared.settings = siprec;
  es_siprec_reader_allow(server->shared.reader, siprec->allow);
  server->shared.idle_timeout_us = settings->idle_timeout_us;
  if (ports->first != siprec->first_port || ports->last != siprec->last_port)
    es_siprec_ports_init(ports, siprec->first_port, siprec->last_port);
}

void es_siprec_server_free(EsSiprecServer *server) {
  if (!server)
    return;
  es_siprec_relay_free(server->relay);
  g_ptr_array_unref(server->listeners);
  es_siprec_peer_free(server->heir);
  g_clear_pointer(&server->elders, g_ptr_array_unref);
  su_root_destroy(server->root);
  es_siprec_tls_mended();
  g_hash_table_unref(server->shared.dialogs);
  es_siprec_reader_free(server->shared.reader);
  g_clear_error(&server->shared.failed);
  g_free(server);
}
