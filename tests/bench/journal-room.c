// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// journal-room FOLDER MEGABYTES [CALLS [SPEED]]: how much room a journal takes while so many megabytes go
// through it: short calls, one after another, so many at once (157), and three that last all the time and
// live in each of its segments; at SPEED times the pace of telephones (10). Twenty times a second its files
// are held against what decision 0062 allows: twice what open calls need, and two segments. While a new file
// is made of old ones (clean.c) that one is there as well.
//
// At the end all calls that are open are read again: each record must be there, in its order. Exit 1 if not,
// or if there was too much on the disk.
#include "earshot/journal/journal.h"
#include "earshot/journal/scan.h"
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD 3
#define FRAME_US 20000
#define MEAN_PACKETS 300 // of both voices, 3 s
#define PAYLOAD 160
#define HEAD 12
#define LOOK_US 50000
#define MEGABYTE 1e6

typedef struct {
  EsJournalCall *call;
  guint32 number, told, last; // records so far, and after how many it is gone
} Call;

static Call *calls;
static guint n_calls;
static EsJournal *journal;
static guint64 through;

// What every packet says: which of its call it is.
static void tell(Call *c) {
  guint8 head[HEAD] = {0}, payload[PAYLOAD];
  memcpy(head, &c->told, sizeof c->told);
  memset(payload, (int)(c->number + c->told), sizeof payload);
  if (!es_journal_append(journal, c->call, ES_JOURNAL_PUSH, head, sizeof head, payload, sizeof payload)) {
    fprintf(stderr, "the journal refused a record\n");
    exit(1);
  }
  c->told++;
  through += sizeof head + sizeof payload;
}

static void begin(Call *c, gboolean held) {
  double part = g_random_double_range(0.3, 1.7);
  c->call = es_journal_call_new(journal);
  c->number = es_journal_call_number(c->call);
  c->told = 0;
  c->last = held ? G_MAXUINT32 : (guint32)(part * MEAN_PACKETS);
}

static void speak(void) {
  for (guint i = 0; i < n_calls; i++) {
    Call *c = &calls[i];
    for (int voice = 0; voice < 2; voice++)
      tell(c);
    if (c->told < c->last)
      continue;
    es_journal_gone(journal, c->call);
    begin(c, FALSE);
  }
}

// ---- what is on the disk

typedef struct {
  guint64 most, excess; // bytes: of all files; beyond twice what is open
  guint64 before;
  guint shrank;
} Room;

static guint64 bytes_of(const char *directory) {
  g_autoptr(GDir) files = g_dir_open(directory, 0, NULL);
  const char *name;
  guint64 bytes = 0;
  while (files && (name = g_dir_read_name(files))) {
    g_autofree char *path = g_build_filename(directory, name, NULL);
    GStatBuf status;
    bytes += g_stat(path, &status) == 0 ? (guint64)status.st_size : 0;
  }
  return bytes;
}

static void look(Room *room) {
  EsJournalStats stats;
  guint64 bytes = bytes_of(es_journal_directory(journal));
  es_journal_stats(journal, &stats);
  room->most = MAX(room->most, bytes);
  if (bytes > 2 * stats.live_bytes)
    room->excess = MAX(room->excess, bytes - 2 * stats.live_bytes);
  room->shrank += bytes < room->before;
  room->before = bytes;
}

// ---- what is read again

static Call *find(guint32 number) {
  for (guint i = 0; i < n_calls; i++)
    if (calls[i].number == number)
      return &calls[i];
  return NULL;
}

static gboolean take(const EsJournalRecord *record, GHashTable *next) {
  const Call *c = find(record->call);
  guint32 told;
  if (!c || record->kind != ES_JOURNAL_PUSH || record->length != HEAD + PAYLOAD)
    return c == NULL;
  memcpy(&told, record->body, sizeof told);
  guint32 expected = GPOINTER_TO_UINT(g_hash_table_lookup(next, c));
  g_hash_table_insert(next, (gpointer)c, GUINT_TO_POINTER(told + 1));
  return told == expected && record->body[HEAD] == (guint8)(c->number + told);
}

static gboolean read_again(void) {
  g_autoptr(GHashTable) next = g_hash_table_new(NULL, NULL);
  g_autoptr(GError) error = NULL;
  EsJournalRecord record;
  EsJournalStats stats;
  do {
    es_journal_write_out(journal);
    g_usleep(LOOK_US);
    es_journal_stats(journal, &stats);
  } while (stats.flushed < stats.appended);
  while (!es_journal_hold(journal))
    g_usleep(LOOK_US);
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(es_journal_directory(journal), &error);
  gboolean good = scan != NULL;
  while (good && es_journal_scan_next(scan, &record, &error))
    good = take(&record, next);
  for (guint i = 0; good && i < n_calls; i++)
    good = GPOINTER_TO_UINT(g_hash_table_lookup(next, &calls[i])) == calls[i].told;
  es_journal_release(journal);
  return good && !error && es_journal_scan_unreadable(scan) == 0;
}

// ---- the run

static void run(guint64 bytes, double speed, Room *room) {
  gint64 start_us = g_get_monotonic_time(), looked_us = 0;
  for (guint64 frame = 0; through < bytes; frame++) {
    gint64 due_us = start_us + (gint64)((double)frame * FRAME_US / speed), now_us = g_get_monotonic_time();
    if (now_us < due_us)
      g_usleep((gulong)(due_us - now_us));
    speak();
    if (now_us - looked_us < LOOK_US)
      continue;
    looked_us = now_us;
    look(room);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "journal-room FOLDER MEGABYTES [CALLS [SPEED]]\n");
    return 2;
  }
  EsJournalSettings settings;
  g_autoptr(GError) error = NULL;
  Room room = {0};
  es_journal_settings_init(&settings);
  n_calls = HELD + (guint)(argc > 3 ? atoi(argv[3]) : 157);
  calls = g_new0(Call, n_calls);
  journal = es_journal_open(argv[1], 1, &settings, &error);
  if (!journal) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  for (guint i = 0; i < n_calls; i++)
    begin(&calls[i], i < HELD);
  run((guint64)(atof(argv[2]) * MEGABYTE), argc > 4 ? atof(argv[4]) : 10, &room);
  gboolean whole = read_again();
  guint64 allowed = 3 * settings.segment_bytes; // two segments, and the file that is being made
  printf(
      "%.0f MB through the journal, %u calls at once, %u records of each long one; at most %.0f MB on disk, "
      "which shrank %u times; beyond twice what is open %.0f MB at most; %s\n",
      (double)through / MEGABYTE, n_calls, calls[0].told, (double)room.most / MEGABYTE, room.shrank,
      (double)room.excess / MEGABYTE, whole ? "all there" : "something is missing");
  for (guint i = 0; i < n_calls; i++)
    es_journal_gone(journal, calls[i].call);
  es_journal_close(journal);
  g_free(calls);
  return whole && room.excess <= allowed ? 0 : 1;
}
