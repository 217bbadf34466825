// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a recorder: a disk that keeps a log, fails or is slow, below the recorder and SQLite.
//
// $DISK_ROOT is the folder whose files are meant. $DISK_LOG, if set, gets a record for each call that changed
// something there, and two for each flush (begun, done): what was written before a flush began is on the disk
// once it is done. Records are in the order of the calls, since a change and its record are made under one
// lock. power.py reads them. $DISK_CONTROL is a file of struct Control, which may be changed at any time.
//
// Not seen are writes through mappings (SQLite's -shm, which is made anew at start) and through stdio (the
// recorder writes nothing of a library that way; power.py proves it: the whole log replayed is the folder).
#undef _FILE_OFFSET_BITS // both names of a call are meant
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_FD 65536

struct Control {
  int32_t write_error, flush_error, create_error; // errno; 0: none; the last one of all changes of names
  int32_t write_ms, flush_ms;                     // delay
  int32_t no_files;                               // the machine has no more than what is open
  char only[104];                                 // names in which this occurs; empty: all
};

// What power.py reads: then follow n1 bytes of a name or data and n2 bytes of another name.
typedef struct {
  int64_t time_us;
  uint64_t inode;
  int64_t offset; // length of a truncation; number of a flush
  uint32_t n1, n2;
  char kind;
  char padding[7];
} Record;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t inodes[MAX_FD]; // of what is open under the root; 0: another file
static char *names[MAX_FD];
static int log_fd = -1;
static const volatile struct Control *control;
static const char *root;
static int64_t flushes;
static _Atomic int given_back; // since the machine has none

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  static const struct Control none;
  const char *log = getenv("DISK_LOG"), *path = getenv("DISK_CONTROL");
  root = getenv("DISK_ROOT");
  if (log)
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
  void *map = fd >= 0 ? mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  control = map == MAP_FAILED ? &none : map;
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int ours(const char *path) {
  return root && path && strncmp(path, root, strlen(root)) == 0;
}

// With the lock held.
static void note(char kind, uint64_t inode, int64_t offset, const void *one, size_t n1, const void *two,
                 size_t n2) {
  Record record = {now_us(), inode, offset, (uint32_t)n1, (uint32_t)n2, kind, {0}};
  struct iovec parts[3] = {{&record, sizeof record}, {(void *)one, n1}, {(void *)two, n2}};
  if (log_fd >= 0 && syscall(SYS_writev, log_fd, parts, 3) != (long)(sizeof record + n1 + n2))
    abort(); // a log with a hole proves nothing
}

static void note_names(char kind, uint64_t inode, const char *one, const char *two) {
  note(kind, inode, 0, one, strlen(one), two, two ? strlen(two) : 0);
}

static int meant(const char *name) {
  const char *only = (const char *)control->only;
  return name && (!*only || strstr(name, only));
}

static void wait_ms(int32_t ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  if (ms)
    nanosleep(&t, NULL);
}

static int is_open(int fd) {
  return fd >= 0 && fd < MAX_FD && inodes[fd];
}

// 0, or what the disk says to a write.
static int write_fails(int fd) {
  if (!is_open(fd) || !meant(names[fd]))
    return 0;
  wait_ms(control->write_ms);
  errno = control->write_error;
  return errno;
}

// ---- files of the machine

// What is closed can be opened again. 0, or what the kernel says.
static int table_is_full(void) {
  if (!control->no_files) {
    given_back = 0;
    return 0;
  }
  if (given_back-- > 0)
    return 0;
  given_back++;
  return errno = ENFILE;
}

// Of a file that was opened all the same; -1: it does not count.
static int count_opened(int fd) {
  given_back += fd < 0 && control->no_files;
  return fd;
}

int socket(int domain, int type, int protocol) {
  return table_is_full() ? -1 : count_opened((int)syscall(SYS_socket, domain, type, protocol));
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags) {
  return table_is_full() ? -1 : count_opened((int)syscall(SYS_accept4, fd, address, size, flags));
}

int accept(int fd, struct sockaddr *address, socklen_t *size) {
  return accept4(fd, address, size, 0);
}

// ---- names

static int enter(int fd, const char *path, int created) {
  struct stat status;
  if (fd < 0 || fd >= MAX_FD || fstat(fd, &status) != 0)
    return fd;
  inodes[fd] = status.st_ino;
  free(names[fd]);
  names[fd] = strdup(path);
  if (created)
    note_names('c', status.st_ino, path, NULL);
  return fd;
}

static int open_ours(const char *path, int flags, mode_t mode) {
  struct stat status;
  if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) && meant(path) && control->create_error) {
    errno = control->create_error;
    return -1;
  }
  pthread_mutex_lock(&lock);
  int is_new = (flags & O_CREAT) && stat(path, &status) != 0;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  int saved = errno;
  if (fd >= 0)
    enter(fd, path, is_new);
  if (fd >= 0 && (flags & O_TRUNC) && !is_new)
    note('t', inodes[fd], 0, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return fd;
}

#define OPEN(name)                                                                                           \
  int name(const char *path, int flags, ...) {                                                               \
    va_list list;                                                                                            \
    va_start(list, flags);                                                                                   \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;                                \
    va_end(list);                                                                                            \
    if (table_is_full())                                                                                     \
      return -1;                                                                                             \
    return count_opened(ours(path) ? open_ours(path, flags, mode)                                            \
                                   : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode));                 \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  if (is_open(fd))
    inodes[fd] = 0;
  int result = NEXT(close)(fd);
  given_back += result == 0 && control->no_files;
  return result;
}

int dup3(int from, int to, int flags) {
  if (is_open(to))
    inodes[to] = 0;
  return (int)syscall(SYS_dup3, from, to, flags);
}

// A change of names and its record, under one lock; now: what it is called afterwards.
#define NAMES(call, kind, one, two, now)                                                                     \
  if (!ours(one))                                                                                            \
    return call;                                                                                             \
  if (meant(one) && control->create_error) {                                                                 \
    errno = control->create_error;                                                                           \
    return -1;                                                                                               \
  }                                                                                                          \
  struct stat status = {0};                                                                                  \
  pthread_mutex_lock(&lock);                                                                                 \
  int result = call, saved = errno;                                                                          \
  if (result == 0) {                                                                                         \
    stat(now, &status);                                                                                      \
    note_names(kind, status.st_ino, one, two);                                                               \
  }                                                                                                          \
  pthread_mutex_unlock(&lock);                                                                               \
  errno = saved;                                                                                             \
  return result;

int rename(const char *from, const char *to) {
  NAMES(NEXT(rename)(from, to), 'r', from, to, to)
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
  if (from_fd != AT_FDCWD || to_fd != AT_FDCWD)
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
  NAMES((int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags), 'r', from, to, to)
}

int link(const char *from, const char *to) {
  NAMES(NEXT(link)(from, to), 'l', from, to, to)
}

int unlink(const char *path) {
  NAMES(NEXT(unlink)(path), 'u', path, NULL, path)
}

int remove(const char *path) {
  NAMES(NEXT(remove)(path), 'u', path, NULL, path)
}

int rmdir(const char *path) {
  NAMES(NEXT(rmdir)(path), 'u', path, NULL, path)
}

int mkdir(const char *path, mode_t mode) {
  NAMES(NEXT(mkdir)(path, mode), 'm', path, NULL, path)
}

// ---- contents

static ssize_t note_write(int fd, const void *data, ssize_t n, off_t offset) {
  if (n > 0)
    note('w', inodes[fd], offset, data, (size_t)n, NULL, 0);
  return n;
}

ssize_t write(int fd, const void *data, size_t length) {
  if (write_fails(fd))
    return -1;
  if (!is_open(fd))
    return NEXT(write)(fd, data, length);
  pthread_mutex_lock(&lock);
  off_t at = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
  ssize_t n = note_write(fd, data, NEXT(write)(fd, data, length), at);
  int saved = errno;
  pthread_mutex_unlock(&lock);
  errno = saved;
  return n;
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t offset) {
  if (write_fails(fd))
    return -1;
  if (!is_open(fd))
    return (ssize_t)syscall(SYS_pwrite64, fd, data, length, offset);
  pthread_mutex_lock(&lock);
  ssize_t n = note_write(fd, data, (ssize_t)syscall(SYS_pwrite64, fd, data, length, offset), offset);
  int saved = errno;
  pthread_mutex_unlock(&lock);
  errno = saved;
  return n;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return write_at(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  return write_at(fd, data, length, offset);
}

// Part by part: who calls this takes a short count.
ssize_t writev(int fd, const struct iovec *parts, int n) {
  if (!is_open(fd))
    return NEXT(writev)(fd, parts, n);
  ssize_t sum = 0;
  for (int i = 0; i < n; i++) {
    ssize_t got = parts[i].iov_len ? write(fd, parts[i].iov_base, parts[i].iov_len) : 0;
    if (got < 0)
      return sum ? sum : -1;
    sum += got;
    if ((size_t)got < parts[i].iov_len)
      break;
  }
  return sum;
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset) {
  if (!is_open(fd))
    return NEXT(pwritev)(fd, parts, n, offset);
  ssize_t sum = 0;
  for (int i = 0; i < n; i++) {
    ssize_t got = parts[i].iov_len ? write_at(fd, parts[i].iov_base, parts[i].iov_len, offset + sum) : 0;
    if (got < 0)
      return sum ? sum : -1;
    sum += got;
    if ((size_t)got < parts[i].iov_len)
      break;
  }
  return sum;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int n, off64_t offset) {
  return pwritev(fd, parts, n, offset);
}

static int truncate_to(int fd, off_t length) {
  if (write_fails(fd))
    return -1;
  if (!is_open(fd))
    return (int)syscall(SYS_ftruncate, fd, length);
  pthread_mutex_lock(&lock);
  int result = (int)syscall(SYS_ftruncate, fd, length), saved = errno;
  if (result == 0)
    note('t', inodes[fd], length, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}

int ftruncate(int fd, off_t length) {
  return truncate_to(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  return truncate_to(fd, length);
}

// Of blocks that are set aside, what matters is by how much the file grows.
static int set_aside(int fd, int mode, off_t offset, off_t length) {
  struct stat before, after;
  if (write_fails(fd))
    return -1;
  if (!is_open(fd))
    return (int)syscall(SYS_fallocate, fd, mode, offset, length);
  pthread_mutex_lock(&lock);
  fstat(fd, &before);
  int result = (int)syscall(SYS_fallocate, fd, mode, offset, length), saved = errno;
  fstat(fd, &after);
  if (mode & ~FALLOC_FL_KEEP_SIZE)
    abort(); // holes are not in the model
  if (result == 0 && after.st_size != before.st_size)
    note('t', inodes[fd], after.st_size, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  return set_aside(fd, mode, offset, length);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return set_aside(fd, mode, offset, length);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
  return set_aside(fd, 0, offset, length) == 0 ? 0 : errno;
}

int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return posix_fallocate(fd, offset, length);
}

// ---- flushes

static int flush(int fd, long number, char kind) {
  if (!is_open(fd))
    return (int)syscall(number, fd);
  int32_t error = meant(names[fd]) ? control->flush_error : 0;
  pthread_mutex_lock(&lock);
  uint64_t inode = kind == 'S' ? 0 : inodes[fd];
  int64_t n = ++flushes;
  note('b', inode, n, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  if (meant(names[fd]))
    wait_ms(control->flush_ms);
  int result = error ? -1 : (int)syscall(number, fd), saved = error ? error : errno;
  pthread_mutex_lock(&lock);
  if (result == 0)
    note('d', inode, n, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}

int fsync(int fd) {
  return flush(fd, SYS_fsync, 'F');
}

int fdatasync(int fd) {
  return flush(fd, SYS_fdatasync, 'F');
}

int syncfs(int fd) {
  return flush(fd, SYS_syncfs, 'S');
}
