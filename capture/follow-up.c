// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "follow-up.h"
#include "earshot/common/id.h"
#include "segments.h"

gboolean es_follow_up_may_come(const EsLiveCall *call, EsEnd end) {
  return end == ES_END_TIMEOUT && !call->session && !call->asleep &&
         call->dialog.state == ES_DIALOG_ANSWERED && call->media_us != ES_UNKNOWN;
}

void es_follow_up_copy(const EsCall *from, EsCall *to) {
  const struct {
    char *const *from;
    char **to;
  } texts[] = {{&from->client, &to->client},
               {&from->direction, &to->direction},
               {&from->caller, &to->caller},
               {&from->callee, &to->callee},
               {&from->caller_uri, &to->caller_uri},
               {&from->callee_uri, &to->callee_uri},
               {&from->caller_name, &to->caller_name},
               {&from->callee_name, &to->callee_name},
               {&from->business_id, &to->business_id},
               {&from->mapping_json, &to->mapping_json},
               {&from->consent_state, &to->consent_state}};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_free(*texts[i].to);
    *texts[i].to = g_strdup(*texts[i].from);
  }
  for (guint i = 0; i < from->consent->len; i++) {
    const EsConsentEvent *event = from->consent->pdata[i];
    EsConsentEvent *copy = es_consent_event_new(event->at_us, event->state, event->source);
    copy->notice = g_strdup(event->notice);
    copy->version = g_strdup(event->version);
    copy->detail = g_strdup(event->detail);
    g_ptr_array_add(to->consent, copy);
  }
  if (from->segments->len) {
    const EsSegment *last = from->segments->pdata[from->segments->len - 1];
    es_segments_set(to, last->agent, last->queue, to->started_us);
  }
}

// The dialog itself, which the ending call does not follow any more.
static void move_dialog(EsLiveCall *from, EsLiveCall *to) {
  to->dialog = from->dialog;
  to->media = from->media;
  EsCallHints hints = to->hints;
  to->hints = from->hints;
  from->hints = hints;
  from->dialog = (EsDialog){.state = ES_DIALOG_ANSWERED,
                            .sip_status = to->dialog.sip_status,
                            .answered_us = to->dialog.answered_us,
                            .ended_us = ES_UNKNOWN,
                            .cancelled_us = ES_UNKNOWN,
                            .ended_by = -1};
  es_media_init(&from->media);
  for (guint side = 0; side < 2; side++) {
    to->identities[side] = from->identities[side];
    from->identities[side] = (EsIdentity){0};
    to->cseq[side] = from->cseq[side];
  }
  to->connected = g_steal_pointer(&from->connected);
  to->consent_header = g_strdup(from->consent_header);
}

EsLiveCall *es_follow_up_new(EsCallTable *table, EsLiveCall *call, gint64 now_us) {
  EsLiveCall *next =
      es_live_call_begin(call->context, call->driver, call->row->call_id, call->row->source, now_us);
  char id[ES_ID_SIZE];
  es_id_new(now_us, id); // of nothing yet
  next->row->id = g_strdup(id);
  next->follows = g_strdup(call->row->id);
  next->asleep = next->skip = TRUE;
  next->unsignalled = TRUE;
  next->set_us = call->set_us;
  next->generation = call->generation;
  next->verdict = call->verdict;
  next->row->answered_us = now_us;
  es_follow_up_copy(call->row, next->row);
  for (guint i = 0; i < call->n_legs; i++) {
    es_live_call_add_leg(next, call->legs[i].role);
    next->legs[i].may_send = call->legs[i].may_send;
  }
  move_dialog(call, next);
  es_call_table_replace(table, call, next);
  return next;
}

gboolean es_follow_up_wake(EsLiveCall *call, gint64 now_us, GError **error) {
  const char *tag = call->dialog.caller_tag;
  call->asleep = call->skip = FALSE;
  call->row->started_us = call->row->answered_us = call->dialog.answered_us = now_us;
  g_clear_pointer(&call->row->id, g_free);
  if (!es_live_call_identify(call, tag ? tag : "", now_us, error))
    return FALSE;
  g_ptr_array_set_size(call->row->events, 0); // of the time in between
  es_live_call_event(call, now_us, "follow-up", -1, NULL);
  call->dirty = TRUE;
  return TRUE;
}
