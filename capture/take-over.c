// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "take-over.h"
#include "predecessors.h"
#include "siprec-sockets.h"
#include "successors.h"
#include <unistd.h>

#define LOOK_EVERY_US (20 * 1000)
#define DRAIN_US (2 * G_USEC_PER_SEC)
// A message that began just before may be whole only for who saw its beginning.
#define OVERLAP_US (200 * ES_US_PER_MS)

struct EsTakeOver {
  EsSuccessors *successors;
  EsPredecessors *predecessors; // NULL: none
  GArray *inherited;            // of EsSiprecSocket
  gint64 looked_us;             // monotonic
};

EsTakeOver *es_take_over_new(const EsCaptureOptions *options) {
  EsTakeOver *t = g_new0(EsTakeOver, 1);
  t->inherited = g_array_new(FALSE, FALSE, sizeof(EsSiprecSocket));
  t->successors = es_successors_new(options->successors ? *options->successors : -1);
  if (options->n_predecessors)
    t->predecessors = es_predecessors_new(options->predecessors, options->n_predecessors);
  return t;
}

static void close_inherited(EsTakeOver *t) {
  for (guint i = 0; i < t->inherited->len; i++)
    close(g_array_index(t->inherited, EsSiprecSocket, i).fd);
  g_array_set_size(t->inherited, 0);
}

void es_take_over_free(EsTakeOver *t, gboolean done) {
  if (!t)
    return;
  es_successors_free(t->successors, done);
  es_predecessors_free(t->predecessors);
  close_inherited(t);
  g_array_unref(t->inherited);
  g_free(t);
}

// What has waited since the interface was opened is not ours, and would stand in the way of what comes while
// the others answer.
static gboolean drain(EsPacketSource *source, GError **error) {
  gint64 until_us = g_get_monotonic_time() + DRAIN_US;
  EsPacket packet;
  EsSourceStatus status = ES_SOURCE_PACKET;
  while (status == ES_SOURCE_PACKET && g_get_monotonic_time() < until_us)
    status = source->klass->next(source, &packet, error);
  return status == ES_SOURCE_PACKET || status == ES_SOURCE_IDLE;
}

gboolean es_take_over_inherit(EsTakeOver *t, const GArray **inherited, GError **error) {
  *inherited = t->inherited;
  return !t->predecessors || (es_predecessors_greet(t->predecessors, error) &&
                              es_predecessors_get_sockets(t->predecessors, t->inherited, error));
}

gboolean es_take_over_ask(EsTakeOver *t, EsWorker *worker, EsSiprec *siprec, EsPacketSource *source,
                          GError **error) {
  close_inherited(t);
  if (!t->predecessors)
    return TRUE;
  return (!source || drain(source, error)) &&
         es_predecessors_ask(t->predecessors, worker, siprec, g_get_real_time() + OVERLAP_US, error);
}

void es_take_over_look(EsTakeOver *t, EsWorker *worker, EsSiprec *siprec, gint64 now_us, gboolean *left) {
  gint64 look_us = g_get_monotonic_time();
  *left = FALSE;
  if (look_us - t->looked_us < LOOK_EVERY_US)
    return;
  t->looked_us = look_us;
  es_successors_look(t->successors, worker, siprec, now_us);
  *left = t->predecessors && es_predecessors_look(t->predecessors, worker, siprec);
}

gboolean es_take_over_is_finishing(const EsTakeOver *t) {
  return es_successors_have_taken(t->successors);
}
