// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether disk, limits and processors are up to what earshot.conf allows a live recorder: what else would be
// found out in the busiest hour.
#include "capture-module.h"
#include "doctor.h"
#include "earshot/common/config.h"
#include "earshot/common/i18n.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

// ---- space

static void check_room(const EsRequest *request, const EsCaptureNeeds *needs, guint64 free_bytes) {
  g_autofree char *reserve = g_format_size_full(needs->reserve_bytes, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *journal = g_format_size_full(needs->journal_bytes, G_FORMAT_SIZE_IEC_UNITS);
  if (free_bytes <= needs->reserve_bytes)
    es_doctor_say(request, "reserve", ES_DOCTOR_FAILURE,
                  _("make room, or lower “reserve” of [overload] in earshot.conf"),
                  _("less is left on the disk than “reserve” keeps free (%s): calls would get no audio"),
                  reserve);
  else if (needs->journal_bytes > free_bytes - needs->reserve_bytes)
    es_doctor_say(request, "reserve", ES_DOCTOR_WARNING,
                  _("make room, or lower “journal” of [overload] in earshot.conf"),
                  _("the journal may take %s, more than is left on the disk beside “reserve” (%s)"), journal,
                  reserve);
  else
    es_doctor_say(request, "reserve", ES_DOCTOR_OK, NULL,
                  _("the journal may take %s of the disk, and %s stay free"), journal, reserve);
}

// ---- flushes

#define FLUSHES 8
#define MOST_TIME_US G_USEC_PER_SEC // for all of them, unless one alone takes longer
#define SLOW_MS 500                 // twice as long as a recorder waits between two
#define BLOCK_BYTES 65536

// The longest of some, in milliseconds; -1 when nothing can be written here. The file has no name, so nothing
// of it is left.
static double slowest_flush_ms(const char *folder) {
  static const char block[BLOCK_BYTES];
  int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  gint64 began = g_get_monotonic_time(), slowest = -1;
  for (guint i = 0; fd >= 0 && i < FLUSHES && g_get_monotonic_time() - began < MOST_TIME_US; i++) {
    gint64 at = g_get_monotonic_time();
    if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd) != 0) {
      slowest = -1;
      break;
    }
    slowest = MAX(slowest, g_get_monotonic_time() - at);
  }
  if (fd >= 0)
    close(fd);
  return slowest < 0 ? -1 : (double)slowest / 1000;
}

static void check_flush(const EsRequest *request) {
  double ms = slowest_flush_ms(es_request_library(request));
  if (ms < 0)
    return; // another account's library, or a disk without room: told above
  if (ms > SLOW_MS)
    es_doctor_say(
        request, "flush", ES_DOCTOR_WARNING,
        _("give the library a disk of its own, with a flash memory or a cache that keeps its power"),
        _("the disk takes %.0f ms until what was written is safe: so much more of each call is lost "
          "with the power"),
        ms);
  else
    es_doctor_say(request, "flush", ES_DOCTOR_OK, NULL,
                  _("what is written is safe on the disk after %.1f ms"), ms);
}

// ---- limits

// A recorder raises its own limit as far as it may.
static void check_files(const EsRequest *request, const EsCaptureNeeds *needs) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needs->files)
    es_doctor_say(
        request, "descriptors", ES_DOCTOR_WARNING,
        _("raise it (ulimit -Hn, LimitNOFILE of the unit), or lower “max_calls” and “max_sessions”"),
        _("a program may open %.0f files, and %.0f are needed for as many calls as earshot.conf allows"),
        (double)limit.rlim_max, (double)needs->files);
  else
    es_doctor_say(request, "descriptors", ES_DOCTOR_OK, NULL,
                  _("a program may open enough files for as many calls as earshot.conf allows (%.0f)"),
                  (double)needs->files);
}

static void check_processors(const EsRequest *request, const EsCaptureNeeds *needs) {
  guint processors = g_get_num_processors();
  if (needs->encoders > processors)
    es_doctor_say(request, "processors", ES_DOCTOR_WARNING,
                  _("lower “workers” in earshot.conf: the threads only take time from one another"),
                  _("more threads encode than there are processors: %u, %u"), needs->encoders, processors);
  else if (needs->encoders == 0)
    es_doctor_say(request, "processors", ES_DOCTOR_WARNING,
                  _("take the line “workers=0” out of earshot.conf"),
                  _("packets are read and encoded by one thread: it drops packets when it is busy"));
  else
    es_doctor_say(request, "processors", ES_DOCTOR_OK, NULL, _("threads that encode: %u, processors: %u"),
                  needs->encoders, processors);
}

void es_doctor_load(EsRequest *request) {
  g_autofree char *path = g_build_filename(es_request_library(request), "earshot.conf", NULL);
  const EsCaptureModule *module = es_capture_module(NULL);
  g_autoptr(EsConfig) config = es_config_load(path, NULL); // a wrong one is complained about elsewhere
  EsCaptureNeeds needs;
  struct statvfs fs;
  if (!module || !config || statvfs(es_request_library(request), &fs) != 0)
    return;
  guint64 free_bytes = (guint64)fs.f_bavail * fs.f_frsize;
  if (!module->needs(config, (guint64)fs.f_blocks * fs.f_frsize, free_bytes, &needs, NULL))
    return;
  check_room(request, &needs, free_bytes);
  check_flush(request);
  check_files(request, &needs);
  check_processors(request, &needs);
}
