// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// First what associations say; then what they leave open is given away by the rules of rs-state.h.
#include <string.h>

#include "earshot/common/clock.h"
#include "rs-model.h"

static gboolean is_present(const EsRsPresence *presence) {
  return presence->left_us == ES_UNKNOWN;
}

static void add_label(GPtrArray *labels, const char *label) {
  if (labels->len < ES_RS_MAX_STREAMS && !g_ptr_array_find_with_equal_func(labels, label, g_str_equal, NULL))
    g_ptr_array_add(labels, g_strdup(label));
}

// A stream of no session, or of one that nobody knows, may be of any.
static gboolean is_of(const EsRsVoice *voice, const EsRsTalk *talk) {
  return !voice->session_known || strcmp(voice->session, talk->id) == 0;
}

static void add_sent(const EsRsState *state, const EsRsTalk *talk, EsRsPresence *presence) {
  const GPtrArray *send = presence->person->send;
  for (guint i = 0; i < send->len; i++) {
    const EsRsVoice *voice = es_rs_find_voice(state, g_ptr_array_index(send, i));
    if (voice && voice->label && is_of(voice, talk))
      add_label(presence->labels, voice->label);
  }
}

static void set_heard(const EsRsState *state, EsRsPresence *presence) {
  const GPtrArray *recv = presence->person->recv;
  g_ptr_array_set_size(presence->hears, 0);
  for (guint i = 0; i < recv->len; i++) {
    const EsRsVoice *voice = es_rs_find_voice(state, g_ptr_array_index(recv, i));
    if (voice && voice->label)
      add_label(presence->hears, voice->label);
  }
}

// Who left keeps what it sent last; one document may tell of coming and going at once.
static void set_sent(const EsRsState *state, const EsRsTalk *talk) {
  for (guint i = 0; i < talk->presences->len; i++) {
    EsRsPresence *presence = g_ptr_array_index(talk->presences, i);
    if (!is_present(presence) && presence->labels->len)
      continue;
    g_ptr_array_set_size(presence->labels, 0);
    add_sent(state, talk, presence);
    set_heard(state, presence);
  }
}

// Streams of which an association of somebody who takes part in anything says that he sends them.
static GHashTable *voices_with_a_sender(const EsRsState *state) {
  GHashTable *sent = g_hash_table_new(NULL, NULL);
  for (guint i = 0; i < state->talks->len; i++) {
    const EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    for (guint j = 0; !talk->stopped && j < talk->presences->len; j++) {
      const EsRsPresence *presence = g_ptr_array_index(talk->presences, j);
      for (guint k = 0; is_present(presence) && k < presence->person->send->len; k++)
        g_hash_table_add(sent, es_rs_find_voice(state, g_ptr_array_index(presence->person->send, k)));
    }
  }
  return sent;
}

static void give_mixed(const EsRsTalk *talk, const EsRsVoice *voice) {
  for (guint i = 0; i < talk->presences->len; i++) {
    EsRsPresence *presence = g_ptr_array_index(talk->presences, i);
    if (is_present(presence))
      add_label(presence->labels, voice->label);
  }
}

// The members who take part and have no label: those of whom nothing was said, or all of them.
static GPtrArray *without_label(const EsRsTalk *talk, gboolean only_unsaid) {
  GPtrArray *found = g_ptr_array_new();
  for (guint i = 0; i < talk->presences->len; i++) {
    EsRsPresence *presence = g_ptr_array_index(talk->presences, i);
    if (is_present(presence) && presence->labels->len == 0 && !(only_unsaid && presence->person->said))
      g_ptr_array_add(found, presence);
  }
  return found;
}

static void give_rest(const EsRsTalk *talk, const GPtrArray *rest) {
  g_autoptr(GPtrArray) unsaid = without_label(talk, TRUE);
  gboolean shared = rest->len == 1 && unsaid->len > 1;
  guint given = MIN(rest->len, unsaid->len);
  for (guint i = 0; i < (shared ? unsaid->len : given); i++) {
    const EsRsVoice *voice = g_ptr_array_index(rest, shared ? 0 : i);
    add_label(((EsRsPresence *)g_ptr_array_index(unsaid, i))->labels, voice->label);
  }
  g_autoptr(GPtrArray) idle = without_label(talk, FALSE);
  if (rest->len - given == 1 && idle->len == 1)
    add_label(((EsRsPresence *)g_ptr_array_index(idle, 0))->labels,
              ((EsRsVoice *)g_ptr_array_index(rest, given))->label);
}

static void give_unsent(const EsRsState *state, const EsRsTalk *talk, GHashTable *sent) {
  g_autoptr(GPtrArray) rest = g_ptr_array_new();
  for (guint i = 0; i < state->voices->len; i++) {
    EsRsVoice *voice = g_ptr_array_index(state->voices, i);
    if (!voice->label || !is_of(voice, talk))
      continue;
    if (voice->mixed)
      give_mixed(talk, voice);
    else if (!g_hash_table_contains(sent, voice))
      g_ptr_array_add(rest, voice);
  }
  give_rest(talk, rest);
}

// What a label says of who left ends where somebody else speaks under it.
static void take_from_the_left(const EsRsTalk *talk) {
  g_autoptr(GHashTable) sent = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < talk->presences->len; i++) {
    const EsRsPresence *presence = g_ptr_array_index(talk->presences, i);
    for (guint j = 0; is_present(presence) && j < presence->labels->len; j++)
      g_hash_table_add(sent, g_ptr_array_index(presence->labels, j));
  }
  for (guint i = 0; i < talk->presences->len; i++) {
    EsRsPresence *presence = g_ptr_array_index(talk->presences, i);
    for (guint j = presence->labels->len; !is_present(presence) && j > 0; j--)
      if (g_hash_table_contains(sent, g_ptr_array_index(presence->labels, j - 1)))
        g_ptr_array_remove_index(presence->labels, j - 1);
  }
}

void es_rs_settle_voices(EsRsState *state) {
  for (guint i = 0; i < state->voices->len; i++) {
    EsRsVoice *voice = g_ptr_array_index(state->voices, i);
    voice->session_known = voice->session && es_rs_find_talk(state, voice->session);
  }
  g_autoptr(GHashTable) sent = voices_with_a_sender(state);
  for (guint i = 0; i < state->talks->len; i++) {
    const EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    if (talk->stopped)
      continue;
    set_sent(state, talk);
    give_unsent(state, talk, sent);
    take_from_the_left(talk);
  }
}
