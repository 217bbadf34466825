// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The account is on disk before the recording moves, and both are before anybody forgets the call: after a
// crash in between the call is recovered, refused again, and replaces what was begun.
#include "refused.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/json.h"
#include "shared-sink.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

// ---- what is known of it

static JsonArray *streams_of(const EsCallLeg *leg) {
  JsonArray *streams = json_array_new();
  for (guint i = 0; i < leg->streams->len; i++) {
    const EsStreamLedger *s = &g_array_index(leg->streams, EsStreamLedger, i);
    JsonObject *o = json_object_new();
    es_json_set_text(o, "codec", s->codec);
    es_json_set_text(o, "source", s->source);
    json_object_set_int_member(o, "expected", (gint64)s->expected);
    json_object_set_int_member(o, "received", (gint64)s->received);
    json_object_set_int_member(o, "lost", (gint64)s->lost);
    json_object_set_int_member(o, "late", (gint64)s->late);
    json_object_set_int_member(o, "undecodable", (gint64)s->undecodable);
    json_array_add_object_element(streams, o);
  }
  return streams;
}

static JsonArray *legs_of(const EsCall *call) {
  JsonArray *legs = json_array_new();
  for (guint i = 0; i < call->legs->len; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    JsonObject *o = json_object_new();
    es_json_set_text(o, "role", leg->role);
    es_json_set_ms(o, "filled_ms", leg->filled_ms);
    json_object_set_array_member(o, "streams", streams_of(leg));
    json_array_add_object_element(legs, o);
  }
  return legs;
}

static JsonArray *gaps_of(const EsCall *call) {
  JsonArray *gaps = json_array_new();
  for (guint i = 0; i < call->gaps->len; i++) {
    const EsGap *gap = &g_array_index(call->gaps, EsGap, i);
    JsonObject *o = json_object_new();
    json_object_set_int_member(o, "leg", gap->leg);
    json_object_set_int_member(o, "start_ms", gap->start_ms);
    json_object_set_int_member(o, "length_ms", gap->length_ms);
    es_json_set_text(o, "reason", es_gap_reason_name(gap->reason));
    json_array_add_object_element(gaps, o);
  }
  return gaps;
}

static void add_words(JsonObject *o, const EsCall *call) {
  const EsSegment *last = call->segments->len ? call->segments->pdata[call->segments->len - 1] : NULL;
  const EsConsentEvent *consent = call->consent->len ? call->consent->pdata[call->consent->len - 1] : NULL;
  const struct {
    const char *name, *value;
  } words[] = {{"call_id", call->call_id},
               {"group_id", call->group_id},
               {"client", call->client},
               {"direction", call->direction},
               {"caller", call->caller},
               {"callee", call->callee},
               {"caller_name", call->caller_name},
               {"callee_name", call->callee_name},
               {"agent", last ? last->agent : NULL},
               {"queue", last ? last->queue : NULL},
               {"disposition", call->disposition},
               {"ended_by", call->ended_by},
               {"pbx_id", call->pbx_id},
               {"business_id", call->business_id},
               {"consent_state", call->consent_state},
               {"consent_notice", consent ? consent->notice : NULL},
               {"consent_version", consent ? consent->version : NULL},
               {"outcome", call->outcome},
               {"outcome_reason", call->outcome_reason},
               {"file_sha256", call->file_sha256},
               {"codec", call->codec}};
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    es_json_set_text(o, words[i].name, words[i].value);
}

static char *account_of(const EsCall *call, const char *name, const char *why) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "refused", why);
  es_json_set_text(o, "file", call->file ? name : NULL);
  es_json_set_text(o, "id", call->id);
  add_words(o, call);
  es_json_set_time(o, "started_at", call->started_us);
  es_json_set_time(o, "answered_at", call->answered_us);
  es_json_set_time(o, "ended_at", call->ended_us);
  es_json_set_ms(o, "duration_ms", call->duration_ms);
  es_json_set_ms(o, "wait_ms", call->wait_ms);
  es_json_set_ms(o, "hold_ms", call->hold_ms);
  es_json_set_ms(o, "audio_offset_ms", call->audio_offset_ms);
  es_json_set_ms(o, "audio_ms", call->audio_ms);
  es_json_set_ms(o, "missing_ms", call->missing_ms);
  json_object_set_array_member(o, "legs", legs_of(call));
  json_object_set_array_member(o, "gaps", gaps_of(call));
  JsonArray *list = json_array_new();
  json_array_add_object_element(list, o);
  g_autoptr(JsonNode) root = json_node_new(JSON_NODE_ARRAY);
  json_node_take_array(root, list);
  g_autofree char *text = json_to_string(root, TRUE);
  return g_strconcat(text, "\n", NULL);
}

// ---- setting aside

static gboolean write_account(const EsCall *call, const char *name, const char *path, const char *why,
                              GError **error) {
  g_autofree char *text = account_of(call, name, why);
  g_autoptr(GError) failed = NULL;
  if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                               0600, &failed))
    return TRUE;
  g_set_error_literal(error, ES_ERROR, ES_ERROR_IO, failed->message);
  return FALSE;
}

static gboolean flush_folder(const char *folder, GError **error) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int failed = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0)
    close(fd);
  return failed == 0 || es_set_errno(error, failed, "%s", folder);
}

static void tell(const EsCaptureSink *sink, const EsCall *call, const char *account, const char *why) {
  g_autofree char *text = g_strdup_printf(
      _("call %s is not in the index, which refuses it: %s; it is kept in %s"), call->id, why, account);
  es_sink_tell(sink, ES_LOG_REFUSED, text);
}

// The recording of a call that an earlier row's id was given to keeps its own name.
static gboolean set_aside(const char *library, const EsCall *call, const char *why, const EsCaptureSink *sink,
                          GError **error) {
  g_autofree char *folder = g_build_filename(library, "spool", ES_REFUSED_FOLDER, NULL);
  g_autofree char *name = call->file ? g_path_get_basename(call->file) : g_strdup_printf("%s.", call->id);
  g_autofree char *stem = g_strndup(name, strcspn(name, "."));
  g_autofree char *account = g_strdup_printf("%s/%s.json", folder, stem);
  g_autofree char *audio = g_build_filename(folder, name, NULL);
  g_autofree char *recording = call->file ? g_build_filename(library, call->file, NULL) : NULL;
  if (g_mkdir_with_parents(folder, 0700) != 0)
    return es_set_errno(error, errno, "%s", folder);
  if (!write_account(call, name, account, why, error))
    return FALSE;
  if (recording && g_rename(recording, audio) != 0 && errno != ENOENT)
    return es_set_errno(error, errno, "%s", audio);
  if (!flush_folder(folder, error))
    return FALSE;
  tell(sink, call, account, why);
  return TRUE;
}

// ---- rows

static gboolean is_refusal(const GError *failed) {
  return g_error_matches(failed, ES_ERROR, ES_ERROR_INVALID);
}

// *earlier: the complete row of the same call, NULL if there is none.
static gboolean look_up_earlier(EsIndex *index, const EsCall *row, EsCall **earlier, GError **error) {
  g_autofree char *id = NULL;
  EsSeen seen;
  if (!es_index_seen(index, row->source_key, &seen, &id, error))
    return FALSE;
  if (seen == ES_SEEN_COMPLETE)
    *earlier = es_index_get_call(index, id, error);
  return seen != ES_SEEN_COMPLETE || *earlier;
}

// Whoever else had the call in hand, a sequel of it or another recorder, may have been faster. Its row stands
// for this one, unless there is a recording of which that row knows nothing.
static gboolean stands_for(const EsCall *earlier, const EsCall *row) {
  return earlier && (!row->file || g_strcmp0(row->file, earlier->file) == 0);
}

static gboolean put_one(EsIndex *index, EsCall *row, const EsCaptureSink *sink, gboolean *put,
                        GError **error) {
  g_autoptr(GError) failed = NULL;
  g_autoptr(EsCall) earlier = NULL;
  *put = es_index_put_call(index, row, &failed);
  if (*put)
    return TRUE;
  if (!is_refusal(failed)) {
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
  }
  if (!look_up_earlier(index, row, &earlier, error))
    return FALSE;
  return stands_for(earlier, row) || set_aside(es_index_library(index), row, failed->message, sink, error);
}

guint es_rows_put(EsIndex *index, const GPtrArray *rows, guint n, const EsCaptureSink *sink, gboolean *put,
                  GError **error) {
  g_autoptr(GError) failed = NULL;
  for (guint i = 0; i < n; i++)
    put[i] = TRUE;
  if (es_index_put_calls(index, rows, n, &failed))
    return n;
  if (!is_refusal(failed)) {
    g_propagate_error(error, g_steal_pointer(&failed));
    return 0;
  }
  guint done = 0;
  while (done < n && put_one(index, rows->pdata[done], sink, &put[done], error))
    done++;
  return done;
}
