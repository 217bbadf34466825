// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What of a journal can go. The oldest segment goes when nothing in it lives, and that is on disk: so a
// record that a call is gone never goes before what it speaks of, and a call without its beginning is one
// that lost it. When no call is open at all, the last one goes too. Where that does not help, because long
// calls live in all of them, neighbouring segments that are mostly dead become one: what lives is copied, in
// its order, into a new file that takes the place of the first of them and says through which number it
// stands for them.
//
// A record that a call is gone is kept while older segments hold something of the call.
//
// The writer does this a few megabytes at a time, so that it is never late for what waits.
#include "earshot/common/descriptors.h"
#include "journal-private.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define STEP_BYTES (4 * 1024 * 1024)   // read in one round
#define OUT_BYTES (256 * 1024)         // of a block
#define AGAIN_US (10 * G_USEC_PER_SEC) // after one that failed, and between looks
#define SLACK_SEGMENTS 2               // that may be dead
#define RANGE_MAX 64                   // segments made one at once

struct EsCleaning {
  EsJournalFile file; // of the new one
  guint64 numbers[RANGE_MAX];
  guint n_numbers, reading; // the segments, and which of them is read
  int in_fd, out_fd;        // -1 when not open
  guint64 in_offset, out_offset, out_number;
  guint64 begun; // position of the journal
  GByteArray *in, *out;
};

// ---- what nobody needs

static gboolean is_flushed(const EsJournal *j, const EsSegmentFile *segment) {
  return segment->sealed && segment->end <= j->flushed && !segment->unflushed && segment->pins == 0;
}

// Behind the mutex, which is given away for the disk.
static void remove_dead(EsJournal *j, gboolean over) {
  while (j->segments->len && (over || !j->rewind)) {
    EsSegmentFile *oldest = j->segments->pdata[0];
    if (oldest->live_bytes || oldest->pins ||
        (!over && (!is_flushed(j, oldest) || oldest->dead_at > j->flushed)))
      return;
    guint64 number = oldest->file.number;
    g_autofree char *path = es_journal_segment_path(j, number);
    g_ptr_array_remove_index(j->segments, 0);
    es_journal_forget_segment(j, number);
    pthread_mutex_unlock(&j->mutex);
    g_unlink(path);
    pthread_mutex_lock(&j->mutex);
  }
}

static void close_files(EsJournal *j) {
  for (guint i = 0; i < j->segments->len; i++) {
    EsSegmentFile *segment = j->segments->pdata[i];
    if (segment->fd < 0 || !is_flushed(j, segment) || j->rewind)
      continue;
    es_descriptors_close(segment->fd);
    segment->fd = -1;
  }
}

// ---- what is mostly dead

static gboolean is_mostly_dead(const EsSegmentFile *segment) {
  return segment->live_bytes < segment->disk_bytes / 2;
}

// The first neighbours that are worth it. Behind the mutex.
static gboolean choose(EsJournal *j, EsCleaning *c) {
  guint n = es_journal_unpinned(j);
  guint64 disk = 0, live = 0, kept = 0;
  for (guint i = 0; i < j->segments->len; i++) {
    const EsSegmentFile *segment = j->segments->pdata[i];
    disk += segment->disk_bytes;
    live += segment->live_bytes;
  }
  if (disk < 2 * live + SLACK_SEGMENTS * j->settings.segment_bytes)
    return FALSE;
  for (guint i = 0; i < n && c->n_numbers < RANGE_MAX; i++) {
    const EsSegmentFile *segment = j->segments->pdata[i];
    gboolean fits = is_flushed(j, segment) && segment->fd < 0 && is_mostly_dead(segment) &&
                    kept + segment->live_bytes <= j->settings.segment_bytes;
    if (!fits && c->n_numbers)
      break;
    if (!fits)
      continue;
    if (!c->n_numbers)
      c->file = segment->file;
    c->file.through = segment->file.through;
    c->numbers[c->n_numbers++] = segment->file.number;
    kept += segment->live_bytes;
  }
  c->begun = j->appended;
  return c->n_numbers > 0;
}

static char *fresh_path(const EsJournal *j) {
  return g_strdup_printf("%s/cleaned", j->directory);
}

static void end_cleaning(EsJournal *j) {
  EsCleaning *c = j->cleaning;
  g_autofree char *path = fresh_path(j);
  if (c->in_fd >= 0)
    es_descriptors_close(c->in_fd);
  if (c->out_fd >= 0)
    es_descriptors_close(c->out_fd);
  g_unlink(path);
  g_byte_array_unref(c->in);
  g_byte_array_unref(c->out);
  g_free(c);
  j->cleaning = NULL;
}

static gboolean begin_cleaning(EsJournal *j) {
  g_autofree EsCleaning *c = g_new0(EsCleaning, 1);
  pthread_mutex_lock(&j->mutex);
  gboolean worth = choose(j, c);
  pthread_mutex_unlock(&j->mutex);
  if (!worth)
    return FALSE;
  g_autofree char *path = fresh_path(j);
  c->file.cleaned = TRUE;
  c->in_fd = -1;
  c->in = g_byte_array_new();
  c->out = g_byte_array_new();
  g_byte_array_set_size(c->out, ES_JOURNAL_BLOCK_HEADER);
  c->out_offset = ES_JOURNAL_FILE_HEADER;
  c->out_fd = es_descriptors_open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  guint8 header[ES_JOURNAL_FILE_HEADER];
  es_journal_file_write(&c->file, header);
  j->cleaning = g_steal_pointer(&c);
  return j->cleaning->out_fd >= 0 && es_journal_write_at(j->cleaning->out_fd, header, sizeof header, 0) == 0;
}

static gboolean write_out(EsCleaning *c) {
  gsize length = c->out->len - ES_JOURNAL_BLOCK_HEADER;
  EsJournalBlock block = {(guint32)length, 0, c->out_number};
  if (length == 0)
    return TRUE;
  es_journal_block_seal(&c->file, &block, c->out->data + ES_JOURNAL_BLOCK_HEADER, c->out->data);
  if (es_journal_write_at(c->out_fd, c->out->data, c->out->len, c->out_offset) != 0)
    return FALSE;
  c->out_number++;
  c->out_offset += c->out->len;
  g_byte_array_set_size(c->out, ES_JOURNAL_BLOCK_HEADER);
  return TRUE;
}

static gboolean lies_before(const EsJournalCall *call, guint64 number) {
  return call->spans->len && g_array_index(call->spans, EsSpan, 0).segment < number;
}

static void copy_living(EsJournal *j, EsCleaning *c, const guint8 *records, gsize length) {
  EsJournalRecord record;
  pthread_mutex_lock(&j->mutex);
  for (gsize at = 0, before = 0; es_journal_record_next(records, length, &at, &record); before = at) {
    const EsJournalCall *call = g_hash_table_lookup(j->calls, GUINT_TO_POINTER(record.call));
    gboolean tells = record.kind == ES_JOURNAL_GONE;
    if (call && (call->gone ? tells && lies_before(call, c->numbers[0]) : TRUE))
      g_byte_array_append(c->out, records + before, (guint)(at - before));
  }
  pthread_mutex_unlock(&j->mutex);
}

// The next block of the segment being read. FALSE at an error; *more: there was one.
static gboolean copy_block(EsJournal *j, EsCleaning *c, const EsJournalFile *file, gboolean *more) {
  guint8 header[ES_JOURNAL_BLOCK_HEADER];
  EsJournalBlock block;
  int failed = es_journal_read_at(c->in_fd, header, sizeof header, c->in_offset);
  *more = failed == 0;
  if (failed)
    return failed == ENODATA;
  if (!es_journal_block_read(header, &block))
    return FALSE;
  g_byte_array_set_size(c->in, block.length);
  if (es_journal_read_at(c->in_fd, c->in->data, block.length, c->in_offset + sizeof header) != 0 ||
      !es_journal_block_is_valid(file, header, c->in->data, block.length))
    return FALSE;
  c->in_offset += sizeof header + block.length;
  copy_living(j, c, c->in->data, block.length);
  return c->out->len < OUT_BYTES || write_out(c);
}

// Reads on for one round. FALSE at an error; *done once all of them were read.
static gboolean copy_some(EsJournal *j, EsCleaning *c, gboolean *done) {
  guint64 read = 0;
  *done = FALSE;
  while (c->reading < c->n_numbers && read < STEP_BYTES) {
    g_autofree char *path = es_journal_segment_path(j, c->numbers[c->reading]);
    guint8 header[ES_JOURNAL_FILE_HEADER];
    EsJournalFile file;
    if (c->in_fd < 0) {
      c->in_fd = es_descriptors_open(path, O_RDONLY | O_CLOEXEC, 0);
      c->in_offset = ES_JOURNAL_FILE_HEADER;
    }
    if (c->in_fd < 0 || es_journal_read_at(c->in_fd, header, sizeof header, 0) != 0 ||
        !es_journal_file_read(header, &file))
      return FALSE;
    gboolean more = TRUE;
    while (more && read < STEP_BYTES) {
      if (!copy_block(j, c, &file, &more))
        return FALSE;
      read += more ? c->in->len : 0;
    }
    if (more)
      return TRUE;
    es_descriptors_close(c->in_fd);
    c->in_fd = -1;
    c->reading++;
  }
  *done = c->reading == c->n_numbers;
  return TRUE;
}

// ---- the new file takes its place

static gboolean is_of(const EsCleaning *c, guint64 number) {
  return number >= c->file.number && number <= c->file.through;
}

// Behind the mutex. TRUE: all of them are still there, nobody reads them, and nobody may open them from here
// on. One in which nothing lives any more may have been removed meanwhile.
static gboolean claim(EsJournal *j, const EsCleaning *c, gboolean claimed) {
  gboolean free = TRUE;
  guint there = 0;
  for (guint i = 0; i < j->segments->len; i++) {
    const EsSegmentFile *segment = j->segments->pdata[i];
    there += is_of(c, segment->file.number);
    free &= !is_of(c, segment->file.number) || segment->pins == 0;
  }
  free &= there == c->n_numbers;
  for (guint i = 0; i < j->segments->len; i++) {
    EsSegmentFile *segment = j->segments->pdata[i];
    segment->leaving = free && claimed && is_of(c, segment->file.number);
  }
  return free;
}

// All that a call has in the old segments is one span now. Of a call that was gone before only what tells so
// is there, and that only where something older is.
static void fold_spans(const EsCleaning *c, EsJournalCall *call, guint64 *live) {
  EsSpan folded = {c->file.number, 0};
  guint at = 0, n = 0;
  for (guint i = 0; i < call->spans->len; i++) {
    const EsSpan *span = &g_array_index(call->spans, EsSpan, i);
    at += span->segment < c->file.number;
    n += is_of(c, span->segment);
    folded.bytes += is_of(c, span->segment) ? span->bytes : 0;
  }
  if (n == 0)
    return;
  g_array_remove_range(call->spans, at, n);
  if (!call->gone || call->gone_at > c->begun || at > 0)
    g_array_insert_val(call->spans, at, folded);
  *live += folded.bytes;
}

// Behind the mutex.
static void enter(EsJournal *j, const EsCleaning *c) {
  guint64 live = 0, dead_at = 0;
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, j->calls);
  while (g_hash_table_iter_next(&iter, NULL, &call)) {
    fold_spans(c, call, &live);
    if (((EsJournalCall *)call)->gone && ((EsJournalCall *)call)->spans->len == 0)
      g_hash_table_iter_remove(&iter);
  }
  for (guint i = j->segments->len; i > 0; i--) {
    EsSegmentFile *segment = j->segments->pdata[i - 1];
    if (is_of(c, segment->file.number))
      dead_at = MAX(dead_at, segment->dead_at);
    if (segment->file.number == c->file.number) {
      segment->file = c->file;
      segment->live_bytes = live;
      segment->dead_at = dead_at;
      segment->disk_bytes = c->out_offset;
      segment->leaving = FALSE;
    } else if (is_of(c, segment->file.number)) {
      g_ptr_array_remove_index(j->segments, i - 1);
    }
  }
}

static gboolean replace(EsJournal *j, EsCleaning *c) {
  g_autofree char *fresh = fresh_path(j), *first = es_journal_segment_path(j, c->file.number);
  if (!write_out(c) || fsync(c->out_fd) != 0)
    return FALSE;
  pthread_mutex_lock(&j->mutex);
  gboolean replaced = claim(j, c, TRUE);
  pthread_mutex_unlock(&j->mutex);
  replaced = replaced && g_rename(fresh, first) == 0 && fsync(j->directory_fd) == 0;
  for (guint i = 1; replaced && i < c->n_numbers; i++) {
    g_autofree char *path = es_journal_segment_path(j, c->numbers[i]);
    g_unlink(path);
  }
  pthread_mutex_lock(&j->mutex);
  if (replaced)
    enter(j, c);
  else
    claim(j, c, FALSE);
  pthread_mutex_unlock(&j->mutex);
  return replaced;
}

static void clean_on(EsJournal *j) {
  gboolean done = FALSE, worked = j->cleaning || begin_cleaning(j);
  if (!j->cleaning)
    return;
  worked = worked && copy_some(j, j->cleaning, &done);
  if (worked && !done)
    return;
  if (!worked || !replace(j, j->cleaning))
    j->clean_again_us = g_get_monotonic_time() + AGAIN_US;
  end_cleaning(j);
}

void es_journal_clean(EsJournal *j) {
  pthread_mutex_lock(&j->mutex);
  es_journal_retire(j);
  remove_dead(j, FALSE);
  close_files(j);
  pthread_mutex_unlock(&j->mutex);
  if (g_get_monotonic_time() >= j->clean_again_us)
    clean_on(j);
}

void es_journal_clean_stop(EsJournal *j) {
  if (j->cleaning)
    end_cleaning(j);
  pthread_mutex_lock(&j->mutex);
  remove_dead(j, TRUE);
  pthread_mutex_unlock(&j->mutex);
}
