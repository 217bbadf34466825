// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Memory of pages (see search-pages.h): {"library", "criteria": {…}, "pages": {"1": id, …}}. What cannot be
// read or written is as if there had been no search; then pages are counted in rows.
#include "search-pages.h"
#include "reply.h"

#include <glib/gstdio.h>
#include <string.h>

static char *state_path(void) {
  return g_build_filename(g_get_user_state_dir(), "earshot", "last-pages", NULL);
}

static gboolean is_criterion(const char *name) {
  static const char *const others[] = {"page", "after", "count", NULL};
  return !g_strv_contains(others, name);
}

static JsonObject *criteria_of(JsonObject *params) {
  JsonObject *criteria = json_object_new();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, params);
  while (json_object_iter_next(&iter, &name, &value))
    if (is_criterion(name))
      json_object_set_member(criteria, name, json_node_copy(value));
  return criteria;
}

static JsonObject *object_in(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

// What is remembered of this library; NULL if nothing.
static JsonObject *load(const char *library) {
  g_autofree char *path = state_path();
  g_autofree char *text = NULL;
  g_autoptr(JsonNode) node =
      g_file_get_contents(path, &text, NULL, NULL) ? json_from_string(text, NULL) : NULL;
  JsonObject *state = node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
  if (state == NULL || g_strcmp0(es_reply_text(state, "library"), library) != 0 ||
      object_in(state, "criteria") == NULL || object_in(state, "pages") == NULL)
    return NULL;
  return json_object_ref(state);
}

static gboolean same(JsonObject *a, JsonObject *b) {
  g_autoptr(JsonNode) left = json_node_init_object(json_node_alloc(), a);
  g_autoptr(JsonNode) right = json_node_init_object(json_node_alloc(), b);
  return json_node_equal(left, right);
}

static void copy_members(JsonObject *from, JsonObject *to) {
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, from);
  while (json_object_iter_next(&iter, &name, &value))
    json_object_set_member(to, name, json_node_copy(value));
}

// The last page before this one whose end is known; 0 if none is.
static gint64 known_page(JsonObject *pages, gint64 page) {
  gint64 best = 0;
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, pages);
  while (json_object_iter_next(&iter, &name, &value)) {
    gint64 number = g_ascii_strtoll(name, NULL, 10);
    if (number > best && number < page && es_reply_text(pages, name) != NULL)
      best = number;
  }
  return best;
}

void es_search_pages_continue(const char *library, JsonObject *params) {
  gint64 page = json_object_get_int_member_with_default(params, "page", 1);
  g_autoptr(JsonObject) state = page > 1 ? load(library) : NULL;
  g_autoptr(JsonObject) given = criteria_of(params);
  if (state == NULL)
    return;
  JsonObject *criteria = object_in(state, "criteria"), *pages = object_in(state, "pages");
  if (json_object_get_size(given) == 0)
    copy_members(criteria, params);
  else if (!same(given, criteria))
    return;
  gint64 known = known_page(pages, page);
  if (known == 0)
    return;
  g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, known);
  json_object_set_string_member(params, "after", es_reply_text(pages, name));
  json_object_set_int_member(params, "page", page - known);
}

// Whole or not at all for whoever reads it.
static void replace(const char *path, const char *text) {
  g_autofree char *directory = g_path_get_dirname(path);
  g_autofree char *draft = g_strconcat(path, ".new", NULL);
  if (g_mkdir_with_parents(directory, 0700) != 0)
    return;
  if (!g_file_set_contents_full(draft, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL) ||
      g_rename(draft, path) != 0)
    g_unlink(draft);
}

void es_search_pages_remember(const char *library, JsonObject *params, gint64 page, const char *last_id) {
  g_autoptr(JsonObject) before = page > 1 ? load(library) : NULL;
  g_autoptr(JsonObject) state = json_object_new();
  JsonObject *criteria = criteria_of(params), *pages = json_object_new();
  g_autofree char *path = state_path();
  g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT, page);
  if (before != NULL && same(criteria, object_in(before, "criteria")))
    copy_members(object_in(before, "pages"), pages);
  json_object_set_string_member(pages, name, last_id);
  json_object_set_string_member(state, "library", library);
  json_object_set_object_member(state, "criteria", criteria);
  json_object_set_object_member(state, "pages", pages);
  g_autofree char *text = es_reply_line(state);
  replace(path, text);
}
