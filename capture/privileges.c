// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The kernel keeps capabilities for each thread. setuid() is carried to all of them by the C library,
// capset() is not: so every other thread gets a signal whose handler gives up its own. Handlers run between
// any two instructions, hence bare system calls and nothing else.
#include "privileges.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <linux/capability.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define PATIENCE_S 2 // for a thread to take its signal

// Between the thread that drops and the handlers of the others.
static sem_t answered;
static gint refused; // an errno

static void give_up(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
  if (syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    g_atomic_int_set(&refused, errno);
}

static void on_signal(int number) {
  int saved_errno = errno;
  give_up();
  sem_post(&answered);
  errno = saved_errno;
}

// ThreadSanitizer runs a thread of its own, which hears no signal. It does nothing that needs a right.
static gboolean is_deaf(const char *thread) {
#ifdef __SANITIZE_THREAD__
  g_autofree char *path = g_build_filename("/proc/self/task", thread, "status", NULL);
  g_autofree char *status = NULL;
  const char *blocked = g_file_get_contents(path, &status, NULL, NULL) ? strstr(status, "\nSigBlk:\t") : NULL;
  return blocked && g_ascii_strtoull(blocked + strlen("\nSigBlk:\t"), NULL, 16) >> (SIGRTMIN - 1) & 1;
#else
  return FALSE;
#endif
}

// How many threads were told.
static guint tell_others(void) {
  g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
  guint told = 0;
  for (const char *name; tasks && (name = g_dir_read_name(tasks));) {
    pid_t thread = atoi(name);
    told += thread != gettid() && !is_deaf(name) && tgkill(getpid(), thread, SIGRTMIN) == 0;
  }
  return told;
}

static void wait_for_others(guint told) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += PATIENCE_S;
  for (guint i = 0; i < told; i++)
    while (sem_timedwait(&answered, &until) != 0)
      if (errno != EINTR) {
        g_atomic_int_set(&refused, errno);
        return;
      }
}

static gboolean give_up_everywhere(GError **error) {
  const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  refused = 0;
  sem_init(&answered, 0, 0);
  sigaction(SIGRTMIN, &action, NULL); // stays: a late answer must find it
  wait_for_others(tell_others());
  give_up();
  int saved_errno = g_atomic_int_get(&refused);
  return saved_errno == 0 || es_set_errno(error, saved_errno, _("cannot give up privileges"));
}

static gboolean become(uid_t user, gid_t group, GError **error) {
  if (setgroups(0, NULL) == 0 && setgid(group) == 0 && setuid(user) == 0)
    return TRUE;
  return es_set_errno(error, errno, _("cannot become the owner of the library (account %u)"), (guint)user);
}

gboolean es_privileges_drop(const char *library, GError **error) {
  GStatBuf status;
  if (g_stat(library, &status) != 0)
    return es_set_errno(error, errno, "%s", library);
  if (geteuid() == 0 && status.st_uid != 0 && !become(status.st_uid, status.st_gid, error))
    return FALSE;
  return give_up_everywhere(error);
}
