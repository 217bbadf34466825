// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which kind a transcript is, its content tells: WebVTT begins with that word, JSON with a bracket.
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/import/import.h"
#include "transcript-forms.h"

#define FILE_BYTES_MAX (32 * 1024 * 1024)

static const char *skip_mark(const char *text, gsize *length) {
  if (*length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
    *length -= 3;
    return text + 3;
  }
  return text;
}

GPtrArray *es_transcript_parse(const char *name, const char *text, gsize length, GError **error) {
  text = skip_mark(text, &length);
  if (length > FILE_BYTES_MAX || memchr(text, '\0', length) || !g_utf8_validate(text, (gssize)length, NULL)) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not a text in UTF-8"), name);
    return NULL;
  }
  g_autofree char *copy = g_strndup(text, length);
  const char *first = copy + strspn(copy, " \t\r\n");
  g_autoptr(GPtrArray) cues = NULL;
  if (g_str_has_prefix(copy, "WEBVTT"))
    cues = es_webvtt_read(name, copy, error);
  else if (*first == '{' || *first == '[')
    cues = es_transcript_json_read(name, first, error);
  else
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: neither WebVTT nor JSON"), name);
  if (cues && cues->len == 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: no words in this transcript"), name);
    return NULL;
  }
  return g_steal_pointer(&cues);
}

GPtrArray *es_transcript_read(const char *path, GError **error) {
  g_autofree char *text = NULL, *name = g_path_get_basename(path);
  gsize length = 0;
  g_autoptr(GError) unread = NULL;
  if (g_file_get_contents(path, &text, &length, &unread))
    return es_transcript_parse(name, text, length, error);
  g_set_error(error, ES_ERROR, ES_ERROR_IO, "%s", unread->message);
  return NULL;
}
