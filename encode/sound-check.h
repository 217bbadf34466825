// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a sound file is whole by what its own container says. Readers fill in or pass over what is missing;
// a recording must not.
#pragma once

#include <glib.h>

typedef enum { ES_SOUND_RIFF, ES_SOUND_AIFF, ES_SOUND_OGG, ES_SOUND_OTHER } EsSoundContainer;

// Where a RIFF file that was never closed has the empty length of its samples, as recorders leave it that are
// killed; 0 if it is none. *length gets what should stand there.
gint64 es_sound_open_length(int fd, guint32 *length);

// N_() text, or NULL if the container has no complaint.
const char *es_sound_check(int fd, EsSoundContainer container);
