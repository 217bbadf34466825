// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a running recorder tells of itself: a socket in the library's spool answers every connection with one
// JSON object on a line; whoever then writes "follow" and a line feed gets one each second. It is served by a
// thread of its own, so that a recorder that has stopped moving still answers, with an old updated_at.
#pragma once

#include "earshot/capture/capture.h"

typedef struct EsControl EsControl;

// source: "live", "file" or "pipe" (whatever may pause for long). name: the interface or the file.
EsControl *es_control_start(const char *library, const char *source, const char *name, GError **error);
// The state from now on; takes a lock that is held for as long as copying takes.
void es_control_update(EsControl *control, const EsCaptureStats *stats);
void es_control_stop(EsControl *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsControl, es_control_stop)
