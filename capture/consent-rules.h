// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where consent comes from during a call, as earshot.conf says: the number dialled (everyone on it hears an
// announcement), a SIP header that the switch sets, and keys pressed inside the window of a prompt.
//
// [consent]      callee=, notice=, version=, header=, given=, refused=, withdrawn=, requested=
// [prompt NAME]  callee=, start=, length=, given=, refused=, notice=, version=
#pragma once

#include "earshot/common/config.h"
#include "earshot/wire/sip.h"

typedef struct {
  char *name;
  char **callee;              // numbers and patterns; never empty
  gint64 start_us, length_us; // the window, from the answer
  char **given, **refused;    // keys
  char *notice, *version;     // notice is the name unless given; version may be NULL
} EsPrompt;

typedef struct EsConsentRules EsConsentRules;

EsConsentRules *es_consent_rules_new(const EsConfig *config, GError **error);
void es_consent_rules_free(EsConsentRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsConsentRules, es_consent_rules_free)

// TRUE if everyone who dials this number hears the announcement. notice and version may be NULL texts.
gboolean es_consent_rules_announced(const EsConsentRules *rules, const char *number, const char **notice,
                                    const char **version);
// The state that the configured header of this message tells; NULL if it tells none. *value gets its text.
const char *es_consent_rules_header(const EsConsentRules *rules, const EsSipMessage *message,
                                    const char **value);
// The first prompt of this number, NULL if it has none.
const EsPrompt *es_consent_rules_prompt(const EsConsentRules *rules, const char *number);
// "given", "refused", or NULL for a key that answers nothing.
const char *es_prompt_answer(const EsPrompt *prompt, char key);
