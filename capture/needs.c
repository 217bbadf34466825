// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/capture/capture.h"
#include "settings.h"

#define FILES_OF_SESSION 6 // two sockets for each of two voices, its recording, its connection
#define FILES_OF_RUN 100   // the index, the journal, libraries, a socket for status

gboolean es_capture_needs(const EsConfig *config, guint64 disk_bytes, guint64 free_bytes,
                          EsCaptureNeeds *needs, GError **error) {
  g_autoptr(EsCaptureSettings) settings = es_capture_settings_new(config, error);
  if (!settings)
    return FALSE;
  *needs = (EsCaptureNeeds){
      .reserve_bytes = es_amount_of(&settings->overload.reserve, disk_bytes),
      .journal_bytes = es_amount_of(&settings->overload.journal, free_bytes),
      .files = settings->max_calls + FILES_OF_SESSION * settings->siprec.max_sessions + FILES_OF_RUN,
      .encoders = settings->workers,
  };
  return TRUE;
}
