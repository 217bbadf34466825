// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "earshot/wire/sdp.h"

static void test_bodies(void) {
  static const struct {
    const char *type, *body;
    guint n;
    struct {
      const char *type, *disposition, *data;
    } parts[3];
  } cases[] = {
      {"application/SDP; x=y", "v=0", 1, {{"application/sdp", "", "v=0"}}},
      {"", "v=0", 1, {{"", "", "v=0"}}},
      {"multipart/mixed;boundary=b", "", 0, {{0}}},
      {"multipart/mixed;boundary=b",
       "--b\r\nContent-Type: "
       "application/sdp\r\n\r\nv=0\r\n\r\n--b\r\nContent-Type:Application/RS-Metadata+xml;a=b\r\n"
       "Content-Disposition: recording-session;handling=optional\r\n\r\n<x/>\r\n--b--\r\nepilogue",
       2,
       {{"application/sdp", "", "v=0\r\n"}, {"application/rs-metadata+xml", "recording-session", "<x/>"}}},
      {"Multipart/Mixed; charset=x ; BOUNDARY=\"a b\"; y=z",
       "preamble\n--a b  \ncontent-type:application/sdp\n\nv=0\n--a b--",
       1,
       {{"application/sdp", "", "v=0"}}},
      {"multipart/mixed;boundary=b", "--b\nContent-Type: a/b\n\nno end\n", 1, {{"a/b", "", "no end\n"}}},
      {"multipart/mixed;boundary=b", "--b\n\nplain\n--bb\n--b--", 1, {{"text/plain", "", "plain\n--bb"}}},
      {"multipart/mixed;boundary=b",
       "--b\nContent-Type: a/b\n--b\n\n--b--",
       2,
       {{"a/b", "", ""}, {"text/plain", "", ""}}},
      {"multipart/mixed;boundary=b", "nothing\nhere", 0, {{0}}},
      {"multipart/mixed", "\r\n--b\r\n\r\nx\r\n--b-- ", 1, {{"text/plain", "", "x"}}},
      {"multipart/mixed;x=\"a;boundary=c\";boundary=\"b;d\"",
       "--b;d\n\nx\n--c\n\ny\n--b;d--",
       1,
       {{"text/plain", "", "x\n--c\n\ny"}}},
      {"multipart/mixed;boundary=b",
       "--b\r\nContent-Type: multipart/related; "
       "boundary=c\r\n\r\n--c\r\nContent-Type:a/b\r\nContent-Length:1\r\n\r\nx\r\n--c--\r\n"
       "--b\r\nContent-Disposition:signal;handling=optional\r\nContent-Type:application/gtd\r\n\r\nIAM,\r\n",
       2,
       {{"a/b", "", "x"}, {"application/gtd", "signal", "IAM,\r\n"}}},
      {"multipart/mixed", "no line is a delimiter\n--\n", 0, {{0}}},
      {"multipart/mixed;boundary=", "--\n\nx\n----", 0, {{0}}},
      {"multipart/mixed;boundary=\"", "--\n\nx", 0, {{0}}},
      {"multipart/mixed;boundary=b", "--b", 0, {{0}}},
      {"multipart/mixed;boundary=b", "--b--\n--b\n\nx", 0, {{0}}},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsBodyPart parts[ES_MAX_PARTS];
    g_test_message("%u: %s", i, cases[i].type);
    guint n = es_multipart_split(cases[i].type, (const guint8 *)cases[i].body, strlen(cases[i].body), parts);
    g_assert_cmpuint(n, ==, cases[i].n);
    for (guint p = 0; p < n; p++) {
      g_assert_cmpstr(parts[p].content_type, ==, cases[i].parts[p].type);
      g_assert_cmpstr(parts[p].disposition, ==, cases[i].parts[p].disposition);
      g_assert_cmpmem(parts[p].data, parts[p].length, cases[i].parts[p].data, strlen(cases[i].parts[p].data));
    }
  }
}

static void test_bounds(void) {
  g_autoptr(GString) body = g_string_new(NULL);
  EsBodyPart parts[ES_MAX_PARTS];
  for (int i = 0; i < 100; i++)
    g_string_append_printf(body, "--b\r\nContent-Type: %0200d\r\n\r\n%d\r\n", i, i);
  guint n = es_multipart_split("multipart/mixed;boundary=b", (const guint8 *)body->str, body->len, parts);
  g_assert_cmpuint(n, ==, ES_MAX_PARTS);
  g_assert_cmpmem(parts[n - 1].data, parts[n - 1].length, "15", 2);
  g_assert_cmpuint(strlen(parts[0].content_type), ==, sizeof parts[0].content_type - 1);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/multipart/bodies", test_bodies);
  g_test_add_func("/multipart/bounds", test_bounds);
  return g_test_run();
}
