// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What two recorders say to each other, in lines over a Unix socket, while one takes the place of the other
// (docs/decisions/0072). The older one begins; words that are not known are left out by who reads them, so
// releases can be apart.
//
//   older  hand-over 1         the newest version of this talk that it knows
//   newer  sockets             if it is to serve recording clients
//   older  socket <name> …     each with its descriptor
//   older  passed <lines>
//   newer  take 1 <since_us>   it sees every packet from that moment of the wall clock on
//   older  call …, address …, way …   what it holds (border.h), once its capture has come to that moment
//   older  door …, session …   the same of its recording server (siprec-peer.h)
//   older  given <lines>
//   newer  door …, secret …    where its recording server takes what comes to the older one
//   newer  taken               it has what begins; when the connection ends, the older takes it back
//   older  done                all that it held has ended; it ends itself
#pragma once

#include <glib.h>

#define ES_HAND_OVER_VERSION 1

// Lines of a connection that nobody waits for longer than is said.
typedef struct {
  int fd;
  GString *read;      // so far
  GQueue descriptors; // received and not yet taken, as ints
  gboolean over;      // the other side is gone, or talks nonsense
} EsTalk;

void es_talk_init(EsTalk *talk, int fd);
void es_talk_clear(EsTalk *talk); // closes it
// The next line without its line feed, NULL if none comes in time, the other side is gone or it is too long.
// Caller frees.
char *es_talk_read(EsTalk *talk, gint64 until_us);
gboolean es_talk_write(EsTalk *talk, const char *text, gsize length, gint64 until_us);
gboolean es_talk_say(EsTalk *talk, const char *line, gint64 until_us);
// A text that was escaped for a line (g_strescape); NULL for none. Caller frees.
char *es_talk_unescape(const char *text);
gboolean es_talk_say_with(EsTalk *talk, const char *line, int descriptor);
// The next descriptor that came with a line; -1 if there is none. It is the caller's.
int es_talk_take_descriptor(EsTalk *talk);
