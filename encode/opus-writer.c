// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Positions count samples of 48 kHz whatever the input rate. Packet k covers granules (k * 960, (k + 1) *
// 960], of which the first pre-skip samples of the file are not played; pre-skip is the encoder's look-ahead,
// which libopus makes the same length (6.5 ms) at every rate, so that a stream may change its encoder.
//
// The packet encoded last is held back until the next one or the end arrives, because only the last packet of
// a stream may carry the end-of-stream flag. Every ES_OGG_PAGE_PACKETS packets become a page and leave in one
// write(): what a crash takes of the file is at most a page, the packet held back and the one being filled.
// With what waits before the encoder that is about a second, and the journal has it of whatever is live.
//
// Two channels are two encoders whose packets are joined here (RFC 6716 appendix B: all but the last stream's
// packet carry their length). libopus's multistream encoder would do the same, but asks the processor what it
// is (CPUID) for every packet, which in a virtual machine took as long as half the encoding.
//
// Gating: a channel that has been silent for HANG_OVER frames is closed. Its packets are then ready-made ones
// (opus-silence.h) and its encoder is not called. What opens it again is a frame that is no silence; the
// PRE_ROLL frames before that one, which wait for this, are encoded too, so that no onset is cut. The encoder
// begins anew there, with a packet that predicts nothing: what it last heard is not what the decoder has. A
// channel that has been closed for LONG_CLOSED (a party on hold, a leg that never speaks) has no encoder,
// which is half of what an open file takes in memory.
#include "opus-writer.h"

#include <opus/opus.h>
#include <string.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "ogg-output.h"
#include "opus-silence.h"
#include "opus-tags.h"

#define PACKET_48K 960                  // samples of a 20 ms packet
#define STREAM_MAX 1276                 // a TOC byte and a frame
#define PACKET_MAX (2 * STREAM_MAX + 2) // and the length of the first stream's frame
#define FRAME_MAX (PACKET_48K * 2)
#define TAGS_ROOM 2048
#define PRE_ROLL 2   // frames
#define HANG_OVER 15 // frames
#define LONG_CLOSED 500

// One of the file's channels.
typedef struct {
  OpusEncoder *encoder; // NULL when it has been closed for long
  gboolean fresh;       // the next packet must not predict
  guint closed;         // ready-made packets since the last one encoded
  guint8 toc;           // first byte of the last packet encoded
  guint hang;           // frames that are encoded still, whatever they hold
} Channel;

// A frame whose channels may be silent or the beginning of something.
typedef struct {
  gboolean spoken[2];
  gint16 *samples;
} Waiting;

struct EsOpusWriter {
  EsOggOutput out;
  int channels, bitrate, complexity;
  int rate_hz;
  int look_ahead_48k;
  Channel channel[2];
  gint16 *last; // frame written last, to teach a new encoder
  gboolean gated;
  EsSilenceLevel silence;
  Waiting waiting[PRE_ROLL];
  guint n_waiting;

  gint64 packets;   // encoded, the one held back included
  gboolean failed;  // the encoder gave up
  GByteArray *held; // empty: none
};

int es_opus_usual_bitrate(int rate_hz) {
  return rate_hz <= 8000 ? 24000 : rate_hz <= 16000 ? 28000 : rate_hz <= 24000 ? 32000 : 40000;
}

static gboolean opus_failed(EsOpusWriter *w, int code, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("%s: the Opus encoder failed: %s"), w->out.path,
              opus_strerror(code));
  return FALSE;
}

static int configure(const EsOpusWriter *w, OpusEncoder *encoder, opus_int32 *look_ahead) {
  int code = opus_encoder_ctl(encoder, OPUS_SET_BITRATE(w->bitrate));
  if (code == OPUS_OK)
    code = opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(w->complexity));
  if (code == OPUS_OK)
    code = opus_encoder_ctl(encoder, OPUS_SET_VBR(1));
  if (code == OPUS_OK)
    code = opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(look_ahead));
  return code;
}

static void free_encoders(EsOpusWriter *w) {
  for (int c = 0; c < w->channels; c++)
    g_clear_pointer(&w->channel[c].encoder, opus_encoder_destroy);
}

static OpusEncoder *create_encoder(const EsOpusWriter *w, int rate_hz, opus_int32 *look_ahead, int *code) {
  OpusEncoder *encoder = opus_encoder_create(rate_hz, 1, OPUS_APPLICATION_VOIP, code);
  if (*code == OPUS_OK)
    *code = configure(w, encoder, look_ahead);
  if (*code != OPUS_OK)
    g_clear_pointer(&encoder, opus_encoder_destroy);
  return encoder;
}

// Puts new encoders in the place of those that there are, if any, which stay when that fails.
static gboolean replace_encoders(EsOpusWriter *w, int rate_hz, int *look_ahead_48k, GError **error) {
  OpusEncoder *encoder[2] = {NULL, NULL};
  opus_int32 look_ahead = 0;
  int code = OPUS_OK;
  for (int c = 0; c < w->channels && code == OPUS_OK; c++)
    encoder[c] = create_encoder(w, rate_hz, &look_ahead, &code);
  if (code != OPUS_OK) {
    for (gsize c = 0; c < G_N_ELEMENTS(encoder); c++)
      g_clear_pointer(&encoder[c], opus_encoder_destroy);
    return opus_failed(w, code, error);
  }
  free_encoders(w);
  for (gsize c = 0; c < G_N_ELEMENTS(encoder); c++)
    w->channel[c].encoder = encoder[c];
  *look_ahead_48k = look_ahead * (48000 / rate_hz);
  return TRUE;
}

static gsize frame_bytes(const EsOpusWriter *w) {
  return sizeof(gint16) * (gsize)(w->rate_hz / 50 * w->channels);
}

// Of frames at the writer's rate; what they held is gone.
static void allocate_frames(EsOpusWriter *w) {
  w->last = g_realloc(w->last, frame_bytes(w));
  memset(w->last, 0, frame_bytes(w));
  for (int i = 0; i < PRE_ROLL; i++)
    w->waiting[i].samples = g_realloc(w->waiting[i].samples, frame_bytes(w));
}

static gboolean write_headers(EsOpusWriter *w, const char *const *tags, GError **error) {
  EsOpusHead head = {w->channels, w->look_ahead_48k, w->rate_hz, w->channels - 1, w->channels, 0};
  guint8 bytes[ES_OPUS_HEAD_MAX];
  gsize length = es_opus_head_pack(&head, bytes);
  g_autoptr(GByteArray) least = es_opus_tags_pack(tags, 0, error);
  if (!least)
    return FALSE;
  gsize room = MIN(least->len + MAX(least->len, TAGS_ROOM), ES_OPUS_TAGS_MAX);
  g_autoptr(GByteArray) padded = es_opus_tags_pack(tags, room, error);
  return padded && es_ogg_output_header(&w->out, bytes, length, error) &&
         es_ogg_output_header(&w->out, padded->data, padded->len, error);
}

EsOpusWriter *es_opus_writer_open(const char *path, int rate_hz, int channels, int bitrate, int complexity,
                                  const char *const *tags, GError **error) {
  g_return_val_if_fail(channels == 1 || channels == 2, NULL);
  g_autoptr(EsOpusWriter) w = g_new0(EsOpusWriter, 1);
  w->rate_hz = rate_hz;
  w->channels = channels;
  w->bitrate = bitrate;
  w->complexity = complexity;
  w->held = g_byte_array_new();
  allocate_frames(w);
  if (!es_ogg_output_open(&w->out, path, 0600, error))
    return NULL;
  if (!replace_encoders(w, rate_hz, &w->look_ahead_48k, error) || !write_headers(w, tags, error)) {
    unlink(path); // created a moment ago, and empty of audio
    return NULL;
  }
  return g_steal_pointer(&w);
}

// Hands on the packet held back.
static gboolean submit_held(EsOpusWriter *w, gint64 granule, gboolean end, GError **error) {
  gboolean put = es_ogg_output_put(&w->out, w->held->data, w->held->len, granule, end, error);
  g_byte_array_set_size(w->held, 0);
  return put;
}

static gboolean has_failed(const EsOpusWriter *w) {
  return w->failed || w->out.failed;
}

// Writes the packet of all streams but the last: the length stands between TOC and frame. Returns its length.
static int put_delimited(const guint8 *packet, int length, guint8 *out) {
  int frame = length - 1, at = 0;
  out[at++] = packet[0];
  if (frame >= 252) {
    out[at++] = (guint8)(252 + (frame & 3));
    out[at++] = (guint8)((frame - out[1]) >> 2);
  } else {
    out[at++] = (guint8)frame;
  }
  memcpy(out + at, packet + 1, (gsize)frame);
  return at + frame;
}

// After silence an encoder is as a new one: what it knew the decoder has not heard.
static int open_channel(EsOpusWriter *w, Channel *channel) {
  opus_int32 look_ahead;
  int code = OPUS_OK;
  if (!channel->encoder)
    channel->encoder = create_encoder(w, w->rate_hz, &look_ahead, &code);
  else if (channel->closed)
    opus_encoder_ctl(channel->encoder, OPUS_RESET_STATE);
  channel->fresh |= channel->closed > 0;
  channel->closed = 0;
  return code;
}

static int encode_channel(EsOpusWriter *w, Channel *channel, const gint16 *samples,
                          guint8 packet[STREAM_MAX]) {
  gint16 own[PACKET_48K];
  int frames = w->rate_hz / 50;
  for (int i = 0; i < frames && w->channels == 2; i++)
    own[i] = samples[2 * i];
  int code = open_channel(w, channel);
  if (code != OPUS_OK)
    return code;
  if (channel->fresh)
    opus_encoder_ctl(channel->encoder, OPUS_SET_PREDICTION_DISABLED(1));
  int length = opus_encode(channel->encoder, w->channels == 2 ? own : samples, frames, packet, STREAM_MAX);
  if (channel->fresh)
    opus_encoder_ctl(channel->encoder, OPUS_SET_PREDICTION_DISABLED(0));
  channel->fresh = FALSE;
  if (length < 1)
    return length;
  channel->toc = packet[0];
  return (packet[0] & 3) == 0 ? length : OPUS_INTERNAL_ERROR; // one frame is what 20 ms and VBR give
}

static int put_channel(EsOpusWriter *w, int c, const gint16 *samples, gboolean spoken,
                       guint8 packet[STREAM_MAX]) {
  Channel *channel = &w->channel[c];
  int length;
  const guint8 *silence = spoken ? NULL : es_opus_silence(channel->toc, &length);
  if (!silence)
    return encode_channel(w, channel, samples + c, packet);
  memcpy(packet, silence, (gsize)length);
  if (++channel->closed >= LONG_CLOSED)
    g_clear_pointer(&channel->encoder, opus_encoder_destroy);
  return length;
}

static int put_channels(EsOpusWriter *w, const gint16 *samples, const gboolean spoken[2],
                        guint8 packet[PACKET_MAX]) {
  guint8 first[STREAM_MAX];
  if (w->channels == 1)
    return put_channel(w, 0, samples, spoken[0], packet);
  int length = put_channel(w, 0, samples, spoken[0], first);
  if (length < 1)
    return length;
  int at = put_delimited(first, length, packet);
  length = put_channel(w, 1, samples, spoken[1], packet + at);
  return length < 1 ? length : at + length;
}

static gboolean put_frame(EsOpusWriter *w, const gint16 *samples, const gboolean spoken[2], GError **error) {
  guint8 packet[PACKET_MAX];
  if (w->held->len > 0 && !submit_held(w, w->packets * PACKET_48K, FALSE, error))
    return FALSE;
  int n = put_channels(w, samples, spoken, packet);
  if (n < 1) {
    w->failed = TRUE;
    return opus_failed(w, n, error);
  }
  g_byte_array_append(w->held, packet, (guint)n);
  w->packets++;
  memcpy(w->last, samples, frame_bytes(w));
  return TRUE;
}

// Puts frames that wait until only count are left and something may still change for the first of them.
static gboolean put_waiting(EsOpusWriter *w, guint count, GError **error) {
  while (w->n_waiting > 0) {
    Waiting first = w->waiting[0];
    gboolean settled = first.spoken[0] && (w->channels == 1 || first.spoken[1]);
    if (w->n_waiting <= count && !settled)
      break;
    memmove(w->waiting, w->waiting + 1, sizeof w->waiting - sizeof first);
    w->waiting[PRE_ROLL - 1] = first; // its memory is used again
    w->n_waiting--;
    if (!put_frame(w, first.samples, first.spoken, error))
      return FALSE;
  }
  return TRUE;
}

// Whether the frame is part of what is spoken; when speech begins with it, what waits is its beginning.
static void judge(EsOpusWriter *w, const gint16 *samples, gboolean spoken[2]) {
  for (int c = 0; c < w->channels; c++) {
    Channel *channel = &w->channel[c];
    gboolean silent = es_is_silent(&w->silence, samples + c, w->rate_hz / 50, w->channels);
    spoken[c] = !silent || channel->hang > 0;
    channel->hang = !silent ? HANG_OVER : channel->hang - (channel->hang > 0);
    for (guint i = 0; i < w->n_waiting && !silent; i++)
      w->waiting[i].spoken[c] = TRUE;
  }
}

gboolean es_opus_writer_write(EsOpusWriter *w, const gint16 *samples, GError **error) {
  static const gint16 nothing[FRAME_MAX];
  gboolean spoken[2] = {TRUE, TRUE};
  if (has_failed(w)) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: an earlier write failed"), w->out.path);
    return FALSE;
  }
  if (!samples)
    samples = nothing;
  if (w->gated)
    judge(w, samples, spoken);
  if (!put_waiting(w, PRE_ROLL - 1, error))
    return FALSE;
  if (w->n_waiting == 0 && spoken[0] && (w->channels == 1 || spoken[1]))
    return put_frame(w, samples, spoken, error);
  Waiting *waiting = &w->waiting[w->n_waiting++];
  memcpy(waiting->spoken, spoken, sizeof waiting->spoken);
  memcpy(waiting->samples, samples, frame_bytes(w));
  return TRUE;
}

void es_opus_writer_gate(EsOpusWriter *w, double silence_db) {
  w->gated = silence_db < 0;
  w->silence = es_silence_level(silence_db);
}

// The frame written last at another rate, by straight lines: it only teaches the new encoder what the 6.5 ms
// sounded like that it has to give out first.
static void resample_last(EsOpusWriter *w, int rate_hz, gint16 frame[FRAME_MAX]) {
  int from = w->rate_hz / 50, to = rate_hz / 50;
  for (int i = 0; i < to; i++) {
    int at = i * from / to, rest = i * from % to, next = MIN(at + 1, from - 1);
    for (int c = 0; c < w->channels; c++) {
      int a = w->last[at * w->channels + c], b = w->last[next * w->channels + c];
      frame[i * w->channels + c] = (gint16)(a + (b - a) * rest / to);
    }
  }
}

// Channels that are closed begin anew when they open.
static gboolean teach_encoders(EsOpusWriter *w, int rate_hz, GError **error) {
  gint16 frame[FRAME_MAX] = {0};
  guint8 not_kept[STREAM_MAX];
  resample_last(w, rate_hz, frame);
  w->rate_hz = rate_hz;
  allocate_frames(w);
  memcpy(w->last, frame, frame_bytes(w));
  for (int c = 0; c < w->channels; c++) {
    Channel *channel = &w->channel[c];
    guint8 toc = channel->toc; // of what the decoder knows
    int n = channel->closed ? 1 : encode_channel(w, channel, frame + c, not_kept);
    if (n < 1) {
      w->failed = TRUE;
      return opus_failed(w, n, error);
    }
    channel->toc = toc;
    channel->fresh = TRUE;
  }
  return TRUE;
}

gboolean es_opus_writer_set_rate(EsOpusWriter *w, int rate_hz, GError **error) {
  if (rate_hz == w->rate_hz)
    return TRUE;
  int look_ahead_48k;
  if (!put_waiting(w, 0, error) || !replace_encoders(w, rate_hz, &look_ahead_48k, error))
    return FALSE;
  if (look_ahead_48k != w->look_ahead_48k) {
    w->failed = TRUE;
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED,
                _("%s: the encoder's look-ahead changes with the rate"), w->out.path);
    return FALSE;
  }
  if (w->packets > 0 && !teach_encoders(w, rate_hz, error))
    return FALSE;
  if (w->packets == 0) {
    w->rate_hz = rate_hz;
    allocate_frames(w);
  }
  return es_opus_rewrite_rate(w->out.fd, w->out.path, rate_hz, error);
}

void es_opus_writer_set_complexity(EsOpusWriter *w, int complexity) {
  w->complexity = complexity;
  for (int c = 0; c < w->channels; c++)
    if (w->channel[c].encoder)
      opus_encoder_ctl(w->channel[c].encoder, OPUS_SET_COMPLEXITY(complexity));
}

gint64 es_opus_writer_length_48k(const EsOpusWriter *w) {
  gint64 granule = has_failed(w) ? w->out.granule : (w->packets + w->n_waiting) * PACKET_48K;
  return MAX(granule - w->look_ahead_48k, 0);
}

static gboolean end_stream(EsOpusWriter *w, gint64 end_48k, GError **error) {
  gint64 end = MAX(end_48k, 0) + w->look_ahead_48k;
  while (w->packets + w->n_waiting == 0 || (w->packets + w->n_waiting) * PACKET_48K < end)
    if (!es_opus_writer_write(w, NULL, error))
      return FALSE;
  return put_waiting(w, 0, error) && submit_held(w, MAX(end, w->out.granule), TRUE, error);
}

gboolean es_opus_writer_finish(EsOpusWriter *w, gint64 end_samples_48k, const char *const *tags,
                               GError **error) {
  g_autoptr(GError) first = NULL;
  if (!has_failed(w))
    end_stream(w, end_samples_48k, &first);
  if (has_failed(w))
    es_ogg_output_end_at_last_page(&w->out, first ? NULL : &first);
  if (tags)
    es_opus_rewrite_tags(w->out.fd, w->out.path, tags, first ? NULL : &first);
  es_ogg_output_close(&w->out, first ? NULL : &first);
  if (first) {
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
  }
  return TRUE;
}

void es_opus_writer_free(EsOpusWriter *w) {
  if (!w)
    return;
  free_encoders(w);
  es_ogg_output_clear(&w->out);
  for (int i = 0; i < PRE_ROLL; i++)
    g_free(w->waiting[i].samples);
  g_byte_array_unref(w->held);
  g_free(w->last);
  g_free(w);
}
