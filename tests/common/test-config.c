// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/config.h"
#include "earshot/common/error.h"

#include <glib/gstdio.h>
#include <string.h>

static void test_values(void) {
  static const char text[] = "\xef\xbb\xbf# comment\r\n"
                             "[record]\r\n"
                             "  bitrate = 24000\r\n"
                             "complexity=٥\r\n"
                             "headers= X-Consent ; P-Consent;;\r\n"
                             "again=Yes\r\n"
                             "window=1m30s\r\n"
                             "empty=\r\n"
                             "[question greeting]\r\n"
                             "text=Did the agent greet?\r\n"
                             "text[ar]=هل رحّب الموظف؟"; // no line feed at the end
  g_autoptr(GError) error = NULL;
  g_autoptr(EsConfig) c = es_config_parse("t.conf", text, -1, &error);
  g_assert_no_error(error);
  gint64 n;
  gboolean yes;
  g_assert_true(es_config_int(c, "record", "bitrate", 1, 0, 100000, &n, &error));
  g_assert_cmpint(n, ==, 24000);
  g_assert_true(es_config_int(c, "record", "complexity", 1, 0, 10, &n, &error));
  g_assert_cmpint(n, ==, 5);
  g_assert_true(es_config_int(c, "record", "absent", 7, 0, 1, &n, &error));
  g_assert_cmpint(n, ==, 7);
  g_assert_true(es_config_bool(c, "record", "again", FALSE, &yes, &error));
  g_assert_true(yes);
  g_assert_true(es_config_duration_ms(c, "record", "window", 1, &n, &error));
  g_assert_cmpint(n, ==, 90000);
  g_auto(GStrv) headers = NULL;
  g_assert_true(es_config_list(c, "record", "headers", &headers, &error));
  g_assert_cmpuint(g_strv_length(headers), ==, 2);
  g_assert_cmpstr(headers[1], ==, "P-Consent");
  g_autofree char *empty = NULL, *fallback = NULL;
  g_assert_true(es_config_string(c, "record", "empty", "x", &empty, &error));
  g_assert_cmpstr(empty, ==, "");
  g_assert_true(es_config_string(c, "none", "none", "x", &fallback, &error));
  g_assert_cmpstr(fallback, ==, "x");
  g_assert_cmpuint(es_config_line(c, "record", "bitrate"), ==, 3);
  g_assert_cmpuint(es_config_line(c, "question greeting", NULL), ==, 9);
  g_assert_cmpuint(es_config_line(c, "question greeting", "text[ar]"), ==, 11);
  g_assert_cmpuint(es_config_line(c, "record", "absent"), ==, 0);
}

static void test_localised(void) {
  g_autoptr(EsConfig) c = es_config_parse("t", "[q]\ntext=plain\ntext[ar]=عربي\nonly[ar]=فقط\n", -1, NULL);
  static const struct {
    const char *key, *language, *want;
  } cases[] = {{"text", "ar", "عربي"},  {"text", "ar_EG", "عربي"}, {"text", "en", "plain"},
               {"text", NULL, "plain"}, {"only", "ar", "فقط"},     {"only", "en", NULL},
               {"none", "ar", NULL}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *got = es_config_localised(c, "q", cases[i].key, cases[i].language);
    g_assert_cmpstr(got, ==, cases[i].want);
  }
}

static void test_lists_of_names(void) {
  g_autoptr(EsConfig) c = es_config_parse("t", "[a]\nx=1\ny=2\n[b]\n", -1, NULL);
  g_auto(GStrv) groups = es_config_groups(c), keys = es_config_keys(c, "a"), none = es_config_keys(c, "z");
  g_assert_cmpuint(g_strv_length(groups), ==, 2);
  g_assert_cmpstr(keys[1], ==, "y");
  g_assert_cmpuint(g_strv_length(none), ==, 0);
}

static void test_refused(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"[a]\nx=1\n\n# x\n x = 2\n", "t.conf:5: [a] x: this key was already set on line 2"},
      {"[a]\nx[ar]=1\nx[ar]=2\n", "t.conf:3: [a] x[ar]: this key was already set on line 2"},
      {"[a]\n[b]\n[a]\n", "t.conf:3: [a]: this group was already on line 1"},
      {"\nx=1\n", "t.conf:2: "},
      {"[a]\nno value\n", "t.conf:2: "},
      {"[a\n", "t.conf:1: "},
      {"[]\n", "t.conf:1: "},
      {"[a] b\n", "t.conf:1: "},
      {"[a]\n=1\n", "t.conf:2: "},
      {"[a]\nx=\xff\n", "t.conf:2: "},
      {"[a]\nx[=1\n", "t.conf: "}, // GKeyFile refuses it and knows no line
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(es_config_parse("t.conf", cases[i].text, -1, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    g_test_message("%s", error->message);
    g_assert_true(g_str_has_prefix(error->message, cases[i].message));
  }
  g_autoptr(GError) error = NULL;
  g_assert_null(es_config_parse("t.conf", "[a]\nx=\0\n", 8, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
}

static void assert_wrong(gboolean ok, GError **error, const char *prefix) {
  g_assert_false(ok);
  g_assert_error(*error, ES_ERROR, ES_ERROR_INVALID);
  g_assert_true(g_str_has_prefix((*error)->message, prefix));
  g_clear_error(error);
}

static void test_wrong_values(void) {
  g_autoptr(EsConfig) c =
      es_config_parse("t.conf", "[record]\nn=11\nm=1x\nb=maybe\nd=soon\ns=a\\q\n", -1, NULL);
  g_autoptr(GError) error = NULL;
  gint64 n = 0;
  gboolean b;
  g_autofree char *s = NULL;
  g_auto(GStrv) list = NULL;
  assert_wrong(es_config_int(c, "record", "n", 3, 0, 10, &n, &error), &error, "t.conf:2: [record] n: “11”");
  g_assert_cmpint(n, ==, 3);
  assert_wrong(es_config_int(c, "record", "m", 3, 0, 10, &n, &error), &error, "t.conf:3: [record] m: “1x”");
  assert_wrong(es_config_bool(c, "record", "b", TRUE, &b, &error), &error, "t.conf:4: [record] b: “maybe”");
  assert_wrong(es_config_duration_ms(c, "record", "d", 3, &n, &error), &error,
               "t.conf:5: [record] d: “soon”");
  assert_wrong(es_config_string(c, "record", "s", NULL, &s, &error), &error, "t.conf:6: [record] s: ");
  assert_wrong(es_config_list(c, "record", "s", &list, &error), &error, "t.conf:6: [record] s: ");
  assert_wrong(es_config_error(c, &error, "prompt x", NULL, "%s", "y"), &error, "t.conf: [prompt x]: y");
}

static void test_load(void) {
  g_autoptr(GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp("earshot-config-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(dir, "earshot.conf", NULL);
  g_autoptr(EsConfig) none = es_config_load(path, &error);
  g_assert_no_error(error);
  g_assert_false(es_config_has(none, "a", "x"));
  g_assert_true(g_file_set_contents(path, "[a]\nx=1\n", -1, NULL));
  g_autoptr(EsConfig) some = es_config_load(path, &error);
  g_assert_no_error(error);
  g_assert_true(es_config_has(some, "a", "x"));
  g_assert_cmpstr(es_config_name(some), ==, path);
  g_assert_null(es_config_load(dir, &error)); // a directory
  g_assert_error(error, ES_ERROR, ES_ERROR_IO);
  g_clear_error(&error);
  g_assert_null(es_config_load("/dev/zero", &error)); // endless
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_unlink(path);
  g_rmdir(dir);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/config/values", test_values);
  g_test_add_func("/config/localised", test_localised);
  g_test_add_func("/config/names", test_lists_of_names);
  g_test_add_func("/config/refused", test_refused);
  g_test_add_func("/config/wrong-values", test_wrong_values);
  g_test_add_func("/config/load", test_load);
  return g_test_run();
}
