// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opens the module that serves a recording to a browser.
#include "listen.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "module.h"

#define MODULE "earshot-listen.so"

struct EsListen {
  const EsListenModule *module;
};

EsListen *es_listen_open(const char *path, gint64 audio_ms, guint16 port, GError **error) {
  g_autoptr(GError) problem = NULL;
  const EsListenModule *module = es_module_symbol(MODULE, ES_LISTEN_SYMBOL, &problem);
  if (module == NULL) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("--listen is not installed (%s)"), problem->message);
    return NULL;
  }
  return module->open(path, audio_ms, port, error);
}

void es_listen_close(EsListen *listen) {
  listen->module->close(listen);
}

const char *es_listen_url(const EsListen *listen) {
  return listen->module->url(listen);
}

int es_listen_fd(const EsListen *listen) {
  return listen->module->fd(listen);
}

void es_listen_run(EsListen *listen) {
  listen->module->run(listen);
}

void es_listen_command(EsListen *listen, gboolean playing, gint64 position_ms, double speed) {
  listen->module->command(listen, playing, position_ms, speed);
}

void es_listen_state(const EsListen *listen, gboolean *playing, gint64 *position_ms) {
  listen->module->state(listen, playing, position_ms);
}
