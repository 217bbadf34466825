// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// OpusHead: magic, version 1, channels, pre-skip, input rate, gain, mapping family, and for family 1 the
// number of streams, of coupled streams and the mapping. OpusTags: magic, vendor, number of comments,
// comments, each a 32-bit length and bytes; then padding, whose first bit is 0 (so editors may drop it). All
// little-endian.
//
// The comment header lies alone on the file's second page, which is what allows rewriting it in place: same
// packet length, same page length, only its bytes and the page's checksum change.
#include "opus-tags.h"

#include <errno.h>
#include <inttypes.h>
#include <opus/opus.h>
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define HEAD_FIXED 19
#define HEAD_RATE_AT 12

static void put_u32(guint8 *at, guint32 value) {
  value = GUINT32_TO_LE(value);
  memcpy(at, &value, 4);
}

static guint32 get_u32(const guint8 *at) {
  guint32 value;
  memcpy(&value, at, 4);
  return GUINT32_FROM_LE(value);
}

gsize es_opus_head_pack(const EsOpusHead *head, guint8 bytes[ES_OPUS_HEAD_MAX]) {
  memcpy(bytes, "OpusHead", 8);
  bytes[8] = 1;
  bytes[9] = (guint8)head->channels;
  bytes[10] = (guint8)head->pre_skip;
  bytes[11] = (guint8)(head->pre_skip >> 8);
  put_u32(bytes + HEAD_RATE_AT, (guint32)head->rate_hz);
  bytes[16] = bytes[17] = 0;
  bytes[18] = (guint8)head->family;
  if (head->family == 0)
    return HEAD_FIXED;
  bytes[19] = (guint8)head->streams;
  bytes[20] = (guint8)head->coupled;
  for (int i = 0; i < head->channels; i++)
    bytes[21 + i] = (guint8)i;
  return (gsize)(21 + head->channels);
}

// Mono and stereo of family 0, and up to two streams of family 1.
static gboolean unpack_head(EsOpusHead *head, const guint8 *bytes, gsize length, GError **error) {
  if (length < HEAD_FIXED || memcmp(bytes, "OpusHead", 8) != 0) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_INVALID, _("not an Ogg Opus file"));
    return FALSE;
  }
  int channels = bytes[9], family = bytes[18];
  *head = (EsOpusHead){channels, bytes[10] | bytes[11] << 8, 0, family, 1, channels - 1};
  guint32 rate = get_u32(bytes + HEAD_RATE_AT);
  head->rate_hz = rate <= 768000 ? (int)rate : 0;
  if (family == 1 && length >= (gsize)(21 + channels)) {
    head->streams = bytes[19];
    head->coupled = bytes[20];
  }
  gboolean layout = family == 0 || (family == 1 && length >= (gsize)(21 + channels));
  if ((bytes[8] & 0xf0) != 0 || !layout || channels < 1 || channels > 2 || head->streams < 1 ||
      head->streams > 2 || head->streams + head->coupled > 2) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED,
                _("Opus header version %d with %d channels of mapping family %d is not supported"), bytes[8],
                channels, family);
    return FALSE;
  }
  return TRUE;
}

static gboolean name_is_valid(const char *tag) {
  const char *equals = strchr(tag, '=');
  if (!equals || equals == tag)
    return FALSE;
  for (const char *c = tag; c < equals; c++)
    if (*c < 0x20 || *c > 0x7d)
      return FALSE;
  return TRUE;
}

static void append_text(GByteArray *packet, const char *text, gsize length) {
  guint8 size[4];
  put_u32(size, (guint32)length);
  g_byte_array_append(packet, size, sizeof size);
  g_byte_array_append(packet, (const guint8 *)text, (guint)length);
}

static gboolean append_tag(GByteArray *packet, const char *tag, GError **error) {
  if (!name_is_valid(tag)) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("“%s” is not a NAME=value tag"), tag);
    return FALSE;
  }
  g_autofree char *valid = g_utf8_make_valid(tag, -1);
  append_text(packet, valid, strlen(valid));
  return TRUE;
}

static gboolean pad_to(GByteArray *packet, gsize size, GError **error) {
  gsize limit = size > 0 ? size : ES_OPUS_TAGS_MAX;
  if (packet->len > limit) {
    g_set_error(error, ES_ERROR, ES_ERROR_NO_SPACE,
                _("the tags need %u bytes, the comment header has room for %zu"), packet->len, limit);
    return FALSE;
  }
  guint used = packet->len;
  if (size > used) {
    g_byte_array_set_size(packet, (guint)size);
    memset(packet->data + used, 0, size - used);
  }
  return TRUE;
}

GByteArray *es_opus_tags_pack(const char *const *tags, gsize size, GError **error) {
  g_autoptr(GByteArray) packet = g_byte_array_new();
  const char *vendor = opus_get_version_string();
  guint count = tags ? g_strv_length((char **)tags) : 0;
  g_byte_array_append(packet, (const guint8 *)"OpusTags", 8);
  append_text(packet, vendor, strlen(vendor));
  guint8 number[4];
  put_u32(number, count);
  g_byte_array_append(packet, number, sizeof number);
  for (guint i = 0; i < count; i++)
    if (!append_tag(packet, tags[i], error))
      return NULL;
  if (!pad_to(packet, size, error))
    return NULL;
  return g_steal_pointer(&packet);
}

// Takes a length-prefixed text off the front; NULL if it reaches beyond the end.
static const guint8 *take_text(const guint8 **at, const guint8 *end, guint32 *length) {
  if (end - *at < 4)
    return NULL;
  *length = get_u32(*at);
  if (*length > (gsize)(end - *at - 4))
    return NULL;
  const guint8 *text = *at + 4;
  *at = text + *length;
  return text;
}

static char **invalid_tags(GError **error) {
  g_set_error_literal(error, ES_ERROR, ES_ERROR_INVALID, _("the comment header is damaged"));
  return NULL;
}

char **es_opus_tags_unpack(const guint8 *bytes, gsize length, GError **error) {
  const guint8 *at = bytes + 8, *end = bytes + length;
  guint32 size;
  if (length < 16 || memcmp(bytes, "OpusTags", 8) != 0 || !take_text(&at, end, &size) || end - at < 4)
    return invalid_tags(error);
  guint32 count = get_u32(at);
  at += 4;
  g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
  for (guint32 i = 0; i < count; i++) {
    const guint8 *text = take_text(&at, end, &size);
    if (!text)
      return invalid_tags(error);
    g_ptr_array_add(tags, g_utf8_make_valid((const char *)text, size));
  }
  g_ptr_array_add(tags, NULL);
  return (char **)g_ptr_array_steal(tags, NULL);
}

static gboolean read_header_page(int fd, const char *path, gint64 offset, EsOggPage *page, GError **error) {
  switch (es_ogg_page_read(page, fd, offset)) {
  case ES_OGG_PAGE_WHOLE:
    return TRUE;
  case ES_OGG_PAGE_ERROR:
    return es_set_errno(error, errno, _("Cannot read %s"), path);
  case ES_OGG_PAGE_DAMAGED:
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: the header page at byte %" PRId64 " is damaged"),
                path, offset);
    return FALSE;
  case ES_OGG_PAGE_NONE:
  default:
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not an Ogg Opus file"), path);
    return FALSE;
  }
}

gboolean es_opus_read_head(int fd, const char *path, EsOggPage *page, EsOpusHead *head, GError **error) {
  if (!read_header_page(fd, path, 0, page, error))
    return FALSE;
  if (!unpack_head(head, page->og.body, (gsize)page->og.body_len, error)) {
    g_prefix_error(error, "%s: ", path);
    return FALSE;
  }
  return TRUE;
}

gboolean es_opus_is_tags_page(EsOggPage *page) {
  return page->og.body_len >= 16 && memcmp(page->og.body, "OpusTags", 8) == 0 &&
         ogg_page_packets(&page->og) == 1 && !ogg_page_continued(&page->og) &&
         page->bytes[page->og.header_len - 1] < 255;
}

gboolean es_opus_read_headers(int fd, const char *path, EsOggPage *page, EsOpusHead *head, GError **error) {
  if (!es_opus_read_head(fd, path, page, head, error) ||
      !read_header_page(fd, path, (gint64)page->length, page, error))
    return FALSE;
  if (!es_opus_is_tags_page(page)) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED,
                _("%s: the comment header is not on a page of its own"), path);
    return FALSE;
  }
  return TRUE;
}

gboolean es_opus_rewrite_tags(int fd, const char *path, const char *const *tags, GError **error) {
  g_autofree EsOggPage *page = g_new(EsOggPage, 1);
  EsOpusHead head;
  if (!es_opus_read_headers(fd, path, page, &head, error))
    return FALSE;
  g_autoptr(GByteArray) packet = es_opus_tags_pack(tags, (gsize)page->og.body_len, error);
  if (!packet) {
    g_prefix_error(error, "%s: ", path);
    return FALSE;
  }
  memcpy(page->og.body, packet->data, packet->len);
  return es_ogg_page_write(page, fd, path, error);
}

gboolean es_opus_rewrite_rate(int fd, const char *path, int rate_hz, GError **error) {
  g_autofree EsOggPage *page = g_new(EsOggPage, 1);
  EsOpusHead head;
  if (!es_opus_read_head(fd, path, page, &head, error))
    return FALSE;
  put_u32(page->og.body + HEAD_RATE_AT, (guint32)rate_hz);
  return es_ogg_page_write(page, fd, path, error);
}
