// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "pack-zip-library.h"
#include "earshot/common/late-library.h"

#define NAME(name) #name,

const EsArchiveLibrary *es_archive_library(GError **error) {
  static EsArchiveLibrary functions;
  static const char *const names[] = {ES_ARCHIVE_FUNCTIONS(NAME) NULL};
  static EsLateLibrary library = {"libarchive.so.13", names, (gpointer *)&functions, G_ONCE_INIT};
  return es_late_library(&library, error) ? &functions : NULL;
}
