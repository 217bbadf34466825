// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// record.pcap, its configuration, and what it leaves in the audit trail.
#include "earshot/capture/capture.h"
#include "earshot/common/error.h"
#include "fixture.h"

#include <string.h>

// The configuration that library.init writes names every key as a comment; without the "#" it must be
// accepted.
static void test_default_config(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *path = g_build_filename(f->library, "earshot.conf", NULL);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_autoptr(GRegex) commented = g_regex_new("^#(?=[a-z_]+=|\\[)", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *active = g_regex_replace(commented, text, -1, 0, "", 0, NULL);
  g_assert_cmpstr(active, !=, text);
  g_autoptr(GError) error = NULL;
  const char *const texts[] = {text, active};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(EsConfig) config = es_config_parse("earshot.conf", texts[i], -1, &error);
    g_assert_no_error(error);
    g_assert_true(es_capture_check_config(config, &error));
    g_assert_no_error(error);
  }
  g_autoptr(EsConfig) config = es_config_parse("earshot.conf", active, -1, NULL);
  g_assert_true(es_config_has(config, "record", "talk_over"));
  g_assert_true(es_config_has(config, "prompt recording", "given"));
}

static void test_wrong_config(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *path = g_build_filename(f->library, "earshot.conf", NULL);
  g_autofree char *wanted = g_strdup_printf("%s:2: [record] complexity: ", path);
  g_assert_true(g_file_set_contents(path, "[record]\ncomplexity=11\n", -1, NULL));
  fixture_fail(f, "record.pcap", "{\"files\":[\"/nonexistent.pcap\"]}", ES_ERROR_INVALID, wanted);
}

static void test_no_file(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_assert_false(fixture_call(f, "record.pcap", "{\"files\":[\"/nonexistent.pcap\"]}"));
  g_assert_nonnull(strstr(f->error->message, "/nonexistent.pcap"));
  g_assert_cmpint(es_error_exit_status(f->error), ==, 1);
  g_autofree char *audit = fixture_sql(
      f, "SELECT operation, instr(result, 'nonexistent') > 0 FROM audit ORDER BY id DESC LIMIT 1");
  g_assert_cmpstr(audit, ==, "record.pcap|1");
}

static void test_no_interface(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_assert_false(fixture_call(f, "record.live", "{\"interface\":\"no such one\"}"));
  g_assert_nonnull(strstr(f->error->message, "no such one"));
  g_assert_cmpint(es_error_exit_status(f->error), ==, 1);
  g_autofree char *audit = fixture_sql(f, "SELECT operation FROM audit ORDER BY id DESC LIMIT 1");
  g_assert_cmpstr(audit, ==, "record.live");
}

// An empty capture: a pcap header (version 2.4, Ethernet) and nothing else.
static void test_empty_capture(void) {
  static const guint8 header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2,    0,    4, 0, 0, 0, 0, 0,
                                    0,    0,    0,    0,    0xff, 0xff, 0, 0, 1, 0, 0, 0};
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *path = g_build_filename(f->root, "empty.pcap", NULL);
  g_autofree char *params = g_strdup_printf("{\"files\":[\"%s\"]}", path);
  g_assert_true(g_file_set_contents(path, (const char *)header, sizeof header, NULL));
  g_assert_true(fixture_call(f, "record.pcap", params));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 0);
  guint done = 0, n = json_array_get_length(f->progress);
  for (guint i = 0; i < n; i++)
    done += json_object_get_boolean_member(json_array_get_object_element(f->progress, i), "done");
  g_assert_cmpuint(done, ==, 1);
  JsonObject *last = json_array_get_object_element(f->progress, n - 1);
  g_assert_true(json_object_get_boolean_member(last, "done"));
  g_assert_cmpint(json_object_get_int_member(last, "packets"), ==, 0);
  g_assert_true(json_object_get_null_member(last, "capture_time"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/record/default-config", test_default_config);
  g_test_add_func("/record/wrong-config", test_wrong_config);
  g_test_add_func("/record/no-file", test_no_file);
  g_test_add_func("/record/no-interface", test_no_interface);
  g_test_add_func("/record/empty-capture", test_empty_capture);
  return g_test_run();
}
