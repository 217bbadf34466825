// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What messages say of the conversation that their call is part of.
#include "earshot/wire/relation.h"
#include <string.h>

#define A "ab30317f1a784dc48ff824d0d3715d86"
#define B "47755a9de7794ba387653f2099600ef2"
#define NIL "00000000000000000000000000000000"

static void check_session_id(void) {
  static const struct {
    const char *value, *local, *remote; // local NULL: refused
    gboolean single;
  } cases[] = {
      {A ";remote=" B, A, B, FALSE},
      {A ";remote=" NIL, A, "", FALSE},
      {NIL ";remote=" B, "", B, FALSE},
      {"AB30317F1A784DC48FF824D0D3715D86 ; REMOTE = " B ";x=1", A, B, FALSE},
      {A ";logme;remote=" B, A, B, FALSE},
      {A, A, A, TRUE},
      {A ";generic=1", A, A, TRUE},
      {NIL, "", "", TRUE},
      {"", NULL, NULL, FALSE},
      {A "0", NULL, NULL, FALSE},
      {"ab30317f-1a78-4dc4-8ff8-24d0d3715d86", NULL, NULL, FALSE},
      {A ";remote=", NULL, NULL, FALSE},
      {A ";remote=" B "7", NULL, NULL, FALSE},
      {"ab30317f1a784dc48ff824d0d3715d8", NULL, NULL, FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsSessionId id;
    g_test_message("%s", cases[i].value);
    g_assert_cmpint(es_session_id_parse(cases[i].value, &id), ==, cases[i].local != NULL);
    if (!cases[i].local)
      continue;
    g_assert_cmpstr(id.local, ==, cases[i].local);
    g_assert_cmpstr(id.remote, ==, cases[i].remote);
    g_assert_cmpint(id.single, ==, cases[i].single);
  }
}

static EsSipMessage *message(const char *method, const char *header) {
  g_autofree char *text = g_strdup_printf("%s sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
                                          "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1@h\r\n"
                                          "CSeq: 1 %s\r\n%s\r\n\r\n",
                                          method, method, header);
  EsSipMessage *m = es_sip_parse((const guint8 *)text, strlen(text));
  g_assert_nonnull(m);
  return m;
}

static void check_reason(void) {
  static const struct {
    const char *header;
    gboolean elsewhere;
  } cases[] = {
      {"Reason: SIP;cause=200;text=\"Call completed elsewhere\"", TRUE},
      {"Reason: sip ; cause = 200", TRUE},
      {"Reason: Q.850;cause=16, SIP;cause=200", TRUE},
      {"Reason: Q.850;cause=26", TRUE},
      {"Reason: SIP;text=\"a, b\";cause=200", FALSE}, // nobody writes it so; a no costs a word, a yes a fact
      {"Reason: SIP;cause=487", FALSE},
      {"Reason: SIP;cause=2000", FALSE},
      {"Reason: Q.850;cause=200", FALSE},
      {"Reason: SIPX;cause=200", FALSE},
      {"Reason: SIP", FALSE},
      {"X: y", FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(EsSipMessage) m = message("CANCEL", cases[i].header);
    g_test_message("%s", cases[i].header);
    g_assert_cmpint(es_sip_says_elsewhere(m), ==, cases[i].elsewhere);
  }
}

static void check_focus(void) {
  static const struct {
    const char *header, *focus;
  } cases[] = {
      {"Contact: <sip:conf-7@10.0.0.9:5060>;isfocus", "conf-7@10.0.0.9"},
      {"m: \"Room\" <sip:conf-7@10.0.0.9;transport=tcp>;q=1 ;ISFOCUS;x", "conf-7@10.0.0.9"},
      {"Contact: <sip:conf-7@10.0.0.9;isfocus>", NULL}, // of the URI, which says nothing
      {"Contact: <sip:conf-7@10.0.0.9>;isfocussed", NULL},
      {"Contact: <sip:conf-7@10.0.0.9>", NULL},
      {"X: y", NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(EsSipMessage) m = message("INVITE", cases[i].header);
    g_autofree char *focus = es_sip_focus(m);
    g_assert_cmpstr(focus, ==, cases[i].focus);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/relation/session-id", check_session_id);
  g_test_add_func("/relation/reason", check_reason);
  g_test_add_func("/relation/focus", check_focus);
  return g_test_run();
}
