// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// library.init: makes a library, and its commented configuration if there is none.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"
#include "service-resource.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

// Parents as with mkdir -p; the library's own directory is left to the index, which makes it 0700.
static gboolean make_parents(const char *library, GError **error) {
  g_autofree char *parent = g_path_get_dirname(library);
  if (g_mkdir_with_parents(parent, 0755) == 0)
    return TRUE;
  return es_set_errno(error, errno, "%s", parent);
}

static gboolean write_all(int fd, const char *data, gsize size) {
  while (size > 0) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    data += n;
    size -= (gsize)n;
  }
  return TRUE;
}

// Never over an existing file: a library that is initialised again keeps its settings.
static gboolean write_config(const char *path, GError **error) {
  g_autoptr(GBytes) text =
      g_resource_lookup_data(es_service_get_resource(), "/earshot/service/earshot.conf", 0, error);
  if (!text)
    return FALSE;
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno == EEXIST ? TRUE : es_set_errno(error, errno, "%s", path);
  gsize size;
  const char *data = g_bytes_get_data(text, &size);
  gboolean ok = write_all(fd, data, size);
  int saved_errno = errno;
  if (close(fd) != 0 && ok) {
    ok = FALSE;
    saved_errno = errno;
  }
  if (ok)
    return TRUE;
  g_unlink(path);
  return es_set_errno(error, saved_errno, "%s", path);
}

static gboolean run_init(EsRequest *request, GError **error) {
  const char *library = es_request_library(request);
  g_autofree char *database = g_build_filename(library, "index.sqlite", NULL);
  g_autofree char *config = g_build_filename(library, "earshot.conf", NULL);
  gboolean existed = g_file_test(database, G_FILE_TEST_EXISTS);
  if (!make_parents(library, error) || !es_request_create_store(request, error) ||
      !write_config(config, error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "library", library);
  json_object_set_boolean_member(row, "created", !existed);
  json_object_set_int_member(row, "schema_version", es_index_schema_version());
  es_json_set_text(row, "config", config);
  es_request_row(request, row);
  return TRUE;
}

const EsOperation es_op_library_init = {
    .info = {"library.init", ES_PERMISSION_OPERATE, TRUE, N_("make a library"), NULL},
    .need = ES_STORE_OWN,
    .own_transactions = TRUE,
    .run = run_init,
};
