// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "media.h"
#include <string.h>

void es_media_init(EsMedia *media) {
  *media = (EsMedia){0};
}

static void side_clear(EsMediaSide *side) {
  g_clear_pointer(&side->current, g_free);
  g_clear_pointer(&side->offered, g_free);
  es_media_keys_clear(&side->keys);
}

void es_media_clear(EsMedia *media) {
  side_clear(&media->sides[0]);
  side_clear(&media->sides[1]);
}

// A line of this kind that is not refused; NULL if there is none.
static const EsSdpMedia *find_kind(const EsSdp *sdp, const char *kind) {
  for (guint i = 0; i < sdp->n_media; i++)
    if (g_ascii_strcasecmp(sdp->media[i].kind, kind) == 0 && sdp->media[i].address.port != 0)
      return &sdp->media[i];
  return NULL;
}

// What is neither heard nor kept, but told.
static void describe_others(EsMediaDescription *d, const EsSdp *sdp) {
  const EsSdpMedia *video = find_kind(sdp, "video");
  const char *codec = video && video->n_formats > 0 ? video->formats[0].codec.name : NULL;
  d->fax = d->muted && find_kind(sdp, "image");
  if (video)
    g_strlcpy(d->video, codec && codec[0] ? codec : "?", sizeof d->video);
}

// A fax that takes the place of the voice is often described without any audio line.
static EsMediaDescription *describe_fax(const EsSdp *sdp) {
  if (!find_kind(sdp, "image"))
    return NULL;
  EsMediaDescription *d = g_malloc0(sizeof *d);
  d->muted = d->fax = TRUE;
  return d;
}

static EsMediaDescription *describe(const EsSdp *sdp) {
  const EsSdpMedia *audio = es_sdp_audio(sdp);
  if (!audio)
    return describe_fax(sdp);
  EsMediaDescription *d = g_malloc0(sizeof *d + audio->n_formats * sizeof *d->formats);
  d->direction = audio->direction;
  d->muted = audio->address.port == 0 || (audio->has_address && es_address_is_any(&audio->address));
  d->savp = strstr(audio->protocol, "SAVP") != NULL;
  d->crypto = audio->crypto;
  d->n_formats = audio->n_formats;
  memcpy(d->formats, audio->formats, audio->n_formats * sizeof *d->formats);
  describe_others(d, sdp);
  return d;
}

// The session description of a message, also inside a multipart body.
static gboolean find_sdp(const EsSipMessage *m, EsSdp *sdp) {
  gsize length;
  const guint8 *body = es_sip_body(m, &length);
  if (!body || length == 0)
    return FALSE;
  EsBodyPart parts[ES_MAX_PARTS];
  guint n = es_multipart_split(es_sip_content_type(m), body, length, parts);
  for (guint i = 0; i < n; i++)
    if (g_ascii_strncasecmp(parts[i].content_type, "application/sdp", strlen("application/sdp")) == 0 &&
        es_sdp_parse(parts[i].data, parts[i].length, sdp))
      return TRUE;
  return n == 1 && !*es_sip_content_type(m) && es_sdp_parse(body, length, sdp);
}

// An offer that speaks without wanting to hear puts the other side on hold (RFC 3264 section 8.4; c=0.0.0.0
// before it). What the first agreement says is no hold: such calls are one-way from the start.
static gboolean offers_hold(const EsMediaDescription *d) {
  return d->muted || d->direction == ES_SDP_SENDONLY || d->direction == ES_SDP_INACTIVE;
}

static void settle_others(EsMedia *media) {
  const EsMediaDescription *a = media->sides[0].current, *b = media->sides[1].current;
  media->fax = a && b && a->fax && b->fax;
  media->video = a && b && a->video[0] && b->video[0] ? a->video : NULL;
}

static void settle_hold(EsMedia *media, int offerer) {
  const EsMediaDescription *offer = media->sides[offerer].current,
                           *answer = media->sides[1 - offerer].current;
  media->held[0] = media->held[1] = FALSE;
  if (media->fax)
    return;
  media->held[offerer] = offers_hold(offer);
  if (!offer->muted && offer->direction == ES_SDP_SENDRECV)
    media->held[1 - offerer] = offers_hold(answer);
}

// Offers of one request seen on several hops: the first stays, their addresses are all kept by the caller.
static void take_offer(EsMedia *media, int side, EsMediaDescription *d) {
  EsMediaSide *s = &media->sides[side];
  if (s->offered) {
    g_free(d);
    return;
  }
  s->offered = d;
}

// side answers the request of requester, which may be itself (in the ACK of an INVITE without an offer).
static void take_answer(EsMedia *media, int side, int requester, EsMediaDescription *d) {
  EsMediaSide *asked = &media->sides[requester], *offerer = &media->sides[1 - side];
  if (offerer->offered) {
    g_free(offerer->current);
    offerer->current = g_steal_pointer(&offerer->offered);
  }
  g_free(media->sides[side].current);
  media->sides[side].current = d;
  if (!asked->agreed)
    media->agreements++;
  asked->agreed = TRUE;
  settle_others(media);
  if (media->agreements > 1 && offerer->current)
    settle_hold(media, 1 - side);
}

// A request that may negotiate: INVITE, UPDATE, PRACK.
static void take_request(EsMedia *media, int side, guint32 cseq, EsMediaDescription *d) {
  EsMediaSide *s = &media->sides[side];
  if (!s->asked || cseq > s->cseq) {
    g_clear_pointer(&s->offered, g_free);
    s->asked = TRUE;
    s->cseq = cseq;
    s->with_offer = d != NULL;
    s->agreed = FALSE;
  }
  if (d && cseq == s->cseq && s->with_offer && !s->agreed)
    take_offer(media, side, d);
  else
    g_free(d);
}

static gboolean take_response(EsMedia *media, int side, guint32 cseq, EsMediaDescription *d) {
  EsMediaSide *requester = &media->sides[1 - side];
  if (requester->asked && requester->cseq != cseq) {
    g_free(d); // of an older request
    return FALSE;
  }
  if (requester->asked && !requester->with_offer) {
    if (requester->agreed)
      g_free(d);
    else
      take_offer(media, side, d);
    return FALSE;
  }
  take_answer(media, side, 1 - side, d);
  return TRUE;
}

static gboolean take_ack(EsMedia *media, int side, guint32 cseq, EsMediaDescription *d) {
  EsMediaSide *s = &media->sides[side];
  if (s->with_offer || s->agreed || s->cseq != cseq) { // the offer itself may not have been seen
    g_free(d);
    return FALSE;
  }
  take_answer(media, side, side, d);
  return TRUE;
}

// A refused re-INVITE or UPDATE changes nothing; what it offered is forgotten.
static void take_refusal(EsMedia *media, int requester, guint32 cseq) {
  EsMediaSide *s = &media->sides[requester];
  if (s->cseq == cseq && s->current)
    g_clear_pointer(&s->offered, g_free);
}

static gboolean negotiates(const char *method) {
  return strcmp(method, "INVITE") == 0 || strcmp(method, "UPDATE") == 0 || strcmp(method, "ACK") == 0 ||
         strcmp(method, "PRACK") == 0;
}

// Of every audio line: which of them is taken is the other side's choice, and the packets will show it.
static void take_keys(EsMediaKeys *keys, const EsSdp *sdp) {
  for (guint i = sdp->n_media; i > 0; i--)
    if (g_ascii_strcasecmp(sdp->media[i - 1].kind, "audio") == 0)
      es_media_keys_add(keys, &sdp->media[i - 1]);
}

void es_media_message(EsMedia *media, const EsSipMessage *m, int sender, EsSdp *scratch,
                      EsMediaChange *change) {
  *change = (EsMediaChange){.side = -1};
  const char *method = es_sip_method(m);
  gboolean request = es_sip_is_request(m), ack = strcmp(method, "ACK") == 0;
  guint32 cseq = es_sip_cseq(m);
  if (!negotiates(method))
    return;
  if (!request && es_sip_status(m) >= 300) {
    take_refusal(media, 1 - sender, cseq);
    return;
  }
  gboolean described = find_sdp(m, scratch);
  EsMediaDescription *d = described ? describe(scratch) : NULL;
  const EsSdpMedia *audio = described ? es_sdp_audio(scratch) : NULL;
  if (audio)
    take_keys(&media->sides[sender].keys, scratch);
  if (d) {
    media->generation++;
    change->side = sender;
    change->has_address = audio && audio->has_address && !d->muted;
  }
  if (change->has_address)
    change->address = audio->address;
  if (request && !ack)
    take_request(media, sender, cseq, d);
  else if (d)
    change->agreed = ack ? take_ack(media, sender, cseq, d) : take_response(media, sender, cseq, d);
}

static gboolean find_format(const EsMediaDescription *d, guint payload_type, EsCodec *codec) {
  for (guint i = 0; d && i < d->n_formats; i++)
    if (d->formats[i].payload_type == payload_type) {
      *codec = d->formats[i].codec;
      return TRUE;
    }
  return FALSE;
}

gboolean es_media_codec(const EsMedia *media, int voice, guint payload_type, EsCodec *codec) {
  const EsMediaSide *hears = &media->sides[1 - voice], *sends = &media->sides[voice];
  return find_format(hears->current, payload_type, codec) ||
         find_format(hears->offered, payload_type, codec) ||
         find_format(sends->current, payload_type, codec) ||
         find_format(sends->offered, payload_type, codec) || es_codec_from_payload_type(payload_type, codec);
}

static const EsMediaDescription *newest(const EsMediaSide *side) {
  return side->current ? side->current : side->offered;
}

gboolean es_media_is_encrypted(const EsMedia *media) {
  const EsMediaDescription *a = newest(&media->sides[0]), *b = newest(&media->sides[1]);
  if (a && b) // an offer of both kinds is answered with one
    return (a->savp && b->savp) || (a->crypto && b->crypto);
  return (a && a->savp) || (b && b->savp);
}

gboolean es_media_is_described(const EsMedia *media, int side) {
  return newest(&media->sides[side]) != NULL;
}

void es_media_presume(EsMedia *media) {
  EsMediaSide *caller = &media->sides[0];
  if (!caller->with_offer || caller->agreed)
    return;
  if (caller->offered) {
    g_free(caller->current);
    caller->current = g_steal_pointer(&caller->offered);
  }
  caller->agreed = TRUE;
  media->agreements++;
}

gboolean es_media_may_send(const EsMedia *media, int side) {
  const EsMediaDescription *own = newest(&media->sides[side]), *other = newest(&media->sides[1 - side]);
  gboolean sends = !own || own->direction == ES_SDP_SENDRECV || own->direction == ES_SDP_SENDONLY;
  gboolean heard = !other || other->direction == ES_SDP_SENDRECV || other->direction == ES_SDP_RECVONLY;
  return sends && heard;
}
