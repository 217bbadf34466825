// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A form from a spreadsheet as a rubric. One row is one question; the heading says which column is what, in
// English or Arabic. An empty section cell means the section above, as merged cells come out. What a form
// leaves out is filled in as its reader would: without answers a question is yes-no; a section without a
// weight weighs what its questions weigh together, so that plain points stay plain points.
#include "earshot/common/clock.h"
#include "earshot/common/csv.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/qa/rubric.h"
#include "rubric-reader.h"

#include <string.h>

#define MAX_QUESTIONS 500
#define MAX_NAME 40
#define MOST_POINTS 10
#define MOST_OPTIONS 20
#define MOST_QUOTED 60 // characters

typedef enum {
  SECTION,
  SECTION_AR,
  SECTION_WEIGHT,
  QUESTION,
  QUESTION_AR,
  GUIDANCE,
  GUIDANCE_AR,
  ANSWERS,
  ANSWERS_AR,
  WEIGHT,
  CRITICAL,
  NA,
  N_COLUMNS
} Column;

static const char *const names[N_COLUMNS][7] = {
    [SECTION] = {"section", "category", "القسم", "البند", "المحور"},
    [SECTION_AR] = {"section (ar)", "section[ar]", "القسم بالعربية"},
    [SECTION_WEIGHT] = {"section weight", "category weight", "وزن القسم"},
    [QUESTION] = {"question", "text", "criterion", "item", "السؤال"},
    [QUESTION_AR] = {"question (ar)", "text[ar]", "السؤال بالعربية"},
    [GUIDANCE] = {"guidance", "description", "notes", "الإرشاد", "التوضيح"},
    [GUIDANCE_AR] = {"guidance (ar)", "guidance[ar]", "الإرشاد بالعربية"},
    [ANSWERS] = {"answers", "options", "scale", "الإجابات", "الاختيارات"},
    [ANSWERS_AR] = {"answers (ar)", "answers[ar]", "الإجابات بالعربية"},
    [WEIGHT] = {"weight", "points", "score", "الوزن", "الدرجة"},
    [CRITICAL] = {"critical", "fatal", "auto-fail", "حاسم", "حرج", "مسقط"},
    [NA] = {"na", "n/a", "not applicable", "لا ينطبق"},
};

typedef struct {
  char *title, *title_ar;
  double weight, sum; // weight < 0: not given
  GString *questions;
} Section;

typedef struct {
  EsCsv *csv;
  const char *name;
  int at[N_COLUMNS]; // -1: not there
  GPtrArray *sections;
  GHashTable *taken; // names of questions
  GPtrArray *mistakes;
  guint questions;
} Form;

static void section_free(gpointer data) {
  Section *section = data;
  g_free(section->title);
  g_free(section->title_ar);
  g_string_free(section->questions, TRUE);
  g_free(section);
}

static void mistake(Form *form, Column column, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void mistake(Form *form, Column column, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  g_ptr_array_add(form->mistakes, g_strdup_printf("%s:%" G_GUINT64_FORMAT ": %s: %s", form->name,
                                                  es_csv_line(form->csv), names[column][0], what));
}

// ---- cells

// What stands in a column, without spaces around it and on one line; NULL if nothing. Caller frees.
static char *cell(const Form *form, Column column) {
  const char *field = form->at[column] < 0 ? NULL : es_csv_field(form->csv, (guint)form->at[column]);
  if (!field)
    return NULL;
  char *text = g_strstrip(g_strdelimit(g_strdup(field), "\r\n\t", ' '));
  if (*text)
    return text;
  g_free(text);
  return NULL;
}

// A value of a key file: a backslash stands doubled there.
static void add_key(GString *out, const char *key, const char *value) {
  if (!value)
    return;
  g_auto(GStrv) parts = g_strsplit(value, "\\", -1);
  g_autofree char *escaped = g_strjoinv("\\\\", parts);
  g_string_append_printf(out, "%s=%s\n", key, escaped);
}

static gboolean is_one_of(const char *text, const char *const *words) {
  g_autofree char *lower = g_utf8_strdown(text, -1);
  return g_strv_contains(words, lower);
}

static gboolean is_yes(const char *text) {
  static const char *const words[] = {"yes", "y", "true", "1", "x", "✓", "نعم", NULL};
  return is_one_of(text, words);
}

static gboolean is_no(const char *text) {
  static const char *const words[] = {"no", "n", "false", "0", "-", "لا", NULL};
  return is_one_of(text, words);
}

static double number_of(Form *form, Column column, double fallback) {
  g_autofree char *text = cell(form, column);
  if (!text)
    return fallback;
  g_autofree char *plain = es_digits_to_ascii(text);
  char *end;
  double value = g_ascii_strtod(plain, &end);
  if (*end == '%')
    end++;
  if (end == plain || *end || !(value >= 0 && value <= 1e6)) {
    mistake(form, column, _("“%s” is not a number"), text);
    return fallback;
  }
  return value;
}

// ---- names

// "Does the agent greet?" → does-the-agent-greet; a text without Latin letters → question-07.
static char *question_name(Form *form, const char *text) {
  g_autoptr(GString) name = g_string_new(NULL);
  for (const char *c = text; *c && name->len < MAX_NAME; c++)
    if (g_ascii_isalnum(*c))
      g_string_append_c(name, g_ascii_tolower(*c));
    else if (name->len && name->str[name->len - 1] != '-')
      g_string_append_c(name, '-');
  while (name->len && name->str[name->len - 1] == '-')
    g_string_truncate(name, name->len - 1);
  if (name->len < 3)
    g_string_printf(name, "question-%02u", form->questions);
  g_autofree char *first = g_strdup(name->str);
  for (guint n = 2; g_hash_table_contains(form->taken, name->str); n++)
    g_string_printf(name, "%s-%u", first, n);
  g_hash_table_add(form->taken, g_strdup(name->str));
  return g_strdup(name->str);
}

// ---- answers

// "0-5" or "1 - 5" or "5": the most points; 0 if it is no such thing. lowest gets where it begins.
static int scale_of(const char *answers, int *lowest) {
  g_autofree char *plain = es_digits_to_ascii(answers);
  char *end;
  gint64 first = g_ascii_strtoll(plain, &end, 10), last = first;
  if (end == plain)
    return 0;
  *lowest = 0;
  while (*end == ' ')
    end++;
  if (*end == '-' || g_str_has_prefix(end, "–")) {
    const char *rest = end + (*end == '-' ? 1 : strlen("–"));
    last = g_ascii_strtoll(rest, &end, 10);
    *lowest = (int)CLAMP(first, 0, MOST_POINTS);
  }
  return *end == '\0' && last >= 1 && last <= MOST_POINTS && *lowest < last ? (int)last : 0;
}

// A scale from 0 is one; a form's 1-5 is a choice whose answers are worth what they say, so that the least
// is worth a fifth and not nothing.
static void add_scale(GString *out, int points, int lowest) {
  if (lowest == 0) {
    g_string_append_printf(out, "type=scale\npoints=%d\n", points);
    for (int i = 0; i <= points; i++)
      g_string_append_printf(out, "label.%d=%d\n", i, i);
    return;
  }
  g_string_append(out, "type=choice\noptions=");
  for (int i = lowest; i <= points; i++)
    g_string_append_printf(out, "%s%d", i > lowest ? ";" : "", i);
  g_string_append_c(out, '\n');
  for (int i = lowest; i <= points; i++)
    g_string_append_printf(out, "option.%d=%d\npoints.%d=%d\n", i, i, i, i);
}

// "Good=2; Fair=1; Poor=0": FALSE if it is not of that form.
static gboolean add_choice(GString *out, char **parts, char **parts_ar) {
  guint n = g_strv_length(parts);
  if (n < 2 || n > MOST_OPTIONS)
    return FALSE;
  g_autoptr(GString) options = g_string_new(NULL), keys = g_string_new(NULL);
  for (guint i = 0; i < n; i++) {
    char *equals = strrchr(parts[i], '=');
    g_autofree char *points = equals ? es_digits_to_ascii(equals + 1) : NULL;
    char *end = NULL;
    double value = points ? g_ascii_strtod(g_strstrip(points), &end) : -1;
    if (!equals || end == points || *end || value < 0)
      return FALSE;
    *equals = '\0';
    g_string_append_printf(options, "%soption-%u", i ? ";" : "", i + 1);
    g_autofree char *key = g_strdup_printf("option.option-%u", i + 1);
    g_autofree char *key_ar = g_strconcat(key, "[ar]", NULL);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    add_key(keys, key, g_strstrip(parts[i]));
    if (parts_ar && i < g_strv_length(parts_ar))
      add_key(keys, key_ar, g_strstrip(parts_ar[i]));
    g_string_append_printf(keys, "points.option-%u=%s\n", i + 1,
                           g_ascii_formatd(number, sizeof number, "%g", value));
  }
  g_string_append_printf(out, "type=choice\noptions=%s\n%s", options->str, keys->str);
  return TRUE;
}

static void add_answers(Form *form, GString *out) {
  static const char *const yes_no[] = {"yes/no", "yes-no", "yes; no",  "yes;no",  "y/n",
                                       "0/1",    "نعم/لا", "نعم / لا", "نعم؛ لا", NULL};
  g_autofree char *answers = cell(form, ANSWERS), *answers_ar = cell(form, ANSWERS_AR);
  int lowest, points = answers ? scale_of(answers, &lowest) : 0;
  if (!answers || is_one_of(answers, yes_no)) {
    g_string_append(out, "type=yes-no\n");
    return;
  }
  if (points > 0) {
    add_scale(out, points, lowest);
    return;
  }
  // What is quoted of a long cell is its beginning.
  gboolean is_long = g_utf8_strlen(answers, -1) > MOST_QUOTED;
  g_autofree char *beginning = g_utf8_substring(answers, 0, is_long ? MOST_QUOTED : -1);
  g_autofree char *quoted = g_strconcat(beginning, is_long ? "…" : "", NULL);
  g_auto(GStrv) parts = g_regex_split_simple("[;؛|]", answers, 0, 0);
  g_auto(GStrv) parts_ar = answers_ar ? g_regex_split_simple("[;؛|]", answers_ar, 0, 0) : NULL;
  if (!add_choice(out, parts, parts_ar))
    mistake(form, ANSWERS, _("“%s” is neither yes/no, nor a scale such as 0-5, nor “Good=2; Fair=1; Poor=0”"),
            quoted);
}

// ---- rows

static void add_critical(Form *form, GString *out) {
  static const char *const kinds[] = {"customer", "business", "compliance", NULL};
  g_autofree char *text = cell(form, CRITICAL);
  if (!text || is_no(text))
    return;
  g_autofree char *kind = g_ascii_strdown(text, -1);
  if (g_strv_contains(kinds, kind))
    add_key(out, "critical", kind);
  else if (is_yes(text))
    add_key(out, "critical", "customer");
  else
    mistake(form, CRITICAL, _("“%s” is neither customer, business or compliance nor yes or no"), text);
}

static void add_na(Form *form, GString *out) {
  g_autofree char *text = cell(form, NA);
  if (!text || is_no(text))
    return;
  if (is_yes(text))
    add_key(out, "na", "true");
  else
    mistake(form, NA, _("“%s” is neither yes nor no"), text);
}

static Section *find_section(Form *form) {
  g_autofree char *title = cell(form, SECTION);
  guint n = form->sections->len;
  if (!title && n)
    return g_ptr_array_index(form->sections, n - 1);
  for (guint i = 0; title && i < n; i++) {
    Section *section = g_ptr_array_index(form->sections, i);
    if (g_str_equal(section->title, title))
      return section;
  }
  Section *section = g_new0(Section, 1);
  section->title = title ? g_steal_pointer(&title) : g_strdup(_("Questions"));
  section->title_ar = cell(form, SECTION_AR);
  section->weight = number_of(form, SECTION_WEIGHT, -1);
  section->questions = g_string_new(NULL);
  g_ptr_array_add(form->sections, section);
  return section;
}

static guint section_number(const Form *form, const Section *section) {
  guint at = 0;
  g_ptr_array_find(form->sections, section, &at);
  return at + 1;
}

static void add_question(Form *form) {
  g_autofree char *text = cell(form, QUESTION), *text_ar = cell(form, QUESTION_AR);
  if (!text && !text_ar)
    return; // a heading or an empty line between blocks
  if (++form->questions > MAX_QUESTIONS)
    return;
  Section *section = find_section(form);
  GString *out = section->questions;
  g_autofree char *name = question_name(form, text ? text : "");
  g_autofree char *guidance = cell(form, GUIDANCE), *guidance_ar = cell(form, GUIDANCE_AR);
  double weight = number_of(form, WEIGHT, 1);
  section->sum += weight;
  g_string_append_printf(out, "\n[question %s]\nsection=section-%u\n", name, section_number(form, section));
  add_key(out, "text", text ? text : text_ar);
  add_key(out, "text[ar]", text_ar);
  add_key(out, "guidance", guidance ? guidance : guidance_ar);
  add_key(out, "guidance[ar]", guidance_ar);
  add_answers(form, out);
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  add_key(out, "weight", g_ascii_formatd(number, sizeof number, "%g", weight));
  add_critical(form, out);
  add_na(form, out);
}

// ---- the whole

static gboolean read_heading(Form *form, GError **error) {
  const char *const *columns = es_csv_columns(form->csv);
  for (guint c = 0; c < N_COLUMNS; c++) {
    form->at[c] = -1;
    for (guint i = 0; columns[i] && form->at[c] < 0; i++) {
      g_autofree char *lower = g_utf8_strdown(columns[i], -1);
      if (g_strv_contains(names[c], lower))
        form->at[c] = (int)i;
    }
  }
  if (form->at[QUESTION] >= 0 || form->at[QUESTION_AR] >= 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
              _("%s:1: no column is named “question” (or السؤال); others may be section, weight, answers, "
                "guidance, critical, na"),
              form->name);
  return FALSE;
}

static gboolean read_rows(Form *form, GError **error) {
  EsCsvStatus status;
  while ((status = es_csv_next(form->csv, error)) == ES_CSV_ROW)
    add_question(form);
  if (status == ES_CSV_FAILED)
    return FALSE;
  if (form->questions > 0 && form->questions <= MAX_QUESTIONS)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
              form->questions ? _("%s: more than %d questions") : _("%s: there is no question in it"),
              form->name, MAX_QUESTIONS);
  return FALSE;
}

static char *compose(const Form *form, const EsFormRubric *rubric) {
  GString *out = g_string_new("[rubric]\n");
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  add_key(out, "id", rubric->id);
  add_key(out, "version", rubric->version);
  add_key(out, "title", rubric->title);
  add_key(out, "pass", g_ascii_formatd(number, sizeof number, "%g", rubric->pass_percent));
  for (guint i = 0; i < form->sections->len; i++) {
    const Section *section = g_ptr_array_index(form->sections, i);
    g_string_append_printf(out, "\n[section section-%u]\n", i + 1);
    add_key(out, "title", section->title);
    add_key(out, "title[ar]", section->title_ar);
    add_key(
        out, "weight",
        g_ascii_formatd(number, sizeof number, "%g", section->weight < 0 ? section->sum : section->weight));
  }
  for (guint i = 0; i < form->sections->len; i++)
    g_string_append(out, ((const Section *)g_ptr_array_index(form->sections, i))->questions->str);
  return g_string_free(out, FALSE);
}

char *es_rubric_from_form(const char *name, const char *text, const EsFormRubric *rubric, char ***mistakes,
                          GError **error) {
  if (!rubric_check_id(rubric->id, error))
    return NULL;
  g_autoptr(EsCsv) csv = es_csv_open_text(name, text, -1, TRUE, error);
  if (!csv)
    return NULL;
  g_autoptr(GPtrArray) sections = g_ptr_array_new_with_free_func(section_free);
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  Form form = {.csv = csv, .name = name, .sections = sections, .taken = taken, .mistakes = found};
  if (!read_heading(&form, error) || !read_rows(&form, error))
    return NULL;
  if (found->len == 0)
    return compose(&form, rubric);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, ngettext_("%s: %u mistake", "%s: %u mistakes", found->len),
              name, found->len);
  g_ptr_array_add(found, NULL);
  *mistakes = (char **)g_ptr_array_steal(found, NULL);
  return NULL;
}
