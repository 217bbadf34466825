// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Asking for the answers of an evaluation (see score-dialogue.h).
#include "score-dialogue.h"
#include "earshot/common/i18n.h"
#include "earshot/common/score.h"
#include "terms.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 3

// A line of standard input without its end; NULL at the end of input. Caller frees.
static char *ask(const char *prompt) {
  char *line = NULL;
  size_t size = 0;
  fputs(prompt, stdout);
  fflush(stdout);
  ssize_t length = getline(&line, &size, stdin);
  g_autofree char *text = length >= 0 ? g_utf8_make_valid(line, length) : NULL;
  free(line);
  return text != NULL ? g_strdup(g_strchomp(text)) : NULL;
}

static void print_options(JsonObject *question) {
  JsonArray *options = es_reply_array(question, "options");
  for (guint i = 0; i < json_array_get_length(options); i++) {
    JsonObject *option = es_reply_object_at(options, i);
    const char *label = es_reply_text(option, "label");
    g_autofree char *key = es_sheet_key(question, i);
    g_autofree char *clean = es_text_clean(label != NULL ? label : es_reply_text(option, "value"));
    printf("   %4s  %s\n", key, clean);
  }
  if (es_reply_true(question, "na"))
    printf("   %4s  %s\n", "na", _("does not apply"));
}

static void print_guidance(JsonObject *question, const EsScreen *screen) {
  g_autofree char *guidance = es_text_clean(es_reply_text(question, "guidance"));
  es_screen_print(screen, *guidance != '\0' ? guidance : _("There is no guidance for this question."), INDENT,
                  INDENT);
}

static void print_question(const EsSheet *sheet, const EsScreen *screen) {
  guint at = es_sheet_at(sheet);
  JsonObject *question = es_sheet_question(sheet, at);
  g_autofree char *section = es_text_clean(es_sheet_section(sheet, at));
  g_autofree char *text = es_text_clean(es_reply_text(question, "text"));
  const char *critical = es_reply_text(question, "critical");
  printf("\n%s%u/%u  %s", es_screen_begin(screen, ES_STYLE_DIM), at + 1, es_sheet_count(sheet), section);
  if (critical != NULL)
    printf(_("  (critical: %s)"), es_term(critical));
  printf("%s\n%s", es_screen_end(screen, ES_STYLE_DIM), es_screen_begin(screen, ES_STYLE_HEADING));
  es_screen_print(screen, text, INDENT, INDENT);
  fputs(es_screen_end(screen, ES_STYLE_HEADING), stdout);
  print_guidance(question, screen);
  print_options(question);
  if (es_sheet_answer(sheet, at) != NULL)
    printf(_("   (answered before: %s)\n"), es_sheet_answer(sheet, at));
}

static void print_total(const EsSheet *sheet) {
  double total = es_sheet_total(sheet);
  if (isnan(total))
    return;
  g_autofree char *text = es_score_format(total);
  printf(_("   total so far: %s"), text);
  if (es_sheet_critical_failed(sheet))
    fputs(_("; a critical question failed, so it will count as 0"), stdout);
  putchar('\n');
}

static gboolean is_yes(const char *text) {
  return g_ascii_strcasecmp(text, "y") == 0 || g_ascii_strcasecmp(text, "yes") == 0 ||
         strcmp(text, _("yes")) == 0 || strcmp(text, "نعم") == 0;
}

static void respond(const EsSheet *sheet, const EsScreen *screen, EsSheetAct act, const char *problem) {
  guint at = MIN(es_sheet_at(sheet), es_sheet_count(sheet) - 1);
  if (act == ES_SHEET_ANSWERED || act == ES_SHEET_BACK)
    print_total(sheet);
  else if (act == ES_SHEET_GUIDANCE)
    print_guidance(es_sheet_question(sheet, at), screen);
  else if (act == ES_SHEET_COMMENTED)
    printf("   %s\n", _("noted"));
  else if (problem != NULL) {
    g_autofree char *clean = es_text_clean(problem); // it quotes what was typed
    printf("   %s\n", clean);
  }
}

EsDialogueEnd es_score_dialogue(EsSheet *sheet, const EsScreen *screen, void (*keep)(gpointer user_data),
                                gpointer user_data) {
  EsSheetAct act = ES_SHEET_ANSWERED;
  for (;;) {
    gboolean complete = es_sheet_at(sheet) == es_sheet_count(sheet);
    if (!complete && (act == ES_SHEET_ANSWERED || act == ES_SHEET_BACK))
      print_question(sheet, screen);
    g_autofree char *line = ask(complete ? _("Store this evaluation? (yes, b, q) ") : "> ");
    g_autofree char *problem = NULL;
    if (line == NULL)
      return ES_DIALOGUE_ENDED;
    if (complete && is_yes(g_strstrip(line)))
      return ES_DIALOGUE_DONE;
    act = es_sheet_read(sheet, line, &problem);
    if (act == ES_SHEET_QUIT)
      return ES_DIALOGUE_QUIT;
    if (act == ES_SHEET_ANSWERED || act == ES_SHEET_COMMENTED)
      keep(user_data);
    respond(sheet, screen, act, problem);
  }
}
