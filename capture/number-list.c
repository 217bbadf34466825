// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "number-list.h"

char **es_config_words(const EsConfig *config, const char *group, const char *key, GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(config, group, key, "", &text, error))
    return NULL;
  g_auto(GStrv) raw = g_strsplit_set(text, ",;", -1);
  g_autoptr(GStrvBuilder) words = g_strv_builder_new();
  for (char **word = raw; *word; word++)
    if (*g_strstrip(*word))
      g_strv_builder_add(words, *word);
  return g_strv_builder_end(words);
}

gboolean es_number_list_has(char *const *patterns, const char *number) {
  if (!patterns || !number)
    return FALSE;
  for (; *patterns; patterns++)
    if (g_pattern_match_simple(*patterns, number))
      return TRUE;
  return FALSE;
}

gboolean es_words_have(char *const *words, const char *word) {
  for (; words && *words; words++)
    if (g_ascii_strcasecmp(*words, word) == 0)
      return TRUE;
  return FALSE;
}
