// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// An evaluation being filled in (see score-sheet.h).
//
// The total so far follows the rule of docs/rubrics.md: within a section the weighted mean of what was
// answered (N/A leaves both sides), over the sections the mean weighted by theirs. It only shows the way; the
// evaluation's own figures come from the reply of the operation.
#include "score-sheet.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "text.h"

#include <math.h>
#include <string.h>

#define NOT_APPLICABLE "na"
#define YES "yes"
#define NO "no"

typedef struct {
  char *answer, *note;
} Entry;

typedef struct {
  gint64 at_ms; // ES_UNKNOWN: the whole call
  char *text;
} Comment;

struct EsSheet {
  JsonObject *rubric;
  JsonArray *questions; // borrowed from the rubric
  gint64 segment, audio_ms;
  guint at;
  Entry *entries;
  GArray *comments; // of Comment
};

static void comment_clear(gpointer data) {
  g_free(((Comment *)data)->text);
}

EsSheet *es_sheet_new(JsonObject *rubric, gint64 segment, gint64 audio_ms) {
  EsSheet *sheet = g_new0(EsSheet, 1);
  sheet->rubric = json_object_ref(rubric);
  sheet->questions = es_reply_array(rubric, "questions");
  sheet->segment = segment;
  sheet->audio_ms = audio_ms;
  sheet->entries = g_new0(Entry, es_sheet_count(sheet));
  sheet->comments = g_array_new(FALSE, FALSE, sizeof(Comment));
  g_array_set_clear_func(sheet->comments, comment_clear);
  return sheet;
}

void es_sheet_free(EsSheet *sheet) {
  if (sheet == NULL)
    return;
  for (guint i = 0; i < es_sheet_count(sheet); i++) {
    g_free(sheet->entries[i].answer);
    g_free(sheet->entries[i].note);
  }
  g_free(sheet->entries);
  g_array_unref(sheet->comments);
  json_object_unref(sheet->rubric);
  g_free(sheet);
}

guint es_sheet_count(const EsSheet *sheet) {
  return json_array_get_length(sheet->questions);
}

guint es_sheet_at(const EsSheet *sheet) {
  return sheet->at;
}

JsonObject *es_sheet_question(const EsSheet *sheet, guint i) {
  return es_reply_object_at(sheet->questions, i);
}

const char *es_sheet_answer(const EsSheet *sheet, guint i) {
  return sheet->entries[i].answer;
}

const char *es_sheet_note(const EsSheet *sheet, guint i) {
  const char *note = sheet->entries[i].note;
  return note != NULL ? note : "";
}

guint es_sheet_answered(const EsSheet *sheet) {
  guint n = 0;
  for (guint i = 0; i < es_sheet_count(sheet); i++)
    n += sheet->entries[i].answer != NULL;
  return n;
}

guint es_sheet_first_open(const EsSheet *sheet) {
  guint i = 0;
  while (i < es_sheet_count(sheet) && sheet->entries[i].answer != NULL)
    i++;
  return i;
}

void es_sheet_go(EsSheet *sheet, guint i) {
  sheet->at = MIN(i, es_sheet_count(sheet));
}

guint es_sheet_comments(const EsSheet *sheet) {
  return sheet->comments->len;
}

const char *es_sheet_comment(const EsSheet *sheet, guint i, gint64 *at_ms) {
  const Comment *comment = &g_array_index(sheet->comments, Comment, i);
  *at_ms = comment->at_ms;
  return comment->text;
}

void es_sheet_add_comment(EsSheet *sheet, gint64 at_ms, const char *text) {
  Comment comment = {at_ms, g_strstrip(es_text_clean(text))};
  g_array_append_val(sheet->comments, comment);
}

void es_sheet_change_comment(EsSheet *sheet, guint i, const char *text) {
  Comment *comment = &g_array_index(sheet->comments, Comment, i);
  g_free(comment->text);
  comment->text = g_strstrip(es_text_clean(text));
  if (*comment->text == '\0')
    g_array_remove_index(sheet->comments, i);
}

void es_sheet_set_note(EsSheet *sheet, guint i, const char *note) {
  g_free(sheet->entries[i].note);
  sheet->entries[i].note = g_strstrip(es_text_clean(note));
}

const char *es_sheet_section(const EsSheet *sheet, guint i) {
  const char *name = es_reply_text(es_sheet_question(sheet, i), "section");
  JsonArray *sections = es_reply_array(sheet->rubric, "sections");
  for (guint s = 0; s < json_array_get_length(sections); s++) {
    JsonObject *section = es_reply_object_at(sections, s);
    const char *title = es_reply_text(section, "title");
    if (g_strcmp0(es_reply_text(section, "name"), name) == 0)
      return title != NULL ? title : "";
  }
  return "";
}

gboolean es_sheet_is_empty(const EsSheet *sheet) {
  for (guint i = 0; i < es_sheet_count(sheet); i++)
    if (sheet->entries[i].answer != NULL || *es_sheet_note(sheet, i) != '\0')
      return FALSE;
  return sheet->comments->len == 0;
}

static gboolean is_number(const char *text) {
  return text != NULL && *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static gboolean is_yes_or_no(const char *value) {
  return g_strcmp0(value, YES) == 0 || g_strcmp0(value, NO) == 0;
}

// Where values are numbers themselves (scales), numbering them would give every number two meanings; and a 1
// that means "no" is a trap.
static gboolean values_are_keys(JsonObject *question) {
  JsonArray *options = es_reply_array(question, "options");
  for (guint i = 0; i < json_array_get_length(options); i++) {
    const char *value = es_reply_text(es_reply_object_at(options, i), "value");
    if (is_number(value) || is_yes_or_no(value))
      return TRUE;
  }
  return FALSE;
}

char *es_sheet_key(JsonObject *question, guint option) {
  if (!values_are_keys(question))
    return g_strdup_printf("%u", option + 1);
  return es_text_clean(
      es_reply_text(es_reply_object_at(es_reply_array(question, "options"), option), "value"));
}

static gboolean is_prefix(const char *typed, const char *text) {
  if (text == NULL || *typed == '\0')
    return FALSE;
  g_autofree char *a = g_utf8_casefold(typed, -1);
  g_autofree char *b = g_utf8_casefold(text, -1);
  return g_str_has_prefix(b, a);
}

static gboolean is_not_applicable(const char *typed) {
  return strcmp(typed, "-") == 0 || g_ascii_strcasecmp(typed, NOT_APPLICABLE) == 0 ||
         g_ascii_strcasecmp(typed, "n/a") == 0 || strcmp(typed, "لا ينطبق") == 0 ||
         strcmp(typed, _("na")) == 0;
}

// Yes and no are understood in Arabic whatever the language of the texts.
static const char *in_arabic(const char *typed) {
  return strcmp(typed, "نعم") == 0 ? YES : strcmp(typed, "لا") == 0 ? NO : typed;
}

// The value that was meant: the value itself, its number, or the unique beginning of value or label.
static const char *match_option(JsonObject *question, const char *typed) {
  JsonArray *options = es_reply_array(question, "options");
  const char *found = NULL;
  guint matches = 0;
  for (guint i = 0; i < json_array_get_length(options); i++) {
    JsonObject *option = es_reply_object_at(options, i);
    g_autofree char *key = es_sheet_key(question, i);
    const char *value = es_reply_text(option, "value");
    if (value != NULL && (g_ascii_strcasecmp(typed, value) == 0 || strcmp(typed, key) == 0 ||
                          (is_yes_or_no(value) && strcmp(in_arabic(typed), value) == 0)))
      return value;
    if (is_prefix(typed, value) || is_prefix(typed, es_reply_text(option, "label"))) {
      found = value;
      matches++;
    }
  }
  return matches == 1 ? found : NULL;
}

static gboolean has_option(JsonObject *question, const char *value) {
  JsonArray *options = es_reply_array(question, "options");
  for (guint i = 0; i < json_array_get_length(options); i++)
    if (g_strcmp0(es_reply_text(es_reply_object_at(options, i), "value"), value) == 0)
      return TRUE;
  return g_strcmp0(value, NOT_APPLICABLE) == 0 && es_reply_true(question, "na");
}

gboolean es_sheet_set(EsSheet *sheet, guint i, const char *value) {
  if (!has_option(es_sheet_question(sheet, i), value))
    return FALSE;
  g_free(sheet->entries[i].answer);
  sheet->entries[i].answer = g_strdup(value);
  return TRUE;
}

static gboolean find_question(const EsSheet *sheet, const char *name, guint *i) {
  for (*i = 0; *i < es_sheet_count(sheet); (*i)++)
    if (g_strcmp0(es_reply_text(es_sheet_question(sheet, *i), "name"), name) == 0)
      return TRUE;
  return FALSE;
}

void es_sheet_resume(EsSheet *sheet, JsonObject *draft) {
  JsonArray *answers = es_reply_array(draft, "answers"), *comments = es_reply_array(draft, "comments");
  for (guint a = 0; a < json_array_get_length(answers); a++) {
    JsonObject *answer = es_reply_object_at(answers, a);
    guint i;
    if (!find_question(sheet, es_reply_text(answer, "question"), &i))
      continue;
    es_sheet_set(sheet, i, es_reply_text(answer, "answer"));
    es_sheet_set_note(sheet, i, es_reply_text(answer, "comment"));
  }
  for (guint c = 0; c < json_array_get_length(comments); c++) {
    JsonObject *comment = es_reply_object_at(comments, c);
    es_sheet_add_comment(sheet, es_reply_int(comment, "at_ms"), es_reply_text(comment, "text"));
  }
  if (sheet->segment <= 0)
    sheet->segment = MAX(es_reply_int(draft, "segment"), 0);
  sheet->at = es_sheet_first_open(sheet);
}

static EsSheetAct read_answer(EsSheet *sheet, char *typed, char **problem) {
  JsonObject *question = es_sheet_question(sheet, sheet->at);
  char *hash = strchr(typed, '#');
  if (hash != NULL)
    *hash = '\0';
  g_strstrip(typed);
  const char *value = match_option(question, typed);
  if (value == NULL && is_not_applicable(typed)) {
    if (!es_reply_true(question, "na")) {
      *problem = g_strdup(_("this question always applies"));
      return ES_SHEET_REFUSED;
    }
    value = NOT_APPLICABLE;
  }
  if (value == NULL) {
    *problem = g_strdup_printf(_("“%s” is not one of the answers"), typed);
    return ES_SHEET_REFUSED;
  }
  Entry *entry = &sheet->entries[sheet->at];
  g_free(entry->answer);
  g_free(entry->note);
  entry->answer = g_strdup(value);
  entry->note = hash != NULL ? g_strstrip(es_text_clean(hash + 1)) : NULL;
  sheet->at++;
  return ES_SHEET_ANSWERED;
}

// "@1:05 text", or "@ text" about the whole call.
static EsSheetAct read_comment(EsSheet *sheet, const char *typed, char **problem) {
  const char *space = strchr(typed, ' ');
  gint64 at_ms = ES_UNKNOWN;
  if (space == NULL || space[strspn(space, " ")] == '\0') {
    *problem = g_strdup(_("a comment is written as @1:05 text"));
    return ES_SHEET_REFUSED;
  }
  g_autofree char *moment = g_strndup(typed + 1, (gsize)(space - typed - 1));
  g_autoptr(GError) error = NULL;
  if (*moment != '\0' && !es_duration_parse(moment, &at_ms, &error)) {
    *problem = g_strdup(error->message);
    return ES_SHEET_REFUSED;
  }
  if (at_ms != ES_UNKNOWN && at_ms > sheet->audio_ms) {
    g_autofree char *length = es_duration_format(sheet->audio_ms, FALSE);
    *problem = sheet->audio_ms == ES_UNKNOWN
                   ? g_strdup(_("the call has no recording to comment on; @ text comments on the whole call"))
                   : g_strdup_printf(_("the recording is only %s long"), length);
    return ES_SHEET_REFUSED;
  }
  es_sheet_add_comment(sheet, at_ms, space);
  return ES_SHEET_COMMENTED;
}

static gboolean is_any(const char *typed, const char *a, const char *b) {
  return g_ascii_strcasecmp(typed, a) == 0 || g_ascii_strcasecmp(typed, b) == 0;
}

EsSheetAct es_sheet_read(EsSheet *sheet, const char *line, char **problem) {
  g_autofree char *typed = g_strstrip(es_digits_to_ascii(line));
  gboolean answered = sheet->at < es_sheet_count(sheet);
  if (*typed == '@')
    return read_comment(sheet, typed, problem);
  if (strcmp(typed, "?") == 0 || strcmp(typed, "؟") == 0)
    return ES_SHEET_GUIDANCE;
  if (answered && match_option(es_sheet_question(sheet, sheet->at), typed) != NULL)
    return read_answer(sheet, typed, problem);
  // Translators: typed by people to return to the question before; one word
  if (is_any(typed, "b", "back") || strcmp(typed, _("back")) == 0) {
    sheet->at -= sheet->at > 0 ? 1 : 0;
    return ES_SHEET_BACK;
  }
  // Translators: typed by people to leave without storing; one word
  if (is_any(typed, "q", "quit") || strcmp(typed, _("quit")) == 0)
    return ES_SHEET_QUIT;
  if (answered)
    return read_answer(sheet, typed, problem);
  *problem = g_strdup_printf(_("“%s” is not one of the answers"), typed);
  return ES_SHEET_REFUSED;
}

// NAN for an answer that does not count.
static double points_of(const EsSheet *sheet, guint i) {
  JsonArray *options = es_reply_array(es_sheet_question(sheet, i), "options");
  for (guint o = 0; sheet->entries[i].answer != NULL && o < json_array_get_length(options); o++) {
    JsonObject *option = es_reply_object_at(options, o);
    if (g_strcmp0(es_reply_text(option, "value"), sheet->entries[i].answer) == 0)
      return es_reply_number(option, "score");
  }
  return NAN;
}

static double section_total(const EsSheet *sheet, const char *section) {
  double sum = 0, weights = 0;
  for (guint i = 0; i < es_sheet_count(sheet); i++) {
    JsonObject *question = es_sheet_question(sheet, i);
    double points = points_of(sheet, i), weight = es_reply_number(question, "weight");
    if (isnan(points) || isnan(weight) || g_strcmp0(es_reply_text(question, "section"), section) != 0)
      continue;
    sum += weight * points;
    weights += weight;
  }
  return weights > 0 ? sum / weights : NAN;
}

double es_sheet_total(const EsSheet *sheet) {
  JsonArray *sections = es_reply_array(sheet->rubric, "sections");
  double sum = 0, weights = 0;
  for (guint i = 0; i < json_array_get_length(sections); i++) {
    JsonObject *section = es_reply_object_at(sections, i);
    double total = section_total(sheet, es_reply_text(section, "name"));
    double weight = es_reply_number(section, "weight");
    if (isnan(total) || isnan(weight))
      continue;
    sum += weight * total;
    weights += weight;
  }
  return weights > 0 ? 100 * sum / weights : NAN;
}

gboolean es_sheet_critical_failed(const EsSheet *sheet) {
  for (guint i = 0; i < es_sheet_count(sheet); i++)
    if (es_reply_text(es_sheet_question(sheet, i), "critical") != NULL && points_of(sheet, i) == 0)
      return TRUE;
  return FALSE;
}

static void append_comments(const EsSheet *sheet, GString *out) {
  g_string_append(out, "[comments]\n");
  for (guint i = 0; i < sheet->comments->len; i++) {
    const Comment *comment = &g_array_index(sheet->comments, Comment, i);
    g_autofree char *key = comment->at_ms == ES_UNKNOWN
                               ? g_strdup("call")
                               : es_duration_format(comment->at_ms, comment->at_ms % 1000 != 0);
    g_string_append_printf(out, "%s=%s\n", key, comment->text);
  }
}

char *es_sheet_text(const EsSheet *sheet) {
  GString *out = g_string_new("[evaluation]\n");
  g_string_append_printf(out, "rubric=%s\nversion=%s\n", es_reply_text(sheet->rubric, "id"),
                         es_reply_text(sheet->rubric, "version"));
  if (sheet->segment > 0)
    g_string_append_printf(out, "segment=%" G_GINT64_FORMAT "\n", sheet->segment);
  g_string_append(out, "[answers]\n");
  for (guint i = 0; i < es_sheet_count(sheet); i++)
    g_string_append_printf(out, "%s=%s\n", es_reply_text(es_sheet_question(sheet, i), "name"),
                           sheet->entries[i].answer != NULL ? sheet->entries[i].answer : "");
  g_string_append(out, "[notes]\n");
  for (guint i = 0; i < es_sheet_count(sheet); i++)
    if (sheet->entries[i].note != NULL && *sheet->entries[i].note != '\0')
      g_string_append_printf(out, "%s=%s\n", es_reply_text(es_sheet_question(sheet, i), "name"),
                             sheet->entries[i].note);
  append_comments(sheet, out);
  return g_string_free(out, FALSE);
}
