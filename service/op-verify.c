// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// library.verify: every row against its file, every file against its row, the spool and the index itself.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/figures.h"
#include "json.h"
#include "params.h"
#include "verify.h"

#include <unistd.h>

#define MOST_THREADS 4u
#define MOST_SUSPECTS 4096u
#define SETTLED_US (3 * G_USEC_PER_SEC) // after that a step that was half done is done
#define LOOK_US 10000
#define PROGRESS_US (G_USEC_PER_SEC / 10)

static const struct {
  const char *code, *advice;
} words[] = {
    [ES_FOUND_NOTHING] = {"", ""},
    [ES_FOUND_MISSING] = {"missing", N_("bring the file back from a backup")},
    [ES_FOUND_UNREADABLE] = {"unreadable",
                             N_("look at the disk and the file's owner, or bring it back from a backup")},
    [ES_FOUND_CHANGED] =
        {"changed", N_("do not rely on it: bring back the one of the backup, and find out who changed it")},
    [ES_FOUND_UNSEALED] = {"unsealed",
                           N_("it can be heard; whether it is as it was recorded cannot be told")},
    [ES_FOUND_WRONG_FILE] = {"wrong-file",
                             N_("put the recordings back to their own names, which their tags tell")},
    [ES_FOUND_WRONG_PLACE] = {"wrong-place",
                              N_("earshot correct sets the client again, which moves the file")},
    [ES_FOUND_WRONG_ROW] = {"wrong-row",
                            N_("the index was changed by other means: bring it back from a backup")},
    [ES_FOUND_NO_ROW] = {"no-row", N_("keep it: it may be of an index that was brought back from a backup; "
                                      "earshot import takes it in as a new call")},
    [ES_FOUND_SECOND_COPY] = {"second-copy",
                              N_("compare both; move the one that no row names out of the library")},
    [ES_FOUND_STRAY] = {"stray", N_("move it out of the library")},
    [ES_FOUND_SPOOL_LEFT] = {"left-in-spool", N_("start a recorder or an import: it takes it up")},
    [ES_FOUND_SPOOL_STRAY] = {"stray-in-spool", N_("move it out of the library")},
    [ES_FOUND_REFUSED] = {"refused", N_("it says why; put that right, take the call in with earshot import "
                                        "--metadata, and remove the two files then")},
    [ES_FOUND_INDEX_DAMAGED] =
        {"index-damaged", N_("stop the recorder, keep a copy of index.sqlite, and bring back a backup")},
    [ES_FOUND_INDEX_TORN] = {"index-torn",
                             N_("the index was changed by other means: bring it back from a backup")},
    [ES_FOUND_INDEX_TEXT] = {"index-text",
                             N_("a search may miss the call; a note added to it puts it right")},
};

typedef struct {
  char *id, *file; // file NULL: the row of id
  gint64 seen_us;  // monotonic
} EsSuspect;

static void suspect_free(gpointer data) {
  EsSuspect *suspect = data;
  g_free(suspect->id);
  g_free(suspect->file);
  g_free(suspect);
}

gboolean es_verify_suspect(EsVerify *verify, const char *id, const char *file) {
  if (verify->suspects->len >= MOST_SUSPECTS)
    return FALSE;
  EsSuspect *suspect = g_new0(EsSuspect, 1);
  *suspect = (EsSuspect){g_strdup(id), g_strdup(file), g_get_monotonic_time()};
  g_ptr_array_add(verify->suspects, suspect);
  return TRUE;
}

gboolean es_verify_is_stopped(const EsVerify *verify) {
  return g_atomic_int_get(&verify->stop) != 0;
}

void es_verify_tell(EsVerify *verify, EsFound found, const char *id, const char *file, const char *message) {
  JsonObject *row = json_object_new();
  verify->findings++;
  es_json_set_text(row, "code", words[found].code);
  es_json_set_text(row, "id", id);
  es_json_set_text(row, "file", file);
  es_json_set_text(row, "message", message);
  es_json_set_text(row, "advice", _(words[found].advice));
  es_request_row(verify->request, row);
}

// ---- how far it is

static JsonObject *state_json(const EsVerify *verify, const char *code) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "code", code);
  json_object_set_int_member(o, "calls", verify->rows);
  json_object_set_int_member(o, "files", verify->files);
  json_object_set_int_member(o, "bytes", verify->bytes);
  json_object_set_int_member(o, "total_calls", verify->total_rows);
  json_object_set_int_member(o, "total_bytes", verify->total_bytes);
  json_object_set_int_member(o, "findings", verify->findings);
  json_object_set_int_member(o, "in_progress", verify->in_progress);
  json_object_set_boolean_member(o, "fast", verify->fast);
  es_json_set_ms(o, "took_ms", (g_get_monotonic_time() - verify->began_us) / ES_US_PER_MS);
  return o;
}

void es_verify_progress(EsVerify *verify) {
  gint64 now_us = g_get_monotonic_time();
  if (!verify->request->reply || !verify->request->reply->progress || now_us - verify->told_us < PROGRESS_US)
    return;
  verify->told_us = now_us;
  es_request_progress(verify->request, state_json(verify, "progress"));
}

static void reply_summary(EsVerify *verify) {
  JsonObject *o = state_json(verify, "summary");
  json_object_set_boolean_member(o, "complete", !es_verify_is_stopped(verify));
  es_request_row(verify->request, o);
}

// ---- the index, by a thread of lowest priority and a connection of its own

typedef struct {
  EsVerify *verify;
  GPtrArray *problems; // of Problem; the thread's until it is joined
  GError *error;
  gint done; // atomic
} IndexLook;

typedef struct {
  EsIndexProblem kind;
  char *message;
} Problem;

static void problem_free(gpointer data) {
  Problem *problem = data;
  g_free(problem->message);
  g_free(problem);
}

static void on_problem(EsIndexProblem kind, const char *message, gpointer user_data) {
  Problem *problem = g_new0(Problem, 1);
  *problem = (Problem){kind, g_strdup(message)};
  g_ptr_array_add(((IndexLook *)user_data)->problems, problem);
}

static gpointer look_at_index(gpointer data) {
  IndexLook *look = data;
  es_verify_be_patient();
  g_autoptr(EsIndex) index =
      es_index_open(es_request_library(look->verify->request), ES_INDEX_READ, &look->error);
  if (index)
    es_index_check(index, !look->verify->fast, &look->verify->stop, on_problem, look, &look->error);
  g_atomic_int_set(&look->done, 1);
  return NULL;
}

static gboolean verify_index(EsVerify *verify, GError **error) {
  static const EsFound founds[] = {ES_FOUND_INDEX_DAMAGED, ES_FOUND_INDEX_TORN, ES_FOUND_INDEX_TEXT};
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(problem_free);
  IndexLook look = {.verify = verify, .problems = problems};
  GThread *thread = g_thread_try_new("verify-index", look_at_index, &look, error);
  if (!thread)
    return FALSE;
  while (!g_atomic_int_get(&look.done)) {
    g_usleep(LOOK_US);
    es_verify_progress(verify);
  }
  g_thread_join(thread);
  for (guint i = 0; i < problems->len; i++) {
    const Problem *problem = problems->pdata[i];
    es_verify_tell(verify, founds[problem->kind], NULL, "index.sqlite", problem->message);
  }
  if (look.error)
    g_propagate_error(error, look.error);
  return look.error == NULL;
}

// ---- the whole

// Beside a recorder, what looked wrong is looked at again when every step that was under way has ended.
static gboolean settle(EsVerify *verify, GError **error) {
  for (guint i = 0; i < verify->suspects->len; i++) {
    const EsSuspect *suspect = verify->suspects->pdata[i];
    gint64 wait_us = suspect->seen_us + SETTLED_US - g_get_monotonic_time();
    for (; wait_us > 0 && !es_verify_is_stopped(verify); wait_us -= LOOK_US)
      g_usleep(LOOK_US);
    if (es_verify_is_stopped(verify))
      return TRUE;
    if (!(suspect->file ? es_verify_recording(verify, suspect->file, TRUE, error)
                        : es_verify_row_again(verify, suspect->id, error)))
      return FALSE;
  }
  return TRUE;
}

// Of a part of the library, only the part is looked at.
static gboolean verify_all(EsVerify *verify, GError **error) {
  const EsFileRange *range = &verify->range;
  gboolean whole =
      !range->id && !range->client && range->from_us == ES_UNKNOWN && range->until_us == ES_UNKNOWN;
  return es_verify_spool(verify, error) && (!whole || verify_index(verify, error)) &&
         es_verify_rows(verify, error) && es_verify_walk(verify, error) && settle(verify, error);
}

// id: of the one call that is named, to be freed after verify; otherwise left alone.
static gboolean read_range(EsVerify *verify, char **id, GError **error) {
  EsRequest *request = verify->request;
  gint64 to_us, to_length_us;
  if (!es_param_time(request, "from", &verify->range.from_us, NULL, error) ||
      !es_param_time(request, "to", &to_us, &to_length_us, error))
    return FALSE;
  verify->range.until_us = to_us == ES_UNKNOWN ? ES_UNKNOWN : to_us + MAX(to_length_us, 1);
  if (!es_param_has(request, "id"))
    return TRUE;
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (call)
    verify->range.id = *id = g_strdup(call->id);
  return call != NULL;
}

static gboolean run_verify(EsRequest *request, GError **error) {
  g_autoptr(GPtrArray) suspects = g_ptr_array_new_with_free_func(suspect_free);
  const char *client = es_param_string(request, "client");
  g_autofree char *name = client ? es_param_client(request, "client", client, error) : NULL, *id = NULL;
  EsVerify verify = {.request = request,
                     .fast = es_param_bool(request, "fast"),
                     .range = {.client = name},
                     .threads = CLAMP(g_get_num_processors(), 1, MOST_THREADS),
                     .began_us = g_get_monotonic_time(),
                     .suspects = suspects};
  if ((client && !name) || !read_range(&verify, &id, error))
    return FALSE;
  if (!es_index_sum_files(request->index, &verify.range, &verify.total_rows, &verify.total_bytes, error))
    return FALSE;
  gulong watch = es_request_watch(request, &verify.stop);
  gboolean ok = verify_all(&verify, error);
  es_request_unwatch(request, watch);
  if (ok)
    reply_summary(&verify);
  return ok;
}

static const EsParam verify_params[] = {
    {"fast", ES_PARAM_BOOL, FALSE, N_("headers and ends of files only, not every byte")},
    {"from", ES_PARAM_STRING, FALSE, N_("started at this time or later")},
    {"to", ES_PARAM_STRING, FALSE, N_("started at this time or earlier")},
    {"client", ES_PARAM_STRING, FALSE, N_("client")},
    {"id", ES_PARAM_STRING, FALSE, N_("one call alone")},
    {0},
};
const EsOperation es_op_library_verify = {
    .info = {"library.verify", ES_PERMISSION_OPERATE, FALSE,
             N_("hold every recording against its row and every row against its recording"), verify_params},
    .need = ES_STORE_NEEDED,
    .run = run_verify,
};
