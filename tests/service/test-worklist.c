// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Drafts and work lists: what is planned, what is next, what finishes a call. Rows stored are read with the
// sqlite3 shell.
#include "earshot/common/error.h"
#include "fixture.h"

#include <string.h>

#define NOON G_GINT64_CONSTANT(1795168800000000) // 2026-11-20 12:00 in Cairo
#define HOUR (G_GINT64_CONSTANT(3600) * ES_US_PER_S)
#define CALLS 6

static const char rubric[] = "{\"name\":\"r\",\"text\":\"[rubric]\\nid=r\\nversion=1\\ntitle=R\\npass=50\\n"
                             "[section a]\\ntitle=A\\nweight=1\\n"
                             "[question one]\\nsection=a\\ntext=One?\\ntype=yes-no\\nweight=1\\nna=true\\n"
                             "[question two]\\nsection=a\\ntext=Two?\\ntype=yes-no\\nweight=1\\n\"}";

#define ANSWERS "[evaluation]\\nrubric=r\\nversion=1\\n[answers]\\n"
#define P(...) g_strdup_printf(__VA_ARGS__)

static JsonObject *call(Fixture *f, const char *operation, const char *id, const char *more) {
  g_autofree char *params = P("{\"id\":\"%s\"%s}", id, more);
  return fixture_row(f, operation, params);
}

static gint64 number(JsonObject *row, const char *name) {
  return json_object_get_int_member(row, name);
}

static void test_drafts(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE), *params = P("{\"id\":\"%s\"}", id);
  fixture_row(f, "rubric.add", rubric);
  g_assert_true(fixture_call(f, "evaluation.draft_get", params));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 0);
  call(f, "evaluation.draft_save", id, ",\"answers\":\"" ANSWERS "one=yes\\n\"");
  call(f, "evaluation.draft_save", id,
       ",\"position_ms\":4200,\"answers\":\"" ANSWERS
       "one=no\\ntwo=\\n[notes]\\none=late\\n[comments]\\n0:05=here\\n\"");
  JsonObject *row = call(f, "evaluation.draft_get", id, "");
  g_assert_cmpstr(json_object_get_string_member(row, "rubric"), ==, "r");
  g_assert_cmpint(number(row, "position_ms"), ==, 4200);
  g_assert_true(json_object_get_null_member(row, "segment"));
  JsonArray *answers = json_object_get_array_member(row, "answers");
  g_assert_cmpuint(json_array_get_length(answers), ==, 1);
  g_assert_cmpstr(json_object_get_string_member(json_array_get_object_element(answers, 0), "answer"), ==,
                  "no");
  JsonObject *comment = json_array_get_object_element(json_object_get_array_member(row, "comments"), 0);
  g_assert_cmpint(number(comment, "at_ms"), ==, 5000);
  g_autofree char *other = P("{\"id\":\"%s\",\"rubric\":\"standard\"}", id);
  g_assert_true(fixture_call(f, "evaluation.draft_get", other));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 0);

  g_autofree char *nameless = P("{\"id\":\"%s\",\"answers\":\"[answers]\\none=yes\\n\"}", id);
  fixture_fail(f, "evaluation.draft_save", nameless, ES_ERROR_USAGE, "answers");
  g_assert_true(
      json_object_get_boolean_member(call(f, "evaluation.draft_drop", id, ",\"rubric\":\"r\""), "dropped"));
  g_assert_false(
      json_object_get_boolean_member(call(f, "evaluation.draft_drop", id, ",\"rubric\":\"r\""), "dropped"));
  // Scratch paper: what was kept is not in the audit trail, what was refused is.
  g_autofree char *saved = fixture_sql(
      f,
      "SELECT count(*), min(result) LIKE '%answers%' FROM audit WHERE operation = 'evaluation.draft_save'");
  g_assert_cmpstr(saved, ==, "1|1");
  // What was written about the call is not in the audit trail.
  g_autofree char *said = fixture_sql(f, "SELECT count(*) FROM audit WHERE params_json LIKE '%late%'");
  g_assert_cmpstr(said, ==, "0");
}

// The same call judged in two windows: the one that saves over the other's draft is told.
static void test_two_windows(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  fixture_row(f, "rubric.add", rubric);
  JsonObject *row = call(f, "evaluation.draft_save", id, ",\"answers\":\"" ANSWERS "one=yes\n\"");
  g_autofree char *known =
      P(",\"known_at\":\"%s\",\"answers\":\"" ANSWERS "one=no\n\"", json_object_get_string_member(row, "at"));
  call(f, "evaluation.draft_save", id, known);
  g_assert_cmpuint(f->warnings->len, ==, 0);
  g_usleep(2000);
  call(f, "evaluation.draft_save", id, ",\"answers\":\"" ANSWERS "one=yes\n\"");
  g_assert_cmpuint(f->warnings->len, ==, 0);
  call(f, "evaluation.draft_save", id, known);
  g_assert_cmpuint(f->warnings->len, ==, 1);
}

typedef struct {
  Fixture *f;
  char *ids[CALLS]; // the last one has no audio, the one before was refused
} Floor;

static void floor_open(Floor *floor) {
  floor->f = fixture_new(TRUE);
  fixture_row(floor->f, "rubric.add", rubric);
  for (int i = 0; i < CALLS; i++)
    floor->ids[i] = fixture_put_call(floor->f, NOON + i * HOUR, i < CALLS - 1);
  call(floor->f, "consent.add", floor->ids[CALLS - 2], ",\"state\":\"refused\"");
}

static void floor_close(Floor *floor) {
  for (int i = 0; i < CALLS; i++)
    g_free(floor->ids[i]);
  fixture_free(floor->f);
}

static void score(Fixture *f, const char *id) {
  call(f, "evaluation.add", id, ",\"answers\":\"" ANSWERS "one=yes\\ntwo=yes\\n\"");
}

static void test_plan(void) {
  Floor floor;
  floor_open(&floor);
  Fixture *f = floor.f;
  fixture_fail(f, "worklist.next", NULL, ES_ERROR_NOT_FOUND, "--plan");
  score(f, floor.ids[0]);
  JsonObject *row = fixture_row(f, "worklist.plan", "{\"count\":50}"); // neither judged, refused nor silent
  g_assert_cmpint(number(row, "planned"), ==, 3);
  g_assert_cmpint(number(row, "left_audio_ms"), ==, 180000);
  g_autofree char *unlike =
      fixture_sql(f, "SELECT count(*), count(DISTINCT call), sum(call IN (SELECT id FROM "
                     "call WHERE file IS NOT NULL AND consent_state <> 'refused' AND score "
                     "IS NULL)) FROM worklist");
  g_assert_cmpstr(unlike, ==, "3|3|3");
  row = fixture_row(f, "worklist.plan", "{\"count\":2,\"order\":\"newest\"}"); // in place of those
  g_assert_cmpint(number(row, "planned"), ==, 2);
  g_assert_cmpint(number(row, "taken_off"), ==, 3);
  g_assert_cmpstr(json_object_get_string_member(fixture_row(f, "worklist.next", NULL), "id"), ==,
                  floor.ids[3]);
  row = fixture_row(f, "worklist.plan", "{\"add\":true}");
  g_assert_cmpint(number(row, "planned"), ==, 1);
  g_assert_cmpint(number(row, "of"), ==, 3);
  fixture_fail(f, "worklist.plan", "{\"add\":true}", ES_ERROR_NOT_FOUND, "as it was");
  fixture_fail(f, "worklist.plan", "{\"order\":\"oldest\"}", ES_ERROR_USAGE, "order");
  fixture_fail(f, "worklist.plan", "{\"count\":0}", ES_ERROR_USAGE, "count");
  row = fixture_row(f, "worklist.plan", "{\"evaluator\":\"omar\",\"from\":\"2026-11-20 14:00\"}");
  g_assert_cmpint(number(row, "planned"), ==, 2);
  g_assert_true(fixture_call(f, "worklist.list", "{\"evaluator\":\"omar\"}"));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 2);
  floor_close(&floor);
}

static void test_working(void) {
  Floor floor;
  floor_open(&floor);
  Fixture *f = floor.f;
  fixture_row(f, "worklist.plan", "{\"order\":\"newest\"}");
  call(f, "evaluation.draft_save", floor.ids[3], ",\"answers\":\"" ANSWERS "one=yes\\n\"");
  JsonObject *row = fixture_row(f, "worklist.next", NULL);
  g_assert_cmpint(number(row, "number"), ==, 1);
  g_assert_cmpint(number(row, "of"), ==, 4);
  g_assert_true(json_object_get_boolean_member(row, "begun"));
  score(f, floor.ids[3]);
  g_autofree char *drafts = fixture_sql(f, "SELECT count(*) FROM draft");
  g_assert_cmpstr(drafts, ==, "0");
  row = fixture_row(f, "worklist.next", NULL);
  g_assert_cmpint(number(row, "number"), ==, 2);
  g_assert_cmpint(number(row, "left"), ==, 3);
  g_assert_cmpstr(json_object_get_string_member(row, "id"), ==, floor.ids[2]);
  call(f, "worklist.skip", floor.ids[2], ",\"reason\":\"wrong language\"");
  g_autofree char *empty = P("{\"id\":\"%s\",\"reason\":\" \"}", floor.ids[1]);
  fixture_fail(f, "worklist.skip", empty, ES_ERROR_USAGE, "reason");
  g_autofree char *again = P("{\"id\":\"%s\",\"reason\":\"x\"}", floor.ids[2]);
  fixture_fail(f, "worklist.skip", again, ES_ERROR_NOT_FOUND, floor.ids[2]);
  score(f, floor.ids[0]); // out of turn
  row = fixture_row(f, "worklist.next", NULL);
  g_assert_cmpstr(json_object_get_string_member(row, "id"), ==, floor.ids[1]);
  g_assert_cmpint(number(row, "left_audio_ms"), ==, 60000);
  score(f, floor.ids[1]);
  fixture_fail(f, "worklist.next", NULL, ES_ERROR_NOT_FOUND, "done");
  fixture_fail(f, "worklist.plan", "{}", ES_ERROR_NOT_FOUND, "mona"); // what was skipped does not come back
  g_autofree char *states =
      fixture_sql(f, "SELECT count(done_us), count(skip_reason), max(skip_reason) FROM worklist");
  g_assert_cmpstr(states, ==, "4|1|wrong language");
  floor_close(&floor);
}

int main(int argc, char **argv) {
  g_setenv("TZ", "Africa/Cairo", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/worklist/drafts", test_drafts);
  g_test_add_func("/worklist/two-windows", test_two_windows);
  g_test_add_func("/worklist/plan", test_plan);
  g_test_add_func("/worklist/working", test_working);
  return g_test_run();
}
