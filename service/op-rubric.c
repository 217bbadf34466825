// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// rubric.*: what calls are judged by. Listing, showing and checking work without a library, too.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "params.h"
#include "rubric-store.h"

static void reply_summary(const EsRequest *request, const EsRubric *rubric, gboolean shipped) {
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", rubric->id);
  es_json_set_text(row, "version", rubric->version);
  es_json_set_text(row, "title", rubric->title);
  json_object_set_int_member(row, "questions", rubric->questions->len);
  json_object_set_boolean_member(row, "shipped", shipped);
  es_request_row(request, row);
}

static void reply_text(const EsRequest *request, const char *id, const char *text, gboolean shipped) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRubric) rubric = es_rubric_parse(id, text, es_param_string(request, "language"), &error);
  if (rubric)
    reply_summary(request, rubric, shipped);
  else
    es_request_warning(request, "%s", error->message);
}

static void reply_stored(const char *id, const char *version, const char *text, gpointer user_data) {
  const EsRequest *request = user_data;
  reply_text(request, id, text, FALSE);
}

static gboolean run_list(EsRequest *request, GError **error) {
  for (const char *const *id = es_rubric_shipped(); *id; id++)
    reply_text(request, *id, es_rubric_shipped_text(*id), TRUE);
  return !request->index || es_index_list_rubrics(request->index, reply_stored, request, error);
}

static const EsParam list_params[] = {
    {"language", ES_PARAM_STRING, FALSE, N_("language of the titles")},
    {0},
};
const EsOperation es_op_rubric_list = {
    .info = {"rubric.list", ES_PERMISSION_LISTEN, FALSE, N_("all rubrics"), list_params},
    .need = ES_STORE_OPTIONAL,
    .run = run_list,
};

static JsonArray *sections_json(const EsRubric *rubric) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < rubric->sections->len; i++) {
    const EsSection *section = g_ptr_array_index(rubric->sections, i);
    JsonObject *o = json_object_new();
    es_json_set_text(o, "name", section->name);
    es_json_set_text(o, "title", section->title);
    es_json_set_number(o, "weight", section->weight);
    json_array_add_object_element(array, o);
  }
  return array;
}

static JsonArray *options_json(const EsQuestion *question) {
  JsonArray *array = json_array_new();
  for (guint i = 0; question->options && i < question->options->len; i++) {
    const EsOption *option = g_ptr_array_index(question->options, i);
    JsonObject *o = json_object_new();
    es_json_set_text(o, "value", option->value);
    es_json_set_text(o, "label", option->label);
    es_json_set_number(o, "score", option->score);
    json_array_add_object_element(array, o);
  }
  return array;
}

static JsonObject *question_json(const EsQuestion *question) {
  static const char *const types[] = {
      [ES_QUESTION_YES_NO] = "yes-no", [ES_QUESTION_SCALE] = "scale", [ES_QUESTION_CHOICE] = "choice"};
  JsonObject *o = json_object_new();
  es_json_set_text(o, "name", question->name);
  es_json_set_text(o, "section", question->section);
  es_json_set_text(o, "text", question->text);
  es_json_set_text(o, "guidance", question->guidance);
  json_object_set_string_member(o, "type", types[question->type]);
  es_json_set_number(o, "weight", question->weight);
  es_json_set_text(o, "critical", question->critical);
  json_object_set_boolean_member(o, "na", question->na_allowed);
  json_object_set_array_member(o, "options", options_json(question));
  return o;
}

static gboolean run_show(EsRequest *request, GError **error) {
  g_autoptr(EsRubric) rubric =
      es_rubric_store_find(request, es_param_string(request, "id"), es_param_string(request, "version"),
                           es_param_string(request, "language"), error);
  if (!rubric)
    return FALSE;
  g_autofree char *template = es_rubric_template(rubric);
  JsonArray *questions = json_array_new();
  for (guint i = 0; i < rubric->questions->len; i++)
    json_array_add_object_element(questions, question_json(g_ptr_array_index(rubric->questions, i)));
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", rubric->id);
  es_json_set_text(row, "version", rubric->version);
  es_json_set_text(row, "title", rubric->title);
  es_json_set_text(row, "description", rubric->description);
  es_json_set_number(row, "pass_percent", rubric->pass_percent);
  es_json_set_text(row, "text", rubric->text);
  es_json_set_text(row, "template", template);
  json_object_set_array_member(row, "sections", sections_json(rubric));
  json_object_set_array_member(row, "questions", questions);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam show_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("rubric")},
    {"version", ES_PARAM_STRING, FALSE, N_("version; the newest if absent")},
    {"language", ES_PARAM_STRING, FALSE, N_("language of the texts")},
    {0},
};
const EsOperation es_op_rubric_show = {
    .info = {"rubric.show", ES_PERMISSION_LISTEN, FALSE, N_("a rubric's questions"), show_params},
    .need = ES_STORE_OPTIONAL,
    .run = run_show,
};

static void reply_mistakes(const EsRequest *request, char **mistakes) {
  for (char **mistake = mistakes; mistake && *mistake; mistake++) {
    JsonObject *row = json_object_new();
    es_json_set_text(row, "mistake", *mistake);
    es_request_row(request, row);
  }
}

// Whoever writes a rubric wants to know all that is wrong with it, not only what is first: a row for
// each, unless the only one is the error itself.
static EsRubric *parse_or_list(const EsRequest *request, GError **error) {
  const char *name = es_param_string(request, "name"), *text = es_param_string(request, "text");
  g_auto(GStrv) mistakes = es_rubric_mistakes(name, text);
  guint n = g_strv_length(mistakes);
  if (n < 2)
    return es_rubric_parse(name, text, NULL, error);
  reply_mistakes(request, mistakes);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, ngettext_("%s: %u mistake", "%s: %u mistakes", n), name, n);
  return NULL;
}

static gboolean run_check(EsRequest *request, GError **error) {
  g_autoptr(EsRubric) rubric = parse_or_list(request, error);
  if (!rubric)
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", rubric->id);
  es_json_set_text(row, "version", rubric->version);
  json_object_set_int_member(row, "questions", rubric->questions->len);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam text_params[] = {
    {"name", ES_PARAM_STRING, TRUE, N_("the file's name, for messages")},
    {"text", ES_PARAM_STRING, TRUE, N_("the rubric's text")},
    {0},
};
const EsOperation es_op_rubric_check = {
    .info = {"rubric.check", ES_PERMISSION_LISTEN, FALSE, N_("check a rubric without adding it"),
             text_params},
    .need = ES_STORE_OPTIONAL,
    .run = run_check,
};

// A version that is shipped can only be added as it is, else evaluations with it would mean two things.
static gboolean check_shipped(const EsRubric *rubric, const char *name, GError **error) {
  const char *text = es_rubric_shipped_text(rubric->id);
  g_autoptr(EsRubric) shipped = text ? es_rubric_parse(rubric->id, text, NULL, error) : NULL;
  if (!text)
    return TRUE;
  if (!shipped)
    return FALSE;
  if (g_strcmp0(shipped->version, rubric->version) != 0 || g_strcmp0(shipped->text, rubric->text) == 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
              _("%s: rubric “%s” version “%s” is shipped with another text; give yours a new version"), name,
              rubric->id, rubric->version);
  return FALSE;
}

static gboolean run_add(EsRequest *request, GError **error) {
  const char *name = es_param_string(request, "name");
  g_autoptr(EsRubric) rubric = es_rubric_parse(name, es_param_string(request, "text"), NULL, error);
  if (!rubric || !check_shipped(rubric, name, error) ||
      !es_index_add_rubric(request->index, rubric->id, rubric->version, rubric->text,
                           es_request_actor(request), request->now_us, error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", rubric->id);
  es_json_set_text(row, "version", rubric->version);
  es_request_row(request, row);
  return TRUE;
}

const EsOperation es_op_rubric_add = {
    .info = {"rubric.add", ES_PERMISSION_OPERATE, TRUE, N_("add a rubric to the library"), text_params},
    .run = run_add,
};

// ---- rubrics to begin with

static void reply_draft(const EsRequest *request, const char *id, const char *version, const char *text) {
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", id);
  es_json_set_text(row, "version", version);
  es_json_set_text(row, "text", text);
  es_request_row(request, row);
}

// The version after the newest of that id, when that is a number; else "1".
static char *next_version(EsRequest *request, const char *id) {
  g_autoptr(EsRubric) newest = es_rubric_store_find(request, id, NULL, NULL, NULL);
  gint64 number = newest ? g_ascii_strtoll(newest->version, NULL, 10) : 0;
  return g_strdup_printf("%" G_GINT64_FORMAT, number + 1);
}

static gboolean run_draft(EsRequest *request, GError **error) {
  const char *id = es_param_string(request, "id"), *from = es_param_string(request, "from");
  g_autoptr(EsRubric) source = from ? es_rubric_store_find(request, from, NULL, NULL, error) : NULL;
  if (from && !source)
    return FALSE;
  g_autofree char *version = next_version(request, id);
  g_autofree char *text = es_rubric_draft(source ? source->text : NULL, id, version, error);
  if (!text)
    return FALSE;
  reply_draft(request, id, version, text);
  return TRUE;
}

static const EsParam draft_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("id of the new rubric")},
    {"from", ES_PARAM_STRING, FALSE, N_("rubric to begin with")},
    {0},
};
const EsOperation es_op_rubric_draft = {
    .info = {"rubric.draft", ES_PERMISSION_LISTEN, FALSE, N_("the text of a rubric to begin with"),
             draft_params},
    .need = ES_STORE_OPTIONAL,
    .run = run_draft,
};

static gboolean run_form(EsRequest *request, GError **error) {
  const char *id = es_param_string(request, "id"), *title = es_param_string(request, "title");
  double pass = es_param_number(request, "pass_percent", 80);
  g_autofree char *version = next_version(request, id);
  if (pass > 100)
    return es_request_refuse(error, "pass_percent", _("must be from 0 to 100"));
  const EsFormRubric rubric = {id, version, title ? title : id, pass};
  g_auto(GStrv) mistakes = NULL;
  g_autofree char *text = es_rubric_from_form(es_param_string(request, "name"),
                                              es_param_string(request, "text"), &rubric, &mistakes, error);
  reply_mistakes(request, mistakes);
  g_autoptr(EsRubric) whole = text ? es_rubric_parse(id, text, NULL, error) : NULL;
  if (!whole)
    return FALSE;
  reply_draft(request, id, version, text);
  return TRUE;
}

static const EsParam form_params[] = {
    {"name", ES_PARAM_STRING, TRUE, N_("the file's name, for messages")},
    {"text", ES_PARAM_STRING, TRUE, N_("the form as CSV")},
    {"id", ES_PARAM_STRING, TRUE, N_("id of the new rubric")},
    {"title", ES_PARAM_STRING, FALSE, N_("its title")},
    {"pass_percent", ES_PARAM_NUMBER, FALSE, N_("per cent from which a call passes; 80 if absent")},
    {0},
};
const EsOperation es_op_rubric_form = {
    .info = {"rubric.form", ES_PERMISSION_LISTEN, FALSE, N_("a spreadsheet's form as the text of a rubric"),
             form_params},
    .need = ES_STORE_OPTIONAL,
    .run = run_form,
};
