// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What is not as it should be with a library and its recorders, now.
#pragma once

#include "alert-settings.h"
#include "earshot/index/figures.h"

typedef struct {
  const char *code; // a word for programs, the same in every language
  gint64 pid;       // of the recorder concerned; ES_UNKNOWN for the library as a whole
  char *message;    // what, and what to do
} EsComplaint;

// recorders: as es_recorders_ask gives them. index: NULL for one that cannot be read, which is a complaint.
// Array of EsComplaint; caller unrefs. NULL on failure.
GPtrArray *es_complaints_gather(const char *library, EsIndex *index, GPtrArray *recorders,
                                const EsAlertSettings *settings, gint64 now_us, GError **error);
