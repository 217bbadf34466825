// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads an answers file: [evaluation], [answers], [notes], [comments] of "key=value" lines. It looks like a
// GKeyFile but is read here, because moments may come twice, values are taken as they stand (no escapes: a
// backslash is a backslash), and every complaint names its line. Values are not judged here; es_evaluate
// does, with the rubric at hand.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/qa/evaluation.h"

#include <string.h>

#define MAX_BYTES (1024 * 1024)
#define MAX_SEGMENT 1000
#define MAX_ANSWERS 1000 // more than a rubric may have questions
#define MAX_COMMENTS 1000
#define WHOLE_CALL "call"

EsAnswer *es_answer_new(const char *question, const char *value, const char *comment, guint line) {
  EsAnswer *answer = g_new0(EsAnswer, 1);
  answer->question = g_strdup(question);
  answer->value = g_strdup(value);
  answer->comment = g_strdup(comment);
  answer->line = line;
  return answer;
}

static void answer_free(gpointer data) {
  EsAnswer *answer = data;
  g_free(answer->question);
  g_free(answer->value);
  g_free(answer->comment);
  g_free(answer);
}

static EsComment *comment_new(gint64 at_ms, const char *text) {
  EsComment *comment = g_new0(EsComment, 1);
  comment->at_ms = at_ms;
  comment->text = g_strdup(text);
  return comment;
}

static void comment_free(gpointer data) {
  EsComment *comment = data;
  g_free(comment->text);
  g_free(comment);
}

EsAnswers *es_answers_new(void) {
  EsAnswers *answers = g_new0(EsAnswers, 1);
  answers->segment = -1;
  answers->answers = g_ptr_array_new_with_free_func(answer_free);
  answers->comments = g_ptr_array_new_with_free_func(comment_free);
  return answers;
}

void es_answers_free(EsAnswers *answers) {
  if (!answers)
    return;
  g_free(answers->rubric);
  g_free(answers->version);
  g_free(answers->evaluator);
  g_ptr_array_unref(answers->answers);
  g_ptr_array_unref(answers->comments);
  g_free(answers);
}

// ---- one line after the other

typedef enum { IN_NOTHING, IN_EVALUATION, IN_ANSWERS, IN_NOTES, IN_COMMENTS } Group;

static const char *const group_names[] = {
    [IN_EVALUATION] = "evaluation",
    [IN_ANSWERS] = "answers",
    [IN_NOTES] = "notes",
    [IN_COMMENTS] = "comments",
};

typedef struct {
  const char *name;
  guint line;
  Group group;
  EsAnswers *answers;
  GHashTable *seen; // "[group] key" → line
} Parser;

G_GNUC_PRINTF(4, 5)
static gboolean refuse(const Parser *parser, const char *key, GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  const char *group = group_names[parser->group];
  g_autofree char *where =
      group ? g_strdup_printf(" [%s]%s%s:", group, key ? " " : "", key ? key : "") : g_strdup("");
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s:%u:%s %s", parser->name, parser->line, where, what);
  return FALSE;
}

static gboolean read_group(Parser *parser, const char *line, GError **error) {
  parser->group = IN_NOTHING;
  for (Group group = IN_EVALUATION; group <= IN_COMMENTS; group++) {
    g_autofree char *header = g_strdup_printf("[%s]", group_names[group]);
    if (g_str_equal(line, header)) {
      parser->group = group;
      return TRUE;
    }
  }
  return refuse(parser, NULL, error, _("“%s” is none of [evaluation], [answers], [notes] and [comments]"),
                line);
}

static gboolean is_first(Parser *parser, const char *key, GError **error) {
  char *id = g_strdup_printf("[%s] %s", group_names[parser->group], key);
  guint before = GPOINTER_TO_UINT(g_hash_table_lookup(parser->seen, id));
  if (before) {
    g_free(id);
    return refuse(parser, key, error, _("already on line %u"), before);
  }
  g_hash_table_insert(parser->seen, id, GUINT_TO_POINTER(parser->line));
  return TRUE;
}

static gboolean read_segment(Parser *parser, const char *value, GError **error) {
  g_autofree char *ascii = es_digits_to_ascii(value);
  gint64 number;
  if (!g_ascii_string_to_signed(ascii, 10, 1, MAX_SEGMENT, &number, NULL))
    return refuse(parser, "segment", error, _("“%s” is not a whole number from 1"), value);
  parser->answers->segment = (int)number - 1;
  return TRUE;
}

static gboolean read_evaluation(Parser *parser, const char *key, const char *value, GError **error) {
  static const char *const keys[] = {"rubric", "version", "evaluator", "segment", NULL};
  EsAnswers *answers = parser->answers;
  if (!g_strv_contains(keys, key))
    return refuse(parser, key, error, _("unknown key; rubric, version, evaluator and segment exist"));
  if (!is_first(parser, key, error))
    return FALSE;
  if (*value == '\0')
    return TRUE;
  if (g_str_equal(key, "segment"))
    return read_segment(parser, value, error);
  if (g_str_equal(key, "evaluator")) {
    answers->evaluator = g_strdup(value);
    return TRUE;
  }
  answers->rubric_line = parser->line;
  *(g_str_equal(key, "rubric") ? &answers->rubric : &answers->version) = g_strdup(value);
  return TRUE;
}

// The answer to a question, made when there is none yet.
static EsAnswer *answer_to(Parser *parser, const char *question, GError **error) {
  for (guint i = 0; i < parser->answers->answers->len; i++) {
    EsAnswer *answer = parser->answers->answers->pdata[i];
    if (g_str_equal(answer->question, question))
      return answer;
  }
  if (parser->answers->answers->len == MAX_ANSWERS) {
    refuse(parser, question, error, _("more than %d questions"), MAX_ANSWERS);
    return NULL;
  }
  EsAnswer *answer = es_answer_new(question, NULL, NULL, parser->line);
  g_ptr_array_add(parser->answers->answers, answer);
  return answer;
}

static gboolean read_answer(Parser *parser, const char *key, const char *value, GError **error) {
  if (!is_first(parser, key, error))
    return FALSE;
  EsAnswer *answer = answer_to(parser, key, error);
  if (!answer)
    return FALSE;
  answer->value = g_strdup(value);
  answer->line = parser->line;
  return TRUE;
}

static gboolean read_note(Parser *parser, const char *key, const char *value, GError **error) {
  if (!is_first(parser, key, error))
    return FALSE;
  if (*value == '\0')
    return TRUE;
  EsAnswer *answer = answer_to(parser, key, error);
  if (answer)
    answer->comment = g_strdup(value);
  return answer != NULL;
}

static gboolean read_comment(Parser *parser, const char *key, const char *value, GError **error) {
  gint64 at_ms = ES_UNKNOWN;
  if (*value == '\0')
    return TRUE;
  g_autoptr(GError) refused = NULL;
  if (!g_str_equal(key, WHOLE_CALL) && !es_duration_parse(key, &at_ms, &refused))
    return refuse(parser, key, error, _("this is no moment like 1:05, nor “%s”"), WHOLE_CALL);
  if (parser->answers->comments->len == MAX_COMMENTS)
    return refuse(parser, key, error, _("more than %d comments"), MAX_COMMENTS);
  g_ptr_array_add(parser->answers->comments, comment_new(at_ms, value));
  return TRUE;
}

static gboolean read_pair(Parser *parser, char *line, GError **error) {
  char *equals = strchr(line, '=');
  if (parser->group == IN_NOTHING)
    return refuse(parser, NULL, error, _("“%s” stands before the first [group]"), line);
  if (!equals || equals == line)
    return refuse(parser, NULL, error, _("“%s” is not “key=value”, a [group] or a # comment"), line);
  *equals = '\0';
  const char *key = g_strstrip(line), *value = g_strstrip(equals + 1);
  switch (parser->group) {
  case IN_EVALUATION:
    return read_evaluation(parser, key, value, error);
  case IN_ANSWERS:
    return read_answer(parser, key, value, error);
  case IN_NOTES:
    return read_note(parser, key, value, error);
  default:
    return read_comment(parser, key, value, error);
  }
}

static gboolean read_line(Parser *parser, const char *start, gsize length, GError **error) {
  if (!g_utf8_validate_len(start, length, NULL)) // refuses NUL bytes, too
    return refuse(parser, NULL, error, _("not UTF-8 text; save the file as UTF-8"));
  g_autofree char *line = g_strstrip(g_strndup(start, length));
  if (*line == '\0' || *line == '#')
    return TRUE;
  // A comment may begin with a bracket, a group never holds an equals sign.
  return *line == '[' && !strchr(line, '=') ? read_group(parser, line, error)
                                            : read_pair(parser, line, error);
}

static gboolean read_lines(Parser *parser, const char *text, gsize size, GError **error) {
  const char *end = text + size;
  while (text < end) {
    const char *feed = memchr(text, '\n', (gsize)(end - text));
    const char *stop = feed ? feed : end;
    parser->line++;
    if (!read_line(parser, text, (gsize)(stop - text), error))
      return FALSE;
    text = feed ? feed + 1 : end;
  }
  return TRUE;
}

EsAnswers *es_answers_parse(const char *name, const char *text, gssize length, GError **error) {
  gsize size = length < 0 ? strlen(text) : (gsize)length;
  if (size > MAX_BYTES) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: larger than %d MiB"), name, MAX_BYTES >> 20);
    return NULL;
  }
  if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { // editors on Windows write a byte order mark
    text += 3;
    size -= 3;
  }
  g_autoptr(EsAnswers) answers = es_answers_new();
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  Parser parser = {.name = name, .answers = answers, .seen = seen};
  if (!read_lines(&parser, text, size, error))
    return NULL;
  return g_steal_pointer(&answers);
}
