// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/rs-metadata.h"
#include "fuzz.h"

static void check_texts(const GPtrArray *texts) {
  g_assert_cmpuint(texts->len, <=, ES_RS_MAX_ELEMENTS);
  for (guint i = 0; i < texts->len; i++)
    assert_clean(g_ptr_array_index(texts, i));
}

static void check_parties(const EsRsMetadata *m) {
  g_assert_cmpuint(m->participants->len, <=, ES_RS_MAX_ELEMENTS);
  for (guint i = 0; i < m->participants->len; i++) {
    const EsRsParticipant *participant = g_ptr_array_index(m->participants, i);
    g_assert_true(participant->id && *participant->id);
    assert_clean(participant->id);
    assert_clean(participant->aor);
    assert_clean(participant->name);
  }
  g_assert_cmpuint(m->stream_assocs->len, <=, ES_RS_MAX_ELEMENTS);
  for (guint i = 0; i < m->stream_assocs->len; i++) {
    const EsRsStreamAssoc *assoc = g_ptr_array_index(m->stream_assocs, i);
    assert_clean(assoc->participant);
    check_texts(assoc->send);
    check_texts(assoc->recv);
  }
}

static void check_sessions(const EsRsMetadata *m) {
  g_assert_cmpuint(m->sessions->len, <=, ES_RS_MAX_ELEMENTS);
  for (guint i = 0; i < m->sessions->len; i++) {
    const EsRsSession *session = g_ptr_array_index(m->sessions, i);
    g_assert_true(session->id && *session->id);
    assert_clean(session->id);
    assert_clean(session->group);
    assert_clean(session->reason);
    check_texts(session->sip_sessions);
  }
  g_assert_cmpuint(m->streams->len, <=, ES_RS_MAX_ELEMENTS);
  for (guint i = 0; i < m->streams->len; i++) {
    const EsRsStream *stream = g_ptr_array_index(m->streams, i);
    assert_clean(stream->id);
    assert_clean(stream->session);
    assert_clean(stream->label);
  }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRsMetadata) m = es_rs_metadata_parse(data, size, &error);
  g_assert_true((m == NULL) == (error != NULL));
  if (!m)
    return 0;
  check_texts(m->groups);
  check_parties(m);
  check_sessions(m);
  g_assert_cmpuint(m->extensions->len, <=, ES_RS_MAX_ELEMENTS);
  for (guint i = 0; i < m->extensions->len; i++) {
    const EsRsExtension *extension = g_ptr_array_index(m->extensions, i);
    assert_clean(extension->owner);
    assert_clean(extension->name);
    assert_clean(extension->value);
  }
  return 0;
}
