// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A spare row: a call that was seen twice and whose recording is that of another call of its story. It can be
// read, but is neither heard nor judged.
#pragma once

#include "earshot/index/call.h"

// FALSE, with an error that names the call that has the recording, for a spare row.
gboolean es_spare_refuse(const EsCall *call, GError **error);
