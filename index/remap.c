// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The directory is held in memory, with the entries that were taken out: they tell whether a name that a call
// carries came from here at all.
#include "earshot/index/remap.h"
#include "index-private.h"

typedef struct {
  EsIndex *index;
  GPtrArray *agents;   // of EsAgent, owns them
  GHashTable *entries; // folded extension → GPtrArray of EsAgent in agents
} Directory;

static void directory_clear(Directory *directory) {
  g_clear_pointer(&directory->entries, g_hash_table_unref);
  g_clear_pointer(&directory->agents, g_ptr_array_unref);
}

static gboolean directory_load(Directory *directory, EsIndex *index, GError **error) {
  *directory = (Directory){.index = index, .agents = es_index_list_agents(index, TRUE, error)};
  if (!directory->agents)
    return FALSE;
  directory->entries =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  for (guint i = 0; i < directory->agents->len; i++) {
    EsAgent *agent = directory->agents->pdata[i];
    g_autofree char *key = es_facet_value(agent->extension);
    if (!key)
      continue; // nothing to find anybody by
    GPtrArray *list = g_hash_table_lookup(directory->entries, key);
    if (!list)
      g_hash_table_insert(directory->entries, g_steal_pointer(&key), list = g_ptr_array_new());
    g_ptr_array_add(list, agent);
  }
  return TRUE;
}

static const GPtrArray *entries_of(const Directory *directory, const char *extension) {
  g_autofree char *key = es_facet_value(extension);
  return key ? g_hash_table_lookup(directory->entries, key) : NULL;
}

static const EsAgent *find_at(const GPtrArray *entries, gint64 at_us) {
  for (guint i = 0; entries && i < entries->len; i++) {
    const EsAgent *agent = entries->pdata[i];
    if (!agent->removed_by && es_agent_holds(agent, at_us))
      return agent;
  }
  return NULL;
}

// ---- extensions of nobody

static void unknown_free(gpointer data) {
  EsUnknownAgent *unknown = data;
  g_free(unknown->extension);
  g_free(unknown);
}

static EsUnknownAgent *unknown_of(GHashTable *by_key, GPtrArray *list, const char *extension,
                                  gint64 started_us) {
  g_autofree char *key = es_facet_value(extension);
  if (!key)
    return NULL;
  EsUnknownAgent *unknown = g_hash_table_lookup(by_key, key);
  if (!unknown) {
    unknown = g_new0(EsUnknownAgent, 1);
    *unknown = (EsUnknownAgent){.extension = g_strdup(extension), .first_us = started_us, .last_us = -1};
    g_ptr_array_add(list, unknown);
    g_hash_table_insert(by_key, g_steal_pointer(&key), unknown);
  }
  return unknown;
}

static gint by_extension(gconstpointer a, gconstpointer b) {
  const EsUnknownAgent *const *first = a, *const *second = b;
  return g_strcmp0((*first)->extension, (*second)->extension);
}

GPtrArray *es_index_unknown_agents(EsIndex *index, gint64 from_us, gint64 until_us, GError **error) {
  Directory directory = {0};
  g_autoptr(EsStatement) s = es_statement(index->db, "remap-unknown", error);
  if (!s || !directory_load(&directory, index, error)) {
    directory_clear(&directory);
    return NULL;
  }
  es_bind_int(s, ":from", MAX(from_us, 0));
  es_bind_int(s, ":until", until_us == ES_UNKNOWN ? G_MAXINT64 : until_us);
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(unknown_free);
  g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    const char *extension = es_column_text(s, 0);
    gint64 started_us = es_column_int(s, 1), at_us = started_us + MAX(es_column_int(s, 2), 0) * ES_US_PER_MS;
    EsUnknownAgent *unknown = find_at(entries_of(&directory, extension), at_us)
                                  ? NULL
                                  : unknown_of(by_key, list, extension, started_us);
    if (!unknown)
      continue;
    unknown->calls += unknown->last_us != es_column_int(s, 3); // two segments of a call count once
    unknown->last_us = es_column_int(s, 3);
  }
  directory_clear(&directory);
  g_ptr_array_sort(list, by_extension);
  return step == ES_STEP_DONE ? g_steal_pointer(&list) : NULL;
}

// ---- what the directory gives differently

struct EsRemap {
  Directory directory;
  gint64 next, until; // row ids
  gint64 calls;
};

EsRemap *es_remap_new(EsIndex *index, gint64 from_us, gint64 until_us, GError **error) {
  g_autoptr(EsRemap) remap = g_new0(EsRemap, 1);
  remap->next = MAX(from_us, 0);
  remap->until = until_us == ES_UNKNOWN ? G_MAXINT64 : until_us;
  return directory_load(&remap->directory, index, error) ? g_steal_pointer(&remap) : NULL;
}

void es_remap_free(EsRemap *remap) {
  if (!remap)
    return;
  directory_clear(&remap->directory);
  g_free(remap);
}

gint64 es_remap_count(const EsRemap *remap) {
  return remap->calls;
}

typedef const char *(*Getter)(const EsAgent *agent);

static const char *name_of(const EsAgent *agent) {
  return agent->name;
}

static const char *team_of(const EsAgent *agent) {
  return agent->team;
}

static const char *client_of(const EsAgent *agent) {
  return agent->client;
}

static gboolean came_from(const GPtrArray *entries, const char *value, Getter get) {
  for (guint i = 0; entries && i < entries->len; i++)
    if (g_strcmp0(value, get(entries->pdata[i])) == 0)
      return TRUE;
  return FALSE;
}

typedef struct {
  gint64 call;
  int segment;
  const GPtrArray *entries;
  GArray *changes; // of EsRemapChange
} Place;

static void compare(const Place *place, int segment, const char *field, const char *old, const char *now,
                    const char *unset, Getter get) {
  if (g_strcmp0(old, now) == 0 || (g_strcmp0(old, unset) != 0 && !came_from(place->entries, old, get)))
    return;
  EsRemapChange change = {place->call, segment, field, g_strdup(old), now};
  g_array_append_val(place->changes, change);
}

static void look_at_row(EsRemap *remap, EsStatement *s, GArray *changes) {
  Place place = {es_column_int(s, 0), (int)es_column_int(s, 1), NULL, changes};
  const char *extension = es_column_text(s, 2);
  gint64 started_us = es_column_int(s, 6);
  gboolean names_client = es_column_int(s, 8) == 1;
  place.entries = entries_of(&remap->directory, extension);
  if (!place.entries)
    return;
  const EsAgent *agent = find_at(place.entries, started_us + MAX(es_column_int(s, 5), 0) * ES_US_PER_MS);
  compare(&place, place.segment, "agent_name", es_column_text(s, 3), agent ? agent->name : NULL, NULL,
          name_of);
  compare(&place, place.segment, "team", es_column_text(s, 4), agent ? agent->team : NULL, NULL, team_of);
  if (!names_client)
    return;
  const EsAgent *owner = find_at(place.entries, started_us);
  compare(&place, -1, "client", es_column_text(s, 7), owner && owner->client ? owner->client : "default",
          "default", client_of);
}

static void change_clear(gpointer data) {
  g_free(((EsRemapChange *)data)->old_value);
}

// All changes of a batch, before any of them is written.
static GArray *gather(EsRemap *remap, guint most, gboolean *done, GError **error) {
  g_autoptr(EsStatement) s = es_statement(remap->directory.index->db, "remap-segments", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":from", remap->next);
  es_bind_int(s, ":until", remap->until);
  g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(EsRemapChange));
  g_array_set_clear_func(changes, change_clear);
  guint calls = 0;
  gint64 last = -1;
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    gint64 call = es_column_int(s, 0);
    if (call != last && ++calls > most)
      break;
    last = call;
    look_at_row(remap, s, changes);
  }
  *done = step == ES_STEP_DONE;
  remap->calls += MIN(calls, most);
  remap->next = last >= 0 ? last + 1 : remap->next;
  return step == ES_STEP_FAILED ? NULL : g_steal_pointer(&changes);
}

gboolean es_remap_step(EsRemap *remap, guint most, EsRemapFunc func, gpointer user_data, gboolean *done,
                       GError **error) {
  g_autoptr(GArray) changes = gather(remap, most, done, error);
  for (guint i = 0; changes && i < changes->len; i++)
    if (!func(&g_array_index(changes, EsRemapChange, i), user_data, error))
      return FALSE;
  return changes != NULL;
}
