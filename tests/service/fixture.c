// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "earshot/common/id.h"

#include <glib/gstdio.h>
#include <string.h>

static void keep_row(JsonObject *row, gpointer user_data) {
  json_array_add_object_element(((Fixture *)user_data)->rows, json_object_ref(row));
}

static void keep_progress(JsonObject *state, gpointer user_data) {
  json_array_add_object_element(((Fixture *)user_data)->progress, json_object_ref(state));
}

static void keep_warning(const char *message, gpointer user_data) {
  g_ptr_array_add(((Fixture *)user_data)->warnings, g_strdup(message));
}

static void forget(Fixture *f) {
  g_clear_pointer(&f->rows, json_array_unref);
  g_clear_pointer(&f->progress, json_array_unref);
  g_clear_pointer(&f->warnings, g_ptr_array_unref);
  g_clear_error(&f->error);
  f->rows = json_array_new();
  f->progress = json_array_new();
  f->warnings = g_ptr_array_new_with_free_func(g_free);
}

Fixture *fixture_new(gboolean with_library) {
  Fixture *f = g_new0(Fixture, 1);
  f->root = g_dir_make_tmp("earshot-service-XXXXXX", NULL);
  g_assert_nonnull(f->root);
  f->library = g_build_filename(f->root, "parent", "library", NULL);
  fixture_reopen(f);
  if (with_library)
    fixture_row(f, "library.init", NULL);
  return f;
}

void fixture_reopen(Fixture *f) {
  es_service_free(f->service);
  f->service = es_service_new(f->library, "mona");
}

static void remove_tree(const char *path) {
  g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    g_autofree char *child = g_build_filename(path, name, NULL);
    remove_tree(child);
  }
  g_remove(path);
}

void fixture_free(Fixture *f) {
  es_service_free(f->service);
  remove_tree(f->root);
  g_clear_pointer(&f->rows, json_array_unref);
  g_clear_pointer(&f->progress, json_array_unref);
  g_clear_pointer(&f->warnings, g_ptr_array_unref);
  g_clear_error(&f->error);
  g_free(f->root);
  g_free(f->library);
  g_free(f);
}

gboolean fixture_call(Fixture *f, const char *operation, const char *params) {
  g_autoptr(JsonNode) node = params ? json_from_string(params, NULL) : NULL;
  g_assert_true(!params || node);
  const EsReply reply = {keep_row, keep_progress, keep_warning, f, NULL};
  forget(f);
  gboolean ok = es_service_call(f->service, operation, node ? json_node_get_object(node) : NULL, &reply, NULL,
                                &f->error);
  g_assert_cmpint(ok, ==, f->error == NULL);
  return ok;
}

JsonObject *fixture_row(Fixture *f, const char *operation, const char *params) {
  gboolean ok = fixture_call(f, operation, params);
  g_assert_no_error(f->error);
  g_assert_true(ok);
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 1);
  return json_array_get_object_element(f->rows, 0);
}

void fixture_fail(Fixture *f, const char *operation, const char *params, int code, const char *text) {
  g_assert_false(fixture_call(f, operation, params));
  g_test_message("%s", f->error->message);
  g_assert_cmpint(f->error->code, ==, code);
  g_assert_nonnull(strstr(f->error->message, text));
}

static void add_audio(EsCall *call) {
  call->outcome = (g_free(call->outcome), g_strdup("recorded"));
  call->file = g_strdup_printf("recordings/default/%s.opus", call->id);
  call->codec = g_strdup("PCMA");
  call->sample_rate_hz = 8000;
  call->channels = 1;
  call->audio_offset_ms = 2000;
  call->audio_ms = 60000;
  call->missing_ms = 400;
  static const EsInterval speech[2][2] = {{{1000, 4000}, {20000, 21000}}, {{3500, 6000}, {30000, 31000}}};
  for (int i = 0; i < 2; i++) {
    EsCallLeg *leg = es_call_leg_new(i == 0 ? "customer" : "agent");
    EsStreamLedger stream = {
        .ssrc = 0x43daaba, .codec = "PCMA", .expected = 3000, .received = 2980, .lost = 20};
    g_array_append_val(leg->streams, stream);
    g_array_append_vals(leg->speech, speech[i], 2);
    g_ptr_array_add(call->legs, leg);
  }
  const EsGap gap = {.leg = 1, .start_ms = 8000, .length_ms = 400, .reason = ES_GAP_LOST};
  g_array_append_val(call->gaps, gap);
}

char *fixture_put_call(Fixture *f, gint64 started_us, gboolean with_audio) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsIndex) index = es_index_open(f->library, ES_INDEX_WRITE, &error);
  g_assert_no_error(error);
  g_autoptr(EsCall) call = es_call_new();
  char id[ES_ID_SIZE];
  es_id_new(started_us, id);
  call->id = g_strdup(id);
  call->call_id = g_strdup_printf("%s@test", id);
  call->source_key = g_strdup(id);
  call->caller = g_strdup("01012345678");
  call->callee = g_strdup("19555");
  call->disposition = g_strdup(with_audio ? "answered" : "busy");
  call->sip_status = with_audio ? 200 : 486;
  call->outcome = g_strdup("none");
  call->outcome_reason = with_audio ? NULL : g_strdup("not answered");
  call->started_us = started_us;
  EsSegment *segment = es_segment_new();
  segment->agent = g_strdup("2001");
  segment->start_ms = 0;
  g_ptr_array_add(call->segments, segment);
  if (with_audio)
    add_audio(call);
  g_assert_true(es_index_put_call(index, call, &error));
  g_assert_no_error(error);
  return g_strdup(id);
}

char *fixture_sql(Fixture *f, const char *query) {
  g_autofree char *database = g_build_filename(f->library, "index.sqlite", NULL);
  char *argv[] = {(char *)"sqlite3", database, (char *)query, NULL};
  char *out = NULL;
  g_autofree char *err = NULL;
  int status;
  g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, NULL));
  g_assert_cmpstr(err, ==, "");
  return g_strchomp(out);
}
