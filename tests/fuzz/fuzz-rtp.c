// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "fuzz.h"
#include "rtp.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsRtp rtp;
  gboolean good = es_rtp_parse(data, size, &rtp);
  g_assert_true(good == es_rtp_looks_like(data, size));
  g_assert_false(good && es_rtcp_looks_like(data, size));
  if (!good)
    return 0;
  assert_within(rtp.payload, rtp.length, data, size);
  assert_within(rtp.csrc, rtp.n_csrc * 4, data, size);
  for (guint i = 0; i < rtp.n_csrc; i++)
    es_rtp_csrc(&rtp, i);
  return 0;
}
