// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The way of every operation: find it → check its parameters → may this account? → open the library → run →
// audit. Invariants:
// - A writing operation and its audit row are one transaction: neither is stored without the other, and
//   nothing is replied before both are (scratch paper, see operation.h, has no row unless it failed). When it
//   fails, its changes are rolled back and the failure alone is audited.
// - A reading operation is audited after it ran. Where that cannot be written (read-only library, full disk)
//   it still answers, with a warning. Of rows that were only looked at, the audit row does not wait for the
//   disk, which would take longer than the search; audio handed out, changes and failures do.
// - The library is opened once, when the first operation needs it, and stays open until the service is freed.
// One thread at a time.
#include "earshot/common/account.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "operation.h"
#include "params.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct EsService {
  char *library;
  char *actor;
  EsIndex *index; // NULL until needed
  gint reload;    // atomic
};

EsService *es_service_new(const char *library, const char *actor) {
  EsService *service = g_new0(EsService, 1);
  service->library = g_strdup(library);
  service->actor = g_strdup(actor ? actor : g_get_user_name());
  return service;
}

void es_service_free(EsService *service) {
  if (!service)
    return;
  g_clear_pointer(&service->index, es_index_close);
  g_free(service->library);
  g_free(service->actor);
  g_free(service);
}

void es_service_reload(EsService *service) {
  g_atomic_int_set(&service->reload, 1);
}

gint *es_request_reload(const EsRequest *request) {
  return &request->service->reload;
}

const char *es_request_library(const EsRequest *request) {
  return request->service->library;
}

const char *es_request_actor(const EsRequest *request) {
  return request->service->actor;
}

// Whether there is a library. *missing tells absence from an error.
static gboolean library_exists(const EsService *service, gboolean *missing, GError **error) {
  g_autofree char *database = g_build_filename(service->library, "index.sqlite", NULL);
  GStatBuf status;
  *missing = FALSE;
  if (g_stat(database, &status) == 0)
    return TRUE;
  if (errno != ENOENT && errno != ENOTDIR)
    return es_set_errno(error, errno, "%s", database);
  *missing = TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_FAILED,
              _("%s: there is no library here; “earshot --library %s init” makes one"), service->library,
              service->library);
  return FALSE;
}

static gboolean is_not_writable(const GError *error) {
  return g_error_matches(error, ES_ERROR, ES_ERROR_READ_ONLY) ||
         g_error_matches(error, ES_ERROR, ES_ERROR_DENIED);
}

// Opens the library for writing, since even reading is audited, and for reading where that is refused.
static gboolean open_store(EsRequest *request, GError **error) {
  EsService *service = request->service;
  g_autoptr(GError) refused = NULL;
  if (!service->index)
    service->index = es_index_open(service->library, ES_INDEX_WRITE, &refused);
  if (!service->index && is_not_writable(refused) && !request->operation->info.writes)
    service->index = es_index_open(service->library, ES_INDEX_READ, error);
  else if (!service->index)
    g_propagate_error(error, g_steal_pointer(&refused));
  request->index = service->index;
  return request->index != NULL;
}

gboolean es_request_create_store(EsRequest *request, GError **error) {
  EsService *service = request->service;
  if (!service->index)
    service->index = es_index_open(service->library, ES_INDEX_CREATE, error);
  request->index = service->index;
  return request->index != NULL;
}

// Where it can be opened; for the audit row of a call that was refused before it needed the library, and for
// the doctor.
static void open_if_whole(EsRequest *request) {
  gboolean missing;
  if (library_exists(request->service, &missing, NULL))
    open_store(request, NULL);
}

static gboolean prepare_store(EsRequest *request, GError **error) {
  const EsOperation *operation = request->operation;
  gboolean missing;
  g_autoptr(GError) absent = NULL;
  if (operation->need == ES_STORE_OWN)
    return TRUE;
  if (operation->need == ES_STORE_IF_WHOLE) {
    open_if_whole(request);
    return TRUE;
  }
  if (!library_exists(request->service, &missing, &absent)) {
    if (missing && operation->need == ES_STORE_OPTIONAL)
      return TRUE;
    g_propagate_error(error, g_steal_pointer(&absent));
    return FALSE;
  }
  if (!open_store(request, error))
    return FALSE;
  if (operation->info.writes && es_index_is_read_only(request->index)) {
    g_set_error(error, ES_ERROR, ES_ERROR_READ_ONLY, _("%s: the library cannot be written"),
                request->service->library);
    return FALSE;
  }
  return TRUE;
}

// The account that owns the library (and root) may do everything; another one that can read the files at all
// may listen.
static gboolean check_permission(const EsRequest *request, GError **error) {
  GStatBuf status;
  uid_t account = geteuid();
  if (account == 0 || g_stat(request->service->library, &status) != 0 || status.st_uid == account)
    return TRUE;
  if (request->operation->info.permission == ES_PERMISSION_LISTEN)
    return TRUE;
  g_autofree char *owner = es_account_name(status.st_uid);
  g_autofree char *number = g_strdup_printf("%u", (guint)status.st_uid);
  g_set_error(error, ES_ERROR, ES_ERROR_DENIED,
              _("%s belongs to account %s; operation “%s” is not allowed to %s"), request->service->library,
              owner ? owner : number, request->operation->info.name, request->service->actor);
  return FALSE;
}

static gboolean add_audit(EsRequest *request, const GError *result, GError **error) {
  const EsOperation *operation = request->operation;
  if (!result && operation->is_scratch)
    return TRUE;
  g_autofree char *params = es_params_for_audit(&request->operation->info, request->params);
  EsAuditEntry entry = {
      .at_us = request->now_us,
      .actor = request->service->actor,
      .operation = (char *)request->operation->info.name,
      .params_json = params,
      .result = result ? result->message : (char *)"ok",
      .call_uuid = request->call_uuid,
  };
  if (!result && !operation->info.writes && !operation->hands_out)
    return es_index_add_access(request->index, &entry, error);
  return es_index_add_audit(request->index, &entry, error);
}

// The audit row of something that was read or that failed: its absence must not hide what happened.
static void audit_or_warn(EsRequest *request, const GError *result) {
  g_autoptr(GError) error = NULL;
  if (!request->index)
    return; // no library, so no audit trail
  if (es_index_is_read_only(request->index)) {
    es_request_warning(request, _("%s cannot be written: this access is not in the audit trail"),
                       request->service->library);
    return;
  }
  if (!add_audit(request, result, &error))
    es_request_warning(request, _("this access could not be written to the audit trail: %s"), error->message);
}

static void reply_held(EsRequest *request, GPtrArray *rows) {
  for (guint i = 0; i < rows->len; i++)
    es_request_row(request, json_object_ref(g_ptr_array_index(rows, i)));
}

// What was only tried is undone; that somebody tried it is written down all the same.
static gboolean keep_or_discard(EsRequest *request, GError **error) {
  if (!request->discard)
    return add_audit(request, NULL, error) && es_index_commit(request->index, error);
  es_index_rollback(request->index);
  return add_audit(request, NULL, error);
}

static gboolean run_in_transaction(EsRequest *request, GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
  if (!es_index_begin(request->index, error))
    return FALSE;
  request->held = rows;
  gboolean ok = request->operation->run(request, error) && keep_or_discard(request, error);
  request->held = NULL;
  if (ok)
    reply_held(request, rows);
  else if (!request->discard)
    es_index_rollback(request->index);
  if (ok && !request->discard && request->operation->finish)
    request->operation->finish(request);
  return ok;
}

static gboolean run_operation(EsRequest *request, gboolean *audited, GError **error) {
  const EsOperation *operation = request->operation;
  if (!prepare_store(request, error))
    return FALSE;
  if (!operation->info.writes || operation->own_transactions)
    return operation->run(request, error);
  *audited = run_in_transaction(request, error);
  return *audited;
}

gboolean es_service_call(EsService *service, const char *name, JsonObject *params, const EsReply *reply,
                         GCancellable *cancel, GError **error) {
  const EsOperation *operation = es_operation_find(name);
  if (!operation) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("there is no operation “%s”"), name);
    return FALSE;
  }
  g_autoptr(JsonObject) given = params ? json_object_ref(params) : json_object_new();
  g_autoptr(GError) failure = NULL;
  gboolean audited = FALSE;
  EsRequest request = {.service = service,
                       .operation = operation,
                       .params = given,
                       .reply = reply,
                       .cancel = cancel,
                       .now_us = g_get_real_time()};
  gboolean ok = es_params_check(&operation->info, given, &failure) && check_permission(&request, &failure);
  if (ok)
    ok = run_operation(&request, &audited, &failure);
  else
    open_if_whole(&request);
  if (!audited)
    audit_or_warn(&request, failure);
  g_free(request.call_uuid);
  g_clear_pointer(&request.merged, json_object_unref);
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&failure));
  return ok;
}
