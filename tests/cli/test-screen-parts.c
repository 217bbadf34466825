// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the evaluator's screen is made of: keys decoded, lines edited, rows that fit every size of a terminal,
// and what a browser sends.
#include "keys.h"
#include "line-edit.h"
#include "listen-read.h"
#include "score-marks.h"
#include "score-view.h"
#include "text.h"

#include <string.h>

static void test_keys(void) {
  static const struct {
    const char *bytes;
    gunichar key;
    gsize used;  // when more may follow
    gsize ended; // when nothing does
  } cases[] = {
      {"a", 'a', 1, 1},
      {"\033[A", ES_KEY_UP, 3, 3},
      {"\033OB", ES_KEY_DOWN, 3, 3},
      {"\033[1;5C", ES_KEY_RIGHT, 6, 6},
      {"\033[3~x", ES_KEY_DELETE, 4, 4},
      {"\033[99999999999999999999~", ES_KEY_UNKNOWN, 23, 23},
      {"\033[200~x", ES_KEY_PASTE, 6, 6},
      {"\033[201~", ES_KEY_PASTED, 6, 6},
      {"\033[202~", ES_KEY_UNKNOWN, 6, 6},
      {"\033", ES_KEY_ESCAPE, 0, 1},
      {"\033[", ES_KEY_UNKNOWN, 0, 2},
      {"\033x", ES_KEY_ESCAPE, 1, 1},
      {"\r", ES_KEY_ENTER, 1, 1},
      {"\x7f", ES_KEY_BACKSPACE, 1, 1},
      {"\x03", ES_KEY_INTERRUPT, 1, 1},
      {"ش", 0x634, 2, 2},
      {"\xd8", ES_KEY_UNKNOWN, 0, 1},
      {"\xff", ES_KEY_UNKNOWN, 1, 1},
      {"لا", 0xFEFB, 4, 4}, // one key gives both
      {"لم", 0x644, 2, 2},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    gunichar key = 0;
    const guint8 *bytes = (const guint8 *)cases[i].bytes;
    g_test_message("%s", cases[i].bytes);
    g_assert_cmpuint(es_keys_decode(bytes, strlen(cases[i].bytes), FALSE, &key), ==, cases[i].used);
    g_assert_cmpuint(es_keys_decode(bytes, strlen(cases[i].bytes), TRUE, &key), ==, cases[i].ended);
    g_assert_cmpuint(key, ==, cases[i].key);
  }
  g_assert_cmpuint(es_key_latin(0x636), ==, 'q');
  g_assert_cmpuint(es_key_latin(0xFEFB), ==, 'b');
  g_assert_cmpuint(es_key_latin(0x665), ==, '5');
  g_assert_cmpuint(es_key_latin('x'), ==, 'x');
}

static void test_editing(void) {
  static const gunichar keys[] = {'a',         0x634, 0xFEFB,      ES_KEY_LEFT,
                                  ES_KEY_LEFT, 'b',   ES_KEY_END,  ES_KEY_BACKSPACE,
                                  ' ',         'c',   ES_KEY_HOME, ES_KEY_DELETE};
  EsLineEdit edit;
  int cursor;
  es_line_edit_begin(&edit, "");
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
    g_assert_true(es_line_edit_key(&edit, keys[i]));
  g_assert_cmpstr(edit.text->str, ==, "شbل c");
  g_assert_false(es_line_edit_key(&edit, ES_KEY_UP));
  g_assert_true(es_line_edit_key(&edit, ES_KEY_END));
  g_autofree char *window = es_line_edit_window(&edit, 3, &cursor);
  g_assert_cmpstr(window, ==, " c");
  g_assert_cmpint(cursor, ==, 2);
  g_assert_true(es_line_edit_key(&edit, ES_KEY_RUB_WORD));
  g_assert_cmpstr(edit.text->str, ==, "شbل ");
  es_line_edit_clear(&edit);
}

// However much is typed or pasted, the line takes what fits, and drawing it takes no longer the longer it is.
static void test_long_line(void) {
  EsLineEdit edit;
  int cursor;
  es_line_edit_begin(&edit, "");
  gint64 start_us = g_get_monotonic_time();
  for (guint i = 0; i < 10000; i++) {
    g_assert_true(es_line_edit_key(&edit, i % 5 == 4 ? ' ' : i % 3 == 0 ? 0x645 : 0x4F60));
    if (i % 100 == 0) {
      g_autofree char *window = es_line_edit_window(&edit, 60, &cursor);
      g_assert_cmpint(es_text_width(window), <=, 60);
      g_assert_cmpint(cursor, <=, 60);
    }
  }
  g_assert_cmpint(g_get_monotonic_time() - start_us, <, G_USEC_PER_SEC);
  g_assert_true(es_line_edit_is_full(&edit));
  g_assert_cmpuint(edit.text->len, <=, 4000);
  g_assert_true(g_utf8_validate(edit.text->str, -1, NULL));
  g_assert_true(es_line_edit_key(&edit, ES_KEY_RUB_LINE));
  g_assert_false(es_line_edit_is_full(&edit));
  es_line_edit_clear(&edit);
}

// Every option has a key of its own.
static void test_keys_of_options(void) {
  static const char *const cases[][2] = {
      {"[\"0\",\"5\",\"10\"]", "0 5 10"},
      {"[\"yes\",\"no\",\"partly\"]", "y n 3"},
      {"[\"2\",\"late\"]", "2 3"},
      {"[\"good\",\"fair\",\"poor\"]", "1 2 3"},
      {"[\"late\",\"1\",\"2\",\"x\"]", "3 1 2 4"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(JsonNode) values = json_from_string(cases[i][0], NULL);
    g_autoptr(JsonObject) question = json_object_new();
    g_autoptr(GString) keys = g_string_new(NULL);
    JsonArray *options = json_array_new();
    for (guint o = 0; o < json_array_get_length(json_node_get_array(values)); o++) {
      JsonObject *option = json_object_new();
      json_object_set_string_member(option, "value",
                                    json_array_get_string_element(json_node_get_array(values), o));
      json_array_add_object_element(options, option);
    }
    json_object_set_array_member(question, "options", options);
    for (guint o = 0; o < json_array_get_length(options); o++) {
      g_autofree char *key = es_view_key(question, o);
      g_string_append_printf(keys, "%s%s", o > 0 ? " " : "", key);
    }
    g_assert_cmpstr(keys->str, ==, cases[i][1]);
  }
}

static void test_ranges(void) {
  static const struct {
    const char *text;
    EsRange range;
    guint64 start, length;
  } cases[] = {
      {NULL, ES_RANGE_WHOLE, 0, 0},
      {"bytes=0-99", ES_RANGE_PART, 0, 100},
      {"bytes=900-", ES_RANGE_PART, 900, 100},
      {"bytes=900-5000", ES_RANGE_PART, 900, 100},
      {"bytes=-10", ES_RANGE_PART, 990, 10},
      {"bytes=-5000", ES_RANGE_PART, 0, 1000},
      {"bytes=1000-", ES_RANGE_OUTSIDE, 0, 0},
      {"bytes=-0", ES_RANGE_OUTSIDE, 0, 0},
      {"bytes=5-4", ES_RANGE_WHOLE, 0, 0},
      {"bytes=-", ES_RANGE_WHOLE, 0, 0},
      {"bytes=0-1,5-6", ES_RANGE_WHOLE, 0, 0},
      {"lines=0-1", ES_RANGE_WHOLE, 0, 0},
      {"bytes=99999999999999999999999-", ES_RANGE_WHOLE, 0, 0},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint64 start = 0, length = 0;
    g_test_message("%s", cases[i].text ? cases[i].text : "none");
    g_assert_cmpint(es_listen_read_range(cases[i].text, 1000, &start, &length), ==, cases[i].range);
    g_assert_cmpuint(start, ==, cases[i].start);
    g_assert_cmpuint(length, ==, cases[i].length);
  }
}

static void test_from_outside(void) {
  static const char *const wrong[] = {"",        "1",        "1 1",   "1 2 3",  "1 1 -3",
                                      "1 1 nan", "1 1 1e99", "x 1 1", "1 1 1 ", "99999999999 1 1"};
  static const char *const own[] = {"127.0.0.1:8437", "localhost", "LOCALHOST:1", "[::1]:80"};
  static const char *const foreign[] = {"evil.example", "127.0.0.1.evil.example", "localhost@evil", "",
                                        "127.0.0.2",    "localhost:80/x"};
  guint sequence;
  gboolean playing;
  gint64 position_ms;
  g_assert_true(es_listen_read_report("7 1 12.345", &sequence, &playing, &position_ms));
  g_assert_cmpuint(sequence, ==, 7);
  g_assert_true(playing);
  g_assert_cmpint(position_ms, ==, 12345);
  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
    g_assert_false(es_listen_read_report(wrong[i], &sequence, &playing, &position_ms));
  for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
    g_assert_true(es_listen_is_own_host(own[i]));
  for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
    g_assert_false(es_listen_is_own_host(foreign[i]));
  g_assert_false(es_listen_is_own_host(NULL));
  g_assert_cmpstr(es_listen_read_path("/secret/audio.opus", "secret"), ==, "audio.opus");
  g_assert_cmpstr(es_listen_read_path("/secret/", "secret"), ==, "");
  static const char *const closed[] = {"/secret", "/secre/", "/", "", "/secretx/", "xsecret/", "/Secret/"};
  for (gsize i = 0; i < G_N_ELEMENTS(closed); i++)
    g_assert_null(es_listen_read_path(closed[i], "secret"));
}

// ---- rows

static const char rubric_json[] =
    "{\"id\":\"r\",\"version\":\"2\",\"title\":\"المكالمة "
    "العادية\",\"sections\":[{\"name\":\"a\",\"title\":\"التحية "
    "والوداع\",\"weight\":1}],\"questions\":["
    "{\"name\":\"hello\",\"section\":\"a\",\"weight\":1,\"na\":true,\"critical\":\"business\",\"text\":\"هَلْ "
    "بَدَأَ "
    "الموظف بذكر اسم الشركة واسمه وعرض المساعدة؟ 你好你好你好\",\"guidance\":\"Yes if all three are heard "
    "before the caller "
    "explains the reason for calling. The order does not matter.\",\"options\":["
    "{\"value\":\"yes\",\"label\":\"نعم\",\"score\":1},{\"value\":\"no\",\"label\":\"لا\",\"score\":0}]},"
    "{\"name\":\"warm\",\"section\":\"a\",\"weight\":1,\"na\":true,\"critical\":null,\"text\":\"Warm?\","
    "\"options\":["
    "{\"value\":\"0\",\"label\":\"cold\",\"score\":0},{\"value\":\"1\",\"score\":0.5},{\"value\":\"10\","
    "\"score\":1}]}"
    "]}";
static const char call_json[] =
    "{\"id\":\"x\",\"caller\":\"01001234567\",\"audio_ms\":60000,\"duration_ms\":61000,\"consent_state\":"
    "\"given\","
    "\"outcome\":\"partial\",\"missing_ms\":4200,\"segments\":[{\"agent\":\"2001\",\"agent_name\":\"منى "
    "السيد\",\"queue\":\"billing\"}],\"legs\":[{\"role\":\"customer\",\"speech\":[[0,9000]]},{\"role\":"
    "\"agent\","
    "\"speech\":[[8000,20000]]}],\"talk_over\":[[8000,9000],[40000,40100]],\"dead_air\":[[20000,50000]],"
    "\"gaps\":[{\"leg\":0,\"start_ms\":30000,\"length_ms\":4200,\"reason\":\"lost\"}]}";

static JsonObject *parse(const char *json) {
  g_autoptr(JsonNode) node = json_from_string(json, NULL);
  return json_node_dup_object(node);
}

// Cells of a row: styles and isolates take none.
static int cells(const char *row) {
  g_autoptr(GRegex) styles = g_regex_new("\033\\[[0-9;]*m", 0, 0, NULL);
  g_autofree char *bare = g_regex_replace_literal(styles, row, -1, 0, "", 0, NULL);
  return es_text_width(bare);
}

static void test_every_size(void) {
  g_autoptr(JsonObject) rubric = parse(rubric_json), call = parse(call_json);
  g_autoptr(EsSheet) sheet = es_sheet_new(rubric, 0, 60000);
  EsLineEdit edit;
  es_line_edit_begin(&edit, "ملاحظة طويلة جدا لا تتسع لها الشاشة الصغيرة مهما حاولنا");
  es_sheet_add_comment(sheet, 5000, "تعليق على لحظة");
  EsScoreView view = {.call = call,
                      .rubric = rubric,
                      .sheet = sheet,
                      .guidance = TRUE,
                      .audio = TRUE,
                      .position_ms = 30000,
                      .speed = 1.25,
                      .url = "http://127.0.0.1:8437/012345678901234567890123/"};
  for (int size = 0; size < 3 * 2 * 130; size++) {
    int row, column;
    view.mode = (EsViewMode)(size % 3);
    view.screen = (EsScreen){TRUE, size % 2 == 0, TRUE, TRUE, 12 + size / 6};
    view.rows = 8 + size % 45;
    view.prompt = size % 2 == 0 ? "comment at 0:30:" : NULL;
    view.work = size % 4 < 2 ? NULL : "call 7 of 12, 41 min of audio left";
    view.edit = size % 2 == 0 ? &edit : NULL;
    g_autoptr(GPtrArray) rows = es_score_view_draw(&view, &row, &column);
    g_assert_cmpint((int)rows->len, <=, view.rows);
    g_assert_true(view.edit == NULL || (row >= 0 && row < view.rows && column < view.screen.width));
    for (guint i = 0; view.screen.width >= 40 && i < rows->len; i++)
      g_assert_cmpint(cells(g_ptr_array_index(rows, i)), <=, view.screen.width);
  }
  es_line_edit_clear(&edit);
}

static void test_option_keys(void) {
  g_autoptr(JsonObject) rubric = parse(rubric_json);
  static const char *const keys[] = {"y", "n"};
  for (guint i = 0; i < 2; i++) {
    g_autofree char *key = es_view_key(es_reply_object_at(es_reply_array(rubric, "questions"), 0), i);
    g_assert_cmpstr(key, ==, keys[i]);
  }
  g_autofree char *ten = es_view_key(es_reply_object_at(es_reply_array(rubric, "questions"), 1), 2);
  g_assert_cmpstr(ten, ==, "10");
}

static void test_marks(void) {
  g_autoptr(JsonObject) call = parse(call_json);
  g_autoptr(GArray) marks = es_marks_new(call);
  static const gint64 starts_ms[] = {8000, 20000, 30000}; // 100 ms of talk-over is none
  gint64 at_ms = 0;
  g_assert_cmpuint(marks->len, ==, 3);
  for (gsize i = 0; i < G_N_ELEMENTS(starts_ms); i++) {
    const EsMark *mark = es_marks_find(marks, at_ms, TRUE);
    g_assert_cmpint(mark->start_ms, ==, starts_ms[i]);
    at_ms = es_mark_listen_ms(mark);
  }
  g_assert_null(es_marks_find(marks, at_ms, TRUE));
  g_assert_cmpint(es_marks_find(marks, at_ms, FALSE)->start_ms, ==, 20000);
  g_assert_null(es_marks_find(marks, 7000, FALSE));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/screen/keys", test_keys);
  g_test_add_func("/cli/screen/editing", test_editing);
  g_test_add_func("/cli/screen/long-line", test_long_line);
  g_test_add_func("/cli/screen/keys-of-options", test_keys_of_options);
  g_test_add_func("/cli/screen/ranges", test_ranges);
  g_test_add_func("/cli/screen/from-outside", test_from_outside);
  g_test_add_func("/cli/screen/every-size", test_every_size);
  g_test_add_func("/cli/screen/option-keys", test_option_keys);
  g_test_add_func("/cli/screen/marks", test_marks);
  return g_test_run();
}
