// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A spreadsheet's form: whatever it holds, what comes out is a whole rubric or a list of mistakes.
#include "earshot/qa/rubric.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autofree char *text = g_strndup((const char *)data, size);
  g_auto(GStrv) mistakes = NULL;
  const EsFormRubric form = {"form", "1", "Form", 80};
  g_autofree char *rubric = es_rubric_from_form("form.csv", text, &form, &mistakes, NULL);
  g_assert_true(!rubric || !mistakes);
  for (char **mistake = mistakes; mistake && *mistake; mistake++)
    g_assert_true(g_str_has_prefix(*mistake, "form.csv:"));
  g_autoptr(EsRubric) parsed = rubric ? es_rubric_parse("form", rubric, "ar", NULL) : NULL;
  if (parsed)
    g_assert_cmpuint(parsed->questions->len, >, 0);
  return 0;
}
