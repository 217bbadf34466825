// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-peer.h"
#include "hand-over.h"
#include <string.h>

#define MOST 100000

struct EsSiprecPeer {
  GHashTable *doors;    // place in lower case → port
  GHashTable *sessions; // Call-IDs
  char *secret;
};

EsSiprecPeer *es_siprec_peer_new(void) {
  EsSiprecPeer *p = g_new0(EsSiprecPeer, 1);
  p->doors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  p->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return p;
}

void es_siprec_peer_free(EsSiprecPeer *p) {
  if (!p)
    return;
  g_hash_table_unref(p->doors);
  g_hash_table_unref(p->sessions);
  g_free(p->secret);
  g_free(p);
}

void es_siprec_peer_add_door(EsSiprecPeer *p, const char *place, guint16 port) {
  g_hash_table_insert(p->doors, g_ascii_strdown(place, -1), GUINT_TO_POINTER(port));
}

void es_siprec_peer_add_session(EsSiprecPeer *p, const char *call_id) {
  g_hash_table_add(p->sessions, g_strdup(call_id));
}

void es_siprec_peer_set_secret(EsSiprecPeer *p, const char *secret) {
  g_free(p->secret);
  p->secret = g_strdup(secret);
}

guint es_siprec_peer_write(const EsSiprecPeer *p, GString *lines) {
  GHashTableIter iter;
  gpointer key, value;
  g_hash_table_iter_init(&iter, p->doors);
  while (g_hash_table_iter_next(&iter, &key, &value))
    g_string_append_printf(lines, "door %u %s\n", GPOINTER_TO_UINT(value), (char *)key);
  g_hash_table_iter_init(&iter, p->sessions);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    g_autofree char *text = g_strescape(key, NULL);
    g_string_append_printf(lines, "session %s\n", text);
  }
  if (p->secret)
    g_string_append_printf(lines, "secret %s\n", p->secret);
  return g_hash_table_size(p->doors) + g_hash_table_size(p->sessions) + (p->secret != NULL);
}

gboolean es_siprec_peer_read(EsSiprecPeer *p, const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", 3);
  guint n = g_strv_length(words);
  guint64 port;
  if (g_hash_table_size(p->sessions) + g_hash_table_size(p->doors) >= MOST)
    return FALSE;
  if (n == 3 && strcmp(words[0], "door") == 0) {
    if (!g_ascii_string_to_unsigned(words[1], 10, 1, G_MAXUINT16, &port, NULL))
      return FALSE;
    es_siprec_peer_add_door(p, words[2], (guint16)port);
    return TRUE;
  }
  if (g_str_has_prefix(line, "session ")) {
    char *call_id = es_talk_unescape(line + strlen("session "));
    if (call_id)
      g_hash_table_add(p->sessions, call_id);
    return call_id != NULL;
  }
  if (n != 2 || strcmp(words[0], "secret") != 0)
    return FALSE;
  es_siprec_peer_set_secret(p, words[1]);
  return TRUE;
}

guint16 es_siprec_peer_door(const EsSiprecPeer *p, const char *place) {
  g_autofree char *key = g_ascii_strdown(place, -1);
  return (guint16)GPOINTER_TO_UINT(g_hash_table_lookup(p->doors, key));
}

gboolean es_siprec_peer_has_session(const EsSiprecPeer *p, const char *call_id) {
  return g_hash_table_contains(p->sessions, call_id);
}

const char *es_siprec_peer_secret(const EsSiprecPeer *p) {
  return p->secret;
}
