// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "map-rule.h"
#include "earshot/common/i18n.h"
#include "earshot/wire/clean-text.h"
#include <string.h>

#define MAX_METHODS 16
#define ANY_STATUS (-1)
#define REQUESTS_ONLY 0
// Steps from one place of the value, and the memory for going back.
#define LIMITS "(*LIMIT_MATCH=10000)(*LIMIT_DEPTH=1000)(*LIMIT_HEAP=1024)"

struct EsMapRule {
  char *name;
  EsMapField field;
  EsMapSource source;
  GRegex *match;  // NULL takes every value
  char *value;    // with \1; NULL: the first group, or all that fits
  char **methods; // NULL: all
  int status_low, status_high;
};

static const char *const FIELDS[] = {"agent", "queue", "client", "direction", "business_id", NULL};
static const char *const DIRECTIONS[] = {"inbound", "outbound", "internal", "unknown", NULL};

const char *es_map_field_name(EsMapField field) {
  return FIELDS[field];
}

void es_map_rule_free(EsMapRule *rule) {
  if (!rule)
    return;
  g_free(rule->name);
  es_map_source_clear(&rule->source);
  g_clear_pointer(&rule->match, g_regex_unref);
  g_free(rule->value);
  g_strfreev(rule->methods);
  g_free(rule);
}

EsMapField es_map_rule_field(const EsMapRule *rule) {
  return rule->field;
}

const char *es_map_rule_name(const EsMapRule *rule) {
  return rule->name;
}

// ---- reading the configuration

static gboolean read_source(EsMapRule *rule, const EsConfig *c, const char *group, GError **error) {
  g_autofree char *text = es_config_raw(c, group, "from");
  if (!text)
    return es_config_error(c, error, group, NULL, _("from is needed: where the rule reads"));
  return es_map_source_parse(text, &rule->source) ||
         es_config_error(c, error, group, "from",
                         _("“%s” is not one of header NAME, metadata NAME, caller, callee, request, dialled, "
                           "user-agent, with value, uri, user, host, display or parameter NAME behind it"),
                         text);
}

static gboolean read_field(EsMapRule *rule, const EsConfig *c, const char *group, GError **error) {
  g_autofree char *text = es_config_raw(c, group, "set");
  if (!text)
    return es_config_error(c, error, group, NULL, _("set is needed: which field the rule sets"));
  for (guint i = 0; FIELDS[i]; i++)
    if (strcmp(text, FIELDS[i]) == 0) {
      rule->field = (EsMapField)i;
      return TRUE;
    }
  g_autofree char *list = g_strjoinv(", ", (char **)FIELDS);
  return es_config_error(c, error, group, "set", _("“%s” is none of %s"), text, list);
}

GRegex *es_map_regex_new(const char *pattern, GError **error) {
  g_autofree char *limited = g_strconcat(LIMITS, pattern, NULL);
  return g_regex_new(limited, G_REGEX_OPTIMIZE, 0, error);
}

static gboolean read_match(EsMapRule *rule, const EsConfig *c, const char *group, GError **error) {
  g_autofree char *text = es_config_raw(c, group, "match");
  g_autoptr(GError) wrong = NULL;
  if (!text)
    return TRUE;
  rule->match = es_map_regex_new(text, &wrong);
  if (rule->match)
    return TRUE;
  const char *reason = strrchr(wrong->message, ':'); // before it stands the expression, with the limits
  return es_config_error(c, error, group, "match", _("“%s” is no regular expression: %s"), text,
                         reason ? reason + 1 + strspn(reason + 1, " ") : "");
}

// \0 to \9 and \\, nothing else; groups that the expression has.
static gboolean check_references(const EsMapRule *rule, const EsConfig *c, const char *group,
                                 GError **error) {
  int groups = rule->match ? g_regex_get_capture_count(rule->match) : 0;
  for (const char *p = strchr(rule->value, '\\'); p; p = strchr(p + 2, '\\')) {
    if (p[1] != '\\' && !g_ascii_isdigit(p[1]))
      return es_config_error(c, error, group, "value",
                             _("after a backslash there must be a digit or another backslash"));
    if (g_ascii_isdigit(p[1]) && p[1] - '0' > groups)
      return es_config_error(c, error, group, "value", _("\\%c: match= has no such group in brackets"), p[1]);
  }
  return TRUE;
}

static gboolean read_value(EsMapRule *rule, const EsConfig *c, const char *group, GError **error) {
  rule->value = es_config_raw(c, group, "value");
  if (!rule->value)
    return TRUE;
  if (!*rule->value)
    return es_config_error(c, error, group, "value", _("is empty"));
  if (!check_references(rule, c, group, error))
    return FALSE;
  if (rule->field == ES_MAP_DIRECTION && !strchr(rule->value, '\\') &&
      !g_strv_contains(DIRECTIONS, rule->value)) {
    g_autofree char *list = g_strjoinv(", ", (char **)DIRECTIONS);
    return es_config_error(c, error, group, "value", _("“%s” is none of %s"), rule->value, list);
  }
  return TRUE;
}

static gboolean read_methods(EsMapRule *rule, const EsConfig *c, const char *group, GError **error) {
  g_auto(GStrv) methods = NULL;
  if (!es_config_list(c, group, "method", &methods, error))
    return FALSE;
  if (g_strv_length(methods) > MAX_METHODS)
    return es_config_error(c, error, group, "method", _("more than %d of them"), MAX_METHODS);
  if (*methods)
    rule->methods = g_steal_pointer(&methods);
  return TRUE;
}

// "200", "2xx" or "request".
static gboolean read_status(EsMapRule *rule, const EsConfig *c, const char *group, GError **error) {
  g_autofree char *text = es_config_raw(c, group, "status");
  rule->status_low = rule->status_high = ANY_STATUS;
  if (!text)
    return TRUE;
  if (strcmp(text, "request") == 0) {
    rule->status_low = rule->status_high = REQUESTS_ONLY;
    return TRUE;
  }
  gboolean family = strlen(text) == 3 && g_ascii_strcasecmp(text + 1, "xx") == 0;
  if (strlen(text) != 3 || text[0] < '1' || text[0] > '6' ||
      (!family && (!g_ascii_isdigit(text[1]) || !g_ascii_isdigit(text[2]))))
    return es_config_error(c, error, group, "status", _("“%s” is neither request nor like 200 or 2xx"), text);
  rule->status_low = family ? (text[0] - '0') * 100 : (int)g_ascii_strtoll(text, NULL, 10);
  rule->status_high = family ? rule->status_low + 99 : rule->status_low;
  return TRUE;
}

EsMapRule *es_map_rule_new(const EsConfig *c, const char *group, GError **error) {
  g_autoptr(EsMapRule) rule = g_new0(EsMapRule, 1);
  rule->name = g_strdup(group);
  if (!read_source(rule, c, group, error) || !read_field(rule, c, group, error) ||
      !read_match(rule, c, group, error) || !read_value(rule, c, group, error) ||
      !read_methods(rule, c, group, error) || !read_status(rule, c, group, error))
    return NULL;
  return g_steal_pointer(&rule);
}

EsMapRule *es_map_rule_new_header(const char *header, EsMapField field) {
  EsMapRule *rule = g_new0(EsMapRule, 1);
  rule->name = g_strdup_printf("header %s", header);
  rule->field = field;
  rule->source = (EsMapSource){.kind = ES_MAP_HEADER, .header = g_strdup(header), .part = ES_MAP_WHOLE};
  rule->status_low = rule->status_high = ANY_STATUS;
  return rule;
}

// ---- reading a message

static gboolean reads(const EsMapRule *rule, const EsSipMessage *m) {
  if (rule->methods && !g_strv_contains((const char *const *)rule->methods, es_sip_method(m)))
    return FALSE;
  int status = es_sip_status(m);
  return rule->status_low == ANY_STATUS || (status >= rule->status_low && status <= rule->status_high);
}

static char *fill_in(const EsMapRule *rule, const GMatchInfo *found, const char *input) {
  if (!found && !rule->value)
    return g_strdup(input);
  if (!rule->value)
    return g_match_info_fetch(found, g_regex_get_capture_count(rule->match) > 0 ? 1 : 0);
  GString *text = g_string_new(NULL);
  for (const char *p = rule->value; *p; p++) {
    if (*p != '\\') {
      g_string_append_c(text, *p);
      continue;
    }
    p++;
    g_autofree char *group = *p == '\\' ? g_strdup("\\")
                             : found    ? g_match_info_fetch(found, *p - '0')
                                        : /* only \0 can be there */ g_strdup(input);
    g_string_append(text, group ? group : "");
  }
  return g_string_free(text, FALSE);
}

static EsMapResult check_value(const EsMapRule *rule, char **value) {
  g_autofree char *raw = g_steal_pointer(value);
  g_autofree char *clean = raw ? g_strstrip(es_clean_text(raw, strlen(raw), FALSE)) : NULL;
  if (!clean || !*clean)
    return ES_MAP_NOTHING;
  if (rule->field == ES_MAP_DIRECTION) {
    g_autofree char *word = g_ascii_strdown(clean, -1);
    *value = g_strdup(word);
    if (g_strv_contains(DIRECTIONS, word))
      return ES_MAP_VALUE;
    g_free(*value);
  }
  *value = g_utf8_substring(clean, 0, MIN(g_utf8_strlen(clean, -1), ES_MAP_VALUE_CHARACTERS));
  return rule->field == ES_MAP_DIRECTION ? ES_MAP_REFUSED : ES_MAP_VALUE;
}

EsMapResult es_map_rule_apply(const EsMapRule *rule, const EsMapInput *input, char **read, char **value) {
  *value = NULL;
  *read = reads(rule, input->message) ? es_map_source_read(&rule->source, input) : NULL;
  if (!*read)
    return ES_MAP_NOTHING;
  g_autoptr(GMatchInfo) found = NULL;
  g_autoptr(GError) gave_up = NULL;
  if (rule->match && !g_regex_match_full(rule->match, *read, -1, 0, 0, &found, &gave_up))
    return gave_up ? ES_MAP_COSTLY : ES_MAP_NOTHING;
  *value = fill_in(rule, found, *read);
  return check_value(rule, value);
}
