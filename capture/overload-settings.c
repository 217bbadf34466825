// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "overload-settings.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include <string.h>

#define MOST_BYTES (G_GUINT64_CONSTANT(1) << 50)

guint64 es_amount_of(const EsAmount *amount, guint64 whole) {
  return amount->bytes ? amount->bytes : whole / 100 * amount->percent;
}

// "20%", or bytes as people write them: 512M, 8G, 1T.
static gboolean parse_amount(const char *text, EsAmount *amount) {
  static const char units[] = "KMGT";
  char *end = NULL;
  guint64 number = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
  if (number == 0 || number > MOST_BYTES)
    return FALSE;
  if (strcmp(end, "%") == 0) {
    *amount = (EsAmount){0, (guint)MIN(number, 101)};
    return number <= 100;
  }
  const char *unit = *end ? strchr(units, g_ascii_toupper(*end)) : NULL;
  if (*end && (!unit || end[1]))
    return FALSE;
  guint shift = unit ? 10 * (guint)(unit - units + 1) : 0;
  *amount = (EsAmount){number << shift, 0};
  return number <= MOST_BYTES >> shift;
}

static gboolean read_amount(const EsConfig *c, const char *key, const char *fallback, EsAmount *amount,
                            GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, "overload", key, fallback, &text, error))
    return FALSE;
  return parse_amount(text, amount) ||
         es_config_error(c, error, "overload", key, _("“%s” is neither a size like 8G nor a share like 50%%"),
                         text);
}

static gboolean read_order(const EsConfig *c, gboolean *oldest_first, GError **error) {
  g_autofree char *text = NULL;
  if (!es_config_string(c, "overload", "shed", "newest", &text, error))
    return FALSE;
  *oldest_first = strcmp(text, "oldest") == 0;
  return *oldest_first || strcmp(text, "newest") == 0 ||
         es_config_error(c, error, "overload", "shed", _("“%s” is neither newest nor oldest"), text);
}

gboolean es_overload_settings_read(EsOverloadSettings *s, const EsConfig *c, GError **error) {
  const gint64 hour = 3600 * 1000;
  gint64 flush, drain;
  if (!read_amount(c, "memory", "80%", &s->memory, error) ||
      !read_amount(c, "journal", "50%", &s->journal, error) ||
      !read_amount(c, "reserve", "2%", &s->reserve, error) ||
      !es_config_length_ms(c, "overload", "flush", 10000, 100, hour, &flush, error) ||
      !es_config_length_ms(c, "overload", "drain", 30000, 0, hour, &drain, error) ||
      !read_order(c, &s->oldest_first, error))
    return FALSE;
  s->flush_us = flush * ES_US_PER_MS;
  s->drain_us = drain * ES_US_PER_MS;
  return TRUE;
}
