// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Arabic written one way is found written another way, through note, database, tokenizer and search; and the
// same through the sqlite3 shell with the tokenizer loaded as an extension.
#include "fixture.h"

typedef struct {
  const char *name, *written, *searched;
} Probe;

static const Probe probes[] = {
    {"alef with hamza above", "اتصل أحمد بالأمس", "احمد"},
    {"alef with hamza below", "ايمان عبد الله", "إيمان"},
    {"alef with madda", "القران", "القرآن"},
    {"alef wasla", "ٱلمدير", "المدير"},
    {"alef maksura for yeh", "قدم شكوي رسمية", "شكوى"},
    {"yeh for alef maksura", "مستشفى المعادي", "مستشفي"},
    {"teh marbuta for heh", "فاتوره الكهرباء", "فاتورة"},
    {"heh for teh marbuta", "خدمة العملاء", "خدمه"},
    {"tatweel", "عـــــاجل جدا", "عاجل"},
    {"harakat in the text", "مُحَمَّد يشكو", "محمد"},
    {"harakat in the question", "سلم على كريم", "كَرِيم"},
    {"shadda and tanwin", "شُكْرًا جزيلًا", "شكرا"},
    {"lam-alef ligature", "ﻻ يوجد حل", "لا"},
    {"presentation forms", "ﻣﻜﺎﻟﻤﺔ ﻣﻬﻤﺔ", "مكالمة"},
    {"God in one character", "عبد ﷲ سالم", "الله"},
    {"Arabic-Indic digits", "الطلب رقم ٢٠٢٥", "2025"},
    {"Persian digits", "کد ۱۴۰۳", "1403"},
    {"Western digits asked in Arabic", "order 778899", "٧٧٨٨٩٩"},
    {"Persian kaf", "کتاب جدید", "كتاب"},
    {"Persian yeh", "علی حسن", "علي"},
    {"bidirectional marks", "\u200fمنى\u200e \u202bسعيد\u202c", "منى"},
    {"marks within the word", "من\u200fى تتصل", "مني"},
    {"isolates", "\u2067يوسف\u2069", "يوسف"},
    {"comma", "الاسم،العنوان", "العنوان"},
    {"semicolon", "انتظر؛سيتصل", "سيتصل"},
    {"question mark", "أين المدير؟", "المدير"},
    {"question mark after", "هل وصل؟نعم", "وصل"},
    {"superscript alef", "عبد الرحمٰن", "الرحمن"},
    {"combining hamza", "سا\u0654ل العميل", "سأل"},
    {"hamza on waw in two parts", "المسو\u0654ول", "المسؤول"},
    {"article", "رقم الفاتورة غلط", "فاتورة"},
    {"article after and", "السعر والخصم", "خصم"},
    {"article after to", "رددنا للعميل", "عميل"},
    {"article after with", "بالبطاقة", "بطاقه"},
    {"article, prefix", "المسترجعات", "مسترجع*"},
    {"prefix", "استرجاع المبلغ", "استرجا*"},
    {"words in any order", "المبلغ المسترجع كاملا", "كاملا المبلغ"},
    {"Latin diacritics", "Müller a appelé", "muller APPELE"},
};

static void test_probes(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(probes); i++) {
    gint64 row = fixture_put(index, fixture_call((int)i, NULL));
    es_index_add_note(index, row, probes[i].written, ES_UNKNOWN, "mona", FIXTURE_DAY_US, &error);
    g_assert_no_error(error);
  }
  guint missed = 0;
  for (guint i = 0; i < G_N_ELEMENTS(probes); i++) {
    EsSearch search;
    es_search_init(&search);
    search.words = probes[i].searched;
    g_autofree char *found = fixture_search(index, &search);
    g_autofree char *wanted = g_strdup_printf("c%u", i);
    g_auto(GStrv) ids = g_strsplit(found, " ", -1);
    if (g_strv_contains((const char *const *)ids, wanted))
      continue;
    g_test_message("%s: %s did not find %s (found: %s)", probes[i].name, probes[i].searched,
                   probes[i].written, found);
    missed++;
  }
  g_assert_cmpuint(missed, ==, 0);
  es_index_close(g_steal_pointer(&index));

  // What must not be found: folding is not guessing.
  static const struct {
    const char *match, *count;
  } shell[] = {{"فاتورة", "2"}, {"مسوول", "0"}, {"القران", "1"}, {"له", "0"}, {"احمدي", "0"}, {"منى", "2"}};
  for (guint i = 0; i < G_N_ELEMENTS(shell); i++) {
    g_autofree char *sql =
        g_strdup_printf("SELECT count(*) FROM call_text WHERE call_text MATCH '\"%s\"'", shell[i].match);
    g_autofree char *count = fixture_shell(library, sql);
    g_assert_cmpstr(count, ==, shell[i].count);
  }
  fixture_remove(library);
}

// Nothing that a person types is FTS5's language.
static void test_no_syntax(void) {
  static const char *const cases[] = {"\"",
                                      "a\" OR \"b",
                                      "notes:hello",
                                      "hello NOT world",
                                      "(hello",
                                      "hello)",
                                      "^hello",
                                      "hello + world",
                                      "NEAR(hello world)",
                                      "-hello",
                                      "{notes}: hello",
                                      "hello AND",
                                      "* hello",
                                      "'; DROP TABLE call; --"};
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  gint64 row = fixture_put(index, fixture_call(0, NULL));
  es_index_add_note(index, row, "near hello and not notes hello world drop table call or a b", ES_UNKNOWN,
                    "x", 1, &error);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsSearch search;
    es_search_init(&search);
    search.words = cases[i];
    if (i == 0) {
      g_assert_null(es_index_explain(index, &search, &error));
      g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
      g_clear_error(&error);
      continue;
    }
    g_autofree char *found = fixture_search(index, &search);
    g_assert_cmpstr(found, ==, "c0");
  }
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/arabic/probes", test_probes);
  g_test_add_func("/index/arabic/no-syntax", test_no_syntax);
  return g_test_run();
}
