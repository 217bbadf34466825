// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// agent.unknown, agent.remap: past calls and the directory as it is now.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/correction.h"
#include "earshot/index/remap.h"
#include "json.h"
#include "params.h"
#include "recording-move.h"

#define BATCH 200 // calls: so long a recorder waits

static gboolean read_range(const EsRequest *request, const char *from, gint64 *from_us, gint64 *until_us,
                           GError **error) {
  gint64 to_us, length_us;
  if (!es_param_time(request, from, from_us, NULL, error) ||
      !es_param_time(request, "to", &to_us, &length_us, error))
    return FALSE;
  *until_us = to_us == ES_UNKNOWN ? ES_UNKNOWN : to_us + MAX(length_us, 1);
  return TRUE;
}

static gboolean run_unknown(EsRequest *request, GError **error) {
  gint64 from_us, until_us;
  if (!read_range(request, "since", &from_us, &until_us, error))
    return FALSE;
  g_autoptr(GPtrArray) list = es_index_unknown_agents(request->index, from_us, until_us, error);
  for (guint i = 0; list && i < list->len; i++) {
    const EsUnknownAgent *unknown = g_ptr_array_index(list, i);
    JsonObject *row = json_object_new();
    es_json_set_text(row, "extension", unknown->extension);
    es_json_set_ms(row, "calls", unknown->calls);
    es_json_set_time(row, "first", unknown->first_us);
    es_json_set_time(row, "last", unknown->last_us);
    es_request_row(request, row);
  }
  return list != NULL;
}

static const EsParam unknown_params[] = {
    {"since", ES_PARAM_STRING, FALSE, N_("only calls from then on")},
    {"to", ES_PARAM_STRING, FALSE, N_("only calls up to then")},
    {0},
};
const EsOperation es_op_agent_unknown = {
    .info = {"agent.unknown", ES_PERMISSION_LISTEN, FALSE, N_("extensions of calls that are nobody's"),
             unknown_params},
    .run = run_unknown,
};

// ---- remap

// Changes of one kind: "agent_name: Ahmed → Mona".
typedef struct {
  const char *field;
  char *old_value, *new_value;
  gint64 calls, last;
} Group;

typedef struct {
  EsRequest *request;
  gboolean writes;
  GPtrArray *groups;     // of Group, in the order of appearance
  GHashTable *by_change; // its text → Group
  gint64 calls_changed, last;
} Work;

static void group_free(gpointer data) {
  Group *group = data;
  g_free(group->old_value);
  g_free(group->new_value);
  g_free(group);
}

static Group *group_of(Work *work, const EsRemapChange *change) {
  g_autofree char *key =
      g_strdup_printf("%s\1%s\1%s", change->field, change->old_value ? change->old_value : "",
                      change->new_value ? change->new_value : "");
  Group *group = g_hash_table_lookup(work->by_change, key);
  if (!group) {
    group = g_new0(Group, 1);
    *group = (Group){change->field, g_strdup(change->old_value), g_strdup(change->new_value), 0, -1};
    g_ptr_array_add(work->groups, group);
    g_hash_table_insert(work->by_change, g_steal_pointer(&key), group);
  }
  return group;
}

static gboolean move_file(Work *work, const EsRemapChange *change, GError **error) {
  g_autofree char *file = NULL;
  return es_index_get_file(work->request->index, change->call, &file, error) &&
         es_recording_move(work->request, change->call, file, change->new_value, NULL, "remap", error);
}

static gboolean write_change(Work *work, const EsRemapChange *change, GError **error) {
  const EsRequest *request = work->request;
  if (!es_index_correct(request->index, change->call, change->segment, change->field, change->new_value, NULL,
                        "remap", es_request_actor(request), request->now_us, error))
    return FALSE;
  return change->segment >= 0 || move_file(work, change, error);
}

static gboolean on_change(const EsRemapChange *change, gpointer user_data, GError **error) {
  Work *work = user_data;
  Group *group = group_of(work, change);
  group->calls += group->last != change->call;
  group->last = change->call;
  work->calls_changed += work->last != change->call;
  work->last = change->call;
  return !work->writes || write_change(work, change, error);
}

static gboolean run_batch(Work *work, EsRemap *remap, gboolean *done, GError **error) {
  EsIndex *index = work->request->index;
  if (!work->writes)
    return es_remap_step(remap, BATCH, on_change, work, done, error);
  if (!es_index_begin(index, error))
    return FALSE;
  gboolean ok = es_remap_step(remap, BATCH, on_change, work, done, error) && es_index_commit(index, error);
  if (!ok)
    es_index_rollback(index);
  else
    es_recordings_tidy(work->request);
  return ok;
}

static void report(const Work *work, const EsRemap *remap) {
  JsonObject *state = json_object_new();
  es_json_set_ms(state, "calls", es_remap_count(remap));
  es_json_set_ms(state, "calls_changed", work->calls_changed);
  es_request_progress(work->request, state);
}

static gboolean run_batches(Work *work, EsRemap *remap, GError **error) {
  gboolean done = FALSE;
  while (!done) {
    if (g_cancellable_is_cancelled(work->request->cancel)) {
      es_request_warning(work->request, _("stopped; what was changed stays, the same command goes on"));
      return TRUE;
    }
    if (!run_batch(work, remap, &done, error))
      return FALSE;
    report(work, remap);
  }
  return TRUE;
}

static void reply(const Work *work, const EsRemap *remap) {
  for (guint i = 0; i < work->groups->len; i++) {
    const Group *group = g_ptr_array_index(work->groups, i);
    JsonObject *row = json_object_new();
    es_json_set_text(row, "field", group->field);
    es_json_set_text(row, "old", group->old_value);
    es_json_set_text(row, "new", group->new_value);
    es_json_set_ms(row, "calls", group->calls);
    es_request_row(work->request, row);
  }
  JsonObject *summary = json_object_new();
  es_json_set_text(summary, "field", "summary");
  es_json_set_ms(summary, "calls", es_remap_count(remap));
  es_json_set_ms(summary, "calls_changed", work->calls_changed);
  es_request_row(work->request, summary);
}

static gboolean run_remap(EsRequest *request, GError **error) {
  gint64 from_us, until_us;
  if (!read_range(request, "from", &from_us, &until_us, error))
    return FALSE;
  g_autoptr(EsRemap) remap = es_remap_new(request->index, from_us, until_us, error);
  g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(group_free);
  g_autoptr(GHashTable) by_change = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  Work work = {request, !es_param_bool(request, "dry_run"), groups, by_change, 0, -1};
  if (!remap || !run_batches(&work, remap, error))
    return FALSE;
  reply(&work, remap);
  return TRUE;
}

static const EsParam remap_params[] = {
    {"from", ES_PARAM_STRING, TRUE, N_("calls from then on")},
    {"to", ES_PARAM_STRING, FALSE, N_("only calls up to then")},
    {"dry_run", ES_PARAM_BOOL, FALSE, N_("tell what would change, change nothing")},
    {0},
};
const EsOperation es_op_agent_remap = {
    .info = {"agent.remap", ES_PERMISSION_OPERATE, TRUE, N_("apply the directory to past calls"),
             remap_params},
    .own_transactions = TRUE,
    .run = run_remap,
};
