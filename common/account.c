// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/account.h"

#include <errno.h>
#include <glib.h>
#include <pwd.h>

#define MOST_BYTES (1 << 20) // an entry of a directory service may be long

char *es_account_name(uid_t account) {
  for (gsize size = 1024; size <= MOST_BYTES; size *= 2) {
    g_autofree char *buffer = g_malloc(size);
    struct passwd entry, *found = NULL;
    int failed = getpwuid_r(account, &entry, buffer, size, &found);
    if (failed != ERANGE)
      return found ? g_strdup(found->pw_name) : NULL;
  }
  return NULL;
}
