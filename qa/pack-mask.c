// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A text is seen as runs of digits, where up to two characters that people write between digits do not end a
// run. A learnt number of seven digits or more is found by its core, the last nine of its digits, anywhere in
// a run, because the same number is written with and without country code; everything in the run before the
// core's last three digits is hidden. A learnt number of four to six digits is hidden only where it stands
// alone, or it would eat into other figures. Such short numbers are often agents' extensions: those of
// segments stay readable.
// Hidden digits become "x": a letter, so that the number keeps its reading order inside Arabic text.
#include "pack-mask.h"

#include <string.h>

#define CORE_DIGITS 9
#define LONG_DIGITS 7
#define SHORT_DIGITS 4
#define SHOWN_DIGITS 3
#define MAX_BETWEEN 2

struct PackMask {
  gboolean enabled;
  GHashTable *numbers; // set of cores and short numbers, as ASCII digits
};

typedef struct {
  gsize offset; // of the digit in the text
  guint8 bytes; // of its UTF-8 form
  guint8 gap;   // characters between it and the digit before; 255 if that belongs to another run
  char digit;   // '0'-'9'
} Digit;

PackMask *pack_mask_new(gboolean enabled) {
  PackMask *mask = g_new0(PackMask, 1);
  mask->enabled = enabled;
  mask->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return mask;
}

void pack_mask_free(PackMask *mask) {
  if (!mask)
    return;
  g_hash_table_unref(mask->numbers);
  g_free(mask);
}

// ---- digits of a text

static gboolean is_between(gunichar c) {
  static const char plain[] = " -.()/\t";
  if (c < 0x80)
    return c != 0 && strchr(plain, (int)c) != NULL;
  GUnicodeType type = g_unichar_type(c);
  return type == G_UNICODE_FORMAT || type == G_UNICODE_SPACE_SEPARATOR || type == G_UNICODE_DASH_PUNCTUATION;
}

static GArray *find_digits(const char *text) {
  GArray *digits = g_array_new(FALSE, FALSE, sizeof(Digit));
  guint gap = 255;
  for (const char *p = text; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    int value = g_unichar_digit_value(c);
    if (value >= 0) {
      Digit digit = {(gsize)(p - text), (guint8)(g_utf8_next_char(p) - p), (guint8)gap, (char)('0' + value)};
      g_array_append_val(digits, digit);
      gap = 0;
    } else if (!is_between(c) || gap >= MAX_BETWEEN) {
      gap = 255;
    } else {
      gap++;
    }
  }
  return digits;
}

// Where the run that begins at start ends (exclusive).
static guint run_end(const GArray *digits, guint start) {
  guint end = start + 1;
  while (end < digits->len && g_array_index(digits, Digit, end).gap != 255)
    end++;
  return end;
}

static char *copy_digits(const GArray *digits, guint start, guint count) {
  char *copy = g_malloc(count + 1);
  for (guint i = 0; i < count; i++)
    copy[i] = g_array_index(digits, Digit, start + i).digit;
  copy[count] = '\0';
  return copy;
}

// ---- learning

static void learn_run(PackMask *mask, const GArray *digits, guint start, guint end, gboolean with_short) {
  guint count = end - start;
  if (count < (with_short ? SHORT_DIGITS : LONG_DIGITS))
    return;
  guint core = MIN(count, CORE_DIGITS);
  g_hash_table_add(mask->numbers, copy_digits(digits, end - core, core));
}

static void learn_text(PackMask *mask, const char *text, gboolean with_short) {
  if (!text)
    return;
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  g_autoptr(GArray) digits = find_digits(valid);
  for (guint start = 0; start < digits->len;) {
    guint end = run_end(digits, start);
    learn_run(mask, digits, start, end, with_short);
    start = end;
  }
}

// The part of a URI that says who: between the scheme and "@" (all of a tel: URI).
static char *uri_user(const char *uri) {
  if (!uri)
    return NULL;
  const char *colon = strchr(uri, ':');
  const char *user = colon ? colon + 1 : uri;
  const char *at = strchr(user, '@');
  if (!at && !g_str_has_prefix(uri, "tel:"))
    return NULL;
  return g_strndup(user, at ? (gsize)(at - user) : strcspn(user, ";"));
}

static gboolean is_agent(const EsCall *call, const char *party) {
  for (guint i = 0; party && call->segments && i < call->segments->len; i++) {
    const EsSegment *segment = call->segments->pdata[i];
    g_autofree char *user = segment->agent && strchr(segment->agent, '@') ? uri_user(segment->agent) : NULL;
    if (g_strcmp0(segment->agent, party) == 0 || g_strcmp0(user, party) == 0)
      return TRUE;
  }
  return FALSE;
}

static void learn_party(PackMask *mask, const EsCall *call, const char *party, const char *uri,
                        const char *name, const char *own_direction) {
  gboolean ours = g_strcmp0(call->direction, own_direction) == 0 || is_agent(call, party);
  g_autofree char *user = uri_user(uri);
  learn_text(mask, party, !ours);
  learn_text(mask, user, !ours);
  learn_text(mask, name, FALSE);
}

void pack_mask_learn(PackMask *mask, const EsCall *call) {
  learn_party(mask, call, call->caller, call->caller_uri, call->caller_name, "outbound");
  learn_party(mask, call, call->callee, call->callee_uri, call->callee_name, "inbound");
}

// ---- masking

static gboolean is_learnt(const PackMask *mask, const GArray *digits, guint start, guint count) {
  g_autofree char *number = copy_digits(digits, start, count);
  return g_hash_table_contains(mask->numbers, number);
}

// TRUE if digits stand in one piece, with no other digit touching them.
static gboolean stands_alone(const GArray *digits, guint start, guint count) {
  for (guint i = start + 1; i < start + count; i++)
    if (g_array_index(digits, Digit, i).gap != 0)
      return FALSE;
  gboolean before = g_array_index(digits, Digit, start).gap != 0;
  gboolean after = start + count >= digits->len || g_array_index(digits, Digit, start + count).gap != 0;
  return before && after;
}

// How many digits of a learnt number begin at index; 0 if none does.
static guint match(const PackMask *mask, const GArray *digits, guint index, guint end) {
  for (guint count = MIN(CORE_DIGITS, end - index); count >= SHORT_DIGITS; count--)
    if (is_learnt(mask, digits, index, count) && (count >= LONG_DIGITS || stands_alone(digits, index, count)))
      return count;
  return 0;
}

static void mark_run(const PackMask *mask, const GArray *digits, guint start, guint end, gboolean *hidden) {
  guint from = start;
  for (guint i = start; i + SHORT_DIGITS <= end;) {
    guint count = match(mask, digits, i, end);
    if (count == 0) {
      i++;
      continue;
    }
    // Digits before a long number are its country code or trunk prefix, those before a short one are not.
    for (guint k = count >= LONG_DIGITS ? from : i; k < i + count - SHOWN_DIGITS; k++)
      hidden[k] = TRUE;
    i += count;
    from = i;
  }
}

static char *hide(const char *text, const GArray *digits, const gboolean *hidden) {
  GString *out = g_string_new(NULL);
  gsize from = 0;
  for (guint i = 0; i < digits->len; i++) {
    const Digit *digit = &g_array_index(digits, Digit, i);
    if (!hidden[i])
      continue;
    g_string_append_len(out, text + from, (gssize)(digit->offset - from));
    g_string_append_c(out, 'x');
    from = digit->offset + digit->bytes;
  }
  g_string_append(out, text + from);
  return g_string_free(out, FALSE);
}

static char *clean(const char *text) {
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  GString *out = g_string_new(NULL);
  for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (c == '\n' || g_unichar_type(c) != G_UNICODE_CONTROL)
      g_string_append_unichar(out, c);
    else if (c == '\t')
      g_string_append_c(out, ' ');
  }
  return g_string_free(out, FALSE);
}

char *pack_mask_text(const PackMask *mask, const char *text) {
  if (!text)
    return NULL;
  g_autofree char *cleaned = clean(text);
  if (!mask->enabled || g_hash_table_size(mask->numbers) == 0)
    return g_steal_pointer(&cleaned);
  g_autoptr(GArray) digits = find_digits(cleaned);
  g_autofree gboolean *hidden = g_new0(gboolean, digits->len + 1);
  for (guint start = 0; start < digits->len;) {
    guint end = run_end(digits, start);
    mark_run(mask, digits, start, end, hidden);
    start = end;
  }
  return hide(cleaned, digits, hidden);
}
