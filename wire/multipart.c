// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Multipart bodies (RFC 2046 section 5.1) as session border controllers send them: bare LF, no closing
// delimiter, no space after a colon, text before the first delimiter, a boundary that no parameter names (the
// first line that could be a delimiter tells), a multipart within a part (its parts count as this one's).
//
// A delimiter is a line of "--boundary", perhaps with "--" (the last one) and trailing space. A part is what
// lies between two of them, without the line end that belongs to the second; it is header lines, an empty
// line, data.
#include "earshot/wire/clean-text.h"
#include "earshot/wire/sdp.h"
#include "slice.h"

#define MAX_BOUNDARY_BYTES 200 // RFC 2046 allows 70
#define MAX_NESTING 3

static gboolean next_line(EsSlice *rest, EsSlice *line) {
  return es_slice_cut(rest, '\n', line);
}

// The type alone, in lower case: parameters and case carry nothing that callers compare.
static void copy_bare(char *buffer, gsize size, EsSlice value) {
  EsSlice bare;
  buffer[0] = '\0';
  if (!es_slice_cut(&value, ';', &bare))
    return;
  bare = es_slice_trim(bare);
  es_clean_text_copy(buffer, size, bare.at, bare.length);
  for (char *p = buffer; *p; p++)
    *p = g_ascii_tolower(*p);
}

// The next parameter; semicolons within quotes belong to it.
static gboolean next_parameter(EsSlice *rest, EsSlice *parameter) {
  gboolean quoted = FALSE;
  gsize n = 0;
  if (!rest->length)
    return FALSE;
  for (; n < rest->length && (quoted || rest->at[n] != ';'); n++)
    quoted ^= rest->at[n] == '"';
  *parameter = es_slice(rest->at, n);
  n = MIN(n + 1, rest->length);
  *rest = es_slice(rest->at + n, rest->length - n);
  return TRUE;
}

// The boundary parameter of a Content-Type, unquoted; empty if there is none.
static EsSlice find_boundary(EsSlice content_type) {
  EsSlice parameter, name;
  next_parameter(&content_type, &parameter);
  while (next_parameter(&content_type, &parameter)) {
    if (!es_slice_cut(&parameter, '=', &name) || !es_slice_is(es_slice_trim(name), "boundary"))
      continue;
    parameter = es_slice_trim(parameter);
    if (parameter.length && *parameter.at == '"')
      parameter = es_slice(parameter.at + 1, parameter.length - 1);
    es_slice_cut(&parameter, '"', &parameter);
    return parameter;
  }
  return es_slice(NULL, 0);
}

static EsSlice guess_boundary(EsSlice body) {
  EsSlice line;
  while (next_line(&body, &line)) {
    line = es_slice_trim(line);
    if (line.length > 2 && memcmp(line.at, "--", 2) == 0)
      return es_slice(line.at + 2, line.length - 2);
  }
  return es_slice(NULL, 0);
}

typedef enum { NOT_A_DELIMITER, DELIMITER, LAST_DELIMITER } LineKind;

static LineKind kind_of_line(EsSlice line, EsSlice boundary) {
  if (line.length < boundary.length + 2 || memcmp(line.at, "--", 2) != 0 ||
      memcmp(line.at + 2, boundary.at, boundary.length) != 0)
    return NOT_A_DELIMITER;
  EsSlice tail = es_slice(line.at + 2 + boundary.length, line.length - 2 - boundary.length);
  tail = es_slice_trim(tail);
  if (tail.length == 0)
    return DELIMITER;
  return es_slice_is(tail, "--") ? LAST_DELIMITER : NOT_A_DELIMITER;
}

static void read_part_header(EsSlice line, EsBodyPart *part, EsSlice *type) {
  EsSlice name;
  if (!es_slice_cut(&line, ':', &name))
    return;
  name = es_slice_trim(name);
  if (es_slice_is(name, "Content-Type") || es_slice_is(name, "c")) {
    *type = es_slice_trim(line);
    copy_bare(part->content_type, sizeof part->content_type, line);
  } else if (es_slice_is(name, "Content-Disposition"))
    copy_bare(part->disposition, sizeof part->disposition, line);
}

// Returns the whole Content-Type.
static EsSlice read_part(EsSlice text, EsBodyPart *part) {
  EsSlice line, type = es_slice(NULL, 0);
  *part = (EsBodyPart){.content_type = "text/plain"};
  while (next_line(&text, &line) && es_slice_trim(line).length > 0)
    read_part_header(line, part, &type);
  part->data = (const guint8 *)text.at;
  part->length = text.length;
  return type;
}

// Without the line end before the delimiter.
static EsSlice part_text(const char *begin, const char *end) {
  gsize length = (gsize)(end - begin);
  if (length && begin[length - 1] == '\n')
    length--;
  if (length && begin[length - 1] == '\r')
    length--;
  return es_slice(begin, length);
}

typedef struct {
  EsBodyPart *parts;
  guint n, nesting;
} Splitter;

static void split(Splitter *s, EsSlice type, EsSlice body);

static void add_part(Splitter *s, EsSlice text) {
  if (s->n == ES_MAX_PARTS)
    return;
  EsBodyPart *part = &s->parts[s->n];
  EsSlice type = read_part(text, part);
  if (!es_slice_starts(type, "multipart/") || s->nesting == MAX_NESTING)
    s->n++;
  else
    split(s, type, es_slice(part->data, part->length));
}

static void split_by(Splitter *s, EsSlice body, EsSlice boundary) {
  EsSlice rest = body, line;
  const char *begin = NULL;
  while (s->n < ES_MAX_PARTS && next_line(&rest, &line)) {
    LineKind kind = kind_of_line(line, boundary);
    if (kind == NOT_A_DELIMITER)
      continue;
    if (begin)
      add_part(s, part_text(begin, line.at));
    begin = rest.at;
    if (kind == LAST_DELIMITER)
      return;
  }
  if (begin && begin < body.at + body.length)
    add_part(s, es_slice(begin, (gsize)(body.at + body.length - begin)));
}

static void split(Splitter *s, EsSlice type, EsSlice body) {
  EsSlice boundary = find_boundary(type);
  if (boundary.length == 0)
    boundary = guess_boundary(body);
  if (boundary.length == 0 || boundary.length > MAX_BOUNDARY_BYTES)
    return;
  s->nesting++;
  split_by(s, body, boundary);
  s->nesting--;
}

guint es_multipart_split(const char *content_type, const guint8 *body, gsize length,
                         EsBodyPart parts[ES_MAX_PARTS]) {
  EsSlice type = es_slice_trim(es_slice(content_type, strlen(content_type)));
  Splitter splitter = {.parts = parts};
  if (length == 0)
    return 0;
  if (!es_slice_starts(type, "multipart/")) {
    parts[0] = (EsBodyPart){.data = body, .length = length};
    copy_bare(parts[0].content_type, sizeof parts[0].content_type, type);
    return 1;
  }
  split(&splitter, type, es_slice(body, length));
  return splitter.n;
}
