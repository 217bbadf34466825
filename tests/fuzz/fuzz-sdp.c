// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/sdp.h"
#include "fuzz.h"

static void check_media(const EsSdpMedia *media) {
  assert_clean(media->kind);
  assert_clean(media->protocol);
  assert_clean(media->label);
  g_assert_cmpuint(media->n_formats, <=, ES_SDP_MAX_FORMATS);
  for (guint i = 0; i < media->n_formats; i++) {
    g_assert_cmpuint(media->formats[i].payload_type, <=, 127);
    g_assert_cmpint(media->formats[i].codec.clock_hz, >, 0);
    assert_clean(media->formats[i].codec.name);
    assert_clean(media->formats[i].codec.fmtp);
  }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static EsSdp sdp;
  gboolean good = es_sdp_parse(data, size, &sdp);
  g_assert_cmpuint(sdp.n_media, <=, ES_SDP_MAX_MEDIA);
  g_assert_true(!good || sdp.n_media > 0);
  for (guint i = 0; i < sdp.n_media; i++)
    check_media(&sdp.media[i]);
  es_sdp_audio(&sdp);
  return 0;
}
