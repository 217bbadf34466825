// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/refer.h"
#include "earshot/wire/clean-text.h"
#include "earshot/wire/sdp.h"
#include "earshot/wire/sip-address.h"
#include <string.h>

#define MAX_VALUE_BYTES 8192

// The value of a header in a URI: "?Replaces=…&Require=…", percent-decoded. NULL if it is not there.
static char *uri_header(const char *value, const char *name) {
  const char *at = strchr(value, '?');
  gsize length = strlen(name);
  while (at) {
    at++;
    gsize field = strcspn(at, "&>");
    if (field > length && g_ascii_strncasecmp(at, name, length) == 0 && at[length] == '=') {
      g_autofree char *plain = g_uri_unescape_segment(at + length + 1, at + field, NULL);
      return plain ? es_clean_text(plain, strlen(plain), FALSE) : NULL;
    }
    at = at[field] == '&' ? at + field : NULL;
  }
  return NULL;
}

char *es_replaces_call_id(const char *value) {
  g_autofree char *id = g_strstrip(g_strndup(value, strcspn(value, ";")));
  return *id ? g_steal_pointer(&id) : NULL;
}

gboolean es_refer_target_parse(const char *value, EsReferTarget *target) {
  EsSipParty party;
  *target = (EsReferTarget){0};
  if (strlen(value) > MAX_VALUE_BYTES || !es_sip_party_parse(value, &party))
    return FALSE;
  target->user = g_steal_pointer(&party.user);
  es_sip_party_clear(&party);
  const char *uri = strrchr(value, '<');
  g_autofree char *replaces = uri_header(uri ? uri : value, "Replaces");
  target->replaces = replaces ? es_replaces_call_id(replaces) : NULL;
  return TRUE;
}

void es_refer_target_clear(EsReferTarget *target) {
  g_clear_pointer(&target->user, g_free);
  g_clear_pointer(&target->replaces, g_free);
}

static int fragment_status(const EsBodyPart *part) {
  const char *text = (const char *)part->data;
  const gsize length = strlen("SIP/2.0 200");
  if (part->length < length || g_ascii_strncasecmp(text, "SIP/2.0 ", 8) != 0)
    return 0;
  for (gsize i = 8; i < length; i++)
    if (!g_ascii_isdigit(text[i]))
      return 0;
  int status = (text[8] - '0') * 100 + (text[9] - '0') * 10 + (text[10] - '0');
  return status >= 100 && status < 700 ? status : 0;
}

int es_refer_status(const EsSipMessage *notify) {
  EsBodyPart parts[ES_MAX_PARTS];
  gsize length;
  const guint8 *body = es_sip_body(notify, &length);
  guint n = body ? es_multipart_split(es_sip_content_type(notify), body, length, parts) : 0;
  for (guint i = 0; i < n; i++)
    if (strcmp(parts[i].content_type, "message/sipfrag") == 0)
      return fragment_status(&parts[i]);
  return 0;
}
