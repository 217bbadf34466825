// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The small parts by themselves: number keys, intervals, consent states.
#include "../../index/intervals.h"
#include "../../index/number.h"
#include "earshot/index/call.h"

#include <string.h>

static void test_numbers(void) {
  static const struct {
    const char *text, *key;
  } cases[] = {
      {"+20 (100) 123-4567", "7654321 00102"},
      {"00201001234567", "765432100102"},
      {"٠١٠٠", "0010"},
      {"2001", "1002"},
      {"12", "21"},
      {"00", "00"},
      {"Alice", "@alice"},
      {"sip:bob@example.com", "@sip:bob@example.com"},
      {"مُنى", "@مني"},
      {"*97", "@*97"},
      {"+", "@+"},
      {"", NULL},
      {NULL, NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *key = es_number_key(cases[i].text);
    g_autofree char *wanted = g_strdup(cases[i].key);
    if (wanted) { // the space only makes the table readable
      char *space = strchr(wanted, ' ');
      if (space)
        memmove(space, space + 1, strlen(space));
    }
    g_assert_cmpstr(key, ==, wanted);
  }
}

static gboolean matches(const char *stored, const char *searched) {
  g_autofree char *key = es_number_key(stored);
  g_autoptr(GArray) ranges = es_number_ranges(searched);
  for (guint i = 0; i < ranges->len; i++) {
    const EsNumberRange *range = &g_array_index(ranges, EsNumberRange, i);
    if (strcmp(key, range->low) >= 0 && strcmp(key, range->high) < 0)
      return TRUE;
  }
  return FALSE;
}

static void test_number_search(void) {
  static const struct {
    const char *stored, *searched;
    gboolean found;
  } cases[] = {
      {"+201001234567", "234567", TRUE},
      {"+201001234567", "01001234567", TRUE},
      {"+201001234567", "00201001234567", TRUE},
      {"+201001234567", "12345", FALSE},
      {"2001", "2001", TRUE},
      {"92001", "2001", TRUE},
      {"12", "12", TRUE},
      {"312", "12", FALSE}, // two digits: exactly
      {"Alice", "alice", TRUE},
      {"alice", "ali", FALSE},
      {"alice", "", FALSE},
      {"1234", "١٢٣٤", TRUE},
      {"567", "567", TRUE},
      {"5670", "567", FALSE},
      // One number, as switches and people write it.
      {"01001234567", "+201001234567", TRUE},
      {"01001234567", "0020 100 123 4567", TRUE},
      {"1001234567", "+201001234567", TRUE},
      {"+201001234567", "+20 100 123 4567", TRUE},
      {"00201001234567", "0100 123 4567", TRUE},
      {"+442079460000", "020 7946 0000", TRUE},
      {"02079460000", "+44 20 7946 0000", TRUE},
      {"89161234567", "+79161234567", TRUE},
      {"0501234567", "+971501234567", TRUE},
      {"+966501234567", "+971501234567", FALSE},
      {"11001234567", "+201001234567", FALSE},
      {"01001234568", "+201001234567", FALSE},
      {"2001", "+2001", TRUE},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpint(matches(cases[i].stored, cases[i].searched), ==, cases[i].found);
}

static void test_intervals(void) {
  static const EsInterval in[] = {{0, 5}, {5, 127}, {300, 86400000}, {90000000, 90000001}};
  g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  g_array_append_vals(list, in, G_N_ELEMENTS(in));
  g_autoptr(GByteArray) bytes = es_intervals_pack(list);
  g_autoptr(GArray) back = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  g_assert_true(es_intervals_unpack(bytes->data, bytes->len, back));
  g_assert_cmpmem(back->data, back->len * sizeof(EsInterval), in, sizeof in);
  // Damage is said, not guessed: a list cut anywhere within a pair, numbers without an end.
  g_assert_false(es_intervals_unpack(bytes->data, bytes->len - 1, back));
  guint8 endless[20];
  memset(endless, 0xff, sizeof endless);
  g_assert_false(es_intervals_unpack(endless, sizeof endless, back));
  // Intervals out of order still give a list that can be read.
  static const EsInterval bad[] = {{10, 20}, {15, 12}, {5, 30}};
  g_array_set_size(list, 0);
  g_array_append_vals(list, bad, G_N_ELEMENTS(bad));
  g_autoptr(GByteArray) moved = es_intervals_pack(list);
  g_array_set_size(back, 0);
  g_assert_true(es_intervals_unpack(moved->data, moved->len, back));
  g_assert_cmpint(g_array_index(back, EsInterval, 2).end_ms, ==, 30);
}

static void test_consent(void) {
  // Each event is "time state source".
  static const struct {
    const char *events, *state;
  } cases[] = {
      {"", "unknown"},
      {"1 requested callee", "requested"},
      {"1 requested callee;2 given dtmf", "given"},
      {"2 given dtmf;1 requested callee", "given"}, // in time order, whatever the order of arrival
      {"1 given header;2 refused dtmf", "refused"},
      {"1 refused dtmf;2 given header", "refused"}, // a header does not lift a no
      {"1 refused dtmf;2 given callee", "refused"}, // nor does an announcement
      {"1 refused dtmf;2 requested callee", "refused"},
      {"1 refused dtmf;2 expired manual", "refused"},
      {"1 refused dtmf;2 given dtmf", "given"},
      {"1 withdrawn manual;2 given header;3 given manual", "given"},
      {"1 withdrawn manual;3 given header;2 given manual", "given"},
      {"1 given manual;2 withdrawn manual", "withdrawn"},
      {"1 refused dtmf;2 withdrawn manual", "withdrawn"},
      {"1 given callee;2 expired manual", "expired"},
      {"1 expired manual;2 given header", "given"},
      {"1 given header;1 refused dtmf", "refused"}, // of one moment the later row decides
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)es_consent_event_free);
    g_auto(GStrv) list = g_strsplit(cases[i].events, ";", -1);
    for (char **entry = list; *entry; entry++) {
      g_auto(GStrv) parts = g_strsplit(*entry, " ", 3);
      g_ptr_array_add(events, es_consent_event_new(g_ascii_strtoll(parts[0], NULL, 10), parts[1], parts[2]));
    }
    g_assert_cmpstr(es_consent_state(events), ==, cases[i].state);
  }
  g_assert_cmpstr(es_consent_state(NULL), ==, "unknown");
  g_assert_true(es_consent_state_is_valid("expired"));
  g_assert_false(es_consent_state_is_valid("perhaps"));
  g_assert_false(es_consent_state_is_valid(NULL));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/units/numbers", test_numbers);
  g_test_add_func("/index/units/number-search", test_number_search);
  g_test_add_func("/index/units/intervals", test_intervals);
  g_test_add_func("/index/units/consent", test_consent);
  return g_test_run();
}
