// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that are held back are there when there are none, for those who may have them alone, and come
// back.
#include "earshot/common/descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT 256
#define HELD 8

static int taken[LIMIT];
static guint n_taken;

static int open_plain(void) {
  return open("/dev/zero", O_RDONLY | O_CLOEXEC);
}

static gboolean is_none_free(void) {
  int fd = open_plain();
  if (fd >= 0)
    close(fd);
  return fd < 0;
}

// As a flood does.
static void take_all(void) {
  int fd;
  while ((fd = open_plain()) >= 0)
    taken[n_taken++] = fd;
  g_assert_cmpint(errno, ==, EMFILE);
}

static void give_back(guint n) {
  for (; n > 0; n--)
    close(taken[--n_taken]);
}

static void test_lending(void) {
  int fds[HELD];
  es_descriptors_hold(HELD);
  g_assert_false(es_descriptors_are_short());
  take_all();
  g_assert_true(es_descriptors_are_short());
  g_assert_false(es_descriptors_have(1));
  for (guint i = 0; i < HELD; i++)
    g_assert_cmpint(fds[i] = es_descriptors_open("/dev/null", O_RDONLY | O_CLOEXEC, 0), >=, 0);
  g_assert_cmpint(es_descriptors_open("/dev/null", O_RDONLY, 0), ==, -1);
  g_assert_cmpint(errno, ==, EMFILE);
  for (guint i = 0; i < HELD; i++)
    g_assert_cmpint(es_descriptors_close(fds[i]), ==, 0);
  g_assert_true(is_none_free()); // they are held again, not free
  g_assert_cmpint(fds[0] = es_descriptors_open("/dev/null", O_RDONLY | O_CLOEXEC, 0), >=, 0);
  g_assert_cmpint(es_descriptors_close(fds[0]), ==, 0);
  give_back(n_taken);
  g_assert_false(es_descriptors_are_short());
  es_descriptors_hold(0);
}

static void test_taken_back(void) {
  es_descriptors_hold(HELD);
  take_all();
  int fd = es_descriptors_open("/dev/null", O_RDONLY | O_CLOEXEC, 0);
  close(fd); // by a library
  g_assert_true(es_descriptors_are_short());
  g_assert_true(is_none_free());
  give_back(20);
  g_assert_false(es_descriptors_are_short());
  give_back(n_taken);
  es_descriptors_hold(0);
}

static void test_make_room(void) {
  int pair[2];
  es_descriptors_hold(HELD);
  take_all();
  errno = ENOENT;
  g_assert_false(es_descriptors_lend());
  g_assert_cmpint(errno, ==, ENOENT);
  es_descriptors_make_room(2);
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
  g_assert_true(is_none_free());
  close(pair[0]);
  close(pair[1]);
  give_back(n_taken);
  es_descriptors_hold(0);
}

// The limit was lowered below all that is open.
static void test_lowered(void) {
  struct rlimit all = {LIMIT, LIMIT}, low;
  es_descriptors_hold(HELD);
  int highest = open_plain();
  low = (struct rlimit){(rlim_t)highest + 1, LIMIT};
  g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &low), ==, 0);
  g_assert_true(es_descriptors_are_short());
  int fd = es_descriptors_open("/dev/null", O_RDONLY | O_CLOEXEC, 0);
  g_assert_cmpint(fd, >=, 0);
  es_descriptors_close(fd);
  g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &all), ==, 0);
  close(highest);
  es_descriptors_hold(0);
}

static gboolean is_wanted(int fd, gpointer data) {
  return fd == *(int *)data;
}

static void test_find(void) {
  int fd = open_plain(), none = LIMIT;
  g_assert_cmpint(es_descriptors_find(is_wanted, &fd), ==, fd);
  g_assert_cmpint(es_descriptors_find(is_wanted, &none), ==, -1);
  close(fd);
}

int main(int argc, char **argv) {
  const struct rlimit limit = {LIMIT, LIMIT};
  g_test_init(&argc, &argv, NULL);
  g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
  g_test_add_func("/descriptors/find", test_find);
  g_test_add_func("/descriptors/lending", test_lending);
  g_test_add_func("/descriptors/lowered", test_lowered);
  g_test_add_func("/descriptors/make-room", test_make_room);
  g_test_add_func("/descriptors/taken-back", test_taken_back);
  return g_test_run();
}
