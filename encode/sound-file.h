// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A sound file of another system, read as 16-bit samples at its own rate.
#pragma once

#include "earshot/encode/transcode.h"

typedef struct EsSoundFile EsSoundFile;

EsSoundFile *es_sound_file_open(const char *path, GError **error);
void es_sound_file_close(EsSoundFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSoundFile, es_sound_file_close)

int es_sound_file_rate_hz(const EsSoundFile *file);
int es_sound_file_channels(const EsSoundFile *file); // 1 or 2
const char *es_sound_file_codec(const EsSoundFile *file);
gboolean es_sound_file_is_opus(const EsSoundFile *file);

// Interleaved samples. Returns frames, 0 at the end. What cannot be read ends the file; es_sound_file_problem
// tells.
gsize es_sound_file_read(EsSoundFile *file, gint16 *samples, gsize frames);
// After the end: why less was read than there should be, NULL if all was. *detail (caller frees) may say how
// much.
const char *es_sound_file_problem(EsSoundFile *file, char **detail);
void es_sound_file_facts(EsSoundFile *file, EsSoundFacts *facts);
