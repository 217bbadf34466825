// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The running recorders whose place a new one takes: those of the library that listen where it will.
#pragma once

#include <glib.h>

// Connections on which they have been asked, and will answer; empty when none listens there. wanted are the
// interface and the places of the new one. NULL with *error when one listens also elsewhere (nobody would
// take the calls there), or does not answer.
GArray *es_predecessors_find(const char *library, const char *interface, const char *const *siprec,
                             GError **error);
