// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "live-index.h"
#include "earshot/common/i18n.h"
#include "shared-sink.h"

#define TOLD_US (60 * G_USEC_PER_SEC)
#define PATIENCE_MS 100
#define MOST_WAITING 20000 // beyond, a story stays in parts

typedef struct {
  char *id, *group, *former;
} Regroup;

struct EsLiveIndex {
  EsIndex *index;
  gboolean live;
  const EsCaptureSink *sink;
  gint64 told_us;  // monotonic; 0: never
  GQueue regroups; // of Regroup, in their order
};

static void regroup_free(gpointer data) {
  Regroup *regroup = data;
  g_free(regroup->id);
  g_free(regroup->group);
  g_free(regroup->former);
  g_free(regroup);
}

EsLiveIndex *es_live_index_new(EsIndex *index, gboolean live, const EsCaptureSink *sink) {
  EsLiveIndex *x = g_new0(EsLiveIndex, 1);
  x->index = index;
  x->live = live;
  x->sink = sink;
  g_queue_init(&x->regroups);
  return x;
}

void es_live_index_free(EsLiveIndex *x) {
  g_queue_clear_full(&x->regroups, regroup_free);
  g_free(x);
}

gboolean es_live_index_excuses(EsLiveIndex *x, GError *failed, GError **error) {
  if (!x->live) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  gint64 now_us = g_get_monotonic_time();
  g_autofree char *text = g_strdup_printf(
      _("the index cannot be asked who has a call; calls are recorded without: %s"), failed->message);
  if (x->told_us == 0 || now_us - x->told_us > TOLD_US) {
    es_sink_tell(x->sink, ES_LOG_INDEX_FAILING, text);
    x->told_us = now_us;
  }
  g_error_free(failed);
  return TRUE;
}

static gboolean write_group(EsLiveIndex *x, const Regroup *r, gboolean wait, GError **error) {
  gboolean briefly = x->live && !wait;
  if (briefly)
    es_index_set_patience(x->index, PATIENCE_MS);
  gboolean written = es_index_set_group(x->index, r->id, r->group, r->former, error);
  if (briefly)
    es_index_set_patience(x->index, ES_INDEX_PATIENCE_MS);
  return written;
}

gboolean es_live_index_set_group(EsLiveIndex *x, const char *id, const char *group, const char *former,
                                 GError **error) {
  Regroup *regroup = g_new0(Regroup, 1);
  *regroup = (Regroup){g_strdup(id), g_strdup(group), g_strdup(former)};
  gboolean waits = x->live && x->regroups.length > 0,
           written = !waits && write_group(x, regroup, FALSE, x->live ? NULL : error);
  if (!written && x->live && x->regroups.length < MOST_WAITING) {
    g_queue_push_tail(&x->regroups, regroup);
    return TRUE;
  }
  regroup_free(regroup);
  return written || x->live;
}

const char *es_live_index_group(const EsLiveIndex *x, const char *id) {
  for (const GList *item = x->regroups.tail; item; item = item->prev)
    if (g_str_equal(((const Regroup *)item->data)->id, id))
      return ((const Regroup *)item->data)->group;
  return NULL;
}

guint es_live_index_waiting(const EsLiveIndex *x) {
  return x->regroups.length;
}

gboolean es_live_index_settle(EsLiveIndex *x, gboolean wait, GError **error) {
  const Regroup *next;
  while ((next = g_queue_peek_head(&x->regroups))) {
    if (!write_group(x, next, wait, error))
      return FALSE;
    regroup_free(g_queue_pop_head(&x->regroups));
  }
  return TRUE;
}
