// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/late-library.h"

#include <dlfcn.h>

#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

// Returns what went wrong, NULL for nothing; it is kept for those who ask again.
static gpointer load(gpointer data) {
  EsLateLibrary *library = data;
  es_descriptors_make_room(1);
  gpointer handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return g_strdup(dlerror());
  for (guint i = 0; library->names[i]; i++)
    if (!(library->functions[i] = dlsym(handle, library->names[i])))
      return g_strdup(dlerror());
  return NULL;
}

gboolean es_late_library(EsLateLibrary *library, GError **error) {
  const char *problem = g_once(&library->once, load, library);
  if (problem)
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("a library is missing: %s"), problem);
  return !problem;
}

char *es_module_path(const char *installed, const char *name) {
  g_autofree char *executable = g_file_read_link("/proc/self/exe", NULL);
  if (executable) {
    g_autofree char *folder = g_path_get_dirname(executable);
    g_autofree char *beside = g_build_filename(folder, name, NULL);
    if (g_file_test(beside, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer(&beside);
  }
  return g_build_filename(installed, name, NULL);
}
