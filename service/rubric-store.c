// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "rubric-store.h"

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

// The text in the library, NULL without error if it has none.
static char *find_stored(EsRequest *request, const char *id, const char *version, GError **error) {
  g_autoptr(GError) absent = NULL;
  if (!request->index)
    return NULL;
  char *text = es_index_get_rubric(request->index, id, version, &absent);
  if (!text && !g_error_matches(absent, ES_ERROR, ES_ERROR_NOT_FOUND))
    g_propagate_error(error, g_steal_pointer(&absent));
  return text;
}

static void not_found(const char *id, const char *version, GError **error) {
  g_autofree char *shipped = g_strjoinv(", ", (char **)es_rubric_shipped());
  g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND,
              _("there is no rubric “%s%s%s”; %s are shipped, “rubric list” shows all"), id,
              version ? " " : "", version ? version : "", shipped);
}

EsRubric *es_rubric_store_find(EsRequest *request, const char *id, const char *version, const char *language,
                               GError **error) {
  g_autoptr(GError) failure = NULL;
  g_autofree char *stored = find_stored(request, id, version, &failure);
  if (failure) {
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
  }
  const char *text = stored ? stored : es_rubric_shipped_text(id);
  g_autoptr(EsRubric) rubric = text ? es_rubric_parse(id, text, language, error) : NULL;
  if (text && !rubric)
    return NULL;
  if (!rubric || (version && g_strcmp0(rubric->version, version) != 0)) {
    not_found(id, version, error);
    return NULL;
  }
  return g_steal_pointer(&rubric);
}
