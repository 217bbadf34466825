// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot search: calls that match, newest first, as a table, JSON or CSV.
#include "commands.h"
#include "context.h"
#include "csv.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "filters.h"
#include "format.h"
#include "last-search.h"
#include "table.h"
#include "terms.h"

#include <string.h>

#define DEFAULT_LIMIT 50
#define NARROW 100 // cells, below which the year makes room for the score
#define CONSENT_STATES "unknown|requested|given|refused|withdrawn|expired"

const EsArg es_filter_args[] = {
    {"agent", 'a', ES_ARG_TEXT, "agent", N_("NAME"), N_("extension or name of the agent"), NULL},
    {"caller", 0, ES_ARG_TEXT, "caller", N_("NUMBER"), N_("who called: number or name"), NULL},
    {"callee", 0, ES_ARG_TEXT, "callee", N_("NUMBER"), N_("who was called: number or name"), NULL},
    {"number", 'n', ES_ARG_TEXT, "number", N_("NUMBER"), N_("either of the two"), NULL},
    {"queue", 'q', ES_ARG_TEXT, "queue", N_("QUEUE"), N_("queue"), NULL},
    {"client", 0, ES_ARG_TEXT, "client", N_("CLIENT"), N_("client whose call it is"), NULL},
    {"business-id", 0, ES_ARG_TEXT, "business_id", N_("ID"),
     N_("ticket, order or customer number, set by a mapping rule"), NULL},
    {"group", 0, ES_ARG_TEXT, "group", N_("ID"), N_("the calls that transfers joined in this group"), NULL},
    {"direction", 0, ES_ARG_TEXT, "direction", N_("WHICH"), N_("direction"),
     "inbound|outbound|internal|unknown"},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"),
     N_("started then or later: 2026-11-20, 20/11/2026 14:00, "
        "monday, -2h"),
     NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("started then or earlier; a day counts whole"), NULL},
    {"today", 0, ES_ARG_NONE, NULL, NULL, N_("started today"), NULL},
    {"yesterday", 0, ES_ARG_NONE, NULL, NULL, N_("started yesterday"), NULL},
    {"min-duration", 0, ES_ARG_LENGTH, "min_duration_ms", N_("LENGTH"),
     N_("at least that long: 90, 1:30, 2m"), NULL},
    {"max-duration", 0, ES_ARG_LENGTH, "max_duration_ms", N_("LENGTH"), N_("at most that long"), NULL},
    {"consent", 0, ES_ARG_TEXT, "consent", N_("STATE"), N_("state of consent"), CONSENT_STATES},
    {"flag", 'f', ES_ARG_TEXT, "flag", N_("FLAG"), N_("carries that flag, such as training"), NULL},
    {"tag", 't', ES_ARG_TEXT, "tag", N_("TAG"), N_("carries that tag"), NULL},
    {"score-below", 0, ES_ARG_NUMBER, "score_below", N_("SCORE"), N_("scored below that"), NULL},
    {"outcome", 0, ES_ARG_TEXT, "outcome", N_("OUTCOME"), N_("what became of the recording"),
     "recorded|partial|none"},
    {"disposition", 0, ES_ARG_TEXT, "disposition", N_("WHICH"), N_("what became of the call"),
     "answered|missed|abandoned|busy|failed"},
    {"missing-audio", 0, ES_ARG_NONE, "missing_audio", NULL, N_("audio that was sent is missing"), NULL},
    {0},
};

static const EsArg search_args[] = {
    {"limit", 'l', ES_ARG_COUNT, "limit", N_("ROWS"), N_("at most that many rows (50)"), NULL},
    {"page", 'p', ES_ARG_COUNT, "page", N_("PAGE"), N_("the rows after those of the pages before"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {"csv", 0, ES_ARG_NONE, NULL, NULL, N_("print CSV for spreadsheets"), NULL},
    {"plain", 0, ES_ARG_NONE, NULL, NULL, N_("no colours, nothing but ASCII for decoration"), NULL},
    {0},
};

gboolean es_filter_days(EsContext *context, GError **error) {
  gboolean today = es_context_has(context, "today"), yesterday = es_context_has(context, "yesterday");
  if (!today && !yesterday)
    return TRUE;
  JsonObject *params = es_context_params(context);
  if (json_object_has_member(params, "from") || json_object_has_member(params, "to")) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s does not go with --from and --to"),
                today ? "--today" : "--yesterday");
    return FALSE;
  }
  json_object_set_string_member(params, "from", yesterday ? "yesterday" : "today");
  json_object_set_string_member(params, "to", today ? "today" : "yesterday");
  return TRUE;
}

static const EsColumn columns[] = {
    {"#", TRUE, 0, 0},
    {N_("id"), FALSE, 0, 0},
    {N_("started"), FALSE, 0, 0},
    {N_("duration"), TRUE, 0, 0},
    {N_("direction"), FALSE, 0, 7},
    {N_("caller"), FALSE, 11, 0}, // a whole mobile number
    {N_("callee"), FALSE, 8, 5},
    {N_("agent"), FALSE, 6, 1},
    {N_("queue"), FALSE, 6, 6},
    {N_("outcome"), FALSE, 13, 0}, // the seconds that are missing stay readable
    {N_("consent"), FALSE, 7, 4},
    {N_("flags"), FALSE, 5, 3},
    {N_("score"), TRUE, 0, 2},
};

static void add_row(EsTable *table, const EsScreen *screen, JsonObject *row, guint number) {
  const char *id = es_reply_text(row, "id");
  const char *consent = es_reply_text(row, "consent_state");
  const char *disposition = es_reply_text(row, "disposition");
  gboolean answered = g_strcmp0(disposition, "answered") == 0;
  gboolean narrow = screen->width > 0 && screen->width < NARROW;
  g_autofree char *started =
      narrow ? es_format_minute_short(row, "started_at") : es_format_minute(row, "started_at");
  g_autofree char *length = es_format_length(row, "duration_ms");
  g_autofree char *caller = es_format_party(row, "caller");
  g_autofree char *callee = es_format_party(row, "callee");
  g_autofree char *agent = es_format_agent(row);
  g_autofree char *queue = es_format_last_segment(row, "queue");
  g_autofree char *outcome = es_format_outcome_short(row);
  g_autofree char *flags = es_reply_join(row, "flags", " ");
  g_autofree char *score = es_format_score(row, "score");
  es_table_row(table);
  es_table_cell_printf(table, ES_STYLE_DIM, "%u", number);
  es_table_cell(table, id != NULL && strlen(id) >= ES_ID_SHORT ? es_id_short(id) : id, ES_STYLE_NONE);
  es_table_cell(table, started, ES_STYLE_NONE);
  es_table_cell(table, answered ? length : es_term(disposition), answered ? ES_STYLE_NONE : ES_STYLE_DIM);
  es_table_cell(table, es_term(es_reply_text(row, "direction")), ES_STYLE_NONE);
  es_table_cell(table, caller, ES_STYLE_NONE);
  es_table_cell_printf(table, ES_STYLE_NONE, "%s %s", screen->utf8 ? "→" : ">", callee);
  es_table_cell(table, agent, ES_STYLE_NONE);
  es_table_cell(table, queue, ES_STYLE_NONE);
  es_table_cell(table, outcome, es_style_outcome(row));
  es_table_cell(table, es_term_consent(consent), es_style_consent(consent));
  es_table_cell(table, flags, ES_STYLE_CAUTION);
  es_table_cell(table, score, ES_STYLE_NONE);
}

static void print_table(EsContext *context, GPtrArray *rows) {
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++)
    add_row(table, &context->screen, g_ptr_array_index(rows, i), i + 1);
  es_table_print(table, &context->screen);
}

static void remember(EsContext *context, GPtrArray *rows) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new();
  for (guint i = 0; i < rows->len; i++) {
    const char *id = es_reply_text(g_ptr_array_index(rows, i), "id");
    g_ptr_array_add(ids, (gpointer)(id != NULL ? id : ""));
  }
  es_last_search_remember(context->library, ids);
}

// Whoever looks at a full page should know that there may be another.
static void mention_next_page(EsContext *context, guint shown) {
  JsonObject *params = es_context_params(context);
  gint64 page = json_object_get_int_member_with_default(params, "page", 1);
  if (context->screen.terminal && shown == json_object_get_int_member(params, "limit"))
    es_message(_("%d rows shown; --page %d may have more"), (int)shown, (int)page + 1);
}

static gboolean run_search(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  if (context->line->words->len > 0) {
    g_ptr_array_add(context->line->words, NULL);
    g_autofree char *words = g_strjoinv(" ", (char **)context->line->words->pdata);
    g_ptr_array_set_size(context->line->words, (gint)context->line->words->len - 1);
    json_object_set_string_member(params, "words", words);
  }
  if (!json_object_has_member(params, "limit"))
    json_object_set_int_member(params, "limit", DEFAULT_LIMIT);
  if (es_context_has(context, "json") && es_context_has(context, "csv")) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("--json does not go with --csv"));
    return FALSE;
  }
  if (!es_filter_days(context, error))
    return FALSE;
  g_autoptr(GPtrArray) rows = es_context_rows(context, "call.search", error);
  if (rows == NULL)
    return FALSE;
  remember(context, rows);
  if (es_context_has(context, "csv"))
    es_csv_calls(rows, stdout);
  else if (!es_context_print_json(context, rows))
    print_table(context, rows);
  if (rows->len > 0) {
    mention_next_page(context, rows->len);
    return TRUE;
  }
  g_set_error_literal(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("no call matches"));
  return FALSE;
}

const EsCommand es_cmd_search = {
    .name = "search",
    .summary = N_("find calls, newest first"),
    .usage = N_("[WORD …]"),
    .description = N_("Words are looked for in names, numbers, notes, tags and comments; all of them must be "
                      "there. Further options narrow it down and combine freely. @3 then names the third row "
                      "for every command that takes an ID."),
    .args = {es_filter_args, search_args},
    .most = G_MAXUINT,
    .run = run_search,
};
