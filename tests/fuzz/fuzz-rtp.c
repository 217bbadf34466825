// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/rtp.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsRtp rtp;
  gboolean good = es_rtp_parse(data, size, &rtp);
  g_assert_false(good && es_rtcp_looks_like(data, size));
  if (!good)
    return 0;
  assert_within(rtp.payload, rtp.length, data, size);
  return 0;
}
