// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/journal/scan.h"
#include "block.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/read-at.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".journal"
#define WINDOW (64 * 1024) // read at once when looking for the next block
#define TRIES_BYTES 4      // times its size, that may be hashed in one file when looking for blocks

struct EsJournalScan {
  char *directory;
  guint64 run;
  GArray *numbers; // of guint64, of the files, rising
  guint next;      // file
  guint64 through; // what the files read so far stand for
  int fd;          // -1 when none is open
  EsJournalFile file;
  guint64 size, offset; // of the file
  guint64 tried;        // bytes hashed for nothing
  GByteArray *records;  // of the block at hand
  gsize at;
  guint64 end;       // position behind the last record that was read; 0 where that cannot be known
  guint64 since_end; // of the unreadable, what comes after it
  guint64 unreadable;
};

static gint by_number(gconstpointer a, gconstpointer b) {
  guint64 first = *(const guint64 *)a, second = *(const guint64 *)b;
  return first < second ? -1 : first > second;
}

static gboolean list_files(EsJournalScan *s, GError **error) {
  es_descriptors_make_room(1);
  g_autoptr(GDir) dir = g_dir_open(s->directory, 0, error);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *digits =
        g_str_has_suffix(name, SUFFIX) ? g_strndup(name, strlen(name) - strlen(SUFFIX)) : NULL;
    guint64 number;
    if (digits && g_ascii_string_to_unsigned(digits, 10, 1, G_MAXUINT64, &number, NULL))
      g_array_append_val(s->numbers, number);
  }
  g_array_sort(s->numbers, by_number);
  return dir != NULL;
}

EsJournalScan *es_journal_scan_new(const char *directory, GError **error) {
  g_autoptr(EsJournalScan) s = g_new0(EsJournalScan, 1);
  g_autofree char *name = g_path_get_basename(directory);
  s->directory = g_strdup(directory);
  s->run = g_ascii_strtoull(name, NULL, 10);
  s->numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
  s->records = g_byte_array_new();
  s->fd = -1;
  return list_files(s, error) ? g_steal_pointer(&s) : NULL;
}

void es_journal_scan_free(EsJournalScan *s) {
  if (!s)
    return;
  if (s->fd >= 0)
    es_descriptors_close(s->fd);
  g_array_unref(s->numbers);
  g_byte_array_unref(s->records);
  g_free(s->directory);
  g_free(s);
}

static char *path_of(const EsJournalScan *s, guint64 number) {
  return g_strdup_printf("%s/%010" G_GUINT64_FORMAT SUFFIX, s->directory, number);
}

// ---- files

static void pass_over(EsJournalScan *s, guint64 length) {
  s->unreadable += length;
  s->since_end += length;
}

// Only the oldest files go while a journal is in use: what lacks between two was lost. Of one that cannot be
// asked how much it held the header is.
static void look_for_gap(EsJournalScan *s, gboolean whole) {
  guint64 files = s->through ? s->file.number - s->through - 1 : 0;
  guint64 lost = files * ES_JOURNAL_FILE_HEADER;
  if (whole && s->end)
    lost = s->file.position > s->end ? s->file.position - s->end : 0;
  if (lost > s->since_end)
    pass_over(s, lost - s->since_end);
  s->end = s->since_end = 0;
}

// A header that cannot be read says no more than the name does.
static void read_header(EsJournalScan *s, guint64 number) {
  guint8 header[ES_JOURNAL_FILE_HEADER];
  EsJournalFile plain = {.run = s->run, .number = number, .through = number};
  gboolean whole = es_read_at(s->fd, header, sizeof header, 0) == sizeof header &&
                   es_journal_file_read(header, &s->file) && s->file.run == s->run &&
                   s->file.number == number;
  if (!whole)
    s->file = plain;
  look_for_gap(s, whole);
  if (!whole)
    pass_over(s, MIN(s->size, sizeof header));
  s->offset = MIN(s->size, sizeof header);
}

// The next file, unless one before it stands for it. FALSE at the end or with an error.
static gboolean open_next(EsJournalScan *s, GError **error) {
  struct stat status;
  guint64 number = 0;
  while (s->next < s->numbers->len && (number = g_array_index(s->numbers, guint64, s->next)) <= s->through)
    s->next++;
  if (s->next >= s->numbers->len)
    return FALSE;
  g_autofree char *path = path_of(s, number);
  s->next++;
  s->fd = es_descriptors_open(path, O_RDONLY | O_CLOEXEC, 0);
  if (s->fd < 0 || fstat(s->fd, &status) != 0)
    return es_set_errno(error, errno, "%s", path);
  s->size = (guint64)status.st_size;
  s->tried = 0;
  read_header(s, number);
  s->through = s->file.through;
  return TRUE;
}

// ---- blocks

typedef enum { VALID, INVALID, FAILED } Found;

// The block at offset, into records.
static Found take_block(EsJournalScan *s, guint64 offset) {
  guint8 header[ES_JOURNAL_BLOCK_HEADER];
  EsJournalBlock block;
  gssize n = es_read_at(s->fd, header, sizeof header, offset);
  if (n < 0)
    return FAILED;
  if (n < (gssize)sizeof header || !es_journal_block_read(header, &block) ||
      block.length > s->size - offset - sizeof header)
    return INVALID;
  g_byte_array_set_size(s->records, block.length);
  n = es_read_at(s->fd, s->records->data, block.length, offset + sizeof header);
  if (n < 0)
    return FAILED;
  if (n < (gssize)block.length ||
      !es_journal_block_is_valid(&s->file, header, s->records->data, block.length)) {
    s->tried += block.length;
    return INVALID;
  }
  s->at = 0;
  s->end = s->file.cleaned ? 0 : block.position + block.length;
  s->since_end = 0;
  s->offset = offset + sizeof header + block.length;
  return VALID;
}

// Something like a header from offset on; size when there is none.
static guint64 find_header(const EsJournalScan *s, guint64 offset) {
  static const guint8 MAGIC[] = {'E', 'J', 'b', 'k'};
  g_autofree guint8 *window = g_malloc(WINDOW);
  while (offset < s->size) {
    gssize n = es_read_at(s->fd, window, WINDOW, offset);
    const guint8 *found = n > 0 ? memmem(window, (gsize)n, MAGIC, sizeof MAGIC) : NULL;
    if (found)
      return offset + (guint64)(found - window);
    if (n < WINDOW)
      break;
    offset += (guint64)n - sizeof MAGIC + 1;
  }
  return s->size;
}

// The next block that can be read. INVALID at the end of the file.
static Found next_block(EsJournalScan *s) {
  guint64 from = s->offset, at = from;
  Found found = at < s->size ? take_block(s, at) : INVALID;
  while (found == INVALID && at < s->size && s->tried <= TRIES_BYTES * s->size) {
    at = find_header(s, at + 1);
    if (at < s->size)
      found = take_block(s, at);
  }
  if (found == VALID)
    s->unreadable += at - from;
  else if (found == INVALID)
    pass_over(s, s->size - from);
  return found;
}

gboolean es_journal_scan_next(EsJournalScan *s, EsJournalRecord *record, GError **error) {
  for (;;) {
    if (es_journal_record_next(s->records->data, s->records->len, &s->at, record))
      return TRUE;
    s->unreadable += s->records->len - s->at; // of a block that is none of ours inside
    g_byte_array_set_size(s->records, 0);
    s->at = 0;
    if (s->fd < 0 && !open_next(s, error))
      return FALSE;
    Found found = next_block(s);
    if (found == FAILED) {
      g_autofree char *path = path_of(s, s->file.number);
      return es_set_errno(error, errno, "%s", path);
    }
    if (found == INVALID) {
      g_byte_array_set_size(s->records, 0);
      es_descriptors_close(s->fd);
      s->fd = -1;
    }
  }
}

guint64 es_journal_scan_unreadable(const EsJournalScan *s) {
  return s->unreadable;
}

void es_journal_scan_remove(EsJournalScan *s) {
  for (guint i = 0; i < s->numbers->len; i++) {
    g_autofree char *path = path_of(s, g_array_index(s->numbers, guint64, i));
    g_unlink(path);
  }
}

void es_journal_scan_remove_begun(const char *directory) {
  g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(directory, name, NULL);
    if (g_str_has_suffix(name, ".part") || strcmp(name, "cleaned") == 0)
      g_unlink(path);
  }
}
