// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A journal's segment on disk; all numbers little-endian.
//
// file header, 64 bytes:
//   0 "EARJRNL\n"   8 version (u32)   12 flags (u32; 1: cleaned)   16 run (u64)   24 number (u64)
//   32 through (u64): the last number that this file stands for   40 position of its first record (u64)
//   48 zero   56 XXH3 of the 56 bytes before
// blocks, each:
//   0 "EJbk"   4 length of the records (u32)   8 position of the first (u64)   16 number in the file (u64)
//   24 XXH3 of the records, seeded with that of the 24 bytes before, seeded with run and number of the file
//   32 records
// record:
//   0 length of the body (24 bits) and kind (8 bits)   4 number of the call (u32)   8 body
//
// A block is valid or absent: one that was written in part, or belongs to another file, has another checksum.
// In a cleaned file positions are not consecutive.
#pragma once

#include "earshot/journal/journal.h"

#define ES_JOURNAL_FILE_HEADER 64
#define ES_JOURNAL_BLOCK_HEADER 32
#define ES_JOURNAL_RECORD_HEADER 8
#define ES_JOURNAL_RECORD_MAX ((1 << 24) - 1)   // length of a body
#define ES_JOURNAL_BLOCK_MAX (17 * 1024 * 1024) // length of the records of a block

typedef struct {
  gboolean cleaned;
  guint64 run, number, through, position;
} EsJournalFile;

typedef struct {
  guint32 length;
  guint64 position, number;
} EsJournalBlock;

void es_journal_file_write(const EsJournalFile *file, guint8 header[ES_JOURNAL_FILE_HEADER]);
// FALSE for anything but a header of this version.
gboolean es_journal_file_read(const guint8 header[ES_JOURNAL_FILE_HEADER], EsJournalFile *file);

// Fills the header before records.
void es_journal_block_seal(const EsJournalFile *file, const EsJournalBlock *block, const guint8 *records,
                           guint8 header[ES_JOURNAL_BLOCK_HEADER]);
// Whether it looks like a header; only es_journal_block_is_valid knows.
gboolean es_journal_block_read(const guint8 header[ES_JOURNAL_BLOCK_HEADER], EsJournalBlock *block);
gboolean es_journal_block_is_valid(const EsJournalFile *file, const guint8 header[ES_JOURNAL_BLOCK_HEADER],
                                   const guint8 *records, guint32 length);

void es_journal_record_seal(EsJournalKind kind, guint32 call, gsize length,
                            guint8 header[ES_JOURNAL_RECORD_HEADER]);
// The record at *at, which goes behind it. FALSE at the end, and for one that does not end within length.
gboolean es_journal_record_next(const guint8 *records, gsize length, gsize *at, EsJournalRecord *record);
