// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The dialog of a recording session: messages to metadata, descriptions to lines.
#include "dialog.h"
#include "earshot/wire/rs-metadata.h"
#include "recording-private.h"
#include "recording-sessions.h"
#include <string.h>

// ---- what opens one

static gboolean header_has(const EsSipMessage *m, const char *name, const char *word) {
  const char *value = es_sip_header(m, name);
  g_autofree char *lower = value ? g_ascii_strdown(value, -1) : NULL;
  return lower && strstr(lower, word);
}

static guint split(const EsSipMessage *m, EsBodyPart parts[ES_MAX_PARTS]) {
  gsize length;
  const guint8 *body = es_sip_body(m, &length);
  return body && length ? es_multipart_split(es_sip_content_type(m), body, length, parts) : 0;
}

static const EsBodyPart *find_metadata(const EsBodyPart *parts, guint n) {
  for (guint i = 0; i < n; i++)
    if (es_rs_metadata_is_type(parts[i].content_type))
      return &parts[i];
  return NULL;
}

gboolean es_recording_session_is_opened_by(const EsSipMessage *m) {
  if (!es_sip_is_request(m) || strcmp(es_sip_method(m), "INVITE") != 0)
    return FALSE;
  if (header_has(m, "Require", "siprec") || header_has(m, "Contact", "+sip.src") ||
      es_recording_headers_tell(m))
    return TRUE;
  EsBodyPart parts[ES_MAX_PARTS];
  return find_metadata(parts, split(m, parts)) != NULL;
}

// ---- the session

EsRecordingSession *es_recording_session_new(EsWorker *worker, const EsSipMessage *invite, gint64 now_us) {
  EsRecordingSession *s = g_new0(EsRecordingSession, 1);
  const char *tag = es_sip_from(invite)->tag;
  s->worker = worker;
  s->call_id = g_strdup(es_sip_call_id(invite));
  s->source = g_strdup(es_worker_source(worker));
  s->opener_tag = g_strdup(tag ? tag : "");
  s->by_recorder = header_has(invite, "Contact", "+sip.srs");
  s->joined = s->up = es_sip_to(invite)->tag != NULL;
  s->opened_us = s->last_us = now_us;
  s->ended_us = ES_UNKNOWN;
  s->state = es_rs_state_new();
  s->calls = g_ptr_array_new();
  s->done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  es_recording_headers_side(invite, &s->side, &s->pair);
  es_recording_sessions_add(es_worker_sessions(worker), s, s->call_id);
  return s;
}

static void clear_lines(EsRecordedLine *lines, guint n) {
  for (guint i = 0; i < n; i++)
    g_free(lines[i].formats);
  g_free(lines);
}

void es_recording_session_free(EsRecordingSession *s) {
  clear_lines(s->lines, s->n_lines);
  g_ptr_array_unref(s->calls);
  g_hash_table_unref(s->done);
  es_rs_state_free(s->state);
  g_free(s->offer);
  g_free(s->answer);
  g_free(s->call_id);
  g_free(s->source);
  g_free(s->opener_tag);
  g_free(s->method);
  g_free(s->headers);
  g_free(s->side);
  g_free(s->pair);
  g_free(s);
}

void es_recording_session_leave(EsRecordingSession *s) {
  s->left = TRUE;
}

gboolean es_recording_session_is_from_client(const EsRecordingSession *s, const EsSipMessage *m) {
  const EsSipParty *sender = es_sip_is_request(m) ? es_sip_from(m) : es_sip_to(m);
  gboolean opener = g_strcmp0(sender->tag ? sender->tag : "", s->opener_tag) == 0;
  return opener != s->by_recorder;
}

gboolean es_recording_session_take_snapshot_wish(EsRecordingSession *s) {
  gboolean wish = s->wish;
  s->wish = FALSE;
  return wish;
}

const EsSdp *es_recording_session_offer(const EsRecordingSession *s) {
  return s->offer;
}

// ---- what was negotiated

int es_recording_line(const EsRecordingSession *s, const char *label) {
  for (guint i = 0; i < s->n_lines; i++)
    if (strcmp(s->lines[i].label, label) == 0)
      return (int)i;
  return -1;
}

// A line without a label gets one by its place, with a character that no label may have.
static void set_label(const EsRecordingSession *s, EsRecordedLine *line, const EsSdpMedia *media, guint i) {
  if (s->side)
    g_strlcpy(line->label, s->side, sizeof line->label);
  else if (*media->label)
    g_strlcpy(line->label, media->label, sizeof line->label);
  else
    g_snprintf(line->label, sizeof line->label, "line %u", i);
}

static void set_formats(EsRecordedLine *line, const EsSdpMedia *offer, const EsSdpMedia *answer) {
  guint n = answer ? answer->n_formats : 0;
  line->n_formats = n + offer->n_formats;
  line->formats = g_new(EsSdpFormat, line->n_formats);
  if (n)
    memcpy(line->formats, answer->formats, n * sizeof *line->formats);
  if (offer->n_formats)
    memcpy(line->formats + n, offer->formats, offer->n_formats * sizeof *line->formats);
}

static gboolean is_muted(const EsSdpMedia *media) {
  return media->has_address && es_address_is_any(&media->address);
}

static void set_line(const EsRecordingSession *s, EsRecordedLine *line, guint i, const EsSdpMedia *answer) {
  const EsSdpMedia *offer = &s->offer->media[i];
  set_label(s, line, offer, i);
  set_formats(line, offer, answer);
  line->accepted = strcmp(offer->kind, "audio") == 0 && offer->address.port != 0;
  line->sends = line->accepted && !is_muted(offer) &&
                (offer->direction == ES_SDP_SENDRECV || offer->direction == ES_SDP_SENDONLY);
  line->encrypted =
      strstr(offer->protocol, "SAVP") != NULL || (answer && offer->crypto && answer->crypto); // optional SRTP
  line->has_source = line->accepted && offer->has_address && !is_muted(offer);
  line->source = offer->address;
  if (!answer)
    return;
  line->accepted = line->accepted && answer->address.port != 0;
  line->sends = line->sends && line->accepted &&
                (answer->direction == ES_SDP_SENDRECV || answer->direction == ES_SDP_RECVONLY);
  line->has_target = line->accepted && answer->has_address && !is_muted(answer);
  line->target = answer->address;
}

// The client's newest description holds from now on; answer may be unknown.
static void agree(EsRecordingSession *s, const EsSdp *answer, const gboolean *accepted, guint n_accepted) {
  EsRecordedLine *before = s->lines;
  guint n_before = s->n_lines;
  s->lines = g_new0(EsRecordedLine, s->offer->n_media);
  s->n_lines = s->offer->n_media;
  s->fresh = FALSE;
  for (guint i = 0; i < s->n_lines; i++) {
    EsRecordedLine *line = &s->lines[i];
    set_line(s, line, i, answer && i < answer->n_media ? &answer->media[i] : NULL);
    if (accepted)
      line->accepted = line->accepted && i < n_accepted && accepted[i];
    if (i >= n_before)
      continue;
    line->call = before[i].call;
    line->leg = before[i].leg;
    if (line->accepted && !line->has_target && before[i].has_target) {
      line->has_target = TRUE;
      line->target = before[i].target;
    }
  }
  clear_lines(before, n_before);
}

static EsSdp *find_description(const EsBodyPart *parts, guint n) {
  g_autofree EsSdp *sdp = g_new0(EsSdp, 1);
  for (guint i = 0; i < n; i++)
    if (strcmp(parts[i].content_type, "application/sdp") == 0 &&
        es_sdp_parse(parts[i].data, parts[i].length, sdp))
      return es_sdp_keep(sdp);
  return NULL;
}

static void take_offer(EsRecordingSession *s, EsSdp *sdp) {
  g_free(s->offer);
  s->offer = sdp;
  s->fresh = TRUE;
}

// Offer and answer may come in requests and in responses of either side; an answer is what comes second.
// TRUE if an agreement was reached.
static gboolean take_description(EsRecordingSession *s, const EsSipMessage *m, const EsBodyPart *parts,
                                 guint n, gboolean from_client) {
  gboolean request = es_sip_is_request(m), ack = strcmp(es_sip_method(m), "ACK") == 0;
  if (!request && es_sip_status(m) / 100 != 2)
    return FALSE;
  g_autofree EsSdp *sdp = find_description(parts, n);
  if (!sdp)
    return FALSE;
  if (from_client) {
    take_offer(s, g_steal_pointer(&sdp));
    if ((request && !ack) || !s->answer)
      return FALSE;
    agree(s, s->answer, NULL, 0);
    g_clear_pointer(&s->answer, g_free);
    return TRUE;
  }
  if (!s->fresh) {
    g_free(s->answer);
    s->answer = g_steal_pointer(&sdp);
    return FALSE;
  }
  agree(s, sdp, NULL, 0);
  return TRUE;
}

// ---- metadata

// FALSE for what cannot be read.
static gboolean take_metadata(EsRecordingSession *s, const guint8 *text, gsize length, gint64 now_us) {
  g_autoptr(EsRsMetadata) document = es_rs_metadata_parse(text, length, NULL);
  if (!document) {
    s->wish = TRUE;
    return FALSE;
  }
  EsRsChange change;
  es_rs_state_take(s->state, document, now_us, &change);
  s->has_metadata = TRUE;
  s->wish |= change.needs_snapshot;
  return TRUE;
}

// Of an INVITE without any. One that asks us for the description may have its metadata in the ACK.
static void read_headers(EsRecordingSession *s, const EsSipMessage *invite) {
  guint voices = 0;
  for (guint i = 0; s->offer && i < s->offer->n_media; i++)
    voices += strcmp(s->offer->media[i].kind, "audio") == 0;
  g_free(s->headers);
  s->headers = es_recording_headers_metadata(invite, s->pair, s->offer ? voices : 2);
}

// Once it is known that nobody sends any.
static void make_metadata(EsRecordingSession *s, gint64 now_us) {
  g_autofree char *text = g_steal_pointer(&s->headers);
  if (text && !s->has_metadata)
    take_metadata(s, (const guint8 *)text, strlen(text), now_us);
}

// ---- messages

// A copy from another hop, or sent again.
static gboolean is_copy(EsRecordingSession *s, const EsSipMessage *m) {
  const char *method = es_sip_method(m);
  if (strcmp(method, "INVITE") != 0 && strcmp(method, "UPDATE") != 0)
    return FALSE;
  guint32 cseq = es_sip_cseq(m);
  if (s->asked && cseq == s->cseq && strcmp(method, s->method) == 0)
    return TRUE;
  g_free(s->method);
  s->method = g_strdup(method);
  s->cseq = cseq;
  s->asked = TRUE;
  g_clear_pointer(&s->answer, g_free);
  return FALSE;
}

static gboolean answer_session(EsRecordingSession *s, gint64 now_us) {
  if (s->up)
    return FALSE;
  s->up = TRUE;
  es_recording_calls_answer(s, now_us);
  return TRUE;
}

// TRUE in *over if the session ended with it.
static void follow_state(EsRecordingSession *s, const EsSipMessage *m, gint64 now_us, gboolean *over) {
  const char *method = es_sip_method(m);
  int status = es_sip_status(m);
  gboolean invite = strcmp(method, "INVITE") == 0;
  *over = FALSE;
  if (es_sip_is_request(m)) {
    s->cancelled |= strcmp(method, "CANCEL") == 0 && !s->up;
    if (strcmp(method, "ACK") == 0 && !s->sip_status)
      answer_session(s, now_us);
    *over = strcmp(method, "BYE") == 0;
    return;
  }
  if (!invite || status < 200 || s->up)
    return;
  if (status < 300) {
    s->sip_status = status;
    answer_session(s, now_us);
  } else if (!es_dialog_status_is_retried(status) || s->cancelled) {
    s->sip_status = status;
    *over = TRUE;
  }
}

static gboolean take_body(EsRecordingSession *s, const EsSipMessage *m, gboolean from_client, gint64 now_us,
                          GError **error) {
  EsBodyPart parts[ES_MAX_PARTS];
  guint n = split(m, parts);
  gboolean agreed = take_description(s, m, parts, n, from_client), known = s->has_metadata;
  const EsBodyPart *metadata = from_client ? find_metadata(parts, n) : NULL;
  gboolean invite = es_sip_is_request(m) && strcmp(es_sip_method(m), "INVITE") == 0;
  gboolean read = metadata && take_metadata(s, metadata->data, metadata->length, now_us);
  if (!read && !known && from_client && invite) // better known by its headers alone than not recorded
    read_headers(s, m);
  if (s->offer)
    make_metadata(s, now_us);
  if ((metadata || !known) && !es_recording_calls_settle(s, now_us, error))
    return FALSE;
  if (agreed || metadata || !known)
    es_recording_calls_assign(s, now_us);
  return !from_client || es_recording_calls_read(s, m, now_us, error);
}

gboolean es_recording_session_message(EsRecordingSession *s, const EsSipMessage *m, gboolean from_client,
                                      gint64 now_us, GError **error) {
  gboolean over;
  s->last_us = now_us;
  if (s->ended || (from_client && es_sip_is_request(m) && is_copy(s, m)))
    return TRUE;
  if (!take_body(s, m, from_client, now_us, error))
    return FALSE;
  follow_state(s, m, now_us, &over);
  return !over || s->served || es_recording_session_end(s, ES_END_HANGUP, now_us, error);
}

void es_recording_session_serve(EsRecordingSession *s) {
  s->served = TRUE;
}

gboolean es_recording_session_accepted(EsRecordingSession *s, const gboolean *accepted, guint n,
                                       gint64 now_us, G_GNUC_UNUSED GError **error) {
  s->sip_status = 200;
  if (s->fresh)
    agree(s, NULL, accepted, n);
  answer_session(s, now_us);
  es_recording_calls_assign(s, now_us);
  return TRUE;
}

gboolean es_recording_session_end(EsRecordingSession *s, EsEnd end, gint64 now_us, GError **error) {
  if (s->ended)
    return TRUE;
  make_metadata(s, now_us);
  if (!es_recording_calls_settle(s, now_us, error))
    return FALSE;
  s->ended = TRUE;
  s->ended_us = now_us;
  s->fresh = FALSE;
  g_clear_pointer(&s->offer, g_free);
  g_clear_pointer(&s->answer, g_free);
  for (guint i = s->calls->len; i > 0; i--) {
    EsRecordedCall *recorded = s->calls->pdata[i - 1];
    guint open = 0;
    for (guint k = 0; k < recorded->sessions->len; k++)
      open += !((EsRecordingSession *)recorded->sessions->pdata[k])->ended;
    if (open == 0)
      es_recording_call_stop(recorded, end, es_recording_call_time(recorded, now_us));
  }
  return TRUE;
}

// ---- packets

gboolean es_recording_session_media(EsRecordingSession *s, guint line, const EsAddress *from,
                                    const EsAddress *to, const EsRtp *rtp, gint64 now_us, GError **error) {
  EsRecordedLine *l = line < s->n_lines ? &s->lines[line] : NULL;
  if (!l || !l->call)
    return TRUE;
  EsCallTable *table = es_worker_table(s->worker);
  EsLiveCall *call = l->call->call;
  const EsFlow *flow = es_call_table_claim(table, call, l->leg, from, to);
  if (!flow)
    return TRUE; // from more places than a call may have
  return es_live_call_media(call, flow, rtp, es_recording_call_time(l->call, now_us), error);
}

void es_recording_session_dropped(EsRecordingSession *s, guint line, guint64 packets, gint64 from_us,
                                  gint64 until_us) {
  const EsRecordedLine *l = line < s->n_lines ? &s->lines[line] : NULL;
  if (l && l->call)
    es_live_call_dropped(l->call->call, packets, es_recording_call_time(l->call, from_us),
                         es_recording_call_time(l->call, until_us));
}
