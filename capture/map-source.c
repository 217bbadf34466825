// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "map-source.h"
#include "earshot/wire/clean-text.h"
#include "earshot/wire/sip-address.h"
#include <string.h>

#define MAX_READ_BYTES 8192 // of a header that is taken apart

static char *next_word(const char **text) {
  *text += strspn(*text, " \t");
  gsize length = strcspn(*text, " \t");
  char *word = g_strndup(*text, length);
  *text += length;
  return word;
}

static gboolean parse_part(const char **text, EsMapSource *source) {
  static const struct {
    const char *name;
    int part;
  } parts[] = {{"value", ES_MAP_WHOLE}, {"uri", ES_MAP_URI},         {"user", ES_MAP_USER},
               {"host", ES_MAP_HOST},   {"display", ES_MAP_DISPLAY}, {"parameter", ES_MAP_PARAMETER}};
  g_autofree char *word = next_word(text);
  if (!*word)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
    if (strcmp(word, parts[i].name) != 0)
      continue;
    source->part = parts[i].part;
    if (source->part != ES_MAP_PARAMETER)
      return TRUE;
    source->parameter = next_word(text);
    return *source->parameter != '\0';
  }
  return FALSE;
}

static gboolean parse_kind(const char **text, EsMapSource *source) {
  g_autofree char *word = next_word(text);
  source->part = ES_MAP_USER;
  if (strcmp(word, "header") == 0) {
    source->part = ES_MAP_WHOLE;
    source->header = next_word(text);
    return *source->header && !strpbrk(source->header, ":;<>\"");
  }
  if (strcmp(word, "metadata") == 0) {
    source->kind = ES_MAP_METADATA;
    source->part = ES_MAP_WHOLE;
    source->header = next_word(text);
    return *source->header != '\0';
  }
  if (strcmp(word, "user-agent") == 0) {
    source->part = ES_MAP_WHOLE;
    source->header = g_strdup("User-Agent");
    return TRUE;
  }
  source->kind = strcmp(word, "caller") == 0    ? ES_MAP_CALLER
                 : strcmp(word, "request") == 0 ? ES_MAP_REQUEST
                                                : ES_MAP_CALLEE;
  return source->kind != ES_MAP_CALLEE || strcmp(word, "callee") == 0 || strcmp(word, "dialled") == 0;
}

gboolean es_map_source_parse(const char *text, EsMapSource *source) {
  *source = (EsMapSource){0};
  if (!parse_kind(&text, source) || !parse_part(&text, source))
    return FALSE;
  return text[strspn(text, " \t")] == '\0';
}

void es_map_source_clear(EsMapSource *source) {
  g_clear_pointer(&source->header, g_free);
  g_clear_pointer(&source->parameter, g_free);
}

static char *unescaped(const char *text, gsize length) {
  g_autofree char *plain = g_uri_unescape_segment(text, text + length, NULL);
  return plain ? es_clean_text(plain, strlen(plain), FALSE) : g_strndup(text, length);
}

// The value of ";name=value" in a URI or behind it; a display name in quotes may hold anything and is passed
// over.
static char *parameter_of(const char *value, const char *name) {
  gsize length = strlen(name);
  for (const char *p = value; *p; p++) {
    if (*p == '"') {
      for (p++; *p && *p != '"'; p++)
        p += *p == '\\' && p[1];
      if (!*p)
        return NULL;
    }
    if (*p != ';')
      continue;
    const char *at = p + 1 + strspn(p + 1, " ");
    if (g_ascii_strncasecmp(at, name, length) != 0)
      continue;
    at += length + strspn(at + length, " ");
    if (*at != '=')
      continue;
    at += 1 + strspn(at + 1, " ");
    return *at == '"' ? unescaped(at + 1, strcspn(at + 1, "\"")) : unescaped(at, strcspn(at, ";,>?& \""));
  }
  return NULL;
}

static char *part_of_address(const EsMapSource *source, const char *value) {
  EsSipParty party;
  if (!es_sip_party_parse(value, &party))
    return NULL;
  char **from = source->part == ES_MAP_USER   ? &party.user
                : source->part == ES_MAP_HOST ? &party.host
                : source->part == ES_MAP_URI  ? &party.uri
                                              : &party.display;
  char *text = g_steal_pointer(from);
  es_sip_party_clear(&party);
  return text;
}

static const char *whole_value(const EsMapSource *source, const EsMapInput *in) {
  switch (source->kind) {
  case ES_MAP_REQUEST:
    return es_sip_request_uri(in->message);
  case ES_MAP_CALLER:
    return in->caller ? in->caller : es_sip_header(in->message, in->turned ? "To" : "From");
  case ES_MAP_CALLEE:
    return in->callee ? in->callee : es_sip_header(in->message, in->turned ? "From" : "To");
  case ES_MAP_METADATA:
    return in->metadata ? in->metadata(in->user_data, source->header) : NULL;
  default:
    return es_sip_header(in->message, source->header);
  }
}

// Without spaces at its ends and not too long; NULL when nothing is left.
static char *bounded(char *text) {
  g_autofree char *whole = text;
  if (!whole || !*g_strstrip(whole))
    return NULL;
  return g_utf8_substring(whole, 0, MIN(g_utf8_strlen(whole, -1), ES_MAP_INPUT_CHARACTERS));
}

char *es_map_source_read(const EsMapSource *source, const EsMapInput *input) {
  const char *value = whole_value(source, input);
  if (!value || (source->part != ES_MAP_WHOLE && strlen(value) > MAX_READ_BYTES))
    return NULL;
  return bounded(source->part == ES_MAP_WHOLE       ? g_strdup(value)
                 : source->part == ES_MAP_PARAMETER ? parameter_of(value, source->parameter)
                                                    : part_of_address(source, value));
}
