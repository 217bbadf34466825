// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Sound files of other systems: opening, reading, what is wrong with them. The first byte chooses the ending.
#include <glib/gstdio.h>
#include <unistd.h>

#include "fuzz.h"
#include "sound-file.h"

static char *path_for(guint8 choice) {
  static const char *const endings[] = {"wav", "gsm", "g722", "ulaw", "ogg", "flac"};
  return g_strdup_printf("%s/earshot-fuzz-%d.%s", g_get_tmp_dir(), (int)getpid(),
                         endings[choice % G_N_ELEMENTS(endings)]);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  gint16 samples[2 * 1024];
  if (size < 1)
    return 0;
  g_autofree char *path = path_for(data[0]), *detail = NULL;
  g_assert_true(g_file_set_contents(path, (const char *)data + 1, (gssize)size - 1, NULL));
  EsSoundFile *file = es_sound_file_open(path, NULL);
  gsize got = 1;
  for (guint blocks = 0; file && got > 0 && blocks < 1000; blocks++) {
    got = es_sound_file_read(file, samples, 1024);
    g_assert_true(got <= 1024);
  }
  if (file) {
    EsSoundFacts facts = {0};
    es_sound_file_problem(file, &detail);
    es_sound_file_facts(file, &facts);
    g_assert_true(!facts.date || g_utf8_validate(facts.date, -1, NULL));
    g_free(facts.date);
    g_free(facts.format);
  }
  es_sound_file_close(file);
  g_unlink(path);
  return 0;
}
