// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads a playlist line by line: what begins in the first column is a call or, before the first call, a key;
// what is indented is text of the call above.
#include "earshot/qa/playlist.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <string.h>

#define MAX_ENTRIES 500

static void entry_free(gpointer data) {
  EsPlaylistEntry *entry = data;
  g_free(entry->id);
  g_free(entry->text);
  g_free(entry);
}

void es_playlist_free(EsPlaylist *playlist) {
  if (!playlist)
    return;
  g_free(playlist->name);
  g_free(playlist->title);
  g_free(playlist->text);
  g_ptr_array_unref(playlist->entries);
  g_free(playlist);
}

static gboolean wrong(const EsPlaylist *playlist, guint line, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
static gboolean wrong(const EsPlaylist *playlist, guint line, GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s:%u: %s", playlist->name, line, what);
  return FALSE;
}

// Several lines of text stay several lines.
static void append_text(char **text, const char *more) {
  char *joined = *text ? g_strconcat(*text, "\n", more, NULL) : g_strdup(more);
  g_free(*text);
  *text = joined;
}

static gboolean read_range(const EsPlaylist *playlist, EsPlaylistEntry *entry, const char *range,
                           GError **error) {
  g_autofree char *plain = g_strdup(range);
  char *dash = strpbrk(plain, "-");
  const char *end = dash ? dash + 1 : NULL;
  if (dash)
    *dash = '\0';
  if (!end || !es_duration_parse(plain, &entry->start_ms, NULL) ||
      !es_duration_parse(end, &entry->end_ms, NULL))
    return wrong(playlist, entry->line, error, _("“%s” is not like 1:05-1:40"), range);
  if (entry->end_ms <= entry->start_ms)
    return wrong(playlist, entry->line, error, _("%s ends before it begins"), range);
  return TRUE;
}

static gboolean add_entry(EsPlaylist *playlist, const char *text, guint line, GError **error) {
  EsPlaylistEntry *entry = g_new0(EsPlaylistEntry, 1);
  entry->line = line;
  entry->start_ms = entry->end_ms = ES_UNKNOWN;
  g_ptr_array_add(playlist->entries, entry);
  gsize length = strcspn(text, " \t");
  entry->id = g_strndup(text, length);
  g_autofree char *range = g_strstrip(g_strdup(text + length));
  if (playlist->entries->len > MAX_ENTRIES)
    return wrong(playlist, line, error, _("more than %d calls"), MAX_ENTRIES);
  return !*range || read_range(playlist, entry, range, error);
}

static gboolean take_line(EsPlaylist *playlist, const char *line, guint number, GError **error) {
  g_autofree char *text = g_strstrip(g_strdup(line));
  guint n = playlist->entries->len;
  if (!*text || *text == '#')
    return TRUE;
  if (g_ascii_isspace(*line) && n > 0) {
    append_text(&((EsPlaylistEntry *)g_ptr_array_index(playlist->entries, n - 1))->text, text);
    return TRUE;
  }
  if (g_ascii_isspace(*line))
    return wrong(playlist, number, error,
                 _("this text belongs to no call: a line with a call's id comes first"));
  if (n == 0 && g_str_has_prefix(text, "title:")) {
    g_free(playlist->title);
    playlist->title = g_strstrip(g_strdup(text + strlen("title:")));
  } else if (n == 0 && g_str_has_prefix(text, "text:")) {
    append_text(&playlist->text, g_strchug(text + strlen("text:")));
  } else {
    return add_entry(playlist, text, number, error);
  }
  return TRUE;
}

EsPlaylist *es_playlist_parse(const char *name, const char *text, GError **error) {
  g_autoptr(EsPlaylist) playlist = g_new0(EsPlaylist, 1);
  playlist->name = g_strdup(name);
  playlist->entries = g_ptr_array_new_with_free_func(entry_free);
  if (!g_utf8_validate(text, -1, NULL)) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not a text in UTF-8"), name);
    return NULL;
  }
  g_auto(GStrv) lines = g_strsplit(g_str_has_prefix(text, "\xEF\xBB\xBF") ? text + 3 : text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (!take_line(playlist, lines[i], i + 1, error))
      return NULL;
  if (playlist->entries->len > 0)
    return g_steal_pointer(&playlist);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: there is no call in it"), name);
  return NULL;
}
