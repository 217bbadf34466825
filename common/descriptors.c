// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/descriptors.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_HELD 64
#define PART 16  // of all that are allowed
#define BESIDE 4 // that are free besides, or they are short
#define MOST_TRIED 16

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int held[MOST_HELD]; // behind it
static guint n_held, wanted;
static int nothing = -1; // open while any are wanted: what others are made of

static int open_nothing(void) {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static gboolean is_want(int saved_errno) {
  return saved_errno == EMFILE || saved_errno == ENFILE;
}

// ---- what is held; behind the mutex

static void take_back(void) {
  int fd;
  if (wanted && nothing < 0)
    nothing = open_nothing();
  while (n_held < wanted && (fd = open_nothing()) >= 0)
    held[n_held++] = fd;
}

// The lowest, since the limit may have been lowered below others.
static gboolean give_one(void) {
  guint lowest = 0;
  if (n_held == 0)
    return FALSE;
  for (guint i = 1; i < n_held; i++)
    lowest = held[i] < held[lowest] ? i : lowest;
  close(held[lowest]);
  held[lowest] = held[--n_held];
  return TRUE;
}

void es_descriptors_hold(guint n) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  pthread_mutex_lock(&mutex);
  wanted = (guint)MIN(MIN(n, MOST_HELD), limit.rlim_cur / PART);
  take_back();
  while (n_held > wanted)
    give_one();
  if (!wanted && nothing >= 0)
    close(nothing);
  nothing = wanted ? nothing : -1;
  pthread_mutex_unlock(&mutex);
}

gboolean es_descriptors_are_short(void) {
  pthread_mutex_lock(&mutex);
  take_back();
  gboolean all = n_held == wanted;
  pthread_mutex_unlock(&mutex);
  return !all || !es_descriptors_have(BESIDE);
}

// Opens so many and closes them again; lend: also those that are held.
static gboolean try(guint n, gboolean lend) {
  int fds[MOST_TRIED] = {0}, fd;
  guint got = 0;
  n = MIN(n, MOST_TRIED);
  while (got < n && ((fd = open_nothing()) >= 0 || (lend && es_descriptors_lend())))
    if (fd >= 0)
      fds[got++] = fd;
  for (guint i = 0; i < got; i++)
    close(fds[i]);
  return got == n;
}

gboolean es_descriptors_have(guint n) {
  return try(n, FALSE);
}

gboolean es_descriptors_lend(void) {
  int saved_errno = errno;
  if (!is_want(saved_errno))
    return FALSE;
  pthread_mutex_lock(&mutex);
  gboolean lent = give_one();
  pthread_mutex_unlock(&mutex);
  errno = saved_errno;
  return lent;
}

void es_descriptors_make_room(guint n) {
  try(n, TRUE);
}

// ---- who must not fail

int es_descriptors_open(const char *path, int flags, mode_t mode) {
  int fd;
  while ((fd = open(path, flags, mode)) < 0 && es_descriptors_lend())
    ;
  return fd;
}

// What was lent comes back in its place, so that nobody else takes it meanwhile.
int es_descriptors_close(int fd) {
  pthread_mutex_lock(&mutex);
  gboolean back = fd >= 0 && nothing >= 0 && n_held < wanted && dup3(nothing, fd, O_CLOEXEC) == fd;
  if (back)
    held[n_held++] = fd;
  pthread_mutex_unlock(&mutex);
  return back ? 0 : close(fd);
}

int es_descriptors_find(gboolean (*visit)(int fd, gpointer data), gpointer data) {
  int listing = es_descriptors_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), found = -1;
  DIR *files = listing >= 0 ? fdopendir(listing) : NULL;
  for (struct dirent *file; files && found < 0 && (file = readdir(files));)
    if (*file->d_name != '.' && visit(atoi(file->d_name), data))
      found = atoi(file->d_name);
  if (files)
    closedir(files);
  return found;
}
