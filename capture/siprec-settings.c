// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-settings.h"
#include "earshot/common/i18n.h"
#include "number-list.h"
#include <stdio.h>

#define GROUP "siprec"
#define LEAST_PORT 1024
#define LEAST_SESSION_MS (90 * 1000) // RFC 4028 section 5
#define MOST_SESSION_MS (86400 * 1000)

static gboolean read_networks(const EsConfig *c, const char *key, GArray **networks, GError **error) {
  *networks = g_array_new(FALSE, FALSE, sizeof(EsNetwork));
  g_auto(GStrv) list = es_config_words(c, GROUP, key, error);
  if (!list)
    return FALSE;
  for (char **text = list; *text; text++) {
    EsNetwork network;
    if (!es_network_parse(*text, &network))
      return es_config_error(c, error, GROUP, key, _("“%s” is no address and no network like 10.0.0.0/8"),
                             *text);
    g_array_append_val(*networks, network);
  }
  return TRUE;
}

static gboolean read_ports(EsSiprecSettings *s, const EsConfig *c, GError **error) {
  g_autofree char *text = NULL;
  guint first = 0, last = 0;
  int end = 0;
  if (!es_config_string(c, GROUP, "rtp_ports", "20000-29999", &text, error))
    return FALSE;
  if (sscanf(text, "%5u-%5u%n", &first, &last, &end) != 2 || text[end] != '\0' || first < LEAST_PORT ||
      last > G_MAXUINT16 || last <= first)
    return es_config_error(c, error, GROUP, "rtp_ports", _("“%s” is no range of ports like 20000-29999"),
                           text);
  s->first_port = (guint16)(first + first % 2);
  s->last_port = (guint16)last;
  return s->first_port < s->last_port ||
         es_config_error(c, error, GROUP, "rtp_ports", _("“%s” is no range of ports like 20000-29999"), text);
}

static gboolean read_address(EsSiprecSettings *s, const EsConfig *c, GError **error) {
  EsAddress address;
  if (!es_config_string(c, GROUP, "address", NULL, &s->address, error))
    return FALSE;
  return s->address == NULL || es_address_from_text(&address, s->address, 0) ||
         es_config_error(c, error, GROUP, "address", _("“%s” is no IP address"), s->address);
}

static gboolean read_certificates(EsSiprecSettings *s, const EsConfig *c, GError **error) {
  return es_config_string(c, GROUP, "certificate", NULL, &s->certificate, error) &&
         es_config_string(c, GROUP, "ca", NULL, &s->authority, error) &&
         (s->subjects = es_config_words(c, GROUP, "clients", error));
}

static gboolean read_min_session(EsSiprecSettings *s, const EsConfig *c, GError **error) {
  gint64 ms;
  if (!es_config_length_ms(c, GROUP, "min_session", LEAST_SESSION_MS, 1000, MOST_SESSION_MS, &ms, error))
    return FALSE;
  s->min_session_s = (guint)(ms / 1000);
  return TRUE;
}

gboolean es_siprec_settings_read(EsSiprecSettings *s, const EsConfig *c, GError **error) {
  gint64 max_sessions, max_connections;
  if (!read_networks(c, "allow", &s->allow, error) || !read_networks(c, "lenient", &s->lenient, error) ||
      !read_certificates(s, c, error) || !read_address(s, c, error) || !read_ports(s, c, error) ||
      !es_config_int(c, GROUP, "max_sessions", 1000, 1, 100000, &max_sessions, error) ||
      !es_config_int(c, GROUP, "max_connections", 500, 1, 100000, &max_connections, error) ||
      !read_min_session(s, c, error))
    return FALSE;
  s->max_sessions = (guint)max_sessions;
  s->max_connections = (guint)max_connections;
  return TRUE;
}

void es_siprec_settings_clear(EsSiprecSettings *s) {
  g_clear_pointer(&s->allow, g_array_unref);
  g_clear_pointer(&s->lenient, g_array_unref);
  g_clear_pointer(&s->subjects, g_strfreev);
  g_clear_pointer(&s->certificate, g_free);
  g_clear_pointer(&s->authority, g_free);
  g_clear_pointer(&s->address, g_free);
}
