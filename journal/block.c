// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "block.h"
#include "earshot/common/little-endian.h"
#include <string.h>
#include <xxhash.h>

#define VERSION 1
#define CLEANED 1u
#define HASHED 56 // of the file header
#define BLOCK_MAGIC 0x6b624a45u

static const char MAGIC[8] = "EARJRNL\n";

void es_journal_file_write(const EsJournalFile *file, guint8 header[ES_JOURNAL_FILE_HEADER]) {
  memset(header, 0, ES_JOURNAL_FILE_HEADER);
  memcpy(header, MAGIC, sizeof MAGIC);
  es_put_u32(header + 8, VERSION);
  es_put_u32(header + 12, file->cleaned ? CLEANED : 0);
  es_put_u64(header + 16, file->run);
  es_put_u64(header + 24, file->number);
  es_put_u64(header + 32, file->through);
  es_put_u64(header + 40, file->position);
  es_put_u64(header + HASHED, XXH3_64bits(header, HASHED));
}

gboolean es_journal_file_read(const guint8 header[ES_JOURNAL_FILE_HEADER], EsJournalFile *file) {
  *file = (EsJournalFile){.cleaned = (es_get_u32(header + 12) & CLEANED) != 0,
                          .run = es_get_u64(header + 16),
                          .number = es_get_u64(header + 24),
                          .through = es_get_u64(header + 32),
                          .position = es_get_u64(header + 40)};
  return memcmp(header, MAGIC, sizeof MAGIC) == 0 && es_get_u32(header + 8) == VERSION &&
         es_get_u64(header + HASHED) == XXH3_64bits(header, HASHED) && file->through >= file->number;
}

static guint64 hash(const EsJournalFile *file, const guint8 *header, const guint8 *records, guint32 length) {
  guint64 seed =
      XXH3_64bits_withSeed(header, 24, file->run * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) + file->number);
  return XXH3_64bits_withSeed(records, length, seed);
}

void es_journal_block_seal(const EsJournalFile *file, const EsJournalBlock *block, const guint8 *records,
                           guint8 header[ES_JOURNAL_BLOCK_HEADER]) {
  es_put_u32(header, BLOCK_MAGIC);
  es_put_u32(header + 4, block->length);
  es_put_u64(header + 8, block->position);
  es_put_u64(header + 16, block->number);
  es_put_u64(header + 24, hash(file, header, records, block->length));
}

gboolean es_journal_block_read(const guint8 header[ES_JOURNAL_BLOCK_HEADER], EsJournalBlock *block) {
  *block = (EsJournalBlock){.length = es_get_u32(header + 4),
                            .position = es_get_u64(header + 8),
                            .number = es_get_u64(header + 16)};
  return es_get_u32(header) == BLOCK_MAGIC && block->length > 0 && block->length <= ES_JOURNAL_BLOCK_MAX;
}

gboolean es_journal_block_is_valid(const EsJournalFile *file, const guint8 header[ES_JOURNAL_BLOCK_HEADER],
                                   const guint8 *records, guint32 length) {
  return es_get_u64(header + 24) == hash(file, header, records, length);
}

void es_journal_record_seal(EsJournalKind kind, guint32 call, gsize length,
                            guint8 header[ES_JOURNAL_RECORD_HEADER]) {
  es_put_u32(header, (guint32)length | (guint32)kind << 24);
  es_put_u32(header + 4, call);
}

gboolean es_journal_record_next(const guint8 *records, gsize length, gsize *at, EsJournalRecord *record) {
  if (length - *at < ES_JOURNAL_RECORD_HEADER)
    return FALSE;
  guint32 first = es_get_u32(records + *at);
  gsize body = first & ES_JOURNAL_RECORD_MAX;
  if (body > length - *at - ES_JOURNAL_RECORD_HEADER)
    return FALSE;
  *record = (EsJournalRecord){.kind = (EsJournalKind)(first >> 24),
                              .call = es_get_u32(records + *at + 4),
                              .length = body,
                              .body = records + *at + ES_JOURNAL_RECORD_HEADER};
  *at += ES_JOURNAL_RECORD_HEADER + body;
  return TRUE;
}
