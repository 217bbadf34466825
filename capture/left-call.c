// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "left-call.h"
#include "audio-record.h"
#include "call.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/index/recording.h"
#include <glib/gstdio.h>
#include <string.h>

struct EsLeftCall {
  gboolean gone; // nothing of it is to be done
  char *known;   // the latest that was said of it, JSON; NULL: nothing
  gsize n_known;
  char id[ES_ID_SIZE];      // "" before it is known
  gint64 first_us, last_us; // packets; ES_UNKNOWN
  gboolean spoken;          // it has packets
  gboolean begun;           // something was said the second time
  gboolean insists;         // on a descriptor
  gboolean torn;            // what was said last may not be what comes before the next
  gboolean damaged;         // something of it could not be read
  EsCall *row;
  EsSettlement *settlement;
  EsSpoolMoments moments;
  EsRecording *recording; // NULL before it begins
  EsAudioSources *sources;
  guint n_legs;
  gboolean heard[ES_CALL_MAX_LEGS];
};

EsLeftCall *es_left_call_new(void) {
  EsLeftCall *call = g_new0(EsLeftCall, 1);
  call->first_us = call->last_us = ES_UNKNOWN;
  call->moments = (EsSpoolMoments){ES_UNKNOWN, ES_UNKNOWN, ES_UNKNOWN, ES_UNKNOWN};
  return call;
}

void es_left_call_free(EsLeftCall *call) {
  es_settlement_free(call->settlement);
  g_clear_pointer(&call->row, es_call_free);
  es_recording_free(call->recording);
  es_audio_sources_free(call->sources);
  g_free(call->known);
  g_free(call);
}

// ---- what is known of it

void es_left_call_learn(EsLeftCall *call, const EsJournalRecord *record) {
  EsAudioBegin begin;
  switch (record->kind) {
  case ES_JOURNAL_META:
  case ES_JOURNAL_END:
    g_free(call->known);
    call->known = g_memdup2(record->body, record->length);
    call->n_known = record->length;
    break;
  case ES_JOURNAL_BEGIN:
    if (es_audio_record_read_begin(record, &begin))
      g_strlcpy(call->id, begin.id, sizeof call->id);
    break;
  case ES_JOURNAL_GONE:
    call->gone = TRUE;
    g_clear_pointer(&call->known, g_free);
    break;
  case ES_JOURNAL_PUSH:
  case ES_JOURNAL_COUNT:
    call->spoken = TRUE;
    break;
  default:
    break;
  }
}

// Of which nobody said anything, or it cannot be read: what its audio tells is kept.
static EsCall *unknown_call(const char *id) {
  EsCall *row = es_call_new();
  row->id = g_strdup(id);
  row->source_key = g_strdup_printf("lost|%s", id);
  return row;
}

static void read_known(EsLeftCall *call) {
  if (call->known)
    call->row = es_spool_parse(call->known, call->n_known, &call->moments, &call->settlement);
  g_clear_pointer(&call->known, g_free);
  if (call->row)
    g_strlcpy(call->id, call->row->id, sizeof call->id);
  if (call->row || !call->id[0])
    return;
  call->row = unknown_call(call->id);
  call->settlement = es_settlement_new(call->row);
}

// Of one that nobody knows the id alone tells whether its row is there.
static gboolean has_row(const EsLeftCall *call, EsIndex *index, gboolean *has, GError **error) {
  g_autoptr(GError) none = NULL;
  g_autoptr(EsCall) row = es_index_get_call(index, call->id, &none);
  *has = row != NULL;
  if (row || g_error_matches(none, ES_ERROR, ES_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&none));
  return FALSE;
}

gboolean es_left_call_is_left(EsLeftCall *call, EsIndex *index, const EsRecoveredList *recovered,
                              GError **error) {
  EsSeen seen;
  gboolean has = FALSE;
  if (call->gone)
    return FALSE;
  read_known(call);
  if (!call->row || es_recovered_list_has(recovered, call->id))
    return FALSE;
  if (call->row->started_us == ES_UNKNOWN && (!has_row(call, index, &has, error) || has))
    return FALSE;
  return es_index_seen(index, call->row->source_key, &seen, NULL, error) && seen != ES_SEEN_COMPLETE;
}

gboolean es_left_call_is_nameless(const EsLeftCall *call, gboolean ended) {
  return (call->spoken || ended) && !call->gone && !call->row;
}

const EsCall *es_left_call_open_row(const EsLeftCall *call) {
  return call->moments.ended_us == ES_UNKNOWN ? call->row : NULL;
}

// ---- all of it again

static void begin(EsLeftCall *call, const EsJournalRecord *record, const char *parts) {
  EsAudioBegin begin;
  if (call->recording || !es_audio_record_read_begin(record, &begin) || strcmp(begin.id, call->row->id) != 0)
    return;
  g_autofree char *part = g_strdup_printf("%s/%s.part", parts, begin.id);
  g_unlink(part); // of an attempt that failed, on a disk that let nothing be removed
  begin.settings.spool = parts;
  begin.settings.insists = call->insists;
  call->n_legs = MIN(begin.n_legs, ES_CALL_MAX_LEGS);
  call->recording = es_recording_new(&begin.settings, begin.id, call->n_legs);
  call->sources = es_audio_sources_new();
  if (begin.again) // it had begun before
    es_left_call_torn(call);
}

// That somebody joined may stand in a block that was lost; who speaks is there.
static void add_legs(EsLeftCall *call, guint leg) {
  for (; call->n_legs <= leg && call->n_legs < ES_CALL_MAX_LEGS; call->n_legs++)
    es_recording_add_leg(call->recording);
}

void es_left_call_insist(EsLeftCall *call) {
  call->insists = TRUE;
}

gboolean es_left_call_insists(const EsLeftCall *call) {
  return call->insists;
}

void es_left_call_torn(EsLeftCall *call) {
  call->torn = call->damaged = call->damaged || call->begun;
}

// What is missing is put down to the recorder, not to the network.
static void mend(EsLeftCall *call, gint64 now_us) {
  EsSettlement *s = call->settlement;
  if (call->recording)
    es_recording_dropped(call->recording, call->last_us == ES_UNKNOWN ? now_us : call->last_us, now_us);
  if (!s->cut_short)
    s->cut_short = g_strdup(N_("part of the journal could not be read"));
  call->torn = FALSE;
}

static gboolean say(EsLeftCall *call, const EsAudioSaid *said, GError **error) {
  gboolean packet = said->kind == ES_JOURNAL_PUSH || said->kind == ES_JOURNAL_COUNT;
  if (said->kind == ES_JOURNAL_ADD_LEG) {
    add_legs(call, call->n_legs);
    return TRUE;
  }
  if (packet && said->packet.leg < ES_CALL_MAX_LEGS) {
    add_legs(call, said->packet.leg);
    if (call->torn)
      mend(call, said->packet.arrival_us);
    call->heard[said->packet.leg] = TRUE;
    call->first_us = call->first_us == ES_UNKNOWN ? said->packet.arrival_us : call->first_us;
    call->last_us = MAX(call->last_us, said->packet.arrival_us);
  }
  return es_audio_do(call->recording, said, error);
}

gboolean es_left_call_say(EsLeftCall *call, const EsJournalRecord *record, const char *parts, gboolean *ended,
                          GError **error) {
  EsAudioSaid said;
  gboolean packet = record->kind == ES_JOURNAL_PUSH || record->kind == ES_JOURNAL_COUNT;
  *ended = record->kind == ES_JOURNAL_END;
  call->begun = TRUE;
  begin(call, record, parts);
  if (call->recording && es_audio_record_read(record, call->sources, &said))
    return say(call, &said, error);
  if (packet) // nobody knows whose
    es_left_call_torn(call);
  return TRUE;
}

// ---- its end

gboolean es_left_call_has_place(const EsCall *row, EsIndex *index, gboolean own, gboolean *place,
                                GError **error) {
  EsSeen seen = ES_SEEN_NO;
  gboolean rang = row->answered_us == ES_UNKNOWN && g_strcmp0(row->outcome_reason, "interrupted") == 0;
  gboolean ok = own || !rang || es_index_seen(index, row->source_key, &seen, NULL, error);
  *place = seen == ES_SEEN_NO;
  return ok;
}

static void settle_start(EsLeftCall *call) {
  EsCall *row = call->row;
  if (row->started_us != ES_UNKNOWN)
    return;
  row->started_us = call->first_us != ES_UNKNOWN ? call->first_us : g_get_real_time();
  row->answered_us = row->started_us;
}

// A call that was over is as it ended; of another the last that was seen or heard is its end.
static void settle_end(EsLeftCall *call) {
  EsCall *row = call->row;
  if (call->moments.ended_us != ES_UNKNOWN) {
    row->ended_us = MAX(call->moments.ended_us, row->started_us);
    return;
  }
  row->ended_us = MAX(MAX(call->moments.seen_us, call->last_us), row->started_us);
  g_free(row->ended_by);
  row->ended_by = g_strdup("interrupted");
  call->settlement->interrupted = TRUE;
}

static void settle_disposition(EsCall *row) {
  gboolean answered = row->answered_us != ES_UNKNOWN;
  if (row->disposition && answered == (strcmp(row->disposition, "answered") == 0))
    return;
  g_free(row->disposition);
  row->disposition = g_strdup(answered ? "answered" : "missed");
}

static void settle_voices(EsLeftCall *call) {
  GArray *voices = call->settlement->voices;
  const char *roles[2];
  gboolean mixed = voices->len == 1 && call->n_legs <= 1 &&
                   strcmp(g_array_index(voices, EsSettleVoice, 0).role, "mixed") == 0;
  call->settlement->mixed = mixed;
  es_leg_roles(call->row->direction, roles);
  for (guint i = voices->len; i < MAX(call->n_legs, mixed ? 1 : 2); i++) {
    EsSettleVoice voice = {i < 2 ? roles[i] : "participant", FALSE, FALSE};
    g_array_append_val(voices, voice);
  }
  for (guint i = 0; i < MIN(voices->len, ES_CALL_MAX_LEGS); i++)
    g_array_index(voices, EsSettleVoice, i).heard |= call->heard[i];
}

// Of a call that is damaged the file may be there all the same, finished before its recorder was killed: what
// can be made of the journal is less. FALSE if it is not, or not whole.
static gboolean keep_file(EsLeftCall *call, const char *library, const char *parts) {
  EsCall *row = call->row;
  EsRepair file;
  g_autofree char *relative = es_recording_path(row->client, row->started_us, row->id);
  g_autofree char *path = g_build_filename(library, relative, NULL);
  if (!call->damaged || row->answered_us == ES_UNKNOWN || !g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
      !es_opus_repair(path, &file, NULL) || file.cut_bytes || file.damaged_bytes)
    return FALSE;
  es_settle_kept(call->settlement, g_steal_pointer(&call->recording), parts, relative, path, &file);
  return TRUE;
}

static void settle_audio(EsLeftCall *call, const char *library, const char *parts) {
  EsSettlement *s = call->settlement;
  if (keep_file(call, library, parts))
    return;
  if (call->recording)
    es_settle_recording(s, g_steal_pointer(&call->recording), library, parts);
  else
    es_settle_silent(s);
}

EsCall *es_left_call_finish(EsLeftCall *call, const char *library, const char *parts, GError **error) {
  EsSettlement *s = call->settlement;
  settle_start(call);
  settle_end(call);
  settle_disposition(call->row);
  settle_voices(call);
  g_free(call->row->consent_state);
  call->row->consent_state = g_strdup(es_consent_state(call->row->consent));
  s->replaces = TRUE; // a file that is there was not yet in a row that says so
  s->failed = s->disk_full = FALSE;
  es_settle_times(s);
  call->row->hold_ms = MIN(call->row->hold_ms, MAX(call->row->duration_ms, 0)); // whatever was written there
  if (call->torn)
    mend(call, call->row->ended_us);
  settle_audio(call, library, parts);
  if (!s->unfinished)
    return g_steal_pointer(&call->row);
  g_propagate_error(error, g_steal_pointer(&s->unfinished));
  return NULL;
}
