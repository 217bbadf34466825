// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "consent-rules.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "number-list.h"
#include <string.h>

static const char *const STATES[] = {"given", "refused", "withdrawn", "requested"};

struct EsConsentRules {
  char **callee;
  char *notice, *version; // NULL when not given
  char *header;           // NULL when none
  char **values[G_N_ELEMENTS(STATES)];
  GPtrArray *prompts; // of EsPrompt
};

static void prompt_free(gpointer data) {
  EsPrompt *prompt = data;
  g_free(prompt->name);
  g_strfreev(prompt->callee);
  g_strfreev(prompt->given);
  g_strfreev(prompt->refused);
  g_free(prompt->notice);
  g_free(prompt->version);
  g_free(prompt);
}

void es_consent_rules_free(EsConsentRules *rules) {
  if (!rules)
    return;
  g_strfreev(rules->callee);
  g_free(rules->notice);
  g_free(rules->version);
  g_free(rules->header);
  for (guint i = 0; i < G_N_ELEMENTS(STATES); i++)
    g_strfreev(rules->values[i]);
  g_ptr_array_unref(rules->prompts);
  g_free(rules);
}

static gboolean read_consent(EsConsentRules *rules, const EsConfig *c, GError **error) {
  if (!(rules->callee = es_config_words(c, "consent", "callee", error)) ||
      !es_config_string(c, "consent", "notice", NULL, &rules->notice, error) ||
      !es_config_string(c, "consent", "version", NULL, &rules->version, error) ||
      !es_config_string(c, "consent", "header", NULL, &rules->header, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(STATES); i++) {
    if (!(rules->values[i] = es_config_words(c, "consent", STATES[i], error)))
      return FALSE;
    if (*rules->values[i] && !rules->header)
      return es_config_error(c, error, "consent", STATES[i],
                             _("values of a header, but there is no header="));
  }
  if (rules->header && !*rules->values[0] && !*rules->values[1] && !*rules->values[2] && !*rules->values[3])
    return es_config_error(c, error, "consent", "header",
                           _("none of its values means anything: given=, refused= or withdrawn= is needed"));
  return TRUE;
}

// Keys are single characters of a telephone's pad.
static gboolean check_keys(const EsConfig *c, const char *group, const char *key, char **keys,
                           GError **error) {
  for (; *keys; keys++)
    if (strlen(*keys) != 1 || !strchr("0123456789*#ABCD", **keys))
      return es_config_error(c, error, group, key, _("%s is not a key of a telephone"), *keys);
  return TRUE;
}

static gboolean read_prompt(EsConsentRules *rules, const EsConfig *c, const char *group, GError **error) {
  EsPrompt *prompt = g_new0(EsPrompt, 1);
  g_ptr_array_add(rules->prompts, prompt);
  prompt->name = g_strdup(group + strlen("prompt "));
  gint64 start_ms, length_ms;
  if (!(prompt->callee = es_config_words(c, group, "callee", error)) ||
      !(prompt->given = es_config_words(c, group, "given", error)) ||
      !(prompt->refused = es_config_words(c, group, "refused", error)) ||
      !es_config_string(c, group, "notice", prompt->name, &prompt->notice, error) ||
      !es_config_string(c, group, "version", NULL, &prompt->version, error) ||
      !es_config_duration_ms(c, group, "start", 0, &start_ms, error) ||
      !es_config_duration_ms(c, group, "length", 0, &length_ms, error) ||
      !check_keys(c, group, "given", prompt->given, error) ||
      !check_keys(c, group, "refused", prompt->refused, error))
    return FALSE;
  prompt->start_us = start_ms * ES_US_PER_MS;
  prompt->length_us = length_ms * ES_US_PER_MS;
  if (!*prompt->callee)
    return es_config_error(c, error, group, NULL, _("callee= is missing: which numbers have this prompt?"));
  if (length_ms <= 0)
    return es_config_error(c, error, group, NULL, _("length= is missing: how long may the caller answer?"));
  if (!*prompt->given && !*prompt->refused)
    return es_config_error(c, error, group, NULL, _("no key answers it: given= or refused= is needed"));
  return TRUE;
}

EsConsentRules *es_consent_rules_new(const EsConfig *config, GError **error) {
  g_autoptr(EsConsentRules) rules = g_new0(EsConsentRules, 1);
  rules->prompts = g_ptr_array_new_with_free_func(prompt_free);
  if (!read_consent(rules, config, error))
    return NULL;
  g_auto(GStrv) groups = es_config_groups(config);
  for (char **group = groups; *group; group++)
    if (g_str_has_prefix(*group, "prompt ") && !read_prompt(rules, config, *group, error))
      return NULL;
  return g_steal_pointer(&rules);
}

gboolean es_consent_rules_announced(const EsConsentRules *rules, const char *number, const char **notice,
                                    const char **version) {
  if (!es_number_list_has(rules->callee, number))
    return FALSE;
  *notice = rules->notice;
  *version = rules->version;
  return TRUE;
}

const char *es_consent_rules_header(const EsConsentRules *rules, const EsSipMessage *message,
                                    const char **value) {
  const char *text = rules->header ? es_sip_header(message, rules->header) : NULL;
  if (!text)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS(STATES); i++)
    if (es_words_have(rules->values[i], text)) {
      *value = text;
      return STATES[i];
    }
  return NULL;
}

const EsPrompt *es_consent_rules_prompt(const EsConsentRules *rules, const char *number) {
  for (guint i = 0; i < rules->prompts->len; i++) {
    const EsPrompt *prompt = rules->prompts->pdata[i];
    if (es_number_list_has(prompt->callee, number))
      return prompt;
  }
  return NULL;
}

const char *es_prompt_answer(const EsPrompt *prompt, char key) {
  const char word[] = {key, '\0'};
  return es_words_have(prompt->given, word)     ? "given"
         : es_words_have(prompt->refused, word) ? "refused"
                                                : NULL;
}
