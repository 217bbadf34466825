// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Facts, sound, total and typing on the evaluator's screen (see score-view-parts.h).
#include "score-view-parts.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/common/score.h"
#include "format.h"
#include "terms.h"
#include "text.h"

#include <math.h>
#include <string.h>

#define MOST_ANSWER_CELLS 16
#define NARROW 100 // cells, below which the year makes room for the agent's name

static void add_known(EsRow *row, const EsScreen *screen, EsStyle style, const char *text) {
  if (text == NULL || *text == '\0')
    return;
  es_row_pad(row, row->cells > 0 ? row->cells + 2 : 1);
  es_row_add(row, screen, style, text);
}

// Who called whom, when, how long; at the right how far the list is.
static void add_parties(GPtrArray *rows, const EsScoreView *view) {
  gboolean narrow = view->screen.width < NARROW;
  g_autofree char *started =
      narrow ? es_format_minute_short(view->call, "started_at") : es_format_minute(view->call, "started_at");
  g_autofree char *caller = es_format_party(view->call, "caller");
  g_autofree char *agent = es_format_agent(view->call);
  g_autofree char *queue = es_format_last_segment(view->call, "queue");
  g_autofree char *length = es_format_length(view->call, "duration_ms");
  int reserved = view->work != NULL ? es_text_width(view->work) + 2 : 0;
  EsScreen left = view->screen;
  left.width = MAX(left.width - reserved, 20);
  EsRow *row = es_rows_add(rows);
  add_known(row, &left, ES_STYLE_HEADING, started);
  add_known(row, &left, ES_STYLE_HEADING, caller);
  add_known(row, &left, ES_STYLE_NONE, left.utf8 ? "→" : "->");
  add_known(row, &left, ES_STYLE_HEADING, agent != NULL && *agent != '\0' ? agent : _("unknown"));
  add_known(row, &left, ES_STYLE_NONE, queue);
  add_known(row, &left, ES_STYLE_NONE, length);
  if (view->work == NULL)
    return;
  es_row_pad(row, view->screen.width - reserved + 2);
  es_row_add(row, &view->screen, ES_STYLE_DIM, view->work);
}

static void add_state(GPtrArray *rows, const EsScoreView *view) {
  const char *consent = es_reply_text(view->call, "consent_state");
  g_autofree char *outcome = es_format_outcome(view->call);
  g_autofree char *text = g_strdup_printf(_("consent: %s"), es_term_consent(consent));
  EsRow *row = es_rows_add(rows);
  add_known(row, &view->screen, ES_STYLE_DIM, es_reply_text(view->rubric, "title"));
  add_known(row, &view->screen, es_style_consent(consent), text);
  add_known(row, &view->screen, es_style_outcome(view->call), outcome);
  JsonArray *evaluations = es_reply_array(view->call, "evaluations");
  guint n = json_array_get_length(evaluations);
  if (n == 0)
    return;
  JsonObject *last = es_reply_object_at(evaluations, n - 1);
  g_autofree char *score = es_format_score(last, "score");
  g_autofree char *before = g_strdup_printf(_("judged before: %s by %s"), *score != '\0' ? score : "–",
                                            es_reply_text(last, "evaluator"));
  add_known(row, &view->screen, ES_STYLE_CAUTION, before);
}

void es_view_add_facts(GPtrArray *rows, const EsScoreView *view, gboolean all) {
  add_parties(rows, view);
  if (all)
    add_state(rows, view);
}

void es_view_add_transport(GPtrArray *rows, const EsScoreView *view) {
  g_autofree char *length = es_format_length(view->call, "audio_ms");
  g_autofree char *position = es_duration_format(view->position_ms, FALSE);
  const char *sign = view->screen.utf8 ? (view->playing ? "▶" : "‖") : view->playing ? ">" : "=";
  EsRow *row = es_rows_add(rows);
  es_row_pad(row, 2);
  es_row_printf(row, &view->screen, view->playing ? ES_STYLE_GOOD : ES_STYLE_NONE, "%s %s", sign,
                view->playing ? _("playing") : _("paused"));
  add_known(row, &view->screen, ES_STYLE_HEADING, position);
  es_row_printf(row, &view->screen, ES_STYLE_DIM, " / %s", length);
  if (view->speed != 1)
    es_row_printf(row, &view->screen, ES_STYLE_CAUTION, "  ×%g", view->speed);
  if (view->url != NULL)
    add_known(row, &view->screen, ES_STYLE_NONE, view->url);
}

void es_view_add_total(GPtrArray *rows, const EsScoreView *view) {
  double total = es_sheet_total(view->sheet);
  guint answered = es_sheet_answered(view->sheet), count = es_sheet_count(view->sheet);
  guint comments = es_sheet_comments(view->sheet);
  g_autofree char *figure = isnan(total) ? g_strdup(view->screen.utf8 ? "–" : "-") : es_score_format(total);
  EsRow *row = es_rows_add(rows);
  es_row_pad(row, 1);
  es_row_printf(row, &view->screen, ES_STYLE_HEADING, _("total so far: %s"), figure);
  es_row_pad(row, row->cells + 3);
  es_row_printf(row, &view->screen, answered == count ? ES_STYLE_GOOD : ES_STYLE_NONE,
                _("answered: %u of %u"), answered, count);
  if (comments > 0) {
    es_row_pad(row, row->cells + 3);
    es_row_printf(row, &view->screen, ES_STYLE_NONE, _("comments: %u"), comments);
  }
  if (es_sheet_critical_failed(view->sheet)) {
    es_row_pad(row, row->cells + 3);
    es_row_add(row, &view->screen, ES_STYLE_BAD, _("critical failure: it will count as 0"));
  }
}

static int edit_room(const EsScoreView *view) {
  return MAX(view->screen.width - es_text_width(view->prompt) - 3, 8);
}

void es_view_add_prompt(GPtrArray *rows, const EsScoreView *view) {
  EsRow *row = es_rows_add(rows);
  es_row_pad(row, 1);
  if (view->prompt == NULL) {
    es_row_add(row, &view->screen, ES_STYLE_CAUTION, view->message);
    return;
  }
  es_row_add(row, &view->screen, ES_STYLE_CAUTION, view->prompt);
  es_row_pad(row, row->cells + 1);
  if (view->edit == NULL)
    return;
  int cursor;
  g_autofree char *window = es_line_edit_window(view->edit, edit_room(view), &cursor);
  es_row_add(row, &view->screen, ES_STYLE_HEADING, window);
}

void es_view_place_cursor(const EsScoreView *view, int prompt_row, int *row, int *column) {
  int cursor;
  g_free(es_line_edit_window(view->edit, edit_room(view), &cursor));
  *row = MAX(prompt_row, 0);
  *column = MIN(es_text_width(view->prompt) + 2 + cursor, view->screen.width - 1);
}

// ---- answers in the list

char *es_view_answer_text(const EsSheet *sheet, guint i) {
  const char *answer = es_sheet_answer(sheet, i);
  if (answer == NULL)
    return g_strdup("·");
  if (strcmp(answer, "na") == 0)
    return g_strdup(_("does not apply"));
  JsonArray *options = es_reply_array(es_sheet_question(sheet, i), "options");
  const char *label = NULL;
  for (guint o = 0; o < json_array_get_length(options); o++) {
    JsonObject *option = es_reply_object_at(options, o);
    if (g_strcmp0(es_reply_text(option, "value"), answer) == 0)
      label = es_reply_text(option, "label");
  }
  g_autofree char *clean = es_text_clean(label != NULL && *label != '\0' ? label : answer);
  return es_text_cut(clean, MOST_ANSWER_CELLS, "…");
}

EsStyle es_view_answer_style(const EsSheet *sheet, guint i) {
  return es_sheet_answer(sheet, i) == NULL ? ES_STYLE_CAUTION : ES_STYLE_GOOD;
}
