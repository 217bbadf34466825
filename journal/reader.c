// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "journal-private.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <unistd.h>

struct EsJournalReader {
  EsJournal *journal;
  guint64 position;       // of the next record
  EsSegmentFile *segment; // the one that is pinned
  int fd;                 // of it; -1 before it was opened
  guint64 offset;         // of the block after the one at hand
  guint8 *records;        // of the block at hand
  gsize capacity, length, at;
};

static EsSegmentFile *segment_with(EsJournal *j, guint64 position) {
  for (guint i = j->segments->len; i > 0; i--) {
    EsSegmentFile *segment = j->segments->pdata[i - 1];
    if (segment->file.position <= position)
      return segment;
  }
  return NULL;
}

// TRUE if there is anything to read at the position; its segment is pinned then.
static gboolean pin(EsJournalReader *r) {
  EsJournal *j = r->journal;
  pthread_mutex_lock(&j->mutex);
  gboolean more = r->position < j->written;
  EsSegmentFile *segment = segment_with(j, r->position);
  if (segment && segment->leaving) {
    more = FALSE;
  } else if (segment && segment != r->segment) {
    if (r->segment)
      r->segment->pins--;
    segment->pins++;
    r->segment = segment;
    if (r->fd >= 0)
      es_descriptors_close(r->fd);
    r->fd = -1;
  }
  pthread_mutex_unlock(&j->mutex);
  return more;
}

EsJournalReader *es_journal_reader_new(EsJournal *journal, guint64 position) {
  EsJournalReader *r = g_new0(EsJournalReader, 1);
  r->journal = journal;
  r->position = position;
  r->fd = -1;
  pin(r);
  return r;
}

void es_journal_reader_free(EsJournalReader *r) {
  if (!r)
    return;
  pthread_mutex_lock(&r->journal->mutex);
  if (r->segment)
    r->segment->pins--;
  pthread_mutex_unlock(&r->journal->mutex);
  if (r->fd >= 0)
    es_descriptors_close(r->fd);
  g_free(r->records);
  g_free(r);
}

// FALSE without error for want of a descriptor: it is tried again.
static gboolean open_file(EsJournalReader *r, const char *path, GError **error) {
  if (r->fd >= 0)
    return TRUE;
  r->fd = es_descriptors_open(path, O_RDONLY | O_CLOEXEC, 0);
  r->offset = ES_JOURNAL_FILE_HEADER;
  return r->fd >= 0 || (errno != EMFILE && errno != ENFILE && es_set_errno(error, errno, "%s", path));
}

static int read_block(EsJournalReader *r, const guint8 *header, const EsJournalBlock *block,
                      gboolean *valid) {
  if (block->length > r->capacity) {
    r->capacity = block->length;
    r->records = g_realloc(r->records, r->capacity);
  }
  int failed = es_journal_read_at(r->fd, r->records, block->length, r->offset + ES_JOURNAL_BLOCK_HEADER);
  *valid = !failed && es_journal_block_is_valid(&r->segment->file, header, r->records, block->length);
  r->length = block->length;
  r->at = (gsize)(r->position - block->position);
  return failed;
}

// The block that holds the position; those before it are passed over by their headers.
static gboolean load_block(EsJournalReader *r, GError **error) {
  g_autofree char *path = es_journal_segment_path(r->journal, r->segment->file.number);
  if (!open_file(r, path, error))
    return FALSE;
  for (;;) {
    guint8 header[ES_JOURNAL_BLOCK_HEADER];
    EsJournalBlock block;
    gboolean valid = FALSE;
    int failed = es_journal_read_at(r->fd, header, sizeof header, r->offset);
    if (failed)
      return es_set_errno(error, failed, "%s", path);
    gboolean looks = es_journal_block_read(header, &block) && block.position <= r->position;
    gboolean here = looks && r->position < block.position + block.length;
    if (here && (failed = read_block(r, header, &block, &valid)))
      return es_set_errno(error, failed, "%s", path);
    if (!looks || here != valid) {
      g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s is damaged at byte %" PRIu64), path, r->offset);
      return FALSE;
    }
    r->offset += ES_JOURNAL_BLOCK_HEADER + block.length;
    if (here)
      return TRUE;
  }
}

gboolean es_journal_reader_next(EsJournalReader *r, EsJournalRecord *record, GError **error) {
  if (r->at >= r->length) {
    r->at = r->length = 0;
    if (!pin(r) || !load_block(r, error))
      return FALSE;
  }
  gsize before = r->at;
  if (!es_journal_record_next(r->records, r->length, &r->at, record)) {
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s is damaged at byte %" PRIu64), r->journal->directory,
                r->offset);
    return FALSE;
  }
  r->position += r->at - before;
  return TRUE;
}

guint64 es_journal_reader_position(const EsJournalReader *r) {
  return r->position;
}
