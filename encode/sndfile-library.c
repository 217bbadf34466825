// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "sndfile-library.h"
#include "earshot/common/late-library.h"

#define NAME(name) "sf_" #name,

const EsSndfile *es_sndfile(GError **error) {
  static EsSndfile functions;
  static const char *const names[] = {ES_SNDFILE_FUNCTIONS(NAME) NULL};
  static EsLateLibrary library = {"libsndfile.so.1", names, (gpointer *)&functions, G_ONCE_INIT};
  return es_late_library(&library, error) ? &functions : NULL;
}
