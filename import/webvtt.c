// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// WebVTT (W3C): blocks with empty lines between them. A block with a line "00:01.000 --> 00:04.000 …" is a
// cue: the line before it is its name, the settings behind the times are about its place on a screen, what
// follows is text with tags, of which <v Name> says who speaks. NOTE, STYLE and REGION blocks are passed
// over. A cue with several voices becomes one cue a voice, all with the time of the whole.
#include <string.h>

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "transcript-forms.h"

#define HOURS_MAX 1000

typedef struct {
  const char *name;
  GPtrArray *cues;
  guint line;
} Reading;

static gboolean refuse(const Reading *r, GError **error, const char *message) {
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s:%u: %s", r->name, r->line, message);
  return FALSE;
}

// ---- times

static gboolean read_digits(const char **at, guint least, guint most, gint64 *value) {
  guint n = 0;
  for (*value = 0; g_ascii_isdigit(**at) && n < most; n++, (*at)++)
    *value = *value * 10 + (**at - '0');
  return n >= least && !g_ascii_isdigit(**at);
}

// "mm:ss.ttt" or "h…h:mm:ss.ttt"; a comma for the dot, as subtitles of other kinds have it, is taken too.
static gboolean read_time(const char **at, gint64 *time_ms) {
  gint64 parts[3], n = 0, fraction;
  do {
    if (n == 3 || !read_digits(at, 1, 4, &parts[n++]))
      return FALSE;
  } while (**at == ':' && (*at)++);
  if (n < 2 || (**at != '.' && **at != ',') || !(*at)++ || !read_digits(at, 3, 3, &fraction))
    return FALSE;
  gint64 hours = n == 3 ? parts[0] : 0, minutes = parts[n - 2], seconds = parts[n - 1];
  if (hours > HOURS_MAX || minutes > 59 || seconds > 59)
    return FALSE;
  *time_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
  return TRUE;
}

static gboolean read_times(const char *line, gint64 *start_ms, gint64 *end_ms) {
  const char *at = line + strspn(line, " \t");
  if (!read_time(&at, start_ms))
    return FALSE;
  at += strspn(at, " \t");
  if (!g_str_has_prefix(at, "-->"))
    return FALSE;
  at += 3;
  at += strspn(at, " \t");
  return read_time(&at, end_ms) && (*at == '\0' || *at == ' ' || *at == '\t') && *end_ms >= *start_ms;
}

// ---- text

static gsize read_entity(const char *at, GString *text) {
  static const struct {
    const char *entity, *character;
  } entities[] = {{"&amp;", "&"},  {"&lt;", "<"}, {"&gt;", ">"},
                  {"&nbsp;", " "}, {"&lrm;", ""}, {"&rlm;", ""}};
  for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
    if (g_str_has_prefix(at, entities[i].entity)) {
      g_string_append(text, entities[i].character);
      return strlen(entities[i].entity);
    }
  g_string_append_c(text, '&');
  return 1;
}

static void add_cue(Reading *r, gint64 start_ms, gint64 end_ms, const char *speaker, const GString *text) {
  g_autofree char *words = g_strstrip(g_strdup(text->str));
  g_autofree char *who = speaker ? g_strstrip(g_strdup(speaker)) : NULL;
  if (*words)
    g_ptr_array_add(r->cues, es_cue_new(start_ms, end_ms, who && *who ? who : NULL, words));
}

// "<v.loud Ahmed Ali>": the name behind the classes. Caller frees.
static char *voice_of(const char *tag, gsize length) {
  if (length < 1 || tag[0] != 'v' || (length > 1 && !strchr(". \t\n", tag[1])))
    return NULL;
  g_autofree char *inside = g_strndup(tag, length);
  return g_strdup(inside + strcspn(inside, " \t\n"));
}

static void read_text(Reading *r, gint64 start_ms, gint64 end_ms, const char *source) {
  g_autoptr(GString) text = g_string_new(NULL);
  g_autofree char *speaker = NULL;
  for (const char *at = source; *at;) {
    const char *end = *at == '<' ? strchr(at, '>') : NULL;
    if (end) {
      char *voice = voice_of(at + 1, (gsize)(end - at - 1));
      if (voice) {
        add_cue(r, start_ms, end_ms, speaker, text);
        g_string_truncate(text, 0);
        g_free(speaker);
        speaker = voice;
      }
      at = end + 1;
    } else if (*at == '&') {
      at += read_entity(at, text);
    } else {
      g_string_append_c(text, *at == '\n' ? ' ' : *at);
      at++;
    }
  }
  add_cue(r, start_ms, end_ms, speaker, text);
}

// ---- blocks

// lines[*at] is the first of a block; *at is left behind its last.
static gboolean read_block(Reading *r, char **lines, guint *at, GError **error) {
  guint first = *at, times = G_MAXUINT;
  g_autoptr(GString) text = g_string_new(NULL);
  for (; lines[*at] && *lines[*at]; (*at)++) {
    if (times == G_MAXUINT && *at <= first + 1 && strstr(lines[*at], "-->"))
      times = *at;
    else if (times != G_MAXUINT)
      g_string_append_printf(text, "%s%s", text->len ? "\n" : "", lines[*at]);
  }
  gint64 start_ms, end_ms;
  if (times == G_MAXUINT) // NOTE, STYLE, REGION, or words without a time
    return TRUE;
  r->line = times + 1;
  if (!read_times(lines[times], &start_ms, &end_ms))
    return refuse(r, error, _("not the times of a cue (00:01.000 --> 00:04.000)"));
  if (r->cues->len >= ES_CUES_MAX)
    return refuse(r, error, _("too many cues"));
  read_text(r, start_ms, end_ms, text->str);
  return TRUE;
}

GPtrArray *es_webvtt_read(const char *name, const char *text, GError **error) {
  g_autoptr(GPtrArray) cues = g_ptr_array_new_with_free_func((GDestroyNotify)es_cue_free);
  Reading reading = {.name = name, .cues = cues, .line = 1};
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++)
    g_strchomp(*line);
  guint at = 0;
  while (lines[at] && *lines[at]) // the header
    at++;
  while (lines[at])
    if (!*lines[at])
      at++;
    else if (!read_block(&reading, lines, &at, error))
      return NULL;
  return g_steal_pointer(&cues);
}
