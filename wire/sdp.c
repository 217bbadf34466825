// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Session descriptions, line by line. A line is "letter=value"; lines before the first m= describe the
// session and hold for every media that has no line of its own.
//
// The formats of a media are known only when all its lines were seen (an fmtp may come before its rtpmap, and
// either may be missing), so the lines are kept as slices and resolved when the media ends. All state is in
// fixed arrays; every line is looked at once, and only against the formats of its own media.
#include "earshot/wire/sdp.h"

#include "earshot/wire/clean-text.h"
#include "slice.h"

typedef struct {
  EsAddress address;
  gboolean has_address;
  EsSdpDirection direction;
  gboolean crypto, dtls;
  int ptime_ms;
} Session;

typedef struct {
  EsSdp *sdp;
  Session session;
  EsSdpMedia *media;                                            // being read, NULL before the first
  gboolean skip;                                                // a media beyond the bounds
  gboolean version;                                             // v=0 was there
  EsSlice rtpmap[ES_SDP_MAX_FORMATS], fmtp[ES_SDP_MAX_FORMATS]; // of the media, by place in its list
} Reader;

// "IN IP4 224.2.1.1/127/3". A name instead of an address is not looked up: a recorder asks nobody.
static void read_connection(Reader *r, EsSlice value) {
  EsSlice net, type, address;
  EsAddress parsed;
  char text[ES_ADDRESS_TEXT_SIZE];
  if (!es_slice_word(&value, &net) || !es_slice_word(&value, &type) || !es_slice_word(&value, &address) ||
      !es_slice_cut(&address, '/', &address) || address.length >= sizeof text ||
      !es_address_from_text(&parsed, es_slice_copy(address, text, sizeof text), 0))
    return;
  if (!r->media) {
    r->session.address = parsed;
    r->session.has_address = TRUE;
    return;
  }
  parsed.port = r->media->address.port;
  r->media->address = parsed;
  r->media->has_address = TRUE;
}

// "user id version IN IP4 address", the user of which may hold spaces in the field; so from the end.
static void read_origin(Reader *r, EsSlice value) {
  EsSlice word, last[4] = {{0}};
  guint n = 0;
  while (es_slice_word(&value, &word))
    last[n++ % 4] = word;
  guint64 version;
  if (n >= 5 && es_slice_number(last[n % 4], G_MAXUINT64, &version))
    r->sdp->session_version = version;
}

static void unknown_codec(EsCodec *codec) {
  *codec = (EsCodec){.id = ES_CODEC_UNKNOWN, .clock_hz = 8000, .rate_hz = 8000, .channels = 1};
}

static char *clean_copy(EsSlice slice, char *buffer, gsize size) {
  return es_clean_text_copy(buffer, size, slice.at, slice.length);
}

static void resolve_format(Reader *r, guint i) {
  EsSdpFormat *format = &r->media->formats[i];
  char rtpmap[64], fmtp[sizeof format->codec.fmtp];
  const char *parameters = r->fmtp[i].at ? clean_copy(r->fmtp[i], fmtp, sizeof fmtp) : NULL;
  if (r->rtpmap[i].at &&
      es_codec_from_rtpmap(clean_copy(r->rtpmap[i], rtpmap, sizeof rtpmap), parameters, &format->codec))
    return;
  if (!es_codec_from_payload_type(format->payload_type, &format->codec))
    unknown_codec(&format->codec);
  if (parameters)
    g_strlcpy(format->codec.fmtp, parameters, sizeof format->codec.fmtp);
}

static void end_media(Reader *r) {
  for (guint i = 0; r->media && i < r->media->n_formats; i++)
    resolve_format(r, i);
}

static void read_formats(Reader *r, EsSlice list) {
  EsSlice word;
  while (es_slice_word(&list, &word)) {
    guint64 type;
    if (!es_slice_number(word, 128, &type) || type > 127)
      continue;
    if (r->media->n_formats == ES_SDP_MAX_FORMATS) {
      r->sdp->truncated = TRUE;
      return;
    }
    guint i = r->media->n_formats++;
    r->media->formats[i].payload_type = (guint8)type;
    r->rtpmap[i] = r->fmtp[i] = es_slice(NULL, 0);
  }
}

// "audio 4376/2 RTP/AVP 0 8 101"
static void read_media(Reader *r, EsSlice value) {
  EsSlice kind, port, protocol;
  guint64 number = 0;
  end_media(r);
  r->skip = TRUE;
  if (r->sdp->n_media == ES_SDP_MAX_MEDIA) {
    r->sdp->truncated = TRUE;
    return;
  }
  if (!es_slice_word(&value, &kind) || !es_slice_word(&value, &port) || !es_slice_word(&value, &protocol))
    return;
  r->skip = FALSE;
  r->media = &r->sdp->media[r->sdp->n_media++];
  *r->media = (EsSdpMedia){.address = r->session.address,
                           .has_address = r->session.has_address,
                           .direction = r->session.direction,
                           .ptime_ms = r->session.ptime_ms,
                           .crypto = r->session.crypto,
                           .dtls = r->session.dtls};
  es_slice_number(port, G_MAXUINT16 + 1, &number);
  r->media->address.port = number <= G_MAXUINT16 ? (guint16)number : 0;
  clean_copy(kind, r->media->kind, sizeof r->media->kind);
  clean_copy(protocol, r->media->protocol, sizeof r->media->protocol);
  read_formats(r, value);
}

// "96 opus/48000/2": remembers the rest for the format that the number names.
static void read_format_attribute(Reader *r, EsSlice value, EsSlice by_format[ES_SDP_MAX_FORMATS]) {
  EsSlice word;
  guint64 type;
  if (!r->media || !es_slice_word(&value, &word) || !es_slice_number(word, 128, &type))
    return;
  for (guint i = 0; i < r->media->n_formats; i++)
    if (r->media->formats[i].payload_type == type && !by_format[i].at)
      by_format[i] = es_slice_trim(value);
}

static gboolean read_direction(Reader *r, EsSlice name) {
  static const char *const names[] = {[ES_SDP_SENDRECV] = "sendrecv",
                                      [ES_SDP_SENDONLY] = "sendonly",
                                      [ES_SDP_RECVONLY] = "recvonly",
                                      [ES_SDP_INACTIVE] = "inactive"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (es_slice_is(name, names[i])) {
      *(r->media ? &r->media->direction : &r->session.direction) = (EsSdpDirection)i;
      return TRUE;
    }
  return FALSE;
}

static void read_crypto(Reader *r, EsSlice value) {
  *(r->media ? &r->media->crypto : &r->session.crypto) = TRUE;
  if (r->media)
    r->media->n_keys += es_srtp_keys_parse(value.at, value.length, r->media->keys + r->media->n_keys,
                                           ES_SRTP_MAX_KEYS - r->media->n_keys);
}

static void read_fingerprint(Reader *r) {
  *(r->media ? &r->media->crypto : &r->session.crypto) = TRUE;
  *(r->media ? &r->media->dtls : &r->session.dtls) = TRUE;
}

// "53020" or "53020 IN IP4 126.16.64.4"; the address is taken to be that of the media.
static void read_rtcp(Reader *r, EsSlice value) {
  EsSlice word;
  guint64 port;
  if (es_slice_word(&value, &word) && es_slice_number(word, G_MAXUINT16, &port))
    r->media->rtcp_port = (guint16)port;
}

static void read_attribute(Reader *r, EsSlice value) {
  EsSlice name;
  guint64 number;
  if (!es_slice_cut(&value, ':', &name))
    return;
  name = es_slice_trim(name);
  value = es_slice_trim(value);
  if (read_direction(r, name))
    return;
  if (es_slice_is(name, "rtpmap"))
    read_format_attribute(r, value, r->rtpmap);
  else if (es_slice_is(name, "fmtp"))
    read_format_attribute(r, value, r->fmtp);
  else if (es_slice_is(name, "ptime") && es_slice_number(value, 1000, &number))
    *(r->media ? &r->media->ptime_ms : &r->session.ptime_ms) = (int)number;
  else if (es_slice_is(name, "rtcp-mux") && r->media)
    r->media->rtcp_mux = TRUE;
  else if (es_slice_is(name, "rtcp") && r->media)
    read_rtcp(r, value);
  else if (es_slice_is(name, "label") && r->media)
    clean_copy(value, r->media->label, sizeof r->media->label);
  else if (es_slice_is(name, "crypto"))
    read_crypto(r, value);
  else if (es_slice_is(name, "fingerprint"))
    read_fingerprint(r);
}

static void read_line(Reader *r, EsSlice line) {
  line = es_slice_trim(line);
  if (line.length < 2 || line.at[1] != '=')
    return;
  EsSlice value = es_slice_trim(es_slice(line.at + 2, line.length - 2));
  if (line.at[0] == 'm')
    read_media(r, value);
  else if (r->skip)
    return;
  else if (line.at[0] == 'v')
    r->version = r->version || es_slice_is(value, "0");
  else if (line.at[0] == 'o')
    read_origin(r, value);
  else if (line.at[0] == 'c')
    read_connection(r, value);
  else if (line.at[0] == 'a')
    read_attribute(r, value);
}

gboolean es_sdp_parse(const guint8 *text, gsize length, EsSdp *sdp) {
  EsSlice rest = es_slice(text, length), line;
  Reader reader = {.sdp = sdp};
  *sdp = (EsSdp){0};
  while (es_slice_cut(&rest, '\n', &line))
    read_line(&reader, line);
  end_media(&reader);
  return reader.version && sdp->n_media > 0;
}

const EsSdpMedia *es_sdp_audio(const EsSdp *sdp) {
  const EsSdpMedia *first = NULL;
  for (guint i = 0; i < sdp->n_media; i++) {
    const EsSdpMedia *media = &sdp->media[i];
    if (g_ascii_strcasecmp(media->kind, "audio") != 0)
      continue;
    if (media->address.port != 0)
      return media;
    first = first ? first : media;
  }
  return first;
}

EsSdp *es_sdp_keep(const EsSdp *sdp) {
  return g_memdup2(sdp, G_STRUCT_OFFSET(EsSdp, media) + sdp->n_media * sizeof sdp->media[0]);
}
