// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "agent-place.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/json.h"
#include "earshot/index/fold.h"
#include "params.h"

#define BATCH 200 // calls: some 50 ms, in which a recorder waits

void es_placing_clear(EsPlacing *placing) {
  g_clear_pointer(&placing->ended, g_ptr_array_unref);
}

gboolean es_agent_find_client(EsRequest *request, EsAgent *agent, GError **error) {
  char *client = agent->client ? es_param_client(request, "client", agent->client, error) : NULL;
  if (agent->client && !client)
    return FALSE;
  g_free(agent->client);
  agent->client = client;
  return TRUE;
}

static EsAgent *copy_agent(const EsAgent *agent) {
  EsAgent *copy = g_new0(EsAgent, 1);
  copy->extension = g_strdup(agent->extension);
  copy->name = g_strdup(agent->name);
  copy->latin_name = g_strdup(agent->latin_name);
  copy->team = g_strdup(agent->team);
  copy->client = g_strdup(agent->client);
  copy->language = g_strdup(agent->language);
  copy->from_us = agent->from_us;
  copy->until_us = agent->until_us;
  copy->shift = agent->shift;
  return copy;
}

static gboolean same_name(const char *a, const char *b) {
  if (!a || !b)
    return FALSE;
  g_autofree char *folded_a = es_fold(a);
  g_autofree char *folded_b = es_fold(b);
  return g_str_equal(folded_a, folded_b);
}

gboolean es_agent_same_person(const EsAgent *a, const EsAgent *b) {
  return same_name(a->name, b->name) || same_name(a->name, b->latin_name) ||
         same_name(a->latin_name, b->name) || same_name(a->latin_name, b->latin_name);
}

static gboolean same_shift(const EsShift *a, const EsShift *b) {
  return a->days == b->days && (a->days == 0 || (a->start_min == b->start_min && a->end_min == b->end_min));
}

static gboolean same_but_for_time(const EsAgent *a, const EsAgent *b) {
  return g_strcmp0(a->name, b->name) == 0 && g_strcmp0(a->latin_name, b->latin_name) == 0 &&
         g_strcmp0(a->team, b->team) == 0 && g_strcmp0(a->client, b->client) == 0 &&
         g_strcmp0(a->language, b->language) == 0 && same_shift(&a->shift, &b->shift);
}

static gboolean is_equal(const EsAgent *a, const EsAgent *b) {
  return same_but_for_time(a, b) && a->from_us == b->from_us && a->until_us == b->until_us &&
         g_strcmp0(a->extension, b->extension) == 0;
}

// What stays of an entry, from one moment to another.
static gboolean keep(EsRequest *request, const EsAgent *old, gint64 from_us, gint64 until_us,
                     GError **error) {
  g_autoptr(EsAgent) part = copy_agent(old);
  part->from_us = from_us;
  part->until_us = until_us;
  return es_index_add_agent(request->index, part, es_request_actor(request), error);
}

static gboolean take_out(EsRequest *request, const EsAgent *old, GError **error) {
  return es_index_remove_agent(request->index, old, es_request_actor(request), request->now_us, error);
}

static gboolean begins_before(const EsAgent *old, gint64 at_us) {
  return at_us != ES_UNKNOWN && (old->from_us == ES_UNKNOWN || old->from_us < at_us);
}

static gboolean give_way(EsRequest *request, const EsAgent *old, const EsAgent *agent, GError **error) {
  if (!take_out(request, old, error))
    return FALSE;
  if (same_but_for_time(old, agent))
    return TRUE;
  if (begins_before(old, agent->from_us) && !keep(request, old, old->from_us, agent->from_us, error))
    return FALSE;
  gboolean goes_on =
      agent->until_us != ES_UNKNOWN && (old->until_us == ES_UNKNOWN || old->until_us > agent->until_us);
  return !goes_on || keep(request, old, agent->until_us, old->until_us, error);
}

static gboolean may_give_way(const EsAgent *old, const EsAgent *agent, gboolean replace, GHashTable *kept,
                             GError **error) {
  const gint64 *line = kept ? g_hash_table_lookup(kept, &old->rowid) : NULL;
  if (line) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("extension: line %d gives %s to %s at that time"),
                (int)*line, agent->extension, old->name);
    return FALSE;
  }
  if (es_agent_same_person(old, agent))
    return TRUE;
  if (!replace)
    return es_request_refuse(error, "extension", _("%s belongs to %s at that time; --replace ends that"),
                             agent->extension, old->name);
  if (agent->from_us == ES_UNKNOWN)
    return es_request_refuse(error, "from", _("replacing %s needs a day from which on"), old->name);
  return TRUE;
}

static void note_ended(EsPlacing *placing, const EsAgent *old, const EsAgent *agent) {
  if (es_agent_same_person(old, agent))
    return;
  EsAgent *ended = copy_agent(old);
  ended->until_us = agent->from_us;
  g_ptr_array_add(placing->ended, ended);
}

static gboolean find_rowid(EsRequest *request, const EsAgent *agent, gint64 *rowid, GError **error) {
  g_autoptr(GPtrArray) found = es_index_overlapping_agents(request->index, agent, error);
  if (!found)
    return FALSE;
  *rowid = found->len == 1 ? ((EsAgent *)g_ptr_array_index(found, 0))->rowid : 0;
  return TRUE;
}

gboolean es_agent_place(EsRequest *request, const EsAgent *agent, gboolean replace, GHashTable *kept,
                        EsPlacing *placing, GError **error) {
  *placing = (EsPlacing){ES_PLACED_ADDED, 0, g_ptr_array_new_with_free_func((GDestroyNotify)es_agent_free)};
  g_autoptr(GPtrArray) others = es_index_overlapping_agents(request->index, agent, error);
  if (!others)
    return FALSE;
  if (others->len == 1 && is_equal(g_ptr_array_index(others, 0), agent)) {
    placing->placed = ES_PLACED_UNCHANGED;
    return TRUE;
  }
  for (guint i = 0; i < others->len; i++)
    if (!may_give_way(g_ptr_array_index(others, i), agent, replace, kept, error))
      return FALSE;
  for (guint i = 0; i < others->len; i++) {
    const EsAgent *old = g_ptr_array_index(others, i);
    if (!give_way(request, old, agent, error))
      return FALSE;
    note_ended(placing, old, agent);
  }
  if (others->len > placing->ended->len)
    placing->placed = ES_PLACED_CHANGED;
  return es_index_add_agent(request->index, agent, es_request_actor(request), error) &&
         find_rowid(request, agent, &placing->rowid, error);
}

gboolean es_agent_end(EsRequest *request, const EsAgent *agent, gint64 at_us, GError **error) {
  return take_out(request, agent, error) &&
         (!begins_before(agent, at_us) || keep(request, agent, agent->from_us, at_us, error));
}

// ---- calls learn it

static void report(EsRequest *request, gint64 calls) {
  JsonObject *state = json_object_new();
  es_json_set_ms(state, "calls_renewed", calls);
  es_request_progress(request, state);
}

void es_agent_renew_calls(EsRequest *request) {
  gboolean more = TRUE;
  gint64 calls = 0;
  while (more && !g_cancellable_is_cancelled(request->cancel)) {
    g_autoptr(GError) error = NULL;
    guint renewed;
    if (!es_index_renew_names(request->index, BATCH, &renewed, &more, &error)) {
      es_request_warning(request, _("not all calls are found by the new names yet: %s"), error->message);
      return;
    }
    calls += renewed;
    if (renewed > 0)
      report(request, calls);
  }
  if (more)
    es_request_warning(request,
                       _("not all calls are found by the new names yet; the next change of the directory "
                         "goes on with it"));
}
