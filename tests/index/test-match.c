// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where words stand in a text: spellings, articles, beginnings, phrases; and in which parts of a call.
#include "earshot/index/match.h"
#include "earshot/index/transcript.h"
#include "fixture.h"

#include <string.h>

// What is found, as it stands in the text, with | between.
static const struct {
  const char *words, *text, *found;
} cases[] = {
    {"refund", "The Refund, refunded: REFUND", "Refund|REFUND"},
    {"ref*", "The Refund, preface", "Refund"},
    {"استرداد", "طلب اسْتِرداد المبلغ والاسترداد", "اسْتِرداد|والاسترداد"},
    {"المبلغ", "مبلغ المبلغ", "المبلغ"}, // a question is taken as it was typed
    {"احمد", "أحمد، إحمد وأحمد", "أحمد|إحمد"},
    {"a.smith", "a smith, a-smith, a big smith", "a smith|a-smith"},
    {"one two", "two one", "two|one"},
    {"5 ٥", "٥ apples, 55", "٥"},
    {"x", "", ""},
};

static void test_text(void) {
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(EsMatcher) matcher = es_matcher_new(cases[i].words);
    g_autoptr(GArray) spans = es_matcher_find(matcher, cases[i].text);
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint s = 0; s < spans->len; s++) {
      const EsMatchSpan *span = &g_array_index(spans, EsMatchSpan, s);
      g_string_append_printf(found, "%s%.*s", s ? "|" : "", (int)(span->end - span->start),
                             cases[i].text + span->start);
    }
    g_assert_cmpstr(found->str, ==, cases[i].found);
  }
  g_assert_null(es_matcher_new("!? ،"));
  g_assert_null(es_matcher_new(NULL));
}

static char *matches_of(EsIndex *index, gint64 row, const char *words) {
  GError *error = NULL;
  g_autoptr(EsMatcher) matcher = es_matcher_new(words);
  g_autoptr(EsCall) call = es_call_new();
  call->rowid = row;
  call->started_us = FIXTURE_DAY_US;
  call->caller_name = g_strdup("Ahmed Adel");
  call->business_id = g_strdup("T-1702");
  g_strfreev(call->tags);
  call->tags = g_strsplit("vip,refund", ",", -1);
  g_autoptr(GPtrArray) matches = es_index_find_matches(index, call, matcher, &error);
  g_assert_no_error(error);
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < matches->len; i++) {
    const EsMatch *match = g_ptr_array_index(matches, i);
    g_string_append_printf(text, "%s %" G_GINT64_FORMAT " %s\n", match->where, match->at_ms, match->text);
    g_assert_cmpuint(g_strv_length(match->words), >, 0);
    for (char **word = match->words; *word; word++)
      g_assert_nonnull(strstr(match->text, *word));
  }
  return g_string_free(text, FALSE);
}

static void test_call(void) {
  GError *error = NULL;
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  gint64 row = fixture_put(index, fixture_call(0, "2001"));
  g_autoptr(GPtrArray) cues = g_ptr_array_new_with_free_func((GDestroyNotify)es_cue_free);
  for (int i = 0; i < 9; i++)
    g_ptr_array_add(cues, es_cue_new(1000 * i, 1000 * i + 900, NULL, i % 2 ? "my refund" : "hello"));
  es_index_put_transcript(index, row, cues, &error);
  es_index_add_note(
      index, row,
      "a long story that has nothing to do with it, until the word refund stands here and goes on "
      "and on without an end that anybody would wait for",
      5000, "x", 1, &error);
  es_index_add_flag(index, row, "training", "no refund", 2000, 3000, "x", 1, &error);
  g_assert_no_error(error);
  g_autofree char *ticket = matches_of(index, row, "1702");
  g_assert_cmpstr(ticket, ==, "number -1 T-1702\n");
  g_autofree char *found = matches_of(index, row, "refund");
  g_assert_cmpstr(
      found, ==,
      "tag -1 refund\n"
      "note 5000 … do with it, until the word refund stands here and goes on and on without an end that "
      "anybody …\n"
      "comment 2000 no refund\n"
      "transcript 1000 my refund\ntranscript 3000 my refund\ntranscript 5000 my refund\n");
  g_autofree char *person = matches_of(index, row, "ahmed");
  g_assert_cmpstr(person, ==, "name -1 Ahmed Adel\n");
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/match/text", test_text);
  g_test_add_func("/index/match/call", test_call);
  return g_test_run();
}
