// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds and opens the player's module: beside the executable, as in a build tree, else where it is installed.
#include "player.h"

#include <gmodule.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define MODULE "earshot-player.so"

static char *find_module(void) {
  g_autofree char *executable = g_file_read_link("/proc/self/exe", NULL);
  if (executable) {
    g_autofree char *folder = g_path_get_dirname(executable);
    g_autofree char *beside = g_build_filename(folder, MODULE, NULL);
    if (g_file_test(beside, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer(&beside);
  }
  return g_build_filename(ES_PLAYER_DIR, MODULE, NULL);
}

static EsPlayerRun load_module(GError **error) {
  g_autofree char *path = find_module();
  EsPlayerRun run = NULL;
  GModule *module = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  if (!module || !g_module_symbol(module, ES_PLAYER_SYMBOL, (gpointer *)&run)) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("playing is not installed (%s); use --output FILE"),
                g_module_error());
    return NULL;
  }
  g_module_make_resident(module); // GLib's types outlive it
  return run;
}

gboolean es_player_run(const EsPlayerOptions *options, GError **error) {
  if (!(options->speed >= 0.5 && options->speed <= 3)) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("the speed must lie between 0.5 and 3"));
    return FALSE;
  }
  EsPlayerRun run = load_module(error);
  return run && run(options, error);
}
