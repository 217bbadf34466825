// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opens the player's module.
#include "player.h"

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "module.h"

#define MODULE "earshot-player.so"

static gpointer load_symbol(const char *name, GError **error) {
  g_autoptr(GError) problem = NULL;
  gpointer symbol = es_module_symbol(MODULE, name, &problem);
  if (!symbol)
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("playing is not installed (%s); use --output FILE"),
                problem->message);
  return symbol;
}

const EsPlayerSession *es_player_session(GError **error) {
  return load_symbol(ES_PLAYER_SESSION_SYMBOL, error);
}

gboolean es_player_run(const EsPlayerOptions *options, GError **error) {
  if (!(options->speed >= 0.5 && options->speed <= 3)) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("the speed must lie between 0.5 and 3"));
    return FALSE;
  }
  EsPlayerRun run = (EsPlayerRun)load_symbol(ES_PLAYER_SYMBOL, error);
  return run && run(options, error);
}
