// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sofia-sip reads the header; what it refuses is cut at the angle brackets here instead, because phones in
// the field send display names that the grammar wants quoted ("Bell, Alexander <sip:...>", bare UTF-8) and a
// call must not be lost to them. Percent-escapes are decoded last and the result is cleaned again: %00 or an
// escaped line end would otherwise come back in.
#include "earshot/wire/sip-address.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <string.h>

#include "earshot/wire/clean-text.h"

#define PHONE_CHARACTERS "0123456789+*#-.()"

static char *decoded(const char *escaped) {
  g_autofree char *plain = g_malloc(strlen(escaped) + 1);
  gsize n = 0;
  for (const char *p = escaped; *p; p++) {
    if (*p == '%' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
      plain[n++] = (char)(g_ascii_xdigit_value(p[1]) << 4 | g_ascii_xdigit_value(p[2]));
      p += 2;
    } else {
      plain[n++] = *p;
    }
  }
  return es_clean_text(plain, n, FALSE);
}

// Drops the separators that tel: numbers may hold for the eye (RFC 3966 section 5.1.1).
static char *without_separators(const char *number) {
  g_autofree char *digits = g_strdup(number);
  char *out = digits;
  for (const char *p = digits; *p; p++)
    if (!strchr("-.()", *p))
      *out++ = *p;
  *out = '\0';
  return g_steal_pointer(&digits);
}

// A SIP user may carry the parameters of a telephone number: "+12125551212;ext=1@example.com".
static void cut_phone_parameters(char *user) {
  gsize phone = strspn(user, PHONE_CHARACTERS);
  if (phone > 0 && user[phone] == ';')
    user[phone] = '\0';
}

// After the scheme: "user:password@host:port;parameters?headers". Brackets hold an IPv6 host together.
static void split_uri(const char *rest, char **user, char **host) {
  if (g_str_has_prefix(rest, "//"))
    rest += 2;
  gsize end = strcspn(rest, "@");
  *user = NULL;
  if (rest[end] == '@') {
    g_autofree char *part = g_strndup(rest, end);
    part[strcspn(part, ":")] = '\0';
    cut_phone_parameters(part);
    *user = *part ? decoded(part) : NULL;
    rest += end + 1;
  }
  gsize length = *rest == '[' ? strcspn(rest, "]") + 1 : strcspn(rest, ":;?/> ");
  *host = g_strndup(rest, length);
}

static void fill_user_and_host(EsSipParty *party) {
  gsize scheme = strcspn(party->uri, ":");
  const char *rest = party->uri[scheme] ? party->uri + scheme + 1 : party->uri;
  if (g_ascii_strncasecmp(party->uri, "tel:", 4) == 0) {
    g_autofree char *number = g_strndup(rest, strcspn(rest, ";?"));
    g_autofree char *plain = decoded(number);
    party->user = without_separators(plain);
    party->host = g_strdup("");
    return;
  }
  split_uri(rest, &party->user, &party->host);
  if (!party->user)
    party->user = g_strdup(party->host);
}

static char *unquoted(const char *display) {
  g_autofree char *text = g_strstrip(g_strdup(display));
  gsize length = strlen(text);
  if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
    char *out = text;
    for (const char *p = text + 1; p < text + length - 1; p++) {
      if (*p == '\\' && p + 1 < text + length - 1)
        p++;
      *out++ = *p;
    }
    *out = '\0';
    g_strstrip(text);
  }
  return *text ? g_steal_pointer(&text) : NULL;
}

static gboolean parse_with_sofia(const char *value, EsSipParty *party) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  su_home_init(home);
  sip_from_t *from = sip_from_make(home, value);
  const char *uri = from && from->a_url->url_host ? url_as_string(home, from->a_url) : NULL;
  if (uri) {
    party->uri = g_strdup(uri);
    party->display = from->a_display ? unquoted(from->a_display) : NULL;
    party->tag = g_strdup(from->a_tag);
  }
  su_home_deinit(home);
  return uri != NULL;
}

// The value of ";name=value" behind a URI.
static char *find_parameter(const char *text, const char *name) {
  gsize length = strlen(name);
  for (const char *p = strchr(text, ';'); p; p = strchr(p + 1, ';')) {
    const char *at = p + 1 + strspn(p + 1, " ");
    if (g_ascii_strncasecmp(at, name, length) == 0 && at[length] == '=')
      return g_strndup(at + length + 1, strcspn(at + length + 1, ";, "));
  }
  return NULL;
}

// The last '<' begins the URI: a display name may hold another, a URI may not.
static gboolean parse_leniently(const char *value, EsSipParty *party) {
  const char *open = strrchr(value, '<');
  const char *uri = open ? open + 1 : value;
  uri += strspn(uri, " ");
  gsize length = strcspn(uri, open ? ">" : "; ");
  if (length == 0)
    return FALSE;
  party->uri = g_strchomp(g_strndup(uri, length));
  party->tag = find_parameter(uri + length, "tag");
  if (open) {
    const char *from =
        value + strspn(value, " <"); // some senders put the whole address in brackets once more
    g_autofree char *name = g_strndup(from, open > from ? (gsize)(open - from) : 0);
    party->display = unquoted(name);
  }
  return TRUE;
}

gboolean es_sip_party_parse(const char *value, EsSipParty *party) {
  *party = (EsSipParty){0};
  if (!parse_with_sofia(value, party) && !parse_leniently(value, party))
    return FALSE;
  fill_user_and_host(party);
  return TRUE;
}

void es_sip_party_clear(EsSipParty *party) {
  g_free(party->uri);
  g_free(party->user);
  g_free(party->host);
  g_free(party->display);
  g_free(party->tag);
  *party = (EsSipParty){0};
}

char *es_sip_via_branch(const char *value) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  su_home_init(home);
  sip_via_t *via = sip_via_make(home, value);
  char *branch = via ? g_strdup(via->v_branch) : find_parameter(value, "branch");
  su_home_deinit(home);
  return branch;
}

// The last of elements that commas part.
static const char *last_element(const char *value) {
  const char *last = value;
  gboolean quoted = FALSE;
  for (const char *at = value; *at; at++) {
    if (quoted && at[0] == '\\' && at[1])
      at++;
    else if (*at == '"')
      quoted = !quoted;
    else if (*at == ',' && !quoted)
      last = at + 1;
  }
  return last;
}

// By hand: a parser that refuses a branch of other characters than it should have would lose the rest too.
char *es_sip_via_writer(const char *value, char **branch) {
  const char *via = last_element(value), *at = via;
  for (guint slashes = 0; slashes < 2 && at; slashes++)
    at = (at = strchr(at, '/')) ? at + 1 : NULL;
  *branch = NULL;
  if (!at)
    return NULL;
  at += strspn(at, " \t");
  at += strcspn(at, " \t;");
  g_autofree char *sender = g_strndup(at, strcspn(at, ";"));
  g_strstrip(sender);
  if (!*sender)
    return NULL;
  *branch = find_parameter(via, "branch");
  return g_steal_pointer(&sender);
}
