// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// agent.import: a floor's directory from a spreadsheet, all or nothing. Rows are put in one after the other
// within the operation's transaction; with a mistake anywhere it is rolled back, after every other row was
// looked at, too.
#include "agent-fields.h"
#include "agent-place.h"
#include "earshot/common/csv.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/fold.h"
#include "json.h"
#include "params.h"

#include <string.h>

#define MOST_MISTAKES 200 // that are listed; the others are counted
#define MOST_UNUSED 20    // columns that are named

// Each field and the headings it is known by, folded and without spaces when compared.
static const struct {
  const char *field;
  const char *headings; // with | between them
} columns[] = {
    {"extension",
     "extension|ext|ext.|agent|number|phone|aor|address|رقم داخلي|الرقم الداخلي|التحويلة|تحويلة|داخلي"},
    {"name", "name|full name|agent name|employee|الاسم|اسم|اسم الموظف|الموظف|الاسم بالعربية|الاسم بالعربي"},
    {"latin_name",
     "latin name|latin|english name|name (english)|name en|other script|الاسم بالإنجليزية|الاسم "
     "بالإنجليزي|الاسم اللاتيني|الاسم بالحروف اللاتينية"},
    {"team", "team|group|department|الفريق|فريق|القسم|المجموعة"},
    {"client", "client|account|campaign|الجهة العميلة|الجهة|العميل|الحساب|الحملة"},
    {"language", "language|lang|languages|اللغة|لغة"},
    {"from", "from|valid from|start|start date|since|من|من تاريخ|بداية|تاريخ البداية"},
    {"to", "to|until|valid until|valid to|end|end date|إلى|حتى|إلى تاريخ|نهاية|تاريخ النهاية"},
    {"hours", "hours|shift|time|working hours|الساعات|ساعات العمل|الوردية|الشيفت|المواعيد"},
    {"days", "days|weekdays|working days|الأيام|أيام العمل|أيام"},
};

typedef struct {
  EsRequest *request;
  EsCsv *csv;
  int column_of[G_N_ELEMENTS(columns)]; // -1: the file has none
  GHashTable *lines;                    // row id of an entry → line that gave it
  guint mistakes, counts[3], ended;
} Import;

// ---- columns

static char *plain_heading(const char *text) {
  g_autofree char *folded = es_fold(text);
  GString *plain = g_string_new(NULL);
  for (const char *p = folded; *p; p++)
    if (*p != ' ' && *p != '_' && *p != '-')
      g_string_append_c(plain, *p);
  return g_string_free(plain, FALSE);
}

static int find_field(const char *heading) {
  g_autofree char *wanted = plain_heading(heading);
  for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
    g_auto(GStrv) names = g_strsplit(columns[i].headings, "|", -1);
    for (char **name = names; *name; name++) {
      g_autofree char *plain = plain_heading(*name);
      if (strcmp(plain, wanted) == 0)
        return (int)i;
    }
  }
  return -1;
}

static gboolean read_heading(Import *import, GError **error) {
  memset(import->column_of, 0xff, sizeof import->column_of);
  const char *const *names = es_csv_columns(import->csv);
  guint unused = 0;
  for (int c = 0; names[c]; c++) {
    int field = find_field(names[c]);
    if (field < 0) {
      if (*names[c] && unused++ < MOST_UNUSED)
        es_request_warning(import->request, _("the column “%s” is not used"), names[c]);
      continue;
    }
    if (import->column_of[field] >= 0)
      return es_csv_error(import->csv, error, _("two columns are %s: “%s” and “%s”"), columns[field].field,
                          names[import->column_of[field]], names[c]);
    import->column_of[field] = c;
  }
  if (unused > MOST_UNUSED)
    es_request_warning(import->request, _("further columns that are not used: %u"), unused - MOST_UNUSED);
  for (int required = 0; required < 2; required++)
    if (import->column_of[required] < 0)
      return es_csv_error(import->csv, error, _("there is no column “%s”"), columns[required].field);
  return TRUE;
}

static int column_of(const Import *import, const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
    if (strcmp(columns[i].field, name) == 0)
      return import->column_of[i];
  return -1;
}

static const char *csv_field(const char *name, gpointer user_data) {
  const Import *import = user_data;
  int column = column_of(import, name);
  const char *text = column >= 0 ? es_csv_field(import->csv, (guint)column) : NULL;
  while (text && g_ascii_isspace(*text))
    text++;
  return text && *text ? text : NULL;
}

// ---- rows

static void add_mistake(Import *import, const GError *mistake) {
  g_autoptr(GError) placed = NULL;
  if (import->mistakes++ >= MOST_MISTAKES)
    return;
  es_csv_error(import->csv, &placed, "%s", mistake->message);
  es_request_warning(import->request, "%s", placed->message);
}

static gboolean lacks(const Import *import, const char *name) {
  return column_of(import, name) < 0;
}

static void inherit_text(const Import *import, const char *name, char **text, const char *from) {
  if (lacks(import, name)) {
    g_free(*text);
    *text = g_strdup(from);
  }
}

// A file without a column, or a row that does not say since when, says nothing about it: what the directory
// knows of that person stays.
static gboolean inherit(Import *import, EsAgent *agent, GError **error) {
  g_autoptr(GPtrArray) others = es_index_overlapping_agents(import->request->index, agent, error);
  const EsAgent *known = NULL;
  if (!others)
    return FALSE;
  for (guint i = 0; i < others->len; i++) {
    const EsAgent *other = g_ptr_array_index(others, i);
    if (!es_agent_same_person(other, agent) || g_hash_table_contains(import->lines, &other->rowid))
      continue;
    if (known)
      return TRUE; // which one? What the file says stands alone
    known = other;
  }
  if (!known) {
    if (agent->from_us == ES_UNKNOWN)
      return es_param_time(import->request, "from", &agent->from_us, NULL, error);
    return TRUE;
  }
  inherit_text(import, "latin_name", &agent->latin_name, known->latin_name);
  inherit_text(import, "team", &agent->team, known->team);
  inherit_text(import, "client", &agent->client, known->client);
  inherit_text(import, "language", &agent->language, known->language);
  if (agent->from_us == ES_UNKNOWN)
    agent->from_us = known->from_us;
  agent->until_us = lacks(import, "to") ? known->until_us : agent->until_us;
  if (lacks(import, "hours") && lacks(import, "days"))
    agent->shift = known->shift;
  return TRUE;
}

static void reply(Import *import, const char *action, const EsAgent *agent) {
  JsonObject *row = es_json_agent(agent);
  es_json_set_text(row, "action", action);
  es_json_set_ms(row, "line", (gint64)es_csv_line(import->csv));
  es_request_row(import->request, row);
}

static void take_note(Import *import, const EsAgent *agent, const EsPlacing *placing) {
  static const char *const actions[] = {"unchanged", "added", "changed"};
  import->counts[placing->placed]++;
  for (guint i = 0; i < placing->ended->len; i++)
    reply(import, "ended", g_ptr_array_index(placing->ended, i));
  import->ended += placing->ended->len;
  if (placing->placed != ES_PLACED_UNCHANGED)
    reply(import, actions[placing->placed], agent);
  if (placing->rowid == 0)
    return;
  gint64 *key = g_new(gint64, 1), *line = g_new(gint64, 1);
  *key = placing->rowid;
  *line = (gint64)es_csv_line(import->csv);
  g_hash_table_replace(import->lines, key, line);
}

static gboolean is_mistake(const GError *error) {
  return g_error_matches(error, ES_ERROR, ES_ERROR_USAGE) ||
         g_error_matches(error, ES_ERROR, ES_ERROR_INVALID);
}

static gboolean take_row(Import *import, GError **error) {
  g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
  g_autoptr(EsAgent) agent = es_agent_read(csv_field, import, import->request->now_us, mistakes);
  for (guint i = 0; i < mistakes->len; i++)
    add_mistake(import, g_ptr_array_index(mistakes, i));
  if (!agent)
    return TRUE;
  g_autoptr(GError) wrong = NULL;
  g_auto(EsPlacing) placing = {0};
  if (es_agent_find_client(import->request, agent, &wrong) && inherit(import, agent, &wrong) &&
      es_agent_place(import->request, agent, es_param_bool(import->request, "replace"), import->lines,
                     &placing, &wrong)) {
    take_note(import, agent, &placing);
    return TRUE;
  }
  if (is_mistake(wrong)) {
    add_mistake(import, wrong);
    return TRUE;
  }
  g_propagate_error(error, g_steal_pointer(&wrong));
  return FALSE;
}

// ---- the whole

static gboolean take_rows(Import *import, GError **error) {
  EsCsvStatus status;
  while ((status = es_csv_next(import->csv, error)) == ES_CSV_ROW)
    if (!take_row(import, error))
      return FALSE;
  return status == ES_CSV_END;
}

static gboolean judge(Import *import, GError **error) {
  if (import->mistakes == 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: nothing was imported; mistakes: %d"),
              es_param_string(import->request, "file"), (int)import->mistakes);
  return FALSE;
}

static gboolean run_import(EsRequest *request, GError **error) {
  g_autoptr(EsCsv) csv = es_csv_open(es_param_string(request, "file"), TRUE, error);
  gint64 from_us;
  if (!csv || !es_param_time(request, "from", &from_us, NULL, error))
    return FALSE;
  g_autoptr(GHashTable) lines = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
  Import import = {.request = request, .csv = csv, .lines = lines};
  if (!read_heading(&import, error) || !take_rows(&import, error) || !judge(&import, error))
    return FALSE;
  JsonObject *summary = json_object_new();
  es_json_set_text(summary, "action", "summary");
  es_json_set_ms(summary, "added", import.counts[ES_PLACED_ADDED]);
  es_json_set_ms(summary, "changed", import.counts[ES_PLACED_CHANGED]);
  es_json_set_ms(summary, "ended", import.ended);
  es_json_set_ms(summary, "unchanged", import.counts[ES_PLACED_UNCHANGED]);
  es_request_row(request, summary);
  request->discard = es_param_bool(request, "dry_run");
  return TRUE;
}

static const EsParam import_params[] = {
    {"file", ES_PARAM_STRING, TRUE, N_("table of agents (CSV); - is standard input")},
    {"from", ES_PARAM_STRING, FALSE, N_("since when people are there whose row does not say it")},
    {"replace", ES_PARAM_BOOL, FALSE, N_("end entries of others that share time with a row")},
    {"dry_run", ES_PARAM_BOOL, FALSE, N_("tell what would change, change nothing")},
    {0},
};
const EsOperation es_op_agent_import = {
    .info = {"agent.import", ES_PERMISSION_OPERATE, TRUE, N_("enter a table of agents"), import_params},
    .run = run_import,
    .finish = es_agent_renew_calls,
};
