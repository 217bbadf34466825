// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Folding and word splitting by themselves: what a text becomes, and which bytes each word came from.
#include "earshot/index/fold.h"

#include <string.h>

static const struct {
  const char *text, *folded;
} folds[] = {
    {"Hello World", "hello world"},
    {"Ünal GROẞE straße", "unal grosse strasse"},
    {"e\u0301te\u0301", "ete"},
    {"İstanbul", "istanbul"},
    {"ﬁnance", "finance"},        // ligature
    {"Ａｌｉ ４２", "ali 42"},    // full width
    {"آأإٱا", "ااااا"},           // alef with madda, hamza, wasla
    {"ا\u0654 ا\u0653", "ا ا"},   // the same, decomposed
    {"شكوى مدرسة", "شكوي مدرسه"}, // alef maksura, teh marbuta
    {"مـــحـــمد", "محمد"},       // tatweel
    {"مُحَمَّدٌ", "محمد"},             // harakat
    {"رَحْمٰن", "رحمن"},             // superscript alef
    {"ﻻ ﷲ", "لا الله"},           // presentation forms
    {"ﻣﺤﻤﺪ", "محمد"},
    {"٠١٢٣٤٥٦٧٨٩", "0123456789"},
    {"۰۱۲۳۴۵۶۷۸۹", "0123456789"},
    {"١٬٢٣٤٫٥", "1234.5"},
    {"کریم", "كريم"}, // Persian kaf and yeh
    {"\u200fأحمد\u200e \u202bعلي\u202c \u2067x\u2069\u061c", "احمد علي x"},
    {"مسؤول رئيس", "مسؤول رئيس"}, // hamza on waw and yeh are kept
    {"مسو\u0654ول", "مسؤول"},     // also when written in two parts
    {"نعم،لا؛كيف؟", "نعم لا كيف "},
    {"", ""},
};

static void test_fold(void) {
  for (guint i = 0; i < G_N_ELEMENTS(folds); i++) {
    g_autofree char *folded = es_fold(folds[i].text);
    g_assert_cmpstr(folded, ==, folds[i].folded);
    g_autofree char *again = es_fold(folded);
    g_assert_cmpstr(again, ==, folded);
  }
}

static void test_article(void) {
  static const struct {
    const char *word, *rest;
  } cases[] = {
      {"الفاتوره", "فاتوره"}, {"والفاتوره", "فاتوره"}, {"بالبطاقه", "بطاقه"},
      {"للعميل", "عميل"},     {"فالمدير", "مدير"},     {"كالعاده", "عاده"},
      {"الله", "الله"},       {"والد", "والد"},        {"والده", "والده"},
      {"ال", "ال"},           {"محمد", "محمد"},        {"lall", "lall"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    const char *word = cases[i].word;
    g_assert_cmpstr(word + es_fold_article(word, strlen(word)), ==, cases[i].rest);
  }
}

typedef struct {
  const char *text;
  GString *found; // "word@start-end ..."
} Found;

static gboolean note_word(const char *word, gsize length, gsize start, gsize end, gpointer user_data) {
  Found *found = user_data;
  g_assert_cmpuint(strlen(word), ==, length);
  g_assert_cmpuint(start, <, end);
  g_string_append_printf(found->found, "%s%s@%" G_GSIZE_FORMAT "-%" G_GSIZE_FORMAT,
                         found->found->len ? " " : "", word, start, end);
  return TRUE;
}

static char *words_of(const char *text, gsize length) {
  Found found = {text, g_string_new(NULL)};
  es_fold_words(text, length, note_word, &found);
  return g_string_free(found.found, FALSE);
}

static void test_words(void) {
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"Hello, World-42", "hello@0-5 world@7-12 42@13-15"},
      {"  ", ""},
      {"x", "x@0-1"},
      {"أهلا؟نعم", "اهلا@0-8 نعم@10-16"},
      {"مُحَمَّدٌ علي", "محمد@0-18 علي@19-25"}, // the harakat belong to the word's bytes
      {"\u064eمد", "مد@2-6"},              // a stray vowel sign begins no word
      {"ﻻ!", "لا@0-3"},                    // two letters from one character
      {"+20-100", "20@1-3 100@4-7"},
      {"a\xff"
       "b",
       "a@0-1 b@2-3"},         // invalid UTF-8 parts words
      {"हिन्दी", "हिन्दी@0-18"}, // vowels that are marks stay inside
      {"日本語", "日本語@0-9"},
      {"e\u0301.", "e@0-3"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *words = words_of(cases[i].text, strlen(cases[i].text));
    g_assert_cmpstr(words, ==, cases[i].words);
  }
}

static gboolean stop_at_once(const char *word, gsize length, gsize start, gsize end, gpointer user_data) {
  (*(guint *)user_data)++;
  return FALSE;
}

static void test_stop(void) {
  guint calls = 0;
  es_fold_words("one two three", 13, stop_at_once, &calls);
  g_assert_cmpuint(calls, ==, 1);
}

static gboolean check_bounds(const char *word, gsize length, gsize start, gsize end, gpointer user_data) {
  const gsize *limit = user_data;
  g_assert_cmpuint(length, <=, 255);
  g_assert_cmpuint(length, >, 0);
  g_assert_true(start < end && end <= *limit);
  g_assert_true(g_utf8_validate(word, (gssize)length, NULL));
  return TRUE;
}

// Endless words, towers of marks, random bytes: bounded, within the text, valid UTF-8, no end in a hurry.
static void test_hostile(void) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < 20000; i++)
    g_string_append(text, i % 3 ? "\u0651" : "\ufdfa");
  gsize limit = text->len;
  es_fold_words(text->str, text->len, check_bounds, &limit);
  g_string_truncate(text, 0);
  for (guint i = 0; i < 20000; i++)
    g_string_append_c(text, 'a');
  limit = text->len;
  es_fold_words(text->str, text->len, check_bounds, &limit);
  for (guint round = 0; round < 500; round++) {
    char bytes[64];
    for (guint i = 0; i < sizeof bytes; i++)
      bytes[i] = (char)g_test_rand_int_range(round % 2 ? 0 : 0xc0, 256);
    limit = (gsize)g_test_rand_int_range(0, sizeof bytes + 1);
    g_autofree char *exact = g_memdup2(bytes, limit); // so that a sanitizer sees a byte too far
    es_fold_words(exact ? exact : "", limit, check_bounds, &limit);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/fold/texts", test_fold);
  g_test_add_func("/index/fold/words", test_words);
  g_test_add_func("/index/fold/article", test_article);
  g_test_add_func("/index/fold/stop", test_stop);
  g_test_add_func("/index/fold/hostile", test_hostile);
  return g_test_run();
}
