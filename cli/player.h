// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Playing a recording aloud. GStreamer takes tens of milliseconds to load, so it lives in a module of its own
// (player-gst.c) that is opened when there is something to play.
#pragma once

#include <gio/gio.h>

typedef struct {
  const char *path; // Ogg Opus
  gint64 start_ms;
  gint64 end_ms; // ES_UNKNOWN: to the end
  double speed;  // 0.5 to 3, the pitch stays
  // Of EsInterval, in any order, or NULL. When given, stretches of more than a second outside them are left
  // out.
  const GArray *speech;
  const char
      *sink; // NULL: the sound device; else a GStreamer description, "wavenc ! filesink location=x.wav"
  // Ten times a second, in the calling thread; may be NULL.
  void (*position)(gint64 position_ms, gpointer user_data);
  gpointer user_data;
  GCancellable *cancel; // may be NULL
} EsPlayerOptions;

// Returns when the end is reached or cancel is cancelled (TRUE, too), or with *error: ES_ERROR_UNSUPPORTED
// when there is no sound device or no player, ES_ERROR_USAGE for a speed out of range.
gboolean es_player_run(const EsPlayerOptions *options, GError **error);

// ---- a recording that is played while something else goes on. One thread; nothing waits for the sound.

typedef struct EsPlayer EsPlayer;
typedef struct {
  // sink as above. Errors as above. Opened paused at its beginning.
  EsPlayer *(*open)(const char *path, const char *sink, GError **error);
  gboolean (*set_playing)(EsPlayer *player, gboolean playing, GError **error);
  gboolean (*seek)(EsPlayer *player, gint64 position_ms, double speed, GError **error); // 0.5 to 3
  // Where it is; *ended once the end was reached.
  gboolean (*poll)(EsPlayer *player, gint64 *position_ms, gboolean *ended, GError **error);
  void (*close)(EsPlayer *player);
} EsPlayerSession;
// Static; NULL with ES_ERROR_UNSUPPORTED when the module is not installed.
const EsPlayerSession *es_player_session(GError **error);

// What the module exports.
#define ES_PLAYER_SESSION_SYMBOL "es_player_gst_session"
#define ES_PLAYER_SYMBOL "es_player_gst_run"
typedef gboolean (*EsPlayerRun)(const EsPlayerOptions *options, GError **error);
