// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What tellers do, and the books: chunks, segments, and which call needs which. A segment's chunks are
// assigned to it when they begin, so a teller knows where its record will lie though nothing is written yet.
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/timed-wait.h"
#include "journal-private.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES (256 * 1024)
#define SPARE_CHUNKS 8

void es_journal_settings_init(EsJournalSettings *settings) {
  *settings = (EsJournalSettings){.segment_bytes = 64 * 1024 * 1024, .memory_bytes = 256 * 1024 * 1024};
}

// ---- segments and calls, behind the mutex

static void free_segment(gpointer data) {
  EsSegmentFile *segment = data;
  if (segment->fd >= 0)
    es_descriptors_close(segment->fd);
  g_free(segment);
}

static void free_call(gpointer data) {
  EsJournalCall *call = data;
  g_array_unref(call->spans);
  g_free(call);
}

EsSegmentFile *es_journal_segment(EsJournal *j, guint64 number) {
  for (guint i = j->segments->len; i > 0; i--) { // mostly the last
    EsSegmentFile *segment = j->segments->pdata[i - 1];
    if (segment->file.number == number)
      return segment;
  }
  return NULL;
}

char *es_journal_segment_path(const EsJournal *j, guint64 number) {
  return g_strdup_printf("%s/%010" G_GUINT64_FORMAT ".journal", j->directory, number);
}

guint es_journal_unpinned(const EsJournal *j) {
  guint n = 0;
  while (n < j->segments->len && ((EsSegmentFile *)j->segments->pdata[n])->pins == 0)
    n++;
  return n;
}

static EsSegmentFile *last_segment(EsJournal *j) {
  return j->segments->len ? j->segments->pdata[j->segments->len - 1] : NULL;
}

static EsSegmentFile *add_segment(EsJournal *j) {
  EsSegmentFile *last = last_segment(j), *segment = g_new0(EsSegmentFile, 1);
  guint64 number = last ? last->file.through + 1 : 1;
  segment->file =
      (EsJournalFile){.run = j->run, .number = number, .through = number, .position = j->appended};
  segment->planned = ES_JOURNAL_FILE_HEADER;
  segment->end = j->appended;
  segment->fd = -1;
  if (last)
    last->sealed = TRUE;
  g_ptr_array_add(j->segments, segment);
  return segment;
}

// Where the next chunk goes.
static EsSegmentFile *open_segment(EsJournal *j) {
  EsSegmentFile *last = last_segment(j);
  return last && last->planned < j->settings.segment_bytes ? last : add_segment(j);
}

void es_journal_retire(EsJournal *j) {
  const EsSegmentFile *last = last_segment(j);
  if (!last || last->planned <= ES_JOURNAL_FILE_HEADER || j->making || j->flushed < j->appended || j->rewind)
    return;
  for (guint i = 0; i < j->segments->len; i++)
    if (((EsSegmentFile *)j->segments->pdata[i])->live_bytes)
      return;
  add_segment(j);
}

static void add_span(EsJournalCall *call, guint64 segment, guint64 bytes) {
  guint n = call->spans->len;
  EsSpan *last = n ? &g_array_index(call->spans, EsSpan, n - 1) : NULL;
  EsSpan fresh = {segment, bytes};
  if (last && last->segment == segment)
    last->bytes += bytes;
  else
    g_array_append_val(call->spans, fresh);
}

static gboolean forget_in_call(gpointer key, gpointer value, gpointer data) {
  EsJournalCall *call = value;
  const guint64 *number = data;
  for (guint i = 0; i < call->spans->len; i++)
    if (g_array_index(call->spans, EsSpan, i).segment == *number) {
      g_array_remove_index(call->spans, i);
      break;
    }
  return call->gone && call->spans->len == 0;
}

void es_journal_forget_segment(EsJournal *j, guint64 number) {
  g_hash_table_foreach_remove(j->calls, forget_in_call, &number);
}

// ---- chunks, behind the mutex

static EsChunk *new_chunk(EsJournal *j, gsize length, gboolean always) {
  gsize capacity = MAX(CHUNK_BYTES - sizeof(EsChunk), ES_JOURNAL_BLOCK_HEADER + length);
  if (!always && j->memory_bytes + capacity > j->settings.memory_bytes)
    return NULL;
  EsChunk *chunk = j->spare;
  if (chunk && chunk->capacity >= capacity) {
    j->spare = chunk->next;
    j->n_spare--;
  } else {
    chunk = g_malloc(sizeof *chunk + capacity);
    chunk->capacity = capacity;
  }
  EsSegmentFile *segment = open_segment(j);
  chunk->next = NULL;
  chunk->position = j->appended;
  chunk->segment = segment->file.number;
  chunk->begun_us = g_get_monotonic_time();
  chunk->length = 0;
  chunk->offset = 0;
  j->memory_bytes += chunk->capacity;
  return chunk;
}

void es_journal_free_chunk(EsJournal *j, EsChunk *chunk) {
  j->memory_bytes -= chunk->capacity;
  if (j->n_spare >= SPARE_CHUNKS || chunk->capacity > CHUNK_BYTES) {
    g_free(chunk);
    return;
  }
  chunk->next = j->spare;
  j->spare = chunk;
  j->n_spare++;
}

void es_journal_seal_chunk(EsJournal *j) {
  EsChunk *chunk = j->making;
  if (!chunk)
    return;
  EsSegmentFile *segment = es_journal_segment(j, chunk->segment);
  chunk->number = segment->planned_blocks++;
  segment->planned += ES_JOURNAL_BLOCK_HEADER + chunk->length;
  segment->end = chunk->position + chunk->length;
  j->making = NULL;
  if (j->last)
    j->last->next = chunk;
  else
    j->first = chunk;
  j->last = chunk;
  if (!j->next)
    j->next = chunk;
}

static gboolean make_room(EsJournal *j, gsize length, gboolean always) {
  if (j->making && ES_JOURNAL_BLOCK_HEADER + j->making->length + length <= j->making->capacity)
    return TRUE;
  es_journal_seal_chunk(j);
  j->making = new_chunk(j, length, always);
  if (j->next && j->writer_waits && !j->write_error)
    pthread_cond_signal(&j->more);
  return j->making != NULL;
}

// ---- what tellers do

guint64 es_journal_append(EsJournal *j, EsJournalCall *call, EsJournalKind kind, gconstpointer head,
                          gsize n_head, gconstpointer body, gsize n_body) {
  gsize length = n_head + n_body, whole = ES_JOURNAL_RECORD_HEADER + length;
  gboolean always = kind == ES_JOURNAL_GONE; // eight bytes, without which a call would come back
  guint64 position = 0;
  pthread_mutex_lock(&j->mutex);
  if (length <= ES_JOURNAL_RECORD_MAX && make_room(j, whole, always)) {
    guint8 *at = j->making->bytes + ES_JOURNAL_BLOCK_HEADER + j->making->length;
    es_journal_record_seal(kind, call->number, length, at);
    memcpy(at + ES_JOURNAL_RECORD_HEADER, head, n_head);
    if (n_body)
      memcpy(at + ES_JOURNAL_RECORD_HEADER + n_head, body, n_body);
    j->making->length += whole;
    j->waiting_bytes += whole;
    j->appended += whole;
    position = j->appended;
    add_span(call, j->making->segment, whole);
    last_segment(j)->live_bytes += whole;
  } else {
    j->refused++;
  }
  pthread_mutex_unlock(&j->mutex);
  return position;
}

EsJournalCall *es_journal_call_new(EsJournal *j) {
  EsJournalCall *call = g_new0(EsJournalCall, 1);
  call->spans = g_array_new(FALSE, FALSE, sizeof(EsSpan));
  pthread_mutex_lock(&j->mutex);
  call->number = ++j->last_call;
  g_hash_table_replace(j->calls, GUINT_TO_POINTER(call->number), call);
  pthread_mutex_unlock(&j->mutex);
  return call;
}

guint32 es_journal_call_number(const EsJournalCall *call) {
  return call->number;
}

void es_journal_gone(EsJournal *j, EsJournalCall *call) {
  guint64 position = es_journal_append(j, call, ES_JOURNAL_GONE, "", 0, NULL, 0);
  pthread_mutex_lock(&j->mutex);
  for (guint i = 0; i < call->spans->len; i++) {
    EsSpan *span = &g_array_index(call->spans, EsSpan, i);
    EsSegmentFile *segment = es_journal_segment(j, span->segment);
    segment->live_bytes -= span->bytes;
    segment->dead_at = position;
    span->bytes = 0;
  }
  call->gone = TRUE;
  call->gone_at = position;
  if (call->spans->len == 0)
    g_hash_table_remove(j->calls, GUINT_TO_POINTER(call->number));
  pthread_mutex_unlock(&j->mutex);
}

void es_journal_write_out(EsJournal *j) {
  pthread_mutex_lock(&j->mutex);
  j->hurry = TRUE;
  if (j->writer_waits)
    pthread_cond_signal(&j->more);
  pthread_mutex_unlock(&j->mutex);
}

void es_journal_stats(EsJournal *j, EsJournalStats *stats) {
  pthread_mutex_lock(&j->mutex);
  *stats = (EsJournalStats){.appended = j->appended,
                            .written = j->written,
                            .flushed = j->flushed,
                            .waiting_bytes = j->waiting_bytes,
                            .memory_bytes = j->memory_bytes,
                            .refused = j->refused,
                            .slowest_flush_us = MAX(j->slowest_us[0], j->slowest_us[1]),
                            .failing = j->write_error ? j->write_error : j->flush_error};
  const EsChunk *oldest = j->first ? j->first : j->making;
  stats->oldest_us = oldest ? g_get_monotonic_time() - oldest->begun_us : 0;
  for (guint i = 0; i < j->segments->len; i++) {
    const EsSegmentFile *segment = j->segments->pdata[i];
    stats->disk_bytes += segment->disk_bytes;
    stats->live_bytes += segment->live_bytes;
  }
  pthread_mutex_unlock(&j->mutex);
}

gboolean es_journal_hold(EsJournal *j) {
  gboolean leaving = FALSE;
  pthread_mutex_lock(&j->mutex);
  for (guint i = 0; i < j->segments->len; i++)
    leaving |= ((EsSegmentFile *)j->segments->pdata[i])->leaving;
  if (!leaving)
    j->held = g_ptr_array_new();
  for (guint i = 0; !leaving && i < j->segments->len; i++) {
    ((EsSegmentFile *)j->segments->pdata[i])->pins++;
    g_ptr_array_add(j->held, j->segments->pdata[i]);
  }
  pthread_mutex_unlock(&j->mutex);
  return !leaving;
}

void es_journal_release(EsJournal *j) {
  pthread_mutex_lock(&j->mutex);
  for (guint i = 0; i < j->held->len; i++)
    ((EsSegmentFile *)j->held->pdata[i])->pins--;
  g_clear_pointer(&j->held, g_ptr_array_unref);
  pthread_mutex_unlock(&j->mutex);
}

// ---- the journal

// Its name is in its parent, whose name is in the spool.
static gboolean make_directory(EsJournal *j, GError **error) {
  static const char *const PLACES[] = {"", "/..", "/../..", "/../../.."};
  if (g_mkdir_with_parents(j->directory, 0700) != 0)
    return es_set_errno(error, errno, "%s", j->directory);
  for (guint i = G_N_ELEMENTS(PLACES); i > 0; i--) {
    g_autofree char *path = g_strconcat(j->directory, PLACES[i - 1], NULL);
    if (j->directory_fd >= 0)
      close(j->directory_fd);
    j->directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->directory_fd < 0 || fsync(j->directory_fd) != 0)
      return es_set_errno(error, errno, "%s", path);
  }
  return TRUE;
}

static void free_journal(EsJournal *j) {
  if (j->directory_fd >= 0)
    close(j->directory_fd);
  g_free(j->making);
  for (EsChunk *chunk = j->first, *next; chunk; chunk = next) {
    next = chunk->next;
    g_free(chunk);
  }
  for (EsChunk *chunk = j->spare, *next; chunk; chunk = next) {
    next = chunk->next;
    g_free(chunk);
  }
  g_ptr_array_unref(j->segments);
  g_hash_table_unref(j->calls);
  pthread_mutex_destroy(&j->mutex);
  pthread_cond_destroy(&j->more);
  pthread_cond_destroy(&j->wrote);
  g_free(j->directory);
  g_free(j);
}

EsJournal *es_journal_open(const char *spool, gint64 run, const EsJournalSettings *settings, GError **error) {
  EsJournal *j = g_new0(EsJournal, 1);
  j->run = (guint64)run;
  j->settings = *settings;
  j->directory_fd = -1;
  j->directory = g_strdup_printf("%s/journal/%" G_GINT64_FORMAT, spool, run);
  j->segments = g_ptr_array_new_with_free_func(free_segment);
  j->calls = g_hash_table_new_full(NULL, NULL, NULL, free_call);
  pthread_mutex_init(&j->mutex, NULL);
  es_timed_wait_init(&j->more);
  es_timed_wait_init(&j->wrote);
  if (!make_directory(j, error)) {
    free_journal(j);
    return NULL;
  }
  j->names_changed = TRUE;
  es_journal_start(j);
  return j;
}

void es_journal_close(EsJournal *j) {
  if (!j)
    return;
  es_journal_stop(j);
  gboolean over = j->segments->len == 0;
  if (over)
    g_rmdir(j->directory); // stays where audio lies that is not finished
  free_journal(j);
}

const char *es_journal_directory(const EsJournal *j) {
  return j->directory;
}
