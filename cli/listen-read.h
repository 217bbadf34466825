// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading what a browser, or whoever else is on the loopback device, sends to the listening server.
#pragma once

#include <glib.h>

typedef enum {
  ES_RANGE_WHOLE,   // none, or one that is not understood: everything is sent
  ES_RANGE_PART,    // *start and *length are set
  ES_RANGE_OUTSIDE, // nothing of the file is in it
} EsRange;
// A Range header (RFC 9110, 14.2) of one range; several count as not understood.
EsRange es_listen_read_range(const char *text, guint64 size, guint64 *start, guint64 *length);

// "SEQUENCE PLAYING SECONDS", such as "7 1 12.345".
gboolean es_listen_read_report(const char *text, guint *sequence, gboolean *playing, gint64 *position_ms);

// A Host header that names this machine's loopback: no name of a stranger's that points here (DNS rebinding).
gboolean es_listen_is_own_host(const char *host);

// What follows "/SECRET/" in a path, NULL if it does not begin so. Takes the same time wherever they differ.
const char *es_listen_read_path(const char *path, const char *secret);
