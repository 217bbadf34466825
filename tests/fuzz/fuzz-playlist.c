// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/clock.h"
#include "earshot/qa/playlist.h"
#include "fuzz.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autofree char *text = g_strndup((const char *)data, size);
  g_autoptr(EsPlaylist) playlist = es_playlist_parse("week.txt", text, NULL);
  for (guint i = 0; playlist && i < playlist->entries->len; i++) {
    const EsPlaylistEntry *entry = g_ptr_array_index(playlist->entries, i);
    g_assert_true(*entry->id && !strpbrk(entry->id, " \t\n"));
    g_assert_true(entry->start_ms == ES_UNKNOWN ? entry->end_ms == ES_UNKNOWN
                                                : entry->start_ms < entry->end_ms);
  }
  return 0;
}
