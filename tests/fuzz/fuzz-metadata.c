// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Tables of what is known of recordings, and the names of a monitor folder.
#include "fuzz.h"
#include "plan.h"

static void on_message(const char *message, gpointer data) {
  g_assert_true(message && *message);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
  EsMetaReading reading = {zone, on_message, on_message, NULL, 0};
  g_autoptr(GPtrArray) rows = es_metadata_parse("fuzz", (const char *)data, size, &reading, NULL);
  for (guint i = 0; rows && i < rows->len; i++) {
    const EsMetaRow *row = rows->pdata[i];
    g_assert_true(row->file && row->where);
    assert_clean(row->call->caller);
    assert_clean(row->call->client);
    g_assert_true(es_consent_state_is_valid(row->call->consent_state));
  }
  g_autoptr(EsCall) call = es_call_new();
  g_autofree char *name = g_strndup((const char *)data, size);
  es_monitor_name_read(name, zone, call);
  return 0;
}
