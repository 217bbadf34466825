// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// words.ini is read once, into one table a language. gettext would need the locale of the process to change
// while it runs, which no library may do.
#include "words.h"
#include "qa-resources.h"

#define PREFIX "/earshot/qa"

const char *es_qa_resource(const char *path) {
  g_autofree char *full = g_strconcat(PREFIX, path, NULL);
  g_autoptr(GBytes) bytes =
      g_resource_lookup_data(es_qa_get_resource(), full, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  // Uncompressed resources lie in the program, followed by a NUL byte, and outlive the GBytes.
  return bytes ? g_bytes_get_data(bytes, NULL) : NULL;
}

static GHashTable *read_language(GKeyFile *file, const char *language) {
  GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_auto(GStrv) keys = g_key_file_get_keys(file, language, NULL, NULL);
  for (char **key = keys; key && *key; key++)
    g_hash_table_insert(words, g_strdup(*key), g_key_file_get_string(file, language, *key, NULL));
  return words;
}

GHashTable *es_words(const char *language) {
  static GHashTable *english, *arabic;
  static gsize loaded;
  if (g_once_init_enter(&loaded)) {
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_data(file, es_qa_resource("/words.ini"), (gsize)-1, G_KEY_FILE_NONE, NULL))
      g_error("words.ini does not parse");
    english = read_language(file, "en");
    arabic = read_language(file, "ar");
    g_once_init_leave(&loaded, 1);
  }
  return g_str_equal(es_word_language(language), "ar") ? arabic : english;
}

const char *es_word_language(const char *locale) {
  gboolean arabic = locale && g_ascii_strncasecmp(locale, "ar", 2) == 0 && !g_ascii_isalpha(locale[2]);
  return arabic ? "ar" : "en";
}

const char *es_word(const char *language, const char *key) {
  const char *word = g_hash_table_lookup(es_words(language), key);
  g_return_val_if_fail(word != NULL, key);
  return word;
}
