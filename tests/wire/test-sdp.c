// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "earshot/wire/sdp.h"

static gboolean parse(const char *text, EsSdp *sdp) {
  return es_sdp_parse((const guint8 *)text, strlen(text), sdp);
}

static void assert_address(const EsSdpMedia *media, const char *wanted) {
  char text[ES_ADDRESS_TEXT_SIZE];
  g_assert_cmpint(media->has_address, ==, wanted != NULL);
  if (wanted)
    g_assert_cmpstr(es_address_format(&media->address, text), ==, wanted);
}

static void test_offer(void) {
  EsSdp sdp;
  g_assert_true(
      parse("v=0\r\no=- 17 42 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\n"
            "m=audio 4376/2 RTP/AVP 0 8 18 96 97 101\r\na=fmtp:96 maxplaybackrate=16000\r\n"
            "a=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
            "a=fmtp:18 annexb=no\r\na=ptime:30\r\na=label:1\r\n"
            "m=video 0 RTP/AVP 34\r\nc=IN IP6 2001:db8::9\r\na=inactive\r\n",
            &sdp));
  g_assert_cmpuint(sdp.session_version, ==, 42);
  g_assert_cmpuint(sdp.n_media, ==, 2);
  g_assert_false(sdp.truncated);
  const EsSdpMedia *audio = es_sdp_audio(&sdp), *video = &sdp.media[1];
  g_assert_true(audio == &sdp.media[0]);
  g_assert_cmpstr(audio->protocol, ==, "RTP/AVP");
  assert_address(audio, "192.0.2.1:4376");
  g_assert_cmpint(audio->direction, ==, ES_SDP_SENDONLY);
  g_assert_cmpint(audio->ptime_ms, ==, 30);
  g_assert_cmpstr(audio->label, ==, "1");
  g_assert_false(audio->crypto);
  static const struct {
    guint8 type;
    EsCodecId id;
    const char *fmtp;
  } formats[] = {{0, ES_CODEC_PCMU, ""},           {8, ES_CODEC_PCMA, ""},
                 {18, ES_CODEC_G729, "annexb=no"}, {96, ES_CODEC_OPUS, "maxplaybackrate=16000"},
                 {97, ES_CODEC_UNKNOWN, ""},       {101, ES_CODEC_TELEPHONE_EVENT, "0-16"}};
  g_assert_cmpuint(audio->n_formats, ==, G_N_ELEMENTS(formats));
  for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
    g_assert_cmpuint(audio->formats[i].payload_type, ==, formats[i].type);
    g_assert_cmpint(audio->formats[i].codec.id, ==, formats[i].id);
    g_assert_cmpstr(audio->formats[i].codec.fmtp, ==, formats[i].fmtp);
    g_assert_cmpint(audio->formats[i].codec.clock_hz, >, 0);
  }
  assert_address(video, "[2001:db8::9]:0");
  g_assert_cmpint(video->direction, ==, ES_SDP_INACTIVE);
}

static void test_labels(void) {
  EsSdp sdp;
  g_assert_true(parse("v=0\ns=-\nm=audio 9 RTP/AVP 0\na=label:0\na=direction:both\nm=audio 9 RTP/AVP "
                      "0\na=label: 16777227 \na=sendonly \n"
                      "m=audio 9 RTP/AVP 0\na=inactive\na=label:a_leg\n",
                      &sdp));
  static const struct {
    const char *label;
    EsSdpDirection direction;
  } wanted[] = {{"0", ES_SDP_SENDRECV}, {"16777227", ES_SDP_SENDONLY}, {"a_leg", ES_SDP_INACTIVE}};
  g_assert_cmpuint(sdp.n_media, ==, G_N_ELEMENTS(wanted));
  for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
    g_assert_cmpstr(sdp.media[i].label, ==, wanted[i].label);
    g_assert_cmpint(sdp.media[i].direction, ==, wanted[i].direction);
  }
}

static void test_refused_lines(void) {
  EsSdp sdp;
  g_assert_true(parse("v=0\nm=audio 0 RTP/SAVP 0\nm=video 8 RTP/AVP 31\nm=audio 9 RTP/AVP 0\n", &sdp));
  g_assert_true(es_sdp_audio(&sdp) == &sdp.media[2]);
  g_assert_true(parse("v=0\nm=audio 0 RTP/SAVP 0\nm=audio 0 RTP/AVP 0\n", &sdp));
  g_assert_true(es_sdp_audio(&sdp) == &sdp.media[0]);
}

static void test_rtpmap_beats_the_table(void) {
  EsSdp sdp;
  g_assert_true(parse("v=0\nm=audio 2 RTP/AVP 8\na=rtpmap:8 G722/8000\n", &sdp));
  g_assert_cmpint(sdp.media[0].formats[0].codec.id, ==, ES_CODEC_G722);
}

static void test_addresses(void) {
  static const struct {
    const char *lines, *address;
  } cases[] = {
      {"c=IN IP4 192.0.2.1\nm=audio 9 RTP/AVP 0\n", "192.0.2.1:9"},
      {"c=IN IP4 192.0.2.1\nm=audio 9 RTP/AVP 0\nc=IN IP4 192.0.2.2\n", "192.0.2.2:9"},
      {"m=audio 9 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", "0.0.0.0:9"},
      {"c=IN IP4 224.2.1.1/127/3\nm=audio 9 RTP/AVP 0\n", "224.2.1.1:9"},
      {"c=IN IP6 2001:db8::1\nm=audio 9 RTP/AVP 0\n", "[2001:db8::1]:9"},
      {"c=IN IP4 phone.example\nm=audio 9 RTP/AVP 0\n", NULL},
      {"m=audio 9 RTP/AVP 0\n", NULL},
      {"c=IN IP4\nm=audio 9 RTP/AVP 0\n", NULL},
      {"c=IN IP4 192.0.2.1\nm=audio 65536 RTP/AVP 0\n", "192.0.2.1:0"},
      {"c=IN IP4 192.0.2.1\nm=audio -1 RTP/AVP 0\n", "192.0.2.1:0"},
      {"c=IN IP4 192.0.2.1\nm=audio many RTP/AVP 0\n", "192.0.2.1:0"},
      {"c=IN IP4 192.0.2.1 \t\n  m=audio   9  RTP/AVP  0 \n", "192.0.2.1:9"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strconcat("v=0\n", cases[i].lines, NULL);
    EsSdp sdp;
    g_test_message("%s", text);
    g_assert_true(parse(text, &sdp));
    assert_address(&sdp.media[0], cases[i].address);
  }
}

static void test_attributes(void) {
  static const struct {
    const char *session, *media;
    EsSdpDirection direction;
    gboolean crypto, dtls;
    guint n_keys;
  } cases[] = {
      {"", "", ES_SDP_SENDRECV, FALSE, FALSE, 0},
      {"a=recvonly\n", "", ES_SDP_RECVONLY, FALSE, FALSE, 0},
      {"a=recvonly\n", "a=sendrecv\n", ES_SDP_SENDRECV, FALSE, FALSE, 0},
      {"", "a=SendOnly\n", ES_SDP_SENDONLY, FALSE, FALSE, 0},
      {"a=fingerprint:sha-256 AB:CD\n", "", ES_SDP_SENDRECV, TRUE, TRUE, 0},
      {"", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\n", ES_SDP_SENDRECV, TRUE, FALSE, 1},
      {"",
       "a=crypto:x\na=crypto:1 A inline:x\na=crypto:2 B inline:x\na=Crypto:3 C inline:x;inline:y\na=crypto:4 "
       "D inline:x\n",
       ES_SDP_SENDRECV, TRUE, FALSE, ES_SRTP_MAX_KEYS},
      {"a=\n", "a=:\na=direction:both\na=rtcp-mux\na=ptime:\na=rtpmap:\na=rtpmap:0\na=fmtp:x\n",
       ES_SDP_SENDRECV, FALSE, FALSE, 0},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text =
        g_strconcat("v=0\n", cases[i].session, "m=audio 9 RTP/AVP 0\n", cases[i].media, NULL);
    EsSdp sdp;
    g_test_message("%s", text);
    g_assert_true(parse(text, &sdp));
    g_assert_cmpint(sdp.media[0].direction, ==, cases[i].direction);
    g_assert_cmpint(sdp.media[0].crypto, ==, cases[i].crypto);
    g_assert_cmpint(sdp.media[0].dtls, ==, cases[i].dtls);
    g_assert_cmpuint(sdp.media[0].n_keys, ==, cases[i].n_keys);
    g_assert_cmpint(sdp.media[0].formats[0].codec.id, ==, ES_CODEC_PCMU);
  }
}

static void test_origin(void) {
  static const struct {
    const char *origin;
    guint64 version;
  } cases[] = {
      {"- 1 7 IN IP4 h", 7},
      {"two words 1 8 IN IP4 h", 8},
      {"- 1 x IN IP4 h", 0},
      {"short", 0},
      {"IN IP4 h", 0},
      {"- 1 99999999999999999999999 IN IP4 h", G_MAXUINT64},
      {"- 1 18446744073709551615 IN IP4 h", G_MAXUINT64},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strconcat("v=0\no=", cases[i].origin, "\nm=audio 9 RTP/AVP 0\n", NULL);
    EsSdp sdp;
    g_assert_true(parse(text, &sdp));
    g_assert_cmpuint(sdp.session_version, ==, cases[i].version);
  }
}

static void test_refused(void) {
  static const char *const cases[] = {"",
                                      "v=0",
                                      "v=0\r\ns=-\r\n",
                                      "m=audio 9 RTP/AVP 0\r\n",
                                      "v=1\nm=a 1 b 0",
                                      "v=0\nm=",
                                      "v=0\nm=audio 9",
                                      "<xml/>"};
  EsSdp sdp;
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_false(parse(cases[i], &sdp));
}

static void test_bounds(void) {
  g_autoptr(GString) many = g_string_new("v=0\n"), wide = g_string_new("v=0\nm=audio 9 RTP/AVP");
  EsSdp sdp;
  for (int i = 0; i < 40; i++)
    g_string_append_printf(many, "m=audio %d RTP/AVP 0\na=label:%d\n", 2 + i, i);
  g_assert_true(parse(many->str, &sdp));
  g_assert_true(sdp.truncated);
  g_assert_cmpuint(sdp.n_media, ==, ES_SDP_MAX_MEDIA);
  g_assert_cmpstr(sdp.media[ES_SDP_MAX_MEDIA - 1].label, ==, "15"); // lines of what is left out touch nothing
  for (int i = 0; i < 128; i++)
    g_string_append_printf(wide, " %d", i);
  g_assert_true(parse(wide->str, &sdp));
  g_assert_true(sdp.truncated);
  g_assert_cmpuint(sdp.media[0].n_formats, ==, ES_SDP_MAX_FORMATS);
}

// A label of 63 bytes would end inside a two-byte letter; long lines are cut, never overrun.
static void test_long_values(void) {
  g_autoptr(GString) text = g_string_new("v=0\nm=audio 9 RTP/AVP 0\na=label:x");
  EsSdp sdp;
  for (int i = 0; i < 4000; i++)
    g_string_append(text, "ص");
  g_string_append(text, "\na=fmtp:0 ");
  for (int i = 0; i < 4000; i++)
    g_string_append(text, "y");
  g_assert_true(parse(text->str, &sdp));
  g_assert_cmpuint(strlen(sdp.media[0].label), ==, 63);
  g_assert_true(g_utf8_validate(sdp.media[0].label, -1, NULL));
  g_assert_cmpuint(strlen(sdp.media[0].formats[0].codec.fmtp), ==,
                   sizeof sdp.media[0].formats[0].codec.fmtp - 1);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sdp/offer", test_offer);
  g_test_add_func("/sdp/labels", test_labels);
  g_test_add_func("/sdp/refused-lines", test_refused_lines);
  g_test_add_func("/sdp/rtpmap-beats-the-table", test_rtpmap_beats_the_table);
  g_test_add_func("/sdp/addresses", test_addresses);
  g_test_add_func("/sdp/attributes", test_attributes);
  g_test_add_func("/sdp/origin", test_origin);
  g_test_add_func("/sdp/refused", test_refused);
  g_test_add_func("/sdp/bounds", test_bounds);
  g_test_add_func("/sdp/long-values", test_long_values);
  return g_test_run();
}
