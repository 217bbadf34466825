// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Hearing a recording while something else goes on (see sound.h). Of the two ways one is open: the player, or
// the page in a browser, which tells where it is.
#include "sound.h"
#include "earshot/common/error.h"
#include "listen.h"
#include "player.h"

#define SLOWEST 0.5
#define FASTEST 3.0

struct EsSound {
  char *path;
  gint64 audio_ms, position_ms;
  double speed;
  gboolean playing;
  const EsPlayerSession *session;
  EsPlayer *player;
  EsListen *listen;
};

EsSound *es_sound_new(const char *path, gint64 audio_ms, gint64 position_ms) {
  EsSound *sound = g_new0(EsSound, 1);
  sound->path = g_strdup(path);
  sound->audio_ms = audio_ms;
  sound->position_ms = CLAMP(position_ms, 0, MAX(audio_ms, 0));
  sound->speed = 1;
  return sound;
}

static void close_player(EsSound *sound) {
  if (sound->player != NULL)
    sound->session->close(sound->player);
  sound->player = NULL;
}

void es_sound_free(EsSound *sound) {
  if (sound == NULL)
    return;
  close_player(sound);
  g_clear_pointer(&sound->listen, es_listen_close);
  g_free(sound->path);
  g_free(sound);
}

gboolean es_sound_is_playing(const EsSound *sound) {
  return sound->playing;
}

gint64 es_sound_position_ms(const EsSound *sound) {
  return sound->position_ms;
}

double es_sound_speed(const EsSound *sound) {
  return sound->speed;
}

// What the page is told to do; it does it when it hears of it.
static void command_page(EsSound *sound) {
  es_listen_command(sound->listen, sound->playing, sound->position_ms, sound->speed);
}

static gboolean open_player(EsSound *sound, GError **error) {
  if (sound->player != NULL)
    return TRUE;
  if (sound->session == NULL)
    sound->session = es_player_session(error);
  sound->player = sound->session != NULL ? sound->session->open(sound->path, NULL, error) : NULL;
  return sound->player != NULL &&
         sound->session->seek(sound->player, sound->position_ms, sound->speed, error);
}

gboolean es_sound_play(EsSound *sound, gboolean playing, GError **error) {
  if (playing && sound->position_ms >= sound->audio_ms && !es_sound_seek(sound, 0, error))
    return FALSE;
  if (sound->listen != NULL) {
    sound->playing = playing;
    command_page(sound);
    return TRUE;
  }
  if (!open_player(sound, error) || !sound->session->set_playing(sound->player, playing, error))
    return FALSE;
  sound->playing = playing;
  return TRUE;
}

static gboolean move(EsSound *sound, GError **error) {
  if (sound->listen != NULL)
    command_page(sound);
  return sound->player == NULL ||
         sound->session->seek(sound->player, sound->position_ms, sound->speed, error);
}

gboolean es_sound_seek(EsSound *sound, gint64 position_ms, GError **error) {
  sound->position_ms = CLAMP(position_ms, 0, sound->audio_ms);
  return move(sound, error);
}

gboolean es_sound_set_speed(EsSound *sound, double speed, GError **error) {
  sound->speed = CLAMP(speed, SLOWEST, FASTEST);
  return move(sound, error);
}

static gboolean poll_player(EsSound *sound, GError **error) {
  gboolean ended;
  if (!sound->session->poll(sound->player, &sound->position_ms, &ended, error)) {
    sound->playing = FALSE;
    close_player(sound);
    return FALSE;
  }
  sound->position_ms = CLAMP(sound->position_ms, 0, sound->audio_ms);
  if (!ended || !sound->playing)
    return TRUE;
  sound->playing = FALSE;
  sound->position_ms = sound->audio_ms;
  return sound->session->set_playing(sound->player, FALSE, error);
}

gboolean es_sound_poll(EsSound *sound, GError **error) {
  if (sound->listen != NULL) {
    es_listen_run(sound->listen);
    es_listen_state(sound->listen, &sound->playing, &sound->position_ms);
    sound->position_ms = CLAMP(sound->position_ms, 0, sound->audio_ms);
    return TRUE;
  }
  return sound->player == NULL || poll_player(sound, error);
}

gboolean es_sound_listen(EsSound *sound, guint16 port, GError **error) {
  sound->listen = es_listen_open(sound->path, sound->audio_ms, port, error);
  if (sound->listen == NULL)
    return FALSE;
  close_player(sound);
  command_page(sound);
  return TRUE;
}

const char *es_sound_url(const EsSound *sound) {
  return sound->listen != NULL ? es_listen_url(sound->listen) : NULL;
}

int es_sound_fd(const EsSound *sound) {
  return sound->listen != NULL ? es_listen_fd(sound->listen) : -1;
}
