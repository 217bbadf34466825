// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "link-settings.h"
#include "earshot/common/i18n.h"
#include "number-list.h"
#include <string.h>

#define PICKUP_CODES "*8,**" // Asterisk's and FreePBX's

// Which kinds of evidence count; "none" alone switches all of them off.
static gboolean read_evidence(EsLinkSettings *s, const EsConfig *c, GError **error) {
  const struct {
    const char *name;
    gboolean *on;
  } kinds[] = {{"session-id", &s->session_id}, {"media", &s->media}, {"numbers", &s->numbers}};
  g_auto(GStrv) words = es_config_words(c, "link", "by", error);
  if (!words)
    return FALSE;
  if (!es_config_has(c, "link", "by"))
    s->session_id = s->media = s->numbers = TRUE;
  for (char **word = words; *word; word++) {
    gboolean known = g_ascii_strcasecmp(*word, "none") == 0;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
      if (g_ascii_strcasecmp(*word, kinds[i].name) == 0)
        known = *kinds[i].on = TRUE;
    if (!known)
      return es_config_error(c, error, "link", "by", _("“%s” is not session-id, media, numbers or none"),
                             *word);
  }
  return TRUE;
}

static gboolean read_keep(EsLinkSettings *s, const EsConfig *c, GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, "link", "record", "agent", &text, error))
    return FALSE;
  if (g_ascii_strcasecmp(text, "agent") == 0)
    s->keep = ES_LINK_KEEP_AGENT;
  else if (g_ascii_strcasecmp(text, "first") == 0)
    s->keep = ES_LINK_KEEP_FIRST;
  else if (g_ascii_strcasecmp(text, "all") == 0)
    s->keep = ES_LINK_KEEP_ALL;
  else
    return es_config_error(c, error, "link", "record", _("“%s” is not agent, first or all"), text);
  return TRUE;
}

gboolean es_link_settings_read(EsLinkSettings *s, const EsConfig *c, GError **error) {
  if (!read_evidence(s, c, error) || !read_keep(s, c, error))
    return FALSE;
  s->headers = es_config_words(c, "link", "headers", error);
  if (!s->headers)
    return FALSE;
  if (g_strv_length(s->headers) > ES_LINK_MAX_HEADERS)
    return es_config_error(c, error, "link", "headers", _("more than %d headers"), ES_LINK_MAX_HEADERS);
  s->pickup = es_config_words(c, "link", "pickup", error);
  if (s->pickup && !es_config_has(c, "link", "pickup")) {
    g_strfreev(s->pickup);
    s->pickup = g_strsplit(PICKUP_CODES, ",", -1);
  }
  return s->pickup != NULL;
}

void es_link_settings_clear(EsLinkSettings *s) {
  g_clear_pointer(&s->headers, g_strfreev);
  g_clear_pointer(&s->pickup, g_strfreev);
}
