// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "predecessors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "hand-over.h"
#include "siprec-sockets.h"
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define PATIENCE_US (10 * G_USEC_PER_SEC)

struct EsPredecessors {
  guint n;
  EsTalk *talks; // their places are the numbers of the border; closed ones have no descriptor
};

static gboolean silent(GError **error) {
  g_set_error_literal(error, ES_ERROR, ES_ERROR_BUSY,
                      _("the recorder that runs does not hand over its calls; it goes on as before"));
  return FALSE;
}

EsPredecessors *es_predecessors_new(const int *connections, guint n) {
  EsPredecessors *p = g_new0(EsPredecessors, 1);
  p->n = n;
  p->talks = g_new0(EsTalk, n);
  for (guint i = 0; i < n; i++)
    es_talk_init(&p->talks[i], connections[i]);
  return p;
}

void es_predecessors_free(EsPredecessors *p) {
  if (!p)
    return;
  for (guint i = 0; i < p->n; i++)
    es_talk_clear(&p->talks[i]);
  g_free(p->talks);
  g_free(p);
}

static gboolean hear_hello(EsTalk *talk, gint64 until_us) {
  g_autofree char *hello = es_talk_read(talk, until_us);
  return hello && g_str_has_prefix(hello, "hand-over ");
}

static gboolean is_count(const char *line, const char *word, guint64 n) {
  guint64 count;
  return g_str_has_prefix(line, word) &&
         g_ascii_string_to_unsigned(line + strlen(word), 10, 0, G_MAXUINT64, &count, NULL) && count == n;
}

gboolean es_predecessors_greet(EsPredecessors *p, GError **error) {
  gint64 until_us = g_get_monotonic_time() + PATIENCE_US;
  for (guint i = 0; i < p->n; i++)
    if (!hear_hello(&p->talks[i], until_us))
      return silent(error);
  return TRUE;
}

// ---- sockets

static gboolean get_sockets(EsTalk *talk, GArray *sockets, gint64 until_us) {
  guint n = 0;
  if (!es_talk_say(talk, "sockets", until_us))
    return FALSE;
  for (;; n++) {
    g_autofree char *line = es_talk_read(talk, until_us);
    if (!line || !g_str_has_prefix(line, "socket "))
      return line && is_count(line, "passed ", n);
    EsSiprecSocket socket = {.fd = es_talk_take_descriptor(talk)};
    g_strlcpy(socket.name, line + strlen("socket "), sizeof socket.name);
    if (socket.fd < 0)
      return FALSE;
    g_array_append_val(sockets, socket);
  }
}

gboolean es_predecessors_get_sockets(EsPredecessors *p, GArray *sockets, GError **error) {
  gint64 until_us = g_get_monotonic_time() + PATIENCE_US;
  for (guint i = 0; i < p->n; i++)
    if (!get_sockets(&p->talks[i], sockets, until_us))
      return silent(error);
  return TRUE;
}

// ---- what they hold

typedef struct {
  GPtrArray *holdings; // of EsHoldings
  GPtrArray *servers;  // of EsSiprecPeer
} Heritage;

static gboolean hear_holdings(EsTalk *talk, Heritage *all, gint64 now_us, gint64 until_us) {
  EsHoldings *holdings = es_holdings_new();
  EsSiprecPeer *server = es_siprec_peer_new();
  guint64 heard = 0;
  g_ptr_array_add(all->holdings, holdings);
  g_ptr_array_add(all->servers, server);
  for (;;) {
    g_autofree char *line = es_talk_read(talk, until_us);
    if (!line || g_str_has_prefix(line, "given "))
      return line && is_count(line, "given ", heard);
    heard += es_holdings_read(holdings, line, now_us) || es_siprec_peer_read(server, line);
  }
}

// All are asked before the first is waited for. What they hold counts when each has said it.
static gboolean hear_all(EsPredecessors *p, Heritage *all, gint64 since_us, GError **error) {
  gint64 until_us = g_get_monotonic_time() + PATIENCE_US;
  g_autofree char *request = g_strdup_printf("take %d %" PRId64, ES_HAND_OVER_VERSION, since_us);
  for (guint i = 0; i < p->n; i++)
    if (!es_talk_say(&p->talks[i], request, until_us))
      return silent(error);
  for (guint i = 0; i < p->n; i++)
    if (!hear_holdings(&p->talks[i], all, since_us, until_us))
      return silent(error);
  return TRUE;
}

static void take(EsPredecessors *p, Heritage *all, EsWorker *worker, EsSiprec *siprec) {
  g_autoptr(GString) lines = g_string_new(NULL);
  EsSiprecPeer *own = es_siprec_peer_new();
  for (guint i = p->n; i-- > 0;)
    es_border_add_other(es_worker_border(worker), (int)i, g_ptr_array_steal_index(all->holdings, i));
  if (siprec)
    es_siprec_take(siprec, g_steal_pointer(&all->servers), own);
  es_siprec_peer_write(own, lines);
  g_string_append(lines, "taken\n");
  for (guint i = 0; i < p->n; i++)
    es_talk_write(&p->talks[i], lines->str, lines->len, g_get_monotonic_time() + PATIENCE_US);
  es_siprec_peer_free(own);
}

gboolean es_predecessors_ask(EsPredecessors *p, EsWorker *worker, EsSiprec *siprec, gint64 since_us,
                             GError **error) {
  Heritage all = {g_ptr_array_new_with_free_func((GDestroyNotify)es_holdings_free),
                  g_ptr_array_new_with_free_func((GDestroyNotify)es_siprec_peer_free)};
  gboolean ok = hear_all(p, &all, since_us, error);
  if (ok)
    take(p, &all, worker, siprec);
  g_ptr_array_unref(all.holdings);
  g_clear_pointer(&all.servers, g_ptr_array_unref);
  return ok;
}

// TRUE when its connection has ended; *done: as it should.
static gboolean has_ended(EsTalk *talk, gboolean *done) {
  struct pollfd ready = {.fd = talk->fd, .events = POLLIN};
  if (talk->fd < 0 || poll(&ready, 1, 0) != 1)
    return FALSE;
  g_autofree char *line = es_talk_read(talk, 0);
  *done = g_strcmp0(line, "done") == 0;
  return *done || talk->over;
}

gboolean es_predecessors_look(EsPredecessors *p, EsWorker *worker, EsSiprec *siprec) {
  gboolean gone = FALSE, done;
  for (guint i = 0; i < p->n; i++) {
    if (!has_ended(&p->talks[i], &done))
      continue;
    es_talk_clear(&p->talks[i]);
    if (siprec)
      es_siprec_forget_elder(siprec, i);
    if (done) {
      es_border_other_done(es_worker_border(worker), (int)i, es_worker_now(worker));
      continue;
    }
    gone = TRUE;
    es_border_other_gone(es_worker_border(worker), (int)i);
    es_worker_take_back(worker);
  }
  return gone;
}
