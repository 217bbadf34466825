// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/index/saved-search.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "index-private.h"

void es_saved_search_free(EsSavedSearch *saved) {
  if (!saved)
    return;
  g_free(saved->name);
  g_free(saved->params_json);
  g_free(saved);
}

// A statement of one search of one account. NULL on failure.
static EsStatement *of_name(EsIndex *index, const char *statement, const char *actor, const char *name,
                            GError **error) {
  g_autofree char *key = es_facet_words(name);
  if (!key) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("“%s” cannot be the name of a search: it has no letter"),
                name);
    return NULL;
  }
  EsStatement *s = es_statement(index->db, statement, error);
  if (!s)
    return NULL;
  es_bind_text(s, ":actor", actor);
  es_bind_text(s, ":name_key", key);
  return s;
}

static gboolean has(EsIndex *index, const char *actor, const char *name, gboolean *found, GError **error) {
  g_autoptr(EsStatement) s = of_name(index, "saved-get", actor, name, error);
  EsStep step = s ? es_step(s, error) : ES_STEP_FAILED;
  *found = step == ES_STEP_ROW;
  return step != ES_STEP_FAILED;
}

static gboolean put(EsIndex *index, const char *actor, const char *name, const char *params_json,
                    gint64 at_us, GError **error) {
  g_autoptr(EsStatement) s = of_name(index, "saved-put", actor, name, error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":name", name);
  es_bind_text(s, ":params_json", params_json);
  es_bind_int(s, ":at_us", at_us);
  return es_run(s, error);
}

gboolean es_index_save_search(EsIndex *index, const char *actor, const char *name, const char *params_json,
                              gint64 at_us, gboolean *replaced, GError **error) {
  gboolean found = FALSE;
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = has(index, actor, name, &found, error) && put(index, actor, name, params_json, at_us, error);
  if (replaced)
    *replaced = found;
  return es_db_leave(index->db, ok, error);
}

static EsSavedSearch *read_row(EsStatement *s) {
  EsSavedSearch *saved = g_new0(EsSavedSearch, 1);
  saved->name = g_strdup(es_column_word(s, 0));
  saved->params_json = es_column_dup(s, 1);
  saved->at_us = es_column_int(s, 2);
  return saved;
}

GPtrArray *es_index_list_saved_searches(EsIndex *index, const char *actor, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "saved-list", error);
  if (!s)
    return NULL;
  es_bind_text(s, ":actor", actor);
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)es_saved_search_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(list, read_row(s));
  return step == ES_STEP_DONE ? g_steal_pointer(&list) : NULL;
}

// Who mistypes a name wants to see the right one.
static void refuse(EsIndex *index, const char *actor, const char *name, GError **error) {
  g_autoptr(GPtrArray) list = es_index_list_saved_searches(index, actor, NULL);
  g_autoptr(GString) names = g_string_new(NULL);
  for (guint i = 0; list && i < list->len; i++)
    g_string_append_printf(names, "%s%s", i ? ", " : "",
                           ((const EsSavedSearch *)g_ptr_array_index(list, i))->name);
  if (names->len)
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("no search is saved as “%s”; there are: %s"), name,
                names->str);
  else
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("no search is saved as “%s”; there is none yet"),
                name);
}

EsSavedSearch *es_index_find_saved_search(EsIndex *index, const char *actor, const char *name,
                                          GError **error) {
  g_autoptr(EsStatement) s = of_name(index, "saved-get", actor, name, error);
  EsStep step = s ? es_step(s, error) : ES_STEP_FAILED;
  if (step == ES_STEP_ROW)
    return read_row(s);
  if (step == ES_STEP_DONE)
    refuse(index, actor, name, error);
  return NULL;
}

gboolean es_index_forget_search(EsIndex *index, const char *actor, const char *name, GError **error) {
  g_autoptr(EsStatement) s = of_name(index, "saved-remove", actor, name, error);
  if (!s || !es_run(s, error))
    return FALSE;
  if (es_db_changes(index->db) > 0)
    return TRUE;
  refuse(index, actor, name, error);
  return FALSE;
}
