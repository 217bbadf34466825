// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls by their Call-ID, streams of RTP by where they come from, go to and their SSRC. A stream belongs to a
// call when one of its ends is an address that the call's session descriptions announced: to an announced
// address goes the voice of the other side, from it comes the voice of its owner. Which side is heard is all
// that is asked.
#include "earshot/wire/rtp.h"
#include "listen-private.h"
#include "recording-session.h"

#include "earshot/wire/sdp.h"
#include "earshot/wire/sip.h"

#include <string.h>

#define MOST_CALLS 8192
#define MOST_STREAMS 32768
#define LEAST_PACKETS 5 // fewer are not a stream: anything may look like RTP by chance

typedef struct {
  char tag[64]; // of the caller: tells who sent what
  gboolean answered, encrypted;
  gboolean recording; // of a recording client: its voices come one way, on an m-line each
  gboolean told[2];   // the key of this side's voice
  char codec[24];
  gboolean heard[2]; // the voice of the caller, of the callee
} Call;

typedef struct {
  Call *call;
  int side; // whose address this is
} Place;

typedef struct {
  EsAddress from, to;
  guint32 ssrc;
} StreamKey;

typedef struct {
  StreamKey key; // first, so that it is its own key
  guint64 packets;
} Stream;

struct EsListenCalls {
  EsListenResult *result;
  GHashTable *calls;   // Call-ID → Call
  GHashTable *places;  // EsAddress → Place
  GHashTable *streams; // StreamKey → Stream
  EsSdp sdp;           // too large for the stack
};

void es_listen_count(EsListenCount counts[ES_LISTEN_NAMES], const char *name, guint64 n) {
  for (guint i = 0; i < ES_LISTEN_NAMES; i++) {
    if (counts[i].name[0] == '\0')
      g_strlcpy(counts[i].name, name, sizeof counts[i].name);
    if (strcmp(counts[i].name, name) == 0) {
      counts[i].count += n;
      return;
    }
  }
}

static guint stream_hash(gconstpointer data) {
  const StreamKey *key = data;
  return es_address_hash(&key->from) * 31 + es_address_hash(&key->to) + key->ssrc;
}

static gboolean stream_equal(gconstpointer a, gconstpointer b) {
  const StreamKey *one = a, *two = b;
  return one->ssrc == two->ssrc && es_address_equal(&one->from, &two->from) &&
         es_address_equal(&one->to, &two->to);
}

EsListenCalls *es_listen_calls_new(EsListenResult *result) {
  EsListenCalls *calls = g_new0(EsListenCalls, 1);
  calls->result = result;
  calls->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  calls->places = g_hash_table_new_full(es_address_hash, es_address_equal, g_free, g_free);
  calls->streams = g_hash_table_new_full(stream_hash, stream_equal, NULL, g_free);
  return calls;
}

void es_listen_calls_free(EsListenCalls *calls) {
  g_hash_table_unref(calls->calls);
  g_hash_table_unref(calls->places);
  g_hash_table_unref(calls->streams);
  g_free(calls);
}

// ---- SIP

static Call *find_call(EsListenCalls *calls, const EsSipMessage *m) {
  const char *id = es_sip_call_id(m);
  Call *call = g_hash_table_lookup(calls->calls, id);
  gboolean begins = es_sip_is_request(m) && strcmp(es_sip_method(m), "INVITE") == 0 && !es_sip_to(m)->tag;
  if (call || !begins)
    return call;
  if (g_hash_table_size(calls->calls) >= MOST_CALLS) {
    calls->result->crowded++;
    return NULL;
  }
  call = g_new0(Call, 1);
  call->recording = es_recording_session_is_opened_by(m);
  g_strlcpy(call->tag, es_sip_from(m)->tag ? es_sip_from(m)->tag : "", sizeof call->tag);
  g_hash_table_insert(calls->calls, g_strdup(id), call);
  return call;
}

static void take_place(EsListenCalls *calls, Call *call, int side, const EsAddress *address) {
  if (g_hash_table_size(calls->places) >= 2 * MOST_CALLS && !g_hash_table_contains(calls->places, address)) {
    calls->result->crowded++;
    return;
  }
  Place *place = g_new(Place, 1);
  *place = (Place){call, side};
  g_hash_table_replace(calls->places, g_memdup2(address, sizeof *address), place);
}

// A side's session description: where it wants to hear. The callee's settles the codec and the encryption.
static void take_description(EsListenCalls *calls, Call *call, int side, const guint8 *body, gsize length) {
  EsSdp *sdp = &calls->sdp;
  const EsSdpMedia *audio = es_sdp_parse(body, length, sdp) ? es_sdp_audio(sdp) : NULL;
  if (!audio)
    return;
  for (guint i = 0; i < sdp->n_media; i++) {
    const EsSdpMedia *media = &sdp->media[i];
    if ((media == audio || call->recording) && media->has_address && media->address.port)
      take_place(calls, call, side, &media->address);
  }
  for (guint i = 0; i < audio->n_keys; i++)
    call->told[side] |= audio->keys[i].key_length > 0;
  call->encrypted = (call->encrypted && side == 0) || audio->crypto || strstr(audio->protocol, "SAVP");
  for (guint i = 0; i < audio->n_formats; i++)
    if (es_codec_is_audio(&audio->formats[i].codec)) {
      g_strlcpy(call->codec, audio->formats[i].codec.name, sizeof call->codec);
      return;
    }
}

// Who sent a message: 0 the caller, 1 the callee. A response carries the From of its request.
static int side_of(const Call *call, const EsSipMessage *m) {
  const char *tag = es_sip_from(m)->tag;
  gboolean of_caller = strncmp(tag ? tag : "", call->tag, sizeof call->tag - 1) == 0;
  return es_sip_is_request(m) == of_caller ? 0 : 1;
}

void es_listen_calls_sip(EsListenCalls *calls, const EsDatagram *d) {
  g_autoptr(EsSipMessage) m = es_sip_parse(d->payload, d->length);
  EsBodyPart parts[ES_MAX_PARTS];
  gsize length;
  calls->result->sip_bad += m == NULL;
  Call *call = m ? find_call(calls, m) : NULL;
  if (!call)
    return;
  int status = es_sip_status(m);
  gboolean of_invite = strcmp(es_sip_method(m), "INVITE") == 0;
  call->answered |= of_invite && status >= 200 && status < 300;
  const guint8 *body = es_sip_body(m, &length);
  guint n = body && (of_invite || es_sip_is_request(m))
                ? es_multipart_split(es_sip_content_type(m), body, length, parts)
                : 0;
  for (guint i = 0; i < n; i++)
    if (strcmp(parts[i].content_type, "application/sdp") == 0)
      take_description(calls, call, side_of(call, m), parts[i].data, parts[i].length);
}

// ---- RTP

static Stream *find_stream(EsListenCalls *calls, const EsDatagram *d, guint32 ssrc) {
  const StreamKey key = {d->from, d->to, ssrc};
  Stream *stream = g_hash_table_lookup(calls->streams, &key);
  if (stream)
    return stream;
  if (g_hash_table_size(calls->streams) >= MOST_STREAMS) {
    calls->result->crowded++;
    return NULL;
  }
  stream = g_new0(Stream, 1);
  stream->key = key;
  g_hash_table_add(calls->streams, stream);
  return stream;
}

gboolean es_listen_calls_rtp(EsListenCalls *calls, const EsDatagram *d) {
  EsRtp rtp;
  if (!es_rtp_parse(d->payload, d->length, &rtp))
    return FALSE;
  Stream *stream = find_stream(calls, d, rtp.ssrc);
  if (stream)
    stream->packets++;
  return TRUE;
}

// ---- the end

static gboolean has_opposite(const EsListenCalls *calls, GHashTable *directions, const Stream *stream) {
  const StreamKey opposite = {stream->key.to, stream->key.from, 0};
  return g_hash_table_contains(directions, &opposite);
}

// Each pair of addresses that media goes along, whatever its SSRC.
static GHashTable *gather_directions(EsListenCalls *calls) {
  GHashTable *directions = g_hash_table_new_full(stream_hash, stream_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, calls->streams);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const Stream *stream = value;
    StreamKey key = {stream->key.from, stream->key.to, 0};
    if (stream->packets >= LEAST_PACKETS)
      g_hash_table_add(directions, g_memdup2(&key, sizeof key));
  }
  return directions;
}

static void count_stream(EsListenCalls *calls, GHashTable *directions, const Stream *stream) {
  const Place *hears = g_hash_table_lookup(calls->places, &stream->key.to);
  const Place *speaks = g_hash_table_lookup(calls->places, &stream->key.from);
  const Place *place = hears ? hears : speaks;
  calls->result->streams++;
  if (place) {
    place->call->heard[hears ? 1 - place->side : place->side] = TRUE;
    return;
  }
  calls->result->streams_unknown++;
  calls->result->unknown_one_way += !has_opposite(calls, directions, stream);
}

static void count_call(EsListenResult *result, const Call *call) {
  result->calls++;
  if (!call->answered)
    return;
  result->answered++;
  result->encrypted += call->encrypted;
  result->encrypted_told += call->encrypted && call->told[0] && call->told[1];
  result->with_media += call->heard[0] || call->heard[1];
  result->recording += call->recording;
  result->one_way += !call->recording && call->heard[0] != call->heard[1];
  if (call->codec[0])
    es_listen_count(result->codecs, call->codec, 1);
}

void es_listen_calls_finish(EsListenCalls *calls) {
  g_autoptr(GHashTable) directions = gather_directions(calls);
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, calls->streams);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (((const Stream *)value)->packets >= LEAST_PACKETS)
      count_stream(calls, directions, value);
  g_hash_table_iter_init(&iter, calls->calls);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    count_call(calls->result, value);
}
