// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Two threads, so that a flush that takes seconds keeps nothing from being written. A chunk that could not be
// written whole is written again at the same place; after a flush that failed all that was not flushed is,
// since the kernel may have dropped it from its memory as if it were written.
#include "earshot/common/descriptors.h"
#include "earshot/common/read-at.h"
#include "earshot/common/timed-wait.h"
#include "journal-private.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define WRITE_EVERY_MS 80
#define FLUSH_EVERY_MS 250
#define HALF_MINUTE_US (30 * G_USEC_PER_SEC)

int es_journal_write_at(int fd, gconstpointer bytes, gsize length, guint64 offset) {
  const guint8 *from = bytes;
  while (length > 0) {
    gssize n = pwrite(fd, from, length, (off_t)offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : EIO;
    from += n;
    length -= (gsize)n;
    offset += (guint64)n;
  }
  return 0;
}

int es_journal_read_at(int fd, gpointer bytes, gsize length, guint64 offset) {
  gssize n = es_read_at(fd, bytes, length, offset);
  if (n < 0)
    return errno;
  return (gsize)n < length ? ENODATA : 0;
}

// ---- the writer

static int write_header(EsJournal *j, EsSegmentFile *segment) {
  guint8 header[ES_JOURNAL_FILE_HEADER];
  if (segment->fd < 0) {
    g_autofree char *path = es_journal_segment_path(j, segment->file.number);
    int fd = es_descriptors_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
      return errno;
    segment->fd = fd; // the flusher does not look before something is written
  }
  es_journal_file_write(&segment->file, header);
  int failed = es_journal_write_at(segment->fd, header, sizeof header, 0);
  segment->headed = failed == 0;
  return failed;
}

// Chunks of a segment are written in their order, so the file ends where the next begins.
static int write_chunk(EsJournal *j, EsSegmentFile *segment, EsChunk *chunk, guint64 offset) {
  int failed = segment->headed ? 0 : write_header(j, segment);
  if (failed)
    return failed;
  EsJournalBlock block = {(guint32)chunk->length, chunk->position, chunk->number};
  es_journal_block_seal(&segment->file, &block, chunk->bytes + ES_JOURNAL_BLOCK_HEADER, chunk->bytes);
  return es_journal_write_at(segment->fd, chunk->bytes, ES_JOURNAL_BLOCK_HEADER + chunk->length, offset);
}

static void note_written(EsJournal *j, EsSegmentFile *segment, EsChunk *chunk) {
  guint64 length = ES_JOURNAL_BLOCK_HEADER + chunk->length;
  j->names_changed |= segment->disk_bytes <= ES_JOURNAL_FILE_HEADER;
  segment->disk_bytes = MAX(segment->disk_bytes, chunk->offset + length);
  segment->unflushed = TRUE;
  j->written = chunk->position + chunk->length;
  j->waiting_bytes -= chunk->length;
  j->next = chunk->next;
}

// Where it lies: behind the chunk before it in the same segment.
static guint64 offset_of(const EsJournal *j, const EsSegmentFile *segment, const EsChunk *chunk) {
  if (chunk->offset)
    return chunk->offset; // it was there already
  return MAX(segment->disk_bytes, ES_JOURNAL_FILE_HEADER);
}

static void write_again(EsJournal *j) {
  for (EsChunk *chunk = j->first; chunk != j->next; chunk = chunk->next) {
    EsSegmentFile *segment = es_journal_segment(j, chunk->segment);
    segment->headed = FALSE;
    j->waiting_bytes += chunk->length;
  }
  j->next = j->first;
  j->written = j->flushed;
  j->rewind = FALSE;
}

// What waits, as far as it can be written. The mutex is given away for each chunk.
static void write_waiting(EsJournal *j) {
  if (j->rewind)
    write_again(j);
  j->hurry = FALSE;
  if (!j->write_error || j->stop) // otherwise each attempt would begin another chunk
    es_journal_seal_chunk(j);
  for (EsChunk *chunk; (chunk = j->next);) {
    EsSegmentFile *segment = es_journal_segment(j, chunk->segment);
    guint64 offset = offset_of(j, segment, chunk);
    pthread_mutex_unlock(&j->mutex);
    int failed = write_chunk(j, segment, chunk, offset);
    pthread_mutex_lock(&j->mutex);
    j->write_error = failed;
    if (failed)
      break;
    chunk->offset = offset;
    note_written(j, segment, chunk);
    if (j->rewind)
      break;
  }
}

static gpointer write_loop(gpointer data) {
  EsJournal *j = data;
  pthread_mutex_lock(&j->mutex);
  while (!j->stop) {
    j->writer_waits = TRUE;
    if (!j->hurry && (!j->next || j->write_error))
      es_timed_wait(&j->more, &j->mutex, WRITE_EVERY_MS);
    j->writer_waits = FALSE;
    write_waiting(j);
    pthread_mutex_unlock(&j->mutex);
    es_journal_clean(j);
    pthread_mutex_lock(&j->mutex);
  }
  write_waiting(j);
  pthread_mutex_unlock(&j->mutex);
  return NULL;
}

// ---- the flusher

static void note_flush(EsJournal *j, gint64 begun_us) {
  gint64 now_us = g_get_monotonic_time();
  if (now_us - j->slowest_since_us > HALF_MINUTE_US) {
    j->slowest_us[1] = now_us - j->slowest_since_us > 2 * HALF_MINUTE_US ? 0 : j->slowest_us[0];
    j->slowest_us[0] = 0;
    j->slowest_since_us = now_us;
  }
  j->slowest_us[0] = MAX(j->slowest_us[0], now_us - begun_us);
}

static GPtrArray *unflushed(EsJournal *j) {
  GPtrArray *segments = g_ptr_array_new();
  for (guint i = 0; i < j->segments->len; i++) {
    EsSegmentFile *segment = j->segments->pdata[i];
    if (!segment->unflushed)
      continue;
    segment->unflushed = FALSE;
    segment->pins++;
    g_ptr_array_add(segments, segment);
  }
  return segments;
}

static int flush_files(EsJournal *j, GPtrArray *segments, gboolean names) {
  for (guint i = 0; i < segments->len; i++)
    if (fdatasync(((EsSegmentFile *)segments->pdata[i])->fd) != 0)
      return errno;
  return names && fsync(j->directory_fd) != 0 ? errno : 0;
}

static void note_flushed(EsJournal *j, guint64 until) {
  j->flushed = until;
  for (EsChunk *chunk; (chunk = j->first) && chunk != j->next && chunk->position + chunk->length <= until;) {
    j->first = chunk->next;
    if (!j->first)
      j->last = NULL;
    es_journal_free_chunk(j, chunk);
  }
}

// Given and taken behind the mutex.
static void flush_written(EsJournal *j) {
  if (j->written == j->flushed || j->rewind)
    return;
  guint64 until = j->written;
  gboolean names = j->names_changed;
  gint64 begun_us = g_get_monotonic_time();
  g_autoptr(GPtrArray) segments = unflushed(j);
  j->names_changed = FALSE;
  pthread_mutex_unlock(&j->mutex);
  int failed = flush_files(j, segments, names);
  pthread_mutex_lock(&j->mutex);
  j->flush_error = failed;
  note_flush(j, begun_us);
  if (failed) {
    j->rewind = TRUE;
    j->names_changed |= names;
  } else {
    note_flushed(j, until);
  }
  for (guint i = 0; i < segments->len; i++)
    ((EsSegmentFile *)segments->pdata[i])->pins--;
}

static gpointer flush_loop(gpointer data) {
  EsJournal *j = data;
  pthread_mutex_lock(&j->mutex);
  while (!j->written_out) {
    es_timed_wait(&j->wrote, &j->mutex, FLUSH_EVERY_MS);
    flush_written(j);
  }
  flush_written(j); // what was written during the last flush
  pthread_mutex_unlock(&j->mutex);
  return NULL;
}

// ---- both

void es_journal_start(EsJournal *j) {
  j->writer = g_thread_new("journal", write_loop, j);
  j->flusher = g_thread_new("journal flush", flush_loop, j);
}

void es_journal_stop(EsJournal *j) {
  pthread_mutex_lock(&j->mutex);
  j->stop = TRUE;
  pthread_cond_signal(&j->more);
  pthread_mutex_unlock(&j->mutex);
  g_thread_join(j->writer);
  pthread_mutex_lock(&j->mutex);
  j->written_out = TRUE;
  pthread_cond_signal(&j->wrote);
  pthread_mutex_unlock(&j->mutex);
  g_thread_join(j->flusher);
  es_journal_clean_stop(j);
}
