// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sofia-sip tells nothing of why it cannot listen, so the same is tried without it first.
#include "siprec-listener.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "siprec-address.h"
#include "siprec-tls.h"
#include "siprec-via.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES 65535              // of a message
#define HALF_A_MESSAGE_MS (10 * 1000) // how long the rest of it may take
#define IDLE_MS (30 * 60 * 1000)      // of silence, then even a connection that a session uses is closed
#define QUEUE 64                      // answers that wait for a client which does not read

static const char *const transports[] = {"udp", "tcp", "tls", NULL};

static gboolean no_place(const char *text, const char *why, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("--siprec %s: %s"), text, why);
  return FALSE;
}

static gboolean parse_host(const char *host, guint16 port, EsAddress *address) {
  gsize length = strlen(host);
  if (strcmp(host, "*") == 0)
    host = "0.0.0.0";
  if (length < 2 || *host != '[' || host[length - 1] != ']')
    return strchr(host, ':') == NULL && es_address_from_text(address, host, port);
  g_autofree char *inner = g_strndup(host + 1, length - 2);
  return strchr(inner, ':') != NULL && es_address_from_text(address, inner, port);
}

gboolean es_siprec_place_parse(const char *text, EsSiprecPlace *place, GError **error) {
  const char *colon = strchr(text, ':'), *last = strrchr(text, ':');
  guint64 port = 0;
  *place = (EsSiprecPlace){0};
  for (guint i = 0; colon && transports[i]; i++)
    if (strlen(transports[i]) == (gsize)(colon - text) && g_ascii_strncasecmp(text, transports[i], 3) == 0)
      place->transport = transports[i];
  if (!place->transport)
    return no_place(text, _("a place begins with udp:, tcp: or tls:, as in udp:*:5060"), error);
  g_autofree char *host = last > colon ? g_strndup(colon + 1, (gsize)(last - colon - 1)) : NULL;
  if (!host || !g_ascii_string_to_unsigned(last + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return no_place(text, _("a place ends with a port from 1 to 65535, as in udp:*:5060"), error);
  if (!parse_host(host, (guint16)port, &place->address))
    return no_place(text,
                    strchr(host, ':')
                        ? _("an IPv6 address stands in brackets, as in udp:[::1]:5060")
                        : _("neither an IP address of this machine nor *; names are not looked up"),
                    error);
  place->name = g_strdup(text);
  return TRUE;
}

void es_siprec_place_clear(EsSiprecPlace *place) {
  g_clear_pointer(&place->name, g_free);
}

// Whether the port can be had at all.
static gboolean try_port(const EsSiprecPlace *place, GError **error) {
  struct sockaddr_storage address;
  const int on = 1;
  gboolean udp = strcmp(place->transport, "udp") == 0;
  socklen_t length = es_address_to_socket(&place->address, &address);
  int fd = socket(address.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return es_set_errno(error, errno, _("cannot listen at %s"), place->name);
  if (!udp)
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  gboolean ok = bind(fd, (struct sockaddr *)&address, length) == 0 && (udp || listen(fd, 1) == 0);
  int saved_errno = errno;
  close(fd);
  return ok || es_set_errno(error, saved_errno, _("cannot listen at %s"), place->name);
}

static char *url_of(const EsSiprecPlace *place, gboolean elsewhere) {
  char host[ES_ADDRESS_TEXT_SIZE];
  gboolean ipv4 = es_address_is_ipv4(&place->address);
  es_address_host(&place->address, host);
  gboolean tls = strcmp(place->transport, "tls") == 0;
  g_autofree char *port = elsewhere ? g_strdup("*") : g_strdup_printf("%u", place->address.port);
  return g_strdup_printf("%s:%s%s%s:%s;transport=%s", tls ? "sips" : "sip", ipv4 ? "" : "[", host,
                         ipv4 ? "" : "]", port, place->transport);
}

nta_agent_t *es_siprec_listen(su_root_t *root, const EsSiprecPlace *place, gboolean elsewhere,
                              const EsSiprecSettings *settings, nta_message_f *callback,
                              struct EsSiprecListener *magic, GError **error) {
  gboolean tls = strcmp(place->transport, "tls") == 0;
  g_autofree char *url = url_of(place, elsewhere);
  g_autoptr(EsSiprecTls) keys = NULL;
  if ((!elsewhere && !try_port(place, error)) || (tls && !(keys = es_siprec_tls_prepare(settings, error))))
    return NULL;
  nta_agent_t *agent = nta_agent_create(
      root, URL_STRING_MAKE(url), callback, magic, NTATAG_UA(1), NTATAG_MERGE_482(1), NTATAG_SERVER_RPORT(1),
      NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_MAXSIZE(MOST_BYTES), TPTAG_TIMEOUT(HALF_A_MESSAGE_MS),
      TPTAG_IDLE(IDLE_MS), TPTAG_QUEUESIZE(QUEUE), TAG_IF(tls, NTATAG_MCLASS(es_siprec_via_mclass())),
      TAG_IF(tls, TPTAG_CERTIFICATE(keys ? es_siprec_tls_directory(keys) : NULL)),
      TAG_IF(tls, TPTAG_TLS_VERIFY_POLICY(settings->authority ? TPTLS_VERIFY_IN : TPTLS_VERIFY_NONE)),
      TAG_IF(tls, TPTAG_TLS_VERIFY_DATE(1)), TAG_IF(tls, TPTAG_TLS_VERIFY_DEPTH(5)), TAG_END());
  if (!agent)
    g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("cannot listen at %s"), place->name);
  return agent;
}
