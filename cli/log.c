// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "earshot/common/i18n.h"
#include "earshot/common/json.h"
#include "earshot/common/log-event.h"
#include "reply.h"

#define FIELDS_MAX 40
#define LEAST_GRAVE 4 // a warning, as syslog counts: what people are told

static gboolean told_failure;

gboolean es_log_told_failure(void) {
  return told_failure;
}

EsLogForm es_log_form(const char *form) {
  if (form == NULL)
    return g_log_writer_is_journald(STDERR_FILENO) ? ES_LOG_AS_JOURNAL : ES_LOG_AS_TEXT;
  return strcmp(form, "json") == 0       ? ES_LOG_AS_JSON
         : strcmp(form, "journald") == 0 ? ES_LOG_AS_JOURNAL
                                         : ES_LOG_AS_TEXT;
}

static char *whole_message(JsonObject *event) {
  const char *message = es_reply_text(event, "message"), *advice = es_reply_text(event, "advice");
  return advice ? g_strdup_printf("%s; %s", message, advice) : g_strdup(message);
}

// ---- the journal

static const char *name_of_field(const char *member, char **made) {
  static const char *const known[][2] = {{"message_id", "MESSAGE_ID"}, {"priority", "PRIORITY"}};
  for (guint i = 0; i < G_N_ELEMENTS(known); i++)
    if (strcmp(member, known[i][0]) == 0)
      return known[i][1];
  g_autofree char *upper = g_ascii_strup(member, -1);
  return *made = g_strconcat("EARSHOT_", upper, NULL);
}

static char *value_of_field(JsonNode *node) {
  if (!JSON_NODE_HOLDS_VALUE(node))
    return NULL;
  if (json_node_get_value_type(node) == G_TYPE_STRING)
    return g_strdup(json_node_get_string(node));
  return json_to_string(node, FALSE);
}

// FALSE when there is no journal to take it.
static gboolean write_journal(JsonObject *event) {
  g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *message = whole_message(event);
  GLogField fields[FIELDS_MAX] = {{"MESSAGE", message, -1}, {"SYSLOG_IDENTIFIER", "earshot", -1}};
  gsize n = 2;
  JsonObjectIter iter;
  const char *member;
  JsonNode *node;
  json_object_iter_init(&iter, event);
  while (n < FIELDS_MAX && json_object_iter_next(&iter, &member, &node)) {
    char *value = value_of_field(node), *made = NULL;
    if (!value || strcmp(member, "message") == 0 || strcmp(member, "at") == 0) {
      g_free(value);
      continue;
    }
    fields[n++] = (GLogField){name_of_field(member, &made), value, -1};
    g_ptr_array_add(owned, value);
    g_ptr_array_add(owned, made);
  }
  return g_log_writer_journald(G_LOG_LEVEL_MESSAGE, fields, n, NULL) == G_LOG_WRITER_HANDLED;
}

// ---- all of them

static void write_text(JsonObject *event, gboolean failure, EsProgress *line) {
  if (failure || es_reply_int(event, "priority") > LEAST_GRAVE)
    return; // the command ends with it; or nobody is asked to do anything
  g_autofree char *message = whole_message(event);
  es_progress_warn(line, message);
}

void es_log_write(EsLogForm form, JsonObject *event, EsProgress *line) {
  const char *name = es_reply_text(event, "event");
  gboolean failure = g_strcmp0(name, es_log_event_info(ES_LOG_FAILED)->name) == 0;
  if (form == ES_LOG_AS_TEXT || (form == ES_LOG_AS_JOURNAL && write_journal(event))) {
    if (form == ES_LOG_AS_TEXT)
      write_text(event, failure, line);
    else
      told_failure |= failure;
    return;
  }
  es_progress_close(line);
  es_reply_print(event, stderr);
  fflush(stderr);
  told_failure |= failure;
}

void es_log_warning(EsLogForm form, const char *message, EsProgress *line) {
  const EsLogEventInfo *info = es_log_event_info(ES_LOG_OTHER);
  g_autoptr(JsonObject) event = json_object_new();
  es_json_set_text(event, "event", info->name);
  json_object_set_int_member(event, "priority", info->priority);
  es_json_set_text(event, "message_id", info->message_id);
  es_json_set_time(event, "at", g_get_real_time());
  es_json_set_text(event, "message", message);
  es_log_write(form, event, line);
}
