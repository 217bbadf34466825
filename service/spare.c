// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "spare.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"

// The short id of the call that has the recording; NULL unless the call is a spare row.
static const char *recorded_in(const EsCall *call) {
  for (guint i = 0; !call->file && call->events && i < call->events->len; i++) {
    const EsCallEvent *event = call->events->pdata[i];
    if (g_strcmp0(event->kind, "duplicate") == 0)
      return event->detail;
  }
  return NULL;
}

gboolean es_spare_refuse(const EsCall *call, GError **error) {
  const char *other = recorded_in(call);
  if (!other)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND,
              _("call %s is the same conversation as call %s, which has the recording"),
              es_id_short(call->id), other);
  return FALSE;
}
