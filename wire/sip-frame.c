// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A message ends after as many bytes as its Content-Length says, or with its head when it says nothing usable
// (over TCP it must). Between messages come keep-alives (RFC 5626 section 3.5.1). Whatever else comes there
// is skipped to the next line that begins a message: a wrong Content-Length costs the message, not the
// connection.
//
// Bytes that are whole messages are not copied; what is kept is never more than a message. Everything is
// looked at a bounded number of times, however small the pieces are that it comes in.
#include "sip-frame.h"

#include <string.h>

#include "earshot/wire/sip.h"
#include "earshot/wire/tcp.h"
#include "slice.h"

#define VERSION "SIP/2.0 "
#define MAX_METHOD_BYTES 64
#define MAX_START_LINE_BYTES 8192
#define MAX_SCHEME_BYTES 12

static gboolean is_blank(guint8 c) {
  return c == '\r' || c == '\n' || c == ' ' || c == '\t' || c == '\0';
}

static gboolean is_token(guint8 c) {
  return g_ascii_isalnum(c) || (c != '\0' && strchr("-.!%*_+`'~", c));
}

// The beginning of a request's URI, cut off somewhere: "sip:b", "<te".
static gboolean may_be_uri(const guint8 *data, gsize length) {
  gsize n = 0;
  if (length && data[0] == '<') {
    data++;
    length--;
  }
  while (n < length && n < MAX_SCHEME_BYTES && g_ascii_isalpha(data[n]))
    n++;
  return n == length || (n > 0 && data[n] == ':');
}

EsFrameVerdict es_sip_frame_start(const guint8 *data, gsize length) {
  gsize method = 0, compared = MIN(length, strlen(VERSION));
  gboolean response = g_ascii_strncasecmp((const char *)data, VERSION, compared) == 0;
  while (method < length && method <= MAX_METHOD_BYTES && is_token(data[method]))
    method++;
  if (!response && (method == 0 || method > MAX_METHOD_BYTES || (method < length && data[method] != ' ')))
    return ES_FRAME_NO;
  const guint8 *end = memchr(data, '\n', MIN(length, MAX_START_LINE_BYTES));
  if (end)
    return es_sip_looks_like(data, (gsize)(end - data) + 1) ? ES_FRAME_YES : ES_FRAME_NO;
  if (length >= MAX_START_LINE_BYTES)
    return ES_FRAME_NO;
  gboolean possible = response || method == length || may_be_uri(data + method + 1, length - method - 1);
  return possible ? ES_FRAME_MAYBE : ES_FRAME_NO;
}

gsize es_sip_frame_head(const guint8 *data, gsize length, gsize from) {
  gsize at = from > 2 ? from - 2 : 0;
  const guint8 *line;
  while (at < length && (line = memchr(data + at, '\n', length - at))) {
    gsize next = (gsize)(line - data) + 1;
    at = next;
    if (next < length && data[next] == '\r')
      next++;
    if (next < length && data[next] == '\n')
      return next + 1;
  }
  return 0;
}

// ---- the length of a body

static gboolean is_length_name(EsSlice name) {
  name = es_slice_trim(name);
  return es_slice_is(name, "Content-Length") || es_slice_is(name, "l");
}

// The first Content-Length that is a number; 0 without one, and when it claims more than a message may have.
static gsize body_length(const guint8 *data, gsize head) {
  EsSlice rest = es_slice(data, head), line, name;
  while (es_slice_cut(&rest, '\n', &line)) {
    guint64 number;
    if (line.length && g_ascii_isspace(*line.at)) // goes on with the line before it
      continue;
    if (!memchr(line.at, ':', line.length) || !es_slice_cut(&line, ':', &name) || !is_length_name(name))
      continue;
    EsSlice value = es_slice_trim(line), folded = rest;
    if (value.length == 0 && rest.length && (*rest.at == ' ' || *rest.at == '\t')) {
      es_slice_cut(&folded, '\n', &value);
      value = es_slice_trim(value);
    }
    if (es_slice_number(value, G_MAXUINT32, &number))
      return number <= ES_TCP_MAX_MESSAGE - head ? (gsize)number : 0;
  }
  return 0;
}

// ---- the stream

void es_sip_frames_clear(EsSipFrames *f) {
  g_clear_pointer(&f->kept, g_byte_array_unref);
  *f = (EsSipFrames){0};
}

static void forget_message(EsSipFrames *f) {
  g_clear_pointer(&f->kept, g_byte_array_unref);
  f->looked = f->whole = 0;
}

static gboolean is_plain_request(const guint8 *data, gsize length) {
  static const char *const schemes[] = {" sip:", " sips:", " tel:", " <sip:"};
  gsize n = 0;
  while (n < length && n < MAX_METHOD_BYTES && g_ascii_isupper(data[n]))
    n++;
  for (guint i = 0; n && i < G_N_ELEMENTS(schemes); i++)
    if (es_slice_starts(es_slice(data + n, length - n), schemes[i]))
      return TRUE;
  return FALSE;
}

// A start line behind something else: the body before it has no end of line. 0 for none.
static gsize find_within(const guint8 *line, gsize length) {
  EsSlice s = es_slice_trim(es_slice(line, length));
  const guint8 *response = memmem(line, length, VERSION, strlen(VERSION));
  if (response)
    return (gsize)(response - line);
  if (s.length < strlen(VERSION) || !es_slice_is(es_slice(s.at + s.length - 8, 8), " SIP/2.0"))
    return 0;
  for (gsize at = 1; at < length; at++)
    if (!is_token(line[at - 1]) && is_plain_request(line + at, length - at))
      return at;
  return 0;
}

// To the next place where a message could begin: in this line, or after it.
static gsize skip_line(const guint8 *data, gsize length, EsFrameSink *sink) {
  const guint8 *end = memchr(data, '\n', length);
  gsize line = end ? (gsize)(end - data) + 1 : length, within = end ? find_within(data, line) : 0;
  *sink->skipped += within ? within : line;
  return within ? within : line;
}

// One step at the front of what is there: a blank, junk, a message. *taken 0 when more must come.
static gboolean take_front(EsSipFrames *f, const guint8 *data, gsize length, gsize *taken, EsFrameSink *sink,
                           GError **error) {
  *taken = 0;
  if (f->rest) {
    *taken = MIN(f->rest, length);
    f->rest -= *taken;
    return TRUE;
  }
  while (*taken < length && is_blank(data[*taken]) && !f->looked)
    ++*taken;
  if (*taken)
    return TRUE;
  EsFrameVerdict start = f->looked ? ES_FRAME_YES : es_sip_frame_start(data, length);
  if (start == ES_FRAME_NO)
    *taken = skip_line(data, length, sink);
  if (start != ES_FRAME_YES)
    return TRUE;
  gsize head = f->whole ? 0 : es_sip_frame_head(data, length, f->looked);
  f->looked = length;
  if (head && head <= ES_TCP_MAX_MESSAGE)
    f->whole = head + body_length(data, head);
  if (!f->whole && length > ES_TCP_MAX_MESSAGE) { // such a head has no end
    *sink->skipped += length;
    *taken = length;
  }
  if (!f->whole || length < f->whole)
    return TRUE;
  *taken = f->whole;
  return sink->message(sink->user_data, data, f->whole, FALSE, error);
}

static gboolean take_all(EsSipFrames *f, const guint8 *data, gsize length, gsize *taken, EsFrameSink *sink,
                         GError **error) {
  gsize n;
  for (*taken = 0; *taken < length; *taken += n) {
    if (!take_front(f, data + *taken, length - *taken, &n, sink, error))
      return FALSE;
    if (n == 0)
      return TRUE;
    f->looked = f->whole = 0;
  }
  return TRUE;
}

gboolean es_sip_frames_feed(EsSipFrames *f, const guint8 *data, gsize length, EsFrameSink *sink,
                            GError **error) {
  gsize taken;
  if (!f->kept) {
    if (!take_all(f, data, length, &taken, sink, error))
      return FALSE;
    if (taken < length)
      f->kept = g_byte_array_append(g_byte_array_new(), data + taken, (guint)(length - taken));
    return TRUE;
  }
  g_byte_array_append(f->kept, data, (guint)length);
  if (!take_all(f, f->kept->data, f->kept->len, &taken, sink, error))
    return FALSE;
  if (taken == f->kept->len)
    g_clear_pointer(&f->kept, g_byte_array_unref);
  else if (taken)
    g_byte_array_remove_range(f->kept, 0, (guint)taken);
  return TRUE;
}

// After a hole within a body it is known where the next message begins.
gboolean es_sip_frames_lose(EsSipFrames *f, gsize length, EsFrameSink *sink, GError **error) {
  gsize missing = f->whole ? f->whole - f->kept->len : f->rest;
  f->rest = length > missing ? 0 : missing - length;
  if (!f->whole) {
    if (f->kept)
      *sink->skipped += f->kept->len;
    forget_message(f);
    return TRUE;
  }
  g_autoptr(GByteArray) kept = g_steal_pointer(&f->kept);
  forget_message(f);
  return sink->message(sink->user_data, kept->data, kept->len, TRUE, error);
}
