// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Folding. The text is cut where Unicode's compatibility normalisation with case folding (NFKC_Casefold,
// which also drops bidirectional and zero-width controls) cannot reach across; each such span is normalised
// by itself, so every folded character knows the bytes it came from. What comes out is decomposed, loses its
// Latin, Greek and Cyrillic diacritics and its Arabic vowel signs, and passes one table of letters. Hamza on
// waw and on yeh are letters of their own and stay. ASCII never touches ICU.
//
// A word begins with a letter, a number or a private character and goes on over marks, so that scripts whose
// vowels are marks stay whole.
#include "earshot/index/fold.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#define SPAN_MAX 32 // code points normalised together; more marks on one letter than that are an attack
#define PLAIN_MAX (SPAN_MAX * 20) // UTF-16 units a span can become: U+FDFA alone gives 18
#define WORD_MAX 255              // bytes of a word that count

typedef struct {
  UChar32 c; // 0 when the span folded to nothing
  gsize start, end;
} Folded;

// FALSE stops.
typedef gboolean (*EmitFunc)(const Folded *folded, gpointer user_data);

static const UNormalizer2 *casefold_normaliser(void) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *normaliser = unorm2_getNFKCCasefoldInstance(&status);
  g_assert(U_SUCCESS(status));
  return normaliser;
}

static const UNormalizer2 *decomposer(void) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *normaliser = unorm2_getNFDInstance(&status);
  g_assert(U_SUCCESS(status));
  return normaliser;
}

static gboolean is_dropped(UChar32 c) {
  return (c >= 0x0300 && c <= 0x036f) || // combining diacritics
         c == 0x0640 ||                  // tatweel
         (c >= 0x064b && c <= 0x065f) || // harakat, madda, hamza above and below
         c == 0x0670 ||                  // superscript alef
         (c >= 0x0610 && c <= 0x061a) || // honorifics
         (c >= 0x06d6 && c <= 0x06ed) || // Koranic marks
         c == 0x066c;                    // thousands separator
}

static UChar32 fold_letter(UChar32 c) {
  if (c < 0x80)
    return c;
  switch (c) {
  case 0x0622:
  case 0x0623:
  case 0x0625:
  case 0x0671:
    return 0x0627; // alef
  case 0x0649:
  case 0x06cc:
    return 0x064a; // yeh
  case 0x0629:
    return 0x0647; // teh marbuta → heh
  case 0x06a9:
    return 0x0643; // kaf
  case 0x066b:
    return '.'; // decimal separator
  case 0x060c:
  case 0x061b:
  case 0x061f:
  case 0x06d4:
    return ' '; // comma, semicolon, question mark, full stop
  }
  int digit = u_charDigitValue(c);
  return digit >= 0 && digit <= 9 && u_charType(c) == U_DECIMAL_DIGIT_NUMBER ? '0' + digit : c;
}

// Decomposes one normalised character and hands on what is left of it. *any is set if something was.
static gboolean emit_character(UChar32 c, Folded *folded, gboolean *any, EmitFunc emit, gpointer user_data) {
  UChar parts[24];
  int32_t count = 0;
  gboolean keeps_hamza = c == 0x0624 || c == 0x0626;
  if (c >= 0x80 && !keeps_hamza) {
    UErrorCode status = U_ZERO_ERROR;
    count = unorm2_getDecomposition(decomposer(), c, parts, G_N_ELEMENTS(parts), &status);
    if (U_FAILURE(status))
      count = 0;
  }
  if (count <= 0) {
    count = 0;
    U16_APPEND_UNSAFE(parts, count, c);
  }
  for (int32_t i = 0; i < count;) {
    UChar32 part;
    U16_NEXT_UNSAFE(parts, i, part);
    if (is_dropped(part))
      continue;
    *any = TRUE;
    folded->c = fold_letter(part);
    if (!emit(folded, user_data))
      return FALSE;
  }
  return TRUE;
}

static gboolean emit_span(const UChar *span, int32_t length, gsize start, gsize end, EmitFunc emit,
                          gpointer user_data) {
  UChar plain[PLAIN_MAX];
  UErrorCode status = U_ZERO_ERROR;
  int32_t count = unorm2_normalize(casefold_normaliser(), span, length, plain, G_N_ELEMENTS(plain), &status);
  Folded folded = {0, start, end};
  gboolean any = FALSE;
  for (int32_t i = 0; U_SUCCESS(status) && i < count;) {
    UChar32 c;
    U16_NEXT(plain, i, count, c);
    if (!emit_character(c, &folded, &any, emit, user_data))
      return FALSE;
  }
  folded.c = 0;
  return any || emit(&folded, user_data);
}

// Takes one character and all that normalisation may join to it; returns the offset after them.
static gsize take_span(const char *text, gsize length, gsize at, UChar span[2 * SPAN_MAX], int32_t *units) {
  *units = 0;
  for (guint taken = 0; at < length && taken < SPAN_MAX; taken++) {
    gsize next = at;
    UChar32 c;
    U8_NEXT_OR_FFFD(text, next, length, c);
    if (taken > 0 && (c < 0x80 || unorm2_hasBoundaryBefore(casefold_normaliser(), c)))
      break;
    U16_APPEND_UNSAFE(span, *units, c);
    at = next;
  }
  return at;
}

static void fold_text(const char *text, gsize length, EmitFunc emit, gpointer user_data) {
  for (gsize at = 0; at < length;) {
    guchar byte = (guchar)text[at];
    if (byte < 0x80 && (at + 1 == length || (guchar)text[at + 1] < 0x80)) {
      Folded folded = {(UChar32)g_ascii_tolower(text[at]), at, at + 1};
      at++;
      if (!emit(&folded, user_data))
        return;
      continue;
    }
    UChar span[2 * SPAN_MAX];
    int32_t units;
    gsize end = take_span(text, length, at, span, &units);
    if (!emit_span(span, units, at, end, emit, user_data))
      return;
    at = end;
  }
}

static gboolean append_folded(const Folded *folded, gpointer user_data) {
  if (folded->c)
    g_string_append_unichar(user_data, (gunichar)folded->c);
  return TRUE;
}

char *es_fold(const char *text) {
  GString *result = g_string_sized_new(strlen(text));
  fold_text(text, strlen(text), append_folded, result);
  return g_string_free(result, FALSE);
}

// ---- words

typedef struct {
  EsFoldFunc func;
  gpointer user_data;
  char word[WORD_MAX + 1];
  gsize length, start, end;
} Splitter;

static gboolean is_word_character(UChar32 c, gboolean inside) {
  if (c < 0x80)
    return g_ascii_isalnum((char)c);
  guint32 mask = U_GC_L_MASK | U_GC_N_MASK | U_GC_CO_MASK | (inside ? U_GC_M_MASK : 0);
  return (U_MASK(u_charType(c)) & mask) != 0;
}

static gboolean flush(Splitter *splitter) {
  if (splitter->length == 0)
    return TRUE;
  splitter->word[splitter->length] = '\0';
  gsize length = splitter->length;
  splitter->length = 0;
  return splitter->func(splitter->word, length, splitter->start, splitter->end, splitter->user_data);
}

static gboolean split(const Folded *folded, gpointer user_data) {
  Splitter *splitter = user_data;
  gboolean inside = splitter->length > 0;
  if (folded->c == 0) { // a vowel sign or tatweel belongs to the word it stands in
    if (inside)
      splitter->end = folded->end;
    return TRUE;
  }
  if (!is_word_character(folded->c, inside))
    return flush(splitter);
  if (!inside)
    splitter->start = folded->start;
  splitter->end = folded->end;
  char utf8[6];
  int bytes = g_unichar_to_utf8((gunichar)folded->c, utf8);
  if (splitter->length + (gsize)bytes <= WORD_MAX) {
    memcpy(splitter->word + splitter->length, utf8, (gsize)bytes);
    splitter->length += (gsize)bytes;
  }
  return TRUE;
}

void es_fold_words(const char *text, gsize length, EsFoldFunc func, gpointer user_data) {
  Splitter splitter = {.func = func, .user_data = user_data};
  fold_text(text, length, split, &splitter);
  flush(&splitter);
}

gsize es_fold_article(const char *word, gsize length) {
  static const char *const articles[] = {"ال", "وال", "فال", "بال", "كال", "لل"};
  for (guint i = 0; i < G_N_ELEMENTS(articles); i++) {
    gsize bytes = strlen(articles[i]);
    if (length > bytes && strncmp(word, articles[i], bytes) == 0)
      return g_utf8_strlen(word + bytes, (gssize)(length - bytes)) >= 3 ? bytes : 0;
  }
  return 0;
}
