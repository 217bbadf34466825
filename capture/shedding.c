// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "shedding.h"
#include "earshot/common/clock.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LOOK_EVERY_US (250 * 1000)
#define SPARE_DESCRIPTORS 64 // of the index, of files that are finished; at most
#define SPARE_PART 8         // of all descriptors

struct EsShedding {
  EsOverloadSettings settings;
  char *spool;
  EsJournal *journal;
  guint64 memory_limit;
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

static guint64 memory_used(void) {
  g_autofree char *text = NULL;
  guint64 size = 0, resident = 0;
  if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
      sscanf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &size, &resident) != 2)
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

// The lowest that is free tells how many are used, near enough.
static void look_at_descriptors(EsOverloadFigures *f) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return;
  int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (lowest >= 0)
    close(lowest);
  guint64 spare = MIN(SPARE_DESCRIPTORS, limit.rlim_cur / SPARE_PART);
  f->descriptors = lowest >= 0 ? (guint64)lowest : limit.rlim_cur;
  f->descriptors_limit = limit.rlim_cur - spare;
}

static void look(EsShedding *s) {
  EsOverloadFigures f = {.memory_bytes = memory_used(), .memory_limit = s->memory_limit};
  look_at_disk(s, &f);
  look_at_descriptors(&f);
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
  stats->overload = es_bound_code(es_shedding_look(s, &figures).bound);
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
  pthread_mutex_init(&s->mutex, NULL);
  es_overload_init(&s->overload);
  return s;
}

void es_shedding_free(EsShedding *s) {
  if (!s)
    return;
  pthread_mutex_destroy(&s->mutex);
  g_free(s->spool);
  g_free(s);
}
