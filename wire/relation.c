// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/relation.h"
#include "earshot/wire/sip-address.h"
#include <string.h>

#define UUID_DIGITS (ES_SESSION_UUID_SIZE - 1)
#define MAX_VALUE_BYTES 2048
#define Q850_NON_SELECTED_USER_CLEARING 26

// 32 hexadecimal digits, then nothing of a word. All zeros stand for "not known".
static gboolean read_uuid(const char *text, char uuid[ES_SESSION_UUID_SIZE]) {
  gsize n = 0;
  gboolean nil = TRUE;
  for (; n < UUID_DIGITS && g_ascii_isxdigit(text[n]); n++) {
    uuid[n] = g_ascii_tolower(text[n]);
    nil = nil && text[n] == '0';
  }
  if (n < UUID_DIGITS || (text[n] && !strchr("; \t,", text[n])))
    return FALSE;
  uuid[nil ? 0 : n] = '\0';
  return TRUE;
}

// The value of a parameter after the first ';', without case, blanks allowed around it; NULL if absent. Not
// inside quotes: none of the values looked for is quoted.
static const char *parameter(const char *value, const char *name) {
  gsize length = strlen(name);
  for (const char *at = strchr(value, ';'); at; at = strchr(at, ';')) {
    at += 1 + strspn(at + 1, " \t");
    if (g_ascii_strncasecmp(at, name, length) != 0)
      continue;
    const char *after = at + length + strspn(at + length, " \t");
    if (*after == '=')
      return after + 1 + strspn(after + 1, " \t");
  }
  return NULL;
}

gboolean es_session_id_parse(const char *value, EsSessionId *id) {
  *id = (EsSessionId){0};
  if (strlen(value) > MAX_VALUE_BYTES || !read_uuid(value + strspn(value, " \t"), id->local))
    return FALSE;
  const char *remote = parameter(value, "remote");
  id->single = remote == NULL;
  if (id->single)
    memcpy(id->remote, id->local, sizeof id->remote);
  return id->single || read_uuid(remote, id->remote);
}

// One value of a Reason header: protocol and cause.
static gboolean means_elsewhere(const char *reason) {
  const char *cause = parameter(reason, "cause");
  guint64 number = cause ? g_ascii_strtoull(cause, NULL, 10) : 0;
  gsize length = strcspn(reason, "; \t");
  if (length == strlen("SIP") && g_ascii_strncasecmp(reason, "SIP", length) == 0)
    return number == 200;
  return length == strlen("Q.850") && g_ascii_strncasecmp(reason, "Q.850", length) == 0 &&
         number == Q850_NON_SELECTED_USER_CLEARING;
}

gboolean es_sip_says_elsewhere(const EsSipMessage *m) {
  const char *value = es_sip_header(m, "Reason");
  if (!value || strlen(value) > MAX_VALUE_BYTES)
    return FALSE;
  g_auto(GStrv) reasons = g_strsplit(value, ",", 8); // a comma in a quoted text makes a piece without a cause
  for (char **reason = reasons; *reason; reason++)
    if (means_elsewhere(g_strstrip(*reason)))
      return TRUE;
  return FALSE;
}

// TRUE for a header parameter that stands alone, outside of <…>.
static gboolean has_flag(const char *contact, const char *name) {
  const char *end = strrchr(contact, '>');
  gsize length = strlen(name);
  for (const char *at = strchr(end ? end : contact, ';'); at; at = strchr(at, ';')) {
    at += 1 + strspn(at + 1, " \t");
    if (g_ascii_strncasecmp(at, name, length) == 0 && (!at[length] || strchr("; \t,=", at[length])))
      return TRUE;
  }
  return FALSE;
}

char *es_sip_focus(const EsSipMessage *m) {
  const char *contact = es_sip_header(m, "Contact");
  EsSipParty party;
  if (!contact || strlen(contact) > MAX_VALUE_BYTES || !has_flag(contact, "isfocus") ||
      !es_sip_party_parse(contact, &party))
    return NULL;
  char *focus = g_strdup_printf("%s@%s", party.user, party.host);
  es_sip_party_clear(&party);
  return focus;
}
