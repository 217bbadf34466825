// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// "--agent": an extension or address as calls show it, or words of a name. Names are looked up first, in the
// directory (extension, valid from and until) and among the names stored with calls; both lists are short
// beside the calls. What they give are ranges of one facet each, which the search then walks.
#include "earshot/index/fold.h"
#include "search-criteria.h"

#include <string.h>

#define MOST_PEOPLE 40  // alternatives of their own
#define MOST_RANGES 200 // of entries that calls are just learning

static gboolean is_word(const char *word, const EsWord *wanted) {
  return wanted->prefix ? g_str_has_prefix(word, wanted->text) : g_str_equal(word, wanted->text);
}

// As in the full text: a word finds itself with its article.
static gboolean has_word(char **words, const EsWord *wanted) {
  for (char **word = words; *word; word++)
    if (is_word(*word, wanted) || is_word(*word + es_fold_article(*word, strlen(*word)), wanted))
      return TRUE;
  return FALSE;
}

static gboolean has_all(const char *text, const GPtrArray *pieces) {
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  for (guint i = 0; i < pieces->len; i++) {
    const GPtrArray *piece = g_ptr_array_index(pieces, i);
    for (guint j = 0; j < piece->len; j++)
      if (!has_word(words, g_ptr_array_index(piece, j)))
        return FALSE;
  }
  return TRUE;
}

static gboolean add_from_directory(EsIndex *index, EsCriteria *criteria, EsCriterion *criterion,
                                   const GPtrArray *pieces, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-words", error);
  EsStep step = ES_STEP_FAILED;
  guint n = 0;
  while (s && n < MOST_RANGES && (step = es_step(s, error)) == ES_STEP_ROW) {
    if (!has_all(es_column_word(s, 0), pieces))
      continue;
    gint64 from = es_column_int(s, 2), until = es_column_int(s, 3);
    es_criteria_add_facet(criteria, criterion, "agent", es_column_text(s, 1), from,
                          until == ES_UNKNOWN ? G_MAXINT64 : until - 1);
    n++;
  }
  return step == ES_STEP_DONE || n == MOST_RANGES;
}

static GPtrArray *find_people(EsIndex *index, const GPtrArray *pieces, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "person-words", error);
  g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func(g_free);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW)
    if (has_all(es_column_word(s, 0), pieces))
      g_ptr_array_add(people, es_column_dup(s, 0));
  return step == ES_STEP_DONE ? g_steal_pointer(&people) : NULL;
}

// A statement has room for 500 alternatives; long before that, one for all is faster.
static gboolean add_from_calls(EsIndex *index, EsCriteria *criteria, EsCriterion *criterion,
                               const GPtrArray *pieces, GError **error) {
  g_autoptr(GPtrArray) people = find_people(index, pieces, error);
  if (people && people->len > MOST_PEOPLE)
    es_criteria_add_people(criteria, criterion, people);
  for (guint i = 0; people && people->len <= MOST_PEOPLE && i < people->len; i++)
    es_criteria_add_facet(criteria, criterion, "person", people->pdata[i], 0, G_MAXINT64);
  return people != NULL;
}

gboolean es_criteria_add_agent(EsIndex *index, EsCriteria *criteria, const char *agent, GError **error) {
  EsCriterion *criterion = es_criteria_add(criteria, TRUE);
  g_autofree char *value = es_facet_value(agent);
  es_criteria_add_facet(criteria, criterion, "agent", value ? value : "", 0, G_MAXINT64);
  g_autoptr(GPtrArray) pieces = es_words_split(agent);
  return pieces->len == 0 || (add_from_directory(index, criteria, criterion, pieces, error) &&
                              add_from_calls(index, criteria, criterion, pieces, error));
}
