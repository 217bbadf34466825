// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// <run>/recovered: which calls of a journal have become rows, so that who recovers it may be killed as well.
// An id a line, each written after its row; "all" once nothing but the files of the run are left to be
// removed.
#pragma once

#include <glib.h>

typedef struct EsRecoveredList EsRecoveredList;

// As it is on disk, empty if it is not there.
EsRecoveredList *es_recovered_list_new(const char *directory);
void es_recovered_list_free(EsRecoveredList *list);
gboolean es_recovered_list_has(const EsRecoveredList *list, const char *id);
// All calls of the journal are rows.
gboolean es_recovered_list_is_whole(const EsRecoveredList *list);
// These (of EsCall) are rows now; on disk when it returns.
gboolean es_recovered_list_add(EsRecoveredList *list, const GPtrArray *calls, GError **error);
// Says that it is whole; on disk when it returns.
gboolean es_recovered_list_end(EsRecoveredList *list, GError **error);
void es_recovered_list_remove(EsRecoveredList *list);
