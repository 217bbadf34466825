// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/address.h"

static void test_text(void) {
  static const struct {
    const char *ip, *text;
    gboolean any;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1:5060", FALSE},
      {"2001:DB8:0::1", "[2001:db8::1]:5060", FALSE},
      {"::ffff:192.0.2.1", "192.0.2.1:5060", FALSE},
      {"0.0.0.0", "0.0.0.0:5060", TRUE},
      {"::", "[::]:5060", TRUE},
      {"255.255.255.255", "255.255.255.255:5060", FALSE},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:5060", FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsAddress a;
    char text[ES_ADDRESS_TEXT_SIZE];
    g_assert_true(es_address_from_text(&a, cases[i].ip, 5060));
    g_assert_cmpstr(es_address_format(&a, text), ==, cases[i].text);
    g_assert_cmpint(es_address_is_any(&a), ==, cases[i].any);
  }
}

static void test_refused(void) {
  static const char *const cases[] = {"",      "example.org", "192.0.2", "192.0.2.256",
                                      "[::1]", "1.2.3.4:5",   "::g",     " 1.2.3.4"};
  EsAddress a;
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_false(es_address_from_text(&a, cases[i], 1));
  g_assert_false(es_address_from_text(&a, NULL, 1));
}

static void test_compare(void) {
  EsAddress a, b, c, d;
  const guint8 ip[4] = {192, 0, 2, 1};
  es_address_from_ipv4(&a, ip, 4000);
  g_assert_true(es_address_from_text(&b, "192.0.2.1", 4000));
  g_assert_true(es_address_from_text(&c, "192.0.2.1", 4001));
  g_assert_true(es_address_from_text(&d, "192.0.2.2", 4000));
  g_assert_true(es_address_equal(&a, &b));
  g_assert_cmpuint(es_address_hash(&a), ==, es_address_hash(&b));
  g_assert_false(es_address_equal(&a, &c));
  g_assert_false(es_address_equal(&a, &d));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/address/text", test_text);
  g_test_add_func("/address/refused", test_refused);
  g_test_add_func("/address/compare", test_compare);
  return g_test_run();
}
