// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// index.html: page/page.html with @MARKS@ replaced by style sheet, script, words and data. One file, because
// a browser lets a page opened from the file system read no other. The data stand in <script> elements as
// JSON in which every character that could end the element or start markup is escaped; the script puts texts
// on the page as text nodes only.
#include "pack-internal.h"
#include "words.h"

#include <string.h>

// JSON with < > & and the line separators of JavaScript as \uXXXX; they occur in strings alone.
static void append_json(GString *out, const char *json) {
  for (const char *p = json; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029)
      g_string_append_printf(out, "\\u%04x", c);
    else
      g_string_append_unichar(out, c);
  }
}

static void append_node(GString *out, JsonNode *node) {
  g_autofree char *text = json_to_string(node, FALSE);
  append_json(out, text);
}

static void append_words(GString *out, const char *language) {
  g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
  JsonObject *object = json_object_new();
  GHashTableIter iter;
  gpointer key, word;
  g_hash_table_iter_init(&iter, es_words(language));
  while (g_hash_table_iter_next(&iter, &key, &word))
    json_object_set_string_member(object, key, word);
  json_node_take_object(node, object);
  append_node(out, node);
}

static void append_escaped(GString *out, const char *text) {
  g_autofree char *escaped = g_markup_escape_text(text, -1);
  g_string_append(out, escaped);
}

static void append_mark(GString *out, const char *mark, const Pack *pack, JsonNode *json) {
  if (g_str_equal(mark, "LANG"))
    g_string_append(out, pack->language);
  else if (g_str_equal(mark, "DIR"))
    g_string_append(out, g_str_equal(pack->language, "ar") ? "rtl" : "ltr");
  else if (g_str_equal(mark, "TITLE"))
    append_escaped(out, es_word(pack->language, "title"));
  else if (g_str_equal(mark, "NOSCRIPT"))
    append_escaped(out, es_word(pack->language, "no-script"));
  else if (g_str_equal(mark, "STYLE"))
    g_string_append(out, es_qa_resource("/page/page.css"));
  else if (g_str_equal(mark, "SCRIPT"))
    g_string_append(out, es_qa_resource("/page/page.js"));
  else if (g_str_equal(mark, "WORDS"))
    append_words(out, pack->language);
  else if (g_str_equal(mark, "PACK"))
    append_node(out, json);
  else
    g_error("page.html: unknown mark @%s@", mark);
}

char *pack_page(const Pack *pack, JsonNode *json) {
  GString *out = g_string_new(NULL);
  g_auto(GStrv) parts = g_strsplit(es_qa_resource("/page/page.html"), "@", -1);
  for (guint i = 0; parts[i]; i++)
    if (i % 2 == 0)
      g_string_append(out, parts[i]);
    else
      append_mark(out, parts[i], pack, json);
  return g_string_free(out, FALSE);
}
