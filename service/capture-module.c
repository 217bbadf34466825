// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Looks for the recorder in the program itself (a test that is linked with it), then for its module beside
// the executable, as in a build tree, then where it is installed. The module takes what it needs of encode/,
// index/ and common/ from the program, which exports them, so that there is one of each.
#include "capture-module.h"

#include <gmodule.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/late-library.h"

#define MODULE "earshot-capture.so"

static gboolean read_symbols(GModule *module, EsCaptureModule *found) {
  return module && g_module_symbol(module, "es_capture_run", (gpointer *)&found->run) &&
         g_module_symbol(module, "es_capture_needs", (gpointer *)&found->needs) &&
         g_module_symbol(module, "es_listen_run", (gpointer *)&found->listen) &&
         g_module_symbol(module, "es_spool_look", (gpointer *)&found->spool_look) &&
         g_module_symbol(module, "es_capture_check_config", (gpointer *)&found->check_config);
}

const EsCaptureModule *es_capture_module(GError **error) {
  static EsCaptureModule found;
  if (found.check_config || read_symbols(g_module_open(NULL, 0), &found))
    return &found;
  g_autofree char *path = es_module_path(ES_MODULE_DIR, MODULE);
  GModule *module = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (!read_symbols(module, &found)) {
    found = (EsCaptureModule){0};
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("recording is not installed (%s)"),
                g_module_error());
    return NULL;
  }
  g_module_make_resident(module); // GLib's types outlive it
  return &found;
}
