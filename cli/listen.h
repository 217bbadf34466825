// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Hearing a recording through a browser, or any player of web addresses, on another desk: a small HTTP server
// on the loopback device whose address holds a secret that dies with the command. It lives in a module of its
// own (listen-http.c) that is opened when it is wanted. One thread: es_listen_run answers what has come. What
// is trusted and what is not: docs/decisions/0035.
#pragma once

#include <glib.h>

typedef struct EsListen EsListen;
typedef struct EsListenModule EsListenModule;

// path: Ogg Opus. port 0: any that is free. Errors: ES_ERROR_IO, ES_ERROR_UNSUPPORTED without the module.
EsListen *es_listen_open(const char *path, gint64 audio_ms, guint16 port, GError **error);
void es_listen_close(EsListen *listen);

const char *es_listen_url(const EsListen *listen); // of the page; "audio.opus" behind it is the sound alone
int es_listen_fd(const EsListen *listen);          // readable when es_listen_run has something to do
void es_listen_run(EsListen *listen);

// What the page is to do, as soon as there is one.
void es_listen_command(EsListen *listen, gboolean playing, gint64 position_ms, double speed);
// What the page does; until it tells, what it was told.
void es_listen_state(const EsListen *listen, gboolean *playing, gint64 *position_ms);

// What the module exports; each listen begins with a pointer to it.
#define ES_LISTEN_SYMBOL "es_listen_http"
struct EsListenModule {
  EsListen *(*open)(const char *path, gint64 audio_ms, guint16 port, GError **error);
  void (*close)(EsListen *listen);
  const char *(*url)(const EsListen *listen);
  int (*fd)(const EsListen *listen);
  void (*run)(EsListen *listen);
  void (*command)(EsListen *listen, gboolean playing, gint64 position_ms, double speed);
  void (*state)(const EsListen *listen, gboolean *playing, gint64 *position_ms);
};
