// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a running recorder tells of itself: a socket in the library's spool answers every connection with one
// JSON object on a line; whoever then writes "follow" and a line feed gets one each second. It is served by a
// thread of its own, so that a recorder that has stopped moving still answers, with an old updated_at.
//
// Another recorder that will take the place of this one writes "take-over" and a line feed instead; its
// connection goes to the capture then (capture/hand-over.h).
#pragma once

#include "earshot/capture/capture.h"

typedef struct EsControl EsControl;

#define ES_CONTROL_TAKE_OVER "take-over\n"

// source: "live", "file" or "pipe" (whatever may pause for long). name: the interface and places, or the
// file. successors: the end of a pipe into which connections of recorders go that take this one's place, as
// ints; -1 when none may.
EsControl *es_control_start(const char *library, const char *source, const char *name, int successors,
                            GError **error);
// The state from now on; takes a lock that is held for as long as copying takes.
void es_control_update(EsControl *control, const EsCaptureStats *stats);
void es_control_stop(EsControl *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsControl, es_control_stop)
