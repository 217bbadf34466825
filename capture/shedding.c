// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "shedding.h"
#include "earshot/common/clock.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/read-at.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LOOK_EVERY_US (250 * 1000)
#define HELD_DESCRIPTORS 32 // of the journal, the index, files that are finished

struct EsShedding {
  EsOverloadSettings settings;
  char *spool;
  EsJournal *journal;
  guint64 memory_limit;
  int statm; // file, -1: there is none
  pthread_mutex_t mutex;
  // Behind it:
  EsOverload overload;
  EsOverloadFigures figures;
  gint64 looked_us; // monotonic
};

// ---- memory

// The first number in a file, G_MAXUINT64 where there is none.
static guint64 read_number(const char *path) {
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL) || !g_ascii_isdigit(*text))
    return G_MAXUINT64;
  return g_ascii_strtoull(text, NULL, 10);
}

// Of the control group and all those around it.
static guint64 group_limit(void) {
  guint64 least = G_MAXUINT64;
  g_autofree char *groups = NULL;
  if (!g_file_get_contents("/proc/self/cgroup", &groups, NULL, NULL))
    return least;
  const char *own = strstr(groups, "0::/");
  g_autofree char *path = own ? g_strndup(own + 3, strcspn(own + 3, "\n")) : NULL;
  while (path && *path) {
    g_autofree char *file = g_strdup_printf("/sys/fs/cgroup%s/memory.max", path);
    least = MIN(least, read_number(file));
    *strrchr(path, '/') = '\0';
  }
  return least;
}

static guint64 memory_there_is(void) {
  guint64 machine = (guint64)sysconf(_SC_PHYS_PAGES) * (guint64)sysconf(_SC_PAGESIZE);
  return MIN(machine, group_limit());
}

// Of a file that stays open: without descriptors, too, there is a bound.
static guint64 memory_used(int statm) {
  char text[128];
  guint64 size = 0, resident = 0;
  gssize n = es_read_at(statm, text, sizeof text - 1, 0);
  text[MAX(n, 0)] = '\0';
  if (sscanf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &size, &resident) != 2)
    return 0;
  return resident * (guint64)sysconf(_SC_PAGESIZE);
}

// ---- the rest

guint64 es_shedding_journal_limit(const EsOverloadSettings *settings, const char *library) {
  struct statvfs disk;
  if (statvfs(library, &disk) != 0)
    return es_amount_of(&settings->journal, 0);
  return es_amount_of(&settings->journal, (guint64)disk.f_bavail * disk.f_frsize);
}

static void look_at_disk(const EsShedding *s, EsOverloadFigures *f) {
  struct statvfs disk;
  EsJournalStats journal = {0};
  if (s->journal)
    es_journal_stats(s->journal, &journal);
  f->journal_bytes = journal.disk_bytes;
  f->unflushed_us = (guint64)MAX(journal.oldest_us, 0);
  f->unflushed_limit = s->journal ? (guint64)s->settings.flush_us : 0;
  if (!s->journal || statvfs(s->spool, &disk) != 0)
    return;
  f->free_bytes = (guint64)disk.f_bavail * disk.f_frsize;
  f->reserve_bytes = es_amount_of(&s->settings.reserve, (guint64)disk.f_blocks * disk.f_frsize);
  f->journal_limit = es_amount_of(&s->settings.journal, f->free_bytes + f->journal_bytes);
}

static void look(EsShedding *s) {
  EsOverloadFigures f = {.memory_bytes = memory_used(s->statm), .memory_limit = s->memory_limit};
  look_at_disk(s, &f);
  f.no_descriptors = es_descriptors_are_short();
  s->figures = f;
  es_overload_look(&s->overload, &f, g_get_monotonic_time());
}

EsOverload es_shedding_look(EsShedding *s, EsOverloadFigures *figures) {
  gint64 now_us = g_get_monotonic_time();
  pthread_mutex_lock(&s->mutex);
  if (now_us - s->looked_us >= LOOK_EVERY_US) {
    look(s);
    s->looked_us = now_us;
  }
  EsOverload overload = s->overload;
  if (figures)
    *figures = s->figures;
  pthread_mutex_unlock(&s->mutex);
  return overload;
}

void es_shedding_add_stats(EsShedding *s, EsCaptureStats *stats) {
  EsOverloadFigures figures;
  EsOverload overload = es_shedding_look(s, &figures);
  stats->overload = es_bound_code(overload.bound);
  stats->no_descriptors = overload.no_descriptors;
  stats->memory_bytes = figures.memory_bytes;
  stats->memory_limit_bytes = figures.memory_limit;
  stats->journal_limit_bytes = figures.journal_limit;
}

EsShedding *es_shedding_new(const EsOverloadSettings *settings, const char *library, EsJournal *journal) {
  EsShedding *s = g_new0(EsShedding, 1);
  s->settings = *settings;
  s->spool = g_build_filename(library, "spool", NULL);
  s->journal = journal;
  s->memory_limit = es_amount_of(&settings->memory, memory_there_is());
  s->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  pthread_mutex_init(&s->mutex, NULL);
  es_overload_init(&s->overload);
  es_descriptors_hold(HELD_DESCRIPTORS);
  return s;
}

void es_shedding_free(EsShedding *s) {
  if (!s)
    return;
  es_descriptors_hold(0);
  if (s->statm >= 0)
    close(s->statm);
  pthread_mutex_destroy(&s->mutex);
  g_free(s->spool);
  g_free(s);
}
