// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The packet path of a call: an RTP packet to its stream, its codec, its recording. Nothing here allocates
// for a packet; only a stream's first packet does.
#include "call.h"
#include "earshot/common/i18n.h"
#include <string.h>

// After this long without packets on its own way, a stream has moved to another.
#define MOVED_US (300 * ES_US_PER_MS)
// A source that is heard for so long after another began was not followed by it.
#define BESIDE_US (500 * ES_US_PER_MS)

static EsLiveStream *find_stream(EsLiveCall *call, int leg, guint32 ssrc) {
  EsLiveStream *streams = (EsLiveStream *)call->streams->data;
  for (guint i = 0; i < call->streams->len; i++)
    if (streams[i].ssrc == ssrc && streams[i].leg == leg)
      return &streams[i];
  return NULL;
}

static gboolean leg_has_stream(const EsLiveCall *call, int leg) {
  const EsLiveStream *streams = (const EsLiveStream *)call->streams->data;
  for (guint i = 0; i < call->streams->len; i++)
    if (streams[i].leg == leg)
      return TRUE;
  return FALSE;
}

static EsLiveStream *add_stream(EsLiveCall *call, const EsFlow *flow, const EsRtp *rtp, gint64 now_us) {
  if (call->streams->len >= ES_CALL_MAX_STREAMS)
    return NULL;
  EsLiveStream stream = {.ssrc = rtp->ssrc,
                         .leg = flow->leg,
                         .began_us = now_us,
                         .unsettled = leg_has_stream(call, flow->leg),
                         .flow = flow,
                         .highest = (guint16)(rtp->sequence - 1),
                         .last_us = now_us,
                         .payload_type = -1};
  g_array_append_val(call->streams, stream);
  return &g_array_index(call->streams, EsLiveStream, call->streams->len - 1);
}

// A relay's SSRC goes on beside that of the voice itself.
static gboolean is_beside(const EsLiveCall *call, guint n) {
  const EsLiveStream *streams = (const EsLiveStream *)call->streams->data;
  for (guint i = 0; i < n; i++)
    if (streams[i].leg == streams[n].leg && streams[i].last_us - streams[n].began_us >= BESIDE_US)
      return TRUE;
  return FALSE;
}

void es_live_call_settle_sources(EsLiveCall *call, gint64 now_us) {
  for (guint i = 0; i < call->streams->len; i++) {
    EsLiveStream *stream = &g_array_index(call->streams, EsLiveStream, i);
    if (!stream->unsettled || now_us - stream->began_us < BESIDE_US)
      continue;
    stream->unsettled = FALSE;
    if (is_beside(call, i))
      continue;
    g_autofree char *detail = g_strdup_printf("%08x", stream->ssrc);
    es_live_call_late_event(call, stream->began_us, "ssrc-change", stream->leg, detail);
  }
}

static void lookup_codec(EsLiveCall *call, EsLiveStream *stream, guint payload_type) {
  if (!call->driver->codec(call, (guint)stream->leg, payload_type, &stream->codec)) {
    stream->codec = (EsCodec){.id = ES_CODEC_UNKNOWN, .clock_hz = 8000, .rate_hz = 8000, .channels = 1};
    g_snprintf(stream->codec.name, sizeof stream->codec.name, "payload type %u", payload_type);
  }
  stream->encrypted = call->driver->is_encrypted(call, (guint)stream->leg);
  stream->problem = stream->cut ? N_("cut by the capture's snap length") : NULL;
  if (stream->problem)
    stream->codec.id = ES_CODEC_UNKNOWN; // a stump is noise to any decoder
  stream->payload_type = (int)payload_type;
  stream->generation = call->generation;
}

static void follow_codec(EsLiveCall *call, EsLiveStream *stream, const EsRtp *rtp, gint64 now_us) {
  guint payload_type = rtp->payload_type;
  if (stream->payload_type == (int)payload_type && stream->cut == rtp->cut &&
      stream->generation == call->generation)
    return;
  EsCodec before = stream->codec;
  gboolean first = stream->payload_type < 0;
  stream->cut = rtp->cut;
  lookup_codec(call, stream, payload_type);
  if (first || !es_codec_is_audio(&before) || !es_codec_is_audio(&stream->codec) ||
      es_codec_same(&before, &stream->codec))
    return;
  g_autofree char *detail = g_strdup_printf("%s → %s", before.name, stream->codec.name);
  es_live_call_event(call, now_us, "codec-change", stream->leg, detail);
}

static const char *closed_text(EsOpened result) {
  switch (result) {
  case ES_NO_KEY:
    return N_("encrypted (SRTP), no key was seen");
  case ES_NO_KEY_BUT_DTLS:
    return N_("encrypted (DTLS-SRTP)");
  case ES_USELESS_KEY:
    return N_("encrypted (SRTP), the key cannot be used");
  default:
    return N_("encrypted (SRTP), the key does not fit");
  }
}

// The packet as it was before it was encrypted; if it cannot be had, *codec becomes one that nothing decodes.
// A copy of an earlier packet stays closed: it only counts.
static void open_packet(EsLiveCall *call, EsLiveStream *stream, const EsRtp *rtp, guint8 *scratch,
                        EsRtp *clear, EsCodec *codec) {
  EsMediaKeys *keys = call->driver->keys ? call->driver->keys(call, (guint)stream->leg) : NULL;
  EsOpened result = es_media_keys_open(keys, rtp, scratch, clear);
  if (result == ES_OPENED) {
    stream->opened = TRUE;
    stream->problem = NULL;
    return;
  }
  codec->id = ES_CODEC_UNKNOWN; // ciphertext is noise to any decoder
  if (!stream->opened && result != ES_OPENED_BEFORE)
    stream->problem = closed_text(result);
}

// FALSE for a copy of a packet that another hop has shown already. A proxy that relays media lets the capture
// see each packet twice, with the same SSRC between other addresses; whatever is new on either way is taken.
static gboolean follow_flow(EsLiveCall *call, EsLiveStream *stream, const EsFlow *flow, const EsRtp *rtp,
                            gint64 now_us) {
  if (stream->flow != flow) {
    gboolean newer = (gint16)(rtp->sequence - stream->highest) > 0;
    gboolean moved = now_us - stream->last_us > MOVED_US;
    if (!newer && !moved)
      return FALSE;
    if (moved || !stream->flow) {
      char text[ES_ADDRESS_TEXT_SIZE];
      es_live_call_event(call, now_us, "address-change", stream->leg, es_address_format(&flow->from, text));
    }
    stream->flow = flow;
    stream->highest = (guint16)(rtp->sequence - 1);
  }
  if ((gint16)(rtp->sequence - stream->highest) > 0)
    stream->highest = rtp->sequence;
  stream->last_us = now_us;
  return TRUE;
}

// Which leg may answer a prompt: the customer's, so that nobody consents for another; none where all voices
// are one.
static gboolean may_consent(const EsLiveCall *call, int leg) {
  return !call->legs[leg].role && leg == (strcmp(call->row->direction, "outbound") == 0 ? 1 : 0);
}

static void take_key(EsLiveCall *call, int leg, const EsPressedKey *key, gint64 now_us) {
  es_live_call_event(call, key->start_us, "dtmf", leg, NULL);
  char digit = es_telephone_event_key(key->event);
  const EsPrompt *prompt = call->prompt;
  es_live_call_prompt(call, now_us);
  if (!prompt || !digit || !may_consent(call, leg))
    return;
  gint64 at_us = key->start_us - call->row->answered_us - prompt->start_us;
  const char *state = at_us >= 0 && at_us < prompt->length_us ? es_prompt_answer(prompt, digit) : NULL;
  if (!state)
    return;
  EsConsentEvent *event = es_consent_event_new(key->start_us, state, "dtmf");
  event->notice = g_strdup(prompt->notice);
  event->version = g_strdup(prompt->version);
  event->detail = g_strdup_printf("%c", digit);
  es_live_call_consent(call, event);
}

static void follow_keys(EsLiveCall *call, int leg, const EsRtp *rtp, gint64 now_us) {
  EsPressedKey ended[2];
  guint n = es_telephone_event_push(&call->legs[leg].keys, rtp, now_us, ended);
  for (guint i = 0; i < n; i++)
    take_key(call, leg, &ended[i], now_us);
}

void es_live_call_expire_keys(EsLiveCall *call, gint64 now_us) {
  EsPressedKey key;
  for (int leg = 0; leg < (int)call->n_legs; leg++)
    if (es_telephone_event_expire(&call->legs[leg].keys, now_us, &key))
      take_key(call, leg, &key, MIN(now_us, call->last_us));
}

static gboolean is_explained(const EsLiveCall *call) {
  for (guint leg = 0; leg < call->n_legs; leg++)
    if (call->legs[leg].paused)
      return TRUE;
  return call->hold_since_us != ES_UNKNOWN || call->faxing;
}

static void open_recording(EsLiveCall *call, gint64 now_us) {
  EsRecordingSettings settings = call->settings->recording;
  settings.spool = es_spool_audio(call->context->spool);
  es_live_call_enter(call);
  call->audio = es_audio_new(call->context->audio, &settings, call->row->id, call->n_legs, call->journal);
  if (is_explained(call))
    es_live_call_explain(call, now_us);
}

// Drops that go on from one look at the counters to the next are one event.
static void note_drops(EsLiveCall *call, guint64 packets, gint64 from_us, gint64 until_us) {
  gboolean goes_on = call->drops && from_us - call->drops_until_us < ES_US_PER_S;
  if (!goes_on) {
    guint before = call->row->events->len;
    es_live_call_event(call, MAX(from_us, call->row->started_us), "dropped", -1, NULL);
    call->drops = call->row->events->len > before ? call->row->events->pdata[before] : NULL;
    call->drops_counted = 0;
  }
  call->drops_until_us = until_us;
  call->drops_counted += packets;
  if (!call->drops)
    return;
  g_free(call->drops->detail);
  call->drops->detail = g_strdup_printf("%" G_GUINT64_FORMAT, call->drops_counted);
}

void es_live_call_dropped(EsLiveCall *call, guint64 packets, gint64 from_us, gint64 until_us) {
  if (call->skip || call->row->started_us > until_us || (call->over && call->over_us < from_us))
    return;
  call->row->dropped_packets = MAX(call->row->dropped_packets, 0) + (gint64)packets;
  call->dirty = TRUE;
  note_drops(call, packets, from_us, until_us);
  if (call->audio)
    es_audio_dropped(call->audio, from_us, until_us);
}

// Audio is used between the answer and the end, and before the answer if early media is wanted.
static gboolean is_audible(const EsLiveCall *call, int leg) {
  if (call->failed || call->over || call->legs[leg].paused || call->verdict != ES_GATE_PASS)
    return FALSE;
  gboolean answered = call->row->answered_us != ES_UNKNOWN && !call->dialog.doubtful;
  return answered || call->settings->early_media;
}

static EsMediaPacket packet_of(const EsFlow *flow, const EsRtp *rtp, const EsCodec *codec, gint64 now_us) {
  return (EsMediaPacket){.leg = (guint)flow->leg,
                         .ssrc = rtp->ssrc,
                         .sequence = rtp->sequence,
                         .timestamp = rtp->timestamp,
                         .marker = rtp->marker,
                         .codec = codec,
                         .source = &flow->from,
                         .arrival_us = now_us,
                         .payload = rtp->payload,
                         .length = rtp->length};
}

// Where each line has a queue of its own, after a stall that of one is read to its end before that of the
// next; the voices must not be mixed before both have been read.
static gint64 mixable_until(const EsLiveCall *call, gint64 now_us) {
  gint64 settled_us = call->context->settled_us;
  return settled_us == ES_UNKNOWN ? now_us : MIN(now_us, settled_us - call->set_us);
}

static gboolean record(EsLiveCall *call, const EsFlow *flow, const EsRtp *rtp, const EsCodec *codec,
                       gint64 now_us, GError **error) {
  const EsMediaPacket packet = packet_of(flow, rtp, codec, now_us);
  es_audio_push(call->audio, &packet, mixable_until(call, now_us));
  if (codec->id == ES_CODEC_TELEPHONE_EVENT)
    follow_keys(call, flow->leg, rtp, now_us);
  return es_live_call_check_audio(call, error);
}

// Also where no signalling says so: one byte a tick of these is enough to tell. What only looked like it
// while there was no proof is nothing against the stream.
static gboolean is_encrypted(EsLiveStream *stream, const EsRtp *rtp) {
  EsCodecId codec = stream->codec.id;
  if (stream->encrypted)
    return TRUE;
  if (codec != ES_CODEC_PCMU && codec != ES_CODEC_PCMA && codec != ES_CODEC_G722)
    return FALSE;
  gboolean sealed = es_sealed_look(&stream->sealed, rtp);
  stream->problem = sealed ? stream->problem : NULL;
  return sealed;
}

static gboolean record_encrypted(EsLiveCall *call, EsLiveStream *stream, const EsFlow *flow, const EsRtp *rtp,
                                 gint64 now_us, GError **error) {
  guint8 scratch[ES_SRTP_MAX_PACKET];
  EsCodec codec = stream->codec;
  EsRtp clear = *rtp;
  open_packet(call, stream, rtp, scratch, &clear, &codec);
  return record(call, flow, &clear, &codec, now_us, error);
}

gboolean es_live_call_media(EsLiveCall *call, const EsFlow *flow, const EsRtp *rtp, gint64 now_us,
                            GError **error) {
  call->last_us = call->media_us = now_us;
  if (call->skip || call->shed)
    return TRUE;
  EsLiveStream *stream = find_stream(call, flow->leg, rtp->ssrc);
  if (!stream && !(stream = add_stream(call, flow, rtp, now_us)))
    return TRUE;
  if (!follow_flow(call, stream, flow, rtp, now_us))
    return TRUE;
  call->legs[flow->leg].heard = TRUE;
  follow_codec(call, stream, rtp, now_us);
  if (!call->audio)
    open_recording(call, now_us);
  if (!is_audible(call, flow->leg)) {
    const EsMediaPacket packet = packet_of(flow, rtp, &stream->codec, now_us);
    es_audio_count(call->audio, &packet);
    return TRUE;
  }
  if (!stream->cut && is_encrypted(stream, rtp))
    return record_encrypted(call, stream, flow, rtp, now_us, error);
  return record(call, flow, rtp, &stream->codec, now_us, error);
}
