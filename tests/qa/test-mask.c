// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which digits a coaching pack hides, and which it leaves.
#include "pack-mask.h"

typedef struct {
  const char *caller, *callee, *direction, *agent;
  const char *text, *masked;
} Case;

#define CAIRO "+201001234567"

static const Case cases[] = {
    {CAIRO, "101", "inbound", "101", CAIRO, "+xxxxxxxxx567"},
    {CAIRO, "101", "inbound", "101", "sip:+201001234567@192.0.2.1:5060", "sip:+xxxxxxxxx567@192.0.2.1:5060"},
    {CAIRO, "101", "inbound", "101", "call back on 0100 123 4567 at 5", "call back on xxxx xxx x567 at 5"},
    {CAIRO, "101", "inbound", "101", "00201001234567", "xxxxxxxxxxx567"},
    {CAIRO, "101", "inbound", "101", "رقمه ٠١٠٠١٢٣٤٥٦٧ فقط", "رقمه xxxxxxxx٥٦٧ فقط"},
    {CAIRO, "101", "inbound", "101", "(010) 0123-4567", "(xxx) xxxx-x567"},
    {CAIRO, "101", "inbound", "101", "01001234567 and 0100-123-4567", "xxxxxxxx567 and xxxx-xxx-x567"},
    {CAIRO, "101", "inbound", "101", "extension 101, order 88412, 2026-11-20",
     "extension 101, order 88412, 2026-11-20"},
    {CAIRO, "101", "inbound", "101", "another number: 01112223334", "another number: 01112223334"},
    {"201001234567", "101", "inbound", "101", CAIRO, "+xxxxxxxxx567"},
    // a short caller is hidden where it stands alone
    {"5551", "101", "inbound", "101", "5551 called; order 155512", "x551 called; order 155512"},
    // own extensions stay readable, whoever called
    {"4001", CAIRO, "outbound", "4001", "4001 → +201001234567", "4001 → +xxxxxxxxx567"},
    {"4001", CAIRO, "outbound", NULL, "4001 → +201001234567", "4001 → +xxxxxxxxx567"},
    {"4001", "4002", "unknown", "4002", "4001 → 4002", "x001 → 4002"},
    // a long number is hidden even if the call was read the wrong way round
    {"4001", CAIRO, "inbound", CAIRO, CAIRO, "+xxxxxxxxx567"},
    {"anonymous", "101", "inbound", "101", "anonymous 101", "anonymous 101"},
};

static void check_cases(void) {
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    const Case *c = &cases[i];
    EsSegment segment = {.agent = (char *)c->agent};
    g_autoptr(GPtrArray) segments = g_ptr_array_new();
    g_ptr_array_add(segments, &segment);
    EsCall call = {.caller = (char *)c->caller,
                   .callee = (char *)c->callee,
                   .direction = (char *)c->direction,
                   .segments = segments};
    g_autoptr(PackMask) mask = pack_mask_new(TRUE);
    pack_mask_learn(mask, &call);
    g_autofree char *masked = pack_mask_text(mask, c->text);
    if (g_strcmp0(masked, c->masked) != 0)
      g_error("case %u: wanted “%s”, got “%s”", i, c->masked, masked);
    g_autoptr(PackMask) off = pack_mask_new(FALSE);
    pack_mask_learn(off, &call);
    g_autofree char *same = pack_mask_text(off, c->text);
    g_assert_cmpstr(same, ==, c->text);
  }
}

static void check_uri_and_name(void) {
  EsCall call = {.caller_uri = (char *)"sip:+201001234567;phone-context=x@10.20.30.40",
                 .callee_uri = (char *)"tel:+20-2-27654321",
                 .caller_name = (char *)"Ahmed 01119876543",
                 .direction = (char *)"unknown"};
  g_autoptr(PackMask) mask = pack_mask_new(TRUE);
  pack_mask_learn(mask, &call);
  g_autofree char *masked = pack_mask_text(mask, "01001234567, 0227654321, Ahmed 01119876543, 10.20.30.40");
  g_assert_cmpstr(masked, ==, "xxxxxxxx567, xxxxxxx321, Ahmed xxxxxxxx543, 10.20.30.40");
}

static void check_clean(void) {
  g_autoptr(PackMask) mask = pack_mask_new(TRUE);
  g_autofree char *text = pack_mask_text(mask, "a\x01"
                                               "b\tc\nd\xff\x1b[31m");
  g_assert_cmpstr(text, ==, "ab c\nd\xef\xbf\xbd[31m");
  g_assert_null(pack_mask_text(mask, NULL));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/qa/mask/cases", check_cases);
  g_test_add_func("/qa/mask/uri-and-name", check_uri_and_name);
  g_test_add_func("/qa/mask/clean", check_clean);
  return g_test_run();
}
