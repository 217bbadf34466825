// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One row against its file, from the coarse to the fine: what is told is the first thing that is wrong, since
// the rest follows from it. A file whose bytes are those that were sealed is beyond doubt; what differs then
// is the row.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "earshot/index/recording.h"
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTH_SLACK_MS 1   // one rounds where the other cuts
#define START_SLACK_US 2000 // a row has milliseconds

// Of <linux/ioprio.h>, which not every system has.
#define IOPRIO_OF_THREAD 1
#define IOPRIO_IDLE (3 << 13)

void es_verify_be_patient(void) {
  // Neither matters where it is refused: it is then as fast as everybody.
  if (setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19) != 0)
    g_debug("nice: %s", g_strerror(errno));
  if (syscall(SYS_ioprio_set, IOPRIO_OF_THREAD, 0, IOPRIO_IDLE) != 0)
    g_debug("ioprio: %s", g_strerror(errno));
}

static EsFound say(EsFound found, char **message, const char *format, ...) G_GNUC_PRINTF(3, 4);
static EsFound say(EsFound found, char **message, const char *format, ...) {
  va_list args;
  va_start(args, format);
  *message = g_strdup_vprintf(format, args);
  va_end(args);
  return found;
}

static const char *tag_of(const EsOpusFacts *facts, const char *name) {
  gsize length = strlen(name);
  for (char **tag = facts->tags; tag && *tag; tag++)
    if (g_ascii_strncasecmp(*tag, name, length) == 0 && (*tag)[length] == '=')
      return *tag + length + 1;
  return NULL;
}

// ---- the row and its file's name

static EsFound check_place(const EsFileRow *row, char **message) {
  g_autofree char *name = g_strconcat(row->id, ".opus", NULL), *base = g_path_get_basename(row->file);
  if (!g_str_has_prefix(row->file, "recordings/") || strstr(row->file, "/../") || strcmp(base, name) != 0)
    return say(ES_FOUND_WRONG_ROW, message, _("the row names a file that is not that of this call"));
  g_autofree char *path = es_recording_path(row->client, row->started_us, row->id);
  if (strcmp(path, row->file) != 0)
    return say(ES_FOUND_WRONG_PLACE, message, _("by its row it belongs to %s"), path);
  return ES_FOUND_NOTHING;
}

static EsFound check_present(const char *path, GStatBuf *status, char **message) {
  if (g_lstat(path, status) != 0)
    return errno == ENOENT || errno == ENOTDIR
               ? say(ES_FOUND_MISSING, message, _("the recording is not there"))
               : say(ES_FOUND_UNREADABLE, message, "%s", g_strerror(errno));
  if (!S_ISREG(status->st_mode))
    return say(ES_FOUND_UNREADABLE, message, _("there is something else than a file"));
  return ES_FOUND_NOTHING;
}

// ---- the file's bytes

static gboolean is_io_error(const GError *error) {
  return g_error_matches(error, ES_ERROR, ES_ERROR_IO) || g_error_matches(error, ES_ERROR, ES_ERROR_DENIED);
}

static EsFound check_size(const EsFileRow *row, const GStatBuf *status, char **message) {
  if (row->file_bytes == ES_UNKNOWN || status->st_size == row->file_bytes)
    return ES_FOUND_NOTHING;
  return say(ES_FOUND_CHANGED, message, _("it has %.0f bytes, and had %.0f when it was sealed"),
             (double)status->st_size, (double)row->file_bytes);
}

// What was read once is not kept in memory that a recorder could use.
static void forget_pages(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
}

static EsFound check_digest(const EsFileRow *row, const char *path, char **message) {
  g_autoptr(GError) error = NULL;
  g_autofree char *sha256 = es_file_sha256(path, &error);
  forget_pages(path);
  if (!sha256)
    return say(ES_FOUND_UNREADABLE, message, "%s", error->message);
  if (g_ascii_strcasecmp(sha256, row->file_sha256) == 0)
    return ES_FOUND_NOTHING;
  return say(ES_FOUND_CHANGED, message, _("it has other bytes than when it was sealed"));
}

// ---- what the file says of itself

static EsFound check_start(const EsFileRow *row, const EsOpusFacts *facts, char **message) {
  const char *text = tag_of(facts, "START_UTC");
  gint64 start_us;
  if (!text || row->audio_offset_ms == ES_UNKNOWN || !es_time_parse(text, 0, &start_us, NULL, NULL))
    return ES_FOUND_NOTHING;
  gint64 row_us = row->started_us + row->audio_offset_ms * ES_US_PER_MS;
  // Sound from before the first message that was seen has no place in the row.
  if (ABS(start_us - row_us) <= START_SLACK_US || (row->audio_offset_ms == 0 && start_us < row_us))
    return ES_FOUND_NOTHING;
  g_autofree char *row_text = es_time_format_utc(row_us);
  return say(ES_FOUND_WRONG_ROW, message, _("the recording begins at %s, by the row at %s"), text, row_text);
}

static EsFound check_consent(const EsFileRow *row, const EsOpusFacts *facts, char **message) {
  const char *tag = tag_of(facts, "CONSENT_STATE");
  if (strcmp(row->consent_state, row->consent_now) != 0)
    return say(ES_FOUND_WRONG_ROW, message, _("the row says consent is “%s”, its events say “%s”"),
               row->consent_state, row->consent_now);
  if (!tag || strcmp(tag, row->consent_first) == 0 || strcmp(tag, row->consent_now) == 0)
    return ES_FOUND_NOTHING;
  return say(ES_FOUND_WRONG_ROW, message, _("consent in the recording is “%s”, by the row it was “%s”"), tag,
             row->consent_first);
}

static EsFound check_facts(const EsFileRow *row, const EsOpusFacts *facts, char **message) {
  if (!facts->ended)
    return say(ES_FOUND_UNSEALED, message, _("it was never finished"));
  if (row->audio_ms != ES_UNKNOWN && ABS(facts->audio_ms - row->audio_ms) > LENGTH_SLACK_MS)
    return say(ES_FOUND_WRONG_ROW, message, _("the recording lasts %.3f s, by the row %.3f s"),
               (double)facts->audio_ms / 1000, (double)row->audio_ms / 1000);
  if (facts->rate_hz != row->sample_rate_hz || facts->channels != row->channels)
    return say(ES_FOUND_WRONG_ROW, message,
               _("the recording has %d Hz and %d channels, by the row %d Hz and %d channels"), facts->rate_hz,
               facts->channels, row->sample_rate_hz, row->channels);
  EsFound found = check_start(row, facts, message);
  return found ? found : check_consent(row, facts, message);
}

// Whose the file is comes first: of two that changed places the sizes differ, too.
static EsFound check_owner(const EsFileRow *row, const EsOpusFacts *facts, char **message) {
  const char *id = tag_of(facts, "RECORDING_ID");
  if (!id || strcmp(id, row->id) == 0)
    return ES_FOUND_NOTHING;
  return say(ES_FOUND_WRONG_FILE, message, _("it is the recording of call %s"), id);
}

static EsFound check_content(const EsFileRow *row, const char *path, const GStatBuf *status, gboolean fast,
                             char **message) {
  g_autoptr(GError) broken = NULL;
  g_auto(EsOpusFacts) facts = {0};
  gboolean readable = es_opus_inspect(path, &facts, &broken);
  EsFound found = ES_FOUND_NOTHING;
  if (readable)
    found = check_owner(row, &facts, message);
  else if (is_io_error(broken))
    return say(ES_FOUND_UNREADABLE, message, "%s", broken->message);
  if (!found)
    found = check_size(row, status, message);
  if (!found && !row->file_sha256)
    return say(ES_FOUND_UNSEALED, message, _("it was never sealed: the row has no digest of it"));
  if (!found && !fast)
    found = check_digest(row, path, message);
  if (!found && !readable)
    return say(ES_FOUND_CHANGED, message, "%s", broken->message);
  return found ? found : check_facts(row, &facts, message);
}

EsFound es_verify_file(const char *library, const EsFileRow *row, gboolean fast, char **message) {
  GStatBuf status;
  *message = NULL;
  if (!row->file)
    return strcmp(row->outcome, "none") == 0
               ? ES_FOUND_NOTHING
               : say(ES_FOUND_WRONG_ROW, message, _("the row says “%s” but names no recording"),
                     row->outcome);
  EsFound place = check_place(row, message);
  if (place == ES_FOUND_WRONG_ROW)
    return place;
  g_autofree char *path = g_build_filename(library, row->file, NULL), *more = NULL;
  EsFound found = check_present(path, &status, &more);
  if (!found)
    found = check_content(row, path, &status, fast, &more);
  if (!found)
    return place;
  g_free(*message);
  *message = g_steal_pointer(&more);
  return found;
}
