// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "search-criteria.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/fold.h"
#include "number.h"

#include <math.h>
#include <string.h>

void es_search_init(EsSearch *search) {
  *search = (EsSearch){.from_us = ES_UNKNOWN,
                       .until_us = ES_UNKNOWN,
                       .min_duration_ms = ES_UNKNOWN,
                       .max_duration_ms = ES_UNKNOWN,
                       .score_below = (double)NAN,
                       .min_repeats = ES_UNKNOWN,
                       .min_dead_air_ms = ES_UNKNOWN,
                       .min_talk_over_ms = ES_UNKNOWN,
                       .after = ES_UNKNOWN};
}

// ---- values

static EsValue *add_value(EsCriteria *criteria, EsValueKind kind, const char *name, int number) {
  EsValue value = {.kind = kind};
  if (number < 0)
    g_snprintf(value.name, sizeof value.name, ":%s", name);
  else
    g_snprintf(value.name, sizeof value.name, ":%s%d", name, number);
  g_array_append_val(criteria->values, value);
  return &g_array_index(criteria->values, EsValue, criteria->values->len - 1);
}

static void add_text(EsCriteria *criteria, const char *name, int number, const char *text) {
  add_value(criteria, ES_VALUE_TEXT, name, number)->text = g_strdup(text);
}

static void add_int(EsCriteria *criteria, const char *name, int number, gint64 integer) {
  add_value(criteria, ES_VALUE_INT, name, number)->integer = integer;
}

void es_criteria_bind(const EsCriteria *criteria, EsStatement *statement) {
  for (guint i = 0; i < criteria->values->len; i++) {
    const EsValue *value = &g_array_index(criteria->values, EsValue, i);
    if (!es_statement_has(statement, value->name))
      continue;
    if (value->kind == ES_VALUE_TEXT)
      es_bind_text(statement, value->name, value->text);
    else if (value->kind == ES_VALUE_INT)
      es_bind_int(statement, value->name, value->integer);
    else
      es_bind_real(statement, value->name, value->real);
  }
}

// ---- criteria

static void criterion_free(gpointer data) {
  EsCriterion *criterion = data;
  g_array_unref(criterion->alternatives);
  g_free(criterion);
}

static void value_clear(gpointer data) {
  g_free(((EsValue *)data)->text);
}

void es_criteria_free(EsCriteria *criteria) {
  if (!criteria)
    return;
  g_ptr_array_unref(criteria->criteria);
  g_array_unref(criteria->values);
  g_free(criteria);
}

EsCriterion *es_criteria_add(EsCriteria *criteria, gboolean ordered) {
  EsCriterion *criterion = g_new0(EsCriterion, 1);
  criterion->alternatives = g_array_new(FALSE, FALSE, sizeof(EsAlternative));
  criterion->ordered = ordered;
  g_ptr_array_add(criteria->criteria, criterion);
  return criterion;
}

static void add_alternative(EsCriterion *criterion, const char *drive, const char *test, int number) {
  EsAlternative alternative = {drive, test, number};
  g_array_append_val(criterion->alternatives, alternative);
}

void es_criteria_add_facet(EsCriteria *criteria, EsCriterion *criterion, const char *kind, const char *value,
                           gint64 from, gint64 until) {
  int number = (int)criteria->alternatives++;
  add_text(criteria, "kind", number, kind);
  add_text(criteria, "value", number, value);
  add_int(criteria, "from", number, MAX(from, criteria->from));
  add_int(criteria, "until", number, MIN(until, criteria->until));
  add_alternative(criterion, "drive-facet", "test-facet", number);
}

// Folded words hold letters, digits and spaces alone.
void es_criteria_add_people(EsCriteria *criteria, EsCriterion *criterion, const GPtrArray *people) {
  GString *list = g_string_new("[");
  for (guint i = 0; i < people->len; i++)
    g_string_append_printf(list, "%s\"%s\"", i ? "," : "", (const char *)people->pdata[i]);
  g_string_append_c(list, ']');
  add_value(criteria, ES_VALUE_TEXT, "people", -1)->text = g_string_free(list, FALSE);
  add_alternative(criterion, "drive-people", "test-people", -1);
}

static gboolean is_given(const char *text) {
  return text && *text;
}

static void add_facet(EsCriteria *criteria, const char *kind, const char *text) {
  if (!is_given(text))
    return;
  g_autofree char *value = es_facet_value(text);
  EsCriterion *criterion = es_criteria_add(criteria, TRUE);
  es_criteria_add_facet(criteria, criterion, kind, value ? value : "", 0, G_MAXINT64);
}

static void add_range(EsCriteria *criteria, EsCriterion *criterion, const char *low, const char *high,
                      gboolean caller, gboolean callee) {
  int number = (int)criteria->alternatives++;
  add_text(criteria, "low", number, low);
  add_text(criteria, "high", number, high);
  if (caller)
    add_alternative(criterion, "drive-caller", "test-caller", number);
  if (callee)
    add_alternative(criterion, "drive-callee", "test-callee", number);
}

static void add_party(EsCriteria *criteria, const char *text, gboolean caller, gboolean callee) {
  if (!is_given(text))
    return;
  EsCriterion *criterion = es_criteria_add(criteria, FALSE);
  g_autoptr(GArray) ranges = es_number_ranges(text);
  for (guint i = 0; i < ranges->len; i++) {
    const EsNumberRange *range = &g_array_index(ranges, EsNumberRange, i);
    add_range(criteria, criterion, range->low, range->high, caller, callee);
  }
  if (ranges->len == 0)
    add_range(criteria, criterion, "", "", caller, callee); // nothing is below nothing: no call
}

static void add_column(EsCriteria *criteria, const char *drive, const char *test, const char *name,
                       const char *text) {
  if (!is_given(text))
    return;
  add_alternative(es_criteria_add(criteria, TRUE), drive, test, -1);
  add_text(criteria, name, -1, text);
}

static void add_score(EsCriteria *criteria, double score_below) {
  if (isnan(score_below))
    return;
  add_alternative(es_criteria_add(criteria, TRUE), "drive-score", "test-score", -1);
  add_value(criteria, ES_VALUE_REAL, "score", -1)->real = score_below;
}

// The partial index whose threshold lies closest below: most of what it holds then lasts long enough.
static void add_duration(EsCriteria *criteria, gint64 shortest_ms, gint64 longest_ms) {
  if (shortest_ms == ES_UNKNOWN && longest_ms == ES_UNKNOWN)
    return;
  shortest_ms = MAX(shortest_ms, 0);
  const char *drive = shortest_ms >= 3600000  ? "drive-duration-3600"
                      : shortest_ms >= 900000 ? "drive-duration-900"
                      : shortest_ms >= 300000 ? "drive-duration-300"
                      : shortest_ms >= 60000  ? "drive-duration-60"
                                              : "drive-duration-0";
  add_alternative(es_criteria_add(criteria, TRUE), drive, "test-duration", -1);
  add_int(criteria, "shortest", -1, shortest_ms);
  add_int(criteria, "longest", -1, longest_ms == ES_UNKNOWN ? G_MAXINT64 : longest_ms);
}

static void add_least(EsCriteria *criteria, const char *drive, const char *test, const char *name,
                      gint64 least) {
  if (least == ES_UNKNOWN)
    return;
  add_alternative(es_criteria_add(criteria, TRUE), drive, test, -1);
  add_int(criteria, name, -1, MAX(least, 1));
}

// ---- words

static void word_free(gpointer data) {
  EsWord *word = data;
  g_free(word->text);
  g_free(word);
}

static gboolean collect(const char *text, gsize length, gsize start, gsize end, gpointer user_data) {
  EsWord *word = g_new0(EsWord, 1);
  word->text = g_strndup(text, length);
  g_ptr_array_add(user_data, word);
  return TRUE;
}

static void add_piece(GPtrArray *pieces, const char *text, gsize length) {
  if (length == 0)
    return;
  GPtrArray *words = g_ptr_array_new_with_free_func(word_free);
  es_fold_words(text, length, collect, words);
  if (words->len == 0) {
    g_ptr_array_unref(words);
    return;
  }
  ((EsWord *)g_ptr_array_index(words, words->len - 1))->prefix = text[length - 1] == '*';
  g_ptr_array_add(pieces, words);
}

GPtrArray *es_words_split(const char *text) {
  GPtrArray *pieces = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  const char *start = valid;
  for (const char *at = valid;; at = g_utf8_next_char(at)) {
    if (*at && !g_unichar_isspace(g_utf8_get_char(at)))
      continue;
    add_piece(pieces, start, (gsize)(at - start));
    if (!*at)
      return pieces;
    start = g_utf8_next_char(at);
  }
}

// In the language of FTS5. Folded words hold letters and digits alone, so quoting them is enough. A piece
// such as a.smith becomes a phrase.
static char *match_expression(const GPtrArray *pieces) {
  GString *match = g_string_new(NULL);
  for (guint i = 0; i < pieces->len; i++) {
    const GPtrArray *words = g_ptr_array_index(pieces, i);
    g_string_append(match, i ? " AND \"" : "\"");
    for (guint j = 0; j < words->len; j++) {
      const EsWord *word = g_ptr_array_index(words, j);
      g_string_append_printf(match, "%s%s", j ? " " : "", word->text);
      if (word->prefix)
        g_string_append(match, "\" *");
    }
    if (match->str[match->len - 1] != '*')
      g_string_append_c(match, '"');
  }
  return g_string_free(match, FALSE);
}

static gboolean has_short_prefix(const GPtrArray *pieces) {
  for (guint i = 0; i < pieces->len; i++) {
    const GPtrArray *words = g_ptr_array_index(pieces, i);
    const EsWord *last = g_ptr_array_index(words, words->len - 1);
    if (last->prefix && g_utf8_strlen(last->text, -1) < 2)
      return TRUE;
  }
  return FALSE;
}

static gboolean add_words(EsCriteria *criteria, const char *words, GError **error) {
  if (!is_given(words))
    return TRUE;
  g_autoptr(GPtrArray) pieces = es_words_split(words);
  if (pieces->len == 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("there is no word to search for in “%s”"), words);
    return FALSE;
  }
  if (has_short_prefix(pieces)) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE,
                _("“%s”: a word's beginning needs at least two letters before the *"), words);
    return FALSE;
  }
  g_autofree char *match = match_expression(pieces);
  EsCriterion *criterion = es_criteria_add(criteria, TRUE);
  criterion->must_drive = TRUE;
  add_alternative(criterion, "drive-words", "test-words", -1);
  add_text(criteria, "words", -1, match);
  return TRUE;
}

// ---- the whole

static gboolean check_word(const char *what, const char *text, const char *const *allowed, GError **error) {
  if (!is_given(text) || g_strv_contains(allowed, text))
    return TRUE;
  g_autofree char *list = g_strjoinv(", ", (char **)allowed);
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s “%s” does not exist; there are %s"), what, text, list);
  return FALSE;
}

static gboolean check(const EsSearch *search, GError **error) {
  static const char *const directions[] = {"inbound", "outbound", "internal", "unknown", NULL};
  static const char *const dispositions[] = {"answered", "missed", "abandoned", "busy", "failed", NULL};
  static const char *const outcomes[] = {"recorded", "partial", "none", NULL};
  static const char *const consents[] = {"unknown",   "requested", "given", "refused",
                                         "withdrawn", "expired",   NULL};
  return check_word(_("direction"), search->direction, directions, error) &&
         check_word(_("disposition"), search->disposition, dispositions, error) &&
         check_word(_("outcome"), search->outcome, outcomes, error) &&
         check_word(_("consent"), search->consent, consents, error);
}

EsCriteria *es_criteria_new(EsIndex *index, const EsSearch *search, GError **error) {
  if (!check(search, error))
    return NULL;
  g_autoptr(EsCriteria) criteria = g_new0(EsCriteria, 1);
  criteria->criteria = g_ptr_array_new_with_free_func(criterion_free);
  criteria->values = g_array_new(FALSE, TRUE, sizeof(EsValue));
  g_array_set_clear_func(criteria->values, value_clear);
  criteria->from = search->from_us == ES_UNKNOWN ? 0 : search->from_us;
  criteria->until = search->until_us == ES_UNKNOWN ? G_MAXINT64 : search->until_us - 1;
  if (search->sort == ES_SORT_DATE && search->after != ES_UNKNOWN && search->reverse)
    criteria->from = MAX(criteria->from, search->after + 1);
  else if (search->sort == ES_SORT_DATE && search->after != ES_UNKNOWN)
    criteria->until = MIN(criteria->until, search->after - 1);
  add_int(criteria, "from", -1, criteria->from);
  add_int(criteria, "until", -1, criteria->until);
  if (!add_words(criteria, search->words, error))
    return NULL;
  add_party(criteria, search->caller, TRUE, FALSE);
  add_party(criteria, search->callee, FALSE, TRUE);
  add_party(criteria, search->number, TRUE, TRUE);
  add_facet(criteria, "tag", search->tag);
  add_facet(criteria, "flag", search->flag);
  if (is_given(search->agent) && !es_criteria_add_agent(index, criteria, search->agent, error))
    return NULL;
  add_score(criteria, search->score_below);
  add_column(criteria, "drive-business", "test-business", "business", search->business_id);
  if (search->missing_audio)
    add_alternative(es_criteria_add(criteria, TRUE), "drive-missing", "test-missing", -1);
  add_least(criteria, "drive-repeats", "test-repeats", "repeats", search->min_repeats);
  add_least(criteria, "drive-dead-air", "test-dead-air", "dead_air", search->min_dead_air_ms);
  add_least(criteria, "drive-talk-over", "test-talk-over", "talk_over", search->min_talk_over_ms);
  add_facet(criteria, "queue", search->queue);
  add_column(criteria, "drive-group", "test-group", "group", search->group_id);
  add_column(criteria, "drive-consent", "test-consent", "consent", search->consent);
  add_column(criteria, "drive-disposition", "test-disposition", "disposition", search->disposition);
  add_column(criteria, "drive-outcome", "test-outcome", "outcome", search->outcome);
  add_column(criteria, "drive-direction", "test-direction", "direction", search->direction);
  add_duration(criteria, search->min_duration_ms, search->max_duration_ms);
  add_column(criteria, "drive-client", "test-client", "client", search->client);
  return g_steal_pointer(&criteria);
}
