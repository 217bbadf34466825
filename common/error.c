// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/error.h"

#include <errno.h>

// The macro's first argument becomes the domain's name as it stands, so no formatter may space it out.
// clang-format off
G_DEFINE_QUARK(es-error-quark, es_error)
// clang-format on

int es_error_exit_status(const GError *error) {
  if (!error)
    return 0;
  if (error->domain != ES_ERROR)
    return 1;
  switch ((EsError)error->code) {
  case ES_ERROR_USAGE:
  case ES_ERROR_AMBIGUOUS:
    return 2;
  case ES_ERROR_NOT_FOUND:
    return 3;
  default:
    return 1;
  }
}

EsError es_error_from_errno(int saved_errno) {
  switch (saved_errno) {
  case ENOSPC:
  case EDQUOT:
    return ES_ERROR_NO_SPACE;
  case EROFS:
    return ES_ERROR_READ_ONLY;
  case EMFILE:
  case ENFILE:
    return ES_ERROR_BUSY;
  case EACCES:
  case EPERM:
    return ES_ERROR_DENIED;
  default:
    return ES_ERROR_IO;
  }
}

gboolean es_set_errno(GError **error, int saved_errno, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, ES_ERROR, es_error_from_errno(saved_errno), "%s: %s", what, g_strerror(saved_errno));
  return FALSE;
}
