// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A recorder only listens: it cannot answer 400 to a message that both parties understood. So the message is
// cut into lines without asking whether each makes sense, and only the lines that a dialog needs are read
// further.
//
// The head is everything before the first empty line. It is cleaned as a whole (clean-text.h), which leaves
// only LF of the control characters, and then cut in place. The body is copied as it is.
#include "sip-lines.h"

#include <string.h>

#include "earshot/wire/clean-text.h"

#define MAX_HEAD_BYTES 65536
#define MAX_HEADERS 512

// Compact forms of the SIP parameters registry.
static const struct {
  char compact[2];
  const char *name;
} compact_forms[] = {
    {"a", "Accept-Contact"},
    {"b", "Referred-By"},
    {"c", "Content-Type"},
    {"d", "Request-Disposition"},
    {"e", "Content-Encoding"},
    {"f", "From"},
    {"i", "Call-ID"},
    {"j", "Reject-Contact"},
    {"k", "Supported"},
    {"l", "Content-Length"},
    {"m", "Contact"},
    {"n", "Identity-Info"},
    {"o", "Event"},
    {"r", "Refer-To"},
    {"s", "Subject"},
    {"t", "To"},
    {"u", "Allow-Events"},
    {"v", "Via"},
    {"x", "Session-Expires"},
    {"y", "Identity"},
};

static const char *long_name(const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(compact_forms); i++)
    if (g_ascii_strcasecmp(name, compact_forms[i].compact) == 0)
      return compact_forms[i].name;
  return name;
}

// Bytes of the head, with the empty line; *body_at is where the body starts.
static gsize find_head(const guint8 *data, gsize length, gsize *body_at) {
  for (gsize i = 0; i < length; i++) {
    if (data[i] != '\n')
      continue;
    gsize next = i + 1;
    if (next < length && data[next] == '\r')
      next++;
    if (next < length && data[next] == '\n') {
      *body_at = next + 1;
      return i + 1;
    }
  }
  *body_at = length;
  return length;
}

// Ends the line that begins at text and returns where the next begins, NULL after the last. Lines that go on
// in the next one (it begins with a space) are joined.
static char *cut_line(char *text) {
  char *end = text;
  for (;;) {
    end += strcspn(end, "\n");
    if (*end == '\0') {
      g_strchomp(text);
      return NULL;
    }
    if (end[1] != ' ')
      break;
    *end = ' ';
  }
  *end = '\0';
  g_strchomp(text);
  return end + 1;
}

static void add_header(EsSipLines *lines, char *line) {
  char *colon = strchr(line, ':');
  if (!colon || lines->headers->len >= MAX_HEADERS)
    return;
  *colon = '\0';
  EsSipLine header = {g_strchomp(line), g_strchug(colon + 1)};
  g_array_append_val(lines->headers, header);
}

static void copy_body(EsSipLines *lines, const guint8 *body, gsize length) {
  const char *value = es_sip_lines_get(lines, "Content-Length", 0);
  guint64 claimed;
  if (value && g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT64, &claimed, NULL) && claimed < length)
    length = (gsize)claimed;
  lines->body = length ? g_memdup2(body, length) : NULL;
  lines->body_length = length;
}

gboolean es_sip_lines_split(const guint8 *data, gsize length, EsSipLines *lines) {
  *lines = (EsSipLines){0};
  while (length > 0 && (*data <= ' ')) {
    data++;
    length--;
  }
  gsize body_at, head = find_head(data, length, &body_at);
  if (head == 0 || head > MAX_HEAD_BYTES)
    return FALSE;
  lines->text = es_clean_text((const char *)data, head, TRUE);
  lines->start = lines->text;
  lines->headers = g_array_new(FALSE, FALSE, sizeof(EsSipLine));
  char *next = cut_line(lines->text);
  while (next) {
    char *line = next;
    next = cut_line(line);
    add_header(lines, line);
  }
  copy_body(lines, data + body_at, length - body_at);
  return *lines->start != '\0';
}

void es_sip_lines_clear(EsSipLines *lines) {
  g_clear_pointer(&lines->text, g_free);
  g_clear_pointer(&lines->headers, g_array_unref);
  g_clear_pointer(&lines->body, g_free);
}

const char *es_sip_lines_get(const EsSipLines *lines, const char *name, guint place) {
  const char *wanted = long_name(name);
  for (guint i = 0; i < lines->headers->len; i++) {
    const EsSipLine *line = &g_array_index(lines->headers, EsSipLine, i);
    if (g_ascii_strcasecmp(long_name(line->name), wanted) == 0 && place-- == 0)
      return line->value;
  }
  return NULL;
}
