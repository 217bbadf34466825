// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "predecessors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "hand-over.h"
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define PATIENCE_US (10 * G_USEC_PER_SEC)

struct EsPredecessors {
  guint n;
  EsTalk *talks; // their places are the numbers of the border; closed ones have no descriptor
};

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

static gboolean silent(GError **error) {
  g_set_error_literal(error, ES_ERROR, ES_ERROR_BUSY,
                      _("the recorder that runs does not hand over its calls; it goes on as before"));
  return FALSE;
}

static gboolean ask(EsTalk *talk, gint64 since_us, gint64 until_us) {
  g_autofree char *hello = es_talk_read(talk, until_us);
  g_autofree char *request = g_strdup_printf("take %d %" PRId64, ES_HAND_OVER_VERSION, since_us);
  return hello && g_str_has_prefix(hello, "hand-over ") && es_talk_say(talk, request, until_us);
}

static EsHoldings *hear_holdings(EsTalk *talk, gint64 now_us, gint64 until_us) {
  g_autoptr(EsHoldings) holdings = es_holdings_new();
  guint64 heard = 0, given;
  for (;;) {
    g_autofree char *line = es_talk_read(talk, until_us);
    if (!line)
      return NULL;
    if (g_str_has_prefix(line, "given "))
      return g_ascii_string_to_unsigned(line + strlen("given "), 10, 0, G_MAXUINT64, &given, NULL) &&
                     given == heard
                 ? g_steal_pointer(&holdings)
                 : NULL;
    heard += es_holdings_read(holdings, line, now_us);
  }
}

// All are asked before the first is waited for. What they hold counts when each has said it.
gboolean es_predecessors_ask(EsPredecessors *p, EsWorker *worker, gint64 since_us, GError **error) {
  gint64 until_us = g_get_monotonic_time() + PATIENCE_US;
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)es_holdings_free);
  for (guint i = 0; i < p->n; i++)
    if (!ask(&p->talks[i], since_us, until_us))
      return silent(error);
  for (guint i = 0; i < p->n; i++) {
    EsHoldings *holdings = hear_holdings(&p->talks[i], since_us, until_us);
    if (!holdings)
      return silent(error);
    g_ptr_array_add(all, holdings);
  }
  for (guint i = p->n; i-- > 0;) {
    es_talk_say(&p->talks[i], "taken", until_us);
    es_border_add_other(es_worker_border(worker), (int)i, g_ptr_array_steal_index(all, i));
  }
  return TRUE;
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

gboolean es_predecessors_look(EsPredecessors *p, EsWorker *worker) {
  gboolean gone = FALSE, done;
  for (guint i = 0; i < p->n; i++) {
    if (!has_ended(&p->talks[i], &done))
      continue;
    es_talk_clear(&p->talks[i]);
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
