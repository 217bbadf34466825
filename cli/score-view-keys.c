// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The keys of the evaluator's screen as they stand at its bottom and on its page of help.
#include "earshot/common/i18n.h"
#include "score-view-parts.h"
#include "text.h"

#define QUESTION (1 << ES_VIEW_QUESTION)
#define LOOK (1 << ES_VIEW_LOOK)
#define HELP (1 << ES_VIEW_HELP)
#define KEY_COLUMN 2
#define TEXT_COLUMN 22

// row: of the bottom. arabic: what the same keys give with an Arabic layout; NULL where they are the same.
// brief: at the bottom, by importance; NULL: on the page of help alone.
static const struct {
  guint row;
  const char *keys, *arabic, *brief, *text;
  guint modes;
  gboolean sound; // only of use where there is something to play
} keys[] = {
    {1, "?", "؟", N_("help"), N_("this page"), QUESTION | LOOK, FALSE},
    {0, "space", NULL, N_("play"), N_("play, pause"), QUESTION, TRUE},
    {0, "← →", NULL, N_("5 s"), N_("5 seconds back, forward (also , and .)"), QUESTION, TRUE},
    {0, "+ -", NULL, N_("speed"), N_("faster, slower"), QUESTION, TRUE},
    {0, "t r", "ف ق", N_("marks"), N_("to the next talk-over, dead air or gap; to the one before"), QUESTION,
     TRUE},
    {0, "c", "ؤ", N_("comment"), N_("comment on this moment"), QUESTION, TRUE},
    {0, "w", "ص", N_("on the call"), N_("comment on the whole call"), QUESTION, FALSE},
    {0, "l", "م", N_("listen"), N_("hear it in a browser or player on your own desk"), QUESTION, TRUE},
    {1, "y n 0-9", "غ ى", N_("answer"), N_("answer with the key in front of it"), QUESTION, FALSE},
    {1, "a", "ش", N_("N/A"), N_("the question does not apply"), QUESTION, FALSE},
    {1, "f", "ب", N_("finish"), N_("a last look, then store the evaluation"), QUESTION, FALSE},
    {1, "q", "ض", N_("quit"), N_("leave; asks what becomes of the draft"), QUESTION | LOOK, FALSE},
    {1, "↑ ↓", NULL, N_("move"), N_("the question before, the next one (also b for back, Enter)"), QUESTION,
     FALSE},
    {1, "e", "ث", NULL, N_("change or remove the last comment"), QUESTION, FALSE},
    {1, "m", "ة", N_("note"), N_("note behind this answer"), QUESTION, FALSE},
    {1, "i", "ه", N_("guidance"), N_("show or hide the guidance"), QUESTION, FALSE},
    {1, "j", "ت", N_("go to"), N_("go to a question by its number"), QUESTION | LOOK, FALSE},
    {1, "s", "س", N_("save"), N_("save the draft (it is saved after each answer, too)"), QUESTION, FALSE},
    {1, "Enter", NULL, N_("store"), N_("in the last look: store the evaluation"), LOOK, FALSE},
    {1, "↑ ↓", NULL, N_("scroll"), NULL, LOOK | HELP, FALSE},
    {1, "b", "لا", N_("back"), NULL, LOOK | HELP, FALSE},
};

static const char *key_text(const char *text, const EsScreen *screen) {
  if (screen->utf8)
    return text;
  return g_str_equal(text, "← →") ? "left right" : g_str_equal(text, "↑ ↓") ? "up down" : text;
}

static gboolean is_shown(const EsScoreView *view, gsize i, guint n) {
  return keys[i].row == n && keys[i].brief != NULL && (keys[i].modes & (1u << view->mode)) &&
         (!keys[i].sound || view->audio);
}

static void add_key(EsRow *row, const EsScreen *screen, gsize i) {
  es_row_pad(row, row->cells > 0 ? row->cells + 2 : 1);
  es_row_add(row, screen, ES_STYLE_HEADING, key_text(keys[i].keys, screen));
  es_row_pad(row, row->cells + 1);
  es_row_add(row, screen, ES_STYLE_DIM, _(keys[i].brief));
}

// By importance as far as there is room; shown in the table's order all the same.
static void add_key_row(GPtrArray *rows, const EsScoreView *view, guint n) {
  gboolean fits[G_N_ELEMENTS(keys)] = {FALSE};
  int used = 1;
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (!is_shown(view, i, n))
      continue;
    int cells = es_text_width(key_text(keys[i].keys, &view->screen)) + es_text_width(_(keys[i].brief)) + 3;
    fits[i] = used + cells - 2 <= view->screen.width;
    used += fits[i] ? cells : 0;
  }
  EsRow *row = es_rows_add(rows);
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
    if (fits[i])
      add_key(row, &view->screen, i);
}

void es_view_add_keys(GPtrArray *rows, const EsScoreView *view, guint n_rows) {
  if (n_rows > 1 && view->mode == ES_VIEW_QUESTION)
    add_key_row(rows, view, 0);
  add_key_row(rows, view, 1);
}

GPtrArray *es_view_help_rows(const EsScreen *screen) {
  GPtrArray *rows = es_rows_new();
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (keys[i].text == NULL)
      continue;
    EsRow *row = es_rows_add(rows);
    es_row_pad(row, KEY_COLUMN);
    es_row_add(row, screen, ES_STYLE_HEADING, key_text(keys[i].keys, screen));
    if (keys[i].arabic != NULL && screen->utf8) {
      es_row_pad(row, KEY_COLUMN + 10);
      es_row_add(row, screen, ES_STYLE_HEADING, keys[i].arabic);
    }
    es_row_pad(row, TEXT_COLUMN);
    es_rows_go_on(rows, screen, ES_STYLE_NONE, _(keys[i].text));
  }
  es_rows_add(rows);
  es_rows_add_wrapped(
      rows, screen, ES_STYLE_DIM, KEY_COLUMN, screen->width - 1,
      _("With an Arabic keyboard the same keys do the same. What you answer and write is kept "
        "at once; earshot score on the same call goes on where you were."));
  return rows;
}
