// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The sheet of an interactive evaluation: what is understood, the total so far, the answers file in the end.
#include "score-sheet.h"

#include <math.h>

static const char rubric_json[] =
    "{\"id\":\"r\",\"version\":\"2\",\"sections\":[{\"name\":\"a\",\"weight\":1},{\"name\":\"b\",\"weight\":"
    "3}],"
    "\"questions\":["
    "{\"name\":\"hello\",\"section\":\"a\",\"weight\":1,\"na\":false,\"critical\":null,\"options\":["
    "{\"value\":\"yes\",\"label\":\"نعم\",\"score\":1},{\"value\":\"no\",\"label\":\"لا\",\"score\":0}]},"
    "{\"name\":\"warm\",\"section\":\"b\",\"weight\":1,\"na\":true,\"critical\":null,\"options\":["
    "{\"value\":\"0\",\"label\":\"cold\",\"score\":0},{\"value\":\"1\",\"label\":\"polite\",\"score\":0.5},"
    "{\"value\":\"2\",\"label\":\"warm\",\"score\":1}]},"
    "{\"name\":\"safe\",\"section\":\"b\",\"weight\":1,\"na\":true,\"critical\":\"compliance\",\"options\":["
    "{\"value\":\"broken\",\"label\":\"\",\"score\":0},{\"value\":\"kept\",\"label\":\"\",\"score\":1}]}]}";

static JsonObject *load_rubric(void) {
  g_autoptr(JsonNode) node = json_from_string(rubric_json, NULL);
  return json_node_dup_object(node);
}

static void test_walk(void) {
  // typed, what it is, the question after it, total so far (-1: none yet)
  static const struct {
    const char *typed;
    EsSheetAct act;
    guint at;
    double total;
  } steps[] = {
      {"", ES_SHEET_REFUSED, 0, -1},
      {"na", ES_SHEET_REFUSED, 0, -1},
      {"3", ES_SHEET_REFUSED, 0, -1},
      {"?", ES_SHEET_GUIDANCE, 0, -1},
      {"b", ES_SHEET_BACK, 0, -1},
      {"@1:05 spoke over the caller", ES_SHEET_COMMENTED, 0, -1},
      {"@ fine = on the whole", ES_SHEET_COMMENTED, 0, -1},
      {"@soon text", ES_SHEET_REFUSED, 0, -1},
      {"@1:31 after the recording", ES_SHEET_REFUSED, 0, -1}, // the whole work would be refused in the end
      {"1", ES_SHEET_REFUSED, 0, -1},                         // neither yes nor no
      {"@1:05", ES_SHEET_REFUSED, 0, -1},
      {"y # after a while", ES_SHEET_ANSWERED, 1, 100},
      {"back", ES_SHEET_BACK, 0, 100},
      {"لا", ES_SHEET_ANSWERED, 1, 0},
      {"٢", ES_SHEET_ANSWERED, 2, 75},
      {"b", ES_SHEET_ANSWERED, 3, 37.5}, // "broken": an answer goes before a command
      {"b", ES_SHEET_BACK, 2, 37.5},
      {"2", ES_SHEET_ANSWERED, 3, 75}, // the second option, kept
      {"b", ES_SHEET_BACK, 2, 75},
      {"n/a", ES_SHEET_ANSWERED, 3, 75},
      {"rubbish", ES_SHEET_REFUSED, 3, 75},
      {"q", ES_SHEET_QUIT, 3, 75},
  };
  g_autoptr(JsonObject) rubric = load_rubric();
  g_autoptr(EsSheet) sheet = es_sheet_new(rubric, 2, 90000);
  for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
    g_autofree char *problem = NULL;
    g_test_message("%s", steps[i].typed);
    EsSheetAct act = es_sheet_read(sheet, steps[i].typed, &problem);
    g_assert_cmpint(act, ==, steps[i].act);
    g_assert_cmpuint(es_sheet_at(sheet), ==, steps[i].at);
    g_assert_true((problem != NULL) == (act == ES_SHEET_REFUSED));
    double total = es_sheet_total(sheet);
    if (steps[i].total < 0)
      g_assert_true(isnan(total));
    else
      g_assert_cmpfloat_with_epsilon(total, steps[i].total, 1e-9);
  }
  g_autofree char *text = es_sheet_text(sheet);
  g_assert_cmpstr(
      text, ==,
      "[evaluation]\nrubric=r\nversion=2\nsegment=2\n[answers]\nhello=no\nwarm=2\nsafe=na\n[notes]\n"
      "[comments]\n1:05=spoke over the caller\ncall=fine = on the whole\n");
}

static void test_critical(void) {
  g_autoptr(JsonObject) rubric = load_rubric();
  g_autoptr(EsSheet) sheet = es_sheet_new(rubric, -1, 90000);
  g_autofree char *problem = NULL;
  es_sheet_read(sheet, "yes", &problem);
  es_sheet_read(sheet, "2", &problem);
  g_assert_false(es_sheet_critical_failed(sheet));
  es_sheet_read(sheet, "broken # told the balance", &problem);
  g_assert_true(es_sheet_critical_failed(sheet));
  g_assert_cmpfloat_with_epsilon(es_sheet_total(sheet), 62.5, 1e-9);
  g_autofree char *text = es_sheet_text(sheet);
  g_assert_nonnull(strstr(text, "[notes]\nsafe=told the balance\n"));
  g_assert_null(strstr(text, "segment"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/sheet/walk", test_walk);
  g_test_add_func("/cli/sheet/critical", test_critical);
  return g_test_run();
}
