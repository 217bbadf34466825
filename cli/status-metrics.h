// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The reply of library.status in the text format that Prometheus reads.
#pragma once

#include <json-glib/json-glib.h>

// A family of metrics for each figure that is known; what is not known is left out. Caller frees.
char *es_status_metrics(JsonObject *status);
