// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Transcripts: WebVTT and JSON.
#include "earshot/import/import.h"
#include "earshot/index/transcript.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(GPtrArray) cues = es_transcript_parse("fuzz", (const char *)data, size, NULL);
  for (guint i = 0; cues && i < cues->len; i++) {
    const EsCue *cue = cues->pdata[i];
    g_assert_true(cue->start_ms >= 0 && cue->end_ms >= cue->start_ms);
    g_assert_true(cue->text[0] && g_utf8_validate(cue->text, -1, NULL));
    g_assert_true(!cue->speaker || g_utf8_validate(cue->speaker, -1, NULL));
  }
  return 0;
}
