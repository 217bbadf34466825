// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "job.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/encode/file.h"
#include "earshot/index/recording.h"
#include "facts.h"
#include "pool.h"

static void fail(EsImportDone *done, const GError *error) {
  done->status = ES_IMPORT_FAILED;
  g_free(done->message);
  done->message = g_strdup(error->message);
}

static void replace(char **text, const char *value) {
  g_free(*text);
  *text = g_strdup(value);
}

// ---- known already?

// Of a call in two files both digests with a comma.
static char *digest_of(const EsImportItem *item, GError **error) {
  g_autofree char *first = es_file_sha256(item->paths[0], error);
  if (!first || !item->paths[1])
    return g_steal_pointer(&first);
  g_autofree char *second = es_file_sha256(item->paths[1], error);
  return second ? g_strdup_printf("%s,%s", first, second) : NULL;
}

static void tell_same(EsImportDone *done, const char *other) {
  done->status = ES_IMPORT_KNOWN;
  done->message = g_strdup_printf(_("%s: the same audio as %s, not imported twice"), done->item->name, other);
}

static gboolean other(const char *stated, const char *known, const char *unknown) {
  return g_strcmp0(stated, unknown) != 0 && g_strcmp0(stated, known) != 0;
}

static const char *agent_of(const EsCall *call) {
  return call->segments->len > 0 ? ((const EsSegment *)call->segments->pdata[0])->agent : NULL;
}

// Whether the table that came with the file, not a log, says what the row does not.
static gboolean says_otherwise(const EsImportItem *item, const EsCall *row) {
  const EsCall *stated = item->stated;
  if (!item->where || g_str_equal(item->where, "cdr"))
    return FALSE;
  return (stated->started_us != ES_UNKNOWN && stated->started_us != row->started_us) ||
         other(stated->caller, row->caller, NULL) || other(stated->callee, row->callee, NULL) ||
         other(stated->client, row->client, "default") ||
         other(stated->direction, row->direction, "unknown") ||
         other(stated->business_id, row->business_id, NULL) || other(agent_of(stated), agent_of(row), NULL);
}

// The same name, and no other moment than the row has: the same file once more.
static void compare_with(EsImportDone *done, const EsCall *row) {
  gint64 stated_us = done->item->stated->started_us;
  gboolean same_name = g_strcmp0(row->original_name, done->item->name) == 0;
  gboolean same_time = stated_us == ES_UNKNOWN || row->started_us == stated_us || row->pbx_id;
  done->status = ES_IMPORT_KNOWN;
  if (same_name && says_otherwise(done->item, row)) {
    done->message = g_strdup_printf(
        _("%s: known already as %s; what the table says otherwise of it is not taken over (earshot correct)"),
        done->item->name, es_id_short(row->id));
    return;
  }
  if (same_name && same_time)
    return;
  g_autofree char *other =
      g_strdup_printf("%s (%s)", row->original_name ? row->original_name : "?", es_id_short(row->id));
  tell_same(done, other);
}

// FALSE when there is nothing left to do with it.
static gboolean is_new(EsImportShared *shared, EsIndex *index, EsImportDone *done, const char *key,
                       const char *digest) {
  g_autoptr(GError) error = NULL;
  g_autofree char *holder = es_import_claim(shared, key, done->item->name), *id = NULL;
  if (holder) {
    tell_same(done, holder);
    return FALSE;
  }
  EsSeen seen = ES_SEEN_NO;
  if (index && !es_index_seen(index, key, &seen, &id, &error)) {
    fail(done, error);
    return FALSE;
  }
  if (seen != ES_SEEN_COMPLETE)
    return TRUE;
  g_autoptr(EsCall) row = es_index_get_call(index, id, &error);
  if (row)
    compare_with(done, row);
  else
    fail(done, error);
  return FALSE;
}

// ---- the row

// What a log of the telephone system said before, and its id.
static gboolean inherit(EsIndex *index, EsCall *call, GError **error) {
  g_autofree char *id = NULL;
  if (!index || !call->pbx_id)
    return TRUE;
  if (!es_index_find_unrecorded(index, call->pbx_id, &id, error))
    return FALSE;
  g_autoptr(EsCall) earlier = id ? es_index_get_call(index, id, error) : NULL;
  if (id && !earlier)
    return FALSE;
  if (earlier) {
    es_call_inherit(call, earlier);
    es_facts_cdr(call, earlier, FALSE); // as if the log had been read after the recording
    call->id = g_steal_pointer(&id);
  }
  return TRUE;
}

// Whoever said no for this call said it for every copy of its recording.
static gboolean heed_refusal(EsIndex *index, EsCall *call, GError **error) {
  if (!index || !call->pbx_id)
    return TRUE;
  g_autoptr(GPtrArray) rows = es_index_find_pbx_calls(index, call->pbx_id, error);
  for (guint i = 0; rows && i < rows->len; i++) {
    const char *state = ((const EsCall *)rows->pdata[i])->consent_state;
    if (es_import_refused(state)) {
      g_ptr_array_add(call->consent, es_consent_event_new(ES_UNKNOWN, state, "import"));
      break;
    }
  }
  return rows != NULL;
}

static void begin_row(EsImportDone *done, const char *digest) {
  EsCall *call = done->call = es_call_new();
  const EsImportItem *item = done->item;
  es_call_inherit(call, item->stated);
  replace(&call->pbx_id, item->stated->pbx_id);
  call->tags = g_strdupv(item->stated->tags);
  for (guint i = 0; i < item->stated->consent->len; i++) {
    const EsConsentEvent *from = item->stated->consent->pdata[i];
    EsConsentEvent *event = es_consent_event_new(from->at_us, from->state, from->source);
    event->notice = g_strdup(from->notice);
    event->version = g_strdup(from->version);
    g_ptr_array_add(call->consent, event);
  }
  replace(&call->original_name, item->name);
  replace(&call->original_sha256, digest);
  call->source = g_strdup_printf("import:%s", item->name);
}

static void give_id(EsCall *call) {
  char id[ES_ID_SIZE];
  if (call->id)
    return;
  es_id_new(call->started_us, id);
  call->id = g_strdup(id);
}

static void finish_none(EsImportShared *shared, EsImportDone *done, const char *reason) {
  es_import_complete(done->item, shared->zone, NULL, done->call);
  give_id(done->call);
  replace(&done->call->outcome, "none");
  replace(&done->call->outcome_reason, reason);
}

// Every empty file holds the same: such calls are told apart by what else is known of them.
static char *key_of(const EsImportItem *item, const char *digest, gboolean empty) {
  if (!empty)
    return g_strdup_printf("import|%s", digest);
  const EsCall *stated = item->stated;
  g_autofree char *start = es_time_format_utc(stated->started_us);
  return g_strdup_printf("import|%s|%s", digest,
                         stated->pbx_id ? stated->pbx_id
                         : start        ? start
                                        : item->name);
}

static void finish_recorded(EsImportShared *shared, EsImportDone *done, const EsTranscode *job,
                            EsSound *sound, GError **error) {
  EsCall *call = done->call;
  es_import_complete(done->item, shared->zone, sound, call);
  give_id(call);
  replace(&call->original_format, sound->facts.format);
  replace(&call->outcome, sound->problem ? "partial" : "recorded");
  replace(&call->outcome_reason, sound->problem);
  g_autofree char *roles = es_import_roles(call);
  gint64 audio_us = call->started_us + call->audio_offset_ms * ES_US_PER_MS;
  g_auto(GStrv) tags = es_recording_row_tags(call, roles, audio_us);
  g_autofree char *staged = es_staging_path(shared->staging, call->id);
  if (!es_transcode_seal(job, sound, (const char *const *)tags, error))
    return;
  if (g_rename(job->output, staged) != 0) {
    es_set_errno(error, errno, "%s", staged);
    return;
  }
  call->file = es_recording_path(call->client, call->started_us, call->id);
  call->file_sha256 = g_strdup(sound->recording.sha256);
  call->file_bytes = sound->recording.bytes;
}

static void read_sound(EsImportShared *shared, EsIndex *index, EsImportDone *done, const char *digest) {
  const EsImportItem *item = done->item;
  const char *roles[2];
  g_autoptr(GError) error = NULL;
  EsTranscode job = {.inputs = {item->paths[0], item->paths[1]}, .settings = &shared->settings};
  es_import_channel_roles(item->left, done->call, roles, &job.swap);
  char made[ES_ID_SIZE];
  es_id_new(g_get_real_time(), made);
  g_autofree char *output = es_staging_path(shared->staging, made);
  job.output = output;
  EsSound sound;
  gboolean ok = es_transcode(&job, &sound, &error);
  if (ok)
    finish_recorded(shared, done, &job, &sound, &error);
  es_sound_clear(&sound);
  if (g_error_matches(error, ES_ERROR, ES_ERROR_NOT_FOUND)) {
    g_autofree char *key = key_of(item, digest, TRUE);
    replace(&done->call->source_key, key);
    if (is_new(shared, index, done, key, digest))
      finish_none(shared, done, N_("no audio in the original"));
  } else if (error) {
    g_unlink(output);
    fail(done, error);
  }
}

static void read_transcript(EsImportDone *done) {
  g_autoptr(GError) error = NULL;
  gboolean refused =
      es_import_refused(es_consent_state(done->call->consent)); // words are the conversation too
  if (!done->item->transcript || done->status != ES_IMPORT_STORE || refused)
    return;
  done->cues = es_transcript_read(done->item->transcript, &error);
  if (!done->cues)
    done->message = g_strdup(error->message); // the recording counts without it
}

EsImportDone *es_import_job(EsImportShared *shared, EsIndex *index, const EsImportItem *item) {
  EsImportDone *done = g_new0(EsImportDone, 1);
  g_autoptr(GError) error = NULL;
  done->item = item;
  g_autofree char *digest = digest_of(item, &error);
  g_autofree char *key = digest ? key_of(item, digest, FALSE) : NULL;
  if (!digest) {
    fail(done, error);
    return done;
  }
  if (!is_new(shared, index, done, key, digest))
    return done;
  begin_row(done, digest);
  done->call->source_key = g_steal_pointer(&key);
  if (!inherit(index, done->call, &error) || !heed_refusal(index, done->call, &error))
    fail(done, error);
  else if (shared->options->dry_run)
    es_import_complete(item, shared->zone, NULL, done->call);
  else if (es_import_refused(es_consent_state(done->call->consent)))
    finish_none(shared, done, N_("consent refused"));
  else
    read_sound(shared, index, done, digest);
  read_transcript(done);
  return done;
}
