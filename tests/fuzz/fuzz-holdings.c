// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a recorder says that it and its recording server hold, line by line; what was understood is written
// and read again.
#include "border.h"
#include "fuzz.h"
#include "siprec-peer.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
  g_autofree char *text = g_strndup((const char *)data, size);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_autoptr(EsHoldings) holdings = es_holdings_new(), again = es_holdings_new();
  EsSiprecPeer *peer = es_siprec_peer_new();
  for (char **line = lines; *line; line++)
    if (!es_holdings_read(holdings, *line, ES_US_PER_S))
      es_siprec_peer_read(peer, *line);
  g_autoptr(GString) written = g_string_new(NULL);
  guint n = es_holdings_write(holdings, written), read = 0;
  n += es_siprec_peer_write(peer, written);
  g_auto(GStrv) copies = g_strsplit(written->str, "\n", -1);
  for (char **line = copies; *line; line++)
    read += es_holdings_read(again, *line, ES_US_PER_S) || es_siprec_peer_read(peer, *line);
  g_assert_cmpuint(read, ==, n);
  es_siprec_peer_free(peer);
  return 0;
}
