// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot.conf: the parser, every key that capture reads, and the lines that errors name.
#include <string.h>

#include "earshot/capture/capture.h"
#include "fuzz.h"

static void check_groups(const EsConfig *config) {
  g_auto(GStrv) groups = es_config_groups(config);
  for (char **group = groups; *group; group++) {
    g_assert_cmpuint(es_config_line(config, *group, NULL), >, 0);
    g_auto(GStrv) keys = es_config_keys(config, *group);
    for (char **key = keys; *key; key++) {
      gint64 number;
      g_autofree char *text = NULL;
      g_assert_true(es_config_has(config, *group, *key));
      es_config_string(config, *group, *key, NULL, &text, NULL);
      es_config_duration_ms(config, *group, *key, 0, &number, NULL);
      es_config_int(config, *group, *key, 0, -5, 5, &number, NULL);
    }
  }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(GError) error = NULL, wrong = NULL;
  g_autoptr(EsConfig) config = es_config_parse("a.conf", (const char *)data, (gssize)size, &error);
  g_assert_true((config == NULL) == (error != NULL));
  if (error)
    g_assert_true(g_str_has_prefix(error->message, "a.conf:"));
  if (!config)
    return 0;
  check_groups(config);
  gboolean good = es_capture_check_config(config, &wrong);
  g_assert_true(good == (wrong == NULL));
  if (wrong) {
    g_assert_true(g_str_has_prefix(wrong->message, "a.conf:"));
    g_assert_true(g_utf8_validate(wrong->message, -1, NULL));
  }
  return 0;
}
