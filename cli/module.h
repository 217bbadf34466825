// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opening the program's modules: beside the executable, as in a build tree, else where they are installed.
#pragma once

#include <glib.h>

// The symbol of a module ("earshot-player.so") that stays open. NULL with ES_ERROR_UNSUPPORTED and the reason
// as its message when it is not there.
gpointer es_module_symbol(const char *module, const char *symbol, GError **error);
