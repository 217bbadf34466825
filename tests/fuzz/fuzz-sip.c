// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/sip.h"
#include "fuzz.h"

static void check_party(const EsSipParty *party) {
  g_assert_nonnull(party->uri);
  g_assert_nonnull(party->user);
  g_assert_nonnull(party->host);
  assert_clean(party->uri);
  assert_clean(party->user);
  assert_clean(party->host);
  assert_clean(party->display);
  assert_clean(party->tag);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  es_sip_looks_like(data, size);
  g_autoptr(EsSipMessage) m = es_sip_parse(data, size);
  if (!m)
    return 0;
  gsize length;
  const guint8 *body = es_sip_body(m, &length);
  g_assert_cmpuint(length, <=, size);
  g_assert_true((body == NULL) == (length == 0));
  g_assert_true(es_sip_is_request(m) == (es_sip_status(m) == 0));
  g_assert_true(es_sip_is_request(m) == (es_sip_request_uri(m) != NULL));
  g_assert_true(es_sip_call_id(m)[0] && es_sip_method(m)[0]);
  check_party(es_sip_from(m));
  check_party(es_sip_to(m));
  const char *const texts[] = {es_sip_method(m),     es_sip_call_id(m),      es_sip_request_uri(m),
                               es_sip_branch(m),     es_sip_content_type(m), es_sip_header(m, "m"),
                               es_sip_header(m, "X")};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    assert_clean(texts[i]);
  return 0;
}
