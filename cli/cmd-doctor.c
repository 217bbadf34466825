// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot doctor: what could go wrong before the first call.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "explain-mapping.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define INDENT 4 // of what goes on below

typedef struct {
  EsContext *context;
  guint failures, warnings;
} Visit;

static void print_finding(const EsScreen *screen, JsonObject *row, gboolean failed, gboolean warned) {
  static const struct {
    const char *word;
    EsStyle style;
  } marks[] = {{N_("ok"), ES_STYLE_GOOD}, {N_("warning"), ES_STYLE_CAUTION}, {N_("failure"), ES_STYLE_BAD}};
  guint i = failed ? 2 : warned ? 1 : 0;
  g_autofree char *clean = es_text_clean(es_reply_text(row, "message"));
  g_autofree char *line = g_strdup_printf("%s: %s: %s", _(marks[i].word), es_reply_text(row, "check"), clean);
  g_autofree char *wrapped = es_text_wrap(line, screen->width > 0 ? screen->width : G_MAXINT, INDENT);
  gsize word = strlen(_(marks[i].word));
  printf("%s%.*s%s%s\n", es_screen_begin(screen, marks[i].style), (int)word, wrapped,
         es_screen_end(screen, marks[i].style), wrapped + word);
  g_autofree char *advice = es_text_clean(es_reply_text(row, "advice"));
  if (*advice)
    es_screen_print(screen, advice, INDENT, INDENT);
}

static void on_row(JsonObject *row, gpointer user_data) {
  Visit *visit = user_data;
  const char *state = es_reply_text(row, "state");
  gboolean failed = g_strcmp0(state, "failure") == 0, warned = g_strcmp0(state, "warning") == 0;
  visit->failures += failed;
  visit->warnings += warned;
  if (es_context_has(visit->context, "json"))
    es_reply_print(row, stdout);
  else
    print_finding(&visit->context->screen, row, failed, warned);
  fflush(stdout);
}

static void on_warning(const char *message, gpointer user_data) {
  es_message(_("warning: %s"), message);
}

static const EsArg doctor_args[] = {
    {"listen", 'i', ES_ARG_TEXT, NULL, N_("INTERFACE"),
     N_("look at the traffic of an interface instead: is there SIP, does media come both ways"), NULL},
    {"seconds", 0, ES_ARG_LENGTH, "length_ms", N_("LENGTH"), N_("with --listen: for how long (60)"), NULL},
    {"pcap", 'r', ES_ARG_TEXT, NULL, N_("FILE"), N_("the same look at a capture file, - for standard input"),
     NULL},
    {"explain-mapping", 0, ES_ARG_TEXT, NULL, N_("ID"),
     N_("show which rule set agent, queue, client, direction and business id of this call"), NULL},
    {0},
};

// The operation, with its parameters.
static const char *choose(EsContext *context) {
  const char *interface = es_context_text(context, "listen"), *file = es_context_text(context, "pcap");
  gboolean traffic = interface || file || json_object_has_member(es_context_params(context), "length_ms");
  if (interface)
    json_object_set_string_member(es_context_params(context), "interface", interface);
  if (file)
    json_object_set_string_member(es_context_params(context), "pcap", file);
  return traffic ? "library.traffic" : "library.doctor";
}

static gboolean run_doctor(EsContext *context, GError **error) {
  if (es_context_has(context, "explain-mapping"))
    return es_explain_mapping(context, es_context_text(context, "explain-mapping"), error);
  Visit visit = {.context = context};
  EsReply reply = {.row = on_row, .warning = on_warning, .user_data = &visit};
  es_context_catch_signals(context);
  if (!es_context_call(context, choose(context), &reply, error))
    return FALSE;
  if (visit.failures == 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_CHECK, _("failures: %u, warnings: %u"), visit.failures,
              visit.warnings);
  return FALSE;
}

const EsCommand es_cmd_doctor = {
    .name = "doctor",
    .summary = N_("look at what could go wrong before the first call"),
    .description =
        N_("Each line is one check: ok, a warning or a failure, and what to do about it. Nothing is "
           "changed. The exit status is 1 when there is a failure."),
    .args = {doctor_args, es_json_args},
    .run = run_doctor,
};
