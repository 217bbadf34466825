// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The rubrics bundled with the program.
#include "earshot/qa/rubric.h"
#include "words.h"

static const char *const shipped[] = {"standard", "phone-manners", "angry-caller", NULL};

const char *const *es_rubric_shipped(void) {
  return shipped;
}

const char *es_rubric_shipped_text(const char *id) {
  if (!g_strv_contains(shipped, id))
    return NULL;
  g_autofree char *path = g_strdup_printf("/rubrics/%s.rubric", id);
  return es_qa_resource(path);
}
