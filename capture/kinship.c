// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What is remembered of calls so that those which belong together find each other: each call under its marks
// (a session's UUIDs, values of headers, numbers, addresses, SSRCs). A call is remembered for two minutes
// after its end, and as long as one that it is joined with goes on.
#include "duplicates.h"
#include "kin.h"
#include "segments.h"
#include <string.h>

#define LATER_US (2 * ES_US_PER_S) // after the answer: somebody else came into the conversation
#define WAIT_US (10 * ES_US_PER_S) // for the end of a call that records the same

static void list_unref(gpointer list) {
  g_ptr_array_unref(list);
}

EsKinship *es_kinship_new(void) {
  EsKinship *k = g_new0(EsKinship, 1);
  k->by_call = g_hash_table_new(NULL, NULL);
  k->closing = g_hash_table_new(NULL, NULL);
  k->marks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_unref);
  g_queue_init(&k->ended);
  k->pairs = g_ptr_array_new_with_free_func(g_free);
  k->pickups = g_ptr_array_new_with_free_func(g_free);
  return k;
}

// ---- marks and links

static char *mark_key(char kind, const char *value) {
  return g_strdup_printf("%c%s", kind, value);
}

GPtrArray *es_kin_marked(const EsKinship *k, char kind, const char *value) {
  g_autofree char *key = mark_key(kind, value);
  return g_hash_table_lookup(k->marks, key);
}

gboolean es_kin_mark(EsKinship *k, EsKin *kin, char kind, const char *value) {
  if (kin->marks->len >= ES_KIN_MOST_MARKS || !*value)
    return FALSE;
  g_autofree char *key = mark_key(kind, value);
  GPtrArray *list = g_hash_table_lookup(k->marks, key);
  if (list && (list->len >= ES_KIN_MOST_OF_MARK || g_ptr_array_find(list, kin, NULL)))
    return FALSE;
  if (!list) {
    list = g_ptr_array_new();
    g_hash_table_insert(k->marks, g_strdup(key), list);
  }
  g_ptr_array_add(list, kin);
  g_ptr_array_add(kin->marks, g_steal_pointer(&key));
  return TRUE;
}

static void unmark(EsKinship *k, EsKin *kin) {
  for (guint i = 0; i < kin->marks->len; i++) {
    GPtrArray *list = g_hash_table_lookup(k->marks, kin->marks->pdata[i]);
    g_ptr_array_remove(list, kin);
    if (list->len == 0)
      g_hash_table_remove(k->marks, kin->marks->pdata[i]);
  }
}

EsKinLink *es_kin_link_between(const EsKin *kin, const EsKin *other) {
  for (guint i = 0; i < kin->links->len; i++) {
    EsKinLink *link = &g_array_index(kin->links, EsKinLink, i);
    if (link->other == other)
      return link;
  }
  return NULL;
}

static void add_link(EsKin *kin, EsKin *other, gboolean same, gboolean comparable) {
  EsKinLink *link = es_kin_link_between(kin, other);
  if (link) {
    link->same |= same;
    link->comparable |= same;
    return;
  }
  EsKinLink fresh = {.other = other, .same = same, .comparable = comparable};
  g_array_append_val(kin->links, fresh);
}

// One event tells of all that one kind of evidence joined.
static gboolean is_told(const EsLiveCall *call, const char *kind, const char *detail) {
  for (guint i = 0; i < call->row->events->len; i++) {
    const EsCallEvent *event = call->row->events->pdata[i];
    if (strcmp(event->kind, kind) == 0 && g_strcmp0(event->detail, detail) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean es_kin_link(const EsStoryCalls *calls, EsKin *kin, EsKin *other, const char *kind,
                     const char *detail, gint64 now_us, GError **error) {
  gboolean same = strcmp(kind, "same-conversation") == 0;
  const EsKinLink *before = es_kin_link_between(kin, other);
  EsKin *open = kin->call ? kin : other, *later = other->started_us > kin->started_us ? other : kin;
  if (kin == other || !open->call || (before && (before->same || !same)) ||
      kin->links->len >= ES_KIN_MOST_LINKS || other->links->len >= ES_KIN_MOST_LINKS)
    return TRUE;
  gboolean comparable = same || strcmp(kind, "linked") == 0;
  add_link(kin, other, same, comparable);
  add_link(other, kin, same, comparable);
  EsKin *told = later->call ? later : open;
  if (!is_told(told->call, kind, detail))
    es_live_call_event(told->call, now_us - told->call->set_us, kind, -1, detail);
  const EsKin *far = open == kin ? other : kin;
  return es_story_join(calls, open->call, far->id, far->call_id, error);
}

// ---- coming and going

static char *comparable_number(const char *user) {
  g_autoptr(GString) digits = g_string_new(NULL);
  if (!user)
    return NULL;
  for (const char *at = user; *at; at++) {
    if (g_ascii_isdigit(*at))
      g_string_append_c(digits, *at);
    else if (!strchr("+ -().", *at))
      return g_utf8_casefold(user, -1);
  }
  const gsize whole = 9; // digits that a number has without the prefixes of countries and trunks
  return digits->len == 0 ? NULL : g_strdup(digits->str + (digits->len > whole ? digits->len - whole : 0));
}

static EsKin *add_kin(EsKinship *k, EsLiveCall *call, const EsDatagram *datagram) {
  EsKin *kin = g_new0(EsKin, 1);
  *kin = (EsKin){.call = call,
                 .id = g_strdup(call->row->id),
                 .call_id = g_strdup(call->row->call_id),
                 .started_us = call->row->started_us,
                 .answered_us = ES_UNKNOWN,
                 .gone_us = ES_UNKNOWN,
                 .marks = g_ptr_array_new_with_free_func(g_free),
                 .from = datagram->from,
                 .to = datagram->to,
                 .caller = comparable_number(call->row->caller),
                 .callee = comparable_number(call->row->callee),
                 .links = g_array_new(FALSE, FALSE, sizeof(EsKinLink))};
  g_hash_table_insert(k->by_call, call, kin);
  return kin;
}

static void kin_free(EsKinship *k, EsKin *kin) {
  unmark(k, kin);
  es_kin_forget_pending(k, kin);
  g_hash_table_remove(k->closing, kin->closing);
  for (guint i = 0; i < kin->links->len; i++) {
    EsKin *other = g_array_index(kin->links, EsKinLink, i).other;
    EsKinLink *back = es_kin_link_between(other, kin);
    if (back)
      g_array_remove_index_fast(other->links, (guint)(back - (EsKinLink *)other->links->data));
  }
  g_array_unref(kin->links);
  g_ptr_array_unref(kin->marks);
  g_clear_pointer(&kin->voices, es_voices_free);
  g_free(kin->id);
  g_free(kin->call_id);
  g_free(kin->caller);
  g_free(kin->callee);
  g_free(kin->client);
  g_free(kin->business_id);
  g_free(kin);
}

void es_kinship_clear(EsKinship *k) {
  GHashTableIter iter;
  gpointer kin;
  g_hash_table_iter_init(&iter, k->by_call);
  while (g_hash_table_iter_next(&iter, NULL, &kin)) {
    g_hash_table_iter_remove(&iter);
    kin_free(k, kin);
  }
  while ((kin = g_queue_pop_head(&k->ended)))
    kin_free(k, kin);
}

void es_kinship_free(EsKinship *k) {
  es_kinship_clear(k);
  g_hash_table_unref(k->by_call);
  g_hash_table_unref(k->closing);
  g_hash_table_unref(k->marks);
  g_ptr_array_unref(k->pairs);
  g_ptr_array_unref(k->pickups);
  g_free(k);
}

static gboolean is_needed(const EsKin *kin, gint64 now_us) {
  if (now_us - kin->gone_us <= ES_KIN_REMEMBERED_US)
    return TRUE;
  for (guint i = 0; i < kin->links->len; i++)
    if (g_array_index(kin->links, EsKinLink, i).other->call)
      return TRUE;
  return FALSE;
}

// Those that are needed still go to the end of the queue, each once.
static void forget_old(EsKinship *k, gint64 now_us) {
  for (guint n = k->ended.length; n > 0; n--) {
    EsKin *oldest = g_queue_peek_head(&k->ended);
    gboolean crowded = k->ended.length > ES_KIN_MOST_ENDED;
    if (!crowded && now_us - oldest->gone_us <= ES_KIN_REMEMBERED_US)
      return;
    g_queue_pop_head(&k->ended);
    if (!crowded && is_needed(oldest, now_us)) {
      oldest->gone_us = now_us;
      g_queue_push_tail(&k->ended, oldest);
    } else {
      kin_free(k, oldest);
    }
  }
}

// ---- what a call learns of its kin

static gboolean has_event(const GPtrArray *consent, const EsConsentEvent *event) {
  for (guint i = 0; i < consent->len; i++) {
    const EsConsentEvent *have = consent->pdata[i];
    if (have->at_us == event->at_us && strcmp(have->state, event->state) == 0 &&
        strcmp(have->source, event->source) == 0)
      return TRUE;
  }
  return FALSE;
}

// What was said of consent in one of them holds for the conversation.
static void lend_consent(const EsLiveCall *from, EsLiveCall *to) {
  for (guint i = 0; i < from->row->consent->len; i++) {
    const EsConsentEvent *event = from->row->consent->pdata[i];
    if (has_event(to->row->consent, event))
      continue;
    EsConsentEvent *copy = es_consent_event_new(event->at_us, event->state, event->source);
    copy->notice = g_strdup(event->notice);
    copy->version = g_strdup(event->version);
    copy->detail = g_strdup(event->detail);
    es_live_call_consent(to, copy);
  }
}

static void share_consent(EsKin *kin) {
  for (guint i = 0; i < kin->links->len; i++) {
    const EsKinLink *link = &g_array_index(kin->links, EsKinLink, i);
    if (!link->comparable || !link->other->call)
      continue;
    lend_consent(link->other->call, kin->call);
    lend_consent(kin->call, link->other->call);
  }
}

static const EsSegment *last_segment(const EsCall *row) {
  return row->segments->len ? row->segments->pdata[row->segments->len - 1] : NULL;
}

static gboolean knows_agent(const EsKin *kin) {
  const EsSegment *last = kin->call ? last_segment(kin->call->row) : NULL;
  return kin->call ? last && last->agent && !kin->lent_agent : kin->with_agent;
}

// Who answers for the conversation from the answer of one call on: what a call does not know itself, and
// whoever came into its conversation after those that it knows.
static void lend_people(const EsKin *lender, EsKin *kin) {
  const EsLiveCall *from = lender->call;
  EsCall *to = kin->call->row;
  const EsSegment *theirs = last_segment(from->row), *ours = last_segment(to);
  if (!theirs || !ours || from->row->answered_us == ES_UNKNOWN || to->answered_us == ES_UNKNOWN)
    return;
  gint64 ours_us = MAX(to->answered_us, to->started_us + ours->start_ms * ES_US_PER_MS);
  gboolean later = from->row->answered_us > ours_us + LATER_US;
  gboolean agent = theirs->agent && (!ours->agent || later), queue = !ours->queue && theirs->queue;
  g_autofree char *with = g_strdup(agent ? theirs->agent : ours->agent);
  g_autofree char *in = g_strdup(queue ? theirs->queue : ours->queue);
  if (!agent && !queue)
    return;
  kin->lent_agent |= agent && !ours->agent;
  es_segments_set(to, with, in, MAX(from->row->answered_us, to->answered_us));
  kin->call->dirty = TRUE;
}

static void lend_direction(const EsKin *lender, EsKin *kin) {
  EsCall *to = kin->call->row;
  if (strcmp(to->direction, "unknown") != 0 || !es_kin_passed_on(lender, kin))
    return;
  g_free(to->direction);
  to->direction = g_strdup(lender->call->row->direction);
  kin->call->dirty = TRUE;
}

// The conversation goes on without those who answered in this call.
static void take_back(const EsKin *lender, EsKin *kin) {
  const EsSegment *theirs = last_segment(lender->call->row), *ours = last_segment(kin->call->row);
  if (!kin->lent_agent || kin->call->over || !lender->call->over || !theirs || !ours ||
      g_strcmp0(theirs->agent, ours->agent) != 0)
    return;
  g_autofree char *queue = g_strdup(ours->queue);
  es_segments_set(kin->call->row, NULL, queue, lender->call->over_us);
}

// In both directions: of the two, the other may go on for long, and with others.
static void lend_each_other(EsKin *kin, EsKin *other) {
  lend_people(other, kin);
  lend_direction(other, kin);
  lend_people(kin, other);
  lend_direction(kin, other);
  take_back(kin, other);
}

static void lend_texts(const EsKin *from, EsLiveCall *to) {
  const char *client = from->call ? from->call->row->client : from->client;
  const char *business = from->call ? from->call->row->business_id : from->business_id;
  if (strcmp(to->row->client, "default") == 0 && client && strcmp(client, "default") != 0) {
    g_free(to->row->client);
    to->row->client = g_strdup(client);
    to->dirty = TRUE;
  }
  if (!to->row->business_id && business)
    to->row->business_id = g_strdup(business);
}

// A phone that stops to ring in the moment in which another of its story is answered was not given up on.
static void tell_elsewhere(const EsKin *kin, const EsKin *other) {
  EsDialog *d = &kin->call->dialog;
  if (d->cancelled && d->answered_us == ES_UNKNOWN && other->answered_us != ES_UNKNOWN &&
      ABS(other->answered_us - kin->call->set_us - d->cancelled_us) <= ES_US_PER_S)
    d->elsewhere = TRUE;
}

void es_kinship_lend(EsKinship *k, EsLiveCall *call, gint64 now_us) {
  EsKin *kin = g_hash_table_lookup(k->by_call, call);
  if (!kin || call->skip)
    return;
  share_consent(kin);
  for (guint i = 0; i < kin->links->len; i++) {
    const EsKinLink *link = &g_array_index(kin->links, EsKinLink, i);
    tell_elsewhere(kin, link->other);
    if (link->comparable)
      lend_texts(link->other, call);
    if (link->same && link->other->call)
      lend_each_other(kin, link->other);
  }
}

// ---- which recording stays

// Of two, the one whose recording stays when it holds both.
static const EsKin *kept_of(const EsKin *a, const EsKin *b, EsLinkKeep keep) {
  const EsKin *first = a->started_us < b->started_us || (a->started_us == b->started_us && a < b) ? a : b;
  const EsKin *later = first == a ? b : a;
  if (keep == ES_LINK_KEEP_FIRST)
    return first;
  if (knows_agent(a) != knows_agent(b))
    return knows_agent(a) ? a : b;
  return knows_agent(a) ? later : first; // the later one is nearer to the agent
}

// The open call that may make this one's recording needless; NULL if none.
static const EsKin *rival(const EsKinship *k, const EsLiveCall *call) {
  const EsKin *kin = g_hash_table_lookup(k->by_call, (gpointer)call);
  EsLinkKeep keep = call->settings->link.keep;
  if (!kin || keep == ES_LINK_KEEP_ALL || call->row->answered_us == ES_UNKNOWN)
    return NULL;
  for (guint i = 0; i < kin->links->len; i++) {
    const EsKinLink *link = &g_array_index(kin->links, EsKinLink, i);
    const EsKin *other = link->other;
    if (link->comparable && other->call && other->call->audio && kept_of(kin, other, keep) == other)
      return other;
  }
  return NULL;
}

gboolean es_kinship_waits(const EsKinship *k, const EsLiveCall *call, gint64 now_us) {
  const EsKin *other = call->over ? rival(k, call) : NULL;
  return other && (other->call->over || now_us - call->over_us < WAIT_US);
}

gboolean es_kinship_is_spare(const EsKinship *k, const EsLiveCall *call) {
  return rival(k, call) != NULL;
}

void es_kinship_own(EsKinship *k, EsCallTable *table, EsLiveCall *call, const EsMediaChange *change) {
  const EsKin *kin = g_hash_table_lookup(k->by_call, call), *kept = kin;
  gboolean shared = FALSE;
  for (guint i = 0; kin && i < kin->links->len; i++) {
    const EsKinLink *link = &g_array_index(kin->links, EsKinLink, i);
    if (!link->same || !es_kin_shares_ends(kin, link->other))
      continue;
    shared = TRUE;
    kept = kept_of(kept, link->other, call->settings->link.keep);
  }
  if (!shared) {
    es_call_table_own(table, call, change->side, &change->address);
    return;
  }
  for (int side = 0; side < 2; side++)
    es_call_table_own(table, kept->call, side, &kept->announced[side]);
}

// A row without a recording says where its conversation is.
static void tell_where(const EsKin *kin, EsCall *row) {
  for (guint i = 0; i < kin->links->len; i++) {
    const EsKinLink *link = &g_array_index(kin->links, EsKinLink, i);
    if (link->same && !link->other->call && link->other->voices)
      es_duplicate_mark(row, link->other->id);
  }
}

static void settle_duplicate(EsKin *kin, const EsCallContext *context, EsLinkKeep keep, EsCall *row) {
  for (guint i = 0; kin->voices && i < kin->links->len; i++) {
    const EsKinLink *link = &g_array_index(kin->links, EsKinLink, i);
    const EsKin *other = link->other;
    if (!link->comparable || other->call || !other->voices || kept_of(kin, other, keep) != other ||
        !es_voices_hold(other->voices, kin->voices, link->same))
      continue;
    if (es_duplicate_discard(row, context->library, other->id))
      g_clear_pointer(&kin->voices, es_voices_free);
  }
}

gboolean es_kinship_is_linked(const EsKinship *k, const EsLiveCall *call) {
  const EsKin *kin = g_hash_table_lookup(k->by_call, (gpointer)call);
  return kin && kin->links->len > 0;
}

void es_kinship_closing(EsKinship *k, EsLiveCall *call, gint64 now_us) {
  EsKin *kin = g_hash_table_lookup(k->by_call, call);
  if (!kin)
    return;
  const EsSegment *last = last_segment(call->row);
  g_hash_table_remove(k->by_call, call);
  g_hash_table_insert(k->closing, call, kin);
  kin->call = NULL;
  kin->closing = call;
  kin->gone_us = now_us;
  kin->with_agent = last && last->agent && !kin->lent_agent;
  kin->client = g_strdup(call->row->client);
  kin->business_id = g_strdup(call->row->business_id);
  g_queue_push_tail(&k->ended, kin);
}

void es_kinship_finished(EsKinship *k, EsLiveCall *call, EsCall *row) {
  EsKin *kin = g_hash_table_lookup(k->closing, call);
  if (!kin)
    return;
  g_hash_table_remove(k->closing, call);
  kin->closing = NULL;
  kin->voices = es_voices_new(row);
  if (call->settings->link.keep != ES_LINK_KEEP_ALL)
    settle_duplicate(kin, call->context, call->settings->link.keep, row);
  if (!row->file && g_strcmp0(row->outcome_reason, "no media") == 0)
    tell_where(kin, row);
  forget_old(k, kin->gone_us);
}

void es_kinship_left(EsKinship *k, EsLiveCall *call) {
  EsKin *kin = g_hash_table_lookup(k->closing, call);
  if (!kin)
    return;
  g_queue_remove(&k->ended, kin);
  kin_free(k, kin);
}

void es_kinship_skipped(EsKinship *k, EsLiveCall *call) {
  EsKin *kin = g_hash_table_lookup(k->by_call, call);
  g_hash_table_remove(k->by_call, call);
  if (kin)
    kin_free(k, kin);
}

// ---- messages and time

static gboolean take_marks(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, gboolean fresh,
                           const EsSipMessage *m, const EsMediaChange *change, gint64 now_us,
                           GError **error) {
  const EsLinkSettings *s = &kin->call->settings->link;
  return (!s->session_id || es_kin_by_session(k, calls, kin, m, now_us, error)) &&
         es_kin_by_headers(k, calls, kin, m, now_us, error) &&
         (!s->media || es_kin_by_addresses(k, calls, kin, change, now_us, error)) &&
         es_kin_by_dialogs(k, calls, kin, fresh, m, now_us, error);
}

gboolean es_kinship_message(EsKinship *k, const EsStoryCalls *calls, EsLiveCall *call, gboolean fresh,
                            const EsSipMessage *m, const EsDatagram *datagram, const EsMediaChange *change,
                            gint64 now_us, GError **error) {
  if (call->skip)
    return TRUE;
  EsKin *kin = g_hash_table_lookup(k->by_call, call);
  if (!kin)
    kin = add_kin(k, call, datagram);
  gboolean answered = kin->answered_us == ES_UNKNOWN && call->row->answered_us != ES_UNKNOWN;
  if (answered) {
    kin->answered_us = now_us;
    es_kin_pickup(k, kin);
  }
  if (!take_marks(k, calls, kin, fresh, m, change, now_us, error) ||
      (call->settings->link.numbers && (answered || fresh) &&
       !es_kin_by_numbers(k, calls, kin, now_us, error)) ||
      (call->settings->link.numbers && !es_kin_by_ringing(k, calls, kin, fresh, now_us, error)))
    return FALSE;
  if (call->dirty || answered)
    share_consent(kin);
  return TRUE;
}

gboolean es_kinship_sweep(EsKinship *k, const EsStoryCalls *calls, gint64 now_us, GError **error) {
  GHashTableIter iter;
  gpointer kin;
  g_hash_table_iter_init(&iter, k->by_call);
  while (g_hash_table_iter_next(&iter, NULL, &kin))
    if (((EsKin *)kin)->links->len)
      share_consent(kin);
  forget_old(k, now_us);
  return es_kin_sweep_voices(k, calls, now_us, error) && es_kin_sweep_pickups(k, calls, now_us, error);
}
