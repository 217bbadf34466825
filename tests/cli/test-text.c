// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Text for terminals: cleaning, width, cutting, and tables made of it.
#include "format.h"
#include "table.h"
#include "text.h"

static void test_clean(void) {
  static const struct {
    const char *in, *out;
  } cases[] = {
      {NULL, ""},
      {"plain", "plain"},
      {"a\033[31mb", "a[31mb"},
      {"two\nlines\tand tab", "two lines and tab"},
      {"\xe2\x80\xae"
       "evil\xe2\x81\xa6",
       "evil"}, // U+202E, U+2066
      {"bell\a\x7f", "bell"},
      {"c1 \xc2\x9b"
       "31m",
       "c1 31m"}, // U+009B
      {"bad \xff utf", "bad \xef\xbf\xbd utf"},
      {"منى", "منى"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *out = es_text_clean(cases[i].in);
    g_assert_cmpstr(out, ==, cases[i].out);
  }
}

static void test_width(void) {
  static const struct {
    const char *text;
    int width;
  } cases[] = {
      {"", 0},
      {"abc", 3},
      {"e\xcc\x81", 1}, // e + combining acute
      {"日本", 4},
      {"منى", 3},
      {"مُنَى", 3}, // with vowel marks
      {"\xe2\x81\xa8x\xe2\x81\xa9", 1},
      {"→", 1},
      {"한글", 4},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpint(es_text_width(cases[i].text), ==, cases[i].width);
}

static void test_cut(void) {
  static const struct {
    const char *text;
    int width;
    const char *out;
  } cases[] = {
      {"abcdef", 6, "abcdef"},
      {"abcdef", 5, "abcd…"},
      {"日本語", 5, "日本…"},
      {"日本語", 4, "日…"},
      {"e\xcc\x81"
       "e\xcc\x81"
       "ee",
       3,
       "e\xcc\x81"
       "e\xcc\x81…"},
      {"abc", 0, ""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *out = es_text_cut(cases[i].text, cases[i].width, "…");
    g_assert_cmpstr(out, ==, cases[i].out);
    g_assert_cmpint(es_text_width(out), <=, cases[i].width);
  }
}

static const EsColumn columns[] = {{"#", TRUE, 0, 0},
                                   {"name", FALSE, 5, 0},
                                   {"empty", FALSE, 0, 0},
                                   {"queue", FALSE, 4, 1},
                                   {"end", TRUE, 0, 0}};

static EsTable *make_table(void) {
  EsTable *table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  static const char *const names[] = {"Mona", "日本語の名前", "مُنَى عبد الله", "Zoe\xcc\x88\033[2J"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    es_table_row(table);
    es_table_cell_printf(table, ES_STYLE_NONE, "%u", i + 9);
    es_table_cell(table, names[i], ES_STYLE_BAD);
    es_table_cell(table, NULL, ES_STYLE_NONE);
    es_table_cell(table, "billing", ES_STYLE_NONE);
    es_table_cell(table, "87.5", ES_STYLE_NONE);
  }
  return table;
}

// Every row must end in the same cell, which is what alignment means for a last column at the right.
static void check_aligned(const char *text, int width) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 6);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint(es_text_width(lines[i]), ==, width);
}

static void test_table(void) {
  g_autoptr(EsTable) table = make_table();
  EsScreen screen = {.utf8 = TRUE};
  g_autofree char *whole = es_table_render(table, &screen);
  check_aligned(whole, 2 + 2 + 12 + 2 + 7 + 2 + 4);
  g_assert_null(strstr(whole, "empty"));
  g_assert_null(strchr(whole, '\033'));
  screen.width = 24;
  g_autofree char *cut = es_table_render(table, &screen);
  check_aligned(cut, 24);
  g_assert_nonnull(strstr(cut, "…"));
  screen.width = 17; // queue no longer fits
  g_autofree char *dropped = es_table_render(table, &screen);
  check_aligned(dropped, 17);
  g_assert_null(strstr(dropped, "bill"));
}

static void test_table_colour(void) {
  g_autoptr(EsTable) table = make_table();
  EsScreen screen = {.utf8 = TRUE, .terminal = TRUE, .isolate = TRUE, .colour = TRUE};
  g_autofree char *text = es_table_render(table, &screen);
  g_assert_nonnull(strstr(text, "\033[31mMona"));
  g_assert_nonnull(strstr(text, "\xe2\x81\xa8مُنَى عبد الله\xe2\x81\xa9"));
  g_assert_null(strstr(text, "\xe2\x81\xa8Mona"));
  g_assert_null(strstr(text, "\033[2J"));
}

static void test_score(void) {
  static const struct {
    const char *row, *text;
  } cases[] = {{"{\"score\":81.25}", "81.3"}, {"{\"score\":80}", "80"}, {"{\"score\":null}", ""}, {"{}", ""}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(JsonNode) node = json_from_string(cases[i].row, NULL);
    g_autofree char *text = es_format_score(json_node_get_object(node), "score");
    g_assert_cmpstr(text, ==, cases[i].text);
  }
}

static void test_found(void) {
  static const struct {
    const char *text, *marked;
  } cases[] = {
      {"a refund here", "a [refund] here"},
      {"refunded, refund", "refunded, [refund]"},
      {"طلب اسْتِرداد المبلغ", "طلب [اسْتِرداد] المبلغ"},
      {"اسْتِردادٌ", "اسْتِردادٌ"}, // a mark more: another word of the text, that was not named
      {"refund refund two", "[refund] [refund two]"},
      {"", ""},
  };
  const char *words[] = {"refund", "refund two", "اسْتِرداد", NULL};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GString) out = g_string_new(NULL);
    es_text_append_found(out, cases[i].text, FALSE, (char *const *)words, "[", "]");
    g_assert_cmpstr(out->str, ==, cases[i].marked);
  }
  g_autoptr(GString) out = g_string_new(NULL);
  es_text_append_found(out, "طلب refund", TRUE, (char *const *)words, "[", "]");
  g_assert_cmpstr(out->str, ==, "\xe2\x81\xa8طلب [refund]\xe2\x81\xa9");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cli/text/clean", test_clean);
  g_test_add_func("/cli/text/width", test_width);
  g_test_add_func("/cli/text/cut", test_cut);
  g_test_add_func("/cli/text/score", test_score);
  g_test_add_func("/cli/table/fit", test_table);
  g_test_add_func("/cli/table/colour", test_table_colour);
  g_test_add_func("/cli/text/found", test_found);
  return g_test_run();
}
