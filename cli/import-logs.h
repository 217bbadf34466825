// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot import --queue-log, --cdr: the telephone system's own records.
#pragma once

#include "context.h"

// TRUE when the line asks for them, and not for recordings.
gboolean es_import_logs_wanted(EsContext *context);
gboolean es_import_logs(EsContext *context, GError **error);
