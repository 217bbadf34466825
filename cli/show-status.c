// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// How recorders, library and disk are (see show-status.h): a block for each recorder, one for their sum when
// there are several, one for the library.
#include "show-status.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"

#include <math.h>

static const EsColumn columns[] = {{NULL, FALSE, 0, 0}, {NULL, FALSE, 0, ES_TABLE_WRAP}};

static char *size_of(double bytes) {
  if (!(bytes >= 1))
    return g_strdup("0");
  return g_format_size_full((guint64)bytes, G_FORMAT_SIZE_IEC_UNITS);
}

static void add(EsTable *table, const char *name, const char *text, EsStyle style) {
  if (!text || !*text)
    return;
  es_table_row(table);
  es_table_cell(table, name, ES_STYLE_DIM);
  es_table_cell(table, text, style);
}

static void append_table(GString *out, EsTable *table, const EsScreen *screen) {
  g_autofree char *text = es_table_render(table, screen);
  g_string_append(out, text);
}

static void append_heading(GString *out, const EsScreen *screen, const char *text) {
  g_string_append_printf(out, "%s%s%s\n", es_screen_begin(screen, ES_STYLE_HEADING), text,
                         es_screen_end(screen, ES_STYLE_HEADING));
}

// ---- counters, of one recorder or of all

static void add_calls(EsTable *table, JsonObject *o) {
  g_autofree char *open = g_strdup_printf("%.0f", (double)es_reply_count(o, "calls_open"));
  g_autofree char *done = g_strdup_printf(
      _("recorded %.0f, in part %.0f, without audio %.0f"), (double)es_reply_count(o, "calls_recorded"),
      (double)es_reply_count(o, "calls_partial"), (double)es_reply_count(o, "calls_none"));
  add(table, _("calls open"), open, ES_STYLE_NONE);
  add(table, _("calls finished"), done, ES_STYLE_NONE);
}

// Of a recorder that was killed, or stopped before it was done.
static void add_recovered(EsTable *table, JsonObject *o) {
  gint64 repaired = es_reply_count(o, "calls_repaired"), left = es_reply_count(o, "calls_left");
  g_autofree char *text =
      g_strdup_printf(_("%.0f of an earlier run, %.0f still to do"), (double)repaired, (double)left);
  if (repaired > 0 || left > 0)
    add(table, _("calls recovered"), text, left > 0 ? ES_STYLE_CAUTION : ES_STYLE_NONE);
}

// Of a recording server: who came in, who did not, and packets of others at its ports.
static void add_sessions(EsTable *table, JsonObject *o) {
  gint64 refused = es_reply_count(o, "sessions_refused"), limited = es_reply_count(o, "sessions_limited");
  gint64 sessions = es_reply_count(o, "sessions"), foreign = es_reply_count(o, "foreign");
  g_autofree char *open = g_strdup_printf(_("%.0f, since the start %.0f"),
                                          (double)es_reply_count(o, "sessions_open"), (double)sessions);
  g_autofree char *out =
      g_strdup_printf(_("%.0f, of them %.0f because there were too many"), (double)refused, (double)limited);
  g_autofree char *strangers = g_strdup_printf("%.0f", (double)foreign);
  if (sessions > 0)
    add(table, _("recording sessions open"), open, ES_STYLE_NONE);
  if (refused > 0)
    add(table, _("recording sessions refused"), out, limited > 0 ? ES_STYLE_BAD : ES_STYLE_CAUTION);
  if (foreign > 0)
    add(table, _("packets of strangers, ignored"), strangers, ES_STYLE_CAUTION);
}

// Of connections that carry SIP; a call whose messages are among them may be missing.
static void add_lost_signalling(EsTable *table, JsonObject *o) {
  gint64 bytes = es_reply_count(o, "tcp_lost_bytes");
  g_autofree char *text = g_strdup_printf(_("%.0f bytes"), (double)bytes);
  if (bytes > 0)
    add(table, _("SIP over TCP not seen"), text, ES_STYLE_CAUTION);
}

static void add_losses(EsTable *table, JsonObject *o) {
  gint64 dropped = es_reply_count(o, "dropped"), recently = es_reply_count(o, "recently_dropped");
  g_autofree char *silence = es_duration_format(es_reply_count(o, "filled_ms"), TRUE);
  g_autofree char *lost =
      g_strdup_printf(_("lost %.0f, late %.0f; filled with silence %s"), (double)es_reply_count(o, "lost"),
                      (double)es_reply_count(o, "late"), silence);
  g_autofree char *drops =
      g_strdup_printf(_("%.0f, of them %.0f in the last ten minutes"), (double)dropped, (double)recently);
  add(table, _("losses"), lost, ES_STYLE_NONE);
  add(table, _("dropped by the kernel"), dropped ? drops : "0",
      recently  ? ES_STYLE_BAD
      : dropped ? ES_STYLE_CAUTION
                : ES_STYLE_NONE);
  add_lost_signalling(table, o);
}

// What came and cannot become a call; usually nothing.
static void add_unread(EsTable *table, JsonObject *o) {
  gint64 fragments = es_reply_count(o, "fragments"), links = es_reply_count(o, "undecoded_link"),
         bad = es_reply_count(o, "bad");
  g_autofree char *text = g_strdup_printf(_("incomplete IP fragments %.0f, unknown links %.0f, damaged %.0f"),
                                          (double)fragments, (double)links, (double)bad);
  if (fragments + links + bad > 0)
    add(table, _("not read"), text, ES_STYLE_CAUTION);
}

static void add_one_way(EsTable *table, JsonObject *o) {
  gint64 one_way = es_reply_count(o, "calls_one_way");
  g_autofree char *text = g_strdup_printf(_("%.0f of %.0f answered calls"), (double)one_way,
                                          (double)es_reply_count(o, "calls_answered"));
  if (one_way > 0)
    add(table, _("media one way only"), text, ES_STYLE_CAUTION);
}

static void add_stray(EsTable *table, JsonObject *o) {
  gint64 stray = es_reply_count(o, "stray_streams");
  g_autofree char *text = g_strdup_printf("%.0f", (double)stray);
  if (stray > 0)
    add(table, _("RTP without a call"), text, ES_STYLE_CAUTION);
}

static void add_packets(EsTable *table, JsonObject *o) {
  g_autofree char *packets =
      g_strdup_printf(_("%.0f (SIP %.0f, RTP %.0f)"), (double)es_reply_count(o, "packets"),
                      (double)es_reply_count(o, "sip"), (double)es_reply_count(o, "rtp"));
  add(table, _("packets"), packets, ES_STYLE_NONE);
  gint64 copies = es_reply_count(o, "copies");
  g_autofree char *text = g_strdup_printf(_("%.0f, counted once"), (double)copies);
  if (copies > 0)
    add(table, _("seen twice"), text, ES_STYLE_NONE);
}

// Calls that lost their audio because something had run out.
static void add_shed(EsTable *table, JsonObject *o) {
  gint64 shed = es_reply_count(o, "calls_shed"), unrecorded = es_reply_count(o, "calls_unrecorded");
  g_autofree char *text =
      g_strdup_printf(_("cut off %.0f, without audio %.0f"), (double)shed, (double)unrecorded);
  if (shed + unrecorded > 0)
    add(table, _("lost to overload"), text, ES_STYLE_BAD);
}

// ---- a recorder

static void add_encoding(EsTable *table, JsonObject *recorder) {
  gint64 now = es_reply_int(recorder, "complexity"), least = es_reply_int(recorder, "complexity_least");
  double mean = es_reply_number(recorder, "complexity_mean"), load = es_reply_number(recorder, "encode_load");
  if (now < 0 || !isfinite(mean) || !isfinite(load))
    return;
  g_autofree char *text =
      g_strdup_printf(_("complexity %d (least %d, on average %.1f), busy %.0f %% of the time"), (int)now,
                      (int)least, mean, 100 * load);
  add(table, _("encoding"), text, ES_STYLE_NONE);
}

static void add_backlog(EsTable *table, JsonObject *recorder) {
  gint64 calls = es_reply_count(recorder, "deferred_calls");
  g_autofree char *bytes = size_of((double)es_reply_count(recorder, "backlog_bytes"));
  g_autofree char *behind = es_duration_format(es_reply_count(recorder, "behind_ms"), TRUE);
  g_autofree char *text = g_strdup_printf(_("calls %.0f, %s behind (%s)"), (double)calls, behind, bytes);
  if (calls > 0 || es_reply_count(recorder, "backlog_bytes") > 0)
    add(table, _("encoded later"), text, ES_STYLE_CAUTION);
}

// What has run out, in words.
static const char *name_bound(const char *code) {
  static const struct {
    const char *code, *text;
  } bounds[] = {{"memory", N_("no memory left")},
                {"journal", N_("the journal is full")},
                {"disk", N_("the disk is nearly full")},
                {"flush", N_("the disk is too slow")}};
  for (guint i = 0; i < G_N_ELEMENTS(bounds); i++)
    if (g_str_equal(code, bounds[i].code))
      return _(bounds[i].text);
  return code;
}

static void add_overload(EsTable *table, JsonObject *recorder) {
  const char *code = es_reply_text(recorder, "overload");
  if (code)
    add(table, _("overload"), name_bound(code), ES_STYLE_BAD);
}

// It costs no audio.
static void add_descriptors(EsTable *table, JsonObject *recorder) {
  if (es_reply_true(recorder, "no_descriptors"))
    add(table, _("open files"), _("no more can be opened: sessions are refused, recordings made later"),
        ES_STYLE_CAUTION);
}

static void add_ring(EsTable *table, JsonObject *recorder) {
  double fill = es_reply_number(recorder, "ring_fill");
  gint64 bytes = es_reply_int(recorder, "ring_bytes");
  if (bytes <= 0 || !isfinite(fill))
    return;
  g_autofree char *size = size_of((double)bytes);
  g_autofree char *text = g_strdup_printf(_("%.0f %% of %s"), 100 * fill, size);
  add(table, _("ring filled"), text, fill > 0.5 ? ES_STYLE_BAD : ES_STYLE_NONE);
}

static void add_health(EsTable *table, JsonObject *recorder) {
  gint64 silent_ms = es_reply_int(recorder, "silent_ms");
  g_autofree char *text = NULL;
  if (!es_reply_true(recorder, "answers"))
    text = g_strdup(_("the recorder does not answer: it is stopped or stuck"));
  else if (es_reply_true(recorder, "stalled"))
    text = g_strdup_printf(_("the recorder has not moved for %d s"), (int)(silent_ms / 1000));
  add(table, _("state"), text, ES_STYLE_BAD);
  g_autofree char *left = g_strdup_printf(_("finishing, calls left: %.0f; another recorder takes new ones"),
                                          (double)es_reply_count(recorder, "calls_open"));
  if (!text && es_reply_true(recorder, "finishing"))
    add(table, _("state"), left, ES_STYLE_CAUTION);
}

static char *name_recorder(JsonObject *recorder) {
  const char *name = es_reply_text(recorder, "name"), *source = es_reply_text(recorder, "source");
  g_autofree char *since = es_format_moment(recorder, "started_at");
  gint64 pid = es_reply_int(recorder, "pid");
  if (!es_reply_true(recorder, "answers"))
    return g_strdup_printf(_("Recorder %d"), (int)pid);
  if (g_strcmp0(source, "live") == 0)
    return g_strdup_printf(_("Recorder %d: listens at %s, since %s"), (int)pid, name ? name : "?", since);
  return g_strdup_printf(_("Recorder %d: capture %s, since %s"), (int)pid,
                         g_strcmp0(name, "-") == 0 ? _("standard input")
                         : name                    ? name
                                                   : "?",
                         since);
}

static void append_recorder(GString *out, JsonObject *recorder, const EsScreen *screen) {
  g_autofree char *heading = name_recorder(recorder);
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 2);
  append_heading(out, screen, heading);
  add_health(table, recorder);
  if (es_reply_true(recorder, "answers")) {
    g_autofree char *packet = es_format_moment(recorder, "last_packet_at");
    g_autofree char *call = es_format_moment(recorder, "last_call_at");
    add_packets(table, recorder);
    add(table, _("last packet"), *packet ? packet : _("none yet"), ES_STYLE_NONE);
    add_calls(table, recorder);
    add_recovered(table, recorder);
    add_sessions(table, recorder);
    add(table, _("last call finished"), *call ? call : _("none yet"), ES_STYLE_NONE);
    add_stray(table, recorder);
    add_one_way(table, recorder);
    add_losses(table, recorder);
    add_unread(table, recorder);
    add_ring(table, recorder);
    add_encoding(table, recorder);
    add_backlog(table, recorder);
    add_overload(table, recorder);
    add_descriptors(table, recorder);
    add_shed(table, recorder);
  }
  append_table(out, table, screen);
}

static void append_total(GString *out, JsonObject *total, guint recorders, const EsScreen *screen) {
  g_autofree char *heading = g_strdup_printf(_("All recorders: %u"), recorders);
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 2);
  append_heading(out, screen, heading);
  add_packets(table, total);
  add_calls(table, total);
  add_recovered(table, total);
  add_sessions(table, total);
  add_stray(table, total);
  add_one_way(table, total);
  add_losses(table, total);
  add_unread(table, total);
  add_shed(table, total);
  append_table(out, table, screen);
}

// ---- the library

static char *describe_disk(JsonObject *library) {
  double days = es_reply_number(library, "disk_days"), rate = es_reply_number(library, "bytes_per_day");
  g_autofree char *left = size_of(es_reply_number(library, "disk_free_bytes"));
  g_autofree char *a_day = size_of(rate);
  double percent = es_reply_number(library, "disk_free_percent");
  if (isfinite(days) && isfinite(rate))
    return g_strdup_printf(_("%s left (%.0f %%): enough for %.0f days at the present rate (%s a day)"), left,
                           percent, floor(days), a_day);
  return g_strdup_printf(_("%s left (%.0f %%); too few recordings to tell for how long"), left, percent);
}

static void append_library(GString *out, JsonObject *library, const EsScreen *screen) {
  g_autofree char *heading = g_strdup_printf(_("Library %s"), es_reply_text(library, "path"));
  g_autofree char *last = es_format_moment(library, "last_call_at");
  g_autofree char *today =
      g_strdup_printf(_("calls %.0f, hours of audio %.1f"), (double)es_reply_count(library, "calls_today"),
                      (double)es_reply_count(library, "audio_today_ms") / 3600e3);
  g_autofree char *bytes = size_of((double)es_reply_count(library, "recordings_bytes"));
  g_autofree char *disk = describe_disk(library);
  double percent = es_reply_number(library, "disk_free_percent");
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 2);
  append_heading(out, screen, heading);
  add(table, _("last call"), *last ? last : _("none yet"), ES_STYLE_NONE);
  add(table, _("today"), today, ES_STYLE_NONE);
  add(table, _("recordings"), bytes, ES_STYLE_NONE);
  add(table, _("disk"), disk, percent < 5 ? ES_STYLE_BAD : ES_STYLE_NONE);
  append_table(out, table, screen);
}

static JsonObject *object_member(JsonObject *o, const char *name) {
  JsonNode *node = json_object_get_member(o, name);
  return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

char *es_status_render(JsonObject *row, const EsScreen *screen) {
  GString *out = g_string_new(NULL);
  JsonArray *recorders = es_reply_array(row, "recorders");
  JsonObject *total = object_member(row, "total"), *library = object_member(row, "library");
  guint n = json_array_get_length(recorders);
  for (guint i = 0; i < n; i++)
    if (es_reply_object_at(recorders, i))
      append_recorder(out, es_reply_object_at(recorders, i), screen);
  if (n == 0)
    append_heading(out, screen, _("No recorder is running"));
  if (n > 1 && total)
    append_total(out, total, n, screen);
  if (library)
    append_library(out, library, screen);
  return g_string_free(out, FALSE);
}

char *es_status_line(JsonObject *row) {
  JsonObject *total = object_member(row, "total");
  g_autofree char *at = es_format_moment(row, "at");
  guint n = json_array_get_length(es_reply_array(row, "recorders"));
  if (!total)
    return g_strdup_printf(_("%s  no recorder is running\n"), at);
  return g_strdup_printf(
      _("%s  recorders: %u  open: %.0f  packets: %.0f  dropped: %.0f  lost: %.0f  done: %.0f\n"), at, n,
      (double)es_reply_count(total, "calls_open"), (double)es_reply_count(total, "packets"),
      (double)es_reply_count(total, "dropped"), (double)es_reply_count(total, "lost"),
      (double)(es_reply_count(total, "calls_recorded") + es_reply_count(total, "calls_partial") +
               es_reply_count(total, "calls_none")));
}
