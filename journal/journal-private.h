// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The insides of a journal, shared by journal.c (tellers), writer.c (its two threads),
// clean.c and reader.c.
#pragma once

#include "block.h"
#include "earshot/journal/journal.h"
#include <pthread.h>

// Memory that tellers fill; header of the block first, then records. They are written in the order of the
// list and stay in it until they are flushed.
typedef struct EsChunk {
  struct EsChunk *next;
  guint64 position; // of the first record
  guint64 segment;  // number
  guint64 offset;   // in the file, once it was written
  guint64 number;   // of the block
  gint64 begun_us;  // monotonic time of the first record
  gsize length;     // of the records
  gsize capacity;
  guint8 bytes[];
} EsChunk;

typedef struct {
  EsJournalFile file; // what its header says
  guint64 planned;    // bytes of chunks that belong to it
  guint64 planned_blocks;
  guint64 live_bytes; // of records of calls that are not gone
  guint64 dead_at;    // position behind the last record that a call of it is gone
  guint64 disk_bytes; // of the file
  guint64 end;        // position behind its last record, so far
  gboolean sealed;    // no more chunks will belong to it
  guint pins;         // by readers and by the flusher: the file stays
  gboolean leaving;   // its file is being replaced or removed
  int fd;             // of the writer; -1 before the file is made and once all of it is flushed
  gboolean headed;    // the header is written
  gboolean unflushed;
} EsSegmentFile;

// Where records of a call lie.
typedef struct {
  guint64 segment; // number
  guint64 bytes;   // that live
} EsSpan;

struct EsJournalCall {
  guint32 number;
  gboolean gone;
  guint64 gone_at; // position
  GArray *spans;   // of EsSpan, by segment
};

typedef struct EsCleaning EsCleaning;

struct EsJournal {
  char *directory;
  int directory_fd;
  guint64 run;
  EsJournalSettings settings;
  GThread *writer, *flusher;
  // Of the writer alone:
  EsCleaning *cleaning;  // NULL when none is under way
  gint64 clean_again_us; // monotonic; not before
  // Behind the mutex; segments and chunks in the list are removed by the threads named above alone:
  pthread_mutex_t mutex;
  pthread_cond_t more, wrote;
  gboolean writer_waits, hurry, stop, written_out;
  EsChunk *making;              // NULL before the next record
  EsChunk *first, *last, *next; // the list, and of it the first that is not written
  EsChunk *spare;
  guint n_spare;
  gsize memory_bytes, waiting_bytes;
  guint64 appended, written, flushed, refused;
  gboolean rewind;        // what was written could not be flushed: the writer writes it again
  gboolean names_changed; // the directory is to be flushed
  int write_error, flush_error;
  gint64 slowest_us[2], slowest_since_us; // of this half minute and the one before
  GPtrArray *segments;                    // of EsSegmentFile, by number
  GHashTable *calls;                      // of EsJournalCall by number
  guint32 last_call;
  GPtrArray *held; // of EsSegmentFile, pinned; NULL: none
};

// ---- behind the mutex

EsSegmentFile *es_journal_segment(EsJournal *journal, guint64 number);
// Ends the chunk in the making, if it holds anything.
void es_journal_seal_chunk(EsJournal *journal);
void es_journal_free_chunk(EsJournal *journal, EsChunk *chunk);
// Forgets spans for which gone(span) holds, and calls of which nothing is left.
void es_journal_forget_segment(EsJournal *journal, guint64 number);
// Where no call needs anything of the journal: nothing more goes into its last segment, so that it can be
// removed, and audio of calls that are over does not lie there until enough others have come.
void es_journal_retire(EsJournal *journal);
// How many segments from the oldest on nobody reads.
guint es_journal_unpinned(const EsJournal *journal);

// ---- files

char *es_journal_segment_path(const EsJournal *journal, guint64 number);
// 0 or errno.
int es_journal_write_at(int fd, gconstpointer bytes, gsize length, guint64 offset);
int es_journal_read_at(int fd, gpointer bytes, gsize length, guint64 offset);

// ---- threads

void es_journal_start(EsJournal *journal);
void es_journal_stop(EsJournal *journal);
// A little work on what is not needed any more, without the mutex.
void es_journal_clean(EsJournal *journal);
void es_journal_clean_stop(EsJournal *journal);
