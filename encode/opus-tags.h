// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The comment header of an Ogg Opus file (RFC 7845 section 5.2) and the identification header's fields.
#pragma once

#include "ogg-page.h"

#define ES_OPUS_TAGS_MAX 61440 // readers may ignore what lies beyond (section 5.2)
#define ES_OPUS_HEAD_MAX 23    // family 1 with two channels

typedef struct {
  int channels;
  int pre_skip;
  int rate_hz; // of what the encoder was given
  int family;
  int streams;
  int coupled;
} EsOpusHead;

// Writes the header into bytes and returns its length. Channels map to streams in order.
gsize es_opus_head_pack(const EsOpusHead *head, guint8 bytes[ES_OPUS_HEAD_MAX]);

// Tags as a packet of exactly size bytes, zero padded; size 0 gives the least that holds them. Bad UTF-8 in a
// value is replaced; a name that is none is ES_ERROR_INVALID. NULL tags: none. Free with g_byte_array_unref.
GByteArray *es_opus_tags_pack(const char *const *tags, gsize size, GError **error);
char **es_opus_tags_unpack(const guint8 *bytes, gsize length, GError **error);

// A comment header that is alone on its page, whole: otherwise it cannot be rewritten in place. Ours always
// is.
gboolean es_opus_is_tags_page(EsOggPage *page);
// The two header pages of an open file; page then holds the comment header. ES_ERROR_INVALID says what is not
// as expected, path is for messages.
gboolean es_opus_read_head(int fd, const char *path, EsOggPage *page, EsOpusHead *head, GError **error);
gboolean es_opus_read_headers(int fd, const char *path, EsOggPage *page, EsOpusHead *head, GError **error);
// Replaces the tags of an open file in place.
gboolean es_opus_rewrite_tags(int fd, const char *path, const char *const *tags, GError **error);
// Replaces the input rate in the identification header in place.
gboolean es_opus_rewrite_rate(int fd, const char *path, int rate_hz, GError **error);
