// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The rate is what the recordings of the last seven days take, over those seven days, or over as long as
// there have been recordings. With less than a day of them, or a handful, nobody knows yet what a day brings.
#include "disk.h"
#include "earshot/common/error.h"

#include <errno.h>
#include <math.h>
#include <sys/statvfs.h>

#define DAY_US (24 * 3600 * ES_US_PER_S)
#define WEEK_US (7 * DAY_US)
#define LEAST_RECORDINGS 20

static double rate(const EsLibraryFigures *f, gint64 now_us) {
  if (!f || f->first_recording_us == ES_UNKNOWN || f->week_recordings < LEAST_RECORDINGS)
    return NAN;
  gint64 span_us = MIN(now_us - f->first_recording_us, WEEK_US);
  return span_us < DAY_US ? NAN : (double)f->week_bytes * (double)DAY_US / (double)span_us;
}

gboolean es_disk_look(const char *library, const EsLibraryFigures *figures, gint64 now_us, EsDisk *disk,
                      GError **error) {
  struct statvfs fs;
  if (statvfs(library, &fs) != 0)
    return es_set_errno(error, errno, "%s", library);
  disk->total_bytes = (guint64)fs.f_blocks * fs.f_frsize;
  disk->free_bytes = (guint64)fs.f_bavail * fs.f_frsize;
  disk->free_percent = fs.f_blocks ? 100 * (double)fs.f_bavail / (double)fs.f_blocks : NAN;
  disk->bytes_per_day = rate(figures, now_us);
  disk->days = disk->bytes_per_day > 0 ? (double)disk->free_bytes / disk->bytes_per_day : NAN;
  return TRUE;
}
