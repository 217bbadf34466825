// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Multipart bodies (RFC 2046 section 5.1) as session border controllers send them: bare LF, no closing
// delimiter, no space after a colon, text before the first delimiter.
//
// A delimiter is a line of "--boundary", perhaps with "--" (the last one) and trailing space. A part is what
// lies between two of them, without the line end that belongs to the second; it is header lines, an empty
// line, data.
#include "earshot/wire/clean-text.h"
#include "earshot/wire/sdp.h"
#include "slice.h"

#define MAX_BOUNDARY_BYTES 200 // RFC 2046 allows 70

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

// The boundary parameter of a Content-Type, unquoted; empty if there is none.
static EsSlice find_boundary(EsSlice content_type) {
  EsSlice parameter, name;
  es_slice_cut(&content_type, ';', &parameter);
  while (es_slice_cut(&content_type, ';', &parameter)) {
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

static void read_part_header(EsSlice line, EsBodyPart *part) {
  EsSlice name;
  if (!es_slice_cut(&line, ':', &name))
    return;
  name = es_slice_trim(name);
  if (es_slice_is(name, "Content-Type") || es_slice_is(name, "c"))
    copy_bare(part->content_type, sizeof part->content_type, line);
  else if (es_slice_is(name, "Content-Disposition"))
    copy_bare(part->disposition, sizeof part->disposition, line);
}

static void read_part(EsSlice text, EsBodyPart *part) {
  EsSlice line;
  *part = (EsBodyPart){.content_type = "text/plain"};
  while (next_line(&text, &line) && es_slice_trim(line).length > 0)
    read_part_header(line, part);
  part->data = (const guint8 *)text.at;
  part->length = text.length;
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

static guint split_parts(EsSlice body, EsSlice boundary, EsBodyPart parts[ES_MAX_PARTS]) {
  EsSlice rest = body, line;
  const char *begin = NULL;
  guint n = 0;
  while (n < ES_MAX_PARTS && next_line(&rest, &line)) {
    LineKind kind = kind_of_line(line, boundary);
    if (kind == NOT_A_DELIMITER)
      continue;
    if (begin)
      read_part(part_text(begin, line.at), &parts[n++]);
    begin = rest.at;
    if (kind == LAST_DELIMITER)
      return n;
  }
  if (begin && n < ES_MAX_PARTS && begin < body.at + body.length)
    read_part(es_slice(begin, (gsize)(body.at + body.length - begin)), &parts[n++]);
  return n;
}

guint es_multipart_split(const char *content_type, const guint8 *body, gsize length,
                         EsBodyPart parts[ES_MAX_PARTS]) {
  EsSlice type = es_slice_trim(es_slice(content_type, strlen(content_type)));
  if (length == 0)
    return 0;
  if (!es_slice_starts(type, "multipart/")) {
    parts[0] = (EsBodyPart){.data = body, .length = length};
    copy_bare(parts[0].content_type, sizeof parts[0].content_type, type);
    return 1;
  }
  EsSlice boundary = find_boundary(type);
  if (boundary.length == 0 || boundary.length > MAX_BOUNDARY_BYTES)
    return 0;
  return split_parts(es_slice(body, length), boundary, parts);
}
