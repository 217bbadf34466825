// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the parsers and the state make of the messages of one recording session, given in order: SIP messages,
// multipart bodies or bare documents. A line of JSON for each: its m-lines, what the document said, and the
// sessions as they are then; with --last only of the last message.
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "earshot/common/clock.h"
#include "earshot/wire/rs-metadata.h"
#include "earshot/wire/sdp.h"
#include "earshot/wire/sip.h"
#include "rs-state.h"

#define NOW_US (1800000000 * ES_US_PER_S)

static void add_text(JsonBuilder *out, const char *name, const char *text) {
  json_builder_set_member_name(out, name);
  if (text)
    json_builder_add_string_value(out, text);
  else
    json_builder_add_null_value(out);
}

static void add_time(JsonBuilder *out, const char *name, gint64 time_us) {
  g_autofree char *text = es_time_format_utc(time_us);
  add_text(out, name, text);
}

static void add_flag(JsonBuilder *out, const char *name, gboolean flag) {
  json_builder_set_member_name(out, name);
  json_builder_add_boolean_value(out, flag);
}

static void add_texts(JsonBuilder *out, const char *name, const GPtrArray *texts) {
  json_builder_set_member_name(out, name);
  json_builder_begin_array(out);
  for (guint i = 0; i < texts->len; i++)
    json_builder_add_string_value(out, g_ptr_array_index(texts, i));
  json_builder_end_array(out);
}

static void begin(JsonBuilder *out, const char *name) {
  json_builder_set_member_name(out, name);
  json_builder_begin_array(out);
}

static void add_media(JsonBuilder *out, const EsSdp *sdp) {
  static const char *const directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
  begin(out, "media");
  for (guint i = 0; i < sdp->n_media; i++) {
    const EsSdpMedia *media = &sdp->media[i];
    json_builder_begin_object(out);
    add_text(out, "kind", media->kind);
    json_builder_set_member_name(out, "port");
    json_builder_add_int_value(out, media->address.port);
    add_text(out, "label", *media->label ? media->label : NULL);
    add_text(out, "direction", directions[media->direction]);
    json_builder_end_object(out);
  }
  json_builder_end_array(out);
}

static void add_document(JsonBuilder *out, const EsRsMetadata *m) {
  add_flag(out, "partial", m->partial);
  add_flag(out, "truncated", m->truncated);
  add_texts(out, "groups", m->groups);
  begin(out, "participants");
  for (guint i = 0; i < m->participants->len; i++) {
    const EsRsParticipant *participant = g_ptr_array_index(m->participants, i);
    json_builder_begin_object(out);
    add_text(out, "id", participant->id);
    add_text(out, "aor", participant->aor);
    add_text(out, "name", participant->name);
    json_builder_end_object(out);
  }
  json_builder_end_array(out);
  begin(out, "streams");
  for (guint i = 0; i < m->streams->len; i++) {
    const EsRsStream *stream = g_ptr_array_index(m->streams, i);
    json_builder_begin_object(out);
    add_text(out, "id", stream->id);
    add_text(out, "session", stream->session);
    add_text(out, "label", stream->label);
    json_builder_end_object(out);
  }
  json_builder_end_array(out);
  begin(out, "extensions");
  for (guint i = 0; i < m->extensions->len; i++) {
    const EsRsExtension *extension = g_ptr_array_index(m->extensions, i);
    json_builder_begin_object(out);
    add_text(out, "owner", extension->owner);
    add_text(out, "name", extension->name);
    add_text(out, "value", extension->value);
    json_builder_end_object(out);
  }
  json_builder_end_array(out);
}

static void add_member(JsonBuilder *out, const EsRsMember *member) {
  static const char *const roles[] = {NULL, "caller", "callee"};
  json_builder_begin_object(out);
  add_text(out, "id", member->id);
  add_text(out, "aor", member->aor);
  add_text(out, "name", member->name);
  add_text(out, "user", member->user);
  add_text(out, "role", roles[member->role]);
  add_texts(out, "labels", member->labels);
  add_texts(out, "hears", member->hears);
  add_flag(out, "hears_known", member->hears_known);
  add_time(out, "joined", member->joined_us);
  add_time(out, "left", member->left_us);
  json_builder_end_object(out);
}

static void add_state(JsonBuilder *out, const EsRsState *state) {
  const GPtrArray *views = es_rs_state_sessions(state);
  begin(out, "sessions");
  for (guint i = 0; i < views->len; i++) {
    const EsRsView *view = g_ptr_array_index(views, i);
    json_builder_begin_object(out);
    add_text(out, "id", view->id);
    add_text(out, "group", view->group);
    add_texts(out, "sip_sessions", view->sip_sessions);
    add_time(out, "start", view->start_us);
    add_time(out, "stop", view->stop_us);
    add_flag(out, "stopped", view->stopped);
    add_text(out, "caller", es_rs_state_extension(state, view->id, "callingPartyNumber"));
    begin(out, "members");
    for (guint j = 0; j < view->members->len; j++)
      add_member(out, g_ptr_array_index(view->members, j));
    json_builder_end_array(out);
    json_builder_end_object(out);
  }
  json_builder_end_array(out);
}

static void take_document(JsonBuilder *out, EsRsState *state, const guint8 *data, gsize length) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRsMetadata) m = es_rs_metadata_parse(data, length, &error);
  EsRsChange change;
  json_builder_set_member_name(out, "document");
  json_builder_begin_object(out);
  if (m)
    add_document(out, m);
  else
    add_text(out, "error", error->message);
  json_builder_end_object(out);
  if (!m)
    return;
  es_rs_state_take(state, m, NOW_US, &change);
  add_flag(out, "needs_snapshot", change.needs_snapshot);
  add_flag(out, "changed", change.changed);
  add_state(out, state);
}

static void take_body(JsonBuilder *out, EsRsState *state, const char *type, const guint8 *body,
                      gsize length) {
  EsBodyPart parts[ES_MAX_PARTS];
  EsSdp sdp;
  guint n = es_multipart_split(type, body, length, parts);
  for (guint i = 0; i < n; i++)
    if (strcmp(parts[i].content_type, "application/sdp") == 0 &&
        es_sdp_parse(parts[i].data, parts[i].length, &sdp))
      add_media(out, &sdp);
  for (guint i = 0; i < n; i++)
    if (es_rs_metadata_is_type(parts[i].content_type))
      take_document(out, state, parts[i].data, parts[i].length);
}

static void take_file(JsonBuilder *out, EsRsState *state, const guint8 *data, gsize length) {
  if (es_sip_looks_like(data, length)) {
    g_autoptr(EsSipMessage) message = es_sip_parse(data, length);
    gsize n = 0;
    const guint8 *body = message ? es_sip_body(message, &n) : NULL;
    if (body)
      take_body(out, state, es_sip_content_type(message), body, n);
    return;
  }
  gsize at = 0;
  while (at < length && g_ascii_isspace(data[at]))
    at++;
  if (at < length && (data[at] == '<' || data[at] == 0xef))
    take_document(out, state, data, length);
  else
    take_body(out, state, data[at] == '-' ? "multipart/mixed" : "application/sdp", data, length);
}

int main(int argc, char **argv) {
  g_autoptr(EsRsState) state = es_rs_state_new();
  gboolean only_last = argc > 1 && strcmp(argv[1], "--last") == 0;
  for (int i = 1 + only_last; i < argc; i++) {
    g_autofree char *data = NULL;
    gsize length;
    if (!g_file_get_contents(argv[i], &data, &length, NULL))
      return 1;
    g_autoptr(JsonBuilder) out = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_builder_begin_object(out);
    take_file(out, state, (guint8 *)data, length);
    json_builder_end_object(out);
    if (only_last && i < argc - 1)
      continue;
    g_autoptr(JsonNode) root = json_builder_get_root(out);
    json_generator_set_root(generator, root);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    puts(text);
  }
  return 0;
}
