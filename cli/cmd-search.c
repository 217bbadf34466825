// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot search: calls that match, newest first, as a table, JSON or CSV.
#include "commands.h"
#include "context.h"
#include "csv.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "filters.h"
#include "format.h"
#include "last-search.h"
#include "next-step.h"
#include "pager.h"
#include "saved-searches.h"
#include "search-pages.h"
#include "table.h"
#include "terms.h"

#include <math.h>
#include <string.h>

#define DEFAULT_LIMIT 50
#define NARROW 100 // cells, below which the year makes room for the score
#define CONSENT_STATES "unknown|requested|given|refused|withdrawn|expired"

const EsArg es_filter_args[] = {
    {"agent", 'a', ES_ARG_TEXT, "agent", N_("NAME"), N_("extension or name of the agent"), NULL},
    {"caller", 0, ES_ARG_TEXT, "caller", N_("NUMBER"), N_("who called: number or name"), NULL},
    {"callee", 0, ES_ARG_TEXT, "callee", N_("NUMBER"), N_("who was called: number or name"), NULL},
    {"number", 'n', ES_ARG_TEXT, "number", N_("NUMBER"), N_("caller or callee: number or name"), NULL},
    {"queue", 'q', ES_ARG_TEXT, "queue", N_("QUEUE"), N_("queue"), NULL},
    {"client", 0, ES_ARG_TEXT, "client", N_("CLIENT"), N_("client whose call it is"), NULL},
    {"business-id", 0, ES_ARG_TEXT, "business_id", N_("ID"),
     N_("ticket, order or customer number, set by a mapping rule"), NULL},
    {"group", 0, ES_ARG_TEXT, "group", N_("ID"), N_("the calls of this story; show tells its id"), NULL},
    {"direction", 0, ES_ARG_TEXT, "direction", N_("WHICH"), N_("direction"),
     "inbound|outbound|internal|unknown"},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"),
     N_("started then or later: 2026-11-20, 20/11/2026 14:00, "
        "monday, -2h"),
     NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("started then or earlier; a day counts whole"), NULL},
    {"today", 0, ES_ARG_NONE, NULL, NULL, N_("started today"), NULL},
    {"yesterday", 0, ES_ARG_NONE, NULL, NULL, N_("started yesterday"), NULL},
    {"this-week", 0, ES_ARG_NONE, NULL, NULL, N_("started this week"), NULL},
    {"last-week", 0, ES_ARG_NONE, NULL, NULL, N_("started last week"), NULL},
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
    {"repeat-caller", 0, ES_ARG_COUNT_OR_NONE, "min_repeats", N_("[TIMES]"),
     N_("the caller had called that often or more in the seven days before"), NULL},
    {"dead-air", 0, ES_ARG_LENGTH_OR_NONE, "min_dead_air_ms", N_("[LENGTH]"),
     N_("dead air of that length or more in all"), NULL},
    {"talk-over", 0, ES_ARG_LENGTH_OR_NONE, "min_talk_over_ms", N_("[LENGTH]"),
     N_("talk-over of that length or more in all"), NULL},
    {"saved", 0, ES_ARG_TEXT, "saved", N_("NAME"),
     N_("the criteria of a saved search; those given beside it win"), NULL},
    {0},
};

static const EsArg search_args[] = {
    {"sort", 's', ES_ARG_TEXT, "sort", N_("BY"), N_("what comes first: the latest, longest, best or tensest"),
     "date|duration|score|tension"},
    {"reverse", 'r', ES_ARG_NONE, "reverse", NULL, N_("the other way round; what is not known stays last"),
     NULL},
    {"limit", 'l', ES_ARG_COUNT, "limit", N_("ROWS"), N_("at most that many rows (50)"), NULL},
    {"page", 'p', ES_ARG_COUNT, "page", N_("PAGE"), N_("the rows after those of the pages before"), NULL},
    {"save", 0, ES_ARG_TEXT, NULL, N_("NAME"), N_("keep this search by that name, for --saved"), NULL},
    {"list-saved", 0, ES_ARG_NONE, NULL, NULL, N_("list the searches that are saved"), NULL},
    {"forget", 0, ES_ARG_TEXT, NULL, N_("NAME"), N_("forget a saved search"), NULL},
    {"no-pager", 0, ES_ARG_NONE, NULL, NULL, N_("show long tables without $PAGER"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {"csv", 0, ES_ARG_NONE, NULL, NULL, N_("print CSV for spreadsheets"), NULL},
    {"plain", 0, ES_ARG_NONE, NULL, NULL, N_("no colours, nothing but ASCII for decoration"), NULL},
    {0},
};

// Which option, and the words that it stands for.
static const struct {
  const char *option, *from, *to;
} days[] = {
    {"today", "today", "today"},
    {"yesterday", "yesterday", "yesterday"},
    {"this-week", "this week", "this week"},
    {"last-week", "last week", "last week"},
};

gboolean es_filter_days(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  int first = -1, last = -1;
  for (int i = 0; i < (int)G_N_ELEMENTS(days); i++)
    if (es_context_has(context, days[i].option)) {
      first = first < 0 || i == 1 ? i : first; // yesterday and today: from the one to the other
      last = last < 0 || i != 1 ? i : last;
    }
  if (first < 0)
    return TRUE;
  if (json_object_has_member(params, "from") || json_object_has_member(params, "to")) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("--%s does not go with --from and --to"),
                days[first].option);
    return FALSE;
  }
  if (first != last && MAX(first, last) > 1) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("--%s does not go with --%s"), days[first].option,
                days[last].option);
    return FALSE;
  }
  if (first != last) {
    first = 1;
    last = 0;
  }
  json_object_set_string_member(params, "from", days[first].from);
  json_object_set_string_member(params, "to", days[last].to);
  return TRUE;
}

const char *es_filter_spell_days(JsonObject *params) {
  for (guint i = 0; i < G_N_ELEMENTS(days); i++)
    if (g_strcmp0(es_reply_text(params, "from"), days[i].from) == 0 &&
        g_strcmp0(es_reply_text(params, "to"), days[i].to) == 0)
      return days[i].option;
  return NULL;
}

static const EsColumn columns[] = {
    {"#", TRUE, 0, 0},
    {N_("id"), FALSE, 0, 0},
    {N_("started"), FALSE, 0, 0},
    {N_("length"), TRUE, 0, 0},
    {N_("direction"), FALSE, 0, 7},
    {N_("caller"), FALSE, 11, 0}, // a whole mobile number
    {N_("callee"), FALSE, 8, 5},
    {N_("agent"), FALSE, 10, 1},
    {N_("queue"), FALSE, 6, 6},
    {N_("outcome"), FALSE, 13, 0}, // the seconds that are missing stay readable
    {N_("consent"), FALSE, 7, 4},
    {N_("flags"), FALSE, 5, 3},
    {N_("score"), TRUE, 0, 2},
    {N_("tension"), TRUE, 0, 8}, // never left out when the rows are sorted by it
};

// Where words were found besides what the cells show.
static const struct {
  const char *where, *label;
} places[] = {
    {"name", N_("name")}, {"number", N_("number")},   {"note", N_("note")},
    {"tag", N_("tag")},   {"comment", N_("comment")}, {"transcript", N_("transcript")},
};

static gboolean is_shown(JsonObject *row, JsonObject *match) {
  static const char *const cells[] = {"caller", "callee", "caller_name", "callee_name", "agent_name"};
  const char *where = es_reply_text(match, "where"), *text = es_reply_text(match, "text");
  gboolean person = g_strcmp0(where, "name") == 0 || g_strcmp0(where, "number") == 0;
  for (guint i = 0; person && i < G_N_ELEMENTS(cells); i++)
    if (g_strcmp0(es_reply_text(row, cells[i]), text) == 0)
      return TRUE;
  return FALSE;
}

static void add_match(EsTable *table, JsonObject *match) {
  const char *label = NULL, *where = es_reply_text(match, "where"), *text = es_reply_text(match, "text");
  for (guint i = 0; i < G_N_ELEMENTS(places); i++)
    if (g_strcmp0(places[i].where, where) == 0)
      label = _(places[i].label);
  if (label == NULL || text == NULL)
    return;
  g_autofree char *at = es_duration_format(es_reply_int(match, "at_ms"), FALSE);
  g_autofree char *line =
      *at != '\0' ? g_strdup_printf("%s %s: %s", label, at, text) : g_strdup_printf("%s: %s", label, text);
  es_table_line(table, line);
}

// Marks the words that were found, and says where else they stand.
static void add_matches(EsTable *table, const EsScreen *screen, JsonObject *row) {
  JsonArray *matches = es_reply_array(row, "matches");
  guint n = json_array_get_length(matches);
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  for (guint i = 0; i < n; i++) {
    JsonArray *words = es_reply_array(es_reply_object_at(matches, i), "words");
    for (guint w = 0; w < json_array_get_length(words); w++)
      g_strv_builder_add(builder, json_array_get_string_element(words, w));
  }
  g_auto(GStrv) found = g_strv_builder_end(builder);
  es_table_found(table, (const char *const *)found);
  for (guint i = 0; i < n; i++) {
    JsonObject *match = es_reply_object_at(matches, i);
    if (screen->terminal && !is_shown(row, match))
      add_match(table, match);
  }
}

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
  double tension = es_reply_number(row, "tension");
  if (!isnan(tension))
    es_table_cell_printf(table, ES_STYLE_NONE, "%.0f", tension);
  add_matches(table, screen, row);
}

static void print_table(EsContext *context, GPtrArray *rows, gboolean by_tension) {
  EsColumn shown[G_N_ELEMENTS(columns)];
  memcpy(shown, columns, sizeof shown);
  if (by_tension)
    shown[G_N_ELEMENTS(columns) - 1].drop = 0;
  g_autoptr(EsTable) table = es_table_new(shown, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++)
    add_row(table, &context->screen, g_ptr_array_index(rows, i), i + 1);
  es_table_print(table, &context->screen);
}

// ---- pages

typedef struct {
  GPtrArray *rows;
  gint64 page;    // as people count
  gint64 matches; // on all pages; ES_UNKNOWN if they were not counted
  gboolean more;  // there are more than were counted
  gboolean bare;  // a further page of the last search: nothing says which one it was
} Found;

static void collect_row(JsonObject *row, gpointer user_data) {
  g_ptr_array_add(((Found *)user_data)->rows, json_object_ref(row));
}

static void take_count(JsonObject *state, gpointer user_data) {
  Found *found = user_data;
  found->matches = es_reply_int(state, "matches");
  found->more = es_reply_true(state, "more");
}

static void print_warning(const char *message, gpointer user_data) {
  es_message(_("warning: %s"), message);
}

static void remember(EsContext *context, const Found *found) {
  JsonObject *params = es_context_params(context);
  g_autoptr(GPtrArray) ids = g_ptr_array_new();
  for (guint i = 0; i < found->rows->len; i++) {
    const char *id = es_reply_text(g_ptr_array_index(found->rows, i), "id");
    g_ptr_array_add(ids, (gpointer)(id != NULL ? id : ""));
  }
  es_last_search_remember(context->library, ids);
  if (context->screen.terminal && ids->len > 0)
    es_search_pages_remember(context->library, params, found->page, g_ptr_array_index(ids, ids->len - 1));
}

static void mention_search(JsonObject *params) {
  static const char *const others[] = {"limit", "page", "after", "count"};
  g_autoptr(JsonObject) criteria = json_object_new();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, params);
  while (json_object_iter_next(&iter, &name, &value))
    json_object_set_member(criteria, name, json_node_copy(value));
  for (guint i = 0; i < G_N_ELEMENTS(others); i++)
    if (json_object_has_member(criteria, others[i]))
      json_object_remove_member(criteria, others[i]);
  g_autofree char *spelled = es_search_spell(criteria);
  if (*spelled == '\0')
    return;
  printf(_("of the last search: %s"), spelled);
  printf("\n");
}

// Whoever looks at a page should know which one it is, and how to see the next.
static void mention_pages(EsContext *context, const Found *found) {
  gint64 limit = es_reply_int(es_context_params(context), "limit");
  if (!context->screen.terminal || found->matches == ES_UNKNOWN || limit <= 0)
    return;
  gint64 pages = (found->matches + limit - 1) / limit;
  if (pages <= 1 && !found->more)
    return;
  const char *dim = es_screen_begin(&context->screen, ES_STYLE_DIM);
  g_autofree char *calls =
      g_strdup_printf(ngettext_("%d call", "%d calls", (gulong)found->matches), (int)found->matches);
  printf("%s", dim);
  if (found->bare)
    mention_search(es_context_params(context));
  if (found->more)
    printf(_("page %d; more than %s in all"), (int)found->page, calls);
  else
    printf(_("page %d of %d; %s in all"), (int)found->page, (int)pages, calls);
  if (found->more || found->page < pages)
    printf(_(" · next: earshot search --page %d"), (int)found->page + 1);
  printf("%s\n", es_screen_end(&context->screen, ES_STYLE_DIM));
}

// ---- the command

static gboolean check_options(EsContext *context, GError **error) {
  if (!es_context_has(context, "json") || !es_context_has(context, "csv"))
    return TRUE;
  g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("--json does not go with --csv"));
  return FALSE;
}

static void set_words(EsContext *context) {
  GPtrArray *given = context->line->words;
  if (given->len == 0)
    return;
  g_autoptr(GString) words = g_string_new(NULL);
  for (guint i = 0; i < given->len; i++)
    g_string_append_printf(words, "%s%s", i > 0 ? " " : "", (char *)g_ptr_array_index(given, i));
  json_object_set_string_member(es_context_params(context), "words", words->str);
}

// --page alone goes on with the last search; beside criteria it goes on with them.
static void set_page(EsContext *context, Found *found) {
  JsonObject *params = es_context_params(context);
  found->page = json_object_get_int_member_with_default(params, "page", 1);
  gboolean bare = json_object_get_size(params) == (json_object_has_member(params, "page") ? 1 : 0);
  if (!json_object_has_member(params, "limit") && !(bare && context->screen.terminal && found->page > 1))
    json_object_set_int_member(params, "limit", DEFAULT_LIMIT);
  if (!context->screen.terminal)
    return;
  found->bare = bare && found->page > 1;
  es_search_pages_continue(context->library, params);
  if (!json_object_has_member(params, "limit"))
    json_object_set_int_member(params, "limit", DEFAULT_LIMIT);
  json_object_set_boolean_member(params, "count", TRUE);
}

static void print_rows(EsContext *context, const Found *found) {
  const char *sort = es_reply_text(es_context_params(context), "sort");
  if (es_context_has(context, "csv")) {
    es_csv_calls(found->rows, stdout);
    return;
  }
  if (es_context_print_json(context, found->rows) || found->rows->len == 0)
    return;
  es_pager_begin(context);
  print_table(context, found->rows, g_strcmp0(sort, "tension") == 0);
  mention_pages(context, found);
  es_next_step(context, "earshot show @1", "earshot play @1", "earshot score @1", NULL);
  es_pager_end(context);
}

// The end of a number is a criterion, not a word; people type it as one.
static gboolean none_found(EsContext *context, GError **error) {
  const char *word = es_context_word(context, 0);
  gboolean number = word != NULL && strlen(word) >= 3 && strspn(word, "0123456789") == strlen(word);
  if (number && !es_context_has(context, "number"))
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                _("no call matches; --number %s finds the numbers that end so"), word);
  else
    g_set_error_literal(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("no call matches"));
  return FALSE;
}

static gboolean run_search(EsContext *context, GError **error) {
  if (es_context_has(context, "list-saved"))
    return es_saved_search_list(context, error);
  if (es_context_has(context, "forget"))
    return es_saved_search_forget(context, error);
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
  Found found = {.rows = rows, .matches = ES_UNKNOWN};
  EsReply reply = {.row = collect_row, .progress = take_count, .warning = print_warning, .user_data = &found};
  set_words(context);
  if (!check_options(context, error) || !es_filter_days(context, error))
    return FALSE;
  set_page(context, &found);
  if (!es_context_call(context, "call.search", &reply, error) ||
      (es_context_has(context, "save") && !es_saved_search_keep(context, error)))
    return FALSE;
  remember(context, &found);
  print_rows(context, &found);
  if (rows->len > 0)
    return TRUE;
  return none_found(context, error);
}

const EsCommand es_cmd_search = {
    .name = "search",
    .summary = N_("find calls, newest first"),
    .usage = N_("[WORD …]"),
    .description = N_("Words are looked for in names, numbers, notes, tags, comments and transcripts; all of "
                      "them must be there. Further options narrow it down and combine freely. @3 then names "
                      "the third row for every command that takes an ID."),
    .args = {es_filter_args, search_args},
    .most = G_MAXUINT,
    .run = run_search,
};
