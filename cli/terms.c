// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes and their words (see terms.h). Lookup is linear: the list is short and shown once a row.
#include "terms.h"
#include "earshot/common/i18n.h"

#include <glib.h>
#include <string.h>

typedef struct {
  const char *code;
  const char *word;
} Word;

static const Word words[] = {
    // direction
    {"inbound", N_("inbound")},
    {"outbound", N_("outbound")},
    {"internal", N_("internal")},
    {"unknown", N_("unknown")},
    // disposition
    {"answered", N_("answered")},
    {"missed", N_("missed")},
    {"abandoned", N_("abandoned")},
    {"busy", N_("busy")},
    {"failed", N_("failed")},
    // outcome
    {"recorded", N_("recorded")},
    {"partial", N_("partial")},
    {"none", N_("none")},
    // consent
    {"requested", N_("requested")},
    {"given", N_("given")},
    {"refused", N_("refused")},
    {"withdrawn", N_("withdrawn")},
    {"expired", N_("expired")},
    {"header", N_("SIP header")},
    {"dtmf", N_("keypad")},
    {"manual", N_("by hand")},
    {"import", N_("import")},
    // role, who ended it
    {"caller", N_("caller")},
    {"callee", N_("callee")},
    {"agent", N_("agent")},
    {"customer", N_("customer")},
    {"mixed", N_("both voices")},
    {"participant", N_("participant")},
    {"timeout", N_("silence of media")},
    {"overload", N_("overload")},
    {"session-timer", N_("session timer expired")},
    {"signalling", N_("signalling that showed up")},
    {"capture-end", N_("end of the capture")},
    {"stopped", N_("recorder stopped")},
    {"interrupted", N_("recorder was killed")},
    {"no recording", N_("only a log knows it")},
    // why a call is left out of a pack
    {"consent unknown", N_("consent unknown")},
    {"consent requested", N_("consent requested")},
    {"consent refused", N_("consent refused")},
    {"consent withdrawn", N_("consent withdrawn")},
    {"consent expired", N_("consent expired")},
    {"no audio", N_("no audio")},
    {"audio file missing", N_("audio file missing")},
    {"audio damaged", N_("audio damaged")},
    {"range outside audio", N_("range outside the recording")},
    // gaps
    {"lost", N_("lost")},
    {"late", N_("late")},
    {"undecodable", N_("undecodable")},
    {"masked", N_("masked")},
    {"paused", N_("paused")},
    {"hold", N_("hold")},
    {"dropped", N_("dropped")},
    {"silent", N_("sent nothing more")},
    // events
    {"resume", N_("resume")},
    {"joined", N_("start not seen")},
    {"answer-unseen", N_("answer not seen")},
    {"pause", N_("pause")},
    {"participant-joined", N_("somebody joined")},
    {"participant-left", N_("somebody left")},
    {"reinvite", N_("re-INVITE")},
    {"queue-enter", N_("entered the queue")},
    {"ring-no-answer", N_("rang, no answer")},
    {"ring-canceled", N_("rang, called off")},
    {"queue-connect", N_("connected to agent")},
    {"queue-transfer", N_("sent on by agent")},
    {"queue-abandon", N_("gave up waiting")},
    {"queue-timeout", N_("waited too long")},
    {"queue-empty", N_("nobody in the queue")},
    {"queue-key", N_("left the queue by key")},
    {"codec-change", N_("codec change")},
    {"ssrc-change", N_("source change")},
    {"address-change", N_("address change")},
    {"recovered", N_("lost packets recovered")},
    {"fax", N_("fax in place of voices")},
    {"voice", N_("voices again")},
    {"video", N_("video, not kept")},
    {"transfer", N_("transfer")},
    {"guessed", N_("guessed")},
    {"cut", N_("cut short")},
    {"transfer-done", N_("transfer went through")},
    {"transfer-failed", N_("transfer failed")},
    {"transferred", N_("comes from a transfer")},
    {"same-conversation", N_("seen twice")},
    {"linked", N_("linked")},
    {"no-signalling", N_("no signalling seen")},
    {"duplicate", N_("recorded in")},
    {"conference", N_("conference")},
    {"picked-up", N_("picked up")},
    {"follow-up", N_("goes on")},
    // what made calls one story
    {"pick-up", N_("pick-up")},
    {"fork", N_("rang as well")},
    // corrections: what and according to whom
    {"caller_name", N_("caller's name")},
    {"callee_name", N_("callee's name")},
    {"agent_name", N_("agent's name")},
    {"team", N_("team")},
    {"queue", N_("queue")},
    {"client", N_("client")},
    {"direction", N_("direction")},
    {"disposition", N_("what became of it")},
    {"business_id", N_("business number")},
    {"pbx_id", N_("id in the telephone system")},
    {"group_id", N_("group")},
    {"wait_ms", N_("waited")},
    {"hold_ms", N_("on hold")},
    {"file", N_("file")},
    {"segments", N_("agents in turn")},
    {"person", N_("by hand")},
    {"remap", N_("directory")},
    {"queue-log", N_("queue log")},
    {"cdr", N_("call detail records")},
    // question types
    {"yes-no", N_("yes or no")},
    {"scale", N_("scale")},
    {"choice", N_("choice")},
    // critical questions
    {"business", N_("business")},
    {"compliance", N_("compliance")},
};

const char *es_term(const char *code) {
  if (code == NULL)
    return "";
  for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].code, code) == 0)
      return _(words[i].word);
  return *code != '\0' ? _(code) : ""; // reasons are texts of their own, marked where they come from
}

const char *es_term_consent(const char *state) {
  // In Arabic the word takes the gender of consent, which that of a direction has not.
  if (g_strcmp0(state, "unknown") == 0)
    return g_dpgettext2(ES_GETTEXT_DOMAIN, "consent", "unknown");
  return es_term(state);
}
