// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows on their way into the index: one whose call has its row already is done, one that has a recording that
// nobody knows is set aside; stories that wait are written once the index lets them, and told if it never
// does.
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "finished.h"
#include "recovered-list.h"
#include "refused.h"
#include <glib/gstdio.h>
#include <string.h>

#define MOMENT_US G_GINT64_CONSTANT(1760000000000000)

typedef struct {
  char *library;
  EsIndex *index;
  GString *told; // events
} Place;

static void on_event(EsLogEvent event, const char *message, gpointer user_data) {
  Place *place = user_data;
  g_assert_nonnull(message);
  g_string_append_printf(place->told, "%s ", es_log_event_info(event)->name);
}

static EsCaptureSink sink_of(Place *place) {
  return (EsCaptureSink){.event = on_event, .user_data = place};
}

static void open_place(Place *place) {
  GError *error = NULL;
  place->library = g_dir_make_tmp("earshot-finished-XXXXXX", &error);
  g_assert_no_error(error);
  place->index = es_index_open(place->library, ES_INDEX_CREATE, &error);
  g_assert_no_error(error);
  place->told = g_string_new(NULL);
}

static void close_place(Place *place) {
  es_index_close(place->index);
  g_string_free(place->told, TRUE);
  g_autofree char *quoted = g_shell_quote(place->library), *command = g_strconcat("rm -r ", quoted, NULL);
  g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
  g_free(place->library);
}

static EsCall *make_call(const char *key, const char *file) {
  EsCall *call = es_call_new();
  call->started_us = call->answered_us = MOMENT_US;
  call->ended_us = MOMENT_US + 5 * ES_US_PER_S;
  call->id = g_malloc(ES_ID_SIZE);
  es_id_new(call->started_us, call->id);
  call->source_key = g_strdup(key);
  call->disposition = g_strdup("answered");
  call->outcome = g_strdup(file ? "recorded" : "none");
  call->file = g_strdup(file);
  return call;
}

static char *make_file(const Place *place, const char *name) {
  char *path = g_build_filename(place->library, name, NULL);
  g_assert_true(g_file_set_contents(path, name, -1, NULL));
  return path;
}

// How many of these two become rows of the place.
static guint put_two(Place *place, EsCall *first, EsCall *second, gboolean *put) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)es_call_free);
  EsCaptureSink sink = sink_of(place);
  GError *error = NULL;
  g_ptr_array_add(rows, first);
  g_ptr_array_add(rows, second);
  guint done = es_rows_put(place->index, rows, 2, &sink, put, &error);
  g_assert_no_error(error);
  return done;
}

static void check_refused(const Place *place, const char *name, gboolean there) {
  g_autofree char *path = g_build_filename(place->library, "spool", ES_REFUSED_FOLDER, name, NULL);
  g_assert_cmpint(g_file_test(path, G_FILE_TEST_EXISTS), ==, there);
}

// While one is on its way, its call gets a row of the same id and the same file, or of another that rang.
static void test_there_already(void) {
  Place place;
  gboolean put[2];
  gint64 count;
  open_place(&place);
  g_autofree char *good = make_file(&place, "good.opus");
  g_autoptr(EsCall) earlier = make_call("a|1|x", "good.opus");
  g_assert_true(es_index_put_call(place.index, earlier, NULL));
  EsCall *same = make_call("a|1|x", "good.opus");
  g_free(same->id);
  same->id = g_strdup(earlier->id);
  g_assert_cmpuint(put_two(&place, same, make_call("b|1|x", NULL), put), ==, 2);
  g_assert_false(put[0]);
  g_assert_true(put[1]);
  g_assert_cmpuint(put_two(&place, make_call("a|1|x", NULL), make_call("c|1|x", NULL), put), ==, 2);
  g_assert_false(put[0]);
  g_assert_true(put[1]);
  g_assert_true(g_file_test(good, G_FILE_TEST_EXISTS));
  g_assert_cmpstr(place.told->str, ==, "");
  check_refused(&place, "", FALSE);
  g_assert_true(es_index_count_calls(place.index, &count, NULL));
  g_assert_cmpint(count, ==, 3);
  close_place(&place);
}

// Two recorders had it: what no row knows is not left among the recordings, and not thrown away.
static void test_another_recording(void) {
  Place place;
  gboolean put[2];
  open_place(&place);
  g_autofree char *good = make_file(&place, "good.opus");
  g_autofree char *other = make_file(&place, "other.opus");
  g_autoptr(EsCall) earlier = make_call("a|1|x", "good.opus");
  g_assert_true(es_index_put_call(place.index, earlier, NULL));
  g_assert_cmpuint(put_two(&place, make_call("a|1|x", "other.opus"), make_call("b|1|x", NULL), put), ==, 2);
  g_assert_false(put[0]);
  g_assert_true(put[1]);
  g_assert_true(g_file_test(good, G_FILE_TEST_EXISTS));
  g_assert_false(g_file_test(other, G_FILE_TEST_EXISTS));
  check_refused(&place, "other.opus", TRUE);
  check_refused(&place, "other.json", TRUE);
  g_assert_cmpstr(place.told->str, ==, "row-refused ");
  close_place(&place);
}

static char *group_of(const Place *place, const char *id) {
  g_autoptr(EsCall) call = es_index_get_call(place->index, id, NULL);
  return g_strdup(call->group_id);
}

// No call ends any more, and yet they are put together.
static void test_waiting_groups(void) {
  Place place;
  EsCaptureStats stats = {0};
  GError *error = NULL;
  open_place(&place);
  EsCaptureSink sink = sink_of(&place);
  EsCallContext context = {.index = place.index, .library = place.library, .live = TRUE};
  context.live_index = es_live_index_new(place.index, TRUE, &sink);
  EsFinished *finished = es_finished_new(&context, &sink, &stats);
  g_autoptr(EsCall) call = make_call("a|1|x", NULL);
  g_assert_true(es_index_put_call(place.index, call, NULL));
  g_autoptr(EsIndex) other = es_index_open(place.library, ES_INDEX_WRITE, &error);
  g_assert_false(es_finished_are_due(finished));
  for (guint round = 0; round < 2; round++) {
    const char *group = round ? "second" : "first";
    g_assert_true(es_index_begin(other, &error));
    g_assert_true(es_live_index_set_group(context.live_index, call->id, group, NULL, &error));
    g_assert_cmpuint(es_live_index_waiting(context.live_index), ==, 1);
    g_assert_cmpint(es_finished_are_due(finished), ==, round == 0); // soon after it was tried: not yet
    g_assert_true(es_finished_commit(finished, round, &error));     // round 1: the run ends
    g_assert_false(es_finished_are_due(finished));
    g_assert_cmpstr(place.told->str, ==, round ? "index-failing " : "");
    es_index_rollback(other);
    g_assert_true(es_finished_commit(finished, FALSE, &error));
    g_assert_cmpuint(es_live_index_waiting(context.live_index), ==, 0);
    g_autofree char *stored = group_of(&place, call->id);
    g_assert_cmpstr(stored, ==, group);
  }
  es_index_close(g_steal_pointer(&other));
  es_finished_free(finished);
  es_live_index_free(context.live_index);
  close_place(&place);
}

// Nothing can be read of a call that waits in the journal: it is told, and neither its number nor its key is
// kept for ever.
static void test_own_call_unread(void) {
  Place place;
  GError *error = NULL;
  EsJournalSettings settings;
  gboolean alone;
  open_place(&place);
  EsCaptureSink sink = sink_of(&place);
  EsSpool *spool = es_spool_open(place.library, &alone, &error);
  g_assert_no_error(error);
  es_journal_settings_init(&settings);
  g_assert_true(es_spool_start_journal(spool, &settings, &error));
  EsRecovery *recovery = es_recovery_start(spool, place.library, &sink, TRUE);
  es_recovery_add(recovery, es_journal_call_new(es_spool_journal(spool)), &place, g_strdup("a|1|x"));
  g_autoptr(GPtrArray) keys = NULL;
  for (guint tries = 0; (!keys || keys->len == 0) && tries < 500; tries++) {
    g_clear_pointer(&keys, g_ptr_array_unref);
    g_usleep(20000);
    keys = es_recovery_take_keys(recovery, &place);
  }
  g_assert_cmpuint(keys->len, ==, 1);
  g_assert_cmpstr(keys->pdata[0], ==, "a|1|x");
  es_recovery_wait(recovery);
  g_assert_true(es_recovery_free(recovery, &error));
  g_assert_cmpstr(place.told->str, ==, "journal-unreadable ");
  es_spool_close(spool);
  close_place(&place);
}

// What cannot be written down has not been said.
static void test_list(void) {
  Place place;
  GError *error = NULL;
  open_place(&place);
  g_autofree char *away = g_build_filename(place.library, "away", NULL);
  EsRecoveredList *list = es_recovered_list_new(away);
  g_assert_false(es_recovered_list_end(list, &error));
  g_assert_nonnull(error);
  g_clear_error(&error);
  es_recovered_list_free(list);
  list = es_recovered_list_new(place.library);
  g_assert_true(es_recovered_list_end(list, &error));
  es_recovered_list_free(list);
  list = es_recovered_list_new(place.library);
  g_assert_true(es_recovered_list_is_whole(list));
  es_recovered_list_remove(list);
  g_assert_true(es_recovered_list_end(list, &error)); // needs not be said again
  es_recovered_list_free(list);
  close_place(&place);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/finished/there-already", test_there_already);
  g_test_add_func("/finished/another-recording", test_another_recording);
  g_test_add_func("/finished/waiting-groups", test_waiting_groups);
  g_test_add_func("/finished/own-call-unread", test_own_call_unread);
  g_test_add_func("/finished/recovered-list", test_list);
  return g_test_run();
}
