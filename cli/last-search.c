// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Memory of the last search (see last-search.h).
#include "last-search.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *state_path(void) {
  return g_build_filename(g_get_user_state_dir(), "earshot", "last-search", NULL);
}

// Whole or not at all for whoever reads it, but without waiting for the disk: after a loss of power nobody
// asks for @3.
static void replace(const char *path, const GString *text) {
  g_autofree char *draft = g_strdup_printf("%s.%d", path, (int)getpid());
  if (!g_file_set_contents_full(draft, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL) ||
      g_rename(draft, path) != 0)
    g_unlink(draft);
}

void es_last_search_remember(const char *library, const GPtrArray *ids) {
  g_autofree char *path = state_path();
  g_autofree char *directory = g_path_get_dirname(path);
  g_autoptr(GString) text = g_string_new(library);
  g_string_append_c(text, '\n');
  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf(text, "%s\n", (const char *)g_ptr_array_index(ids, i));
  if (g_mkdir_with_parents(directory, 0700) == 0)
    replace(path, text);
}

static gboolean read_number(const char *word, guint64 *number, GError **error) {
  g_autofree char *digits = es_digits_to_ascii(word + 1);
  if (g_ascii_string_to_unsigned(digits, 10, 1, G_MAXUINT32, number, NULL))
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("“%s”: after @ comes the number of a row"), word);
  return FALSE;
}

char *es_last_search_resolve(const char *library, const char *word, GError **error) {
  if (word[0] != '@')
    return es_digits_to_ascii(word);
  guint64 number = 0;
  g_autofree char *path = state_path();
  g_autofree char *text = NULL;
  if (!read_number(word, &number, error))
    return NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL) || !*text) { // or a disk that lost it
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("%s: there has been no search yet"), word);
    return NULL;
  }
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  if (strcmp(lines[0], library) != 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s: the last search was in the library %s"), word,
                lines[0]);
    return NULL;
  }
  guint64 rows = g_strv_length(lines) - 1;
  if (rows > 0 && *lines[rows] == '\0')
    rows--;
  if (number <= rows && es_id_is_whole(lines[number]))
    return g_strdup(lines[number]);
  g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND,
              ngettext_("%s: the last search gave %d row", "%s: the last search gave %d rows", (gulong)rows),
              word, (int)rows);
  return NULL;
}
