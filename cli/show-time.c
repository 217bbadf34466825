// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The time line of a call: picture, gaps, events, segments (see show.h).
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/common/ledger.h"
#include "format.h"
#include "picture.h"
#include "show.h"
#include "table.h"
#include "terms.h"
#include "text.h"

#define SHORT_LIST 20

static const EsColumn gap_columns[] = {{N_("leg"), FALSE, 0, 0},
                                       {N_("from"), TRUE, 0, 0},
                                       {N_("length"), TRUE, 0, 0},
                                       {N_("reason"), FALSE, 0, 0}};

static void print_rest(guint shown, guint total) {
  if (shown < total)
    printf(ngettext_("  and %u more (--all lists it)\n", "  and %u more (--all lists them)\n", total - shown),
           total - shown);
}

static void print_gaps(JsonObject *row, const EsScreen *screen, gboolean all) {
  JsonArray *gaps = es_reply_array(row, "gaps");
  guint total = json_array_get_length(gaps), shown = all ? total : MIN(total, SHORT_LIST);
  if (total == 0)
    return;
  es_show_heading(_("Gaps"), screen);
  g_autoptr(EsTable) table = es_table_new(gap_columns, G_N_ELEMENTS(gap_columns), 2);
  for (guint i = 0; i < shown; i++) {
    JsonObject *gap = es_reply_object_at(gaps, i);
    gint64 leg = es_reply_int(gap, "leg");
    g_autofree char *name = leg >= 0 ? es_picture_leg_name(row, (guint)leg) : g_strdup("");
    g_autofree char *from = es_format_position(es_reply_int(gap, "start_ms"));
    es_table_row(table);
    es_table_cell(table, name, ES_STYLE_NONE);
    es_table_cell(table, from, ES_STYLE_NONE);
    es_table_cell_printf(table, ES_STYLE_NONE, _("%.2f s"), (double)es_reply_int(gap, "length_ms") / 1000);
    es_table_cell(table, es_term(es_reply_text(gap, "reason")), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
  print_rest(shown, total);
}

// "0:12.4-0:14.0, 1:05.0-1:06.2" on one line.
static void print_stretches(const char *label, const GArray *stretches, gboolean all) {
  guint shown = all ? stretches->len : MIN(stretches->len, SHORT_LIST);
  if (stretches->len == 0)
    return;
  printf("  %s:", label);
  for (guint i = 0; i < shown; i++) {
    const EsInterval *stretch = &g_array_index(stretches, EsInterval, i);
    g_autofree char *from = es_format_position(stretch->start_ms);
    g_autofree char *to = es_format_position(stretch->end_ms);
    printf("%s %s-%s", i > 0 ? "," : "", from, to);
  }
  putchar('\n');
  print_rest(shown, stretches->len);
}

static void print_picture(JsonObject *row, const EsScreen *screen, gboolean all) {
  g_autofree char *picture = es_picture_draw(row, screen);
  if (*picture == '\0')
    return;
  g_autoptr(GArray) talk_over = es_reply_intervals(row, "talk_over");
  g_autoptr(GArray) dead_air = es_reply_intervals(row, "dead_air");
  g_autoptr(GArray) hold = es_picture_hold(row);
  es_show_heading(_("Who spoke when"), screen);
  fputs(picture, stdout);
  print_stretches(_("talk-over"), talk_over, all);
  print_stretches(_("dead air"), dead_air, all);
  print_stretches(_("hold"), hold, all);
}

static const EsColumn segment_columns[] = {{"#", TRUE, 0, 0},
                                           {N_("from"), TRUE, 0, 0},
                                           {N_("until"), TRUE, 0, 0},
                                           {N_("agent"), FALSE, 8, 0},
                                           {N_("queue"), FALSE, 6, 0}};

static void print_segments(JsonObject *row, const EsScreen *screen) {
  JsonArray *segments = es_reply_array(row, "segments");
  if (json_array_get_length(segments) < 2)
    return;
  es_show_heading(_("Segments"), screen);
  g_autoptr(EsTable) table = es_table_new(segment_columns, G_N_ELEMENTS(segment_columns), 2);
  for (guint i = 0; i < json_array_get_length(segments); i++) {
    JsonObject *segment = es_reply_object_at(segments, i);
    g_autofree char *from = es_format_length(segment, "start_ms");
    g_autofree char *until = es_format_length(segment, "end_ms");
    const char *name = es_reply_text(segment, "agent_name");
    es_table_row(table);
    es_table_cell_printf(table, ES_STYLE_NONE, "%u", i + 1);
    es_table_cell(table, from, ES_STYLE_NONE);
    es_table_cell(table, until, ES_STYLE_NONE);
    es_table_cell(table, name != NULL ? name : es_reply_text(segment, "agent"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(segment, "queue"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static const EsColumn event_columns[] = {{N_("after"), TRUE, 0, 0},
                                         {N_("event"), FALSE, 0, 0},
                                         {N_("leg"), FALSE, 0, 0},
                                         {N_("detail"), FALSE, 12, 0}};

static void print_events(JsonObject *row, const EsScreen *screen, gboolean all) {
  JsonArray *events = es_reply_array(row, "events");
  guint total = json_array_get_length(events), shown = all ? total : MIN(total, SHORT_LIST);
  if (total == 0)
    return;
  es_show_heading(_("Events (from the start of the call)"), screen);
  g_autoptr(EsTable) table = es_table_new(event_columns, G_N_ELEMENTS(event_columns), 2);
  for (guint i = 0; i < shown; i++) {
    JsonObject *event = es_reply_object_at(events, i);
    gint64 leg = es_reply_int(event, "leg");
    g_autofree char *at = es_format_position(es_reply_int(event, "at_ms"));
    g_autofree char *name = leg >= 0 ? es_picture_leg_name(row, (guint)leg) : g_strdup("");
    es_table_row(table);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_term(es_reply_text(event, "kind")), ES_STYLE_NONE);
    es_table_cell(table, name, ES_STYLE_NONE);
    const char *detail = es_reply_text(event, "detail");
    const char *kind = es_reply_text(event, "kind");
    gboolean ours = g_strcmp0(kind, "guessed") == 0 || g_strcmp0(kind, "same-conversation") == 0;
    es_table_cell(table, ours ? es_term(detail) : detail, ES_STYLE_NONE);
  }
  es_table_print(table, screen);
  print_rest(shown, total);
}

void es_show_time_line(JsonObject *row, const EsScreen *screen, gboolean all) {
  print_picture(row, screen, all);
  print_gaps(row, screen, all);
  print_segments(row, screen);
  print_events(row, screen, all);
}
