// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "rtp-only-call.h"
#include "segments.h"
#include <string.h>

typedef struct {
  EsRtpOnlyWay way; // must stay first
  int opus[2];      // payload type that can be nothing else; -1
  gboolean encrypted[2];
} Unseen;

static gboolean codec(const EsLiveCall *call, guint leg, guint payload_type, EsCodec *found) {
  const Unseen *unseen = call->session;
  const char *named = es_rtp_codec_of(&call->settings->rtp_codecs, payload_type);
  if (named)
    return es_codec_from_rtpmap(named, NULL, found);
  if (leg < 2 && unseen->opus[leg] == (int)payload_type)
    return es_codec_from_rtpmap("opus/48000/2", NULL, found);
  return es_codec_from_payload_type(payload_type, found);
}

static gboolean is_encrypted(const EsLiveCall *call, guint leg) {
  return leg < 2 && ((const Unseen *)call->session)->encrypted[leg];
}

static EsMediaKeys *keys(G_GNUC_UNUSED EsLiveCall *call, G_GNUC_UNUSED guint leg) {
  return NULL;
}

static void tick(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
  *end = call->over ? ES_END_HANGUP : ES_END_TIMEOUT;
  *done = call->over ? now_us - call->over_us > call->settings->linger_us
                     : now_us - call->last_us > call->settings->media_timeout_us;
}

// Signalling that shows up takes the call over; nothing else ends it but silence.
static gboolean settle_end(EsLiveCall *call) {
  if (!call->over)
    return FALSE;
  call->row->ended_us = call->over_us;
  g_free(call->row->ended_by);
  call->row->ended_by = g_strdup("signalling");
  return TRUE;
}

static const char *disposition(G_GNUC_UNUSED const EsLiveCall *call) {
  return "answered";
}

static int sip_status(G_GNUC_UNUSED const EsLiveCall *call) {
  return 0;
}

static void clear(EsLiveCall *call) {
  g_clear_pointer(&call->session, g_free);
}

static const EsCallDriver DRIVER = {.codec = codec,
                                    .is_encrypted = is_encrypted,
                                    .keys = keys,
                                    .tick = tick,
                                    .settle_end = settle_end,
                                    .disposition = disposition,
                                    .sip_status = sip_status,
                                    .clear = clear};

// The two ends in an order of their own.
static char *name_of(const EsAddress *from, const EsAddress *to) {
  char a[ES_ADDRESS_TEXT_SIZE], b[ES_ADDRESS_TEXT_SIZE];
  es_address_format(from, a);
  es_address_format(to, b);
  return strcmp(a, b) < 0 ? g_strdup_printf("rtp:%s-%s", a, b) : g_strdup_printf("rtp:%s-%s", b, a);
}

EsLiveCall *es_rtp_only_call_new(const EsCallContext *context, const char *source, const EsAddress *from,
                                 const EsAddress *to, gint64 started_us, GError **error) {
  EsLiveCall *call = es_live_call_begin(context, &DRIVER, NULL, source, started_us);
  Unseen *unseen = g_new0(Unseen, 1);
  *unseen = (Unseen){.way = {*from, *to}, .opus = {-1, -1}};
  call->session = unseen;
  call->key = name_of(from, to);
  call->unsignalled = TRUE;
  es_live_call_add_leg(call, NULL);
  es_live_call_add_leg(call, NULL);
  EsMapParties parties = {0};
  if (!es_live_call_identify(call, "", started_us, error) ||
      !es_live_call_map(call, &parties, started_us, error)) {
    es_live_call_free(call);
    return NULL;
  }
  es_live_call_answer(call, started_us);
  es_live_call_event(call, started_us, "no-signalling", -1, NULL);
  return call;
}

const EsRtpOnlyWay *es_rtp_only_way(const EsLiveCall *call) {
  return call->driver == &DRIVER ? call->session : NULL;
}

void es_rtp_only_learn(EsLiveCall *call, int leg, const EsRtpCheck *check) {
  Unseen *unseen = call->session;
  unseen->encrypted[leg] |= es_rtp_check_is_encrypted(check);
  if (es_rtp_check_is_opus(check))
    unseen->opus[leg] = check->payload_type;
  call->generation++;
}
