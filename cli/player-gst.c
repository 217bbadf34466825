// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// file ! demultiplexer ! decoder ! scaletempo ! sink. The pipeline is brought to PAUSED, sought to the start
// with the speed as its rate (which is what scaletempo acts upon), then played.
//
// Leaving out silence: a probe behind the decoder drops the buffers of stretches that are not kept and moves
// the others' time stamps together, so that the sink never waits. The decoder runs through the silence a
// thousand times faster than it would play. What the sink calls its position is therefore the length of what
// was kept so far, and is turned back for the callback.
#include <gst/gst.h>

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/ledger.h"
#include "player.h"

#define DEFAULT_SINK "autoaudiosink"
#define LEFT_OUT_MS 1000 // stretches without speech that are longer are left out
#define MARGIN_MS 200    // but for this much around speech
#define TICK (100 * GST_MSECOND)

typedef struct {
  const EsPlayerOptions *options;
  GstElement *pipeline;
  GstBus *bus;
  GArray *kept;   // of EsInterval, in order and apart; NULL: everything
  gint64 told_ms; // the last position told
} Player;

gboolean es_player_gst_run(const EsPlayerOptions *options, GError **error);

static int by_start(gconstpointer a, gconstpointer b) {
  const EsInterval *x = a, *y = b;
  return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

static GArray *kept_stretches(const GArray *speech, gint64 start_ms) {
  GArray *kept = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  g_array_append_vals(sorted, speech->data, speech->len);
  g_array_sort(sorted, by_start);
  for (guint i = 0; i < sorted->len; i++) {
    EsInterval next = g_array_index(sorted, EsInterval, i);
    next.start_ms = MAX(next.start_ms - MARGIN_MS, start_ms);
    next.end_ms += MARGIN_MS;
    if (next.end_ms <= next.start_ms)
      continue;
    EsInterval *last = kept->len > 0 ? &g_array_index(kept, EsInterval, kept->len - 1) : NULL;
    if (last && next.start_ms - last->end_ms <= LEFT_OUT_MS - 2 * MARGIN_MS)
      last->end_ms = MAX(last->end_ms, next.end_ms);
    else
      g_array_append_val(kept, next);
  }
  return kept;
}

// How much is kept between start_ms and a moment; *inside tells whether that moment is kept itself.
static GstClockTime kept_before(const Player *player, GstClockTime moment, gboolean *inside) {
  GstClockTime sum = 0;
  *inside = FALSE;
  for (guint i = 0; i < player->kept->len; i++) {
    const EsInterval *stretch = &g_array_index(player->kept, EsInterval, i);
    GstClockTime from = (GstClockTime)stretch->start_ms * GST_MSECOND;
    GstClockTime to = (GstClockTime)stretch->end_ms * GST_MSECOND;
    if (moment < from)
      break;
    *inside = moment < to;
    sum += MIN(moment, to) - from;
  }
  return sum;
}

// The inverse: where in the file the sink is.
static gint64 file_position_ms(const Player *player, gint64 sink_ms) {
  if (!player->kept)
    return sink_ms;
  gint64 left = sink_ms - player->options->start_ms;
  for (guint i = 0; i < player->kept->len; i++) {
    const EsInterval *stretch = &g_array_index(player->kept, EsInterval, i);
    if (left <= stretch->end_ms - stretch->start_ms)
      return stretch->start_ms + left;
    left -= stretch->end_ms - stretch->start_ms;
  }
  return sink_ms;
}

static GstPadProbeReturn leave_out(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  const Player *player = data;
  GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  if (!GST_BUFFER_PTS_IS_VALID(buffer))
    return GST_PAD_PROBE_OK;
  gboolean inside;
  GstClockTime kept = kept_before(player, GST_BUFFER_PTS(buffer), &inside);
  if (!inside)
    return GST_PAD_PROBE_DROP;
  GST_BUFFER_PTS(buffer) = (GstClockTime)player->options->start_ms * GST_MSECOND + kept;
  return GST_PAD_PROBE_OK;
}

static gboolean play_failed(const Player *player, const char *why, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_IO, _("Cannot play %s: %s"), player->options->path, why);
  return FALSE;
}

static void add_probe(Player *player) {
  if (!player->options->speech)
    return;
  player->kept = kept_stretches(player->options->speech, player->options->start_ms);
  g_autoptr(GstElement) decoder = gst_bin_get_by_name(GST_BIN(player->pipeline), "decoder");
  g_autoptr(GstPad) pad = gst_element_get_static_pad(decoder, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, leave_out, player, NULL);
}

static gboolean build(Player *player, GError **error) {
  const char *sink = player->options->sink ? player->options->sink : DEFAULT_SINK;
  g_autofree char *description =
      g_strdup_printf("filesrc name=file ! oggdemux ! opusdec name=decoder ! audioconvert ! audioresample ! "
                      "scaletempo ! audioconvert ! audioresample ! %s",
                      sink);
  g_autoptr(GError) problem = NULL;
  player->pipeline = gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &problem);
  if (!player->pipeline) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("playing is not installed (%s); use --output FILE"),
                problem->message);
    return FALSE;
  }
  g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(player->pipeline), "file");
  g_object_set(file, "location", player->options->path, NULL);
  player->bus = gst_element_get_bus(player->pipeline);
  add_probe(player);
  return TRUE;
}

// autoaudiosink does not fail where there is no device: it becomes a sink that throws everything away.
static gboolean has_device(const Player *player, GError **error) {
  if (player->options->sink)
    return TRUE;
  g_autoptr(GstIterator) sinks =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(player->pipeline), "fakesink");
  g_auto(GValue) sink = G_VALUE_INIT;
  if (gst_iterator_next(sinks, &sink) != GST_ITERATOR_OK)
    return TRUE;
  g_set_error_literal(
      error, ES_ERROR, ES_ERROR_UNSUPPORTED,
      _("no sound device; --listen plays it in a browser on your own desk, --output FILE writes it"));
  return FALSE;
}

static gboolean is_cancelled(const Player *player) {
  return g_cancellable_is_cancelled(player->options->cancel);
}

static gboolean take_error(const Player *player, GstMessage *message, GError **error) {
  g_autoptr(GError) problem = NULL;
  gst_message_parse_error(message, &problem, NULL);
  return play_failed(player, problem->message, error);
}

// A sink that had to wait for data on a busy machine says for a moment that it is farther than it is; what a
// person sees does not run back.
static void tell_position(Player *player) {
  gint64 position;
  if (!gst_element_query_position(player->pipeline, GST_FORMAT_TIME, &position))
    return;
  player->told_ms = MAX(player->told_ms, file_position_ms(player, position / (gint64)GST_MSECOND));
  player->options->position(player->told_ms, player->options->user_data);
}

// Waits for one of the wanted messages, telling the position meanwhile. TRUE also when cancelled.
static gboolean wait_for(Player *player, GstMessageType wanted, gboolean tell, GError **error) {
  while (!is_cancelled(player)) {
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(player->bus, TICK, wanted | GST_MESSAGE_ERROR);
    if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
      return take_error(player, message, error);
    if (message)
      return TRUE;
    if (tell && player->options->position)
      tell_position(player);
  }
  return TRUE;
}

static gboolean change_state(Player *player, GstState state, GError **error) {
  if (gst_element_set_state(player->pipeline, state) != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  g_autoptr(GstMessage) message = gst_bus_pop_filtered(player->bus, GST_MESSAGE_ERROR);
  return message ? take_error(player, message, error) : play_failed(player, _("it does not start"), error);
}

static gboolean seek(Player *player, GError **error) {
  const EsPlayerOptions *o = player->options;
  gboolean to_end = o->end_ms == ES_UNKNOWN;
  if (gst_element_seek(player->pipeline, o->speed, GST_FORMAT_TIME,
                       GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET,
                       o->start_ms * (gint64)GST_MSECOND, to_end ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
                       to_end ? -1 : o->end_ms * (gint64)GST_MSECOND))
    return TRUE;
  return play_failed(player, _("it cannot be played from there"), error);
}

static gboolean play(Player *player, GError **error) {
  const GstMessageType settled = GST_MESSAGE_ASYNC_DONE;
  return build(player, error) && change_state(player, GST_STATE_READY, error) && has_device(player, error) &&
         change_state(player, GST_STATE_PAUSED, error) && wait_for(player, settled, FALSE, error) &&
         (is_cancelled(player) ||
          (seek(player, error) && wait_for(player, settled, FALSE, error) &&
           change_state(player, GST_STATE_PLAYING, error) && wait_for(player, GST_MESSAGE_EOS, TRUE, error)));
}

gboolean es_player_gst_run(const EsPlayerOptions *options, GError **error) {
  Player player = {.options = options};
  gst_init(NULL, NULL);
  gboolean played = play(&player, error);
  if (player.pipeline)
    gst_element_set_state(player.pipeline, GST_STATE_NULL);
  g_clear_object(&player.bus);
  g_clear_object(&player.pipeline);
  g_clear_pointer(&player.kept, g_array_unref);
  return played;
}
