// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Facts of logs for calls that are stored: what differs is written, each value with what it was before.
#include "facts.h"

#include "earshot/common/id.h"
#include "earshot/index/annotation.h"
#include "earshot/index/correction.h"
#include "earshot/index/directory.h"
#include "earshot/index/fold.h"

#include <string.h>

GHashTable *es_facts_directory(EsIndex *index, GError **error) {
  g_autoptr(GPtrArray) agents = es_index_list_agents(index, FALSE, error);
  if (!agents)
    return NULL;
  GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < agents->len; i++) {
    const EsAgent *agent = g_ptr_array_index(agents, i);
    const char *both[] = {agent->name, agent->latin_name};
    for (guint k = 0; k < G_N_ELEMENTS(both); k++) {
      if (!both[k])
        continue;
      char *folded = es_fold(both[k]);
      g_strstrip(folded);
      gpointer known;
      gboolean there = g_hash_table_lookup_extended(names, folded, NULL, &known);
      gboolean two = there && g_strcmp0(known, agent->extension) != 0;
      g_hash_table_replace(names, folded, two ? NULL : g_strdup(agent->extension));
    }
  }
  return names;
}

EsQueueStory *es_facts_story(const EsFactsContext *context, const char *pbx_id, GError **error) {
  g_autoptr(GPtrArray) events = pbx_id ? es_index_list_queue_events(context->index, pbx_id, error) : NULL;
  if (!events || events->len == 0)
    return NULL;
  g_autoptr(EsQueueStory) story = es_queue_story_new(events, context->directory);
  return story->entered_us == ES_UNKNOWN ? NULL : g_steal_pointer(&story);
}

// ---- what a person put right stays

static gboolean by_person(const GPtrArray *corrections, const char *field, gboolean of_segment) {
  for (guint i = 0; i < corrections->len; i++) {
    const EsCorrection *correction = g_ptr_array_index(corrections, i);
    if (strcmp(correction->source, "person") == 0 && (correction->segment >= 0) == of_segment &&
        (!field || strcmp(correction->field, field) == 0))
      return TRUE;
  }
  return FALSE;
}

typedef struct {
  const EsFactsContext *context;
  const GPtrArray *corrections;
  const EsCall *before;
  const char *reason;
  gboolean *changed;
} Writer;

static gboolean put(const Writer *w, const char *field, const char *old, const char *value, GError **error) {
  const EsFactsContext *c = w->context;
  if (g_strcmp0(old, value) == 0 || !value || by_person(w->corrections, field, FALSE))
    return TRUE;
  *w->changed = TRUE;
  return es_index_correct(c->index, w->before->rowid, -1, field, value, w->reason, c->source, c->actor,
                          c->now_us, error);
}

static gboolean put_ms(const Writer *w, const char *field, gint64 old, gint64 value, GError **error) {
  if (old == value || value == ES_UNKNOWN)
    return TRUE;
  g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
  return put(w, field, NULL, text, error);
}

static gboolean put_segments(const Writer *w, EsCall *after, GError **error) {
  const EsFactsContext *c = w->context;
  if (by_person(w->corrections, NULL, TRUE))
    return TRUE;
  gboolean changed;
  if (!es_index_set_segments(c->index, w->before->rowid, after->segments, w->reason, c->source, c->actor,
                             c->now_us, &changed, error))
    return FALSE;
  *w->changed |= changed;
  return TRUE;
}

static gboolean same_events(const GPtrArray *a, const GPtrArray *b) {
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const EsCallEvent *x = g_ptr_array_index(a, i), *y = g_ptr_array_index(b, i);
    if (x->at_ms != y->at_ms || x->leg != y->leg || strcmp(x->kind, y->kind) != 0 ||
        g_strcmp0(x->detail, y->detail) != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean put_events(const Writer *w, const EsCall *after, GError **error) {
  if (same_events(w->before->events, after->events))
    return TRUE;
  *w->changed = TRUE;
  return es_index_set_events(w->context->index, w->before->rowid, after->events, error);
}

static gboolean put_times(const Writer *w, const EsCall *after, GError **error) {
  const EsCall *before = w->before;
  if (before->answered_us == after->answered_us && before->ended_us == after->ended_us &&
      before->duration_ms == after->duration_ms && before->audio_offset_ms == after->audio_offset_ms)
    return TRUE;
  *w->changed = TRUE;
  return es_index_set_times(w->context->index, before->rowid, after, error);
}

static gboolean write_all(const Writer *w, EsCall *after, GError **error) {
  const EsCall *b = w->before;
  return put(w, "pbx_id", b->pbx_id, after->pbx_id, error) &&
         put(w, "client", b->client, after->client, error) &&
         put(w, "direction", b->direction, after->direction, error) &&
         put(w, "caller", b->caller, after->caller, error) &&
         put(w, "callee", b->callee, after->callee, error) &&
         put(w, "caller_name", b->caller_name, after->caller_name, error) &&
         put(w, "disposition", b->disposition, after->disposition, error) &&
         put_ms(w, "wait_ms", b->wait_ms, after->wait_ms, error) && put_times(w, after, error) &&
         put_segments(w, after, error) && put_events(w, after, error);
}

gboolean es_facts_store(const EsFactsContext *context, const EsCall *stored, const EsCall *cdr,
                        const char *pbx_id, const char *reason, gboolean *changed, GError **error) {
  GError *failed = NULL;
  *changed = FALSE;
  g_autoptr(EsQueueStory) story = es_facts_story(context, pbx_id, &failed);
  if (failed) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  g_autoptr(GPtrArray) evaluations = es_index_list_evaluations(context->index, stored->rowid, error);
  g_autoptr(GPtrArray) corrections =
      evaluations ? es_index_list_corrections(context->index, stored->rowid, error) : NULL;
  if (!corrections)
    return FALSE;
  gboolean keep_order = evaluations->len > 0;
  g_autoptr(EsCall) after = es_facts_copy(stored);
  if (!after->pbx_id)
    after->pbx_id = g_strdup(pbx_id);
  if (cdr)
    es_facts_cdr(after, cdr, keep_order);
  if (story)
    es_facts_queue(after, story, keep_order);
  const Writer w = {context, corrections, stored, reason, changed};
  return write_all(&w, after, error);
}

gboolean es_facts_make_row(const EsFactsContext *context, EsCall *call, GError **error) {
  g_autofree char *id = g_malloc(ES_ID_SIZE);
  es_id_new(call->started_us, id);
  g_free(call->id);
  call->id = g_steal_pointer(&id);
  g_free(call->outcome);
  call->outcome = g_strdup("none");
  g_free(call->outcome_reason);
  call->outcome_reason = g_strdup(ES_REASON_NO_RECORDING);
  g_free(call->source);
  call->source = g_strdup(context->source);
  return es_index_put_call(context->index, call, error);
}
