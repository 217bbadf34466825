// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A table says what each child of the root is; one function reads each kind. Ids stand under several names:
// "session_id" in the standard, "id" and "session" in drafts, "sessionid" here and there.
#include "earshot/wire/rs-metadata.h"

#include <string.h>

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "xml.h"

#define FIRST_PLAUSIBLE_US (946684800 * ES_US_PER_S) // 2000: clocks that were never set start in 1970
#define LAST_PLAUSIBLE_US (4102444800 * ES_US_PER_S) // 2100
#define MAX_NAME_BYTES 200                           // of an extension's path

// ---- ownership

static void free_session(EsRsSession *session) {
  g_free(session->id);
  g_free(session->group);
  g_free(session->reason);
  g_ptr_array_unref(session->sip_sessions);
  g_free(session);
}

static void free_participant(EsRsParticipant *participant) {
  g_free(participant->id);
  g_free(participant->aor);
  g_free(participant->name);
  g_free(participant);
}

static void free_stream(EsRsStream *stream) {
  g_free(stream->id);
  g_free(stream->session);
  g_free(stream->label);
  g_free(stream);
}

static void free_session_assoc(EsRsSessionAssoc *assoc) {
  g_free(assoc->participant);
  g_free(assoc->session);
  g_free(assoc);
}

static void free_stream_assoc(EsRsStreamAssoc *assoc) {
  g_free(assoc->participant);
  g_ptr_array_unref(assoc->send);
  g_ptr_array_unref(assoc->recv);
  g_free(assoc);
}

static void free_extension(EsRsExtension *extension) {
  g_free(extension->owner);
  g_free(extension->name);
  g_free(extension->value);
  g_free(extension);
}

static EsRsMetadata *new_metadata(void) {
  EsRsMetadata *m = g_new0(EsRsMetadata, 1);
  m->groups = g_ptr_array_new_with_free_func(g_free);
  m->sessions = g_ptr_array_new_with_free_func((GDestroyNotify)free_session);
  m->participants = g_ptr_array_new_with_free_func((GDestroyNotify)free_participant);
  m->streams = g_ptr_array_new_with_free_func((GDestroyNotify)free_stream);
  m->recording_assocs = g_ptr_array_new_with_free_func((GDestroyNotify)free_session_assoc);
  m->participant_assocs = g_ptr_array_new_with_free_func((GDestroyNotify)free_session_assoc);
  m->stream_assocs = g_ptr_array_new_with_free_func((GDestroyNotify)free_stream_assoc);
  m->extensions = g_ptr_array_new_with_free_func((GDestroyNotify)free_extension);
  return m;
}

void es_rs_metadata_free(EsRsMetadata *m) {
  if (!m)
    return;
  GPtrArray *all[] = {m->groups,           m->sessions,           m->participants,  m->streams,
                      m->recording_assocs, m->participant_assocs, m->stream_assocs, m->extensions};
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    g_ptr_array_unref(all[i]);
  g_free(m);
}

// ---- pieces

static gboolean has_room(EsRsMetadata *m, const GPtrArray *array, guint max) {
  if (array->len < max)
    return TRUE;
  m->truncated = TRUE;
  return FALSE;
}

static char *text_or_null(const char *text) {
  return text && *text ? g_strdup(text) : NULL;
}

// The first of the attributes, or of the children by the same names, that is not empty.
static const char *find_value(const EsXml *element, const char *const *names) {
  for (guint i = 0; names[i]; i++) {
    const char *value = es_xml_attribute(element, names[i]);
    if (value && *value)
      return value;
  }
  for (guint i = 0; names[i]; i++) {
    const EsXml *child = es_xml_child(element, names[i]);
    if (child && *child->text)
      return child->text;
  }
  return NULL;
}

#define FIND(element, ...) find_value(element, (const char *const[]){__VA_ARGS__, NULL})

static const char *session_of(const EsXml *element) {
  return FIND(element, "session_id", "session-id", "sessionid", "session");
}

static const char *participant_of(const EsXml *element) {
  return FIND(element, "participant_id", "participant-id", "participantid", "participant");
}

static gboolean has_time(const EsXml *element, const char *name) {
  return FIND(element, name) != NULL;
}

// Without a zone the time is taken for UTC.
static gint64 read_time(const EsXml *element, const char *name) {
  const char *text = FIND(element, name);
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
  gint64 time_us;
  if (!text || !es_time_parse_in(text, utc, &time_us) || time_us < FIRST_PLAUSIBLE_US ||
      time_us > LAST_PLAUSIBLE_US)
    return ES_UNKNOWN;
  return time_us;
}

static void add_extension(EsRsMetadata *m, const char *owner, const char *name, const char *value) {
  if (!*value || !has_room(m, m->extensions, ES_RS_MAX_ELEMENTS))
    return;
  EsRsExtension *extension = g_new0(EsRsExtension, 1);
  extension->owner = text_or_null(owner);
  extension->name = g_strdup(name);
  extension->value = g_strdup(value);
  g_ptr_array_add(m->extensions, extension);
}

static void read_extension(EsRsMetadata *m, const char *owner, const char *parents, const EsXml *element) {
  g_autofree char *name = *parents ? g_strconcat(parents, "/", element->name, NULL) : g_strdup(element->name);
  if (strlen(name) > MAX_NAME_BYTES) {
    m->truncated = TRUE;
    return;
  }
  add_extension(m, owner, name, element->text);
  for (guint i = 0; i + 1 < element->attributes->len; i += 2) {
    g_autofree char *path = g_strconcat(name, "/@", (char *)g_ptr_array_index(element->attributes, i), NULL);
    add_extension(m, owner, path, g_ptr_array_index(element->attributes, i + 1));
  }
  for (guint i = 0; i < element->children->len; i++)
    read_extension(m, owner, name, g_ptr_array_index(element->children, i));
}

// What extensiondata wraps. Drafts put it beside its owner and name that as the parent.
static void read_extension_data(EsRsMetadata *m, const char *owner, const EsXml *element) {
  const char *parent = es_xml_attribute(element, "parent");
  for (guint i = 0; i < element->children->len; i++)
    read_extension(m, parent ? parent : owner, "", g_ptr_array_index(element->children, i));
}

// Every child whose name is not among the known ones.
static void read_extensions(EsRsMetadata *m, const char *owner, const EsXml *element,
                            const char *const *known) {
  for (guint i = 0; i < element->children->len; i++) {
    const EsXml *child = g_ptr_array_index(element->children, i);
    g_autofree char *name = g_ascii_strdown(child->name, -1);
    if (strcmp(name, "extensiondata") == 0)
      read_extension_data(m, owner, child);
    else if (!g_strv_contains(known, name))
      read_extension(m, owner, "", child);
  }
}

static void add_session_assoc(EsRsMetadata *m, GPtrArray *to, const char *participant, const char *session,
                              const EsXml *times) {
  if (!has_room(m, to, ES_RS_MAX_ELEMENTS))
    return;
  EsRsSessionAssoc *assoc = g_new0(EsRsSessionAssoc, 1);
  assoc->participant = g_strdup(participant);
  assoc->session = g_strdup(session);
  assoc->associate_us = read_time(times, "associate-time");
  assoc->disassociate_us = read_time(times, "disassociate-time");
  assoc->ended = has_time(times, "disassociate-time");
  g_ptr_array_add(to, assoc);
}

static void add_stream_id(EsRsMetadata *m, GPtrArray *ids, const char *id) {
  if (*id && has_room(m, ids, ES_RS_MAX_STREAMS))
    g_ptr_array_add(ids, g_strdup(id));
}

// <send>id</send>, or in drafts <send><id>id</id></send>.
static void read_direction(EsRsMetadata *m, const EsXml *element, GPtrArray *ids) {
  add_stream_id(m, ids, element->text);
  for (guint i = 0; i < element->children->len; i++)
    add_stream_id(m, ids, ((const EsXml *)g_ptr_array_index(element->children, i))->text);
}

static void add_stream_assoc(EsRsMetadata *m, const char *participant, const EsXml *element) {
  if (!has_room(m, m->stream_assocs, ES_RS_MAX_ELEMENTS))
    return;
  EsRsStreamAssoc *assoc = g_new0(EsRsStreamAssoc, 1);
  assoc->participant = g_strdup(participant);
  assoc->send = g_ptr_array_new_with_free_func(g_free);
  assoc->recv = g_ptr_array_new_with_free_func(g_free);
  assoc->ended = has_time(element, "disassociate-time");
  g_ptr_array_add(m->stream_assocs, assoc);
  for (guint i = 0; i < element->children->len; i++) {
    const EsXml *child = g_ptr_array_index(element->children, i);
    if (es_xml_is(child, "send") || es_xml_is(child, "stream"))
      read_direction(m, child, assoc->send);
    else if (es_xml_is(child, "recv"))
      read_direction(m, child, assoc->recv);
  }
}

// ---- the children of the root

static void read_mode(EsRsMetadata *m, const EsXml *element) {
  m->partial = g_ascii_strcasecmp(element->text, "partial") == 0;
}

static void read_group(EsRsMetadata *m, const EsXml *element) {
  static const char *const known[] = {"associate-time", "disassociate-time", NULL};
  const char *id = FIND(element, "group_id", "group-id", "groupid", "id");
  if (id && has_room(m, m->groups, ES_RS_MAX_ELEMENTS))
    g_ptr_array_add(m->groups, g_strdup(id));
  read_extensions(m, id, element, known);
}

// Folded lines leave a space before ";remote=".
static char *sip_session_id(const char *text) {
  char **words = g_strsplit(text, " ", -1);
  char *joined = g_strjoinv("", words);
  g_strfreev(words);
  return joined;
}

static void read_session_children(EsRsMetadata *m, EsRsSession *session, const EsXml *element) {
  for (guint i = 0; i < element->children->len; i++) {
    const EsXml *child = g_ptr_array_index(element->children, i);
    if (es_xml_is(child, "sipSessionID") && *child->text &&
        has_room(m, session->sip_sessions, ES_RS_MAX_STREAMS))
      g_ptr_array_add(session->sip_sessions, sip_session_id(child->text));
    else if (es_xml_is(child, "reason") && !session->reason)
      session->reason = text_or_null(*child->text ? child->text : es_xml_attribute(child, "cause"));
  }
}

static void read_session(EsRsMetadata *m, const EsXml *element) {
  static const char *const known[] = {"sipsessionid", "reason",         "group-ref",         "start-time",
                                      "stop-time",    "associate-time", "disassociate-time", NULL};
  const char *id = FIND(element, "session_id", "session-id", "sessionid", "id");
  if (!id || !has_room(m, m->sessions, ES_RS_MAX_ELEMENTS))
    return;
  EsRsSession *session = g_new0(EsRsSession, 1);
  session->id = g_strdup(id);
  session->group = g_strdup(FIND(element, "group-ref", "group_id", "group"));
  session->sip_sessions = g_ptr_array_new_with_free_func(g_free);
  session->start_us = read_time(element, "start-time");
  session->stop_us = read_time(element, "stop-time");
  session->stopped = has_time(element, "stop-time");
  read_session_children(m, session, element);
  g_ptr_array_add(m->sessions, session);
  if (has_time(element, "associate-time") || has_time(element, "disassociate-time"))
    add_session_assoc(m, m->recording_assocs, NULL, id, element);
  read_extensions(m, id, element, known);
}

static const char *find_aor(const EsXml *participant) {
  for (guint i = 0; i < participant->children->len; i++) {
    const EsXml *child = g_ptr_array_index(participant->children, i);
    const char *aor = es_xml_is(child, "nameID") ? FIND(child, "aor", "uri") : NULL;
    if (aor)
      return aor;
  }
  return FIND(participant, "aor", "uri");
}

static const char *find_name(const EsXml *participant) {
  for (guint i = 0; i < participant->children->len; i++) {
    const EsXml *child = g_ptr_array_index(participant->children, i);
    const char *name = es_xml_is(child, "nameID") ? FIND(child, "name") : NULL;
    if (name)
      return name;
  }
  return FIND(participant, "name");
}

// What drafts nest in a participant: its session, what it sends, since when.
static void read_nested_assocs(EsRsMetadata *m, const char *id, const EsXml *element) {
  const char *session = session_of(element);
  if (session)
    add_session_assoc(m, m->participant_assocs, id, session, element);
  if (es_xml_child(element, "send") || es_xml_child(element, "recv"))
    add_stream_assoc(m, id, element);
}

static void read_participant(EsRsMetadata *m, const EsXml *element) {
  static const char *const known[] = {
      "nameid", "aor", "name", "send", "recv", "session", "uri", "associate-time", "disassociate-time", NULL};
  const char *aor = find_aor(element),
             *id = FIND(element, "participant_id", "participant-id", "participantid", "id");
  id = id ? id : aor;
  if (!id || !has_room(m, m->participants, ES_RS_MAX_ELEMENTS))
    return;
  EsRsParticipant *participant = g_new0(EsRsParticipant, 1);
  participant->id = g_strdup(id);
  participant->aor = g_strdup(aor);
  participant->name = g_strdup(find_name(element));
  g_ptr_array_add(m->participants, participant);
  read_nested_assocs(m, id, element);
  read_extensions(m, id, element, known);
}

static void read_stream(EsRsMetadata *m, const EsXml *element) {
  static const char *const known[] = {"label", "mode", "session", "associate-time", "disassociate-time",
                                      NULL};
  const char *label = FIND(element, "label"), *mode = FIND(element, "mode");
  const char *id = FIND(element, "stream_id", "stream-id", "streamid", "id");
  id = id ? id : label;
  if (!id || !has_room(m, m->streams, ES_RS_MAX_ELEMENTS))
    return;
  EsRsStream *stream = g_new0(EsRsStream, 1);
  stream->id = g_strdup(id);
  stream->session = g_strdup(session_of(element));
  stream->label = g_strdup(label);
  stream->mixed = mode && g_ascii_strcasecmp(mode, "mixed") == 0;
  g_ptr_array_add(m->streams, stream);
  read_extensions(m, id, element, known);
}

static void read_recording_assoc(EsRsMetadata *m, const EsXml *element) {
  const char *session = session_of(element);
  if (session)
    add_session_assoc(m, m->recording_assocs, NULL, session, element);
}

static void read_params(EsRsMetadata *m, const char *owner, const EsXml *element) {
  for (guint i = 0; i < element->children->len; i++) {
    const EsXml *child = g_ptr_array_index(element->children, i);
    const char *name = FIND(child, "pname"), *value = FIND(child, "pval");
    if (es_xml_is(child, "param") && name && value)
      add_extension(m, owner, name, value);
  }
}

static void read_participant_assoc(EsRsMetadata *m, const EsXml *element) {
  static const char *const known[] = {"associate-time", "disassociate-time", "param",
                                      "participant",    "session",           NULL};
  const char *participant = participant_of(element), *session = session_of(element);
  if (!participant || !session)
    return;
  add_session_assoc(m, m->participant_assocs, participant, session, element);
  read_params(m, participant, element);
  read_extensions(m, participant, element, known);
}

static void read_stream_assoc(EsRsMetadata *m, const EsXml *element) {
  const char *participant = participant_of(element);
  if (participant)
    add_stream_assoc(m, participant, element);
}

static void read_root_extension(EsRsMetadata *m, const EsXml *element) {
  read_extension_data(m, NULL, element);
}

static void read_child(EsRsMetadata *m, const EsXml *element) {
  static const struct {
    const char *name;
    void (*read)(EsRsMetadata *m, const EsXml *element);
  } kinds[] = {
      {"datamode", read_mode},
      {"group", read_group},
      {"session", read_session},
      {"participant", read_participant},
      {"stream", read_stream},
      {"sessionrecordingassoc", read_recording_assoc},
      {"participantsessionassoc", read_participant_assoc},
      {"participantstreamassoc", read_stream_assoc},
      {"extensiondata", read_root_extension},
  };
  for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (es_xml_is(element, kinds[i].name)) {
      kinds[i].read(m, element);
      return;
    }
  read_extension(m, NULL, "", element);
}

gboolean es_rs_metadata_is_type(const char *content_type) {
  static const char *const types[] = {"application/rs-metadata+xml", "application/rs-metadata"};
  g_autofree char *bare = g_strstrip(g_strndup(content_type, strcspn(content_type, ";")));
  for (guint i = 0; i < G_N_ELEMENTS(types); i++)
    if (g_ascii_strcasecmp(bare, types[i]) == 0)
      return TRUE;
  return FALSE;
}

EsRsMetadata *es_rs_metadata_parse(const guint8 *text, gsize length, GError **error) {
  gboolean truncated;
  g_autoptr(EsXml) root = es_xml_parse(text, length, &truncated, error);
  if (!root) {
    g_prefix_error(error, "%s: ", _("recording metadata"));
    return NULL;
  }
  if (g_ascii_strncasecmp(root->name, "recording", strlen("recording")) != 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("recording metadata: the document is a “%s”"),
                root->name);
    return NULL;
  }
  EsRsMetadata *m = new_metadata();
  m->truncated = truncated;
  for (guint i = 0; i < root->children->len; i++)
    read_child(m, g_ptr_array_index(root->children, i));
  return m;
}
