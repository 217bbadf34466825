// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "xml.h"

#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/wire/clean-text.h"

#define MAX_DEPTH 16
#define MAX_ELEMENTS 4096
#define MAX_ATTRIBUTES 16 // of one element
#define MAX_TEXT_BYTES 1024

typedef struct {
  EsXml *root;
  EsXml *open[MAX_DEPTH];
  GString *texts[MAX_DEPTH]; // of the open ones
  guint depth;               // of open elements, kept or not
  guint kept;                // of them in the tree
  guint n_elements;
  gboolean truncated;
} Reader;

void es_xml_free(EsXml *element) {
  if (!element)
    return;
  g_free(element->name);
  g_free(element->text);
  g_ptr_array_unref(element->attributes);
  g_ptr_array_unref(element->children);
  g_free(element);
}

static const char *local(const char *name) {
  const char *colon = strrchr(name, ':');
  return colon && colon[1] ? colon + 1 : name;
}

// White space as single spaces, none at the ends; then what cannot be shown goes.
static char *tidy(const char *text, gsize length) {
  g_autofree char *line = g_malloc(length + 1);
  gsize n = 0;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isspace(text[i]))
      line[n++] = text[i];
    else if (n && line[n - 1] != ' ')
      line[n++] = ' ';
  }
  if (n && line[n - 1] == ' ')
    n--;
  return es_clean_text(line, n, FALSE);
}

static char *tidy_bounded(Reader *r, const char *text) {
  gsize length = strlen(text);
  if (length > MAX_TEXT_BYTES)
    r->truncated = TRUE;
  return tidy(text, MIN(length, MAX_TEXT_BYTES));
}

static void read_attributes(Reader *r, EsXml *element, const char **names, const char **values) {
  for (guint i = 0; names[i]; i++) {
    if (g_str_has_prefix(names[i], "xmlns"))
      continue;
    if (element->attributes->len == 2 * MAX_ATTRIBUTES) {
      r->truncated = TRUE;
      return;
    }
    g_ptr_array_add(element->attributes, tidy_bounded(r, local(names[i])));
    g_ptr_array_add(element->attributes, tidy_bounded(r, values[i]));
  }
}

static void start_element(GMarkupParseContext *context, const char *name, const char **names,
                          const char **values, gpointer data, GError **error) {
  Reader *r = data;
  gboolean second_root = r->kept == 0 && r->root;
  if (r->depth++ > r->kept || second_root || r->kept == MAX_DEPTH || r->n_elements == MAX_ELEMENTS) {
    r->truncated = TRUE;
    return;
  }
  EsXml *element = g_new0(EsXml, 1);
  element->name = tidy_bounded(r, local(name));
  element->attributes = g_ptr_array_new_with_free_func(g_free);
  element->children = g_ptr_array_new_with_free_func((GDestroyNotify)es_xml_free);
  read_attributes(r, element, names, values);
  if (r->kept)
    g_ptr_array_add(r->open[r->kept - 1]->children, element);
  else
    r->root = element;
  r->texts[r->kept] = g_string_new(NULL);
  r->open[r->kept++] = element;
  r->n_elements++;
}

static void end_element(GMarkupParseContext *context, const char *name, gpointer data, GError **error) {
  Reader *r = data;
  if (r->depth-- > r->kept)
    return;
  r->kept--;
  g_autofree char *text = g_string_free(g_steal_pointer(&r->texts[r->kept]), FALSE);
  r->open[r->kept]->text = tidy(text, strlen(text));
}

static void read_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                      GError **error) {
  Reader *r = data;
  if (r->depth != r->kept || r->kept == 0)
    return;
  GString *whole = r->texts[r->kept - 1];
  gsize room = MAX_TEXT_BYTES - whole->len;
  if (length > room)
    r->truncated = TRUE;
  g_string_append_len(whole, text, (gssize)MIN(length, room));
}

static void read_other(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                       GError **error) {
  int line;
  if (length < 9 || strncmp(text, "<!DOCTYPE", 9) != 0)
    return; // a declaration or a comment
  g_markup_parse_context_get_position(context, &line, NULL);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("line %d: a document type is not accepted"), line);
}

static gboolean read_all(Reader *r, const char *text, gsize length, GError **error) {
  static const GMarkupParser parser = {start_element, end_element, read_text, read_other, NULL};
  g_autoptr(GMarkupParseContext) context =
      g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, r, NULL);
  g_autoptr(GError) found = NULL;
  if (g_markup_parse_context_parse(context, text, (gssize)length, &found) &&
      g_markup_parse_context_end_parse(context, &found) && r->root)
    return TRUE;
  g_set_error_literal(error, ES_ERROR, ES_ERROR_INVALID, found ? found->message : _("no element"));
  return FALSE;
}

EsXml *es_xml_parse(const guint8 *bytes, gsize length, gboolean *truncated, GError **error) {
  static const char mark[] = "\xef\xbb\xbf";
  Reader r = {0};
  if (length > ES_XML_MAX_BYTES) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("longer than %d bytes"), ES_XML_MAX_BYTES);
    return NULL;
  }
  g_autofree char *valid = g_utf8_make_valid((const char *)bytes, (gssize)length);
  const char *text = g_str_has_prefix(valid, mark) ? valid + strlen(mark) : valid;
  gboolean good = read_all(&r, text, strlen(text), error);
  while (r.kept) { // only after an error
    r.kept--;
    g_string_free(r.texts[r.kept], TRUE);
  }
  *truncated = r.truncated;
  if (good)
    return r.root;
  es_xml_free(r.root);
  return NULL;
}

gboolean es_xml_is(const EsXml *element, const char *name) {
  return g_ascii_strcasecmp(element->name, name) == 0;
}

const char *es_xml_attribute(const EsXml *element, const char *name) {
  for (guint i = 0; i + 1 < element->attributes->len; i += 2)
    if (g_ascii_strcasecmp(g_ptr_array_index(element->attributes, i), name) == 0)
      return g_ptr_array_index(element->attributes, i + 1);
  return NULL;
}

const EsXml *es_xml_child(const EsXml *element, const char *name) {
  for (guint i = 0; i < element->children->len; i++)
    if (es_xml_is(g_ptr_array_index(element->children, i), name))
      return g_ptr_array_index(element->children, i);
  return NULL;
}
