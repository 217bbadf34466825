// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Each SSRC has a session of libsrtp of its own, so that a stream can be begun anew without the others.
//
// A packet's index is its sequence number and a rollover counter (ROC) that is nowhere in the packet. A
// stream that is seen from its start has 0 there. Otherwise the authentication tag tells: the counters 0 to
// 31 (half a day of 20 ms packets) are tried, four with each packet that does not fit; and on a stream that
// was followed already, the neighbours and 0, as after a long silence of the capture or a restarted sender.
// Both have a budget, so packets that nothing fits cost little more than one look each.
//
// The name of a key (MKI) is not under the tag: it is cut out before libsrtp sees the packet.
#include "earshot/wire/srtp.h"

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/wire/cursor.h"
#include <srtp2/srtp.h>
#include <string.h>

#define MAX_SOURCES 64
#define REPLAY_WINDOW 512 // packets; ten seconds, far more than is ever sorted
#define ROC_TRIED 32
#define ROC_AT_ONCE 4
#define BUDGET_NEW (3 * ROC_TRIED / ROC_AT_ONCE) // packets of a stream of which none has fitted
#define BUDGET_KNOWN 8

typedef struct {
  guint32 ssrc;
  srtp_t session;
  gboolean known; // one of its packets has fitted
  guint budget;   // packets for which other counters are still tried
  guint32 next;   // counter
} Source;

struct EsSrtp {
  EsSrtpKey key;
  guint n_sources;
  Source sources[MAX_SOURCES];
};

typedef void (*SetPolicy)(srtp_crypto_policy_t *);

static const struct {
  SetPolicy rtp, rtcp; // the short tag is for media alone (RFC 4568 section 6.2)
  guint rtp_tag, rtcp_tag;
  gboolean tag_first; // before the name of the key
} transforms[] = {
    [ES_SRTP_CM_128_80] = {srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtp_default, 10, 10,
                           FALSE},
    [ES_SRTP_CM_128_32] = {srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, srtp_crypto_policy_set_rtp_default,
                           4, 10, FALSE},
    [ES_SRTP_CM_192_80] = {srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80,
                           srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80, 10, 10, FALSE},
    [ES_SRTP_CM_192_32] = {srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32,
                           srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80, 4, 10, FALSE},
    [ES_SRTP_CM_256_80] = {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
                           srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 10, 10, FALSE},
    [ES_SRTP_CM_256_32] = {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
                           srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 4, 10, FALSE},
    [ES_SRTP_GCM_128] = {srtp_crypto_policy_set_aes_gcm_128_16_auth,
                         srtp_crypto_policy_set_aes_gcm_128_16_auth, 16, 16, TRUE},
    [ES_SRTP_GCM_256] = {srtp_crypto_policy_set_aes_gcm_256_16_auth,
                         srtp_crypto_policy_set_aes_gcm_256_16_auth, 16, 16, TRUE},
};

static srtp_t open_session(EsSrtp *srtp, guint32 ssrc) {
  srtp_policy_t policy = {
      .ssrc = {.type = ssrc_specific, .value = ssrc}, .key = srtp->key.key, .window_size = REPLAY_WINDOW};
  srtp_t session = NULL;
  transforms[srtp->key.suite].rtp(&policy.rtp);
  transforms[srtp->key.suite].rtcp(&policy.rtcp);
  if (srtp->key.plain_rtcp)
    policy.rtcp.sec_serv = sec_serv_auth;
  return srtp_create(&session, &policy) == srtp_err_status_ok ? session : NULL;
}

// Once: it loads the ciphers, which takes 15 ms. A libsrtp with NSS unloads them with its last session, so
// one of ours stays.
static gboolean start_library(void) {
  static gsize tried;
  static srtp_t lasting;
  if (g_once_init_enter(&tried)) {
    EsSrtp any = {.key = {.suite = ES_SRTP_CM_128_80}};
    lasting = srtp_init() == srtp_err_status_ok ? open_session(&any, 0) : NULL;
    g_once_init_leave(&tried, 1);
  }
  return lasting != NULL;
}

EsSrtp *es_srtp_new(const EsSrtpKey *key, GError **error) {
  EsSrtp *srtp = g_new0(EsSrtp, 1);
  srtp->key = *key;
  srtp_t session = key->key_length > 0 && start_library() ? open_session(srtp, 0) : NULL;
  if (session) {
    srtp_dealloc(session);
    return srtp;
  }
  g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("encryption %s is not supported"), key->name);
  es_srtp_free(srtp);
  return NULL;
}

void es_srtp_free(EsSrtp *srtp) {
  for (guint i = 0; i < srtp->n_sources; i++)
    srtp_dealloc(srtp->sources[i].session);
  memset(srtp, 0, sizeof *srtp);
  g_free(srtp);
}

// A place for one more: when all are taken, that of a stream of which nothing has fitted.
static Source *free_place(EsSrtp *srtp) {
  if (srtp->n_sources < MAX_SOURCES)
    return &srtp->sources[srtp->n_sources];
  for (guint i = 0; i < MAX_SOURCES; i++)
    if (!srtp->sources[i].known)
      return &srtp->sources[i];
  return &srtp->sources[0];
}

static Source *find_source(EsSrtp *srtp, guint32 ssrc) {
  for (guint i = 0; i < srtp->n_sources; i++)
    if (srtp->sources[i].ssrc == ssrc)
      return &srtp->sources[i];
  srtp_t session = open_session(srtp, ssrc);
  if (!session)
    return NULL;
  Source *source = free_place(srtp);
  if (source == &srtp->sources[srtp->n_sources])
    srtp->n_sources++;
  else
    srtp_dealloc(source->session);
  *source = (Source){.ssrc = ssrc, .session = session, .budget = BUDGET_NEW, .next = 1};
  return source;
}

// ---- one packet

typedef struct {
  const guint8 *packet;
  gsize length;
  _Alignas(16) guint8 plain[ES_SRTP_MAX_PACKET];
  int plain_length;
} Work;

// A fresh copy to work on, without the name of the key where it is this key's. Some that announce a name do
// not write it.
static void lay_out(const EsSrtpKey *key, Work *work, guint tag_length) {
  gsize behind = transforms[key->suite].tag_first ? 0 : tag_length, length = work->length;
  memcpy(work->plain, work->packet, length);
  work->plain_length = (int)length;
  if (key->mki_length == 0 || length < (gsize)key->mki_length + behind)
    return;
  guint8 *name = work->plain + length - behind - key->mki_length;
  for (guint i = 0; i < key->mki_length; i++) {
    guint shift = 8 * (key->mki_length - 1 - i);
    if (name[i] != (shift < 64 ? (guint8)(key->mki >> shift) : 0))
      return;
  }
  memmove(name, name + key->mki_length, behind);
  work->plain_length -= (int)key->mki_length;
}

static srtp_err_status_t attempt(EsSrtp *srtp, srtp_t session, Work *work) {
  lay_out(&srtp->key, work, transforms[srtp->key.suite].rtp_tag);
  return srtp_unprotect(session, work->plain, &work->plain_length);
}

static guint choose_counters(Source *source, guint32 counters[ROC_AT_ONCE]) {
  guint32 now = 0;
  if (!source->known) {
    for (guint i = 0; i < ROC_AT_ONCE; i++)
      counters[i] = source->next++ % ROC_TRIED;
    return ROC_AT_ONCE;
  }
  srtp_get_stream_roc(source->session, source->ssrc, &now);
  counters[0] = now;
  counters[1] = now + 1;
  counters[2] = now > 0 ? now - 1 : 2;
  counters[3] = 0;
  return ROC_AT_ONCE;
}

// The same packet with other counters, in a session that has seen nothing yet.
static srtp_err_status_t search(EsSrtp *srtp, Source *source, Work *work) {
  guint32 counters[ROC_AT_ONCE];
  srtp_t fresh = source->budget > 0 ? open_session(srtp, source->ssrc) : NULL;
  if (!fresh)
    return srtp_err_status_auth_fail;
  source->budget--;
  guint n = choose_counters(source, counters);
  for (guint i = 0; i < n; i++) {
    srtp_set_stream_roc(fresh, source->ssrc, counters[i]);
    if (attempt(srtp, fresh, work) != srtp_err_status_ok)
      continue;
    srtp_dealloc(source->session);
    source->session = fresh;
    return srtp_err_status_ok;
  }
  srtp_dealloc(fresh);
  return srtp_err_status_auth_fail;
}

static void note_fit(Source *source) {
  source->budget = source->known ? MIN(source->budget + 1, BUDGET_KNOWN) : BUDGET_KNOWN;
  source->known = TRUE;
}

static EsSrtpResult result_of(srtp_err_status_t status) {
  switch (status) {
  case srtp_err_status_ok:
    return ES_SRTP_OK;
  case srtp_err_status_replay_fail:
  case srtp_err_status_replay_old:
    return ES_SRTP_REPLAY;
  case srtp_err_status_bad_param:
  case srtp_err_status_parse_err:
    return ES_SRTP_BAD;
  default:
    return ES_SRTP_WRONG_KEY;
  }
}

static EsSrtpResult take_over(const Work *work, srtp_err_status_t status, guint8 *packet, gsize *length) {
  EsSrtpResult result = result_of(status);
  if (result == ES_SRTP_OK) {
    memcpy(packet, work->plain, (gsize)work->plain_length);
    *length = (gsize)work->plain_length;
  }
  return result;
}

EsSrtpResult es_srtp_unprotect(EsSrtp *srtp, guint8 *packet, gsize *length) {
  Work work;
  if (*length < 12 + transforms[srtp->key.suite].rtp_tag || *length > sizeof work.plain)
    return ES_SRTP_BAD;
  Source *source = find_source(srtp, es_be32(packet + 8));
  if (!source)
    return ES_SRTP_BAD;
  work.packet = packet;
  work.length = *length;
  srtp_err_status_t status = attempt(srtp, source->session, &work);
  EsSrtpResult result = result_of(status);
  if (result == ES_SRTP_WRONG_KEY || status == srtp_err_status_replay_old)
    status = search(srtp, source, &work);
  if (status == srtp_err_status_ok)
    note_fit(source);
  return take_over(&work, status, packet, length);
}

EsSrtpResult es_srtp_unprotect_rtcp(EsSrtp *srtp, guint8 *packet, gsize *length) {
  Work work;
  guint tag = transforms[srtp->key.suite].rtcp_tag;
  if (*length < 8 + 4 + tag || *length > sizeof work.plain)
    return ES_SRTP_BAD;
  Source *source = find_source(srtp, es_be32(packet + 4));
  if (!source)
    return ES_SRTP_BAD;
  work.packet = packet;
  work.length = *length;
  lay_out(&srtp->key, &work, tag);
  srtp_err_status_t status = srtp_unprotect_rtcp(source->session, work.plain, &work.plain_length);
  return take_over(&work, status, packet, length);
}
