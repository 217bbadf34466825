// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Drawing a time line (see picture.h). A cell stands for an equal share of the recording. Missing audio marks
// every cell it touches, however short it is, since it must not be overlooked; speech marks a cell by how
// much of it is filled.
#include "picture.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/common/ledger.h"
#include "terms.h"
#include "text.h"

#include <string.h>

#define DEFAULT_WIDTH 100
#define MOST_CELLS 160
#define LEAST_CELLS 20
#define LEAST_LABEL_SPACE 9 // cells from one label of the scale to the next

typedef enum { CELL_SILENT, CELL_SOME, CELL_MOST, CELL_AWAY, CELL_MISSING, N_CELLS } Cell;

static const char *const unicode_cells[N_CELLS] = {"·", "▄", "█", "░", "╳"};
static const char *const ascii_cells[N_CELLS] = {".", "+", "#", "~", "X"};

typedef struct {
  gint64 total_ms;
  int cells;
  int label_width;
  const EsScreen *screen;
} Scale;

static gint64 cell_start(const Scale *scale, int cell) {
  return scale->total_ms * cell / scale->cells;
}

// Last cell that an interval ending there touches.
static int cell_of(const Scale *scale, gint64 at_ms) {
  gint64 cell = CLAMP(at_ms, 0, scale->total_ms - 1) * scale->cells / scale->total_ms;
  return (int)CLAMP(cell, 0, scale->cells - 1);
}

static gint64 overlap_ms(const EsInterval *interval, gint64 start_ms, gint64 end_ms) {
  return MAX(0, MIN(interval->end_ms, end_ms) - MAX(interval->start_ms, start_ms));
}

static void mark(const Scale *scale, const EsInterval *interval, Cell value, guint8 *cells) {
  if (interval->end_ms <= 0 || interval->start_ms >= scale->total_ms)
    return;
  for (int c = cell_of(scale, interval->start_ms); c <= cell_of(scale, interval->end_ms - 1); c++)
    cells[c] = MAX(cells[c], value);
}

static void mark_speech(const Scale *scale, const GArray *speech, guint8 *cells) {
  g_autofree gint64 *filled_ms = g_new0(gint64, scale->cells);
  for (guint i = 0; i < speech->len; i++) {
    const EsInterval *interval = &g_array_index(speech, EsInterval, i);
    if (interval->end_ms <= 0 || interval->start_ms >= scale->total_ms)
      continue;
    for (int c = cell_of(scale, interval->start_ms); c <= cell_of(scale, interval->end_ms - 1); c++)
      filled_ms[c] += overlap_ms(interval, cell_start(scale, c), cell_start(scale, c + 1));
  }
  for (int c = 0; c < scale->cells; c++) {
    gint64 length_ms = MAX(cell_start(scale, c + 1) - cell_start(scale, c), 1);
    if (filled_ms[c] * 2 >= length_ms)
      cells[c] = CELL_MOST;
    else if (filled_ms[c] * 10 >= length_ms)
      cells[c] = CELL_SOME;
  }
}

static void mark_gaps(const Scale *scale, JsonObject *call, guint leg, guint8 *cells) {
  JsonArray *gaps = es_reply_array(call, "gaps");
  for (guint i = 0; i < json_array_get_length(gaps); i++) {
    JsonObject *gap = es_reply_object_at(gaps, i);
    EsGapReason reason;
    if (es_reply_int(gap, "leg") != leg || es_reply_text(gap, "reason") == NULL ||
        !es_gap_reason_parse(es_reply_text(gap, "reason"), &reason) || reason == ES_GAP_SILENT)
      continue;
    gint64 start_ms = es_reply_int(gap, "start_ms");
    EsInterval interval = {start_ms, start_ms + MAX(es_reply_int(gap, "length_ms"), 1)};
    mark(scale, &interval, es_gap_reason_is_missing(reason) ? CELL_MISSING : CELL_AWAY, cells);
  }
}

static void append_label(GString *out, const Scale *scale, const char *label) {
  g_string_append(out, "  ");
  es_text_append_padded(out, label, scale->label_width, FALSE, scale->screen->isolate);
  g_string_append(out, "  ");
}

static void append_cells(GString *out, const Scale *scale, const guint8 *cells) {
  const char *const *glyphs = scale->screen->utf8 ? unicode_cells : ascii_cells;
  for (int c = 0; c < scale->cells; c++) {
    EsStyle style = cells[c] == CELL_MISSING ? ES_STYLE_BAD : ES_STYLE_NONE;
    g_string_append(out, es_screen_begin(scale->screen, style));
    g_string_append(out, glyphs[cells[c]]);
    g_string_append(out, es_screen_end(scale->screen, style));
  }
  g_string_append_c(out, '\n');
}

char *es_picture_leg_name(JsonObject *call, guint leg) {
  JsonObject *object = es_reply_object_at(es_reply_array(call, "legs"), leg);
  const char *role = object != NULL ? es_reply_text(object, "role") : NULL;
  if (role != NULL && *role != '\0')
    return es_text_clean(es_term(role));
  return g_strdup_printf(_("leg %u"), leg + 1);
}

static void append_leg(GString *out, const Scale *scale, JsonObject *call, guint leg) {
  g_autofree guint8 *cells = g_new0(guint8, scale->cells);
  g_autofree char *name = es_picture_leg_name(call, leg);
  g_autoptr(GArray) speech =
      es_reply_intervals(es_reply_object_at(es_reply_array(call, "legs"), leg), "speech");
  mark_speech(scale, speech, cells);
  mark_gaps(scale, call, leg, cells);
  append_label(out, scale, name);
  append_cells(out, scale, cells);
}

// A row that is blank but where something happened; left out when it never did.
static void append_marks(GString *out, const Scale *scale, const char *label, const GArray *intervals) {
  if (intervals->len == 0)
    return;
  g_autofree guint8 *cells = g_new0(guint8, scale->cells);
  for (guint i = 0; i < intervals->len; i++)
    mark(scale, &g_array_index(intervals, EsInterval, i), CELL_SOME, cells);
  append_label(out, scale, label);
  int last = 0;
  for (int c = 0; c < scale->cells; c++)
    last = cells[c] ? c : last;
  for (int c = 0; c <= last; c++)
    g_string_append(out, !cells[c] ? " " : scale->screen->utf8 ? "▔" : "=");
  g_string_append_c(out, '\n');
}

static gint64 scale_step_ms(const Scale *scale) {
  static const gint64 steps_s[] = {1,   2,   5,   10,   15,   30,   60,    120,
                                   300, 600, 900, 1800, 3600, 7200, 14400, 43200};
  for (gsize i = 0; i < G_N_ELEMENTS(steps_s); i++)
    if (steps_s[i] * 1000 * scale->cells >= scale->total_ms * LEAST_LABEL_SPACE)
      return steps_s[i] * 1000;
  return scale->total_ms;
}

static void append_scale(GString *out, const Scale *scale) {
  g_autoptr(GString) line = g_string_new(NULL);
  gint64 step_ms = scale_step_ms(scale);
  for (gint64 at_ms = 0; at_ms < scale->total_ms; at_ms += step_ms) {
    g_autofree char *label = es_duration_format(at_ms, FALSE);
    int cell = cell_of(scale, at_ms);
    if (cell + 1 + (int)strlen(label) > scale->cells)
      break; // a label that would run over the edge
    while ((int)line->len < cell)
      g_string_append_c(line, ' ');
    g_string_append_printf(line, "|%s", label);
  }
  append_label(out, scale, "");
  g_string_append(out, line->str);
  g_string_append_c(out, '\n');
}

static void append_legend(GString *out, const Scale *scale) {
  const char *const *glyphs = scale->screen->utf8 ? unicode_cells : ascii_cells;
  const char *const words[N_CELLS] = {[CELL_MOST] = _("speech"),
                                      [CELL_SOME] = _("a little"),
                                      [CELL_SILENT] = _("silence"),
                                      [CELL_MISSING] = _("audio missing"),
                                      [CELL_AWAY] = _("hold or taken out")};
  static const Cell order[N_CELLS] = {CELL_MOST, CELL_SOME, CELL_SILENT, CELL_MISSING, CELL_AWAY};
  int used = 0;
  append_label(out, scale, "");
  for (gsize i = 0; i < N_CELLS; i++) {
    g_autofree char *entry = g_strdup_printf("%s %s", glyphs[order[i]], words[order[i]]);
    int width = es_text_width(entry);
    if (i > 0 && used + 3 + width > scale->cells) {
      g_string_append_c(out, '\n');
      append_label(out, scale, "");
      used = 0;
    } else if (i > 0) {
      g_string_append(out, "   ");
      used += 3;
    }
    g_string_append(out, entry);
    used += width;
  }
  g_string_append_c(out, '\n');
}

static void append_interval(GArray *list, gint64 start_ms, gint64 end_ms) {
  EsInterval interval = {MAX(start_ms, 0), end_ms};
  if (interval.end_ms > interval.start_ms)
    g_array_append_val(list, interval);
}

GArray *es_picture_hold(JsonObject *call) {
  GArray *hold = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  JsonArray *events = es_reply_array(call, "events");
  gint64 offset_ms = MAX(es_reply_int(call, "audio_offset_ms"), 0);
  gint64 since_ms = ES_UNKNOWN;
  for (guint i = 0; i < json_array_get_length(events); i++) {
    JsonObject *event = es_reply_object_at(events, i);
    const char *kind = es_reply_text(event, "kind");
    gint64 at_ms = MAX(es_reply_int(event, "at_ms") - offset_ms, 0);
    if (g_strcmp0(kind, "hold") == 0 && since_ms == ES_UNKNOWN)
      since_ms = at_ms;
    else if (g_strcmp0(kind, "resume") == 0 && since_ms != ES_UNKNOWN) {
      append_interval(hold, since_ms, at_ms);
      since_ms = ES_UNKNOWN;
    }
  }
  if (since_ms != ES_UNKNOWN)
    append_interval(hold, since_ms, es_reply_int(call, "audio_ms"));
  return hold;
}

static int widest_label(JsonObject *call, guint n_legs) {
  int width = MAX(es_text_width(_("talk-over")), es_text_width(_("dead air")));
  width = MAX(width, es_text_width(_("hold")));
  for (guint leg = 0; leg < n_legs; leg++) {
    g_autofree char *name = es_picture_leg_name(call, leg);
    width = MAX(width, es_text_width(name));
  }
  return width;
}

static gboolean make_scale(Scale *scale, JsonObject *call, const EsScreen *screen) {
  guint n_legs = json_array_get_length(es_reply_array(call, "legs"));
  *scale = (Scale){.total_ms = es_reply_int(call, "audio_ms"), .screen = screen};
  if (scale->total_ms <= 0 || n_legs == 0)
    return FALSE;
  scale->label_width = widest_label(call, n_legs);
  int room = (screen->width > 0 ? screen->width : DEFAULT_WIDTH) - scale->label_width - 5;
  scale->cells = CLAMP(room, LEAST_CELLS, MOST_CELLS);
  return TRUE;
}

static void append_rows(GString *out, const Scale *scale, JsonObject *call) {
  g_autoptr(GArray) talk_over = es_reply_intervals(call, "talk_over");
  g_autoptr(GArray) dead_air = es_reply_intervals(call, "dead_air");
  g_autoptr(GArray) hold = es_picture_hold(call);
  guint n_legs = json_array_get_length(es_reply_array(call, "legs"));
  for (guint leg = 0; leg < n_legs; leg++)
    append_leg(out, scale, call, leg);
  append_marks(out, scale, _("talk-over"), talk_over);
  append_marks(out, scale, _("dead air"), dead_air);
  append_marks(out, scale, _("hold"), hold);
  append_scale(out, scale);
}

char *es_picture_draw(JsonObject *call, const EsScreen *screen) {
  Scale scale;
  if (!make_scale(&scale, call, screen))
    return g_strdup("");
  GString *out = g_string_new(NULL);
  append_rows(out, &scale, call);
  append_legend(out, &scale);
  return g_string_free(out, FALSE);
}

static void append_position(GString *out, const Scale *scale, gint64 position_ms) {
  static const char *const unicode_bar[] = {"━", "●", "─"}, *const ascii_bar[] = {"=", "O", "-"};
  const char *const *bar = scale->screen->utf8 ? unicode_bar : ascii_bar;
  g_autofree char *label = es_duration_format(MAX(position_ms, 0), FALSE);
  int at = cell_of(scale, position_ms);
  append_label(out, scale, label);
  g_string_append(out, es_screen_begin(scale->screen, ES_STYLE_GOOD));
  for (int c = 0; c < at; c++)
    g_string_append(out, bar[0]);
  g_string_append(out, bar[1]);
  g_string_append(out, es_screen_end(scale->screen, ES_STYLE_GOOD));
  for (int c = at + 1; c < scale->cells; c++)
    g_string_append(out, bar[2]);
  g_string_append_c(out, '\n');
}

char *es_picture_draw_at(JsonObject *call, gint64 position_ms, gboolean marks, const EsScreen *screen) {
  Scale scale;
  if (!make_scale(&scale, call, screen))
    return g_strdup("");
  GString *out = g_string_new(NULL);
  if (marks)
    append_rows(out, &scale, call);
  append_position(out, &scale, position_ms);
  return g_string_free(out, FALSE);
}
