// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Codecs as SDP and RTP name them, and decoders from RTP payloads to 16-bit samples.
#pragma once

#include <glib.h>

typedef enum {
  ES_CODEC_UNKNOWN, // named, but nothing here decodes it
  ES_CODEC_PCMU,
  ES_CODEC_PCMA,
  ES_CODEC_G722,
  ES_CODEC_G729,
  ES_CODEC_GSM,
  ES_CODEC_OPUS,
  ES_CODEC_ILBC,
  ES_CODEC_SPEEX,
  ES_CODEC_G726, // the name says how many bits and which packing
  ES_CODEC_G723, // G.723.1
  ES_CODEC_AMR,
  ES_CODEC_AMR_WB,
  ES_CODEC_L16,
  ES_CODEC_DVI4,
  ES_CODEC_CN,              // comfort noise, RFC 3389
  ES_CODEC_TELEPHONE_EVENT, // RFC 4733: never audio
} EsCodecId;

typedef struct {
  EsCodecId id;
  char name[24]; // as in the rtpmap; the static types' names from RFC 3551 section 6
  int clock_hz;  // of RTP timestamps; 8000 for G.722 though its audio is 16 kHz (RFC 3551 section 4.5.2)
  int rate_hz; // of the audio we decode to: any of 8000-48000 for L16 and DVI4, else one that a file may have
               // (Opus: 48000 unless fmtp bounds it)
  int channels;   // as announced; decoders always give mono
  char fmtp[192]; // format parameters, "" if none; longer ones are cut
} EsCodec;

// RFC 3551 section 6 static types, audio and video, plus Cisco's CN on 19. FALSE if the number has no static
// meaning.
gboolean es_codec_from_payload_type(guint payload_type, EsCodec *codec);
// "opus/48000/2" with its fmtp value or NULL. Names are compared without case. FALSE only for text without a
// name or rate; an unknown name gives ES_CODEC_UNKNOWN.
gboolean es_codec_from_rtpmap(const char *rtpmap, const char *fmtp, EsCodec *codec);
// The number after "key=" in the format parameters, 0 if there is none.
int es_codec_parameter(const EsCodec *codec, const char *key);
gboolean es_codec_same(const EsCodec *a, const EsCodec *b);
gboolean es_codec_is_audio(const EsCodec *codec); // not events, not comfort noise

typedef struct EsDecoder EsDecoder;

// A decoder for one stream. G.711, G.726, DVI4 and L16 by our own hand, Opus by libopus (to codec->rate_hz),
// the rest by libavcodec.
// ES_ERROR_UNSUPPORTED names the codec when there is none. Not thread-safe; one owner.
EsDecoder *es_decoder_new(const EsCodec *codec, GError **error);
void es_decoder_free(EsDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsDecoder, es_decoder_free)
int es_decoder_rate_hz(const EsDecoder *decoder);

#define ES_DECODER_MAX_SAMPLES 5760 // 120 ms at 48 kHz, the most that one payload may hold

// Decodes one RTP payload into mono samples. Returns how many, 0 for a payload that holds none (a SID frame
// gives comfort noise instead), -1 for one that does not decode. Never allocates an error: this is the packet
// path.
int es_decoder_decode(EsDecoder *decoder, const guint8 *payload, gsize length,
                      gint16 samples[ES_DECODER_MAX_SAMPLES]);
// Forget what came before (after a gap or a change of SSRC).
void es_decoder_reset(EsDecoder *decoder);
