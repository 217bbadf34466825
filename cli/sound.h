// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Hearing a recording while something else goes on: here, through the player's module, or elsewhere, through
// a browser (listen.h). Where it cannot be heard the position can still be moved, so that moments can be
// named. One thread; es_sound_poll is called every tenth of a second or so.
#pragma once

#include <glib.h>

typedef struct EsSound EsSound;

EsSound *es_sound_new(const char *path, gint64 audio_ms, gint64 position_ms);
void es_sound_free(EsSound *sound);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSound, es_sound_free)

gboolean es_sound_is_playing(const EsSound *sound);
gint64 es_sound_position_ms(const EsSound *sound);
double es_sound_speed(const EsSound *sound);

// Errors: ES_ERROR_UNSUPPORTED when it cannot be heard here.
gboolean es_sound_play(EsSound *sound, gboolean playing, GError **error);
gboolean es_sound_seek(EsSound *sound, gint64 position_ms, GError **error);
gboolean es_sound_set_speed(EsSound *sound, double speed, GError **error); // kept within 0.5 to 3
gboolean es_sound_poll(EsSound *sound, GError **error);

// From now on to be heard through a browser; port 0: any. The address is borrowed.
gboolean es_sound_listen(EsSound *sound, guint16 port, GError **error);
const char *es_sound_url(const EsSound *sound); // NULL when it is heard here
int es_sound_fd(const EsSound *sound);          // readable when es_sound_poll is due at once; -1: none
