// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the operations reply and store, family by family. Rows stored are read with the sqlite3 shell.
#include "earshot/common/error.h"
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOON G_GINT64_CONSTANT(1795168800000000) // 2026-11-20 12:00 in Cairo
#define HOUR (G_GINT64_CONSTANT(3600) * ES_US_PER_S)

// Parameters from a format; freed by the caller.
#define P(...) g_strdup_printf(__VA_ARGS__)

static void test_call_members(void) {
  static const char *const search[] = {
      "id",          "group_id",    "call_id",        "client",         "direction",
      "caller",      "callee",      "caller_uri",     "callee_uri",     "caller_name",
      "disposition", "sip_status",  "outcome",        "outcome_reason", "started_at",
      "answered_at", "ended_at",    "ended_by",       "duration_ms",    "audio_offset_ms",
      "audio_ms",    "wait_ms",     "hold_ms",        "segments",       "agent",
      "file",        "codec",       "sample_rate_hz", "channels",       "consent_state",
      "flags",       "tags",        "score",          "missing_ms",     "talk_over_ms",
      "dead_air_ms", "greeting_ms", "callee_name",    "source"};
  static const char *const show[] = {"legs",    "gaps",  "talk_over",    "dead_air",   "events",
                                     "consent", "notes", "flag_history", "evaluations"};
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  JsonObject *row = fixture_row(f, "call.search", NULL);
  for (guint i = 0; i < G_N_ELEMENTS(search); i++)
    g_assert_true(json_object_has_member(row, search[i]));
  for (guint i = 0; i < G_N_ELEMENTS(show); i++)
    g_assert_false(json_object_has_member(row, show[i]));
  g_assert_cmpstr(json_object_get_string_member(row, "started_at"), ==, "2026-11-20T10:00:00.000Z");
  g_assert_true(json_object_get_null_member(row, "hold_ms"));
  g_assert_true(json_object_get_null_member(row, "answered_at"));
  g_assert_true(json_object_get_null_member(row, "score"));
  g_assert_cmpstr(json_object_get_string_member(row, "agent"), ==, "2001");

  g_autofree char *params = P("{\"id\":\"%.13s\"}", id);
  row = fixture_row(f, "call.show", params);
  for (guint i = 0; i < G_N_ELEMENTS(show); i++)
    g_assert_true(json_object_has_member(row, show[i]));
  JsonObject *leg = json_array_get_object_element(json_object_get_array_member(row, "legs"), 1);
  g_assert_cmpstr(json_object_get_string_member(leg, "role"), ==, "agent");
  g_assert_true(json_object_get_null_member(leg, "drift_ppm"));
  JsonObject *stream = json_array_get_object_element(json_object_get_array_member(leg, "streams"), 0);
  g_assert_cmpstr(json_object_get_string_member(stream, "ssrc"), ==, "0x043DAABA");
  g_assert_cmpint(json_object_get_int_member(stream, "lost"), ==, 20);
  JsonObject *gap = json_array_get_object_element(json_object_get_array_member(row, "gaps"), 0);
  g_assert_cmpstr(json_object_get_string_member(gap, "reason"), ==, "lost");
}

static void test_search(void) {
  static const struct {
    const char *params;
    guint rows;
  } cases[] = {
      {"{}", 3},
      {"{\"from\":\"2026-11-20\"}", 2},
      {"{\"to\":\"2026-11-19\"}", 1},
      {"{\"to\":\"2026-11-20\"}", 3}, // includes the whole day
      {"{\"from\":\"2026-11-20\",\"to\":\"2026-11-20 12:00\"}", 1},
      {"{\"from\":\"٢٠/١١/٢٠٢٦ ١٢:٠١\"}", 1},
      {"{\"outcome\":\"recorded\"}", 2},
      {"{\"disposition\":\"busy\"}", 1},
      {"{\"missing_audio\":true}", 2},
      {"{\"missing_audio\":false}", 3},
      {"{\"number\":\"5678\"}", 3},
      {"{\"agent\":\"2002\"}", 0},
      {"{\"limit\":2}", 2},
      {"{\"limit\":2,\"page\":2}", 1},
      {"{\"consent\":\"given\"}", 0},
  };
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_free(fixture_put_call(f, NOON - 24 * HOUR, TRUE));
  g_free(fixture_put_call(f, NOON, FALSE));
  g_autofree char *late = fixture_put_call(f, NOON + HOUR, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_test_message("%s", cases[i].params);
    g_assert_true(fixture_call(f, "call.search", cases[i].params));
    g_assert_cmpuint(json_array_get_length(f->rows), ==, cases[i].rows);
  }
  fixture_call(f, "call.search", NULL);
  JsonObject *first = json_array_get_object_element(f->rows, 0);
  g_assert_cmpstr(json_object_get_string_member(first, "id"), ==, late); // newest first
}

static void test_annotations(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  g_autofree char *note = P("{\"id\":\"%s\",\"text\":\" heard \",\"position_ms\":1500}", id);
  g_autofree char *late = P("{\"id\":\"%s\",\"text\":\"x\",\"position_ms\":60001}", id);
  g_autofree char *empty = P("{\"id\":\"%s\",\"text\":\"  \"}", id);
  g_autofree char *tags = P("{\"id\":\"%s\",\"add\":[\"refund\",\"عميل مهم\"]}", id);
  g_autofree char *swap = P("{\"id\":\"%s\",\"add\":[\"new\"],\"remove\":[\"refund\"]}", id);
  g_autofree char *half = P("{\"id\":\"%s\",\"add\":[\"kept out\",\" \"]}", id);
  g_autofree char *absent = P("{\"id\":\"%s\",\"remove\":[\"nothing\"]}", id);
  fixture_row(f, "call.note", note);
  fixture_fail(f, "call.note", late, ES_ERROR_USAGE, "position_ms");
  fixture_fail(f, "call.note", empty, ES_ERROR_USAGE, "text");
  fixture_row(f, "call.tag", tags);
  JsonObject *row = fixture_row(f, "call.tag", swap);
  g_assert_cmpuint(json_array_get_length(json_object_get_array_member(row, "tags")), ==, 2);
  fixture_fail(f, "call.tag", half, ES_ERROR_USAGE, "add");
  fixture_fail(f, "call.tag", absent, ES_ERROR_NOT_FOUND, "nothing");
  g_autofree char *show = P("{\"id\":\"%s\"}", id);
  row = fixture_row(f, "call.show", show);
  JsonArray *kept = json_object_get_array_member(row, "tags");
  g_assert_cmpuint(json_array_get_length(kept), ==, 2); // the refused change left nothing behind
  g_autofree char *rows = fixture_sql(f, "SELECT text, position_ms, actor FROM note");
  g_assert_cmpstr(rows, ==, "heard|1500|mona");
}

static void test_flags(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  g_autofree char *silent = fixture_put_call(f, NOON + HOUR, FALSE);
  static const struct {
    const char *range, *message;
  } wrong[] = {{"\"start_ms\":1000", "end_ms"},
               {"\"end_ms\":1000", "start_ms"},
               {"\"start_ms\":2000,\"end_ms\":2000", "end_ms"},
               {"\"start_ms\":2000,\"end_ms\":60001", "end_ms"}};
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autofree char *params = P("{\"id\":\"%s\",\"flag\":\"training\",%s}", id, wrong[i].range);
    fixture_fail(f, "flag.add", params, ES_ERROR_USAGE, wrong[i].message);
  }
  g_autofree char *no_audio = P("{\"id\":\"%s\",\"flag\":\"training\",\"start_ms\":0,\"end_ms\":5}", silent);
  g_autofree char *add =
      P("{\"id\":\"%s\",\"flag\":\"training\",\"note\":\"calm\",\"start_ms\":1000,\"end_ms\":60000}", id);
  g_autofree char *remove = P("{\"id\":\"%s\",\"flag\":\"training\",\"reason\":\"done\"}", id);
  fixture_fail(f, "flag.add", no_audio, ES_ERROR_USAGE, "start_ms");
  JsonObject *row = fixture_row(f, "flag.add", add);
  g_assert_cmpuint(json_array_get_length(json_object_get_array_member(row, "flags")), ==, 1);
  row = fixture_row(f, "flag.remove", remove);
  g_assert_cmpuint(json_array_get_length(json_object_get_array_member(row, "flags")), ==, 0);
  fixture_fail(f, "flag.remove", remove, ES_ERROR_NOT_FOUND, "training");
  g_autofree char *show = P("{\"id\":\"%s\"}", id);
  row = fixture_row(f, "call.show", show);
  JsonObject *past = json_array_get_object_element(json_object_get_array_member(row, "flag_history"), 0);
  g_assert_cmpstr(json_object_get_string_member(past, "removed_reason"), ==, "done");
  g_assert_cmpint(json_object_get_int_member(past, "end_ms"), ==, 60000);
}

static void test_consent(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  // The audio began two seconds after the call; Cairo time.
  g_autofree char *given =
      P("{\"id\":\"%s\",\"state\":\"given\",\"at\":\"2020-01-01\",\"notice\":\"n\"}", id);
  g_autofree char *refused =
      P("{\"id\":\"%s\",\"state\":\"refused\",\"detail\":\"said no\",\"at\":\"2020-01-02\"}", id);
  JsonObject *row = fixture_row(f, "consent.add", given);
  g_assert_cmpstr(json_object_get_string_member(row, "consent_state"), ==, "given");
  row = fixture_row(f, "consent.add", refused);
  g_assert_cmpstr(json_object_get_string_member(row, "consent_state"), ==, "refused");
  g_autofree char *params = P("{\"id\":\"%s\"}", id);
  g_assert_true(fixture_call(f, "consent.list", params));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 2);
  JsonObject *event = json_array_get_object_element(f->rows, 1);
  g_assert_cmpstr(json_object_get_string_member(event, "source"), ==, "manual");
  g_assert_cmpstr(json_object_get_string_member(event, "actor"), ==, "mona");
  g_assert_true(json_object_get_null_member(event, "offset_ms"));
  g_autofree char *rows = fixture_sql(f, "SELECT count(*) FROM audit WHERE operation = 'consent.add'");
  g_assert_cmpstr(rows, ==, "2");
}

static void test_consent_offset(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON - 24 * 365 * 5 * HOUR, TRUE); // 2021-11-21 12:00
  g_autofree char *during = P("{\"id\":\"%s\",\"state\":\"given\",\"at\":\"2021-11-21 12:00:05\"}", id);
  g_autofree char *after = P("{\"id\":\"%s\",\"state\":\"given\",\"at\":\"2021-11-21 12:05\"}", id);
  fixture_row(f, "consent.add", during);
  fixture_row(f, "consent.add", after);
  g_autofree char *rows = fixture_sql(f, "SELECT coalesce(offset_ms, 'none') FROM consent ORDER BY id");
  g_assert_cmpstr(rows, ==, "3000\nnone");
}

static void test_audio(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  g_autofree char *silent = fixture_put_call(f, NOON + HOUR, FALSE);
  g_autofree char *params = P("{\"id\":\"%s\"}", id), *none = P("{\"id\":\"%s\"}", silent);
  fixture_fail(f, "call.audio", none, ES_ERROR_NOT_FOUND, "not answered");
  fixture_fail(f, "call.audio", params, ES_ERROR_IO, "recordings/default");
  g_autofree char *dir = g_build_filename(f->library, "recordings", "default", NULL);
  g_autofree char *path = P("%s/%s.opus", dir, id);
  g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
  g_assert_true(g_file_set_contents(path, "x", 1, NULL));
  JsonObject *row = fixture_row(f, "call.audio", params);
  g_assert_cmpstr(json_object_get_string_member(row, "path"), ==, path);
  g_autoptr(JsonNode) speech = json_node_copy(json_object_get_member(row, "speech"));
  g_autofree char *merged = json_to_string(speech, FALSE);
  g_assert_cmpstr(merged, ==, "[[1000,6000],[20000,21000],[30000,31000]]");

  static const char *const wrong[] = {"\"output\":\"x.mp3\"", "\"output\":\"x.wav\",\"format\":\"ogg\"",
                                      "\"output\":\"-\",\"format\":\"flac\"",
                                      "\"output\":\"x.wav\",\"start_ms\":60000",
                                      "\"output\":\"x.wav\",\"start_ms\":10,\"end_ms\":10"};
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autofree char *render = P("{\"id\":\"%s\",%s}", id, wrong[i]);
    fixture_fail(f, "call.render", render, ES_ERROR_USAGE, ": ");
  }
  g_autofree char *outside = P("UPDATE call SET file = '../../secret' WHERE uuid = '%s'", id);
  g_autofree char *done = fixture_sql(f, outside);
  g_assert_cmpstr(done, ==, "");
  fixture_fail(f, "call.audio", params, ES_ERROR_CORRUPT, id);
}

// An answers file that gives every question its best (or worst) answer.
static char *answers_for(JsonObject *rubric, gboolean best, const char *extra) {
  GString *text = g_string_new("[evaluation]\n");
  g_string_append_printf(text, "rubric=%s\n%s[answers]\n", json_object_get_string_member(rubric, "id"),
                         extra);
  JsonArray *questions = json_object_get_array_member(rubric, "questions");
  for (guint i = 0; i < json_array_get_length(questions); i++) {
    JsonObject *question = json_array_get_object_element(questions, i);
    JsonArray *options = json_object_get_array_member(question, "options");
    JsonObject *chosen = json_array_get_object_element(options, 0);
    for (guint j = 1; j < json_array_get_length(options); j++) {
      JsonObject *option = json_array_get_object_element(options, j);
      double a = json_object_get_double_member(option, "score");
      double b = json_object_get_double_member(chosen, "score");
      if (best ? a > b : a < b)
        chosen = option;
    }
    g_string_append_printf(text, "%s=%s\n", json_object_get_string_member(question, "name"),
                           json_object_get_string_member(chosen, "value"));
  }
  return g_string_free(text, FALSE);
}

static char *evaluation_params(const char *id, const char *answers) {
  g_autoptr(JsonObject) params = json_object_new();
  json_object_set_string_member(params, "id", id);
  json_object_set_string_member(params, "name", "answers.txt");
  json_object_set_string_member(params, "answers", answers);
  g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), params);
  return json_to_string(node, FALSE);
}

static void test_evaluation(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  JsonObject *row = fixture_row(f, "rubric.show", "{\"id\":\"standard\"}");
  g_autofree char *best = answers_for(row, TRUE, ""), *worst = answers_for(row, FALSE, "evaluator=Omar\n"),
                  *elsewhere = answers_for(row, TRUE, "segment=2\n");
  g_autofree char *good = evaluation_params(id, best), *bad = evaluation_params(id, worst),
                  *wrong = evaluation_params(id, "[evaluation]\nrubric=nothing\n[answers]\n"),
                  *segment = evaluation_params(id, elsewhere);
  row = fixture_row(f, "evaluation.add", good);
  g_assert_cmpfloat(json_object_get_double_member(row, "score"), ==, 100);
  g_assert_cmpstr(json_object_get_string_member(row, "agent"), ==, "2001");
  g_assert_cmpstr(json_object_get_string_member(row, "evaluator"), ==, "mona");
  g_assert_cmpstr(json_object_get_string_member(row, "call_id"), ==, id);
  g_assert_cmpuint(json_array_get_length(json_object_get_array_member(row, "answers")), >, 3);
  row = fixture_row(f, "evaluation.add", bad);
  g_assert_cmpfloat(json_object_get_double_member(row, "score"), ==, 0);
  g_assert_cmpstr(json_object_get_string_member(row, "evaluator"), ==, "Omar");
  g_assert_false(json_object_get_boolean_member(row, "passed"));
  g_assert_false(fixture_call(f, "evaluation.add", wrong));
  g_assert_true(g_str_has_prefix(f->error->message, "answers.txt:"));
  fixture_fail(f, "evaluation.add", segment, ES_ERROR_INVALID, "segment");
  g_autofree char *params = P("{\"id\":\"%s\"}", id);
  g_assert_true(fixture_call(f, "evaluation.list", params));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 2);
  g_autofree char *count = fixture_sql(f, "SELECT count(*), sum(score) FROM evaluation");
  g_assert_cmpstr(count, ==, "2|100.0");
}

static void test_rubrics(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  static const char mine[] =
      "[rubric]\\nid=mine\\nversion=1\\ntitle=Mine\\npass=50\\n[section a]\\ntitle=A\\nweight=1\\n"
      "[question q]\\nsection=a\\ntext=%s?\\ntype=yes-no\\nweight=1\\n";
  g_autofree char *text = P(mine, "Well"), *other = P(mine, "Badly");
  g_autofree char *add = P("{\"name\":\"mine.rubric\",\"text\":\"%s\"}", text);
  g_autofree char *changed = P("{\"name\":\"mine.rubric\",\"text\":\"%s\"}", other);
  fixture_row(f, "rubric.check", add);
  fixture_row(f, "rubric.add", add);
  g_assert_false(fixture_call(f, "rubric.add", changed)); // the same version with another text
  fixture_fail(f, "rubric.check", "{\"name\":\"x.rubric\",\"text\":\"[rubric]\\nid=\\n\"}", ES_ERROR_INVALID,
               "x.rubric:");
  g_assert_true(fixture_call(f, "rubric.list", NULL));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 4);
  JsonObject *row = fixture_row(f, "rubric.show", "{\"id\":\"mine\"}");
  g_assert_cmpstr(json_object_get_string_member(row, "title"), ==, "Mine");
  fixture_fail(f, "rubric.show", "{\"id\":\"mine\",\"version\":\"9\"}", ES_ERROR_NOT_FOUND, "mine 9");
  fixture_fail(f, "rubric.show", "{\"id\":\"none\"}", ES_ERROR_NOT_FOUND, "standard");

  row = fixture_row(f, "rubric.show", "{\"id\":\"standard\"}");
  g_auto(GStrv) lines = g_strsplit(json_object_get_string_member(row, "text"), "pass=", 2);
  g_autoptr(JsonObject) params = json_object_new();
  g_autofree char *forged = g_strconcat(lines[0], "pass=1", strchr(lines[1], '\n'), NULL);
  json_object_set_string_member(params, "name", "forged");
  json_object_set_string_member(params, "text", forged);
  g_autoptr(GError) error = NULL;
  g_assert_false(es_service_call(f->service, "rubric.add", params, NULL, NULL, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_assert_nonnull(strstr(error->message, "shipped"));
}

static void test_agents(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  fixture_row(f, "agent.add",
              "{\"extension\":\"2001\",\"name\":\"منى عادل\",\"latin_name\":\"Mona Adel\",\"team\":\"A\","
              "\"from\":\"2026-01-01\",\"to\":\"2026-11-20\"}");
  fixture_fail(f, "agent.add", "{\"extension\":\"2001\",\"name\":\"X\",\"from\":\"2026-11-20\"}",
               ES_ERROR_INVALID, "2001");
  fixture_row(f, "agent.add", "{\"extension\":\"2001\",\"name\":\"Omar\",\"from\":\"2026-11-21\"}");
  fixture_fail(f, "agent.add",
               "{\"extension\":\"2002\",\"name\":\"X\",\"from\":\"2026-02-01\",\"to\":\"2026-01-01\"}",
               ES_ERROR_USAGE, "to");
  g_assert_true(fixture_call(f, "agent.list", NULL));
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 2);
  JsonObject *row = json_array_get_object_element(f->rows, 0);
  g_assert_cmpstr(json_object_get_string_member(row, "to"), ==,
                  "2026-11-20T22:00:00.000Z"); // end of that day
  g_assert_true(json_object_get_null_member(row, "client"));
}

// The calls that a search gives, newest first, as minutes after noon.
static char *found_at(Fixture *f, const char *params) {
  g_assert_true(fixture_call(f, "call.search", params));
  GString *minutes = g_string_new(NULL);
  for (guint i = 0; i < json_array_get_length(f->rows); i++) {
    JsonObject *row = json_array_get_object_element(f->rows, i);
    gint64 at;
    g_assert_true(es_time_parse(json_object_get_string_member(row, "started_at"), 0, &at, NULL, NULL));
    g_string_append_printf(minutes, "%s%d", i ? " " : "", (int)((at - NOON) / 60000000));
  }
  return g_string_free(minutes, FALSE);
}

// One desk, two people: Ahmed until noon, Mona from noon. Calls of agent 2001 an hour before, at the
// minute, and an hour after; the directory is written before or after them.
static void test_desk_changes_hands(void) {
  for (int late = 0; late < 2; late++) {
    g_autoptr(Fixture) f = fixture_new(TRUE);
    for (int step = 0; step < 2; step++)
      if (step == late) {
        fixture_row(f, "agent.add",
                    "{\"extension\":\"2001\",\"name\":\"أحمد\",\"latin_name\":\"Ahmed\",\"to\":\"2026-11-20 "
                    "12:00\"}");
        fixture_row(f, "agent.add",
                    "{\"extension\":\"2001\",\"name\":\"منى\",\"latin_name\":\"Mona\",\"from\":\"2026-11-20 "
                    "12:00\"}");
      } else {
        g_free(fixture_put_call(f, NOON - 3600 * ES_US_PER_S, TRUE));
        g_free(fixture_put_call(f, NOON, TRUE));
        g_free(fixture_put_call(f, NOON + 3600 * ES_US_PER_S, TRUE));
      }
    static const char *const cases[][2] = {
        {"{\"agent\":\"ahmed\"}", "-60"},     {"{\"agent\":\"احمد\"}", "-60"},
        {"{\"agent\":\"Mona\"}", "60 0"},     {"{\"agent\":\"مني\"}", "60 0"},
        {"{\"agent\":\"2001\"}", "60 0 -60"}, {"{\"agent\":\"Omar\"}", ""}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
      g_autofree char *found = found_at(f, cases[i][0]);
      g_assert_cmpstr(found, ==, cases[i][1]);
    }
  }
}

static void test_export_refused(void) {
  g_autoptr(Fixture) f = fixture_new(TRUE);
  g_autofree char *id = fixture_put_call(f, NOON, TRUE);
  g_autofree char *flag = P("{\"id\":\"%s\",\"flag\":\"training\"}", id);
  g_autofree char *output = g_build_filename(f->root, "pack", NULL);
  g_autofree char *pack = P("{\"flag\":\"training\",\"output\":\"%s\"}", output);
  fixture_row(f, "flag.add", flag);
  g_assert_false(fixture_call(f, "export.pack", pack)); // its consent is unknown
  g_assert_error(f->error, ES_ERROR, ES_ERROR_NOT_FOUND);
  g_assert_cmpuint(json_array_get_length(f->rows), ==, 1);
  JsonObject *row = json_array_get_object_element(f->rows, 0);
  g_assert_cmpstr(json_object_get_string_member(row, "left_out"), ==, id);
  g_assert_false(g_file_test(output, G_FILE_TEST_EXISTS));
}

int main(int argc, char **argv) {
  g_setenv("TZ", "Africa/Cairo", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/operations/call-members", test_call_members);
  g_test_add_func("/operations/search", test_search);
  g_test_add_func("/operations/annotations", test_annotations);
  g_test_add_func("/operations/flags", test_flags);
  g_test_add_func("/operations/consent", test_consent);
  g_test_add_func("/operations/consent-offset", test_consent_offset);
  g_test_add_func("/operations/audio", test_audio);
  g_test_add_func("/operations/evaluation", test_evaluation);
  g_test_add_func("/operations/rubrics", test_rubrics);
  g_test_add_func("/operations/agents", test_agents);
  g_test_add_func("/operations/desk-changes-hands", test_desk_changes_hands);
  g_test_add_func("/operations/export-refused", test_export_refused);
  return g_test_run();
}
