// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recording sessions whose SIP headers tell what metadata tells in others:
//
//   - A phone's built-in bridge sends its own voice and the far one's in two dialogs. Both have, in the URI
//   of
//     From, x-refci and x-farendrefci (the two legs of the call, by their numbers) and x-farendaddr;
//     x-nearend or x-farend says which voice comes. The leg that was made first, the lower number, is the
//     caller's.
//   - Network-based recording: one dialog, X-Cisco-Recording-Participant once for each m-line.
//   - Anything else: From and To.
#include "earshot/wire/sip-address.h"
#include "recording-private.h"
#include <string.h>

#define PARTICIPANT "X-Cisco-Recording-Participant"
#define MAX_VALUE 128

// The value of a parameter of a URI, "" for one without; NULL if it is not there. Caller frees.
static char *parameter(const char *uri, const char *name) {
  for (const char *at = uri ? strchr(uri, ';') : NULL; at; at = strchr(at + 1, ';')) {
    const char *word = at + 1 + strspn(at + 1, " ");
    gsize length = strcspn(word, "=;> ");
    if (length != strlen(name) || g_ascii_strncasecmp(word, name, length) != 0)
      continue;
    const char *value = word + length + (word[length] == '=');
    return g_strndup(value, MIN(strcspn(value, ";> "), MAX_VALUE));
  }
  return NULL;
}

static const char *uri_of(const EsSipMessage *m) {
  const char *from = es_sip_header(m, "From");
  g_autofree char *refci = parameter(from, "x-refci");
  return refci ? from : es_sip_header(m, "To");
}

void es_recording_headers_side(const EsSipMessage *m, char **side, char **pair) {
  const char *uri = uri_of(m);
  g_autofree char *near = parameter(uri, "x-nearend"), *far = parameter(uri, "x-farend"),
                  *own = parameter(uri, "x-refci"), *other = parameter(uri, "x-farendrefci"),
                  *device = parameter(uri, "x-nearenddevice");
  *side = *pair = NULL;
  if ((!near && !far) || !own || !*own)
    return;
  *side = g_strdup(near ? "near" : "far");
  *pair = g_strdup_printf("%s %s %s", own, other ? other : "", device ? device : "");
}

gboolean es_recording_headers_tell(const EsSipMessage *m) {
  g_autofree char *side = NULL, *pair = NULL;
  es_recording_headers_side(m, &side, &pair);
  return side || es_sip_header(m, PARTICIPANT);
}

static void add_participant(GString *xml, const char *id, const char *aor, const char *name) {
  g_autofree char *tag = name ? g_markup_printf_escaped("<name>%s</name>", name) : g_strdup("");
  g_autofree char *text =
      g_markup_printf_escaped("<participant participant_id=\"%s\"><nameID aor=\"%s\">", id, aor);
  g_string_append_printf(xml, "%s%s</nameID></participant>", text, tag);
}

static void add_voice(GString *xml, const char *id, const char *label) {
  g_string_append_printf(
      xml,
      "<stream stream_id=\"s-%s\" session_id=\"call\"><label>%s</label></stream><participantstreamassoc "
      "participant_id=\"%s\"><send>s-%s</send></participantstreamassoc><participantsessionassoc "
      "participant_id=\"%s\" session_id=\"call\"/>",
      label, label, id, label, id);
}

// Whether the far end's leg was made before the near one's.
static gboolean far_end_called(const char *uri) {
  g_autofree char *own = parameter(uri, "x-refci"), *other = parameter(uri, "x-farendrefci");
  if (!own || !other || !g_ascii_isdigit(*own) || !g_ascii_isdigit(*other))
    return TRUE;
  return g_ascii_strtoull(other, NULL, 10) < g_ascii_strtoull(own, NULL, 10);
}

static void add_bridge(GString *xml, const EsSipMessage *m) {
  const char *uri = uri_of(m);
  const EsSipParty *near = uri == es_sip_header(m, "From") ? es_sip_from(m) : es_sip_to(m);
  g_autofree char *far = parameter(uri, "x-farendaddr"), *own = parameter(uri, "x-nearendaddr");
  const char *near_user = own && *own ? own : near->user;
  const char *far_user = far && *far ? far : "unknown";
  gboolean far_first = far_end_called(uri);
  for (int i = 0; i < 2; i++) {
    gboolean is_far = far_first == (i == 0);
    const char *id = is_far ? "far" : "near";
    add_participant(xml, id, is_far ? far_user : near_user, is_far ? NULL : near->display);
    add_voice(xml, id, id);
  }
}

static void add_line_voice(GString *xml, const char *id, guint line, guint n_lines) {
  g_autofree char *label = g_strdup_printf("line %u", n_lines ? MIN(line, n_lines - 1) : 0);
  add_voice(xml, id, label);
}

static void add_listed(GString *xml, const EsSipMessage *m, guint n_lines) {
  const char *value;
  for (guint i = 0; i < ES_CALL_MAX_LEGS && (value = es_sip_header_at(m, PARTICIPANT, i)); i++) {
    g_autofree char *index = parameter(value, "media-index");
    g_autofree char *id = g_strdup_printf("p%u", i), *aor = g_strndup(value, strcspn(value, "; "));
    const char *digits = index ? index + strspn(index, "\"") : "";
    guint line = g_ascii_isdigit(*digits) ? (guint)MIN(g_ascii_strtoull(digits, NULL, 10), 15) : i;
    add_participant(xml, id, aor, NULL);
    add_line_voice(xml, id, line, n_lines);
  }
}

static void add_ends(GString *xml, const EsSipMessage *m, guint n_lines) {
  const EsSipParty *ends[] = {es_sip_from(m), es_sip_to(m)};
  for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
    g_autofree char *id = g_strdup_printf("p%u", i);
    add_participant(xml, id, ends[i]->uri, ends[i]->display);
    add_line_voice(xml, id, i, n_lines);
  }
}

char *es_recording_headers_metadata(const EsSipMessage *m, const char *pair, guint n_lines) {
  GString *xml = g_string_new("<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\"><session "
                              "session_id=\"call\"/>");
  if (pair)
    add_bridge(xml, m);
  else if (es_sip_header(m, PARTICIPANT))
    add_listed(xml, m, n_lines);
  else
    add_ends(xml, m, n_lines);
  g_string_append(xml, "</recording>");
  return g_string_free(xml, FALSE);
}
