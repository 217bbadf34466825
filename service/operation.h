// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What an operation is, and what it is given to run with. One file op-<family>.c for each family; the table
// of all of them is in operations.c. To add an operation: write its run function and const entry in its
// family's file, declare it here, name it in the table.
#pragma once

#include "earshot/common/log-event.h"
#include "earshot/index/annotation.h"
#include "earshot/index/directory.h"
#include "earshot/service/service.h"

// What an operation needs of the library before it runs.
typedef enum {
  ES_STORE_NEEDED,   // the library must be there
  ES_STORE_OPTIONAL, // works without one, with request->index NULL
  ES_STORE_IF_WHOLE, // the same, also where there is one that cannot be opened
  ES_STORE_OWN,      // opens the library itself (makes it)
} EsStoreNeed;

typedef struct EsOperation EsOperation;

typedef struct {
  EsService *service;
  const EsOperation *operation;
  JsonObject *params; // checked; never NULL
  JsonObject *merged; // params with those of a saved search; owned; else NULL
  const EsReply *reply;
  GCancellable *cancel; // may be NULL
  EsIndex *index;
  gint64 now_us;    // the wall clock when the operation began
  char *call_uuid;  // of the call concerned, for the audit trail; set by es_request_get_call
  GPtrArray *held;  // rows of an open transaction, replied once it is committed; else NULL
  gboolean discard; // set by run: what it wrote is undone again, only its rows and its audit row stay
} EsRequest;

struct EsOperation {
  EsOperationInfo info; // first, so that the public table can point at it
  EsStoreNeed need;
  // A writing operation runs in one transaction together with its audit row, unless it is long and makes
  // its own ones.
  gboolean own_transactions;
  // Audio leaves the library: its audit row must be on the disk, as that of every change and every failure.
  gboolean hands_out;
  // The actor's own scratch paper, written again and again, or figures that a machine asks for every few
  // seconds and that tell of no call: a row for each would bury what the audit trail is read for. Failures
  // are audited all the same.
  gboolean is_scratch;
  gboolean (*run)(EsRequest *request, GError **error);
  // After that transaction, when it was kept: what follows from it and takes long. May be NULL.
  void (*finish)(EsRequest *request);
};

const EsOperation *es_operation_find(const char *name);

extern const EsOperation es_op_library_init, es_op_library_doctor, es_op_library_status, es_op_library_check,
    es_op_library_traffic;
extern const EsOperation es_op_library_verify;
extern const EsOperation es_op_record_pcap, es_op_record_live;
extern const EsOperation es_op_import_files, es_op_import_transcript;
extern const EsOperation es_op_call_search, es_op_call_show, es_op_call_audio, es_op_call_render;
extern const EsOperation es_op_call_mapping;
extern const EsOperation es_op_call_note, es_op_call_tag, es_op_call_transcript;
extern const EsOperation es_op_search_save, es_op_search_list, es_op_search_forget;
extern const EsOperation es_op_consent_add, es_op_consent_list;
extern const EsOperation es_op_rubric_list, es_op_rubric_show, es_op_rubric_check, es_op_rubric_add;
extern const EsOperation es_op_rubric_draft, es_op_rubric_form;
extern const EsOperation es_op_evaluation_add, es_op_evaluation_list;
extern const EsOperation es_op_evaluation_draft_save, es_op_evaluation_draft_get, es_op_evaluation_draft_drop;
extern const EsOperation es_op_worklist_plan, es_op_worklist_list, es_op_worklist_next, es_op_worklist_skip;
extern const EsOperation es_op_flag_add, es_op_flag_remove;
extern const EsOperation es_op_export_pack;
extern const EsOperation es_op_agent_add, es_op_agent_end, es_op_agent_import, es_op_agent_list;
extern const EsOperation es_op_agent_unknown, es_op_agent_remap;
extern const EsOperation es_op_call_correct;
extern const EsOperation es_op_client_add, es_op_client_list;
extern const EsOperation es_op_audit_list;
extern const EsOperation es_op_import_queue_log, es_op_import_cdr;
extern const EsOperation es_op_library_reconcile;
extern const EsOperation es_op_agent_sessions;

// ---- request.c: what run functions share

const char *es_request_library(const EsRequest *request);
const char *es_request_actor(const EsRequest *request);
// Set to non-zero (atomically) when the operation shall read its configuration again; it sets it back.
gint *es_request_reload(const EsRequest *request);
// Opens the library (making it if there is none) and keeps it for the service; for ES_STORE_OWN.
gboolean es_request_create_store(EsRequest *request, GError **error);
// The call that the parameter "id" names.
EsCall *es_request_get_call(EsRequest *request, GError **error);
// Replies with one row, which it takes over.
void es_request_row(const EsRequest *request, JsonObject *row);
void es_request_progress(const EsRequest *request, JsonObject *state);
// From now on *stop becomes 1 when the request is cancelled; what it returns ends that.
gulong es_request_watch(const EsRequest *request, gint *stop);
void es_request_unwatch(const EsRequest *request, gulong watch);
void es_request_warning(const EsRequest *request, const char *format, ...) G_GNUC_PRINTF(2, 3);
// Something that happened while a recorder runs: {event, priority, message_id, at, message, advice} and the
// members of fields, which it takes over (may be NULL). Without the reply's event function it is a warning,
// if it is as grave as one.
void es_request_event(const EsRequest *request, EsLogEvent event, JsonObject *fields, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
// Sets *error to ES_ERROR_USAGE "<parameter>: <message>"; always returns FALSE.
gboolean es_request_refuse(GError **error, const char *parameter, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
