// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The evaluator's screen as rows (see score-view.h): on top who called whom and the time line, below what is
// asked, at the bottom the total and the keys. When it does not fit, it is put together again with less:
// first the air goes, then the picture shrinks to the bar of the position, then the facts, then the guidance,
// and on the smallest screens everything but the question.
#include "score-view.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/common/score.h"
#include "format.h"
#include "picture.h"
#include "row.h"
#include "score-view-parts.h"
#include "terms.h"
#include "text.h"

#include <math.h>
#include <string.h>

#define INDENT 2
#define LEVELS 6 // of doing without
#define WIDE 110 // cells from which the list of questions stands beside
#define LIST_WIDTH 44
#define LEAST_BODY 3 // rows of the question that always stay

// ---- what is asked

static gboolean is_number(const char *text) {
  return text != NULL && *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static const char *value_of(JsonObject *question, guint option) {
  return es_reply_text(es_reply_object_at(es_reply_array(question, "options"), option), "value");
}

static gboolean is_value(JsonObject *question, const char *text) {
  for (guint i = 0; i < json_array_get_length(es_reply_array(question, "options")); i++)
    if (g_strcmp0(value_of(question, i), text) == 0)
      return TRUE;
  return FALSE;
}

// The key that an option's value gives; NULL if it gives none.
static const char *own_key(const char *value) {
  if (is_number(value))
    return value;
  return g_strcmp0(value, "yes") == 0 ? "y" : g_strcmp0(value, "no") == 0 ? "n" : NULL;
}

char *es_view_key(JsonObject *question, guint option) {
  const char *own = own_key(value_of(question, option));
  g_autofree char *key = NULL;
  guint number = 0;
  if (own != NULL)
    return g_strdup(own);
  for (guint i = 0; i <= option; i++) {
    if (own_key(value_of(question, i)) != NULL)
      continue;
    number = MAX(number, i);
    do {
      g_free(key);
      key = g_strdup_printf("%u", ++number);
    } while (is_value(question, key));
  }
  return g_steal_pointer(&key);
}

static void add_option(GPtrArray *rows, const EsScoreView *view, int level, const char *key,
                       const char *label, gboolean chosen) {
  EsRow *row = es_rows_add(rows);
  EsStyle style = chosen ? ES_STYLE_GOOD : ES_STYLE_NONE;
  es_row_pad(row, INDENT);
  es_row_add(row, &view->screen, style, !chosen ? " " : view->screen.utf8 ? "●" : "*");
  es_row_pad(row, INDENT + 2 + MAX(2 - es_text_width(key), 0));
  es_row_add(row, &view->screen, ES_STYLE_HEADING, key);
  es_row_pad(row, INDENT + 6);
  if (level < 4)
    es_rows_go_on(rows, &view->screen, style, label);
  else
    es_row_add(row, &view->screen, style, label);
}

static void add_options(GPtrArray *rows, const EsScoreView *view, int level, guint at) {
  JsonObject *question = es_sheet_question(view->sheet, at);
  JsonArray *options = es_reply_array(question, "options");
  const char *answer = es_sheet_answer(view->sheet, at);
  for (guint i = 0; i < json_array_get_length(options); i++) {
    JsonObject *option = es_reply_object_at(options, i);
    const char *label = es_reply_text(option, "label"), *value = es_reply_text(option, "value");
    g_autofree char *key = es_view_key(question, i);
    add_option(rows, view, level, key, label != NULL && *label != '\0' ? label : value,
               g_strcmp0(answer, value) == 0);
  }
  if (es_reply_true(question, "na"))
    add_option(rows, view, level, "a", _("does not apply"), g_strcmp0(answer, "na") == 0);
  if (*es_sheet_note(view->sheet, at) != '\0') {
    g_autofree char *note = g_strdup_printf(_("note: %s"), es_sheet_note(view->sheet, at));
    es_rows_add_wrapped(rows, &view->screen, ES_STYLE_DIM, INDENT + 6, view->screen.width, note);
  }
}

static void add_question(GPtrArray *rows, const EsScoreView *view, int level) {
  guint at = es_sheet_at(view->sheet);
  JsonObject *question = es_sheet_question(view->sheet, at);
  const char *critical = es_reply_text(question, "critical"), *guidance = es_reply_text(question, "guidance");
  EsRow *row = es_rows_add(rows);
  es_row_printf(row, &view->screen, ES_STYLE_DIM, " %u/%u  ", at + 1, es_sheet_count(view->sheet));
  es_row_add(row, &view->screen, ES_STYLE_DIM, es_sheet_section(view->sheet, at));
  if (critical != NULL)
    es_row_printf(row, &view->screen, ES_STYLE_CAUTION, _("  (critical: %s)"), es_term(critical));
  es_rows_add_wrapped(rows, &view->screen, ES_STYLE_HEADING, INDENT, view->screen.width,
                      es_reply_text(question, "text"));
  if (view->guidance && level < 4 && guidance != NULL && *guidance != '\0')
    es_rows_add_wrapped(rows, &view->screen, ES_STYLE_NONE, INDENT, view->screen.width, guidance);
  if (level == 0)
    es_rows_add(rows);
  add_options(rows, view, level, at);
}

// ---- every answer

static void add_list_row(GPtrArray *rows, const EsScoreView *view, guint i) {
  JsonObject *question = es_sheet_question(view->sheet, i);
  g_autofree char *answer = es_view_answer_text(view->sheet, i);
  gboolean here = i == es_sheet_at(view->sheet);
  int room = view->screen.width - es_text_width(answer) - 1;
  EsRow *row = es_rows_add(rows);
  EsScreen left = view->screen;
  left.width = MAX(room - 1, 10);
  es_row_printf(row, &left, here ? ES_STYLE_HEADING : ES_STYLE_NONE, "%s%2u ", here ? ">" : " ", i + 1);
  es_row_add(row, &left, here ? ES_STYLE_HEADING : ES_STYLE_NONE, es_reply_text(question, "text"));
  es_row_pad(row, room);
  es_row_add(row, &view->screen, es_view_answer_style(view->sheet, i), answer);
}

static void add_comments(GPtrArray *rows, const EsScoreView *view) {
  for (guint i = 0; i < es_sheet_comments(view->sheet); i++) {
    gint64 at_ms;
    const char *text = es_sheet_comment(view->sheet, i, &at_ms);
    g_autofree char *at = at_ms == ES_UNKNOWN ? g_strdup(_("whole call")) : es_duration_format(at_ms, FALSE);
    EsRow *row = es_rows_add(rows);
    es_row_pad(row, 1);
    es_row_add(row, &view->screen, ES_STYLE_DIM, at);
    es_row_pad(row, row->cells + 2);
    es_row_add(row, &view->screen, ES_STYLE_NONE, text);
  }
}

// Sections, questions and answers; what does not fit is left out around the present question.
static GPtrArray *list_rows(const EsScoreView *view) {
  GPtrArray *rows = es_rows_new();
  const char *section = NULL;
  for (guint i = 0; i < es_sheet_count(view->sheet); i++) {
    const char *title = es_sheet_section(view->sheet, i);
    if (g_strcmp0(section, title) != 0)
      es_row_printf(es_rows_add(rows), &view->screen, ES_STYLE_DIM, " %s", title);
    section = title;
    add_list_row(rows, view, i);
    if (view->mode == ES_VIEW_LOOK && *es_sheet_note(view->sheet, i) != '\0')
      es_rows_add_wrapped(rows, &view->screen, ES_STYLE_DIM, 4, view->screen.width,
                          es_sheet_note(view->sheet, i));
  }
  if (es_sheet_comments(view->sheet) > 0)
    es_row_printf(es_rows_add(rows), &view->screen, ES_STYLE_DIM, " %s", _("Comments"));
  add_comments(rows, view);
  return rows;
}

static void keep_window(GPtrArray *rows, guint first, guint count) {
  first = MIN(first, rows->len > count ? rows->len - count : 0);
  if (first > 0)
    g_ptr_array_remove_range(rows, 0, first);
  if (rows->len > count)
    g_ptr_array_remove_range(rows, count, rows->len - count);
}

// Left and right beside each other.
static void join(GPtrArray *left, const GPtrArray *right, int column, const EsScreen *screen) {
  while (left->len < right->len)
    es_rows_add(left);
  for (guint i = 0; i < left->len; i++) {
    EsRow *row = g_ptr_array_index(left, i);
    const EsRow *other = i < right->len ? g_ptr_array_index(right, i) : NULL;
    es_row_pad(row, column - 2);
    es_row_add_drawn(row, screen->utf8 ? "│ " : "| ", 2);
    if (other != NULL)
      es_row_add_drawn(row, other->text->str, other->cells);
  }
}

static void add_body(GPtrArray *rows, const EsScoreView *view, int level, guint room) {
  gboolean wide = view->screen.width >= WIDE && view->mode == ES_VIEW_QUESTION;
  EsScoreView left = *view;
  g_autoptr(GPtrArray) body = NULL;
  if (wide)
    left.screen.width -= LIST_WIDTH + 2;
  if (view->mode == ES_VIEW_HELP)
    body = es_view_help_rows(&view->screen);
  else if (view->mode == ES_VIEW_LOOK)
    body = list_rows(view);
  else
    add_question(body = es_rows_new(), &left, level);
  if (wide) {
    EsScoreView right = *view;
    right.screen.width = LIST_WIDTH;
    g_autoptr(GPtrArray) list = list_rows(&right);
    guint at = es_sheet_at(view->sheet);
    keep_window(list, at > room / 2 ? at - room / 2 : 0, room);
    join(body, list, view->screen.width - LIST_WIDTH, &view->screen);
  }
  if (view->mode != ES_VIEW_QUESTION)
    keep_window(body, view->scroll, room);
  while (body->len > 0)
    g_ptr_array_add(rows, g_ptr_array_steal_index(body, 0));
}

// ---- the whole

static void add_rule(GPtrArray *rows, const EsScreen *screen) {
  EsRow *row = es_rows_add(rows);
  g_string_append(row->text, es_screen_begin(screen, ES_STYLE_DIM));
  for (; row->cells < screen->width; row->cells++)
    g_string_append(row->text, screen->utf8 ? "─" : "-");
  g_string_append(row->text, es_screen_end(screen, ES_STYLE_DIM));
}

static void add_picture(GPtrArray *rows, const EsScoreView *view, int level) {
  if (!view->audio)
    return;
  g_autofree char *picture = es_picture_draw_at(view->call, view->position_ms, level < 2, &view->screen);
  g_auto(GStrv) lines = g_strsplit(picture, "\n", -1);
  for (char **line = lines; *line != NULL && **line != '\0'; line++)
    es_row_add_drawn(es_rows_add(rows), *line, view->screen.width);
  es_view_add_transport(rows, view);
}

static GPtrArray *compose(const EsScoreView *view, int level, guint *n_bottom) {
  GPtrArray *rows = es_rows_new();
  g_autoptr(GPtrArray) bottom = es_rows_new();
  if (level < 5)
    es_view_add_facts(rows, view, level < 3);
  if (level < 5 && view->mode == ES_VIEW_QUESTION) {
    add_picture(rows, view, level);
    add_rule(rows, &view->screen);
  }
  add_rule(bottom, &view->screen);
  es_view_add_total(bottom, view);
  es_view_add_prompt(bottom, view);
  es_view_add_keys(bottom, view, level < 4 ? 2 : 1);
  *n_bottom = bottom->len;
  int room = view->rows - (int)rows->len - (int)bottom->len;
  add_body(rows, view, level, (guint)MAX(room, LEAST_BODY));
  while (level == 0 && (int)(rows->len + bottom->len) < view->rows)
    es_rows_add(rows);
  while (bottom->len > 0)
    g_ptr_array_add(rows, g_ptr_array_steal_index(bottom, 0));
  return rows;
}

// What is still too much goes from the end of the question, and last from the top.
static void cut(GPtrArray *rows, guint height, guint n_bottom) {
  if (rows->len <= height)
    return;
  guint excess = rows->len - height;
  guint last = rows->len - MIN(n_bottom, rows->len);
  guint from = last > excess ? last - excess : 0;
  g_ptr_array_remove_range(rows, from, MIN(excess, rows->len - from));
}

GPtrArray *es_score_view_draw(const EsScoreView *view, int *row, int *column) {
  g_autoptr(GPtrArray) rows = NULL;
  guint n_bottom = 0;
  for (int level = 0; level < LEVELS; level++) {
    g_clear_pointer(&rows, g_ptr_array_unref);
    rows = compose(view, level, &n_bottom);
    if ((int)rows->len <= view->rows)
      break;
  }
  cut(rows, (guint)view->rows, n_bottom);
  *row = -1;
  *column = 0;
  if (view->edit != NULL)
    es_view_place_cursor(view, (int)rows->len - (int)n_bottom + 2, row, column);
  GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < rows->len; i++)
    g_ptr_array_add(texts, g_strdup(((EsRow *)g_ptr_array_index(rows, i))->text->str));
  return texts;
}
