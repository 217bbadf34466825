// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The group [record] as people write it.
#include <math.h>

#include "earshot/encode/recording.h"

static const struct {
  const char *text;
  double silence_db; // NAN: refused
} cases[] = {
    {"", -60},           {"silence=off", 0},      {"silence=-60dB", -60}, {"silence=-55.5", -55.5},
    {"silence=", NAN},   {"silence=-90 dB", -90}, {"silence=-50db", -50}, {"silence=-٦٥dB", -65},
    {"silence=0", NAN},  {"silence=60dB", NAN},   {"silence=-49dB", NAN}, {"silence=-91dB", NAN},
    {"silence=on", NAN}, {"silence=-60V", NAN},   {"silence=nan", NAN},   {"silence=-60dB!", NAN},
};

static void test_silence(void) {
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("[record]\n%s\n", cases[i].text);
    g_autoptr(EsConfig) config = es_config_parse("earshot.conf", text, -1, &error);
    g_assert_no_error(error);
    EsRecordingSettings settings;
    es_recording_settings_init(&settings);
    gboolean read = es_recording_settings_read(&settings, config, &error);
    g_assert_cmpint(read, ==, !isnan(cases[i].silence_db));
    if (read)
      g_assert_cmpfloat(settings.silence_db, ==, cases[i].silence_db);
    else
      g_assert_true(g_str_has_prefix(error->message, "earshot.conf:2: [record] silence: "));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/settings/silence", test_silence);
  return g_test_run();
}
