// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "earshot/wire/rtp.h"

#define FIXED "\x12\x34\x00\x00\x01\x40\xde\xad\xbe\xef" // sequence, timestamp, SSRC

static void test_packets(void) {
  static const struct {
    const char *data;
    gsize length;
    gboolean rtp, rtcp;
    const char *payload; // NULL: none
  } cases[] = {
      {"\x80\x00" FIXED "abc", 15, TRUE, FALSE, "abc"},
      {"\x80\x80" FIXED, 12, TRUE, FALSE, ""},
      {"\x82\x00" FIXED "\0\0\0\x01\0\0\0\x02"
       "abc",
       23, TRUE, FALSE, "abc"},
      {"\x82\x00" FIXED "\0\0\0\x01\0\0\0", 19, FALSE, FALSE, NULL},
      {"\x90\x00" FIXED "\xbe\xde\0\x01wordabc", 23, TRUE, FALSE, "abc"},
      {"\x90\x00" FIXED "\xbe\xde\0\0abc", 19, TRUE, FALSE, "abc"},
      {"\x90\x00" FIXED "\xbe\xde\0\x02wordabc", 23, FALSE, FALSE, NULL},
      {"\x90\x00" FIXED "\xbe\xde\0", 15, FALSE, FALSE, NULL},
      {"\xa0\x00" FIXED "ab\0\x02", 16, TRUE, FALSE, "ab"},
      {"\xa0\x00" FIXED "\0\0\0\x04", 16, TRUE, FALSE, ""},
      {"\xa0\x00" FIXED "abc\x05", 16, TRUE, FALSE, "abc\x05"}, // cannot be right
      {"\xa0\x00" FIXED, 12, TRUE, FALSE, ""},
      {"\x80\x00" FIXED, 11, FALSE, FALSE, NULL},
      {"\x40\x00" FIXED, 12, FALSE, FALSE, NULL},
      {"\x00\x00" FIXED, 12, FALSE, FALSE, NULL},
      {"\x80\xc8" FIXED, 12, FALSE, TRUE, NULL},          // sender report
      {"\x81\xc9" FIXED, 12, FALSE, TRUE, NULL},          // receiver report
      {"\x80\xc0" FIXED, 12, FALSE, TRUE, NULL},          // 192
      {"\x80\xdf" FIXED, 12, FALSE, TRUE, NULL},          // 223
      {"\x80\xbf" FIXED, 12, TRUE, FALSE, ""},            // marker and type 63
      {"\x80\xe0" FIXED, 12, TRUE, FALSE, ""},            // marker and type 96
      {"\x80\x48" FIXED, 12, TRUE, FALSE, ""},            // type 72 without marker
      {"\x80\xc9\0\x01\0\0\0\x01", 8, FALSE, TRUE, NULL}, // an empty receiver report
      {"\x80\xc9\0\x01", 4, FALSE, FALSE, NULL},
      {"", 0, FALSE, FALSE, NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree guint8 *exact = g_memdup2(cases[i].data, cases[i].length); // so that overruns are seen
    EsRtp rtp;
    g_test_message("case %u", i);
    g_assert_cmpint(es_rtp_parse(exact, cases[i].length, &rtp), ==, cases[i].rtp);
    g_assert_cmpint(es_rtcp_looks_like(exact, cases[i].length), ==, cases[i].rtcp);
    if (!cases[i].rtp)
      continue;
    g_assert_cmpuint(rtp.sequence, ==, 0x1234);
    g_assert_cmpuint(rtp.timestamp, ==, 0x140);
    g_assert_cmpuint(rtp.ssrc, ==, 0xdeadbeef);
    g_assert_cmpuint(rtp.payload_type | rtp.marker << 7, ==, (guint8)cases[i].data[1]);
    g_assert_cmpmem(rtp.payload, rtp.length, cases[i].payload, strlen(cases[i].payload));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/rtp/packets", test_packets);
  return g_test_run();
}
