// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "media-keys.h"
#include <string.h>

// After so many packets that nothing fitted, one key in turn is tried with each.
#define PATIENCE 256

static void clear_key(gpointer data) {
  EsMediaKey *entry = data;
  g_clear_pointer(&entry->srtp, es_srtp_free);
  memset(entry, 0, sizeof *entry);
}

void es_media_keys_clear(EsMediaKeys *keys) {
  g_clear_pointer(&keys->list, g_array_unref);
}

static EsMediaKey *key_at(EsMediaKeys *keys, guint i) {
  return &g_array_index(keys->list, EsMediaKey, i);
}

static gboolean is_same(const EsSrtpKey *a, const EsSrtpKey *b) {
  return a->suite == b->suite && a->mki_length == b->mki_length && a->mki == b->mki &&
         memcmp(a->key, b->key, sizeof a->key) == 0;
}

static gboolean is_known(EsMediaKeys *keys, const EsSrtpKey *key) {
  for (guint i = 0; keys->list && i < keys->list->len; i++)
    if (is_same(&key_at(keys, i)->key, key))
      return TRUE;
  return FALSE;
}

static void add_key(EsMediaKeys *keys, const EsSrtpKey *key) {
  if (key->key_length == 0) {
    keys->useless = TRUE;
    return;
  }
  if (is_known(keys, key))
    return;
  if (!keys->list) {
    keys->list = g_array_new(FALSE, FALSE, sizeof(EsMediaKey));
    g_array_set_clear_func(keys->list, clear_key);
  }
  if (keys->list->len == ES_MEDIA_MAX_KEYS)
    g_array_set_size(keys->list, ES_MEDIA_MAX_KEYS - 1);
  EsMediaKey entry = {.key = *key};
  g_array_prepend_val(keys->list, entry);
  keys->misses = 0;
}

void es_media_keys_add(EsMediaKeys *keys, const EsSdpMedia *media) {
  keys->dtls |= media->dtls;
  for (guint i = media->n_keys; i > 0; i--) // the preferred one comes to stand first
    add_key(keys, &media->keys[i - 1]);
}

static void move_to_front(EsMediaKeys *keys, guint i) {
  EsMediaKey found = *key_at(keys, i);
  memmove(key_at(keys, 1), key_at(keys, 0), i * sizeof found);
  *key_at(keys, 0) = found;
}

static EsSrtpResult try_key(EsMediaKey *entry, const EsRtp *rtp, guint8 *scratch, EsRtp *plain) {
  gsize length = rtp->packet_length;
  if (!entry->srtp && !(entry->srtp = es_srtp_new(&entry->key, NULL)))
    return ES_SRTP_BAD;
  memcpy(scratch, rtp->packet, length);
  EsSrtpResult result = es_srtp_unprotect(entry->srtp, scratch, &length);
  if (result == ES_SRTP_OK && !es_rtp_parse(scratch, length, plain))
    return ES_SRTP_BAD;
  return result;
}

static EsOpened without_key(const EsMediaKeys *keys) {
  if (!keys)
    return ES_NO_KEY;
  return keys->dtls ? ES_NO_KEY_BUT_DTLS : keys->useless ? ES_USELESS_KEY : ES_NO_KEY;
}

EsOpened es_media_keys_open(EsMediaKeys *keys, const EsRtp *rtp, guint8 scratch[ES_SRTP_MAX_PACKET],
                            EsRtp *plain) {
  guint n = keys && keys->list ? keys->list->len : 0;
  gboolean before = FALSE;
  if (n == 0)
    return without_key(keys);
  if (rtp->packet_length > ES_SRTP_MAX_PACKET)
    return ES_WRONG_KEY;
  guint first = keys->misses > PATIENCE ? keys->misses % n : 0;
  guint end = keys->misses > PATIENCE ? first + 1 : n;
  for (guint i = first; i < end; i++) {
    EsSrtpResult result = try_key(key_at(keys, i), rtp, scratch, plain);
    before |= result == ES_SRTP_REPLAY;
    if (result != ES_SRTP_OK)
      continue;
    keys->misses = 0;
    if (i > 0)
      move_to_front(keys, i);
    return ES_OPENED;
  }
  keys->misses += !before;
  return before ? ES_OPENED_BEFORE : keys->dtls ? ES_NO_KEY_BUT_DTLS : ES_WRONG_KEY;
}
