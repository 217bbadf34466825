// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording played in the background: the pipeline of player-gst.c without leaving anything out.
// GStreamer's own threads do the playing; ours asks for changes and looks at the bus now and then, and waits
// for neither. A seek asked for while another is on its way (a key held down) is kept until that one is done.
#include <gst/gst.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "player.h"

#define DEFAULT_SINK "autoaudiosink"
#define OPEN_PATIENCE (5 * GST_SECOND)

struct EsPlayer {
  GstElement *pipeline;
  GstBus *bus;
  char *path;
  gint64 position_ms; // the last one known, or where the seek goes
  double speed;
  gboolean seeking, wanted, ended; // wanted: another seek waits
};

extern const EsPlayerSession es_player_gst_session;

static gboolean failed(const EsPlayer *player, const char *why, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_IO, _("Cannot play %s: %s"), player->path, why);
  return FALSE;
}

static gboolean message_error(const EsPlayer *player, GstMessage *message, GError **error) {
  g_autoptr(GError) problem = NULL;
  gst_message_parse_error(message, &problem, NULL);
  return failed(player, problem->message, error);
}

static gboolean build(EsPlayer *player, const char *sink, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autofree char *description =
      g_strdup_printf("filesrc name=file ! oggdemux ! opusdec ! audioconvert ! audioresample ! "
                      "scaletempo ! audioconvert ! audioresample ! %s",
                      sink != NULL ? sink : DEFAULT_SINK);
  player->pipeline = gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &problem);
  if (player->pipeline == NULL) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("playing is not installed (%s); use --output FILE"),
                problem->message);
    return FALSE;
  }
  g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(player->pipeline), "file");
  g_object_set(file, "location", player->path, NULL);
  player->bus = gst_element_get_bus(player->pipeline);
  return TRUE;
}

// autoaudiosink does not fail where there is no device: it becomes a sink that throws everything away.
static gboolean has_device(const EsPlayer *player) {
  g_autoptr(GstIterator) sinks =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(player->pipeline), "fakesink");
  g_auto(GValue) sink = G_VALUE_INIT;
  return gst_iterator_next(sinks, &sink) != GST_ITERATOR_OK;
}

static gboolean change_state(EsPlayer *player, GstState state, GError **error) {
  if (gst_element_set_state(player->pipeline, state) != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  g_autoptr(GstMessage) message = gst_bus_pop_filtered(player->bus, GST_MESSAGE_ERROR);
  return message != NULL ? message_error(player, message, error)
                         : failed(player, _("it does not start"), error);
}

static gboolean preroll(EsPlayer *player, const char *sink, GError **error) {
  if (!change_state(player, GST_STATE_READY, error))
    return FALSE;
  if (sink == NULL && !has_device(player)) {
    g_set_error_literal(
        error, ES_ERROR, ES_ERROR_UNSUPPORTED,
        _("no sound device; --listen plays it in a browser on your own desk, --output FILE writes it"));
    return FALSE;
  }
  if (!change_state(player, GST_STATE_PAUSED, error))
    return FALSE;
  g_autoptr(GstMessage) message =
      gst_bus_timed_pop_filtered(player->bus, OPEN_PATIENCE, GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR);
  if (message == NULL)
    return failed(player, _("it does not start"), error);
  return GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR || message_error(player, message, error);
}

static void session_close(EsPlayer *player) {
  if (player->pipeline != NULL)
    gst_element_set_state(player->pipeline, GST_STATE_NULL);
  g_clear_object(&player->bus);
  g_clear_object(&player->pipeline);
  g_free(player->path);
  g_free(player);
}

static EsPlayer *session_open(const char *path, const char *sink, GError **error) {
  EsPlayer *player = g_new0(EsPlayer, 1);
  gst_init(NULL, NULL);
  player->path = g_strdup(path);
  player->speed = 1;
  if (build(player, sink, error) && preroll(player, sink, error))
    return player;
  session_close(player);
  return NULL;
}

static gboolean start_seek(EsPlayer *player, GError **error) {
  player->wanted = FALSE;
  player->seeking = gst_element_seek(player->pipeline, player->speed, GST_FORMAT_TIME,
                                     GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET,
                                     player->position_ms * (gint64)GST_MSECOND, GST_SEEK_TYPE_NONE, -1);
  return player->seeking || failed(player, _("it cannot be played from there"), error);
}

static gboolean session_seek(EsPlayer *player, gint64 position_ms, double speed, GError **error) {
  player->position_ms = MAX(position_ms, 0);
  player->speed = speed;
  player->ended = FALSE;
  if (!player->seeking)
    return start_seek(player, error);
  player->wanted = TRUE;
  return TRUE;
}

static gboolean session_set_playing(EsPlayer *player, gboolean playing, GError **error) {
  return change_state(player, playing ? GST_STATE_PLAYING : GST_STATE_PAUSED, error);
}

static gboolean take_message(EsPlayer *player, GstMessage *message, GError **error) {
  switch (GST_MESSAGE_TYPE(message)) {
  case GST_MESSAGE_ERROR:
    return message_error(player, message, error);
  case GST_MESSAGE_EOS:
    player->ended = TRUE;
    return TRUE;
  default: // a seek is done
    player->seeking = FALSE;
    return !player->wanted || start_seek(player, error);
  }
}

static gboolean session_poll(EsPlayer *player, gint64 *position_ms, gboolean *ended, GError **error) {
  const GstMessageType types = GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ASYNC_DONE;
  for (;;) {
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(player->bus, types);
    if (message == NULL)
      break;
    if (!take_message(player, message, error))
      return FALSE;
  }
  gint64 position;
  if (!player->seeking && gst_element_query_position(player->pipeline, GST_FORMAT_TIME, &position))
    player->position_ms = position / (gint64)GST_MSECOND;
  *position_ms = player->position_ms;
  *ended = player->ended;
  return TRUE;
}

const EsPlayerSession es_player_gst_session = {session_open, session_set_playing, session_seek, session_poll,
                                               session_close};
