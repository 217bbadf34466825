// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A coaching pack is made in a hidden directory beside its target and moved there when it is whole:
//
//   select (consent judged from the index) → audio → calls.json, calls.csv, index.html → consent judged again
//   → flush → rename, which never replaces anything
//
// Whatever fails on the way, the target does not appear and the hidden directory goes.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "pack-internal.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void left_out_free(gpointer data) {
  EsLeftOut *left_out = data;
  g_free(left_out->id);
  g_free(left_out->reason);
  g_free(left_out);
}

void es_pack_result_clear(EsPackResult *result) {
  g_clear_pointer(&result->left_out, g_ptr_array_unref);
  *result = (EsPackResult){0};
}

// ---- files

static gboolean write_all(int fd, const char *bytes, gsize length) {
  while (length > 0) {
    ssize_t n = write(fd, bytes, length);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    bytes += n;
    length -= (gsize)n;
  }
  return TRUE;
}

static gboolean write_file(const Pack *pack, const char *name, const char *text, GError **error) {
  g_autofree char *path = g_build_filename(pack->directory, name, NULL);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    return es_set_errno(error, errno, _("Cannot create %s"), path);
  gboolean ok = write_all(fd, text, strlen(text));
  int saved_errno = errno;
  if (close(fd) < 0 && ok) {
    ok = FALSE;
    saved_errno = errno;
  }
  return ok || es_set_errno(error, saved_errno, _("Cannot write %s"), path);
}

static gboolean write_texts(const Pack *pack, GError **error) {
  g_autoptr(JsonNode) json = pack_json(pack);
  g_autofree char *pretty = json_to_string(json, TRUE);
  g_autofree char *csv = pack_csv(pack);
  g_autofree char *page = pack_page(pack, json);
  return write_file(pack, "calls.json", pretty, error) && write_file(pack, "calls.csv", csv, error) &&
         write_file(pack, "index.html", page, error);
}

// Removes what a pack's directory may hold; it is flat but for audio/.
static void remove_tree(const char *directory) {
  g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    g_autofree char *path = g_build_filename(directory, name, NULL);
    if (g_unlink(path) < 0)
      remove_tree(path);
  }
  g_rmdir(directory);
}

// ---- target

static gboolean exists_error(const char *target, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("%s exists already; it was not touched"), target);
  return FALSE;
}

static gboolean move_into_place(const char *made, const char *target, GError **error) {
  int result = renameat2(AT_FDCWD, made, AT_FDCWD, target, RENAME_NOREPLACE);
  if (result < 0 && (errno == EINVAL || errno == ENOSYS)) { // a file system that cannot
    if (g_file_test(target, G_FILE_TEST_EXISTS))
      return exists_error(target, error);
    result = rename(made, target);
  }
  if (result == 0)
    return TRUE;
  return errno == EEXIST || errno == ENOTEMPTY ? exists_error(target, error)
                                               : es_set_errno(error, errno, _("Cannot create %s"), target);
}

static gboolean is_zip(const char *target) {
  gsize length = strlen(target);
  return length > 4 && g_ascii_strcasecmp(target + length - 4, ".zip") == 0;
}

static gboolean place(const Pack *pack, const char *target, GError **error) {
  if (!is_zip(target))
    return es_flush_directory(pack->directory, error) && move_into_place(pack->directory, target, error);
  g_autofree char *made = g_strconcat(pack->directory, ".zip", NULL);
  gboolean ok =
      pack_zip(pack->directory, made, pack->options->now_us, error) && move_into_place(made, target, error);
  g_unlink(made);
  return ok;
}

// ---- the steps

static gboolean fill(Pack *pack, const char *target, GError **error) {
  if (!pack_select(pack, error))
    return FALSE;
  if (pack->calls->len > 0 && !pack_write_audio(pack, error))
    return FALSE;
  if (pack->calls->len == 0) {
    guint left_out = pack->result->left_out->len;
    if (left_out == 0 && !pack->options->playlist)
      g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("no call that matches carries the flag “%s”"),
                  pack->options->flag);
    else
      g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("no call may be exported; left out: %u"), left_out);
    return FALSE;
  }
  return write_texts(pack, error) && pack_check_again(pack, error) && place(pack, target, error);
}

static char *make_directory(const char *target, GError **error) {
  g_autofree char *parent = g_path_get_dirname(target), *base = g_path_get_basename(target);
  g_autofree char *hidden = g_strdup_printf(".%s.XXXXXX", base);
  g_autofree char *directory = g_build_filename(parent, hidden, NULL);
  if (g_file_test(target, G_FILE_TEST_EXISTS) || g_file_test(target, G_FILE_TEST_IS_SYMLINK)) {
    exists_error(target, error);
    return NULL;
  }
  if (!g_mkdtemp(directory)) {
    es_set_errno(error, errno, _("Cannot create %s"), target);
    return NULL;
  }
  return g_steal_pointer(&directory);
}

static char *target_path(const char *output) { // without trailing slashes
  char *target = g_strdup(output);
  for (gsize length = strlen(target); length > 1 && target[length - 1] == '/'; length--)
    target[length - 1] = '\0';
  return target;
}

gboolean es_pack_export(EsIndex *index, const EsPackOptions *options, EsPackResult *result, GError **error) {
  *result = (EsPackResult){.left_out = g_ptr_array_new_with_free_func(left_out_free)};
  g_autofree char *target = target_path(options->output);
  g_autofree char *directory = make_directory(target, error);
  if (!directory)
    return FALSE;
  g_autoptr(PackMask) mask = pack_mask_new(options->mask_numbers);
  g_autoptr(GPtrArray) calls = g_ptr_array_new();
  Pack pack = {.index = index,
               .options = options,
               .language = es_word_language(options->language),
               .directory = directory,
               .mask = mask,
               .calls = calls,
               .result = result};
  gboolean ok = fill(&pack, target, error);
  if (g_file_test(directory, G_FILE_TEST_IS_DIR)) // moved away if the target is a directory
    remove_tree(directory);
  return ok;
}
