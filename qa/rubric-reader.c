// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Single values of a rubric, with their mistakes.
#include "rubric-reader.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <math.h>
#include <string.h>

void rubric_mistake(RubricReader *reader, const char *group, const char *key, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  guint line = es_config_line(reader->config, group, key);
  // A key that is missing has no line; the group that misses it has.
  guint shown = line ? line : es_config_line(reader->config, group, NULL);
  RubricMistake *mistake = g_new0(RubricMistake, 1);
  mistake->line = shown;
  mistake->message = g_strdup_printf("%s:%u: [%s]%s%s: %s", es_config_name(reader->config), MAX(shown, 1),
                                     group, key ? " " : "", key ? key : "", what);
  g_ptr_array_add(reader->mistakes, mistake);
}

static char *strip_to_null(char *text) {
  if (text && *g_strstrip(text))
    return text;
  g_free(text);
  return NULL;
}

char *rubric_text(RubricReader *reader, const char *group, const char *key, gboolean required) {
  char *text = strip_to_null(es_config_localised(reader->config, group, key, reader->language));
  if (!text && (required || es_config_has(reader->config, group, key)))
    rubric_mistake(reader, group, key, _("this text is missing"));
  return text;
}

char *rubric_word(RubricReader *reader, const char *group, const char *key, gboolean required) {
  g_autoptr(GError) error = NULL;
  char *word = NULL;
  if (!es_config_string(reader->config, group, key, NULL, &word, &error)) {
    rubric_mistake(reader, group, key, _("this value cannot be read"));
    return NULL;
  }
  word = strip_to_null(word);
  if (!word && required)
    rubric_mistake(reader, group, key, _("this value is missing"));
  return word;
}

double rubric_number(RubricReader *reader, const char *group, const char *key, double fallback, double min,
                     double max) {
  if (!es_config_has(reader->config, group, key))
    return fallback;
  g_autofree char *word = rubric_word(reader, group, key, FALSE);
  g_autofree char *ascii = es_digits_to_ascii(word ? word : "");
  char *end = ascii;
  double value = g_ascii_strtod(ascii, &end);
  gboolean plain = strspn(ascii, "0123456789.+-") == strlen(ascii); // no "inf", no hexadecimal
  if (!word || !plain || end == ascii || *end != '\0')
    rubric_mistake(reader, group, key, _("“%s” is not a number"), word ? word : "");
  else if (value < min || value > max)
    rubric_mistake(reader, group, key, _("%s is not between %g and %g"), word, min, max);
  else
    return value;
  return fallback;
}

gboolean rubric_name_is_valid(const char *name) {
  size_t length = strlen(name);
  return length > 0 && length <= 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

const char *rubric_group_name(const char *group, const char *kind) {
  size_t length = strlen(kind);
  if (strncmp(group, kind, length) != 0 || group[length] != ' ')
    return NULL;
  return group + length + strspn(group + length, " ");
}
