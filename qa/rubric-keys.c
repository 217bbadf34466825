// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which keys may stand in which group. A key's base is what stands before "[language]"; its stem is what
// stands before the first dot ("label" of "label.2[ar]"). Whether "label.2" fits the question's points is
// rubric-options.c's matter; that a translation has something to translate is this file's.
#include "earshot/common/i18n.h"
#include "rubric-reader.h"

#include <string.h>

typedef struct {
  const char *stem;
  gboolean dotted; // "stem.NAME"
  gboolean localised;
} KeyRule;

static const KeyRule rubric_keys[] = {
    {"id", FALSE, FALSE},         {"version", FALSE, FALSE}, {"title", FALSE, TRUE},
    {"description", FALSE, TRUE}, {"pass", FALSE, FALSE},    {NULL, FALSE, FALSE},
};
static const KeyRule section_keys[] = {
    {"title", FALSE, TRUE},
    {"weight", FALSE, FALSE},
    {NULL, FALSE, FALSE},
};
static const KeyRule question_keys[] = {
    {"section", FALSE, FALSE}, {"text", FALSE, TRUE},   {"guidance", FALSE, TRUE},  {"type", FALSE, FALSE},
    {"weight", FALSE, FALSE},  {"na", FALSE, FALSE},    {"critical", FALSE, FALSE}, {"points", FALSE, FALSE},
    {"label", TRUE, TRUE},     {"points", TRUE, FALSE}, {"options", FALSE, FALSE},  {"option", TRUE, TRUE},
    {NULL, FALSE, FALSE},
};

static const KeyRule *find_rule(const KeyRule *rules, const char *base) {
  const char *dot = strchr(base, '.');
  size_t length = dot ? (size_t)(dot - base) : strlen(base);
  for (const KeyRule *rule = rules; rule->stem; rule++)
    if (strlen(rule->stem) == length && strncmp(rule->stem, base, length) == 0 &&
        rule->dotted == (dot != NULL))
      return rule;
  return NULL;
}

static gboolean language_is_valid(const char *tag) { // "ar]", "ar_EG]"
  size_t length = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_@-");
  return length >= 2 && g_str_equal(tag + length, "]");
}

static void check_key(RubricReader *reader, const KeyRule *rules, const char *group, const char *key) {
  const char *bracket = strchr(key, '[');
  g_autofree char *base = bracket ? g_strndup(key, (gsize)(bracket - key)) : g_strdup(key);
  const KeyRule *rule = find_rule(rules, base);
  if (!rule)
    rubric_mistake(reader, group, key, _("unknown key"));
  else if (bracket && !rule->localised)
    rubric_mistake(reader, group, key, _("this key cannot be translated"));
  else if (bracket && !language_is_valid(bracket + 1))
    rubric_mistake(reader, group, key, _("this is not a language"));
  else if (bracket && !es_config_has(reader->config, group, base))
    rubric_mistake(reader, group, key, _("there is no “%s” that this could translate"), base);
  else if (bracket)
    g_free(rubric_text(reader, group, key, TRUE));
}

static void check_group(RubricReader *reader, const char *group) {
  const KeyRule *rules = NULL;
  if (g_str_equal(group, "rubric"))
    rules = rubric_keys;
  else if (rubric_group_name(group, "section"))
    rules = section_keys;
  else if (rubric_group_name(group, "question"))
    rules = question_keys;
  if (!rules) {
    rubric_mistake(reader, group, NULL,
                   _("unknown group; [rubric], [section NAME] and [question NAME] exist"));
    return;
  }
  g_auto(GStrv) keys = es_config_keys(reader->config, group);
  for (char **key = keys; *key; key++)
    check_key(reader, rules, group, *key);
}

void rubric_check_keys(RubricReader *reader) {
  g_auto(GStrv) groups = es_config_groups(reader->config);
  for (char **group = groups; *group; group++)
    check_group(reader, *group);
}
