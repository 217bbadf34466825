// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A text is split into folded words with their places; a piece of the question ("a.smith" is one of two
// words) is found where its words follow one another.
#include "earshot/index/match.h"
#include "earshot/index/annotation.h"
#include "earshot/index/directory.h"
#include "earshot/index/fold.h"
#include "earshot/index/transcript.h"
#include "search-criteria.h"

#include <string.h>

#define MOST_OF_A_KIND 3
#define BEFORE 30 // characters of the passage before the first word found,
#define AFTER 60  // and from it on

struct EsMatcher {
  GPtrArray *pieces; // of GPtrArray of EsWord
};

EsMatcher *es_matcher_new(const char *words) {
  g_autoptr(GPtrArray) pieces = words ? es_words_split(words) : NULL;
  if (!pieces || pieces->len == 0)
    return NULL;
  EsMatcher *matcher = g_new0(EsMatcher, 1);
  matcher->pieces = g_steal_pointer(&pieces);
  return matcher;
}

void es_matcher_free(EsMatcher *matcher) {
  if (!matcher)
    return;
  g_ptr_array_unref(matcher->pieces);
  g_free(matcher);
}

// ---- in one text

typedef struct {
  const GPtrArray *piece;
  guint met; // words of it that the last words of the text have been
  gsize start;
} Progress;

typedef struct {
  Progress *progress;
  guint n;
  GArray *spans;
} Finder;

static gboolean fits(const EsWord *wanted, const char *word, gsize length) {
  gsize article = es_fold_article(word, length);
  return wanted->prefix
             ? g_str_has_prefix(word, wanted->text) || g_str_has_prefix(word + article, wanted->text)
             : g_str_equal(word, wanted->text) || g_str_equal(word + article, wanted->text);
}

static gboolean look(const char *word, gsize length, gsize start, gsize end, gpointer user_data) {
  Finder *finder = user_data;
  for (guint i = 0; i < finder->n; i++) {
    Progress *p = &finder->progress[i];
    if (p->met > 0 && !fits(g_ptr_array_index(p->piece, p->met), word, length))
      p->met = 0;
    if (!fits(g_ptr_array_index(p->piece, p->met), word, length))
      continue;
    p->start = p->met == 0 ? start : p->start;
    if (++p->met < p->piece->len)
      continue;
    p->met = 0;
    EsMatchSpan span = {p->start, end};
    const EsMatchSpan *last =
        finder->spans->len ? &g_array_index(finder->spans, EsMatchSpan, finder->spans->len - 1) : NULL;
    if (!last || span.start >= last->end)
      g_array_append_val(finder->spans, span);
  }
  return TRUE;
}

GArray *es_matcher_find(const EsMatcher *matcher, const char *text) {
  g_autofree Progress *progress = g_new0(Progress, matcher->pieces->len);
  for (guint i = 0; i < matcher->pieces->len; i++)
    progress[i].piece = g_ptr_array_index(matcher->pieces, i);
  Finder finder = {progress, matcher->pieces->len, g_array_new(FALSE, FALSE, sizeof(EsMatchSpan))};
  if (text)
    es_fold_words(text, strlen(text), look, &finder);
  return finder.spans;
}

// ---- in a call

static void match_free(gpointer data) {
  EsMatch *match = data;
  g_free(match->text);
  g_strfreev(match->words);
  g_free(match);
}

static gboolean is_space(const char *at) {
  return g_unichar_isspace(g_utf8_get_char(at));
}

// The stretch of text round the first word found, from a word's beginning to a word's end.
static void cut_passage(const char *text, const EsMatchSpan *first, const char **from, const char **to) {
  const char *start = text + first->start, *end = text + first->end;
  for (guint n = 0; n < BEFORE && start > text; n++)
    start = g_utf8_prev_char(start);
  while (start > text && start < text + first->start && !is_space(start))
    start = g_utf8_next_char(start);
  while (start < text + first->start && is_space(start))
    start = g_utf8_next_char(start);
  for (guint n = 0; n < AFTER && *end; n++)
    end = g_utf8_next_char(end);
  while (*end && end > text + first->end && !is_space(end))
    end = g_utf8_prev_char(end);
  *from = start;
  *to = end;
}

static void add(GPtrArray *matches, const EsMatcher *matcher, const char *where, gint64 at_ms,
                const char *text) {
  guint kind = 0;
  for (guint i = 0; i < matches->len; i++) {
    const EsMatch *other = g_ptr_array_index(matches, i);
    kind += g_str_equal(other->where, where);
  }
  if (!text || kind == MOST_OF_A_KIND)
    return;
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  g_autoptr(GArray) spans = es_matcher_find(matcher, valid);
  if (spans->len == 0)
    return;
  const char *from, *to;
  g_autoptr(GStrvBuilder) words = g_strv_builder_new();
  cut_passage(valid, &g_array_index(spans, EsMatchSpan, 0), &from, &to);
  for (guint i = 0; i < spans->len; i++) {
    const EsMatchSpan *span = &g_array_index(spans, EsMatchSpan, i);
    g_autofree char *word = g_strndup(valid + span->start, span->end - span->start);
    if (valid + span->end <= to)
      g_strv_builder_add(words, word);
  }
  EsMatch *match = g_new0(EsMatch, 1);
  match->where = where;
  match->at_ms = at_ms;
  match->words = g_strv_builder_end(words);
  match->text =
      g_strdup_printf("%s%.*s%s", from > valid ? "… " : "", (int)(to - from), from, *to ? " …" : "");
  g_ptr_array_add(matches, match);
}

static gboolean add_people(EsIndex *index, const EsCall *call, const EsMatcher *matcher, GPtrArray *matches,
                           GError **error) {
  add(matches, matcher, "name", ES_UNKNOWN, call->caller_name);
  add(matches, matcher, "name", ES_UNKNOWN, call->callee_name);
  add(matches, matcher, "number", ES_UNKNOWN, call->caller);
  add(matches, matcher, "number", ES_UNKNOWN, call->callee);
  add(matches, matcher, "number", ES_UNKNOWN, call->business_id);
  for (guint i = 0; call->segments && i < call->segments->len; i++) {
    const EsSegment *segment = g_ptr_array_index(call->segments, i);
    GError *failed = NULL;
    add(matches, matcher, "name", ES_UNKNOWN, segment->agent_name);
    add(matches, matcher, "name", ES_UNKNOWN, segment->team);
    add(matches, matcher, "number", ES_UNKNOWN, segment->agent);
    g_autoptr(EsAgent) agent = es_segment_find_agent(index, segment, call->started_us, &failed);
    if (failed) {
      g_propagate_error(error, failed);
      return FALSE;
    }
    if (agent && g_strcmp0(agent->name, segment->agent_name) != 0)
      add(matches, matcher, "name", ES_UNKNOWN, agent->name);
    if (agent)
      add(matches, matcher, "name", ES_UNKNOWN, agent->latin_name);
  }
  return TRUE;
}

// Rows of a named statement that gives texts with their moments.
static gboolean add_texts(EsIndex *index, const char *name, const EsCall *call, const EsMatcher *matcher,
                          const char *where, GPtrArray *matches, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, name, error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call->rowid);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    add(matches, matcher, where, es_column_int(s, 1), es_column_text(s, 0));
  return step == ES_STEP_DONE;
}

GPtrArray *es_index_find_matches(EsIndex *index, const EsCall *call, const EsMatcher *matcher,
                                 GError **error) {
  g_autoptr(GPtrArray) matches = g_ptr_array_new_with_free_func(match_free);
  if (!add_people(index, call, matcher, matches, error))
    return NULL;
  for (char **tag = call->tags; tag && *tag; tag++)
    add(matches, matcher, "tag", ES_UNKNOWN, *tag);
  if (!add_texts(index, "match-notes", call, matcher, "note", matches, error) ||
      !add_texts(index, "match-comments", call, matcher, "comment", matches, error) ||
      !add_texts(index, "match-transcript", call, matcher, "transcript", matches, error))
    return NULL;
  return g_steal_pointer(&matches);
}
