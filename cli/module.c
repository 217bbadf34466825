// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opening modules (see module.h).
#include "module.h"

#include <gmodule.h>

#include "earshot/common/error.h"

static char *find_module(const char *name) {
  g_autofree char *executable = g_file_read_link("/proc/self/exe", NULL);
  if (executable) {
    g_autofree char *folder = g_path_get_dirname(executable);
    g_autofree char *beside = g_build_filename(folder, name, NULL);
    if (g_file_test(beside, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer(&beside);
  }
  return g_build_filename(ES_PLAYER_DIR, name, NULL);
}

gpointer es_module_symbol(const char *name, const char *symbol, GError **error) {
  g_autofree char *path = find_module(name);
  gpointer found = NULL;
  GModule *module = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (!module || !g_module_symbol(module, symbol, &found)) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_UNSUPPORTED, g_module_error());
    return NULL;
  }
  g_module_make_resident(module); // GLib's types outlive it
  return found;
}
