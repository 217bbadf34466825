// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Exit statuses, ids, gap reasons: the small tables that everything else relies on.
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "earshot/common/ledger.h"

#include <errno.h>
#include <string.h>

static void test_exit_status(void) {
  static const struct {
    EsError code;
    int status;
  } cases[] = {{ES_ERROR_FAILED, 1},    {ES_ERROR_USAGE, 2},   {ES_ERROR_AMBIGUOUS, 2},
               {ES_ERROR_NOT_FOUND, 3}, {ES_ERROR_INVALID, 1}, {ES_ERROR_READ_ONLY, 1},
               {ES_ERROR_CHECK, 1}};
  g_assert_cmpint(es_error_exit_status(NULL), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = g_error_new_literal(ES_ERROR, cases[i].code, "x");
    g_assert_cmpint(es_error_exit_status(error), ==, cases[i].status);
  }
  g_autoptr(GError) other = g_error_new_literal(G_FILE_ERROR, (int)ES_ERROR_NOT_FOUND, "x");
  g_assert_cmpint(es_error_exit_status(other), ==, 1);
}

static void test_errno(void) {
  g_autoptr(GError) error = NULL;
  g_assert_false(es_set_errno(&error, ENOSPC, "writing %s", "a"));
  g_assert_error(error, ES_ERROR, ES_ERROR_NO_SPACE);
  g_assert_true(g_str_has_prefix(error->message, "writing a: "));
  g_assert_cmpint(es_error_from_errno(EROFS), ==, ES_ERROR_READ_ONLY);
}

static void test_id(void) {
  char a[ES_ID_SIZE], b[ES_ID_SIZE], later[ES_ID_SIZE];
  gint64 at = G_GINT64_CONSTANT(1795176185123456);
  es_id_new(at, a);
  es_id_new(at, b);
  es_id_new(at + 1000, later);
  g_assert_true(es_id_is_whole(a));
  g_assert_cmpstr(a, !=, b);
  g_assert_cmpstr(a, <, later);
  g_assert_cmpint(a[14], ==, '7');
  g_assert_nonnull(strchr("89ab", a[19]));
  g_autofree char *hex = g_strdup_printf("%.8s%.4s", a, a + 9);
  g_assert_cmpuint(g_ascii_strtoull(hex, NULL, 16), ==, 1795176185123u); // milliseconds, RFC 9562 section 5.7
  g_assert_cmpstr(es_id_short(a), ==, a + 28);
  g_assert_false(es_id_is_whole(a + 1));
}

static void test_gap_reason(void) {
  for (int i = ES_GAP_LOST; i < ES_GAP_REASONS; i++) {
    EsGapReason reason;
    g_assert_true(es_gap_reason_parse(es_gap_reason_name((EsGapReason)i), &reason));
    g_assert_cmpint(reason, ==, i);
  }
  EsGapReason reason;
  g_assert_false(es_gap_reason_parse("away", &reason));
  static const gboolean missing[] = {
      [ES_GAP_LOST] = TRUE,    [ES_GAP_LATE] = TRUE,  [ES_GAP_UNDECODABLE] = TRUE, [ES_GAP_MASKED] = FALSE,
      [ES_GAP_PAUSED] = FALSE, [ES_GAP_HOLD] = FALSE, [ES_GAP_DROPPED] = TRUE,     [ES_GAP_SILENT] = FALSE,
  };
  for (guint i = 0; i < G_N_ELEMENTS(missing); i++)
    g_assert_cmpint(es_gap_reason_is_missing((EsGapReason)i), ==, missing[i]);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/error/exit-status", test_exit_status);
  g_test_add_func("/error/errno", test_errno);
  g_test_add_func("/id", test_id);
  g_test_add_func("/ledger/gap-reason", test_gap_reason);
  return g_test_run();
}
