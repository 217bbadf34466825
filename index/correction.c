// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One value of a stored call changes: the row, what is derived from it, and a row of history. Names of fields
// come from the table below alone, so they may stand in SQL.
#include "earshot/index/correction.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "index-private.h"
#include "number.h"

#include <string.h>

#define LONGEST_BYTES 1000

typedef enum { TEXT, LABEL, MILLISECONDS } Kind; // LABEL: must be known

typedef struct {
  const char *name;
  Kind kind;
  const char *choices; // "|a|b|"; NULL: any
} Field;

static const Field call_fields[] = {
    {"client", LABEL, NULL},
    {"direction", LABEL, "|inbound|outbound|internal|unknown|"},
    {"caller", TEXT, NULL},
    {"callee", TEXT, NULL},
    {"caller_name", TEXT, NULL},
    {"callee_name", TEXT, NULL},
    {"disposition", LABEL, "|answered|missed|abandoned|busy|failed|"},
    {"business_id", TEXT, NULL},
    {"pbx_id", TEXT, NULL},
    {"group_id", TEXT, NULL},
    {"wait_ms", MILLISECONDS, NULL},
    {"hold_ms", MILLISECONDS, NULL},
    {"file", TEXT, NULL},
    {0},
};

static const Field segment_fields[] = {
    {"agent", TEXT, NULL}, {"agent_name", TEXT, NULL}, {"team", TEXT, NULL}, {"queue", TEXT, NULL}, {0},
};

typedef struct {
  gint64 call;
  int segment;
  const char *field, *value, *reason, *source, *actor;
  gint64 at_us;
  gboolean again; // it is in the history already, and so is what followed from it
} Change;

static gboolean refuse(const Change *change, const char *message, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s: %s", change->field, message);
  return FALSE;
}

static const Field *find_field(const Change *change, GError **error) {
  for (const Field *field = change->segment < 0 ? call_fields : segment_fields; field->name; field++)
    if (strcmp(field->name, change->field) == 0)
      return field;
  refuse(change,
         change->segment < 0 ? _("no value of a call that can be corrected")
                             : _("no value of a segment that can be corrected"),
         error);
  return NULL;
}

static gboolean is_choice(const char *choices, const char *value) {
  g_autofree char *wanted = g_strdup_printf("|%s|", value);
  return !strchr(value, '|') && strstr(choices, wanted);
}

static gboolean check_value(const Change *change, const Field *field, GError **error) {
  const char *value = change->value;
  guint64 number;
  if (!value || !*value)
    return field->kind != LABEL && !value ? TRUE : refuse(change, _("needs a value"), error);
  if (strlen(value) > LONGEST_BYTES || !g_utf8_validate(value, -1, NULL))
    return refuse(change, _("longer than 1000 bytes, or no UTF-8"), error);
  if (field->choices && !is_choice(field->choices, value))
    return refuse(change, _("no such value"), error);
  if (field->kind == MILLISECONDS && !g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT32, &number, NULL))
    return refuse(change, _("no whole number of milliseconds"), error);
  return TRUE;
}

static EsStatement *prepare(EsIndex *index, const Change *change, gboolean writes, GError **error) {
  const char *table = change->segment < 0 ? "call" : "segment";
  const char *where = change->segment < 0 ? "id = :call" : "call = :call AND n = :segment";
  g_autofree char *sql =
      writes ? g_strdup_printf("UPDATE %s SET %s = :value WHERE %s", table, change->field, where)
             : g_strdup_printf("SELECT %s FROM %s WHERE %s", change->field, table, where);
  EsStatement *statement = es_statement_of(index->db, sql, error);
  if (!statement)
    return NULL;
  es_bind_int(statement, ":call", change->call);
  if (change->segment >= 0)
    es_bind_int(statement, ":segment", change->segment);
  return statement;
}

static gboolean read_old(EsIndex *index, const Change *change, char **old, GError **error) {
  g_autoptr(EsStatement) s = prepare(index, change, FALSE, error);
  EsStep step = s ? es_step(s, error) : ES_STEP_FAILED;
  if (step == ES_STEP_ROW)
    *old = es_column_dup(s, 0);
  if (step == ES_STEP_DONE)
    return refuse(change, _("the call has no such segment"), error);
  return step == ES_STEP_ROW;
}

static gboolean write_new(EsIndex *index, const Change *change, GError **error) {
  g_autoptr(EsStatement) s = prepare(index, change, TRUE, error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":value", change->value);
  return es_run(s, error);
}

static gboolean append(EsIndex *index, const Change *change, const char *old, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "correction-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", change->call);
  es_bind_known(s, ":segment", change->segment);
  es_bind_text(s, ":field", change->field);
  es_bind_text(s, ":old", old);
  es_bind_text(s, ":new", change->value);
  es_bind_text(s, ":reason", change->reason);
  es_bind_text(s, ":source", change->source);
  es_bind_text(s, ":actor", change->actor);
  es_bind_int(s, ":at_us", change->at_us);
  return es_run(s, error);
}

static gboolean put_right(EsIndex *index, const Change *change, gboolean *changed, char **old,
                          GError **error) {
  if (!read_old(index, change, old, error))
    return FALSE;
  *changed = g_strcmp0(*old, change->value) != 0;
  return !*changed || (write_new(index, change, error) && append(index, change, *old, error));
}

// ---- what follows from a value

static gboolean follow_party(EsIndex *index, const EsCall *before, gboolean again, GError **error) {
  g_autoptr(EsCall) now = es_call_load(index, before->rowid, FALSE, error);
  g_autoptr(EsStatement) s = now ? es_statement(index->db, "correction-keys", error) : NULL;
  if (!s)
    return FALSE;
  g_autofree char *caller_key = es_number_key(now->caller);
  g_autofree char *callee_key = es_number_key(now->callee);
  es_bind_int(s, ":call", now->rowid);
  es_bind_text(s, ":caller_key", caller_key);
  es_bind_text(s, ":callee_key", callee_key);
  return es_run(s, error) && (again || es_repeats_forget(index, before, error)) &&
         es_repeats_count(index, now->rowid, now, !again, error);
}

static gboolean follow_group(EsIndex *index, const EsCall *before, const Change *change, GError **error) {
  return es_repeats_count(index, before->rowid, before, FALSE, error) &&
         es_repeats_regroup(index, before->group_id, error) &&
         es_repeats_regroup(index, change->value, error);
}

// Another agent has another name and team; those that were there belonged to the one before.
static gboolean follow_agent(EsIndex *index, const EsCall *before, const Change *change, const char *old,
                             GError **error) {
  g_autoptr(GError) failed = NULL;
  const EsSegment *segment = g_ptr_array_index(before->segments, change->segment);
  gint64 at_us = before->started_us + MAX(segment->start_ms, 0) * ES_US_PER_MS;
  g_autoptr(EsAgent) agent = change->value ? es_index_find_agent(index, change->value, at_us, &failed) : NULL;
  if (failed) {
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
  }
  if (!agent && !old)
    return TRUE; // a name without an extension stays with the extension that it turns out to have had
  Change name = *change, team = *change;
  name.field = "agent_name";
  name.value = agent ? agent->name : NULL;
  team.field = "team";
  team.value = agent ? agent->team : NULL;
  gboolean changed;
  g_autofree char *old_name = NULL, *old_team = NULL;
  return put_right(index, &name, &changed, &old_name, error) &&
         put_right(index, &team, &changed, &old_team, error);
}

static gboolean follow_segment(EsIndex *index, const EsCall *before, const Change *change, const char *old,
                               GError **error) {
  if (!es_facet_segments(index, before, FALSE, error) ||
      (!change->again && strcmp(change->field, "agent") == 0 &&
       !follow_agent(index, before, change, old, error)))
    return FALSE;
  g_autoptr(EsCall) now = es_call_load(index, before->rowid, FALSE, error);
  return now && es_facet_segments(index, now, TRUE, error);
}

static gboolean is_searched(const char *field) {
  return g_str_has_prefix(field, "calle") || g_str_has_prefix(field, "agent") || strcmp(field, "team") == 0 ||
         strcmp(field, "business_id") == 0;
}

static gboolean follow(EsIndex *index, const EsCall *before, const Change *change, const char *old,
                       GError **error) {
  gboolean is_party = strcmp(change->field, "caller") == 0 || strcmp(change->field, "callee") == 0 ||
                      strcmp(change->field, "direction") == 0;
  if (is_party && !follow_party(index, before, change->again, error))
    return FALSE;
  if (strcmp(change->field, "group_id") == 0 && !follow_group(index, before, change, error))
    return FALSE;
  if (change->segment >= 0 && !follow_segment(index, before, change, old, error))
    return FALSE;
  return !is_searched(change->field) || es_text_update(index, change->call, FALSE, error);
}

// ---- the whole

static EsCall *load(EsIndex *index, const Change *change, GError **error) {
  GError *failed = NULL;
  EsCall *call = es_call_load(index, change->call, FALSE, &failed);
  if (failed)
    g_propagate_error(error, failed);
  else if (!call)
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("there is no such call"));
  return call;
}

static gboolean correct(EsIndex *index, const Change *change, GError **error) {
  gboolean changed;
  g_autofree char *old = NULL;
  g_autoptr(EsCall) before = load(index, change, error);
  if (!before)
    return FALSE;
  if (change->segment == 0 && before->segments->len == 0) {
    if (!change->value)
      return TRUE;
    if (!es_run_for_call(index, "segment-first", change->call, error))
      return FALSE;
    g_clear_pointer(&before, es_call_free);
    if (!(before = load(index, change, error)))
      return FALSE;
  }
  return put_right(index, change, &changed, &old, error) &&
         (!changed || follow(index, before, change, old, error));
}

gboolean es_index_correct(EsIndex *index, gint64 call, int segment, const char *field, const char *value,
                          const char *reason, const char *source, const char *actor, gint64 at_us,
                          GError **error) {
  const Change change = {call, segment, field, value, reason, source, actor, at_us, FALSE};
  const Field *found = find_field(&change, error);
  if (!found || !check_value(&change, found, error) || !es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = correct(index, &change, error);
  return es_db_leave(index->db, ok, error);
}

// ---- a row that was written anew

// What people put right counts more than what a recorder saw of the whole call later. The history has it
// already.
static gboolean set_again(EsIndex *index, const EsCorrection *made, GError **error) {
  const Change change = {.call = made->call,
                         .segment = made->segment,
                         .field = made->field,
                         .value = made->new_value,
                         .again = TRUE};
  g_autoptr(EsCall) before = load(index, &change, error);
  if (!before)
    return FALSE;
  if (change.segment >= (int)before->segments->len)
    return TRUE; // the whole call has no such segment
  return write_new(index, &change, error) && follow(index, before, &change, NULL, error);
}

gboolean es_corrections_keep(EsIndex *index, gint64 call, GError **error) {
  g_autoptr(GPtrArray) made = es_index_list_corrections(index, call, error);
  for (guint i = 0; made && i < made->len; i++) {
    const EsCorrection *correction = g_ptr_array_index(made, i);
    if (strcmp(correction->source, "person") == 0 && strcmp(correction->field, "file") != 0 &&
        !set_again(index, correction, error))
      return FALSE;
  }
  return made != NULL;
}

// ---- history

static void correction_free(gpointer data) {
  EsCorrection *correction = data;
  g_free(correction->field);
  g_free(correction->old_value);
  g_free(correction->new_value);
  g_free(correction->reason);
  g_free(correction->source);
  g_free(correction->actor);
  g_free(correction);
}

static GPtrArray *read_corrections(EsStatement *s, GError **error) {
  g_autoptr(GPtrArray) corrections = g_ptr_array_new_with_free_func(correction_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsCorrection *correction = g_new0(EsCorrection, 1);
    correction->call = es_column_int(s, 0);
    correction->segment = (int)es_column_int(s, 1);
    correction->field = es_column_dup(s, 2);
    correction->old_value = es_column_dup(s, 3);
    correction->new_value = es_column_dup(s, 4);
    correction->reason = es_column_dup(s, 5);
    correction->source = es_column_dup(s, 6);
    correction->actor = es_column_dup(s, 7);
    correction->at_us = es_column_int(s, 8);
    g_ptr_array_add(corrections, correction);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&corrections) : NULL;
}

GPtrArray *es_index_list_corrections(EsIndex *index, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "correction-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":call", call);
  return read_corrections(s, error);
}

GPtrArray *es_index_list_moved_files(EsIndex *index, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "correction-moved", error);
  return s ? read_corrections(s, error) : NULL;
}

gboolean es_index_get_file(EsIndex *index, gint64 call, char **file, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "call-file", error);
  EsStep step = ES_STEP_FAILED;
  if (s) {
    es_bind_int(s, ":call", call);
    step = es_step(s, error);
  }
  *file = step == ES_STEP_ROW ? es_column_dup(s, 0) : NULL;
  return step != ES_STEP_FAILED;
}
