// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The door. Everything a person does is one operation of one table: checked for who asks, run, audited,
// answered in JSON rows or bytes. Command line, HTTP and web page are thin faces of it.
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

typedef enum {
  ES_PERMISSION_LISTEN,
  ES_PERMISSION_JUDGE,
  ES_PERMISSION_EXPORT,
  ES_PERMISSION_OPERATE
} EsPermission;

typedef enum {
  ES_PARAM_STRING,
  ES_PARAM_TEXT, // a string that somebody wrote about a call: the audit trail keeps its length and digest
                 // alone
  ES_PARAM_INT,
  ES_PARAM_NUMBER,
  ES_PARAM_BOOL,
  ES_PARAM_STRINGS
} EsParamType;

typedef struct {
  const char *name;
  EsParamType type;
  gboolean required;
  const char *help; // one line, marked for translation
} EsParam;

typedef struct {
  const char *name; // "call.search"
  EsPermission permission;
  gboolean writes;       // needs a library that can be written
  const char *help;      // one line, marked for translation
  const EsParam *params; // ends with name NULL
} EsOperationInfo;

// All operations, NULL-terminated; static.
const EsOperationInfo *const *es_service_operations(void);

// How an operation answers; every member may be NULL. The JsonObject is borrowed for the call.
typedef struct {
  void (*row)(JsonObject *row, gpointer user_data);
  void (*progress)(JsonObject *state, gpointer user_data);
  void (*warning)(const char *message, gpointer user_data);
  gpointer user_data;
  // What a recorder says of itself while it runs (docs/logs.md). NULL: what is grave becomes a warning.
  void (*event)(JsonObject *event, gpointer user_data);
} EsReply;

typedef struct EsService EsService;

// library: an absolute path. actor: the account that asks. Opens nothing until an operation needs it.
EsService *es_service_new(const char *library, const char *actor);
void es_service_free(EsService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsService, es_service_free)

// Runs one operation. params may be NULL for none; unknown or missing ones give ES_ERROR_USAGE naming the
// parameter. Writes one audit row, also when the operation fails; where there is no library yet none, where
// it cannot be written a warning instead (docs/decisions/0013). cancel stops a long operation cleanly
// (recording: open calls end as partial: stopped); may be NULL and may be set from a signal handler's main
// loop or another thread.
gboolean es_service_call(EsService *service, const char *operation, JsonObject *params, const EsReply *reply,
                         GCancellable *cancel, GError **error);

// The operation that runs (live recording; others take no notice) is to read its configuration again. From
// any thread.
void es_service_reload(EsService *service);
