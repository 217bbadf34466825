// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Facts of a call and what its streams account for (see show.h).
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "picture.h"
#include "show.h"
#include "table.h"
#include "terms.h"
#include "text.h"

#include <math.h>

#define WIDEST_LABEL 16 // with the space after it

void es_show_heading(const char *text, const EsScreen *screen) {
  printf("\n%s%s%s\n", es_screen_begin(screen, ES_STYLE_HEADING), text,
         es_screen_end(screen, ES_STYLE_HEADING));
}

// Values are for copying, too: a path or an id that does not fit runs on instead of being cut.
static const EsColumn pair[] = {{NULL, FALSE, 0, 0}, {NULL, FALSE, 0, 0}};

static void add(EsTable *table, const char *label, const char *value, EsStyle style) {
  if (value == NULL || *value == '\0')
    return;
  es_table_row(table);
  es_table_cell(table, label, ES_STYLE_DIM);
  es_table_cell(table, value, style);
}

static void add_owned(EsTable *table, const char *label, char *value) {
  add(table, label, value, ES_STYLE_NONE);
  g_free(value);
}

static void add_text(EsTable *table, const char *label, JsonObject *row, const char *name) {
  add(table, label, es_reply_text(row, name), ES_STYLE_NONE);
}

static void add_term(EsTable *table, const char *label, JsonObject *row, const char *name) {
  add(table, label, es_term(es_reply_text(row, name)), ES_STYLE_NONE);
}

static char *with_detail(const char *text, const char *detail) {
  return detail == NULL || *detail == '\0' ? g_strdup(text) : g_strdup_printf("%s (%s)", text, detail);
}

static void add_parties(EsTable *table, JsonObject *row) {
  g_autofree char *caller = es_format_party(row, "caller");
  g_autofree char *callee = es_format_party(row, "callee");
  g_autofree char *agent_name = es_format_agent(row);
  const char *agent = es_reply_text(row, "agent");
  add_owned(table, _("caller"), with_detail(caller, es_reply_text(row, "caller_uri")));
  add_owned(table, _("callee"), with_detail(callee, es_reply_text(row, "callee_uri")));
  add_owned(table, _("agent"),
            g_strcmp0(agent_name, agent) == 0 ? g_strdup(agent) : with_detail(agent_name, agent));
  add_owned(table, _("queue"), es_format_last_segment(row, "queue"));
  add_text(table, _("client"), row, "client");
  add_term(table, _("direction"), row, "direction");
}

static void add_course(EsTable *table, JsonObject *row) {
  gint64 status = es_reply_int(row, "sip_status");
  g_autofree char *status_text = status > 0 ? g_strdup_printf("SIP %d", (int)status) : NULL;
  g_autofree char *ended = es_format_moment(row, "ended_at");
  g_autofree char *ended_by = g_strdup(es_term(es_reply_text(row, "ended_by")));
  add_owned(table, _("call"), with_detail(es_term(es_reply_text(row, "disposition")), status_text));
  add_owned(table, _("started"), es_format_moment(row, "started_at"));
  add_owned(table, _("answered"), es_format_moment(row, "answered_at"));
  add_owned(table, _("ended"), *ended != '\0' ? with_detail(ended, ended_by) : NULL);
  add_owned(table, _("duration"), es_format_length(row, "duration_ms"));
  add_owned(table, _("waited"), es_format_length(row, "wait_ms"));
  add_owned(table, _("on hold"), es_format_length(row, "hold_ms"));
}

static void add_dropped(EsTable *table, JsonObject *row) {
  gint64 dropped = es_reply_int(row, "dropped_packets");
  if (dropped <= 0)
    return;
  g_autofree char *text = g_strdup_printf(
      ngettext_("%d packet dropped by this machine while the call was open",
                "%d packets dropped by this machine while the call was open", (gulong)dropped),
      (int)dropped);
  add(table, _("capture"), text, ES_STYLE_CAUTION);
}

// What a repeat is, in words; caller frees.
static char *repeats_text(gint64 repeats) {
  return g_strdup_printf(
      ngettext_("%d earlier call in a week", "%d earlier calls in a week", (gulong)repeats), (int)repeats);
}

static void append_part(GString *line, const char *name, double points) {
  if (isnan(points) || points < 0.5)
    return;
  g_string_append_printf(line, "%s%s %.0f", line->len > 0 ? _(", ") : "", name, points);
}

static void add_wrapped(EsTable *table, const char *label, const char *text, EsStyle style,
                        const EsScreen *screen) {
  g_autofree char *wrapped =
      es_text_wrap(text, screen->width > 0 ? screen->width - WIDEST_LABEL : G_MAXINT, 0);
  g_auto(GStrv) lines = g_strsplit(wrapped, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    add(table, i == 0 ? label : "", lines[i], style);
}

static gboolean is_mixed(JsonObject *row) {
  JsonArray *legs = es_reply_array(row, "legs");
  return json_array_get_length(legs) == 1 &&
         g_strcmp0(es_reply_text(es_reply_object_at(legs, 0), "role"), "mixed") == 0;
}

// Which parts were not measured, and why where that is known; caller frees.
static char *unknown_tension(JsonObject *row, JsonObject *parts) {
  const struct {
    const char *member, *name;
  } known[] = {
      {"talk_over", _("talk-over")},
      {"dead_air", _("dead air")},
      {"raised", _("raised voices")},
      {"repeats", _("earlier calls")},
  };
  g_autoptr(GString) missing = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(known); i++)
    if (isnan(es_reply_number(parts, known[i].member)))
      g_string_append_printf(missing, "%s%s", missing->len > 0 ? _(", ") : "", known[i].name);
  return is_mixed(row) ? g_strdup_printf(_("not known: one mixed channel does not show %s"), missing->str)
                       : g_strdup_printf(_("not known: not measured were %s"), missing->str);
}

// The parts that count for something, in words; why it is not known if it is not.
static void add_tension(EsTable *table, JsonObject *row, const EsScreen *screen) {
  double tension = es_reply_number(row, "tension");
  JsonNode *node = json_object_get_member(row, "tension_parts");
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node) || es_reply_int(row, "audio_ms") <= 0)
    return;
  JsonObject *parts = json_node_get_object(node);
  if (isnan(tension)) {
    g_autofree char *reason = unknown_tension(row, parts);
    add_wrapped(table, _("tension"), reason, ES_STYLE_DIM, screen);
    return;
  }
  g_autofree char *repeats = repeats_text(MAX(es_reply_int(row, "repeats"), 0));
  g_autoptr(GString) line = g_string_new(NULL);
  append_part(line, _("talk-over"), es_reply_number(parts, "talk_over"));
  append_part(line, _("dead air"), es_reply_number(parts, "dead_air"));
  append_part(line, _("raised voices"), es_reply_number(parts, "raised"));
  append_part(line, repeats, es_reply_number(parts, "repeats"));
  g_autofree char *whole = g_strdup_printf(_("%.0f of 100"), tension);
  g_autofree char *text = line->len > 0 ? g_strdup_printf(_("%s: %s"), whole, line->str) : g_strdup(whole);
  add_wrapped(table, _("tension"), text, tension >= 50 ? ES_STYLE_CAUTION : ES_STYLE_NONE, screen);
}

// In the reader's language, also what stands behind the colon.
static char *reason_text(const char *reason) {
  static const char one_leg[] = "one leg undecodable: ";
  if (reason && g_str_has_prefix(reason, one_leg))
    return g_strdup_printf(_("one leg undecodable: %s"), es_term(reason + strlen(one_leg)));
  return g_strdup(es_term(reason));
}

static void add_recording(EsTable *table, JsonObject *row, const EsScreen *screen) {
  g_autofree char *outcome = es_format_outcome(row);
  g_autofree char *reason = reason_text(es_reply_text(row, "outcome_reason"));
  g_autofree char *outcome_text = with_detail(outcome, reason);
  g_autofree char *audio = es_format_length(row, "audio_ms");
  gint64 rate_hz = es_reply_int(row, "sample_rate_hz"), channels = es_reply_int(row, "channels");
  add(table, _("recording"), outcome_text, es_style_outcome(row));
  if (*audio != '\0' && rate_hz > 0) {
    g_autofree char *what =
        g_strdup_printf(ngettext_("%s, %g kHz, %d channel", "%s, %g kHz, %d channels", (gulong)channels),
                        es_reply_text(row, "codec") != NULL ? es_reply_text(row, "codec") : "?",
                        (double)rate_hz / 1000, (int)channels);
    add_owned(table, _("audio"), with_detail(audio, what));
  }
  add_owned(table, _("talk-over"),
            es_format_position(es_reply_int(row, "talk_over_ms"))); // often less than a second
  add_owned(table, _("dead air"),
            es_format_position(es_reply_int(row, "dead_air_ms"))); // often less than a second
  add_owned(table, _("raised voice"), es_format_position(es_reply_int(row, "raised_ms")));
  add_tension(table, row, screen);
  gint64 greeting_ms = es_reply_int(row, "greeting_ms");
  if (greeting_ms != ES_UNKNOWN)
    add_owned(table, _("first word"),
              g_strdup_printf(_("%.1f s after the answer"), (double)greeting_ms / 1000));
  add_text(table, _("file"), row, "file");
  const char *original = es_reply_text(row, "original_name"), *format = es_reply_text(row, "original_format");
  if (original != NULL)
    add_owned(table, _("original"), format != NULL ? with_detail(original, format) : g_strdup(original));
}

static void add_labels(EsTable *table, JsonObject *row) {
  const char *consent = es_reply_text(row, "consent_state");
  add(table, _("consent"), es_term_consent(consent), es_style_consent(consent));
  g_autofree char *flags = es_reply_join(row, "flags", " ");
  add(table, _("flags"), flags, ES_STYLE_CAUTION);
  add_owned(table, _("tags"), es_reply_join(row, "tags", " "));
  add_owned(table, _("score"), es_format_score(row, "score"));
  add_text(table, _("id"), row, "id");
  add_text(table, _("business id"), row, "business_id");
  add_text(table, _("group"), row, "group_id");
  add_text(table, "Call-ID", row, "call_id");
  add_text(table, _("source"), row, "source");
}

void es_show_facts(JsonObject *row, const EsScreen *screen) {
  g_autoptr(EsTable) table = es_table_new(pair, G_N_ELEMENTS(pair), 0);
  add_parties(table, row);
  add_course(table, row);
  add_recording(table, row, screen);
  add_dropped(table, row);
  add_labels(table, row);
  es_table_print(table, screen);
}

static const EsColumn ledger_columns[] = {
    {N_("leg"), FALSE, 0, 0},      {N_("SSRC"), FALSE, 0, 0},       {N_("codec"), FALSE, 0, 0},
    {N_("from"), FALSE, 0, 2},     {N_("expected"), TRUE, 0, 0},    {N_("received"), TRUE, 0, 0},
    {N_("lost"), TRUE, 0, 0},      {N_("late"), TRUE, 0, 0},        {N_("duplicate"), TRUE, 0, 1},
    {N_("reordered"), TRUE, 0, 1}, {N_("undecodable"), TRUE, 0, 1}, {N_("problem"), FALSE, 16, ES_TABLE_WRAP},
};

static void add_stream(EsTable *table, const char *leg_name, JsonObject *stream) {
  static const char *const texts[] = {"ssrc", "codec", "source"};
  static const char *const counts[] = {"expected",  "received",  "lost",       "late",
                                       "duplicate", "reordered", "undecodable"};
  es_table_row(table);
  es_table_cell(table, leg_name, ES_STYLE_NONE);
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    es_table_cell(table, es_reply_text(stream, texts[i]), ES_STYLE_NONE);
  for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
    gint64 n = es_reply_int(stream, counts[i]);
    if (n == ES_UNKNOWN)
      es_table_cell(table, "", ES_STYLE_NONE);
    else
      es_table_cell_printf(table, i >= 2 && i != 4 && i != 5 && n > 0 ? ES_STYLE_CAUTION : ES_STYLE_NONE,
                           "%" G_GINT64_FORMAT, n);
  }
  es_table_cell(table, es_term(es_reply_text(stream, "problem")), ES_STYLE_BAD);
}

static void print_leg_line(JsonObject *row, guint leg, const EsScreen *screen) {
  JsonObject *object = es_reply_object_at(es_reply_array(row, "legs"), leg);
  g_autofree char *name = es_picture_leg_name(row, leg);
  g_autofree char *speech = es_format_length(object, "speech_ms");
  g_autofree char *filled = es_format_position(es_reply_int(object, "filled_ms"));
  double drift_ppm = es_reply_number(object, "drift_ppm"),
         loudness = es_reply_number(object, "loudness_lufs");
  g_autoptr(GString) line = g_string_new(NULL);
  g_string_append_printf(line, "%s:", name);
  if (*speech != '\0')
    g_string_append_printf(line, *filled != '\0' ? _(" speech %s,") : _(" speech %s"), speech);
  if (*filled != '\0') // of an imported recording nobody knows
    g_string_append_printf(line, _(" filled with silence %s"), filled);
  if (!isnan(drift_ppm))
    g_string_append_printf(line, _(", drift %.1f ppm"), drift_ppm);
  if (!isnan(loudness))
    g_string_append_printf(line, _(", loudness %.1f LUFS"), loudness);
  es_screen_print(screen, line->str, 2, 4);
}

void es_show_ledger(JsonObject *row, const EsScreen *screen) {
  JsonArray *legs = es_reply_array(row, "legs");
  guint n_legs = json_array_get_length(legs);
  if (n_legs == 0)
    return;
  es_show_heading(_("Streams"), screen);
  g_autoptr(EsTable) table = es_table_new(ledger_columns, G_N_ELEMENTS(ledger_columns), 2);
  for (guint leg = 0; leg < n_legs; leg++) {
    JsonArray *streams = es_reply_array(es_reply_object_at(legs, leg), "streams");
    g_autofree char *name = es_picture_leg_name(row, leg);
    for (guint i = 0; i < json_array_get_length(streams); i++)
      add_stream(table, name, es_reply_object_at(streams, i));
  }
  es_table_print(table, screen);
  for (guint leg = 0; leg < n_legs; leg++)
    print_leg_line(row, leg, screen);
}
