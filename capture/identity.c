// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "identity.h"
#include "earshot/wire/sip-address.h"

void es_identity_clear(EsIdentity *identity) {
  g_clear_pointer(&identity->contact, g_free);
}

static char *user_in(const EsSipMessage *m, const char *header) {
  const char *value = es_sip_header(m, header);
  EsSipParty party;
  if (!value || !es_sip_party_parse(value, &party))
    return NULL;
  char *user = g_steal_pointer(&party.user);
  es_sip_party_clear(&party);
  return user;
}

// Only what is new tells something: every message repeats the Contact, and From and To as the call began.
static char *new_contact(EsIdentity *identity, const EsSipMessage *m) {
  char *user = user_in(m, "Contact");
  if (!user || g_strcmp0(user, identity->contact) == 0) {
    g_free(user);
    return NULL;
  }
  gboolean first = !identity->contact;
  g_free(identity->contact);
  identity->contact = user;
  return first ? NULL : g_strdup(user);
}

guint es_identity_read(EsIdentity *identity, const EsSipMessage *m, const char *own,
                       char *users[ES_IDENTITY_MAX]) {
  guint n = 0;
  const EsSipParty *self = es_sip_is_request(m) ? es_sip_from(m) : es_sip_to(m);
  char *named[] = {user_in(m, "P-Asserted-Identity"), user_in(m, "Remote-Party-ID"),
                   g_strcmp0(self->user, own) != 0 ? g_strdup(self->user) : NULL, new_contact(identity, m)};
  for (guint i = 0; i < G_N_ELEMENTS(named); i++)
    if (named[i])
      users[n++] = named[i];
  return n;
}
