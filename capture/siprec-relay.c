// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Each request has a transaction of sofia-sip towards the client, whatever transport that uses, which repeats
// answers and swallows requests that are repeated.
#include "siprec-relay.h"
#include "earshot/common/clock.h"
#include "siprec-address.h"
#include <sofia-sip/msg_mime.h>
#include <string.h>
#include <unistd.h>

#define LATE_US (64 * ES_US_PER_S) // twice as long as SIP repeats anything
#define MOST 4096                  // requests at once
#define MOST_BYTES 65536
#define KEY "es-key="
#define PEER "es-peer="

struct EsSiprecRelay {
  int fd;
  guint16 port;
  char secret[40];
  GHashTable *requests; // branch → Request
};

typedef struct {
  EsSiprecRelay *relay;
  char *branch; // the key
  nta_incoming_t *irq;
  guint16 to; // port of the other
  EsAddress peer;
  char *secret;
  gint64 at_us; // monotonic
  gboolean answered;
} Request;

static void request_free(gpointer data) {
  Request *r = data;
  nta_incoming_destroy(r->irq);
  g_free(r->branch);
  g_free(r->secret);
  g_free(r);
}

static gboolean open_socket(EsSiprecRelay *relay) {
  EsAddress own;
  struct sockaddr_storage address;
  es_address_from_text(&own, "127.0.0.1", 0);
  socklen_t size = es_address_to_socket(&own, &address);
  relay->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (relay->fd < 0 || bind(relay->fd, (struct sockaddr *)&address, size) != 0)
    return FALSE;
  size = sizeof address;
  if (getsockname(relay->fd, (struct sockaddr *)&address, &size) != 0 ||
      !es_address_from_socket(&own, (struct sockaddr *)&address))
    return FALSE;
  relay->port = own.port;
  return TRUE;
}

EsSiprecRelay *es_siprec_relay_new(void) {
  EsSiprecRelay *relay = g_new0(EsSiprecRelay, 1);
  g_autofree char *uuid = g_uuid_string_random();
  g_strlcpy(relay->secret, uuid, sizeof relay->secret);
  relay->requests = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, request_free);
  if (open_socket(relay))
    return relay;
  es_siprec_relay_free(relay);
  return NULL;
}

void es_siprec_relay_free(EsSiprecRelay *relay) {
  if (!relay)
    return;
  g_hash_table_unref(relay->requests);
  if (relay->fd >= 0)
    close(relay->fd);
  g_free(relay);
}

const char *es_siprec_relay_secret(const EsSiprecRelay *relay) {
  return relay->secret;
}

// A parameter without its quotation marks. Caller frees.
static char *param_of(const sip_via_t *via, const char *name) {
  const char *value = via ? msg_params_find(via->v_params, name) : NULL;
  gsize length = value ? strlen(value) : 0;
  return length > 2 && *value == '"' ? g_strndup(value + 1, length - 2) : g_strdup(value);
}

gboolean es_siprec_relay_brought(const EsSiprecRelay *relay, const sip_t *sip, EsAddress *peer) {
  g_autofree char *key = param_of(sip->sip_via, KEY), *text = param_of(sip->sip_via, PEER);
  return g_strcmp0(key, relay->secret) == 0 && text && es_address_parse(peer, text);
}

// ---- to the other

static void send_bytes(const EsSiprecRelay *relay, guint16 port, const char *bytes, gsize length) {
  EsAddress to;
  struct sockaddr_storage address;
  es_address_from_text(&to, "127.0.0.1", port);
  socklen_t size = es_address_to_socket(&to, &address);
  if (sendto(relay->fd, bytes, length, 0, (struct sockaddr *)&address, size) < 0)
    return; // as if the network had lost it: whoever sent it says it again
}

static void send_message(const Request *r, msg_t *msg) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  size_t length = 0;
  char peer[ES_ADDRESS_TEXT_SIZE];
  const char *text = msg_as_string(home, msg, NULL, 0, &length);
  const char *end = text ? memchr(text, '\n', length) : NULL;
  if (end) {
    gsize first = (gsize)(end - text) + 1;
    g_autoptr(GString) whole = g_string_new_len(text, (gssize)first);
    g_string_append_printf(whole, "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=%s;" KEY "\"%s\";" PEER "\"%s\"\r\n",
                           r->relay->port, r->branch, r->secret, es_address_format(&r->peer, peer));
    g_string_append_len(whole, text + first, (gssize)(length - first));
    send_bytes(r->relay, r->to, whole->str, whole->len);
  }
  su_home_deinit(home);
}

static int on_ack(struct EsSiprecDialog *magic, nta_incoming_t *irq, const sip_t *sip) {
  Request *r = (Request *)(gpointer)magic;
  if (sip && sip->sip_request && sip->sip_request->rq_method != sip_method_ack)
    return 0;
  msg_t *ack = sip ? nta_incoming_getrequest_ackcancel(irq) : NULL;
  if (ack) {
    send_message(r, ack);
    msg_unref(ack);
  }
  g_hash_table_remove(r->relay->requests, r->branch);
  return 0;
}

static Request *request_new(EsSiprecRelay *relay, const EsAddress *peer, guint16 port, const char *secret) {
  Request *r = g_new0(Request, 1);
  *r = (Request){.relay = relay, .to = port, .peer = *peer, .secret = g_strdup(secret ? secret : "-")};
  r->branch = g_strdup_printf("z9hG4bK-es%08x%08x", g_random_int(), g_random_int());
  r->at_us = g_get_monotonic_time();
  return r;
}

void es_siprec_relay_request(EsSiprecRelay *relay, nta_agent_t *agent, msg_t *msg, sip_t *sip,
                             const EsAddress *peer, guint16 port, const char *secret) {
  if (g_hash_table_size(relay->requests) >= MOST) {
    nta_msg_discard(agent, msg);
    return;
  }
  Request *r = request_new(relay, peer, port, secret);
  send_message(r, msg);
  gboolean ack = sip->sip_request->rq_method == sip_method_ack;
  if (ack)
    nta_msg_discard(agent, msg);
  else
    r->irq = nta_incoming_create(agent, NULL, msg, sip, TAG_END());
  if (!r->irq) {
    request_free(r);
    return;
  }
  nta_incoming_bind(r->irq, on_ack, (struct EsSiprecDialog *)(gpointer)r);
  g_hash_table_insert(relay->requests, r->branch, r);
}

void es_siprec_relay_answer(EsSiprecRelay *relay, msg_t *msg, guint16 port) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  size_t length = 0;
  const char *text = msg_as_string(home, msg, NULL, 0, &length);
  if (text)
    send_bytes(relay, port, text, length);
  su_home_deinit(home);
}

// ---- and back

// The lines that the transaction does not make itself.
static char *other_lines(const char *text) {
  static const char *const own[] = {"Via:", "From:", "To:", "Call-ID:", "CSeq:", "Content-Length:", NULL};
  g_autoptr(GString) rest = g_string_new(NULL);
  g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
  for (char **line = lines + (*lines != NULL); *line && **line; line++) {
    gboolean known = FALSE;
    for (guint i = 0; own[i]; i++)
      known |= g_ascii_strncasecmp(*line, own[i], strlen(own[i])) == 0;
    if (!known)
      g_string_append_printf(rest, "%s\r\n", *line);
  }
  return g_string_free(g_steal_pointer(&rest), FALSE);
}

static void pass_on(Request *r, const sip_t *sip, const char *text) {
  int status = sip->sip_status->st_status;
  gboolean invite = nta_incoming_method(r->irq) == sip_method_invite;
  if (status < 200 || r->answered)
    return;
  g_autofree char *lines = other_lines(text);
  r->answered = TRUE;
  if (sip->sip_to && sip->sip_to->a_tag && !nta_incoming_gettag(r->irq))
    nta_incoming_tag(r->irq, sip->sip_to->a_tag);
  nta_incoming_treply(r->irq, status, sip->sip_status->st_phrase, TAG_IF(*lines, SIPTAG_HEADER_STR(lines)),
                      TAG_IF(sip->sip_payload, SIPTAG_PAYLOAD(sip->sip_payload)), TAG_END());
  if (!invite || status >= 300)
    g_hash_table_remove(r->relay->requests, r->branch);
}

static void read_answer(EsSiprecRelay *relay, const char *text, gsize length) {
  msg_t *msg = msg_make(sip_default_mclass(), 0, text, (ssize_t)length);
  const sip_t *sip = msg ? sip_object(msg) : NULL;
  const char *branch = sip && sip->sip_status && sip->sip_via ? sip->sip_via->v_branch : NULL;
  Request *r = branch ? g_hash_table_lookup(relay->requests, branch) : NULL;
  if (r)
    pass_on(r, sip, text);
  msg_destroy(msg);
}

static gboolean refuse(gpointer key, gpointer value, gpointer user_data) {
  Request *r = value;
  if (!r->answered)
    nta_incoming_treply(r->irq, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR("1"), TAG_END());
  return !r->answered;
}

void es_siprec_relay_give_up(EsSiprecRelay *relay) {
  g_hash_table_foreach_remove(relay->requests, refuse, NULL);
}

static gboolean is_late(gpointer key, gpointer value, gpointer now_us) {
  return *(gint64 *)now_us - ((Request *)value)->at_us > LATE_US;
}

void es_siprec_relay_read(EsSiprecRelay *relay) {
  char text[MOST_BYTES];
  gint64 now_us = g_get_monotonic_time();
  ssize_t n;
  while ((n = recv(relay->fd, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
    text[n] = '\0';
    read_answer(relay, text, (gsize)n);
  }
  g_hash_table_foreach_remove(relay->requests, is_late, &now_us);
}
