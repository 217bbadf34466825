// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// How a recorder's events are written: as messages for people, as JSON lines on standard error, or with their
// fields into systemd's journal. docs/logs.md has the events.
#pragma once

#include "progress.h"
#include <json-glib/json-glib.h>

typedef enum { ES_LOG_AS_TEXT, ES_LOG_AS_JSON, ES_LOG_AS_JOURNAL } EsLogForm;

// form: "text", "json" or "journald"; NULL: the journal where standard error goes there, else text.
EsLogForm es_log_form(const char *form);
// line: what stands on standard error now.
void es_log_write(EsLogForm form, JsonObject *event, EsProgress *line);
// A warning that is no event.
void es_log_warning(EsLogForm form, const char *message, EsProgress *line);
// Whether the error that a command ends with has been told as an event already.
gboolean es_log_told_failure(void);
