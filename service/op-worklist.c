// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// worklist.*: the calls that an evaluator has before them. A plan draws at random among the calls that the
// criteria give, unless the newest are asked for: whoever takes the first ones judges the last hour's agents
// alone. Storing an evaluation finishes the call on the evaluator's list (op-evaluation.c).
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/worklist.h"
#include "filter.h"
#include "json.h"
#include "params.h"

#include <string.h>

#define DEFAULT_COUNT 10
#define MOST_COUNT 1000
#define MOST_CANDIDATES 20000 // the newest ones among which lots are drawn
#define REASON_CHARACTERS 1000

// Whose list: the one who asks, unless another is named.
static char *read_evaluator(const EsRequest *request, GError **error) {
  const char *name = es_param_string(request, "evaluator");
  return name ? es_param_label("evaluator", name, error) : g_strdup(es_request_actor(request));
}

// ---- what is on it

typedef struct {
  guint number, total, left; // number: of the first that waits, from 1
  gint64 left_audio_ms;
  guint skipped;
} Progress;

static void set_progress(JsonObject *o, const char *evaluator, const Progress *progress) {
  es_json_set_text(o, "evaluator", evaluator);
  json_object_set_int_member(o, "of", progress->total);
  json_object_set_int_member(o, "left", progress->left);
  json_object_set_int_member(o, "left_audio_ms", progress->left_audio_ms);
  json_object_set_int_member(o, "skipped", progress->skipped);
}

// The calls of the list, and how far it is. NULL on failure.
static GPtrArray *load_calls(EsRequest *request, const GPtrArray *items, Progress *progress, GError **error) {
  g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)es_call_free);
  *progress = (Progress){.total = items->len};
  for (guint i = 0; i < items->len; i++) {
    const EsWorkItem *item = g_ptr_array_index(items, i);
    EsCall *call = es_index_get_call(request->index, item->call_uuid, error);
    if (!call)
      return NULL;
    g_ptr_array_add(calls, call);
    progress->skipped += item->skip_reason != NULL;
    if (item->done_us != ES_UNKNOWN)
      continue;
    progress->number = progress->left == 0 ? i + 1 : progress->number;
    progress->left++;
    progress->left_audio_ms += MAX(call->audio_ms, 0);
  }
  return g_steal_pointer(&calls);
}

static JsonObject *item_json(const EsWorkItem *item, const EsCall *call, guint number) {
  JsonObject *o = es_json_call(call);
  json_object_set_int_member(o, "number", number);
  es_json_set_text(o, "planned_by", item->actor);
  es_json_set_time(o, "planned_at", item->added_us);
  es_json_set_time(o, "done_at", item->done_us);
  es_json_set_text(o, "skip_reason", item->skip_reason);
  json_object_set_boolean_member(o, "begun", item->begun);
  return o;
}

static gboolean run_list(EsRequest *request, GError **error) {
  g_autofree char *evaluator = read_evaluator(request, error);
  g_autoptr(GPtrArray) items = evaluator ? es_index_list_work(request->index, evaluator, error) : NULL;
  Progress progress;
  g_autoptr(GPtrArray) calls = items ? load_calls(request, items, &progress, error) : NULL;
  if (!calls)
    return FALSE;
  for (guint i = 0; i < items->len; i++) {
    JsonObject *o = item_json(g_ptr_array_index(items, i), g_ptr_array_index(calls, i), i + 1);
    set_progress(o, evaluator, &progress);
    es_request_row(request, o);
  }
  return TRUE;
}

static const EsParam list_params[] = {
    {"evaluator", ES_PARAM_STRING, FALSE, N_("whose list; one's own if absent")},
    {0},
};
const EsOperation es_op_worklist_list = {
    .info = {"worklist.list", ES_PERMISSION_JUDGE, FALSE, N_("an evaluator's list of calls to score"),
             list_params},
    .run = run_list,
};

static gboolean run_next(EsRequest *request, GError **error) {
  const char *evaluator = es_request_actor(request);
  g_autoptr(GPtrArray) items = es_index_list_work(request->index, evaluator, error);
  Progress progress;
  g_autoptr(GPtrArray) calls = items ? load_calls(request, items, &progress, error) : NULL;
  if (!calls)
    return FALSE;
  if (progress.left == 0) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                        items->len > 0 ? _("every call on your list is done")
                                       : _("there is no call on your list; score --plan puts some there"));
    return FALSE;
  }
  guint at = progress.number - 1;
  const EsCall *call = g_ptr_array_index(calls, at);
  request->call_uuid = g_strdup(call->id);
  JsonObject *o = item_json(g_ptr_array_index(items, at), call, progress.number);
  set_progress(o, evaluator, &progress);
  es_request_row(request, o);
  return TRUE;
}

static const EsParam no_params[] = {{0}};
const EsOperation es_op_worklist_next = {
    .info = {"worklist.next", ES_PERMISSION_JUDGE, FALSE, N_("the next call on one's own list"), no_params},
    .run = run_next,
};

// ---- planning

typedef struct {
  EsIndex *index;
  const char *evaluator;
  gboolean keep;
  guint most;
  GArray *calls; // of gint64
  GError *error;
} Plan;

// What cannot be heard or must not be is not judged.
static gboolean is_audible(const EsCall *call) {
  static const char *const barred[] = {"refused", "withdrawn", "expired", NULL};
  return call->file && !g_strv_contains(barred, call->consent_state);
}

static gboolean take_candidate(const EsCall *call, gpointer user_data) {
  Plan *plan = user_data;
  gboolean wanted = FALSE;
  if (!is_audible(call))
    return TRUE;
  if (!es_index_wants_work(plan->index, plan->evaluator, call->rowid, plan->keep, &wanted, &plan->error))
    return FALSE;
  if (wanted)
    g_array_append_val(plan->calls, call->rowid);
  return plan->calls->len < plan->most;
}

// The first count places get calls drawn from all of them.
static void draw_lots(GArray *calls, guint count) {
  for (guint i = 0; i < count; i++) {
    guint j = (guint)g_random_int_range((gint32)i, (gint32)calls->len);
    gint64 *a = &g_array_index(calls, gint64, i), *b = &g_array_index(calls, gint64, j), kept = *a;
    *a = *b;
    *b = kept;
  }
}

static gboolean read_order(const EsRequest *request, gboolean *newest, GError **error) {
  const char *order = es_param_string(request, "order");
  *newest = g_strcmp0(order, "newest") == 0;
  if (!order || *newest || strcmp(order, "random") == 0)
    return TRUE;
  return es_request_refuse(error, "order", _("“%s” is none of %s"), order, "random, newest");
}

static GArray *choose_calls(EsRequest *request, const char *evaluator, GError **error) {
  EsSearch search;
  gboolean newest;
  gint64 count = es_param_int(request, "count", DEFAULT_COUNT);
  if (!es_filter_read(request, &search, error) || !read_order(request, &newest, error))
    return NULL;
  if (count < 1 || count > MOST_COUNT) {
    es_request_refuse(error, "count", _("must be from %d to %d"), 1, MOST_COUNT);
    return NULL;
  }
  g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(gint64));
  Plan plan = {.index = request->index,
               .evaluator = evaluator,
               .keep = es_param_bool(request, "add"),
               .most = newest ? (guint)count : MOST_CANDIDATES,
               .calls = calls};
  gboolean searched = es_index_search(request->index, &search, take_candidate, &plan, error);
  if (plan.error)
    g_propagate_error(error, plan.error);
  if (!searched || plan.error)
    return NULL;
  if (!newest)
    draw_lots(calls, MIN((guint)count, calls->len));
  g_array_set_size(calls, MIN((guint)count, calls->len));
  return g_steal_pointer(&calls);
}

static gboolean run_plan(EsRequest *request, GError **error) {
  g_autofree char *evaluator = read_evaluator(request, error);
  g_autoptr(GArray) chosen = evaluator ? choose_calls(request, evaluator, error) : NULL;
  guint taken_off;
  if (!chosen)
    return FALSE;
  if (chosen->len == 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                _("no such call with audio is left to score for %s; the list is as it was"), evaluator);
    return FALSE;
  }
  if (!es_index_plan_work(request->index, evaluator, chosen, es_param_bool(request, "add"),
                          es_request_actor(request), request->now_us, &taken_off, error))
    return FALSE;
  g_autoptr(GPtrArray) items = es_index_list_work(request->index, evaluator, error);
  Progress progress;
  g_autoptr(GPtrArray) calls = items ? load_calls(request, items, &progress, error) : NULL;
  if (!calls)
    return FALSE;
  JsonObject *row = json_object_new();
  json_object_set_int_member(row, "planned", chosen->len);
  json_object_set_int_member(row, "taken_off", taken_off);
  set_progress(row, evaluator, &progress);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam plan_params[] = {
    ES_FILTER_PARAMS,
    {"flag", ES_PARAM_STRING, FALSE, N_("flag")},
    {"evaluator", ES_PARAM_STRING, FALSE, N_("whose list; one's own if absent")},
    {"count", ES_PARAM_INT, FALSE, N_("how many calls (10)")},
    {"order", ES_PARAM_STRING, FALSE, N_("random or newest")},
    {"add", ES_PARAM_BOOL, FALSE, N_("behind the calls that wait, not in their place")},
    {0},
};
const EsOperation es_op_worklist_plan = {
    .info = {"worklist.plan", ES_PERMISSION_JUDGE, TRUE, N_("put calls on an evaluator's list"), plan_params},
    .run = run_plan,
};

// ---- skipping

static gboolean run_skip(EsRequest *request, GError **error) {
  const char *evaluator = es_request_actor(request);
  g_autofree char *reason = g_strstrip(g_strdup(es_param_string(request, "reason")));
  gboolean found;
  if (*reason == '\0' || g_utf8_strlen(reason, -1) > REASON_CHARACTERS)
    return es_request_refuse(error, "reason", _("must have 1 to %d characters"), REASON_CHARACTERS);
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (!call ||
      !es_index_finish_work(request->index, evaluator, call->rowid, reason, request->now_us, &found, error))
    return FALSE;
  if (!found) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("call %s does not wait on your list"), call->id);
    return FALSE;
  }
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", call->id);
  es_json_set_text(row, "skip_reason", reason);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam skip_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"reason", ES_PARAM_TEXT, TRUE, N_("why it is not scored")},
    {0},
};
const EsOperation es_op_worklist_skip = {
    .info = {"worklist.skip", ES_PERMISSION_JUDGE, TRUE, N_("leave a call of one's own list out"),
             skip_params},
    .run = run_skip,
};
