// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SIP messages as a recorder needs them. Lines are cut by sip-lines.c, From, To and Via are read by sofia-sip
// (sip-address.c). The start line, Call-ID and CSeq are plain words and read here: sofia-sip throws the whole
// message away when its request line is unusual (an unknown method with odd characters, a URI with spaces).
#include "earshot/wire/sip.h"

#include <string.h>

#include "earshot/wire/sip-address.h"
#include "sip-lines.h"

#define VERSION "SIP/2.0"
#define MAX_METHOD_BYTES 64
#define MAX_START_LINE_BYTES 8192

struct EsSipMessage {
  EsSipLines lines;
  char *method;
  char *request_uri; // NULL in a response
  int status;        // 0 in a request
  const char *call_id;
  guint32 cseq;
  EsSipParty from, to;
  char *branch;
};

// Characters of a token (RFC 3261 section 25.1), which a method is.
static gboolean is_token(char c) {
  return g_ascii_isalnum(c) || (c != '\0' && strchr("-.!%*_+`'~", c));
}

static gboolean is_version(const char *text) {
  return g_ascii_strncasecmp(text, VERSION, strlen(VERSION)) == 0;
}

gboolean es_sip_looks_like(const guint8 *data, gsize length) {
  gsize at = 0;
  while (at < length && (data[at] == '\r' || data[at] == '\n' || data[at] == ' ' || data[at] == '\0'))
    at++;
  const char *line = (const char *)data + at;
  gsize left = MIN(length - at, MAX_START_LINE_BYTES), method = 0;
  const char *end = left ? memchr(line, '\n', left) : NULL;
  if (!end)
    return FALSE;
  while (end > line && g_ascii_isspace(end[-1]))
    end--;
  left = (gsize)(end - line);
  if (left < strlen(VERSION) + 4)
    return FALSE;
  if (is_version(line) && line[strlen(VERSION)] == ' ')
    return TRUE;
  while (method < left && is_token(line[method]))
    method++;
  return method > 0 && method <= MAX_METHOD_BYTES && line[method] == ' ' &&
         is_version(end - strlen(VERSION)) && end[-1 - (int)strlen(VERSION)] == ' ';
}

static gboolean parse_status_line(EsSipMessage *m) {
  const char *code = m->lines.start + strlen(VERSION);
  code += strspn(code, " ");
  for (int i = 0; i < 3; i++)
    if (!g_ascii_isdigit(code[i]))
      return FALSE;
  if (g_ascii_isdigit(code[3]) || code[0] == '0')
    return FALSE;
  m->status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  return TRUE;
}

// Some senders put the URI of the request in angle brackets; it means the same.
static char *request_uri(const char *text, gsize length) {
  g_autofree char *uri = g_strstrip(g_strndup(text, length));
  gsize n = strlen(uri);
  return n > 2 && uri[0] == '<' && uri[n - 1] == '>' ? g_strndup(uri + 1, n - 2) : g_steal_pointer(&uri);
}

static gboolean parse_request_line(EsSipMessage *m) {
  const char *start = m->lines.start, *end = start + strlen(start);
  gsize method = 0;
  while (is_token(start[method]))
    method++;
  if (method == 0 || method > MAX_METHOD_BYTES || start[method] != ' ')
    return FALSE;
  const char *uri = start + method;
  if ((gsize)(end - uri) < strlen(VERSION) + 2 || !is_version(end - strlen(VERSION)))
    return FALSE;
  m->method = g_strndup(start, method);
  m->request_uri = request_uri(uri, (gsize)(end - uri) - strlen(VERSION));
  return *m->request_uri != '\0';
}

// "number SP method"; the method of a response is known from here alone.
static gboolean parse_cseq(EsSipMessage *m) {
  const char *value = es_sip_lines_get(&m->lines, "CSeq", 0);
  if (!value || !g_ascii_isdigit(*value))
    return FALSE;
  char *end;
  guint64 number = g_ascii_strtoull(value, &end, 10);
  if (number > G_MAXUINT32 || *end != ' ')
    return FALSE;
  m->cseq = (guint32)number;
  end += strspn(end, " ");
  gsize method = 0;
  while (is_token(end[method]))
    method++;
  if (method == 0 || method > MAX_METHOD_BYTES)
    return FALSE;
  if (!m->method)
    m->method = g_strndup(end, method);
  return TRUE;
}

static gboolean parse_message(EsSipMessage *m, const guint8 *data, gsize length) {
  if (!es_sip_lines_split(data, length, &m->lines))
    return FALSE;
  if (is_version(m->lines.start) ? !parse_status_line(m) : !parse_request_line(m))
    return FALSE;
  m->call_id = es_sip_lines_get(&m->lines, "Call-ID", 0);
  const char *from = es_sip_lines_get(&m->lines, "From", 0), *to = es_sip_lines_get(&m->lines, "To", 0);
  const char *via = es_sip_lines_get(&m->lines, "Via", 0);
  m->branch = via ? es_sip_via_branch(via) : NULL;
  return m->call_id && *m->call_id && parse_cseq(m) && from && es_sip_party_parse(from, &m->from) && to &&
         es_sip_party_parse(to, &m->to);
}

EsSipMessage *es_sip_parse(const guint8 *data, gsize length) {
  g_autoptr(EsSipMessage) m = g_new0(EsSipMessage, 1);
  return parse_message(m, data, length) ? g_steal_pointer(&m) : NULL;
}

void es_sip_free(EsSipMessage *m) {
  if (!m)
    return;
  es_sip_lines_clear(&m->lines);
  es_sip_party_clear(&m->from);
  es_sip_party_clear(&m->to);
  g_free(m->method);
  g_free(m->request_uri);
  g_free(m->branch);
  g_free(m);
}

gboolean es_sip_is_request(const EsSipMessage *m) {
  return m->status == 0;
}

const char *es_sip_method(const EsSipMessage *m) {
  return m->method;
}

int es_sip_status(const EsSipMessage *m) {
  return m->status;
}

guint32 es_sip_cseq(const EsSipMessage *m) {
  return m->cseq;
}

const char *es_sip_call_id(const EsSipMessage *m) {
  return m->call_id;
}

const EsSipParty *es_sip_from(const EsSipMessage *m) {
  return &m->from;
}

const EsSipParty *es_sip_to(const EsSipMessage *m) {
  return &m->to;
}

const char *es_sip_request_uri(const EsSipMessage *m) {
  return m->request_uri;
}

const char *es_sip_branch(const EsSipMessage *m) {
  return m->branch;
}

const char *es_sip_content_type(const EsSipMessage *m) {
  const char *value = es_sip_header(m, "Content-Type");
  return value ? value : "";
}

const guint8 *es_sip_body(const EsSipMessage *m, gsize *length) {
  *length = m->lines.body_length;
  return m->lines.body;
}

const char *es_sip_header(const EsSipMessage *m, const char *name) {
  return es_sip_lines_get(&m->lines, name, 0);
}

const char *es_sip_header_at(const EsSipMessage *m, const char *name, guint place) {
  return es_sip_lines_get(&m->lines, name, place);
}
