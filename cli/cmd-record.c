// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot record: calls from captures, from an interface or from recording clients into the library, with
// progress on a terminal.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "log.h"
#include "next-step.h"
#include "progress.h"

#include <signal.h>

#define PACE_OVER_US (2 * G_USEC_PER_SEC)

static const EsArg record_args[] = {
    {"pcap", 'r', ES_ARG_LIST, "files", N_("FILE"),
     N_("capture to read, - for standard input; may be repeated"), NULL},
    {"interface", 'i', ES_ARG_TEXT, "interface", N_("NAME"),
     N_("listen on this network interface until stopped; any: on all"), NULL},
    {"siprec", 's', ES_ARG_LIST, "siprec", N_("PLACE"),
     N_("take calls from recording clients (SIPREC): udp:ADDRESS:PORT, tcp:… or tls:…, * for all addresses; "
        "may be repeated"),
     NULL},
    {"filter", 0, ES_ARG_TEXT, "filter", N_("EXPRESSION"), N_("only these packets, as in pcap-filter(7)"),
     NULL},
    {"take-over", 0, ES_ARG_NONE, "take_over", NULL,
     N_("take the place of the recorder that runs there: it finishes its calls, and ends"), NULL},
    {"again", 0, ES_ARG_NONE, "again", NULL, N_("also calls that are in the library already"), NULL},
    {"log", 0, ES_ARG_TEXT, NULL, N_("FORM"),
     N_("how to write what happens meanwhile; journald by itself where the journal reads standard error"),
     "text|json|journald"},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

typedef struct {
  EsContext *context;
  EsLogForm log;
  EsProgress line;
  gboolean live; // calls come from an interface or from recording clients
  gint64 began_us;
  gint64 reloads;     // told
  gboolean finishing; // told
  double pace;        // packets a second, as measured at paced_us
  gint64 paced_us, paced_packets;
  JsonObject *last; // the last state
} Progress;

static char *percentage(JsonObject *state) {
  gint64 done = es_reply_int(state, "done_bytes"), total = es_reply_int(state, "total_bytes");
  return done >= 0 && total > 0 ? g_strdup_printf("%3.0f%%  ", 100.0 * (double)done / (double)total)
                                : g_strdup("");
}

// Packets a second, since the beginning.
static double pace(const Progress *progress, gint64 packets) {
  double seconds = (double)MAX(g_get_monotonic_time() - progress->began_us, 1) / G_USEC_PER_SEC;
  return (double)packets / seconds;
}

// The same over the latest seconds: traffic comes and goes.
static double pace_now(Progress *progress, gint64 packets) {
  gint64 now_us = g_get_monotonic_time(), since_us = now_us - progress->paced_us;
  if (since_us < PACE_OVER_US)
    return progress->pace;
  progress->pace = (double)(packets - progress->paced_packets) * G_USEC_PER_SEC / (double)since_us;
  progress->paced_us = now_us;
  progress->paced_packets = packets;
  return progress->pace;
}

static char *reading_line(const Progress *progress, JsonObject *state) {
  gint64 packets = es_reply_count(state, "packets");
  g_autofree char *percent = percentage(state);
  return g_strdup_printf(_("%spackets: %.0f (%.0f/s)  open: %.0f  done: %.0f"), percent, (double)packets,
                         pace(progress, packets), (double)es_reply_count(state, "calls_open"),
                         (double)(es_reply_count(state, "calls_recorded") +
                                  es_reply_count(state, "calls_partial") +
                                  es_reply_count(state, "calls_none")));
}

static char *listening_line(Progress *progress, JsonObject *state) {
  gint64 packets = es_reply_count(state, "packets");
  g_autofree char *last = es_format_minute_short(state, "last_call_at");
  return g_strdup_printf(_("open: %.0f  packets: %.0f (%.0f/s)  dropped: %.0f  last call: %s"),
                         (double)es_reply_count(state, "calls_open"), (double)packets,
                         pace_now(progress, packets), (double)es_reply_count(state, "dropped"),
                         *last != '\0' ? last : "-");
}

static void draw(Progress *progress, JsonObject *state) {
  g_autofree char *line = progress->live ? listening_line(progress, state) : reading_line(progress, state);
  es_progress_draw(&progress->line, line);
}

static void tell_reload(Progress *progress, JsonObject *state) {
  gint64 reloads = es_reply_count(state, "reloads");
  if (reloads <= progress->reloads || progress->log != ES_LOG_AS_TEXT)
    return; // elsewhere it is an event
  progress->reloads = reloads;
  es_progress_close(&progress->line);
  es_message(_("earshot.conf was read again; it holds for calls that begin from now on"));
}

// Another recorder takes the place of this one.
static void tell_finishing(Progress *progress, JsonObject *state) {
  gboolean finishing = json_object_get_boolean_member_with_default(state, "finishing", FALSE);
  if (finishing == progress->finishing)
    return;
  progress->finishing = finishing;
  es_progress_close(&progress->line);
  if (finishing)
    es_message(_("another recorder takes the calls that begin now; this one ends with its last (open: %.0f)"),
               (double)es_reply_count(state, "calls_open"));
  else
    es_message(_("the other recorder is gone; this one takes new calls again"));
}

static void on_progress(JsonObject *state, gpointer user_data) {
  Progress *progress = user_data;
  g_clear_pointer(&progress->last, json_object_unref);
  progress->last = json_object_ref(state);
  tell_reload(progress, state);
  tell_finishing(progress, state);
  if (es_progress_due(&progress->line))
    draw(progress, state);
}

static void on_row(JsonObject *row, gpointer user_data) {
  Progress *progress = user_data;
  if (es_context_has(progress->context, "json")) {
    es_progress_close(&progress->line);
    es_reply_print(row, stdout);
  }
}

static void on_warning(const char *message, gpointer user_data) {
  Progress *progress = user_data;
  es_log_warning(progress->log, message, &progress->line);
}

static void on_event(JsonObject *event, gpointer user_data) {
  Progress *progress = user_data;
  es_log_write(progress->log, event, &progress->line);
}

static void print_summary(JsonObject *state) {
  gint64 recorded = es_reply_count(state, "calls_recorded"), partial = es_reply_count(state, "calls_partial");
  gint64 none = es_reply_count(state, "calls_none"), skipped = es_reply_count(state, "calls_skipped");
  gint64 repaired = es_reply_count(state, "calls_repaired"), packets = es_reply_count(state, "packets");
  gint64 dropped = es_reply_count(state, "dropped");
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_printf(text, ngettext_("%d call recorded", "%d calls recorded", (gulong)recorded), (int)recorded);
  es_summary_add(text, partial, ngettext_("%d in part", "%d in part", (gulong)partial), (int)partial);
  es_summary_add(text, none, ngettext_("%d without audio", "%d without audio", (gulong)none), (int)none);
  es_summary_add(text, skipped, ngettext_("%d known already", "%d known already", (gulong)skipped),
                 (int)skipped);
  es_summary_add(text, repaired, ngettext_("%d repaired", "%d repaired", (gulong)repaired), (int)repaired);
  es_summary_add(text, packets, ngettext_("%d packet read", "%d packets read", (gulong)packets),
                 (int)packets);
  es_summary_add(text, dropped, ngettext_("%d packet dropped", "%d packets dropped", (gulong)dropped),
                 (int)dropped);
  printf("%s\n", text->str);
}

static void end_with(const EsContext *context, JsonObject *state) {
  print_summary(state);
  if (es_reply_count(state, "calls_recorded") + es_reply_count(state, "calls_partial") > 0)
    es_next_step(context, "earshot search", NULL);
}

// Files may be given with --pcap or as plain words; both keep their order, --pcap first.
static gboolean gather_files(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  if (!json_object_has_member(params, "files"))
    json_object_set_array_member(params, "files", json_array_new());
  if (json_object_has_member(params, "take_over")) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s does not go together with %s"), "--take-over",
                _("capture files"));
    return FALSE;
  }
  JsonArray *files = json_object_get_array_member(params, "files");
  for (guint i = 0; es_context_word(context, i) != NULL; i++)
    json_array_add_string_element(files, es_context_word(context, i));
  if (json_array_get_length(files) > 0)
    return TRUE;
  g_set_error_literal(
      error, ES_ERROR, ES_ERROR_USAGE,
      _("which capture? (earshot record --pcap FILE, or --interface NAME, or --siprec PLACE)"));
  return FALSE;
}

// What is live and files exclude one another, and so do it and what concerns files alone.
static gboolean check_live(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  const char *live = json_object_has_member(params, "interface") ? "--interface" : "--siprec";
  const char *other = json_object_has_member(params, "files")   ? "--pcap"
                      : json_object_has_member(params, "again") ? "--again"
                                                                : es_context_word(context, 0);
  if (other == NULL)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s does not go together with %s"), live, other);
  return FALSE;
}

static void on_hangup(gpointer service) {
  es_service_reload(service);
}

static gboolean run_record(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  gboolean live = json_object_has_member(params, "interface") || json_object_has_member(params, "siprec");
  if (live ? !check_live(context, error) : !gather_files(context, error))
    return FALSE;
  Progress progress = {.context = context,
                       .log = es_log_form(es_context_text(context, "log")),
                       .live = live,
                       .began_us = g_get_monotonic_time(),
                       .paced_us = g_get_monotonic_time()};
  es_progress_init(&progress.line);
  EsReply reply = {on_row, on_progress, on_warning, &progress, on_event};
  if (live)
    es_context_on_hangup(on_hangup, context->service);
  es_context_catch_signals(context);
  signal(SIGPIPE, SIG_IGN); // a reader that went away must not cut the recording off
  gboolean done = es_context_call(context, live ? "record.live" : "record.pcap", &reply, error);
  es_context_on_hangup(NULL, NULL);
  es_progress_close(&progress.line);
  if (progress.last != NULL && !es_context_has(context, "json") &&
      (done || es_reply_count(progress.last, "packets") > 0))
    end_with(context, progress.last);
  g_clear_pointer(&progress.last, json_object_unref);
  return done;
}

const EsCommand es_cmd_record = {
    .name = "record",
    .summary = N_("record the calls of a packet capture, an interface or a recording client"),
    .usage = N_("[FILE …]"),
    .description = N_("Reads pcap and pcapng, several in their order, - from standard input. A capture given "
                      "twice makes no second row. With --interface it listens, as root or with the right to, "
                      "and gives the right up; with --siprec session border controllers and switches send "
                      "calls to it; both may be given. SIGHUP makes it read earshot.conf again. Ctrl-C ends "
                      "it cleanly: open calls are kept as far as they got."),
    .args = {record_args},
    .most = G_MAXUINT,
    .run = run_record,
};
