// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call that turns out to be another client's: its recording goes to that client's folder with the row.
#pragma once

#include "operation.h"

// Within the transaction that changes the client: gives the file its name in the client's folder and notes
// the change of "file". The old name stays until es_recordings_tidy. Does nothing where it lies there
// already, or there is no file; where the file system cannot, it warns and leaves it.
gboolean es_recording_move(EsRequest *request, gint64 call, const char *file, const char *client,
                           const char *reason, const char *source, GError **error);
// After the transaction: takes away old names of files that were moved lately; those of a run that was
// killed, too. A warning where it cannot.
void es_recordings_tidy(EsRequest *request);
