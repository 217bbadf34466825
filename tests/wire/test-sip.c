// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/sip-address.h"
#include "earshot/wire/sip.h"

#include <string.h>

#define HEAD                                                                                                 \
  "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n"                 \
  "Call-ID: c@x\r\nCSeq: 1 INVITE\r\n"

static EsSipMessage *parse(const char *text) {
  return es_sip_parse((const guint8 *)text, strlen(text));
}

static EsSipMessage *parse_with(const char *from) {
  g_autofree char *text =
      g_strdup_printf("INVITE sip:b@x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: %s\r\n"
                      "To: <sip:b@x>\r\nCall-ID: c@x\r\nCSeq: 1 INVITE\r\n\r\n",
                      from);
  return parse(text);
}

static void test_request(void) {
  static const char text[] = "INVITE sip:2002@pbx.example:5060;transport=udp SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst,\r\n"
                             "  SIP/2.0/UDP 192.0.2.11;branch=z9hG4bKsecond\r\n"
                             "Max-Forwards: 70\r\n"
                             "From: \"Mona \\\"M\\\" Said\" <sip:2001@pbx.example;user=phone>;tag=t-1\r\n"
                             "To: <sip:2002@pbx.example>\r\n"
                             "Call-ID: 77ab@192.0.2.10\r\n"
                             "CSeq: 4711 INVITE\r\n"
                             "X-Queue: sales,\r\n\t second line\r\n"
                             "Content-Type: application/sdp\r\n"
                             "Content-Length: 5\r\n\r\nv=0\r\n";
  g_autoptr(EsSipMessage) m = parse(text);
  gsize length;
  g_assert_nonnull(m);
  g_assert_true(es_sip_is_request(m));
  g_assert_cmpstr(es_sip_method(m), ==, "INVITE");
  g_assert_cmpint(es_sip_status(m), ==, 0);
  g_assert_cmpuint(es_sip_cseq(m), ==, 4711);
  g_assert_cmpstr(es_sip_call_id(m), ==, "77ab@192.0.2.10");
  g_assert_cmpstr(es_sip_request_uri(m), ==, "sip:2002@pbx.example:5060;transport=udp");
  g_assert_cmpstr(es_sip_branch(m), ==, "z9hG4bKfirst");
  g_assert_cmpstr(es_sip_from(m)->uri, ==, "sip:2001@pbx.example;user=phone");
  g_assert_cmpstr(es_sip_from(m)->user, ==, "2001");
  g_assert_cmpstr(es_sip_from(m)->host, ==, "pbx.example");
  g_assert_cmpstr(es_sip_from(m)->display, ==, "Mona \"M\" Said");
  g_assert_cmpstr(es_sip_from(m)->tag, ==, "t-1");
  g_assert_null(es_sip_to(m)->tag);
  g_assert_null(es_sip_to(m)->display);
  g_assert_cmpstr(es_sip_header(m, "x-queue"), ==, "sales,   second line");
  g_assert_null(es_sip_header(m, "X-Absent"));
  g_assert_cmpstr(es_sip_content_type(m), ==, "application/sdp");
  g_assert_cmpmem(es_sip_body(m, &length), length, "v=0\r\n", 5);
}

static void test_response(void) {
  g_autoptr(EsSipMessage) m = parse("SIP/2.0 486 Busy Here\r\n" HEAD "\r\n");
  gsize length;
  g_assert_nonnull(m);
  g_assert_false(es_sip_is_request(m));
  g_assert_cmpint(es_sip_status(m), ==, 486);
  g_assert_cmpstr(es_sip_method(m), ==, "INVITE");
  g_assert_null(es_sip_request_uri(m));
  g_assert_cmpstr(es_sip_content_type(m), ==, "");
  g_assert_null(es_sip_body(m, &length));
  g_assert_cmpuint(length, ==, 0);
}

static void test_compact_names(void) {
  g_autoptr(EsSipMessage) m =
      parse("BYE sip:b@x SIP/2.0\nv:SIP/2.0/UDP h;branch=z9hG4bK1\nf : sip:a@x;tag=9\n"
            "t: sip:b@x\ni:id-7\nCSEQ: 2 BYE\nc: application/sdp\nl:3\n\nabcdef");
  gsize length;
  g_assert_nonnull(m);
  g_assert_cmpstr(es_sip_call_id(m), ==, "id-7");
  g_assert_cmpstr(es_sip_from(m)->tag, ==, "9");
  g_assert_cmpstr(es_sip_branch(m), ==, "z9hG4bK1");
  g_assert_cmpstr(es_sip_header(m, "Content-Type"), ==, "application/sdp");
  g_assert_cmpstr(es_sip_header(m, "C"), ==, "application/sdp");
  g_assert_cmpstr(es_sip_header(m, "call-id"), ==, "id-7");
  g_assert_cmpmem(es_sip_body(m, &length), length, "abc", 3);
}

static void test_parties(void) {
  static const struct {
    const char *value, *uri, *user, *host, *display, *tag;
  } cases[] = {
      {"sip:ann@x;tag=5", "sip:ann@x", "ann", "x", NULL, "5"},
      {"<sip:x.example>", "sip:x.example", "x.example", "x.example", NULL, NULL},
      {"Ann Lee <sip:ann@x>;tag=5;p=1", "sip:ann@x", "ann", "x", "Ann Lee", "5"},
      {"\"Lee, Ann\" <sip:ann@x:5070>", "sip:ann@x:5070", "ann", "x", "Lee, Ann", NULL},
      {"\"\" <sip:ann@x>", "sip:ann@x", "ann", "x", NULL, NULL},
      {"<sip:ann@[2001:db8::1]:5060>", "sip:ann@[2001:db8::1]:5060", "ann", "[2001:db8::1]", NULL, NULL},
      {"<sips:%61nn%20lee@x>", NULL, "ann lee", "x", NULL, NULL},
      {"<sip:a%00b%0d%0ac@x>", NULL, "abc", "x", NULL, NULL},
      {"<sip:%d9%85%d9%86%d9%89@x>", NULL, "منى", "x", NULL, NULL},
      {"<sip:%ff@x>", NULL, "\xef\xbf\xbd", "x", NULL, NULL},
      {"<sip:+2025550100;ext=7@x;user=phone>", NULL, "+2025550100", "x", NULL, NULL},
      {"<sip:ann;day=tuesday@x>", NULL, "ann;day=tuesday", "x", NULL, NULL},
      {"<sip:ann:secret@x>", NULL, "ann", "x", NULL, NULL},
      {"<tel:+20-2-555-0100>;tag=3", "tel:+20-2-555-0100", "+2025550100", "", NULL, "3"},
      {"<tel:(02).555;phone-context=+20>", "tel:(02).555;phone-context=+20", "02555", "", NULL, NULL},
      {"<urn:service:sos>", NULL, "service", "service", NULL, NULL},
      // In the field, not in the grammar.
      {"Lee, Ann <sip:ann@x>;tag=5", "sip:ann@x", "ann", "x", "Lee, Ann", "5"},
      {"منى سعيد <sip:ann@x>;tag=5", "sip:ann@x", "ann", "x", "منى سعيد", "5"},
      {"\"منى سعيد\" <sip:ann@x>", "sip:ann@x", "ann", "x", "منى سعيد", NULL},
      {"\"Ann\xff\" <sip:ann@x>", "sip:ann@x", "ann", "x", "Ann\xef\xbf\xbd", NULL},
      {"\"A\x01n\x7fn \xe2\x80\xae"
       "eel\" <sip:ann@x>",
       "sip:ann@x", "ann", "x", "Ann eel", NULL},
      {"\"Ann <sip:ann@x>;tag=7", "sip:ann@x", "ann", "x", "\"Ann", "7"},
      {"ann", "ann", "ann", "ann", NULL, NULL},
      {"<sip:ann@x", NULL, "ann", "x", NULL, NULL},
      {"<\"Ann\x1b[31m\" <sip:ann@x>>;tag=7", "sip:ann@x", "ann", "x", "Ann[31m", "7"},
      {"< sip:ann@x >;tag=7", "sip:ann@x", "ann", "x", NULL, "7"},
      {"<sip:anonymous@anonymous.invalid>;tag=1", NULL, "anonymous", "anonymous.invalid", NULL, "1"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *shown = g_strescape(cases[i].value, NULL);
    g_test_message("%s", shown);
    g_autoptr(EsSipMessage) m = parse_with(cases[i].value);
    g_assert_nonnull(m);
    if (cases[i].uri)
      g_assert_cmpstr(es_sip_from(m)->uri, ==, cases[i].uri);
    g_assert_cmpstr(es_sip_from(m)->user, ==, cases[i].user);
    g_assert_cmpstr(es_sip_from(m)->host, ==, cases[i].host);
    g_assert_cmpstr(es_sip_from(m)->display, ==, cases[i].display);
    g_assert_cmpstr(es_sip_from(m)->tag, ==, cases[i].tag);
  }
}

static void test_body_length(void) {
  static const struct {
    const char *length_line, *body;
  } cases[] = {
      {"", "0123456789"},
      {"Content-Length: 10\r\n", "0123456789"},
      {"Content-Length: 4\r\n", "0123"},
      {"Content-Length: 0\r\n", ""},
      {"Content-Length: 99\r\n", "0123456789"},
      {"Content-Length: -1\r\n", "0123456789"},
      {"Content-Length: many\r\n", "0123456789"},
      {"Content-Length: 99999999999999999999999\r\n", "0123456789"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text =
        g_strconcat("INVITE sip:b@x SIP/2.0\r\n" HEAD, cases[i].length_line, "\r\n0123456789", NULL);
    g_autoptr(EsSipMessage) m = parse(text);
    gsize length;
    const guint8 *body = es_sip_body(m, &length);
    g_assert_cmpmem(body, length, cases[i].body, strlen(cases[i].body));
  }
}

// What a passive listener must read all the same.
static void test_lenient(void) {
  static const char *const cases[] = {
      "\r\n\r\nINVITE sip:b@x SIP/2.0\r\n" HEAD "\r\n",
      "INVITE sip:b@x SIP/2.0\r\nDate: Friday the thirteenth\r\nContact: <<<>\r\nExpires: never\r\n" HEAD
      "\r\n",
      "INVITE sip:b@x SIP/2.0\r\nno colon here\r\n: no name\r\n" HEAD "\r\n",
      "INVITE   sip:b@x; lr   SIP/2.0  \r\n" HEAD "\r\n",
      "INVITE <sip:b@x> SIP/2.0\r\n" HEAD "\r\n",
      "INVITE sip:b@x SIP/2.0\r\n" HEAD, // cut off before its empty line
      "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c@x\r\nCSeq: 1 "
      "INVITE\r\n\r\n",
      "INVITE sip:b@x SIP/2.0\r\nVia: total nonsense,,,;;\r\n" HEAD "\r\n",
      "sip/2.0 200\r\n" HEAD "\r\n",
      "INVITE sip:b@x SIP/2.0\r\nFrom\r\n : <sip:a@x>\r\nTo:\r\n <sip:b@x>\r\nCall-ID:\r\n\tc@x\r\nCSeq: "
      "1\r\n "
      " INVITE\r\n\r\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_test_message("%s", cases[i]);
    g_autoptr(EsSipMessage) m = parse(cases[i]);
    g_assert_nonnull(m);
    g_assert_cmpstr(es_sip_call_id(m), ==, "c@x");
    g_assert_cmpstr(es_sip_from(m)->user, ==, "a");
    g_assert_cmpstr(es_sip_to(m)->user, ==, "b");
    g_assert_cmpstr(es_sip_method(m), ==, "INVITE");
  }
}

static void test_refused(void) {
  static const char *const cases[] = {
      "",
      "\r\n\r\n",
      "hello",
      "INVITE",
      "INVITE sip:b@x HTTP/1.1\r\n" HEAD "\r\n",
      "SIP/2.0 20 OK\r\n" HEAD "\r\n",
      "SIP/2.0 2000 OK\r\n" HEAD "\r\n",
      "SIP/2.0 042 OK\r\n" HEAD "\r\n",
      "INV@TE sip:b@x SIP/2.0\r\n" HEAD "\r\n",
      "INVITE sip:b@x SIP/2.0\r\n\r\n" HEAD,
      "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>\r\nTo: <sip:b@x>\r\nCSeq: 1 INVITE\r\n\r\n",
      "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>\r\nTo: <sip:b@x>\r\nCall-ID:\r\nCSeq: 1 INVITE\r\n\r\n",
      "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>\r\nCall-ID: c@x\r\nCSeq: 1 INVITE\r\n\r\n",
      "INVITE sip:b@x SIP/2.0\r\nFrom: <>\r\nTo: <sip:b@x>\r\nCall-ID: c@x\r\nCSeq: 1 INVITE\r\n\r\n",
      "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>\r\nTo: <sip:b@x>\r\nCall-ID: c@x\r\n\r\n",
      "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>\r\nTo: <sip:b>\r\nCall-ID: c\r\nCSeq: 4294967296 A\r\n\r\n",
      "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>\r\nTo: <sip:b@x>\r\nCall-ID: c@x\r\nCSeq: INVITE\r\n\r\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_test_message("%s", cases[i]);
    g_assert_null(parse(cases[i]));
  }
}

static void test_looks_like(void) {
  static const struct {
    const char *text;
    gboolean sip;
  } cases[] = {
      {"INVITE sip:b@x SIP/2.0\r\n", TRUE},
      {"SIP/2.0 100 Trying\r\n", TRUE},
      {"\r\n\r\nBYE sip:b@x SIP/2.0\n", TRUE},
      {"OPTIONS sip:b@x SIP/2.0  \r\n", TRUE},
      {"\r\n\r\n", FALSE},
      {"hello\n", FALSE},
      {"GET / HTTP/1.1\r\n", FALSE},
      {"SIP/2.0\r\n", FALSE},
      {"INVITE sip:b@x SIP/2.0", FALSE}, // no line end
      {"INVITE sip:b@xSIP/2.0\r\n", FALSE},
      {"", FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpint(es_sip_looks_like((const guint8 *)cases[i].text, strlen(cases[i].text)), ==,
                    cases[i].sip);
  static const guint8 rtp[] = {0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, '\n'};
  g_assert_false(es_sip_looks_like(rtp, sizeof rtp));
}

static void test_embedded_nul(void) {
  static const char text[] = "INVITE sip:b@x SIP/2.0\r\nSubject: one\0two\r\n" HEAD "\r\na\0b";
  g_autoptr(EsSipMessage) m = es_sip_parse((const guint8 *)text, sizeof text - 1);
  gsize length;
  g_assert_cmpstr(es_sip_header(m, "s"), ==, "onetwo");
  g_assert_cmpmem(es_sip_body(m, &length), length, "a\0b", 3);
}

// Thousands of header lines are bounded, and what a dialog needs is found before the bound.
static void test_many_headers(void) {
  g_autoptr(GString) text = g_string_new("INVITE sip:b@x SIP/2.0\r\n" HEAD);
  for (int i = 0; i < 3000; i++)
    g_string_append_printf(text, "X-%d: %d\r\n", i, i);
  g_string_append(text, "\r\n");
  g_autoptr(EsSipMessage) m = parse(text->str);
  g_assert_nonnull(m);
  g_assert_cmpstr(es_sip_header(m, "X-100"), ==, "100");
  g_assert_null(es_sip_header(m, "X-2999"));
}

static void test_writer(void) {
  const struct {
    const char *via, *writer, *branch;
  } cases[] = {
      {"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport", "192.0.2.1:5060", "z9hG4bKa"},
      {"SIP/2.0/UDP a;x=\"1,\\\",2\";branch=1, SIP / 2.0 / TLS [2001:db8::1]:5061 ;branch=z9@b",
       "[2001:db8::1]:5061", "z9@b"},
      {"SIP/2.0/UDP h", "h", NULL},
      {"SIP/2.0/UDP a;branch=1,", NULL, NULL},
      {"SIP/2.0/UDP", NULL, NULL},
      {"SIP/2.0/UDP ;branch=1", NULL, NULL},
      {"nonsense", NULL, NULL},
      {"", NULL, NULL},
      {"\"\\", NULL, NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *branch = NULL;
    g_autofree char *writer = es_sip_via_writer(cases[i].via, &branch);
    g_assert_cmpstr(writer, ==, cases[i].writer);
    g_assert_cmpstr(branch, ==, cases[i].branch);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sip/request", test_request);
  g_test_add_func("/sip/response", test_response);
  g_test_add_func("/sip/compact-names", test_compact_names);
  g_test_add_func("/sip/parties", test_parties);
  g_test_add_func("/sip/body-length", test_body_length);
  g_test_add_func("/sip/lenient", test_lenient);
  g_test_add_func("/sip/refused", test_refused);
  g_test_add_func("/sip/looks-like", test_looks_like);
  g_test_add_func("/sip/embedded-nul", test_embedded_nul);
  g_test_add_func("/sip/many-headers", test_many_headers);
  g_test_add_func("/sip/writer", test_writer);
  return g_test_run();
}
