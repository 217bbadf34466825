// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A rubric's text to begin with: a shipped one, one's own, or a short example, under another id and version.
// Only the two lines of [rubric] change, so comments and layout stay as somebody wrote them.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/qa/rubric.h"
#include "rubric-reader.h"
#include "words.h"

#include <string.h>

static gboolean is_key(const char *line, const char *key) {
  if (!g_str_has_prefix(line, key))
    return FALSE;
  const char *rest = line + strlen(key);
  return rest[strspn(rest, " \t")] == '=';
}

gboolean rubric_check_id(const char *id, GError **error) {
  if (rubric_name_is_valid(id))
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE,
              _("“%s” cannot be a rubric's id: use a-z, 0-9, - and _, at most 64 characters"), id);
  return FALSE;
}

char *es_rubric_draft(const char *source, const char *id, const char *version, GError **error) {
  if (!rubric_check_id(id, error))
    return NULL;
  g_auto(GStrv) lines = g_strsplit(source ? source : es_qa_resource("/rubrics/blank.rubric"), "\n", -1);
  gboolean inside = FALSE;
  for (char **line = lines; *line; line++) {
    if ((*line)[0] == '[')
      inside = g_str_has_prefix(*line, "[rubric]");
    const char *key = !inside                    ? NULL
                      : is_key(*line, "id")      ? "id"
                      : is_key(*line, "version") ? "version"
                                                 : NULL;
    if (!key)
      continue;
    g_free(*line);
    *line = g_strdup_printf("%s=%s", key, key[0] == 'i' ? id : version);
  }
  return g_strjoinv("\n", lines);
}
