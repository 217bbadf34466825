// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Everything that mapping and transfers read of a message: sources and parts, expressions that explode,
// identities, Refer-To with its Replaces, the status of a NOTIFY; and what tells which conversation it is of.
#include <string.h>

#include "earshot/wire/refer.h"
#include "earshot/wire/relation.h"
#include "fuzz.h"
#include "identity.h"
#include "mapping.h"

static const char RULES[] =
    "[mapping]\nclient_header=X-Client\n"
    "[map a]\nfrom=header Refer-To user\nset=agent\nmatch=^(a+)+$\n"
    "[map b]\nfrom=header Refer-To parameter q\nset=queue\n"
    "[map c]\nfrom=caller display\nset=client\nmatch=(.*)*x\nvalue=<\\0>\n"
    "[map d]\nfrom=header X-Way\nset=direction\n"
    "[map e]\nfrom=callee parameter tag\nset=business_id\nmatch=(.)(.)?\nvalue=\\2\\1\\\\\n"
    "[map f]\nfrom=request host\nset=queue\nmethod=REFER\nstatus=request\n"
    "[map g]\nfrom=header Diversion uri\nset=agent\nstatus=2xx\n";

static const EsMapping *mapping(void) {
  static EsMapping *made;
  if (!made) {
    g_autoptr(EsConfig) config = es_config_parse("fuzz.conf", RULES, -1, NULL);
    made = es_mapping_new(config, NULL);
    g_assert_nonnull(made);
  }
  return made;
}

static void check_hints(const EsCallHints *hints) {
  for (guint i = 0; i < ES_MAP_FIELDS; i++) {
    const char *value = hints->fields[i].value;
    g_assert_true(!value || (*value && g_utf8_validate(value, -1, NULL)));
    g_assert_true(!value || g_utf8_strlen(value, -1) <= ES_MAP_VALUE_CHARACTERS);
  }
  const char *direction = hints->fields[ES_MAP_DIRECTION].value;
  const char *const directions[] = {"inbound", "outbound", "internal", "unknown", NULL};
  g_assert_true(!direction || g_strv_contains(directions, direction));
  g_autofree char *json = es_map_trace_json(hints->trace);
  g_assert_true(g_utf8_validate(json, -1, NULL));
}

static void read_transfer(const EsSipMessage *m) {
  const char *refer = es_sip_header(m, "Refer-To"), *replaces = es_sip_header(m, "Replaces");
  EsReferTarget target;
  if (refer && es_refer_target_parse(refer, &target)) {
    g_assert_true(!target.replaces || g_utf8_validate(target.replaces, -1, NULL));
    es_refer_target_clear(&target);
  }
  g_autofree char *id = replaces ? es_replaces_call_id(replaces) : NULL;
  g_assert_true(!id || (*id && !strchr(id, ';')));
  int status = es_refer_status(m);
  g_assert_true(status == 0 || (status >= 100 && status < 700));
}

static void read_relation(const EsSipMessage *m) {
  const char *session = es_sip_header(m, "Session-ID"), *join = es_sip_header(m, "Join");
  EsSessionId id;
  if (session && es_session_id_parse(session, &id)) {
    g_assert_true(strlen(id.local) == 0 || strlen(id.local) == ES_SESSION_UUID_SIZE - 1);
    g_assert_true(strlen(id.remote) == 0 || strlen(id.remote) == ES_SESSION_UUID_SIZE - 1);
  }
  g_autofree char *joined = join ? es_replaces_call_id(join) : NULL;
  g_assert_true(!joined || (*joined && !strchr(joined, ';')));
  g_autofree char *focus = es_sip_focus(m);
  g_assert_true(!focus || strchr(focus, '@'));
  es_sip_says_elsewhere(m);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(EsSipMessage) m = es_sip_parse(data, size);
  if (!m)
    return 0;
  EsCallHints hints;
  EsIdentity identity = {0};
  char *users[ES_IDENTITY_MAX];
  es_call_hints_init(&hints);
  for (guint i = 0; i < 3; i++) {
    es_mapping_read(mapping(), &(EsMapInput){.message = m, .turned = i == 1}, &hints);
    guint n = es_identity_read(&identity, m, "201", users);
    g_assert_cmpuint(n, <=, ES_IDENTITY_MAX);
    while (n > 0)
      g_free(users[--n]);
  }
  check_hints(&hints);
  read_transfer(m);
  read_relation(m);
  es_identity_clear(&identity);
  es_call_hints_clear(&hints);
  return 0;
}
