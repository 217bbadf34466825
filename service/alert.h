// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// [alert] command=: a running recorder looks at itself and its library now and then, and when the complaints
// are others than before (also when there are none any more) it runs a program with them on its standard
// input. All of it happens in a thread of its own; the recorder never waits.
#pragma once

#include "alert-settings.h"

typedef struct EsAlert EsAlert;

// Takes the settings' content over. NULL when there is no command.
EsAlert *es_alert_start(const char *library, EsAlertSettings *settings);
// What went wrong since the last time, for a person; NULL when nothing did. Caller frees.
char *es_alert_take_warning(EsAlert *alert);
void es_alert_stop(EsAlert *alert);
