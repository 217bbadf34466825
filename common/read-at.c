// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/read-at.h"

#include <errno.h>
#include <unistd.h>

gssize es_read_at(int fd, gpointer bytes, gsize length, guint64 offset) {
  guint8 *to = bytes;
  gsize done = 0;
  while (done < length) {
    gssize n = pread(fd, to + done, length - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    done += (gsize)n;
  }
  return (gssize)done;
}
