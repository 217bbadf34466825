// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/csv.h"
#include "earshot/common/error.h"

// All rows as "line:field|field;".
static char *read_all(const char *text, gssize length, gboolean with_heading, GError **error) {
  g_autoptr(EsCsv) csv = es_csv_open_text("t.csv", text, length, with_heading, error);
  if (!csv)
    return NULL;
  g_autoptr(GString) all = g_string_new(NULL);
  EsCsvStatus status;
  while ((status = es_csv_next(csv, error)) == ES_CSV_ROW) {
    g_string_append_printf(all, "%d:", (int)es_csv_line(csv));
    for (guint i = 0; i < es_csv_count(csv); i++)
      g_string_append_printf(all, "%s%s", i ? "|" : "", es_csv_field(csv, i));
    g_string_append_c(all, ';');
  }
  return status == ES_CSV_END ? g_string_free(g_steal_pointer(&all), FALSE) : NULL;
}

static void test_rows(void) {
  static const struct {
    const char *text, *rows;
  } cases[] = {
      {"a,b\nc,d\n", "1:a|b;2:c|d;"},
      {"a,b\r\nc,d", "1:a|b;2:c|d;"},
      {"\xEF\xBB\xBF"
       "a;b,c\n1;2\n",
       "1:a|b,c;2:1|2;"},
      {"a\tb\n\n\nc\td\n", "1:a|b;4:c|d;"},
      {"a,\"b \"\"c\"\",\nd\"\ne,f\n", "1:a|b \"c\",\nd;3:e|f;"},
      {"\"x;y\",z\n", "1:x;y|z;"},
      {"a,,\n", "1:a||;"},
      {"\"اسم\",\"منى\"\n", "1:اسم|منى;"},
      {"\xE3\xE4\xEC,1\n", "1:منى|1;"}, // Windows-1256
      {"", ""},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    GError *error = NULL;
    g_autofree char *rows = read_all(cases[i].text, -1, FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(rows, ==, cases[i].rows);
  }
}

static void test_columns(void) {
  GError *error = NULL;
  g_autoptr(EsCsv) csv = es_csv_open_text("t.csv", " Name ,ext\nMona, 2001 \nAli,\n", -1, TRUE, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(es_csv_columns(csv)[0], ==, "Name");
  g_assert_cmpint(es_csv_next(csv, &error), ==, ES_CSV_ROW);
  g_assert_cmpstr(es_csv_get(csv, "name"), ==, "Mona");
  g_assert_cmpstr(es_csv_get(csv, "EXT"), ==, "2001");
  g_assert_null(es_csv_get(csv, "team"));
  g_assert_cmpint(es_csv_next(csv, &error), ==, ES_CSV_ROW);
  g_assert_null(es_csv_get(csv, "ext"));
  g_assert_false(es_csv_error(csv, &error, "column ext: %d", 7));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_assert_cmpstr(error->message, ==, "t.csv:3: column ext: 7");
  g_clear_error(&error);
  g_assert_cmpint(es_csv_next(csv, &error), ==, ES_CSV_END);
}

static void test_errors(void) {
  g_autoptr(GError) error = NULL, empty = NULL, absent = NULL;
  g_autoptr(GString) text = g_string_new("a,b\n1,\"never closed\n");
  for (int i = 0; i < 2000; i++)
    g_string_append(text, "more,lines\n");
  g_assert_null(read_all(text->str, -1, FALSE, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_assert_true(g_str_has_prefix(error->message, "t.csv:2: "));
  // What a person saved is told to be wrong; of a log that broke off, what is there is read.
  static const char zero[] = "a,b\n1,x\0y\n", open[] = "a,b\n1,2\n3,\"4\n5,6\n";
  g_autoptr(GError) bytes = NULL, quote = NULL, none = NULL;
  g_assert_null(read_all(zero, sizeof zero - 1, TRUE, &bytes));
  g_assert_true(g_str_has_prefix(bytes->message, "t.csv:2: "));
  g_assert_null(read_all(open, -1, TRUE, &quote));
  g_assert_true(g_str_has_prefix(quote->message, "t.csv:3: "));
  g_autofree char *broken = read_all(open, -1, FALSE, &none);
  g_assert_no_error(none);
  g_assert_cmpstr(broken, ==, "1:a|b;2:1|2;3:3|4\n5,6\n\n;");
  g_assert_null(read_all("", -1, TRUE, &empty));
  g_assert_error(empty, ES_ERROR, ES_ERROR_INVALID);
  g_assert_null(es_csv_open("/nowhere/at-all.csv", TRUE, &absent));
  g_assert_nonnull(absent);
}

static void test_cell(void) {
  static const struct {
    const char *in, *out;
  } cells[] = {
      {NULL, ""},
      {"plain", "plain"},
      {"a,b", "\"a,b\""},
      {"say \"x\"", "\"say \"\"x\"\"\""},
      {"=1+1", "'=1+1"},
      {"+201001", "+201001"},
      {"+cmd|x", "'+cmd|x"},
      {"-5", "-5"},
      {"@SUM(1)", "'@SUM(1)"},
      {"two\nlines", "\"two\nlines\""},
      {" space", "\" space\""},
      {"=\"a\"", "\"'=\"\"a\"\"\""},
      {"منى", "منى"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cells); i++) {
    g_autofree char *cell = es_csv_cell(cells[i].in);
    g_assert_cmpstr(cell, ==, cells[i].out);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/csv/cell", test_cell);
  g_test_add_func("/csv/rows", test_rows);
  g_test_add_func("/csv/columns", test_columns);
  g_test_add_func("/csv/errors", test_errors);
  return g_test_run();
}
