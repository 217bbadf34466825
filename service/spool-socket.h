// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The sockets of the recorders of a library: <library>/spool/record-<pid>-<number>.sock. The name of a Unix
// socket has 108 bytes, the path of a library has not: the folder is opened and the socket named by way of
// /proc/self/fd. The number tells recorders apart that have the same process id, each in a container of its
// own.
#pragma once

#include <glib.h>

// Opens <library>/spool; -1 with errno.
int es_spool_folder_open(const char *library);
// Connects without waiting; -1 with errno (ECONNREFUSED: nobody listens there any more).
int es_spool_socket_connect(int folder, const char *name);
// Listens under a new name; connections of other accounts are refused. -1 with *error.
int es_spool_socket_listen(int folder, char **name, GError **error);
// Names of the sockets there; caller unrefs.
GPtrArray *es_spool_socket_list(int folder);
// The process id in such a name; -1 if it is none.
gint64 es_spool_socket_pid(const char *name);
// Deletes what recorders left that were killed.
void es_spool_socket_sweep(int folder);
