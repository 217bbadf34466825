// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Transcripts: stored by time, replaced as a whole, found by the full text, refused when they make no sense.
#include "earshot/index/transcript.h"
#include "fixture.h"

typedef struct {
  char *library;
  EsIndex *index;
  gint64 call;
  GPtrArray *cues;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  f->library = fixture_library();
  f->index = fixture_open(f->library, ES_INDEX_CREATE);
  f->call = fixture_put(f->index, fixture_call(0, "2001"));
  fixture_put(f->index, fixture_call(1, "2002"));
  f->cues = g_ptr_array_new_with_free_func((GDestroyNotify)es_cue_free);
}

static void tear_down(Fixture *f, gconstpointer data) {
  g_ptr_array_unref(f->cues);
  es_index_close(f->index);
  fixture_remove(f->library);
}

static void say(Fixture *f, gint64 start_ms, gint64 end_ms, const char *speaker, const char *text) {
  g_ptr_array_add(f->cues, es_cue_new(start_ms, end_ms, speaker, text));
}

static void put(Fixture *f) {
  GError *error = NULL;
  es_index_put_transcript(f->index, f->call, f->cues, &error);
  g_assert_no_error(error);
  g_ptr_array_set_size(f->cues, 0);
}

static void expect_words(Fixture *f, const char *words, const char *found) {
  EsSearch search;
  es_search_init(&search);
  search.words = words;
  g_autofree char *ids = fixture_search(f->index, &search);
  g_assert_cmpstr(ids, ==, found);
}

static void test_kept(Fixture *f, gconstpointer data) {
  say(f, 65000, 67000, "customer", "عايز أستردّ فلوسي");
  say(f, 1000, 3000, "agent", "good morning");
  say(f, 5000, 5000, NULL, " \n");
  put(f);
  g_autofree char *rows =
      fixture_shell(f->library, "SELECT n, start_ms, end_ms, speaker, text FROM transcript ORDER BY n");
  g_assert_cmpstr(rows, ==, "0|1000|3000|agent|good morning\n1|65000|67000|customer|عايز أستردّ فلوسي");
  g_autoptr(GPtrArray) cues = es_index_get_transcript(f->index, f->call, NULL);
  g_assert_cmpuint(cues->len, ==, 2);
  const EsCue *second = g_ptr_array_index(cues, 1);
  g_assert_cmpint(second->start_ms, ==, 65000);
  g_assert_cmpstr(second->speaker, ==, "customer");
  expect_words(f, "استرد", "c0");
  expect_words(f, "morning فلوسي", "c0");
  g_autofree char *column = fixture_shell(
      f->library, "SELECT count(*) FROM call_text WHERE call_text MATCH 'transcript : morning'");
  g_assert_cmpstr(column, ==, "1");
}

static void test_replaced(Fixture *f, gconstpointer data) {
  say(f, 0, 1000, NULL, "first version");
  put(f);
  say(f, 0, 1000, NULL, "second version");
  put(f);
  expect_words(f, "first", "");
  expect_words(f, "second", "c0");
  GError *error = NULL;
  g_assert_true(es_index_add_note(f->index, f->call, "a note", ES_UNKNOWN, "mona", 1, &error));
  expect_words(f, "second note", "c0"); // what is written anew keeps what was said
  put(f);
  expect_words(f, "second", "");
  expect_words(f, "note", "c0");
  g_autoptr(GPtrArray) cues = es_index_get_transcript(f->index, f->call, NULL);
  g_assert_cmpuint(cues->len, ==, 0);
}

static void refuse(Fixture *f, const char *because) {
  GError *error = NULL;
  g_assert_false(es_index_put_transcript(f->index, f->call, f->cues, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  if (!g_strrstr(error->message, because))
    g_error("\"%s\" is not in: %s", because, error->message);
  g_clear_error(&error);
  g_ptr_array_set_size(f->cues, 0);
}

static void test_refused(Fixture *f, gconstpointer data) {
  say(f, 0, 1000, NULL, "stays");
  put(f);
  say(f, 0, 1000, NULL, "fine");
  say(f, 2000, 1000, NULL, "backwards");
  refuse(f, "stretch 2");
  say(f, -1, 1000, NULL, "too early");
  refuse(f, "stretch 1");
  g_autofree char *long_text = g_strnfill(ES_TRANSCRIPT_BYTES_MAX + 1, 'a');
  say(f, 0, 1000, NULL, long_text);
  refuse(f, "too long");
  for (guint i = 0; i <= ES_CUES_MAX; i++)
    say(f, i, i, NULL, "x");
  refuse(f, "50001 stretches");
  expect_words(f, "stays", "c0");
  GError *error = NULL;
  say(f, 0, 1000, NULL, "to nobody");
  g_assert_false(es_index_put_transcript(f->index, 4711, f->cues, &error));
  g_assert_nonnull(error);
  g_clear_error(&error);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/index/transcript/kept", Fixture, NULL, set_up, test_kept, tear_down);
  g_test_add("/index/transcript/replaced", Fixture, NULL, set_up, test_replaced, tear_down);
  g_test_add("/index/transcript/refused", Fixture, NULL, set_up, test_refused, tear_down);
  return g_test_run();
}
