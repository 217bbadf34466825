// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "resampler.h"

#include "av-library.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

struct EsResampler {
  const EsAvLibrary *av;
  SwrContext *context;
  int rate_in_hz, rate_out_hz;
};

EsResampler *es_resampler_new(int rate_in_hz, int rate_out_hz, GError **error) {
  const EsAvLibrary *av = es_av_library(error);
  if (!av)
    return NULL;
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  SwrContext *context = NULL;
  int code = av->swr_alloc_set_opts2_(&context, &mono, AV_SAMPLE_FMT_S16, rate_out_hz, &mono,
                                      AV_SAMPLE_FMT_S16, rate_in_hz, 0, NULL);
  if (code < 0 || av->swr_init_(context) < 0) {
    av->swr_free_(&context);
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("cannot resample from %d to %d Hz"), rate_in_hz,
                rate_out_hz);
    return NULL;
  }
  EsResampler *resampler = g_new0(EsResampler, 1);
  resampler->av = av;
  resampler->context = context;
  resampler->rate_in_hz = rate_in_hz;
  resampler->rate_out_hz = rate_out_hz;
  return resampler;
}

void es_resampler_free(EsResampler *resampler) {
  if (!resampler)
    return;
  resampler->av->swr_free_(&resampler->context);
  g_free(resampler);
}

gboolean es_resampler_fits(const EsResampler *resampler, int rate_in_hz, int rate_out_hz) {
  return resampler && resampler->rate_in_hz == rate_in_hz && resampler->rate_out_hz == rate_out_hz;
}

int es_resampler_push(EsResampler *resampler, const gint16 *in, int n, gint16 *out, int room) {
  const guint8 *from = (const guint8 *)in;
  guint8 *to = (guint8 *)out;
  int got = resampler->av->swr_convert_(resampler->context, &to, room, &from, n);
  return MAX(got, 0);
}

int es_resampler_flush(EsResampler *resampler, gint16 *out, int room) {
  guint8 *to = (guint8 *)out;
  int got = resampler->av->swr_convert_(resampler->context, &to, room, NULL, 0);
  resampler->av->swr_init_(resampler->context); // keeps the filter, forgets the samples
  return MAX(got, 0);
}
