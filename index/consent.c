// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Consent events in the index: appended, never changed; the call's state follows from all of them.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/annotation.h"
#include "index-private.h"

gboolean es_consent_insert(EsIndex *index, gint64 call, EsConsentEvent *event, GError **error) {
  g_autoptr(EsStatement) statement = es_statement(index->db, "consent-insert", error);
  if (!statement)
    return FALSE;
  event->recorded_us = g_get_real_time();
  es_bind_int(statement, ":call", call);
  es_bind_int(statement, ":at_us", event->at_us);
  es_bind_text(statement, ":state", event->state);
  es_bind_text(statement, ":source", event->source);
  es_bind_text(statement, ":notice", event->notice);
  es_bind_text(statement, ":version", event->version);
  es_bind_text(statement, ":detail", event->detail);
  es_bind_text(statement, ":actor", event->actor);
  es_bind_known(statement, ":offset_ms", event->offset_ms);
  es_bind_int(statement, ":recorded_us", event->recorded_us);
  return es_run(statement, error);
}

GPtrArray *es_load_consent(EsIndex *index, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "consent-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":call", call);
  g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)es_consent_event_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsConsentEvent *event =
        es_consent_event_new(es_column_int(s, 0), es_column_word(s, 1), es_column_word(s, 2));
    event->notice = es_column_dup(s, 3);
    event->version = es_column_dup(s, 4);
    event->detail = es_column_dup(s, 5);
    event->actor = es_column_dup(s, 6);
    event->offset_ms = es_column_int(s, 7);
    event->recorded_us = es_column_int(s, 8);
    g_ptr_array_add(events, event);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&events) : NULL;
}

gboolean es_consent_refresh(EsIndex *index, gint64 call, const char **state, GError **error) {
  g_autoptr(GPtrArray) events = es_load_consent(index, call, error);
  g_autoptr(EsStatement) statement = events ? es_statement(index->db, "consent-state", error) : NULL;
  if (!statement)
    return FALSE;
  const char *now = es_consent_state(events);
  es_bind_text(statement, ":state", now);
  es_bind_int(statement, ":call", call);
  if (state)
    *state = g_intern_string(now);
  return es_run(statement, error);
}

gboolean es_index_add_consent(EsIndex *index, gint64 call, EsConsentEvent *event, GError **error) {
  if (!es_consent_state_is_valid(event->state) || g_str_equal(event->state, "unknown")) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("“%s” is no state of consent"),
                event->state ? event->state : "");
    return FALSE;
  }
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = es_consent_insert(index, call, event, error) && es_consent_refresh(index, call, NULL, error);
  return es_db_leave(index->db, ok, error);
}
