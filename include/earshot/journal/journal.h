// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The journal of a run: what arrived for its calls, in the order in which it was told, on disk before it is
// anything else. A crash and an overload are met by the same means: what the journal holds can be recorded
// later, by this run or by the next.
//
// spool/journal/<run>/<number>.journal   segments, in the order of their numbers (block.h)
// spool/journal/<run>/<id>.part          audio of calls that the journal knows: of no use without it
//
// Tellers never touch the disk: they fill chunks of memory under one mutex. A writer writes them at the
// latest every 80 ms, so that is what kill -9 costs; a flusher flushes what was written every 250 ms, so a
// loss of power costs that and as long as the disk takes. Chunks are kept until they are flushed: what could
// not be written, or was written and failed to be flushed, is written again in its order. What no longer fits
// into the memory allowed is refused and counted; only that a call is gone is always taken.
//
// A segment goes once no call needs it. Where a few long calls keep many segments, what lives in those is
// copied into fewer, in their place and order (clean.c).
//
// Threads: every function may be called from any thread; a reader has one owner.
#pragma once

#include <glib.h>

typedef struct EsJournal EsJournal;
typedef struct EsJournalCall EsJournalCall;
typedef struct EsJournalReader EsJournalReader;

// On disk: numbers stay.
typedef enum {
  ES_JOURNAL_BEGIN = 1,   // its id and how it is recorded (audio-record.h)
  ES_JOURNAL_SOURCE = 2,  // a voice that packets name
  ES_JOURNAL_PUSH = 3,    // a packet
  ES_JOURNAL_COUNT = 4,   // one without its payload, to be counted alone
  ES_JOURNAL_ADD_LEG = 5, //
  ES_JOURNAL_EXPLAIN = 6, //
  ES_JOURNAL_CLEAR = 7,   //
  ES_JOURNAL_DROPPED = 8, //
  ES_JOURNAL_ADVANCE = 9, //
  ES_JOURNAL_META = 10,   // what is known of the call so far, JSON
  ES_JOURNAL_END = 11,    // what its row will say, JSON; its audio may not be finished
  ES_JOURNAL_GONE = 12,   // its row is committed, or nothing of it may be kept
} EsJournalKind;

typedef struct {
  guint64 segment_bytes; // after so many another segment begins
  gsize memory_bytes;    // of what is not on disk yet
} EsJournalSettings;

// 64 MiB, 256 MiB.
void es_journal_settings_init(EsJournalSettings *settings);

// Makes the run's directory below spool.
EsJournal *es_journal_open(const char *spool, gint64 run, const EsJournalSettings *settings, GError **error);
// Writes what there is if it can be written, flushes, joins the threads. All readers must be gone. What calls
// that are not gone need stays on disk.
void es_journal_close(EsJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsJournal, es_journal_close)
const char *es_journal_directory(const EsJournal *journal);

// A call of the journal, valid until it is gone or the journal is closed.
EsJournalCall *es_journal_call_new(EsJournal *journal);
guint32 es_journal_call_number(const EsJournalCall *call);

// Copies a record, whose body is head and then body (may be NULL), and never waits for the disk. Returns the
// position behind it, 0 if it was refused for want of memory. Positions only grow.
guint64 es_journal_append(EsJournal *journal, EsJournalCall *call, EsJournalKind kind, gconstpointer head,
                          gsize n_head, gconstpointer body, gsize n_body);
// Nobody needs it any more. call is gone.
void es_journal_gone(EsJournal *journal, EsJournalCall *call);

typedef struct {
  guint64 appended, written, flushed; // positions
  gsize waiting_bytes;                // in memory and not written yet
  gsize memory_bytes;                 // of chunks, those that wait to be flushed as well
  guint64 refused;                    // records for which there was no memory
  guint64 disk_bytes, live_bytes;     // of all segments, and of what open calls need of them
  gint64 oldest_us;                   // age of the oldest record that is not flushed; 0 when all are
  gint64 slowest_flush_us;            // longest flush within the last minute
  int failing;                        // errno of the last write or flush; 0 when it worked
} EsJournalStats;

void es_journal_stats(EsJournal *journal, EsJournalStats *stats);

// Keeps its files as they are, so that they can be read by scan.h while it is written. FALSE when one
// is just being replaced. One at a time.
gboolean es_journal_hold(EsJournal *journal);
void es_journal_release(EsJournal *journal);

typedef struct {
  EsJournalKind kind;
  guint32 call; // number
  gsize length;
  const guint8 *body; // borrowed until the next record
} EsJournalRecord;

// Reads records in their order from a position on, while the journal goes on being written. What lies behind
// the position stays on disk as long as the reader does.
EsJournalReader *es_journal_reader_new(EsJournal *journal, guint64 position);
void es_journal_reader_free(EsJournalReader *reader);
// FALSE without error: all that is written was read; call es_journal_write_out and come again.
gboolean es_journal_reader_next(EsJournalReader *reader, EsJournalRecord *record, GError **error);
// Behind the record that was read last.
guint64 es_journal_reader_position(const EsJournalReader *reader);
// Lets the writer write at once what there is; does not wait.
void es_journal_write_out(EsJournal *journal);
