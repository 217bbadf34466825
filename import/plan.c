// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Files and metadata find each other: by the path as the table writes it, as it stands from the table's
// folder, or by its name alone where only one file has it. Whichever stays alone is told.
//
// What is known of one recording comes, the surest first, from the table, from the telephone system's detail
// records, from the file's name.
#include "plan.h"

#include <glib/gstdio.h>
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define MISTAKES_TOLD 100

typedef struct {
  const EsImportOptions *options;
  const EsImportSink *sink;
  EsImportStats *stats;
  GTimeZone *zone;
  guint mistakes;
  GPtrArray *items;
  GHashTable *by_path, *by_name; // → EsImportItem; by_name → NULL where several have it
} Plan;

static void item_free(gpointer data) {
  EsImportItem *item = data;
  es_call_free(item->stated);
  g_free(item->paths[0]);
  g_free(item->paths[1]);
  g_free(item->name);
  g_free(item->left);
  g_free(item->transcript);
  g_free(item->where);
  g_free(item);
}

static void tell(Plan *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(Plan *p, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  if (p->sink->warning)
    p->sink->warning(message, p->sink->user_data);
}

static void on_mistake(const char *message, gpointer data) {
  Plan *p = data;
  if (p->mistakes++ < MISTAKES_TOLD)
    tell(p, "%s", message);
}

static void on_warning(const char *message, gpointer data) {
  tell(data, "%s", message);
}

// ---- files

static guint64 size_of(const char *path) {
  GStatBuf status;
  return g_stat(path, &status) == 0 ? (guint64)status.st_size : 0;
}

static EsImportItem *item_new(const char *path) {
  EsImportItem *item = g_new0(EsImportItem, 1);
  g_autofree char *name = g_path_get_basename(path);
  item->paths[0] = g_canonicalize_filename(path, NULL);
  item->name = g_utf8_make_valid(name, -1);
  item->bytes = size_of(path);
  item->stated = es_call_new();
  return item;
}

// The other half of a pair that is there already joins it.
static gboolean join_pair(Plan *p, GHashTable *pairs, const char *path) {
  gboolean second;
  g_autofree char *stem = es_monitor_pair(path, &second);
  if (!stem)
    return FALSE;
  EsImportItem *first = g_hash_table_lookup(pairs, stem);
  if (!first)
    return FALSE;
  g_autofree char *name = g_path_get_basename(path);
  first->paths[1] = g_canonicalize_filename(path, NULL);
  first->bytes += size_of(path);
  g_autofree char *both = g_strdup_printf("%s, %s", first->name, name);
  g_free(first->name);
  first->name = g_utf8_make_valid(both, -1);
  g_hash_table_insert(p->by_path, g_strdup(first->paths[1]), first);
  return TRUE;
}

// Monitor() writes what it heard from the channel and what it said to it into two files. Sorted by name, the
// "-in" file comes first.
static void add_files(Plan *p, const GPtrArray *files) {
  g_autoptr(GHashTable) pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < files->len; i++) {
    const char *path = files->pdata[i];
    gboolean second = FALSE;
    if (join_pair(p, pairs, path))
      continue;
    EsImportItem *item = item_new(path);
    char *stem = es_monitor_pair(path, &second);
    if (stem && !second)
      g_hash_table_insert(pairs, stem, item);
    else
      g_free(stem);
    g_ptr_array_add(p->items, item);
    g_hash_table_insert(p->by_path, g_strdup(item->paths[0]), item);
    gboolean several = g_hash_table_contains(p->by_name, item->name);
    g_hash_table_insert(p->by_name, g_strdup(item->name), several ? NULL : item);
  }
}

// ---- metadata

static EsImportItem *find_item(Plan *p, const char *file) {
  g_autofree char *folder = g_path_get_dirname(p->options->metadata);
  g_autofree char *here = g_canonicalize_filename(file, NULL);
  g_autofree char *there = g_canonicalize_filename(file, folder);
  g_autofree char *name = g_path_get_basename(file);
  EsImportItem *item = g_hash_table_lookup(p->by_path, there);
  if (!item)
    item = g_hash_table_lookup(p->by_path, here);
  return item ? item : g_hash_table_lookup(p->by_name, name);
}

// A table without files beside it on the command line names its own.
static void add_named(Plan *p, const char *file) {
  g_autofree char *folder = g_path_get_dirname(p->options->metadata);
  g_autofree char *there = g_canonicalize_filename(file, folder);
  if (!g_file_test(there, G_FILE_TEST_IS_REGULAR))
    return;
  EsImportItem *item = item_new(there);
  g_ptr_array_add(p->items, item);
  g_hash_table_insert(p->by_path, g_strdup(item->paths[0]), item);
}

static void take_row(Plan *p, EsImportItem *item, EsMetaRow *row) {
  g_autofree char *folder = g_path_get_dirname(p->options->metadata);
  es_call_free(item->stated);
  item->stated = g_steal_pointer(&row->call);
  row->call = es_call_new();
  item->left = g_steal_pointer(&row->left);
  item->where = g_steal_pointer(&row->where);
  if (row->transcript)
    item->transcript = g_canonicalize_filename(row->transcript, folder);
}

static void use_row(Plan *p, EsMetaRow *row, gboolean may_add) {
  EsImportItem *item = find_item(p, row->file);
  if (!item && may_add) {
    add_named(p, row->file);
    item = find_item(p, row->file);
  }
  if (!item || item->where) {
    g_autofree char *message =
        item ? g_strdup_printf(_("%s: %s has metadata already (%s)"), row->where, row->file, item->where)
             : g_strdup_printf(_("%s: there is no file %s"), row->where, row->file);
    on_mistake(message, p);
    p->stats->wrong++;
    return;
  }
  take_row(p, item, row);
}

static gboolean use_metadata(Plan *p, GError **error) {
  EsMetaReading reading = {p->zone, on_mistake, on_warning, p, 0};
  g_autoptr(GPtrArray) rows = es_metadata_read(p->options->metadata, &reading, error);
  if (!rows)
    return FALSE;
  gboolean may_add = !p->options->paths || !*p->options->paths;
  p->stats->wrong += reading.wrong;
  for (guint i = 0; i < rows->len; i++)
    use_row(p, rows->pdata[i], may_add);
  if (p->mistakes > MISTAKES_TOLD)
    tell(p, ngettext_("%u further mistake", "%u further mistakes", p->mistakes - MISTAKES_TOLD),
         p->mistakes - MISTAKES_TOLD);
  if (p->mistakes == 0 || p->options->skip_wrong)
    return TRUE;
  g_set_error(
      error, ES_ERROR, ES_ERROR_INVALID,
      ngettext_("%s: %u mistake; nothing was imported", "%s: %u mistakes; nothing was imported", p->mistakes),
      p->options->metadata, p->mistakes);
  return FALSE;
}

// With a table that was wrong in places, a file without a row may be one whose row was wrong: it is left out.
static void tell_alone(Plan *p) {
  for (guint i = p->items->len; i > 0; i--) {
    EsImportItem *item = p->items->pdata[i - 1];
    if (item->where)
      continue;
    gboolean left_out = p->stats->wrong > 0;
    if (left_out)
      tell(p, _("%s: no metadata, left out"), item->name);
    else
      tell(p, _("%s: no metadata, imported with what the file tells"), item->name);
    if (left_out)
      g_ptr_array_remove_index(p->items, i - 1);
  }
}

// ---- Asterisk

static void ask_records(const EsCdr *cdr, EsImportItem *item) {
  g_autofree char *file = g_path_get_basename(item->paths[0]);
  const EsCdrCall *found = es_cdr_find_recording(cdr, file);
  if (!found && item->stated->pbx_id)
    found = es_cdr_find(cdr, item->stated->pbx_id);
  if (!found)
    return;
  g_autoptr(EsCall) from_name = g_steal_pointer(&item->stated);
  item->stated = es_call_new();
  es_call_inherit(item->stated, found->call);
  item->stated->pbx_id = g_strdup(found->call->pbx_id ? found->call->pbx_id : from_name->pbx_id);
  es_call_inherit(item->stated, from_name);
  item->where = g_strdup("cdr");
}

static gboolean use_asterisk(Plan *p, GError **error) {
  EsCdrOptions cdr_options = {p->options->timezone, ES_UNKNOWN, ES_UNKNOWN, on_warning, p};
  g_autoptr(EsCdr) cdr = p->options->cdr ? es_cdr_read(p->options->cdr, &cdr_options, error) : NULL;
  if (p->options->cdr && !cdr)
    return FALSE;
  for (guint i = 0; i < p->items->len; i++) {
    EsImportItem *item = p->items->pdata[i];
    gboolean second;
    g_autofree char *stem = es_monitor_pair(item->paths[0], &second);
    gboolean read = es_monitor_name_read(stem ? stem : item->paths[0], p->zone, item->stated);
    if (cdr)
      ask_records(cdr, item);
    if (!read && !item->where)
      tell(p, _("%s: the name does not tell whose call it is"), item->name);
  }
  return TRUE;
}

// ---- transcripts

static char *beside(const char *folder, const char *stem) {
  static const char *const endings[] = {"vtt", "json"};
  for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
    g_autofree char *path = g_strdup_printf("%s/%s.%s", folder, stem, endings[i]);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer(&path);
  }
  return NULL;
}

static void find_transcript(const Plan *p, EsImportItem *item) {
  g_autofree char *folder = g_path_get_dirname(item->paths[0]);
  g_autofree char *name = g_path_get_basename(item->paths[0]);
  char *dot = strrchr(name, '.');
  if (dot)
    *dot = '\0';
  if (!item->transcript && p->options->transcripts)
    item->transcript = beside(p->options->transcripts, name);
  if (!item->transcript)
    item->transcript = beside(folder, name);
}

// ---- the whole

static gboolean fill(Plan *p, GError **error) {
  const char *const monitor[] = {p->options->asterisk, NULL};
  const char *const *paths = p->options->asterisk ? monitor : p->options->paths;
  g_autoptr(GPtrArray) files = es_import_walk(paths, error);
  if (!files)
    return FALSE;
  add_files(p, files);
  if (p->options->asterisk && !use_asterisk(p, error))
    return FALSE;
  if (p->options->metadata && !use_metadata(p, error))
    return FALSE;
  if (p->options->metadata)
    tell_alone(p);
  for (guint i = 0; i < p->items->len; i++) {
    EsImportItem *item = p->items->pdata[i];
    if (!item->left)
      item->left = g_strdup(p->options->left);
    find_transcript(p, item);
    p->stats->bytes += item->bytes;
  }
  p->stats->files = p->items->len;
  return TRUE;
}

GPtrArray *es_import_plan(const EsImportOptions *options, const EsImportSink *sink, EsImportStats *stats,
                          GError **error) {
  g_autoptr(GTimeZone) zone = es_time_zone(options->timezone, error);
  if (!zone)
    return NULL;
  Plan plan = {.options = options, .sink = sink, .stats = stats, .zone = zone};
  plan.items = g_ptr_array_new_with_free_func(item_free);
  plan.by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  plan.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  gboolean ok = fill(&plan, error);
  g_hash_table_unref(plan.by_path);
  g_hash_table_unref(plan.by_name);
  if (!ok)
    g_clear_pointer(&plan.items, g_ptr_array_unref);
  return plan.items;
}
