// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "rtp-check.h"
#include "earshot/common/clock.h"

#define LEAST_US ES_US_PER_S
#define LEAST_PACKETS 15
#define MOST_STRAY 4 // one in so many
#define PATIENCE 400 // packets, then it is no voice
#define MOST_AHEAD 50
#define CLOCK_SLACK 0.15

void es_rtp_check_begin(EsRtpCheck *c, const EsRtp *first, gint64 now_us) {
  *c = (EsRtpCheck){.ssrc = first->ssrc,
                    .payload_type = first->payload_type,
                    .first_us = now_us,
                    .last_us = now_us,
                    .sequence = first->sequence,
                    .timestamp = first->timestamp,
                    .first_timestamp = first->timestamp,
                    .packets = 1,
                    .before_length = (guint)first->length};
}

// Samples at 48 kHz of an Opus packet by its first bytes (RFC 6716 section 3.1), 0 if it cannot be one.
static guint opus_samples(const guint8 *payload, gsize length) {
  static const guint16 silk[] = {480, 960, 1920, 2880}, celt[] = {120, 240, 480, 960};
  if (length == 0)
    return 0;
  guint config = payload[0] >> 3, code = payload[0] & 3;
  guint frame = config < 12 ? silk[config & 3] : config < 16 ? silk[config & 1] : celt[config & 3];
  if (code == 3 && length < 2)
    return 0;
  guint frames = code == 0 ? 1 : code < 3 ? 2 : payload[1] & 0x3f;
  return frames * frame <= 5760 ? frames * frame : 0;
}

// Bytes that so many ticks of a static payload type take, 0 for types that vary.
static guint static_bytes(guint payload_type, guint32 ticks) {
  switch (payload_type) {
  case 0:
  case 8:
  case 9: // G.722: 16 kHz, half a byte each, on a clock of 8 kHz
    return ticks;
  case 18:
    return ticks % 80 == 0 ? ticks / 80 * 10 : 0;
  case 3:
    return ticks % 160 == 0 ? ticks / 160 * 33 : 0;
  default:
    return 0;
  }
}

// The packet before the one that comes now, whose length in time the two timestamps tell.
static void weigh(EsRtpCheck *c, guint32 ticks) {
  guint wanted = static_bytes(c->payload_type, ticks);
  c->steps++;
  c->opus += c->before_samples != 0 && c->before_samples == ticks;
  if (wanted == 0 || c->before_length < wanted)
    return;
  guint more = c->before_length - wanted;
  c->sized += more == 0;
  if (more < 4 || more > 20)
    return;
  c->tag_bytes = c->tag_bytes ? c->tag_bytes : more;
  c->tagged += more == c->tag_bytes;
}

void es_rtp_check_take(EsRtpCheck *c, const EsRtp *rtp, gint64 now_us) {
  gint16 ahead = (gint16)(rtp->sequence - c->sequence);
  c->packets++;
  if (rtp->ssrc != c->ssrc || ahead > MOST_AHEAD || ahead < -MOST_AHEAD) {
    c->stray++;
    return;
  }
  if (ahead <= 0)
    return; // late or a copy
  if (ahead == 1 && rtp->payload_type == c->payload_type && c->before_length > 0)
    weigh(c, rtp->timestamp - c->timestamp);
  gboolean usual = rtp->payload_type == c->payload_type;
  c->before_length = usual ? (guint)rtp->length : 0;
  c->before_samples = usual ? opus_samples(rtp->payload, rtp->length) : 0;
  c->sequence = rtp->sequence;
  c->timestamp = rtp->timestamp;
  c->last_us = now_us;
}

static gboolean is_audio_type(guint payload_type) {
  return payload_type <= 24 || payload_type >= 96;
}

// Ticks a second, by the capture's clock.
static double measured_clock(const EsRtpCheck *c) {
  return (double)(c->timestamp - c->first_timestamp) * ES_US_PER_S / (double)(c->last_us - c->first_us);
}

static gboolean is_near(double hz, double clock_hz) {
  return hz > clock_hz * (1 - CLOCK_SLACK) && hz < clock_hz * (1 + CLOCK_SLACK);
}

// One of the clocks that voices have. 90 kHz is video.
static gboolean runs_like_a_voice(const EsRtpCheck *c) {
  static const double clocks[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000};
  double hz = measured_clock(c);
  for (guint i = 0; i < G_N_ELEMENTS(clocks); i++)
    if (is_near(hz, clocks[i]))
      return TRUE;
  return FALSE;
}

EsRtpVerdict es_rtp_check_verdict(const EsRtpCheck *c) {
  if (!is_audio_type(c->payload_type))
    return ES_RTP_CHECK_NOTHING;
  if (c->packets < LEAST_PACKETS || c->last_us - c->first_us < LEAST_US)
    return c->packets > PATIENCE ? ES_RTP_CHECK_NOTHING : ES_RTP_CHECK_WAITS;
  if (c->stray * MOST_STRAY <= c->packets && c->steps > 0 && runs_like_a_voice(c))
    return ES_RTP_CHECK_VOICE;
  return c->packets > PATIENCE ? ES_RTP_CHECK_NOTHING : ES_RTP_CHECK_WAITS;
}

gboolean es_rtp_check_is_encrypted(const EsRtpCheck *c) {
  return c->tagged > c->sized && c->tagged * 4 >= c->steps * 3;
}

gboolean es_rtp_check_is_opus(const EsRtpCheck *c) {
  return c->payload_type >= 96 && is_near(measured_clock(c), 48000) && c->opus * 20 >= c->steps * 19;
}
