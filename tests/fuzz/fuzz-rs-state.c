// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Documents one after another, divided by a byte 0x1e: what the state then shows is consistent.
#include <string.h>

#include "earshot/common/clock.h"
#include "fuzz.h"
#include "rs-state.h"

#define NOW_US (1800000000 * ES_US_PER_S)

static void check_labels(const GPtrArray *labels) {
  g_assert_cmpuint(labels->len, <=, ES_RS_MAX_STREAMS);
  for (guint i = 0; i < labels->len; i++)
    g_assert_nonnull(g_ptr_array_index(labels, i));
}

static void check_view(const EsRsState *state, const EsRsView *view) {
  g_assert_nonnull(view->id);
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = g_ptr_array_index(view->members, i);
    g_assert_nonnull(member->id);
    g_assert_true((member->aor == NULL) == (member->user == NULL));
    g_assert_true(!view->stopped || member->left_us != ES_UNKNOWN);
    check_labels(member->labels);
    check_labels(member->hears);
  }
  assert_clean(es_rs_state_extension(state, view->id, "a"));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(EsRsState) state = es_rs_state_new();
  const guint8 *end = data + size;
  gint64 now_us = NOW_US;
  while (data < end) {
    const guint8 *stop = memchr(data, 0x1e, (gsize)(end - data));
    stop = stop ? stop : end;
    g_autoptr(EsRsMetadata) m = es_rs_metadata_parse(data, (gsize)(stop - data), NULL);
    EsRsChange change = {0};
    if (m)
      es_rs_state_take(state, m, now_us += ES_US_PER_S, &change);
    g_assert_true(m || !change.changed);
    data = stop < end ? stop + 1 : end;
  }
  const GPtrArray *views = es_rs_state_sessions(state);
  g_assert_cmpuint(views->len, <=, ES_RS_MAX_SESSIONS);
  for (guint i = 0; i < views->len; i++)
    check_view(state, g_ptr_array_index(views, i));
  return 0;
}
