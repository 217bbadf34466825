// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A rubric on the terminal (see rubric-text.h).
#include "rubric-text.h"
#include "earshot/common/i18n.h"
#include "terms.h"
#include "text.h"

#include <string.h>

static void print_options(JsonObject *question) {
  JsonArray *options = es_reply_array(question, "options");
  for (guint i = 0; i < json_array_get_length(options); i++) {
    JsonObject *option = es_reply_object_at(options, i);
    g_autofree char *value = es_text_clean(es_reply_text(option, "value"));
    g_autofree char *label = es_text_clean(es_reply_text(option, "label"));
    printf("        %s = %s\n", value, label);
  }
  if (es_reply_true(question, "na"))
    printf("        na = %s\n", _("does not apply"));
}

static void print_question(JsonObject *question) {
  g_autofree char *name = es_text_clean(es_reply_text(question, "name"));
  g_autofree char *text = es_text_clean(es_reply_text(question, "text"));
  g_autofree char *guidance = es_text_clean(es_reply_text(question, "guidance"));
  const char *critical = es_reply_text(question, "critical");
  printf("  %s: %s\n", name, text);
  if (*guidance != '\0')
    printf("      %s\n", guidance);
  g_autofree char *weight = g_strdup_printf("%g", es_reply_number(question, "weight"));
  printf(_("      weight %s"), weight);
  if (critical != NULL)
    printf(_(", critical (%s)"), es_term(critical));
  putchar('\n');
  print_options(question);
}

static void print_section(JsonObject *rubric, JsonObject *section, const EsScreen *screen) {
  const char *name = es_reply_text(section, "name");
  g_autofree char *title = es_text_clean(es_reply_text(section, "title"));
  g_autofree char *weight = g_strdup_printf("%g", es_reply_number(section, "weight"));
  printf("\n%s%s%s  ", es_screen_begin(screen, ES_STYLE_HEADING), title,
         es_screen_end(screen, ES_STYLE_HEADING));
  printf(_("(weight %s)\n"), weight);
  JsonArray *questions = es_reply_array(rubric, "questions");
  for (guint i = 0; i < json_array_get_length(questions); i++) {
    JsonObject *question = es_reply_object_at(questions, i);
    if (g_strcmp0(es_reply_text(question, "section"), name) == 0)
      print_question(question);
  }
}

void es_rubric_print(JsonObject *rubric, const EsScreen *screen) {
  g_autofree char *title = es_text_clean(es_reply_text(rubric, "title"));
  g_autofree char *id = es_text_clean(es_reply_text(rubric, "id"));
  g_autofree char *version = es_text_clean(es_reply_text(rubric, "version"));
  g_autofree char *description = es_text_clean(es_reply_text(rubric, "description"));
  printf("%s%s%s  (%s %s)\n", es_screen_begin(screen, ES_STYLE_HEADING), title,
         es_screen_end(screen, ES_STYLE_HEADING), id, version);
  if (*description != '\0')
    printf("%s\n", description);
  printf(_("Passed from %g percent.\n"), es_reply_number(rubric, "pass_percent"));
  JsonArray *sections = es_reply_array(rubric, "sections");
  for (guint i = 0; i < json_array_get_length(sections); i++)
    print_section(rubric, es_reply_object_at(sections, i), screen);
}
