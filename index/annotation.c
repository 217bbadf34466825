// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Notes, tags and flags: appended with their history; the present state is kept beside as facets and full
// text.
#include "earshot/index/annotation.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "index-private.h"

static gboolean refuse_empty(const char *what, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("an empty %s cannot be stored"), what);
  return FALSE;
}

// ---- notes

static gboolean insert_note(EsIndex *index, gint64 call, const char *text, gint64 position_ms,
                            const char *actor, gint64 at_us, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "note-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":text", text);
  es_bind_known(s, ":position_ms", position_ms);
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":at_us", at_us);
  return es_run(s, error) && es_text_update(index, call, FALSE, error);
}

gboolean es_index_add_note(EsIndex *index, gint64 call, const char *text, gint64 position_ms,
                           const char *actor, gint64 at_us, GError **error) {
  if (!text || !*text)
    return refuse_empty(_("note"), error);
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = insert_note(index, call, text, position_ms, actor, at_us, error);
  return es_db_leave(index->db, ok, error);
}

static void note_free(gpointer data) {
  EsNote *note = data;
  g_free(note->text);
  g_free(note->actor);
  g_free(note);
}

GPtrArray *es_index_list_notes(EsIndex *index, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "note-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":call", call);
  g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(note_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsNote *note = g_new0(EsNote, 1);
    note->text = es_column_dup(s, 0);
    note->actor = es_column_dup(s, 1);
    note->at_us = es_column_int(s, 2);
    note->position_ms = es_column_int(s, 3);
    g_ptr_array_add(notes, note);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&notes) : NULL;
}

// ---- tags

static gboolean has_tag(EsIndex *index, gint64 call, const char *value, gboolean *has, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "tag-has", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":value", value);
  EsStep step = es_step(s, error);
  *has = step == ES_STEP_ROW && es_column_int(s, 0) == 1;
  return step != ES_STEP_FAILED;
}

static gboolean write_tag(EsIndex *index, gint64 call, const char *value, const char *tag, gboolean added,
                          const char *actor, gint64 at_us, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "tag-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":value", value);
  es_bind_text(s, ":tag", tag);
  es_bind_int(s, ":added", added);
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":at_us", at_us);
  return es_run(s, error) && es_facet_set(index, "tag", value, call, added, error) &&
         es_text_update(index, call, FALSE, error);
}

// Adding a tag that is there changes nothing; taking one back that is not there is an error.
static gboolean change_tag(EsIndex *index, gint64 call, const char *tag, gboolean added, const char *actor,
                           gint64 at_us, GError **error) {
  g_autofree char *value = es_facet_value(tag);
  gboolean has;
  if (!value)
    return refuse_empty(_("tag"), error);
  if (!has_tag(index, call, value, &has, error))
    return FALSE;
  if (!has && !added) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("the call has no tag “%s”"), tag);
    return FALSE;
  }
  return has == added || write_tag(index, call, value, tag, added, actor, at_us, error);
}

gboolean es_index_add_tag(EsIndex *index, gint64 call, const char *tag, const char *actor, gint64 at_us,
                          GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = change_tag(index, call, tag, TRUE, actor, at_us, error);
  return es_db_leave(index->db, ok, error);
}

gboolean es_index_remove_tag(EsIndex *index, gint64 call, const char *tag, const char *actor, gint64 at_us,
                             GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = change_tag(index, call, tag, FALSE, actor, at_us, error);
  return es_db_leave(index->db, ok, error);
}

// ---- flags

static gboolean insert_flag(EsIndex *index, gint64 call, const char *value, const EsFlag *flag,
                            GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "flag-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":value", value);
  es_bind_text(s, ":flag", flag->flag);
  es_bind_text(s, ":note", flag->note);
  es_bind_known(s, ":start_ms", flag->start_ms);
  es_bind_known(s, ":end_ms", flag->end_ms);
  es_bind_text(s, ":actor", flag->actor);
  es_bind_int(s, ":at_us", flag->at_us);
  return es_run(s, error) && es_facet_set(index, "flag", value, call, TRUE, error) &&
         es_text_update(index, call, FALSE, error);
}

gboolean es_index_add_flag(EsIndex *index, gint64 call, const char *flag, const char *note, gint64 start_ms,
                           gint64 end_ms, const char *actor, gint64 at_us, GError **error) {
  g_autofree char *value = es_facet_value(flag);
  if (!value)
    return refuse_empty(_("flag"), error);
  if ((start_ms == ES_UNKNOWN) != (end_ms == ES_UNKNOWN) || (end_ms != ES_UNKNOWN && end_ms <= start_ms)) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("the range of a flag must end after it begins"));
    return FALSE;
  }
  EsFlag row = {.flag = (char *)flag,
                .note = (char *)note,
                .start_ms = start_ms,
                .end_ms = end_ms,
                .actor = (char *)actor,
                .at_us = at_us};
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = insert_flag(index, call, value, &row, error);
  return es_db_leave(index->db, ok, error);
}

static gboolean remove_flag(EsIndex *index, gint64 call, const char *flag, const char *reason,
                            const char *actor, gint64 at_us, GError **error) {
  g_autofree char *value = es_facet_value(flag);
  g_autoptr(EsStatement) s = es_statement(index->db, "flag-remove", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":value", value);
  es_bind_text(s, ":reason", reason);
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":at_us", at_us);
  if (!es_run(s, error))
    return FALSE;
  if (es_db_changes(index->db) == 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("the call has no flag “%s”"), flag);
    return FALSE;
  }
  return es_facet_set(index, "flag", value, call, FALSE, error) && es_text_update(index, call, FALSE, error);
}

gboolean es_index_remove_flag(EsIndex *index, gint64 call, const char *flag, const char *reason,
                              const char *actor, gint64 at_us, GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = remove_flag(index, call, flag, reason, actor, at_us, error);
  return es_db_leave(index->db, ok, error);
}

static void flag_free(gpointer data) {
  EsFlag *flag = data;
  g_free(flag->call_uuid);
  g_free(flag->flag);
  g_free(flag->note);
  g_free(flag->actor);
  g_free(flag->removed_by);
  g_free(flag->removed_reason);
  g_free(flag);
}

static EsFlag *read_flag(EsStatement *s) {
  EsFlag *flag = g_new0(EsFlag, 1);
  flag->rowid = es_column_int(s, 0);
  flag->call = es_column_int(s, 1);
  flag->call_uuid = es_column_dup(s, 2);
  flag->flag = g_strdup(es_column_word(s, 3));
  flag->note = es_column_dup(s, 4);
  flag->start_ms = es_column_int(s, 5);
  flag->end_ms = es_column_int(s, 6);
  flag->actor = es_column_dup(s, 7);
  flag->at_us = es_column_int(s, 8);
  flag->removed_by = es_column_dup(s, 9);
  flag->removed_reason = es_column_dup(s, 10);
  flag->removed_us = es_column_int(s, 11);
  return flag;
}

GPtrArray *es_index_list_flags(EsIndex *index, gint64 call, gboolean with_history, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "flag-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":call", call);
  es_bind_int(s, ":history", with_history);
  g_autoptr(GPtrArray) flags = g_ptr_array_new_with_free_func(flag_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(flags, read_flag(s));
  return step == ES_STEP_DONE ? g_steal_pointer(&flags) : NULL;
}
