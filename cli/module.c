// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opening modules (see module.h).
#include "module.h"

#include <gmodule.h>

#include "earshot/common/error.h"
#include "earshot/common/late-library.h"

gpointer es_module_symbol(const char *name, const char *symbol, GError **error) {
  g_autofree char *path = es_module_path(ES_PLAYER_DIR, name);
  gpointer found = NULL;
  GModule *module = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (!module || !g_module_symbol(module, symbol, &found)) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_UNSUPPORTED, g_module_error());
    return NULL;
  }
  g_module_make_resident(module); // GLib's types outlive it
  return found;
}
